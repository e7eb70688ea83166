"""Galactic's .spc and OMNIC's .spa: made in the published layouts, one real file, hostile ones."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments import raman
from epidot.instruments.recognise import recognise
from epidot.signal import spa, spc
from epidot.signal.text import parse_table
from epidot.signal.trace import trace

Array = NDArray[np.float64]

X = np.linspace(100.0, 1100.0, 501)
Y = np.round(100 + 900 * np.exp(-(((X - 345) / 10) ** 2)), 1)


def new_spc(
    spectra: list[Array],
    flags: int = 0,
    exponent: int = -128,
    order: str = "<",
    axes: list[Array] | None = None,
) -> bytes:
    """A file of the new layout; with ``axes`` each spectrum has its own."""
    head = bytearray(512)
    head[0], head[1], head[2], head[28], head[29] = flags, 0x4B if order == "<" else 0x4C, 11, 13, 4
    struct.pack_into("b", head, 3, exponent)
    struct.pack_into(f"{order}IddI", head, 4, spectra[0].size, X[0], X[-1], len(spectra))
    head[88:99] = b"InP in ZnSe"
    body = b""
    if flags & 128 and not flags & 64:
        body += X.astype(f"{order}f4").tobytes()
    for k, y in enumerate(spectra):
        sub = bytearray(32)
        struct.pack_into("b", sub, 1, exponent)
        struct.pack_into(f"{order}I", sub, 16, y.size)
        body += bytes(sub)
        if flags & 64 and axes is not None:
            body += axes[k].astype(f"{order}f4").tobytes()
        if exponent == -128:
            body += y.astype(f"{order}f4").tobytes()
        else:
            bits = 16 if flags & 1 else 32
            whole = np.round(np.ldexp(y, bits - exponent))
            body += whole.astype(f"{order}i{bits // 8}").tobytes()
    log = b"Laser: 532.0 nm\r\nExposure: 10 s\r\n\0"
    struct.pack_into(f"{order}I", head, 248, 512 + len(body))
    return (
        bytes(head) + body + struct.pack(f"{order}IIIII", 64 + len(log), 0, 64, 0, 0).ljust(64, b"\0") + log
    )


def old_spc(y: Array, exponent: int = 11) -> bytes:
    """A file of the old layout: the high half of each number before the low one."""
    head = bytearray(256)
    head[1], head[16], head[17] = 0x4D, 13, 4
    struct.pack_into("<hfff", head, 2, exponent, y.size, X[0], X[-1])
    head[64:75] = b"InP in ZnSe"
    whole = np.round(np.ldexp(y, 32 - exponent)).astype(np.int64) & 0xFFFFFFFF
    return bytes(head) + np.column_stack([whole >> 16, whole & 0xFFFF]).astype("<u2").tobytes()


def omnic(y: Array, x_kind: int = 32) -> bytes:
    """A file of one Raman spectrum in OMNIC's layout."""
    head = struct.pack("<IIIIff", 0, y.size, x_kind, 31, X[-1], X[0]).ljust(600, b"\0")
    start = 1000
    entries = struct.pack("<BBII6x", 2, 0, start, 600) + struct.pack("<BBII6x", 3, 0, start + 600, 4 * y.size)
    out = b"Spectral Data File".ljust(30, b"\0") + b"InP in ZnSe".ljust(274, b"\0") + entries
    return out.ljust(start, b"\0") + head + y[::-1].astype("<f4").tobytes()


@pytest.mark.parametrize(
    "raw",
    [
        new_spc([Y]),
        new_spc([Y], order=">"),
        new_spc([Y], exponent=11),
        new_spc([Y], flags=1, exponent=11),
        new_spc([Y], flags=128),
        old_spc(Y),
        omnic(Y),
    ],
    ids=["floats", "big-endian", "integers", "short integers", "own axis", "old", "omnic"],
)
def test_one_spectrum_in_every_layout(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "spectrum.spc"
    path.write_bytes(raw)
    found = raman.read(path)
    assert found.x == pytest.approx(X, abs=1e-4)
    assert found.y == pytest.approx(Y, abs=0.02)
    assert (found.x_name, found.x_unit) == ("Raman shift", "cm-1")
    assert "InP in ZnSe" in found.meta["header"]
    assert not found.warnings or all("whole numbers" in w for w in found.warnings)


def test_the_laser_stands_in_the_log_of_the_instrument(tmp_path: Path) -> None:
    path = tmp_path / "spectrum.spc"
    path.write_bytes(new_spc([Y]))
    assert raman.read(path).meta["laser_nm"] == 532.0
    assert recognise(path) == "raman"


def test_a_series_shares_an_axis_or_each_has_its_own(tmp_path: Path) -> None:
    path = tmp_path / "series.spc"
    path.write_bytes(new_spc([Y, 2 * Y], flags=4))
    first, second = raman.read(path), raman.read(path, column="2")
    assert second.y == pytest.approx(2 * first.y)
    assert any("first of 2 columns" in w for w in first.warnings)
    path.write_bytes(new_spc([Y, Y[:300]], flags=4 | 64 | 128, axes=[X, X[:300] + 5]))
    short = raman.read(path, column="2")
    assert short.x == pytest.approx(X[:300] + 5, abs=1e-4)
    assert short.y == pytest.approx(Y[:300], abs=1e-3)


def test_what_is_cut_off_or_lies_is_refused_soon() -> None:
    rng = np.random.default_rng(5)
    for whole in (new_spc([Y]), new_spc([Y], exponent=11), new_spc([Y, Y], flags=4), old_spc(Y), omnic(Y)):
        with pytest.raises(InputError):
            parse_table(whole[:700])
        begin = time.process_time()
        for trial in range(60):
            spoilt = bytearray(whole[: int(rng.integers(300, len(whole)))] if trial % 2 else whole)
            for at in rng.integers(0, min(len(spoilt), 340), 5):
                spoilt[int(at)] = int(rng.choice([0, 255, 127, 64]))
            try:
                found = trace(parse_table(bytes(spoilt)))
            except InputError:
                continue
            assert found.x.size >= 5
        assert time.process_time() - begin < 5
    promised = bytearray(new_spc([Y]))
    struct.pack_into("<I", promised, 4, 2**31)
    with pytest.raises(InputError, match="cut off, or its head promises too much"):
        parse_table(bytes(promised))
    many = bytearray(new_spc([Y, Y], flags=4))
    struct.pack_into("<I", many, 24, 2**31)
    with pytest.raises(InputError, match="promises too many spectra"):
        parse_table(bytes(many))


def test_one_long_spectrum_among_thousands_fills_no_memory() -> None:
    short = [np.array([1.0, 2.0])] * 4000
    raw = new_spc([np.zeros(20000), *short], flags=4 | 64 | 128, axes=[np.arange(20000.0), *short])
    with pytest.raises(InputError, match="too unlike in length"):
        parse_table(raw)


def test_text_is_not_taken_for_a_binary_spectrum() -> None:
    for text in (b"#K 1\n1 2\n2 3\n3 4\n", "xK\ty\n1\t2\n2\t3\n3\t4\n".encode("utf-16-le") * 30):
        assert not spc.is_spc(text.ljust(600, b"\n"))


def test_a_group_and_a_series_of_omnic_are_named() -> None:
    with pytest.raises(InputError, match="a series of OMNIC"):
        parse_table(spa.SERIES.ljust(2000, b"\0"))
    two = bytearray(omnic(Y))
    two[336:352] = two[304:320]
    with pytest.raises(InputError, match="a group of OMNIC"):
        parse_table(bytes(two))


def test_spectrochempys_reader_finds_the_same(tmp_path: Path) -> None:
    peer = pytest.importorskip("spectrochempy_omnic")
    path = tmp_path / "spectrum.spa"
    path.write_bytes(omnic(Y))
    theirs = peer.OMNICReader(str(path))
    ours = raman.read(path)
    assert np.sort(np.ravel(theirs.x)) == pytest.approx(ours.x, abs=1e-3)
    assert np.ravel(theirs.data)[::-1] == pytest.approx(ours.y, abs=1e-3)


def test_a_real_file_of_holmium_glass(shared_data: Path) -> None:
    path = shared_data / "uvvis_pl" / "spectrochempy-local" / "HOLMIUM.SPC"
    if not path.exists():
        pytest.skip("this file is absent")
    found = trace(parse_table(path.read_bytes(), str(path)))
    assert (found.x_name, found.x_unit, found.name) == ("wavelength", "nm", "absorbance")
    assert (found.x.size, found.x[0], found.x[-1]) == (901, 250.0, 700.0)
    near = (found.x > 350) & (found.x < 370)
    assert float(found.x[near][np.argmax(found.y[near])]) == 360.5
    assert float(found.y.max()) == pytest.approx(3.4, abs=0.1)


def test_what_a_binary_table_says_of_its_columns_names_its_technique(tmp_path: Path) -> None:
    raw = bytearray(new_spc([Y / 1000]))
    raw[2], raw[28], raw[29] = 0, 3, 2  # no experiment named, nanometres, absorbance
    (tmp_path / "glass.spc").write_bytes(bytes(raw))
    assert recognise(tmp_path / "glass.spc") == "uvvis"
