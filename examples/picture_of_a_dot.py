"""Grow dots on the lattice by a published recipe and draw one of them, stage by stage, atom by atom.

The staged route of Choi et al. (2023).  A quarter of the dot is cut out; the picture is the one on the page
about dots.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from epidot import run
from epidot.report import style
from epidot.report.portrait import likeness, portraits

batch = run("choi2023/inp-zns-staged-4", dots=3, seed=1, engine="kmc")
rng = np.random.default_rng(1)
found = {name: likeness(batch.sample(name), rng) for name in ("zinc exchanged", "stage II", "purified")}
figure = portraits({name: dot for name, dot in found.items() if dot is not None}, pixels=800)
style.save(figure.drawing, Path("dot.png"))
for sample in batch.samples:
    rough = sample.quantities["roughness_nm"].value
    print(
        f"{sample.name:18s} {sample.quantities['shell_layers'].value:5.2f} layers, roughness {rough:.2f} nm"
    )
print("drawn in dot.png")
