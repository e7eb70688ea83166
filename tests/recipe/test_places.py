"""Values of a recipe by name: found, or refused with what to write; changed, and nothing else."""

from __future__ import annotations

import pytest

from epidot.errors import InputError
from epidot.recipe import places
from epidot.recipe import recipe as recipes

STAGED = recipes.load("choi2023/inp-zns-staged-4")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps.stage_II.temperature", "250 °C"),
        ("steps.stage II.time", "240 min"),
        ("steps.Stage-II.hold", "240 min"),
        ("steps.stage_II.SPR3", "1 mmol"),
        ("steps.stage_I.HF", "0.4 mmol"),
        ("steps.8.acetone", "0.1 mL"),
        ("steps.8.acetone.volume", "0.1 mL"),
        ("steps.13", "250 °C"),
        ("steps.13.rate", None),
        ("steps.1.for", "30 min"),
        ("core.diameter", "3.3 nm"),
        ("core.sigma", "8 %"),
        ("stocks.SPR3.concentration", "2.24 M"),
        ("ramp", "10 °C/min"),
        ("room", None),
    ],
)
def test_a_name_leads_to_its_value(name: str, value: str | None) -> None:
    assert places.find(STAGED, name).value(STAGED) == value


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("steps.stage_IV.time", "no such stage.*nearest valid: stage_I"),
        ("steps.stage_II.tmperature", "no such value.*nearest valid: temperature"),
        ("steps.purified.time", "no such value"),
        ("steps.stage_I.time", "several values.*steps.5.for, steps.9.for"),
        ("steps.99.to", "no such step.*1 to 22"),
        ("steps.13.amount", "heat has no such value"),
        ("steps.8.amount", "which of the reagents.*HF, acetone"),
        ("cores.diameter", "no such place.*nearest valid: core"),
        ("step.core.diameter", "no such place.*nearest valid: core.diameter"),
        ("steps.core.diameter", "no such stage.*nearest valid: core.diameter"),
        ("steps.13.heat", "heat has no such value.*nearest valid: to, rate"),
        ("core", "say which value"),
        ("title", "no such place"),
        ("steps", "say which step"),
    ],
)
def test_what_is_no_value_is_refused(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        places.find(STAGED, name)


def test_other_values_change_what_was_asked_and_nothing_else() -> None:
    given = {
        "steps.stage_II.temperature": "240 °C",
        "steps.13.rate": "5 °C/min",
        "steps.stage_I.HF": "0.2 mmol",
        "core.diameter": "3 nm",
        "stocks.SPR3.concentration": "2 M",
        "room": "20 °C",
    }
    asked = {places.find(STAGED, name): value for name, value in given.items()}
    new = places.with_values(STAGED, asked, "mine")
    for place, value in asked.items():
        assert place.value(new) == value
    back = {p: p.value(STAGED) for p in asked if p.name not in ("room", "steps.13.rate")}
    old = places.with_values(new, back, "mine")
    kept = [i for i in range(len(STAGED.steps)) if i != 12]
    assert [old.steps[i] for i in kept if i not in (7,)] == [STAGED.steps[i] for i in kept if i not in (7,)]
    assert new.core is not None
    assert new.core.diameter_nm == pytest.approx(3.0)
    assert new.name == "mine"


def test_a_value_that_no_flask_can_hold_is_refused() -> None:
    place = places.find(STAGED, "steps.stage_II.temperature")
    with pytest.raises(InputError, match="out of range"):
        places.with_values(STAGED, {place: "900 °C"}, "mine")
