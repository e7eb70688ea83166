"""Two lifetimes from a decay of ten thousand photons, and what the usual average hides.

A described dot gives the decay; the counter's noise is added; the file is saved, read and measured as
a measured one would be.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from epidot import Layer, LayeredDot, Population
from epidot import save_signal as save
from epidot.instruments import tcspc

dot = LayeredDot(
    "InP", 3.3, (Layer("ZnSe", 0.7), Layer("ZnS", 0.6)), sites=90, coverage=0.98, linked=0.99, oxide=4
)
population = Population.drawn(dot, 100, 0.08, np.random.default_rng(1))

for counts in (1e4, 1e6):
    signal = tcspc.simulate(
        population,
        {
            "counts": counts,
            "background": 2e-6 * counts,
            "channel_ns": 0.2,
            "irf_fwhm_ns": 0.8,
            "irf_counts": 1e5,
        },
        rng=np.random.default_rng(2),
    )
    with TemporaryDirectory() as folder:
        save(signal, Path(folder) / "decay.csv")
        again = tcspc.read(Path(folder) / "decay.csv")
    found = tcspc.measure(again)
    print(f"{counts:.0e} photons: the data carry {found.extra['exponentials']} exponentials")
    for name, quantity in found.items():
        if name.endswith("_ns") and name.startswith("tau"):
            print(f"  {name:18s} {quantity.value:7.2f} ± {quantity.sigma:.2f} ns")
    for warning in found.warnings:
        print(f"  note: {warning}")
