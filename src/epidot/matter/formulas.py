"""Chemical formulas: counts of elements and molar masses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from epidot.documents import cite, data_document
from epidot.errors import InputError, nearest

_TOKEN = re.compile(r"(?P<element>[A-Z][a-z]?)|(?P<open>\()|(?P<close>\))")
_COUNT = re.compile(r"\d+(?:\.\d+)?|\.\d+")


@lru_cache(maxsize=1)
def atomic_weights() -> Mapping[str, float]:
    """Standard atomic weight in g/mol by symbol (``data/elements.yaml``)."""
    return {str(k): float(v) for k, v in data_document("elements.yaml").data["weights"].items()}


def weights_source() -> str:
    """The reference of :func:`atomic_weights`."""
    return cite(str(data_document("elements.yaml").data["source"]))


def elements(formula: str, *, zero: bool = False) -> dict[str, float]:
    """Count of each element in ``formula``, e.g. ``Zn(C18H33O2)2`` or ``ZnSe0.5S0.5``.

    ``zero`` also lets through a count of 0, as of the end ``ZnSe1S0`` of a mixed crystal.

    Raises
    ------
    InputError
        If the text is not a formula or has an element that epidot's table lacks.
    """
    counts, end = _group(formula, 0, 0, zero)
    if end != len(formula) or not counts:
        raise _fault(formula, "write element symbols and numbers, e.g. Zn(C18H33O2)2")
    unknown = [symbol for symbol in counts if symbol not in atomic_weights()]
    if unknown:
        raise InputError(
            f"unknown element in the formula {formula}",
            seen=", ".join(unknown),
            nearest=nearest(unknown[0], atomic_weights()),
        )
    return counts


def molar_mass(formula: str) -> float:
    """Molar mass of ``formula`` in g/mol; errors as :func:`elements`."""
    weights = atomic_weights()
    return sum(n * weights[symbol] for symbol, n in elements(formula).items())


def _group(text: str, start: int, depth: int, zero: bool) -> tuple[dict[str, float], int]:
    """The counts from ``start`` to the end of this bracket, and the place after it."""
    counts: dict[str, float] = {}
    at = start
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or depth > 8:
            raise _fault(text, f"nothing readable at {text[at:]!r}")
        at = match.end()
        if match["close"]:
            if depth == 0 or not counts:
                raise _fault(text, "its brackets do not match")
            return counts, at
        if match["open"]:
            inner, at = _group(text, at, depth + 1, zero)
        else:
            inner = {match["element"]: 1.0}
        number = _COUNT.match(text, at)
        if number is not None:
            at = number.end()
        times = 1.0 if number is None else float(number[0])
        if times <= 0 and not zero:
            raise _fault(text, "a count must be above zero")
        for symbol, n in inner.items():
            counts[symbol] = counts.get(symbol, 0.0) + n * times
    if depth:
        raise _fault(text, "its brackets do not match")
    return counts, at


def _fault(formula: str, remedy: str) -> InputError:
    return InputError("cannot read this chemical formula", seen=formula, remedy=remedy)
