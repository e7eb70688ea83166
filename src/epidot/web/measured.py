"""The page of measurements: files of the folder, what is understood of them, and the papers' numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from epidot import instruments
from epidot.errors import EpidotError, InputError
from epidot.instruments import curve
from epidot.instruments import table as tables
from epidot.instruments.contract import Header
from epidot.instruments.many import measure_files
from epidot.instruments.options import Option
from epidot.instruments.recognise import recognised
from epidot.signal import Signal
from epidot.web import scripts
from epidot.web.lines import line
from epidot.web.sandbox import MOST_LISTED, Sandbox

MOST_SAID = 200  # characters of one thing that was understood


def listed(box: Sandbox) -> dict[str, Any]:
    """Files of the folder with the technique that their content tells; what no instrument reads, with why."""
    out = []
    for path in box.files():
        try:
            told = path.stat()
        except OSError:  # taken away meanwhile
            continue
        technique, why = _technique(str(path), told.st_size, told.st_mtime_ns)
        out.append({"name": box.name(path), "bytes": told.st_size, "technique": technique, "why": why})
    return {"files": out, "techniques": list(instruments.names())}


@lru_cache(maxsize=MOST_LISTED)
def _technique(path: str, size: int, changed: int) -> tuple[str | None, str]:
    """The technique of a file as it was at a moment, or why there is none."""
    try:
        return recognised(path)[0], ""
    except EpidotError as error:
        return None, str(error).replace(f"{path}: ", "")


def options(box: Sandbox, *, technique: str) -> dict[str, Any]:
    """What the instrument may be asked: the same options as of the command, with unit, range and default."""
    header = instruments.instrument(technique).HEADER
    return {
        "technique": technique,
        "title": header.title,
        "x_axis": header.x_axis,
        "y_axis": header.y_axis,
        "falls": header.falls,
        "decades": header.decades,
        "read": [_declared(o) for o in header.read_options],
        "measure": [_declared(o) for o in header.measure_options],
        "setup": [_declared(o) for o in header.setup],
    }


def looked_at(
    box: Sandbox, *, file: str, technique: str = "", reading: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What is understood of a file, and its curve."""
    path = box.data(file)
    name = technique or recognised(path)[0]
    device = instruments.instrument(name)
    signal = device.read(path, **_given(box, device.HEADER.read_options, reading))
    return {
        "file": file,
        "technique": name,
        "guessed": not technique,
        "understood": _understood(signal),
        "columns": [str(c) for c in signal.meta.get("columns") or ()],
        "warnings": list(signal.warnings),
        "curve": line(signal) if signal.rows is None else None,
    }


def measured(
    box: Sandbox,
    *,
    file: str,
    technique: str,
    reading: Mapping[str, Any] | None = None,
    measuring: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The papers' numbers of one file, the lines that were drawn through it, and how to repeat it."""
    device = instruments.instrument(technique)
    header = device.HEADER
    read, measure = _given(box, header.read_options, reading), _given(box, header.measure_options, measuring)
    signal = device.read(box.data(file), **read)
    found = device.measure(signal, **measure)
    words = _words(box, header, reading, measuring)
    return {
        "file": file,
        "technique": technique,
        "quantities": found.to_json()["quantities"],
        "warnings": list(found.warnings),
        "series": found.to_json().get("series", {}),
        "data": line(found.curves.get(curve.DATA, signal)) if signal.rows is None else None,
        "lines": {name: line(one) for name, one in curve.lines(found).items() if name != curve.DATA},
        "marks": {name: line(one) for name, one in curve.marks(found).items()},
        "command": scripts.command("measure", technique, file, *words),
        "python": scripts.of_measurement(technique, file, _said(reading), _said(measuring)),
        "csv": curve.to_csv([(file, signal, found)]) if signal.rows is None else "",
    }


def series(
    box: Sandbox,
    *,
    technique: str,
    names: Sequence[str],
    reading: Mapping[str, Any] | None = None,
    measuring: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One row for each file, all measured by one set-up."""
    if not names:
        raise InputError("no file is chosen", remedy="tick those that belong to the series")
    header = instruments.instrument(technique).HEADER
    given = {
        **_given(box, header.read_options, reading),
        **_given(box, header.measure_options, measuring),
    }
    rows = measure_files(technique, [box.data(name) for name in names], jobs=1, **given)
    words = _words(box, header, reading, measuring)
    told = tables.to_json(rows, technique)
    root = f"{box.root}/"
    for row in (*told["results"], *told["failed"]):
        row["file"] = row["file"].removeprefix(root)
    return {
        **told,
        "command": scripts.command("measure", technique, *names, *words, "-o", "series.csv"),
        "python": scripts.of_series(technique, names, {**_said(reading), **_said(measuring)}),
    }


def _words(
    box: Sandbox, header: Header, reading: Mapping[str, Any] | None, measuring: Mapping[str, Any] | None
) -> list[str]:
    declared = (*header.read_options, *header.measure_options)
    return scripts.flags({**_said(reading), **_said(measuring)}, declared)


def _said(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (given or {}).items() if value not in (None, "")}


def _given(box: Sandbox, declared: Sequence[Option], given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Options as the instrument takes them: names of files become files of the folder."""
    kinds = {option.name: option.kind for option in declared}
    out: dict[str, Any] = {}
    for name, value in _said(given).items():
        if kinds.get(name) == "file":
            value = box.data(str(value))
        elif kinds.get(name) == "standard":
            if not isinstance(value, list) or len(value) != 2:
                raise InputError("a standard and the file that shows it", seen=str(value)[:80])
            value = (str(value[0]), box.data(str(value[1])))
        out[name] = value
    return out


def _declared(option: Option) -> dict[str, Any]:
    return {
        "name": option.name,
        "kind": option.kind,
        "unit": option.unit,
        "default": option.default,
        "description": option.description,
        "low": option.low if np.isfinite(option.low) else None,
        "high": option.high if np.isfinite(option.high) else None,
        "choices": list(option.choices),
        "needs": option.needs,
    }


def _understood(signal: Signal) -> dict[str, str]:
    out = {
        "x axis": f"{signal.x_name} / {signal.x_unit}, {signal.x[0]:g} to {signal.x[-1]:g}",
        "y axis": f"{signal.y_name} / {signal.y_unit or '1'}, {signal.y.min():g} to {signal.y.max():g}",
        "points": str(len(signal)),
        "noise": signal.kind,
    }
    for key, value in signal.meta.items():
        told = str(value)
        if isinstance(value, list):
            told = ", ".join(map(str, value))
        elif isinstance(value, dict):
            told = "; ".join(f"{name}: {one}".replace("_", " ") for name, one in value.items())
        out[key.replace("_", " ")] = told if len(told) <= MOST_SAID else f"{told[: MOST_SAID - 3]}..."
    return out
