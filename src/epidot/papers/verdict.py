"""How a verdict is given: value and printed number in, a word out.

The rules are few and the same for every claim (docs/claims.md states them for readers).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args

import numpy as np

Verdict = Literal[
    "reproduced", "within rounding", "nearly", "not decided", "not as stated", "conflict", "not yet"
]
VERDICTS: tuple[str, ...] = get_args(Verdict)
HOLDS: tuple[Verdict, ...] = ("reproduced", "within rounding", "nearly")
_WORST_LAST: tuple[Verdict, ...] = ("reproduced", "within rounding", "nearly", "not as stated", "conflict")

EXACT = 1e-9  # relative: the same number up to floating-point noise
NEAR_PRINTED = 0.10  # no band stated: "sign and size right" is within a tenth of the printed number
NEAR_LIMIT = 0.25  # one-sided band: within a quarter of its limit


@dataclass(frozen=True)
class Target:
    """What a value is held against.

    ``expect`` is the paper's number (with its digits in ``printed``), ``band`` the stated range with
    ``None`` for an open side, ``follows`` is ``False`` where the paper's own inputs are known not to
    give the printed number.
    """

    expect: float | None = None
    printed: str = ""
    band: tuple[float | None, float | None] | None = None
    follows: bool = True


def rounding(printed: str) -> float:
    """Half a unit of the last digit printed: 0.5 for ``149``, 0.05 for ``4.0``, 0 for no number."""
    try:
        exponent = Decimal(printed.strip()).as_tuple().exponent
    except InvalidOperation:
        return 0.0
    return 0.5 * 10.0**exponent if isinstance(exponent, int) else 0.0


def verdict(
    value: Any, target: Target | Sequence[Target], sigma: float | Sequence[float | None] | None = None
) -> Verdict:
    """The verdict on ``value``: a number, a truth value, or a list with one target each (the worst counts).

    ``sigma`` is one standard error for all members of a list, or one for each.

    Raises
    ------
    ValueError
        If the value is not finite, or the numbers of values and targets differ.
    """
    if isinstance(value, (list, tuple, np.ndarray)):
        targets = [target] * len(value) if isinstance(target, Target) else list(target)
        if len(targets) != len(value) or not targets:
            raise ValueError(f"{len(value)} values but {len(targets)} targets")
        errors = list(sigma) if isinstance(sigma, Sequence) else [sigma] * len(value)
        each = zip(value, targets, errors, strict=True)
        return max((verdict(v, t, s) for v, t, s in each), key=_WORST_LAST.index)
    if not isinstance(target, Target) or isinstance(sigma, Sequence):
        raise ValueError("one value needs one target and one error")
    if isinstance(value, (bool, np.bool_)):
        return "reproduced" if value else ("conflict" if target.follows else "not as stated")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"the value is {number}")
    return _of_number(number, target, sigma or 0.0)


def shows(value: Any, target: Target | Sequence[Target]) -> bool:
    """Whether a control shows what is claimed of the real thing: all of it, and by more than nothing.

    A value that stands at the limit of a one-sided band shows no trend: a difference of zero, a ratio of one.

    Raises
    ------
    ValueError
        As :func:`verdict` does.
    """
    if verdict(value, target) not in ("reproduced", "within rounding"):
        return False
    values = list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]
    targets = [target] * len(values) if isinstance(target, Target) else list(target)
    return not any(_at_its_limit(v, t) for v, t in zip(values, targets, strict=True))


def _at_its_limit(value: Any, target: Target) -> bool:
    if isinstance(value, (bool, np.bool_)) or target.band is None or None not in target.band:
        return False
    low, high = target.band
    limit = high if low is None else low
    return limit is not None and math.isclose(float(value), limit, rel_tol=EXACT, abs_tol=EXACT)


def _of_number(value: float, target: Target, sigma: float) -> Verdict:
    if target.band is not None:
        low, high = target.band
        slack = EXACT * max(abs(low or 0.0), abs(high or 0.0))
        below = 0.0 if low is None else max(0.0, low - value)
        above = 0.0 if high is None else max(0.0, value - high)
        if max(below, above) <= slack:
            return "reproduced"
        if not target.follows:
            return "not as stated"
        if low is not None and high is not None:
            margin, same_sign = (high - low) / 2, not (low > 0 > value or high < 0 < value)
        else:
            limit = high if low is None else low
            assert limit is not None  # a band has at least one side
            margin, same_sign = NEAR_LIMIT * abs(limit), limit * value >= 0
        return "nearly" if same_sign and max(below, above) <= max(margin, 2 * sigma) else "conflict"
    if target.expect is None:
        raise ValueError("a number needs a printed number or a band to be held against")
    off = abs(value - target.expect)
    if off <= EXACT * abs(target.expect):
        return "reproduced"
    if off <= (rounding(target.printed) + sigma) * (1 + EXACT):
        return "within rounding"
    if not target.follows:
        return "not as stated"
    near = value * target.expect > 0 and off <= max(NEAR_PRINTED * abs(target.expect), 2 * sigma)
    return "nearly" if near else "conflict"
