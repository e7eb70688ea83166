"""The random numbers."""

import numpy as np
import pytest

from epidot.growth.kmc import stream
from oracle.kmc.plain import next_float, next_integer


def test_reference_values() -> None:
    # The first ten outputs from the state (1, 2, 3, 4), as computed by the authors' C code.
    state = np.array([1, 2, 3, 4], dtype=np.uint64)
    assert [next_integer(state) for _ in range(10)] == [
        41943041,
        58720359,
        3588806011781223,
        3591011842654386,
        9228616714210784205,
        9973669472204895162,
        14011001112246962877,
        12406186145184390807,
        15849039046786891736,
        10450023813501588000,
    ]


def test_compiled_and_plain_give_the_same_stream() -> None:
    numba = pytest.importorskip("numba")
    from epidot.growth.kmc import kernel

    @numba.njit
    def draw(state: np.ndarray, n: int) -> np.ndarray:
        out = np.empty(n)
        for i in range(n):
            out[i] = uniform(state)
        return out

    uniform = kernel.uniform
    a, b = stream.seeded(7), stream.seeded(7)
    compiled = draw(a, 1000)
    assert [next_float(b) for _ in range(1000)] == compiled.tolist()
    assert np.array_equal(a, b)
    assert compiled.min() >= 0
    assert compiled.max() < 1


def test_seeds_differ_and_repeat() -> None:
    states = [tuple(stream.seeded(s)) for s in range(50)]
    assert len(set(states)) == 50
    assert tuple(stream.seeded(17)) == states[17]
