"""A broader line under one that was found: free ligand on bound one shows as one maximum.

Nothing stands clear of the noise there once one line is fitted to both: it widens and takes some of the
other's area.  So a second line is tried under every one, and judged by what it takes off the sum of squares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.nmr.assigned import Line
from epidot.instruments.nmr.below import Beneath
from epidot.instruments.nmr.detected import Spectrum
from epidot.instruments.nmr.group import (
    BETTER,
    FAULT,
    MOST_LINES,
    POOR,
    Group,
    Lines,
    Start,
    fit_lines,
    part,
    with_rival,
)
from epidot.instruments.nmr.hidden import ASIDE, TIMES, hidden
from epidot.instruments.nmr.shapes import line, width_of
from epidot.signal import Signal

Array = NDArray[np.float64]

_FURTHER = 2.0  # times its own length that a window is widened on either side: a broad line needs its wings
_WORTH = 4.0  # in the sum of squares: a linear look that promises less is not followed
_SAID = 0.5  # of the error: a line below that moves less is not told
_BROADER = 1.2  # times as wide as the line above


def with_broader(like: Signal, rest: Spectrum, found: Lines, span: tuple[int, int], shape: str) -> Lines:
    """``found`` with a broader line under one of its own where the data show that clearly.

    Where they neither show nor exclude it, areas are the mean of both descriptions by their weights, and what
    they differ by is in the errors.  ``rest`` is the spectrum without all other lines; ``span`` the first and
    last of its points that no other window takes.
    """
    plain = with_rival(like, found) if shape == "auto" else found
    group = found.group
    if found.fit.status != "converged" or group.n >= MOST_LINES:
        return plain
    wide = _widened(rest, found, span)
    if 4 * (group.n + 1) + 5 >= wide.x.size:
        return plain
    phase = found.fit.value("phase")
    own = [found.values(k) for k in range(group.n)]
    alone = [fit_lines(like, wide, own, phase, group.voigt)]
    if shape == "auto":
        alone.append(fit_lines(like, wide, found.other_shape(), phase, not group.voigt))
    under, starts = _promising(like, wide, found)
    tried = [fit_lines(like, wide, each, phase, shape == "voigt") for each in starts]
    pairs = [one for one in tried if _sound(one, under)]
    if pairs:
        pair = min(pairs, key=lambda one: one.squares)
        if min(one.squares for one in alone) - pair.squares > BETTER:
            taken = with_rival(like, pair) if shape == "auto" else pair
            return replace(taken, pair=(under, group.n))
    return replace(plain, beneath=hidden(like, alone))


def _widened(rest: Spectrum, found: Lines, span: tuple[int, int]) -> Spectrum:
    x = found.group.spectrum.x
    far = _FURTHER * float(x[-1] - x[0])
    a, b = (int(i) for i in np.searchsorted(rest.x, (x[0] - far, x[-1] + far)))
    a, b = max(a, span[0]), min(b, span[1], rest.x.size - 1)
    step = float(np.median(np.diff(rest.x)))
    narrowest = min(width_of(*found.values(k)[2:]) for k in range(found.group.n)) / 2 / step
    return part(rest, a, b, narrowest)


def _promising(like: Signal, wide: Spectrum, found: Lines) -> tuple[int, list[list[Start]]]:
    """Which line a broader one may lie under, and where to begin; none where nothing is to be gained.

    By a linear look: what a line more takes off the squares while all others follow by their derivatives.
    """
    group = Group(wide, found.group.n, found.group.voigt)
    data = group.signal(like)
    sigma = float(data.known_sigma[0]) if data.known_sigma is not None else 1.0
    model, slopes = group.parts(found.fit.values)
    basis = np.linalg.qr(slopes / np.maximum(np.linalg.norm(slopes, axis=0), 1e-300))[0]
    left = (data.y - model) / sigma
    left = left - basis @ (basis.T @ left)
    turn = np.exp(1j * found.fit.value("phase"))
    own = [found.values(k) for k in range(group.n)]
    most = wide.x[-1] - wide.x[0]
    seen: list[tuple[float, int, list[Start]]] = []
    for k, (area, at, w, g) in enumerate(own):
        full = max(width_of(w, g), 1e-12)
        for times in TIMES:
            if times * full > most / 2:
                continue
            for aside in ASIDE:
                place = at + aside * times * full
                shown = turn * line(wide.x, place, times * full)
                column = np.concatenate([shown.real, shown.imag]) if wide.complex else shown.real
                column = column - basis @ (basis.T @ column)
                power = float(column @ column)
                extra = sigma * float(column @ left) / power if power > 0 else 0.0
                if extra * area <= 0:
                    continue
                gain = (float(column @ left)) ** 2 / power
                taken = float(np.sign(extra)) * min(abs(extra), 0.6 * abs(area))
                starts = [*own, (taken, place, times * full, 0.0)]
                starts[k] = (area - 0.7 * taken, at, w, g)
                seen.append((gain, k, starts))
    if not seen:
        return 0, []
    best, under, starts = max(seen, key=lambda each: each[0])
    return (under, [starts]) if best > _WORTH else (0, [])


def _sound(pair: Lines, under: int) -> bool:
    """Whether the last line lies under ``under``: both up (or down), the last broader, no fault of shape."""
    if pair.fit.status != "converged" or pair.fit.misfit > POOR:
        return False
    last = pair.group.n - 1
    a, at, w, g = pair.values(under)
    b, place, wider, gauss = pair.values(last)
    own, full = width_of(w, g), width_of(wider, gauss)
    if a * b <= 0 or full < _BROADER * own or abs(place - at) > full:
        return False
    tallest = max(abs(one.height) for one in pair.seen(pair.group.spectrum.x))
    return abs(b) / (np.pi / 2 * full) > FAULT * tallest


def said(
    found: Sequence[Lines],
    every: Sequence[Line],
    MHz: float | None,
    per_nmol: tuple[float, float | None] | None,
) -> list[str]:
    """What to say of lines on broader ones, with the area of both together, which is known best."""
    out = []
    for g, one in enumerate(found):
        own = {each.index: each for each in every if each.group == g}
        if one.pair is not None and all(k in own for k in one.pair):
            narrow, broad = (own[k] for k in one.pair)
            out.append(
                f"the line at {narrow.ppm:.2f} ppm{_wide(narrow.width_ppm, MHz)} stands on a broader one at "
                f"{broad.ppm:.2f} ppm{_wide(broad.width_ppm, MHz)}, as free ligand on bound: their areas "
                f"trade places{_together(one, one.pair, per_nmol)}"
            )
        if (under := one.beneath) is not None and under.under in own:
            out.append(
                f"line at {own[under.under].ppm:.2f} ppm: a broader one under it"
                f"{_wide(under.full, MHz)} is neither shown nor excluded (weight "
                f"{under.weight:.0%}); its area and the error hold that"
            )
    return out


def _moves(one: Lines, under: Beneath) -> bool:
    """Whether the area or its error holds much of what lies below: else there is nothing to say of it."""
    name = [f"area{under.under + 1}"]
    (plain,), ((noise,),) = replace(one, beneath=None).told(name)
    (area,), ((variance,),) = one.told(name)
    return bool(abs(area - plain) > _SAID * math.sqrt(noise) or variance > (1 + _SAID) ** 2 * noise)


def _wide(ppm: float, MHz: float | None) -> str:
    return f" ({ppm * MHz:.0f} Hz)" if MHz else ""


def _together(one: Lines, pair: tuple[int, int], per_nmol: tuple[float, float | None] | None) -> str:
    areas, covariance = one.told([f"area{k + 1}" for k in pair])
    area, variance = float(np.sum(areas)), float(np.sum(covariance))
    if per_nmol is None or per_nmol[1] is None or not (area > 0 and 0 <= variance < np.inf):
        return ""
    each, off = per_nmol[0], per_nmol[1]
    sigma = float(np.hypot(off, np.sqrt(variance) / area))
    return f"; both have {each * area:.4g} ± {each * area * sigma:.2g} nmol of nuclei"
