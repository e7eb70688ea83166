"""Holding times with zinc bromide at 240 °C: yield, oxide and surface traps, hypothesis by hypothesis.

    python benchmarks/halide_series.py > docs/theory/halides-series.txt

Half a minute. The treatment is that of yuan2023 (0.4 mmol of ZnBr2 in 30 min on 100 nmol of dots) at 240 °C,
on dots whose shell is thin enough for ions to reach the core there. Nothing is fitted here. The first row is
the default; each of the others changes one thing of it, and tells what of the fall is that thing's.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.given import Given
from epidot.light.optics import Optics
from epidot.transport.constants import constants
from epidot.transport.treatment import Treatment, treat

DOT = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.65), Layer("ZnS", 0.3)))
HOLDS_H = (0.0, 0.5, 2.0, 8.0)
CASES = (
    ("H1, the bath loses its halide (default)", "H1", 1e-3, {}),
    ("H1 without amine", "H1", 0.0, {}),
    ("H1, the bath kept", "H1", 1e-3, {"halide.bath_loss": 0.0}),
    ("H1, no oxide repaired", "H1", 1e-3, {"halide.repair": 0.0}),
    ("H2, solubility", "H2", 1e-3, {}),
    ("H3, traps in the shell", "H3", 1e-3, {}),
)


def series(
    hypothesis: str, amine_mol: float, numbers: dict[str, float]
) -> Iterator[tuple[float, float, float]]:
    """PLQY in per cent, oxide units and surface traps of the dots in the flask after every hold."""
    with Given.of(numbers).in_force():
        for hours in HOLDS_H:
            how = Treatment("ZnBr2", 0.4e-3, 513.15, hold_s=3600 * hours, amine_mol=amine_mol)
            dot = treat(DOT, how, constants(hypothesis)).dots[-1]
            plqy = 100 * Optics(Population(dot, np.array([dot.core_diameter_nm]))).plqy
            yield plqy, dot.oxide + dot.oxide_memory, dot.surface_traps


def main() -> None:
    """Print the table."""
    print("| | " + " | ".join(f"{h:g} h" for h in HOLDS_H) + " |\n|---|" + "---|" * len(HOLDS_H))
    for name, hypothesis, amine, numbers in CASES:
        cells = [f"{q:.0f} % · {ox:.1f} · {traps:.1f}" for q, ox, traps in series(hypothesis, amine, numbers)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
