"""Recipes from text, dicts and other recipes: the same recipe by every road, and variants of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from epidot import documents
from epidot.errors import InputError
from epidot.recipe import recipe as recipes

TEXT = """
recipe: 1
title: small
core: {material: InP, diameter: 2.4 nm, amount: 100 nmol, sigma: {value: 8 %, assumed: "as usual"}}
solvent: {reagent: squalane, volume: 10 mL}
steps:
  - heat: 200 °C
  - add: {reagent: SePR3, amount: 0.05 mmol}
  - hold: 5 min
  - sample: first
"""
TABLE = {
    "recipe": 1,
    "title": "small",
    "core": {
        "material": "InP",
        "diameter": "2.4 nm",
        "amount": "100 nmol",
        "sigma": {"value": "8 %", "assumed": "as usual"},
    },
    "solvent": {"reagent": "squalane", "volume": "10 mL"},
    "steps": [
        {"heat": "200 °C"},
        {"add": {"reagent": "SePR3", "amount": "0.05 mmol"}},
        {"hold": "5 min"},
        {"sample": "first"},
    ],
}


def texts(recipe: recipes.Recipe) -> list[str]:
    return [event.text for event in recipe.events]


def test_every_road_leads_to_the_same_recipe(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(TEXT, encoding="utf-8")
    read = [recipes.of(one) for one in (TEXT, TABLE, tmp_path / "small.yaml", str(tmp_path / "small.yaml"))]
    read.append(recipes.of(read[0]))
    assert all(texts(one) == texts(read[0]) for one in read)
    assert all(one.core == read[0].core for one in read)
    assert recipes.of(
        "{recipe: 1, solvent: {reagent: ODE, volume: 5 mL}, steps: [heat: 100 °C]}"
    ).samples == ("end",)
    with pytest.raises(InputError, match="this is no recipe"):
        recipes.of(7)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unit"):
        recipes.of(TABLE | {"notes": 3.0 + 1j})


@pytest.mark.parametrize("name", recipes.shipped())
def test_a_recipe_changed_in_nothing_is_the_same(name: str) -> None:
    paper = recipes.load(name)
    same = paper.with_()
    assert texts(same) == texts(paper)
    assert (same.core, same.start_K) == (paper.core, paper.start_K)
    said = [sorted((r.kind, r.what, r.value, r.why) for r in one.remarks) for one in (same, paper)]
    assert said[0] == said[1]
    assert (same.paper, same.claims) == (None, ())
    assert same.name != paper.name


def test_a_variant_differs_in_what_is_said_only() -> None:
    base = recipes.of(TEXT)
    longer = base.with_(
        {"hold": "1 h"}, {"sample": "late"}, steps={1: {"heat": "220 °C"}, 3: None}, name="longer"
    )
    assert longer.name == "longer"
    assert longer.samples == ("first", "late")
    assert [s for s in longer.steps if "heat" in s] == [{"heat": "220 °C"}]
    assert sum("hold" in text for text in texts(longer)) == 1
    smaller = base.with_(core={"diameter": "2.0 nm"}, title="mine")
    assert smaller.core is not None
    assert base.core is not None
    assert smaller.core.diameter_nm == pytest.approx(2.0)
    assert smaller.core.sigma_rel == base.core.sigma_rel
    assert smaller.title == "mine"
    assert base.with_(core={"sigma": None}).sigma_rel == 0.0
    again = smaller.with_({"hold": "1 min"})
    assert again.title == "mine (changed)"


@pytest.mark.parametrize(
    ("how", "match"),
    [
        ({"steps": {9: None}}, "1 to 4"),
        ({"steps": {"1": None}}, "count the steps from 1"),
        ({"cores": {}}, "nearest valid"),
        ({"steps": [{"heet": "200 °C"}]}, "heat"),
        ({"core": {"diameter": "2.4"}}, "unit"),
    ],
)
def test_a_change_that_cannot_be_is_refused(how: dict[str, object], match: str) -> None:
    with pytest.raises(InputError, match=match):
        recipes.of(TEXT).with_(**how)  # type: ignore[arg-type]


def test_what_is_dumped_is_parsed_as_the_same() -> None:
    hostile = [
        "no",
        "yes",
        "12:30",
        "1e7",
        "0x1f",
        "0o17",
        ".5",
        "1_000",
        "~",
        "",
        " a",
        "a: b",
        "- x",
        "#c",
        "é\n\nü",
        "=",
        "<<",
        "Null",
        ".inf",
        "'",
        '"',
        "\\",
        "100 °C",
        "tab\there",
        "!x",
        "&a",
        "*a",
        "%",
        "@",
        "`",
        "? x",
        "2020-01-01",
    ]
    data = {
        "list": hostile,
        **{text: i for i, text in enumerate(hostile)},
        "numbers": [1, -2, 0.1, 1e-7, 1e22, True, False, None],
        "empty": {},
        "none": [],
    }
    assert documents.parse(documents.dump(data)).data == data
    assert documents.parse(documents.dump({"a": np.float64(0.25), "b": (np.int64(3),)})).data == {
        "a": 0.25,
        "b": [3],
    }
    with pytest.raises(InputError, match="must be text"):
        documents.dump({1: 2})
