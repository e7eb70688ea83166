"""Text with units, parsed at the edges only; inside epidot every number is in nm, s, K, eV, mol, L.

Temperatures and heating rates have rules of their own: pint turns ``"5 °C/min"`` into
278.15 K/min, so they never reach it.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

from epidot import kept
from epidot.constants import ZERO_CELSIUS
from epidot.errors import InputError

# kind -> (internal unit as pint spells it, how a user writes it)
KINDS: dict[str, tuple[str, str]] = {
    "temperature": ("K", "200 °C"),
    "ramp": ("K/s", "10 °C/min"),
    "time": ("s", "30 min"),
    "amount": ("mol", "0.4 mmol"),
    "volume": ("L", "5 mL"),
    "mass": ("g", "12 mg"),
    "concentration": ("mol/L", "0.5 M"),
    "flow": ("L/s", "4 mL/h"),
    "molar_flow": ("mol/s", "1 mmol/min"),
    "length": ("nm", "3.3 nm"),
    "energy": ("eV", "1.2 eV"),
    "pressure": ("Pa", "100 mTorr"),
    "frequency": ("Hz", "1 MHz"),
    "molar_mass": ("g/mol", "628 g/mol"),
    "density": ("g/mL", "0.86 g/mL"),
    "fraction": ("", "48 %"),
}

_NUMBER = r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
_QUANTITY = re.compile(rf"^\s*(?P<number>{_NUMBER})\s*(?P<unit>.*?)\s*$")
_CELSIUS = re.compile(r"^(?:°\s?C|deg\s?C|degree_?s?\s?C(?:elsius)?|celsius|C)$", re.IGNORECASE)
_KELVIN = re.compile(r"^(?:K|kelvin)$", re.IGNORECASE)
_RAMP = re.compile(
    r"^(?P<degree>.+?)\s*(?:/|\bper\b)\s*(?P<time>s|sec|second|min|minute|h|hr|hour)s?$", re.IGNORECASE
)
_RAMP_POWER = re.compile(r"^(?P<degree>\S+)\s+(?P<time>s|min|h)\^?-1$", re.IGNORECASE)
_SECONDS = {
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
    "hour": 3600.0,
}


# The closed vocabulary of units, in pint's own notation (prefixes m, u, n ... apply to the short names).
# A registry of these few lines is built in milliseconds; pint's full one takes most of a second.
_UNITS = """
milli- = 1e-3 = m-
micro- = 1e-6 = u-
nano- = 1e-9 = n-
pico- = 1e-12 = p-
kilo- = 1e3 = k-
mega- = 1e6 = M-
giga- = 1e9 = G-
centi- = 1e-2 = c-
deci- = 1e-1 = d-
meter = [length] = m = metre
second = [time] = s = sec
gram = [mass] = g
mole = [amount] = mol
coulomb = [charge] = C_
angstrom = 1e-10 * meter = Å = ångström = Ang = A
minute = 60 * second = min
hour = 60 * minute = h = hr
day = 24 * hour = d
hertz = 1 / second = Hz
liter = 1e-3 * meter ** 3 = l = L = litre
molar = mole / liter = M
joule = 1e3 * gram * meter ** 2 / second ** 2 = J
calorie = 4.184 * joule = cal
electron_volt = 1.602176634e-19 * joule = eV
pascal = 1e3 * gram / meter / second ** 2 = Pa
bar = 1e5 * pascal
atmosphere = 101325 * pascal = atm
torr = 133.32236842105263 * pascal = Torr
"""


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint  # imported only when a file is read

    registry = pint.UnitRegistry(None)
    registry.load_definitions([line for line in _UNITS.splitlines() if line])
    return registry


def parse(text: str, kind: str) -> float:
    """The value of ``text`` (for instance ``"0.4 mmol"``) in the internal unit of ``kind``.

    Raises
    ------
    InputError
        If the text is not a number with a unit of that kind.
    """
    internal, example = KINDS[kind]
    match = _QUANTITY.match(text)
    if match is None:
        raise _fault(kind, text, f'write a number and a unit, e.g. "{example}"')
    number = float(match["number"].replace(",", "."))
    unit = match["unit"]
    if not math.isfinite(number):
        raise _fault(kind, text, "write a finite number")
    if not unit and kind != "fraction":
        raise _fault(kind, text, f'it needs a unit, e.g. "{example}"')
    if kind == "temperature":
        return _temperature(number, unit, text)
    if kind == "ramp":
        return _ramp(number, unit, text)
    if kind == "fraction":
        if unit not in ("", "%"):
            raise _fault(kind, text, f'write a plain number or a percentage, e.g. "{example}"')
        return number / 100 if unit == "%" else number
    return _convert(number, unit, internal, kind, text)


def _convert(number: float, unit: str, internal: str, kind: str, text: str) -> float:
    if unit == internal:  # for which pint, a fifth of a second to load, is not needed
        return number
    try:
        return number * _factor(unit, internal)
    except Exception as error:  # pint raises many kinds for text it cannot read
        what = f"unit of {kind}" if type(error).__name__ == "DimensionalityError" else "known unit"
        remedy = f'{unit!r} is not a {what}; write e.g. "{KINDS[kind][1]}"'
        raise _fault(kind, text, remedy) from None


@lru_cache(maxsize=256)
def _factor(unit: str, internal: str) -> float:
    """How many of the internal unit one ``unit`` is, by pint."""
    made_of = (_UNITS.encode(), unit.encode("utf-8", "surrogatepass"), internal.encode())
    found = kept.recall(*made_of)
    if isinstance(found, float):
        return found
    registry = _registry()
    # The Angstrom, micro and litre signs users type, in the spelling pint reads.
    one = registry.Quantity(1.0, registry.parse_units(unit.replace("µ", "u").replace("μ", "u")))
    factor = float(one.to(internal).magnitude)
    kept.keep(factor, *made_of)
    return factor


def _temperature(number: float, unit: str, text: str) -> float:
    if _CELSIUS.match(unit):
        kelvin = number + ZERO_CELSIUS
    elif _KELVIN.match(unit):
        kelvin = number
    else:
        raise _fault(
            "temperature", text, f'{unit!r} is not a temperature scale; write e.g. "200 °C" or "473 K"'
        )
    if kelvin <= 0:
        raise _fault("temperature", text, "it is at or below absolute zero")
    return kelvin


def _ramp(number: float, unit: str, text: str) -> float:
    match = _RAMP.match(unit) or _RAMP_POWER.match(unit)
    if match is None or not (
        _CELSIUS.match(match["degree"].strip()) or _KELVIN.match(match["degree"].strip())
    ):
        raise _fault("ramp", text, 'write degrees per time, e.g. "10 °C/min"')
    return number / _SECONDS[match["time"].lower()]


def _fault(kind: str, text: str, remedy: str) -> InputError:
    return InputError(f"cannot read this {kind.replace('_', ' ')}", seen=text, remedy=remedy)


def in_unit(unit: str) -> str:
    """A unit as it stands behind a number; nothing of the unit ``1``."""
    return "" if unit in ("", "1") else f" {unit}"


def celsius(kelvin: float) -> float:
    """Degrees Celsius, for showing to people."""
    return kelvin - ZERO_CELSIUS
