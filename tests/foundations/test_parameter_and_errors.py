"""Parameters carry their source; errors carry everything that is wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest

from epidot import constants
from epidot.errors import Fault, Faults, InputError, nearest
from epidot.parameter import Parameter, rests_on


def test_a_parameter_needs_source_status_and_bounds() -> None:
    p = Parameter("a_nm", 0.58697, "nm", "Vurgaftman 2001", "literature")
    assert float(p) == 0.58697
    with pytest.raises(ValueError, match="source"):
        Parameter("a_nm", 1.0, "nm", "", "literature")
    with pytest.raises(ValueError, match="status"):
        Parameter("a_nm", 1.0, "nm", "x", "guessed")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="outside"):
        Parameter("a_nm", 3.0, "nm", "x", "assumed", high=2.0)


def test_what_a_result_rests_on() -> None:
    parameters = {
        "b": Parameter("b", 1, "", "x", "assumed"),
        "a": Parameter("a", 1, "", "x", "assumed"),
        "c": Parameter("c", 1, "", "x", "measured"),
    }
    assert rests_on(parameters) == {"measured": ["c"], "assumed": ["a", "b"]}


def test_faults_are_reported_all_at_once_in_the_order_of_lines() -> None:
    faults = Faults("r.yaml")
    faults.add("second", line=7, seen=3)
    faults.add("first", line=2, nearest=["hold"], remedy="do it")
    with pytest.raises(InputError) as caught:
        faults.raise_if_any()
    assert str(caught.value) == "r.yaml:2: first; nearest valid: hold; do it\nr.yaml:7: second, saw '3'"


def test_faults_can_be_taken_over() -> None:
    faults = Faults()
    with faults.catching():
        raise InputError(Fault("bad"))
    assert [f.what for f in faults.found] == ["bad"]


def test_nearest_names() -> None:
    assert nearest("znse", ["ZnSe", "ZnS", "InP"])[0] == "ZnSe"
    assert nearest("qqq", ["ZnSe", "ZnS"]) == ("ZnS", "ZnSe")
    assert nearest("qqq", [f"name{i}" for i in range(20)]) == ()


def test_constants_agree_with_each_other() -> None:
    assert constants.HC == pytest.approx(1239.841984, abs=1e-6)
    assert constants.HBAR2_2M == pytest.approx(0.0380998212, abs=6e-11)
    assert constants.COULOMB == pytest.approx(1.43996455, rel=1e-8)
    assert constants.K_B * 300 == pytest.approx(0.02585199979, rel=1e-9)


def test_importing_epidot_loads_nothing_heavy() -> None:
    heavy = "numpy scipy matplotlib pint yaml xarray h5py ase"
    code = f"import sys, epidot; print([m for m in {heavy.split()!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    import epidot

    assert set(epidot.__all__) == set(epidot._HOMES)
    for name in epidot.__all__:
        assert getattr(epidot, name) is not None
    with pytest.raises(AttributeError, match="load_recipe"):
        _ = epidot.load_recipes
