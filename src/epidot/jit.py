"""Compilation by numba, kept on disk; numba is imported only where a compiled kernel is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a kernel, without fast-math: sums are taken in the order written.

    ``compiled(f).py_func`` is the plain function again.
    """
    import numba

    for kept in ({"cache": True}, {}):  # on disk, unless there is nowhere to keep it
        try:
            return cast(F, numba.njit(error_model="numpy", **kept)(function))
        except RuntimeError:
            continue
    return function
