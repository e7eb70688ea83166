"""The values of a recipe: text with a unit, names, counts, and the limits of what a flask can hold."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from epidot import units
from epidot.errors import InputError

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


class Written(float):
    """A number in the internal unit that remembers how it was written."""

    text: str

    def __new__(cls, value: float, text: str) -> Written:
        self = super().__new__(cls, value)
        self.text = text
        return self

    def __reduce__(self) -> tuple[type[Written], tuple[float, str]]:
        return Written, (float(self), self.text)


def quantity(kind: str, low: float | None = None, high: float | None = None, span: str = "") -> Any:
    """A pydantic validator for text with a unit of ``kind`` (a key of :data:`epidot.units.KINDS`)."""
    default_low, default_high, default_span = _RANGE.get(kind, (-math.inf, math.inf, ""))
    least, most = default_low if low is None else low, default_high if high is None else high
    said = span or default_span
    word = kind.replace("_", " ")
    article = "an" if word[0] in "aeiou" else "a"

    def read(value: object) -> Written:
        if isinstance(value, Written):
            return value
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise _wrong(
                f"expected a {word}", value, f'write text with a unit, e.g. "{units.KINDS[kind][1]}"'
            )
        text = str(value)
        try:
            number = units.parse(text, kind)
        except InputError as error:
            fault = error.faults[0]
            raise _wrong(fault.what, fault.seen, fault.remedy) from None
        if kind != "fraction" and kind != "temperature" and number <= 0:
            raise _wrong(f"{article} {word} must be more than zero", text, None)
        # A part in 1e9 is allowed for the rounding of unit conversions at the ends of the range.
        if not least * (1 - 1e-9) <= number <= most * (1 + 1e-9):
            raise _wrong(f"{word} out of range", text, f"use {said}")
        return Written(number, text.strip())

    return BeforeValidator(read)


def _wrong(what: str, seen: object, remedy: str | None) -> PydanticCustomError:
    context = {"what": what, "seen": "" if seen is None else str(seen)[:60], "remedy": remedy or ""}
    return PydanticCustomError("epidot", "{what}", context)


def _name(value: object) -> object:
    """Names may look like numbers to YAML (``paper: 2023``)."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value


def _medium(value: object) -> object:
    """What a solution is made with: one solvent, or solvents with their parts by volume."""
    if isinstance(value, str) and value.strip():
        return {value.strip(): 1.0}
    if isinstance(value, dict) and value:
        return value
    raise _wrong(
        "expected a solvent or solvents with parts by volume", value, 'write e.g. "ODE" or {OAm: 2, ODE: 13}'
    )


def _names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Temperature = Annotated[Written, quantity("temperature")]
Ramp = Annotated[Written, quantity("ramp")]
Time = Annotated[Written, quantity("time")]
Amount = Annotated[Written, quantity("amount")]
Volume = Annotated[Written, quantity("volume")]
Mass = Annotated[Written, quantity("mass")]
Concentration = Annotated[Written, quantity("concentration")]
Flow = Annotated[Written, quantity("flow")]
Pressure = Annotated[Written, quantity("pressure")]
Density = Annotated[Written, quantity("density")]
Fraction = Annotated[Written, quantity("fraction")]
Spread = Annotated[Written, quantity("fraction", 0.0, 0.5, "0 % to 50 %")]
Diameter = Annotated[Written, quantity("length", 1.0, 30.0, "1 nm to 30 nm")]
Exciton = Annotated[Written, quantity("length", 200.0, 3000.0, "200 nm to 3000 nm")]
Thickness = Annotated[Written, quantity("length", 0.01, 20.0, "0.01 nm to 20 nm")]
Text = Annotated[str, BeforeValidator(_name), StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[Text, StringConstraints(max_length=80, pattern=r"^[^\x00-\x1f]+$")]
SampleName = Annotated[Text, StringConstraints(max_length=60, pattern=r"^[^\x00-\x1f/\\]+$")]
Count = Annotated[int, Field(strict=True, ge=1, le=20)]
Number = Annotated[float, Field(gt=0, le=1e4, allow_inf_nan=False)]
Medium = Annotated[dict[Name, Number], BeforeValidator(_medium)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_names)]
