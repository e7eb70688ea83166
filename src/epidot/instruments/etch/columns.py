"""Heads of etch tables: which quantity a column holds and in which unit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from epidot.errors import nearest
from epidot.instruments.etch.profile import HALIDES, METALS

ELEMENTS = (*HALIDES, *METALS)
_WORDS = {
    "round": "round, etch, etching, cycle, step, etch round, etching cycle, etching round, no, nr, n, #",
    "diameter": "diameter, tem, tem diameter, size, d, diameter after, mean diameter",
    "depth": "depth, etched depth, etch depth, depth removed, total depth",
    "thickness": "thickness, removed, thickness removed, etched thickness, step thickness",
    "volume_removed": "volume, volume removed, removed volume, v",
    "temperature": "temperature, t, temp, treatment temperature, sample temperature",
    "profile": "sample, profile, name, batch",
    "solution": "solution, supernatant, solution volume, supernatant volume",
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split(", ")}
_SPELT = {
    "Cl": "chloride chlorine", "Br": "bromide bromine", "I": "iodide iodine", "F": "fluoride fluorine",
    "In": "indium", "Zn": "zinc", "Se": "selenium", "S": "sulfur sulphur", "P": "phosphorus", "Cd": "cadmium",
}  # fmt: skip
_NAMES = {word: element for element, words in _SPELT.items() for word in words.split()}
# What a number is, its factor to nmol, nmol per dot-nmol, or mg per litre, and the units of it.
_UNITS = (
    ("nmol", 1.0, "nmol"),
    ("nmol", 1e3, "µmol, umol, μmol"),
    ("nmol", 1e6, "mmol"),
    ("nmol", 1e9, "mol"),
    ("nmol", 1e-3, "pmol"),
    ("per dot", 1.0, "ions/dot, per dot, /dot, atoms/dot, ions per dot, /qd, per qd"),
    ("mg/L", 1.0, "ppm, mg/l"),
    ("mg/L", 1e-3, "ppb, µg/l, ug/l"),
)
AMOUNTS = {unit: (kind, factor) for kind, factor, units in _UNITS for unit in units.split(", ")}
LENGTHS = {"nm": 1.0, "å": 0.1, "a": 0.1, "angstrom": 0.1, "µm": 1e3}
_UNIT = re.compile(
    r"^(?P<name>.*?)\s*(?:\(\s*(?P<a>[^()]*)\s*\)|\[\s*(?P<b>[^\[\]]*)\s*\]|\s/\s*(?P<c>.+))\s*$"
)
_SUFFIX = re.compile(
    r"^(?P<name>.+?)[ _](?P<unit>nmol|umol|µmol|mmol|nm3|nm|ppm|ppb|C|K|°C|mL|per_dot|per dot)$"
)
_ERROR = re.compile(r"^(?P<of>.+?)[ _]?(?:sigma|sd|std|error|err|\+/-|±|uncertainty)$", re.IGNORECASE)
_ERROR_FRONT = re.compile(r"^(?:sigma|sd|std|error|err|σ|±)[ _(]*(?P<of>[A-Za-z]+)\)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Head:
    """What one column holds: ``kind`` (a word of the table above, or ``amount``), element, unit."""

    kind: str
    unit: str
    element: str = ""
    error: bool = False


def head(cell: str) -> Head | None:
    """The meaning of a column's head; ``None`` if it is not understood."""
    text = " ".join(cell.strip().strip("\"'").split())
    name, unit = _split(text)
    for pattern in (_ERROR, _ERROR_FRONT):
        match = pattern.match(name)
        if match and (inner := head(match["of"])) is not None and inner.kind == "amount":
            return Head("amount", unit or inner.unit, inner.element, error=True)
    word = name.lower().replace("_", " ").strip()
    if word in _KINDS:
        return Head(_KINDS[word], unit)
    found = element(name)
    return None if found is None else Head("amount", unit, found)


def element(name: str) -> str | None:
    """``Br``, ``Br-``, ``Br⁻``, ``bromide``, ``n(Br)``, ``Br content`` -> ``Br``."""
    bare = re.sub(r"(?i)\b(content|amount|concentration|conc\.?|ion|ions|ic|icp)\b", " ", name)
    bare = re.sub(r"^n\((.*)\)$", r"\1", bare.strip()).strip(" _-–−⁻+²³⁺0123456789")
    if bare.lower() in _NAMES:
        return _NAMES[bare.lower()]
    return bare if bare in ELEMENTS else None


def _split(text: str) -> tuple[str, str]:
    match = _UNIT.match(text)
    if match and match["name"].strip():
        return match["name"].strip(), (match["a"] or match["b"] or match["c"] or "").strip()
    match = _SUFFIX.match(text)
    if match:
        return match["name"].strip(" _"), match["unit"].replace("_", " ")
    return text, ""


def known() -> Iterable[str]:
    """Heads to suggest when one is not understood."""
    units = {"round": "", "diameter": " (nm)", "depth": " (nm)", "thickness": " (nm)", "temperature": " (°C)"}
    return [
        *(f"{k}{u}" for k, u in units.items()),
        "volume removed (nm3)",
        "sample",
        *(f"{e} (nmol)" for e in ELEMENTS),
    ]


def suggestion(cell: str) -> tuple[str, ...]:
    """The nearest known heads."""
    return nearest(cell, known())
