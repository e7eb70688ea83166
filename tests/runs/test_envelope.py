"""Where a run stands to what was fitted: what was used is inside, each way out of it has its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

import epidot
from epidot.dot.layers import Layer, LayeredDot
from epidot.growth.state import FlaskState
from epidot.light.literature import rows
from epidot.runs import envelope
from epidot.runs.envelope import INSIDE, NEAR, OUTSIDE, Stand

DOT = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.7),))
FLASK = FlaskState(593.15, 0.005, 220e-9, "InP", 3.3, liquor={"SPR3": 1e-3})


def test_every_dot_that_light_was_fitted_on_is_inside() -> None:
    for row in (row for row in rows() if row.use == "fitted" and row.quantity not in envelope.NOT_LEVELS):
        assert envelope.of_light(row.dot) == Stand(), row.id


@pytest.mark.parametrize(
    ("dot", "state", "reason"),
    [
        (LayeredDot("InP", 1.9), NEAR, "1.9 nm"),
        (LayeredDot("InP", 9.0), OUTSIDE, "9 nm"),
        (LayeredDot("InAs", 3.0), OUTSIDE, "InAs"),
        (LayeredDot("InP", 3.3, (Layer("ZnSe0.3S0.7", 0.5),)), NEAR, "between crystals"),
        (LayeredDot("CdSe", 3.5, (Layer("ZnSe", 0.7),)), OUTSIDE, "no ZnSe on CdSe"),
        (LayeredDot("CdSe", 3.5, (Layer("ZnS", 1.0),)), NEAR, "light knows 0.62 nm"),
        (LayeredDot("CdSe", 3.5, (Layer("ZnS", 3.0),)), OUTSIDE, "light knows 0.62 nm"),
    ],
)
def test_levels_of_other_dots(dot: LayeredDot, state: str, reason: str) -> None:
    found = envelope.of_light(dot)
    assert found.state == state
    assert reason in found.told


def test_a_graded_shell_is_told_once_whatever_its_shares() -> None:
    """Each alloy of a graded shell once had a sentence of its own, for light and for yields."""
    shells = tuple(Layer(f"ZnSe{x:.1f}S{1 - x:.1f}", 0.2) for x in (0.9, 0.7, 0.4, 0.2))
    found = envelope.of_light(replace(DOT, shells=shells))
    assert found == Stand(
        NEAR, ("alloys of ZnS and ZnSe on InP lie between crystals that light was fitted on",)
    )
    assert found == envelope.of_light(replace(DOT, shells=shells[:2]))
    assert len(envelope.of_matter("yields", replace(DOT, shells=shells)).reasons) == 1


@pytest.mark.parametrize(
    ("flask", "state", "reason"),
    [
        (FLASK, INSIDE, ""),
        (replace(FLASK, temperature_K=273.15 + 355), NEAR, "355 °C"),
        (replace(FLASK, temperature_K=273.15 + 400), OUTSIDE, "400 °C"),
        (replace(FLASK, liquor={"SPR3": 1.5e-3}), NEAR, "SPR3 per dot"),
        (replace(FLASK, liquor={"SPR3": 5e-3}), OUTSIDE, "SPR3 per dot"),
    ],
)
def test_growth_in_other_flasks(flask: FlaskState, state: str, reason: str) -> None:
    found = envelope.of_matter("growth", DOT, [flask])
    assert found.state == state
    assert reason in found.told


@pytest.mark.parametrize("recipe", ["choi2023/inp-zns-staged-4", "yuan2023/znbr2-300"])
def test_what_was_fitted_on_is_not_outside(recipe: str) -> None:
    batch = epidot.run(recipe, engine="meanfield", dots=3)
    for name, quantity in batch.samples[-1].quantities.items():
        assert quantity.envelope in (INSIDE, NEAR), (name, batch.basis)
    assert batch.summary()["samples"][-1]["quantities"]["plqy"]["envelope"]


def test_yields_of_another_core_are_outside_and_its_levels_are_not() -> None:
    batch = epidot.run("yuan2023/cdse-zns", engine="meanfield", dots=3)
    last = batch.samples[-1].quantities
    assert last["plqy"].envelope == OUTSIDE
    assert last["first_exciton_nm"].envelope in (INSIDE, NEAR)
    (note,) = (n for n in batch.notes if n.startswith(OUTSIDE))
    assert "no core of CdSe" in note
    assert batch.basis["where it stands to what was fitted"].startswith(OUTSIDE)
