"""Dyes measured on a PicoHarp 300 with their instrument response (not part of the repository)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from epidot.instruments import tcspc
from epidot.quantities import Quantities

FOLDER = "tcspc/fluorophore-picoharp/tr"
FILES = (
    ("C153/c153_etoh", "_2mhz_440nm_4ps.phd", 12_645_556, 319_391, 2.009),
    ("C153/c153_dmso", "_10mhz_425nm_4ps.phd", 14_083_829, 293_002, 5.033),
    ("BOD493/bod493_dmf", "_10mhz_488nm_4ps.phd", 8_944_249, 283_196, 10.061),
)


def measured(shared_data: Path, stem: str, rest: str, **options: object) -> Quantities:
    folder = shared_data / FOLDER
    signal = tcspc.read(folder / f"{stem}{rest}")
    return tcspc.measure(signal, irf=folder / f"{stem}_irf{rest}", **options)


@pytest.mark.parametrize(("stem", "rest", "decay", "response", "rate"), FILES)
def test_all_six_files_read(
    shared_data: Path, stem: str, rest: str, decay: int, response: int, rate: float
) -> None:
    for middle, counts in (("", decay), ("_irf", response)):
        signal = tcspc.read(shared_data / FOLDER / f"{stem}{middle}{rest}")
        cut = 0 if len(signal) == 65_536 else counts - signal.y.sum()
        assert signal.y.sum() + cut == counts
        assert cut < 2e-3 * counts
        assert signal.meta["sync_rate_Hz"] / 1e6 == pytest.approx(rate, abs=0.001)
        assert signal.meta["channel_ns"] == 0.004
        assert signal.x[-1] < signal.meta["period_ns"]
        wrong = "name says" in " ".join(signal.warnings)
        assert wrong == ("dmso" in stem)


@pytest.mark.parametrize(
    ("stem", "rest", "tau"),
    [("C153/c153_etoh", "_2mhz_440nm_4ps.phd", 4.68), ("C153/c153_dmso", "_10mhz_425nm_4ps.phd", 5.31)],
)
def test_coumarin_153(shared_data: Path, stem: str, rest: str, tau: float) -> None:
    for options in ({"exponentials": 1}, {}):
        found = measured(shared_data, stem, rest, **options)
        assert found["tau1_ns"].value == pytest.approx(tau, abs=0.1)
        assert found["tau1_ns"].value == pytest.approx(tau, abs=0.01)
        assert found["reduced_deviance"].value < 1.25  # asked: below 1.6
        assert found.extra["exponentials"] == 1
        assert "8 channels per bin" in found["tau1_ns"].method
        assert any("times those of counting alone" in w for w in found.warnings)


def test_bodipy_needs_more_than_one_term(shared_data: Path) -> None:
    name = ("BOD493/bod493_dmf", "_10mhz_488nm_4ps.phd")
    one = measured(shared_data, *name, exponentials=1)
    assert one["reduced_deviance"].value > 10
    assert any("one exponential is not enough" in w for w in one.warnings)
    two = measured(shared_data, *name, exponentials=2)
    assert two["tau2_ns"].value == pytest.approx(5.112, abs=0.01)
    assert two["tau1_ns"].value == pytest.approx(0.229, abs=0.02)
    assert two["amplitude1"].value == pytest.approx(0.47, abs=0.03)
    assert two["reduced_deviance"].value < 1.1


def test_full_resolution_gives_the_same(shared_data: Path) -> None:
    name = FILES[0][:2]
    fine = measured(shared_data, *name, exponentials=1, bin=1)["tau1_ns"]
    binned = measured(shared_data, *name, exponentials=1)["tau1_ns"]
    assert abs(fine.value - binned.value) < 0.3 * binned.sigma


def test_the_slow_part_of_the_response_explains_the_hump(shared_data: Path) -> None:
    """Late pulses of the detector lie under the decay; a flat background alone leaves them over."""
    folder = shared_data / FOLDER
    stem, rest = FILES[0][:2]
    signal, response = tcspc.read(folder / f"{stem}{rest}"), tcspc.read(folder / f"{stem}_irf{rest}")
    peak = response.y.copy()
    at = int(np.argmax(peak))
    peak[: at - 100], peak[at + 300 :] = 0.0, 0.0
    cut = tcspc.measure(signal, irf=response.with_values(response.x, peak), exponentials=1)
    whole = tcspc.measure(signal, irf=response, exponentials=1)
    assert whole["reduced_deviance"].value < cut["reduced_deviance"].value - 0.1
