"""How readings scatter: one rule for all that reads, one place for the standard errors that follow."""

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.signal import Signal
from epidot.signal.settings import stated_seconds
from epidot.signal.spectrum import read_spectrum
from epidot.signal.variance import scatter, standard_errors

COUNTS = np.random.default_rng(1).poisson(400.0, 300).astype(float)


@pytest.mark.parametrize(
    ("y", "unit", "more", "kind"),
    [
        (COUNTS, "counts", {}, "counts"),
        (COUNTS, "", {}, "analog"),  # whole numbers alone say nothing of a spectrum,
        (COUNTS, "", {"bare": True}, "counts"),  # but of a technique that only counts
        (COUNTS / 7, "counts", {}, "analog"),
        (COUNTS - 500, "counts", {}, "analog"),
        (COUNTS // 100, "counts", {}, "analog"),  # 0 to 5
        (COUNTS // 100, "counts", {"declared": True}, "counts"),
        (COUNTS / 0.25, "counts/s", {"seconds": 0.25}, "rate"),
        (COUNTS / 0.25, "cps", {"seconds": 0.3}, "analog"),
        (COUNTS / 0.25, "counts/s", {}, "analog"),
    ],
)
def test_what_the_file_tells(y, unit, more, kind):
    found = scatter(y, unit, "auto", "f", **more)
    assert found.kind == kind
    assert (found.live_time is not None) == (kind == "rate")


def test_a_rate_beyond_a_million_counts_is_checked_still():
    n = np.random.default_rng(2).poisson(3e6, 300).astype(float)
    assert scatter(n / 0.4, "cps", "auto", "f", seconds=0.4).kind == "rate"
    assert scatter((n + 0.3) / 0.4, "cps", "auto", "f", seconds=0.4).kind == "analog"


def test_counts_that_are_none_are_refused():
    with pytest.raises(InputError, match="not counts") as caught:
        scatter(COUNTS - 0.5, "", "counts", "f.csv")
    assert "f.csv" in str(caught.value)


def test_standard_errors_are_those_of_the_mean():
    counts = np.random.default_rng(3).poisson(400.0, 20_000).astype(float)

    def signal(**more):
        x = np.arange(counts.size, dtype=float)
        return Signal("pl", x, counts / 0.5, "wavelength", "nm", "intensity", "", origin="measured", **more)

    mean = np.full(counts.shape, 800.0)
    rate = standard_errors(signal(kind="rate", live_time=0.5), mean)
    assert np.allclose(rate, np.std(counts / 0.5), rtol=0.02)  # 0.5 % by chance
    assert np.allclose(standard_errors(signal(kind="counts"), mean), np.sqrt(800.0))
    assert standard_errors(signal(kind="analog"), mean) is None
    assert np.all(standard_errors(signal(kind="analog", sigma=mean / 8), mean) == 100.0)


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("Integration Time: 0.25 s", 0.25),
        ("Integration time (ms),250", 0.25),
        ("Dwell Time\t0,5\tsec", 0.5),
        ("integration_time=2s", 2.0),
        ("Exposure Time : 100ms", 0.1),
        ("Integration Time: 5", None),  # seconds or milliseconds?
        ("Scan time 5 s", None),
    ],
)
def test_the_time_of_a_reading_in_a_head(line, seconds):
    assert stated_seconds(["Instrument X", line]) == (None if seconds is None else pytest.approx(seconds))


def test_counts_per_second_of_known_time_have_poissons_errors(tmp_path):
    nm = np.arange(500.0, 800.0)
    text = "Integration Time: 0.25 s\nwavelength (nm),intensity (counts/s)\n"
    path = tmp_path / "cps.csv"
    path.write_text(text + "".join(f"{a:g},{b:g}\n" for a, b in zip(nm, COUNTS / 0.25, strict=True)))
    found = read_spectrum(path, technique="pl", y_name="intensity", noise="auto")
    assert (found.kind, found.live_time, found.y_unit) == ("rate", 0.25, "counts/s")
    assert np.allclose(standard_errors(found, found.y), np.sqrt(found.y / 0.25))
