"""Which lines a spectrum shows: those looked for, and strong ones that nobody named.

A strong line that no mode explains bends the background and takes the lines beside it down with it, so it is
fitted as a band of its own, and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from epidot.instruments.raman.joint import SMOOTH, Joint, fit
from epidot.instruments.raman.lines import with_slopes
from epidot.instruments.raman.modes import ASCENDING, BAND, BANDS, Mode, is_band, unexplained
from epidot.signal import Signal

Array = NDArray[np.float64]

_CLEAR = 25.0  # squared standard errors by which a line must lower the misfit to be there
_ANYWHERE = 36.0  # the same of a band, which may be anywhere
_PLACES, _WIDTHS = 7, 3  # tried of a line, over its reach
_BAND_WIDTHS = (6.0, 12.0, 24.0)  # cm-1, tried of a band, through the spectrometer
_APART = 1.5  # widths between a band and any line: nearer, it is part of that line's shape
_HIGH = 0.04  # of the highest line; what is lower may be the foot of another line


def present(signal: Signal, modes: Sequence[Mode], order: int, resolution: float) -> tuple[list[Mode], Array]:
    """The modes that the readings show, the clearest first, with places and widths to begin from.

    One after the other: at every step the mode or unexplained band comes in that takes most off the misfit
    left by those before.
    """
    free: list[Mode] = []
    start = np.empty(0)
    rough = uniform_filter1d(signal.y, SMOOTH, mode="nearest")
    tried = {m.name: _tries(signal.x, m, resolution) for m in modes}
    anywhere = _anywhere(signal.x)
    while len(free) < len(modes) + BANDS:
        now = fit(signal, free, [], order, resolution, start, rough)
        if not now.optimum.settled:  # no spectrum of these lines: more of them would not help
            free, start = free[:-1], start[:-2]
            break
        q, _ = np.linalg.qr(now.design)
        scale = max(1.0, float(np.median(np.abs(now.residuals)) / 0.6744897501960817)) ** 2
        scale = 1.0 if free else min(scale, 4.0)
        best, gain = None, _CLEAR * scale
        waiting = [m for m in modes if m not in free]
        for mode in waiting:
            columns, where = tried[mode.name]
            taken = _taken(columns, now, q)
            k = int(np.argmax(taken))
            if taken[k] > gain:
                best, gain, begin = mode, float(taken[k]), where[k]
        bands = sum(is_band(m) for m in free)
        if bands < BANDS:
            bumps, at = anywhere
            allowed = _allowed(at, now, waiting, resolution)
            taken = np.where(allowed, _taken(bumps, now, q), 0.0)
            k = int(np.argmax(taken)) if taken.size else 0
            if taken.size and taken[k] > max(gain, _ANYWHERE * scale) and _high(bumps[:, k], now, q):
                best, begin = unexplained(bands + 1, float(at[k, 0])), at[k]
        if best is None:
            break
        free.append(best)
        start = np.concatenate([now.optimum.values, begin])
    return _numbered(*_in_order(free, start))


def _taken(columns: Array, now: Joint, q: Array) -> Array:
    """What each of ``columns`` (n, m) would take off the misfit (m,)."""
    weighted = columns / now.error[:, None]
    beside = weighted - q @ (q.T @ weighted)
    length = np.sum(beside**2, axis=0)
    good = length > 1e-3 * np.sum(weighted**2, axis=0)
    along = beside.T @ now.residuals
    return np.asarray(np.where(good & (along > 0), along**2 / np.where(good, length, 1.0), 0.0))


def _tries(x: Array, mode: Mode, resolution: float) -> tuple[Array, list[Array]]:
    """Columns (n, m) of a line at several places and widths of its reach, and these."""
    widths = np.geomspace(max(mode.widths[0], mode.width / 2), min(mode.widths[1], 1.5 * mode.width), _WIDTHS)
    margin = 0.05 * (mode.reach[1] - mode.reach[0])
    places = np.linspace(mode.reach[0] + margin, mode.reach[1] - margin, _PLACES)
    where = [np.array([p, w]) for p in places for w in widths]
    return np.column_stack([with_slopes(x, p, w, resolution)[0] for p, w in where]), where


def _anywhere(x: Array) -> tuple[Array, Array]:
    """Columns (n, m) of bands all over the readings, and their places and widths (m, 2)."""
    where = [
        (place, width)
        for width in _BAND_WIDTHS
        for place in np.arange(x[0] + width, x[-1] - width, 0.7 * width)
        if np.sum(np.abs(x - place) <= width) >= 5
    ]
    columns = [with_slopes(x, place, width, 0.0)[0] for place, width in where]
    return np.column_stack([*columns, np.empty((x.size, 0))]), np.array(where).reshape(-1, 2)


def _allowed(where: Array, now: Joint, waiting: Iterable[Mode], resolution: float) -> NDArray[np.bool_]:
    """Which bands (m,) are neither a mode still looked for nor the foot of a line that is there."""
    place, width = where.T
    out = np.ones(place.size, dtype=np.bool_)
    for mode in waiting:
        out &= (place < mode.reach[0]) | (place > mode.reach[1])
    for centre, own in now.optimum.values.reshape(-1, 2):
        out &= np.abs(place - centre) > _APART * np.maximum(own + resolution, width)
    return out


def _high(column: Array, now: Joint, q: Array) -> bool:
    """Whether a band would stand out beside the highest line that is there."""
    weighted = column / now.error
    beside = weighted - q @ (q.T @ weighted)
    height = float(beside @ now.residuals / (beside @ beside)) * float(column.max())
    return height > _HIGH * float(np.max(now.curve - now.background, initial=0.0))


def _in_order(free: list[Mode], start: Array) -> tuple[list[Mode], Array]:
    """The same with TO, SO and LO of a crystal ascending: each may have come to another's line."""
    out, names = start.reshape(-1, 2).copy(), [m.name for m in free]
    for crystal in {name.rpartition("_")[0] for name in names}:
        own = [names.index(f"{crystal}_{kind}") for kind in ASCENDING if f"{crystal}_{kind}" in names]
        if own:
            out[own] = out[own][np.argsort(out[own, 0], kind="stable")]
            for k in own:
                out[k, 0] = np.clip(out[k, 0], *free[k].reach)
    return free, out.ravel()


def _numbered(free: Sequence[Mode], start: Array) -> tuple[list[Mode], Array]:
    """The same with the unexplained bands numbered from low to high shifts."""
    bands = [k for k, m in enumerate(free) if is_band(m)]
    out = list(free)
    for number, k in enumerate(sorted(bands, key=lambda k: float(start[2 * k])), 1):
        out[k] = replace(free[k], name=f"{BAND}{number}")
    return out, start
