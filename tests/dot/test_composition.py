"""Eqs 1-3 of choi2023: what follows from the printed inputs, and what stands beside it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epidot.dot.composition import (
    anions_in_shell,
    anions_per_core,
    charge_balance,
    core_diameter_nm,
    layer_of_lattice_nm,
    layer_thickness_nm,
    ligand_coverage,
    shell_thickness_nm,
)
from epidot.errors import InputError
from epidot.matter.compound import charges
from epidot.matter.materials import crystal

A_INP, A_ZNSE = 0.5869, 0.567


def test_eq1() -> None:
    """C004: 143.2, not the printed 149, which needs 2.4292-2.4345 nm."""
    assert anions_per_core(2.4, A_INP) == pytest.approx(143.2, abs=0.05)
    assert anions_per_core(2.432, A_INP) == pytest.approx(149, abs=0.05)
    assert round(anions_per_core(2.4292, A_INP)) == round(anions_per_core(2.4345, A_INP)) == 149
    for a in (0.58687, 0.5869, 0.58697):
        assert round(anions_per_core(2.40, a)) == 143
    assert round(anions_per_core(2.40, 0.579)) == 149


def test_eq1_of_one_cell() -> None:
    """A sphere of the volume of one cell holds its four anions."""
    assert anions_per_core((6 / math.pi) ** (1 / 3), 1.0) == pytest.approx(4, rel=1e-14)


def test_size_if_all_indium_were_lattice() -> None:
    """C007: 2.75 nm."""
    assert core_diameter_nm(215, A_INP) == pytest.approx(2.75, abs=0.005)


def test_eq2() -> None:
    """C008, C010, C011: 18.1 nm2, 4.006 per nm2, 72.5 per dot, whatever the surface."""
    assert ligand_coverage(19.7, 1000e-9, 3.5e-9, 18.1) == pytest.approx(4.006, abs=5e-4)
    for surface in (18.1, math.pi * 2.43**2, 3.0):
        assert ligand_coverage(19.7, 1000e-9, 3.5e-9, surface) * surface == pytest.approx(72.5, abs=0.05)
    assert ligand_coverage(19.7, 1000e-9, 3.5e-9, math.pi * 2.43**2) == pytest.approx(3.91, abs=0.005)


def test_eq3() -> None:
    """C016: 141.3 for half a lattice; three readings give 171."""
    assert anions_in_shell(2.4, A_ZNSE / 2, A_ZNSE) == pytest.approx(141.3, abs=0.05)
    assert anions_in_shell(2.434, A_ZNSE / 2, A_ZNSE) == pytest.approx(144.9, abs=0.05)
    assert anions_in_shell(2.42, 0.3273, A_ZNSE) == pytest.approx(171.1, abs=0.05)
    assert anions_in_shell(2.40, 0.33, 0.5668) == pytest.approx(170.6, abs=0.05)
    assert anions_in_shell(2.43, (3.08 - 2.43) / 2, A_ZNSE) == pytest.approx(170.8, abs=0.05)


def test_supply_arithmetic() -> None:
    """C118 and C100: 746 and 450 Se for two d111(InP); 324, 770, 2104 S for 1, 2, 4 d111(ZnS)."""
    two = 2 * layer_of_lattice_nm(A_INP, "d111")
    assert anions_in_shell(3.3, two, A_ZNSE) == pytest.approx(746, abs=1.0)
    assert anions_in_shell(2.4, two, A_ZNSE) == pytest.approx(450, abs=1.0)
    one = layer_of_lattice_nm(0.5409, "d111")
    for layers, count in ((1, 324), (2, 770), (4, 2104)):
        assert anions_in_shell(3.3, layers * one, 0.5409) == pytest.approx(count, abs=1.0)


@given(st.floats(0.5, 20), st.floats(0.4, 0.7))
def test_size_and_count_are_inverse(d: float, a: float) -> None:
    assert core_diameter_nm(anions_per_core(d, a), a) == pytest.approx(d, rel=1e-12)


@given(st.floats(0.5, 20), st.floats(1e-6, 10), st.floats(0.4, 0.7))
def test_thickness_and_count_are_inverse(d: float, t: float, a: float) -> None:
    assert shell_thickness_nm(d, anions_in_shell(d, t, a), a) == pytest.approx(t, rel=1e-6)


@given(st.floats(0.5, 20), st.floats(0.01, 3), st.floats(0.01, 3))
def test_shells_add_up(d: float, first: float, second: float) -> None:
    both = anions_in_shell(d, first, 0.567) + anions_in_shell(d + 2 * first, second, 0.567)
    assert both == pytest.approx(anions_in_shell(d, first + second, 0.567), rel=1e-9)


def test_no_shell_no_anions() -> None:
    assert anions_in_shell(2.4, 0, A_ZNSE) == 0
    assert shell_thickness_nm(2.4, 0, A_ZNSE) == 0


def test_layer_conventions() -> None:
    assert layer_of_lattice_nm(0.567, "half-lattice") == 0.2835
    assert layer_of_lattice_nm(0.567, "d111") == pytest.approx(0.3274, abs=5e-5)
    assert layer_of_lattice_nm(A_INP, "d111") == pytest.approx(0.339, abs=5e-4)
    assert layer_of_lattice_nm(0.567, 0.35) == 0.35
    with pytest.raises(InputError, match=r"unknown layer convention.*half-lattice.*0.35nm"):
        layer_of_lattice_nm(0.567, "half lattice")
    for bad in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(InputError, match="must be positive"):
            layer_of_lattice_nm(0.567, bad)


def test_ions_of_a_name() -> None:
    for name, cations, anions in (
        ("InP", {"In": 1}, {"P": 1}),
        ("ZnSe0.3S0.7", {"Zn": 1}, {"Se": 0.3, "S": 0.7}),
    ):
        assert crystal(name).cations == cations
        assert crystal(name).anions == anions
    for bad in ("In2O3", "Zn", "znse", "ZnSe!", "", "ZnSe0.5S0.6", "ZnSe.S", "Fe"):
        with pytest.raises(InputError, match=r"zinc blende; In2O3 is not|unknown material|must add up to 1"):
            crystal(bad)


def test_crystals() -> None:
    assert crystal("ZnSe0.5S").name == "ZnSe0.5S0.5"
    assert crystal("ZnSe").a_nm == pytest.approx(0.567, abs=5e-4)
    assert layer_thickness_nm("ZnSe", "half-lattice") == crystal("ZnSe").a_nm / 2
    for name in ("CdO", "In2O3"):
        with pytest.raises(InputError, match=f"zinc blende; {name} is not"):
            crystal(name)
    with pytest.raises(InputError, match=r"unknown material.*ZnSe"):
        crystal("ZnSee")


def test_charge_of_the_printed_dot() -> None:
    """C019: +126, closed by 72 {In}(OA)(OH) + 27 {In}O."""
    balance = charge_balance({"In": 215, "P": 149, "OA": 72})
    assert balance.imbalance == 126
    assert balance.closure == {"OH": 72, "O": 27}
    assert "126 negative charges are missing" in balance.note
    assert charge_balance({"In": 215, "P": 149, "OA": 72, **balance.closure}).imbalance == 0


def test_charge_the_other_way() -> None:
    balance = charge_balance({"Zn": 10, "Se": 10, "OA": 3})
    assert balance.imbalance == -3
    assert balance.closure == {}
    assert "3 positive charges are missing" in balance.note
    assert charge_balance({"In": 1, "OA": 3}).note == "the charges balance"


@given(st.dictionaries(st.sampled_from(sorted(charges())), st.floats(0, 1e4)))
def test_closure_closes(counts: dict[str, float]) -> None:
    balance = charge_balance(counts)
    if balance.closure:
        more = {k: counts.get(k, 0) + balance.closure.get(k, 0) for k in {*counts, *balance.closure}}
        assert charge_balance(more).imbalance == pytest.approx(0, abs=1e-6)


def test_charge_faults_come_together() -> None:
    with pytest.raises(InputError) as caught:
        charge_balance({"Inn": 1, "P": -2, "OA": math.nan})
    assert len(caught.value.faults) == 3
    assert "nearest valid: In" in str(caught.value)


def test_readings_of_the_paper_that_give_its_numbers() -> None:
    """C004, C016, C019: what is printed does not follow at 2.40 nm; these readings give it."""
    assert round(anions_per_core(2.4, 0.5869)) == 143
    assert round(anions_per_core(2.432, 0.5869)) == round(anions_per_core(2.4, 0.579)) == 149
    assert round(anions_in_shell(2.4, 0.567 / 2, 0.567)) == 141
    assert round(anions_in_shell(2.42, 0.3273, 0.567)) == 171
    assert round(anions_in_shell(2.43, (3.08 - 2.43) / 2, 0.567)) == 171
    assert charge_balance({"In": 215, "P": 149, "OA": 72, "OH": 72, "O": 27}).imbalance == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: anions_per_core(-1, 0.5),
        lambda: anions_per_core(2.4, 0),
        lambda: anions_in_shell(2.4, -0.1, 0.5),
        lambda: shell_thickness_nm(2.4, -1, 0.5),
        lambda: ligand_coverage(0, 1, 1, 1),
        lambda: ligand_coverage(1, 1, 0, 1),
    ],
)
def test_nonsense_is_refused(call) -> None:
    with pytest.raises(ValueError):
        call()
