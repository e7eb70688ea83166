"""Holding with zinc bromide at 240 °C under a thin shell: what the yield does, and why."""

from __future__ import annotations

import numpy as np

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.given import Given
from epidot.light.optics import Optics
from epidot.transport.constants import constants
from epidot.transport.treatment import Treatment, treat


def _held_8h_at_240(hypothesis: str = "H1", amine_mol: float = 1e-3, **numbers: float) -> tuple[float, float]:
    """By how much yield and oxide change over eight hours at 240 °C under a thin shell."""
    dot = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.65), Layer("ZnS", 0.3)))
    ends = []
    with Given.of({f"halide.{name}": x for name, x in numbers.items()}).in_force():
        for hours in (0.0, 8.0):
            how = Treatment("ZnBr2", 0.4e-3, 513.15, hold_s=3600 * hours, amine_mol=amine_mol)
            last = treat(dot, how, constants(hypothesis)).dots[-1]
            plqy = Optics(Population(last, np.array([3.3]))).plqy
            ends.append((plqy, last.oxide + last.oxide_memory))
    return ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]


def test_a_series_at_240_falls_while_oxide_goes_because_the_bath_is_lost() -> None:
    """docs/theory/halides.md: under H1 alone, for want of halide in the bath; a third by the amine."""
    yield_, oxide = _held_8h_at_240()
    assert yield_ < -0.05
    assert oxide < -10
    assert yield_ < _held_8h_at_240(amine_mol=0.0)[0] < 0
    assert _held_8h_at_240(repair=0.0)[0] < yield_  # repair works against it
    assert _held_8h_at_240(bath_loss=0.0)[0] > 0
    assert _held_8h_at_240("H2")[0] > 0
    assert _held_8h_at_240("H3")[0] > 0
