"""Compilation by numba, imported only where a compiled kernel is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


# The kernels allocate nothing, so numba's counting of references, which costs several times the work itself
# in the innermost loop, is switched off where this version of numba knows how.
_BARE: tuple[dict[str, bool], ...] = ({"_nrt": False}, {})


def entry(function: F) -> F:
    """Compile a kernel that Python calls; without fast-math, so that sums are taken in the order written.

    It lets other threads of Python run meanwhile: runs that share nothing go on side by side.
    """
    for bare in _BARE:
        for kept in ({"cache": True}, {}):  # on disk, unless there is nowhere to keep it
            try:
                return cast(F, numba.njit(no_cfunc_wrapper=True, nogil=True, **kept, **bare)(function))
            except (RuntimeError, KeyError, TypeError):
                continue
    return function


def part(function: F) -> F:
    """Compile a part of a kernel, only ever called by compiled code."""
    for bare in _BARE:
        try:
            return cast(F, numba.njit(no_cfunc_wrapper=True, no_cpython_wrapper=True, **bare)(function))
        except (KeyError, TypeError):
            continue
    return function


def spliced(function: F) -> F:
    """As :func:`part`, but written into its caller: to hand over many arrays costs more than a small task."""
    for bare in _BARE:
        try:
            return cast(F, numba.njit(inline="always", **bare)(function))
        except (KeyError, TypeError):
            continue
    return function
