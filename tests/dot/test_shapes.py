"""Shapes of cores against the magic numbers of the fcc lattice, and spheres by the 2-bond rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from epidot.dot.composition import anions_in_shell, anions_per_core, charge_balance
from epidot.dot.lattice import BONDS, Sites, _bonded, build_on
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.dot.shapes import Body, Shape, anions, cations
from epidot.errors import InputError

A = 0.5869


def built(body: Body, shells: tuple[Layer, ...] = ()):
    dot = LayeredDot("InP", body.diameter_nm(A), shells)
    lattice = [A, *[0.5668] * len(shells)]
    return build_on(dot, lattice, np.random.default_rng(1), centre=body.centre, shape=body.shape)


@pytest.mark.parametrize(("edge", "count"), [(2, 6), (3, 19), (4, 44), (5, 85), (6, 146), (7, 231)])
def test_octahedral_numbers(edge: int, count: int) -> None:
    """6, 19, 44, 85, 146, 231: the octahedral numbers."""
    body = Body("octahedron", edge)
    assert anions(body) == count
    assert built(body).counts()["P"] == count


@pytest.mark.parametrize(
    ("edge", "cut", "count"),
    [(3, 1, 13), (4, 1, 38), (5, 2, 55), (6, 1, 140), (7, 2, 201), (7, 3, 147), (10, 3, 586)],
)
def test_truncated_octahedra_and_cuboctahedra(edge: int, cut: int, count: int) -> None:
    """38, 140, 201 and 586 are magic truncated octahedra; 13, 55 and 147 the cuboctahedra."""
    body = Body("octahedron", edge, cut)
    assert anions(body) == count
    assert built(body).counts()["P"] == count


@pytest.mark.parametrize("faces", ["A", "B"])
@pytest.mark.parametrize("edge", [2, 3, 4, 5, 6, 7, 8])
def test_tetrahedra(edge: int, faces) -> None:
    """Tetrahedral numbers of anions; cations by the closed forms, and their bonds by the kind of face."""
    body = Body("tetrahedron", edge, faces=faces)
    sites = built(body)
    assert sites.counts() == {"P": anions(body), "In": cations(body)}
    assert anions(body) == edge * (edge + 1) * (edge + 2) // 6
    once = int(np.sum(sites.coordination == 1))
    # on B faces every anion carries a cation that hangs on by one bond; on A only the corners do
    assert once == (2 * edge * (edge + 1) if faces == "B" else 4)


@pytest.mark.parametrize("faces", ["A", "B"])
@pytest.mark.parametrize(("edge", "cut"), [(4, 1), (5, 1), (5, 2), (7, 2), (8, 3)])
def test_truncated_tetrahedra(edge: int, cut: int, faces) -> None:
    body = Body("tetrahedron", edge, cut, faces)
    assert built(body).counts()["P"] == anions(body)


@pytest.mark.parametrize(
    "shape",
    [Shape("octahedron"), Shape("octahedron", 1 / 3), Shape("tetrahedron"), Shape("tetrahedron", 0.3)],
)
def test_any_size_has_the_volume_of_its_sphere(shape: Shape) -> None:
    """Without whole faces to hit, the count goes with the volume, up to the surface."""
    found = [
        build_on(LayeredDot("InP", d), [A], np.random.default_rng(0), centre="bond", shape=shape).counts()[
            "P"
        ]
        / anions_per_core(d, A)
        for d in np.linspace(5, 6, 9)
    ]
    assert np.mean(found) == pytest.approx(1, abs=0.04)


def test_shells_keep_the_shape_and_their_matter() -> None:
    """One more layer on each face of an octahedron is the next octahedron."""
    body, larger = Body("octahedron", 6), Body("octahedron", 8)
    sites = built(body, (Layer("ZnSe", 0.3),))
    assert sites.counts()["Se"] == pytest.approx(anions_in_shell(body.diameter_nm(A), 0.3, 0.5668), abs=1)
    everything = anions(larger) - anions(body)
    thick = anions_in_shell_thickness(body.diameter_nm(A), everything)
    whole = built(body, (Layer("ZnSe", thick),))
    assert whole.counts()["Se"] == everything
    anion = np.isin(whole.species, ["P", "Se"])
    faces = np.abs(whole.position_nm[anion]).sum(axis=1) * 4 / A
    assert faces.max() == pytest.approx(2 * (larger.edge - 1))


def anions_in_shell_thickness(diameter: float, count: int) -> float:
    from epidot.dot.composition import shell_thickness_nm

    return shell_thickness_nm(diameter, count, 0.5668)


def test_alloys_and_populations_have_shapes_too(rng) -> None:
    shape = Shape("tetrahedron", 0.2, "B")
    dots = Population.drawn(LayeredDot("InP", 3.3, (Layer("ZnSe0.5S0.5", 0.6),)), 5, 0.08, rng).dots
    for dot in dots:
        counts = build_on(dot, [A, 0.555], rng, shape=shape).counts()
        assert counts["Se"] + counts["S"] == pytest.approx(
            anions_in_shell(dot.core_diameter_nm, 0.6, 0.555), abs=1
        )


def trimmed(sites: Sites, bonds: int) -> Sites:
    """``sites`` without the atoms of fewer than ``bonds`` bonds, again and again until none are left."""
    keep = np.ones(len(sites), dtype=np.bool_)
    pairs = _bonded(sites.position_nm, sites.a_nm)
    while True:
        live = keep[pairs].all(axis=1)
        number = np.bincount(pairs[live].ravel(), minlength=len(sites))
        gone = keep & (number < bonds)
        if not gone.any():
            break
        keep &= ~gone
    return replace(
        sites,
        species=sites.species[keep],
        position_nm=sites.position_nm[keep],
        layer=sites.layer[keep],
        role=np.where(number == len(BONDS), "bulk", "surface")[keep],
        coordination=number[keep],
    )


@pytest.mark.parametrize(
    ("d", "atoms", "indium", "bonds"),
    [(3.3, 717, 369, 1284), (6.0, 4403, 2207, 8276), (10.0, 20737, 10401, 39972)],
)
def test_spheres_by_the_two_bond_rule(d: float, atoms: int, indium: int, bonds: int) -> None:
    """Every atom inside the sphere about a cation, then none with fewer than two bonds."""
    a = 0.58697
    half = int(np.ceil(d / a * 2)) + 2
    axis = np.arange(-half, half + 1)
    at = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    cation = (at % 2 == 0).all(1) & (at.sum(1) % 4 == 0)
    anion = ((at + 1) % 2 == 0).all(1) & ((at + 1).sum(1) % 4 == 0)
    inside = (cation | anion) & (np.linalg.norm(at, axis=1) * a / 4 <= d / 2)
    n = int(inside.sum())
    whole = trimmed(Sites(
        np.where(cation[inside], "In", "P"), at[inside] * a / 4, np.zeros(n, int), np.full(n, "bulk"),
        np.zeros(n, int), np.empty((0, 3)), a,
    ), 2)  # fmt: skip
    assert len(whole) == atoms
    assert whole.counts()["In"] == indium
    assert whole.coordination.sum() == 2 * bonds
    if d == 3.3:
        assert [int(np.sum(whole.coordination == k)) for k in (2, 3, 4)] == [60, 180, 477]


def test_the_plain_rule_against_the_papers_counts(rng) -> None:
    """141 P and 216 In stand beside the printed 149 and 215; what the charges then lack is told."""
    counts = build_on(LayeredDot("InP", 2.4), [A], rng).counts()
    assert counts == {"P": 141, "In": 216}
    assert counts["P"] / 149 == pytest.approx(0.946, abs=0.001)
    found = charge_balance({**counts, "OA": 72})
    assert found.imbalance == 3 * 216 - 3 * 141 - 72
    assert found.closure == {"OH": 72, "O": (153 - 72) / 2}


def test_refusals() -> None:
    with pytest.raises(InputError, match=r"unknown shape.*octahedron"):
        Shape("octahedral")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"an octahedron must lie between 0 and 0\.5"):
        Shape("octahedron", 0.7)
    with pytest.raises(InputError, match="at most 2 layers"):
        Body("octahedron", 5, 3)
    with pytest.raises(InputError, match="at least two"):
        Body("tetrahedron", 1)
    with pytest.raises(ValueError, match="full tetrahedra"):
        cations(Body("octahedron", 4))
