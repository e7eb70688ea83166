"""Bromide by etch round at 80, 200 and 300 °C: what it says about D, and what it does not.

Dots treated with ZnBr2 as by Yuan et al. (2023) are made up from the constants of the halide model (the bath
loses its bromide, the dots give some back), etched in silico with 10 % noise, and written as the table that
a chromatograph's user would type.  The command line then reads, measures and explains it.
"""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from epidot.constants import ZERO_CELSIUS
from epidot.dot.layers import Layer, LayeredDot
from epidot.instruments import etch
from epidot.instruments.etch.forward import Sphere, Treatment, treated, washed
from epidot.instruments.etch.mechanisms import fixed
from epidot.signal import Signal

SPHERE = Sphere(1.65, 3.2, 4.25)
KNOWN = fixed("out-diffusion")


def dot_after(celsius: float) -> LayeredDot:
    """A dot after 30 min of addition and 30 min of hold, precipitated twice."""
    treatment = Treatment(celsius + ZERO_CELSIUS)
    (state,) = treated("out-diffusion", KNOWN, SPHERE, [treatment])
    shells = (Layer("ZnSe", 0.7), Layer("ZnSe0.5S0.5", 0.85), Layer("ZnS", 1.05))
    return LayeredDot("InP", 3.3, shells, halides=(washed(KNOWN, state, treatment),))


def typed(signal: Signal) -> list[str]:
    """The rows of a table."""
    columns = [signal, signal.companions["In"], signal.companions["Zn"]]
    rows = []
    for i, number in enumerate(signal.x):
        cells = [f"{number:.0f}", f"{signal.meta['diameters_nm'][i + 1]:.2f}"]
        for c in columns:
            cells.append("<LOD" if c.meta["below_limit"][i] else f"{c.y[i]:.1f}")
        rows.append("\t".join(cells))
    return rows


lines = ["dots: 1 nmol", "core diameter: 3.3 nm", "diameter: 8.5 nm", "detection limit: 1 nmol",
         "detection limit Br: 3 nmol", "relative noise: 10 %"]  # fmt: skip
for celsius in (80, 200, 300):
    signal = etch.simulate(
        [dot_after(celsius)],
        {"treated_C": float(celsius), "dots_nmol": 1.0, "limit_nmol": 3.0},
        rng=np.random.default_rng(celsius),
    )
    head = "round\tdiameter (nm)\tBr (nmol)\tIn (nmol)\tZn (nmol)"
    lines += [f"temperature: {celsius} °C", head, *typed(signal)]

with TemporaryDirectory() as folder:
    path = Path(folder) / "bromide.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(path.read_text(encoding="utf-8"))
    for options in ([], ["--explain", "out-diffusion", "--starts", "2"]):
        command = ["measure", "etch", path.name, *options]
        print("$ epidot", *command, flush=True)
        subprocess.run([sys.executable, "-m", "epidot", *command], cwd=folder, check=True)
D, dH = KNOWN.of("D_shell"), KNOWN.of("dH_shell")
print(f"the truth: ln D(300 °C) = {math.log(D):.2f}, dH = {dH:.2f} eV")
