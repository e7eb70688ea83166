"""Peak and width of an emission band in a measured or simulated spectrum."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.pl.band import Band, Value, find_band, through_slit
from epidot.instruments.pl.bands import MOST, fit_bands
from epidot.instruments.pl.candidates import on_a_slope
from epidot.instruments.pl.lines import lines_of
from epidot.instruments.pl.pedestal import beyond, stands, without
from epidot.instruments.pl.second import Second, second
from epidot.instruments.pl.tops import BUMP, others, strongest
from epidot.quantities import Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.correlation import Noise, noise_of
from epidot.signal.degrees import rival
from epidot.signal.plateau import if_cut
from epidot.signal.unusable import MASKED, Aside, set_aside, too_few
from epidot.signal.variance import standard_errors
from epidot.signal.windows import inside, off, ranges

Array = NDArray[np.float64]

_QUANTITIES = ("peak_nm", "peak_eV", "fwhm_nm", "fwhm_eV")
_EDGE_NM = 4.0  # half of the smoothing by which further maxima are found
_TELLING = 30  # points from which on a background is looked for


def measured(signal: Signal, chosen: Settings) -> Quantities:
    """See :func:`epidot.instruments.pl.measure`; ``chosen`` are the settled options."""
    signal, warnings, asides = prepared(signal, chosen)
    if (why := too_few(asides, len(signal))) is not None:
        return _nothing(signal, why, warnings)
    noise = noise_in(signal)
    if not noise.white:
        warnings.append(f"the noise looks smoothed by {noise.filter}; the errors allow for it")
    bandwidth = _setting(signal, chosen, "bandwidth") or 0.0
    excitation = _setting(signal, chosen, "excitation")
    if excitation is not None:
        signal = _without_lines(signal, noise, excitation, bandwidth, warnings)
    narrowest = float(chosen["narrowest_nm"])
    found = strongest(signal, noise, narrowest, warnings)
    if isinstance(found, str):
        return _nothing(signal, found, warnings)
    signal, shape, top, level = found
    beside = _unmasked(others(signal, shape, top, noise, narrowest), asides)
    density = str(chosen["density"])
    known = noise
    if (errors := standard_errors(signal, shape)) is not None:
        known = replace(noise, sigma=errors)
    elif not noise.white and noise.sigma is None:
        # A curve as free as a band's leaves too few independent readings to tell the size of such noise.
        known = replace(noise, sigma=np.full(len(signal), noise.level(signal.y)))
    doubted = None
    if not beside and not chosen["bands"] and len(signal) >= _TELLING:
        bumps = _unmasked(others(signal, shape, top, noise, narrowest, BUMP), asides)
        doubted = second(signal, known, shape, top, bumps, density)
        if doubted is not None and doubted.weight > 0.5:
            beside, doubted = [(doubted.place, doubted.share)], None
    warnings += [
        f"also a maximum at {x:.1f} nm, {share:.0%} as high: this spectrum has several bands, each is named "
        "(option window for one)"
        for x, share in beside
    ]
    band = find_band(signal.x, signal.y, known, shape, top, density)
    clipped = [] if band is None else [a for a in asides if a.why != MASKED and _in_band(a, band)]
    if clipped:
        why = f"the band is cut off: {clipped[0]}; shorten the exposure or close the slits"
        return _nothing(signal, why, warnings)
    number = chosen["bands"] or min(1 + len(beside), MOST)
    rule = str(chosen["method"])
    several = None
    under, unread, sloping = "", "", False
    looked = rule != "bands" and number == 1 and chosen["baseline"] == "none" and len(signal) >= _TELLING
    if looked and band is not None and stands(shape, top, level, band, known):
        bare = without(signal, known, shape, top, level, band, density)
        if isinstance(bare, str):
            unread, sloping = bare, on_a_slope(signal, [float(signal.x[top])])
        elif bare is not None:
            band = bare.band
            warnings += [bare.said] if bare.said else []
            under = ", the background under it taken off" if bare.taken_off else ""
    if told := beyond(signal, shape, top, noise, stood=bool(under)):
        warnings.append(told)
    if (rule == "bands" or number > 1) and len(signal) <= 4 * int(number) + 1:
        warnings.append(f"{len(signal)} points are too few to fit {number} bands")
    elif rule == "bands" or number > 1:
        places = [float(signal.x[top]), *(x for x, _ in beside)]
        several = fit_bands(signal, known, places, int(number), density)
        warnings += several.warnings
    if rule == "auto":
        rule = "bands" if several is not None and several.described else "local"
    quantities: dict[str, Quantity] = {}
    curves = {}
    if rule == "bands" and several is not None:
        quantities = {n: q for n, q in several.each[several.highest].items() if n in _QUANTITIES}
    elif band is None:
        return _nothing(signal, "no maximum can be read from the strongest band", warnings)
    else:
        quantities = _if_cut(signal, _local(band, density, bandwidth, under))
        if not _stands_alone(shape, top, signal.x, [x for x, _ in beside]):
            unread = "another band lies above half of the maximum beside it"
        if unread:
            names = _QUANTITIES if sloping else ("fwhm_nm", "fwhm_eV")
            quantities |= {n: Quantity(None, None, n[-2:], "none", unread) for n in names}
        curves["top of the band" + (", net" if under else "")] = _curve(signal, band.x, band.y)
    if several is not None:
        for k, one in enumerate(several.each, start=1):
            quantities |= {f"band{k}_{name}": q for name, q in one.items()}
        curves["sum of the bands"] = _curve(signal, signal.x, several.curve)
    if doubted is not None and rule == "local":
        quantities = _if_two(quantities, doubted)
        warnings.append(
            f"a second band at {doubted.place:.0f} nm, {doubted.share:.0%} as high, is as likely as noise "
            f"({doubted.weight:.0%}): what it would move is in the errors (more counts would tell)"
        )
    extra: dict[str, Any] = {"rule": rule}
    if several is not None:
        extra["trials"] = list(several.trials)
    return Quantities("pl", quantities, signal.source, tuple(warnings), extra=extra, curves=curves)


def _curve(signal: Signal, x: Array, y: Array) -> Signal:
    return replace(signal, kind="analog", live_time=None).with_values(x, y)  # an offset may be negative


def _setting(signal: Signal, chosen: Settings, name: str) -> float | None:
    """What the user says of the instrument, else what the file's head said; ``None`` if neither does."""
    said = chosen[name] if chosen[name] is not None else signal.meta.get(f"{name}_nm")
    return None if said is None else float(said)


def _without_lines(
    signal: Signal, noise: Noise, excitation: float, bandwidth: float, warnings: list[str]
) -> Signal:
    """The signal without what the excitation left in it."""
    for line in lines_of(signal, noise, excitation, bandwidth):
        keep = (signal.x < line.low) | (signal.x > line.high)
        if np.sum(keep) < 8:
            continue
        warnings.append(f"{line} was recognised (excitation at {excitation:g} nm) and left out")
        signal = signal.kept(keep)
    return signal


def _stands_alone(shape: Array, top: int, x: Array, others: list[float]) -> bool:
    """Whether the curve falls below half of the maximum before it rises to any other band."""
    half = 0.5 * float(shape[top])
    for place in others:
        at = int(np.argmin(np.abs(x - place)))
        if float(np.min(shape[min(at, top) : max(at, top) + 1])) > half:
            return False
    return True


def _local(band: Band, density: str, bandwidth: float, under: str) -> dict[str, Quantity]:
    """Quantities read off the curve through the top of one band; ``under`` says what was taken off."""
    how = (
        f"y = exp(polynomial of degree {band.degree}) through the top two thirds of the band{under}, photons "
    )
    note = "" if density == "per eV" else "of the photons per nm; density='per eV' gives those per eV"
    jacobian = "per eV (Jacobian λ²/hc)" if density == "per eV" else "per nm"
    missing = " and ".join(s for s, there in (("blue", band.blue), ("red", band.red)) if not there)
    absent = f"the half maximum on the {missing} side lies outside the measured range"
    moved = through_slit(band, bandwidth)

    def quantity(name: str, value: Value | None, unit: str, method: str, note: str) -> Quantity:
        if value is None:
            return Quantity(None, None, unit, "none", absent)
        if moved.get(name, 0.0):
            said = f"a slit of {bandwidth:g} nm moves it by {moved[name]:.2g} {unit}, which is in the error"
            note = f"{note}; {said}" if note else said
        return Quantity(value.value, math.hypot(value.sigma, moved.get(name, 0.0)), unit, method, note)

    return {
        "peak_nm": quantity("peak_nm", band.peak_nm, "nm", how + "per nm", ""),
        "peak_eV": quantity("peak_eV", band.peak_eV, "eV", how + jacobian, note),
        "fwhm_nm": quantity("fwhm_nm", band.fwhm_nm, "nm", how + "per nm", ""),
        "fwhm_eV": quantity("fwhm_eV", band.fwhm_eV, "eV", how + jacobian, note),
    }


def _if_cut(signal: Signal, quantities: dict[str, Quantity]) -> dict[str, Quantity]:
    """With what the flanks alone would say in the errors, where readings leave open if the top is cut."""
    seen = if_cut(signal)
    if seen is None:
        return quantities
    peak, width, likely = seen
    there = {"peak_nm": peak, "peak_eV": HC / peak, "fwhm_nm": width, "fwhm_eV": width * HC / peak**2}
    out = dict(quantities)
    for name, other in there.items():
        q = quantities[name]
        if q.value is not None and q.sigma is not None:
            moved = abs(q.value - other)
            more = rival(moved, q.sigma**2, likely) if likely < 1 else moved**2
            if not more:
                continue
            times = "as likely" if likely == 1 else f"{likely:.0%} as likely"
            said = f"a top cut off flat (clipped?) is {times} and would move it by {moved:.2g} {q.unit}"
            out[name] = q.widened(math.sqrt(more), said)
    return out


def _unmasked(tops: list[tuple[float, float]], asides: tuple[Aside, ...]) -> list[tuple[float, float]]:
    """Maxima, place / nm first, that are no edge of readings which the user left out."""
    gaps = [a for a in asides if a.why == MASKED and a.gap]
    return [(x, share) for x, share in tops if not any(a.holds(x, _EDGE_NM) for a in gaps)]


def _if_two(quantities: dict[str, Quantity], other: Second) -> dict[str, Quantity]:
    """With what a second band would move in the errors, by its weight."""
    out = dict(quantities)
    for name, value in other.first.items():
        q = quantities[name]
        if q.value is not None and q.sigma is not None:
            out[name] = replace(q, sigma=math.hypot(q.sigma, math.sqrt(other.weight) * (q.value - value)))
    return out


def _nothing(signal: Signal, why: str, warnings: list[str]) -> Quantities:
    empty = {name: Quantity(None, None, name[-2:], "none", why) for name in _QUANTITIES}
    return Quantities("pl", empty, signal.source, tuple(warnings))


def _in_band(aside: Aside, band: Band) -> bool:
    """Whether readings set aside lie in the part of the band that peak and width are read from."""
    return aside.high >= float(band.x[0]) and aside.low <= float(band.x[-1])


def prepared(signal: Signal, chosen: Settings) -> tuple[Signal, list[str], tuple[Aside, ...]]:
    """The usable signal inside the window, its baseline subtracted; warnings; what was set aside.

    Raises
    ------
    InputError
        If fewer than 5 points are left or a range cannot be read.
    """
    warnings = list(signal.warnings)  # what the reader had to say goes with the numbers
    whole = f"{signal.x[0]:g} to {signal.x[-1]:g} nm" if len(signal) else "no points"
    for option in ("mask", "exclude"):
        warnings += off(signal.x, chosen[option], option)
    signal, asides = set_aside(signal, mask=chosen["mask"])
    warnings += [f"{aside} and were left out" for aside in asides]
    keep = np.ones(len(signal), dtype=np.bool_)
    if chosen["window"] is not None:
        keep &= inside(signal.x, ranges(chosen["window"], "window"))
    if chosen["exclude"] is not None:
        keep &= ~inside(signal.x, ranges(chosen["exclude"], "exclude"))
    if np.sum(keep) < 5:
        raise InputError(
            "fewer than 5 points are left by mask, window and exclude",
            signal.source or None,
            seen=f"{int(np.sum(keep))}",
            remedy=f"the spectrum runs over {whole}",
        )
    signal = signal.kept(keep)
    x, y, sigma, kind, live_time = signal.x, signal.y, signal.sigma, signal.kind, signal.live_time
    if chosen["baseline"] != "none":
        ends = max(3, x.size // 20)
        low, high = float(np.mean(y[:ends])), float(np.mean(y[-ends:]))
        if chosen["baseline"] == "offset":
            line = np.full(x.shape, min(low, high))
        else:
            left, right = float(np.mean(x[:ends])), float(np.mean(x[-ends:]))
            line = low + (high - low) * (x - left) / (right - left)
        if kind != "analog":  # counts less a background are no counts, but keep their errors
            sigma = standard_errors(signal, y)
            kind, live_time = "analog", None
        y = y - line
    return replace(signal, y=y, sigma=sigma, kind=kind, live_time=live_time), warnings, asides


def noise_in(signal: Signal) -> Noise:
    """How the noise of neighbouring points hangs together; that of counts does not."""
    return noise_of(signal.x, signal.y) if signal.kind == "analog" else Noise()
