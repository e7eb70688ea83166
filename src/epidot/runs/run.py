"""Carries an order out: the flask through its recipe, then light at every sample."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from epidot.dot import growth_readout
from epidot.dot.grown import GrownDot
from epidot.dot.layers import Population
from epidot.dot.mean import mean_dot
from epidot.growth.conservation import relative_errors
from epidot.growth.flask import Flask, Progress, Taken
from epidot.growth.lattice.engine import LatticeEngine
from epidot.growth.lattice.population import GrownPopulation
from epidot.growth.meanfield import MeanField
from epidot.growth.readout import counts
from epidot.growth.state import Engine, FlaskState
from epidot.light.optics import optics
from epidot.mechanism import lint
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism
from epidot.parameter import rests_on
from epidot.quantities import Quantity
from epidot.recipe.events import Event
from epidot.recipe.stockroom import Stockroom
from epidot.runs import checkpoint, halide, reading
from epidot.runs.batch import Batch, Sample
from epidot.runs.order import Order, order_from
from epidot.transport.room import HalideRoom

Tell = Callable[[float, str], None]
_LIGHT_SHARE = 0.5  # of the work that is left after the flask, for the progress bar only


def carry_out(
    order: Order, *, folder: Path | None = None, resume: bool = False, progress: Tell | None = None
) -> Batch:
    """Run ``order``.

    With ``folder``, what is done is kept there after every step, so that an interrupted run can go on
    with ``resume``.  ``progress`` is told the fraction done and what is being worked on.

    Raises
    ------
    NotBuiltYet
        At a step that needs a room of epidot that does not exist yet.
    InputError
        If the checkpoint found belongs to another order.
    """
    tell: Tell = progress or (lambda fraction, text: None)
    mechanism = mechanisms.load(order.mechanism)
    if order.mechanism not in mechanisms.shipped():
        lint.insist(mechanism)
    engine = _engine(order, mechanism)
    room = halide.room(mechanism, order.hypothesis)
    key = order.key  # once: a mechanism of one's own is read for it
    flask = Flask(order.recipe.timeline(), engine, mechanism, order.recipe.name, room)
    first = flask.begin(FlaskState.at_start(order.recipe))
    start = checkpoint.load(folder, key) if resume and folder is not None else None
    total = max(order.recipe.duration_s, 1.0)

    def each(so_far: Progress, event: Event) -> None:
        if folder is not None:
            checkpoint.save(folder, key, so_far)
        tell((1 - _LIGHT_SHARE) * (event.start_s + event.duration_s) / total, event.text)

    done = flask.run(start or first, each)
    samples: list[Sample] = []
    used: dict[str, list[str]] = {}
    remarks = [*done.remarks, *standstill(done.history)]
    for i, taken in enumerate(done.taken):
        tell(1 - _LIGHT_SHARE + _LIGHT_SHARE * i / max(1, len(done.taken)), f"light of {taken.name}")
        sample, rests, notes = _sample(taken, order, engine, mechanism, room)
        samples.append(sample)
        _join(used, rests)
        remarks += [note for note in notes if note not in remarks]
    _join(used, rests_on({f"mechanism.{k}": p for k, p in mechanism.parameters.items()}))
    if any(state.halide for state in done.history) or any(taken.shells for taken in done.taken):
        _join(used, rests_on({f"halide.{k}": p for k, p in room.parameters.items()}))
    return Batch(
        recipe=order.recipe.name,
        recipe_text=order.recipe.text,
        seed=order.seed,
        dots=order.dots,
        engine=order.engine,
        samples=tuple(samples),
        history=_history(done.history, mechanism) | dict(halide.history(done.history, room)),
        conservation=relative_errors(first.state, done, mechanism, _composition(order, mechanism)),
        rests_on=used,
        basis=_basis(samples),
        provenance={name: str(value) for name, value in key.items()},
        steps=done.steps,
        assumptions=tuple(str(remark) for remark in order.recipe.assumptions()),
        notes=(*(str(w) for w in order.recipe.warnings), *remarks),
        claims=order.recipe.claims,
    )


def run(
    source: str | Path,
    *,
    dots: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
    hypothesis: str | None = None,
    mechanism: str | None = None,
) -> Batch:
    """Run a recipe by its file or shipped name, or repeat the batch of an earlier run.

    ``engine`` is ``kmc`` (the lattice) or ``meanfield``; without it that of the earlier run, or the usual
    one.  ``hypothesis`` of halide transport: "H1" bath loss, "H2" solubility, "H3" interior traps.
    ``mechanism`` is a shipped name or a file of one's own.

    Raises
    ------
    InputError
        If there is no such recipe or it has faults.
    NotBuiltYet
        At a step that needs a room of epidot that does not exist yet.
    """
    order = order_from(
        str(source), dots=dots, seed=seed, engine=engine, hypothesis=hypothesis, mechanism=mechanism
    )
    return carry_out(order)


def _engine(order: Order, mechanism: Mechanism) -> Engine:
    if order.engine == "kmc":
        return LatticeEngine(mechanism, dots=order.dots, seed=order.seed, sigma_rel=order.recipe.sigma_rel)
    return MeanField(mechanism)


def _sample(
    taken: Taken, order: Order, engine: Engine, mechanism: Mechanism, room: HalideRoom
) -> tuple[Sample, Mapping[str, list[str]], tuple[str, ...]]:
    state = taken.state
    if state.dots_mol <= 0:
        dissolved = {
            f"{name}_mol": Quantity(mol, None, "mol", "dissolved in the flask")
            for name, mol in state.liquor.items()
            if mol > 0
        }
        return Sample(taken.name, state.time_s, state.temperature_K, None, dissolved), {}, ()
    # Under a described shell the surface that the mechanism keeps is not the dot's.
    numbers = counts(state, mechanism) if state.surface and not taken.shells else {}
    sigma: dict[str, float] = {}
    grown = engine.grown(state) if isinstance(engine, LatticeEngine) and not taken.shells else ()
    if grown:
        population, members = _population(grown)
        population = room.population(population, state)
        numbers, sigma = numbers | reading.means(members), reading.errors(members)
    else:
        dot = room.dot(state, taken.shells)
        population = Population.drawn(dot, order.dots, order.recipe.sigma_rel, _generator(order.seed))
    light = optics(population)
    found = reading.quantities(numbers, population, light, order.engine, sigma)
    found |= halide.quantities(population.dot, described=bool(taken.shells))
    spectra = {
        name: np.asarray(getattr(light, name)) for name in ("nm", "absorption", "emission", "t_ns", "decay")
    }
    return (
        Sample(taken.name, state.time_s, state.temperature_K, population, found, spectra, tuple(grown)),
        light.rests_on,
        (*light.notes, *room.unsaid(state, taken.shells)),
    )


def _population(grown: Sequence[GrownDot]) -> tuple[Population, list[dict[str, float]]]:
    """The dots one by one as layered dots, and what each of them says."""
    found = [growth_readout.read(dot) for dot in grown]
    members = tuple(dot for dot, _ in found)
    diameters = np.array([dot.core_diameter_nm for dot in members])
    return Population(mean_dot(members), diameters, members), [row for _, row in found]


def standstill(history: Sequence[FlaskState]) -> list[str]:
    """Where the flask came to rest for good on the lattice, and why; only the last rest counts."""
    said = [(s.time_s, s.grown.stuck) for s in history if isinstance(s.grown, GrownPopulation)]
    if not said or not said[-1][1]:
        return []
    since = next(t for t, text in reversed(said) if text)
    return [f"at {since / 60:.0f} min nothing more could happen on the dots or in the liquor: {said[-1][1]}"]


def _composition(order: Order, mechanism: Mechanism) -> Callable[[str], Mapping[str, float]]:
    """Atoms per formula unit of anything dissolved or formed: from the mechanism, else from the stockroom."""
    stockroom = Stockroom(order.recipe.header.reagents)

    def elements(name: str) -> Mapping[str, float]:
        known = mechanism.species.get(name)
        return known.elements if known is not None else stockroom.elements(name)

    return elements


def _generator(seed: int) -> np.random.Generator:
    """One stream for the sizes of the dots: every sample of a run is of the same population."""
    return np.random.default_rng([seed, zlib.crc32(b"core diameters")])


def _history(states: tuple[FlaskState, ...], mechanism: Mechanism) -> dict[str, NDArray[np.float64]]:
    """Everything against time; a species absent from a state counts as zero."""
    out: dict[str, NDArray[np.float64]] = {
        "time_s": np.array([s.time_s for s in states]),
        "temperature_K": np.array([s.temperature_K for s in states]),
        "volume_L": np.array([s.volume_L for s in states]),
    }
    kinds = {"liquor": [s.liquor for s in states], "surface": [s.surface for s in states]}
    for kind, amounts in kinds.items():
        for name in sorted({name for at_once in amounts for name in at_once}):
            out[f"{kind}/{name}"] = np.array([at_once.get(name, 0.0) for at_once in amounts])
    rows = [counts(state, mechanism) if state.surface else {} for state in states]
    for name in sorted({name for row in rows for name in row}):
        out[f"growth/{name}"] = np.array([row.get(name, 0.0) for row in rows])
    return out


def _basis(samples: list[Sample]) -> dict[str, str]:
    if not any(sample.population for sample in samples):
        return {"matter": "definition"}
    return {
        "matter": "definition",
        "growth and oxide": "calibrated on the claims its fitted parameters name, predicted elsewhere",
        "strain": "predicted",
        "1S and emission energy": "calibrated on one size of InP, predicted elsewhere",
        "quantum yield, lifetime": "calibrated on the claims its fitted parameters name, predicted elsewhere",
    }


def _join(into: dict[str, list[str]], more: Mapping[str, list[str]]) -> None:
    for status, names in more.items():
        into[status] = sorted({*into.get(status, []), *names})
