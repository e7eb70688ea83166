"""A file with a powder pattern -> Signal: text tables, PANalytical, Bruker and Rigaku files.

Counts stay counts: the counting time goes along, and nobody divides by it.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments.xrd.beam import alike
from epidot.signal import Signal
from epidot.signal.decoding import decode, file_bytes
from epidot.signal.text import parse_table
from epidot.signal.trace import trace
from epidot.signal.variance import scatter

Array = NDArray[np.float64]

_DAMAGED = "export the scan again, or as two columns of text (2theta, counts)"
# 180 degrees in steps of 0.0005 with all that instruments write beside them: more is no scan, and would fill
# the memory.
_LARGEST, _MOST_ELEMENTS = 20_000_000, 1_000_000
_ENDLESS_TAG = re.compile(rb"<[^<>]{100000}")


def read_pattern(path: str | Path, column: str | None = None, radiation: str | None = None) -> Signal:
    """The pattern in ``path``.

    Raises
    ------
    InputError
        If the file is none of the formats, damaged, or too large when unpacked.
    """
    where = str(path)
    raw = file_bytes(path)
    if raw.startswith(b"RAW1.01"):
        found = _bruker_raw(raw, where)
    elif raw.startswith(b"RAW"):
        raise InputError("a Bruker RAW file of another version", where, seen=repr(raw[:7]), remedy=_DAMAGED)
    elif raw.startswith(b"PK\x03\x04"):
        found = _zipped(raw, where)
    elif b"<xrdMeasurement" in raw[:4096]:
        found = _xrdml(raw, where)
    else:
        lines = decode(raw, where).lines
        if any(line.startswith("*RAS_DATA_START") for line in lines[:20]):
            found = _ras(lines, where)
        elif any(line.upper().startswith("_2THETACOUNTS") for line in lines[:500]):
            found = _uxd(lines, where)
        else:
            found = _text(raw, where, column)
    if column is not None and "columns" not in found.meta:
        raise InputError(
            "this file holds one scan", where, seen=f"column {column}", remedy="leave column out"
        )
    if radiation is not None:
        said = found.meta.get("radiation")
        found.meta["radiation"] = radiation
        if said is not None and not alike(said, radiation):
            told = f"the file says the radiation is {said} nm; {radiation} was asked for and is used"
            return replace(found, warnings=(*found.warnings, told))
    return found


def _signal(
    angle: Array, counts: Array, where: str, seconds: float | None, radiation: str | None, **meta: Any
) -> Signal:
    if angle.size < 10 or angle.size != counts.size or not np.all(np.isfinite(angle) & np.isfinite(counts)):
        raise InputError(
            "the scan is damaged", where, seen=f"{angle.size} angles, {counts.size} counts", remedy=_DAMAGED
        )
    if angle[0] > angle[-1]:
        angle, counts = angle[::-1], counts[::-1]
    if not (0 < angle[0] and angle[-1] < 180 and np.all(np.diff(angle) > 0)):
        raise InputError(
            "the axis is no 2theta in degrees", where, seen=f"{angle[0]:g} to {angle[-1]:g}", remedy=_DAMAGED
        )
    kind = scatter(counts, "counts", "auto", where, declared=True).kind
    warnings = (
        () if kind == "counts" else ("the values are no whole counts: their noise is found from the scatter",)
    )
    if radiation is not None:
        meta["radiation"] = radiation
    if seconds is not None:
        meta["seconds_per_point"] = seconds
    return Signal(
        "xrd", angle, counts, "2theta", "deg", "intensity", "counts", kind,
        "measured", source=where, warnings=warnings, meta=meta,
    )  # fmt: skip


def _lines(*pairs: tuple[float, float]) -> str | None:
    """Wavelengths in Å with their shares, as the option ``radiation`` has them (nm)."""
    there = [(nm / 10, share) for nm, share in pairs if 0.1 < nm < 5 and share > 0]
    return ", ".join(f"{nm:.8g}:{share:g}" for nm, share in there) or None


def _text(raw: bytes, where: str, column: str | None) -> Signal:
    table = parse_table(raw, where)
    found = trace(table, column, least=10)
    head = " ".join([*found.meta["header"], found.x_name])
    meta = {k: found.meta[k] for k in ("column", "columns", "header")}
    if found.x_unit in ("nm", "eV", "cm-1", "s", "ns"):
        raise InputError(
            "the axis is not a scattering angle", where, seen=f"{found.x_name} in {found.x_unit}",
            remedy="2theta in degrees is needed",
        )  # fmt: skip
    stated = re.search(r"(?:wavelength|lambda|wl)\W{0,10}(\d\.\d{2,8})", head, re.IGNORECASE)
    rays = _lines((float(stated[1]), 1.0)) if stated else None
    signal = _signal(found.x, found.y, where, None, rays, **meta)
    return replace(signal, warnings=(*found.warnings, *signal.warnings))


def _bruker_raw(raw: bytes, where: str) -> Signal:
    """Bruker DIFFRAC RAW 1.01: a head of 712 bytes, then ranges of a head, extra bytes and float32 counts."""
    try:
        ranges = struct.unpack_from("<i", raw, 12)[0]
        one, two, _, ratio = struct.unpack_from("<4d", raw, 624)
        size, steps = struct.unpack_from("<2i", raw, 712)
        start = struct.unpack_from("<d", raw, 712 + 16)[0]
        step = struct.unpack_from("<d", raw, 712 + 176)[0]
        seconds = struct.unpack_from("<f", raw, 712 + 192)[0]
        extra = struct.unpack_from("<i", raw, 712 + 256)[0]
        first = 712 + size + extra
        counts = np.frombuffer(raw, "<f4", steps, first).astype(np.float64)
    except (struct.error, ValueError) as error:
        raise InputError(
            "the file ends too early or is damaged", where, seen=str(error), remedy=_DAMAGED
        ) from None
    angle = start + step * np.arange(steps)
    found = _signal(
        angle, counts, where, float(seconds), _lines((one, 1.0), (two, ratio)), format="Bruker RAW 1.01"
    )
    if ranges > 1:
        return replace(found, warnings=(*found.warnings, f"the first of {ranges} ranges was read"))
    return found


def _uxd(lines: list[str], where: str) -> Signal:
    first = next(n for n, line in enumerate(lines) if line.upper().startswith("_2THETACOUNTS"))
    head: dict[str, str] = {}
    for line in lines[:first]:
        key, _, value = line.partition("=")
        if line.startswith("_"):
            head[key.strip("_ \t").upper()] = value.strip().strip("'")
    rows = []
    for line in lines[first + 1 :]:
        try:
            rows.append([float(x) for x in line.split()[:2]])
        except ValueError:
            break
    pairs = np.array([row for row in rows if len(row) == 2], dtype=np.float64).reshape(-1, 2)

    def stated(key: str, default: float = 0.0) -> float:
        try:
            return float(head.get(key, default))
        except ValueError:
            return default

    # angles in the table are rounded: start and step give them to more digits
    angle = np.asarray(pairs[:, 0], dtype=np.float64)
    exact = np.asarray(stated("START") + stated("STEPSIZE") * np.arange(len(pairs)), dtype=np.float64)
    if stated("STEPSIZE") and bool(np.all(np.abs(exact - angle) < 0.01)):
        angle = exact
    rays = _lines((stated("WL1"), 1.0), (stated("WL2"), stated("WLRATIO", 0.5)))
    return _signal(angle, pairs[:, 1], where, stated("STEPTIME") or None, rays, format="Bruker UXD")


def _ras(lines: list[str], where: str) -> Signal:
    head: dict[str, str] = {}
    rows = []
    for line in lines:
        if line.startswith("*"):
            key, _, value = line.partition(" ")
            head[key[1:].strip()] = value.strip().strip('"')
            if line.startswith("*RAS_INT_END"):
                break
        else:
            try:
                rows.append([float(x) for x in line.split()[:3]])
            except ValueError:
                continue
    table = np.array([row for row in rows if len(row) >= 2 and len(row) == len(rows[0])])
    if table.ndim != 2:
        raise InputError("the scan is damaged", where, remedy=_DAMAGED)
    attenuation = table[:, 2] if table.shape[1] > 2 else 1.0
    rays = _lines(
        *(
            (float(head.get(f"HW_XG_WAVE_LENGTH_ALPHA{k}", 0) or 0), share)
            for k, share in ((1, 1.0), (2, 0.5))
        )
    )
    return _signal(table[:, 0], table[:, 1] * attenuation, where, None, rays, format="Rigaku RAS")


def _zipped(raw: bytes, where: str) -> Signal:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            members = {name.lower(): name for name in packed.namelist()}
            profile = next(
                (n for low, n in members.items() if re.search(r"data\d+/profile\d+\.txt$", low)), None
            )
            if profile is not None:
                conditions = next((n for low, n in members.items() if low.endswith("conditions0.xml")), None)
                return _rasx(
                    _unpacked(packed, profile, where),
                    _unpacked(packed, conditions, where) if conditions else None,
                    where,
                )
            data = next((n for low, n in members.items() if re.search(r"rawdata\d+\.xml$", low)), None)
            if data is not None:
                return _brml(_unpacked(packed, data, where), where)
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError) as error:
        raise InputError("the archive is damaged", where, seen=str(error), remedy=_DAMAGED) from None
    raise InputError(
        "an archive without a scan: neither Rigaku's .rasx nor Bruker's .brml", where, remedy=_DAMAGED
    )


def _unpacked(packed: zipfile.ZipFile, name: str, where: str) -> bytes:
    """A member of an archive, however large it says it is."""
    with packed.open(name) as member:
        found = member.read(_LARGEST + 1)
    if len(found) > _LARGEST:
        raise InputError("too large to be a scan when unpacked", where, seen=name, remedy=_DAMAGED)
    return found


def _rasx(profile: bytes, conditions: bytes | None, where: str) -> Signal:
    table = _numbers(profile, where, at_least=2)
    rays = None
    if conditions is not None:
        text = conditions.decode("utf-8-sig", errors="replace")
        stated = {k: re.search(rf"<WavelengthKalpha{k}>([\d.]+)<", text) for k in (1, 2)}
        rays = _lines(
            *((float(m[1]), share) for (_, m), share in zip(stated.items(), (1.0, 0.5), strict=True) if m)
        )
    attenuation = table[:, 2] if table.shape[1] > 2 else 1.0
    return _signal(table[:, 0], table[:, 1] * attenuation, where, None, rays, format="Rigaku RASX")


def _numbers(raw: bytes, where: str, at_least: int = 1) -> Array:
    """A table of numbers apart by blanks, shape (rows, columns).

    Read by numpy: lists of Python's numbers would take fifty times the memory of the file.
    """
    try:
        table = np.loadtxt(io.StringIO(raw.decode("utf-8-sig")), ndmin=2, comments=None)
    except ValueError as error:  # also what is no text
        said = str(error).splitlines()[0]
        raise InputError("the scan is damaged", where, seen=said, remedy=_DAMAGED) from None
    if table.shape[1] < at_least:
        seen = f"{table.shape[1]} columns"
        raise InputError("the scan is damaged", where, seen=seen, remedy=_DAMAGED)
    return np.asarray(table, dtype=np.float64)


def _listed(text: str | None, where: str) -> Array:
    """The numbers of a list of XML, over however many lines."""
    return _numbers(" ".join((text or "").splitlines()).encode(), where).ravel()


def _tree(raw: bytes, where: str) -> ElementTree.Element:
    if b"<!DOCTYPE" in raw[:4096] or b"<!ENTITY" in raw:
        raise InputError("XML with definitions of its own is not read", where, remedy=_DAMAGED)
    if len(raw) > _LARGEST:
        raise InputError("too large to be a scan", where, seen=f"{len(raw) / 1e6:.3g} MB", remedy=_DAMAGED)
    if _ENDLESS_TAG.search(raw):  # its attributes would be compared each with each
        raise InputError("the XML is damaged", where, seen="a tag of more than 100 kB", remedy=_DAMAGED)
    try:
        parser = ElementTree.iterparse(io.BytesIO(raw), events=("start",))
        for n, _ in enumerate(parser):
            if n > _MOST_ELEMENTS:
                seen = f"more than {_MOST_ELEMENTS} elements"
                raise InputError("too large to be a scan", where, seen=seen, remedy=_DAMAGED)
        return parser.root  # type: ignore[attr-defined,no-any-return]  # there since Python 3.2, once all is read
    except ElementTree.ParseError as error:
        raise InputError("the XML is damaged", where, seen=str(error), remedy=_DAMAGED) from None


def _named(tree: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """All elements of that name, whatever their namespace."""
    return (one for one in tree.iter() if one.tag.rpartition("}")[2] == name)


def _number(tree: ElementTree.Element, name: str) -> float | None:
    for one in _named(tree, name):
        try:
            return float(one.text or one.get("Value") or "")
        except ValueError:
            continue
    return None


def _xrdml(raw: bytes, where: str) -> Signal:
    tree = _tree(raw, where)
    scans = list(_named(tree, "dataPoints"))
    if not scans:
        raise InputError("the file holds no scan", where, remedy=_DAMAGED)
    points = scans[0]
    listed = next((x for name in ("counts", "intensities") for x in _named(points, name) if x.text), None)
    axis = next((x for x in _named(points, "positions") if x.get("axis") == "2Theta"), None)
    missing = [
        name for name, x in (("counts or intensities", listed), ("positions of 2Theta", axis)) if x is None
    ]
    if listed is None or axis is None:
        raise InputError("the scan lacks what it needs", where, seen=", ".join(missing), remedy=_DAMAGED)
    try:
        counts = _listed(listed.text, where)
        each = next(_named(axis, "listPositions"), None)
        if each is not None:
            angle = _listed(each.text, where)
        else:
            ends = [_number(axis, name) for name in ("startPosition", "endPosition")]
            angle = np.linspace(float(ends[0] or 0), float(ends[1] or 0), counts.size)
    except ValueError as error:
        raise InputError("the scan is damaged", where, seen=str(error), remedy=_DAMAGED) from None
    one, two, ratio = (_number(tree, n) for n in ("kAlpha1", "kAlpha2", "ratioKAlpha2KAlpha1"))
    rays = _lines((one or 0.0, 1.0), (two or 0.0, ratio if ratio is not None else 0.5))
    found = _signal(
        angle, counts, where, _number(points, "commonCountingTime"), rays, format="PANalytical XRDML"
    )
    if len(scans) > 1:
        return replace(found, warnings=(*found.warnings, f"the first of {len(scans)} scans was read"))
    return found


def _brml(raw: bytes, where: str) -> Signal:
    tree = _tree(raw, where)
    route = next(_named(tree, "DataRoute"), None)
    axes = list(_named(next(_named(route, "ScanAxes"), route), "ScanAxisInfo")) if route is not None else []
    names = [one.get("AxisId") for one in axes]
    rows = [(one.text or "").split(",") for one in _named(route, "Datum")] if route is not None else []
    if "TwoTheta" not in names or not rows:
        raise InputError(
            "the scan lacks what it needs", where, seen="no TwoTheta axis or no points", remedy=_DAMAGED
        )
    # a row holds the time, a mark, the scan axes in their order, other readings, and the counts at its end
    try:
        table = np.array(rows, dtype=np.float64)
        angle, counts = table[:, 2 + names.index("TwoTheta")], table[:, -1]
    except (ValueError, IndexError) as error:
        raise InputError("the scan is damaged", where, seen=str(error), remedy=_DAMAGED) from None
    shares = {"WaveLengthAlpha1": 1.0, "WaveLengthAlpha2": _number(tree, "WaveLengthRatio") or 0.5}
    rays = _lines(*((_number(tree, name) or 0.0, share) for name, share in shares.items()))
    return _signal(angle, counts, where, _number(tree, "TimePerStep"), rays, format="Bruker BRML")
