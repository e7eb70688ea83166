"""What one layer is: the same words, the same thickness and the same refusals for dose, simulate and run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from epidot import documents
from epidot.dot import described
from epidot.errors import InputError
from epidot.matter.materials import material
from epidot.recipe import dose, recipe
from epidot.recipe.events import DescribeShell

A = material("ZnS")["a_nm"]


def by_dose(layer: str | None) -> float:
    given = {} if layer is None else {"layer": layer}
    found = dose.from_text("InP", "3.3 nm", None, "220 nmol", None, None, None, ["ZnS:2"], **given)
    return found.shells[0].thickness_nm


def by_simulate(layer: str | None) -> float:
    said = "" if layer is None else f", layer: {layer}"
    text = f"core: {{material: InP, diameter: 3.3 nm}}\nshells: [{{material: ZnS, layers: 2{said}}}]\n"
    return described.from_document(documents.parse(text)).dot.shells[0].thickness_nm


def by_run(layer: str | None) -> float:
    said = "" if layer is None else f", layer: {layer}"
    text = (
        "recipe: 1\ncore: {material: InP, diameter: 3.3 nm, amount: 220 nmol}\n"
        "solvent: {reagent: toluene, volume: 5 mL}\n"
        f"steps:\n- shell: {{material: ZnS, layers: 2{said}}}\n- sample: end\n"
    )
    (shell,) = [e for e in recipe.from_text(text).events if isinstance(e, DescribeShell)]
    return shell.layer.thickness_nm


COMMANDS = [by_dose, by_simulate, by_run]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("layer", "one_nm"),
    [
        (None, A / 3**0.5),
        ("d111", A / 3**0.5),
        ("half-lattice", A / 2),
        ("0.35 nm", 0.35),
        ("0.35nm", 0.35),
        ("3.5 Å", 0.35),
        ("2 nm", 2.0),
    ],
)
def test_the_same_thickness(command: Callable[[str | None], float], layer: str | None, one_nm: float) -> None:
    assert command(layer) == pytest.approx(2 * one_nm, rel=1e-9)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("d11", "unknown layer convention, saw 'd11'; nearest valid: d111"),
        ("half lattice", "unknown layer convention, saw 'half lattice'; nearest valid: half-lattice"),
        ("0.35", "cannot read this length, saw '0.35'; it needs a unit"),
        ("0.35 g", "'g' is not a unit of length"),
        ("6 nm", "one layer is between 0 and 5 nm thick, saw '6 nm'"),
        ("0 nm", "one layer is between 0 and 5 nm thick, saw '0 nm'"),
        ("-1 nm", "one layer is between 0 and 5 nm thick, saw '-1 nm'"),
    ],
)
def test_the_same_refusal(command: Callable[[str | None], float], layer: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        command(layer)
    (fault,) = caught.value.faults
    assert message in str(fault)


def test_a_recipe_says_which_layer_it_took() -> None:
    text = (
        "recipe: 1\ncore: {material: InP, diameter: 3.3 nm, amount: 220 nmol}\n"
        "solvent: {reagent: toluene, volume: 5 mL}\nsteps:\n- shell: {material: ZnS, layers: 2}\n"
    )
    assert [str(r) for r in recipe.from_text(text).assumptions() if "layer" in r.what] == [
        "line 5: shell: layer = d111 (default: one (111) bilayer)"
    ]
