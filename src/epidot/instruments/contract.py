"""What every instrument declares at the top of its file, and its four verbs.

Command line options, documentation tables and contract tests are generated from the declarations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from epidot.dot.layers import LayeredDot, Population
from epidot.errors import Fault, InputError, nearest
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal

OptionKind = Literal["number", "integer", "text", "file", "flag", "choice"]


@dataclass(frozen=True)
class Option:
    """One option of a verb; ``default=None`` means that it has none.

    ``name`` is the Python name (``irf``, ``period_ns``); the command line shows it with dashes.
    """

    name: str
    kind: OptionKind
    unit: str
    default: Any
    description: str
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()
    source: str = "own choice"


@dataclass(frozen=True)
class Reported:
    """One quantity that ``measure`` may return."""

    name: str
    unit: str
    description: str


@dataclass(frozen=True)
class Header:
    """The declaration at the top of an instrument's file (its module-level name is ``HEADER``).

    ``marks`` tell which files are this instrument's: (``start`` | ``head`` | ``name``, text, weight) for
    the first bytes, the first kilobytes (any case) and the file's name.
    """

    name: str
    title: str
    x_axis: str
    y_axis: str
    formats: tuple[str, ...]
    quantities: tuple[Reported, ...]
    read_options: tuple[Option, ...] = ()
    setup: tuple[Option, ...] = ()
    measure_options: tuple[Option, ...] = ()
    fit_models: tuple[str, ...] = ()
    marks: tuple[tuple[str, str, float], ...] = ()
    checks: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)


class Instrument(Protocol):
    """The four verbs; nothing else of an instrument's module is public."""

    HEADER: Header

    def read(self, path: str | Path, **options: Any) -> Signal: ...

    def simulate(
        self,
        dots: Population | Iterable[LayeredDot],
        setup: Mapping[str, Any] | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> Signal: ...

    def measure(self, signal: Signal, **options: Any) -> Quantities: ...

    def fit(self, signal: Signal, model: str | None = None, **options: Any) -> Fit: ...


def settled(declared: Iterable[Option], given: Mapping[str, Any] | None, verb: str) -> dict[str, Any]:
    """``given`` completed by the defaults and checked against the declarations.

    Raises
    ------
    InputError
        With every unknown name, wrong type and value out of range.
    """
    known = {option.name: option for option in declared}
    out: dict[str, Any] = {name: option.default for name, option in known.items()}
    faults: list[Fault] = []
    for name, value in (given or {}).items():
        option = known.get(name)
        if option is None:
            faults.append(Fault(f"unknown option of {verb}", seen=name, nearest=nearest(name, known)))
            continue
        if value is None:
            continue
        fault = _check(option, value, verb)
        if fault is not None:
            faults.append(fault)
        out[name] = value
    if faults:
        raise InputError(faults)
    return out


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
    if option.kind in ("text", "file") and not isinstance(value, (str, Path)):
        return Fault(f"{label} must be text", seen=str(value))
    if option.kind == "choice" and value not in option.choices:
        return Fault(f"{label} is not a choice", seen=str(value), nearest=nearest(str(value), option.choices))
    return None
