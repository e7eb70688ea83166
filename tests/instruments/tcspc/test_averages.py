"""The averages of a decay obey their own mathematics, for a stated number of terms."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from epidot.instruments import tcspc
from epidot.instruments.tcspc.simulated import counted

SETUP = {option.name: option.default for option in tcspc.HEADER.setup}


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    taus=st.lists(st.floats(1.0, 150.0), min_size=1, max_size=4),
    shares=st.lists(st.floats(0.05, 1.0), min_size=4, max_size=4),
    counts=st.floats(3.0, 6.0),
    background=st.sampled_from([0.0, 0.02, 0.3]),
    exponentials=st.sampled_from([1, 2, 3]),
    seed=st.integers(0, 10**6),
)
def test_averages_lie_between_the_lifetimes_in_order(
    taus: list[float], shares: list[float], counts: float, background: float, exponentials: int, seed: int
) -> None:
    asked = {"channels": 512, "channel_ns": 1.0, "period_ns": 512.0, "irf_fwhm_ns": 3.0}
    asked |= {"counts": 10**counts, "background": background * 10**counts / 512}
    signal = counted(shares[: len(taus)], taus, SETUP | asked, np.random.default_rng(seed))
    found = tcspc.measure(signal, exponentials=exponentials)
    last = found.extra["exponentials"]
    names = ("tau1_ns", "tau_amplitude_ns", "tau_intensity_ns", f"tau{last}_ns")
    chain = [found[name].value for name in names]
    assert np.all(np.diff(chain) >= -1e-9 * chain[-1]), chain
