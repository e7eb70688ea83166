"""What the errors of its numbers make of a run: an interval for every quantity, and what widens it most.

Every direction in which the numbers may err (:mod:`epidot.runs.widths`) is tried one standard error up and
one down, on the mean field with even sizes, and the interval holds the middle 68 % of what these changes
add up to (below, where nothing is under zero, their logarithms). So a quantum yield near one has a short side
and a long one.  Numbers that feed no flask (states, rates, traps, widths of lines) are tried on the dots that
the flask has given.  The changes depend on no random number and not on the number of dots;
they are kept between runs (:mod:`epidot.kept`), found by everything they rest on.  A run on the lattice gets
the changes of its mean-field twin about values of its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from epidot import kept
from epidot.errors import EpidotError
from epidot.given import Given
from epidot.growth.flask import Taken
from epidot.matter import materials
from epidot.mechanism.mechanism import Mechanism
from epidot.parameter import Parameter
from epidot.quantities import Quantity
from epidot.runs import numbers
from epidot.runs.batch import Batch
from epidot.runs.order import MEAN_FIELD, RADIAL, Order
from epidot.runs.run import Run, run_flask
from epidot.runs.sampled import Sampled, Setting
from epidot.runs.spread import spread
from epidot.runs.widths import Fitted, together, without

Array = NDArray[np.float64]
WIDEST = 3  # names that are told
SHARE = 0.005  # of the variance; a number below is not named
_FORMAT = b"epidot intervals 4"
# Of a material: what levels, rates and strain of a dot rest on.
KEYS = (
    *(
        "Eg_eV",
        "dso_eV",
        "m_e",
        "gamma1",
        "gamma2",
        "gamma3",
        "ac_eV",
        "av_eV",
        "eps_inf",
        "eps_opt",
        "Ev_eV",
    ),
    *("C11_GPa", "C12_GPa", "C44_GPa", "coherency", "V_e_eV", "V_h_eV", "dipole_eV"),
    *("oscillator_factor", "exchange_splitting_eV", "stokes_bare_eV", "stokes_shell_eV"),
)
LIMITS = ("halide.highest_temperature",)  # beyond which a run is refused; no value rests on them


@dataclass(frozen=True)
class Direction:
    """One way in which numbers may err together: their values one standard error ``up`` and ``down``."""

    up: Given
    down: Given
    flask: bool  # whether it feeds the flask


@dataclass(frozen=True)
class Changes:
    """What a quantity of a sample changes by: up, down (directions,), and the numbers that matter most.

    ``low`` and ``high`` are distances from the value; ``failed`` names what the model could not be asked.
    """

    low: float
    high: float
    widest: tuple[tuple[str, float], ...]
    failed: tuple[str, ...] = ()


Table = Mapping[str, Mapping[str, Changes]]  # by sample and quantity
Answer = dict[str, dict[str, float]]  # values by sample and quantity
Chunk = Sequence[tuple[Given, bool]]


def of(order: Order, others: Executor | None = None) -> Table:
    """The changes of every quantity of every sample of ``order``; ``others`` help, to the same bits."""
    twin = _twin(order)
    key = (_FORMAT, json.dumps(twin.key, sort_keys=True).encode())
    found = kept.recall(*key)
    if found is None:
        found = _worked_out(twin, others)
        kept.keep(found, *key)
    return {
        sample: {
            name: Changes(low, high, tuple((n, s) for n, s in widest), tuple(failed))
            for name, (low, high, widest, failed) in rows.items()
        }
        for sample, rows in found.items()
    }


def _twin(order: Order) -> Order:
    return replace(order, engine=MEAN_FIELD, light="mean", dots=1, seed=0, states=RADIAL, blocks=1)


def with_intervals(batch: Batch, order: Order, others: Executor | None = None) -> Batch:
    """``batch``, which is that of ``order``, with the interval of every quantity."""
    table = of(order, others)
    samples = tuple(
        replace(
            sample,
            quantities={
                name: stated(quantity, table.get(sample.name, {}).get(name))
                for name, quantity in sample.quantities.items()
            },
        )
        for sample in batch.samples
    )
    lacking = without(order)
    notes = [f"intervals leave out what has no width: {', '.join(lacking)}"] if lacking else []
    joint = order.given.together
    if joint is not None:
        notes.append(f"intervals take the errors of {', '.join(joint.names)}, together, from {joint.origin}")
    return replace(batch, samples=samples, notes=(*batch.notes, *notes))


def stated(quantity: Quantity, changes: Changes | None) -> Quantity:
    """``quantity`` with the interval that ``changes`` make about its value."""
    if quantity.value is None:
        return quantity
    if changes is None:
        why = "no interval: the mean field, on which intervals are worked out, does not know it"
        return replace(quantity, note="; ".join(filter(None, (quantity.note, why))))
    ends = quantity.bounded(quantity.value - changes.low, quantity.value + changes.high)
    note = quantity.note
    if changes.failed:
        left = f"interval without {', '.join(changes.failed)}: one error of it leaves the model"
        note = "; ".join(filter(None, (note, left)))
    return replace(quantity, interval68=ends, widest=tuple(name for name, _ in changes.widest), note=note)


# ------------------------------------------------------------ the directions


def relevant(order: Order, run: Run) -> tuple[str, ...]:
    """The numbers that quantities of ``run`` can rest on, by their names."""
    table = numbers.known(order.mechanism, order.hypothesis)
    dots = [sample.dot for sample in run.samples.values() if sample.state.dots_mol > 0]
    stuff = {name for dot in dots for name in (dot.core, *(layer.material for layer in dot.shells))}
    ends = {end for name in stuff for end in materials.material(name).ends}
    cores = {dot.core for dot in dots}
    halides = {content.element for dot in dots for content in dot.halides}
    treated = any(s.state.halide for s in run.samples.values()) or any(s.taken.shells for s in run.taken)
    grown = any(s.state.surface for s in run.samples.values())
    barriers = _of_mean_field(run.setting.mechanism)
    own = {key for core in cores for key in materials.material(core).parameters}

    def counts(name: str) -> bool:
        room, _, rest = name.partition(".")
        if name in LIMITS:
            return False
        if room == "mechanism":
            return grown and rest in barriers
        if room == "halide":
            halide, _, place = rest.partition(" in ")
            return treated and (not place or (halide in halides and place.split(":")[0] in ends))
        if room == "light":
            return bool(dots) and rest not in own
        if room == "strain":
            return any(dot.shells for dot in dots)
        key, _, partner = rest.partition(" on ") if " on " in rest else rest.partition(" bowing with ")
        mixed = any({room, partner} <= set(materials.material(name).ends) for name in stuff)
        if " bowing with " in rest:
            return key in KEYS and mixed
        return room in ends and key in KEYS and (not partner or partner in ends)

    return tuple(name for name in table if counts(name))


def _of_mean_field(mechanism: Mechanism) -> frozenset[str]:
    """Parameters that the mean field reads; some belong to the lattice alone."""
    names: set[str | None] = set()
    for reaction in mechanism.reactions:
        law = reaction.law
        names |= {law.A, law.Ea, *law.barrier.values()}
        for equilibrium in (*law.K, law.equilibrium):
            if equilibrium is not None:
                names |= {mechanism.equilibria[equilibrium].dH, mechanism.equilibria[equilibrium].dS}
    names |= {species.vapour for species in mechanism.species.values()}
    names |= {site.overflow for site in mechanism.sites.values()}
    return frozenset(name for name in names if name)


def directions(order: Order, groups: Iterable[Fitted]) -> list[tuple[Fitted, Array, list[Direction]]]:
    """Of every group the axes of its covariance: (n, axes) one standard error long, and where they lead."""
    table = numbers.known(order.mechanism, order.hypothesis)
    given = dict(order.given.values)
    out = []
    for group in groups:
        variances, vectors = np.linalg.eigh(group.covariance)
        # The sign of an eigenvector is the library's choice; the largest part is taken as positive.
        vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(variances.size)])
        axes = vectors * np.sqrt(np.maximum(variances, 0.0))
        found = []
        for k in range(axes.shape[1]):
            ends = [
                order.given.and_also(
                    {
                        name: _moved(table[name], given.get(name, table[name].value), sign * step, ln, name)
                        for name, step, ln in zip(group.names, axes[:, k].tolist(), group.ln, strict=True)
                    }
                )
                for sign in (1.0, -1.0)
            ]
            feeds = any(name.startswith(("mechanism.", "halide.")) for name in group.names)
            found.append(Direction(ends[0], ends[1], feeds))
        out.append((group, axes, found))
    return out


def _moved(p: Parameter, value: float, step: float, ln: bool, name: str) -> float:
    """``value`` moved by ``step``, within what the number can be."""
    low, high = numbers.limits(name, p)
    return min(max(value * math.exp(step) if ln else value + step, low), high)


# ------------------------------------------------------------ the work


def _worked_out(twin: Order, others: Executor | None) -> dict[str, dict[str, tuple[object, ...]]]:
    run = run_flask(twin, points=1)
    taken = run.done.taken
    base = _read(twin, taken)
    if not any(base.values()):
        return {}
    groups = directions(twin, together(twin, relevant(twin, run)))
    ends = [(end, way.flask) for _, _, ways in groups for way in ways for end in (way.up, way.down)]
    step = max(1, len(ends) // 16)
    chunks = [ends[i : i + step] for i in range(0, len(ends), step)]
    ask = partial(_asked, twin, taken)
    answers = iter([one for chunk in _shared(ask, chunks, others) for one in chunk])
    found = [[(next(answers), next(answers)) for _ in ways] for _, _, ways in groups]
    out: dict[str, dict[str, tuple[object, ...]]] = {}
    for sample, values in base.items():
        out[sample] = {}
        for name, value in values.items():
            pairs = [[_pair(ends, sample, name, value) for ends in ways] for ways in found]
            parts = [_part(group, axes, ways) for (group, axes, _), ways in zip(groups, pairs, strict=True)]
            out[sample][name] = _joined(parts, value)
    return out


def _shared(
    ask: Callable[[Chunk], list[Answer]], chunks: Sequence[Chunk], others: Executor | None
) -> list[list[Answer]]:
    """Every chunk asked: what other processes have not begun is asked here."""
    if others is None:
        return [ask(chunk) for chunk in chunks]
    futures = [others.submit(ask, chunk) for chunk in chunks]
    found: dict[int, list[Answer]] = {}
    for i in reversed(range(len(chunks))):
        if futures[i].cancel():
            found[i] = ask(chunks[i])
    for i in (i for i in range(len(chunks)) if i not in found):
        try:
            found[i] = futures[i].result()
        except BrokenExecutor:  # that process is gone, killed perhaps for want of memory
            found[i] = ask(chunks[i])
    return [found[i] for i in range(len(chunks))]


Ends = tuple[Mapping[str, Mapping[str, float]], Mapping[str, Mapping[str, float]]]


def _pair(ends: Ends, sample: str, name: str, value: float) -> tuple[float, float]:
    """What the two ends of a direction change a quantity by; NaN where it could not be asked."""
    up, down = (end.get(sample, {}).get(name, math.nan) - value for end in ends)
    return up, down


@dataclass(frozen=True)
class _Part:
    """Of one group: changes up and down (axes, 2), the share of each number, and what failed."""

    changes: Array
    shares: Mapping[str, float]
    failed: tuple[str, ...]


def _part(group: Fitted, axes: Array, pairs: Sequence[tuple[float, float]]) -> _Part:
    changes = np.array(pairs)
    bad = ~np.isfinite(changes).all(axis=1)
    # A direction that could not be asked is named by the number it moves most.
    failed = tuple(group.names[int(np.abs(axes[:, k]).argmax())] for k in np.flatnonzero(bad))
    changes = np.where(bad[:, None], 0.0, changes)
    whole = float((np.abs(changes).max(axis=1) ** 2).sum())
    if len(group.names) == 1:
        return _Part(changes, {group.names[0]: whole}, failed)
    # Slopes g against the numbers from those along the axes; g_i (C g)_i are their shares of the variance.
    slopes = (changes[:, 0] - changes[:, 1]) / 2
    back, *_ = np.linalg.lstsq(axes.T, slopes, rcond=1e-9)
    shares = np.abs(back * (group.covariance @ back))
    total = float(shares.sum())
    scale = whole / total if total > 0 else 0.0
    return _Part(changes, dict(zip(group.names, (shares * scale).tolist(), strict=True)), failed)


def _joined(parts: Sequence[_Part], value: float) -> tuple[float, float, list[tuple[str, float]], list[str]]:
    """What is kept of a quantity.  What no end takes below zero falls by factors, which no sum can."""
    shares = {name: share for part in parts for name, share in part.shares.items()}
    total = sum(shares.values())
    order = sorted(shares, key=lambda name: (-shares[name], name))[:WIDEST]
    widest = [(name, shares[name] / total) for name in order if total > 0 and shares[name] > SHARE * total]
    failed = list(dict.fromkeys(name for part in parts for name in part.failed))
    changes = np.concatenate([part.changes for part in parts])
    low, high = spread(changes)
    if value > 0 and (value + changes > 0).all():
        low = -value * math.expm1(-spread(np.log1p(changes / value))[0])
    return low, high, widest, failed


def _asked(twin: Order, taken: Sequence[Taken], ends: Chunk) -> list[Answer]:
    """Every quantity of every sample under each of some sets of numbers; nothing where the model fails.

    ``taken`` are the samples of the twin's own flask, for numbers that feed none.
    """
    out = []
    for given, flask in ends:
        order = replace(twin, given=given)
        try:
            out.append(_read(order, run_flask(order, points=1).done.taken if flask else taken))
        except EpidotError:
            out.append({})
    return out


def _read(order: Order, taken: Iterable[Taken]) -> Answer:
    """What a summary holds of every sample, with the numbers of ``order``."""
    setting = Setting.of(order)
    return {one.name: _values(Sampled(one, setting)) for one in taken}


def _values(sampled: Sampled) -> dict[str, float]:
    found = {}
    for name in sampled.names():
        value = sampled.quantity(name).value
        if value is not None and math.isfinite(value):
            found[name] = value
    return found
