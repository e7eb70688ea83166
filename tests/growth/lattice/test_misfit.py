"""What misfit costs a unit: the biaxial limit on a bare core, and less as the shell wins over the core."""

from __future__ import annotations

import pytest

from epidot.dot.coherency import coherency
from epidot.dot.elasticity import isotropic_moduli, poisson_ratio
from epidot.growth.lattice.misfit import energy_eV, shells_of
from epidot.matter.materials import material

EV = 1.602176634e-19


@pytest.mark.parametrize("shell", ["ZnS", "ZnSe"])
def test_on_a_bare_core_all_of_the_misfit_is_paid(shell: str) -> None:
    m, core = material(shell), material("InP")
    K, G = isotropic_moduli(m["C11_GPa"], m["C12_GPa"], m["C44_GPa"])
    nu = poisson_ratio(K, G)
    strain = coherency(core, m) * (m["a_nm"] / core["a_nm"] - 1)
    joule = 2e9 * G * (1 + nu) / (1 - nu) * strain**2 * (m["a_nm"] * 1e-9) ** 3 / 4
    assert energy_eV("InP", 3.3, (), shell) == pytest.approx(joule / EV, rel=1e-12)


def test_it_falls_as_the_shell_gets_thicker_and_vanishes() -> None:
    found = [energy_eV("InP", 3.3, (("ZnS", n),), "ZnS") for n in (100.0, 300.0, 1000.0, 1e7)]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 1e-6


def test_a_unit_without_misfit_costs_nothing() -> None:
    assert energy_eV("ZnS", 3.3, (("ZnS", 300.0),), "ZnS") == pytest.approx(0.0, abs=1e-15)


def test_less_than_half_a_unit_is_no_shell() -> None:
    assert shells_of({"S": 0.3, "Se": 12.04}, {"Se": "ZnSe", "S": "ZnS"}) == (("ZnSe", 12.0),)
