"""The flask's own steps: what a wash leaves, what comes in, what is not there."""

from __future__ import annotations

import pytest

from epidot.errors import WorkError
from epidot.growth.flask import Flask, Progress
from epidot.growth.meanfield import MeanField
from epidot.growth.state import FlaskState
from epidot.mechanism import load as mechanisms
from epidot.recipe import events as ev
from epidot.recipe import recipe as recipes
from epidot.runs import halide

WASHED = """
recipe: 1
core: {material: InP, diameter: 3.3 nm, amount: 220 nmol}
solvent: {reagent: ODE, volume: 5 mL}
steps:
  - add: {reagent: HOA, amount: 1 mmol}
  - add: {reagent: SePR3, amount: 1 mmol}
  - wash: {times: 3, with: acetone, redisperse in: toluene, kept: 20 %}
  - react: {equation: "SePR3 -> PR3 + Se"}
  - sample: washed
"""


def after(event: ev.Event, state: FlaskState) -> Progress:
    """One event with nothing but the liquor in the flask."""
    mechanism = mechanisms.load()
    flask = Flask([event], MeanField(mechanism), mechanism, "test")
    return flask.run(flask.begin(state))


def liquor_only(**moles: float) -> FlaskState:
    return FlaskState(298.15, 5e-3, 0.0, "", 0.0, liquor=moles)


@pytest.mark.parametrize("times", [1, 3])
def test_every_wash_leaves_the_same_part_of_what_was_left(times: int) -> None:
    wash = ev.Wash(
        line=1,
        text="wash",
        start_s=0.0,
        times=times,
        precipitated_with="acetone",
        redispersed_in="toluene",
        kept=0.2,
        liquor={"toluene": 3e-3},
        volume_L=2e-3,
    )
    done = after(wash, liquor_only(HOA=1e-3))
    assert done.state.liquor["HOA"] == pytest.approx(1e-3 * 0.2**times)
    assert done.state.lost["HOA"] == pytest.approx(1e-3 * (1 - 0.2**times))
    assert done.state.liquor["toluene"] == done.charged["toluene"] == 3e-3  # type: ignore[index]
    assert done.state.volume_L == 2e-3


def test_the_recipe_counts_its_washes_as_the_flask_does() -> None:
    """What a reaction after them can use up is what they left."""
    recipe = recipes.from_text(WASHED, where="washed.yaml")
    mechanism = mechanisms.load()
    flask = Flask(recipe.timeline(), MeanField(mechanism), mechanism, "washed", halide.transport(mechanism))
    done = flask.run(flask.begin(FlaskState.at_start(recipe)))
    assert done.charged is not None
    assert done.state.liquor["HOA"] == pytest.approx(0.2**3 * done.charged["HOA"])
    assert done.state.liquor["Se"] == pytest.approx(0.2**3 * done.charged["SePR3"])
    assert done.state.liquor["SePR3"] == pytest.approx(0, abs=1e-12)


def test_a_declared_reaction_cannot_use_more_than_there_is() -> None:
    react = ev.React(line=3, text="a reaction", start_s=0.0, equation="", change={"HOA": -2e-3}, leaves={})
    with pytest.raises(WorkError, match=r"test, line 3: a reaction: the flask does not hold enough HOA"):
        after(react, liquor_only(HOA=1e-3))
