"""PicoHarp 300 histogram files (``.phd``), format version 2.0, little-endian.

Layout (offsets in bytes): identification at 0, version at 16, number of curves at 328; one header of
172 bytes per curve from 692 on, whose fields are named below; then the histograms, 32-bit counts.
The sum of the counts is stored as well, and must agree.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from epidot.errors import Faults, InputError
from epidot.instruments.tcspc.response import Array

MAGIC = b"PicoHarp 300"
VERSIONS = ("2.0",)
MOST_CHANNELS = 65_536  # what the instrument has
MOST_CURVES = 512
_FIRST_CURVE, _CURVE_SIZE = 692, 172
# offset inside a curve's header, struct code
_FIELDS: dict[str, tuple[int, str]] = {
    "resolution_ns": (92, "<f"),
    "channels": (96, "<i"),
    "acquisition_ms": (100, "<i"),
    "stop_after_ms": (104, "<i"),
    "stop_reason": (108, "<i"),
    "sync_rate_Hz": (112, "<i"),
    "detector_rate_Hz": (116, "<i"),
    "histogram_rate_Hz": (120, "<i"),
    "integral": (124, "<q"),
    "data_offset": (136, "<i"),
}
_RATE_IN_NAME = re.compile(r"(?<![0-9.])(\d+(?:\.\d+)?)\s*[_-]?([kM])Hz", re.IGNORECASE)


@dataclass(frozen=True)
class Curve:
    """One histogram: ``counts`` (n,) and what its header says."""

    counts: Array
    channel_ns: float
    sync_rate_Hz: int
    acquisition_s: float
    detector_rate_Hz: int
    curves: int

    @property
    def period_ns(self) -> float:
        return 1e9 / self.sync_rate_Hz


def is_phd(raw: bytes) -> bool:
    """Whether ``raw`` begins like a PicoHarp file."""
    return raw.startswith(MAGIC)


def read_curve(raw: bytes, where: str, curve: int = 1) -> Curve:
    """Histogram number ``curve`` (from 1) in the bytes of a ``.phd`` file.

    Raises
    ------
    InputError
        With every contradiction in the header and its byte offset, or if the file is cut short.
    """
    if not is_phd(raw):
        raise InputError(
            "not a PicoHarp 300 file", where, seen=repr(raw[:12]), remedy="byte 0 must read PicoHarp 300"
        )
    version = raw[16:22].split(b"\0")[0].decode("ascii", "replace").strip()
    if version not in VERSIONS:
        raise InputError(
            "this version of the .phd format is not known (byte 16)",
            where,
            seen=version,
            nearest=VERSIONS,
            remedy="save the histogram again with a current PicoHarp program, or export it as ASCII",
        )
    if len(raw) < _FIRST_CURVE + _CURVE_SIZE:
        raise InputError(
            "the file ends inside its header",
            where,
            seen=f"{len(raw)} bytes",
            remedy=f"at least {_FIRST_CURVE + _CURVE_SIZE} are needed: copy the file again",
        )
    curves = int(struct.unpack_from("<i", raw, 328)[0])
    if not 1 <= curves <= MOST_CURVES:
        raise InputError(
            f"the number of curves (byte 328) must lie in 1 to {MOST_CURVES}", where, seen=str(curves)
        )
    if not 1 <= curve <= curves:
        raise InputError(
            "no such curve", where, seen=str(curve), remedy=f"the file holds curves 1 to {curves}"
        )
    start = _FIRST_CURVE + (curve - 1) * _CURVE_SIZE
    if len(raw) < start + _CURVE_SIZE:
        raise InputError("the file ends inside its header", where, seen=f"{len(raw)} bytes")
    values = {n: struct.unpack_from(code, raw, start + at)[0] for n, (at, code) in _FIELDS.items()}
    return _checked(raw, where, start, values, curves)


def _checked(raw: bytes, where: str, start: int, head: dict[str, float], curves: int) -> Curve:
    faults = Faults(where)

    def check(name: str, good: bool, rule: str) -> None:
        if not good:
            offset = start + _FIELDS[name][0]
            faults.add(f"{name} (byte {offset}, 0x{offset:x}) must {rule}", seen=head[name])

    resolution, channels = head["resolution_ns"], int(head["channels"])
    check(
        "resolution_ns",
        math.isfinite(resolution) and 1e-4 <= resolution <= 1e6,
        "be a channel width between 0.0001 and 1e6 ns",
    )
    check("channels", 16 <= channels <= MOST_CHANNELS, f"lie in 16 to {MOST_CHANNELS}")
    check("acquisition_ms", head["acquisition_ms"] >= 0, "not be negative")
    check("stop_after_ms", head["stop_after_ms"] >= 0, "not be negative")
    check("sync_rate_Hz", 1 <= head["sync_rate_Hz"] <= 1_000_000_000, "lie in 1 to 1e9: it gives the period")
    check("integral", head["integral"] >= 0, "not be negative")
    offset = int(head["data_offset"])
    check("data_offset", offset >= _FIRST_CURVE + curves * _CURVE_SIZE, "point behind the headers")
    if not faults.found and offset + 4 * channels > len(raw):
        faults.add(
            f"cut short: {channels} channels from byte {offset} need {offset + 4 * channels} bytes",
            seen=f"{len(raw)} bytes",
            remedy="copy the file again",
        )
    faults.raise_if_any()
    counts = np.frombuffer(raw, dtype="<u4", count=channels, offset=offset).astype(np.float64)
    total = int(counts.sum())
    if total != int(head["integral"]):
        at = start + _FIELDS["integral"][0]
        faults.add(
            f"the counts do not add up to the stored integral (byte {at}, 0x{at:x})",
            seen=f"{total} instead of {int(head['integral'])}",
            remedy="the file is damaged: copy it again",
        )
        faults.raise_if_any()
    return Curve(
        counts=counts,
        # stored in single precision: 0.004 ns reads as 0.0040000002
        channel_ns=float(f"{resolution:.6g}"),
        sync_rate_Hz=int(head["sync_rate_Hz"]),
        # the time after which it stopped; acquisition_ms is only what had been asked for
        acquisition_s=head["stop_after_ms"] / 1000,
        detector_rate_Hz=int(head["detector_rate_Hz"]),
        curves=curves,
    )


def name_contradicts(path: str | Path, sync_rate_Hz: float) -> str | None:
    """A warning if the file's name gives another repetition rate than its header (a tenth apart)."""
    for number, prefix in _RATE_IN_NAME.findall(Path(path).name):
        named = float(number) * (1e6 if prefix in "mM" else 1e3)
        if abs(named - sync_rate_Hz) > 0.1 * sync_rate_Hz:
            return (
                f"the file's name says {number} {'MHz' if prefix in 'mM' else 'kHz'}, its header "
                f"{sync_rate_Hz / 1e6:.4g} MHz: the header is used"
            )
    return None
