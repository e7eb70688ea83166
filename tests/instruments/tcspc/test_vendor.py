"""Binary files of counters: their histograms, and what is told where the extra is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.instruments import tcspc
from epidot.instruments.recognise import recognise


@pytest.mark.parametrize(
    ("name", "content", "package"),
    [
        ("a.ptu", b"PQTTTR\0\0" + bytes(200), "ptufile"),
        ("a.phu", b"PQHIST\0\0" + bytes(200), "ptufile"),
        ("a.sdt", bytes(40) + b"\xaa\x55" + bytes(200), "sdtfile"),
    ],
)
def test_without_the_extra_it_is_named(
    name: str, content: bytes, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / name).write_bytes(content)
    assert recognise(tmp_path / name) == "tcspc"
    with pytest.raises(
        InputError, match=rf"{package}, which is not installed; pip install 'epidot\[vendor\]'"
    ):
        tcspc.read(tmp_path / name)


def test_a_ptu_gives_back_its_photons(tmp_path: Path) -> None:
    ptufile = pytest.importorskip("ptufile")
    rng = np.random.default_rng(1)
    photons = rng.poisson(40 * np.exp(-np.arange(256) / 40.0), (1, 2, 3, 1, 256)).astype(np.uint8)
    ptufile.imwrite(
        tmp_path / "a.ptu", photons, global_resolution=5e-8, tcspc_resolution=1.95e-10, pixel_time=1e-3
    )
    signal = tcspc.read(tmp_path / "a.ptu")
    counted = photons.sum(axis=(0, 1, 2, 3))
    assert np.array_equal(signal.y[: counted.size], counted)
    assert signal.y.sum() == counted.sum()
    assert signal.meta["period_ns"] == pytest.approx(50.0)
    assert signal.meta["channel_ns"] == pytest.approx(0.195)
    assert signal.kind == "counts"


def test_an_sdt_gives_back_its_counts(tmp_path: Path) -> None:
    """A file built from the records that sdtfile documents: one block of one decay."""
    sdtfile = pytest.importorskip("sdtfile.sdtfile")
    counts = np.random.default_rng(2).poisson(900 * np.exp(-np.arange(256) / 50.0)).astype("<u2")
    info = b"*IDENTIFICATION\r\n  ID        : SPC Setup & Data File\r\n*END\r\n\r\n"
    head = np.zeros(1, np.dtype(sdtfile.FILE_HEADER).newbyteorder("<"))
    measured = np.zeros(1, np.dtype(sdtfile.MEASURE_INFO).newbyteorder("<"))
    block = np.zeros(1, np.dtype(sdtfile.BLOCK_HEADER_OLD).newbyteorder("<"))
    at = head.itemsize
    head["revision"], head["header_valid"], head["chksum"] = 0x0, 0x5555, 0x55AA
    head["info_offs"], head["info_length"] = at, len(info)
    at += len(info)
    head["meas_desc_block_offs"], head["meas_desc_block_length"] = at, measured.itemsize
    head["no_of_meas_desc_blocks"], head["no_of_data_blocks"] = 1, 1
    measured["tac_r"], measured["tac_g"], measured["adc_re"] = 5e-8, 2, 256
    at += measured.itemsize
    head["data_block_offs"] = at
    block["data_offs"], block["block_length"] = at + block.itemsize, counts.nbytes
    block["next_block_offs"] = block["data_offs"] + counts.nbytes
    (tmp_path / "a.sdt").write_bytes(
        head.tobytes() + info + measured.tobytes() + block.tobytes() + counts.tobytes()
    )
    signal = tcspc.read(tmp_path / "a.sdt")
    assert np.array_equal(signal.y, counts)
    assert signal.meta["channel_ns"] == pytest.approx(50.0 / 2 / 256)


def test_arrival_times_without_a_decay_are_refused(shared_data: Path) -> None:
    pytest.importorskip("ptufile")
    path = shared_data / "tcspc" / "libpicoquant" / "hydraharp" / "v30_t2.ptu"
    if not path.exists():
        pytest.skip("the recording is absent")
    with pytest.raises(InputError, match="a T2 recording holds arrival times, no decay"):
        tcspc.read(path)


def test_a_damaged_file_is_a_message(tmp_path: Path) -> None:
    pytest.importorskip("ptufile")
    (tmp_path / "a.ptu").write_bytes(b"PQTTTR\0\0" + bytes(200))
    with pytest.raises(InputError, match=r"a damaged PicoQuant \.ptu file"):
        tcspc.read(tmp_path / "a.ptu")
