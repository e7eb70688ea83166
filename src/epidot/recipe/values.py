"""The values of a recipe: text with a unit, names, counts, and the limits of what a flask can hold.

Each kind is a type with the function that reads one place of the document as such a value; what is wrong
becomes a fault of that place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from epidot.documents import Entry

# What a flask can hold (internal units): outside these a value is a slip of the pen, not chemistry.
_RANGE: dict[str, tuple[float, float, str]] = {
    "temperature": (193.15, 773.15, "-80 °C to 500 °C"),
    "ramp": (1e-5, 50.0, "up to 50 °C/s"),
    "time": (1e-3, 1e7, "1 ms to 100 days"),
    "amount": (1e-15, 1e3, "1 fmol to 1 kmol"),
    "volume": (1e-12, 1e3, "1 pL to 1 m³"),
    "mass": (1e-12, 1e6, "1 pg to 1 t"),
    "concentration": (1e-12, 100.0, "1 pM to 100 M"),
    "flow": (1e-15, 1.0, "up to 1 L/s"),
    "pressure": (1e-6, 1e7, "1 µPa to 100 bar"),
    "density": (0.05, 25.0, "0.05 to 25 g/mL"),
    "fraction": (0.0, 1.0, "0 % to 100 %"),
}


def _quantity(kind: str, *limits: Any) -> Callable[[Entry], float]:
    """Text with a unit of ``kind``; ``limits`` are the lowest and highest value, and both in words."""
    low, high, said = limits or _RANGE[kind]
    return lambda entry: entry.quantity(kind, low, high, span=said)


def _pressure(entry: Entry) -> str:
    """A pressure as it was written: it is told, not computed with."""
    entry.quantity("pressure", *_RANGE["pressure"][:2], span=_RANGE["pressure"][2])
    return entry.text()


def _text(longest: int | None = None, forbidden: str = "") -> Callable[[Entry], str]:
    def read(entry: Entry) -> str:
        found = entry.text()
        if not found and isinstance(entry.value, str):
            entry.refuse("must be text")
        elif longest is not None and len(found) > longest:
            entry.fault(f"{entry.name} is longer than {longest} characters", seen=found[:60])
        elif forbidden and re.search(forbidden, found):
            entry.refuse("has characters that a name must not have")
        return found

    return read


def _number(most: float) -> Callable[[Entry], float]:
    def read(entry: Entry) -> float:
        found = entry.number(0.0, most)
        if found == 0 and entry.value == 0:
            entry.refuse("must be more than zero")
        return found

    return read


def _medium(entry: Entry) -> dict[str, float]:
    """What a solution is made with: one solvent, or solvents with their parts by volume."""
    if isinstance(entry.value, str) and entry.value.strip():
        return {entry.value.strip(): 1.0}
    if isinstance(entry.value, dict) and entry.value:
        return {name: _number(1e4)(part) for name, part in entry.table(entry.name).items()}
    what = f"{entry.name}: expected a solvent or solvents with parts by volume"
    entry.fault(what, seen=entry.value, remedy='write e.g. "ODE" or {OAm: 2, ODE: 13}')
    return {}


def _names(entry: Entry) -> tuple[str, ...]:
    rows = [entry] if isinstance(entry.value, str) else entry.rows(entry.name)
    return tuple(_text(80, r"[\x00-\x1f]")(row) for row in rows)


def _version(entry: Entry) -> int:
    if entry.value != 1 or isinstance(entry.value, bool):
        entry.fault(f"{entry.name}: not one of the choices", seen=entry.value, nearest=("1",))
    return 1


Temperature = Annotated[float, _quantity("temperature")]
Ramp = Annotated[float, _quantity("ramp")]
Time = Annotated[float, _quantity("time")]
Amount = Annotated[float, _quantity("amount")]
Volume = Annotated[float, _quantity("volume")]
Mass = Annotated[float, _quantity("mass")]
Concentration = Annotated[float, _quantity("concentration")]
Flow = Annotated[float, _quantity("flow")]
Pressure = Annotated[str, _pressure]
Density = Annotated[float, _quantity("density")]
Fraction = Annotated[float, _quantity("fraction")]
Spread = Annotated[float, _quantity("fraction", 0.0, 0.5, "0 % to 50 %")]
Diameter = Annotated[float, _quantity("length", 1.0, 20.0, "1 nm to 20 nm")]
Exciton = Annotated[float, _quantity("length", 200.0, 3000.0, "200 nm to 3000 nm")]
Thickness = Annotated[float, _quantity("length", 0.01, 20.0, "0.01 nm to 20 nm")]
Layers = Annotated[float, _number(50.0)]
Units = Annotated[float, lambda entry: entry.number(0.0, 1e5)]  # of oxide, per dot
Text = Annotated[str, _text()]
Formula = Annotated[str, _text(60)]
Name = Annotated[str, _text(80, r"[\x00-\x1f]")]
SampleName = Annotated[str, _text(60, r"[\x00-\x1f/\\]")]
Count = Annotated[int, lambda entry: entry.whole(1, 20)]
Medium = Annotated[dict[str, float], _medium]
Names = Annotated[tuple[str, ...], _names]
Flag = Annotated[bool, Entry.flag]
Version = Annotated[int, _version]
