"""A second chemical state that is wider than the first, as an oxide is beside its crystal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import voigt_profile

from epidot.instruments import xps
from epidot.signal import Signal

X = np.arange(124.0, 138.0, 0.1)
LIFETIME = 0.3  # eV, full width of the Lorentzian of every state
SEEDS = range(12)


def seen(states: list[tuple[float, float, float]], seed: int) -> Signal:
    """P 2p of states (place / eV, full width of the Gaussian / eV, area / counts eV) on a flat and a step."""
    y = np.zeros(X.size)
    for place, gauss, area in states:
        for at, part in ((place, 0.662), (place + 0.87, 0.338)):
            y += area * part * voigt_profile(X - at, gauss / np.sqrt(8 * np.log(2)), LIFETIME / 2)
    y += 300 + 0.01 * np.cumsum(y) * 0.1
    counts = np.random.default_rng(seed).poisson(y).astype(float)
    meta = {"column": "P 2p"}
    return Signal(
        "xps", X, counts, "binding energy", "eV", "intensity", "counts", "counts", "measured", meta=meta
    )


@pytest.mark.parametrize(
    ("width", "phosphide", "oxide"),
    [(0.8, 8000.0, 500.0), (1.1, 8000.0, 500.0), (1.1, 2000.0, 300.0), (1.5, 8000.0, 2000.0)],
)
def test_shares_areas_and_means_hold_whatever_the_width_of_the_oxide(
    width: float, phosphide: float, oxide: float
) -> None:
    total = phosphide + oxide
    truths = {
        "oxide_fraction": oxide / total,
        "P_2p_area": total,
        "P_2p_mean_eV": (128.7 * phosphide + 132.3 * oxide) / total,
        "P_2p_InPOx_eV": 132.3,
        "P_2p_InP_eV": 128.7,
    }
    pulls: dict[str, list[float]] = {name: [] for name in truths}
    for seed in SEEDS:
        found = xps.measure(seen([(128.7, 0.8, phosphide), (132.3, width, oxide)], seed))
        for name, truth in truths.items():
            told = found[name]
            if told.value is None:
                assert "how many states there are is open" in told.note
            else:
                assert told.sigma is not None
                pulls[name].append((told.value - truth) / told.sigma)
    assert pulls["oxide_fraction"]
    for name, each in pulls.items():
        assert max(map(abs, each)) < 3, (name, each)
        assert abs(float(np.mean(each))) < 1, (name, each)


def test_states_asked_for_may_be_of_a_width_each() -> None:
    """Also where the misfit of a common width is no more than noise."""
    pulls = []
    for seed in SEEDS:
        region = seen([(128.7, 0.8, 2000.0), (132.3, 1.1, 300.0)], seed)
        told = xps.measure(region, states="P_2p_InP P_2p_InPOx")["oxide_fraction"]
        pulls.append((told.value - 300 / 2300) / told.sigma)
    assert max(map(abs, pulls)) < 3
    assert abs(float(np.mean(pulls))) < 1
