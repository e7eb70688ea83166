"""Claims on the real lattice: the counts of the mean field, the scatter of flasks, workers, single sites."""

from __future__ import annotations

import pytest

from epidot.papers import experiments
from epidot.papers.claims import evaluate
from epidot.papers.experiments import Experiments
from epidot.runs.engines import shipped_recipe
from epidot.runs.flasks import DOTS
from epidot.runs.order import LATTICE, Order
from epidot.runs.run import Run, run_flask

RECIPE = "choi2023/inp-se"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """Few flasks: how their results are put together does not depend on how many there are."""
    n = 4
    monkeypatch.setattr(experiments, "FLASKS", n)
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


def flask(number: int) -> Run:
    return run_flask(Order(shipped_recipe(RECIPE), LATTICE, dots=DOTS, seed=number, light="mean"), points=1)


def test_a_flask_is_the_same_every_time_and_counts_its_events() -> None:
    first, again, other = (flask(n).sample("30 min") for n in (3, 3, 4))
    assert dict(first.state.surface) == dict(again.state.surface)
    assert dict(first.state.surface) != dict(other.state.surface)
    made = sum(n for name, n in first.taken.events.items() if name.startswith(("r1", "oxr")))
    assert made == pytest.approx(first.quantity("adatoms_Se_per_dot").value)


def test_dots_one_by_one_add_up_to_the_flask(few: int) -> None:
    mean = Experiments().by("kmc").run(RECIPE)
    sample = mean.sample("30 min")
    assert len(sample.parts) == few
    assert len(sample.members) == few * DOTS
    # The flask told in species of the mean field, and the dots read site by site, hold the same selenium.
    species = mean.setting.mechanism.species
    selenium = sum(n * species[s].elements.get("Se", 0) for s, n in sample.state.surface.items())
    assert sample.quantity("adatoms_Se_per_dot").value == pytest.approx(selenium)
    spread = mean.sample("start").quantity("diameter_spread").value
    assert spread == pytest.approx(mean.setting.order.recipe.sigma_rel, rel=0.02)
    assert (sample.quantity("roughness_nm").value or 0) > 0


def test_workers_change_nothing(few: int) -> None:
    (alone,) = evaluate(ids=["C013"], engine="kmc")
    (shared,) = evaluate(ids=["C013"], engine="kmc", jobs=2)
    assert alone.to_json() == shared.to_json()
    assert alone.answers["kmc"].flasks == few
