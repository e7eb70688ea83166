"""Plain arithmetic, lists, and physical constants."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from epidot.errors import InputError, nearest
from epidot.papers.words.registry import Function, NoValue, word


def _note(name: str, function: Function, said: str) -> None:
    def call(*args: Any) -> Any:
        return function(*args)

    call.__doc__ = said
    word(name)(call)


_note("abs", np.abs, "Size without sign.")
_note("min", np.min, "Least of a list.")
_note("max", np.max, "Greatest of a list.")
_note("sqrt", math.sqrt, "Square root.")
_note("exp", math.exp, "Exponential.")
_note("log", math.log, "Natural logarithm.")
_note("cos", math.cos, "Cosine (radians).")
_note("asin", math.asin, "Inverse sine (radians).")
_note("degrees", math.degrees, "Radians to degrees.")
_note("rising", lambda xs: bool(np.all(np.diff(xs) > 0)), "Whether each member is above the one before.")
_note("falling", lambda xs: bool(np.all(np.diff(xs) < 0)), "Whether each member is below the one before.")
_note("spread", lambda xs: float(np.ptp(xs) / np.mean(xs)), "Greatest minus least, over the mean.")


@word("crossing")
def crossing(x: Any, y: Any, level: float) -> float:
    """Where y first passes a level on its way up, on straight lines between the points."""
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    for i in range(xs.size - 1):
        if ys[i] < level <= ys[i + 1]:
            return float(xs[i] + (level - ys[i]) / (ys[i + 1] - ys[i]) * (xs[i + 1] - xs[i]))
    raise NoValue(f"{', '.join(f'{v:.3f}' for v in ys)} never pass {level:g}")


@word("constant")
def constant(name: str) -> float:
    """A physical constant by its name in epidot.constants (internal units)."""
    from epidot import constants

    known = [n for n in vars(constants) if n.isupper()]
    if name not in known:
        raise InputError("no such constant", seen=name, nearest=nearest(name, known))
    return float(getattr(constants, name))
