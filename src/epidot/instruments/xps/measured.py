"""What XPS says of a sample: places and shares of chemical states, atomic ratios, shell thickness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError, nearest
from epidot.instruments import curve
from epidot.instruments.options import CALIBRATE, Settings
from epidot.instruments.xps import composition
from epidot.instruments.xps.charging import apart, drawn_alike
from epidot.instruments.xps.forms import weighed
from epidot.instruments.xps.levels import Level, level, levels
from epidot.instruments.xps.ratios import areas_of, ratios_of, shells_of
from epidot.instruments.xps.reading import LEAST, TRANSMISSION, WIDE_EV
from epidot.instruments.xps.region import Found
from epidot.instruments.xps.search import CHARGING, asked_for, plausible, searched
from epidot.instruments.xps.states import Reference, at_home, oxide, states_of
from epidot.instruments.xps.weights import weighted
from epidot.quantities import Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.spikes import spikes

Array = NDArray[np.float64]

C1S = 284.8  # eV, where nothing else is asked for
_NARROWEST, _SAFE = 0.5, 1.5  # eV, of any line; times as high as its neighbour no top of a line is
_KNOWN = 0.3  # eV; the slack of places once charging is known


def regions_of(signal: Signal) -> list[Signal]:
    """The narrow regions of a signal and its companions, each once."""
    each = [signal, *(r for n, r in signal.companions.items() if n != TRANSMISSION)]
    return [one for one in each if float(np.ptp(one.x)) <= WIDE_EV and len(one) >= LEAST]


def without_spikes(regions: Sequence[Signal]) -> tuple[list[Signal], list[str]]:
    """The regions without readings that stand alone above their neighbours, and what to say of them."""
    out, said = [], []
    for one in regions:
        step = float(np.median(np.diff(one.x)))
        sharpest = _SAFE * math.exp(min(4 * math.log(2) * (step / _NARROWEST) ** 2, 50.0))
        alone = spikes(one.y, sharpest, one.kind != "analog")
        if np.any(alone):
            shown = ", ".join(f"{x:.2f}" for x in one.x[alone][:4])
            name = one.meta.get("column", "")
            said.append(f"{name}: single readings far above their neighbours were left out (at {shown} eV)")
            beside = {n: c.kept(~alone) for n, c in one.companions.items() if n == TRANSMISSION}
            one = replace(one.kept(~alone), companions=beside)
        out.append(one)
    return out, said


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
    regions, more = without_spikes(regions)
    told += more
    reference, found, said = fitted_regions(regions, chosen, states)
    if not states:
        found, more = apart(found)
        said += more
    said += drawn_alike(found)
    quantities: dict[str, Quantity] = {}
    warnings = [*dict.fromkeys(told), *said]
    if not found:
        top = float(regions[0].x[int(np.argmax(regions[0].y))])
        note = (
            f"no core level of the table stands clear of the noise within {CHARGING:g} eV of charging (the "
            f"region is highest at {top:.1f} eV): is it a binding energy? record C 1s beside it, or set the "
            "axis right with --calibrate-against"
        )
        names = [f"{one.name}_{s}_eV" for one in plausible(signal, 0.0, CHARGING) for s in one.states][:1]
        quantities = {n: Quantity(None, None, "eV", "fit of the region", note) for n in names}
        return Quantities("xps", quantities, signal.source, (*warnings, note))
    if reference.by:
        quantities["shift_eV"] = Quantity(
            reference.told, reference.sigma, "eV", f"{reference.by} found less its place",
            f"{reference.by} stands for the charge reference",
        )  # fmt: skip
    there = [one.name for f in found for one in f.inside]
    sure = at_home(found)
    withheld: dict[str, str] = {}
    for one in found:
        got, words, not_told = states_of(one, reference, there, sure)
        quantities |= got
        warnings += words
        withheld |= {name: why for name, why in not_told.items() if name not in withheld}
    areas = areas_of(found, withheld)
    quantities |= oxide(found, reference, withheld, sure)
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
            found = _fitted(one, names, ground, reference.shift, slack, wanted)
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


def _fitted(
    region: Signal, names: Sequence[Level], ground: str, shift: float, slack: float,
    wanted: Sequence[tuple[Level, str]],
) -> Found | None:  # fmt: skip
    def once(one: Signal) -> Found | None:
        if wanted:
            return weighed(asked_for(one, wanted, ground, shift, slack), asked=True)
        return weighed(searched(one, names, ground, shift, slack))

    found = once(region)
    if found is None or not found.settled or (again := weighted(found)) is None:
        return found
    other = once(again)
    return found if other is None or not other.settled else other


def _holds(region: Signal, name: str) -> bool:
    main = levels()[name].main
    return bool(region.x[0] - 2 < main < region.x[-1] + 2)


def _inside(region: Signal, one: Level, shift: float) -> bool:
    return bool(region.x[0] < one.main + shift < region.x[-1])


def _allowed(region: Signal, shift: float, slack: float, states: Sequence[tuple[Level, str]]) -> list[Level]:
    """The levels looked for in a region, or those of the ``states`` asked for."""
    if states:
        return [one for one in dict(states) if _inside(region, one, shift)]
    return plausible(region, shift, slack)


def _reference(found: Found, c1s: float) -> Reference | None:
    """By hydrocarbon in C 1s: the strongest line of that level."""
    one = levels()["C_1s"]
    lines = found.of(one)
    if not lines or not found.settled:
        return None
    k = max(lines, key=found.area)
    sigma = found.place_error(k)
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
        if not (one.inside and one.usable):  # then it is told that the level is not what stands there
            continue
        first = one.inside[0]
        low, high = first.span
        top = float(one.region.x[int(np.argmax(one.fitted.curve - one.background))])
        if not low <= top <= high:
            way = "above" if top > first.main else "below"
            text += f"; {first.title} stands {abs(top - first.main):.2f} eV {way} {first.main:g} eV"
    return text


def _shown(found: Sequence[Found]) -> tuple[dict[str, Signal], dict[str, Any]]:
    """Data, model, background and residuals of every region, the one that was measured first without its
    name."""
    curves: dict[str, Signal] = {}
    regions: dict[str, dict[str, Any]] = {}
    for i, one in enumerate(found):
        name = str(one.region.meta.get("column", i))
        plain = replace(
            one.region, companions={}, warnings=(), meta={}, kind="analog", live_time=None, sigma=None
        )
        told = one.fitted.told(replace(one.region, companions={}), {}, ())
        own = {
            curve.DATA: plain,
            curve.MODEL: plain.with_values(plain.x, one.fitted.curve),
            "background": plain.with_values(plain.x, one.background),
            curve.RESIDUALS: told.curves["residuals"],
        }
        curves |= {f"{name}{curve.WITHIN}{what}" if i else what: shown for what, shown in own.items()}
        regions[name] = {
            "status": one.fitted.status, "misfit": one.fitted.misfit, "lines": len(one.lines)
        }  # fmt: skip
    return curves, {"regions": regions}
