"""Dots at random with halide in them, and how much of it truly lies how deep."""

from __future__ import annotations

import numpy as np

from epidot.dot.halides import HalideContent
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.instruments.contract import Trial
from epidot.instruments.options import Settings


def trial(rng: np.random.Generator, setup: Settings) -> Trial:
    """60 dots of three shells, etched as ``setup`` says."""
    from epidot.instruments.etch.measured import depth_of
    from epidot.instruments.etch.simulated import etched

    dots = Population.drawn(dot_with_halide(rng), 60, 0.08, rng)
    clean = etched(dots, setup)
    amounts = clean.readings["Br"].nmol
    assert clean.diameters_nm is not None
    truths = {
        "total_nmol": float(amounts.sum()),
        "median_depth_nm": depth_of(0.5, clean.diameters_nm, amounts),
        "front_nm": depth_of(0.9, clean.diameters_nm, amounts),
        "halide_nmol": amounts.tolist(),
    }
    return Trial(dots, truths)


def dot_with_halide(rng: np.random.Generator) -> LayeredDot:
    """A dot of three shells, halide in a band of random depth and width, some ligand and repaired oxide."""
    shells = (
        Layer("ZnSe", float(rng.uniform(0.5, 0.9))),
        Layer("ZnSe0.5S0.5", float(rng.uniform(0.6, 1.2))),
        Layer("ZnS", float(rng.uniform(0.5, 0.9))),
    )
    core = float(rng.uniform(2.8, 3.6))
    outer = core / 2 + sum(s.thickness_nm for s in shells)
    edges = np.linspace(0, outer, 161)
    middle = (edges[1:] + edges[:-1]) / 2
    peak = rng.uniform(core / 2 + 0.5, outer)
    density = np.exp(-0.5 * ((middle - peak) / rng.uniform(0.4, 1.2)) ** 2) * (middle > core / 2)
    amount = density * np.diff(edges**3)
    amount *= rng.uniform(50, 300) / amount.sum()
    halide = HalideContent("Br", edges, amount, float(rng.uniform(0, 20)), float(rng.uniform(0, 5)))
    return LayeredDot("InP", core, shells, halides=(halide,))
