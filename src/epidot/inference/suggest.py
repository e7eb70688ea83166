"""The next experiments: of all designs those that tell the most for their cost, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from epidot.errors import InputError
from epidot.inference.designs import Design
from epidot.inference.information import expected
from epidot.inference.problem import Array
from epidot.inference.study import Study
from epidot.runs.order import Order
from epidot.runs.sweep.points import Asked, Kept, outcomes
from epidot.runs.workers import Workers

Same = Literal["temperature", "flask"]
SAME: tuple[Same, ...] = ("temperature", "flask")
DRAWS = 48  # of the parameters, for which every flask is carried out
_FOUND = 0.7  # of the draws: a flask that gives nothing with more than the others is no candidate


@dataclass(frozen=True)
class Suggested:
    """A design, what it tells by itself and after those before it (nats), its cost, and why."""

    design: Design
    alone: float
    gained: float
    cost: float
    why: str


@dataclass(frozen=True, eq=False)
class Foretold:
    """What every design would show for every draw: ``predictions`` (k, designs), ``draws`` (k, p)."""

    study: Study
    designs: tuple[Design, ...]
    predictions: Array
    draws: Array

    @property
    def usable(self) -> list[int]:
        """Designs that give something for nearly all draws."""
        share = np.mean(np.isfinite(self.predictions), axis=0)
        return [i for i in range(len(self.designs)) if share[i] >= _FOUND]


def foretell(
    study: Study,
    designs: Sequence[Design],
    draws: Array,
    helpers: Workers,
    kept: Kept,
    tell: Callable[[float, str], None] = lambda share, text: None,
) -> Foretold:
    """Carry every flask of the designs out for every draw (k, p) of the study's parameters."""
    names = [p.name for p in study.priors]
    flasks = list({id(d.flask): d.flask for d in designs}.values())
    asked: list[Asked] = []
    where: list[tuple[int, int]] = []
    for f, flask in enumerate(flasks):
        mine = [d.observation for d in designs if d.flask is flask]
        samples = tuple(dict.fromkeys(o.sample for o in mine))
        quantities = tuple(dict.fromkeys(o.quantity for o in mine))
        for k, row in enumerate(draws):
            given = {n: float(v) for n, v in zip(names, row, strict=True) if study.is_number(n)}
            order = Order(
                flask.recipe,
                study.engine,
                study.dots,
                study.seed,
                mechanism=study.mechanism,
                hypothesis=study.hypothesis,
                given=study.given(given),
            )
            asked.append(Asked.of(order, samples, quantities))
            where.append((f, k))
    done = 0

    def hear(number: int, *_: object) -> None:
        nonlocal done
        done += 1
        tell(done / len(asked), f"{done} of {len(asked)} runs")

    found = outcomes(asked, helpers, kept, hear)
    by = {place: outcome for place, (outcome, _) in zip(where, found, strict=True)}
    out = np.full((len(draws), len(designs)), np.nan)
    for i, design in enumerate(designs):
        f = next(n for n, flask in enumerate(flasks) if flask is design.flask)
        for k in range(len(draws)):
            outcome = by[f, k]
            if not outcome.failed:
                value = outcome.found[design.observation.sample][design.observation.quantity].value
                out[k, i] = np.nan if value is None else value
    return Foretold(study, tuple(designs), out, draws)


def suggest(
    foretold: Foretold, batch: int = 1, same: Same | None = None, about: Sequence[str] = ()
) -> list[Suggested]:
    """The best ``batch`` designs, the best first: each the one that adds most for its cost to those before.

    ``same`` keeps a batch in one flask, or at one temperature.  ``about`` names the parameters of interest.

    Raises
    ------
    InputError
        If no design gives anything, or there is no such parameter.
    """
    names = [p.name for p in foretold.study.priors]
    unknown = [name for name in about if name not in names]
    if unknown:
        raise InputError("the study has no such free parameter", seen=", ".join(unknown), nearest=names)
    usable = foretold.usable
    if not usable:
        raise InputError("no candidate gives anything that could be measured")
    columns = foretold.draws[:, [names.index(n) for n in about]] if about else None
    groups: dict[object, list[int]] = {}
    for i in usable:
        flask = foretold.designs[i].flask
        key: object = id(flask) if same == "flask" else flask.temperatures if same == "temperature" else None
        groups.setdefault(key, []).append(i)
    found = [_greedy(foretold, members, batch, columns) for members in groups.values()]
    # A group that fills the batch goes before one that does not.
    return max(found, key=lambda rows: (len(rows), sum(s.gained for s in rows) / sum(s.cost for s in rows)))


def _greedy(foretold: Foretold, members: Sequence[int], batch: int, about: Array | None) -> list[Suggested]:
    chosen: list[int] = []
    out: list[Suggested] = []
    known = 0.0
    alone = {i: _told(foretold, [i], about) for i in members}
    while len(out) < batch and len(chosen) < len(members):
        gains = {i: _told(foretold, [*chosen, i], about) - known for i in members if i not in chosen}
        costs = {i: _cost(foretold, chosen, i) for i in gains}
        best = max(gains, key=lambda i: gains[i] / costs[i])
        chosen.append(best)
        known += max(gains[best], 0.0)
        why = _why(foretold, best)
        out.append(Suggested(foretold.designs[best], alone[best], max(gains[best], 0.0), costs[best], why))
    return out


def _cost(foretold: Foretold, chosen: Sequence[int], i: int) -> float:
    """Of one more design: a flask that is carried out anyway costs nothing more."""
    design = foretold.designs[i]
    there = any(foretold.designs[j].flask is design.flask for j in chosen)
    return max(design.observation.cost + (0.0 if there else design.flask.cost), 1e-9)


def _told(foretold: Foretold, chosen: Sequence[int], about: Array | None) -> float:
    rows = np.all(np.isfinite(foretold.predictions[:, list(chosen)]), axis=1)
    sigmas = np.array([foretold.designs[i].observation.sigma for i in chosen])
    part = foretold.predictions[rows][:, list(chosen)]
    return expected(part, sigmas, None if about is None else about[rows])


def _why(foretold: Foretold, i: int) -> str:
    """One line: what the parameter that matters most to it would show at its lower and its upper end."""
    values = foretold.predictions[:, i]
    rows = np.isfinite(values)
    ranked = [
        abs(float(np.corrcoef(_ranks(foretold.draws[rows, j]), _ranks(values[rows]))[0, 1]))
        if np.ptp(foretold.draws[rows, j]) > 0 and np.ptp(values[rows]) > 0
        else 0.0
        for j in range(foretold.draws.shape[1])
    ]
    j = int(np.argmax(ranked))
    name = foretold.study.priors[j].name
    order = np.argsort(foretold.draws[rows, j])
    third = max(1, len(order) // 3)
    low, high = (float(np.mean(values[rows][part])) for part in (order[:third], order[-third:]))
    o = foretold.designs[i].observation
    ends = f"is {low:.3g} where {name} is low and {high:.3g} where it is high"
    return f"{o.quantity} {ends}, seen to ± {o.sigma:g}"


def _ranks(x: Array) -> Array:
    return np.argsort(np.argsort(x)).astype(np.float64)


def resampled(values: Array, weights: Array, number: int, seed: int) -> Array:
    """``number`` equally probable rows of weighted draws, by systematic resampling."""
    start = np.random.default_rng([seed, 4]).random()
    places = (start + np.arange(number)) / number
    return np.asarray(values[np.minimum(np.searchsorted(np.cumsum(weights), places), len(values) - 1)])


def of_prior(study: Study, number: int) -> Array:
    """``number`` draws of the prior (number, p), evenly spread."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    p = len(study.priors)
    shares = qmc.Sobol(p, scramble=True, rng=study.seed).random_base2(int(np.ceil(np.log2(number))))[:number]
    columns: Mapping[int, Array] = {
        i: np.clip(prior.value(ndtri(shares[:, i]) if prior.normal else shares[:, i]), prior.low, prior.high)
        for i, prior in enumerate(study.priors)
    }
    return np.stack([columns[i] for i in range(p)], axis=1)
