"""What a run leaves behind: everything of every sample read, and put together as a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.errors import Gap
from epidot.growth import chemistry
from epidot.growth.conservation import relative_errors
from epidot.growth.flask import Progress, Taken
from epidot.growth.lattice.blocks import LOOKS
from epidot.growth.lattice.population import GrownPopulation
from epidot.growth.readout import counts
from epidot.growth.state import FlaskState
from epidot.matter import materials
from epidot.mechanism.mechanism import Mechanism
from epidot.parameter import rests_on
from epidot.recipe.recipe import Recipe
from epidot.recipe.stockroom import Stockroom
from epidot.runs import envelope, halide, numbers
from epidot.runs.batch import ONE_DOT, Batch, Sample
from epidot.runs.order import RADIAL, Order
from epidot.runs.sampled import Member, Sampled, Setting

Array = NDArray[np.float64]
SPECTRA = ("nm", "emission")
DECAY = ("t_ns", "decay")


@dataclass(frozen=True)
class Everything:
    """A sample read whole: what the batch keeps of it, every dot, parameters by status, and remarks."""

    sample: Sample
    members: tuple[Member, ...]
    rests_on: Mapping[str, list[str]]
    notes: tuple[str, ...]


def read(sampled: Sampled) -> Everything:
    """Every quantity, spectrum and dot of a sample."""
    with sampled.given.in_force():
        return _read(sampled)


def _read(sampled: Sampled) -> Everything:
    taken, state = sampled.taken, sampled.state
    found = {name: sampled.quantity(name) for name in sampled.names()}
    if state.dots_mol <= 0:
        return Everything(Sample(taken.name, state.time_s, state.temperature_K, None, found), (), {}, ())
    spectra, rests, notes = _light(sampled)
    spectra, rests = _with_atoms(sampled, spectra, rests)
    sample = Sample(
        taken.name, state.time_s, state.temperature_K, sampled.population, found, spectra, sampled.grown
    )
    notes = (*notes, *sampled.setting.halides.unsaid(state, taken.shells))
    return Everything(sample, sampled.members, rests, notes)


def _light(sampled: Sampled) -> tuple[dict[str, Array], Mapping[str, list[str]], tuple[str, ...]]:
    """Spectra, parameters by status and remarks; where a material's number is not known, what it leaves."""
    light = sampled.light
    try:
        light.levels  # noqa: B018 - without levels there is no light at all
    except Gap as gap:
        return {}, {}, (f"no light: {gap}",)
    notes = light.notes
    held = SPECTRA if light.untold else (*SPECTRA, *DECAY)
    spectra = {name: np.asarray(getattr(light, name)) for name in held}
    try:
        spectra["absorption"] = light.absorption
    except Gap as gap:
        spectra["absorption"] = np.full_like(light.nm, np.nan)
        notes = (*notes, f"no absorption: {gap}")
    return spectra, light.rests_on, notes


def _with_atoms(
    sampled: Sampled, spectra: dict[str, Array], rests: Mapping[str, list[str]]
) -> tuple[dict[str, Array], Mapping[str, list[str]]]:
    """The same with the atoms' own states, where they were asked for and are there."""
    found = sampled.atomistic
    if isinstance(found, str):
        return spectra, rests
    together = {status: list(names) for status, names in rests.items()}
    _join(together, found.rests_on)
    return spectra | found.picture, together


class Reader:
    """Reads samples, together with the processes ``others`` where there are any.

    These begin as soon as a sample is handed over; what they have not begun when the flask is done is read
    here.  Every reading is a pure function of its sample, so that nothing depends on who does it.
    """

    def __init__(self, order: Order, others: Executor | None) -> None:
        self._order = order
        self._others = others
        self._given: list[Future[Everything]] = []

    def hand_over(self, taken: Sequence[Taken]) -> None:
        """Let another process read what of ``taken`` is new."""
        if self._others is not None:
            new = taken[len(self._given) :]
            self._given += [self._others.submit(_read_elsewhere, self._order, one) for one in new]

    def read(self, samples: Sequence[Sampled], tell: Callable[[Sampled, float], None]) -> list[Everything]:
        """All samples read; ``tell`` is told each when its turn comes and the share that was done before."""
        found: dict[int, Everything] = {}
        mine = [i for i in range(len(samples)) if i >= len(self._given) or self._given[i].cancel()]
        for i in sorted(range(len(samples)), key=lambda i: i not in mine):
            tell(samples[i], len(found) / len(samples))
            found[i] = read(samples[i]) if i in mine else self._from_elsewhere(self._given[i], samples[i])
            samples[i].known = found[i].sample.quantities
        return [found[i] for i in range(len(samples))]

    def _from_elsewhere(self, given: Future[Everything], sampled: Sampled) -> Everything:
        try:
            done = given.result()
        except BrokenExecutor:  # that process is gone, killed perhaps for want of memory
            return read(sampled)
        sampled.members = done.members
        return replace(done, sample=replace(done.sample, grown=sampled.grown))


def _read_elsewhere(order: Order, taken: Taken) -> Everything:
    found = read(Sampled(taken, Setting.of(order)))
    return replace(found, sample=replace(found.sample, grown=()))  # the sites are known where they came from


def batch_of(setting: Setting, first: Progress, done: Progress, found: Sequence[Everything]) -> Batch:
    """The batch of a flask that is done and of its samples."""
    with setting.order.given.in_force():
        return _batch_of(setting, first, done, found)


def _batch_of(setting: Setting, first: Progress, done: Progress, found: Sequence[Everything]) -> Batch:
    order, mechanism, halides = setting.order, setting.mechanism, setting.halides
    used: dict[str, list[str]] = {}
    given = numbers.told(order.given, order.mechanism, order.hypothesis)
    nothing = chemistry.nothing_grown(order.recipe, done.taken, mechanism, order.ignore)
    remarks = [
        *nothing,
        *filter(None, [materials.told(), given]),
        *all_alike(order.recipe),
        *one_alone(order.recipe, found),
        *done.remarks,
        *standstill(done.history),
        *in_blocks(done),
    ]
    for everything in found:
        _join(used, everything.rests_on)
        remarks += [note for note in everything.notes if note not in remarks]
    _join(used, rests_on({f"mechanism.{k}": p for k, p in mechanism.parameters.items()}))
    if any(state.halide for state in done.history) or any(taken.shells for taken in done.taken):
        _join(used, rests_on({f"halide.{k}": p for k, p in halides.parameters.items()}))
    stated = [
        envelope.stated(one.sample, done.history, "shell_layers" in one.sample.quantities) for one in found
    ]
    samples = tuple(sample for sample, _ in stated)
    remarks += envelope.told((sample.name, stand) for sample, stand in stated)
    stands = {envelope.STANDS: stated[-1][1].told} if stated else {}
    return Batch(
        recipe=order.recipe.name,
        recipe_text=order.recipe.text,
        seed=order.seed,
        dots=order.dots,
        engine=order.engine,
        samples=samples,
        history=_history(done, setting) | dict(halide.history(done.history, halides)),
        conservation=relative_errors(first.state, done, mechanism, _composition(order, mechanism)),
        rests_on=used,
        basis=_basis(samples, order.states) | stands,
        provenance={name: str(value) for name, value in order.key.items()},
        steps=done.steps,
        assumptions=tuple(str(remark) for remark in order.recipe.assumptions()),
        notes=(*(str(w) for w in order.recipe.warnings), *remarks),
        claims=order.recipe.claims,
    )


def all_alike(recipe: Recipe) -> list[str]:
    """That the lines are too narrow, where the recipe leaves the spread of the cores unsaid."""
    unsaid = [r.what for r in recipe.assumptions() if r.kind == "default" and r.what.endswith(": sigma")]
    if not unsaid or recipe.sigma_rel > 0:
        return []
    return [f"no spread of the cores is given: lines are those of dots all alike; give {unsaid[-1]}"]


def one_alone(recipe: Recipe, found: Sequence[Everything]) -> list[str]:
    """That lines are too narrow, where a single dot of the lattice stands for a flask of many sizes."""
    if recipe.sigma_rel == 0 or all(len(one.members) != 1 for one in found):
        return []
    return [f"{ONE_DOT}: its lines are narrower than the flask's, and it tells no error; take more --dots."]


def standstill(history: Sequence[FlaskState]) -> list[str]:
    """Where the flask came to rest for good on the lattice, and why; only the last rest counts."""
    said = [(s.time_s, s.grown.stuck) for s in history if isinstance(s.grown, GrownPopulation)]
    if not said or not said[-1][1]:
        return []
    since = next(t for t, text in reversed(said) if text)
    return [f"at {since / 60:.0f} min nothing more could happen on the dots or in the liquor: {said[-1][1]}"]


def in_blocks(done: Progress) -> list[str]:
    """That the dots grew in blocks, and how far their liquors came apart."""
    grown = done.state.grown
    if not isinstance(grown, GrownPopulation) or grown.random.ndim == 1:
        return []
    said = (
        f"the dots grew in {len(grown.random)} blocks that shared the liquor {LOOKS} times per step: in "
        f"between, a block had up to {grown.apart:.1%} more or less of a dissolved species than its share"
    )
    return [said]


def _composition(order: Order, mechanism: Mechanism) -> Callable[[str], Mapping[str, float]]:
    """Atoms per formula unit of anything dissolved or formed: from the mechanism, else from the stockroom."""
    stockroom = Stockroom(order.recipe.header.reagents)

    def elements(name: str) -> Mapping[str, float]:
        known = mechanism.species.get(name)
        return known.elements if known is not None else stockroom.elements(name)

    return elements


def _history(done: Progress, setting: Setting) -> dict[str, NDArray[np.float64]]:
    """Everything against time; a species absent from a state counts as zero."""
    states = done.history
    out: dict[str, NDArray[np.float64]] = {
        "time_s": np.array([s.time_s for s in states]),
        "temperature_K": np.array([s.temperature_K for s in states]),
        "volume_L": np.array([s.volume_L for s in states]),
    }
    kinds = {"liquor": [s.liquor for s in states], "surface": [s.surface for s in states]}
    for kind, amounts in kinds.items():
        for name in sorted({name for at_once in amounts for name in at_once}):
            out[f"{kind}/{name}"] = np.array([at_once.get(name, 0.0) for at_once in amounts])
    mechanism, halides = setting.mechanism, setting.halides

    def counted(state: FlaskState) -> dict[str, float]:
        # Under described shells halide does not meet the surface that the mechanism keeps.
        return counts(state, mechanism) if done.shells else halide.counted(state, mechanism, halides)

    rows = [counted(state) if state.surface else {} for state in states]
    for name in sorted({name for row in rows for name in row}):
        out[f"growth/{name}"] = np.array([row.get(name, 0.0) for row in rows])
    return out


def _basis(samples: Sequence[Sample], states: str) -> dict[str, str]:
    if not any(sample.population for sample in samples):
        return {"matter": "definition"}
    by_atoms = (
        "predicted: the closure of the surface fitted on bare InP of the literature; remote terms assumed"
    )
    more = {} if states == RADIAL else {"states of the atoms": by_atoms}
    return more | {
        "matter": "definition",
        "growth and oxide": "calibrated on the claims its fitted parameters name, predicted elsewhere",
        "strain": "predicted",
        "1S and emission energy": "materials fitted on literature, predicted here",
        "quantum yield, lifetime": "calibrated on the claims its fitted parameters name, predicted elsewhere",
    }


def _join(into: dict[str, list[str]], more: Mapping[str, list[str]]) -> None:
    for status, names in more.items():
        into[status] = sorted({*into.get(status, []), *names})
