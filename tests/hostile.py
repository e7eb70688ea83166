"""Files made to harm a reader: cut short, endless, huge counts in their heads, packed a thousandfold."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

MB = 1_000_000


def packed(members: Mapping[str, bytes], cut: int | None = None) -> bytes:
    """A zip archive, or the first ``cut`` bytes of one."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()[:cut]


def bruker_raw(steps: int, extra: int = 0, size: int = 304) -> bytes:
    """A Bruker RAW 1.01 whose head promises ``steps`` counts, of which 100 follow."""
    head = bytearray(712 + 304)
    head[:8] = b"RAW1.01\0"
    struct.pack_into("<i", head, 12, 1)
    struct.pack_into("<4d", head, 624, 1.5406, 1.54439, 1.39222, 0.5)
    struct.pack_into("<2i", head, 712, size, steps)
    struct.pack_into("<d", head, 712 + 16, 10.0)
    struct.pack_into("<d", head, 712 + 176, 0.02)
    struct.pack_into("<i", head, 712 + 256, extra)
    return bytes(head) + struct.pack("<100f", *range(100))


def picoharp(curves: int, channels: int) -> bytes:
    """A PicoHarp histogram whose head promises ``curves`` of ``channels``."""
    head = bytearray(1000)
    head[:16] = b"PicoHarp 300\0\0\0\0"
    head[16:22] = b"2.0\0\0\0"
    for at in range(300, 900, 4):
        struct.pack_into("<i", head, at, channels)
    struct.pack_into("<i", head, 328, curves)
    return bytes(head) + bytes(4000)


def xrdml(inside: bytes) -> bytes:
    """A PANalytical file around ``inside``."""
    return (
        b'<?xml version="1.0"?><xrdMeasurements><xrdMeasurement><scan><dataPoints><positions axis="2Theta">'
        b"<startPosition>10</startPosition><endPosition>90</endPosition></positions>"
        + inside
        + b"</dataPoints></scan></xrdMeasurement></xrdMeasurements>"
    )


def galactic(points: int, spectra: int, flags: int, body: bytes = b"") -> bytes:
    """The head of a .spc file with these counts, and what follows it."""
    head = bytearray(512)
    head[0], head[1], head[3] = flags, 0x4B, 0x80
    struct.pack_into("<IddI", head, 4, points, 100.0, 1100.0, spectra)
    return bytes(head) + body


def omnic(start: int, size: int) -> bytes:
    """A file whose entries point to a head and to values ``start`` and ``size`` bytes away."""
    entries = struct.pack("<BBII6x", 2, 0, 400, 600) + struct.pack("<BBII6x", 3, 0, start, size)
    return (b"Spectral Data File".ljust(304, b"\0") + entries).ljust(2000, b"\1")


def jcamp(data: bytes, points: int = 1000) -> bytes:
    """A JCAMP-DX spectrum of NMR that promises ``points`` and holds ``data``."""
    return (
        b"##TITLE= x\n##JCAMP-DX= 5.00\n##DATA TYPE= NMR SPECTRUM\n##DATA CLASS= XYDATA\n"
        b"##.OBSERVE FREQUENCY= 400\n##.OBSERVE NUCLEUS= ^1H\n##XUNITS= HZ\n##XFACTOR= 1\n##YFACTOR= 1\n"
        b"##FIRSTX= 4000\n##LASTX= 0\n##NPOINTS= %d\n##XYDATA= (X++(Y..Y))\n" % points + data + b"\n##END=\n"
    )


def varian(blocks: int, traces: int, points: int, bytes_each: int, body: bytes = b"") -> bytes:
    """A Varian fid whose head promises these counts, and what follows it."""
    size = 28 + traces * points * bytes_each
    head = (blocks, traces, points, bytes_each, points * bytes_each, size)
    return struct.pack(">6i2hi", *(v % 2**31 for v in head), 0, 0x45, 1) + body


def bruker_head(points: int, **more: object) -> bytes:
    """The parameters of a Bruker measurement of so many points."""
    told = {"TD": points, "SW_h": 5000.0, "O1": 2000.0, "BF1": 500.0, "BYTORDA": 0, "DTYPA": 0,
            "NUC1": "<1H>", "GRPDLY": 0.0, "DECIM": 1, "DSPFVS": 20,
            "PULPROG": "<stegp1s>", **more}  # fmt: skip
    return ("##TITLE= x\n" + "".join(f"##${k}= {v}\n" for k, v in told.items()) + "##END=\n").encode()


def magnetic_resonance() -> dict[str, bytes]:
    """Folders and files of NMR; what lies in one folder belongs together."""
    noise = struct.pack("<1000i", *range(1000))
    list_of = b"\n".join(b"%d" % n for n in range(1, 9))
    folders = {
        "long": {"fid": noise, "acqus": bruker_head(2**31 - 1)},
        "late": {"fid": noise, "acqus": bruker_head(1000, GRPDLY=1e12)},
        "without": {"fid": noise},
        "large": {"fid": bytes(30 * MB), "acqus": bruker_head(8)},
        "parameters": {"fid": noise, "acqus": b"##$X= (0..99999999)\n" + b"1 " * (12 * MB)},
        "processed": {"1r": noise, "procs": bruker_head(1000, SI=2**31 - 1, SF=500, OFFSET=1e300, SW_p=1)},
        "many": {"fid": varian(2**31 - 1, 2**20, 2**20, 4, noise), "procpar": b""},
        "cut": {"fid": varian(1, 1, 4096, 4)[:20], "procpar": b"sw 1 1 1e99 0 0 2 1 11 1 64\n1 5000\n0\n"},
        "procpar": {"fid": varian(1, 1, 1000, 4, noise), "procpar": b"a 1 1 0 0 0 2 1 11 1 64\n" * MB},
        "spinsolve": {"data.1d": b"SDPS" + struct.pack("<7i", 0, 503, 2**31 - 1, 2**31 - 1, 1, 1, 1) + noise},
        "diffusion": {"ser": noise, "acqus": bruker_head(1000), "difflist": list_of},
        "steps": {"ser": noise, "acqus": bruker_head(8), "difflist": b"1\n" * (3 * MB)},
        "wide": {"ser": bytes(30 * MB), "acqus": bruker_head(2**22), "difflist": list_of},
        "open": {"fid": noise, "acqus": b"##$NUC1= <1H\n##$TD= 8\n"},
        "short": {"ser": noise, "acqus": b"##$D= (0..63)\n0 0\n##$TD= 8\n", "difflist": list_of},
        "heavy": {"ser": bytes(64 * MB), "acqus": bruker_head(2 * MB), "difflist": list_of},
        "xml": {
            "ser": noise,
            "acqus": bruker_head(250),
            "difflist": list_of,
            "diff.xml": b"<delta>" + b"1" * MB,
        },
    }
    return {
        "huge.jdf": b"JEOL.NMR" + b"\x01\x01\x00\x02" + b"\xff" * 4000,
        "zeros.jdf": b"JEOL.NMR" + bytes(30 * MB),
        "cut.jdf": b"JEOL.NMR\x01",
        "repeats.dx": jcamp(b"0A0%s99999999\n" * 1000),
        "repeats_and_repeats.dx": jcamp(b"0A0" + b"%s99999" * 10_000),
        "letters.dx": jcamp(b"0A" + b"J" * (3 * MB)),
        "lines.dx": jcamp(b"0 1 2 3\n" * 400_000),
        "numbers.dx": jcamp(b"0" + b" 1" * (MB + MB // 2)),
        "long.dx": jcamp(b"0 1 2 3\n" * (2 * MB)),
        "labels.dx": b"##A= 1\n" * 450_000,
        "blocks.dx": b"##TITLE= x\n##DATA TYPE= LINK\n" * 100_000,
        **{f"{folder}/{name}": content for folder, some in folders.items() for name, content in some.items()},
    }


def files() -> dict[str, bytes]:
    """Content by name; the names are those a reader would expect."""
    points = b"".join(b"%.3f\t1\t1\n" % (10 + n / 8000) for n in range(600_000))  # 8.4 MB, as it might be
    datum = b"<Datum>1,1,10.0,5.0,7</Datum>"
    brml = b"<RawData><DataRoutes><DataRoute>" + datum * 400_000  # not closed
    good = b"".join(b"%.2f %d\n" % (10 + n / 50, n % 97) for n in range(2000))
    return {
        "empty.txt": b"",
        "cut.rasx": packed({"Data0/Profile0.txt": points}, 4000),
        "large.rasx": packed({"Data0/Profile0.txt": points}),
        "bomb.rasx": packed({"Data0/Profile0.txt": bytes(60 * MB)}),
        "bomb_of_lines.rasx": packed({"Data0/Profile0.txt": b"1\t1\t1\n" * (30 * MB // 6)}),
        "wide.rasx": packed({"Data0/Profile0.txt": b"1 " * (9 * MB)}),
        "conditions.rasx": packed(
            {"Data0/Profile0.txt": good, "Data0/MesurementConditions0.xml": bytes(60 * MB)}
        ),
        "many.rasx": packed({f"Data{n}/x": b"" for n in range(20_000)}),
        "bomb.brml": packed({"Experiment0/RawData0.xml": brml}),
        "bomb_of_elements.brml": packed({"Experiment0/RawData0.xml": b"<a/>" * (4 * MB)}),
        "nested.brml": packed({"Experiment0/RawData0.xml": b"<a>" * (6 * MB)}),
        "cut.brml": packed({"Experiment0/RawData0.xml": brml}, 500),
        "rows.brml": packed({"Experiment0/RawData0.xml": brml + b"</DataRoute></DataRoutes></RawData>"}),
        "huge.spc": galactic(2**32 - 1, 1, 0, bytes(4 * MB)),
        "many.spc": galactic(2, 2**32 - 1, 4, bytes(4 * MB)),
        "short.spc": galactic(2, 9000, 4, bytes(4 * MB)),
        "own_axes.spc": galactic(2, 9000, 4 | 64 | 128, bytes(4 * MB)),
        "far.spa": omnic(2**32 - 1, 2**32 - 1),
        "long.spa": omnic(500, 2**31),
        "huge.raw": bruker_raw(2**31 - 1),
        "negative.raw": bruker_raw(-5, extra=-(2**31)),
        "far.raw": bruker_raw(50, size=2**31 - 1),
        "cut.raw": bruker_raw(100)[:900],
        "long.xrdml": xrdml(b"<intensities>" + b"1 " * (12 * MB) + b"</intensities>"),
        "just_not_too_long.xrdml": xrdml(b"<intensities>" + b"1 " * (9 * MB) + b"</intensities>"),
        "elements.xrdml": xrdml(b"<a/>" * (4 * MB)),
        "attributes.xrdml": xrdml(b"<a " + b"".join(b"a%d='' " % n for n in range(1_000_000)) + b"/>"),
        "entities.xrdml": b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>' + xrdml(b"&c;"),
        "long.ras": b"*RAS_DATA_START\n*RAS_INT_START\n" + b"10 1 1\n" * (3 * MB),
        "long.uxd": b"_START=10\n_2THETACOUNTS\n" + b"10 1\n" * (4 * MB),
        "cut.uxd": b"_START=10\n_STEPSIZE=0.02\n_2THETACOUNTS\n10.0",
        "lines.txt": b"1 1\n" * (5 * MB),
        "lines_without_end.csv": b"\n" * (15 * MB),
        "just_not_too_many_lines.xy": b"".join(b"%d %d\n" % (n, n % 7) for n in range(290_000)),
        "one_line.txt": b"1 " * (12 * MB),
        "just_not_too_long_lines.txt": (b"11 " * 100_000 + b"\n") * 13,
        "letters.txt": b"a" * (15 * MB),
        "number.txt": b"1" * (4 * MB) + b" 1\n" + good,
        "digits.csv": b"wavelength / nm,counts\n" + b"5e999999999,1\n" * 1000,
        "huge.phd": picoharp(2**31 - 1, 2**31 - 1),
        "negative.phd": picoharp(-1, -1),
        "cut.phd": picoharp(1, 65536)[:300],
        "zeros.bin": bytes(30 * MB),
        **magnetic_resonance(),
    }
