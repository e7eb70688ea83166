"""What XPS says of a sample: places and shares of chemical states, atomic ratios, shell thickness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError, nearest
from epidot.instruments.options import CALIBRATE, Settings
from epidot.instruments.xps import composition
from epidot.instruments.xps.assigned import components, undecided
from epidot.instruments.xps.levels import Level, level, levels
from epidot.instruments.xps.ratios import areas_of, ratios_of, shells_of
from epidot.instruments.xps.reading import LEAST, TRANSMISSION, WIDE_EV
from epidot.instruments.xps.region import CHARGING, Found, plausible, searched
from epidot.quantities import Quantities, Quantity
from epidot.signal import Signal

Array = NDArray[np.float64]

OXIDISED = {"P_2p": ("InPOx", "phosphate"), "Se_3d": ("oxide",), "Cd_3d": ("oxide",)}
C1S = 284.8  # eV, where nothing else is asked for
_KNOWN = 0.3  # eV; the slack of places once charging is known


@dataclass(frozen=True)
class Reference:
    """What the axis shows too much / eV, with its error, and by which line it is known (``""``: not).

    ``shift`` is against the table of levels, ``told`` against the energy of C 1s that was asked for.
    """

    shift: float
    sigma: float
    by: str
    told: float = 0.0


def regions_of(signal: Signal) -> list[Signal]:
    """The narrow regions of a signal and its companions, each once."""
    each = [signal, *(r for n, r in signal.companions.items() if n != TRANSMISSION)]
    return [one for one in each if float(np.ptp(one.x)) <= WIDE_EV and len(one) >= LEAST]


def asked_states(chosen: Settings) -> list[tuple[Level, str]]:
    """The option ``states`` as levels with states.

    Raises
    ------
    InputError
        If there is no such level or state.
    """
    out = []
    for word in str(chosen["states"] or "").replace(",", " ").split():
        name, _, state = word.rpartition("_")
        one = level(name) if name else None
        if one is None or state not in one.states:
            known = [f"{n}_{s}" for n, x in levels().items() for s in x.states]
            raise InputError("no such state of a core level", seen=word, nearest=nearest(word, known))
        out.append((one, state))
    return out


def measured(signal: Signal, chosen: Settings) -> Quantities:
    """See :func:`epidot.instruments.xps.measure`; ``chosen`` are the settled options."""
    dot, sought = composition.parsed(chosen)
    states = asked_states(chosen)
    regions = regions_of(signal)
    if not regions:
        what = "there is no narrow region: levels are measured in regions of at most 150 eV"
        raise InputError(what, signal.source or None, seen=f"{np.ptp(signal.x):g} eV", remedy="record one")
    told = [str(w) for one in [signal, *regions[1:]] for w in one.warnings]
    reference, found, said = fitted_regions(regions, chosen, states)
    quantities: dict[str, Quantity] = {}
    warnings = [*dict.fromkeys(told), *said]
    if not found:
        note = "no core level of the table stands clear of the noise"
        names = [f"{one.name}_{s}_eV" for one in plausible(signal, 0.0, CHARGING) for s in one.states][:1]
        quantities = {n: Quantity(None, None, "eV", "fit of the region", note) for n in names}
        return Quantities("xps", quantities, signal.source, (*warnings, note))
    if reference.by:
        quantities["shift_eV"] = Quantity(
            reference.told, reference.sigma, "eV", f"{reference.by} found less its place",
            f"{reference.by} stands for the charge reference",
        )  # fmt: skip
    there = [one.name for f in found for one in f.levels]
    for one in found:
        got, words = _states(one, reference, there)
        quantities |= got
        warnings += words
    areas = areas_of(found)
    quantities |= _oxide(found, reference)
    ratios, words = ratios_of(areas, dot if not sought else None, chosen)
    quantities |= ratios
    warnings += words
    if dot is not None and sought:
        quantities |= shells_of(dot, sought, areas, chosen)
    curves, extra = _shown(found)
    extra["reference"] = {
        "line": reference.by,
        "shift_eV": reference.told,
        "c1s_eV": float(chosen["c1s_eV"]),
    }
    return Quantities("xps", quantities, signal.source, tuple(dict.fromkeys(warnings)), extra, curves)


def fitted_regions(
    regions: Sequence[Signal], chosen: Settings, states: Sequence[tuple[Level, str]]
) -> tuple[Reference, list[Found], list[str]]:
    """Every region fitted, that of C 1s first, since it sets the axis right."""
    ground = str(chosen["background"])
    said: list[str] = []
    reference = Reference(0.0, 0.0, "")
    done: dict[int, Found] = {}
    order = sorted(range(len(regions)), key=lambda i: not _holds(regions[i], "C_1s"))
    slack = CHARGING if chosen.get(CALIBRATE) is None else _KNOWN
    for i in order:
        one = regions[i]
        names = _allowed(one, reference.shift, slack, states)
        wanted = [(lv, s) for lv, s in states if _inside(one, lv, reference.shift)]
        if not names or (states and not wanted):
            continue
        name = str(one.meta.get("column", ""))
        try:
            found = searched(one, names, ground, reference.shift, slack, wanted)
        except InputError as error:
            if wanted:
                raise
            said.append(f"{name}: {error.faults[0].what}")
            continue
        if found is None:
            continue
        done[i] = found
        if not reference.by and slack >= 1:
            got = _reference(found, float(chosen.get("c1s_eV", C1S)))
            if got is not None:
                reference, slack = got, _KNOWN
                said.append(_told(reference, float(chosen.get("c1s_eV", C1S))))
    found_all = [done[i] for i in sorted(done)]
    if found_all and not reference.by and chosen.get(CALIBRATE) is None:
        said.append(_off(found_all))
    said += [f"{f.region.meta.get('column', '')}: {f.fitted.message}" for f in found_all if not f.settled]
    return reference, found_all, said


def _holds(region: Signal, name: str) -> bool:
    main = levels()[name].main
    return bool(region.x[0] - 2 < main < region.x[-1] + 2)


def _inside(region: Signal, one: Level, shift: float) -> bool:
    return bool(region.x[0] < one.main + shift < region.x[-1])


def _allowed(region: Signal, shift: float, slack: float, states: Sequence[tuple[Level, str]]) -> list[Level]:
    """The levels looked for in a region: that which it is named after, and what else may stand there."""
    if states:
        return [one for one in dict(states) if _inside(region, one, shift)]
    names = plausible(region, shift, slack)
    called = str(region.meta.get("column", "")).replace(" ", "").lower()
    named = [one for one in names if one.title.replace(" ", "").lower() in called]
    if slack < 1 or not named:
        return names
    return named  # where charging is not known, a neighbour's line would be taken for another's


def _reference(found: Found, c1s: float) -> Reference | None:
    """By hydrocarbon in C 1s: the strongest line of that level."""
    one = levels()["C_1s"]
    lines = found.of(one)
    if not lines or not found.settled:
        return None
    k = max(lines, key=found.area)
    sigma = found.fitted.sigma(f"place{k + 1}")
    if sigma is None:
        return None
    place = found.place(k)
    return Reference(place - one.main, sigma, "C 1s", place - c1s)


def _told(reference: Reference, c1s: float) -> str:
    way = "above" if reference.told > 0 else "below"
    return (
        f"C 1s stands {abs(reference.told):.2f} eV {way} {c1s:g} eV; all energies were moved by "
        f"{-reference.told:+.2f} eV (hydrocarbon is a reference to 0.2 eV at best)"
    )


def _off(found: Sequence[Found]) -> str:
    """What to say of an axis that nothing sets right."""
    text = "the axis is as it was measured: no C 1s is here; give --calibrate-against to set it right"
    for one in found:
        first = one.lines[0].level
        low, high = first.span
        top = float(one.region.x[int(np.argmax(one.fitted.curve - one.background))])
        if not low <= top <= high:
            way = "above" if top > first.main else "below"
            text += f"; {first.title} stands {abs(top - first.main):.2f} eV {way} {first.main:g} eV"
    return text


def _states(
    found: Found, reference: Reference, there: Sequence[str]
) -> tuple[dict[str, Quantity], list[str]]:
    """Places, shares, widths and areas of the levels of one region."""
    out: dict[str, Quantity] = {}
    said: list[str] = []
    how = f"lines with an active {found.ground} background, fitted together"
    stated = found.settled and found.usable
    if not stated and found.settled:
        said.append(
            f"{found.region.meta.get('column', '')}: the lines have another form than was fitted "
            "(asymmetric, or satellites): no errors are stated"
        )
    for one in found.levels:
        alone = _partner(found, one, reference)
        said += [alone[0]] if alone else []
        if alone and not alone[1]:
            for name, unit in (("eV", "eV"), ("area", "counts eV"), ("width_eV", "eV")):
                key = f"{one.name}_{next(iter(one.states))}_eV" if name == "eV" else f"{one.name}_{name}"
                out[key] = Quantity(None, None, unit, how, f"withheld: {alone[0]}")
            continue
        parts = components(found, one, _shift(found, one, reference), reference.sigma)
        total = sum(found.area(p.k) for p in parts)
        gradient = found.gradient([p.k for p in parts])
        for p in parts:
            note = undecided(one, p, there)
            if note:
                said.append(note)
            sigma = found.fitted.sigma(f"place{p.k + 1}") if stated else None
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
            if len(parts) == 1:
                out[f"{named}_fraction"] = Quantity(1.0, None, "1", how, "the only line of the level")
            else:
                out[f"{named}_fraction"] = Quantity(share, error, "1", how, note)
        area_error = found.error(gradient) if stated else None
        out[f"{one.name}_area"] = Quantity(total, area_error, "counts eV", how, _area_note(found))
        width = found.fitted.sigma(f"width_{one.name}") if stated else None
        out[f"{one.name}_width_eV"] = Quantity(found.width(one), width, "eV", how)
    return out, said


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


def _oxide(found: Sequence[Found], reference: Reference) -> dict[str, Quantity]:
    """Share of oxidised atoms by the first level that shows some."""
    none: list[str] = []
    for name, states in OXIDISED.items():
        one = levels()[name]
        for f in found:
            if one not in f.levels or not f.settled:
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


def _shown(found: Sequence[Found]) -> tuple[dict[str, Signal], dict[str, Any]]:
    """Data, model, background and residuals of the region that was measured first."""
    one = found[0]
    plain = replace(
        one.region, companions={}, warnings=(), meta={}, kind="analog", live_time=None, sigma=None
    )
    told = one.fitted.told(replace(one.region, companions={}), {}, ())
    curves = {
        "data": plain,
        "model": plain.with_values(plain.x, one.fitted.curve),
        "background": plain.with_values(plain.x, one.background),
        "residuals": told.curves["residuals"],
    }
    regions = {
        str(f.region.meta.get("column", i)): {
            "status": f.fitted.status, "misfit": f.fitted.misfit, "lines": len(f.lines)
        }
        for i, f in enumerate(found)
    }  # fmt: skip
    return curves, {"regions": regions}
