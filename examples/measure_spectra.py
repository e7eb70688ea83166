"""A table of aliquots as an instrument leaves it, read and measured without being prepared.

Everything here is synthetic: the spectra are simulated, then written as a spectrometer in a German-speaking
laboratory might export them, with semicolons, decimal commas, descending wavelengths, several columns and a
log behind the numbers.  The first aliquot has a broad distribution of sizes: its valley is shallow.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from epidot import LayeredDot, Population
from epidot.instruments import pl, uvvis

rng = np.random.default_rng(11)
aliquots = {"30 s": (2.6, 0.28), "120 s": (2.9, 0.12), "600 s": (3.3, 0.08)}
populations = {
    name: Population.drawn(LayeredDot("InP", diameter), 400, sigma, rng)
    for name, (diameter, sigma) in aliquots.items()
}

columns = [uvvis.simulate(p, {"noise": 3e-4, "absorbance": 0.3}, rng=rng) for p in populations.values()]
rows = np.column_stack([columns[0].x, *(c.y for c in columns)])[::-1]
text = "SYNTHETIC DATA;;;\nWavelength (nm);" + ";".join(populations) + "\n"
text += "\n".join(";".join(f"{v:.5f}" for v in row).replace(".", ",") for row in rows)
text += "\n;;;\nInstrument;none, simulated;;\nAverage time (s);0,1;;\n"
Path("synthetic-aliquots.csv").write_text(text, encoding="utf-8")

for name in populations:
    signal = uvvis.read("synthetic-aliquots.csv", column=name)
    found = uvvis.measure(signal, material="InP")
    print(f"{name}, {signal.meta['guesses']['delimiter']}, decimal {signal.meta['guesses']['decimal']}")
    for quantity in ("first_exciton_nm", "valley_depth", "hwhm_eV", "diameter_nm"):
        q = found[quantity]
        shown = q.note if q.value is None or q.sigma is None else f"{q.value:.4g} ± {q.sigma:.2g} {q.unit}"
        print(f"  {quantity:18} {shown}")

emission = pl.simulate(populations["600 s"], {"counts": 3000}, rng=rng)
for density in ("per nm", "per eV"):
    found = pl.measure(emission, density=density)
    peak, width = found["peak_eV"], found["fwhm_eV"]
    print(f"emission of 600 s, {density}: {peak.value:.4f} eV, {1e3 * (width.value or 0):.1f} meV wide")
