"""Dots cut out of the lattice, held against the paper's counts and the plain rule."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.growth.lattice.dots import centres, cut, dressed, inventory, master_for, mean_shape

A_NM = 0.5869


@pytest.mark.parametrize(
    ("diameter", "first", "anions"), [(2.4, (168, 182), (136, 150)), (3.3, (298, 325), (360, 385))]
)
def test_counts_are_those_of_the_plain_rule(
    diameter: float, first: tuple[int, int], anions: tuple[int, int]
) -> None:
    """141 P and 172-180 first-shell positions at 2.4 nm, 301-321 at 3.3 nm, whatever the centre."""
    rng = np.random.default_rng(0)
    of = master_for(np.array([diameter]), diameter / 2 + 0.8, A_NM, 0.5)
    whole = 0.0
    shells = []
    for centre in centres(20, A_NM, rng):
        dot = cut(of, centre, diameter, rng)
        shells.append(int(dot.first.sum()))
        r = np.linalg.norm(of.lattice.position - centre, axis=1)
        whole += float(np.sum(~of.cation & dot.core)) + 4 / 3 * np.pi * of.radii_nm[0] ** 3 * 4 / A_NM**3
        assert np.all(r[dot.core & ~of.cation] < diameter / 2)
        nn = of.lattice.relations["nn"]
        for i in np.flatnonzero(dot.first):  # every first-shell position touches a core cation
            assert dot.core[nn.of(int(i))].any()
        assert not np.any(dot.core & dot.first)
    assert first[0] <= np.mean(shells) <= first[1]
    assert anions[0] <= whole / 20 <= anions[1]


def test_centres_lie_in_the_cell_about_a_lattice_point() -> None:
    found = centres(500, A_NM, np.random.default_rng(1))
    assert np.linalg.norm(found, axis=1).max() <= 0.5 * A_NM + 1e-9
    assert np.abs(found.mean(axis=0)).max() < 0.04


def test_whole_numbers_are_right_on_average() -> None:
    rng = np.random.default_rng(2)
    drawn = [inventory({"a": 72.3, "b": 27.6}, 200, rng) for _ in range(2000)]
    assert np.mean([d["a"] for d in drawn]) == pytest.approx(72.3, abs=0.05)
    assert {d["b"] for d in drawn} == {27, 28}


def test_patchy_oxide_sits_closer_together_than_random_oxide() -> None:
    rng = np.random.default_rng(3)
    of = master_for(np.array([3.3]), 2.5, A_NM, 0.5)
    dot = cut(of, np.zeros(3), 3.3, rng)
    second = of.lattice.relations["second"]

    def neighbours(patchy: frozenset[str]) -> float:
        total = 0.0
        for _ in range(20):
            sites = dressed(of, dot, {"x": 136, "o": 51}, patchy, rng)["o"]
            there = np.zeros(len(of), dtype=bool)
            there[sites] = True
            total += np.mean([there[second.of(int(i))].sum() for i in sites])
        return total / 20

    assert neighbours(frozenset({"o"})) > 1.5 * neighbours(frozenset())


def test_the_shape_of_the_mean_dot_does_not_depend_on_a_seed() -> None:
    one = mean_shape(2.4, 99.0, A_NM, 0.5)
    assert one.bearing == pytest.approx(99, abs=1e-9)
    mean_shape.cache_clear()
    assert mean_shape(2.4, 99.0, A_NM, 0.5) == one
    # each bond is counted from both ends
    ends = one.neighbours("nn", "cation", "anion") * one.bearing
    assert ends == pytest.approx(one.neighbours("nn", "anion", "cation") * one.first)
