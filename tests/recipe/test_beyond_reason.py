"""What chemists do is let pass with a word; what no flask does is refused where it is read."""

from __future__ import annotations

import pytest

from epidot.errors import InputError
from epidot.recipe import recipe as recipes

HOT = """
recipe: 1
core: {{material: InP, diameter: 3 nm, amount: 100 nmol}}
solvent: {{reagent: {solvent}, volume: 10 mL}}
steps:
  - heat: {to} °C
  - hold: 1 min
  - add: {{reagent: HOA, amount: 1 mmol}}
"""


@pytest.mark.parametrize(("solvent", "to"), [("ODE", 320), ("ODE", 340), ("toluene", 120)])
def test_a_solvent_somewhat_above_its_boiling_point_warns_once(solvent: str, to: int) -> None:
    warned = [str(w) for w in recipes.of(HOT.format(solvent=solvent, to=to)).warnings]
    assert len([w for w in warned if f"{solvent} boils at" in w]) == 1
    assert "refluxes" in warned[0]
    assert ":6:" in warned[0]


def test_a_solvent_below_its_boiling_point_says_nothing() -> None:
    assert recipes.of(HOT.format(solvent="ODE", to=310)).warnings == ()


@pytest.mark.parametrize(("solvent", "to"), [("ODE", 400), ("toluene", 200)])
def test_a_solvent_far_above_its_boiling_point_is_refused_with_what_is_possible(
    solvent: str, to: int
) -> None:
    with pytest.raises(InputError, match=f"{solvent} boils at") as caught:
        recipes.of(HOT.format(solvent=solvent, to=to))
    (fault,) = caught.value.faults
    assert fault.line == 6
    most = int("".join(c for c in fault.nearest[0] if c.isdigit()))
    assert recipes.of(HOT.format(solvent=solvent, to=most)).warnings
    with pytest.raises(InputError):
        recipes.of(HOT.format(solvent=solvent, to=most + 2))


CROWDED = """
recipe: 1
core: {{material: InP, diameter: 3 nm, amount: {amount}}}
solvent: {{reagent: ODE, volume: 5 mL}}
steps:
  - hold: 1 min
  - wash: {{times: 1, with: acetone, redisperse in: toluene, volume: {volume}}}
"""


def test_dots_that_fill_the_flask_are_refused_with_what_fits() -> None:
    """4/3 pi 1.5^3 nm3 times Avogadro's number is 8.514 L per mole of dots: 176.2 umol are 1.5 mL."""
    assert recipes.of(CROWDED.format(amount="176 umol", volume="5 mL")).core is not None
    with pytest.raises(InputError) as caught:
        recipes.of(CROWDED.format(amount="200 mol", volume="5 mL"))
    (fault,) = caught.value.faults  # once, not at every step
    assert fault.line == 3
    assert "200 mol of dots of 3 nm take up 1703 L" in fault.what
    assert fault.nearest == ("at most 0.176 mmol",)
    with pytest.raises(InputError, match="of dots of 3 nm take up") as caught:
        recipes.of(CROWDED.format(amount="100 umol", volume="2 mL"))
    assert caught.value.faults[0].line == 7


def test_a_solid_as_heavy_as_the_liquid_it_goes_into_warns() -> None:
    text = """
recipe: 1
core: {material: InP, diameter: 3 nm, amount: 100 nmol}
solvent: {reagent: ODE, volume: 5 mL}
steps:
  - add: {reagent: SePR3, amount: AMOUNT}
"""
    assert recipes.of(text.replace("AMOUNT", "5 mmol")).warnings == ()
    (warned,) = recipes.of(text.replace("AMOUNT", "500 mmol")).warnings
    assert warned.line == 6
    assert "0.5 mol of SePR3 weigh 225 g" in warned.what
    assert "taken as none" in warned.what


def test_a_flask_without_dots_is_said_to_be_one() -> None:
    text = """
recipe: 1
core: none
solvent: {reagent: squalane, volume: 10 mL}
steps:
  - add: [{reagent: Zn(OA)2, amount: 1.5 mmol}, {reagent: SePR3, amount: 0.1 mmol}]
"""
    assert recipes.of(text).core is None
    with pytest.raises(InputError, match="no dots on which this could grow"):
        recipes.of(text.replace("core: none\n", ""))
    assert recipes.load("choi2023/zns-without-dots").core is None
