"""Pile-up passes for a second lifetime where the measuring time is not known: then it is not stated."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.instruments import instrument
from epidot.signal import Signal

TCSPC = instrument("tcspc")
EDGES = 0.2 * np.arange(1025)
CENTRES = (EDGES[:-1] + EDGES[1:]) / 2


def _decay(parts: list[tuple[float, float]], share: float, counts: float, seed: int, **meta: float) -> Signal:
    """What a counter of one photon per excitation counts, exactly: the first photon of a Poisson number of
    them, after a Gaussian pulse of 0.4 ns; ``share`` of the excitations give a count."""
    pulse = np.exp(-0.5 * ((CENTRES - 6) / 0.4) ** 2)
    shape = sum(a * np.exp(-(CENTRES - CENTRES[0]) / tau) for a, tau in parts)
    light = np.convolve(pulse, shape)[: CENTRES.size]
    light *= -np.log1p(-share) / light.sum()  # photons per excitation
    first = np.exp(-np.concatenate(([0.0], np.cumsum(light)[:-1]))) * -np.expm1(-light)
    excitations = counts / share
    y = np.random.default_rng(seed).poisson(excitations * first + 2.0)
    return Signal(
        "tcspc", CENTRES, y.astype(float), "time", "ns", "counts", "", "counts", "measured",
        meta={"period_ns": 1000.0, **meta},
    )  # fmt: skip


@pytest.mark.parametrize(("share", "counts"), [(0.05, 1e6), (0.1, 1e6), (0.2, 1e5)])
@pytest.mark.parametrize("seed", range(4))
def test_pile_up_is_no_second_lifetime(share: float, counts: float, seed: int) -> None:
    found = TCSPC.measure(_decay([(1.0, 25.0)], share, counts, seed), exponentials=2)
    for name in ("tau1_ns", "tau2_ns", "tau_intensity_ns"):
        q = found[name]
        if q.value is not None and q.sigma is not None:  # what is stated holds the truth
            assert abs(q.value - 25) < 3 * q.sigma, (name, q)
    assert found["tau1_ns"].value is None or found["tau2_ns"].value is None
    assert any("pile-up" in w and "acquisition_s" in w for w in found.warnings)


def test_two_lifetimes_that_pile_up_cannot_make_are_stated() -> None:
    """Its second lifetime is half the first and no more light than the share counted: these are neither."""
    for parts in ([(1.0, 5.0), (1.0, 30.0)], [(1.0, 20.0), (0.3, 80.0)]):
        found = TCSPC.measure(_decay(parts, 1e-4, 1e6, 1), exponentials=2)
        for name, (_, tau) in zip(("tau1_ns", "tau2_ns"), parts, strict=True):
            q = found[name]
            assert q.value is not None
            assert q.sigma is not None
            assert abs(q.value - tau) < 4 * q.sigma
        assert not any("pile-up" in w for w in found.warnings)


def test_a_known_measuring_time_leaves_no_doubt() -> None:
    """A tenth at half the lifetime is what pile-up makes; so few counts per excitation make none."""
    parts = [(0.1, 12.5), (1.0, 25.0)]
    doubted = TCSPC.measure(_decay(parts, 1e-3, 1e6, 2), exponentials=2)
    assert any("pile-up" in w for w in doubted.warnings)
    known = _decay(parts, 1e-3, 1e6, 2, acquisition_s=1e3)
    stated = TCSPC.measure(known, exponentials=2)
    assert not any("pile-up" in w for w in stated.warnings)
    assert abs((stated["tau_intensity_ns"].value or 0) - 24.4) < 4 * (stated["tau_intensity_ns"].sigma or 0)
