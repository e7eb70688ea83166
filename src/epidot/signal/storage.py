"""Signals on disk: one readable text file that gives back exactly what was saved.

The file begins with ``# epidot signal 1``; then lines ``# name: value`` (JSON), then one row per
point, ``x <tab> y`` or ``x <tab> y <tab> sigma``, each number in the shortest decimal form that reads
back to the same bits.  An image has its second axis in the head, ``# rows: [...]``, and then one line per
column of pixels: ``x`` and the values of that column from the top, then its sigmas.  Companions (such as the
response of a decay) follow as blocks of the same form, named by their path.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from epidot import files
from epidot.errors import InputError, nearest
from epidot.signal.decoding import file_bytes, is_pipe
from epidot.signal.signal import NoiseKind, Origin, Signal

_MAGIC = "# epidot signal 1"
_COMPANION = "# companion: "
_TEXTS = ("technique", "x_name", "x_unit", "y_name", "y_unit", "kind", "origin")
_REMEDY = "the file was changed by hand or cut short: save it again"


def save(signal: Signal, path: str | Path) -> None:
    """Write ``signal`` with all its companions; the file appears whole or not at all.

    Raises
    ------
    ValueError
        If ``meta`` holds anything but plain JSON values.
    CannotWrite
        If there is no place for it.
    """
    files.write(path, "\n".join(_block(signal, ())) + "\n")


def is_saved(raw: bytes) -> bool:
    """Whether ``raw`` begins like a file written by :func:`save`."""
    return raw.startswith(_MAGIC.encode())


def load(path: str | Path, technique: str | None = None) -> Signal:
    """The signal saved in a file; see :func:`parse`."""
    return parse(file_bytes(path), str(path), technique)


def saved_signal(path: str | Path, technique: str) -> Signal | None:
    """The signal of ``technique`` saved in a file; ``None`` if the file was not written by :func:`save`.

    Raises
    ------
    InputError
        If it is damaged or of another technique.
    """
    if str(path) != "-" and not is_pipe(path):  # what can be read twice is looked at first
        if not os.path.isfile(path):
            return None
        try:
            with open(path, "rb") as file:
                if not is_saved(file.read(len(_MAGIC))):
                    return None
        except (OSError, ValueError):
            return None
    raw = file_bytes(path)
    return parse(raw, str(path), technique) if is_saved(raw) else None


def parse(raw: bytes, where: str, technique: str | None = None) -> Signal:
    """The signal in the bytes of a saved file.

    Raises
    ------
    InputError
        If the file is damaged (naming the line) or holds another technique than the one asked for.
    """
    try:
        lines = raw.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError("not UTF-8 text", where, line, remedy=_REMEDY) from None
    if lines[0].rstrip() != _MAGIC:
        raise InputError(
            "not a signal saved by this version of epidot", where, 1, seen=lines[0][:60], nearest=(_MAGIC,)
        )
    starts = [0] + [i for i, line in enumerate(lines) if line.startswith(_COMPANION)]
    signals: dict[tuple[str, ...], Signal] = {}
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        trail = () if start == 0 else _trail(lines[start], start, where)
        if trail in signals or (trail and trail[:-1] not in signals):
            raise _damaged("a companion without its signal, or twice", where, start, lines[start])
        signals[trail] = _signal(lines, start, end, where)
    # The deepest companions first, so that each is whole before it joins its owner.
    for trail in sorted((t for t in signals if t), key=len, reverse=True):
        owner = signals[trail[:-1]]
        companions = {**owner.companions, trail[-1]: signals[trail]}
        signals[trail[:-1]] = replace(owner, companions=companions)
    found = signals[()]
    if technique is not None and found.technique != technique:
        raise InputError(
            f"a saved signal of {found.technique}, not of {technique}", where, 1, nearest=(found.technique,)
        )
    return found


def _block(signal: Signal, trail: tuple[str, ...]) -> list[str]:
    try:
        meta = json.dumps(signal.meta, ensure_ascii=False, allow_nan=False)
        same = json.loads(meta) == signal.meta
    except (TypeError, ValueError):
        same = False
    if not same:
        raise ValueError("meta must hold plain JSON values (text keys, lists, finite numbers)")
    head = _MAGIC if not trail else _COMPANION + json.dumps(list(trail), ensure_ascii=False)
    out = [head]
    out += [f"# {name}: {json.dumps(getattr(signal, name), ensure_ascii=False)}" for name in _TEXTS]
    out.append(f"# live_time: {json.dumps(signal.live_time)}")
    out.append(f"# warnings: {json.dumps(list(signal.warnings), ensure_ascii=False)}")
    out.append(f"# meta: {meta}")
    out.append(f"# points: {len(signal)}")
    names = ["x", "y"] + ([] if signal.sigma is None else ["sigma"])
    out.append("# columns: " + json.dumps(names))
    if signal.rows is not None:
        out.append("# rows: " + json.dumps(signal.rows.tolist()))
    columns = [column for name in names for column in np.atleast_2d(getattr(signal, name))]
    number = repr if signal.rows is None else _short
    out += ["\t".join(map(number, row)) for row in zip(*(c.tolist() for c in columns), strict=True)]
    for name in sorted(signal.companions):
        out += _block(signal.companions[name], (*trail, name))
    return out


def _short(value: float) -> str:
    """Counts of a million pixels without their ``.0``."""
    text = repr(value)
    return text[:-2] if text.endswith(".0") and text != "-0.0" else text


def _trail(line: str, at: int, where: str) -> tuple[str, ...]:
    try:
        names = json.loads(line[len(_COMPANION) :])
    except (ValueError, RecursionError):
        names = None
    if not (isinstance(names, list) and names and all(isinstance(n, str) for n in names)):
        raise _damaged("the name of a companion cannot be read", where, at, line)
    return tuple(names)


def _damaged(what: str, where: str, at: int, seen: str) -> InputError:
    return InputError(what, where, at + 1, seen=seen[:60], remedy=_REMEDY)


def _signal(lines: list[str], start: int, end: int, where: str) -> Signal:
    head: dict[str, Any] = {}
    at = start + 1
    while at < end and lines[at].startswith("# "):
        name, _, value = lines[at][2:].partition(": ")
        known = (*_TEXTS, "live_time", "warnings", "meta", "points", "columns", "rows")
        if name not in known or name in head:
            raise InputError(
                "unknown or repeated head line", where, at + 1, seen=name[:40], nearest=nearest(name, known)
            )
        try:
            head[name] = json.loads(value)
        except (ValueError, RecursionError):
            raise _damaged(f"the value of {name} is not JSON", where, at, lines[at]) from None
        _check(name, head[name], where, at, lines[at])
        at += 1
    missing = [n for n in (*_TEXTS, "live_time", "warnings", "meta", "points", "columns") if n not in head]
    if missing:
        raise InputError(f"head lines are missing: {', '.join(missing)}", where, at + 1, remedy=_REMEDY)
    depth = len(head["rows"]) if "rows" in head else 1  # values per x
    width = 1 + (len(head["columns"]) - 1) * depth
    rows: list[list[float]] = []
    for i in range(at, end):
        if not lines[i].strip():
            continue
        try:
            row = [float(cell) for cell in lines[i].split("\t")]
        except ValueError:
            row = []
        if len(row) != width:
            raise _damaged(f"expected {width} numbers", where, i, lines[i])
        rows.append(row)
    if len(rows) * depth != head["points"]:
        seen = f"{len(rows)} rows" + (f" of {depth} points" if depth > 1 else "")
        raise InputError(f"{head['points']} points were saved", where, end, seen=seen, remedy=_REMEDY)
    values = np.asarray(rows, dtype=np.float64).reshape(len(rows), width)
    parts = [values[:, 1 + i * depth : 1 + (i + 1) * depth].T for i in range(len(head["columns"]) - 1)]
    if "rows" not in head:
        parts = [part[0] for part in parts]
    try:
        return Signal(
            **{name: head[name] for name in _TEXTS if name not in ("kind", "origin")},
            x=values[:, 0],
            y=parts[0],
            sigma=parts[1] if len(parts) > 1 else None,
            rows=np.asarray(head["rows"], dtype=np.float64) if "rows" in head else None,
            kind=cast(NoiseKind, head["kind"]),
            origin=cast(Origin, head["origin"]),
            live_time=head["live_time"],
            source=where,
            warnings=tuple(head["warnings"]),
            meta=head["meta"],
        )
    except ValueError as error:
        raise InputError(str(error), where, at + 1, remedy=_REMEDY) from None


def _check(name: str, value: Any, where: str, at: int, line: str) -> None:
    if name in _TEXTS:
        good = isinstance(value, str)
        if name == "kind":
            good = value in get_args(NoiseKind)
        elif name == "origin":
            good = value in get_args(Origin)
    elif name == "live_time":
        good = value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
    elif name == "warnings":
        good = isinstance(value, list) and all(isinstance(w, str) for w in value)
    elif name == "meta":
        good = isinstance(value, dict)
    elif name == "points":
        good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    elif name == "rows":
        good = isinstance(value, list) and len(value) > 0 and all(isinstance(r, (int, float)) for r in value)
    else:
        good = value in (["x", "y"], ["x", "y", "sigma"])
    if not good:
        raise _damaged(f"the value of {name} is not valid", where, at, line)
