"""What the lines above a table say of it: ``delta: 2 ms``, ``Delta = 50 ms``, ``nucleus: 31P``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from epidot.errors import InputError
from epidot.matter.nuclei import nucleus

_MS = {"s": 1e3, "sec": 1e3, "ms": 1.0, "msec": 1.0, "us": 1e-3, "usec": 1e-3, "µs": 1e-3, "μs": 1e-3}
_LINE = re.compile(r"[\s#%;!\"'$]*(?P<key>[^:=,;\t]*[^\s:=,;\t])\s*[:=,;\t]\s*(?P<value>.*\S)")
_NUMBER = re.compile(r"[\s,;\"']*(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)[\s,;\"']*(?P<unit>[a-zA-Zµμ]*)")
_UNIT_IN_KEY = re.compile(
    r"(?P<name>.*?)[\s_]*[(\[/ _]\s*(?P<unit>s|sec|ms|msec|us|usec|µs|μs|K|°C|C)\s*[)\]]?$"
)
_PULSE = (
    "little delta", "small delta", "pulse length", "gradient length", "gradient duration",
    "gradient pulse length", "gradient pulse duration", "gradient pulse width", "length of gradient pulse",
)  # fmt: skip
_TIME = ("big delta", "large delta", "diffusion time", "diffusion delay")
_TEMPERATURES = ("temperature", "temp", "t", "te")


@dataclass(frozen=True)
class Stated:
    """``times`` / ms by the names of the options, ``nucleus``, ``solvent`` and ``temperature_K`` (else
    ``None``), the lines that say a time without its unit, and those that say a temperature of no liquid."""

    times: dict[str, float] = field(default_factory=dict)
    nucleus: str | None = None
    solvent: str | None = None
    temperature_K: float | None = None
    without_unit: tuple[str, ...] = ()
    no_temperature: tuple[str, ...] = ()


def stated(header: Iterable[str]) -> Stated:
    """What the lines of a head say.

    δ and Δ are often told apart by the capital alone, so a lone ``Delta`` may be either: it is taken for the
    diffusion time where another line says how long the pulse is.
    """
    times: dict[str, float] = {}
    words: dict[str, str] = {}
    kelvin: float | None = None
    bare: list[str] = []
    cold: list[str] = []
    doubtful: float | None = None
    for line in header:
        hit = _LINE.match(line)
        if hit is None:
            continue
        name, unit = _name(hit["key"])
        if name.lower() in ("nucleus", "observed nucleus", "solvent"):
            words.setdefault(name.lower().split()[-1], re.split(r"[,;\t]", hit["value"])[0].strip(" \"'"))
            continue
        number = _NUMBER.match(hit["value"])
        if number is None:
            continue
        value, unit = float(number["number"]), unit or number["unit"]
        if name.lower() in _TEMPERATURES:
            found = _kelvin(value, unit)
            kelvin = kelvin or found
            if found is None and name.lower() not in ("t", "te"):  # a letter alone may be anything
                cold.append(line.strip())
            continue
        which = _which(name)
        if which is None:
            continue
        if unit.lower() not in _MS:
            bare.append(line.strip())
        elif which == "either":
            doubtful = value * _MS[unit.lower()]
        else:
            times.setdefault(which, value * _MS[unit.lower()])
    if doubtful is not None and "delta_ms" in times:
        times.setdefault("big_delta_ms", doubtful)
    return Stated(
        times,
        _nucleus(words.get("nucleus", "")),
        words.get("solvent") or None,
        kelvin,
        tuple(bare),
        tuple(cold),
    )


def _name(key: str) -> tuple[str, str]:
    """A key without the unit it may hold, and that."""
    hit = _UNIT_IN_KEY.match(key)
    name, unit = (hit["name"], hit["unit"]) if hit and hit["name"] else (key, "")
    return " ".join(name.replace("_", " ").split()), unit


def _which(name: str) -> str | None:
    if name in ("delta", "δ"):
        return "delta_ms"
    if name == "Δ":
        return "big_delta_ms"
    if name in ("Delta", "DELTA"):
        return "either"
    if name.lower() in _PULSE:
        return "delta_ms"
    return "big_delta_ms" if name.lower() in _TIME else None


def _kelvin(value: float, unit: str) -> float | None:
    kelvin = {"k": value, "c": value + 273.15, "°c": value + 273.15}.get(unit.lower())
    return kelvin if kelvin is not None and 150 <= kelvin <= 500 else None


def _nucleus(name: str) -> str | None:
    try:
        return nucleus(name.replace("-", "")).name
    except InputError:
        return None
