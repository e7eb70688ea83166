"""JEOL's .jdf -> decays or spectra, by nmrglue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from epidot.constants import ZERO_CELSIUS
from epidot.errors import InputError
from epidot.instruments.nmr.decays import Decays, between, number, without_filter

# As JEOL calls its channels; some files say 1H instead.
_CALLED = {"proton": "1H", "carbon": "13C", "fluorine": "19F", "phosphorus": "31P", "selenium": "77Se",
           "cadmium": "113Cd"}  # fmt: skip
_RAW = (
    "raw data of JEOL carry the axis of the pulse, not of a standard (1.4 ppm off for 13C in methanol): "
    "set it right with reference"
)


def jeol(library: Any, file: Path) -> Decays:
    """Raw data, or a real or complex spectrum that Delta made.

    Raises
    ------
    InputError
        If the file has another dimension than one, or an axis that is neither time nor shift.
    """
    head, values = library.jeol.read(str(file))
    rows = np.atleast_2d(np.asarray(values, dtype=np.complex128))
    told, said = head["parameters"], head["header"]
    MHz, width = float(told["x_freq"]) / 1e6, float(told["x_sweep"])
    unit = said["units"][0][2]
    celsius = number(told.get("temp_get"))
    common: dict[str, Any] = {
        "MHz": MHz,
        "nucleus": _nucleus(str(told.get("x_domain", ""))),
        "temperature_K": None if celsius is None else celsius + ZERO_CELSIUS,
        "solvent": str(told.get("solvent", "")),
    }
    if unit == "ppm":
        first, last = (float(said[key][0]) for key in ("data_axis_start", "data_axis_stop"))
        rows = rows[:, ::-1] if first > last else rows
        wide, middle = between(min(first, last), max(first, last), rows, MHz)
        return Decays(rows, wide, middle_ppm=middle, spectra=True, **common)
    if unit != "second":
        what = "a JEOL file whose axis is neither a time nor a shift"
        raise InputError(what, str(file), seen=str(unit), remedy="export JCAMP-DX or text")
    filtered = str(told.get("digital_filter", "")).upper() == "TRUE"
    delay = _delay(str(told.get("orders", "")), str(told.get("factors", ""))) if filtered else 0.0
    rows = without_filter(library, rows, delay)
    return Decays(rows, width, middle_ppm=float(told["x_offset"]), warnings=(_RAW,), **common)


def _nucleus(domain: str) -> str:
    name, mass = domain.rstrip("0123456789"), domain[len(domain.rstrip("0123456789")) :]
    known = _CALLED.get(name.lower())
    return known if known and known.startswith(mass) else domain


def _delay(orders: str, factors: str) -> float:
    """Points by which a cascade of filters is late.

    ``orders`` holds their number and then the taps of each, ``factors`` by how much each thins out the
    points.  A symmetric filter of N taps is late by (N - 1)/2 of the points that go into it.
    """
    stages = int(orders[:1] or 0)
    if not stages or (len(orders) - 1) % stages or len(factors) != stages:
        return 0.0
    digits = (len(orders) - 1) // stages
    late = 0.0
    for i in range(stages):
        taps = int(orders[1 + i * digits : 1 + (i + 1) * digits])
        late += (taps - 1) / 2 / float(np.prod([int(f) for f in factors[i:]]))
    return late
