"""Photoelectron lines, what they leave behind them, and all derivatives.

A line is the sum of a Gaussian and a Lorentzian of one width, or one convolved with the other (Voigt); a
doublet two of them at a known distance and ratio; an asymmetric line is drawn out towards larger binding
energy by an exponential.  Electrons that lost energy lie there.  Shirley's step is the share of a line that
lies at smaller binding energy than the point itself, which depends on the line alone: no end of a window and
no iteration enters.  Tougaard's background is the same with a kernel of energy losses, B T/(C + T²)².
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, erfcx, exp1, wofz

Array = NDArray[np.float64]

_LN2 = math.log(2)
SHIRLEY, TOUGAARD, STRAIGHT = "shirley", "tougaard", "straight"
SUM, VOIGT = "sum", "voigt"  # of a Gaussian and a Lorentzian, or one convolved with the other
_PANEL = 0.08  # of the width: panels over which the integral of a Voigt profile is taken
_SERIES = 30.0  # from where the exponential integral is its asymptotic series to rounding
# The universal cross section of Tougaard (Surf. Interface Anal. 25, 137 (1997)), C / eV²; its B is fitted.
UNIVERSAL_C = 1643.0


@dataclass(frozen=True)
class Shape:
    """A line of area 1 at points (n,), with its derivatives in place, width and Lorentz share.

    ``step`` is its integral from below, with the same derivatives.
    """

    y: Array
    by_place: Array
    by_width: Array
    by_share: Array
    step: Array
    step_by_width: Array
    step_by_share: Array


@dataclass(frozen=True)
class Tailed(Shape):
    """The same for a line that may be drawn out, with the derivatives in the length of that."""

    by_tail: Array = field(default_factory=lambda: np.zeros(1))
    step_by_tail: Array = field(default_factory=lambda: np.zeros(1))


def single(x: Array, place: float, width: float, share: float) -> Shape:
    """One line of full width ``width`` at half maximum, ``share`` of its area Lorentzian."""
    u = (x - place) / width
    g = 2 * math.sqrt(_LN2 / math.pi) / width * np.exp(-4 * _LN2 * u * u)
    base = 1 + 4 * u * u
    lorentz = 2 / math.pi / width / base
    y = (1 - share) * g + share * lorentz
    slope = ((1 - share) * g * (-8 * _LN2 * u) + share * lorentz * (-8 * u / base)) / width
    of_g = 0.5 * (1 + erf(2 * math.sqrt(_LN2) * u))
    of_l = 0.5 + np.arctan(2 * u) / math.pi
    step = (1 - share) * of_g + share * of_l
    return Shape(y, -slope, -(y + (x - place) * slope) / width, lorentz - g, step, -u * y, of_l - of_g)


def voigt(x: Array, place: float, width: float, share: float) -> Shape:
    """A Voigt profile of full width ``width`` at half maximum, whose Lorentzian alone has ``share`` of it.

    ``x`` ascends.  The Gaussian's width is by Olivero and Longbothum (J. Quant. Spectrosc. Radiat. Transfer
    17, 233 (1977)), good to 0.02 %.  The integral is summed from the place outwards.
    """
    spread = max((1 - 0.5346 * share) ** 2 - 0.2166 * share**2, 1e-8)  # of the Gaussian's width, squared
    unit = math.sqrt(spread / (4 * _LN2))
    change = -(0.5346 * (1 - 0.5346 * share) + 0.2166 * share) / spread  # of log(unit) with the share
    u = (x - place) / width
    at = np.insert(u, np.searchsorted(u, 0.0), 0.0)
    gaps = np.maximum(np.ceil(np.diff(at) / _PANEL), 1).astype(np.intp)
    own = np.concatenate([[0], np.cumsum(gaps)])
    at = np.interp(np.arange(own[-1] + 1), own, at)
    z = (at + 0.5j * share) / unit
    w = wofz(z)
    first = -2 * z * w + 2j / math.sqrt(math.pi)
    turn = 0.5j / unit - z * change
    norm = unit * math.sqrt(math.pi)
    y, slope = np.real(w) / norm, np.real(first) / (unit * norm)
    by_share = np.real(first * turn) / norm - y * change
    bend = np.real((-2 * w - 2 * z * first) * turn - first * change) / (unit * norm) - slope * change
    middle = int(own[np.searchsorted(u, 0.0)])
    step = _summed(at, y, slope, middle, 0.5)[own]
    step_by_share = _summed(at, by_share, bend, middle, 0.0)[own]
    there = np.delete(np.arange(own.size), np.searchsorted(u, 0.0))
    y, slope, by_share = y[own][there], slope[own][there], by_share[own][there]
    return Shape(
        y / width, -slope / width**2, -(y + u * slope) / width**2, by_share / width,
        step[there], -u * y / width, step_by_share[there],
    )  # fmt: skip


def _summed(at: Array, y: Array, slope: Array, middle: int, value: float) -> Array:
    """The integral of ``y`` over ``at``, which is ``value`` at ``middle``.

    The trapezoid with the slopes at its ends, whose error is of fifth order.
    """
    wide = np.diff(at)
    parts = wide / 2 * (y[:-1] + y[1:]) + wide**2 / 12 * (slope[:-1] - slope[1:])
    out = np.concatenate([[0.0], np.cumsum(parts)])
    return np.asarray(out + value - out[middle])


def drawn_out(x: Array, place: float, width: float, share: float, tail: float) -> Tailed:
    """A line of :func:`single` convolved with an exponential of ``tail`` / eV towards larger energy."""
    tail = max(tail, 1e-3 * width)
    own = single(x, place, width, share)
    (y_gauss, gauss_by_tail), (y_lorentz, lorentz_by_tail) = _drawn(x - place, width, tail)
    y = (1 - share) * y_gauss + share * y_lorentz
    by_tail = (1 - share) * gauss_by_tail + share * lorentz_by_tail
    slope = (own.y - y) / tail  # what an exponential does is undone by y + tail dy/dx
    step_by_tail = -y - tail * by_tail
    by_share = y_lorentz - y_gauss
    return Tailed(
        y, -slope, -(y + (x - place) * slope + tail * by_tail) / width, by_share, own.step - tail * y,
        -((x - place) * y + tail * step_by_tail) / width, own.step_by_share - tail * by_share,
        by_tail, step_by_tail,
    )  # fmt: skip


def _drawn(z: Array, width: float, tail: float) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """A Gaussian and a Lorentzian of full ``width``, both drawn out, at ``z`` (n,) from their place.

    Each with its derivative in ``tail``: products of exponentials and the error function or the exponential
    integral, which for large arguments is its asymptotic series.
    """
    sigma = width / math.sqrt(8 * _LN2)
    a = (sigma / tail - z / sigma) / math.sqrt(2)
    far = a < -20
    bell, ratio = np.exp(-(z**2) / (2 * sigma**2)), erfcx(np.where(far, 0.0, a))
    fall = np.exp(np.where(far, sigma**2 / (2 * tail**2) - z / tail, 0.0)) / tail
    gauss = np.where(far, fall, bell * ratio / (2 * tail))
    turn = bell * (2 * a * ratio - 2 / math.sqrt(math.pi)) * sigma / (math.sqrt(8) * tail**3)
    gauss_by = np.where(far, fall * (z / tail - sigma**2 / tail**2 - 1) / tail, -gauss / tail - turn)
    q = -(z - 0.5j * width) / tail
    large = np.abs(q) > _SERIES
    small, inverse = np.where(large, 1.0, q), 1 / np.where(large, q, np.inf)
    series = sum((math.factorial(k) * (-1) ** k * inverse ** (k + 1) for k in range(8)), np.zeros(z.size))
    t = np.where(large, series, np.exp(small) * exp1(small))
    lorentz_by = np.imag(t + q * t) / (math.pi * tail**2)
    return (gauss, gauss_by), (-np.imag(t) / (math.pi * tail), lorentz_by)


def doublet(
    x: Array, place: float, width: float, share: float, minor: float, splitting: float,
    profile: str = SUM, tail: float = 0.0,
) -> Tailed:  # fmt: skip
    """Two such lines, the weaker one with ``minor`` of the area at ``splitting`` above ``place``."""

    def one(at: float) -> Tailed:
        if tail > 0:
            return drawn_out(x, at, width, share, tail)
        return Tailed(*vars((voigt if profile == VOIGT else single)(x, at, width, share)).values())

    first = one(place)
    if minor <= 0:
        return first
    pairs = zip(vars(first).values(), vars(one(place + splitting)).values(), strict=True)
    return Tailed(*((1 - minor) * a + minor * b for a, b in pairs))


def losses(x: Array, c: float = UNIVERSAL_C) -> Array:
    """The matrix (n, n) that turns lines at points ``x`` into what they leave behind, for B = 1 / eV².

    A point's background is the integral over all smaller binding energies of the kernel times the line there.
    """
    t = x[:, None] - x[None, :]
    step = np.gradient(x)
    kernel = np.where(t > 0, t / (c + t * t) ** 2, 0.0)
    return np.asarray(kernel * step[None, :], dtype=np.float64)


def static_shirley(x: Array, y: Array, ends: int = 15, rounds: int = 30) -> Array:
    """Shirley's background by iteration between the means of ``ends`` readings at either end, shape (n,).

    For a first look and for pictures: its ends decide it, so that a fit takes the active one.
    """
    n = max(1, min(ends, y.size // 4))
    low, high = float(np.mean(y[:n])), float(np.mean(y[-n:]))
    step = np.gradient(x)
    ground = np.linspace(low, high, y.size)
    for _ in range(rounds):
        above = np.cumsum(np.maximum(y - ground, 0.0) * step)
        total = above[-1]
        if total <= 0:
            break
        new = low + (high - low) * above / total
        moved = float(np.max(np.abs(new - ground)))
        ground = new
        if moved < 1e-6 * max(abs(high), abs(low), 1e-300):
            break
    return ground
