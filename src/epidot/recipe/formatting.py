"""Amounts, volumes, times and temperatures as a chemist writes them."""

from __future__ import annotations

from collections.abc import Sequence

from epidot.units import celsius

# From which value on a prefix is used: 0.05 mL and 0.16 mmol, but 220 nmol and 6.7 µmol.
_PREFIXES = ((0.5, 1.0, ""), (1e-5, 1e-3, "m"), (1e-6, 1e-6, "µ"), (1e-9, 1e-9, "n"), (0.0, 1e-12, "p"))


def amount(mol: float) -> str:
    """``0.00016`` mol as ``0.16 mmol``."""
    return _prefixed(mol, "mol")


def volume(litre: float) -> str:
    """``0.005`` L as ``5 mL``."""
    return _prefixed(litre, "L")


def duration(seconds: float) -> str:
    """``1800`` s as ``30 min``."""
    if seconds >= 7200 and seconds % 1800 == 0:
        return f"{seconds / 3600:.4g} h"
    return f"{seconds / 60:.4g} min" if seconds >= 60 else f"{seconds:.4g} s"


def temperature(kelvin: float) -> str:
    """``473.15`` K as ``200 °C``."""
    return f"{round(celsius(kelvin), 2):.6g} °C"


def ramp(kelvin_per_s: float) -> str:
    """``1/6`` K/s as ``10 °C/min``."""
    return f"{abs(kelvin_per_s) * 60:.4g} °C/min"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines of text, column below column."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _prefixed(value: float, unit: str) -> str:
    for least, scale, prefix in _PREFIXES:
        if abs(value) >= least * (1 - 1e-9):
            return f"{value / scale:.4g} {prefix}{unit}"
    return f"{value:.4g} {unit}"
