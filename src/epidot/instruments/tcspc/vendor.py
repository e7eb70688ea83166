"""Binary files of photon counters: PicoQuant .ptu and .phu, Becker & Hickl .sdt, with the extra ``vendor``.

``ptufile`` and ``sdtfile`` know the formats; here their histograms become curves like those of the text
exports.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from epidot.errors import InputError
from epidot.instruments.tcspc.exports import Curve, Export

# First bytes, what it is, and the package that reads it; an .sdt has its check word at the end of its head.
_PICOQUANT = {b"PQTTTR": "PicoQuant .ptu", b"PQHIST": "PicoQuant .phu"}
_SDT_WORD = (40, b"\xaa\x55")


def vendor(raw: bytes, where: str) -> Export | None:
    """The curves of a counter's binary file; ``None`` if this is none.

    Raises
    ------
    InputError
        If the extra is not installed, or the file is damaged or holds no decay.
    """
    at, word = _SDT_WORD
    name = _PICOQUANT.get(raw[:6])
    if name is None and raw[at : at + 2] == word and where.lower().endswith(".sdt"):
        name = "Becker & Hickl .sdt"
    if name is None:
        return None
    package = "sdtfile" if name.endswith(".sdt") else "ptufile"
    try:
        reader = importlib.import_module(package)
    except ImportError:
        raise InputError(
            f"a {name} file is read by {package}, which is not installed",
            where,
            remedy="pip install 'epidot[vendor]', or export the histogram as text",
        ) from None
    read = {"PicoQuant .ptu": _ptu, "PicoQuant .phu": _phu}.get(name, _sdt)
    try:
        curves = read(reader, where)
    except InputError:
        raise
    except Exception as error:  # whatever a damaged file brings up in the package
        why = f"{type(error).__name__}: {error}"[:120]
        raise InputError(f"a damaged {name} file", where, seen=why) from None
    if not any(curve.counts.sum() for curve in curves):
        raise InputError(f"a {name} file without counts", where)
    return Export(name, "curve", tuple(curves))


def _ptu(reader: Any, where: str) -> list[Curve]:
    with reader.PtuFile(where) as file:
        if not file.is_t3:
            raise InputError(
                "a T2 recording holds arrival times, no decay",
                where,
                remedy="histogram it against the sync channel in the program of the counter",
            )
        channels = [int(c) for c in file.active_channels]
        counts = np.asarray(file.decode_histogram(dtime=0), dtype=np.float64)
        found = {"period_ns": 1e9 / float(file.frequency), "acquisition_s": float(file.acquisition_time)}
        width = float(file.tcspc_resolution) * 1e9
    if len(channels) != counts.shape[0]:
        channels = list(range(counts.shape[0]))
    return [
        Curve(f"channel {c + 1}", row, width, found)
        for c, row in zip(channels, counts, strict=True)
        if row.sum()
    ]


def _phu(reader: Any, where: str) -> list[Curve]:
    with reader.PhuFile(where) as file:
        rows, widths, tags = file.histograms(), file.histogram_resolutions, dict(file.tags)
    curves = []
    for k, (row, width) in enumerate(zip(rows, widths, strict=True)):
        found = {}
        rate = np.atleast_1d(tags.get("HistResDscr_SyncRate", 0.0))
        if k < rate.size and float(rate[k]) > 0:
            found["period_ns"] = 1e9 / float(rate[k])
        seconds = np.atleast_1d(tags.get("MeasDesc_AcquisitionTime", 0.0))
        if float(seconds[0]) > 0:
            found["acquisition_s"] = float(seconds[0]) / 1000
        curves.append(Curve(f"curve {k + 1}", np.asarray(row, dtype=np.float64), float(width) * 1e9, found))
    return curves


def _sdt(reader: Any, where: str) -> list[Curve]:
    with reader.SdtFile(where) as file:
        blocks, times = file.data, file.times
    curves: list[Curve] = []
    for block, time in zip(blocks, times, strict=True):
        # An image has a decay in every pixel: their sum.
        rows = np.asarray(block, dtype=np.float64).reshape(-1, len(time))
        curves.append(Curve(f"block {len(curves)}", rows.sum(axis=0), float(time[1] - time[0]) * 1e9))
    return curves
