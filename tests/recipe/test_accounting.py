"""The papers' arithmetic, read off the recipe files (claims of subsystem "recipe")."""

from __future__ import annotations

import json
from functools import cache

import pytest

from epidot.matter import reagents
from epidot.recipe import recipe
from epidot.recipe.accounting import Account, account
from epidot.recipe.events import React, Run, TakeSample

LOAD = cache(recipe.load)


def _account(name: str) -> Account:
    return account(LOAD(name))


def test_c112_zinc_oleate_is_half_molar() -> None:
    read = LOAD("choi2023/zinc-oleate")
    books = account(read)
    (made,) = [e for e in read.timeline() if isinstance(e, React)]
    acid = next(e for e in books.entries if e.reagent == "HOA")
    assert acid.volume_L == pytest.approx(6.31e-3, rel=3e-3)
    assert books.volume_L == pytest.approx(20.0e-3, rel=2e-3)
    assert made.change["Zn(OA)2"] / books.volume_L == pytest.approx(0.4997, rel=2e-3)
    assert made.leaves["HOAc"] == pytest.approx(20e-3)


def test_c113_indium_oleate_needs_about_ten_and_a_half_millilitres_of_solvent() -> None:
    books = _account("choi2023/indium-oleate")
    assert books.volume_L == pytest.approx(20e-3)
    solvent = next(e for e in books.entries if e.reagent == "ODE")
    assert solvent.volume_L == pytest.approx(10.5e-3, rel=0.01)


def test_c114_indium_to_phosphorus() -> None:
    books = _account("choi2023/inp-core-2.4nm")
    assert books.amount("In(OA)3") / books.amount("P(TMS)3") == pytest.approx(2.0)
    assert books.dots_mol == pytest.approx(6.98e-6, rel=2e-3)  # 6.7 µmol with the printed 149 P per dot


def test_c115_neat_phosphine_is_2_24_molar() -> None:
    phosphine = reagents.reagent("PR3")
    assert phosphine.density_g_mL is not None
    assert 1000 * phosphine.density_g_mL / phosphine.molar_mass == pytest.approx(2.24, rel=5e-3)
    books = _account("choi2023/sepr3")
    assert books.amount("Se") / books.amount("PR3") == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("name", "reagent", "per_dot"),
    [
        ("inp-znse", "SePR3", 727),  # C116
        ("inp-znse", "Zn(OA)2", 1136),
        ("inp-znse-3.3nm", "SePR3", 1818),  # C117
        ("inp-znse-3.3nm", "Zn(OA)2", 2273),
        ("inp-zns-staged-1", "SPR3", 727),  # C100
        ("inp-zns-staged-2", "SPR3", 1818),
        ("inp-zns-staged-4", "SPR3", 4545),
        ("inp-znse-hf-240", "HF", 1818),  # C120
        ("oxide-removal-nobf4", "NOBF4", 2273),  # C121
        ("hf-desorption-3min", "HF", 909),  # C134
    ],
)
def test_per_dot(name: str, reagent: str, per_dot: int) -> None:
    assert round(_account(f"choi2023/{name}").per_dot(reagent)) == per_dot


def test_c116_concentration_of_dots() -> None:
    books = _account("choi2023/inp-znse")
    assert books.dots_mol / books.volume_L == pytest.approx(44e-6, rel=1e-9)


def test_c101_conventional_and_staged_use_the_same_totals() -> None:
    staged, conventional = _account("choi2023/inp-zns-staged-4"), _account("choi2023/inp-zns-conventional")
    assert staged.amount("Zn(OA)2") == pytest.approx(4.0e-3)
    for reagent in ("Zn(OA)2", "SPR3", "HF"):
        assert staged.amount(reagent) == pytest.approx(conventional.amount(reagent))


def test_c122_stage_one() -> None:
    read = LOAD("choi2023/inp-zns-staged-1")
    first = next(d for e in read.timeline() for d in getattr(e, "doses", ()) if d.reagent == "Zn(OA)2")
    assert round(first.amount_mol / account(read).dots_mol) == 6818


@pytest.mark.parametrize("celsius", [240, 260, 280, 340])
def test_c119_annealing(celsius: int) -> None:
    runs = [e for e in LOAD(f"choi2023/inp-znse-{celsius}").timeline() if isinstance(e, Run)]
    hottest = max(e.segment.end_K for e in runs)
    assert hottest == pytest.approx(celsius + 273.15)
    assert [e.duration_s for e in runs if e.segment.start_K == e.segment.end_K == hottest] == [1200.0]


def test_c120_acid_per_area() -> None:
    per_dot = _account("choi2023/inp-znse-hf-240").per_dot("HF")
    assert per_dot / (3.141592653589793 * 3.3**2) == pytest.approx(53, abs=0.5)


def test_c123_dropwise_for_one_minute() -> None:
    runs = LOAD("choi2023/inp-zns-conventional").timeline()
    assert [e.duration_s for e in runs if isinstance(e, Run) and "SPR3" in e.segment.inflow] == [60.0]


def test_c126_oleic_acid_is_limiting() -> None:
    books = _account("choi2023/diad-se-1")
    assert books.amount("HOA") < min(books.amount("DIAD"), books.amount("SePR3"))


@pytest.mark.parametrize("minutes", ["0.5", "1", "3", "6", "15", "30"])
def test_c134_time_at_200_before_the_quench(minutes: str) -> None:
    read = LOAD(f"choi2023/hf-desorption-{minutes}min")
    hot = [
        e.duration_s
        for e in read.timeline()
        if isinstance(e, Run) and e.segment.start_K == e.segment.end_K == 473.15
    ]
    assert hot == [float(minutes) * 60]
    acid = next(e for e in account(read).entries if e.reagent == "acetone")
    assert acid.volume_L == pytest.approx(0.05e-3)
    assert "before HF" in [e.name for e in read.timeline() if isinstance(e, TakeSample)]


def test_y017_to_y019_halide_put_in() -> None:
    zinc, amine = _account("yuan2023/znbr2-300"), _account("yuan2023/oam-br-300")
    assert zinc.elements["Br"] == pytest.approx(0.8e-3)
    assert amine.elements["Br"] == pytest.approx(0.2e-3)
    carrier = next(e for e in zinc.entries if e.reagent == "OAm")
    assert carrier.amount_mol / zinc.amount("ZnBr2") == pytest.approx(2.0, rel=0.03)
    control = _account("yuan2023/oam-300")
    assert control.amount("OAm") == pytest.approx(carrier.amount_mol, rel=0.01)
    for name in ("znbr2-80", "znbr2-300", "oam-br-300", "oam-300"):
        flows = [
            e.segment.volume_inflow * e.duration_s
            for e in LOAD(f"yuan2023/{name}").timeline()
            if isinstance(e, Run)
        ]
        assert sum(flows) == pytest.approx(2e-3)


def test_an_account_reads_well_and_is_plain_data() -> None:
    books = _account("choi2023/inp-znse")
    assert "SePR3" in books.text()
    assert "727" in books.text()
    assert json.loads(json.dumps(books.to_json()))["dots_mol"] == pytest.approx(220e-9)
    with pytest.raises(KeyError):
        books.per_dot("SPR3")


def test_masses_and_volumes_become_moles() -> None:
    text = (
        "recipe: 1\nsolvent: {reagent: ODE, volume: 5 mL}\nreagents:\n"
        "  salt: {formula: Zn(C2H3O2)2}\n  ether: {formula: C4H10O, density: 0.7134 g/mL}\nsteps:\n"
        "  - add: [{reagent: salt, mass: 183.47 mg}, {reagent: ether, volume: 1 mL}]\n"
    )
    books = account(recipe.from_text(text))
    assert books.amount("salt") == pytest.approx(1e-3, rel=1e-3)
    assert books.amount("ether") == pytest.approx(0.7134 / 74.123, rel=1e-4)
    assert books.closure <= 1e-12
