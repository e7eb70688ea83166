"""Where a result stands to what the models were fitted on: inside, near or outside, with the reason.

Four models are asked apart, each about what it used: growth and halides (core, shells, temperature, dose),
levels and rates (core, its size, every pair of core and shell with its thickness), yields.  What they were
fitted on is ``data/envelope.yaml`` and the rows of ``data/literature.yaml``.  A quantity stands where the
worst of the models behind it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from epidot.documents import Entry, data_document, top
from epidot.dot.layers import LayeredDot
from epidot.growth.state import FlaskState
from epidot.light.literature import rows
from epidot.matter.materials import material
from epidot.quantities import Quantity
from epidot.runs.batch import Sample
from epidot.runs.quantities import ENVELOPE, find
from epidot.units import celsius

INSIDE, NEAR, OUTSIDE = STATES = ENVELOPE
STANDS = "where it stands to what was fitted"  # so a batch names it under what it rests on
SLACK = 0.05  # of a size: the usual error of mean diameters, and what exchange takes off a core
NOT_LEVELS = ("offset", "PLQY")  # rows that say nothing of the levels of their dot


@dataclass(frozen=True)
class Declared:
    """What one model was fitted on."""

    cores: tuple[str, ...]
    core_nm: tuple[float, float]
    shells: tuple[str, ...]
    hottest_C: float | None
    most_per_dot: Mapping[str, float]


@dataclass(frozen=True)
class Stand:
    """Where something stands, and why it is not inside."""

    state: str = INSIDE
    reasons: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """Both in words."""
        return ": ".join(filter(None, (self.state, "; ".join(self.reasons))))

    def and_also(self, other: Stand) -> Stand:
        """The worse of two, with the reasons of both."""
        worse = max(self.state, other.state, key=STATES.index)
        return Stand(worse, tuple(dict.fromkeys((*self.reasons, *other.reasons))))


@lru_cache(maxsize=1)
def declared() -> tuple[Mapping[str, Declared], Mapping[str, float]]:
    """What growth, halides and yields were fitted on, and how far beyond is ``near``.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    page = top(data_document("envelope.yaml"))
    found = {name: _declared(page[name]) for name in ("growth", "halides", "yields")}
    near = {name: p.value for name, p in page["near"].parameters().items()}
    page.faults.raise_if_any()
    return found, near


def _declared(entry: Entry) -> Declared:
    keys = ("source", "cores", "core_nm", "shells", "hottest_C", "most_per_dot")
    row = entry.fields(keys, keys[:4])
    low, high = (one.number(0.1, 50) for one in row["core_nm"].rows("size"))
    return Declared(
        tuple(row["cores"].names()),
        (low, high),
        tuple(row["shells"].names()),
        row["hottest_C"].number() if row["hottest_C"] else None,
        {name: one.number(0.0) for name, one in row["most_per_dot"].table().items()},
    )


@lru_cache(maxsize=1)
def _of_light() -> tuple[Mapping[str, tuple[float, float]], Mapping[tuple[str, str], float]]:
    """Sizes of every core, and the thickest shell of every pair, among the rows that light was fitted on."""
    sizes: dict[str, tuple[float, float]] = {}
    pairs: dict[tuple[str, str], float] = {}
    for row in (row for row in rows() if row.use == "fitted" and row.quantity not in NOT_LEVELS):
        core, d = row.dot.core, row.dot.core_diameter_nm
        low, high = sizes.get(core, (d, d))
        sizes[core] = (min(low, d), max(high, d))
        for shell in row.dot.shells:
            pairs[core, shell.material] = max(pairs.get((core, shell.material), 0.0), shell.thickness_nm)
    return sizes, pairs


def of_light(dot: LayeredDot) -> Stand:
    """Where levels and rates of ``dot`` stand."""
    sizes, pairs = _of_light()
    if dot.core not in sizes:
        return Stand(OUTSIDE, (f"light was fitted on no core of {dot.core}",))
    found = _size(dot, sizes[dot.core], "light")
    for layer in dot.shells:
        known = [pairs.get((dot.core, name)) for name in (layer.material, *material(layer.material).ends)]
        widest, ends = known[0], [one for one in known[1:] if one is not None]
        if widest is None and len(ends) < len(known) - 1:
            told = f"light was fitted on no {layer.material} on {dot.core}"
            found = found.and_also(Stand(OUTSIDE, (told,)))
            continue
        thickest = widest if widest is not None else min(ends)
        if widest is None:
            told = f"{_alloys(layer.material)} on {dot.core} lie between crystals that light was fitted on"
            found = found.and_also(Stand(NEAR, (told,)))
        if layer.thickness_nm > thickest:
            far = OUTSIDE if layer.thickness_nm > 2 * thickest else NEAR
            said = f"{layer.thickness_nm:.2g} nm of {layer.material} on {dot.core}"
            said += f": light knows {thickest:.2g} nm"
            found = found.and_also(Stand(far, (said,)))
    return found


def _alloys(name: str) -> str:
    """What stands for every share of one alloy, so that a graded shell is told once."""
    return "alloys of " + " and ".join(sorted(material(name).ends))


def _size(dot: LayeredDot, known: tuple[float, float], what: str) -> Stand:
    low, high = known
    factor, d = declared()[1]["size"], dot.core_diameter_nm
    if low * (1 - SLACK) <= d <= high * (1 + SLACK):
        return Stand()
    state = NEAR if low / factor <= d <= high * factor else OUTSIDE
    return Stand(state, (f"a core of {d:.3g} nm: {what} fitted on {low:g} to {high:g} nm",))


def of_matter(what: str, dot: LayeredDot, states: Sequence[FlaskState] = ()) -> Stand:
    """Where growth, halides or yields stand for ``dot``, after the flask went through ``states``."""
    table, near = declared()
    known = table[what]
    if dot.core not in known.cores:
        return Stand(OUTSIDE, (f"{what} fitted on no core of {dot.core}",))
    found = _size(dot, known.core_nm, what)
    strange = [layer.material for layer in dot.shells if layer.material not in known.shells]
    for name in dict.fromkeys(strange):
        mixed = set(material(name).ends) <= set(known.shells)
        said = f"{what} fitted on {', '.join(known.shells)}, not {_alloys(name) if mixed else name}"
        found = found.and_also(Stand(NEAR if mixed else OUTSIDE, (said,)))
    hottest = max((celsius(s.temperature_K) for s in states), default=None)
    if hottest is not None and known.hottest_C is not None and hottest > known.hottest_C + 0.5:
        far = OUTSIDE if hottest > known.hottest_C + near["hotter_C"] else NEAR
        said = f"{hottest:.0f} °C: {what} fitted up to {known.hottest_C:.0f} °C"
        found = found.and_also(Stand(far, (said,)))
    for name, most in known.most_per_dot.items():
        dose = max((s.liquor.get(name, 0.0) / s.dots_mol for s in states if s.dots_mol > 0), default=0.0)
        if dose > 1.01 * most:
            far = OUTSIDE if dose > near["dose"] * most else NEAR
            said = f"{dose:.0f} {name} per dot: {what} fitted up to {most:.0f}"
            found = found.and_also(Stand(far, (said,)))
    return found


def stated(sample: Sample, states: Sequence[FlaskState], grown: bool) -> tuple[Sample, Stand]:
    """``sample`` with the stand of every quantity, and that of all of it.

    ``states`` is the history of its flask; ``grown``: the mechanism made its surface.
    """
    if sample.population is None:
        return sample, Stand()
    dot = sample.population.dot
    before = [s for s in states if s.time_s <= sample.time_s * (1 + 1e-9) + 1e-6]
    growth = of_matter("growth", dot, before) if grown else Stand()
    treated = [s for s in before if s.halide]
    halides = of_matter("halides", dot, treated) if treated and dot.halides else Stand()
    levels = growth.and_also(of_light(dot))
    light = {"states": levels, "spectra": levels}
    light["decay"] = levels.and_also(halides).and_also(of_matter("yields", dot))
    other = {"halide": halides, "liquor": growth, "surface": growth, "sites": growth, "sizes": growth}
    by_needs = {**other, **light}
    found = {
        name: _with(quantity, by_needs.get(find(name).needs, levels))
        for name, quantity in sample.quantities.items()
    }
    whole = growth.and_also(halides).and_also(light["decay"])
    return replace(sample, quantities=found), whole


def _with(quantity: Quantity, stand: Stand) -> Quantity:
    return replace(quantity, envelope=stand.state)


def told(stands: Iterable[tuple[str, Stand]]) -> tuple[str, ...]:
    """For the notes of a run: which samples are not inside, and why; once for the same reasons."""
    groups: dict[Stand, list[str]] = {}
    for name, stand in stands:
        if stand.state != INSIDE:
            groups.setdefault(stand, []).append(name)
    return tuple(
        f"{stand.state} what the models were fitted on ({', '.join(names)}): {'; '.join(stand.reasons)}"
        for stand, names in groups.items()
    )
