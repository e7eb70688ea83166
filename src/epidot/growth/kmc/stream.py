"""A stream of random numbers whose whole state is four integers (xoshiro256++ of Blackman and Vigna).

Numba's own generator hides its state, so that a run could not be stopped and resumed to the same bits.  The
recurrence is that of D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021); the state is seeded
through :class:`numpy.random.SeedSequence`, so that seeds beside each other give independent streams.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def seeded(seed: int | np.random.SeedSequence) -> NDArray[np.uint64]:
    """The state for a seed, shape (4,)."""
    return _of(seed) if isinstance(seed, np.random.SeedSequence) else _of_number(seed).copy()


@lru_cache(maxsize=256)
def _of_number(seed: int) -> NDArray[np.uint64]:
    return _of(np.random.SeedSequence(seed))


def _of(sequence: np.random.SeedSequence) -> NDArray[np.uint64]:
    state = sequence.generate_state(4, np.uint64).astype(np.uint64)
    if not state.any():  # the one state the recurrence cannot leave
        state[0] = 1
    return state
