"""One file of a folder measured, as plain values that are kept and read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from epidot import instruments
from epidot.errors import EpidotError
from epidot.instruments.folder.inventory import GUESSED, Found
from epidot.instruments.many import Row, measure_files
from epidot.instruments.table import reason
from epidot.signal.decoding import file_bytes

Record = dict[str, Any]
GROWN = "run"  # stands for a technique where the model speaks and no instrument
_WITHOUT = {"data": "", "part": "belongs to a measurement", "beside": "goes beside others"}


def without_measurement(one: Found) -> Record:
    """The record of a file that is not measured itself."""
    return _record(one, one.role, reason=one.says or f"{_WITHOUT.get(one.role, '')} {one.of}".strip())


def measured(root: Path, one: Found) -> tuple[Record, Row]:
    """The record of a file of data, and the row with its signal and curves for a picture.

    What is recognised by its words alone and cannot be read is no file of that technique: it stays unknown.
    """
    path = root / one.path
    (row,) = measure_files(one.technique, [path], jobs=1, signals=True, **one.options)
    why = reason(row)
    if row.found is None and row.bad_input and one.says == GUESSED and not _read(path, one):
        why = f"may be of {one.technique}, but: {why}"
        return _record(one, "unknown", reason=why), row
    state = "not measured" if row.found is None else "without a value" if row.empty else "measured"
    found = None if row.found is None else row.found.to_json()
    return _record(one, state, found, why), row


def _read(path: Path, one: Found) -> bool:
    """Whether the reader of its technique takes a file."""
    device = instruments.instrument(one.technique)
    names = {option.name for option in device.HEADER.read_options}
    try:
        device.read(path, **{name: value for name, value in one.options.items() if name in names})
    except EpidotError:
        return False
    return True


def grown(one: Found, sample: str, quantities: Record) -> Record:
    """The record of a sample of a run: what the model itself says of it."""
    return _record(replace(one, technique=GROWN, sample=sample), "measured", {"quantities": quantities})


def _record(one: Found, state: str, found: Record | None = None, reason: str = "") -> Record:
    told = found or {}
    return {
        "file": one.path,
        "state": state,
        "technique": one.technique if state not in ("unknown", "left out", "part") else "",
        "recognised": one.says if one.role in ("data", "run") else "",
        "of": one.of,
        "sample": one.sample,
        "options": {key: value if _plain(value) else str(value) for key, value in one.options.items()},
        "reason": reason,
        "quantities": told.get("quantities", {}),
        "warnings": told.get("warnings", []),
    }


def found(group: Iterable[Record], technique: str, quantity: str) -> tuple[float, float] | None:
    """Value and standard error of a quantity in the only record of ``technique`` that has it."""
    some = [
        one["quantities"][quantity]
        for one in group
        if one["technique"] == technique and quantity in one["quantities"]
    ]
    if len(some) != 1 or not isinstance(some[0]["value"], int | float):
        return None
    return float(some[0]["value"]), float(some[0]["sigma"] or 0.0)


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool, list))


def digest(root: Path, one: Found, parts: Iterable[str], version: str) -> str:
    """A name for the measurement of one file: the same for the same bytes, options and version of epidot.

    ``parts`` are the other files that belong to it.
    """
    total = hashlib.sha256()
    said = {"file": one.path, "technique": one.technique, "says": one.says, "sample": one.sample}
    told = json.dumps([version, said, one.options], sort_keys=True, default=str)
    total.update(told.encode("utf-8", "backslashreplace"))
    beside = [Path(v) for v in one.options.values() if isinstance(v, str) and "/" in v and Path(v).is_file()]
    for place in (root / one.path, *(root / part for part in sorted(parts)), *beside):
        total.update(hashlib.sha256(file_bytes(place)).digest())
    return total.hexdigest()[:20]
