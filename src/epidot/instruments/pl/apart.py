"""Each of several bands by itself, with what its shape may be wrong by in its errors.

No band is exactly of the shape that was fitted, and a wrong shape moves its maximum without spoiling the fit
visibly.  So every band is also read off its own top, with the others taken away: the curve there is as free
as the readings ask for (:mod:`epidot.instruments.pl.band`).  Both answers come from the same readings, so the
noise of their difference is known.  What they differ by beyond it is added to the error; where they differ
clearly and the fit is seen not to describe the readings, its shape is wrong there and the top speaks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.pl.band import Band, find_band
from epidot.instruments.pl.shapes import NAMES, Sum
from epidot.signal import Signal, local
from epidot.signal.correlation import Noise
from epidot.signal.degrees import clear, rival

Array = NDArray[np.float64]

OFF_ITS_TOP = "; the shape is not that, this is read off the readings with the other bands taken away"
_BARE = 0.05  # of the highest band: less than so much light and a reading tells of the offset
_PIECE = 8  # readings averaged there
_CONTRADICTED = 1.3  # variance of a reading about the fit, in units of that of its noise
_DECIDING = ("peak_nm", "fwhm_nm")


@dataclass(frozen=True)
class Apart:
    """A value of one band, its error, and whether it is ``own``: of the readings rather than of the shape.

    ``beside`` is the part of its variance that is not noise of the fit but doubt of the shape.
    """

    value: float
    sigma: float
    own: bool
    beside: float = 0.0


@dataclass(frozen=True)
class _Seen:
    """What the readings say: value, answer to each of them (n,), variance beside that of the readings."""

    value: float
    response: Array
    beside: float = 0.0


def apart(
    signal: Signal, noise: Noise, fit: Sum, density: str, top_may_speak: bool = True
) -> list[dict[str, Apart]]:
    """Every value of every band, in the order of ``fit``; with ``top_may_speak`` not always those of it."""
    x = signal.x
    design = noise.weighted(fit.design(x))
    answers = np.asarray(np.linalg.pinv(design), dtype=np.float64)
    off = signal.y - fit.curve(x)
    variance = local.believed(noise, noise.weighted(off), design)
    floor = unfitted_level(signal, noise, fit)
    plain = 1.0 if noise.sigma is not None else noise.level(signal.y) ** 2
    misfit = variance > _CONTRADICTED * plain
    out = []
    for k in range(len(fit.bands)):
        values, gradients = fit.read_off(k, density)
        shape = {n: _Seen(float(v), g @ answers) for n, v, g in zip(NAMES, values, gradients, strict=True)}
        seen = {"area": _share(signal, noise, fit, k, shape["area"], design, answers)}
        one_point = variance
        top = _top(signal, noise, fit, k, density)
        if top is not None:
            one_point = min(variance, top.variance)  # a misfit elsewhere is no noise of this band
            seen |= _read(top, noise, fit, k, floor, design, answers)
        moved = {n: (s.value - shape[n].value, s.response - shape[n].response) for n, s in seen.items()}
        noises = {n: one_point * noise.through(d) ** 2 for n, (_, d) in moved.items()}
        # What the top doubts by itself is no reason to doubt the shape.
        doubts = {n: noises[n] + seen[n].beside for n in noises}
        own = top_may_speak and misfit and any(clear(moved[n][0], doubts[n]) for n in _DECIDING if n in moved)
        found = {}
        for name, fitted in shape.items():
            aside = top_may_speak and name in seen and name == "area" and clear(moved[name][0], doubts[name])
            if aside or (own and name in seen and name != "area"):
                one = seen[name]
                spread = one_point * noise.through(one.response) ** 2 + one.beside
                if misfit:  # what was taken away is then no better known than the shape: anywhere between
                    spread += moved[name][0] ** 2 / 12
                found[name] = Apart(one.value, math.sqrt(spread), True)
                continue
            spread, doubt = variance * noise.through(fitted.response) ** 2, 0.0
            if name in seen:
                # Where the fit is seen not to describe the readings its shape is one answer of two.
                square = moved[name][0] ** 2
                doubt = square + noises[name] if misfit else rival(moved[name][0], doubts[name])
            found[name] = Apart(fitted.value, math.sqrt(spread + doubt), False, doubt)
        out.append(found)
    return out


def unfitted_level(signal: Signal, noise: Noise, fit: Sum) -> float:
    """By how much the offset may be wrong: what the fit leaves where no band is, beyond the noise."""
    curve = fit.curve(signal.x)
    bare = curve - fit.background(signal.x) < _BARE * float(np.max(fit.bands[:, 0]))
    if np.sum(bare) < _PIECE:
        return 0.0
    left = (signal.y - curve)[bare]
    pieces = left[: left.size // _PIECE * _PIECE].reshape(-1, _PIECE).mean(axis=1)
    level = noise.level(signal.y) if noise.sigma is None else float(np.median(noise.sigma[bare]))
    by_noise = (level * noise.through(np.full(_PIECE, 1.0 / _PIECE))) ** 2
    seen = float(np.mean(pieces**2))
    # Noise alone makes the mean square this uncertain: half of all fits would have some otherwise.
    return math.sqrt(seen - by_noise) if seen > by_noise * (1 + 2 * math.sqrt(2 / pieces.size)) else 0.0


def _top(signal: Signal, noise: Noise, fit: Sum, k: int, density: str) -> Band | None:
    """Band ``k`` off its own top, the others and the offset taken away as ``fit`` has them."""
    alone = fit.alone(signal.x, k)
    rest = signal.y - (fit.curve(signal.x) - alone)
    return find_band(signal.x, rest, noise, alone, int(np.argmax(alone)), density)


def _read(
    top: Band, noise: Noise, fit: Sum, k: int, floor: float, design: Array, answers: Array
) -> dict[str, _Seen]:
    """What a top says, with its answer to the readings through what was taken away as well."""
    mine = np.arange(fit.values.size) // fit.shape.free == k
    mine[fit.beside :] = False
    out = {}
    for name in NAMES[:4]:
        value = getattr(top, name)
        if value is None:
            continue
        inner = top.responses[name]
        response = -(inner @ design[top.part][:, ~mine]) @ answers[~mine]
        response[top.part] += inner
        beside = value.sigma**2 - top.variance * noise.through(inner) ** 2
        level = np.full(inner.size, floor)
        beside += float(inner @ (level if noise.sigma is None else level / noise.sigma[top.part])) ** 2
        out[name] = _Seen(value.value, response, max(beside, 0.0))
    return out


def _share(
    signal: Signal, noise: Noise, fit: Sum, k: int, fitted: _Seen, design: Array, answers: Array
) -> _Seen:
    """The share of the photons when what the fit leaves is counted to the band that is highest there."""
    x = signal.x
    width = np.gradient(x)
    highest = np.argmax([fit.alone(x, j) for j in range(len(fit.bands))], axis=0)
    # d share_k / d photons_j = (1 if j = k else 0 - share_k) / all photons
    part = (np.where(highest == k, 1.0, 0.0) - fitted.value) / float(np.sum(fit.photons)) * width
    counted = part if noise.sigma is None else part * noise.sigma
    response = fitted.response + counted - (counted @ design) @ answers
    return _Seen(fitted.value + float(part @ (signal.y - fit.curve(x))), response)
