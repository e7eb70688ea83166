"""Compilation by numba, imported only where a compiled kernel is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

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


@intrinsic  # type: ignore[untyped-decorator]
def ahead(typing_context: Any, array: Any, row: Any) -> Any:
    """Ask memory for ``array[row]`` (of one or two dimensions; its first number) without waiting for it.

    Nothing is computed, so nothing can change: a flask of dots is larger than the caches, and what an event
    will touch is known some time before it is touched.
    """
    if not (isinstance(array, types.Array) and isinstance(row, types.Integer)):
        return None

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = signature.args[0]
        whole = context.make_array(kind)(context, builder, given[0])
        at = context.cast(builder, given[1], signature.args[1], types.intp)
        indices = [at] + [context.get_constant(types.intp, 0)] * (kind.ndim - 1)
        place = cgutils.get_item_pointer(context, builder, kind, whole, indices, wraparound=False)
        byte = builder.bitcast(place, cgutils.voidptr_t)
        number = cgutils.int32_t
        name = "llvm.prefetch.p0" if str(byte.type) == "ptr" else "llvm.prefetch.p0i8"
        signature_of = ir.FunctionType(ir.VoidType(), [byte.type, number, number, number])
        fetch = cgutils.get_or_insert_function(builder.module, signature_of, name)
        to_write, near, data = number(1), number(3), number(1)
        builder.call(fetch, [byte, to_write, near, data])
        return context.get_dummy_value()

    return types.void(array, row), generate
