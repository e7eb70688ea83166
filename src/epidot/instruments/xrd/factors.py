"""X-ray scattering factors of free atoms, by Waasmaier and Kirfel's five Gaussians (package periodictable).

D. Waasmaier, A. Kirfel, Acta Crystallogr. A 51, 416 (1995), doi:10.1107/S0108767394013292.  Neutral atoms
without dispersion corrections, which are below 3 electrons for the elements of a dot at Cu K-alpha.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.matter.formulas import elements

Array = NDArray[np.float64]


def factor(species: str, q_per_nm: Array) -> Array:
    """Electrons that scatter in phase at Q, shape of ``q_per_nm``; of a mixed site (``Se0.5S0.5``) the mean.

    Raises
    ------
    InputError
        If an element has no tabulated factor.
    """
    return _factor(species, np.asarray(q_per_nm, dtype=np.float64).tobytes())


@lru_cache(maxsize=64)  # a fit asks for the same few, hundreds of times
def _factor(species: str, raw: bytes) -> Array:
    from periodictable.cromermann import fxrayatq

    q = np.frombuffer(raw) / 10  # per Å
    shares = elements(species)
    total = np.zeros(q.shape)
    for element, share in shares.items():
        try:
            total += share * np.asarray(fxrayatq(element, q))
        except (KeyError, ValueError):
            raise InputError("no X-ray scattering factor of this element", seen=element) from None
    return total / sum(shares.values())
