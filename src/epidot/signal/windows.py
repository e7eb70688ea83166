"""Ranges of the axis written as text: ``"440-460"`` or ``"440-460, 523-530"``."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError

_RANGE = re.compile(
    r"\s*([0-9]{1,7}(?:\.[0-9]{0,6})?)\s*(?:-|–|:|\.\.|to)\s*([0-9]{1,7}(?:\.[0-9]{0,6})?)\s*(?:nm)?\s*"
)


def ranges(text: str, option: str) -> tuple[tuple[float, float], ...]:
    """The ranges (low, high) in ``text``.

    Raises
    ------
    InputError
        If it cannot be read or a range is empty.
    """
    out: list[tuple[float, float]] = []
    for part in str(text).split(","):
        match = _RANGE.fullmatch(part[:60])
        if match is None or not float(match[1]) < float(match[2]):
            raise InputError(
                f"option {option} is not a range of wavelengths",
                seen=part.strip()[:60],
                remedy='write low-high in nm, e.g. "440-460", several separated by commas',
            )
        out.append((float(match[1]), float(match[2])))
    return tuple(out)


def off(x: NDArray[np.float64], text: str | None, option: str, unit: str = "nm") -> list[str]:
    """One warning for each range in ``text`` in which no point of ``x`` (n,) lies."""
    if text is None or not x.size:
        return []
    return [
        f"{option} {low:g}-{high:g} {unit} holds no reading: the spectrum runs from {x[0]:g} to {x[-1]:g} nm"
        for low, high in ranges(text, option)
        if not np.any(inside(x, ((low, high),)))
    ]


def inside(x: NDArray[np.float64], parts: tuple[tuple[float, float], ...]) -> NDArray[np.bool_]:
    """Which points of ``x`` lie in any of the ranges, shape of ``x``."""
    out = np.zeros(x.shape, dtype=np.bool_)
    for low, high in parts:
        out |= (x >= low) & (x <= high)
    return out
