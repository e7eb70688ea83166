"""Whatever is given as a recipe, the answer is a recipe or an InputError that names its faults."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from epidot.errors import Fault, InputError
from epidot.recipe import recipe, schema
from epidot.recipe.accounting import account
from epidot.recipe.parts import keys

FEW = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SOURCES = [
    (recipe.load(name).text, recipe.load(name).variant)
    for name in (
        "choi2023/inp-zns-staged-4",
        "choi2023/inp-core-3.3nm",
        "yuan2023/znbr2-300",
        "choi2023/zinc-oleate",
    )
]
MODELS = (
    *(how.model for how in schema.STEPS.values()),
    schema.Header,
    schema.Core,
    schema.Solvent,
    schema.Stock,
    schema.OwnReagent,
)
WORDS = st.sampled_from(
    [
        *sorted({key for model in MODELS for key in keys(model)} | {*schema.STEPS}),
        *("steps", "variants", "value", "assumed", "source", "only if"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        [
            "1", "none", "InP", "ZnS", "ODE", "HF", "Zn(OA)2", "P(TMS)3", "oleate", "C18H34O2", "d111", "end",
            "200 °C", "30 min", "0.5 mmol", "5 mL", "0.5 M", "10 °C/min", "4 mL/h", "3.3 nm", "50 %", "${x}",
            "A + B -> C",
            "In(OA)3 + P(TMS)3 -> InP + 3 TMSOA", "1e308 mol", "-5 °C", "nan nm",
        ]
    ),
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=25,
)


def _must_be_told(text: str, variant: str | None = None) -> None:
    faults: tuple[Fault, ...] = ()
    try:
        read = recipe.from_text(text, where="fuzz.yaml", variant=variant)
    except InputError as error:
        faults = error.faults
    else:
        assert read.timeline()
        assert account(read).closure <= 1e-12
        return
    assert faults
    assert all(fault.what and fault.where == "fuzz.yaml" for fault in faults)


def _yaml(tree: object) -> str:
    """YAML for plain data, by JSON-like flow style; what JSON cannot say is said as text."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{_yaml(str(k))}: {_yaml(v)}" for k, v in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(_yaml, tree)) + "]"
    if isinstance(tree, str):
        return "'" + tree.replace("'", "''") + "'"
    return "null" if tree is None else str(tree).lower() if isinstance(tree, bool) else repr(tree)


@FEW
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    _must_be_told(text)


@FEW
@given(st.text(alphabet="recip:1\n -{}[]$#&*!|>'\"%@`,tsHF°C", max_size=120))
def test_text_of_the_characters_of_yaml(text: str) -> None:
    _must_be_told("recipe: 1\nsteps:\n" + text)


@FEW
@given(TREES)
def test_any_tree(tree: object) -> None:
    _must_be_told(_yaml(tree))


@FEW
@given(
    st.dictionaries(WORDS, TREES, max_size=5), st.lists(st.dictionaries(WORDS, TREES, max_size=2), max_size=5)
)
def test_any_headings_and_steps(headings: dict[str, object], steps: list[object]) -> None:
    _must_be_told(_yaml({"recipe": 1, **headings, "steps": steps}))


@FEW
@given(
    st.lists(
        st.sampled_from(sorted(schema.STEPS)).flatmap(
            lambda kind: st.dictionaries(
                st.sampled_from(sorted(keys(schema.STEPS[kind].model))), SCALARS, max_size=5
            ).map(lambda fields: {kind: fields})
        ),
        min_size=1,
        max_size=6,
    )
)
def test_steps_with_their_own_keys_and_any_values(steps: list[object]) -> None:
    core = {"material": "InP", "diameter": "3.3 nm", "amount": "220 nmol"}
    _must_be_told(
        _yaml(
            {"recipe": 1, "core": core, "solvent": {"reagent": "squalane", "volume": "10 mL"}, "steps": steps}
        )
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(range(len(SOURCES))), st.integers(0, 2**31))
def test_mutated_recipes(which: int, seed: int) -> None:
    text, variant = SOURCES[which]
    dice = random.Random(seed)
    lines = text.splitlines()
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(lines))
        match dice.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[dice.randrange(len(lines))])
            case 2:
                lines[at] = " " + lines[at]
            case 3 if lines[at]:
                spot = dice.randrange(len(lines[at]))
                lines[at] = lines[at][:spot] + dice.choice(":-{}[],0xé\t'\"#&*%$") + lines[at][spot + 1 :]
            case 4:
                words = lines[at].split(" ")
                words[dice.randrange(len(words))] = dice.choice(
                    ["none", "-1", "1e30", "200 °C", "HF", "[]", "{}"]
                )
                lines[at] = " ".join(words)
            case _:
                other = dice.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
        if not lines:
            break
    _must_be_told("\n".join(lines), variant)


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe\x00", b"\x00" * 50, "recipe: 1\n".encode("utf-16"), b"recipe: 1\r\rsteps: []\r"]
)
def test_bytes_that_are_no_recipe(raw: bytes, tmp_path: object) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "r.yaml"
    file.write_bytes(raw)
    with pytest.raises(InputError):
        recipe.load(file)
