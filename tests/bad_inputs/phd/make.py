"""Builds the broken decays beside this file: python make.py.

``whole`` is a small, sound PicoHarp histogram written from the format's layout; every broken file
differs from it in one thing, which its name says.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

FIRST, HEAD = 692, 172
FIELDS = {
    "resolution": (92, "<f"),
    "channels": (96, "<i"),
    "acquisition": (100, "<i"),
    "stop_after": (104, "<i"),
    "sync": (112, "<i"),
    "integral": (124, "<q"),
    "offset": (136, "<i"),
}


def counts(channels: int = 64) -> np.ndarray:
    t = np.arange(channels)
    return np.where(t < 8, 1, np.round(500 * np.exp(-(t - 8) / 9.0))).astype("<u4")


def whole(
    version: bytes = b"2.0", curves: int = 1, values: np.ndarray | None = None, **fields: float
) -> bytes:
    """A sound file, or one with the fields given."""
    y = counts() if values is None else values
    raw = bytearray(FIRST + curves * HEAD)
    raw[0:12] = b"PicoHarp 300"
    raw[16 : 16 + len(version)] = version
    struct.pack_into("<i", raw, 328, curves)
    for curve in range(max(curves, 1)):
        start = FIRST + curve * HEAD
        if start + HEAD > len(raw):
            break
        sound = {
            "resolution": 0.064,
            "channels": y.size,
            "acquisition": 60_000,
            "stop_after": 12_000,
            "sync": 200_000_000,
            "integral": int(y.sum()),
            "offset": len(raw) + curve * y.size * 4,
        } | fields
        for name, value in sound.items():
            at, code = FIELDS[name]
            struct.pack_into(code, raw, start + at, value)
    return bytes(raw) + y.tobytes() * max(curves, 1)


def broken() -> dict[str, bytes]:
    """Every broken file by its name."""
    good = whole()
    text = "time (ns)\tcounts\n" + "\n".join(f"{0.5 * i:.1f}\t{int(c)}" for i, c in enumerate(counts()))
    rows = text.split("\n")

    def table(change: dict[int, str]) -> bytes:
        return "\n".join(change.get(i, row) for i, row in enumerate(rows)).encode()

    return {
        "empty.phd": b"",
        "wrong-instrument.phd": b"HydraHarp 400" + good[13:],
        "wrong-version.phd": whole(version=b"1.1"),
        "version-not-text.phd": whole(version=b"\xff\xfe"),
        "only-the-name.phd": good[:12],
        "cut-in-the-head.phd": good[:700],
        "cut-in-the-counts.phd": good[:-10],
        "no-curves.phd": good[:328] + struct.pack("<i", 0) + good[332:],
        "too-many-curves.phd": good[:328] + struct.pack("<i", 100_000) + good[332:],
        "curves-behind-the-end.phd": good[:328] + struct.pack("<i", 400) + good[332:],
        "no-resolution.phd": whole(resolution=0.0),
        "resolution-not-a-number.phd": whole(resolution=float("nan")),
        "negative-channels.phd": whole(channels=-64),
        "two-thousand-million-channels.phd": whole(channels=2_000_000_000),
        "no-sync.phd": whole(sync=0),
        "negative-time.phd": whole(stop_after=-5),
        "negative-integral.phd": whole(integral=-1),
        "integral-disagrees.phd": whole(integral=int(counts().sum()) + 1),
        "counts-in-the-head.phd": whole(offset=100),
        "counts-behind-the-end.phd": whole(offset=1_000_000_000),
        "three-faults.phd": whole(resolution=-1.0, sync=-7, channels=3),
        "no-counts.phd": whole(values=np.zeros(64, dtype="<u4")),
        "missing-channel.txt": table({20: "9.5\t"}),
        "uneven-channels.txt": table({i: f"{i * i:.1f}\t3" for i in range(30, 65)}),
        "turns-back.txt": table({40: "3.0\t12"}),
        "negative-counts.txt": table({5: "2.0\t-4"}),
        "wavelength-axis.txt": text.replace("time (ns)", "wavelength (nm)").encode(),
        "channel-numbers.txt": (
            "channel,counts\n" + "\n".join(f"{i},{int(c)}" for i, c in enumerate(counts()))
        ).encode(),
        "single-column.txt": "\n".join(str(int(c)) for c in counts()).encode(),
        "too-few-channels.txt": "\n".join(rows[:12]).encode(),
        "all-zero.txt": ("time (ns)\tcounts\n" + "\n".join(f"{0.5 * i}\t0" for i in range(64))).encode(),
        "no-period.txt": text.encode(),
    }


if __name__ == "__main__":
    here = Path(__file__).parent
    for name, content in broken().items():
        (here / name).write_bytes(content)
