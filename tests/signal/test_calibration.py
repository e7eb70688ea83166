"""An axis set right by a standard: the offset comes back within its error, and goes into what is measured."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epidot import instruments
from epidot.errors import InputError
from epidot.instruments.xrd.crystals import powder_crystal
from epidot.signal import Signal
from epidot.signal.calibration import Offset, offset, standards
from epidot.signal.noise import noisy
from epidot.signal.storage import save

SEEN = {
    # name: technique, axis, full width of the lines
    "Si": ("raman", np.arange(300.0, 700.0, 1.2), 5.0),
    "mercury": ("pl", np.arange(240.0, 700.0, 0.5), 1.6),
    "holmium-glass": ("uvvis", np.arange(270.0, 660.0, 0.5), 6.0),
    "holmium": ("uvvis", np.arange(235.0, 660.0, 0.5), 6.0),
}


def shown(name: str, off: float, stretch: float = 0.0, counts: float = 2000.0) -> Signal:
    """The lines of a standard on a sloping ground, ``off`` too far right, without noise."""
    technique, x, width = SEEN[name]
    y = 30.0 + 0.02 * (x - x[0])
    for line in standards()[name].lines:
        centre = line.value + off + stretch * (line.value - 450.0)
        y = y + counts / (1 + ((x - centre) / (width / 2)) ** 2) ** (2 if "holmium" in name else 1)
    unit = standards()[name].unit
    return Signal(technique, x, y, "x", unit, "counts", "counts", "counts", "simulated")


@pytest.mark.parametrize("name", SEEN)
@pytest.mark.parametrize("off", [-1.7, 0.0, 0.4])
def test_an_offset_comes_back(name: str, off: float) -> None:
    found = offset(noisy(shown(name, off, counts=1e6), np.random.default_rng(1)), name)
    assert found.value == pytest.approx(off, abs=0.02)
    assert len(found.lines) == len(standards()[name].lines)
    assert not found.warnings


@pytest.mark.parametrize("name", SEEN)
def test_readings_without_stated_errors_do_as_well(name: str) -> None:
    """As every text table has them."""
    seen = shown(name, 0.4)
    y = seen.y + np.random.default_rng(3).normal(0.0, 5.0, seen.y.size)
    found = offset(replace(seen, kind="analog").with_values(seen.x, y), name)
    assert abs(found.value - 0.4) < 3 * found.sigma
    assert found.sigma < 0.2


@pytest.mark.parametrize("name", ["Si", "holmium"])
def test_its_error_is_right(name: str) -> None:
    """Over seeds: the certified places scatter too, as their own errors say."""
    known = standards()[name].lines
    inside = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        true = np.array([rng.normal(0.0, line.sigma or 0.0) for line in known])
        weight = np.array([(line.sigma or 1.0) ** -2.0 for line in known])
        seen = shown(name, 0.3, counts=400.0)
        found = offset(noisy(seen, rng), name)
        inside += abs(found.value - 0.3 - float(weight @ true / weight.sum())) <= found.sigma
    assert 0.60 * 60 <= inside <= 0.80 * 60


def test_a_stretched_axis_is_told() -> None:
    found = offset(noisy(shown("mercury", 0.3, stretch=2e-3), np.random.default_rng(1)), "mercury")
    assert "the axis is stretched" in found.warnings[0]
    assert found.sigma > 0.1


def test_it_moves_what_is_measured_and_widens_its_error(tmp_path: Path) -> None:
    x = np.arange(500.0, 700.0, 1.0)
    y = 50.0 + 1e4 * np.exp(-((x - 600.0) ** 2) / 2 / 15.0**2)
    band = Signal("pl", x, y, "wavelength", "nm", "counts", "counts", "counts", "measured")
    pl = instruments.instrument("pl")
    plain = pl.measure(band)["peak_nm"]
    lamp = noisy(shown("mercury", 0.8, stretch=1e-3), np.random.default_rng(1))
    by = offset(lamp, "mercury")
    found = pl.measure(band, calibrate_against=("mercury", lamp))
    moved = found["peak_nm"]
    assert moved.value == pytest.approx(plain.value - by.value, abs=1e-6)
    assert moved.sigma == pytest.approx(math.hypot(plain.sigma, by.sigma), rel=1e-3)
    assert found["fwhm_nm"].sigma == pytest.approx(pl.measure(band)["fwhm_nm"].sigma, rel=1e-2)
    assert found.extra["calibration"]["offset"] == by.value
    assert any("the axis was moved by" in said for said in found.warnings)
    save(lamp, tmp_path / "lamp.csv")
    from_file = pl.measure(band, calibrate_against=("mercury", tmp_path / "lamp.csv"))
    assert from_file["peak_nm"] == moved


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("mercuri", "lamp.csv"), "is not a choice, saw 'mercuri'.*nearest.*mercury"),
        ("mercury", "takes a standard and a file"),
        (("mercury", 3), "must be a file or a signal"),
        (("mercury", "absent.csv"), "absent.csv"),
    ],
)
def test_what_is_no_standard_is_refused(given: object, said: str) -> None:
    x = np.arange(500.0, 700.0, 1.0)
    band = Signal("pl", x, np.exp(-((x - 600) ** 2) / 450), "wavelength", "nm", "", "", "analog", "measured")
    with pytest.raises(InputError, match=f"(?s){said}"):
        instruments.instrument("pl").measure(band, calibrate_against=given)


def test_a_standard_that_is_not_seen_is_refused() -> None:
    flat = Signal("pl", np.arange(500.0, 600.0), np.full(100, 7.0), "x", "nm", "", "", "counts", "measured")
    with pytest.raises(InputError, match="no line of mercury within 3 nm of its place"):
        offset(flat, "mercury")
    noise = noisy(flat, np.random.default_rng(1))
    with pytest.raises(InputError, match="no line of mercury"):
        offset(noise, "mercury")
    with pytest.raises(InputError, match=r"Si has lines on an axis of Raman shift / cm-1"):
        offset(flat, "Si")
    with pytest.raises(InputError, match="no such standard"):
        offset(flat, "hg")


def test_every_instrument_knows_its_standards() -> None:
    for name in instruments.names():
        header = instruments.instrument(name).HEADER
        for standard in header.standards:  # of an instrument with an offset of its own a crystal
            assert standard == powder_crystal(standard).name if header.offset else standard in standards()


def test_an_offset_is_plain_json() -> None:
    by = Offset("Si", 0.5, 0.1, "cm-1", ((520.45, 520.95),))
    assert by.to_json()["lines"] == [{"certified": 520.45, "found": 520.95}]
