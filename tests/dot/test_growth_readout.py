"""What a grown dot says, on dots built by hand: exact counts, perfect spheres, half-covered dots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from epidot.dot import roughness
from epidot.dot.composition import anions_in_shell
from epidot.dot.facets import coverage
from epidot.dot.fill_core import charge, fill_core
from epidot.dot.grid import grid
from epidot.dot.grown import GrownDot, SiteSpecies
from epidot.dot.growth_readout import counts, read, summarise
from epidot.dot.layers import Layer, LayeredDot
from epidot.dot.mean import mean_dot
from epidot.dot.neighbours import attached, holes
from epidot.dot.profile import profile
from epidot.dot.shapes import Shape
from epidot.dot.site_map import SiteMap
from epidot.matter.materials import crystal

A = crystal("InP").a_nm


def kind(name: str, composition: dict[str, int], marks: str = "", **more) -> SiteSpecies:
    return SiteSpecies(name, composition, marks=frozenset(marks.split()), **more)


KINDS = (
    kind("vacant", {}, "vacant"),
    kind("core", {"In": 1}, "core", charge=3),
    kind("P", {"P": 1}, "core", charge=-3),
    kind("{In}(OA)(OH)", {"In": 1, "C": 18, "H": 34, "O": 3}, ligands={"OA": 1, "OH": 1}, charge=1),
    kind("{In}O", {"In": 1, "O": 1}, "oxide", charge=1),
    kind("{Zn}", {"Zn": 1}, "covered", charge=2),
    kind("ZnSe(l)", {"Zn": 1, "Se": 1}, "linked"),
    kind("ZnS(x)", {"Zn": 1, "S": 1}, "linked crystalline"),
    kind("Se-1", {"Se": 1, "P": 1, "C": 42, "H": 84, "O": 2}, "loose", ligands={"Int1": 1}, charge=-1),
)
K = {k.name: i for i, k in enumerate(KINDS)}


def blank(diameter: float, reach: float, centre=(0.0, 0.0, 0.0), flip: int = 1) -> GrownDot:
    """A core cut by the plain rule (P inside, In bonded to one) with empty anion sites out to ``reach``."""
    half = int(np.ceil(reach / A * 4)) + 4
    axis = np.arange(-half, half + 1)
    at = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    anion = (at % 2 == 0).all(1) & (at.sum(1) % 4 == 0)
    cation = ((at - 1) % 2 == 0).all(1) & ((at - 1).sum(1) % 4 == 0)
    position = (flip * at - np.array(centre)) * A / 4
    r = np.linalg.norm(position, axis=1)
    core = anion & (r <= diameter / 2)
    near, _ = cKDTree(position[core]).query(position)
    metal = cation & (near < 0.45 * A)
    keep = (anion & (r < reach)) | metal
    kinds = np.where(core, K["P"], np.where(metal, K["core"], 0)).astype(np.uint8)[keep]
    return GrownDot("InP", diameter, A, position[keep], metal[keep], kinds, KINDS)


def put(dot: GrownDot, name: str, where) -> GrownDot:
    """``name`` on the free anion sites where ``where(position)`` holds."""
    here = ~dot.cation & (dot.kind == 0) & where(dot.position_nm)
    return replace(dot, kind=np.where(here, K[name], dot.kind).astype(np.uint8))


def thickness(dot: GrownDot) -> roughness.Thickness:
    return roughness.thickness(SiteMap.of(dot))


def within(radius: float):
    return lambda x: np.linalg.norm(x, axis=1) <= radius


BLANK = blank(3.3, 3.6)
SPHERE = put(BLANK, "ZnSe(l)", within(2.35))


def test_the_grid_finds_bonds_whichever_way_they_point() -> None:
    for flip in (1, -1):
        dot = blank(2.4, 2.0, centre=(0.3, 0.7, -0.2), flip=flip)
        net = grid(dot)
        inside = ~dot.cation & (dot.kind == K["P"])
        metal = net.field(dot.cation, 0)
        assert np.all(metal[net.place[inside][:, None] + net.first].sum(axis=1) == 4)
        tree = cKDTree(dot.position_nm[~dot.cation])
        near = tree.query_ball_point(dot.position_nm[~dot.cation], A / np.sqrt(2) + 1e-6, return_length=True)
        anion = net.field(~dot.cation, 0)
        assert np.array_equal(anion[net.place[~dot.cation][:, None] + net.second].sum(axis=1), near - 1)
    with pytest.raises(ValueError, match="not on a zinc-blende lattice"):
        grid(replace(BLANK, position_nm=BLANK.position_nm * 1.03))
    with pytest.raises(ValueError, match="without sites"):
        grid(
            replace(BLANK, position_nm=np.empty((0, 3)), cation=np.empty(0, bool), kind=np.empty(0, np.uint8))
        )


def test_layers_by_eq_3() -> None:
    dot = summarise(SPHERE)
    n = int(np.sum(SPHERE.kind == K["ZnSe(l)"]))
    assert dot.core_diameter_nm == pytest.approx(3.3)
    assert [s.material for s in dot.shells] == ["ZnSe"]
    assert anions_in_shell(3.3, dot.shells[0].thickness_nm, crystal("ZnSe").a_nm) == pytest.approx(n)
    assert counts(SPHERE)["shell_layers"] == pytest.approx(
        dot.shells[0].thickness_nm / (crystal("ZnSe").a_nm / np.sqrt(3))
    )
    assert dot.adatoms == {"Zn": n, "Se": n, "S": 0}


def test_exchange_thins_the_core_by_half_a_unit_each() -> None:
    surface = np.flatnonzero(BLANK.cation)[:40]
    kinds = BLANK.kind.copy()
    kinds[surface] = K["{Zn}"]
    dot = summarise(replace(BLANK, kind=kinds))
    lost = np.pi / 6 * (3.3**3 - dot.core_diameter_nm**3)
    assert lost == pytest.approx(40 * A**3 / 8)
    assert dot.sites == 40
    assert dot.coverage == 1
    assert dot.adatoms["Zn"] == 40


def test_surface_marks_ligands_and_charge() -> None:
    metal = np.flatnonzero(BLANK.cation)
    far = metal[np.argsort(-np.linalg.norm(BLANK.position_nm[metal], axis=1))]
    kinds = BLANK.kind.copy()
    kinds[far[:60]] = K["{In}(OA)(OH)"]
    kinds[far[60:70]] = K["{In}O"]
    kinds[far[70:90]] = K["{Zn}"]
    first = put(replace(BLANK, kind=kinds), "Se-1", within(1.8))
    dot, found = read(first)
    loose = int(np.sum(first.kind == K["Se-1"]))
    assert loose > 0
    assert dot.sites == 90
    assert dot.coverage == pytest.approx(20 / 90)
    assert dot.ligands == {"OA": 60, "OH": 60, "Int1": loose}
    assert dot.oxide == found["oxide_per_dot"] == 10
    assert found["linked_fraction"] == 0
    assert found["hf_desorbable_fraction"] == 1
    assert found["In_exchanged_per_dot"] == 20
    n_p, n_in = int(np.sum(kinds == K["P"])), int(np.sum(kinds == K["core"]))
    assert charge(first) == 3 * n_in - 3 * n_p + 60 + 10 + 2 * 20 - loose


def test_nothing_on_the_core() -> None:
    dot, found = read(BLANK)
    assert dot.shells == ()
    assert dot.roughness_nm == 0
    assert found["bare"] == 1
    assert found["first_shell"] == 0


@pytest.mark.parametrize("centre", [(0, 0, 0), (1, 1, 1), (0.4, 0.9, -0.3)])
def test_a_perfect_sphere_is_as_rough_as_its_atoms(centre) -> None:
    """The roundest dot of a lattice: 0.09-0.14 nm, far below a layer, and the same as its own floor."""
    dot = put(blank(3.3, 3.6, centre), "ZnSe(l)", within(2.95))
    assert 0.08 < thickness(dot).roughness_nm < 0.14
    assert thickness(dot).roughness_nm == pytest.approx(roughness.least_nm(SiteMap.of(dot)), rel=0.05)
    assert thickness(dot).bare == 0
    assert holes(SiteMap.of(dot)) == 0


@pytest.mark.parametrize(
    ("truncation", "least", "most"), [(1 / 2, 0.28, 0.34), (1 / 3, 0.21, 0.26), (0, 0.28, 0.34)]
)
def test_facets_alone_are_rough(truncation: float, least: float, most: float) -> None:
    """Four complete layers bounded by flat faces: 0.24 to 0.32 nm without a single atom out of place."""
    dot = blank(3.3, 4.6)
    free = np.flatnonzero(~dot.cation & (dot.kind == 0))
    gauge = Shape("octahedron", truncation).gauge(dot.position_nm[free] * 4 / A)
    kinds = dot.kind.copy()
    kinds[free[np.argsort(np.round(gauge, 6), kind="stable")[:1850]]] = K["ZnSe(l)"]
    assert least < thickness(replace(dot, kind=kinds)).roughness_nm < most


def test_half_a_shell() -> None:
    """Thickness t on one half and 0 on the other: sd t/2, half the directions bare, sd over floor large."""
    dot = put(BLANK, "ZnSe(l)", lambda x: within(2.95)(x) & (x[:, 2] > 0))
    seen = thickness(dot)
    whole = thickness(put(BLANK, "ZnSe(l)", within(2.95)))
    assert seen.bare == pytest.approx(0.5, abs=0.03)
    assert seen.roughness_nm == pytest.approx(whole.mean_nm / 2, rel=0.05)
    assert seen.roughness_nm > 4 * roughness.least_nm(SiteMap.of(dot))


def test_a_full_bilayer_counts_as_d111() -> None:
    """An octahedron grown by one layer on each face is thicker by exactly d111 where faces are looked at."""
    d111 = A / np.sqrt(3)
    dot = blank(3.0, 4.6)
    size = np.abs(dot.position_nm).sum(axis=1) / np.sqrt(3)
    kinds = np.where(~dot.cation & (size < 4.5 * d111), K["P"], np.where(dot.cation, K["core"], 0))
    core = replace(dot, kind=kinds.astype(np.uint8))
    grown = put(core, "ZnSe(l)", lambda x: np.abs(x).sum(axis=1) / np.sqrt(3) < 5.5 * d111)
    seen = roughness.thickness(SiteMap.of(grown), 4000)
    faces = np.abs(roughness.directions(4000)).min(axis=1) > 0.45  # near the middle of the eight faces
    # the tube is finite, so that off the normal it sees the face a little further out; not its thickness
    assert np.median(seen.thickness_nm[faces]) == pytest.approx(d111, rel=0.03)


def test_directions_are_enough_and_the_twin_agrees() -> None:
    dot = put(BLANK, "ZnSe(l)", lambda x: within(2.6)(x) & ((x[:, 0] > 0) | within(2.0)(x)))
    assert roughness.thickness(SiteMap.of(dot), 20000).roughness_nm == pytest.approx(
        thickness(dot).roughness_nm, rel=0.02
    )
    points = dot.position_nm[dot.kind == K["ZnSe(l)"]]
    u = roughness.directions(300)
    assert np.allclose(u.sum(axis=0), 0, atol=0.2)
    assert np.allclose(np.linalg.norm(u, axis=1), 1)
    assert np.allclose(
        roughness.outermost(points, u, 0.29), roughness.outermost_plain(points, u, 0.29), atol=1e-12
    )
    assert not roughness.outermost(points[:0], u, 0.29).any()
    assert not roughness.outermost_plain(points[:0], u, 0.29).any()


def test_holes_are_terrace_vacancies() -> None:
    """One anion taken out of the outermost layer or of the inside leaves one hole."""
    full = SPHERE
    net = grid(full)
    filled = net.field(~full.cation & (full.kind != 0), 0)
    beside = filled[net.place[:, None] + net.second].sum(axis=1)
    mine = full.kind == K["ZnSe(l)"]
    for needed, more in ((12, 1), (9, 1), (8, 1), (6, 0)):
        one = np.flatnonzero(mine & (beside == needed))[0]
        kinds = full.kind.copy()
        kinds[one] = 0
        assert holes(SiteMap.of(replace(full, kind=kinds))) == holes(SiteMap.of(full)) + more
    # the empty site need not be listed
    keep = np.ones(len(full), bool)
    keep[np.flatnonzero(mine & (beside == 12))[0]] = False
    unlisted = replace(
        full, position_nm=full.position_nm[keep], cation=full.cation[keep], kind=full.kind[keep]
    )
    assert holes(SiteMap.of(unlisted)) == holes(SiteMap.of(full)) + 1


def test_coverage_by_facet() -> None:
    """Every first-shell position belongs to one family either way; 180 of them at 2.4 nm."""
    dot = blank(2.4, 2.2)
    found = coverage(SiteMap.of(dot))
    assert found.total.sites == 180
    for families in (found.by_direction, found.by_coordination):
        assert sum(f.sites for f in families.values()) == 180
        assert all(f.taken == 0 for f in families.values())
    # what sits on one bond stands over a cation: {111}A
    metal = cKDTree(dot.position_nm[dot.cation])
    bonds = metal.query_ball_point(dot.position_nm, 0.45 * A, return_length=True)
    on_top = ~dot.cation & (dot.kind == 0) & (bonds == 1)
    kinds = np.where(on_top, K["ZnSe(l)"], dot.kind).astype(np.uint8)
    taken = coverage(SiteMap.of(replace(dot, kind=kinds)))
    assert {name: f.share for name, f in taken.by_coordination.items()} == {"111A": 1, "100": 0, "111B": 0}
    outward = put(
        dot,
        "ZnSe(l)",
        lambda x: (bonds > 0) & (x @ np.ones(3) > 0.9 * np.sqrt(3) * np.linalg.norm(x, axis=1)),
    )
    towards = coverage(SiteMap.of(outward)).by_direction
    # +[111] is the direction from an anion to a cation here: B
    assert towards["111B"].taken > 0
    assert towards["111A"].taken == 0
    mirrored = blank(2.4, 2.2, flip=-1)
    assert {k: v.sites for k, v in coverage(SiteMap.of(mirrored)).by_direction.items()} == {
        k: v.sites for k, v in found.by_direction.items()
    }


def test_peeling() -> None:
    """A chain on the surface is peeled from its end; a bridged pair stays."""
    dot = blank(2.4, 2.6)
    metal = cKDTree(dot.position_nm[dot.cation])
    bonds = metal.query_ball_point(dot.position_nm, 0.45 * A, return_length=True)
    free = ~dot.cation & (dot.kind == 0)
    top = np.flatnonzero(free & (bonds == 1))[0]
    others = np.flatnonzero(free & (bonds == 0))
    step = A / np.sqrt(2) * 1.01
    second = others[np.linalg.norm(dot.position_nm[others] - dot.position_nm[top], axis=1) < step][0]
    kinds = dot.kind.copy()
    kinds[[top, second]] = K["ZnSe(l)"]
    assert attached(SiteMap.of(replace(dot, kind=kinds))).tolist() == [False, False]
    bridge = np.flatnonzero(free & (bonds == 2))[0]
    kinds = dot.kind.copy()
    kinds[bridge] = K["ZnSe(l)"]
    assert attached(SiteMap.of(replace(dot, kind=kinds))).tolist() == [True]
    assert attached(SiteMap.of(SPHERE)).all()


def test_where_the_oxide_sits() -> None:
    metal = np.flatnonzero(BLANK.cation & (np.linalg.norm(BLANK.position_nm, axis=1) > 1.5))
    surface = BLANK.kind.copy()
    surface[metal] = K["{In}(OA)(OH)"]
    patch = metal[np.argsort(-BLANK.position_nm[metal] @ np.array([0, 0.6, 0.8]))[:25]]
    random = np.random.default_rng(3)
    strewn = []
    for _ in range(30):
        kinds = surface.copy()
        kinds[random.choice(metal, 25, replace=False)] = K["{In}O"]
        strewn.append(counts(replace(BLANK, kind=kinds))["oxide_clustering"])
    assert np.mean(strewn) == pytest.approx(1, abs=4 * np.std(strewn) / np.sqrt(30))
    kinds = surface.copy()
    kinds[patch] = K["{In}O"]
    found = counts(replace(BLANK, kind=kinds))
    assert found["oxide_clustering"] > 3
    assert found["oxide_radius_nm"] == pytest.approx(
        np.linalg.norm(BLANK.position_nm[patch], axis=1).mean(), abs=0.02
    )


def test_profile_counts_every_ion_once() -> None:
    dot = put(put(BLANK, "ZnSe(l)", within(2.0)), "ZnS(x)", within(2.35))
    found = profile([dot, dot])
    assert {el: n.sum() for el, n in found.counts.items()} == {
        "In": np.sum(dot.kind == K["core"]),
        "P": np.sum(dot.kind == K["P"]),
        "Se": np.sum(dot.kind == K["ZnSe(l)"]),
        "S": np.sum(dot.kind == K["ZnS(x)"]),
        "Zn": np.sum(np.isin(dot.kind, [K["ZnSe(l)"], K["ZnS(x)"]])),
    }
    assert found.counts["P"][:13].sum() / (4 / 3 * np.pi * 1.3**3) == pytest.approx(4 / A**3, rel=0.1)
    summary = summarise(dot)
    assert [s.material for s in summary.shells] == ["ZnSe", "ZnS"]
    assert [s.crystalline for s in summary.shells] == [0, 1]
    inside_out = put(put(BLANK, "ZnS(x)", within(2.0)), "ZnSe(l)", within(2.35))
    assert [s.material for s in summarise(inside_out).shells] == ["ZnS", "ZnSe"]


def test_the_mean_dot() -> None:
    one = LayeredDot(
        "InP", 3.0, (Layer("ZnSe", 0.4, crystalline=0.5),), {"OA": 10}, {"Se": 100}, 90, 4, 1, 0.5, 1.0, 0.2
    )
    two = LayeredDot(
        "InP",
        3.4,
        (Layer("ZnSe", 0.2, crystalline=1.0), Layer("ZnS", 0.3)),
        {"OA": 30},
        {"Se": 50, "S": 50},
        110,
        0,
        0,
        1.0,
        0.5,
        0.4,
    )
    mean = mean_dot([one, two])
    assert mean.core_diameter_nm == pytest.approx(3.2)
    assert [(s.material, s.thickness_nm) for s in mean.shells] == [
        ("ZnSe", pytest.approx(0.3)),
        ("ZnS", 0.15),
    ]
    assert mean.shells[0].crystalline == pytest.approx(0.4 / 0.6)
    assert mean.ligands == {"OA": 20}
    assert mean.coverage == pytest.approx((45 + 110) / 200)
    assert mean.linked == pytest.approx(0.75)
    assert mean.roughness_nm == pytest.approx(0.3)
    with pytest.raises(ValueError, match="no dots"):
        mean_dot([])


def test_a_hollow_core_is_filled_again() -> None:
    """An engine may leave out the inside of the core: no reaction sees it, but atoms and charges count it."""
    for centre in ((0, 0, 0), (0.4, 0.9, -0.3)):
        full = put(blank(3.3, 3.0, centre), "ZnSe(l)", within(2.2))
        kept = np.linalg.norm(full.position_nm + np.array([0.05, 0, 0.02]), axis=1) > 0.9
        hollow = replace(
            full, position_nm=full.position_nm[kept], cation=full.cation[kept], kind=full.kind[kept]
        )
        again = fill_core(hollow)
        assert len(again) == len(full)
        assert charge(hollow) == charge(full)
        order = [np.lexsort(np.round(d.position_nm, 6).T) for d in (again, full)]
        assert np.allclose(again.position_nm[order[0]], full.position_nm[order[1]])
        assert np.array_equal(again.kind[order[0]], full.kind[order[1]])
        assert summarise(hollow) == summarise(full)
        assert fill_core(full) is full


def test_anions_without_zinc_are_open_until_three_metals_hold_them() -> None:
    """Alone on the core: those that touch one or two cations, not those on three; beside zinc: closed."""
    bare = SiteMap.of(blank(3.3, 2.6)).dot
    first, touched = SiteMap.of(bare).first_shell

    def opened(*kinds_at: tuple[str, np.ndarray]) -> float:
        kind_of = bare.kind.copy()
        for name, sites in kinds_at:
            kind_of[sites] = K[name]
        return summarise(replace(bare, kind=kind_of)).open_anions

    assert opened(("Se-1", first)) == np.count_nonzero(touched <= 2)
    assert opened(("Se-1", first[touched == 3][:5])) == 0
    assert opened(("ZnSe(l)", first)) == 0
    one = first[touched == 1][:1]
    rest = np.setdiff1d(first, one)
    assert opened(("Se-1", one)) == 1
    assert opened(("ZnSe(l)", rest), ("Se-1", one)) == 0
    assert summarise(bare).halide_capped == summarise(bare).zinc_capped == 0
