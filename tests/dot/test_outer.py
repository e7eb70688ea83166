"""Every place of the outer surface is counted once, the core's or the shell's, taken or open."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from epidot.dot.composition import layer_thickness_nm
from epidot.dot.layers import Layer, LayeredDot
from epidot.dot.outer import OuterSurface, open_cations, with_outer
from epidot.light.traps import uncovered

CORE = LayeredDot("InP", 3.3, sites=187.0)
ZNS_LAYER_NM = layer_thickness_nm("ZnS", "d111")


def dot(coverage: float, oxide: float = 0.0, layers: float = 0.0) -> LayeredDot:
    shells = (Layer("ZnS", layers * ZNS_LAYER_NM),) if layers else ()
    return dataclasses.replace(CORE, coverage=coverage, oxide=oxide, shells=shells)


def test_the_balance_closes_whatever_stands_where() -> None:
    rng = np.random.default_rng(2)
    for _ in range(500):
        places, over_core = rng.uniform(100, 400), rng.uniform(0, 100)
        chains = rng.uniform(0, places)
        of = OuterSurface(places, chains, rng.uniform(0, min(chains, 120)), over_core)
        assert of.places == pytest.approx(of.on_core + of.held + of.on_shell + of.open)
        assert min(of.held, of.on_shell, of.open) >= 0


@pytest.mark.parametrize("chains", [0.0, 60.0, 130.0, 144.0])  # fluoride, half of it oleate, full, crowded
def test_a_core_without_a_shell_has_no_place_of_a_shell(chains: float) -> None:
    bare = with_outer(dot(0.0), 130.0, 130.0, chains, chains)
    assert bare.outer_sites == bare.outer_ligands == bare.surface_traps == 0.0


def test_all_places_are_the_shells_where_it_closes_every_cation() -> None:
    whole = with_outer(dot(1.0, layers=0.9), 200.0, 130.0, 185.0, 0.0)
    assert whole.outer_sites == 100.0
    assert whole.outer_ligands == 92.5
    assert whole.surface_traps == 7.5  # 0 before, where only 0.9 of the places counted


def test_fluoride_on_the_core_holds_its_places_and_oleate_there_is_no_ligand_of_the_shell() -> None:
    half = dot(0.5, layers=0.4)
    none = with_outer(half, 160.0, 130.0, 0.0, 0.0)  # 65 held over the core, 95 open on the shell
    assert none.surface_traps == pytest.approx(95 / 2)
    oleate = with_outer(half, 160.0, 130.0, 65.0, 65.0)
    assert oleate.surface_traps == none.surface_traps
    assert oleate.outer_ligands == 0.0
    crowded = with_outer(
        half, 160.0, 130.0, 93.5, 93.5
    )  # an oleate on each of 93.5 cations leans over the shell
    assert crowded.surface_traps == pytest.approx((160 - 93.5) / 2)


def test_more_chains_than_places_leave_none_open() -> None:
    full = with_outer(dot(0.9, layers=0.9), 180.0, 130.0, 190.0, 19.0)
    assert full.surface_traps == 0.0
    assert full.outer_sites == full.outer_ligands == pytest.approx(171 / 2)


def test_oxide_is_the_cores_until_one_layer_lies_over_it() -> None:
    for layers, left in ((0.25, 0.75), (1.0, 0.0), (2.0, 0.0)):
        some = dot(0.6, oxide=50.0, layers=layers)
        assert open_cations(some) == pytest.approx(187 * 0.4 - 50 + 50 * left)
        # The same cations that the core's own law counts, so that none is in both or in neither.
        assert open_cations(some) == pytest.approx(sum(uncovered(some).values()))
