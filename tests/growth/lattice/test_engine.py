"""The lattice engine in a flask: every atom accounted for, the same bits again, the mean field's means."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from epidot.errors import WorkError
from epidot.growth.conservation import relative_errors
from epidot.growth.flask import Flask, Progress
from epidot.growth.lattice import engine as engines
from epidot.growth.lattice import segment
from epidot.growth.lattice.engine import LatticeEngine
from epidot.growth.lattice.population import GrownPopulation
from epidot.growth.meanfield import MeanField
from epidot.growth.readout import counts
from epidot.growth.state import FlaskState
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe import recipe as recipes
from epidot.recipe.events import Segment
from epidot.recipe.stockroom import Stockroom
from epidot.runs import checkpoint

STAGED = "choi2023/inp-zns-staged-2"


def flask(name: str, **options: object) -> tuple[Flask, Progress]:
    mechanism, recipe = mechanisms.load(), recipes.load(name)
    engine = LatticeEngine(mechanism, sigma_rel=recipe.sigma_rel, **options)  # type: ignore[arg-type]
    made = Flask(recipe.timeline(), engine, mechanism, name)
    return made, made.begin(FlaskState.at_start(recipe))


@cache
def staged(seed: int) -> tuple[Progress, Progress]:
    made, begun = flask(STAGED, dots=2, seed=seed)
    return begun, made.run(begun, points=2)


def population(state: FlaskState) -> GrownPopulation:
    assert isinstance(state.grown, GrownPopulation)
    return state.grown


def unaccounted(begun: Progress, done: Progress) -> float:
    mechanism, room = mechanisms.load(), Stockroom(recipes.load(STAGED).header.reagents)

    def elements(name: str) -> dict[str, float]:
        known = mechanism.species.get(name)
        return dict(known.elements if known is not None else room.elements(name))

    return max(relative_errors(begun.state, done, mechanism, elements).values())


def test_every_atom_is_accounted_for_through_a_recipe() -> None:
    """Vacuum, HF, heating, washes."""
    assert unaccounted(*staged(0)) < 1e-10


def test_a_lattice_is_made_larger_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ROOM_NM", 0.8)
    made, begun = flask(STAGED, dots=1, seed=0)
    done = made.run(begun, points=1)
    before, after = population(begun.state), population(done.state)
    assert after.kind.shape[1] > before.kind.shape[1]
    assert after.counts["P"] == before.counts["P"]
    assert unaccounted(begun, done) < 1e-10


def test_dots_lose_and_gain_whole_atoms_only() -> None:
    """What every dot holds follows from whole numbers of events."""
    begun, done = staged(0)
    section = mechanisms.load().lattice
    assert section is not None
    total: dict[str, int] = {}
    for state, sign in ((begun.state, -1), (done.state, 1)):
        for name, n in population(state).counts.items():
            for el, k in section.kinds[name].elements.items():
                total[el] = total.get(el, 0) + sign * n * k
    events = population(done.state).events
    moved: dict[str, int] = {}
    for step in section.steps:
        for name, n in step.liquor.items():
            for el, k in mechanisms.load().species[name].elements.items():
                moved[el] = moved.get(el, 0) - n * k * events.get(step.id, 0)
    assert {el: n for el, n in total.items() if n} == {el: n for el, n in moved.items() if n}


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    first = population(staged(0)[1].state)
    made, begun = flask(STAGED, dots=2, seed=0)
    again = population(made.run(begun, points=5).state)  # however often it is looked at
    assert np.array_equal(first.kind, again.kind)
    assert np.array_equal(first.random, again.random)
    other = population(staged(1)[1].state)
    assert other.events != first.events


@pytest.mark.parametrize("after", [6, 10, 13])
def test_an_interrupted_flask_goes_on_to_the_same_bits(after: int, tmp_path: Path) -> None:
    done = staged(0)[1]
    made, begun = flask(STAGED, dots=2, seed=0)

    class Stop(Exception):
        pass

    def each(progress: Progress, event: object) -> None:
        checkpoint.save(tmp_path, {"order": "mine"}, progress)
        if progress.done == after:
            raise Stop

    with pytest.raises(Stop):
        made.run(begun, each, points=2)
    on_disk = checkpoint.load(tmp_path, {"order": "mine"})
    assert on_disk is not None
    fresh, _ = flask(STAGED, dots=2, seed=0)
    resumed = fresh.run(on_disk, points=2)
    assert np.array_equal(population(resumed.state).kind, population(done.state).kind)
    assert population(resumed.state).events == population(done.state).events
    assert resumed.state.liquor == done.state.liquor
    for mine, theirs in zip(resumed.taken, done.taken, strict=True):
        assert np.array_equal(population(mine.state).kind, population(theirs.state).kind)
    checkpoint.clear(tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_more_can_happen_is_said_with_the_reason() -> None:
    made, begun = flask("choi2023/inp-zn", dots=1, seed=0)
    hot = begun.state.with_(liquor={"Zn(OA)2": 2e-3}, volume_L=0.01)  # all In exchanged, all oxide taken
    end = made.engine.advance(hot, Segment(2e5, 600.0, 600.0), points=1).states[-1]
    assert "ex.OH: no site carries {In}(OA)(OH)" in end.grown.stuck


def test_growth_to_the_rim_stops_with_a_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ROOM_NM", 0.8)
    monkeypatch.setattr(segment, "MARGIN_NM", -9.0)
    monkeypatch.setattr(engines, "AGAIN", 0)
    made, begun = flask("choi2023/inp-zns-staged-4", dots=1, seed=0)
    with pytest.raises(WorkError, match=r"rim of its lattice, .* nm from the middle"):
        made.run(begun, points=1)


def test_growth_to_the_rim_is_carried_out_again_with_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ROOM_NM", 0.8)
    monkeypatch.setattr(segment, "MARGIN_NM", -9.0)
    made, begun = flask("choi2023/inp-zns-staged-4", dots=1, seed=0)
    done = made.run(begun, points=1)
    assert unaccounted(begun, done) < 1e-9
    assert population(done.state).radii_nm[1] > population(begun.state).radii_nm[1] + 1.0


# -- against the mean field ------------------------------------------------------------------------------


Counts = dict[str, float]


def well_mixed(m: Mechanism, liquor: Counts, celsius: float, seconds: float) -> tuple[Counts, Counts, int]:
    """Counts per dot of both engines after ``seconds``, and the number of dots of the lattice."""
    start = FlaskState(273.15 + celsius, 5e-3, 220e-9, "InP", 2.4, liquor=liquor)
    segment = Segment(seconds, 273.15 + celsius, 273.15 + celsius)
    lattice = LatticeEngine(m, dots=60, seed=5)
    mean = MeanField(m)
    there = lattice.advance(lattice.start(start), segment, 1).states[-1]
    here = mean.advance(mean.start(start), segment, 1).states[-1]
    return dict(there.surface), dict(here.surface), 60


def test_exchange_is_that_of_the_mean_field() -> None:
    """A step of single sites: nothing correlates, so the means agree within the noise of 60 dots."""
    alone = mechanisms.load().with_parameters({"Ea_ox_OH": 300.0, "Ea_take": 300.0})
    there, here, dots = well_mixed(alone, {"Zn(OA)2": 2.5e-4}, 150.0, 300.0)
    left, n = here["{In}(OA)(OH)"] / 72, 72 * dots
    assert 0.1 < left < 0.9
    sigma = np.sqrt(left * (1 - left) / n) + 0.5 / np.sqrt(12 * n)
    assert abs(there["{In}(OA)(OH)"] / 72 - left) < 4 * sigma
    assert there["{Zn}OA"] + there["{In}(OA)(OH)"] == pytest.approx(72, abs=0.5)
    assert there["{In}O"] == pytest.approx(27, abs=1e-9)


def test_fluoride_takes_oxide_and_ligands_as_in_the_mean_field() -> None:
    mechanism = mechanisms.load()
    there, here, dots = well_mixed(mechanism, {"HF": 0.1e-3}, 60.0, 20.0)
    for name, n in (("{In}(OA)(OH)", 72), ("{In}O", 27)):
        left = here.get(name, 0.0) / n
        assert 0.05 < left < 0.95
        assert abs(there.get(name, 0.0) / n - left) < 4 * np.sqrt(left * (1 - left) / (n * dots))


def test_selenium_takes_one_position_per_oleate() -> None:
    """C012, C013: by stoichiometry, so on the lattice as well."""
    made, begun = flask("choi2023/inp-se", dots=6, seed=2)
    done = made.run(begun, points=1)
    state = next(t.state for t in done.taken if t.name == "30 min")
    said = counts(state, mechanisms.load())
    start = counts(begun.state, mechanisms.load())
    assert said["adatoms_Se_per_dot"] / start["ligands_OA_per_dot"] == pytest.approx(1.0, abs=0.05)


def test_one_layer_fills_the_first_shell_and_stops() -> None:
    """C017: the first anion shell and hardly more, with 4 times as much selenium in the flask."""
    made, begun = flask("choi2023/inp-znse", dots=4, seed=3)
    done = made.run(begun, points=1)
    found = population(done.taken[1].state)
    deposited = sum(n for name, n in found.counts.items() if "(d" in name)
    empty = found.counts["vacant.1"]
    assert empty < 0.03 * found.shape.first * found.n
    assert deposited < 0.03 * found.shape.first * found.n
