"""Where dots come to lie on the film: apart, in touch with a neighbour, or over each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError

Array = NDArray[np.float64]
_TRIES = 4000


def places(
    radii: Array, field: float, gap: float, touching: float, overlapping: float, rng: np.random.Generator
) -> Array:
    """Centres (n, 2; y, x) of discs of these ``radii`` on a square of edge ``field``, all in one length.

    Discs may stick out over the edge.  Of them a share ``overlapping`` falls anywhere, a share ``touching``
    against one that lies there already, the others keep ``gap`` free between their rims.  A disc is put down
    again until it fits, never exchanged for a smaller one.

    Raises
    ------
    InputError
        If they do not fit on the field.
    """
    done = np.empty((0, 2))
    lying = np.empty(0)
    for radius in radii:
        luck = rng.random()
        for _ in range(_TRIES):
            if lying.size and overlapping <= luck < overlapping + touching:
                with_ = int(rng.integers(lying.size))
                angle = rng.uniform(0, 2 * np.pi)
                reach = (radius + lying[with_]) * (1 + 1e-9)
                at = done[with_] + reach * np.array([np.sin(angle), np.cos(angle)])
                room = 0.0
                if not np.all((at > -radius) & (at < field + radius)):
                    continue
            else:
                at = rng.uniform(-radius, field + radius, 2)
                room = gap
            away = np.hypot(*(done - at).T) - lying - radius
            if luck < overlapping or not lying.size or away.min() >= room:
                break
        else:
            raise InputError(
                "so many dots find no place on this field",
                seen=f"{radii.size} on {field:.4g} nm",
                remedy="take fewer particles, more pixels or a smaller gap_nm",
            )
        done = np.vstack([done, at])
        lying = np.append(lying, radius)
    return done
