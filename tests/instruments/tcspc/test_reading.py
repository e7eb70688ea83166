"""Text exports of a decay, as instruments and people write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.instruments import tcspc

COUNTS = np.concatenate((np.full(8, 2.0), np.round(900 * np.exp(-np.arange(120) / 25.0))))


def written(path: Path, text: str, name: str = "decay.txt") -> Path:
    file = path / name
    file.write_text(text, encoding="utf-8")
    return file


def table(step: float, digits: int, head: str = "Time (ns),Counts", mark: str = ",") -> str:
    rows = [f"{step * i:.{digits}f}{mark}{int(c)}" for i, c in enumerate(COUNTS)]
    return head + "\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("head", "step", "width"),
    [
        ("Time (ns),Counts", 0.25, 0.25),
        ("Time (ps),Counts", 64.0, 0.064),
        ("time/ns,decay", 0.5, 0.5),
        ("Time [us],Counts", 0.001, 1.0),
        ("Time (s),Counts", 2.5e-7, 250.0),
    ],
)
def test_units_of_the_time_axis(tmp_path: Path, head: str, step: float, width: float) -> None:
    signal = tcspc.read(written(tmp_path, table(step, 9, head)))
    assert signal.meta["channel_ns"] == pytest.approx(width, rel=1e-9)
    assert np.array_equal(signal.y, COUNTS)
    assert (signal.kind, signal.x_unit, signal.y_unit) == ("counts", "ns", "counts")


def test_times_printed_with_few_digits_keep_their_channels(tmp_path: Path) -> None:
    signal = tcspc.read(written(tmp_path, table(0.064, 1)))
    assert len(signal) == COUNTS.size
    assert signal.meta["channel_ns"] == pytest.approx(0.064, rel=0.01)
    exact = tcspc.read(written(tmp_path, table(0.064, 1)), channel_ns=0.064)
    assert exact.meta["channel_ns"] == 0.064
    with pytest.raises(InputError, match="contradicts the option channel_ns"):
        tcspc.read(written(tmp_path, table(0.064, 4)), channel_ns=0.128)


def test_an_unstated_unit_is_said(tmp_path: Path) -> None:
    signal = tcspc.read(written(tmp_path, table(0.25, 3, "x,y")))
    assert any("taken to be ns" in w for w in signal.warnings)


def test_channel_numbers_need_a_width(tmp_path: Path) -> None:
    file = written(tmp_path, table(1.0, 0, "Chan,Data"))
    with pytest.raises(InputError, match="channel_ns"):
        tcspc.read(file)
    assert tcspc.read(file, channel_ns=0.1).meta["channel_ns"] == 0.1
    stated = written(tmp_path, "Time calibration: 0.1097 ns\n" + table(1.0, 0, "Chan,Data"), "stated.txt")
    assert tcspc.read(stated).meta["channel_ns"] == pytest.approx(0.1097)


def test_a_single_column_of_counts(tmp_path: Path) -> None:
    head = "#PicoHarp 300\n#channels per curve\n128\n#ns/bin\n0.0320\n#counts\n"
    file = written(tmp_path, head + "\n".join(str(int(c)) for c in COUNTS))
    signal = tcspc.read(file)
    assert np.array_equal(signal.y, COUNTS)
    assert signal.meta["channel_ns"] == pytest.approx(0.032)


def test_columns_by_name_and_the_response_from_the_same_file(tmp_path: Path) -> None:
    prompt = np.round(5000 * np.exp(-0.5 * ((np.arange(COUNTS.size) - 9) / 1.5) ** 2))
    rows = [f"{0.25 * i};{int(c)};{int(p)}" for i, (c, p) in enumerate(zip(COUNTS, prompt, strict=True))]
    file = written(tmp_path, "time (ns);sample;prompt\n" + "\n".join(rows))
    signal = tcspc.read(file, column="sample")
    assert np.array_equal(signal.y, COUNTS)
    found = tcspc.measure(signal, irf=file, irf_column="prompt", period=1000, exponentials=1)
    assert found["tau1_ns"].value == pytest.approx(25 * 0.25, rel=0.1)
    with pytest.raises(InputError, match="no such column"):
        tcspc.read(file, column="samples of")


def test_a_response_without_time_axis_has_the_channels_of_the_decay(tmp_path: Path) -> None:
    prompt = np.round(5000 * np.exp(-0.5 * ((np.arange(COUNTS.size) - 9) / 1.5) ** 2))
    response = written(tmp_path, "\n".join(str(int(p)) for p in prompt), "irf.txt")
    signal = tcspc.read(written(tmp_path, table(0.25, 3)), period="1 MHz")
    assert signal.meta["period_ns"] == 1000.0
    assert tcspc.measure(signal, irf=response, exponentials=1)["tau1_ns"].value > 0


def test_a_missing_file_is_said() -> None:
    with pytest.raises(InputError, match="no such file"):
        tcspc.read("nowhere.phd")


def test_a_record_that_fills_the_period_loses_no_channel_to_rounding(tmp_path: Path) -> None:
    """Times written with six digits give a width of the channels that is off by some 1e-6."""
    width = 120 / 1024
    rows = "".join(f"{i * width:.6g},{round(900 * np.exp(-i * width / 20)) + 3}\n" for i in range(1024))
    (tmp_path / "full.csv").write_text("time (ns),counts\n" + rows, encoding="utf-8")
    found = tcspc.measure(tcspc.read(tmp_path / "full.csv"), period=120, irf_fwhm_ns=1, exponentials=1)
    assert not any("longer than the period" in said for said in found.warnings)
