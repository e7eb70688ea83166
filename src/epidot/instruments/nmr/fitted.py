"""``fit nmr``: lines of one or several spectra; two sites that exchange, at one temperature or many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.constants import R_GAS
from epidot.errors import InputError
from epidot.instruments import curve
from epidot.instruments.nmr import exchange
from epidot.instruments.nmr.detected import Spectrum, spectrum
from epidot.instruments.nmr.measured import cut, fitted_lines
from epidot.instruments.nmr.species import pattern
from epidot.instruments.options import Settings
from epidot.parameter import Parameter
from epidot.quantities import Fit, Quantities, Quantity
from epidot.recipe.planned_flask import ROOM_K
from epidot.signal import Signal
from epidot.signal.fitting import Curve, Fitted, Free, fit_curve, fit_curves
from epidot.signal.limits import Limits, asked

Array = NDArray[np.float64]

_SHARED = ("ppm1", "ppm2", "dH", "dG", "dH_act", "dG_act", "width2_Hz")
_KIND = "exchange of two sites (McConnell), with phase and baseline"
_LEAST_SHARE = 1e-9  # of a site: less of it shows nowhere
_BARRIER, _BARRIERS = 45.0, (52.0, 45.0, 60.0)  # kJ/mol: dH_act and dG_act where the search begins
_WIDTHS = "the second site is taken to have one natural width at all temperatures, the first one of each"
_LEFT = 1.2  # mean square of the residuals, in noise, from which two sites do not describe a spectrum
_NEAREST = 5.0  # K that temperatures of a series must differ by at least in all


def fitted(signals: Sequence[Signal], model: str, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.nmr.fit`; ``chosen`` are the settled options of the fit."""
    used = [cut(one, chosen["window"]) for one in signals]
    return _series(used, chosen) if model == "exchange" else _lines(used, chosen)


def _lines(signals: Sequence[Signal], chosen: Settings) -> Fit:
    """All lines of each window with most of them, at once."""
    if chosen["sites"] is not None:
        what = "sites would do nothing in the model lines"
        raise InputError(what, seen=str(chosen["sites"]), remedy="choose the model exchange, or leave it out")
    curves, shown = [], []
    for one in signals:
        seen, found = fitted_lines(one, chosen["shape"])
        best = max(found, key=lambda each: max(abs(s.height) for s in each.seen(seen.x)))
        starts = [best.values(k) for k in range(best.group.n)]
        free = best.group.free(starts, best.fit.value("phase"))
        curves.append(best.group.curve(one, free))
        s = best.group.spectrum
        shown.append(_plain(one, s.x, s.real))
    found_together = fit_curves(curves, asked(chosen, len(signals)))
    said = [
        *signals[0].warnings,
        "the lines of the window with the highest one are fitted; choose with window",
    ]
    each = [
        replace(fit, curve=fit.curve[: len(of)]).told(
            of, fit.quantities("lines with phase and baseline"), said
        )
        for fit, of in zip(found_together.each, shown, strict=True)
    ]
    return found_together.packed("lines", each)


def _plain(signal: Signal, x: Array, y: Array) -> Signal:
    return replace(signal, x=x, y=y, sigma=None, companions={}, meta={})


def _entropy(dH: float, dG: float) -> float:
    """J/mol/K from both in kJ/mol, dG at room temperature."""
    return float(dH - dG) * 1e3 / ROOM_K


@dataclass(frozen=True)
class Sites:
    """One spectrum with two sites in exchange, by ``k`` and share, or by temperature and thermodynamics.

    ``lines`` are places / Hz about the first site, and shares, of its line: those beside a 77Se are split.
    """

    signal: Signal
    seen: Spectrum
    MHz: float
    temperature_K: float | None
    lines: Sequence[tuple[float, float]] = ((0.0, 1.0),)

    def stacked(self) -> Signal:
        s = self.seen
        y = np.concatenate([s.values.real, s.values.imag]) if s.complex else s.values.real
        sigma = np.full(y.size, s.sigma * math.sqrt(s.alike))
        x = np.arange(y.size, dtype=np.float64)
        return Signal("nmr", x, y, "point", "", "intensity", "", "analog", "measured", sigma)

    @property
    def common(self) -> int:
        """Number of the parameters that every spectrum has."""
        return 10 if self.seen.complex else 8

    def _balance(self, own: Array) -> tuple[float, float, Array]:
        """Share of the first site, rate, and derivatives (2, 4) or (2, 2) of both in ``own``."""
        if (T := self.temperature_K) is None:
            k = math.exp(own[1])
            return float(own[0]), k, np.array([[1.0, 0.0], [0.0, k]])
        p = exchange.share_of_first(T, own[0], _entropy(own[0], own[1]))
        k = exchange.eyring(T, own[2], _entropy(own[2], own[3]))
        p = float(np.clip(p, _LEAST_SHARE, 1 - _LEAST_SHARE))
        # G at T is H (1 - T/room) + G(room) T/room
        by = -1e3 / (R_GAS * T) * np.array([1 - T / ROOM_K, T / ROOM_K])
        slopes = np.zeros((2, 4))
        slopes[0, :2] = -p * (1 - p) * by
        slopes[1, 2:] = k * by
        return p, k, slopes

    def _expected(self, v: Array, slopes: bool) -> tuple[Array, Array]:
        s, n = self.seen, self.common
        p, k, by_own = self._balance(v[n:])
        f, w = v[0:2] * self.MHz, v[2:4].tolist()
        x = s.x * self.MHz
        shape = np.zeros(x.size, dtype=np.complex128)
        by = np.zeros((6, x.size), dtype=np.complex128)
        for offset, part in self.lines:
            at = [float(f[0]) + offset, float(f[1])]
            if slopes:
                value, each = exchange.two_sites_slopes(x, at, w, p, k)
                by += part * each
            else:
                value = exchange.two_sites(x, at, w, p, k)
            shape += part * value
        turned = self.MHz * np.exp(1j * v[5])
        shape *= turned
        t = 2 * (s.x - s.x[0]) / (s.x[-1] - s.x[0]) - 1
        real = v[4] * shape.real + v[6] + v[7] * t
        y = np.concatenate([real, v[4] * shape.imag + v[8] + v[9] * t]) if s.complex else real
        if not slopes:
            return y, np.empty((0, y.size))
        by *= v[4] * turned
        of_places, of_widths = by[0:2] * self.MHz, by[2:4]
        of_own = by_own.T @ by[4:6]
        rows = np.vstack([of_places, of_widths, shape, 1j * v[4] * shape])
        straight = np.stack([np.ones_like(t), t])
        none = np.zeros((2, t.size))
        if not s.complex:
            return y, np.vstack([rows.real, straight, of_own.real])
        both = np.hstack([rows.real, rows.imag])
        lines = np.vstack([np.hstack([straight, none]), np.hstack([none, straight])])
        return y, np.vstack([both, lines, np.hstack([of_own.real, of_own.imag])])

    def model(self, v: Array) -> Array:
        """Of ppm1, ppm2, width1_Hz, width2_Hz, area, phase, level, slope (, both of the imaginary part), and
        the exchange: dH, dG, dH_act, dG_act (kJ/mol) at a temperature, else share and ln of the rate."""
        return self._expected(v, slopes=False)[0]

    def jacobian(self, v: Array) -> Array:
        """Derivatives (m, p) of the model."""
        return np.asarray(self._expected(v, slopes=True)[1].T)

    def free(self, places: tuple[float, float]) -> list[Free]:
        """What every such spectrum has, without the exchange."""
        s = self.seen
        top = float(np.max(np.abs(s.values)))
        area = float(np.trapezoid(s.real - np.median(s.real), s.x))
        area = area if area > 0 else top
        wide = 0.5 * abs(places[1] - places[0])
        out = [
            Free("ppm1", "ppm", places[0], places[0] - wide, places[0] + wide),
            Free("ppm2", "ppm", places[1], places[1] - wide, places[1] + wide),
            Free("width1_Hz", "Hz", 20.0, 0.1, 5e3),
            Free("width2_Hz", "Hz", 10.0, 0.1, 5e3),
            Free("area", "", area, 0.0, 100 * abs(area)),
            Free("phase", "rad", 0.0, -1.6, 1.6),
            Free("level", "", 0.0, -top, top),
            Free("slope", "", 0.0, -top, top),
        ]
        if s.complex:
            out += [Free("imaginary_level", "", 0.0, -top, top), Free("imaginary_slope", "", 0.0, -top, top)]
        return out


def _sites(signal: Signal, temperature: bool, coupling_Hz: float | None = None) -> Sites:
    MHz = signal.meta.get("MHz")
    if not MHz:
        raise InputError(
            "exchange needs the frequency of the nucleus", signal.source or None, remedy="give frequency_MHz"
        )
    T = signal.meta.get("temperature_K")
    if temperature and not T:
        what = "a series of temperatures needs that of every spectrum"
        raise InputError(what, signal.source or None, remedy="give temperature_K when it is read")
    lines: Sequence[tuple[float, float]] = ((0.0, 1.0),)
    if coupling_Hz is not None:
        lines = pattern({"77Se": Parameter("coupling_Hz", coupling_Hz, "Hz", "as given", "measured")})
    return Sites(signal, spectrum(signal), float(MHz), float(T) if temperature and T else None, lines)


def _places(chosen: Settings, where: str) -> tuple[float, float]:
    text = str(chosen["sites"] or "")
    try:
        first, second = (float(part) for part in text.split(","))
    except ValueError:
        what = "two sites are needed"
        raise InputError(what, where or None, seen=text or "none", remedy="write sites 48.8,53") from None
    if not (math.isfinite(first) and math.isfinite(second)) or first == second:
        raise InputError("the two sites must differ", where or None, seen=text)
    return first, second


def _one(sites: Sites, places: tuple[float, float]) -> Fitted:
    """Share and rate of one spectrum, both places as given."""
    held = sites.free(places)[2:]
    own = [Free("first_share", "1", 0.5, 1e-4, 1 - 1e-4), Free("ln_k", "", 8.0, -2.0, 20.0)]
    fixed = np.array(places)
    p = _centre(sites, places)
    starts = [np.array([*(f.start for f in held), p, k]) for k in (3.0, 7.0, 10.0)]
    return fit_curve(
        sites.stacked(),
        lambda v: sites.model(np.concatenate([fixed, v])),
        [*held, *own],
        jacobian=lambda v: sites.jacobian(np.concatenate([fixed, v]))[:, 2:],
        starts=starts,
        further=False,
        tight=False,
        scoring=True,
    )


def _centre(sites: Sites, places: tuple[float, float]) -> float:
    """Share in the first site by the centre of the whole line."""
    y = sites.seen.real - np.median(sites.seen.real)
    y = np.where(y > 0.05 * y.max(), y, 0.0)
    centre = float(y @ sites.seen.x / y.sum())
    return float(np.clip((places[1] - centre) / (places[1] - places[0]), 0.02, 0.98))


def two_sites(signal: Signal, chosen: Settings) -> Quantities:
    """Share and rate of two sites in exchange, from one spectrum."""
    signal = cut(signal, chosen["window"])
    places = _places(chosen, signal.source)
    sites = _sites(signal, temperature=False, coupling_Hz=chosen["coupling_Hz"])
    fit = _one(sites, places)
    k = math.exp(fit.value("ln_k"))
    sigma = fit.sigma("ln_k")
    how = f"{_KIND}; sites at {places[0]:g} and {places[1]:g} ppm as given"
    sound = sigma is not None and sigma < 1.0
    rate = Quantity(
        k if sound else None,
        k * sigma if sound and sigma else None,
        "1/s",
        how,
        "" if sound else "this spectrum does not hold the rate: too fast, too slow, or one site only",
    )
    found = {
        "exchange_rate_per_s": rate,
        "first_share": Quantity(fit.value("first_share"), fit.sigma("first_share"), "1", how),
    }
    s = sites.seen
    shown = _plain(signal, s.x, s.real)
    told = replace(fit, curve=fit.curve[: s.x.size]).told(shown, found, signal.warnings)
    curves = {curve.DATA: shown, curve.MODEL: told.curves["model"], curve.RESIDUALS: told.curves["residuals"]}
    return replace(told, curves=curves, extra={"rule": "two sites"})


def _series(signals: Sequence[Signal], chosen: Settings) -> Fit:
    """Enthalpies and entropies of balance and rate, from spectra at several temperatures together."""
    places = _places(chosen, signals[0].source)
    each = [_sites(one, temperature=True, coupling_Hz=chosen["coupling_Hz"]) for one in signals]
    T = np.array([one.temperature_K for one in each], dtype=np.float64)
    if np.ptp(T) < _NEAREST:
        what = "van 't Hoff and Eyring need spectra at different temperatures"
        raise InputError(what, seen=", ".join(f"{t:g} K" for t in T), remedy="give at least two, better five")
    p = np.array([_centre(one, places) for one in each])
    slope, off = np.polyfit(1 / T, np.log((1 - p) / p), 1)
    dH = -slope * R_GAS * 1e-3
    start = [dH, dH - off * R_GAS * ROOM_K * 1e-3, _BARRIER, _BARRIERS[0]]
    names = [
        ("dH", "kJ/mol", 300.0),
        ("dG", "kJ/mol", 100.0),
        ("dH_act", "kJ/mol", 300.0),
        ("dG_act", "kJ/mol", 150.0),
    ]
    curves: list[Curve] = []
    for one in each:
        own = [
            Free(name, unit, float(np.clip(v, -0.9 * most, 0.9 * most)), -most, most)
            for (name, unit, most), v in zip(names, start, strict=True)
        ]
        free = [*one.free(places), *own]
        first = np.array([f.start for f in free])
        curves.append(
            Curve(
                one.stacked(),
                one.model,
                free,
                jacobian=one.jacobian,
                starts=[np.append(first[:-1], g) for g in _BARRIERS[1:]] if not curves else (),
            )
        )
    limits = asked(chosen, len(signals))
    if not limits.shared:
        limits = Limits(limits.fixed, limits.bounds, _SHARED)
    together = fit_curves(curves, limits, further=False, tight=False, scoring=True)
    shown = [_plain(one.signal, one.seen.x, one.seen.real) for one in each]
    told = []
    for fit, of, signal in zip(together.each, shown, signals, strict=True):
        found = fit.quantities(f"{_KIND}; dG at {ROOM_K:g} K")
        for name, (h, g) in {"dS": ("dH", "dG"), "dS_act": ("dH_act", "dG_act")}.items():
            at = [fit.names.index(h), fit.names.index(g)]
            by = np.array([1.0, -1.0]) * 1e3 / ROOM_K
            both = fit.covariance[np.ix_(at, at)]
            variance = float(by @ both @ by) if np.all(np.isfinite(both)) else 0.0
            sigma = math.sqrt(variance) if variance > 0 else None
            value = _entropy(fit.value(h), fit.value(g))
            found[name] = Quantity(value, sigma, "J/mol/K", f"{h} less {g}, over {ROOM_K:g} K")
        told.append(replace(fit, curve=fit.curve[: len(of)]).told(of, found, [*signal.warnings, _WIDTHS]))
    return _sound(together.packed("exchange", told), together.each, T)


def _sound(fit: Fit, each: Sequence[Fitted], T: Array) -> Fit:
    """The fit without errors where two sites leave more than noise: what else is there moves the values."""
    worst = int(np.argmax([one.misfit for one in each]))
    if fit.status != "converged" or each[worst].misfit < _LEFT:
        return fit
    message = (
        f"two sites leave {each[worst].misfit:.3g} times the noise in the spectrum at {T[worst]:g} K "
        "(satellites, other lines, other widths): no errors are stated"
    )
    return replace(fit, status="failed", message=message)
