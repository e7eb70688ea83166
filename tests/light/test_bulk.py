"""Absorption of a layered sphere with measured dielectric functions."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.constants import HC
from epidot.dot.layers import Layer, LayeredDot
from epidot.errors import InputError
from epidot.light.bulk import cross_section, dielectric
from epidot.light.fields import polarisability
from epidot.matter.materials import material, names


def test_plain_sphere():
    """α = 4πR³ (ε − ε_out)/(ε + 2ε_out)."""
    eps, out = 7.5 + 4.5j, 1.9
    expected = 4 * np.pi * 1.5**3 * (eps - out) / (eps + 2 * out)
    assert polarisability([1.5], [eps, out]) == pytest.approx(expected, rel=1e-12)


def test_coated_sphere():
    """The textbook form with f = (R1/R2)³."""
    e1, e2, e3, f = 12 + 3j, 7 + 1j, 2.2, (1.6 / 2.4) ** 3
    up = (e2 - e3) * (e1 + 2 * e2) + f * (e1 - e2) * (e3 + 2 * e2)
    down = (e2 + 2 * e3) * (e1 + 2 * e2) + 2 * f * (e2 - e3) * (e1 - e2)
    assert polarisability([1.6, 2.4], [e1, e2, e3]) == pytest.approx(
        4 * np.pi * 2.4**3 * up / down, rel=1e-12
    )


def test_weak_absorber_absorbs_with_its_volume_and_field():
    """σ = (2π/λ n) V ε″ |F|², the small-particle form."""
    dot, eV = LayeredDot("InP", 3.3), np.array([2.6])
    eps, n2 = dielectric("InP", eV)[0], 1.4969**2
    field = abs(3 * n2 / (eps + 2 * n2)) ** 2
    expected = 2 * np.pi * eV / HC / np.sqrt(n2) * 4 / 3 * np.pi * 1.65**3 * eps.imag * field
    assert cross_section(dot, eV)[0] == pytest.approx(expected[0], rel=2e-3)


@pytest.mark.parametrize("radius", [1.5, 2.5])
def test_CdSe_at_350_nm_against_leatherdale2002(radius):
    """Measured in hexane: 5.501e5 a³ cm² with a in cm (doi:10.1021/jp025698c); 2 % below it."""
    found = cross_section(LayeredDot("CdSe", 2 * radius, medium="hexane"), [HC / 350])[0] * 1e-14
    assert found == pytest.approx(5.501e5 * (radius * 1e-7) ** 3, rel=0.05)


def test_a_shell_of_the_cores_material_is_a_larger_core():
    eV = np.linspace(2.5, 4.5, 9)
    np.testing.assert_allclose(
        cross_section(LayeredDot("InP", 3.3, (Layer("InP", 0.4),)), eV),
        cross_section(LayeredDot("InP", 4.1), eV),
        rtol=1e-12,
    )


def test_mixed_crystals_are_the_mean_of_their_ends():
    eV = np.array([3.0, 4.0])
    np.testing.assert_allclose(
        dielectric("ZnSe0.25S0.75", eV), 0.25 * dielectric("ZnSe", eV) + 0.75 * dielectric("ZnS", eV)
    )


def test_tables_are_physical():
    tables = {name: optics for name in names() if (optics := material(name).optics) is not None}
    assert {"InP", "ZnSe", "ZnS", "CdSe", "CdS"} <= set(tables)
    for name, optics in tables.items():
        assert optics.eV.size == optics.eps.size >= 19, name
        assert np.all(np.diff(optics.eV) > 0)
        assert np.all(optics.eps.imag >= 0)


def test_unknown_material():
    with pytest.raises(InputError, match="no optical constants"):
        dielectric("In2O3", [3.0])
