"""A stream of random numbers whose whole state is four integers (xoshiro256++ of Blackman and Vigna).

Numba's own generator hides its state, so that a run could not be stopped and resumed to the same bits.  The
recurrence is that of D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021); the state is seeded
through :class:`numpy.random.SeedSequence`, so that seeds beside each other give independent streams.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MASK = (1 << 64) - 1
_UNIT = 2.0**-53


def seeded(seed: int | np.random.SeedSequence) -> NDArray[np.uint64]:
    """The state for a seed, shape (4,)."""
    sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    state = sequence.generate_state(4, np.uint64).astype(np.uint64)
    if not state.any():  # the one state the recurrence cannot leave
        state[0] = 1
    return state


def next_integer(state: NDArray[np.uint64]) -> int:
    """The next 64 random bits; ``state`` is advanced in place."""
    s0, s1, s2, s3 = (int(x) for x in state)
    result = (_rotated((s0 + s3) & _MASK, 23) + s0) & _MASK
    t = (s1 << 17) & _MASK
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = _rotated(s3, 45)
    state[0], state[1], state[2], state[3] = s0, s1, s2, s3
    return result


def next_float(state: NDArray[np.uint64]) -> float:
    """The next number in [0, 1), a multiple of 2^-53."""
    return (next_integer(state) >> 11) * _UNIT


def _rotated(x: int, by: int) -> int:
    return ((x << by) | (x >> (64 - by))) & _MASK
