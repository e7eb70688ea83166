"""Three decays of one sample at different wavelengths: two lifetimes in common, amplitudes of their own.

Photons are drawn one by one; each file alone is fitted too, to show what the common fit gains.  Run it
with a name (``python one_fit_of_a_series.py fit.pdf``) for a page of each decay with its fit.
"""

import sys
from pathlib import Path

import numpy as np

from epidot import Signal, instrument

SHARES = {"560 nm": 0.2, "580 nm": 0.5, "600 nm": 0.8}  # of the photons, with 5 ns; the others 50 ns
PERIOD = 200.0

tcspc = instrument("tcspc")
rng = np.random.default_rng(1)
edges = np.arange(0, PERIOD + 0.1, 0.2)
curves = []
for share in SHARES.values():
    tau = np.where(rng.random(30_000) < share, 5.0, 50.0)
    arrival = 20 + rng.normal(0, 0.3, tau.size) + rng.exponential(tau)
    counts = np.histogram(arrival % PERIOD, edges)[0] + rng.poisson(1, edges.size - 1)
    curves.append(Signal("tcspc", edges[:-1], counts, "time", "ns", "counts", "counts", "counts", "measured"))

together = tcspc.fit(curves, exponentials=2, shared="tau1,tau2", period=PERIOD)
alone = [tcspc.fit(curve, exponentials=2, period=PERIOD) for curve in curves]
for name in ("tau1_ns", "tau2_ns"):
    errors = ", ".join(f"{fit.parameters[name].sigma:.2g}" for fit in alone)
    found = together.parameters[name]
    print(f"{name}: {found.value:.2f} ± {found.sigma:.2g} together ({found.shape}); alone ± {errors}")
for wavelength, one in zip(SHARES, together.each, strict=True):
    share = one["fraction1"]
    print(f"{wavelength}: {share.value:.3f} ± {share.sigma:.3f} of the photons with the short lifetime")

if len(sys.argv) > 1:
    from epidot.report import measurement

    pages = zip(SHARES, curves, together.each, strict=True)
    measurement.save(list(pages), Path(sys.argv[1]))
