"""The dots of one flask in many samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from epidot.growth.lattice.engine import LatticeEngine
from epidot.growth.state import FlaskState
from epidot.mechanism.load import load
from epidot.recipe.recipe import load as recipe


def test_a_dot_has_one_array_of_sites_in_all_samples_as_long_as_one_holds_it() -> None:
    """A thousand dots in six samples would hold a gigabyte of places that are all the same."""
    mechanism = load("choi2023")
    assert mechanism.lattice is not None
    engine = LatticeEngine(mechanism, 3, 0, 0.05)
    population = engine.start(FlaskState.at_start(recipe("choi2023/inp-se"))).grown
    later = replace(population, kind=population.kind.copy())
    first, again = population.dots(mechanism.lattice), later.dots(mechanism.lattice)
    master = population.master.lattice.position
    for i, (one, other) in enumerate(zip(first, again, strict=True)):
        assert one.position_nm is other.position_nm
        assert not one.position_nm.flags.writeable
        assert np.array_equal(one.position_nm, master - population.centres_nm[i])
    assert first[0].position_nm is not first[1].position_nm
    moved = replace(population, centres_nm=population.centres_nm + 0.1).dots(mechanism.lattice)
    assert np.allclose(moved[0].position_nm, first[0].position_nm - 0.1, atol=1e-12)
