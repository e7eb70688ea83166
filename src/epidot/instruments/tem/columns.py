"""Dots atom by atom: every atom scatters to high angles as its Z to a power into a Gaussian probe."""

from __future__ import annotations

import numpy as np
from ase.data import atomic_numbers
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from scipy.special import ndtr

from epidot.dot.atoms import of_layers
from epidot.dot.layers import LayeredDot
from epidot.dot.relax import relax

Array = NDArray[np.float64]

REACH = 6.0  # standard deviations of the probe beyond which an atom adds nothing
SHARPEST = 0.3  # of a pixel, standard deviation: a probe of no width is as sharp as that
AXES = {"100": (1, 0, 0), "110": (1, 1, 0), "111": (1, 1, 1)}


def atoms(dot: LayeredDot, *, relaxed: bool, rng: np.random.Generator) -> tuple[Array, NDArray[np.str_]]:
    """Positions (n, 3) / nm about the centre and species (n,) of the inorganic atoms of a dot.

    Raises
    ------
    InputError
        For a dot too large to draw, or a material without a force field.
    """
    placed = of_layers(dot, rng)
    if relaxed:
        placed = relax(placed).atoms
    return placed.position_nm, placed.species


def turned(position: Array, axis: str, rng: np.random.Generator) -> Array:
    """Places (n, 2; y, x) across a beam along ``axis`` (or any direction), turned about it by chance."""
    if axis == "any":
        return np.asarray(Rotation.random(random_state=rng).apply(position)[:, :2])
    along = np.array(AXES[axis], dtype=np.float64)
    to_beam, _ = Rotation.align_vectors([[0.0, 0.0, 1.0]], [along])
    spin = Rotation.from_euler("z", rng.uniform(0, 2 * np.pi))
    return np.asarray((spin * to_beam).apply(position)[:, :2])


def weights(species: NDArray[np.str_], exponent: float) -> Array:
    """Z**``exponent`` of every atom, shape (n,)."""
    kinds, which = np.unique(species, return_inverse=True)
    return np.array([float(atomic_numbers[str(el)]) ** exponent for el in kinds])[which]


def add(picture: Array, at: Array, weight: Array, scale: float, sigma: float) -> None:
    """Add atoms at ``at`` (n, 2; y, x) / nm, seen by a probe of ``sigma`` nm, as means over squared pixels.

    Pixel k covers (k ± 1/2) ``scale``; what is added is per nm2, and its integral is the sum of the weights.
    """
    sigma = max(sigma, SHARPEST * scale)
    reach = REACH * sigma
    low = np.maximum(np.floor((at.min(axis=0) - reach) / scale).astype(int), 0)
    high = np.minimum(np.ceil((at.max(axis=0) + reach) / scale).astype(int) + 1, picture.shape)
    if np.any(high <= low):
        return
    shares = []
    for k in (0, 1):
        edge = (np.arange(low[k], high[k] + 1) - 0.5) * scale
        shares.append(np.diff(ndtr((edge[None, :] - at[:, k, None]) / sigma), axis=1))
    picture[low[0] : high[0], low[1] : high[1]] += (shares[0] * weight[:, None]).T @ shares[1] / scale**2
