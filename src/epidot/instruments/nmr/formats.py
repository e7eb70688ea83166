"""A file with an NMR spectrum -> Signal: text exports here, vendors' files by :mod:`.vendors`."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from epidot.errors import InputError
from epidot.instruments.nmr.species import frequency_MHz
from epidot.instruments.nmr.vendors import read_vendor
from epidot.instruments.options import Settings
from epidot.matter.nuclei import nucleus_names, one_nucleus
from epidot.signal import Signal
from epidot.signal.decoding import decode, file_bytes
from epidot.signal.text import parse_table
from epidot.signal.trace import trace

_VENDOR = ("fid", "1r", "data.1d")
_ENDINGS = (".jdf", ".dx", ".jdx", ".jcamp")
_WIDEST = 3000.0  # ppm
_LEAST = 32


def read_shift(path: str | Path, chosen: Settings) -> Signal:
    """The spectrum in ``path``, over ppm.

    Raises
    ------
    InputError
        If the file cannot be used.
    """
    file = Path(path)
    if os.path.isdir(file):
        file = _within(file)
    name = file.name.lower()
    if name in _VENDOR or name.endswith(_ENDINGS):
        file_bytes(file)  # says why, if it cannot be read at all
        return read_vendor(file, chosen)
    raw = file_bytes(path)
    if b"# SIZE" in raw[:4096] and b"# LEFT" in raw[:4096]:
        return _topspin(raw, str(path), chosen)
    return _table(raw, str(path), chosen)


def _within(folder: Path) -> Path:
    for name in ("pdata/1/1r", "1r", "fid", "data.1d"):
        if (folder / name).exists():
            return folder / name
    raise InputError("no NMR data in this folder", str(folder), nearest=("fid", "pdata/1/1r", "data.1d"))


def told(signal: Signal, chosen: Settings) -> Signal:
    """The spectrum with what the caller says of nucleus, frequency and temperature.

    Raises
    ------
    InputError
        If its file says another nucleus.
    """
    said = signal.meta.get("nucleus")
    one_nucleus(chosen["nucleus"], (str(said),) if said else (), signal.source)
    stated: dict[str, Any] = {
        key: chosen[option]
        for key, option in (
            ("nucleus", "nucleus"),
            ("MHz", "frequency_MHz"),
            ("temperature_K", "temperature_K"),
        )
        if chosen[option] is not None
    }
    before = {k: v for k, v in signal.meta.items() if k != "MHz_assumed" or "MHz" not in stated}
    return replace(signal, meta={**before, **stated}) if stated else signal


def _topspin(raw: bytes, where: str, chosen: Settings) -> Signal:
    """TopSpin's totxt: head lines with LEFT, RIGHT and SIZE, then one intensity a line."""
    lines = decode(raw, where).lines
    head = [line for line in lines if line.startswith("#")]
    text = "\n".join(head)

    def stated(key: str) -> float:
        hit = re.search(rf"{key}\s*=\s*([-+.\deE]+)", text)
        if hit is None:
            raise InputError(f"the head does not say {key}", where, remedy="export it anew with totxt")
        return float(hit[1])

    try:
        left, right, size = stated("LEFT"), stated("RIGHT"), stated("SIZE")
        y = np.array([float(line) for line in lines if line.strip() and not line.startswith("#")])
    except ValueError as error:
        raise InputError("the exported spectrum is damaged", where, seen=str(error)[:60]) from None
    if y.size != int(size) or y.size < _LEAST or not np.all(np.isfinite(y)) or left == right:
        raise InputError("not as many points as the head says", where, seen=f"{y.size} of {size:g}")
    x = np.linspace(left, right, y.size)
    order = np.argsort(x)
    return _signal(
        x[order], y[order], where, (), chosen, text, {"column": "intensity", "columns": ["intensity"]}
    )


def _table(raw: bytes, where: str, chosen: Settings) -> Signal:
    found = trace(parse_table(raw, where), chosen["column"], least=_LEAST)
    # in tables of counts Hz is a unit of them; on an axis of NMR it is a frequency
    said = " ".join([*found.meta["header"][-1:], found.x_name])
    hertz = re.search(r"\bHz\b", said, re.IGNORECASE) is not None and (
        found.x_unit == "counts/s" or (not found.x_unit and re.search(r"\bHz\b", found.x_name) is not None)
    )
    x, unit = found.x, "Hz" if hertz else found.x_unit
    if unit and unit.lower() not in ("ppm", "hz"):
        raise InputError(
            "the axis is not a chemical shift", where, seen=f"{found.x_name} {unit}", nearest=("ppm", "Hz")
        )
    head = " ".join([*found.meta["header"], found.x_name])
    meta = {k: found.meta[k] for k in ("column", "columns", "column_number", "header")}
    warnings = list(found.warnings)
    if unit.lower() == "hz":
        MHz = chosen["frequency_MHz"]
        if MHz is None:
            raise InputError(
                "an axis in Hz needs the frequency of the nucleus", where, remedy="give frequency_MHz"
            )
        x = x / MHz
    elif not unit and "ppm" not in head.lower() and "shift" not in head.lower():
        warnings.append(f"the axis runs from {x[0]:g} to {x[-1]:g}: taken to be ppm")
    if np.max(np.abs(x)) > _WIDEST:
        raise InputError("the axis lies outside any chemical shift", where, seen=f"{x[0]:g} to {x[-1]:g}")
    return _signal(x, found.y, where, tuple(warnings), chosen, f"{head} {Path(where).name}", meta)


def _signal(
    x: np.ndarray,
    y: np.ndarray,
    where: str,
    warnings: tuple[str, ...],
    chosen: Settings,
    head: str,
    meta: dict[str, Any],
) -> Signal:
    known = "|".join(nucleus_names())
    seen = re.sub(r"\{.*?\}", "", head)  # 31P{1H}: the second one is decoupled
    told = tuple(dict.fromkeys(re.findall(rf"(?<![0-9A-Za-z])({known})(?![0-9])", seen)))
    nucleus = one_nucleus(chosen["nucleus"], told, where)
    MHz = chosen["frequency_MHz"]
    if MHz is None:
        hit = re.search(r"(?:SFO1|SF|MHz|frequency)\s*[=:(]*\s*([\d.]+)", head, re.IGNORECASE)
        MHz = float(hit[1]) if hit and 1 < float(hit[1].rstrip(".") or 0) < 2000 else None
    if MHz is None and nucleus:
        MHz = frequency_MHz(nucleus)
        said = f"nobody said the frequency: {MHz:g} MHz of choi2023 is taken for widths in Hz"
        warnings = (*warnings, f"{said}; couplings are not stated")
        meta |= {"MHz_assumed": True}
    meta |= {"nucleus": nucleus, "MHz": MHz, "temperature_K": chosen["temperature_K"], "state": "solution"}
    return Signal(
        "nmr", x, y, "chemical shift", "ppm", "intensity", "", "analog", "measured", source=where,
        warnings=warnings, meta=meta,
    )  # fmt: skip
