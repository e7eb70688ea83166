"""The papers' numbers from an absorption spectrum."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.uvvis.exciton import (
    Exciton,
    first_exciton,
    jump_beside,
    may_hold,
    no_absorption,
    red_half,
    through_slit,
)
from epidot.instruments.uvvis.foot import SUBTRACTED, Under, foot, free_values, instead, subtracted
from epidot.instruments.uvvis.stray import Stray, end_of_scale, stray
from epidot.instruments.uvvis.wider import by_what_is_seen, by_what_was_taken_off
from epidot.quantities import Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.correlation import Noise, noise_of
from epidot.signal.unusable import MASKED, Aside, set_aside, too_few
from epidot.signal.windows import inside, off, ranges

Array = NDArray[np.float64]


def measured(signal: Signal, chosen: Settings) -> Quantities:
    """See :func:`epidot.instruments.uvvis.measure`; ``chosen`` are the settled options."""
    material = known_material(chosen["material"])
    warnings = list(signal.warnings)  # what the reader had to say goes with the numbers
    warnings += off(signal.x, chosen["mask"], "mask")
    whole = signal
    signal, asides = usable(signal, chosen)
    warnings += [f"{aside} and were left out" for aside in asides if aside.why == MASKED]
    if not any("saturated" in w for w in warnings):
        warnings += [f"{aside}: dilute the sample" for aside in asides if aside.why != MASKED]
    if (why := too_few(asides, len(signal))) is not None:
        nothing = Exciton.none(why)
        empty = {**_place(nothing), "valley_depth": _valley(nothing)}
        empty |= {"hwhm_eV": Quantity(None, None, "eV", "none", why)}
        empty |= {"diameter_nm": _diameter(nothing, material, signal.source)}
        return Quantities("uvvis", empty, signal.source, tuple(warnings))
    signal, under = prepared(signal, chosen, warnings)
    noise = noise_of(signal.x, signal.y, signal.known_sigma)
    if not noise.white:
        warnings.append(f"the noise looks smoothed by {noise.filter}; the errors allow for it")
    method, least = str(chosen["method"]), float(chosen["least_depth"])
    found = first_exciton(signal.x, signal.y, noise, least, method)
    while (jump := jump_beside(signal.x, signal.y, found)) is not None:
        warnings.append(
            f"the curve jumps at {jump:.0f} nm (change of detector or lamp?), which looks like a feature: "
            "the first exciton was looked for on the blue side of it"
        )
        signal = signal.kept(signal.x < jump)
        noise = noise.kept(slice(0, len(signal)))
        if len(signal) < 8:
            found = Exciton.none("nothing is left beside jumps of the curve")
            break
        found = first_exciton(signal.x, signal.y, noise, least, method)
    found = _not_beside(found, asides, signal)
    taken_off = "" if under is None else under.law
    if len(signal) >= 8 and (why := no_absorption(signal.x, signal.y, found, taken_off)) is not None:
        found = Exciton.none(why)
        warnings.append(why)
    quantities = _read(signal, noise, found, material, chosen, under, warnings)
    said = chosen["bandwidth"] if chosen["bandwidth"] is not None else signal.meta.get("bandwidth_nm")
    for name, moved in through_slit(signal.x, signal.y, float(said or 0.0), found).items():
        by_slit = f"a bandwidth of {float(said or 0):g} nm moves it by {moved:.2g}"
        quantities[name] = quantities[name].widened(moved, by_slit)
    if (light := stray(signal, found, end_of_scale(whole, asides))) is not None:
        warnings += _with_stray_light(quantities, light)
    rule = "none" if found.kind == "none" else "second derivative" if found.by_bend else "maximum"
    curves = _marks(signal, found)
    return Quantities(
        "uvvis", quantities, signal.source, tuple(warnings), extra={"rule": rule}, curves=curves
    )


def _read(
    signal: Signal,
    noise: Noise,
    found: Exciton,
    material: str | None,
    chosen: Settings,
    under: Under | None,
    warnings: list[str],
) -> dict[str, Quantity]:
    """Every quantity, with what the baseline may move in its error; ``under`` was taken off already."""
    width, valley = _half_width(signal, noise, found), _valley(found)
    moved = None
    if found.top is not None and found.valley is not None:
        if under is None:
            own = {**_place(found), "valley_depth": valley, "hwhm_eV": width}
            moved = by_what_is_seen(signal, found, foot(signal.x, signal.y, noise, found.top.x), own)
        else:
            others = instead(signal.x, signal.y, noise, found.top.x, under)
            moved = by_what_was_taken_off(signal, found, others)
        warnings += [moved.said] if moved.told else []
    placed = found if moved is None else moved.place(found)
    height = 0.0 if moved is None else moved.height
    out = {
        **_place(placed),
        "valley_depth": valley,
        "hwhm_eV": width,
        "diameter_nm": _diameter(placed, material, signal.source),
        "concentration_M": _concentration(found, material, float(chosen["path_cm"]), height, width.value),
    }
    if moved is None:
        return out
    if moved.by is None and not found.by_bend:
        return {name: moved.wider(name, q) for name, q in out.items()}
    return out | {name: moved.wider(name, out[name]) for name in ("valley_depth", "hwhm_eV")}


_FELT = 0.5  # own errors: stray light that may move a quantity by less is not told


def _with_stray_light(quantities: dict[str, Quantity], light: Stray) -> list[str]:
    """Put what stray ``light`` may move into ``quantities``; what is to be said of it."""
    if light.by is None:
        for name in ("valley_depth", "hwhm_eV", "concentration_M", "diameter_nm"):
            q = quantities[name]
            if q.value is not None:
                quantities[name] = Quantity(None, None, q.unit, "none", light.said)
        return [f"{light.said}: dilute the sample"]
    height = quantities["concentration_M"].value or 0.0
    felt = False
    for name, by in {**light.by, "concentration_M": height * (light.true / light.read - 1)}.items():
        q = quantities[name]
        if by > _FELT * (q.sigma or math.inf):
            felt = True
            quantities[name] = q.widened(by, f"stray light may move it by {by:.2g}")
    return [f"{light.said}: what that moves is in the errors (dilute the sample)"] if felt else []


_BESIDE_NM = 5.0  # a feature so near to readings that cannot be used is their edge


def usable(signal: Signal, chosen: Settings) -> tuple[Signal, tuple[Aside, ...]]:
    """The readings that say something, and those set aside."""
    return set_aside(signal, saturation=float(chosen["saturation"]), mask=chosen["mask"])


def _not_beside(found: Exciton, asides: tuple[Aside, ...], signal: Signal) -> Exciton:
    """Nothing where the feature is the edge of readings set aside, or a redder one may lie there."""
    if found.kind == "none":
        return found
    gaps = [a for a in asides if a.gap]
    advice = "narrow the mask, or look on one side of it (option window)"
    for gap in gaps:
        if gap.holds(found.place, _BESIDE_NM):
            note = f"the first feature lies where {gap}"
            return Exciton.none(f"{note}: {advice}" if gap.why == MASKED else note)
    for gap in gaps:
        if gap.low > found.place and may_hold(signal.x, signal.y, gap.low, gap.high):
            note = f"the first exciton may lie where {gap}: {advice}"
            return Exciton.none(note)
    return found


def known_material(name: str | None) -> str | None:
    """The material's name, checked.

    Raises
    ------
    InputError
        If no sizing curve of that material is known.
    """
    if name is None:
        return None
    from epidot.matter import sizing

    sizing.curves(name)
    return name


def prepared(signal: Signal, chosen: Settings, warnings: list[str]) -> tuple[Signal, Under | None]:
    """The spectrum without its baseline and inside its window, and the baseline that was taken off.

    Raises
    ------
    InputError
        If too few points are left, or a range cannot be read or holds too few points.
    """
    under = None
    if chosen["baseline"] != "none":
        signal, under = _without_baseline(signal, chosen, warnings)
    elif chosen["baseline_nm"] is not None:
        raise InputError("baseline_nm needs a baseline", seen="baseline=none", nearest=("offset", "scatter"))
    if chosen["window"] is not None:
        signal = signal.kept(inside(signal.x, ranges(chosen["window"], "window")))
    if len(signal) < 8:
        raise InputError(
            "too few points for an absorption spectrum",
            signal.source or None,
            seen=str(len(signal)),
            remedy="at least 8 are needed",
        )
    return signal, under


def _without_baseline(signal: Signal, chosen: Settings, warnings: list[str]) -> tuple[Signal, Under]:
    x, y = signal.x, signal.y
    if chosen["baseline_nm"] is None:
        low = x[-1] - 0.08 * (x[-1] - x[0])
        part = x >= low
        warnings.append(f"the baseline was taken from {low:.0f} to {x[-1]:.0f} nm")
    else:
        part = inside(x, ranges(chosen["baseline_nm"], "baseline_nm"))
    law = SUBTRACTED[chosen["baseline"]]
    if np.sum(part) < free_values(law) + 3:
        raise InputError(
            "too few points in baseline_nm",
            signal.source or None,
            seen=str(int(np.sum(part))),
            remedy=f"the spectrum runs from {x[0]:g} to {x[-1]:g} nm",
        )
    under = subtracted(x, y, noise_of(x, y, signal.known_sigma), part, law)
    return replace(signal, y=y - under.over(x)), under


def _place(found: Exciton) -> dict[str, Quantity]:
    if found.kind == "none":
        return {
            "first_exciton_nm": Quantity(None, None, "nm", "none", found.note),
            "first_exciton_eV": Quantity(None, None, "eV", "none", found.note),
        }
    if found.top is not None and not found.by_bend:
        how = f"maximum of a local polynomial of degree {found.top.degree} through {found.top.points} points"
    else:
        how = "minimum of the second derivative (mean of d²A/dλ² and d²A/dE², three widths of smoothing)"
    x = found.place
    return {
        "first_exciton_nm": Quantity(x, found.sigma, "nm", how, found.note),
        "first_exciton_eV": Quantity(HC / x, HC / x**2 * found.sigma, "eV", how, found.note),
    }


def _valley(found: Exciton) -> Quantity:
    if found.top is None or found.valley is None:
        note = "shoulder, no valley" if found.kind == "shoulder" else "no valley: " + found.note
        return Quantity(None, None, "", "none", note)
    high, low = found.top, found.valley
    depth = 1 - low.y / high.y
    slope_high, slope_low = low.y / high.y**2, -1 / high.y
    variance = (slope_high * high.sigma_y) ** 2 + (slope_low * low.sigma_y) ** 2
    how = f"1 - A_min/A_max, valley at {low.x:.1f} nm"
    return Quantity(depth, math.sqrt(variance), "", how)


def _half_width(signal: Signal, noise: Noise, found: Exciton) -> Quantity:
    if found.top is None:
        note = "shoulder, no maximum" if found.kind == "shoulder" else found.note
        return Quantity(None, None, "eV", "none", note)
    half = red_half(signal.x, signal.y, noise, found.top)
    if half is None:
        why = "half of the maximum is not reached on the red side"
        return Quantity(None, None, "eV", "none", why)
    at, error = half
    value = HC / found.top.x - HC / at
    spread = math.hypot(HC / at**2 * error, HC / found.top.x**2 * found.top.sigma_x)
    return Quantity(value, spread, "eV", "from the maximum to half its absorbance on the red side")


def _diameter(found: Exciton, material: str | None, source: str) -> Quantity:
    if material is None:
        return Quantity(None, None, "nm", "none", "give the option material (InP, CdSe ...) for a size")
    if found.top is None:
        note = "shoulder, no valley: a sizing curve needs the first maximum"
        return Quantity(None, None, "nm", "none", note if found.kind == "shoulder" else found.note)
    from epidot.matter import sizing

    try:
        middle = sizing.diameter(material, found.top.x)
    except InputError as error:
        remedy = "is the material right?"
        raise InputError(
            [replace(f, where=source or None, remedy=f.remedy or remedy) for f in error.faults]
        ) from None
    if middle.value is None:
        return middle
    step = 0.5
    slope = 0.0
    try:
        up, down = (
            sizing.diameter(material, found.top.x + step),
            sizing.diameter(material, found.top.x - step),
        )
        slope = ((up.value or middle.value) - (down.value or middle.value)) / (2 * step)
    except InputError:  # at the end of a curve's range: the error of the wavelength is not carried over
        pass
    return replace(middle, sigma=math.hypot(middle.sigma or 0.0, slope * found.top.sigma_x))


def _concentration(
    found: Exciton, material: str | None, path_cm: float, under: float, hwhm_eV: float | None
) -> Quantity:
    unit = "mol/L"
    if material is None:
        return Quantity(
            None, None, unit, "none", "give the option material (InP, CdSe ...) for a concentration"
        )
    if found.top is None:
        return Quantity(None, None, unit, "none", found.note or "no first maximum")
    from epidot.matter import sizing

    try:
        extinction = sizing.extinction(material, found.top.x, hwhm_eV)
    except InputError as error:
        return Quantity(None, None, unit, "none", "; ".join(str(f) for f in error.faults))
    if extinction.value is None:
        return Quantity(None, None, unit, "none", extinction.note)
    value = found.top.y / (extinction.value * path_cm)
    parts = [math.hypot(found.top.sigma_y, under) / found.top.y]
    parts.append((extinction.sigma or 0.0) / extinction.value)
    how = f"A/(ε l), ε = {extinction.value:.3g} L/(mol cm) ({extinction.method}), l = {path_cm:g} cm"
    return Quantity(value, value * math.hypot(*parts), unit, how, extinction.note)


def _marks(signal: Signal, found: Exciton) -> dict[str, Signal]:
    if found.top is None or found.valley is None:
        return {}
    x = np.array([found.valley.x, found.top.x])
    y = np.array([found.valley.y, found.top.y])
    return {"valley and first maximum": signal.with_values(x, y)}
