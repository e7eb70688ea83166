"""The dots of one flask in many samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from epidot.growth.lattice.engine import LatticeEngine
from epidot.growth.state import FlaskState
from epidot.mechanism.load import load
from epidot.recipe.recipe import load as recipe


def test_dots_share_one_array_of_sites_and_are_made_when_asked_for() -> None:
    """A thousand dots in six samples would hold a gigabyte of places that are all the same."""
    mechanism = load("choi2023")
    assert mechanism.lattice is not None
    engine = LatticeEngine(mechanism, 3, 0, 0.05)
    population = engine.start(FlaskState.at_start(recipe("choi2023/inp-se"))).grown
    master = population.master.lattice.position
    dots = population.dots(mechanism.lattice)
    assert dots.lattice_nm is master
    assert len(dots) == len(list(dots)) == 3
    for i, dot in enumerate(dots):
        assert np.array_equal(dot.position_nm, master - population.centres_nm[i])
        assert np.array_equal(dot.kind, population.kind[i])
        assert dot.core_diameter_nm == population.diameters_nm[i]
    assert [d.core_diameter_nm for d in dots[1:]] == population.diameters_nm[1:].tolist()
    assert dots[-1].core_diameter_nm == population.diameters_nm[-1]
    moved = replace(population, centres_nm=population.centres_nm + 0.1).dots(mechanism.lattice)
    assert np.allclose(moved[0].position_nm, dots[0].position_nm - 0.1, atol=1e-12)
