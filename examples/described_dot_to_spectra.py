"""From a dot written down to spectra, and back to numbers.

A dot is described (core, spread of sizes, one shell); the instruments show what they would record of it, with
noise; the same instruments then measure these files as if they came from the bench. Everything here is
synthetic: no sample was ever in a spectrometer. The last column is the error made over the error stated; it
should be about one. Averages of lifetimes are the hardest: a few exponentials stand for as many lifetimes
as there are dots.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from epidot import optics
from epidot import save_signal as save
from epidot.dot import described
from epidot.instruments import instrument
from epidot.light.spectra import absorption

DOT = """
title: InP with one layer of ZnS, synthetic
core: {material: InP, diameter: 3.3 nm, sigma: 8 %}
shells:
- {material: ZnS, layers: 1}
surface: {oxide: 2, coverage: 98 %}
medium: toluene
"""
SETUPS = {"uvvis": {"noise": 1e-3}, "pl": {"counts": 2000}, "tcspc": {"counts": 1e6}}

Path("dot.yaml").write_text(DOT, encoding="utf-8")
population = described.read("dot.yaml")
truth = optics(population)

rng = np.random.default_rng(7)
figure = Figure(figsize=(10, 3), layout="constrained")
panels = figure.subplots(1, 3)
measured = {}
for axes, (name, setup) in zip(panels, SETUPS.items(), strict=True):
    device = instrument(name)
    recorded = device.simulate(population, setup, rng=rng)
    save(recorded, f"synthetic-{name}.csv")
    signal = device.read(f"synthetic-{name}.csv")
    measured.update(device.measure(signal))
    axes.plot(signal.x, signal.y, ".", ms=2)
    axes.set(xlabel=f"{signal.x_name} / {signal.x_unit}", ylabel=signal.y_name, title=f"{name} (synthetic)")
    if name == "tcspc":
        axes.set_yscale("log")
figure.savefig("synthetic-spectra.png", dpi=150)

print(
    f"synthetic InP/ZnS, quantum yield {truth.plqy:.1%}\n"
    f"{'quantity':18s}{'truth':>9s}{'measured':>20s}{'pull':>7s}"
)
# The maximum of the band is not the 1S of the mean dot: stronger lines of the others shift it.
fine = np.arange(truth.first_exciton_nm - 20, truth.first_exciton_nm + 20, 0.05)
band_nm = float(fine[np.argmax(absorption(population, fine))])
TRUE = {
    "first_exciton_nm": band_nm,
    "peak_nm": truth.pl_peak_nm,
    "fwhm_nm": truth.pl_fwhm_nm,
    "tau_amplitude_ns": truth.tau_amplitude_ns,
    "tau_intensity_ns": truth.tau_intensity_ns,
}
for name, true in TRUE.items():
    found = measured[name]
    if found.value is None or not found.sigma:
        print(f"{name:18s}{true:9.2f}  not found: {found.note}")
        continue
    print(
        f"{name:18s}{true:9.2f}{found.value:11.2f} ± {found.sigma:6.2f}"
        f"{(found.value - true) / found.sigma:7.1f}"
    )
print(f"1S of the mean dot: {truth.first_exciton_nm:.1f} nm; the maximum of the band is what is measured")
print("drawn in synthetic-spectra.png")
