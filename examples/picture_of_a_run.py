"""Carry out a published recipe and draw it on one sheet.

The staged route of Choi et al. (2023): zinc first, oxide off with HF, a saturated sulfide layer, then
growth at 320 °C.  The picture is the one in the README.
"""

from __future__ import annotations

from pathlib import Path

from epidot import run
from epidot.report import style
from epidot.report.overview import overview

batch = run("choi2023/inp-zns-staged-4")
style.save(overview(batch), Path("run.png"))

for sample in batch.samples:
    quantities = sample.quantities
    layers, yield_ = quantities["shell_layers"].value, quantities["plqy"].value
    print(f"{sample.name:18s} {layers:5.2f} layers, quantum yield {100 * yield_:5.1f} %")
print("drawn in run.png")
