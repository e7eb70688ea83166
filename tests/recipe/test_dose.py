"""Precursors per layer: against eq 3, against the shipped recipes, in every convention, and bad input."""

from __future__ import annotations

import contextlib
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epidot.dot.composition import anions_in_shell
from epidot.errors import InputError
from epidot.matter.materials import material
from epidot.recipe.dose import Dose, default_stocks, dose, from_text, parse_shell

NMOL = 1e-9


def inp(*shells: tuple[str, float], **options) -> Dose:
    return dose("InP", shells, **{"diameter_nm": 3.3, "amount_mol": 220 * NMOL, **options})


def words(**given) -> Dose:
    """The command line's defaults, some replaced."""
    line = {
        "core": "InP", "diameter": "3.3nm", "peak": None, "amount": "220nmol", "absorbance": None,
        "path": None, "volume": None, "shells": ["ZnSe:2"], "layer": "d111", "excess": 1.0, "stocks": [],
    }  # fmt: skip
    return from_text(**{**line, **given})


# --- the arithmetic --------------------------------------------------------------------------------------


def test_two_znse_layers() -> None:
    a = material("ZnSe")["a_nm"]
    (shell,) = inp(("ZnSe", 2)).shells
    assert shell.layer_nm == a / math.sqrt(3)
    assert (shell.inner_radius_nm, shell.outer_radius_nm) == (
        1.65,
        pytest.approx(1.65 + 2 * a / math.sqrt(3)),
    )
    count = anions_in_shell(3.3, 2 * a / math.sqrt(3), a)
    assert shell.anions == {"Se": pytest.approx(count)}
    assert shell.cations == {"Zn": pytest.approx(count)}
    amounts = {addition.species: addition.mol for addition in shell.additions}
    assert amounts == {x: pytest.approx(220 * NMOL * count) for x in ("Zn(OA)2", "SePR3")}


@settings(max_examples=50)
@given(
    st.floats(1, 8),
    st.lists(st.floats(0.1, 6), min_size=1, max_size=4),
    st.sampled_from(["d111", "half-lattice", 0.35]),
)
def test_shells_of_one_material_add_up(d: float, layers: list[float], layer) -> None:
    """n shells of one material are one shell of all their layers: the radii stack."""
    parts = inp(*(("ZnSe", n) for n in layers), diameter_nm=d, layer=layer)
    whole = inp(("ZnSe", sum(layers)), diameter_nm=d, layer=layer)
    assert parts.shells[-1].outer_radius_nm == pytest.approx(whole.shells[0].outer_radius_nm, rel=1e-12)
    for species, mol in whole.totals_mol.items():
        assert parts.totals_mol[species] == pytest.approx(mol, rel=1e-9)


def test_later_shells_need_more() -> None:
    shells = inp(*[("ZnS", 1)] * 4).shells
    counts = [shell.anions["S"] for shell in shells]
    assert counts == sorted(counts)
    assert [s.inner_radius_nm for s in shells[1:]] == [s.outer_radius_nm for s in shells[:-1]]


def test_conventions() -> None:
    a = material("ZnSe")["a_nm"]
    for layer, nm in (("d111", a / math.sqrt(3)), ("half-lattice", a / 2), (0.35, 0.35)):
        result = inp(("ZnSe", 2), layer=layer)
        assert result.shells[0].thickness_nm == pytest.approx(2 * nm)
        # the other conventions are said, with what they would give
        said = result.shells[0].note
        for other, name in (("d111", "by d111"), ("half-lattice", "by half a lattice"), (0.35, "by 0.35 nm")):
            if other == layer:
                assert name not in said
            else:
                count = inp(("ZnSe", 2), layer=other).shells[0].anions["Se"]
                assert name in said
                assert f"holds {count:.0f} anions" in said
    assert "a/√3" in inp(("ZnSe", 2)).note
    assert "0.3 nm thick, as given" in inp(("ZnSe", 2), layer=0.3).note


def test_eq3_through_the_dose() -> None:
    """One half-lattice layer of ZnSe on 2.4 nm: 141.3 Se for 0.567 nm (0.5668 gives 0.1 % less radius)."""
    (shell,) = inp(("ZnSe", 1), diameter_nm=2.4, layer="half-lattice").shells
    assert shell.anions["Se"] == pytest.approx(141.3, rel=0.002)


def test_alloys_split() -> None:
    (shell,) = inp(("ZnSe0.7S0.3", 3)).shells
    amounts = {addition.species: addition.mol for addition in shell.additions}
    assert amounts["SePR3"] / amounts["SPR3"] == pytest.approx(7 / 3)
    assert amounts["SePR3"] + amounts["SPR3"] == pytest.approx(amounts["Zn(OA)2"])
    assert inp(("ZnSe1S0", 3)).shells[0].material == "ZnSe"


def test_cadmium() -> None:
    result = dose("CdSe", [("CdS", 2), ("ZnS", 1)], diameter_nm=4.0, amount_mol=100 * NMOL)
    assert set(result.totals_mol) == {"Cd(OA)2", "SPR3", "Zn(OA)2"}
    assert result.shells[0].additions[0].volume_mL is None  # no paper here prints a cadmium stock
    assert result.paper == ()


def test_excess_multiplies_every_precursor() -> None:
    one, more = inp(("ZnS", 2)), inp(("ZnS", 2), excess=2.2)
    assert {k: 2.2 * v for k, v in one.totals_mol.items()} == pytest.approx(more.totals_mol)
    assert one.shells[0].anions == more.shells[0].anions


def test_stocks() -> None:
    (shell,) = inp(("ZnSe", 2)).shells
    zinc, selenium = shell.additions
    assert (zinc.stock_M, zinc.volume_mL) == (0.5, pytest.approx(2e3 * zinc.mol))
    assert selenium.stock_M == pytest.approx(2.24, abs=0.005)
    assert default_stocks()["SePR3"].status == "assumed"
    assert list(inp(("ZnSe", 2)).rests_on) == ["SePR3"]
    for name in ("SePR3", "Se", "trioctylphosphine selenide", "TOPSe"):
        given_stock = inp(("ZnSe", 2), stocks={name: 1.0})
        assert given_stock.shells[0].additions[1].volume_mL == pytest.approx(1e3 * selenium.mol)
        assert given_stock.rests_on == {}


# --- beside it what the paper used -----------------------------------------------------------------------


def test_sulfur_supply_is_about_2_2_times_the_shells() -> None:
    """C100: 2.24, 2.36, 2.16 for 1, 2, 4 layers."""
    rows = [row for row in inp(("ZnS", 1)).paper if row.claim == "C100"]
    assert [row.layers for row in rows] == [1, 2, 4]
    assert [row.supplied for row in rows] == pytest.approx([727, 1818, 4545], abs=0.5)
    assert [row.needed for row in rows] == pytest.approx([324, 770, 2104], abs=1)
    assert [row.ratio for row in rows] == pytest.approx([2.24, 2.36, 2.16], abs=0.006)


def test_selenium_supply_is_not_two_layers() -> None:
    """C118: 450 of 727 at 2.4 nm and 746 of 1818 at 3.3 nm (with 0.5869 and 0.567 nm)."""
    rows = inp(("ZnSe", 2)).paper
    assert [row.needed_by for row in rows] == ["d111 of InP"] * 2
    assert [row.supplied for row in rows] == pytest.approx([727, 1818], abs=0.5)
    assert [row.needed for row in rows] == pytest.approx([450, 746], rel=0.002)
    assert [row.ratio for row in rows] == pytest.approx([1.62, 2.44], abs=0.01)


def test_supplies_are_those_of_the_shipped_recipes() -> None:
    """The amounts behind the comparison are the recipes' own."""
    from epidot.recipe import recipe
    from epidot.recipe.accounting import account

    names = [name for name in recipe.shipped() if name.startswith("choi2023/")]
    per_dot = set()
    for name in names:
        entry = account(recipe.load(name))
        if entry.dots_mol == pytest.approx(220 * NMOL):
            per_dot |= {round(entry.amount(r) / entry.dots_mol) for r in ("SePR3", "SPR3")}
    for row in inp(("ZnSe", 1), ("ZnS", 1)).paper:
        assert round(row.supplied) in per_dot


# --- sizes and amounts -----------------------------------------------------------------------------------


def test_a_peak_brings_its_spread() -> None:
    from epidot.matter import sizing

    result = inp(("ZnSe", 2), diameter_nm=None, peak_nm=580.0)
    size = sizing.diameter("InP", 580.0)
    assert result.diameter_nm == size
    assert size.value is not None
    assert size.sigma is not None
    # linear propagation against the difference of two doses
    up, down = (
        inp(("ZnSe", 2), diameter_nm=size.value + x * size.sigma).totals_mol["SePR3"] for x in (0.01, -0.01)
    )
    (_, selenium) = result.shells[0].additions
    assert selenium.sigma_mol == pytest.approx((up - down) / 0.02, rel=1e-3)
    assert inp(("ZnSe", 2)).shells[0].additions[0].sigma_mol == 0


def test_absorbance_of_cdse() -> None:
    from epidot.matter import sizing

    epsilon = sizing.extinction("CdSe", 560.0)
    assert epsilon.value
    result = dose("CdSe", [("ZnS", 2)], peak_nm=560.0, absorbance=0.5, path_cm=1.0, volume_L=5e-3)
    assert result.dots_mol.value == pytest.approx(0.5 / epsilon.value * 5e-3)
    assert result.dots_mol.sigma is not None
    shorter = dose("CdSe", [("ZnS", 2)], peak_nm=560.0, absorbance=0.5, path_cm=0.1, volume_L=5e-3)
    assert shorter.dots_mol.value == pytest.approx(10 * result.dots_mol.value)
    first = result.shells[0].additions[0]
    assert first.sigma_mol > 0
    # A factor on both sides; the linear error is the first order of its logarithm.
    low, high = first.interval68_mol
    assert low * high == pytest.approx(first.mol**2)
    assert high / first.mol == pytest.approx(math.exp(first.sigma_mol / first.mol))
    assert first.to_json()["interval68_mmol"] == pytest.approx([1e3 * low, 1e3 * high])
    assert f"({1e3 * low:.4f} to {1e3 * high:.4f})" in result.text()
    assert "±" not in next(line for line in result.text().splitlines() if line.startswith("ZnS "))


def test_absorbance_of_inp_is_refused() -> None:
    with pytest.raises(InputError, match="InP"):
        words(amount=None, absorbance=0.5, volume="5mL")


# --- words -----------------------------------------------------------------------------------------------


def test_words_and_numbers_agree() -> None:
    result = words(shells=["ZnSe:2", "ZnS:3"], layer="3.5 Å", excess="1.5", stocks=["zinc oleate=0.25 M"])
    same = inp(("ZnSe", 2), ("ZnS", 3), layer=0.35, excess=1.5, stocks={"Zn(OA)2": 0.25})
    assert json.loads(json.dumps(result.to_json()))["totals_mmol"] == pytest.approx(
        same.to_json()["totals_mmol"]
    )
    assert result.diameter_nm.value == pytest.approx(3.3)


def test_the_sheet_says_everything() -> None:
    text = words(shells=["ZnSe:2", "ZnS:3"]).text()
    for said in (
        "InP core of 3.30 nm (given)", "220.0 nmol (given)", "ZnSe   2", "1.65-2.30", "zinc oleate",
        "trioctylphosphine selenide", "0.5 M", "2.24 M", "a/√3", "half a lattice", "0.35 nm",
        "2.16 times (C100)", "Assumed: ",
    ):  # fmt: skip
        assert said in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_json_contract() -> None:
    content = words().to_json()
    json.dumps(content, allow_nan=False)
    assert {"core", "diameter_nm", "dots_mol", "layer", "shells", "totals_mmol", "paper", "note"} <= set(
        content
    )
    assert content["shells"][0]["additions"][0].keys() >= {"species", "mmol", "volume_mL", "stock_M"}


def test_parse_shell() -> None:
    assert parse_shell("ZnSe:2") == ("ZnSe", 2.0)
    assert parse_shell(" ZnSe0.5S0.5 : 1,5 ") == ("ZnSe0.5S0.5", 1.5)


@pytest.mark.parametrize(
    ("given_words", "message"),
    [
        ({"core": "InPP"}, r"unknown material, saw 'InPP'; nearest valid: InP"),
        ({"shells": ["ZnSee:2"]}, r"unknown material, saw 'ZnSee'; nearest valid: ZnSe"),
        ({"shells": ["ZnSe"]}, r"--shell: cannot read this shell, saw 'ZnSe'.*MATERIAL:LAYERS"),
        ({"shells": ["ZnSe:two"]}, r"--shell: cannot read this shell"),
        ({"shells": ["ZnSe:-2"]}, r"--shell: the number of layers must lie between 0 and 200, saw 'ZnSe:-2'"),
        ({"shells": ["ZnSe:0"]}, r"the number of layers must lie between"),
        ({"shells": ["ZnSe:nan"]}, r"the number of layers must lie between"),
        ({"shells": ["ZnSe:1e9"]}, r"the number of layers must lie between"),
        ({"shells": ["In2O3:1"]}, r"cores and shells are zinc blende; In2O3 is not"),
        ({"shells": ["ZnSe0.5S0.6:1"]}, r"must add up to 1"),
        ({"shells": []}, r"no shell to dose; give at least one"),
        ({"layer": "d11"}, r"--layer: unknown layer convention, saw 'd11'; nearest valid: d111.*0\.35nm"),
        ({"layer": "half"}, r"nearest valid: half-lattice"),
        ({"layer": "0.35"}, r"--layer: cannot read this length.*needs a unit"),
        ({"layer": "-0.35nm"}, r"--layer: one layer is between 0 and 5 nm thick"),
        ({"layer": "35nm"}, r"one layer is between 0 and 5 nm thick.*check the unit"),
        ({"excess": 0.0}, r"the excess must be positive"),
        ({"excess": "much"}, r"--excess: not a number, saw 'much'"),
        ({"diameter": None}, r"the core's size is missing; give either the diameter"),
        ({"peak": "580nm"}, r"the core's size is given twice"),
        ({"diameter": "3.3"}, r"--diameter: cannot read this length, saw '3.3'; it needs a unit"),
        ({"diameter": "580nm"}, r"a core's diameter lies between.*not the peak's wavelength"),
        ({"diameter": "-3.3nm"}, r"a core's diameter lies between"),
        ({"amount": None}, r"the amount of dots is missing; give either the amount"),
        ({"amount": "220"}, r"--amount: cannot read this amount.*needs a unit"),
        ({"amount": "220 mL"}, r"'mL' is not a unit of amount"),
        ({"amount": "0 mol"}, r"the amount of dots must lie between 0 and 1 mol"),
        ({"amount": "5 mol"}, r"the amount of dots must lie between 0 and 1 mol"),
        ({"absorbance": 0.3}, r"the amount of dots is given twice"),
        ({"amount": None, "absorbance": 0.3}, r"the volume of the measured solution is missing"),
        ({"amount": None, "absorbance": -1, "volume": "5mL"}, r"an absorbance lies between 0 and 10"),
        ({"amount": None, "absorbance": 1, "volume": "5mL", "path": "0cm"}, r"the optical path lies"),
        ({"stocks": ["Zn"]}, r'--stock: cannot read this stock.*"SePR3=2 M"'),
        ({"stocks": ["zink oleate=0.5M"]}, r"no such precursor in a stock.*zinc oleate"),
        ({"stocks": ["Zn(OA)2=0.5"]}, r"--stock: cannot read this concentration"),
        ({"stocks": ["Zn(OA)2=0 M"]}, r"must lie between 0 and 100 M"),
    ],
)  # fmt: skip
def test_bad_words(given_words: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        words(**given_words)


def test_all_faults_at_once() -> None:
    with pytest.raises(InputError) as caught:
        words(
            core="InPP",
            diameter="3.3",
            amount="many",
            shells=["ZnTeS:2", "x"],
            layer="d11",
            excess=-1,
            stocks=["y"],
        )
    text = str(caught.value)
    for part in ("InPP", "--diameter", "--amount", "ZnTeS", "'x'", "d11", "the excess", "--stock"):
        assert part in text
    assert len(caught.value.faults) == len(set(caught.value.faults)) == 8


@settings(max_examples=80, deadline=None)
@given(
    core=st.sampled_from(["InP", "CdSe", "", "?"]),
    diameter=st.none() | st.text(max_size=8),
    amount=st.none() | st.text(max_size=8),
    shells=st.lists(st.text(max_size=8) | st.sampled_from(["ZnSe:2", "ZnS:1"]), max_size=3),
    layer=st.text(max_size=8),
    excess=st.floats() | st.text(max_size=4),
    stocks=st.lists(st.text(max_size=10), max_size=2),
)
def test_any_words_give_a_dose_or_faults(core, diameter, amount, shells, layer, excess, stocks) -> None:
    with contextlib.suppress(InputError):
        words(
            core=core,
            diameter=diameter,
            amount=amount,
            shells=shells,
            layer=layer,
            excess=excess,
            stocks=stocks,
        )
