"""A file with a decay -> Signal: PicoHarp histograms, saved signals and text exports."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from epidot.errors import InputError
from epidot.instruments.tcspc import phd
from epidot.instruments.tcspc.exports import Export, export
from epidot.instruments.tcspc.record import read_period
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.vendor import vendor
from epidot.signal import Signal
from epidot.signal.decoding import decode, file_bytes
from epidot.signal.table import Table
from epidot.signal.text import parse_table

_UNITS_NS = {"s": 1e9, "ms": 1e6, "µs": 1e3, "ns": 1.0, "ps": 1e-3}
_PER_CHANNEL = re.compile(
    r"(?:\b(?P<unit1>ns|ps)\s*/\s*(?:bin|ch(?:an(?:nel)?)?)\b|time[ _-]*(?:calibration|per[ _-]*channel)"
    r"(?:\s*[\[(]?\s*(?P<unit2>ns|ps|s)\s*[\])]?)?)\D{0,12}?(?P<number>\d*\.?\d+(?:[eE][-+]?\d+)?)"
    r"(?:\s*(?P<unit3>ns|ps|s)\b)?",
    re.IGNORECASE,
)


def read_decay(
    path: str | Path,
    column: str | None = None,
    channel_ns: float | None = None,
    period: float | str | None = None,
    acquisition_s: float | None = None,
) -> Signal:
    """The decay (or the instrument response) in ``path``.

    Raises
    ------
    InputError
        If the file, the column or an option cannot be used, or the width of the channels is not known.
    """
    where = str(path)
    raw = file_bytes(path)
    if phd.is_phd(raw):
        found = _from_phd(raw, where, column)
    elif (binary := vendor(raw, where)) is not None:
        found = _from_export(binary, where, column, channel_ns)
    else:
        found = _from_text(raw, where, column, channel_ns)
    return restated(replace(found, source=where), period, acquisition_s)


def restated(signal: Signal, period: str | float | None, acquisition_s: float | None) -> Signal:
    """The decay with what the caller says of its period and its time of measurement.

    Raises
    ------
    InputError
        If ``period`` is none.
    """
    meta = dict(signal.meta)
    if period is not None:
        given = read_period(period)
        meta["period_ns"] = given if math.isfinite(given) else "none"
    if acquisition_s is not None:
        meta["acquisition_s"] = float(acquisition_s)
    return replace(signal, meta=meta)


def _from_phd(raw: bytes, where: str, column: str | None) -> Signal:
    if column is not None and not str(column).strip().isdigit():
        raise InputError(
            "a .phd file holds numbered curves", where, seen=str(column), remedy="give a number from 1"
        )
    curve = phd.read_curve(raw, where, int(str(column).strip()) if column is not None else 1)
    warnings = []
    said = phd.name_contradicts(where, curve.sync_rate_Hz)
    if said:
        warnings.append(said)
    if curve.curves > 1 and column is None:
        warnings.append(f"the first of {curve.curves} curves was read; choose with column")
    counts = curve.counts
    beyond = math.floor(curve.period_ns / curve.channel_ns)
    if beyond < 16:
        raise InputError(
            "the sync rate leaves fewer than 16 channels within a period",
            where,
            seen=f"{curve.sync_rate_Hz} Hz, channels of {curve.channel_ns:g} ns",
            remedy="one of the two in the header must be wrong",
        )
    if beyond < counts.size:
        lost = float(counts[beyond:].sum())
        warnings.append(
            f"the histogram is longer than the laser's period of {curve.period_ns:.5g} ns: "
            f"{counts.size - beyond} channels with {lost:.0f} counts beyond it were cut off"
        )
        counts = counts[:beyond]
    meta = {
        "format": "PicoHarp 300 .phd 2.0",
        "channel_ns": curve.channel_ns,
        "period_ns": curve.period_ns,
        "sync_rate_Hz": curve.sync_rate_Hz,
        "acquisition_s": curve.acquisition_s,
        "detector_rate_Hz": curve.detector_rate_Hz,
        "column": f"curve {column or 1}",
        "columns": [f"curve {n}" for n in range(1, curve.curves + 1)],
        "x_is": "lower edge of the channel",
    }
    return _signal(
        np.arange(counts.size, dtype=np.float64) * curve.channel_ns,
        counts,
        where,
        tuple(warnings),
        meta,
        counted=True,
    )


def _from_text(raw: bytes, where: str, column: str | None, channel_ns: float | None) -> Signal:
    text = decode(raw, where)
    head = "\n".join(text.lines[:200])
    if (several := export(text.lines, where)) is not None:
        return _from_export(several, where, column, channel_ns)
    stated = channel_ns if channel_ns is not None else _stated_width(head)
    single = _single_column(text.lines)
    if single is not None:
        if stated is None:
            raise _no_width(where, "a single column of counts")
        x = np.arange(single.size, dtype=np.float64) * stated
        warnings: tuple[str, ...] = ()
        if channel_ns is None:
            warnings = (f"the head of the file gives {stated:g} ns per channel",)
        meta: dict[str, Any] = {"format": "text, one column", "channel_ns": stated}
        return _signal(x, single, where, warnings, meta, counted=_whole(single))
    table = parse_table(raw, where)
    index = table.find(column)
    axis, values = table.columns[table.pairs[index]], table.columns[index]
    said = list(table.warnings)
    if column is None and len(table.pairs) > 1:
        listed = ", ".join(f"{n} {name!r}" for n, name in enumerate(table.value_names, start=1))
        said.append(f"the first of {len(table.pairs)} columns was read; choose with column: {listed[:300]}")
    x, y = _without_gaps(axis.values, values.values, table, values.name)
    scale = _time_unit(axis.name, axis.unit, x, where, stated, said)
    x, width = _even(x * scale, where, channel_ns if channel_ns is not None else None)
    meta = {
        "format": "text table",
        "column": values.name,
        "columns": list(table.value_names),
        "channel_ns": width,
        "guesses": table.guesses.to_json(),
    }
    return _signal(x, y, where, tuple(said), meta, counted=_whole(y))


def _from_export(found: Export, where: str, column: str | None, channel_ns: float | None) -> Signal:
    index = found.find(column, where)
    curve = found.curves[index]
    width = channel_ns if channel_ns is not None else curve.channel_ns
    if width is None:
        raise _no_width(where, f"{found.part} {curve.name!r}")
    said = []
    if column is None and len(found.curves) > 1:
        said.append(
            f"the first of {len(found.curves)} {found.part}s was read; choose with column: {found.listed()}"
        )
    if channel_ns is None:
        said.append(f"the head of the file gives {width:g} ns per channel")
    elif curve.channel_ns is not None and abs(channel_ns / curve.channel_ns - 1) > 0.02:
        raise InputError(
            "the head of the file contradicts the option channel_ns",
            where,
            seen=f"{curve.channel_ns:.6g} ns per channel in the file, {channel_ns:g} ns given",
        )
    meta = {
        "format": found.format,
        "column": curve.name,
        "column_number": index + 1,
        "columns": [c.name for c in found.curves],
        "channel_ns": width,
        "x_is": "lower edge of the channel",
        **curve.said,
    }
    x = np.arange(curve.counts.size, dtype=np.float64) * width
    return _signal(x, curve.counts, where, tuple(said), meta, counted=_whole(curve.counts))


def _signal(
    x: Array, y: Array, where: str, warnings: tuple[str, ...], meta: dict[str, Any], *, counted: bool
) -> Signal:
    return Signal(
        technique="tcspc",
        x=x,
        y=y,
        x_name="time",
        x_unit="ns",
        y_name="counts" if counted else "intensity",
        y_unit="counts" if counted else "a.u.",
        kind="counts" if counted else "analog",
        origin="measured",
        source=where,
        warnings=warnings,
        meta=meta,
    )


def _whole(y: Array) -> bool:
    return bool(np.all(y >= 0) and np.all(y == np.rint(y)))


def _no_width(where: str, seen: str) -> InputError:
    return InputError(
        "the width of a channel is not stated and cannot be guessed",
        where,
        seen=seen,
        remedy="give the option channel_ns",
    )


def _stated_width(head: str) -> float | None:
    """The channel width in ns that the head of a text export states, if it does."""
    match = _PER_CHANNEL.search(head)
    if match is None:
        return None
    unit = (match["unit3"] or match["unit2"] or match["unit1"] or "").lower()
    value = float(match["number"]) * _UNITS_NS.get(unit, math.nan)
    return value if math.isfinite(value) and 1e-4 <= value <= 1e6 else None


def _single_column(lines: list[str]) -> Array | None:
    """The longest block of lines that hold one number each, if it makes up most of the file."""
    best: list[float] = []
    run: list[float] = []
    others = 0
    for line in lines:
        cell = line.strip().rstrip(",;")
        try:
            value = float(cell)
            if not math.isfinite(value):
                raise ValueError
            run.append(value)
            continue
        except ValueError:
            pass
        if len(run) > len(best):
            best = run
        run = []
        others += len(re.findall(r"[0-9][\s,;]+[-+0-9.]", cell)) > 0
    best = run if len(run) > len(best) else best
    return np.array(best) if len(best) >= 32 and others < len(best) / 4 else None


def _without_gaps(x: Array, y: Array, table: Table, name: str) -> tuple[Array, Array]:
    there = np.isfinite(x) & np.isfinite(y)
    if not np.any(there):
        raise InputError("the column holds no numbers", table.where, seen=name)
    inside = np.flatnonzero(there)
    gaps = ~there[inside[0] : inside[-1] + 1]
    if np.any(gaps):
        at = int(inside[0] + np.flatnonzero(gaps)[0])
        raise InputError(
            "a channel is missing inside the decay",
            table.where,
            int(table.lines[at]),
            seen=name,
            remedy="every channel must be there; write 0 where nothing was counted",
        )
    kept = slice(inside[0], inside[-1] + 1)
    x, y = x[kept], y[kept]
    return (x[::-1], y[::-1]) if x.size > 1 and x[-1] < x[0] else (x, y)


def _time_unit(name: str, unit: str, x: Array, where: str, stated: float | None, said: list[str]) -> float:
    """Nanoseconds per unit of the axis."""
    if unit in _UNITS_NS:
        return _UNITS_NS[unit]
    if unit and unit not in ("", "1"):
        raise InputError(
            "the axis of a decay must be a time",
            where,
            seen=f"{name} in {unit}",
            remedy="is this another technique? for a table of channel numbers give channel_ns",
        )
    numbered = x.size > 2 and np.all(np.abs(np.diff(x) - 1) < 1e-9) and x[0] in (0.0, 1.0)
    if numbered:
        if stated is None:
            raise _no_width(where, "a column of channel numbers")
        said.append(f"the axis counts channels: {stated:g} ns each")
        return stated
    said.append(f"the unit of the axis {name!r} is not stated: taken to be ns")
    return 1.0


def _even(x: Array, where: str, given: float | None) -> tuple[Array, float]:
    """The even grid that ``x`` was printed from, with its width; see also the check in ``record``."""
    if x.size < 16:
        raise InputError("too few channels for a decay", where, seen=f"{x.size} channels")
    width = float(x[-1] - x[0]) / (x.size - 1)
    if given is not None:
        if width <= 0 or abs(given / width - 1) > 0.02:
            raise InputError(
                "the axis of the file contradicts the option channel_ns",
                where,
                seen=f"{width:.6g} ns per channel in the file, {given:g} ns given",
            )
        width = given
    steps = np.diff(x)
    if width <= 0 or np.any(steps < 0):
        at = int(np.argmax(steps < 0)) if width > 0 else 0
        raise InputError("the time axis turns back or stands still", where, seen=f"{x[at + 1]:g} ns")
    grid = x[0] + width * np.arange(x.size)
    # Times printed with few digits repeat: then they may be off by half of the last digit.
    digit = float(steps[steps > 0].min()) if np.any(steps == 0) else 0.0
    off = np.abs(x - grid)
    if float(off.max()) > max(0.3 * width, 0.75 * digit):
        at = int(np.argmax(off))
        raise InputError(
            "the channels are not evenly spaced",
            where,
            seen=f"{x[at]:g} ns where {grid[at]:g} ns was expected",
            remedy="give the histogram as recorded, with every channel",
        )
    return grid, width
