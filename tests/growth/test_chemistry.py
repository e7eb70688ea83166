"""A reagent without a reaction changes no digit: so what should react and is unknown stops the run."""

from __future__ import annotations

import pytest

import epidot
from epidot.errors import InputError
from epidot.growth import chemistry
from epidot.matter import formulas, reagents
from epidot.mechanism import load as mechanisms
from epidot.recipe import recipe as recipes

START = """\
recipe: 1
core: {{material: {core}, diameter: 3.3 nm, amount: 220 nmol}}
solvent: {{reagent: ODE, volume: 5 mL}}
ramp: 10 °C/min
{own}steps:
"""


def made(*steps: str, core: str = "InP", own: str = "") -> recipes.Recipe:
    lines = "".join(f"- {step}\n" for step in ("heat: 250 °C", *steps, "hold: 30 min", "sample: end"))
    return recipes.from_text(START.format(core=core, own=own) + lines, where="mine.yaml")


def add(reagent: str, amount: str = "1 mmol", **more: str) -> str:
    said = "".join(f", {key}: {value}" for key, value in more.items())
    return f"add: {{reagent: {reagent}, amount: {amount}{said}}}"


def stops(recipe: recipes.Recipe, *ignore: str) -> str:
    with pytest.raises(InputError) as caught:
        epidot.run(recipe, engine="meanfield", dots=1, ignore=ignore)
    return str(caught.value)


# Of the issue: sulfur, selenium powder, cadmium oleate, TOPO and water gave identical digits.
@pytest.mark.parametrize(
    ("reagent", "kind", "instead"),
    [
        ("S", "a chalcogen source", "SPR3"),
        ("selenium powder", "a chalcogen source", "SePR3"),
        ("cadmium oleate", "a metal carboxylate", "Zn(OA)2"),
        ("TOPO", "a phosphine", None),
        ("water", "water", None),
        ("zinc stearate", "a metal carboxylate", "Zn(OA)2"),
        ("oleic acid", "an acid", None),
        ("trioctylamine", "an amine", None),
    ],
)
def test_a_reagent_that_should_react_and_is_unknown_stops_the_run(
    reagent: str, kind: str, instead: str | None
) -> None:
    said = stops(made(add("Zn(OA)2"), add(reagent)))
    assert "mine.yaml:8: " in said
    assert f"({kind}) would do nothing" in said
    assert "--ignore" in said
    assert instead is None or instead in said


def test_a_reagent_whose_partner_is_missing_is_told_what_is_missing() -> None:
    """It was said that the mechanism has no reaction for it, with another source of sulfur as the nearest."""
    with pytest.raises(InputError) as caught:
        chemistry.insist(made(add("SPR3"), core="CdSe"), mechanisms.load("cdse"))
    (fault,) = caught.value.faults
    assert "does not react without Cd(OA)2 or Zn(OA)2" in fault.what
    assert not fault.nearest
    assert "add Cd(OA)2 or Zn(OA)2" in str(fault.remedy)
    chemistry.insist(made(add("SPR3"), add("Cd(OA)2"), core="CdSe"), mechanisms.load("cdse"))


def test_all_of_them_are_told_at_once() -> None:
    thiol = "reagents: {DDT: {formula: C12H26S, density: 0.845 g/mL}}\n"
    said = stops(made(add("Zn(St)2"), add("DDT"), own=thiol))
    assert said.count("would do nothing") == 2
    assert "mine.yaml:8: Zn(St)2" in said
    assert "mine.yaml:9: DDT (a chalcogen source)" in said


def test_a_core_whose_surface_is_unknown_stops_the_run_with_every_precursor() -> None:
    silar = made(add("Cd(OA)2"), add("SPR3"), core="CdTe")
    said = stops(silar)
    assert "does not know the surface of CdTe (it knows InP)" in said
    assert "Cd(OA)2" in said
    assert "SPR3" in said
    batch = epidot.run(silar, engine="meanfield", dots=1, ignore=("SPR3", "cadmium oleate"))
    assert batch.notes[0].startswith("No shell was grown: SPR3: the mechanism choi2023 does not know")
    bare, withheld = batch.headlines  # nothing grew, so nothing is known of how it glows
    assert bare == batch.notes[0]
    assert withheld.startswith("Yield and decay are withheld where no closed shell covers the core")


def test_what_is_ignored_is_said_and_repeated(tmp_path) -> None:  # type: ignore[no-untyped-def]
    recipe = made(add("Zn(OA)2"), add("TOPO"))
    batch = epidot.run(recipe, engine="meanfield", dots=1, ignore=["TOPO"])
    assert any("IGNORED on request whatever they would do: OPR3" in note for note in batch.notes)
    batch.save(tmp_path / "batch.nc")
    again = epidot.run(tmp_path / "batch.nc")
    assert again.notes == batch.notes


@pytest.mark.parametrize("name", ["Zn(OA)2", "CdO", "S", "ODE"])
def test_to_ignore_what_reacts_or_is_not_there_is_refused(name: str) -> None:
    assert "--ignore" in stops(made(add("Zn(OA)2")), name)


def test_free_phosphine_is_a_spectator_that_a_run_names() -> None:
    """TOP is the solvent that TOPSe is made in: its excess binds weakly beside carboxylate."""
    grown = epidot.run(made(add("Zn(OA)2"), add("SePR3"), add("TOP")), engine="meanfield", dots=1)
    assert "reagents (choi2023): react: Zn(OA)2, SePR3; spectators: ODE, PR3" in grown.notes


def test_nothing_but_an_ignored_chalcogen_is_no_shell() -> None:
    batch = epidot.run(made(add("Zn(OA)2"), add("S")), engine="meanfield", dots=1, ignore=["S"])
    assert (
        batch.notes[0]
        == "No shell was grown: S: the mechanism choi2023 has no reaction for it (cdse has, on CdSe)."
    )
    grown = epidot.run(made(add("Zn(OA)2"), add("SePR3")), engine="meanfield", dots=1)
    assert not grown.headlines
    assert "reagents (choi2023): react: Zn(OA)2, SePR3; spectators: ODE" in grown.notes


def test_what_comes_after_a_described_shell_grows_nothing_and_stops() -> None:
    said = stops(made("shell: {material: ZnS, layers: 1}", add("Zn(OA)2"), add("SPR3")))
    assert "nothing grows on a shell that is described" in said


def test_every_shipped_recipe_is_understood() -> None:
    choi = mechanisms.load()
    for name in recipes.shipped():
        found = chemistry.insist(recipes.load(name), choi)
        assert all(one.status != "unknown" for one in found), name


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ("H2O", "water"),
        ("C12H26S", "chalcogen source"),
        ("ZnI2", "metal halide"),
        ("C18H37NHBr", "halide"),
        ("C24H51P", "phosphine"),
        ("C24H51PO", "phosphine"),
        ("C18H34O2", "acid"),
        ("C18H37N", "amine"),
        ("C8H14N2O4", ""),
        ("C18H36", ""),
        ("C10H10Fe", ""),
    ],
)
def test_the_kind_is_read_off_the_formula(formula: str, kind: str) -> None:
    assert chemistry.kind_of(formulas.elements(formula)) == kind


def test_lint_places_everything_on_the_shelf() -> None:
    found = {one.name: one for one in chemistry.shelf(mechanisms.load())}
    assert set(found) == {one.name for one in reagents.shelf()}
    assert {n for n in ("Zn(OA)2", "SePR3", "SPR3", "HF", "ZnBr2", "OAm") if found[n].status == "reacts"} == {
        "Zn(OA)2", "SePR3", "SPR3", "HF", "ZnBr2", "OAm",
    }  # fmt: skip
    assert found["ODE"].status == found["acetone"].status == "spectator"
    assert found["Cd(OA)2"].stops
    assert not found["ferrocene"].stops


def test_a_declared_spectator_passes_with_its_reason() -> None:
    text = (mechanisms.resources.files("epidot") / "data" / "mechanisms" / "choi2023.yaml").read_text()
    (declared,) = [line for line in text.splitlines(keepends=True) if line.startswith("  PR3: ")]
    with_it = mechanisms.parse(text.replace(declared, '  PR3: "stays in the liquor"\n'))
    (one,) = [r for r in chemistry.insist(made(add("Zn(OA)2"), add("TOP")), with_it) if r.name == "PR3"]
    assert (one.status, one.why) == ("spectator", "stays in the liquor")
    with pytest.raises(InputError) as caught:
        mechanisms.parse(text.replace(declared, '  (Zz)3: ""\n'))
    assert "unknown spectator" in str(caught.value)
    assert "needs its reason" in str(caught.value)
