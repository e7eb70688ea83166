"""What a fit is told about its parameters: held at a value, kept in a range, shared between curves."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from epidot import units
from epidot.errors import Fault, InputError, nearest

Search = Literal["plain", "log", "square"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_VALUE = re.compile(rf"({_NUMBER})\s*([^\d\s:].*?)?")
_KINDS = {"ns": ("time", 1e9), "nm": ("length", 1.0), "eV": ("energy", 1.0)}
_ONE_CURVE = re.compile(r"(.+)\[(\d+)\]")
_SUFFIXES = r"_(?:ns|nm|eV|per_ns|per_eV)"


@dataclass(frozen=True)
class Term:
    """One parameter of a model: name, unit, where its search starts, its domain and how it is searched.

    ``low`` and ``high`` belong to the domain where they are finite.  ``value`` is taken, and not fitted,
    while ``held`` and no bounds are asked for.
    """

    name: str
    unit: str
    value: float
    low: float
    high: float
    search: Search = "plain"
    held: bool = False

    @property
    def domain(self) -> str:
        """The domain in words, in numbers that lie inside it."""
        low, high = _shown(self.low, math.ceil), _shown(self.high, math.floor)
        unit = "" if self.unit == "1" else f" {self.unit}"
        if math.isfinite(self.low) and math.isfinite(self.high):
            return f"{low} to {high}{unit}"
        return f"{low}{unit} or more" if math.isfinite(self.low) else "any number"


def _shown(value: float, towards: Callable[[float], int]) -> str:
    """``value`` to four digits, rounded ``towards``: up for the low end of a domain, down for the other."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 3)
    return f"{towards(round(value / unit, 6)) * unit:.4g}"


@dataclass(frozen=True)
class Limits:
    """``fixed`` values, ``bounds`` (low, high) and ``shared`` parameters, by the names they were given.

    A name may leave out its unit (``tau1`` for ``tau1_ns``) and end in ``[2]`` for the second curve alone.
    Numbers are in the parameter's own unit, or a text with a unit (``"4.2 ns"``).
    """

    fixed: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    shared: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.fixed or self.bounds or self.shared)


def parsed(fix: Iterable[str], bound: Iterable[str], shared: Iterable[str]) -> Limits:
    """From texts ``tau1=4.2ns``, ``tau2=10:80ns`` and ``tau1,tau2``; several may stand in one, after commas.

    Raises
    ------
    InputError
        With every text that is not of that form, and every name that is told twice.
    """
    faults: list[Fault] = []
    fixed: dict[str, str] = {}
    bounds: dict[str, tuple[str, str]] = {}
    for text in _each(fix):
        name, _, value = (part.strip() for part in text.partition("="))
        if not (name and value):
            faults.append(Fault("cannot read what is to be fixed", seen=text, remedy="write e.g. tau1=4.2ns"))
        elif name in fixed:
            faults.append(Fault(f"{name} is fixed twice", seen=text))
        fixed[name] = value
    for text in _each(bound):
        name, _, value = (part.strip() for part in text.partition("="))
        low, _, high = (part.strip() for part in value.partition(":"))
        if not (name and low and high):
            faults.append(Fault("cannot read a bound", seen=text, remedy="write e.g. tau2=10:80ns"))
        elif name in bounds or name in fixed:
            faults.append(Fault(f"{name} is bounded twice, or fixed and bounded", seen=text))
        unit = _VALUE.fullmatch(high)
        if re.fullmatch(_NUMBER, low) and unit and unit[2]:
            low = f"{low} {unit[2]}"  # 10:80ns: the unit stands once
        bounds[name] = (low, high)
    if faults:
        raise InputError(faults)
    return Limits(fixed, bounds, _each(shared))


def asked(chosen: Mapping[str, Any], curves: int) -> Limits:
    """From the options ``fix``, ``bound`` and ``shared`` of a fit of so many curves.

    Raises
    ------
    InputError
        As :func:`parsed`; also if something is to be shared by one curve.
    """
    limits = parsed(chosen["fix"] or (), chosen["bound"] or (), chosen["shared"] or ())
    if limits.shared and curves == 1:
        raise InputError("nothing can be shared: there is one curve", seen=", ".join(limits.shared))
    return limits


def _each(texts: Iterable[str]) -> list[str]:
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def number(value: str, unit: str, name: str) -> float:
    """``value`` in the parameter's own ``unit``.

    Raises
    ------
    InputError
        If it is no number, or in another unit.
    """
    found = _VALUE.fullmatch(value.strip())
    if found is None or not math.isfinite(float(found[1])):
        what = f"{name} is to be a number"
        raise InputError(what, seen=value, remedy=f"write a number{f' in {unit}' if unit else ''}")
    if not found[2] or found[2] == unit:
        return float(found[1])
    if unit not in _KINDS:
        raise InputError(f"{name} has no such unit", seen=value, remedy=f"give it in {unit or 'no unit'}")
    kind, factor = _KINDS[unit]
    return units.parse(value, kind) * factor


def meant(name: str, known: Sequence[str], curves: int) -> tuple[str, int | None]:
    """The parameter that ``name`` means, and the curve (from 0) where it means that of one alone.

    Raises
    ------
    InputError
        If there is none.
    """
    alone = _ONE_CURVE.fullmatch(name)
    base = alone[1] if alone else name
    which = int(alone[2]) - 1 if alone else None
    if which is not None and not 0 <= which < curves:
        raise InputError("there is no such curve", seen=name, remedy=f"{curves} were given")
    if base in known:
        return base, which
    with_unit = [k for k in known if re.fullmatch(re.escape(base) + _SUFFIXES, k)]
    if len(with_unit) == 1:
        return with_unit[0], which
    raise InputError(Fault("the model has no such parameter", seen=name, nearest=nearest(base, known)))


@dataclass(frozen=True)
class Placed:
    """Limits of the parameters ``names`` of several curves of one model, settled.

    ``shared`` holds the shared names; ``held`` and ``bounds`` are by (name, curve).
    """

    shared: frozenset[str]
    held: Mapping[tuple[str, int], float]
    bounds: Mapping[tuple[str, int], tuple[float, float]]


def placed(limits: Limits, each: Sequence[Sequence[Term]]) -> Placed:
    """``limits`` for curves of one model, each with its own parameters.

    Raises
    ------
    InputError
        With every name that the model does not have, every value that is no number, in another unit or
        outside the parameter's domain, and every empty range.
    """
    faults: list[Fault] = []
    known = {t.name: t for own in reversed(each) for t in own}
    names = [t.name for t in each[0]] if each else []
    shared: set[str] = set()
    held: dict[tuple[str, int], float] = {}
    bounds: dict[tuple[str, int], tuple[float, float]] = {}
    for name in limits.shared:
        try:
            base, which = meant(name, names, len(each))
            if which is not None:
                raise InputError("what is shared belongs to all curves", seen=name, remedy=f"write {base}")
            shared.add(base)
        except InputError as error:
            faults += error.faults
    told: dict[tuple[str, int], str] = {}
    texts = {n: (v, v) for n, v in limits.fixed.items()} | dict(limits.bounds)
    for name, (first, last) in texts.items():
        try:
            base, which = meant(name, names, len(each))
            low, high = (number(v, known[base].unit, base) for v in (first, last))
            if name in limits.bounds and not low < high:
                raise InputError(f"the bounds of {base} hold nothing", seen=f"{first}:{last}")
            if which is not None and base in shared:
                what = f"{base} is shared: it cannot be limited for one curve alone"
                raise InputError(what, seen=name, remedy=f"write {base}")
            curves = range(len(each)) if which is None else (which,)
            for k in curves:
                term = next(t for t in each[k] if t.name == base)
                _refuse_outside(term, name, limits, low, high)
            before = next((told[base, k] for k in curves if (base, k) in told), None)
            if before is not None:
                what = f"{base} is fixed or bounded twice"
                raise InputError(what, seen=f"{before} and {name}", remedy="say it once")
            told |= {(base, k): name for k in curves}
        except InputError as error:
            faults += error.faults
            continue
        for k in curves:
            if name in limits.fixed:
                held[base, k] = low
            else:
                bounds[base, k] = (low, high)
    if faults:
        raise InputError(faults)
    return Placed(frozenset(shared), held, bounds)


def _refuse_outside(term: Term, name: str, limits: Limits, low: float, high: float) -> None:
    """Refuse what ``name`` is held at, or kept between, if the model has no such values.

    Raises
    ------
    InputError
        Naming the domain.
    """
    if term.low <= low and high <= term.high:
        return
    if name in limits.fixed:
        seen, remedy = f"{name}={limits.fixed[name]}", "give a value inside it, or leave it free"
    else:
        seen = f"{name}={':'.join(limits.bounds[name])}"
        inside = max(low, term.low), min(high, term.high)
        ends = (_shown(inside[0], math.ceil), _shown(inside[1], math.floor))
        overlaps = inside[0] < inside[1]
        remedy = f"write {name}={':'.join(ends)}" if overlaps else "give a range inside it, or leave it free"
    raise InputError(f"{term.name} lies outside its domain, {term.domain}", seen=seen, remedy=remedy)


def within(value: float, bounds: tuple[float, float]) -> float:
    """``value``, moved into ``bounds`` with a little room to both sides where it is not inside."""
    low, high = bounds
    if low < value < high:
        return value
    if math.isfinite(low) and math.isfinite(high):
        return 0.5 * (low + high) if low <= 0 else math.sqrt(low * high)
    return low + abs(low) * 0.1 if math.isfinite(low) else high - abs(high) * 0.1
