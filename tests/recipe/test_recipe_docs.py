"""The page about recipes names every heading, every step and every key, and nothing else."""

from __future__ import annotations

import re

import pytest

from epidot.recipe import recipe, schema
from epidot.recipe.parts import keys


@pytest.fixture(scope="module")
def page(request: pytest.FixtureRequest) -> str:
    return (request.config.rootpath / "docs" / "recipes.md").read_text(encoding="utf-8")


def _rows(page: str, section: str) -> list[str]:
    return [
        line
        for line in page.split(f"\n## {section}\n")[1].split("\n## ")[0].splitlines()
        if line.startswith("| `")
    ]


def test_every_heading_stands_in_the_table(page: str) -> None:
    told = {word for row in _rows(page, "Headings") for word in re.findall(r"`([a-z ]+)`", row.split("|")[1])}
    assert told == {*keys(schema.Header), "variants", "steps"}


def test_every_step_and_key_stands_in_the_table(page: str) -> None:
    rows = {
        kind: row for row in _rows(page, "Steps") for kind in re.findall(r"`([a-z ]+)`", row.split("|")[1])
    }
    assert set(schema.STEPS) <= set(rows)
    for kind, how in schema.STEPS.items():
        if kind in ("add", "grow core", "cool"):
            continue
        missing = [k for k in keys(how.model) if k != "note" and f"`{k}`" not in rows[kind]]
        assert not missing, (kind, missing)
    additions = page.split("### Additions")[1]
    assert all(f"`{key}`" in additions for key in keys(schema.Addition) if key not in ("note",))


def test_the_examples_in_messages_are_right() -> None:
    for kind, how in schema.STEPS.items():
        text = (
            "recipe: 1\nsolvent: {reagent: squalane, volume: 4 mL}\n"
            "stocks: {In(OA)3: {concentration: 0.5 M, in: ODE}}\n"
            "reagents: {Zn(ac)2: {formula: Zn(C2H3O2)2}, HOAc: {formula: C2H4O2}}\nsteps:\n"
            "  - add: [{reagent: In(OA)3, amount: 4 mmol}, {reagent: P(TMS)3, amount: 2 mmol},"
            " {reagent: Zn(ac)2, amount: 1 mmol}, {reagent: HOA, amount: 2 mmol}]\n"
        )
        if kind not in ("react", "form core"):
            text += "  - form core: {material: InP, diameter: 2.4 nm, extent: 20 %, "
            text += 'equation: "In(OA)3 + P(TMS)3 -> InP + 3 TMSOA"}\n'
        if kind == "cool":
            text += "  - heat: 250 °C\n"
        recipe.from_text(text + f"  - {how.example}\n")
