"""Lines, their candidates and amounts: what ``measure nmr`` tells of one spectrum."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments import curve
from epidot.instruments.nmr.assigned import UNREFERENCED, Line, assign, mark_lacking, satellites
from epidot.instruments.nmr.beneath import said as said_of_broader
from epidot.instruments.nmr.beneath import with_broader
from epidot.instruments.nmr.detected import CLEAR, Seen, Spectrum, level, lines, spectrum
from epidot.instruments.nmr.group import Lines, fit_group, part, settled, windows
from epidot.instruments.nmr.quantified import amounts, amounts_named, per_area
from epidot.instruments.nmr.sound import absolute, apart, below, bent, opposite
from epidot.instruments.nmr.species import resonance
from epidot.instruments.options import Settings
from epidot.quantities import Quantities, Quantity, Series
from epidot.signal import Signal
from epidot.signal.spikes import spikes
from epidot.signal.windows import inside, ranges

Array = NDArray[np.float64]

_FAR = {"1H": 0.5, "13C": 5.0, "31P": 5.0, "77Se": 50.0}  # ppm in which a reference line is looked for
LEAST = 32  # points
MOST = 30  # lines
_ROUNDS = 12
_SHARPEST = 8.0  # times as high as its neighbour: a line 0.8 points wide
_TAIL = 0.3  # of the noise: what lines fitted later reach up to under others
_NEAR, _FAULT = 12.0, 0.05  # half widths, share of the height: shim and window leave so much beside a line


def measured(signal: Signal, chosen: Settings) -> Quantities:
    """See :func:`epidot.instruments.nmr.measure`; ``chosen`` are the settled options."""
    signal, alone = _without_spikes(cut(signal, chosen["window"]))
    seen, found = fitted_lines(signal, chosen["shape"])
    nucleus = str(signal.meta.get("nucleus") or "")
    MHz = signal.meta.get("MHz")
    warnings = [*signal.warnings, *alone]
    if not nucleus:
        warnings.append("nobody said which nucleus: no candidates are given; say nucleus 31P, 1H ...")
    every, humps = apart(_every(found), float(np.ptp(signal.x)), MHz)
    warnings += [
        f"a hump of {one.width_ppm:.3g} ppm at {one.ppm:.2f} ppm is taken for baseline, not for a line"
        for one in humps
    ]
    extra: dict[str, Any] = {}
    how = "lines at several scales of smoothing, seven standard deviations of the noise or more"
    quantities: dict[str, Quantity] = {"lines": Quantity(float(len(every)), None, "1", how)}
    axis = UNREFERENCED.get(nucleus, 0.0)
    if chosen["reference"]:
        off, axis = _reference(every, str(chosen["reference"]), nucleus, signal)
        for one in every:
            one.ppm -= off
        how = "place of the reference line less what it is defined to be"
        quantities["reference_off_ppm"] = Quantity(off, axis or None, "ppm", how)
    warnings += [words] if (words := bent(seen)) is not None else []
    # A distance in Hz is none where the frequency was taken from elsewhere.
    known_MHz = None if signal.meta.get("MHz_assumed") else MHz
    coupled = satellites(every, known_MHz, nucleus)
    if nucleus and (signal.meta.get("referenced", True) or chosen["reference"]):
        span = float(seen.x[0]), float(seen.x[-1])
        warnings += mark_lacking(every, coupled, known_MHz, nucleus, span)
        assign(every, nucleus, axis)
    warnings += _overlaps(every)
    for row in coupled:
        high, low = row["satellites_ppm"]
        warnings.append(
            f"lines at {high:.2f} and {low:.2f} ppm are the {row['partner']} satellites of the line at "
            f"{row['line_ppm']:.2f} ppm ({row['J_Hz']:.0f} Hz), no species of their own"
        )
        if "flag" in row:
            warnings.append(f"line at {row['line_ppm']:.2f} ppm: {row['flag']}")
    if coupled:
        main = max(coupled, key=lambda row: row["share"])
        how = (
            f"distance of satellites ({main['share']:.1%} together) of the line at {main['line_ppm']:.2f} ppm"
        )
        name = "J_P_Se_Hz" if main["partner"] == "77Se" else "J_C_H_Hz"
        quantities[name] = Quantity(main["J_Hz"], main["sigma_Hz"], "Hz", how)
    told, said = amounts(every, found, nucleus, chosen, signal.source)
    quantities |= told
    warnings += said
    shares = _shares(every, found)
    if (why := opposite(every) or below(seen) or absolute(seen) or _crowded(seen, found)) is not None:
        warnings.append(why)
        shares = [replace(one, value=None, sigma=None, note=f"withheld: {why}") for one in shares]
    for line, share in zip(every, shares, strict=True):
        if line.name:
            quantities |= _named(line, share, MHz)
    bad = [one.fit.message for one in found if one.fit.status != "converged"]
    if bad:
        warnings.append("; ".join(dict.fromkeys(bad)))
    extra |= {"lines": [_row(one, MHz) for one in every], "couplings": coupled, "noise": seen.sigma}
    extra["rule"] = "complex lines" if seen.complex else "real lines"
    per_nmol = per_area(every, chosen, nucleus)
    warnings += said_of_broader(found, every, MHz, per_nmol)
    if per_nmol is not None:
        quantities |= amounts_named(every, nucleus, per_nmol)
    return Quantities(
        "nmr", quantities, signal.source, tuple(dict.fromkeys(warnings)), extra, _curves(signal, seen, found),
        _series(every, shares, MHz, per_nmol),
    )  # fmt: skip


def _without_spikes(signal: Signal) -> tuple[Signal, list[str]]:
    """The spectrum without readings that stand alone, and what to say of them: no line of a decay, whose
    neighbours show it, is one point wide."""
    alone = (
        spikes(signal.y, _SHARPEST)
        if "imaginary" not in signal.companions
        else np.zeros(len(signal), dtype=np.bool_)
    )
    if not np.any(alone):
        return signal, []
    shown = ", ".join(f"{x:.3f}" for x in signal.x[alone][:4])
    said = (
        f"single readings far above their neighbours (at {shown} ppm) are no lines and were left out: "
        "spikes, or lines narrower than the points"
    )
    y = signal.y.copy()
    y[alone] = np.interp(signal.x[alone], signal.x[~alone], signal.y[~alone])
    return replace(signal, y=y), [said]


def _crowded(seen: Spectrum, found: list[Lines]) -> str | None:
    """Why shares are none of all lines, or ``None``: more stand clear of the noise than are fitted."""
    known = [again for one in found for again in one.seen(seen.x)]
    if len(known) < MOST:
        return None
    more = len(_new(seen, _rest(seen, found), known, seen.x.size, MOST))
    if not more:
        return None
    count = f"at least {more} others" if more >= MOST else f"{more} others"
    return (
        f"{len(known)} lines were fitted, the highest, and {count} stand clear of the noise: "
        "shares of all are not known; look at a part with --window"
    )


def cut(signal: Signal, window: str | None) -> Signal:
    """The readings in ``window``, the imaginary ones too.

    Raises
    ------
    InputError
        If the window cannot be read, or too few readings are left.
    """
    if window:
        keep = inside(signal.x, ranges(window, "window", signal.x_unit))
        beside = {name: one.kept(keep) for name, one in signal.companions.items() if len(one) == len(signal)}
        signal = replace(signal.kept(keep), companions=beside)
    if len(signal) < LEAST:
        what = f"a spectrum needs at least {LEAST} points"
        raise InputError(what, signal.source or None, seen=str(len(signal)), remedy="widen the window")
    if not np.ptp(signal.y) > 0:
        raise InputError("the spectrum is flat", signal.source or None, seen=f"{signal.y[0]:g} everywhere")
    return signal


def fitted_lines(signal: Signal, shape: str) -> tuple[Spectrum, list[Lines]]:
    """Every line of the spectrum, fitted window by window.

    Raises
    ------
    InputError
        If no line stands clear of the noise.
    """
    seen = spectrum(signal)
    step = float(np.median(np.diff(signal.x)))
    known: list[Seen] = []
    found: list[tuple[tuple[int, int], Lines]] = []
    for _ in range(_ROUNDS):
        more = _new(seen, _rest(seen, [one for _, one in found]), known, len(signal))
        if not more:
            break
        known += more
        before = dict(found)
        found = []
        spans = sorted(windows(seen, known), key=lambda one: -max(each.height for each in one[2]))
        kept = {
            (a, b): before[a, b]
            for a, b, own in spans
            if (a, b) in before and before[a, b].group.n >= len(own)
        }
        for a, b, own in spans:  # the highest first: what reaches from it under the others is taken off
            others = [one for _, one in found] + [one for span, one in kept.items() if span != (a, b)]
            one = kept.pop((a, b), None) or fit_group(
                signal, part(_without(seen, others), a, b, min(each.half for each in own)), own, step, shape
            )
            found.append(((a, b), one))
        known = [again for _, one in found for again in one.seen(seen.x)]
        if len(known) >= MOST:
            break
    if not found:
        what = "no line stands clear of the noise"
        down = float(np.median(seen.real) - np.min(seen.real)) > CLEAR * seen.sigma
        raise InputError(
            what,
            signal.source or None,
            seen=f"noise {seen.sigma:.3g}, highest {np.max(seen.real):.3g}, lowest {np.min(seen.real):.3g}",
            remedy="the lines point down: turn the phase by 180 degrees" if down else None,
        )
    out: list[Lines] = [one for _, one in found]
    for i, (span, one) in enumerate(found):
        later, x = out[i + 1 :], one.group.spectrum.x
        tail = sum((other.shown(x) for other in later), np.zeros(x.size, dtype=np.complex128))
        if max(np.ptp(tail.real), np.ptp(tail.imag)) < _TAIL * seen.sigma:
            continue
        own = one.seen(seen.x)
        narrowest = min(each.half for each in own)
        rest = _without(seen, [*out[:i], *later])
        out[i] = fit_group(signal, part(rest, *span, narrowest), own, step, shape)
    out = [settled(signal, one) for one in out]
    taken = [span for span, _ in found]
    last: list[Lines] = []
    for i, (one, (a, b)) in enumerate(zip(out, taken, strict=True)):
        free = (
            max((end for _, end in taken if end <= a), default=0),
            min((begin for begin, _ in taken if begin >= b), default=seen.x.size - 1),
        )
        rest = _without(seen, [*out[:i], *out[i + 1 :]])
        last.append(with_broader(signal, rest, one, free, shape))
    return seen, last


def _new(seen: Spectrum, left: Spectrum, known: list[Seen], n: int, most: int | None = None) -> list[Seen]:
    """Lines in what the fits leave; what is small beside a near line is a fault of its shape."""
    return [
        one
        for one in lines(left, most=MOST - len(known) if most is None else most)
        if not any(
            abs(one.at - k.at) < _NEAR * max(k.half, 1.5) and one.height < _FAULT * abs(k.height)
            for k in known
        )
        and 2 < one.at < n - 3
    ]


def _without(seen: Spectrum, others: list[Lines]) -> Spectrum:
    if not others:
        return seen
    return replace(seen, values=seen.values - sum(one.shown(seen.x) for one in others))


def _rest(seen: Spectrum, found: list[Lines]) -> Spectrum:
    """What the fits leave, without the baseline where that is steep."""
    left = _without(seen, found)
    # Judged by the whole spectrum: without the high lines a low broad one would pass for a bent baseline.
    if not np.ptp(level(seen.real)) > 0:
        return left
    return replace(left, values=left.values - level(left.real))


def _every(found: list[Lines]) -> list[Line]:
    out = []
    for g, one in enumerate(found):
        for k in range(one.group.n):
            names = [f"{what}{k + 1}" for what in ("ppm", "full", "area")]
            values, covariance = one.told(names)
            at, width, area = values.tolist()
            spread = [float(np.sqrt(v)) if np.isfinite(v) and v > 0 else None for v in np.diag(covariance)]
            out.append(Line(at, spread[0], width, spread[1], area, spread[2], g, k))
    return sorted(out, key=lambda line: -line.ppm)


def _shares(every: list[Line], found: list[Lines]) -> list[Quantity]:
    """Area of each line over that of all, with the error that all of them leave."""
    how = "area of the line over that of all"
    areas = np.array([line.area for line in every])
    signs = np.sign(areas)
    total = float(signs @ areas) or 1.0
    covariance = np.zeros((areas.size, areas.size))
    for g, one in enumerate(found):
        rows = [i for i, line in enumerate(every) if line.group == g]
        own = one.told([f"area{every[i].index + 1}" for i in rows])[1]
        covariance[np.ix_(rows, rows)] = own
    if not np.all(np.isfinite(covariance)):
        return [Quantity(a / total, None, "1", how) for a in areas.tolist()]
    by = (np.eye(areas.size) - np.outer(areas / total, signs)) / total
    variance = np.diag(by @ covariance @ by.T)
    alone = areas.size == 1
    return [
        Quantity(a / total, None if alone else float(np.sqrt(max(v, 0.0))) or None, "1", how)
        for a, v in zip(areas.tolist(), variance.tolist(), strict=True)
    ]


def _reference(every: list[Line], text: str, nucleus: str, signal: Signal) -> tuple[float, float]:
    """By how much the axis is off, and the error of that."""
    name, _, stated = (t.strip() for t in text.partition("="))
    where = signal.source or None
    try:
        at = _number(name, nucleus)
        to = float(stated) if stated else at
    except ValueError:
        what = "cannot read the reference"
        raise InputError(what, where, seen=text, remedy="write a species, or 0.44=0.50 (seen=true)") from None
    near = [one for one in every if abs(one.ppm - at) <= _FAR.get(nucleus, 1.0) * (0.2 if stated else 1.0)]
    if not near:
        shown = tuple(f"{one.ppm:.2f}" for one in every[:6])
        raise InputError("there is no line that could be the reference", where, seen=text, nearest=shown)
    line = max(near, key=lambda one: one.area / max(1.0, abs(one.ppm - at) / _FAR.get(nucleus, 1.0)))
    return line.ppm - to, line.sigma_ppm or 0.0


def _number(text: str, nucleus: str) -> float:
    if re.match(r"[A-Za-z]", text):
        return resonance(text, nucleus).shift.value
    return float(text)


def _overlaps(every: list[Line]) -> list[str]:
    out = []
    for line in every:
        known = [c["species"] for c in line.candidates if c["species"] != "something else"]
        if len(known) > 1:
            listed = ", ".join(
                f"{c['species']} {c['odds']:.0%}" for c in line.candidates if c["odds"] >= 0.01
            )
            out.append(f"line at {line.ppm:.2f} ppm: the shift alone does not tell which it is ({listed})")
    return out


def _named(line: Line, share: Quantity, MHz: float | None) -> dict[str, Quantity]:
    how = f"line fitted at {line.ppm:.3f} ppm, called by the only species of the table that lies near"
    out = {f"{line.name}_ppm": Quantity(line.ppm, line.sigma_ppm, "ppm", how)}
    out[f"{line.name}_integral"] = replace(share, method=how)
    if MHz:
        wide = None if line.sigma_width is None else line.sigma_width * MHz
        out[f"{line.name}_width_Hz"] = Quantity(line.width_ppm * MHz, wide, "Hz", how)
    return out


def _series(
    every: list[Line], shares: list[Quantity], MHz: float | None, per_nmol: tuple[float, float | None] | None
) -> dict[str, Series]:
    how = "complex or real lines with phase and baseline, least squares"

    def series(values: list[float], sigmas: list[float | None], unit: str, by: float = 1.0) -> Series:
        known = tuple(None if s is None else s * by for s in sigmas)
        return Series(tuple(v * by for v in values), known, unit, how)

    areas, errors = [one.area for one in every], [one.sigma_area for one in every]
    out = {
        "line_ppm": series([one.ppm for one in every], [one.sigma_ppm for one in every], "ppm"),
    }
    if all(one.value is not None for one in shares):
        out["line_integral"] = series(
            [one.value or 0.0 for one in shares], [one.sigma for one in shares], "1"
        )
    if MHz:
        out["line_width_Hz"] = series(
            [one.width_ppm for one in every], [one.sigma_width for one in every], "Hz", MHz
        )
    if per_nmol is not None:
        each, off = per_nmol
        wide = [
            None if s is None or off is None else math.hypot(s, off * a)
            for a, s in zip(areas, errors, strict=True)
        ]
        out["line_nuclei_nmol"] = series(areas, wide, "nmol", each)
    return out


def _row(line: Line, MHz: float | None) -> dict[str, Any]:
    out: dict[str, Any] = {
        "ppm": line.ppm, "sigma_ppm": line.sigma_ppm, "width_Hz": line.width_ppm * MHz if MHz else None,
        "area": line.area, "sigma_area": line.sigma_area, "candidates": line.candidates,
    }  # fmt: skip
    if line.satellite_of is not None:
        out["satellite_of_ppm"] = line.satellite_of
    return out


def _curves(signal: Signal, seen: Spectrum, found: list[Lines]) -> dict[str, Signal]:
    """Data in phase, and the model where there is one."""
    plain = replace(signal, companions={}, sigma=None, warnings=(), meta={})
    drawn = replace(plain, y=seen.real)
    xs, ys, left = [], [], []
    for one in found:
        s = one.group.spectrum
        n = s.x.size
        model = one.fit.curve[:n]
        xs.append(s.x)
        ys.append(model)
        left.append((s.real - model) / s.sigma)
    x = np.concatenate(xs)
    first = np.unique(x, return_index=True)[1]
    drawn_model = plain.with_values(x[first], np.concatenate(ys)[first])
    residuals = plain.with_values(x[first], np.concatenate(left)[first])
    residuals = replace(residuals, y_name="residual", y_unit="standard errors")
    return {curve.DATA: drawn, curve.MODEL: drawn_model, curve.RESIDUALS: residuals}
