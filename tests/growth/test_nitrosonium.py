"""NOBF4 strips the oxide of InP at room temperature and is accounted for; without it nothing moves."""

from __future__ import annotations

import pytest

from epidot.growth.conservation import relative_errors
from epidot.growth.readout import counts
from epidot.matter import reagents
from epidot.mechanism import load as mechanisms
from epidot.runs.order import order_from
from epidot.runs.run import run_flask

CHOI = mechanisms.load()
OXIDE_FREE = "choi2023/oxide-removal-nobf4"


@pytest.mark.parametrize("engine", ["meanfield", "kmc"])
def test_two_rounds_strip_the_oxide_and_leave_fluoride(engine: str) -> None:
    run = run_flask(order_from(OXIDE_FREE, engine=engine, dots=3), points=2)
    before, after = (counts(s, CHOI) for s in (run.first.state, run.done.state))
    assert before["oxide_relative"] == pytest.approx(1, abs=0.1)
    assert after["oxide_relative"] < 0.01
    sites = before["ligands_OA_per_dot"] + before["oxide_per_dot"]
    assert after["ligands_F_per_dot"] == pytest.approx(2 * sites, rel=0.02)
    assert abs(after["charge_per_dot"] - before["charge_per_dot"]) < 1e-6
    errors = relative_errors(
        run.first.state,
        run.done,
        CHOI,
        lambda s: CHOI.species[s].elements if s in CHOI.species else reagents.formula(s),
    )
    assert {el: e for el, e in errors.items() if e > 1e-9} == {}


def test_what_it_makes_is_balanced_and_reduces_nothing() -> None:
    # Nitrogen is +3 in NO+, N2O3 and HNO2 alike.
    made = [r for r in CHOI.reactions if r.declared.startswith("no.")]
    assert len(made) == 4
    numbers = {"NOBF4": 3, "N2O3": 6, "HNO2": 3, "NO(OA)": 3}
    for reaction in made:
        assert sum(numbers.get(s, 0) * n for s, n in reaction.net.items()) == 0
