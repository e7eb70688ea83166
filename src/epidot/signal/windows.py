"""Ranges of the axis written as text: ``"440-460"``, ``"440-460, 523-530"`` or ``"-40:-20 ppm"``."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError

_NUMBER = r"(-?[0-9]{1,7}(?:\.[0-9]{0,6})?)"
_RANGE = re.compile(rf"\s*{_NUMBER}\s*(?:-|–|:|\.\.|to)\s*{_NUMBER}\s*(?P<unit>.*?)\s*")


def ranges(text: str, option: str, unit: str = "nm") -> tuple[tuple[float, float], ...]:
    """The ranges (low, high) in ``text``, in the ``unit`` of the axis.

    Raises
    ------
    InputError
        If it cannot be read, a range is empty or written in another unit.
    """
    out: list[tuple[float, float]] = []
    for part in str(text).split(","):
        match = _RANGE.fullmatch(part[:60])
        if match is None or match["unit"] not in ("", unit) or not float(match[1]) < float(match[2]):
            raise InputError(
                f"option {option} is not a range in {unit}",
                seen=part.strip()[:60],
                remedy=f"write low-high in {unit}, the lower first, several separated by commas",
            )
        out.append((float(match[1]), float(match[2])))
    return tuple(out)


def off(x: NDArray[np.float64], text: str | None, option: str, unit: str = "nm") -> list[str]:
    """One warning for each range in ``text`` in which no point of ``x`` (n,) lies."""
    if text is None or not x.size:
        return []
    there = f"the spectrum runs from {x[0]:g} to {x[-1]:g} {unit}"
    return [
        f"{option} {low:g}-{high:g} {unit} holds no reading: {there}"
        for low, high in ranges(text, option, unit)
        if not np.any(inside(x, ((low, high),)))
    ]


def inside(x: NDArray[np.float64], parts: tuple[tuple[float, float], ...]) -> NDArray[np.bool_]:
    """Which points of ``x`` lie in any of the ranges, shape of ``x``."""
    out = np.zeros(x.shape, dtype=np.bool_)
    for low, high in parts:
        out |= (x >= low) & (x <= high)
    return out
