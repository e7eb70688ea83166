"""Recipes: the language, its short forms, variants, assumptions, and every shipped file."""

from __future__ import annotations

import pickle
from functools import cache
from pathlib import Path

import pytest

from epidot.errors import InputError
from epidot.growth.state import FlaskState
from epidot.recipe import recipe
from epidot.recipe.accounting import account

SHIPPED = recipe.shipped()
LOAD = cache(recipe.load)  # recipes are never changed, so tests may share them

MINE = """\
recipe: 1
title: mine
core: {material: InP, diameter: 3.3 nm, amount: 220 nmol}
solvent: {reagent: squalane, volume: 10 mL}
ramp: {value: 20 °C/min, assumed: my mantle}
stocks:
  Zn(OA)2: {concentration: 0.5 M, in: ODE}
steps:
  - degas: {at: 120 °C, for: 30 min}
  - backfill
  - heat: 200 °C
  - add: {reagent: Zn(OA)2, amount: {value: 0.5 mmol, source: "Methods"}}
  - hold: 30 min
"""


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_recipe_reads_and_accounts_for_its_matter(name: str) -> None:
    read = LOAD(name)
    assert read.name == name
    assert read.paper == name.partition("/")[0]
    assert read.place
    assert read.title
    assert read.claims
    assert read.samples
    assert account(read).closure <= 1e-12
    text = Path(recipe._shipped()[name][0]).read_text(encoding="utf-8").splitlines()
    assert all(1 <= event.line <= len(text) for event in read.timeline())
    assert all(remark.why.strip() for remark in read.assumptions())


@pytest.mark.parametrize("name", SHIPPED)
def test_by_name_and_by_file_are_the_same(name: str) -> None:
    file, variant = recipe._shipped()[name]
    named = LOAD(name)
    opened = recipe.load(file, variant=variant)
    assert named.timeline() == opened.timeline()
    assert (named.core, named.text, named.variant) == (opened.core, opened.text, opened.variant)
    if variant is not None:
        assert opened.name == variant


def test_a_variant_may_follow_the_file_name() -> None:
    file, variant = recipe._shipped()["choi2023/inp-se"]
    assert recipe.load(f"{file}#{variant}").timeline() == LOAD("choi2023/inp-se").timeline()


def test_both_papers_are_there() -> None:
    wanted = {
        "choi2023/inp-core-2.4nm", "choi2023/inp-core-3.3nm", "choi2023/inp-core-2.4nm-stearate",
        "choi2023/zinc-oleate", "choi2023/indium-oleate", "choi2023/sepr3", "choi2023/spr3",
        "choi2023/inp-se", "choi2023/inp-zn", "choi2023/inp-znse", "choi2023/inp-znse-3.3nm",
        *(f"choi2023/inp-znse{hf}-{t}" for hf in ("", "-hf") for t in (200, 240, 260, 280, 340)),
        *(f"choi2023/hf-desorption-{t}min" for t in ("0.5", "1", "3", "6", "15", "30")),
        "choi2023/oxide-removal-nobf4", "choi2023/inp-hf-zn-120", "choi2023/inp-hf-zn-280",
        *(f"choi2023/inp-zns-staged-{n}" for n in (1, 2, 4)), "choi2023/inp-zns-conventional",
        "choi2023/diad-se-1", "choi2023/phosphorane-se", "choi2023/phosphorane-s",
        "choi2023/phosphorane-none", "choi2023/phosphorane-se-250", "choi2023/zns-without-dots",
        "choi2023/inp-s-200", "choi2023/inp-s-250",
        *(f"yuan2023/zn{x}2-300" for x in ("cl", "br", "i")),
        *(f"yuan2023/znbr2-{t}" for t in (80, 160, 200, 240, 300)),
        *(f"yuan2023/oam-{x}-300" for x in ("cl", "br", "i")), "yuan2023/oam-300",
        "yuan2023/inp-znse-znses-zns", "yuan2023/inp-znses-oxidised", "yuan2023/inp-znses-oxidised-oam-br",
        "yuan2023/cdse-zns-oxidised", "yuan2023/cdse-zns-oxidised-oam-br",
    }  # fmt: skip
    assert wanted <= set(SHIPPED)


def test_where_a_paper_is_silent_the_file_says_so() -> None:
    assumed = {r.what: r for r in LOAD("choi2023/inp-zns-staged-4").assumptions()}
    assert assumed["ramp"].kind == "assumed"
    assert [r.value for r in assumed.values() if "stage II" in r.why] == ["240 min"]
    conventional = [r.value for r in recipe.load("choi2023/inp-zns-conventional").assumptions()]
    assert "2 min" in conventional
    yuan = {r.what for r in recipe.load("yuan2023/znbr2-300").assumptions()}
    assert {"core: amount", "core: diameter", "step 2: shell thickness", "ramp"} <= yuan


def test_short_forms_defaults_and_remarks() -> None:
    read = recipe.from_text(MINE, where="mine.yaml", name="mine")
    assert (read.name, read.title, read.samples) == ("mine", "mine", ("end",))
    kinds = {r.what: (r.kind, r.line, r.value) for r in read.assumptions()}
    assert kinds["ramp"] == ("assumed", 5, "20 °C/min")
    assert kinds["core: sigma"] == ("default", 3, "0 %")
    assert kinds["sample"] == ("default", 13, "end")
    assert [(r.line, r.what, r.why) for r in read.sources()] == [(12, "step 4: add amount", "Methods")]
    assert read.core is not None
    assert read.core.diameter_nm == 3.3
    start = FlaskState.at_start(read)
    assert (start.core, start.dots_mol, start.volume_L) == ("InP", pytest.approx(2.2e-7), 0.0)


def test_keys_may_be_spelt_with_spaces_hyphens_or_underscores() -> None:
    spaced = MINE + "  - wash: {times: 2, with: acetone, redisperse in: toluene}\n"
    joined = MINE + "  - WASH: {times: 2, with: acetone, redisperse_in: toluene}\n"
    assert recipe.from_text(spaced).timeline() == recipe.from_text(joined).timeline()


def test_first_exciton_stands_for_a_diameter() -> None:
    from epidot.matter import sizing

    read = recipe.from_text(MINE.replace("diameter: 3.3 nm", "first exciton: 580 nm"))
    assert read.core is not None
    assert read.core.diameter_nm == pytest.approx(sizing.diameter("InP", 580).value)


VARIANTS = """\
recipe: 1
core: {material: InP, diameter: 3.3 nm, amount: 220 nmol}
solvent: {reagent: ODE, volume: 5 mL}
variants:
  plain: {acid: none, hot: 200 °C}
  acid:
    acid: {value: 0.4 mmol, assumed: as elsewhere}
    hot: 260 mmol
steps:
  - add: [{reagent: HF, amount: "${acid}"}, {reagent: HOA, amount: 1 mmol}]
  - sample: {name: "etched at ${hot}", only if: "${acid}"}
  - heat: ${hot}
"""


def test_none_leaves_a_step_or_a_reagent_out() -> None:
    read = recipe.from_text(VARIANTS, variant="plain")
    assert account(read).amount("HF") == 0
    assert account(read).amount("HOA") == pytest.approx(1e-3)
    assert read.samples == ("end",)


def test_a_fault_in_a_variant_is_told_at_the_line_of_the_variant() -> None:
    with pytest.raises(InputError) as caught:
        recipe.from_text(VARIANTS, where="v.yaml", variant="acid")
    assert [f.line for f in caught.value.faults] == [8]
    good = recipe.from_text(VARIANTS.replace("260 mmol", "260 °C"), variant="acid")
    assert good.samples == ("etched at 260 °C", "end")
    assert ("assumed", 7) in {(r.kind, r.line) for r in good.assumptions()}


def test_a_missing_variant_or_recipe_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such recipe, saw 'choi2023/inp-zns-stagd-4'; nearest valid: "):
        recipe.load("choi2023/inp-zns-stagd-4")
    with pytest.raises(InputError, match="choi2023/inp-znse"):
        recipe.load("inp-znse")
    with pytest.raises(InputError, match="no such file"):
        recipe.load(tmp_path / "nothing.yaml")
    with pytest.raises(InputError, match="a folder"):
        recipe.load(tmp_path)
    file = tmp_path / "mine.yaml"
    file.write_text(MINE, encoding="utf-8")
    assert recipe.load(file).name == "mine"
    with pytest.raises(InputError, match="this recipe has no variants, saw 'b'"):
        recipe.load(file, variant="b")


def test_what_is_above_its_boiling_point_but_not_the_medium_is_a_warning() -> None:
    warned = [str(w) for w in recipe.load("choi2023/hf-desorption-3min").warnings]
    assert len(warned) == 2
    assert "HF is above its boiling point" in warned[0]
    assert "acetone is above its boiling point" in warned[1]


def test_a_recipe_can_be_sent_to_another_process() -> None:
    read = recipe.load("choi2023/inp-zns-staged-2")
    again = pickle.loads(pickle.dumps(read))
    assert again.timeline() == read.timeline()
    assert again.header == read.header


def test_the_example_of_the_documentation_runs(request: pytest.FixtureRequest) -> None:
    example = request.config.rootpath / "examples" / "recipes" / "my-first-recipe.yaml"
    read = recipe.load(example)
    assert account(read).closure <= 1e-12
    assert not read.warnings
