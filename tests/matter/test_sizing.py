"""Sizing curves: the papers' points, published check points, and the data one curve was fitted to."""

from __future__ import annotations

import csv
import math
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epidot.constants import HC
from epidot.errors import InputError
from epidot.matter import sizing


def curve(material: str, name: str) -> sizing.SizingCurve:
    return next(c for c in sizing.curves(material) if c.name == name)


@pytest.mark.parametrize(("nm", "low", "high"), [(470, 2.2, 2.6), (580, 3.0, 3.6)])  # C002, C003
def test_sizes_of_the_paper(nm: float, low: float, high: float) -> None:
    found = sizing.diameter("InP", nm)
    assert found.value is not None
    assert low <= found.value <= high
    assert found.sigma is not None
    assert found.sigma > 0.1
    assert "choi2023" in found.note
    assert "recipe set" in found.note


def test_two_point_curve_goes_through_its_points_with_the_exponent_of_c127() -> None:
    law = curve("InP", "choi2023")
    assert law.diameter_nm(470) == pytest.approx(2.4, rel=1e-12)
    assert law.diameter_nm(580) == pytest.approx(3.3, rel=1e-12)
    exponent = math.log((HC / 470 - 1.344) / (HC / 580 - 1.344)) / math.log(3.3 / 2.4)
    assert law.power_law() == pytest.approx((1.344, (HC / 470 - 1.344) * 2.4**exponent, exponent))
    assert exponent == pytest.approx(1.53, abs=0.01)  # the claim works with rounded energies


def test_recipe_set_line_is_the_least_squares_line_of_its_data(shared_data: Path) -> None:
    """Energy on 1/diameter, rows without zinc; the outliers are those the data's own readme names."""
    outliers = {(8.3, 532.0), (2.61, 610.0), (1.95, 595.0)}
    path = shared_data / "recipes" / "cossairt-inp" / "hao_dataset.csv"
    inverse, energy = [], []
    with path.open(encoding="utf-8-sig", newline="") as handle:
        for row in csv.DictReader(handle):
            if "None" in (row["diameter_nm"], row["abs_nm"]) or row["zinc"] not in ("None", "0", ""):
                continue
            d, nm = float(row["diameter_nm"]), float(row["abs_nm"])
            if (d, nm) not in outliers:
                inverse.append(1 / d)
                energy.append(HC / nm)
    slope, offset = np.polyfit(inverse, energy, 1)
    rms = math.sqrt(np.sum((np.polyval([slope, offset], inverse) - energy) ** 2) / (len(energy) - 2))
    line = curve("InP", "recipe set")
    assert len(energy) == 25
    assert line.power_law() == pytest.approx((offset, slope, 1.0), abs=2e-4)
    assert line.rms_eV == pytest.approx(rms, abs=1e-3)


def test_edges_of_tetrahedra_are_shown_but_not_averaged_with_diameters() -> None:
    """E = 1.33 + 9.128 (edge in Å)^-0.684; a tetrahedron of edge L holds L^3/(6 sqrt 2)."""
    law = curve("InP", "almeida2023")
    edge_nm = (9.128 / (HC / 580 - 1.33)) ** (1 / 0.684) / 10
    sphere = (6 / math.pi * edge_nm**3 / (6 * math.sqrt(2))) ** (1 / 3)
    assert law.diameter_nm(580) == pytest.approx(sphere, rel=1e-4)
    assert not law.compared
    assert "not compared: almeida2023" in sizing.diameter("InP", 580).note


@pytest.mark.parametrize(("nm", "diameter"), [(500, 2.345), (550, 3.040), (600, 4.583)])
def test_cdse_polynomial_of_yu(nm: float, diameter: float) -> None:
    """1.6122e-9 w^4 - 2.6575e-6 w^3 + 1.6242e-3 w^2 - 0.4277 w + 41.57, worked out by hand."""
    assert curve("CdSe", "yu2003").diameter_nm(nm) == pytest.approx(diameter, abs=1e-3)


def test_cdse_curves_agree_where_both_hold() -> None:
    for nm in range(480, 640, 10):
        one, two = (c.diameter_nm(nm) for c in sizing.curves("CdSe"))
        assert one == pytest.approx(two, rel=0.07)


def test_sigma_joins_the_spread_and_the_curves_own_error() -> None:
    found = sizing.diameter("CdSe", 550)
    one, two = (c.diameter_nm(550) for c in sizing.curves("CdSe"))
    assert found.value == one
    assert found.sigma == pytest.approx(math.hypot(one - two, 0.05 * one))


@pytest.mark.parametrize("material", sizing.materials())
def test_every_curve_grows_over_its_range(material: str) -> None:
    for one in sizing.curves(material):
        sizes = [one.diameter_nm(nm) for nm in np.linspace(*one.valid_nm, 200)]
        assert np.all(np.diff(sizes) > 0), one.name
        assert 0.5 < sizes[0] < sizes[-1] < 12


@settings(deadline=None)  # the first call reads the data files
@given(st.sampled_from(sizing.materials()), st.floats(0.02, 0.98))
def test_there_and_back(material: str, share: float) -> None:
    one = sizing.curves(material)[0]
    low, high = one.valid_nm
    nm = low + share * (high - low)
    assert one.first_exciton_nm(one.diameter_nm(nm)) == pytest.approx(nm, abs=1e-6)
    size = sizing.diameter(material, nm)
    assert size.value is not None
    back = sizing.first_exciton_nm(material, size.value)
    assert back.value == pytest.approx(nm, abs=1e-6)
    assert back.sigma is not None
    assert back.sigma > 0


@settings(deadline=None)  # the first call reads the data files
@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_gives_a_size_or_a_fault(number: float) -> None:
    for look in (sizing.diameter, sizing.first_exciton_nm, sizing.extinction):
        with suppress(InputError):
            found = look("CdSe", number)
            assert found.value is not None
            assert math.isfinite(found.value)


def test_outside_every_curve_is_refused_with_the_range() -> None:
    with pytest.raises(InputError, match="the curves reach from 440 to 655 nm"):
        sizing.diameter("InP", 400)
    with pytest.raises(InputError, match="outside every sizing curve of InP"):
        sizing.first_exciton_nm("InP", 12)


@pytest.mark.parametrize("material", ["ZnSe", "GaAs", "InP/ZnS"])
def test_materials_without_a_curve_are_refused_with_what_there_is(material: str) -> None:
    with pytest.raises(InputError, match="there are curves for CdS, CdSe, InP"):
        sizing.diameter(material, 500)


def test_extinction_of_cdse() -> None:
    """5857 D^2.65 at 3.04 nm; the second curve differs by 1.7 there and is in the error."""
    found = sizing.extinction("CdSe", 550)
    assert found.value == pytest.approx(5857 * 3.0403**2.65, rel=1e-3)
    assert found.sigma is not None
    assert found.value is not None
    assert 0.15 < found.sigma / found.value < 1
    assert "not corrected for the width" in found.note
    other = 155507 + 6.67054e13 * math.exp(-HC / 550 / 0.10551)
    assert sizing.extinction("CdSe", 550, hwhm_eV=0.06).value == pytest.approx(other)
    assert sizing.extinction("CdSe", 550, hwhm_eV=0.12).value == pytest.approx(other / 2)


def test_extinction_of_cds() -> None:
    size = sizing.diameter("CdS", 400).value
    assert size is not None
    assert sizing.extinction("CdS", 400).value == pytest.approx(21536 * size**2.3)


@pytest.mark.parametrize("material", ["InP", "ZnSe"])
def test_no_trusted_extinction_coefficient_says_what_to_do(material: str) -> None:
    with pytest.raises(InputError, match="give the amount of dots"):
        sizing.extinction(material, 550)


@pytest.mark.parametrize("width", [0.0, -0.1, float("nan"), float("inf")])
def test_a_width_must_be_a_width(width: float) -> None:
    with pytest.raises(InputError, match="half width"):
        sizing.extinction("CdSe", 550, hwhm_eV=width)
