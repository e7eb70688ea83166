"""Ligands stand on the outer surface at every size, a grown dot has no charge, and nothing is lost."""

from __future__ import annotations

import dataclasses
import math
from functools import lru_cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from epidot.dot.atoms import place
from epidot.dot.grown import GrownDot
from epidot.dot.growth_readout import diameter_nm, summarise
from epidot.dot.site_map import SiteMap
from epidot.growth.conservation import relative_errors
from epidot.growth.lattice.dots import BEARING, centres, cut, inventory, master_for, spectators
from epidot.growth.lattice.population import apportioned
from epidot.growth.meanfield import MeanField
from epidot.growth.outer_places import OuterPlaces
from epidot.growth.rates import Conditions, Network
from epidot.growth.readout import layered_dot
from epidot.growth.state import FlaskState
from epidot.matter import reagents
from epidot.matter.materials import material
from epidot.mechanism import load as mechanisms
from epidot.recipe.events import Segment
from epidot.runs.order import order_from
from epidot.runs.run import Run, run_flask

CHOI = mechanisms.load()
STAGED = "choi2023/inp-zns-staged-4"


@lru_cache
def ran(engine: str, recipe: str = STAGED) -> Run:
    return run_flask(order_from(recipe, engine=engine, dots=4 if engine == "kmc" else 1), points=2)


def dots_in(
    zinc_M: float, celsius: float, mechanism: mechanisms.Mechanism = CHOI, nm: float = 3.3
) -> FlaskState:
    """Dots of four ZnS layers without a ligand outside, in zinc oleate."""
    engine = MeanField(mechanism)
    state = engine.start(
        FlaskState(celsius + 273.15, 0.01, 220e-9, "InP", nm, liquor={"Zn(OA)2": zinc_M * 0.01})
    )
    surface = {"{Zn}S(x)": sum(state.surface.values()), "ZnS(x)": 140.0, "ZnS(dx)": 1500.0}
    return state.with_(surface=surface)


# -- exact bookkeeping --------------------------------------------------------------------------------


def test_the_charge_of_a_cut_is_three_quarters_of_its_open_bonds() -> None:
    # 2(n_c - n_a) = (b_c - b_a)/2 for II-VI; for InP 3(n_In - n_P) = 3/4 b, every P keeping its four bonds.
    rng, a = np.random.default_rng(3), material("InP")["a_nm"]
    of = master_for(np.array([2.4]), 3.0, a, 0.5)
    for centre in centres(20, a, rng):
        dot = cut(of, centre, 2.4, rng)
        core = dot.core
        assert of.radii_nm[0] == 0.0  # nothing is left out in the middle, so that ions can be counted
        charge = 3 * int((core & of.cation).sum()) - 3 * int((core & ~of.cation).sum())
        assert charge == 0.75 * dot.open_bonds.sum()
        held = sum(inventory({"a": 72.0, "b": 27.0}, len(dot.bearing), rng).values())
        ligands = sum(n * len(sites) for n, sites in enumerate(spectators(dot, held, 2), 1))
        assert charge - BEARING * held - ligands == 0


def test_places_outside_grow_with_two_thirds_of_the_volume_and_their_slope_is_exact() -> None:
    site, rows = CHOI.sites["outer"], [CHOI.species[s] for s in ("ZnS(d)", "Zn(OA)2(s)", "{Zn}S-1")]
    of = OuterPlaces.of(3.8, site, rows, math.pi / 6 * 3.3**3)
    assert of.capacity(np.zeros(3)) == pytest.approx(3.8 * math.pi * 3.3**2, rel=1e-12)
    y = np.array([4000.0, 10.0, 5.0])
    doubled = OuterPlaces.of(3.8, site, rows, 2 * of.core_nm3)
    assert doubled.capacity(2 * y) / of.capacity(y) == pytest.approx(2 ** (2 / 3), rel=1e-12)
    assert of.taken(y) == 10 * 2 + 5 * 1
    h = 1e-3
    numeric = [(of.free(y + h * e) - of.free(y - h * e)) / (2 * h) for e in np.eye(3)]
    assert of.slope(y) == pytest.approx(numeric, rel=1e-6)
    assert of.free(np.array([0.0, 1e6, 0.0])) == 0.0


def test_the_jacobian_with_places_outside_is_that_of_the_rates() -> None:
    state = dots_in(0.2, 320)
    present = {
        *state.surface,
        *state.liquor,
        "SPR3",
        "{Zn}OA",
        "{Zn}S-1",
        "ZnOA(s)",
        "Zn(OA)2(s)",
        "{Zn}SZn(OA)",
    }
    network = Network(CHOI, present, core_diameter_nm=3.3, sites=187.0)
    rng = np.random.default_rng(1)
    y, at = rng.random(len(network.species)) * 20, Conditions(220e-9, 0.01, 593.0)
    exact, h = network.jacobian(y, at), 1e-4
    for i in range(len(y)):
        up, down = y.copy(), y.copy()
        up[i], down[i] = y[i] + h, y[i] - h
        numeric = (network.rates(up, at) - network.rates(down, at)) / (2 * h)
        assert exact[:, i] == pytest.approx(numeric, rel=1e-5, abs=1e-7 * np.abs(exact).max())


def test_the_outside_fills_to_its_isotherm_and_empties_without_zinc_oleate() -> None:
    state = dots_in(0.2, 320)
    end = MeanField(CHOI).advance(state, Segment(3600.0, 593.15, 593.15), 1).states[-1]
    places = layered_dot(end, CHOI).outer_sites
    c, K = end.liquor["Zn(OA)2"] / 0.01, CHOI.K("K_out", 593.15)
    # n counts Zn(OA)2 and the free places chains: n / (C - 2 n) = K c
    n = end.surface["Zn(OA)2(s)"]
    assert n / (2 * places - 2 * n) == pytest.approx(K * c, rel=1e-3)
    bare = end.with_(liquor={})
    gone = MeanField(CHOI).advance(bare.with_(volume_L=1e3), Segment(36000.0, 593.15, 593.15), 1).states[-1]
    assert gone.surface["Zn(OA)2(s)"] < 1e-3 * n
    cold = (
        MeanField(CHOI)
        .advance(bare.with_(temperature_K=298.15), Segment(3600.0, 298.15, 298.15), 1)
        .states[-1]
    )
    assert cold.surface["Zn(OA)2(s)"] == pytest.approx(n, rel=1e-4)


def test_without_places_and_without_lift_growth_is_what_it_was() -> None:
    plain = CHOI.with_parameters({"n_outer": 0.0, "Ea_lift": 1000.0})
    grown = [
        MeanField(m)
        .advance(
            dots_in(0.2, 320, m).with_(liquor={"Zn(OA)2": 2e-3, "SPR3": 1e-3}),
            Segment(900.0, 593.15, 593.15),
            1,
        )
        .states[-1]
        for m in (CHOI, plain)
    ]
    sulfur = [sum(n * CHOI.species[s].elements.get("S", 0) for s, n in g.surface.items()) for g in grown]
    assert grown[1].surface["Zn(OA)2(s)"] == pytest.approx(0.0, abs=1e-9)
    assert sulfur[0] == pytest.approx(sulfur[1], rel=0.01)  # no rate of growth feels what lies outside


# -- grown dots, by both engines ----------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["meanfield", "kmc"])
def test_every_sample_is_neutral_and_its_ligands_are_outside(engine: str) -> None:
    run = ran(engine)
    for sample in run.taken:
        assert abs(sample.counts["charge_per_dot"]) < 1e-6
    end = run.taken[-1].counts
    assert 3.0 < end["ligands_OA_per_nm2"] < 4.5
    assert end["shut_in_per_dot"] < 0.1  # 39 oleates before, all of them at the core
    errors = relative_errors(run.first.state, run.done, CHOI, _elements)
    assert max(errors.values()) < 1e-10


def _elements(name: str) -> dict[str, float]:
    known = CHOI.species.get(name)
    return dict(known.elements) if known else reagents.formula(name)


def test_both_engines_tell_the_same_density() -> None:
    a, b = (ran(engine).taken[-1].counts for engine in ("meanfield", "kmc"))
    assert a["ligands_OA_per_nm2"] == pytest.approx(b["ligands_OA_per_nm2"], rel=0.05)
    assert a["shell_layers"] == pytest.approx(b["shell_layers"], rel=0.1)


def test_the_atoms_are_neutral_dot_by_dot_and_none_overlap() -> None:
    for sample in ran("kmc").taken:
        for grown in sample.grown:
            atoms = place(grown)
            assert atoms.charge.sum() == 0.0
            apart = cKDTree(atoms.position_nm).query(atoms.position_nm, k=2)[0][:, 1]
            assert apart.min() >= 0.2 - 1e-9


WON = """\
recipe: 1
core: {material: InP, diameter: 3.3 nm, amount: 100 nmol, sigma: 6 %}
solvent: {reagent: ODE, volume: 10 mL}
ramp: 10 °C/min
steps:
- heat: 150 °C
- add: {reagent: Zn(OA)2, amount: 3 mmol}
- add: {reagent: HF, amount: 0.1 mmol}
- hold: 10 min
- heat: 340 °C
- add: {reagent: SePR3, amount: 0.09 mmol}
- hold: 20 min
- sample: thin
- add: {reagent: SePR3, amount: 0.1 mmol}
- hold: 30 min
- sample: thick
"""


@pytest.mark.parametrize("recipe", [STAGED, WON])
def test_no_oleate_is_left_deeper_than_a_layer(recipe: str) -> None:
    """Of some 370 to 600 a dot; 37 were before any was carried out, 2.5 before those alone could go."""
    run = ran("kmc", recipe)
    for sample in run.taken[-2:]:  # of the staged recipe as grown and as washed
        assert sample.counts["shut_in_per_dot"] == 0.0
        assert [deep(grown) for grown in sample.grown] == [0] * len(sample.grown)
        assert 3.0 < sample.counts["ligands_OA_per_nm2"] < 4.5
        assert abs(sample.counts["charge_per_dot"]) < 1e-6


def deep(grown: GrownDot) -> int:
    """Oleates more than 0.35 nm below the outermost of the shell's anions within 0.7 nm."""
    chains = np.array([k.ligands.get("OA", 0) for k in grown.kinds])[grown.kind]
    shell = np.array(
        ["deposited" in k.marks or ("first" in k.marks and "vacant" not in k.marks) for k in grown.kinds]
    )
    outer, of = grown.position_nm[shell[grown.kind]], grown.position_nm[chains > 0]
    r = np.linalg.norm(outer, axis=1)
    near = cKDTree(outer).query_ball_point(of, 0.7)
    below = [bool(n) and r[n].max() - np.linalg.norm(x) > 0.35 for n, x in zip(near, of, strict=True)]
    return int(chains[chains > 0][np.array(below, dtype=bool)].sum())


def test_an_oleate_goes_out_alone_and_its_zinc_stays() -> None:
    """{Zn}OA + ZnOA(s) => {Zn} + Zn(OA)2(s): neutral, and no place outside gained or lost."""
    one = next(r for r in CHOI.reactions if r.id == "lift.o")
    assert dict(one.net) == {"{Zn}OA": -1, "ZnOA(s)": -1, "{Zn}": 1, "Zn(OA)2(s)": 1}
    filled = OuterPlaces.of(3.8, CHOI.sites["outer"], [CHOI.species[s] for s in one.net], 0.0).filling
    assert filled @ np.array(list(one.net.values())) == 0
    section = CHOI.lattice
    assert section is not None
    (step,) = [s for s in section.steps if s.of == "lift.o"]
    assert step.where == {"closed": (4, 4)}
    assert set(section.counts["closed"].species) == set(section.counts["filled"].species)


def test_sharing_out_loses_no_atom_where_a_dot_gave_more_oleate_than_it_kept() -> None:
    for sample in ran("kmc").taken:
        found = sample.state.grown
        told = [(one, n) for dot in sample.grown for one, n in dot.outside]
        assert all(n >= 0 for _, n in told)
        for el in ("Zn", "C", "O"):
            whole = sum(n * CHOI.lattice.pool[name].elements.get(el, 0) for name, n in found.outside.items())
            assert sum(n * one.composition.get(el, 0) for one, n in told) == whole


def test_what_is_shared_out_adds_up() -> None:
    assert apportioned(7, np.array([1.0, 1.0, 2.0])).tolist() in ([2, 2, 3], [2, 1, 4], [1, 2, 4])
    assert apportioned(5, np.array([0.0, 5.0, 0.0])).tolist() == [0, 5, 0]


def test_a_dot_kept_in_a_batch_keeps_what_lies_outside() -> None:
    from epidot.runs.stored import sites_from_arrays, sites_to_arrays

    dots = ran("kmc").taken[-1].grown
    again = sites_from_arrays(*sites_to_arrays(dots))
    assert [d.outside for d in again] == [d.outside for d in dots]
    assert again[0].places == dots[0].places
    assert [d.rounded for d in again] == [d.rounded for d in dots]


def test_no_dot_has_open_places_because_molecules_are_whole() -> None:
    """The washed dots of one layer are full, all together: 0.2 traps a dot came of rounding alone."""
    sample = ran("kmc", "choi2023/inp-zns-staged-1").taken[-1]
    dots = [summarise(d) for d in sample.grown]
    density, names = sample.state.grown.places
    places = density * math.pi * np.array([diameter_nm(d) for d in sample.grown]) ** 2
    chains = np.array([d.ligands[x] for d in dots for x in names]).reshape(len(dots), -1).sum(axis=1)
    assert np.maximum(places - chains, 0).mean() > 0.1  # though single dots lack some
    assert abs((places - chains).sum()) < 2  # not one Zn(OA)2 is wanting on all of them
    assert max(d.surface_traps for d in dots) < 1e-9


def test_open_places_outside_are_the_traps_of_a_grown_dot() -> None:
    state = dots_in(0.2, 320)
    bare = layered_dot(state, CHOI)
    assert bare.outer_ligands == 0.0
    assert bare.surface_traps == bare.outer_sites > 100
    end = ran("meanfield").taken[-1]
    assert end.dot.surface_traps == pytest.approx(end.dot.outer_sites - end.dot.outer_ligands)
    assert 1.5 < end.dot.outer_sites / (math.pi * end.dot.diameter_nm**2) < 2.3


@pytest.mark.parametrize("minutes", ["0.5", "1", "3", "30"])
def test_what_the_mean_field_tells_of_open_places_is_what_is_counted_on_the_sites(minutes: str) -> None:
    """0.4, 0.6, 0.9 and one layer, of which HF then leaves 0.1 to 0.9 on a core with fluoride.

    The lattice counts dot by dot and site by site; the mean field's rule sees the mean numbers of the same
    dots.  All that it cannot know are the cations that anions shut in: up to 27 with fluoride of 97, under
    what HF leaves of a whole layer.  They are told as open ones of the core.
    """
    for sample in ran("kmc", f"choi2023/hf-desorption-{minutes}min").taken:
        for stripped in (False, True):
            surface, dots = sample.state.surface, list(sample.grown)
            if stripped:
                surface = {s: n for s, n in surface.items() if "outside" not in CHOI.species[s].marks}
                dots = [dataclasses.replace(d, outside=(), rounded=0.0) for d in dots]
            told = layered_dot(sample.state.with_(surface=surface), CHOI)
            counted = [summarise(d) for d in dots]
            shut_in = np.mean([without_chain(SiteMap.of(d)) for d in dots])
            per_cation = 3.8 * math.pi * 2.4**2 / told.sites
            for name in ("outer_sites", "surface_traps"):
                one = np.array([getattr(d, name) for d in counted])
                error = one.std(ddof=1) / math.sqrt(len(one))
                expected = getattr(told, name) + shut_in * per_cation / 2
                assert expected == pytest.approx(one.mean(), abs=max(2 * error, 0.7))


def without_chain(of: SiteMap) -> int:
    """Core-surface cations without a chain that anions shut in on all four sides."""
    plain, shut_in = of.uncovered
    return sum(not of.dot.kinds[k].ligands.get("OA") for k in of.dot.kind[plain[shut_in]])


def test_the_places_of_a_dot_on_its_sites_are_the_cores_or_the_shells() -> None:
    """Counted from the kinds themselves: no chain and no cation in both or in neither."""
    for sample in ran("kmc", "choi2023/hf-desorption-1min").taken:
        for grown in sample.grown:
            dot, kinds = summarise(grown), grown.kinds
            number = np.bincount(grown.kind, minlength=len(kinds)).tolist()
            chains = sum(
                n * k.ligands.get(x, 0)
                for k, n in [*zip(kinds, number, strict=True), *grown.outside]
                for x in grown.places[1]
            )
            open_core = sum(
                n
                for k, n in zip(kinds, number, strict=True)
                if k.name in ("{In}(OA)(OH)", "{In}(OA)F", "{Zn}OA")
            )
            chains -= grown.rounded
            # At most so many stand on the core; those that anions shut in are told as the shell's.
            assert chains - open_core <= 2 * dot.outer_ligands + 1e-9
            assert 2 * dot.outer_ligands <= chains + 1e-9
            assert dot.outer_sites == pytest.approx(dot.outer_ligands + dot.surface_traps)
            assert (
                dot.outer_sites <= grown.places[0] * math.pi * dot.diameter_nm**2 / 2 or not dot.surface_traps
            )


def test_zinc_beside_very_little_selenium_is_drawn() -> None:
    """A tenth of a layer has fewer open places beside selenium than zinc outside: some stands over oxide."""
    recipe = """
recipe: 1
name: little-selenium
core: {material: InP, diameter: 3.0 nm, amount: 200 nmol, sigma: 8 %, surface: oxide-free}
solvent: {reagent: ODE, volume: 5 mL}
ramp: 10 °C/min
stocks:
  Zn(OA)2: {concentration: 0.5 M, in: ODE}
steps:
  - heat: 280 °C
  - add:
      - {reagent: SePR3, amount: 0.005 mmol}
      - {reagent: Zn(OA)2, amount: 0.25 mmol}
  - hold: 30 min
  - cool: 25 °C
  - sample: grown
"""
    run = run_flask(order_from(recipe, engine="kmc", dots=12), points=2)
    lacking = 0
    for dot in run.taken[-1].grown:
        atoms = place(dot)
        selenium = ~dot.cation & np.array(["Se" in k.composition for k in dot.kinds])[dot.kind]
        lacking += int(selenium.sum()) < sum(n for _, n in dot.outside)
        assert cKDTree(atoms.position_nm).query(atoms.position_nm, k=2)[0][:, 1].min() >= 0.2 - 1e-9
    assert lacking > 0, "no dot of this run has more zinc outside than selenium"
