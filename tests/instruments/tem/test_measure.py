"""Sizes read off simulated images, and what is said where nothing can be read."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.errors import InputError
from epidot.instruments import tem
from epidot.instruments.tem import sizes
from epidot.signal import Signal

ONE = LayeredDot("InP", 5.0)
SETUP = {"particles": 45, "pixels": 330, "scale_nm": 0.2, "counts": 300.0}


def image(dots: Population, seed: int = 1, **setup: object) -> Signal:
    return tem.simulate(dots, {**SETUP, **setup}, rng=np.random.default_rng(seed))


def alike(dot: LayeredDot) -> Population:
    return Population(dot, np.array([dot.core_diameter_nm]))


def spread(mean: float, sd: float) -> Population:
    return Population(LayeredDot("InP", mean), np.random.default_rng(2).normal(mean, sd, 3000))


@pytest.mark.parametrize("mode", ["haadf", "bright field"])
@pytest.mark.parametrize(
    "dot", [ONE, LayeredDot("InP", 3.3, (Layer("ZnS", 0.85),)), LayeredDot("CdSe", 4.0, (Layer("ZnS", 0.7),))]
)
def test_dots_all_alike_have_their_diameter_and_no_spread(dot: LayeredDot, mode: str) -> None:
    counts = 300.0 if mode == "haadf" else 20_000.0
    found = tem.measure(image(alike(dot), mode=mode, counts=counts))
    mean = found["diameter_nm"]
    assert mean.value == pytest.approx(dot.diameter_nm, abs=max(3 * (mean.sigma or 0), 0.01))
    assert mean.sigma is not None
    assert mean.sigma < 0.02 * dot.diameter_nm
    if found["diameter_sd_nm"].value is None:
        assert "below" in found["diameter_sd_nm"].note
    else:
        assert found["diameter_sd_nm"].value < 0.02 * dot.diameter_nm


def test_a_threshold_makes_dots_too_small_the_fit_does_not() -> None:
    from epidot.instruments.tem.seeds import flattened, parted

    signal = image(alike(ONE))
    cut = parted(flattened(signal.y), None)
    whole = tem.measure(signal)
    area = np.sum(cut.smooth > cut.threshold) * 0.2**2
    n = sum(whole[name].value or 0 for name in ("count", "count_left_out"))
    n_cut = whole["count_cut"].value or 0
    assert 2 * np.sqrt(area / (n + n_cut / 2) / np.pi) < 4.8
    assert whole["diameter_nm"].value == pytest.approx(5.0, abs=0.02)


def test_touching_and_overlapping_dots_are_counted_and_keep_their_size() -> None:
    found = tem.measure(image(spread(5.0, 0.4), particles=60, touching=50.0, overlapping=10.0))
    assert (found["count_touching"].value or 0) > 15
    assert (found["count_overlapping"].value or 0) > 2
    assert found["diameter_nm"].value == pytest.approx(5.0, abs=0.2)


def test_tetrahedra_are_irregular_and_spheres_are_not() -> None:
    spheres = tem.measure(image(alike(ONE)))["irregularity"]
    tetrahedra = tem.measure(
        image(alike(ONE), shape="tetrahedron", truncation=0.1, particles=16, gap_nm=0.2)
    )["irregularity"]
    assert (spheres.value or 0.0) < 2
    assert tetrahedra.value is not None
    assert tetrahedra.value > 6


def test_noise_alone_is_refused() -> None:
    x = np.arange(200) * 0.1
    y = np.random.default_rng(1).poisson(100, (200, 200)).astype(float)
    blank = Signal("tem", x, y, "place", "nm", "electrons", "counts", "counts", "measured", rows=x)
    with pytest.raises(InputError, match="no particles stand out"):
        tem.measure(blank)


def test_a_trace_is_no_image() -> None:
    trace = Signal("tem", [0.0, 1.0], [1.0, 2.0], "x", "nm", "y", "", "analog", "measured")
    with pytest.raises(InputError, match="not an image"):
        tem.measure(trace)


def test_the_error_of_the_scale_is_carried() -> None:
    signal = image(spread(5.0, 0.4))
    plain, known = tem.measure(signal), tem.measure(signal, scale_error=3.0)
    a, b = plain["diameter_nm"].sigma, known["diameter_nm"].sigma
    assert a is not None
    assert b == pytest.approx(np.hypot(a, 0.03 * (plain["diameter_nm"].value or 0)), rel=1e-6)


def test_reading_errors_are_taken_off_the_spread() -> None:
    """Exact in expectation: spread 0.3 read with an error of 0.2 is 0.36, and 0.3 is found.

    The mean square of the reading errors is itself known to 15 %, as the spread's error says.
    """
    rng = np.random.default_rng(4)
    found = []
    for _ in range(300):
        d = rng.normal(5, 0.3, 200) + rng.normal(0, 0.2, 200)
        stated = 0.2 * np.sqrt(1 + 0.15 * rng.standard_normal())
        one = sizes.spread(d, np.full(200, stated), np.ones(200), 0.0)
        assert one.sd is not None
        assert one.sd_error is not None
        found.append((one.sd, one.sd_error))
    values, errors = np.array(found).T
    assert np.mean(values) == pytest.approx(0.3, abs=0.004)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)


def test_small_dots_are_whole_more_often() -> None:
    weight = sizes.chances(np.array([1.0, 5.0]), 20.0, 10.0)
    assert weight[1] / weight[0] == pytest.approx(19 * 9 / (15 * 5))


@pytest.mark.parametrize("model", ["normal", "lognormal"])
def test_a_law_of_sizes_over_two_images(model: str) -> None:
    images = [image(spread(5.0, 0.4), seed) for seed in (1, 2)]
    fit = tem.fit(images, model)
    assert fit.status == "converged"
    assert len(fit.each) == 2
    for name, truth in (("diameter_nm", 5.0), ("diameter_sd_nm", 0.4)):
        q = fit.quantities[name]
        assert q.value == pytest.approx(truth, abs=3.5 * (q.sigma or 0))
    alone = tem.measure(images[0])["diameter_nm"].sigma
    assert alone is not None
    assert (fit.quantities["diameter_nm"].sigma or 1) < alone


def test_a_dot_that_runs_away_takes_no_pixels_of_the_others() -> None:
    """On this image one radius grew until its dot claimed nearly every pixel, and nothing was left to fit."""
    dots = Population.drawn(LayeredDot("InP", 5.0), 1000, 0.08, np.random.default_rng(1))
    setup = {"particles": 60, "pixels": 592, "scale_nm": 0.1}
    found = tem.measure(tem.simulate(dots, setup, rng=np.random.default_rng([2026, 49])))
    mean = found["diameter_nm"]
    assert mean.value == pytest.approx(5.0, abs=3 * (mean.sigma or 0))
    assert (found["count"].value or 0) > 30
