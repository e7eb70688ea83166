"""Local field, fine structure and the radiative rate."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.dot.layers import Layer, LayeredDot
from epidot.light.fields import field_factors
from epidot.light.parameters import number, parameters
from epidot.light.rates import bright_share, radiative_rate
from epidot.light.states import solve_dot

ONE_LAYER = LayeredDot("InP", 3.3, (Layer("ZnS", 0.312),))


def rate(dot: LayeredDot, **choice: float) -> float:
    return radiative_rate(dot, solve_dot(dot), choice=choice).k_r


def test_field_in_a_plain_sphere():
    """3 ε_out / (ε_in + 2 ε_out)."""
    np.testing.assert_allclose(field_factors([1.7], [12.0, 2.2]), [3 * 2.2 / (12 + 4.4), 1.0])


def test_field_in_a_coated_sphere():
    """9 ε2 ε3 / [(ε2 + 2ε3)(ε1 + 2ε2) + 2 f (ε2 − ε3)(ε1 − ε2)], f = (R1/R2)³ (textbook result)."""
    e1, e2, e3, f = 12.0, 6.0, 2.2, (1.65 / 2.4) ** 3
    expected = 9 * e2 * e3 / ((e2 + 2 * e3) * (e1 + 2 * e2) + 2 * f * (e2 - e3) * (e1 - e2))
    assert field_factors([1.65, 2.4], [e1, e2, e3])[0] == pytest.approx(expected, rel=1e-12)


def test_an_interface_between_equals_changes_nothing():
    np.testing.assert_allclose(
        field_factors([1.0, 2.0], [9.0, 9.0, 2.0]), [*field_factors([2.0], [9.0, 2.0])[[0, 0]], 1.0]
    )


def test_fine_structure_limits():
    assert bright_share(0.0, 300.0) == pytest.approx(1 / 8)
    assert bright_share(0.0125, 1e9) == pytest.approx(1 / 8)
    assert bright_share(0.0125, 10.0) < 1e-6  # frozen into the dark states


def test_calibrated_rate_C105():
    """f_kr was fitted to 0.973 × 0.023 /ns of the dot the staged one-layer recipe grows (about this one)."""
    staged = LayeredDot("InP", 3.0, (Layer("ZnS", 0.42),))
    assert rate(staged) == pytest.approx(0.973 * 0.023, rel=0.03)
    assert parameters()["f_kr"].status == "fitted"
    assert "C105" in parameters()["f_kr"].source


def test_thick_shells_stay_in_the_band_X001():
    thick = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.7), Layer("ZnSe0.5S0.5", 1.2), Layer("ZnS", 0.7)))
    assert 0.018 < rate(thick) < 0.028


def test_solvent_changes_the_rate_by_its_local_field():
    """A thinner medium screens more: the rate falls with the refractive index of the solvent."""
    in_hexane = LayeredDot("InP", 3.3, ONE_LAYER.shells, medium="hexane")
    assert rate(in_hexane) < 0.9 * rate(ONE_LAYER)


def test_choice_overrides():
    assert rate(ONE_LAYER, f_kr=1.0) == pytest.approx(rate(ONE_LAYER) / number("f_kr"))
