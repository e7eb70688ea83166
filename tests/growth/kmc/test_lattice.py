"""Sites and neighbours."""

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.growth.kmc import Lattice, Relation, join
from epidot.growth.kmc.builders import zinc_blende
from oracle.kmc.lattices import chain, square, within


def test_cluster_of_twenty_sites() -> None:
    # Counts of the cluster that the exact enumeration is made for.
    cluster = zinc_blende(0.86)
    assert np.bincount(cluster.sublattice).tolist() == [10, 10]
    assert len(cluster.relations["nn"]) == 2 * 25
    assert len(cluster.relations["second"]) == 2 * 48
    assert np.bincount(cluster.relations["nn"].degree).tolist() == [0, 0, 12, 6, 2]
    assert len(zinc_blende(5.0)) == 4182
    assert len(zinc_blende(6.68)) == 10034


@pytest.mark.parametrize("centre", ["anion", "cation", "bond"])
def test_distances_and_sublattices_of_zinc_blende(centre: str) -> None:
    dot = zinc_blende(2.0, 0.5, centre=centre)
    for name, distance, same in (("nn", 3**0.5 / 8, False), ("second", 2**0.5 / 4, True)):
        r = dot.relations[name]
        gap = np.linalg.norm(dot.position[r.centre] - dot.position[r.index], axis=1)
        assert np.allclose(gap, distance)
        assert np.all((dot.sublattice[r.centre] == dot.sublattice[r.index]) == same)
        forth = set(zip(r.centre.tolist(), r.index.tolist(), strict=True))
        assert forth == {(j, i) for i, j in forth}
    found = within(dot, "steric", 0.36, "cation").relations["steric"]
    second = dot.relations["second"]
    cations = second.index[dot.sublattice[second.centre] == 0]
    assert len(found) == len(cations)


def test_periodic_lattices() -> None:
    assert set(square(5).relations["nn"].degree) == {4}
    assert set(square(4, dimensions=3).relations["nn"].degree) == {6}
    assert sorted(set(square(5, periodic=False).relations["nn"].degree)) == [2, 3, 4]
    assert chain(5).relations["right"].of(4).tolist() == [0]
    assert chain(5, periodic=False).relations["nn"].degree.tolist() == [1, 2, 2, 2, 1]
    with pytest.raises(InputError, match="3 wide"):
        square(2)


def test_joined_dots_do_not_touch() -> None:
    one, two = zinc_blende(0.86), zinc_blende(1.2)
    both = join([one, two, one])
    assert both.n_dots == 3
    assert both.dots.tolist() == [0, 20, 20 + len(two), 40 + len(two)]
    r = both.relations["nn"]
    assert np.array_equal(both.dot_of[r.centre], both.dot_of[r.index])
    assert len(r) == 2 * len(one.relations["nn"]) + len(two.relations["nn"])
    with pytest.raises(InputError, match="other sublattices"):
        join([one, square(3)])


def test_order_of_sites_does_not_change_the_lattice() -> None:
    old = square(9)
    new = old.along_curve()
    gap = np.abs(new.position[new.relations["nn"].centre] - new.position[new.relations["nn"].index])
    assert np.all(np.minimum(gap, 9 - gap).sum(axis=1) == 1)
    assert not np.array_equal(old.position, new.position)


def test_every_fault_of_a_lattice_at_once() -> None:
    own = Relation.of_pairs(3, [0, 1], [1, 1])
    outside = Relation.of_pairs(3, [0], [7])
    with pytest.raises(InputError) as seen:
        Lattice(np.array([0, 0, 3], dtype=np.uint8), {"own": own, "outside": outside})
    assert len(seen.value.faults) == 3
