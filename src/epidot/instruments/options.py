"""The options of an instrument's verbs: declared once, checked once, the same for Python and command line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from epidot.errors import Fault, InputError, nearest
from epidot.signal import Signal

OptionKind = Literal["number", "integer", "text", "texts", "file", "flag", "choice", "standard"]
Settings = dict[str, Any]
OWN = "own choice"
CALIBRATE = "calibrate_against"


@dataclass(frozen=True)
class Option:
    """One option of a verb; ``default=None`` means that it has none.

    ``name`` is the Python name (``irf``, ``period_ns``); the command line shows it with dashes.  In Python
    an option answers to its name with its unit too, a text may be given as a number, and a file as the
    signal read from it.  ``needs`` names the option without which this one would do nothing: given alone
    it is refused.  In a folder, a ``file`` whose name has one of the words ``beside`` is taken for it.
    """

    name: str
    kind: OptionKind
    unit: str
    default: Any
    description: str
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()
    source: str = OWN
    needs: str = ""
    beside: tuple[str, ...] = ()


def number(
    name: str,
    unit: str,
    default: float | None,
    description: str,
    low: float = -math.inf,
    high: float = math.inf,
    source: str = OWN,
    needs: str = "",
) -> Option:
    """A number between ``low`` and ``high``."""
    return Option(name, "number", unit, default, description, low, high, source=source, needs=needs)


def integer(
    name: str,
    default: int | None,
    description: str,
    low: float,
    high: float,
    source: str = OWN,
    needs: str = "",
) -> Option:
    """A whole number between ``low`` and ``high``."""
    return Option(name, "integer", "", default, description, low, high, source=source, needs=needs)


def choice(name: str, choices: tuple[str, ...], default: str | None, description: str) -> Option:
    """One of ``choices``."""
    return Option(name, "choice", "", default, description, choices=choices)


def text(name: str, unit: str, description: str, needs: str = "") -> Option:
    """Words, or values in ``unit`` written as words; none by default."""
    return Option(name, "text", unit, None, description, needs=needs)


def texts(name: str, description: str) -> Option:
    """Words that may be given several times; none by default."""
    return Option(name, "texts", "", None, description)


def limits(fix: str, bound: str, shared: str) -> tuple[Option, ...]:
    """What a fit is told about its parameters; the texts are examples."""
    return (
        texts("fix", f"parameters held at a value, as {fix}"),
        texts("bound", f"parameters kept in a range, as {bound}"),
        texts("shared", f"parameters that all curves have in common, as {shared}"),
    )


def file(name: str, description: str, beside: tuple[str, ...] = ()) -> Option:
    """A file, none by default."""
    return Option(name, "file", "", None, description, beside=beside)


def flag(name: str, description: str) -> Option:
    """Yes or no, by default no."""
    return Option(name, "flag", "", False, description)


def standard(names: tuple[str, ...]) -> Option:
    """One of the standards ``names`` and the file (or signal) that shows it; none by default."""
    description = "set the axis right by a file that shows this standard; its error goes into all others"
    return Option(CALIBRATE, "standard", "", None, description, choices=names)


def settled(declared: Iterable[Option], given: Mapping[str, Any] | None, verb: str) -> Settings:
    """``given`` completed by the defaults and checked against the declarations.

    Raises
    ------
    InputError
        With every unknown name, wrong type, value out of range, and option that would do nothing alone.
    """
    known = {option.name: option for option in declared}
    with_unit = {f"{option.name}_{option.unit}": option for option in known.values()}
    out: Settings = {name: option.default for name, option in known.items()}
    faults: list[Fault] = []
    for name, value in (given or {}).items():
        option = known.get(name) or with_unit.get(name)
        if option is None:
            faults.append(Fault(f"unknown option of {verb}", seen=name, nearest=nearest(name, known)))
            continue
        if value is None:
            continue
        if option.kind == "text" and isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        if option.kind == "texts" and (isinstance(value, str) or not isinstance(value, Iterable)):
            value = [value]
        fault = _check(option, value, verb)
        if fault is not None:
            faults.append(fault)
        out[option.name] = value
    for option in known.values():
        other = known.get(option.needs)
        if other is not None and _at_rest(other, out) and not _at_rest(option, out):
            what = f"option {option.name} of {verb} does nothing without {other.name}"
            faults.append(
                Fault(what, seen=str(out[option.name]), remedy=f"give {other.name}, or leave it out")
            )
    if faults:
        raise InputError(faults)
    return out


def refuse_given(
    declared: Iterable[Option], chosen: Settings, verb: str, why: str, where: str, apart: tuple[str, ...] = ()
) -> None:
    """Options that would do nothing here are refused, but for those named ``apart``.

    Raises
    ------
    InputError
        With every option of ``declared`` that was given.
    """
    faults = [
        Fault(
            f"option {option.name} of {verb} does nothing: {why}",
            where,
            seen=str(chosen[option.name]),
            remedy="leave it out",
        )
        for option in declared
        if option.name not in apart and not _at_rest(option, chosen)
    ]
    if faults:
        raise InputError(faults)


def _at_rest(option: Option, chosen: Settings) -> bool:
    """Whether it was not given, or at its default."""
    value = chosen[option.name]
    return value is None or (not isinstance(value, Signal) and value == option.default)


def _check(option: Option, value: Any, verb: str) -> Fault | None:
    label = f"option {option.name} of {verb}"
    if option.kind in ("number", "integer"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return Fault(f"{label} must be a number", seen=str(value))
        if not math.isfinite(value):
            return Fault(f"{label} must be a finite number", seen=str(value))
        if option.kind == "integer" and int(value) != value:
            return Fault(f"{label} must be a whole number", seen=str(value))
        if not option.low <= value <= option.high:
            return Fault(
                f"{label} is outside {option.low:g} to {option.high:g} {option.unit}".rstrip(),
                seen=str(value),
            )
    if option.kind == "flag" and not isinstance(value, bool):
        return Fault(f"{label} is yes or no", seen=str(value), nearest=("True", "False"))
    if option.kind == "file" and not isinstance(value, (str, Path, Signal)):
        return Fault(f"{label} must be a file or a signal", seen=type(value).__name__)
    if option.kind == "text" and not isinstance(value, (str, Path)):
        return Fault(f"{label} must be text", seen=str(value))
    if option.kind == "texts" and not all(isinstance(one, str) for one in value):
        return Fault(f"{label} must be text, or several texts", seen=str(value))
    if option.kind == "standard":
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            return Fault(f"{label} takes a standard and a file", seen=str(value), nearest=option.choices)
        value, shown = value
        if not isinstance(shown, (str, Path, Signal)):
            return Fault(f"{label}: the second must be a file or a signal", seen=type(shown).__name__)
    if option.kind in ("choice", "standard") and value not in option.choices:
        return Fault(f"{label} is not a choice", seen=str(value), nearest=nearest(str(value), option.choices))
    return None
