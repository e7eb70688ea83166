"""Where particles are, roughly: threshold, distance from the rim, a seed for each summit of that distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from epidot.instruments.tem.gaussian import smoothed

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SMOOTHED = (1.0, 1.5, 2.2, 3.3, 5.0, 7.5)  # pixels
_BEHIND = 64  # pixels
_APART = 0.75  # of the larger radius: nearer summits belong to one particle


def flattened(picture: Array, blocks: int = 16) -> Array:
    """``picture`` less a quadratic surface through the medians of blocks, those far off counting less."""
    m, n = picture.shape
    high, wide = m // blocks, n // blocks
    cut = picture[: high * blocks, : wide * blocks].reshape(blocks, high, blocks, wide)
    medians = np.median(cut.transpose(0, 2, 1, 3).reshape(blocks, blocks, high * wide), axis=2)
    middle = np.arange(blocks) + 0.5
    y, x = middle * high / m - 0.5, middle * wide / n - 0.5
    terms = _surface(np.repeat(y, blocks), np.tile(x, blocks))
    value = medians.ravel()
    weight = np.ones(value.size)
    for _ in range(10):
        found, *_ = np.linalg.lstsq(terms * weight[:, None], value * weight, rcond=None)
        off = np.abs(value - terms @ found)
        weight = 1 / np.sqrt(np.maximum(off, 1e-9 + np.median(off)))
    v, u = np.arange(m)[:, None] / m - 0.5, np.arange(n)[None, :] / n - 0.5
    a, b, c, d, e, f = found
    return np.asarray(picture - (a + b * v + c * u + d * v * v + e * u * u + f * v * u))


def _surface(y: Array, x: Array) -> Array:
    return np.column_stack([np.ones(y.size), y, x, y * y, x * x, x * y])


def otsu(values: Array, bins: int = 256) -> tuple[float, float]:
    """The threshold that parts ``values`` into two classes best, and how far apart they then are.

    The distance is that of the means over the standard deviation within the classes.
    """
    low, high = np.quantile(values, [0.0005, 0.9995])
    if not high > low:
        return float(low), 0.0
    count, edges = np.histogram(values, bins, (low, high))
    middle = (edges[1:] + edges[:-1]) / 2
    share = count / count.sum()
    below = np.cumsum(share)[:-1]
    mean = np.cumsum(share * middle)
    between = (mean[-1] * below - mean[:-1]) ** 2 / np.maximum(below * (1 - below), 1e-12)
    k = int(np.argmax(between))
    total = float(share @ (middle - mean[-1]) ** 2)
    within = max(total - float(between[k]), 1e-12 * total)
    apart = float(np.sqrt(between[k] / max(below[k] * (1 - below[k]), 1e-12) / within))
    return float(edges[k + 1]), apart


@dataclass(frozen=True, eq=False)
class Parted:
    """A picture parted into particles and film: ``smooth`` by a Gaussian of ``blur`` pixels, particles high.

    ``sign`` is -1 where particles are darker than the film; ``apart`` as in :func:`otsu`.
    """

    smooth: Array
    threshold: float
    sign: int
    blur: float
    apart: float


def parted(flat: Array, sign: int | None) -> Parted:
    """``flat`` smoothed so that its classes lie farthest apart; the rarer are particles if no ``sign``."""
    best: Parted | None = None
    for blur in SMOOTHED:
        if blur > min(flat.shape) / 16:
            break
        smooth = smoothed(flat, blur)
        own = sign
        if own is None:
            off = smooth - np.mean(smooth)
            own = 1 if float(np.mean(off * off * off)) > 0 else -1
        smooth *= own
        stride = max(1, int(blur))
        threshold, apart = otsu(smooth[::stride, ::stride].ravel())
        if best is None or apart > best.apart:
            best = Parted(smooth, threshold, own, blur, apart)
        elif apart < 0.9 * best.apart:
            break
    assert best is not None
    return best


def without_holes(mask: Mask) -> Mask:
    """``mask`` with everything filled that cannot be reached from the rim of the picture.

    As :func:`scipy.ndimage.binary_fill_holes`, which walks in from the rim pixel by pixel.
    """
    label, n = ndimage.label(~mask)
    reached = np.zeros(n + 1, dtype=np.bool_)
    for rim in (label[0], label[-1], label[:, 0], label[:, -1]):
        reached[rim] = True
    reached[0] = False  # what is in the mask
    return np.asarray(~reached[label])


def seeds(smooth: Array, threshold: float, least: float) -> tuple[Array, Mask]:
    """Seeds (n, 4; y, x, radius / pixels, height) in ``smooth`` above ``threshold``, and their mask.

    Nothing of a radius below ``least`` pixels counts.
    """
    mask = without_holes(smooth > threshold)
    # The rim of the picture is none of a particle: what is cut by it goes on behind it as in a mirror.
    pad = min(_BEHIND, *mask.shape)
    distance = ndimage.distance_transform_edt(
        np.pad(mask, pad, mode="reflect" if pad < min(mask.shape) else "edge")
    )
    distance = distance[pad:-pad, pad:-pad]
    field = smoothed(distance, max(0.5, least / 4))
    size = 2 * max(1, int(least / 2)) + 1
    summit = (field == ndimage.maximum_filter(field, size)) & (distance >= least)
    y, x = np.nonzero(summit)
    order = np.argsort(-field[y, x], kind="stable")
    places = np.column_stack([y, x, distance[y, x]])[order].astype(np.float64)
    free = np.ones(len(places), dtype=np.bool_)
    for k, (a, b, radius) in enumerate(places):
        if free[k]:  # the summits near it, lower ones all, are its own
            near = (places[:, 0] - a) ** 2 + (places[:, 1] - b) ** 2 <= (_APART * radius) ** 2
            free[k + 1 :] &= ~near[k + 1 :]
    found = places[free]
    height = smooth[found[:, 0].astype(int), found[:, 1].astype(int)]
    return np.column_stack([found, height]), mask
