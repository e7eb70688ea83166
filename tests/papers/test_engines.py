"""A check answered by two engines: the mean of several flasks, its scatter, and what both say."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from epidot.errors import InputError, NotBuiltYet, WorkError
from epidot.growth.meanfield import MeanField
from epidot.growth.state import Engine, FlaskState, Trajectory
from epidot.mechanism.mechanism import Mechanism
from epidot.papers import claims, paper
from epidot.papers.answer import with_error
from epidot.papers.claims import ClaimResult, evaluate, judge, share_runs
from epidot.papers.counts import verdicts_by_basis
from epidot.papers.experiments import Experiments
from epidot.papers.table import text
from epidot.quantities import Quantities
from epidot.recipe.events import Segment
from epidot.runs import engines
from epidot.runs.order import ENGINES, LATTICE, MEAN_FIELD, Order
from epidot.runs.run import run_flask

SPREAD = 0.03


class Wobbly:
    """Stands in for the lattice: pristine dots that differ from flask to flask, and nothing happens."""

    def __init__(self, order: Order, mechanism: Mechanism) -> None:
        self._real = MeanField(mechanism)
        self._factor = 1 + SPREAD * np.random.default_rng(order.seed).standard_normal()

    def start(self, state: FlaskState) -> FlaskState:
        begun = self._real.start(state)
        return begun.with_(surface={name: n * self._factor for name, n in begun.surface.items()})

    def advance(self, state: FlaskState, segment: Segment, points: int = 20) -> Trajectory:
        return Trajectory((state,))


@pytest.fixture
def wobbly(monkeypatch: pytest.MonkeyPatch) -> None:
    def engine_of(order: Order, mechanism: Mechanism, *more: object) -> Engine:
        return Wobbly(order, mechanism) if order.engine == LATTICE else MeanField(mechanism)

    monkeypatch.setattr(engines, "engine_of", engine_of)


OA = "run('choi2023/inp-se', 'start', 'ligands_OA_per_dot')"


def result(check: str, asked: Sequence[str] = ENGINES, experiments: Experiments | None = None) -> ClaimResult:
    source = paper.from_text(
        "paper: {title: T, year: 2020, licence: none}\n"
        "claims:\n  C001:\n    claim: words\n    where: eq 1\n    subsystem: composition\n    kind: k\n"
        f"    paper_value: 72\n    unit: per dot\n    check: {check}\n"
    )
    return judge(source.claims[0], source, experiments or Experiments(), {}, asked)


@pytest.mark.usefixtures("wobbly")
def test_the_error_is_that_of_the_mean_over_the_flasks() -> None:
    experiments = Experiments()
    found = result(f'{{value: "{OA}", band: [60, 84]}}', experiments=experiments)
    (flasks,) = experiments.flasks.values()
    each = np.array([r.sample("start").quantity("ligands_OA_per_dot").value for r in flasks.runs])
    lattice = found.answers["kmc"]
    assert len(each) == lattice.flasks >= 30
    assert lattice.value == pytest.approx(each.mean())
    assert lattice.sigma == pytest.approx(each.std(ddof=1) / np.sqrt(len(each)))
    assert lattice.sigma == pytest.approx(72 * SPREAD / np.sqrt(len(each)), rel=0.5)


@pytest.mark.usefixtures("wobbly")
def test_value_and_verdict_are_those_of_the_engine_that_runs_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    check = f'{{value: "{OA}", band: [60, 84]}}'
    monkeypatch.setattr(claims, "ENGINE", MEAN_FIELD)
    first = result(check)
    assert first.value == first.answers["meanfield"].value == pytest.approx(72)
    assert "on the lattice" in first.detail.lower()
    monkeypatch.setattr(claims, "ENGINE", LATTICE)
    second = result(check)
    assert (second.value, second.sigma) == (second.answers["kmc"].value, second.answers["kmc"].sigma)
    assert second.to_json()["engines"]["meanfield"]["value"] == pytest.approx(72)
    json.dumps(second.to_json(), allow_nan=False)


@pytest.mark.usefixtures("wobbly")
def test_a_conflict_of_one_engine_is_shown_with_its_reason() -> None:
    # The stand-in grows nothing, so it cannot give the selenium that the mean field binds.
    check = (
        "{value: \"run('choi2023/inp-se', '30 min', 'adatoms_Se_per_dot')\", band: [62, 82],"
        " in_conflict: because nothing grows}"
    )
    found = result(check)
    said = {name: a.verdict for name, a in found.answers.items()}
    assert said == {"meanfield": "reproduced", "kmc": "conflict"}
    assert "Because nothing grows." in found.detail
    assert "the engines differ on: C001" in text([found])
    assert "Because nothing grows" not in result(check, ["meanfield"]).detail


@pytest.mark.usefixtures("wobbly")
def test_each_number_of_a_list_has_its_own_error_and_a_truth_value_none() -> None:
    pair = result(f'{{value: "[{OA}, 2 * {OA}, 1]", band: [[60, 84], [120, 168], [0, 2]]}}').answers["kmc"]
    assert isinstance(pair.sigma, list)
    assert pair.sigma[1] == pytest.approx(2 * (pair.sigma[0] or 0))
    assert pair.sigma[2] == 0
    yes = result(f'{{holds: "{OA} > 60"}}').answers["kmc"]
    assert (yes.value, yes.sigma, yes.same, yes.of) == (True, None, 30, 30)
    assert "in 30 of 30 means" in yes.sentence()


@pytest.mark.usefixtures("wobbly")
def test_flasks_have_numbers_of_their_own_and_always_the_same() -> None:
    def start(seed: int) -> float | None:
        order = Order(engines.shipped_recipe("choi2023/inp-se"), LATTICE, dots=2, seed=seed, light="mean")
        return run_flask(order, points=1).sample("start").quantity("ligands_OA_per_dot").value

    assert start(1) == start(1)
    assert start(1) != start(2)


def test_an_engine_that_cannot_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(order: Order, mechanism: Mechanism, *more: object) -> Engine:
        if order.engine == LATTICE:
            raise NotBuiltYet("no sites for this core")
        return MeanField(mechanism)

    monkeypatch.setattr(engines, "engine_of", none)
    check = f'{{value: "{OA}", band: [60, 84]}}'
    found = result(check)
    assert found.verdict == "reproduced"
    assert "On the lattice no answer: no sites for this core." in found.detail
    assert found.to_json()["engines"]["kmc"]["verdict"] == "not yet"
    assert result(check, ["kmc"]).verdict == "not yet"


def test_an_engine_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(order: Order, mechanism: Mechanism, *more: object) -> Engine:
        if order.engine == LATTICE:
            raise WorkError("deadlock")
        return MeanField(mechanism)

    monkeypatch.setattr(engines, "engine_of", broken)
    with pytest.raises(WorkError, match=r"paper.yaml:[0-9]+: claim C012: deadlock"):
        evaluate(ids=["C012"])


def test_a_mean_field_does_not_know_single_sites() -> None:
    check = "{value: \"run('choi2023/inp-se', '30 min', 'roughness_nm')\", expect: 1}"
    found = result(check, ["meanfield"])
    assert (found.verdict, found.value) == ("not decided", None)
    assert found.to_json()["engines"]["meanfield"]["verdict"] == "not decided"
    assert verdicts_by_basis([found])["definition"]["not decided"] == 0  # no answer rests on anything
    assert "what sits where is known on the lattice only" in found.detail


@pytest.mark.usefixtures("wobbly")
def test_engines_are_asked_only_where_dots_grow() -> None:
    described = "run('yuan2023/inp-znse-znses-zns', 'core', 'first_exciton_eV')"
    found = result(f'{{value: "{described}", band: [1, 3]}}')
    assert found.answers == found.refused == {}
    assert found.to_json()["engines"] == {}
    assert result("{value: 72}").answers == {}


def test_which_recipes_grow_dots() -> None:
    assert engines.grows("choi2023/inp-zns-staged-1")
    assert not engines.grows("yuan2023/inp-znse-znses-zns")
    assert not engines.grows("choi2023/zns-without-dots")


def test_a_value_that_does_not_occur_is_a_conflict() -> None:
    found = result('{value: "crossing([1, 2, 3], [0.1, 0.2, 0.3], 0.5)", expect: 2}', ["meanfield"])
    assert (found.value, found.verdict) == (None, "conflict")
    assert "0.100, 0.200, 0.300 never pass 0.5" in found.detail
    assert "epidot nothing" in text([found])


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(InputError, match="nearest valid: kmc"):
        evaluate(ids=["C004"], engine="kmcc")


def test_spread_of_the_outer_diameters_without_single_dots() -> None:
    end = Experiments().run("choi2023/inp-zns-staged-1").sample("end")
    sizes = end.population.core_diameters_nm + end.dot.diameter_nm - end.dot.core_diameter_nm
    spread = end.quantity("diameter_spread").value
    assert spread == pytest.approx(np.std(sizes) / np.mean(sizes), rel=0.01)


def test_errors_stand_beside_their_numbers() -> None:
    assert with_error([72.1234, True, 3.0], [0.123, None, 0.0]) == "72.12 ± 0.12, yes, 3"


def test_what_one_paper_measures_of_a_run_serves_the_other() -> None:
    """The three claims that join the papers read what the first of them has read."""
    one, other = Experiments(), Experiments()
    share_runs([one, other])
    dots, times = object(), []

    def measure(_: object) -> Quantities:
        times.append(1)
        return Quantities("xps", {})

    found = one.measured(dots, "xps In_3d", measure)
    assert other.measured(dots, "xps In_3d", measure) is found
    assert len(times) == 1
