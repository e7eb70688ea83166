"""A file with a diffusion measurement -> Signal: tables of gradients and intensities, Bruker's raw data.

What the equation needs and a file does not say is asked for by name, with the place in the vendors'
parameters where it stands.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from epidot.errors import Fault, InputError
from epidot.instruments.dosy.gradients import WHERE, sequence_b
from epidot.instruments.dosy.laws import LEAST
from epidot.instruments.dosy.stated import stated
from epidot.instruments.options import Settings
from epidot.matter.nuclei import nucleus, one_nucleus
from epidot.signal import Signal
from epidot.signal.decoding import file_bytes
from epidot.signal.headings import numbers_rows
from epidot.signal.table import Table
from epidot.signal.text import parse_table
from epidot.signal.trace import Trace, trace

Array = NDArray[np.float64]

_TESLA = {"T/m": 1.0, "mT/m": 1e-3, "G/cm": 1e-2}
# Diffusion probes are sold with up to 30 T/m (own choice of a limit: a little beyond).
_STRONGEST = 40.0
# A single letter may be the name of a line: it heads an axis with its unit behind it only.
_GRADIENT = re.compile(r"grad|^\s*g\b.*(T/m|G/cm)", re.IGNORECASE)
_B = re.compile(r"^\s*b\b.*\bs\b|^\s*b[ _-]?values?\b", re.IGNORECASE)
_B_UNITS = {"s/m2": 1.0, "s/mm2": 1e6, "s/cm2": 1e4}


def read_decay(path: str | Path, chosen: Settings) -> Signal:
    """The decay of one line.

    Raises
    ------
    InputError
        If the file cannot be used, or something is missing.
    """
    file = Path(path)
    if file.name.lower() == "ser":
        from epidot.instruments.dosy.bruker import read_bruker

        return read_bruker(file, chosen)
    return _table(file_bytes(path), str(path), chosen)


def _table(raw: bytes, where: str, chosen: Settings) -> Signal:
    table = _by_heads(parse_table(raw, where))
    found = trace(table, chosen["column"], least=LEAST, any_order=True)
    head = " ".join([*found.meta["header"], found.x_name, found.x_unit])
    meta = {k: found.meta[k] for k in ("column", "columns", "column_number", "header")}
    file = stated(found.meta["header"])
    # What sizes need stands above either table alike.
    meta |= {k: v for k, v in (("solvent", file.solvent), ("temperature_K", file.temperature_K)) if v}
    found = replace(found, warnings=found.warnings + _no_temperature(file.no_temperature))
    unit = next((u for u in _B_UNITS if _says(u, head)), None)
    if unit is not None and re.match(r"\s*b\b", found.x_name, re.IGNORECASE):
        idle = [n for n in ("delta_ms", "big_delta_ms", "nucleus", "gradient_unit") if chosen[n] is not None]
        idle += [n for n, plain in (("shape", "rectangle"), ("tau_ms", 0.0)) if chosen[n] != plain]
        if idle:
            what = f"this table is one of b: {', '.join(idle)} would do nothing"
            raise InputError(what, where, seen=found.x_name, remedy="leave it out, or name the gradients")
        return _signal(found, found.x * _B_UNITS[unit], where, meta)
    named = _GRADIENT.search(found.x_name) or re.match(r"\s*g\b", found.x_name, re.IGNORECASE)
    said_unit = next((u for u in ("mT/m", "T/m", "G/cm") if _says(u, head)), None)
    if found.x_unit or not (named or said_unit or chosen["gradient_unit"]):
        raise InputError(
            "the axis is neither a gradient nor b", where, seen=f"{found.x_name} {found.x_unit}".strip(),
            remedy='head the column "gradient (G/cm)" or "b (s/m2)", or give gradient_unit; percent of the '
            "amplifier must be turned into T/m first",
        )  # fmt: skip
    gradient_unit = chosen["gradient_unit"] or said_unit
    times = file.times | {n: chosen[n] for n in ("delta_ms", "big_delta_ms") if chosen[n] is not None}
    needed = {n: times.get(n) for n in ("delta_ms", "big_delta_ms")} | {"gradient_unit": gradient_unit}
    if not all(needed.values()):
        raise InputError(
            _missing(name, file.without_unit, where)
            if there is None
            else Fault(
                f"{'the option ' * (chosen[name] is not None)}{name} must be above zero", where, seen="0"
            )
            for name, there in needed.items()
            if not there
        )
    warnings = found.warnings + tuple(
        f"the file says {n} {file.times[n]:g}, the option {chosen[n]:g}: the option was taken"
        for n in file.times
        if not math.isclose(times[n], file.times[n], rel_tol=1e-6)
    )
    if said_unit not in (None, gradient_unit):
        warnings += (f"the file says {said_unit}, the option {gradient_unit}: the option was taken",)
    asked = None if chosen["nucleus"] is None else nucleus(chosen["nucleus"]).name
    said = one_nucleus(asked, () if file.nucleus is None else (file.nucleus,), where)
    if not said:
        said = "1H"
        warnings = (
            *warnings,
            "nobody said which nucleus: 1H is assumed (13C would make D 15.8 times larger)",
        )
    g = found.x * _TESLA[str(gradient_unit)]
    if not np.max(np.abs(g)) < _STRONGEST:
        raise InputError(
            f"no probe has gradients of {float(np.max(np.abs(g))):.3g} T/m", where,
            seen=f"{found.x_name} up to {found.x[-1]:g} {gradient_unit}",
            nearest=(f"below {_STRONGEST:g} T/m",),
            remedy="is the unit right, and is this the column of gradients rather than that of intensities?",
        )  # fmt: skip
    b = sequence_b(g, nucleus(said).name, times["delta_ms"], times["big_delta_ms"], chosen)
    meta |= {"gradient_T_per_m": g.tolist(), "nucleus": nucleus(said).name}
    return _signal(replace(found, warnings=warnings), b, where, meta)


def _no_temperature(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f"'{line}' was not taken: a temperature needs its unit, K or °C, and a liquid has 150 to 500 K"
        for line in lines
    )


def _missing(name: str, without_unit: tuple[str, ...], where: str) -> Fault:
    """What the equation needs and nobody said."""
    if name == "gradient_unit":
        return Fault(f"{name} is not in the file", where, remedy=f"give the option {name} ({WHERE[name]})")
    line = {"delta_ms": "delta: 2 ms", "big_delta_ms": "Delta: 50 ms"}[name]
    bare = f"; a time needs its unit: {', '.join(without_unit)}" if without_unit else ""
    remedy = f"give the option {name} ({WHERE[name]}), or both times above the table as '{line}'{bare}"
    return Fault(f"{name} is not in the file", where, remedy=remedy)


def _by_heads(table: Table) -> Table:
    """The table with the column that its head calls a gradient or b as the axis, wherever it stands."""
    names = [column.name for column in table.columns]
    called = [i for i, name in enumerate(names) if _B.search(name)] or [
        i for i, name in enumerate(names) if _GRADIENT.search(name)
    ]
    if not called:
        return table
    values = [
        i
        for i, name in enumerate(names)
        if not (_B.search(name) or _GRADIENT.search(name) or (i < called[0] and numbers_rows(name, i)))
    ]
    return table.along(called[0], values) if values else table


def _says(unit: str, head: str) -> bool:
    plain = head.replace("²", "2").replace("^", "").replace("s m-2", "s/m2").replace("·", "")
    return re.search(rf"(?<![A-Za-z]){re.escape(unit)}(?![A-Za-z0-9])", plain) is not None


def _signal(found: Trace, b: Array, where: str, meta: dict[str, object]) -> Signal:
    if not (b[0] >= 0 and np.all(np.diff(b) > 0)):
        raise InputError("gradients below zero", where, seen=f"{found.x[0]:g}", remedy="give their sizes")
    return Signal(
        "dosy", b, found.y, "b", "s/m2", "intensity", "", "analog", "measured", source=where,
        warnings=found.warnings, meta=meta,
    )  # fmt: skip
