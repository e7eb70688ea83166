"""A paper of one's own is one folder: its claims are answered as the others are, its recipes run by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from epidot.cli import main
from epidot.documents import papers_in_use
from epidot.errors import InputError, WorkError
from epidot.papers.claims import evaluate
from epidot.recipe import recipe

PAPER = """
paper: {title: A shell of our own, year: 2026, licence: CC0}
claims:
  M001:
    claim: the flask holds ten millilitres
    where: p. 1
    subsystem: recipes
    kind: quantity
    paper_value: 10
    unit: mL
    check: {value: recipe.mL("lab/plain"), tolerance: 1 %}
  M002:
    claim: the dots keep their size where nothing is added
    where: p. 2
    subsystem: growth
    kind: quantity
    paper_value: 3.3
    unit: nm
    check: {value: 'run("lab/plain", "end", "diameter_nm")', tolerance: 1 %}
"""
RECIPE = """
recipe: 1
core: {material: InP, diameter: 3.3 nm, amount: 100 nmol}
solvent: {reagent: ODE, volume: 10 mL}
steps:
- heat: {to: 60 °C, rate: 10 °C/min}
- hold: 10 min
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds one paper with one recipe."""
    place = tmp_path / "ours" / "lab"
    (place / "recipes").mkdir(parents=True)
    (place / "paper.yaml").write_text(PAPER, encoding="utf-8")
    (place / "recipes" / "plain.yaml").write_text(RECIPE, encoding="utf-8")
    return place.parent


def test_claims_of_an_own_paper_are_answered(folder: Path) -> None:
    with papers_in_use(folder):
        volume, size = evaluate("lab", engine="meanfield")
        assert "lab/plain" in recipe.shipped()
        assert {r.paper for r in evaluate(ids=["M001", "C004"])} == {"lab", "choi2023"}
    assert (volume.value, volume.verdict, volume.basis) == (10.0, "reproduced", "own recipe")
    assert (size.verdict, size.basis) == ("reproduced", "predicted")
    assert "lab/plain" not in recipe.shipped()
    with pytest.raises(InputError, match="no such paper, saw 'lab'"):
        evaluate("lab")


def test_on_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["claims", "lab", "--papers", str(folder), "--id", "M001", "--json"])
    assert not left.value.code
    (claim,) = json.loads(capsys.readouterr().out)["claims"]
    assert (claim["id"], claim["verdict"]) == ("M001", "reproduced")


def test_a_folder_without_papers_and_a_name_taken_twice_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no paper in this folder"), papers_in_use(tmp_path):
        pass
    (folder / "lab").rename(folder / "choi2023")
    with pytest.raises(InputError, match=r"has a paper of that name.*choi2023"), papers_in_use(folder):
        pass


def test_faults_of_an_own_paper_are_told_with_their_lines(folder: Path) -> None:
    text = PAPER.replace("recipe.mL", "recipe.ml").replace("licence: CC0", "licens: CC0")
    (folder / "lab" / "paper.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught, papers_in_use(folder):
        evaluate("lab")
    told = str(caught.value)
    assert "lab/paper.yaml:2: unknown key, saw 'licens'; nearest valid: licence" in told
    assert "lab/paper.yaml:11: unknown word in a formula, saw 'recipe.ml'; nearest valid: recipe.mL" in told


def test_a_formula_without_a_value_is_told_with_its_place(folder: Path) -> None:
    text = PAPER.replace('recipe.mL("lab/plain")', 'recipe.mL("lab/plain") / 0')
    (folder / "lab" / "paper.yaml").write_text(text, encoding="utf-8")
    with papers_in_use(folder), pytest.raises(WorkError) as told:
        evaluate("lab", engine="meanfield")
    said = str(told.value)
    assert f"{folder / 'lab' / 'paper.yaml'}:4: claim M001: its formula has no value: " in said
    assert "division" in said


def test_a_recipe_that_does_not_exist_is_bad_input(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = PAPER.replace('recipe.mL("lab/plain")', 'recipe.mL("lab/plian")')
    (folder / "lab" / "paper.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["claims", "lab", "--papers", str(folder)])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert f"{folder / 'lab' / 'paper.yaml'}:4: claim M001: " in said
    assert "nearest valid: lab/plain" in said
