"""What the lines of a region say of the chemical states of its levels, and what they leave open."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from epidot.instruments.xps.assigned import OTHER, components, undecided
from epidot.instruments.xps.levels import Level, levels
from epidot.instruments.xps.region import Found
from epidot.instruments.xps.search import CHARGING
from epidot.quantities import Quantity

OXIDISED = {"P_2p": ("InPOx", "phosphate"), "Se_3d": ("oxide",), "Cd_3d": ("oxide",)}
_END = 1e-6  # eV
_HOME = 0.4  # eV, that states of one level are looked for about their place at least
_APART = 2.0  # eV (own choice): nearer states are told with all that they may be, an oxide is not
_TAILS = 4.0  # lengths of the exponential, over which a tail may be taken for a state
_MISSHAPED = "the lines have another form than any that was fitted (satellites, or a background of its own)"


@dataclass(frozen=True)
class Reference:
    """What the axis shows too much / eV, with its error, and by which line it is known (``""``: not).

    ``shift`` is against the table of levels, ``told`` against the energy of C 1s that was asked for.
    """

    shift: float
    sigma: float
    by: str
    told: float = 0.0


def states_of(
    found: Found, reference: Reference, there: Sequence[str], sure: Collection[str]
) -> tuple[dict[str, Quantity], list[str], dict[str, str]]:
    """Places, shares, widths and areas of the levels of one region, what to say, and why an area (by the name
    of its level) is not to be built on.

    ``there`` are the levels seen, ``sure`` those of :func:`at_home`.
    """
    out: dict[str, Quantity] = {}
    said: list[str] = []
    withheld: dict[str, str] = {}
    name = str(found.region.meta.get("column", ""))
    how = f"{found.form.title} with an active {found.ground} background, fitted together"
    stated = found.settled and found.usable
    if not stated and found.settled:
        said.append(f"{name}: {_MISSHAPED}: no errors are stated")
    said += [
        f"{name}: the flank of {one.title}, which stands at or outside an end of the window, was taken off"
        for one in found.levels
        if one not in found.inside
    ]
    if found.form.tail and found.settled:
        said.append(f"{name}: the lines are drawn out by {found.fitted.value('tail'):.2f} eV (asymmetric)")
    for one in found.inside:
        alone = (
            _beyond(found, one, reference)
            or _partner(found, one, reference)
            or (None if stated else _elsewhere(found, one, reference))
        )
        said += [alone[0]] if alone else []
        if alone and not alone[1]:
            each = (("eV", "eV"), ("mean_eV", "eV"), ("area", "counts eV"), ("width_eV", "eV"))
            for name, unit in each:
                key = f"{one.name}_{next(iter(one.states))}_eV" if name == "eV" else f"{one.name}_{name}"
                out[key] = Quantity(None, None, unit, how, f"withheld: {alone[0]}")
            withheld[one.name] = alone[0]
            continue
        if not stated:
            why = _MISSHAPED if found.settled else f"the fit did not end ({found.fitted.status})"
            withheld[one.name] = f"{one.title}: {why}"
        doubt = _doubt(found, one)
        said += [f"{name}: {doubt}"] if doubt else []
        parts = components(found, one, _shift(found, one, reference), reference.sigma)
        if far := _far(found, one, reference):
            said.append(far)
            withheld[one.name] = far
            parts = [replace(p, state=OTHER, candidates=()) for p in parts]
        elif loose := _loose(found, one, reference, sure):
            said.append(loose)
            asked = [found.lines[p.k].state for p in parts]
            parts = [
                p if own else replace(p, state=OTHER, candidates=())
                for p, own in zip(parts, asked, strict=True)
            ]
        total = sum(found.area(p.k) for p in parts)
        gradient = found.gradient([p.k for p in parts])
        for p in parts:
            note = undecided(one, p, there)
            if note:
                said.append(note)
            sigma = found.place_error(p.k) if stated else None
            own = one.name == "C_1s" and reference.by and p.k == max(found.of(one), key=found.area)
            if own:  # it is the reference
                sigma, note = None, "the charge reference: not measured but set"
            elif sigma is not None:
                sigma = math.hypot(sigma, reference.sigma)
            place = found.place(p.k) - reference.told
            named = f"{one.name}_{p.state}"
            if f"{named}_eV" in out:
                said.append(
                    f"{one.title}: a line at {place:.1f} eV that no state is left for counts in the area only"
                )
                continue
            out[f"{named}_eV"] = Quantity(place, sigma, "eV", how, note)
            share = found.area(p.k) / total if total > 0 else 0.0
            g = (found.gradient([p.k]) - share * gradient) / max(total, 1e-300)
            error = found.error(g) if stated else None
            if doubt:
                out[f"{named}_fraction"] = Quantity(None, None, "1", how, f"withheld: {doubt}")
            elif len(parts) == 1:
                out[f"{named}_fraction"] = Quantity(1.0, None, "1", how, "the only line of the level")
            else:
                out[f"{named}_fraction"] = Quantity(share, error, "1", how, note)
        out[f"{one.name}_mean_eV"] = _mean(found, one, reference, stated, how)
        area_error = found.error(gradient) if stated else None
        if area_error is not None:
            area_error = math.hypot(area_error, found.spread.get(one.name, 0.0))
        out[f"{one.name}_area"] = Quantity(total, area_error, "counts eV", how, _area_note(found))
        width = found.fitted.sigma(found.width_name(one)) if stated else None
        out[f"{one.name}_width_eV"] = Quantity(found.width(one), width, "eV", how)
    return out, said, withheld


def _mean(found: Found, one: Level, reference: Reference, stated: bool, how: str) -> Quantity:
    """The mean of all lines of a level, which every form has that describes it, whatever its states."""
    value, gradient = found.mean(one)
    first = max(found.of(one), key=found.area)
    own = one.name == "C_1s" and bool(reference.by)  # then it is told from its largest line
    if own and len(found.of(one)) == 1 and not found.form.tail:
        note = "the charge reference: not measured but set"
        return Quantity(value - reference.told, None, "eV", how, note)
    sigma = found.error(gradient - found.place_gradient(first) if own else gradient) if stated else None
    if sigma is not None:
        open_ = [found.shifted.get(one.name, 0.0), found.moved.get(one.name, 0.0) if own else reference.sigma]
        sigma = math.hypot(sigma, *open_)
    return Quantity(value - reference.told, sigma, "eV", how, "of all states of the level, by area")


def _doubt(found: Found, one: Level) -> str:
    """Why the shares of the states of a level are not known, ``""`` if they are."""
    if found.charged and any(found.lines[k].level is one for k in found.parts):
        return f"{one.title}: {found.charged}"
    count = len(found.of(one))
    for rival in found.rivals:
        other = len(rival.of(one))
        if other != count:
            few = f"{count} {found.form.title} or {other} {rival.form.title}"
            return f"{one.title}: {few} describe it alike: how many states there are is open"
    if found.form.tail and count > 1:
        lines = [(found.place(k), found.area(k)) for k in found.of(one)]
        reach = found.width(one) + _TAILS * found.fitted.value("tail")
        if any(0 < at - below < reach and a < larger for at, a in lines for below, larger in lines):
            return f"{one.title}: its lines are asymmetric: a weaker state above is not told from their tail"
    return ""


def _beyond(found: Found, one: Level, reference: Reference) -> tuple[str, bool] | None:
    """What to say where the largest line of a level would rather stand where the level cannot."""
    strong = max(found.of(one), key=found.area)
    line, centre = found.lines[strong], found.centre(strong)
    if found.settled or min(abs(centre - line.low), abs(centre - line.high)) > _END:
        return None
    return (
        f"{one.title}: what stands here lies beyond {centre:.1f} eV, the end of where that level may stand: "
        "it is another line, or a valence band" + ("" if reference.by else _set_right(found))
    ), False


def _partner(found: Found, one: Level, reference: Reference) -> tuple[str, bool] | None:
    """What to say where half of a doublet lies outside the window, and whether the other half is known."""
    if not one.minor > 0:
        return None
    strong = max(found.of(one), key=found.area)
    place, x = found.place(strong), found.region.x
    if x[0] <= place and place + one.splitting <= x[-1]:
        return None
    low, high = one.span
    if low - CHARGING / 10 <= place - reference.shift <= high + CHARGING / 10:
        return (
            f"{one.title}: the second line of the doublet, {one.splitting:g} eV above, lies outside the "
            "window: the area rests on its ratio to the first"
        ), True
    return (
        f"{one.title}: one line of the doublet lies in the window, at {place:.1f} eV, which is not where "
        f"this level stands ({one.main:g} eV, its partner {one.splitting:g} eV above): it may be either; "
        "record both"
    ), False


def _far(found: Found, one: Level, reference: Reference) -> str:
    """What to say where nothing sets the axis right and a level stands so far off that any of its states may
    be the one that is seen, or another line is; ``""`` where it does not."""
    place = found.place(max(found.of(one), key=found.area))
    low, high = one.span
    if reference.by or low <= place <= high or abs(place - one.main) <= CHARGING:
        return ""
    return (
        f"{one.title}: a line {abs(place - one.main):.1f} eV {'above' if place > one.main else 'below'} "
        f"{one.main:g} eV may be any of its states, or another line: no state is named, and no ratio or "
        "oxide is built on it; record C 1s beside it, or set the axis right with --calibrate-against"
    )


def at_home(found: Sequence[Found]) -> frozenset[str]:
    """Levels whose largest line stands where their first state does on an axis that nothing sets right."""
    out = set()
    for f in found:
        for one in f.inside if f.settled and f.usable else ():
            if abs(f.place(max(f.of(one), key=f.area)) - one.main) <= _HOME:
                out.add(one.name)
    return frozenset(out)


def _loose(found: Found, one: Level, reference: Reference, sure: Collection[str]) -> str:
    """What to say where a state far from the first one of its level may be that one, charged; ``""`` where
    the axis is set right or a level, one of those ``sure``, stands where its first state does."""
    place = found.place(max(found.of(one), key=found.area))
    if reference.by or sure or not one.main + _APART < place <= one.span[1]:
        return ""
    return (
        f"{one.title}: a line at {place:.1f} eV may be another state or {next(iter(one.states))} charged by "
        f"{place - one.main:.1f} eV: no state is named, since nothing sets the axis right; record C 1s "
        "beside it, or set the axis right with --calibrate-against"
    )


def _elsewhere(found: Found, one: Level, reference: Reference) -> tuple[str, bool] | None:
    """What to say where nothing sets the axis right and the level, off its place, does not describe what is
    seen."""
    place = found.place(max(found.of(one), key=found.area))
    low, high = one.span
    if reference.by or not found.settled or low <= place <= high:
        return None
    return (
        f"{one.title}: no line of it within {CHARGING:g} eV of charging describes this region"
        + _set_right(found)
    ), False


def _set_right(found: Found) -> str:
    top = float(found.region.x[int(np.argmax(found.region.y))])
    return (
        f" (which is highest at {top:.1f} eV): record C 1s beside it, set the axis right with "
        "--calibrate-against, or describe the lines with epidot fit xps --components"
    )


def _shift(found: Found, one: Level, reference: Reference) -> float:
    """Where nothing sets the axis right, the largest line of a level that is off is its main state."""
    if reference.by:
        return reference.shift
    lines = found.of(one)
    place = found.place(max(lines, key=found.area))
    low, high = one.span
    return 0.0 if low <= place <= high else place - one.main


def _area_note(found: Found) -> str:
    return "" if found.region.kind != "analog" else "in the unit of the readings, times eV"


def oxide(
    found: Sequence[Found], reference: Reference, withheld: Mapping[str, str], sure: Collection[str]
) -> dict[str, Quantity]:
    """Share of oxidised atoms by the first level that shows some."""
    none: list[str] = []
    for name, states in OXIDISED.items():
        one = levels()[name]
        for f in found:
            if one not in f.inside:
                continue
            asked = any(line.state for line in f.lines if line.level is one)
            doubt = withheld.get(name) or _doubt(f, one) or ("" if asked else _loose(f, one, reference, sure))
            if doubt:
                none.append(doubt)
                continue
            parts = components(f, one, _shift(f, one, reference), reference.sigma)
            mine = [p.k for p in parts if p.state in states]
            total = sum(f.area(p.k) for p in parts)
            if not total > 0:
                continue
            how = f"share of {one.title} in {' and '.join(states)}"
            if not mine:
                none.append(f"no line of oxidised {one.element} stands clear in {one.title}")
                continue
            share = sum(f.area(k) for k in mine) / total
            g = (f.gradient(mine) - share * f.gradient([p.k for p in parts])) / total
            return {"oxide_fraction": Quantity(share, f.error(g), "1", how)}
    if not none:
        return {}
    return {"oxide_fraction": Quantity(None, None, "1", "share of oxidised states", "; ".join(none))}
