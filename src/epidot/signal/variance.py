"""How readings scatter: the rule that their noise follows, and the standard errors that it gives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.signal.signal import NoiseKind, Signal

Array = NDArray[np.float64]

RULES = ("auto", "counts", "analog")  # what a reader may be asked to take
_FEW = 20.0  # whole numbers up to here may be anything that a head calls counts
_PER_SECOND = ("counts/s", "c/s", "cps")
_WHOLE = 1e-3  # of a count; beyond 1e6 counts what nine digits of a rate leave


class Scatter(NamedTuple):
    """Kind of noise, the ``live_time`` of a rate in s, and what is to be said of a rule that was taken."""

    kind: NoiseKind
    live_time: float | None = None
    said: tuple[str, ...] = ()


def scatter(
    y: Array,
    unit: str,
    asked: str,
    where: str,
    *,
    seconds: float | None = None,
    declared: bool = False,
    bare: bool = False,
) -> Scatter:
    """How readings ``y`` (n,) scatter: as one of ``RULES`` asks, or (``auto``) as file and values tell.

    Whole numbers in counts follow Poisson's law, and so do counts per second whose product with the
    ``seconds`` of a reading is whole numbers.  ``unit`` is what the file gives; ``declared`` says that its
    format states it, which a word in the head of a table does not.  ``bare``: whole numbers without any unit
    are counts for this technique.

    Raises
    ------
    InputError
        If counts are asked for and these are none.
    """
    whole = bool(np.all(y >= 0) and np.all(y == np.round(y)))
    if asked == "counts":
        refuse_no_counts(y, where)
        return Scatter("counts")
    if asked == "analog" or np.any(y < 0):
        return Scatter("analog")
    if unit.lower() in _PER_SECOND:
        if seconds is not None and seconds > 0:
            n = y * seconds
            if float(np.max(np.abs(n - np.round(n)))) < _WHOLE * max(1.0, 1e-6 * float(n.max())):
                return Scatter("rate", float(seconds))
        return Scatter("analog")
    counted = unit.lower() in ("counts", "count")
    if whole and counted and declared:
        return Scatter("counts")
    if whole and (counted or (bare and not unit)) and float(y.max()) > _FEW:
        how = " in counts" if counted else ""
        said = f"whole numbers{how}: the noise was taken to be Poisson's; state noise analog if it is not"
        return Scatter("counts", said=(said,))
    return Scatter("analog")


def refuse_no_counts(y: Array, where: str) -> None:
    """Values (n,) that cannot be counts.

    Raises
    ------
    InputError
        With the first of them.
    """
    wrong = (y < 0) | (y != np.round(y))
    if np.any(wrong):
        raise InputError(
            "these values are not counts (negative or not whole numbers)",
            where,
            seen=f"{y[np.argmax(wrong)]:g}",
            remedy="leave the option noise out",
        )


def standard_errors(signal: Signal, expected: Array) -> Array | None:
    """Standard error of every reading where ``expected`` (n,) is its mean; ``None`` where none is known.

    Of counts that of Poisson's law at the mean: taken from the counts themselves it would pull a fit down.
    """
    if signal.kind == "analog":
        return signal.known_sigma
    mean = np.maximum(expected * signal.seconds, 1.0)
    return np.asarray(np.sqrt(mean) / signal.seconds, dtype=np.float64)
