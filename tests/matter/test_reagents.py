"""Reagents, dissolved species and ligands."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epidot.errors import InputError
from epidot.matter import formulas, ligands, names, reagents

# The vocabulary of recipes and mechanism.
SPECIES = (
    "Zn(OA)2", "In(OA)3", "P(TMS)3", "TMSOA", "SePR3", "SPR3", "PR3", "OPR3", "PR3(OA)2", "Anh",
    "HOA", "HF", "H2O", "NOBF4", "ODE", "squalane", "toluene", "octane", "acetone", "DMF", "THF",
    "OAm", "OAm-Cl", "OAm-Br", "OAm-I", "ZnCl2", "ZnBr2", "ZnI2", "BPO", "In(OA)2(OH)", "In(OA)F2",
    "In(OA)2F", "Zn(OA)F", "Zn(OA)(OH)", "HSe-1", "HS-1", "ZnSe", "ZnS",
)  # fmt: skip


@pytest.mark.parametrize("species", SPECIES)
def test_every_species_of_the_vocabulary_has_a_formula(species: str) -> None:
    assert all(n > 0 for n in reagents.formula(species).values())


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["Zn(OA)2", "SePR3"], ["ZnSe", "OPR3", "Anh"]),
        (["Zn(OA)2", "SPR3"], ["ZnS", "OPR3", "Anh"]),
        (["PR3(OA)2"], ["OPR3", "Anh"]),
        (["In(OA)3", "P(TMS)3"], ["InP", "TMSOA", "TMSOA", "TMSOA"]),
        (["Zn(OA)2", "HF"], ["Zn(OA)F", "HOA"]),
        (["In(OA)2(OH)", "HF", "HF"], ["In(OA)F2", "HOA", "H2O"]),
        (["In(OA)2F", "HF"], ["In(OA)F2", "HOA"]),
        (["Zn(OA)(OH)", "HOA"], ["Zn(OA)2", "H2O"]),
        (["Anh", "H2O"], ["HOA", "HOA"]),
        (["Se", "PR3"], ["SePR3"]),
        (["Zn(ac)2", "HOA", "HOA"], ["Zn(OA)2", "HOAc", "HOAc"]),
        (["HSe-1", "HF"], ["HSe-1", "HF"]),
        (["SePR3", "HOA"], ["HSe-1"]),
        (["SPR3", "HOA"], ["HS-1"]),
    ],
)
def test_the_chemistry_of_the_papers_balances(left: list[str], right: list[str]) -> None:
    def total(side: list[str]) -> dict[str, float]:
        out: dict[str, float] = {}
        for species in side:
            for symbol, n in reagents.formula(species).items():
                out[symbol] = out.get(symbol, 0) + n
        return out

    assert total(left) == total(right)


def test_molar_mass_and_species_hold_the_same_atoms() -> None:
    for name in sorted({one.name for one in reagents.shelf()}):
        one = reagents.reagent(name)
        weights = formulas.atomic_weights()
        mass = sum(
            amount * weights[symbol] * n
            for species, amount in one.species.items()
            for symbol, n in reagents.formula(species).items()
        )
        assert one.molar_mass == pytest.approx(mass, rel=1e-12), name


def test_hydrofluoric_acid_brings_its_water() -> None:
    """48 % by mass: 52/48 of the mass of HF is water, 1.20 mol for every mol."""
    acid = reagents.reagent("hydrofluoric acid")
    assert acid.species == pytest.approx({"HF": 1.0, "H2O": 52 / 48 * 20.006 / 18.015}, rel=1e-9)
    assert acid.species["H2O"] == pytest.approx(1.20, abs=0.005)
    assert acid.molar_mass == pytest.approx(20.006 / 0.48)
    assert acid.purity == 0.48


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("TOPSe", "SePR3"),
        ("top-se", "SePR3"),
        ("Trioctylphosphine selenide", "SePR3"),
        ("TOP", "PR3"),
        ("PR’3", "PR3"),
        ("zinc oleate", "Zn(OA)2"),
        ("Zn(OA)₂", "Zn(OA)2"),
        ("oleic acid", "HOA"),
        ("1-octadecene", "ODE"),
        ("OLAm", "OAm"),
        ("dibenzoyl peroxide", "BPO"),
        ("N,N-dimethylformamide", "DMF"),
    ],
)
def test_names_a_chemist_types(typed: str, name: str) -> None:
    assert reagents.reagent(typed).name == name


def test_no_two_reagents_share_a_name() -> None:
    seen: dict[str, str] = {}
    for name in sorted({one.name for one in reagents.shelf()}):
        one = reagents.reagent(name)
        for alias in (one.name, *one.aliases):
            owner = seen.setdefault(names.plain(alias), one.name)
            assert owner == one.name, alias


def test_numbers_of_the_shelf() -> None:
    assert reagents.reagent("oleic acid").molar_mass == pytest.approx(282.47, abs=0.01)
    assert reagents.reagent("P(TMS)3").molar_mass == pytest.approx(250.54, abs=0.01)
    assert reagents.refractive_index("toluene") == pytest.approx(1.4969)
    assert reagents.refractive_index("vacuum") == 1.0
    solvent = reagents.reagent("ODE")
    assert solvent.role == "solvent"
    assert solvent.density_g_mL == pytest.approx(0.789)
    assert reagents.reagent("Zn(ac)2").density_g_mL is None
    # C066: 20 mmol of oleic acid and 13.7 mL of octadecene make 20 mL
    acid = reagents.reagent("oleic acid")
    assert acid.density_g_mL is not None
    assert 20e-3 * acid.molar_mass / acid.density_g_mL + 13.7 == pytest.approx(20.0, abs=0.05)


@pytest.mark.parametrize(
    ("look", "name", "message"),
    [
        (reagents.reagent, "zinc olate", "nearest valid: zinc oleate"),
        (reagents.formula, "Zn(OB)2", r"nearest valid: Zn\(OA\)2"),
        (reagents.refractive_index, "tolune", "nearest valid: toluene"),
        (ligands.ligand, "oleat", "nearest valid: oleate"),
    ],
)
def test_unknown_names_give_the_nearest(look, name: str, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=message):
        look(name)


def test_a_plain_formula_is_a_species() -> None:
    assert reagents.formula("InCl3") == {"In": 1.0, "Cl": 3.0}


@settings(deadline=None)  # the first call reads the data files
@given(st.text(max_size=20))
def test_any_name_gives_an_entry_or_a_fault(name: str) -> None:
    for look in (reagents.reagent, reagents.formula, reagents.refractive_index, ligands.ligand):
        with suppress(InputError):
            look(name)


def test_ligands_balance_charge_with_their_acids() -> None:
    for anion, acid in (("oleate", "HOA"), ("stearate", "HSt"), ("acetate", "HOAc"), ("fluoride", "HF")):
        one = ligands.ligand(anion)
        assert (one.kind, one.charge) == ("X", -1)
        proton = {"H": one.elements.get("H", 0) + 1}
        assert reagents.formula(acid) == {**one.elements, **proton}
    assert ligands.ligand("OAm").kind == "L"


def test_oleate_takes_the_area_of_the_measured_coverage() -> None:
    footprint = ligands.ligand("OA").footprint
    assert footprint is not None
    assert 1 / footprint.value == pytest.approx(4.0)
