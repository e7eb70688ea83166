"""Zinc-blende sites: counts of the plain rule, bonds, conservation of the layers' matter, extended xyz."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epidot.dot import export
from epidot.dot.composition import anions_in_shell, anions_per_core
from epidot.dot.export import write_extxyz
from epidot.dot.lattice import build, build_on
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.errors import InputError

A_INP, A_ZNSE, A_ZNS = 0.5869, 0.5668, 0.5409


def bare(d: float) -> LayeredDot:
    return LayeredDot("InP", d)


@pytest.mark.parametrize(
    ("d", "centre", "p", "indium", "free"),
    [
        (2.4, "anion", 141, 216, 180),
        (2.4, "cation", 140, 213, 172),
        (2.4, "bond", 144, 219, 177),
    ],
)
def test_the_small_core(rng, d: float, centre, p: int, indium: int, free: int) -> None:
    """141 P and 216 In at 2.4 nm; 172-180 empty anion sites next to In: the first anion shell."""
    sites = build_on(bare(d), [A_INP], rng, centre=centre)
    assert sites.counts() == {"In": indium, "P": p}
    assert len(sites.free_anion_sites_nm) == free


@pytest.mark.parametrize("centre", ["anion", "cation", "bond"])
def test_the_large_core(rng, centre) -> None:
    """301-321 empty anion sites next to a surface In at 3.3 nm."""
    sites = build_on(bare(3.3), [A_INP], rng, centre=centre)
    assert 301 <= len(sites.free_anion_sites_nm) <= 321


def test_against_a_search_over_all_pairs(rng) -> None:
    """The grid's atoms, bonds and empty sites are those a plain distance search finds."""
    sites = build_on(bare(2.4), [A_INP], rng)
    bond = np.sqrt(3) / 4 * A_INP
    distance = np.linalg.norm(sites.position_nm[:, None] - sites.position_nm[None], axis=2)
    bonded = np.abs(distance - bond) < 1e-9
    assert np.array_equal(bonded.sum(axis=1), sites.coordination)
    indium = sites.species == "In"
    assert not np.any(bonded[np.ix_(indium, indium)])
    assert distance[~np.eye(len(sites), dtype=bool)].min() == pytest.approx(bond, rel=1e-9)
    assert np.array_equal(sites.role == "bulk", sites.coordination == 4)
    # every P inside the sphere has four In; every In at least one P
    assert np.all(sites.coordination[~indium] == 4)
    assert np.linalg.norm(sites.position_nm[~indium], axis=1).max() <= 1.2
    empty = sites.free_anion_sites_nm
    to_indium = np.linalg.norm(empty[:, None] - sites.position_nm[indium][None], axis=2)
    assert np.allclose(to_indium.min(axis=1), bond)
    assert np.linalg.norm(empty, axis=1).min() > 1.2
    missing = (4 - sites.coordination[indium]).sum()
    assert (np.abs(to_indium - bond) < 1e-9).sum() == missing


def test_anions_are_the_clusters_of_the_fcc_lattice(rng) -> None:
    """Points of an fcc lattice within r^2 = n a^2/2 of one of them (OEIS A119869); n = 14 has no new ones."""
    clusters = [1, 13, 19, 43, 55, 79, 87, 135, 141, 177, 201, 225, 249, 321, 321, 369]
    for n, count in enumerate(clusters):
        d = 2 * np.sqrt(n / 2) * A_INP + 1e-6
        assert build_on(bare(float(d)), [A_INP], rng).counts()["P"] == count


def test_large_spheres_reach_the_bulk_count(rng) -> None:
    """The excess of lattice points over the volume is a surface effect: below 1 % at 10 and 20 nm."""
    for d in (10.0, 20.0):
        assert build_on(bare(d), [A_INP], rng).counts()["P"] == pytest.approx(
            anions_per_core(d, A_INP), rel=0.01
        )


LAYERED = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.65), Layer("ZnS", 0.62)))


def test_shells_hold_what_eq3_gives(rng) -> None:
    sites = build_on(LAYERED, [A_INP, A_ZNSE, A_ZNS], rng)
    counts = sites.counts()
    assert counts["Se"] == pytest.approx(anions_in_shell(3.3, 0.65, A_ZNSE), abs=1)
    assert counts["S"] == pytest.approx(anions_in_shell(4.6, 0.62, A_ZNS), abs=1)
    assert counts["P"] == build_on(bare(3.3), [A_INP], rng).counts()["P"]
    assert counts["In"] == build_on(bare(3.3), [A_INP], rng).counts()["In"]
    assert set(sites.species[sites.layer == 0]) == {"In", "P"}
    assert set(sites.species[sites.layer == 2]) == {"Zn", "S"}
    # the layers follow each other outwards
    radius = np.linalg.norm(sites.position_nm, axis=1)
    anion = np.isin(sites.species, ["P", "Se", "S"])
    for i in (0, 1):
        assert radius[anion & (sites.layer == i)].max() <= radius[anion & (sites.layer == i + 1)].min() + 1e-9
    assert np.all(np.diff(sites.layer) >= 0)
    assert np.all(sites.coordination[anion] == 4)


@settings(max_examples=25, deadline=None)
@given(
    d=st.floats(1.5, 4), t=st.lists(st.floats(0.005, 0.6), min_size=1, max_size=4), seed=st.integers(0, 99)
)
def test_thin_shells_lose_nothing(d: float, t: list[float], seed: int) -> None:
    """Shells far thinner than a plane keep their anions, to one for the whole dot."""
    dot = LayeredDot("InP", d, tuple(Layer("ZnSe", x) for x in t))
    sites = build_on(dot, [A_INP, *[A_ZNSE] * len(t)], np.random.default_rng(seed))
    total = anions_in_shell(d, sum(t), A_ZNSE)
    assert abs(sites.counts().get("Se", 0) - total) <= 0.5 + 1e-6
    assert len(np.unique(np.round(sites.position_nm, 6), axis=0)) == len(sites)


def test_alloys_are_drawn(rng) -> None:
    dot = LayeredDot("InP", 3.3, (Layer("ZnSe0.7S0.3", 0.9),))
    sites = build_on(dot, [A_INP, 0.56], rng)
    counts = sites.counts()
    n = counts["Se"] + counts["S"]
    assert n == pytest.approx(anions_in_shell(3.3, 0.9, 0.56), abs=1)
    assert counts["S"] / n == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / n))


def test_one_seed_one_dot() -> None:
    dots = [
        build_on(LAYERED, [A_INP, A_ZNSE, A_ZNS], np.random.default_rng(seed)).position_nm
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(dots[0], dots[1])
    assert not np.array_equal(dots[0], dots[2])


def test_refusals(rng) -> None:
    with pytest.raises(InputError, match="drawn for dots up to 30 nm"):
        build_on(bare(33), [A_INP], rng)
    with pytest.raises(InputError, match=r"unknown centre.*anion"):
        build_on(bare(3), [A_INP], rng, centre="anionic")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="smaller than its smallest anion site"):
        build_on(bare(0.3), [A_INP], rng, centre="cation")
    with pytest.raises(InputError, match="cores and shells are zinc blende"):
        build_on(LayeredDot("In2O3", 3.0), [1.0], rng)


def test_build_takes_its_lattice_from_the_materials(rng) -> None:
    sites = build(LAYERED, rng)
    assert {"In", "P", "Zn", "Se", "S"} == set(sites.counts())
    assert sites.counts()["Se"] == pytest.approx(anions_in_shell(3.3, 0.65, A_ZNSE), rel=0.01)
    with pytest.raises(InputError, match="InP"):
        build(LayeredDot("InPp", 3.0), rng)


def test_extxyz_round_trip(tmp_path: Path, rng) -> None:
    from ase.io import read

    path = tmp_path / "dots.extxyz"
    assert write_extxyz({"start": bare(2.4), "end": LAYERED}, path, rng) == 2
    first, last = read(path, index=":")
    assert first.info["name"] == "start"
    assert last.info["drawn"] == f"{export.LAYERED}; {export.PLACED['lattice']}"
    assert last.info["dot"] == "InP | ZnSe | ZnS"
    assert last.info["core_diameter_nm"] == 3.3
    assert not any(last.pbc)
    assert set(last.arrays["role"]) == {"core", "shell"}
    assert set(last.arrays["layer"]) == {0, 1, 2}
    assert np.all(last.arrays["occupancy"] == 1)
    inside = last.positions / np.diag(last.cell)
    assert inside.min() > 0
    assert inside.max() < 1
    bond = np.sqrt(3) / 4 * 10 * last.info["a_nm"]
    near = np.linalg.norm(last.positions - last.positions[0], axis=1)
    assert np.sort(near)[1] == pytest.approx(bond, abs=1e-6)
    assert f"{first.get_chemical_symbols().count('P')}" == "141"


def test_extxyz_of_a_population(tmp_path: Path, rng) -> None:
    from ase.io import read

    dots = Population.drawn(LAYERED, 30, 0.08, rng)
    path = tmp_path / "dots.extxyz"
    assert write_extxyz(dots, path, rng, max_dots=3) == 3
    frames = read(path, index=":")
    assert [f.info["core_diameter_nm"] for f in frames] == pytest.approx(list(dots.core_diameters_nm[:3]))
    assert write_extxyz([], tmp_path / "none.extxyz", rng) == 0
    assert write_extxyz(bare(2.4), tmp_path / "one.extxyz", rng) == 1


def test_extxyz_of_a_folder_that_is_not_there(tmp_path: Path, rng) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_extxyz(bare(2.4), tmp_path / "no" / "dots.extxyz", rng)
