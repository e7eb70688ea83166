"""Spheres of 5.0 ± 0.4 nm at 0.1 nm per pixel: 180 on 1024 x 1024 pixels, 60 of other kinds on 592 x 592."""

from __future__ import annotations

from typing import Any

import numpy as np

from coverage_cases import Case
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.instruments import tem
from epidot.quantities import Quantities

DOTS = 1000
MANY = {"particles": 180, "pixels": 1024, "scale_nm": 0.1}
FEW = {"particles": 60, "pixels": 592, "scale_nm": 0.1}
SHELLS = (Layer("ZnSe", 0.7), Layer("ZnS", 0.4))


def image(name: str, shells: tuple[Layer, ...], setup: dict[str, Any]) -> Case:
    core = 5.0 - 2 * sum(layer.thickness_nm for layer in shells)
    dots = Population.drawn(LayeredDot("InP", core, shells), DOTS, 0.4 / core, np.random.default_rng(1))
    d = dots.diameters_nm

    def measured(rng: np.random.Generator) -> Quantities:
        return tem.measure(tem.simulate(dots, setup, rng=rng))

    return Case(name, {"diameter_nm": float(d.mean()), "diameter_sd_nm": float(d.std())}, measured)


CASES = [
    image("InP, HAADF, 180 dots", (), MANY),
    image("InP, HAADF, 60 dots", (), FEW),
    image("InP, bright field, 60 dots", (), {**FEW, "mode": "bright field", "counts": 3000}),
    image("InP in ZnSe in ZnS, HAADF, 60 dots", SHELLS, FEW),
    image("InP, HAADF, 60 dots, a fifth in touch", (), {**FEW, "touching": 20, "overlapping": 3}),
]
