"""Dots of one flask take up monomer at rates of their own: the declared spread, in both engines."""

from __future__ import annotations

import math

import numpy as np
import pytest

from epidot.documents import data_document
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.growth.lattice.engine import LatticeEngine
from epidot.growth.lattice.population import GrownPopulation
from epidot.growth.meanfield import MeanField
from epidot.growth.readout import unequal_nm
from epidot.growth.state import FlaskState
from epidot.mechanism.load import load, shipped
from epidot.recipe.events import Segment
from epidot.runs.engines import unequal_population

UNITS = 1500  # per dot


def grown(spread: float, seed: int = 5, dots: int = 40, units: int = UNITS) -> tuple[FlaskState, FlaskState]:
    """Equal cores fed with dissolved ZnS and nothing else, ten minutes at 320 °C."""
    mechanism = load().with_parameters({"supply_spread": spread})
    engine = LatticeEngine(mechanism, dots, seed, diameters_nm=np.full(dots, 3.0))
    mol = 1e-7
    start = engine.start(
        FlaskState(
            temperature_K=593.15,
            volume_L=0.01,
            dots_mol=mol,
            core="InP",
            core_diameter_nm=3.0,
        )
    )
    flask = Segment(600.0, 593.15, 593.15, inflow={"ZnS": units * mol / 600})
    return start, engine.advance(start, flask, 1).states[-1]


def taken_up(state: FlaskState) -> np.ndarray:
    """Sulfur on every dot."""
    population = state.grown
    assert isinstance(population, GrownPopulation)
    section = load().lattice
    assert section is not None
    sulfur = np.array([section.kinds[name].elements.get("S", 0) for name in population.kinds])
    return np.asarray(sulfur[population.kind].sum(axis=1))


def test_the_factors_have_mean_one_and_the_declared_spread() -> None:
    start, _ = grown(0.3)
    supply = start.grown.supply
    assert supply.mean() == pytest.approx(1.0, abs=1e-12)
    assert supply.std() == pytest.approx(0.3, rel=0.15)


def test_nothing_is_made_or_lost_by_the_spread() -> None:
    _, end = grown(0.3)
    left = end.liquor["ZnS"] / end.dots_mol
    assert left + taken_up(end).mean() == pytest.approx(UNITS, abs=1e-6)
    assert left < 0.05 * UNITS


def test_a_dot_takes_up_in_proportion_to_its_supply() -> None:
    """While few places are taken: units on a dot over their mean are its factor, but for the counting."""
    start, end = grown(0.3, units=60)
    supply, units = start.grown.supply, taken_up(end)
    slope = np.cov(supply, units / units.mean())[0, 1] / np.var(supply, ddof=1)
    assert slope == pytest.approx(1.0, abs=3 / math.sqrt(60 * 40) / 0.3)
    assert np.var(units) == pytest.approx(60 + (0.3 * 60) ** 2, rel=0.5)


def test_without_a_spread_all_dots_grow_alike_to_the_same_bits() -> None:
    _, one = grown(0.0, units=60)
    _, other = grown(0.0, units=60)
    assert np.array_equal(one.grown.kind, other.grown.kind)
    assert np.var(taken_up(one)) == pytest.approx(60, rel=0.5)  # by chance alone


def test_the_same_seed_gives_the_same_factors() -> None:
    assert np.array_equal(grown(0.3)[0].grown.supply, grown(0.3)[0].grown.supply)


def test_the_declared_number_follows_from_the_rows_of_other_laboratories() -> None:
    """The mean over laboratories, the deviation between them as its width; no row of a seed paper."""
    rows = data_document("shell_spread.yaml").data["rows"]
    labs: dict[str, list[float]] = {}
    for row in rows:
        assert row["source"] not in ("choi2023", "yuan2023")
        assert row["read"] == "memory"
        whole, core = row["total_spread"] * row["total_nm"], row["core_spread"] * row["core_nm"]
        found = math.sqrt(whole**2 - core**2) / (row["total_nm"] - row["core_nm"])
        labs.setdefault(row["source"], []).append(found)
    means = [np.mean(found) for found in labs.values()]
    for name in shipped():
        declared = load(name).parameters["supply_spread"]
        assert declared.status == "assumed"
        assert declared.value == pytest.approx(np.mean(means), abs=0.005)
        assert declared.sigma == pytest.approx(np.std(means, ddof=1), abs=0.005)


def test_in_mean_field_what_monomer_built_is_unequal_in_proportion() -> None:
    """No monomer, no spread of its own; else the declared share of what lies beyond the first layer."""
    mechanism = load()
    start = MeanField(mechanism).start(FlaskState(293.15, 0.01, 1e-7, "InP", 3.0))
    assert unequal_nm(start, mechanism) == 0.0
    grown_on = start.with_(surface={**start.surface, "ZnS(d)": 1000.0})
    outer = 2 * (1.5**3 + 3 / (4 * math.pi) * 1000 * 0.5410**3 / 4) ** (1 / 3)
    assert unequal_nm(grown_on, mechanism) == pytest.approx(mechanism.supply_spread * (outer - 3.0), rel=1e-3)
    even = mechanism.with_parameters({"supply_spread": 0.0})
    assert unequal_nm(grown_on, even) == 0.0


def test_shells_are_made_unequal_by_as_much_as_was_asked() -> None:
    population = Population.even(LayeredDot("InP", 3.3, (Layer("ZnSe", 0.4), Layer("ZnS", 0.6))), 41, 0.08)
    unequal = unequal_population(population, 0.4)
    assert np.array_equal(unequal.core_diameters_nm, population.core_diameters_nm)
    shells = unequal.diameters_nm - unequal.core_diameters_nm
    assert shells.mean() == pytest.approx(2.0, rel=2e-3)
    assert shells.std() == pytest.approx(0.4, rel=0.02)
    assert unequal_population(population, 0.0) is population


def test_few_dots_on_the_lattice_have_the_sizes_of_the_law_whatever_the_seed() -> None:
    """Mean and width are exact, the first is of middle size, the next are of all sizes."""
    start = FlaskState(293.15, 0.01, 1e-7, "InP", 3.0)

    def sizes(n: int, seed: int) -> np.ndarray:
        found = LatticeEngine(load(), n, seed, sigma_rel=0.1).start(start).grown
        assert isinstance(found, GrownPopulation)
        return found.diameters_nm

    for n in (2, 7):
        assert sizes(n, 1).mean() == pytest.approx(3.0, rel=2e-5)
        assert sizes(n, 1).std() == pytest.approx(0.3, rel=0.01)
        assert np.array_equal(sizes(n, 1), sizes(n, 2))
    assert np.median(sizes(7, 1)) == sizes(7, 1)[0]
    assert sorted(sizes(20, 1)[1:5] > 3.0) == [False, False, True, True]
