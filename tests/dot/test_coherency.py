"""The law of coherency: limits, and what it does to graded shells."""

from __future__ import annotations

import math

import numpy as np
import pytest

from epidot.dot.coherency import borne, coherency, parameters
from epidot.dot.layers import Layer, LayeredDot
from epidot.dot.strain import strain
from epidot.matter.materials import material


def test_limits() -> None:
    half = parameters()["coherency_misfit"].value
    assert borne(0.0) == 1
    assert borne(half) == borne(-half) == pytest.approx(0.5)
    assert borne(20 * half) < 1e-5


def test_of_the_pairs() -> None:
    """Small misfit strains, large relaxes: ZnSe on InP against ZnS on InP and on CdSe."""
    znse, zns = (coherency(material("InP"), material(m)) for m in ("ZnSe", "ZnS"))
    assert znse > 0.7
    assert coherency(material("CdSe"), material("ZnS")) < zns < 0.2
    assert coherency(material("InP"), material("InP")) == 1


def test_the_finest_grading_has_a_closed_limit() -> None:
    """∫ ds of a shell graded without steps to any misfit is f0 π/(2√2) at most (power 4)."""
    f = np.linspace(0, 50, 2_000_001)
    share = 1 / (1 + f**4)
    assert np.trapezoid(share, f) == pytest.approx(math.pi / (2 * math.sqrt(2)), rel=1e-5)
    steps = [borne(0.046 * x, half=0.046, power=4) for x in f[:100_000:100]]
    np.testing.assert_allclose(steps, share[:100_000:100], rtol=1e-12)


def test_a_graded_shell_is_not_coherent_throughout() -> None:
    """Each step has a small misfit to the one below, and still the ZnS end is relaxed."""
    names = ["ZnSe", *(f"ZnSe{1 - x:.1f}S{x:.1f}" for x in (0.2, 0.4, 0.6, 0.8)), "ZnS"]
    graded = LayeredDot("InP", 3.3, tuple(Layer(n, 0.3) for n in names))
    whole = LayeredDot("InP", 3.3, tuple(Layer(n, 0.3, coherency=1.0) for n in names))
    assert strain(graded).core > 0.65 * strain(whole).core


def test_thicker_shells_strain_more() -> None:
    """C108: compression grows with the layers."""
    cores = [strain(LayeredDot("InP", 3.3, (Layer("ZnS", n * 0.312),))).core for n in (1, 2, 4)]
    assert 0 > cores[0] > cores[1] > cores[2]
