"""A shell grows over halide: no ion is lost, none moves; a grown dot treated is its description treated."""

from __future__ import annotations

import numpy as np
import pytest

import epidot
from epidot import documents
from epidot.dot import described, description
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.light.optics import Optics
from epidot.runs.order import order_from
from epidot.runs.run import run_flask
from epidot.transport.constants import constants
from epidot.transport.grown_over import moved, same_layers
from epidot.transport.halide import mesh_of, problem
from epidot.transport.problem import Stage, State
from epidot.transport.treatment import Treatment, treat

STAGE = (Stage(3600.0, 513.15),)


def told(zns_nm: float, core_nm: float = 3.0, hypothesis: str = "H1"):  # type: ignore[no-untyped-def]
    dot = LayeredDot("InP", core_nm, (Layer("ZnSe", 1.0), Layer("ZnS", zns_nm)))
    return problem(dot, "Br", constants(hypothesis), STAGE, 1e6, 10.0)


def ions(state: State) -> float:
    volumes = 4 / 3 * np.pi * np.diff(state.edges_nm**3)
    return float(state.c @ volumes + (state.trapped @ volumes).sum() + state.interface.sum() + state.adsorbed)


def filled(of, adsorbed: float = 60.0) -> State:  # type: ignore[no-untyped-def]
    mesh = mesh_of(of)
    rng = np.random.default_rng(1)
    trapped = rng.random((1 if any(layer.traps for layer in of.layers) else 0, mesh.layer.size))
    return State(mesh.edges_nm, rng.random(mesh.layer.size), trapped, np.array([3.0]), adsorbed)


@pytest.mark.parametrize("hypothesis", ["H1", "H3"])
@pytest.mark.parametrize(("after_nm", "core_nm"), [(1.5, 3.0), (0.55, 2.98), (0.3, 3.0)])
def test_no_ion_is_lost_whatever_the_layers_become(after_nm: float, core_nm: float, hypothesis: str) -> None:
    before, after = told(0.5, hypothesis=hypothesis), told(after_nm, core_nm, hypothesis)
    start = filled(before)
    now = moved(start, after, mesh_of(after))
    assert same_layers(after, now.edges_nm)
    assert not same_layers(after, start.edges_nm)
    assert ions(now) == pytest.approx(ions(start), rel=1e-12)


def test_ions_stay_at_their_radius_and_adsorbed_ones_are_buried_at_the_old_surface() -> None:
    before, after = told(0.5), told(1.5)
    start = filled(before)
    now = moved(start, after, mesh_of(after))
    inside = 1.5  # the core, whose edge both have
    volumes = 4 / 3 * np.pi * np.diff(start.edges_nm**3)
    below = np.interp(inside**3, start.edges_nm**3, np.append(0.0, np.cumsum(start.c * volumes)))
    volumes = 4 / 3 * np.pi * np.diff(now.edges_nm**3)
    again = np.interp(inside**3, now.edges_nm**3, np.append(0.0, np.cumsum(now.c * volumes)))
    assert again == pytest.approx(below, rel=1e-12)
    assert now.adsorbed == 0.0  # 60 ions find their sites within a fraction of a nanometre
    r = 0.5 * (now.edges_nm[1:] + now.edges_nm[:-1])
    assert now.c[r > before.outer_nm + 0.3].max() == 0.0
    assert now.c.max() <= 5.0 + 1e-9  # the sites of the lattice per nm³


def test_what_the_new_lattice_cannot_hold_goes_on_with_the_surface() -> None:
    before, after = told(0.5), told(0.51)
    start = filled(before, adsorbed=500.0)
    now = moved(start, after, mesh_of(after))
    fresh = 4 / 3 * np.pi * (after.outer_nm**3 - before.outer_nm**3)
    assert now.adsorbed == pytest.approx(500.0 - 5.0 * fresh, rel=1e-6)


ONE_POT = """\
recipe: 1
core: {material: InP, diameter: 3.3 nm, amount: 220 nmol}
solvent: {reagent: ODE, volume: 10 mL}
ramp: 10 °C/min
steps:
- add: {reagent: Zn(OA)2, amount: 1.5 mmol}
- add: {reagent: SePR3, amount: 0.8 mmol}
- heat: 300 °C
- hold: 20 min
- sample: shell
- add: {reagent: ZnCl2, amount: 0.2 mmol}
- hold: 20 min
- sample: halide
- add: {reagent: SPR3, amount: 1 mmol}
- hold: 20 min
- sample: second shell
"""


@pytest.mark.parametrize("engine", ["meanfield", "kmc"])
def test_growth_halide_and_growth_in_one_pot(engine: str) -> None:
    batch = epidot.run(ONE_POT, engine=engine, dots=2)
    one, two, three = (batch.sample(n) for n in ("shell", "halide", "second shell"))
    assert "Cl_per_dot" not in one.quantities
    held = two.quantities["Cl_per_dot"].value
    assert held is not None
    assert held > 1
    assert three.quantities["Cl_per_dot"].value > 1
    assert three.quantities["shell_layers"].value > two.quantities["shell_layers"].value + 0.2
    assert max(batch.conservation.values()) < 1e-10
    assert any("growth does not feel it" in note for note in batch.notes)


def test_a_grown_dot_treated_is_its_description_treated() -> None:
    grown = run_flask(order_from("choi2023/inp-zns-staged-4", engine="meanfield", dots=1)).taken[-1].dot
    text = description.text(Population(grown, np.array([grown.core_diameter_nm])), "grown")
    again = described.from_document(documents.parse(text)).dot
    assert again.outer_sites == grown.outer_sites > 0
    assert again.surface_traps == pytest.approx(grown.surface_traps, abs=1e-12)
    how = Treatment("ZnCl2", 0.4e-3, 513.15, amine_mol=1e-3)
    size = np.array([grown.core_diameter_nm])
    a, b = (Optics(Population(treat(dot, how).purified, size)) for dot in (grown, again))
    assert a.plqy == pytest.approx(b.plqy, rel=1e-6)
    assert a.first_exciton_nm == pytest.approx(b.first_exciton_nm, rel=1e-6)


def test_open_places_outside_heal_with_halide_on_a_grown_dot() -> None:
    grown = run_flask(order_from("choi2023/inp-zns-staged-4", engine="meanfield", dots=1)).taken[-1].dot
    import dataclasses

    worn = dataclasses.replace(grown, outer_ligands=grown.outer_sites - 5, surface_traps=5.0)
    done = treat(worn, Treatment("ZnCl2", 0.4e-3, 513.15)).purified
    assert done.surface_traps < 4.0


def test_a_description_reads_back_with_its_halide_and_says_what_it_leaves_out() -> None:
    shells = (Layer("ZnSe", 0.7654321, 0.4, 0.9),)
    dot = LayeredDot("InP", 3.1234567890123, shells, sites=180.0, coverage=0.97, linked=0.9,
                     oxide=2.5, oxide_memory=1.25, surface_traps=0.5, outer_sites=60.0,
                     outer_ligands=59.5, ligands={"OA": 100.0, "OH": 2.0}, roughness_nm=0.2)  # fmt: skip
    done = treat(dot, Treatment()).purified
    text = description.text(Population(done, np.array([done.core_diameter_nm])), "treated")
    assert "# not in the description: roughness_nm 0.2 (only a grown dot knows it)" in text
    again = described.from_document(documents.parse(text)).dot
    for name in ("core_diameter_nm", "shells", "sites", "coverage", "linked", "oxide", "surface_traps"):
        assert (
            getattr(again, name) == pytest.approx(getattr(done, name), rel=1e-12)
            if name != "shells"
            else True
        )
    assert again.shells == done.shells
    (a,), (b,) = again.halides, done.halides
    assert a.total == pytest.approx(b.total, rel=1e-9)
    outer = float(done.radii_nm[-1])
    assert a.between(outer - 0.3, outer) == pytest.approx(b.between(outer - 0.3, outer), rel=1e-6)
