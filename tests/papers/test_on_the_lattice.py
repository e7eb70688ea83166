"""Claims on the real lattice: the counts of the mean field, the scatter of flasks, workers, single sites."""

from __future__ import annotations

import pytest

from epidot.papers import answer, engines, experiments
from epidot.papers.claims import evaluate
from epidot.papers.experiments import Experiments

RECIPE = "choi2023/inp-se"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """Few flasks: how their results are put together does not depend on how many there are."""
    n = 4
    monkeypatch.setattr(engines, "FLASKS", n)
    monkeypatch.setattr(answer, "FLASKS", n)
    return n


def test_one_claim_by_thirty_flasks() -> None:
    (found,) = evaluate(ids=["C012"])
    lattice, mean_field = found.answers["kmc"], found.answers["meanfield"]
    assert lattice.flasks >= 30
    assert isinstance(lattice.sigma, float)
    assert 0 < lattice.sigma < 2
    # One molecule moves each oleate in both engines, and both start with as many: the numbers agree.
    assert abs(lattice.value - mean_field.value) < 4 * lattice.sigma
    assert lattice.verdict == "reproduced"


def test_a_flask_is_the_same_every_time_and_counts_its_events(few: int) -> None:
    first, again = (experiments.carry_out(RECIPE, engine="kmc", flask=3) for _ in range(2))
    other = experiments.carry_out(RECIPE, engine="kmc", flask=4)
    assert dict(first.samples["30 min"].surface) == dict(again.samples["30 min"].surface)
    assert dict(first.samples["30 min"].surface) != dict(other.samples["30 min"].surface)
    bound = first.quantity("30 min", "adatoms_Se_per_dot")
    events = first.events["30 min"]
    made = sum(n for name, n in events.items() if name.startswith(("r1", "oxr")))
    assert made == pytest.approx(bound)


def test_dots_one_by_one_add_up_to_the_flask(few: int) -> None:
    bench = Experiments().by("kmc")
    trial = bench.trial(RECIPE)
    assert len(trial.parts) == few
    assert len(trial.dots("30 min")) == few * engines.DOTS
    # The flask told in species of the mean field, and the dots read site by site, hold the same selenium.
    told = trial.state("30 min").surface
    selenium = sum(n * trial.mechanism.species[s].elements.get("Se", 0) for s, n in told.items())
    assert trial.quantity("30 min", "adatoms_Se_per_dot") == pytest.approx(selenium)
    assert trial.quantity("start", "diameter_spread") == pytest.approx(trial.sigma_rel, rel=0.02)
    assert trial.quantity("30 min", "roughness_nm") > 0


def test_workers_change_nothing(few: int) -> None:
    (alone,) = evaluate(ids=["C013"], engine="kmc")
    (shared,) = evaluate(ids=["C013"], engine="kmc", jobs=2)
    assert alone.to_json() == shared.to_json()
    assert alone.answers["kmc"].flasks == few
