"""Raman: phonons of dots, lines and background in one likelihood, files in any order and unit."""

from __future__ import annotations

import struct
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import voigt_profile

from epidot.constants import FWHM
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.dot.strain import phonon_shift, strain
from epidot.errors import InputError
from epidot.instruments import raman
from epidot.instruments.raman import joint, modes
from epidot.instruments.raman.lines import branch, line, spread, spread_width, summit, tailed, with_slopes
from epidot.instruments.raman.phonons import confined_to, vibrations
from epidot.instruments.raman.trial import truths
from epidot.matter.materials import material
from epidot.parameter import STATUSES
from epidot.signal import Signal
from epidot.signal.slopes import slopes
from epidot.signal.storage import save

Array = NDArray[np.float64]

BARE = LayeredDot("InP", 3.3)
COATED = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.65),), oxide=80.0)


def spectrum(x: Array, y: Array, kind: str = "counts", **meta: float) -> Signal:
    return Signal(
        "raman",
        x,
        y,
        "Raman shift",
        "cm-1",
        "intensity",
        "counts",
        kind,
        "measured",
        meta=dict(meta),  # type: ignore[arg-type]
    )


def by_name(dot: LayeredDot, law: str = "wave") -> dict[str, float]:
    return {one.name: float(one.places @ one.shares) for one in vibrations(dot, law)}


# --- data ---------------------------------------------------------------------------------------------------


def test_every_number_of_the_lines_has_a_source_and_a_status() -> None:
    numbers = [p for s in modes.surface_lines().values() for p in (s.place, s.width, s.strength)]
    for parameter in (*numbers, *modes.confinements().values()):
        assert parameter.source
        assert parameter.status in STATUSES
    assert {m.name for m in modes.chosen("InP ZnSe")} > {"InP_LO", "InP_TO", "ZnSe_LO", "ZnSe_TO", "oxide"}


def test_the_lines_that_may_be_reported_are_those_of_the_data() -> None:
    declared = {q.name for q in raman.HEADER.quantities}
    for name in modes.scattering():
        assert f"{name}_LO_cm1" in declared
    for name in modes.surface_lines():
        assert f"{name}_area" in declared


def test_lo_and_to_keep_the_relation_of_lyddane_sachs_and_teller() -> None:
    """ω_LO²/ω_TO² = ε(0)/ε(∞): two tables that know nothing of each other, within 4 % of the frequency."""
    for name in ("InP", "ZnSe", "ZnS"):
        m = material(name)
        assert m["LO_cm1"] / m["TO_cm1"] == pytest.approx((m["eps0"] / m["eps_inf"]) ** 0.5, rel=0.04)


# --- phonons ------------------------------------------------------------------------------------------------


def test_strain_moves_the_core_by_eq_4() -> None:
    free, strained = by_name(BARE)["InP_LO"], by_name(replace(COATED, oxide=0.0))["InP_LO"]
    core = strain(COATED, spread=False).core
    assert core < 0
    assert strained / free - 1 == pytest.approx(phonon_shift(core, 1.24), rel=1e-12)


def test_confinement_takes_off_what_the_branch_falls_and_ends_in_the_bulk() -> None:
    m = material("InP")
    large = by_name(LayeredDot("InP", 1000.0))["InP_LO"]
    assert large == pytest.approx(m["LO_cm1"], abs=1e-3)
    assert by_name(BARE, "none")["InP_LO"] == m["LO_cm1"]
    q = m.a_nm / 3.3  # π/R in units of 2π/a
    expected = m["LO_cm1"] - (m["LO_cm1"] - m["LO_X_cm1"]) * np.sin(np.pi * q / 2) ** 2
    assert by_name(BARE)["InP_LO"] == pytest.approx(expected, rel=1e-12)
    assert branch(345.0, 332.0, np.array([0.0, 1.0])) == pytest.approx([345.0, 332.0])


@pytest.mark.parametrize(("law", "width"), [("richter", 1 / 4), ("campbell", 1 / (16 * np.pi**2))])
def test_gaussian_weights_are_those_of_the_papers(law: str, width: float) -> None:
    """<q²> and <q⁴> of exp(-q²d² width) in three dimensions, by quadrature."""
    d = 3.3
    q, share = confined_to(law, d, sphere=True, a_nm=0.05)  # a zone without edge
    q = q * 2 * np.pi / 0.05

    def moment(n: int) -> float:
        scale = 1 / (d * np.sqrt(width))
        return float(quad(lambda u: u ** (2 + n) * np.exp(-u * u), 0, 12)[0] * scale**n)

    for n in (2, 4):
        assert share @ q**n == pytest.approx(moment(n) / moment(0), rel=1e-4)
    a = 0.587  # a zone that ends before the weight does
    q, share = confined_to(law, 1.2, sphere=True, a_nm=a)
    steep = (2 * np.pi / a * 1.2) ** 2 * width
    whole, part = (quad(lambda u, n=n: u ** (2 + n) * np.exp(-steep * u * u), 0, 1)[0] for n in (0, 2))
    assert share @ q**2 == pytest.approx(part / whole, rel=1e-4)


def test_a_mixed_crystal_keeps_a_line_of_each_end() -> None:
    alloy = by_name(LayeredDot("InP", 3.3, (Layer("ZnSe0.5S0.5", 50.0, coherency=0.0),)), "none")
    m = material("ZnS").alloys["ZnSe"]
    assert alloy["ZnS_LO"] == pytest.approx((350.0 + m["dilute_cm1"].value) / 2, abs=0.5)
    assert alloy["ZnSe_LO"] == pytest.approx((252.0 + m["dilute_other_cm1"].value) / 2, abs=0.5)


def test_an_amorphous_shell_has_no_phonon_and_strains_nothing() -> None:
    amorphous = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.65, crystalline=0.0),))
    found = by_name(amorphous)
    assert "ZnSe_LO" not in found
    assert found["InP_LO"] == pytest.approx(by_name(BARE)["InP_LO"], rel=1e-12)


# --- lines --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resolution", [0.0, 0.5, 4.0])
def test_lines_are_voigt_profiles_with_true_slopes(resolution: float) -> None:
    x = np.linspace(250, 450, 2001)
    y, by_place, by_width = with_slopes(x, 345.0, 12.0, resolution)
    assert y == pytest.approx(voigt_profile(x - 345, resolution / FWHM, 6.0), rel=1e-9)
    numeric = slopes(lambda v: line(x, v[0], v[1], resolution), np.array([345.0, 12.0]))
    assert by_place == pytest.approx(numeric[:, 0], abs=1e-7)
    assert by_width == pytest.approx(numeric[:, 1], abs=1e-7)


@pytest.mark.parametrize("dimensions", [1, 3])
@pytest.mark.parametrize("tail", [1e-3, 0.05, 0.4])
def test_confined_lines_have_true_slopes_and_the_area_of_one(tail: float, dimensions: int) -> None:
    x = np.linspace(-4000, 4000, 40001)
    y, *by = tailed(x + 345.0, 345.0, 12.0, 4.0, tail, 39.0 / 345, dimensions)
    assert float(np.trapezoid(y, x)) == pytest.approx(1.0, abs=2e-3)  # a Lorentz line's wings
    near = np.abs(x) < 100
    numeric = slopes(
        lambda v: tailed(x[near] + 345.0, v[0], v[1], 4.0, v[2], 39.0 / 345, dimensions)[0],
        np.array([345.0, 12.0, tail]),
    )
    for k, one in enumerate(by):
        assert one[near] == pytest.approx(numeric[:, k], abs=1e-6 * float(np.max(np.abs(one))))
    fine = np.linspace(-60, 30, 900001)
    shape = tailed(fine + 345, 345.0, 12.0, 0.0, tail, 39.0 / 345, dimensions)[0]
    above = fine[shape > shape.max() / 2]
    place, width = summit(345.0, 12.0, tail, 39.0 / 345, dimensions)
    assert place - 345 == pytest.approx(float(fine[np.argmax(shape)]), abs=1e-3)
    assert width == pytest.approx(float(above[-1] - above[0]), abs=1e-3)


def test_strain_moves_a_confined_line_whole() -> None:
    """Edge and fall in proportion, as in a strained crystal: what is simulated is what is fitted."""
    q, shares = confined_to("campbell", 0.65, sphere=False, a_nm=0.5668)
    x = np.linspace(150, 300, 301)
    true = sum(s * line(x, p, 18.0, 4.0) for s, p in zip(shares, 0.93 * branch(252.0, 213.0, q), strict=True))
    tail = 236.8705056261446 / 3 / (0.65 * 2 * np.pi / 0.5668) ** 2
    assert tailed(x, 0.93 * 252.0, 18.0, 4.0, tail, 39.0 / 252, 1)[0] == pytest.approx(true, rel=1e-9)


def test_a_confined_line_without_tail_is_the_line() -> None:
    x = np.linspace(250, 450, 401)
    assert tailed(x, 345.0, 12.0, 4.0, 0.0, 0.04)[0] == pytest.approx(line(x, 345.0, 12.0, 4.0), rel=1e-12)
    assert summit(345.0, 12.0, 0.0, 0.04) == pytest.approx((345.0, 12.0), rel=1e-9)


def test_scattered_places_make_a_voigt_line() -> None:
    x = np.linspace(250, 450, 2001)
    y, *by = spread(x, 345.0, 12.0, 4.0, 9.0)
    sigma = np.hypot(4.0 / FWHM, 3.0)
    assert y == pytest.approx(voigt_profile(x - 345, sigma, 6.0), rel=1e-9)
    numeric = slopes(lambda v: spread(x, v[0], v[1], 4.0, v[2])[0], np.array([345.0, 12.0, 9.0]))
    for k, one in enumerate(by):
        assert one == pytest.approx(numeric[:, k], abs=1e-7)
    assert spread_width(12.0, 0.0) == 12.0
    assert spread_width(1e-6, 9.0) == pytest.approx(3.0 * FWHM, rel=1e-5)  # a Gaussian


# --- measuring ----------------------------------------------------------------------------------------------


def six(rng: np.random.Generator) -> Signal:
    """Six Lorentz lines and a cubic background, as in notes on what peers do with them."""
    x = np.linspace(100.0, 1122.0, 1024)
    u = (x - 600) / 500
    y = 3000 * (1 + 0.2 * u - 0.1 * u**2 + 0.05 * u**3)
    for place, width, height in (
        (205, 14, 900),
        (240, 18, 1500),
        (304, 14, 700),
        (345, 14, 2000),
        (150, 40, 500),
        (1000, 60, 400),
    ):
        y = y + height * (np.pi * width / 2) * line(x, place, width, 0.0)
    return spectrum(x, rng.poisson(y).astype(float))


def test_six_lines_and_background_are_lmfits_in_values_and_errors() -> None:
    lmfit = pytest.importorskip("lmfit")
    signal = six(np.random.default_rng(3))
    wanted = [m for m in modes.chosen("InP ZnSe") if not m.name.startswith("In2O3")]
    found = joint.fit(signal, wanted, [], 3, 0.0)
    model = lmfit.models.PolynomialModel(3, prefix="b_")
    values = {"b_c0": 3000.0, "b_c1": 0.0, "b_c2": 0.0, "b_c3": 0.0}
    for k, mode in enumerate(wanted):
        model += lmfit.models.LorentzianModel(prefix=f"{mode.name}_")
        values |= {f"{mode.name}_center": mode.place, f"{mode.name}_sigma": mode.width / 2}
        values[f"{mode.name}_amplitude"] = float(found.values[found.area(k)])
    weights = 1 / np.sqrt(found.curve)
    peer = model.fit(signal.y, model.make_params(**values), x=signal.x, weights=weights, scale_covar=False)
    sigma = np.sqrt(np.diag(np.linalg.inv(found.design.T @ found.design)))
    for k, mode in enumerate(wanted):
        centre = peer.params[f"{mode.name}_center"]
        assert found.values[2 * k] == pytest.approx(centre.value, abs=0.02 * centre.stderr)
        assert sigma[2 * k] == pytest.approx(centre.stderr, rel=0.02)
        half = peer.params[f"{mode.name}_sigma"]
        assert found.values[2 * k + 1] == pytest.approx(2 * half.value, abs=0.04 * half.stderr)


def test_strain_is_counted_from_the_reference_that_is_named() -> None:
    rng = np.random.default_rng(2)
    signal = raman.simulate([COATED], {"counts": 2e4, "background": 500.0}, rng=rng)
    confined = raman.measure(signal, diameter_nm=3.3)["strain"]
    truth = strain(COATED, spread=False).core
    assert abs(confined.value - truth) < 4 * confined.sigma
    assert "the bulk confined to 3.3 nm" in confined.method
    bulk = raman.measure(signal)["strain"]
    assert "confinement is not taken off" in bulk.method
    assert bulk.value > confined.value + 3 * confined.sigma


def test_the_selenide_line_is_given_as_reported_and_as_strained_bulk() -> None:
    signal = raman.simulate([COATED], {"counts": 2e4}, rng=np.random.default_rng(2))
    found = raman.measure(signal)
    assert found["ZnSe_LO_cm1"].value < 240
    stretched = found["ZnSe_LO_strain"]
    assert stretched.value > 0.02
    assert "the whole lattice of InP would bring it to 230.0 cm-1" in stretched.note


def layered(*shells: tuple[str, float], oxide: float = 0.0) -> Signal:
    """Some fifty dots of 3.3 nm InP with these shells, 3000 counts."""
    dot = LayeredDot("InP", 3.3, tuple(Layer(*one) for one in shells), oxide=oxide)
    dots = Population.drawn(dot, 50, 0.06, np.random.default_rng(1))
    return raman.simulate(dots, rng=np.random.default_rng(1))


@pytest.mark.parametrize("crystals", ["InP ZnS", "InP"])
def test_whatever_crystals_are_named_no_strong_line_is_lost(crystals: str) -> None:
    """The lines of a shell that was not named are bands, told first, and take no line of InP with them."""
    signal = layered(("ZnSe", 0.65), oxide=80.0)
    right, found = raman.measure(signal), raman.measure(signal, crystals=crystals)
    for band, known_as in (
        ("band2", "ZnSe_LO"),
        ("band1", "ZnSe_TO"),
        ("InP_LO", "InP_LO"),
        ("InP_TO", "InP_TO"),
    ):
        for name in ("cm1", "width_cm1", "area"):
            known = right[f"{known_as}_{name}"]
            assert found[f"{band}_{name}"].value == pytest.approx(known.value, abs=known.sigma + 1e-6)
    first = found.warnings[0]
    assert first.startswith(
        "band2: a line at 233.9 cm-1, 100% as high as the highest, is none of those looked"
    )
    assert "it may be ZnSe_LO (bulk 252 cm-1)" in first
    assert "ZnSe_TO" in found["band1_cm1"].note
    assert not any("band" in name for name in right)
    assert "band1_cm1" in raman.fit(signal, "peaks", crystals=crystals).parameters


def test_two_lines_where_one_of_the_core_may_lie_give_no_strain() -> None:
    """InP compressed to 362 cm-1 and ZnS at 337: neither is known to be the LO of InP."""
    found = raman.measure(layered(("ZnSe", 1.3), ("ZnS", 0.6)), crystals="InP ZnS")
    assert found["strain"].value is None
    assert "may as well be the line of LO of InP" in found["strain"].note


def test_a_compressed_core_is_within_reach() -> None:
    """3.3 nm InP in 1.3 nm of ZnSe: 1.7 % of compression, 12 cm-1 up, and the TO 14."""
    dot = LayeredDot("InP", 3.3, (Layer("ZnSe", 1.3),))
    found = raman.measure(layered(("ZnSe", 1.3)))
    for name in ("InP_LO", "InP_TO"):
        place = found[f"{name}_cm1"]
        assert abs(place.value - by_name(dot)[name]) < max(4 * place.sigma, 0.5)  # sizes differ


def test_the_lo_of_a_thin_shell_is_not_taken_for_its_to() -> None:
    """At 0.5 nm of ZnSe the LO lies at 225 cm-1, where the reach of the TO ends, and is the stronger."""
    dot = LayeredDot("InP", 3.4, (Layer("ZnSe", 0.5),), oxide=60.0)
    true = by_name(dot)
    for seed in range(3):
        signal = raman.simulate(
            [dot], {"counts": 2400.0, "resolution_cm1": 6.0}, rng=np.random.default_rng([9, seed])
        )
        found = raman.measure(signal)
        for name in ("ZnSe_LO", "ZnSe_TO"):
            assert abs(found[f"{name}_cm1"].value - true[name]) < 4 * found[f"{name}_cm1"].sigma


def test_a_line_that_no_crystal_has_is_told() -> None:
    x = np.arange(90.0, 1120.0)
    y = 500 + 3e4 * (line(x, 345.0, 12.0, 4.0) + line(x, 700.0, 12.0, 4.0))
    signal = spectrum(x, np.random.default_rng(1).poisson(y).astype(float), resolution_cm1=4.0)
    found = raman.measure(signal)
    place = found["band1_cm1"]
    assert abs(place.value - 700) < 4 * place.sigma < 1
    assert "no crystal or surface known to epidot has a line there" in found.warnings[0]
    assert not any(name.startswith("band") for name in raman.measure(signal, mask="600-800"))


def test_noise_makes_no_bands() -> None:
    rng = np.random.default_rng(12)
    for _ in range(8):
        found = raman.measure(raman.simulate([BARE], {"counts": 2000.0, "step_cm1": 2.0}, rng=rng))
        assert not any(name.startswith("band") for name in found)


def one_line(y: Array, counts: float, seed: int) -> Signal:
    """A line of ``y`` (n,) over the shifts of ``SHIFTS`` on a background that falls."""
    mean = 1000 * (1 + 0.3 * np.exp(-SHIFTS / 400)) + counts * y / y.max()
    readings = np.random.default_rng(seed).poisson(mean).astype(float)
    return spectrum(SHIFTS, readings, resolution_cm1=4.0)


SHIFTS = np.arange(90.0, 1120.0)


def test_a_gaussian_line_is_told_from_a_lorentz_line_and_from_a_tail() -> None:
    y = np.exp(-0.5 * ((SHIFTS - 345) * FWHM / 14) ** 2)
    found = raman.measure(one_line(y, 3000.0, 1), lines="InP_LO")
    place, width = found["InP_LO_cm1"], found["InP_LO_width_cm1"]
    assert "with places that scatter" in place.method
    assert abs(place.value - 345) < 4 * place.sigma < 1
    assert abs(width.value - np.sqrt(14**2 - 4**2)) < 4 * width.sigma < 2


def test_a_tail_of_confinement_is_found_and_the_maximum_read_off() -> None:
    y = tailed(SHIFTS, 345.0, 8.0, 4.0, 0.3, 13.0 / 345)[0]
    top, width = summit(345.0, 8.0, 0.3, 13.0 / 345)
    found = raman.measure(one_line(y, 3e4, 1), lines="InP_LO")
    assert "a tail of confinement" in found["InP_LO_cm1"].method
    assert abs(found["InP_LO_cm1"].value - top) < 4 * found["InP_LO_cm1"].sigma < 1
    assert abs(found["InP_LO_width_cm1"].value - width) < 4 * found["InP_LO_width_cm1"].sigma < 2
    fitted = raman.fit(one_line(y, 3e4, 1), "peaks", lines="InP_LO")
    assert fitted.status == "converged"
    assert 0 < fitted.parameters["InP_LO_tail"].value < 1


@pytest.mark.parametrize("other", [("two lines", 13.0), ("a skew", 0.0)])
def test_a_line_of_another_shape_is_told_and_has_no_small_error(other: tuple[str, float]) -> None:
    if other[1]:
        y = 0.7 * line(SHIFTS, 345.0, 12.0, 4.0) + 0.3 * line(SHIFTS, 345.0 + other[1], 12.0, 4.0)
    else:
        away = np.linspace(0, 60, 121)
        weights = np.exp(-away / 8) / np.sum(np.exp(-away / 8))
        y = sum(w * line(SHIFTS, 345.0 + a, 12.0, 4.0) for w, a in zip(weights, away, strict=True))
    found = raman.measure(one_line(y, 3000.0, 1), lines="InP_LO")
    assert any("LO of InP has not the shape fitted" in w for w in found.warnings)
    assert found["InP_LO_cm1"].sigma is None
    assert found["strain"].sigma is None
    plain = raman.measure(one_line(line(SHIFTS, 345.0, 12.0, 4.0), 3000.0, 1), lines="InP_LO")
    assert not plain.warnings
    assert 0 < plain["InP_LO_cm1"].sigma < 0.2


def test_a_hidden_to_follows_the_strain_of_its_lo() -> None:
    """Too weak to be seen, it must not leave its light to the LO: areas count in that of the LO."""
    sample = Population(COATED, np.full(3, 3.3))
    setup = {"counts": 600.0, "background": 2000.0}
    true = truths(sample)["ZnSe_LO_area"]
    pulls = []
    for seed in range(12):
        found = raman.measure(raman.simulate(sample, setup, rng=np.random.default_rng([5, seed])))
        if found["InP_TO_cm1"].value is None:
            area = found["ZnSe_LO_area"]
            pulls.append((area.value - true) / area.sigma)
    assert len(pulls) > 8
    assert abs(np.mean(pulls)) < 0.87  # three standard errors of the mean of twelve; it was 1.4


def test_lines_that_are_not_there_are_said_to_be_absent_with_an_area_of_zero() -> None:
    signal = raman.simulate([BARE], {"counts": 3000.0}, rng=np.random.default_rng(4))
    found = raman.measure(signal)
    for name in ("oxide", "ZnSe_LO", "phosphate"):
        assert found[f"{name}_cm1"].value is None
        assert "not seen" in found[f"{name}_cm1"].note
        assert abs(found[f"{name}_area"].value) < 4 * found[f"{name}_area"].sigma


def test_the_sulfide_on_the_phosphide_is_a_confusion() -> None:
    dot = LayeredDot("InP", 3.3, (Layer("ZnS", 0.6),))
    signal = raman.simulate([dot], {"counts": 3000.0}, rng=np.random.default_rng(4))
    assert "ZnS lies at the same place" in raman.measure(signal)["InP_LO_cm1"].note
    found = raman.measure(signal, crystals="InP ZnS")
    assert any("ZnS_LO (350 cm-1) lies on InP_LO (345 cm-1) and is confused" in w for w in found.warnings)
    assert found["InP_LO_cm1"].value is not None
    assert "ZnS_LO_cm1" not in found


def test_a_line_beyond_its_reach_is_no_line() -> None:
    x = np.arange(200.0, 500.0)
    y = 500 + 3000 * line(x, 322.0, 8.0, 0.0) * 12
    signal = spectrum(x, np.random.default_rng(1).poisson(y).astype(float))
    found = raman.measure(signal, lines="InP_LO")
    assert found["InP_LO_cm1"].value is None or found["InP_LO_cm1"].sigma > 1
    assert found["strain"].value is None or found["strain"].sigma > 1e-3


def test_silicon_sets_the_axis_right() -> None:
    x = np.arange(400.0, 640.0, 0.8)
    rng = np.random.default_rng(6)
    y = 200 + 2e5 * line(x, 520.45 + 2.6, 3.0, 4.0)
    silicon = spectrum(x, rng.poisson(y).astype(float))
    signal = raman.simulate([COATED], {"counts": 2e4}, rng=rng)
    moved = signal.with_values(signal.x + 2.6, signal.y)
    plain, right = raman.measure(signal), raman.measure(moved, calibrate_against=("Si", silicon))
    assert right["InP_LO_cm1"].value == pytest.approx(plain["InP_LO_cm1"].value, abs=0.5)
    assert right["InP_LO_cm1"].sigma > plain["InP_LO_cm1"].sigma


def test_the_wrong_axis_and_empty_spectra_are_refused() -> None:
    x = np.arange(100.0, 1100.0)
    nm = replace(spectrum(x, np.ones(x.size)), x_unit="nm", x_name="wavelength")
    with pytest.raises(InputError, match="axis of shifts"):
        raman.measure(nm)
    with pytest.raises(InputError, match="all readings are equal"):
        raman.measure(spectrum(x, np.full(x.size, 7.0)))
    with pytest.raises(InputError, match="fewer than 30"):
        raman.measure(spectrum(x, x), window="100-110")
    with pytest.raises(InputError, match="no such line"):
        raman.measure(spectrum(x, x), lines="InP_LA")


@pytest.mark.parametrize("kind", ["one huge reading", "a rise beyond all lines", "waves"])
def test_what_is_no_spectrum_of_lines_ends_soon_and_has_no_small_errors(kind: str) -> None:
    x = np.arange(90.0, 600.0, 2.0)
    y = {
        "one huge reading": np.where(x == 344.0, 1e12, 1.0),
        "a rise beyond all lines": np.exp(x / 20),
        "waves": np.sin(x / 5),
    }[kind]
    started = time.process_time()
    found = raman.measure(spectrum(x, y, "analog"))
    assert time.process_time() - started < 5
    place = found["InP_LO_cm1"]
    assert place.value is None or place.sigma is None or place.sigma > 0.5


def test_models() -> None:
    dots = Population.drawn(COATED, 50, 0.06, np.random.default_rng(1))
    signal = raman.simulate(dots, {"counts": 5000.0}, rng=np.random.default_rng(1))
    peaks, phonons = raman.fit(signal, "peaks"), raman.fit(signal, "phonons")
    assert peaks.status == "converged"
    assert 0.8 < peaks.statistics["reduced_deviance"] < 1.2
    measured = raman.measure(signal)
    assert peaks.parameters["InP_LO_cm1"].value == pytest.approx(measured["InP_LO_cm1"].value, abs=0.2)
    assert "strain" in phonons.quantities
    x = np.arange(100.0, 1100.0)
    empty = spectrum(x, np.random.default_rng(1).poisson(100, x.size).astype(float))
    with pytest.raises(InputError, match="no line to fit"):
        raman.fit(empty, "peaks")


# --- files --------------------------------------------------------------------------------------------------


def table(tmp_path: Path, head: str, x: Array, y: Array) -> Path:
    path = tmp_path / "raman.txt"
    rows = "".join(f"{a:.6f}\t{b:.2f}\n" for a, b in zip(x, y, strict=True))
    path.write_text(f"{head}\n{rows}", encoding="utf-8")
    return path


SHIFT = np.arange(100.0, 1100.0, 2.0)
VALUES = 100 + 900 * np.exp(-(((SHIFT - 345) / 10) ** 2))


def test_one_spectrum_in_four_axes_is_one_spectrum(tmp_path: Path) -> None:
    laser = 532.0
    absolute = 1e7 / laser - SHIFT
    files = {
        "Raman shift (cm-1)\tIntensity": (SHIFT, {}),
        "shift (cm-1)\tIntensity": (SHIFT[::-1], {}),
        "Wavenumber (cm-1)\tIntensity": (absolute, {"laser": laser}),
        "Wavelength (nm)\tIntensity": (1e7 / absolute, {"laser": laser}),
    }
    for head, (x, options) in files.items():
        y = VALUES[::-1] if x[0] > x[-1] and "shift" in head else VALUES
        found = raman.read(table(tmp_path, head, x, y), **options)
        assert found.x == pytest.approx(SHIFT, abs=0.02), head
        assert found.y == pytest.approx(VALUES, abs=0.01)
        assert (found.x_name, found.x_unit) == ("Raman shift", "cm-1")


def test_wavelengths_need_the_laser_and_a_head_that_says_it_serves(tmp_path: Path) -> None:
    x = 1e7 / (1e7 / 532.0 - SHIFT)
    with pytest.raises(InputError, match="only with the laser line, which is not in the file"):
        raman.read(table(tmp_path, "Wavelength (nm)\tIntensity", x, VALUES))
    said = table(tmp_path, "Laser (nm): 532.0\nWavelength (nm)\tIntensity", x, VALUES)
    assert raman.read(said).x == pytest.approx(SHIFT, abs=0.02)
    contrary = raman.read(said, laser=514.5)
    assert any("532 nm; 514.5 nm was asked for" in w for w in contrary.warnings)


def test_a_wrong_laser_and_options_without_effect_are_refused(tmp_path: Path) -> None:
    x = 1e7 / (1e7 / 532.0 - SHIFT)
    nm = table(tmp_path, "Wavelength (nm)\tIntensity", x, VALUES)
    with pytest.raises(InputError, match=r"no Raman spectrum.*saw 'shifts from -\d+ to -\d+ cm-1'"):
        raman.read(nm, laser=785.0)
    with pytest.raises(InputError, match="no Raman spectrum"):
        raman.read(nm, laser=360.0)
    shifts = table(tmp_path, "Raman shift (cm-1)\tIntensity", SHIFT, VALUES)
    with pytest.raises(InputError, match=r"laser of raman\.read does nothing: the axis is in shifts already"):
        raman.read(shifts, laser=532.0)
    signal = raman.simulate([COATED], rng=np.random.default_rng(1))
    saved = tmp_path / "saved.csv"
    save(signal, saved)
    for options in ({"laser": 532.0}, {"unit": "nm"}, {"noise": "analog"}, {"column": "2"}):
        with pytest.raises(InputError, match="does nothing: a signal saved by epidot says it all"):
            raman.read(saved, **options)
    assert raman.read(saved, column="1") == signal
    for name in ("mask", "window"):
        with pytest.raises(InputError, match=f"{name} 3000-3100 cm-1 holds no reading"):
            raman.measure(signal, **{name: "3000-3100"})


def test_real_silicon(shared_data: Path) -> None:
    folder = shared_data / "raman"
    if not folder.exists():
        pytest.skip("these files are absent")
    labspec = raman.read(folder / "spectrochempy-local" / "532nm-191216-Si_200mu.txt")
    assert (len(labspec), labspec.meta["laser_nm"]) == (1024, 532.0)
    peak = float(labspec.x[np.argmax(labspec.between(450, 600).y) + np.searchsorted(labspec.x, 450)])
    assert peak == pytest.approx(523.15, abs=1.0)
    witec = folder / "pynxtools-raman" / "Si-wafer-Raman-Spectrum-1.txt"
    with pytest.raises(InputError, match="laser line"):
        raman.read(witec)
    there = raman.read(witec, laser=532.1)
    near = there.between(400, 650)
    assert float(near.x[np.argmax(near.y)]) == pytest.approx(527.4, abs=2.0)


def wdf(path: Path, x: Array, y: Array, *, unit: int = 1, count: int | None = None, points: int = 0) -> Path:
    """A file of spectra ``y`` (m, n) in the published layout; ``count`` and ``points`` may lie."""
    head = bytearray(512)
    struct.pack_into("<4sIQ", head, 0, b"WDF1", 1, 512)
    m, n = y.shape
    struct.pack_into("<IQQ", head, 0x3C, points or n, count or m, count or m)
    struct.pack_into("<If", head, 0x98, unit, 1e7 / 532.0)
    axis = struct.pack("<4sIQII", b"XLST", 0, 24 + 4 * n, 1, unit) + x.astype("<f4").tobytes()
    data = struct.pack("<4sIQ", b"DATA", 0, 16 + 4 * m * n) + y.astype("<f4").tobytes()
    path.write_bytes(bytes(head) + data + axis)
    return path


def test_a_map_is_a_series_of_spectra_with_a_rising_axis(tmp_path: Path) -> None:
    y = np.stack([VALUES, 2 * VALUES])[:, ::-1]
    path = wdf(tmp_path / "map.wdf", SHIFT[::-1], y)
    first, second = raman.read(path), raman.read(path, column="2")
    assert first.x == pytest.approx(SHIFT)
    assert second.y == pytest.approx(2 * first.y)
    assert first.y == pytest.approx(VALUES, rel=1e-6)
    assert first.meta["laser_nm"] == pytest.approx(532.0, rel=1e-6)
    assert first.meta["columns"] == ["spectrum 1", "spectrum 2"]
    with pytest.raises(InputError, match="no such spectrum in this file, saw '3'; it has 1 to 2"):
        raman.read(path, column="3")


def test_heads_that_lie_warn_or_are_refused_and_cost_nothing(tmp_path: Path) -> None:
    promised = raman.read(wdf(tmp_path / "a.wdf", SHIFT, VALUES[None], count=2**40))
    assert any("promises 1099511627776 spectra; 1 whole ones" in w for w in promised.warnings)
    with pytest.raises(InputError, match="less than one spectrum"):
        raman.read(wdf(tmp_path / "b.wdf", SHIFT, VALUES[None], points=2**31))
    with pytest.raises(InputError, match="neither the quantity nor the unit"):
        raman.read(wdf(tmp_path / "c.wdf", SHIFT, VALUES[None], unit=0))
    whole = wdf(tmp_path / "d.wdf", SHIFT, VALUES[None]).read_bytes()
    rng = np.random.default_rng(8)
    for trial in range(200):
        spoilt = bytearray(whole[: int(rng.integers(4, len(whole)))] if trial % 2 else whole)
        for at in rng.integers(4, max(len(spoilt), 5), 6):
            spoilt[min(int(at), len(spoilt) - 1)] = int(rng.choice([0, 255, 127]))
        (tmp_path / "e.wdf").write_bytes(bytes(spoilt))
        try:
            found = raman.read(tmp_path / "e.wdf")
        except InputError:
            continue
        assert len(found) >= 5


def test_real_wdf(shared_data: Path) -> None:
    folder = shared_data / "raman" / "py-wdf-reader"
    if not folder.exists():
        pytest.skip("these files are absent")
    graphene = raman.read(folder / "sp.wdf")
    assert (len(graphene), graphene.x[0]) == (1015, pytest.approx(1226.28, abs=0.01))
    assert graphene.meta["laser_nm"] == pytest.approx(532.25, abs=0.1)
    near = graphene.between(2600.0, 2750.0)
    assert float(near.x[np.argmax(near.y)]) == pytest.approx(2674.3, abs=3.0)
    with pytest.raises(InputError, match="neither the quantity nor the unit"):
        raman.read(folder / "undefined.wdf")
    second = raman.read(folder / "undefined.wdf", unit="cm-1", column="2")
    assert (len(second), second.x[0]) == (1015, pytest.approx(1170.9, abs=0.1))
    peer = pytest.importorskip("renishawWiRE")
    theirs = peer.WDFReader(str(folder / "sp.wdf"))
    theirs.close()
    order = np.argsort(theirs.xdata)
    assert np.array_equal(graphene.x, theirs.xdata[order].astype(float))
    assert np.array_equal(graphene.y, np.ravel(theirs.spectra)[order].astype(float))
