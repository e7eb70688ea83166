"""NMR: exchange against its matrix, lines, satellites, candidates, eq 2, files."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epidot.dot.layers import LayeredDot
from epidot.errors import InputError
from epidot.instruments import nmr
from epidot.instruments.nmr.exchange import (
    coalescence,
    eyring,
    share_of_first,
    sites,
    two_sites,
    two_sites_slopes,
)
from epidot.instruments.nmr.fitted import _sites
from epidot.instruments.nmr.measured import fitted_lines
from epidot.instruments.nmr.relaxation import turning_s, width_Hz
from epidot.instruments.nmr.shapes import line, slopes, width_of
from epidot.instruments.nmr.species import pattern, resonance, table
from epidot.signal import Signal

SHARED = Path(__file__).parents[3] / "shared" / "data" / "nmr" / "nmrpy"
X = np.linspace(-2000.0, 2000.0, 801)
DOT = LayeredDot("InP", 2.4, (), ligands={"OA": 72.0, "Int1": 30.0})
P31 = {"nucleus": "31P", "from_ppm": 30.0, "to_ppm": 56.0, "beside": "TOPSe:3000", "noise": 0.001}


@pytest.mark.parametrize("k12", [0.0, 1.0, 300.0, 1e4])
@pytest.mark.parametrize("first", [0.05, 0.5, 0.8])
def test_two_sites_are_the_matrix_of_two(first: float, k12: float) -> None:
    k21 = k12 * first / (1 - first)
    closed = two_sites(X, [-350.0, 420.0], [4.0, 15.0], first, k12)
    matrix = sites(X, [-350.0, 420.0], [4.0, 15.0], [first, 1 - first], [[0, k21], [k12, 0]])
    np.testing.assert_allclose(closed, matrix, rtol=1e-12, atol=1e-12 * np.abs(matrix).max())


def test_derivatives_of_two_sites() -> None:
    at = np.array([-350.0, 420.0, 4.0, 15.0, 0.3, 700.0])
    value, by = two_sites_slopes(X, at[:2], at[2:4], at[4], at[5])
    np.testing.assert_allclose(value, two_sites(X, at[:2], at[2:4], at[4], at[5]), rtol=1e-12)
    for i, h in enumerate([1e-3, 1e-3, 1e-4, 1e-4, 1e-6, 1e-2]):
        ends = []
        for step in (h, -h):
            v = at.copy()
            v[i] += step
            ends.append(two_sites(X, v[:2], v[2:4], v[4], v[5]))
        np.testing.assert_allclose(by[i], (ends[0] - ends[1]) / (2 * h), atol=1e-6 * np.abs(by[i]).max())


@pytest.mark.parametrize("temperature", [True, False])
def test_derivatives_of_a_spectrum_with_two_sites(temperature: bool) -> None:
    """By temperature and thermodynamics, and by share and rate; with satellites, phase and baseline."""
    setup = {"nucleus": "31P", "from_ppm": 46.0, "to_ppm": 56.0, "step_Hz": 20.0, "temperature_K": 260.0}
    dot = LayeredDot("InP", 2.4, (), ligands={"Int1": 14.0}, adatoms={"Zn": 50.0})
    one = _sites(nmr.simulate([dot], setup), temperature, 680.0)
    own = [-39.0, 3.3, 45.0, 50.0] if temperature else [0.4, 7.0]
    at = np.array([48.8, 53.0, 20.0, 10.0, 1.1, 0.1, 0.01, 0.02, 0.03, -0.01, *own])
    found = one.jacobian(at)
    assert found.shape == (one.model(at).size, at.size)
    for i in range(at.size):
        h = 1e-6 * max(1.0, abs(at[i]))
        up, down = at.copy(), at.copy()
        up[i] += h
        down[i] -= h
        numeric = (one.model(up) - one.model(down)) / (2 * h)
        np.testing.assert_allclose(found[:, i], numeric, atol=1e-5 * np.abs(numeric).max())


def test_fast_exchange_is_one_line_at_the_mean() -> None:
    fast = two_sites(X, [-350.0, 420.0], [4.0, 16.0], 0.25, 1e13)
    np.testing.assert_allclose(fast, line(X, 0.25 * -350 + 0.75 * 420, 0.25 * 4 + 0.75 * 16), rtol=1e-5)


def test_three_sites_without_exchange_are_three_lines() -> None:
    f, w, p = [-500.0, 0.0, 800.0], [5.0, 30.0, 10.0], [0.2, 0.5, 0.3]
    alone = sum(share * line(X, a, b) for a, b, share in zip(f, w, p, strict=True))
    np.testing.assert_allclose(sites(X, f, w, p, np.zeros((3, 3))), alone, rtol=1e-12)


def test_two_lines_merge_at_pi_df_over_root_two() -> None:
    """Equal sites without a width of their own: the middle is a maximum from that rate on."""
    x, df = np.array([-1.0, 0.0, 1.0]), 1191.0

    def bent(k: float) -> float:
        y = two_sites(x, [-df / 2, df / 2], [0.0, 0.0], 0.5, k).real
        return float(y[0] - 2 * y[1] + y[2])

    assert coalescence(df) == pytest.approx(2645.7, abs=0.1)  # C057: 2646 per s
    assert bent(0.995 * coalescence(df)) > 0 > bent(1.005 * coalescence(df))


@pytest.mark.parametrize("k12", [0.0, 200.0, 2000.0, 1e5])
def test_exchange_keeps_the_area(k12: float) -> None:
    x = np.linspace(-4e5, 4e5, 400_001)
    y = two_sites(x, [-300.0, 300.0], [40.0, 40.0], 0.3, k12).real
    assert float(np.trapezoid(y, x)) == pytest.approx(1.0, abs=1e-4)  # the tails hold 6e-5


def test_van_t_hoff_and_eyring_at_known_places() -> None:
    assert share_of_first(300.0, 0.0, 0.0) == 0.5
    assert share_of_first(300.0, -30.0, -100.0) == pytest.approx(0.5)  # dH = T dS
    assert eyring(298.15, 0.0, 0.0) == pytest.approx(6.2124e12, rel=1e-4)  # kT/h


def test_derivatives_of_a_line() -> None:
    x = np.linspace(-3.0, 3.0, 41)
    for w, g in ((0.5, 0.0), (0.5, 0.8), (0.05, 1.0)):
        value, *by = slopes(x, 0.1, w, g)
        np.testing.assert_allclose(value, line(x, 0.1, w, g), rtol=1e-12)
        v, h = np.array([0.1, w, g]), 1e-6
        for i in range(3 if g else 2):
            up, down = v.copy(), v.copy()
            up[i] += h
            down[i] -= h
            numeric = (line(x, *up) - line(x, *down)) / (2 * h)
            np.testing.assert_allclose(by[i], numeric, rtol=1e-5, atol=1e-7 * np.abs(numeric).max())
    assert width_of(1.0, 0.0) == pytest.approx(1.0, abs=2e-4)
    assert width_of(0.0, 1.0) == pytest.approx(1.0)


def test_a_slow_dot_widens_as_redfield_says() -> None:
    """By anisotropy alone: R2 = (4/45) (w dσ)² tau (1 + 3/4/(1 + (w tau)²))."""
    one = replace(resonance("Int1", "31P"), protons=0)
    tau, w = 1.5e-8, 2 * np.pi * 283.56e6
    rate = 4 / 45 * (w * 200e-6) ** 2 * tau * (1 + 0.75 / (1 + (w * tau) ** 2))
    assert width_Hz(one, 283.56, tau) == pytest.approx(rate / np.pi, rel=1e-9)
    assert turning_s(3.0, 298.15, 5.4e-4) == pytest.approx(1.48e-8, rel=0.01)


def test_satellites_have_half_of_763_per_cent_each() -> None:
    lines = pattern(resonance("TOPSe", "31P").couplings)
    assert [at for at, _ in lines] == [-340.0, 0.0, 340.0]
    assert [w for _, w in lines] == pytest.approx([0.03815, 0.9237, 0.03815])
    doublet = pattern(resonance("TOPSe", "77Se").couplings)  # of a partner that is always there
    assert doublet == [(-340.0, 0.5), (340.0, 0.5)]


def test_every_number_of_the_table_has_its_source() -> None:
    for one in table().species.values():
        for r in one.resonances:
            assert r.shift.source
            assert r.shift.sigma
    assert len(table().species) > 12


@pytest.fixture(scope="module")
def phosphorus():  # type: ignore[no-untyped-def]
    return nmr.measure(nmr.simulate([DOT], P31, rng=np.random.default_rng(3)))


def test_a_coupling_of_680_is_found_and_flagged(phosphorus) -> None:  # type: ignore[no-untyped-def]
    J = phosphorus["J_P_Se_Hz"]
    assert abs(J.value - 680) < 4 * J.sigma
    assert J.sigma < 3
    row = max(phosphorus.extra["couplings"], key=lambda each: each["share"])
    assert row["share"] == pytest.approx(0.0763, abs=0.01)
    assert "P=Se double bond" in row["flag"]
    assert any("P=Se double bond" in said for said in phosphorus.warnings)


def _drawn(lines, baseline=lambda x: 0 * x, noise=0.002, MHz=162.0, nucleus="31P", at=(-10.0, 90.0)):  # type: ignore[no-untyped-def]
    """A real spectrum of (ppm, area, width in Hz), noise in units of the highest point."""
    x = np.linspace(*at, 8192)
    y = sum(a / np.pi * (w / 2 / MHz) / ((x - p) ** 2 + (w / 2 / MHz) ** 2) for p, a, w in lines)
    y = y / np.max(np.abs(y)) + baseline(x) + noise * np.random.default_rng(8).standard_normal(x.size)
    meta = {"nucleus": nucleus, "MHz": MHz}
    return Signal("nmr", x, y, "shift", "ppm", "intensity", "", "analog", "measured", meta=meta)


@pytest.mark.parametrize(
    ("share", "noise", "stated"), [(0.0763, 0.0005, True), (0.5, 0.0005, False), (0.0763, 0.005, None)]
)
def test_a_coupling_needs_satellites_of_the_natural_share(
    share: float, noise: float, stated: bool | None
) -> None:
    far = 345 / 162
    lines = [(36.5, 1 - share, 8.0), (36.5 + far, share / 2, 8.0), (36.5 - far, share / 2, 8.0)]
    found = nmr.measure(_drawn(lines, noise=noise))
    if stated is not None:
        assert ("J_P_Se_Hz" in found) is stated
    for row in found.extra["couplings"]:
        assert row["share"] == pytest.approx(row["natural_share"], rel=0.45)


@pytest.mark.parametrize(("noise", "named"), [(0.0005, False), (0.02, True)])
def test_a_selenide_without_its_satellites_is_none(noise: float, named: bool) -> None:
    """Where they would show; where noise hides them the shift alone speaks."""
    found = nmr.measure(_drawn([(36.5, 1.0, 8.0)], noise=noise))
    assert ("TOPSe_ppm" in found) is named
    said = [words for words in found.warnings if "TOPSe would show 77Se satellites of 3.8%" in words]
    assert len(said) == (0 if named else 1)


def test_no_coupling_of_a_frequency_that_nobody_said(tmp_path: Path) -> None:
    far, share = 345 / 162, 0.0763
    lines = [(36.5, 1 - share, 8.0), (36.5 + far, share / 2, 8.0), (36.5 - far, share / 2, 8.0)]
    drawn = _drawn(lines, noise=0.0005)
    np.savetxt(
        tmp_path / "a.csv",
        np.stack([drawn.x, drawn.y], 1),
        delimiter=",",
        header="ppm,intensity",
        comments="",
    )
    guessed = nmr.read(tmp_path / "a.csv", nucleus="31P")
    found = nmr.measure(guessed)
    assert "J_P_Se_Hz" not in found
    assert any("couplings are not stated" in said for said in found.warnings)
    said = nmr.measure(nmr.read(tmp_path / "a.csv", nucleus="31P", frequency_MHz=162.0))
    assert said["J_P_Se_Hz"].value == pytest.approx(690, abs=1)


def test_carbon_satellites_of_a_proton_line_are_told() -> None:
    """Ferrocene: 174.8 Hz, 0.54 % each, 2 ppb below the middle."""
    far, share = 174.8 / 400 / 2, 0.0107
    lines = [(4.16, 1 - share, 0.6), (4.158 + far, share / 2, 0.6), (4.158 - far, share / 2, 0.6)]
    signal = _drawn([*lines, (3.3, 0.0054, 0.6)], noise=2e-5, MHz=400.0, nucleus="1H", at=(3.0, 5.0))
    found = nmr.measure(signal)
    assert found["J_C_H_Hz"].value == pytest.approx(174.8, abs=0.1)
    (row,) = found.extra["couplings"]
    assert row["share"] == pytest.approx(share, rel=0.05)
    assert "flag" not in row
    assert sum("satellite_of_ppm" in one for one in found.extra["lines"]) == 2
    assert any("4.38 and 3.94 ppm are the 13C satellites" in said for said in found.warnings)


@pytest.mark.parametrize("baseline", [lambda x: 3 * (x - 40) / 50, lambda x: -(((x - 40) / 40) ** 2)])
def test_a_steep_baseline_is_no_phase(baseline) -> None:  # type: ignore[no-untyped-def]
    lines = [(36.5, 1.0, 6.0), (48.8, 0.5, 6.0)]
    level, steep = (nmr.measure(_drawn(lines, one, noise=0.001)) for one in (lambda x: 0 * x, baseline))
    assert any("the baseline changes by" in said for said in steep.warnings)
    assert not any("phase" in said for said in steep.warnings)
    for name in ("line_ppm", "line_integral"):
        for a, b, s in zip(
            level.series[name].values, steep.series[name].values, level.series[name].sigmas, strict=True
        ):
            assert abs(a - b) < s


def test_a_broad_line_beside_a_high_one_is_no_baseline() -> None:
    """Once the high line is taken off, a line over a tenth of the axis is not taken for a bent baseline."""
    dots = [LayeredDot("InP", 5.0, (), ligands={"OA": 400.0})]
    setup = {
        "dots_nmol": 5.0,
        "standard_nmol": 1000.0,
        "noise": 0.0027,
        "from_ppm": 3.6,
        "to_ppm": 6.0,
        "step_Hz": 0.6,
    }
    known = {"standard": "ferrocene", "standard_nmol": 1000.0, "dots_nmol": 5.0, "dots_sigma": 0.0}
    for seed in range(6):
        found = nmr.measure(nmr.simulate(dots, setup, rng=np.random.default_rng(seed)), **known)
        assert found["lines"].value == 2
        seen = found["ligands_per_dot"]
        assert seen.value is not None
        assert seen.sigma is not None
        assert abs(seen.value - 400.0) < 3 * seen.sigma < 200.0


META = {"nucleus": "1H", "MHz": 400.0}


def _oleate(broad: float, seed: int) -> Signal:
    """10 nuclei of ferrocene at 1000, free oleate of 20 Hz at 80, bound of 60 Hz 0.02 ppm beside it."""
    x = np.linspace(-1.0, 10.0, 8192)
    lines = [(4.17, 1000.0, 3.0), (5.35, 80.0, 20.0), (5.33, broad, 60.0)]
    y = sum(a * line(x, at, w / 400).real for at, a, w in lines)
    y = y + np.random.default_rng([7, seed]).normal(0, 30, x.size)
    return Signal("nmr", x, y, "shift", "ppm", "intensity", "", "analog", "measured", meta=META)


def test_free_ligand_on_bound_is_two_lines() -> None:
    """One maximum; one line fitted to both lacks a tenth of the area, seven of its errors every time.

    Of 60 such spectra the area of one lay beyond three errors: of these it is the second.
    """
    told = {"standard": "ferrocene", "standard_nmol": 100.0, "standard_sigma": 0.0}
    pulls, relative, said = [], [], 0
    for seed in range(6):
        found = nmr.measure(_oleate(30.0, seed), **told)
        ratio = found["area_ratio"]
        assert ratio.value is not None
        assert ratio.sigma is not None
        pulls.append((ratio.value - 1000 / 110) / ratio.sigma)
        relative.append(ratio.sigma / ratio.value)
        assert found["lines"].value == 3
        said += any("stands on a broader one" in words and "nmol" in words for words in found.warnings)
    assert np.max(np.abs(pulls)) < 4
    assert np.sum(np.abs(pulls) > 3) <= 1
    assert abs(np.median(pulls)) < 1.25
    assert said >= 5  # in one of these two lines stand clear by themselves
    assert np.median(relative) < 0.03


def test_one_line_stays_one() -> None:
    for seed in range(8):
        found = nmr.measure(_oleate(0.0, seed), standard="ferrocene", standard_nmol=100, standard_sigma=0.0)
        assert found["lines"].value == 2
        ratio = found["area_ratio"]
        assert ratio.value is not None
        assert ratio.sigma is not None
        assert abs(ratio.value - 12.5) < 3 * ratio.sigma


def test_what_is_neither_shown_nor_excluded_is_in_the_area() -> None:
    """A bound line of 15 beside 80, neither clear nor excluded in this noise: more area, a wider error."""
    _, found = fitted_lines(_oleate(15.0, 3), "auto")
    (one,) = (each for each in found if each.beneath is not None)
    (area,), ((variance,),) = one.told(["area1"])
    (plain,), ((narrow,),) = replace(one, beneath=None).told(["area1"])
    assert area > plain
    assert abs(plain - 95.0) > 3 * np.sqrt(narrow)
    assert abs(area - 95.0) < 3 * np.sqrt(variance)
    np.testing.assert_array_equal(one.told(["ppm1"])[0], replace(one, beneath=None).told(["ppm1"])[0])


def _bound(area: float, wide: float, noise: float, seed: int) -> float:
    """How many of its errors the area of free ligand (80, 20 Hz) on bound one is off, in one spectrum."""
    x = np.linspace(-1.0, 10.0, 8192)
    lines = [(4.17, 1000.0, 3.0), (5.35, 80.0, 20.0), (5.33, area, wide)]
    y = sum(a * line(x, at, w / 400).real for at, a, w in lines)
    y = y + np.random.default_rng([8, seed, int(area), int(wide), int(noise)]).normal(0, noise, x.size)
    signal = Signal("nmr", x, y, "shift", "ppm", "intensity", "", "analog", "measured", meta=META)
    q = nmr.measure(signal, standard="ferrocene", standard_nmol=100.0, standard_sigma=0.0)["area_ratio"]
    assert q.value is not None
    assert q.sigma is not None
    return (1000 / q.value - 80 - area) / (1000 * q.sigma / q.value**2)


@pytest.mark.parametrize(
    ("area", "wide", "noise"), [(5.0, 60.0, 10.0), (10.0, 60.0, 30.0), (20.0, 60.0, 90.0), (10.0, 40.0, 30.0)]
)
def test_a_weak_bound_line_is_in_the_error_of_the_area(area: float, wide: float, noise: float) -> None:
    """One line fitted to both lacks nearly all of the bound one: 5 to 70 % lay beyond three errors."""
    off = np.abs([_bound(area, wide, noise, seed) for seed in range(12)])
    assert np.max(off) < 4
    assert np.sum(off > 2) <= 3
    assert np.sum(off < 1) >= 4


def test_nothing_below_leaves_the_error_as_it_is() -> None:
    off = np.abs([_bound(0.0, 60.0, 30.0, seed) for seed in range(12)])
    assert np.sum(off < 1) >= 6
    _, found = fitted_lines(_oleate(0.0, 1), "auto")
    for one in found:
        before, after = replace(one, beneath=None).told(["area1"]), one.told(["area1"])
        assert after[1][0, 0] < 2 * before[1][0, 0]


def test_a_purely_gaussian_line_has_its_area() -> None:
    """A Voigt profile without Lorentzian width ends at its natural bound, and states errors (no further
    lines are made up for it)."""
    x = np.linspace(3.0, 7.0, 8000)
    pulls = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        s = 60 / 500 / 2.3548
        y = 1000 * line(x, 4.17, 1.5 / 500).real + 300 * np.exp(-(((x - 5.5) / s) ** 2) / 2) / (
            s * np.sqrt(2 * np.pi)
        )
        y += rng.normal(0, 60, x.size)
        meta = {"nucleus": "1H", "MHz": 500.0}
        signal = Signal("nmr", x, y, "shift", "ppm", "intensity", "", "analog", "measured", meta=meta)
        found = nmr.measure(signal, standard="ferrocene", standard_nmol=1000)
        assert found["lines"].value == 2
        ratio = found["area_ratio"]
        assert ratio.value is not None
        assert ratio.sigma is not None
        assert ratio.sigma < 0.05 * ratio.value
        pulls.append((ratio.value - 10 / 3) / ratio.sigma)
    assert max(map(abs, pulls)) < 3


def test_a_bend_of_the_baseline_is_no_line() -> None:
    lines = [(5.37, 0.5, 1.5), (5.34, 0.5, 12.0)]
    found = nmr.measure(_drawn(lines, lambda x: 0.02 * np.sin(x / 2), 0.002, 400.0, "1H", (-1.0, 10.0)))
    assert any("taken for baseline" in said for said in found.warnings)
    shares = dict(
        zip(np.round(found.series["line_ppm"].values, 2), found.series["line_integral"].values, strict=True)
    )
    assert shares[5.37] == pytest.approx(0.5, abs=0.02)
    assert shares[5.34] == pytest.approx(0.5, abs=0.02)


def test_a_broad_line_of_dots_is_no_baseline() -> None:
    found = nmr.measure(_drawn([(40.0, 0.8, 600.0), (48.0, 0.2, 10.0)]))
    assert not any("taken for baseline" in said for said in found.warnings)
    assert max(found.series["line_integral"].values) == pytest.approx(0.8, abs=0.03)


def test_lines_of_opposite_sign_leave_no_integrals() -> None:
    found = nmr.measure(_drawn([(40.0, 1.0, 20.0), (20.0, -0.8, 20.0)]))
    assert "line_integral" not in found.series
    assert any("no integrals are stated" in said for said in found.warnings)


def test_single_readings_are_no_lines() -> None:
    plain = _drawn([(40.0, 1.0, 20.0), (30.0, 0.3, 4.0)])
    spiked = plain.y.copy()
    spiked[[300, 700]] += 0.6 * plain.y.max()
    found = nmr.measure(replace(plain, y=spiked, companions={}))
    assert any("are no lines and were left out" in w for w in found.warnings)
    assert np.round(found.series["line_ppm"].values, 1).tolist() == [40.0, 30.0]
    clean = nmr.measure(replace(plain, companions={}))
    assert not any("left out" in w for w in clean.warnings)


def test_more_lines_than_are_fitted_leave_no_shares() -> None:
    rng = np.random.default_rng(2)
    found = nmr.measure(
        _drawn([(p, a, 8.0) for p, a in zip(np.linspace(10, 90, 60), rng.uniform(0.5, 1, 60), strict=True)])
    )
    assert any("others stand clear of the noise" in w for w in found.warnings)
    assert "line_integral" not in found.series


def _absolute(n: int = 4096, phased: bool = False) -> Signal:
    rng = np.random.default_rng(3)
    t = np.arange(n) / 8000.0
    decay = sum(
        a * np.exp((2j * np.pi * f - 7.0) * t) for a, f in ((3.0, -900.0), (1.5, 400.0), (1.0, 1300.0))
    )
    decay = decay + 0.3 * (rng.normal(size=n) + 1j * rng.normal(size=n))
    decay[0] *= 0.5
    spectrum = np.fft.fftshift(np.fft.fft(decay))
    x = np.fft.fftshift(np.fft.fftfreq(n, 1 / 8000.0)) / 400.0
    y = spectrum.real if phased else np.abs(spectrum)
    meta = {"nucleus": "1H", "MHz": 400.0}
    return Signal("nmr", x, y, "chemical shift", "ppm", "intensity", "", "analog", "measured", meta=meta)


def test_an_absolute_value_spectrum_has_no_integrals() -> None:
    found = nmr.measure(_absolute())
    assert any("absolute value" in w for w in found.warnings)
    assert "line_integral" not in found.series
    plain = nmr.measure(_absolute(phased=True))
    assert not any("absolute value" in w for w in plain.warnings)
    assert "line_integral" in plain.series


def test_a_spectrum_on_its_head_says_so() -> None:
    with pytest.raises(InputError, match="turn the phase by 180 degrees"):
        nmr.measure(_drawn([(40.0, -1.0, 20.0)]))


@pytest.mark.parametrize("head", ["Hz", "shift (Hz)", "frequency / Hz"])
def test_an_axis_in_hertz_is_read(tmp_path: Path, head: str) -> None:
    drawn = _drawn([(40.0, 1.0, 20.0)])
    rows = "\n".join(f"{x * 162:.4f},{y:.6f}" for x, y in zip(drawn.x, drawn.y, strict=True))
    (tmp_path / "a.csv").write_text(f"{head},intensity\n{rows}", encoding="utf-8")
    with pytest.raises(InputError, match="needs the frequency"):
        nmr.read(tmp_path / "a.csv", nucleus="31P")
    seen = nmr.read(tmp_path / "a.csv", nucleus="31P", frequency_MHz=162.0)
    np.testing.assert_allclose(seen.x, drawn.x, atol=1e-5)


def test_nmol_of_nuclei_and_of_molecules() -> None:
    seen = nmr.simulate(
        [DOT], {"nucleus": "31P", "beside": "TOPSe:3000", "noise": 0.0005},
        rng=np.random.default_rng(2),
    )  # fmt: skip
    found = nmr.measure(seen, standard="TOPSe", standard_nmol=3000.0, ligand="Int1")
    assert found["TOPSe_nmol"].value == pytest.approx(3000, rel=1e-6)
    told = found.series["line_nuclei_nmol"]
    assert all(s is None or s >= 0.01 * abs(v) for v, s in zip(told.values, told.sigmas, strict=True))


def test_a_line_at_488_is_never_given_one_name(phosphorus) -> None:  # type: ignore[no-untyped-def]
    row = min(phosphorus.extra["lines"], key=lambda each: abs(each["ppm"] - 48.8))
    names = {c["species"] for c in row["candidates"]}
    assert {"Int1", "TOPO", "TOPS"} <= names
    assert max(c["odds"] for c in row["candidates"]) < 0.8
    assert "Int1_ppm" not in phosphorus
    assert "TOPSe_ppm" in phosphorus  # nothing else lies near


def test_eq_2_from_a_simulated_tube() -> None:
    seen = nmr.simulate(
        [DOT], {"from_ppm": 3.6, "to_ppm": 6.0, "noise": 0.0005}, rng=np.random.default_rng(5)
    )
    told = {"standard": "ferrocene", "standard_nmol": 1000.0, "dots_nmol": 3.5, "diameter_nm": 2.4}
    found = nmr.measure(seen, **told)
    for name, truth in (("ligands_per_dot", 72.0), ("coverage_per_nm2", 72 / (np.pi * 2.4**2))):
        assert abs(found[name].value - truth) < 0.2 * truth
        assert found[name].sigma > 0.1 * truth  # 10 % of the dots' amount, at least
    bare = nmr.measure(seen, **told, dots_sigma=0.0, standard_sigma=0.0, diameter_sigma_nm=0.0)
    assert abs(bare["ligands_per_dot"].value - 72) < 4 * bare["ligands_per_dot"].sigma
    assert bare["ligands_per_dot"].sigma < 0.1 * 72


def test_a_reference_line_sets_the_axis_right() -> None:
    setup = {"from_ppm": 3.6, "to_ppm": 6.0, "reference_off_ppm": 0.07}
    seen = nmr.simulate([DOT], setup, rng=np.random.default_rng(5))
    found = nmr.measure(seen, reference="ferrocene")
    assert found["reference_off_ppm"].value == pytest.approx(0.07, abs=1e-3)
    assert found["ferrocene_ppm"].value == pytest.approx(4.16, abs=1e-9)


def test_a_solid_shows_core_and_phosphate() -> None:
    dot = LayeredDot("InP", 3.0, (), oxide=80.0)
    seen = nmr.simulate([dot], {"nucleus": "31P", "state": "solid"}, rng=np.random.default_rng(5))
    found = nmr.measure(seen)
    places = found.series["line_ppm"].values
    assert places == pytest.approx((2.0, -190.0), abs=1.0)


def test_cold_dots_with_zinc_show_intermediate_2_and_narrow() -> None:
    dot = LayeredDot("InP", 2.4, (), ligands={"Int1": 74.0}, adatoms={"Zn": 50.0})
    setup = {"nucleus": "31P", "solvent": "CD2Cl2", "frequency_MHz": 344.18, "from_ppm": 40.0, "to_ppm": 62.0}
    tops, widths = [], []
    for T in (298.15, 233.15):
        seen = nmr.simulate([dot], {**setup, "temperature_K": T})
        above = seen.x[seen.y > seen.y.max() / 2]
        tops.append(float(seen.x[np.argmax(seen.y)]))
        widths.append(float(np.ptp(above)) * 344.18)
    assert 48.8 < tops[0] < 51
    assert tops[1] == pytest.approx(53, abs=0.2)
    assert widths[1] < widths[0] / 5


def test_a_series_of_temperatures_gives_back_balance_and_rate() -> None:
    """What was put in: dH -39, dS -142, dH_act 45, dS_act -17; satellites of 680 Hz."""
    dot = LayeredDot("InP", 2.4, (), ligands={"Int1": 74.0}, adatoms={"Zn": 50.0})
    setup = {
        "nucleus": "31P", "solvent": "CD2Cl2", "frequency_MHz": 344.18, "from_ppm": 45.0, "to_ppm": 57.0,
        "step_Hz": 4.0, "noise": 0.01,
    }  # fmt: skip
    rng = np.random.default_rng(7)
    series = [nmr.simulate([dot], {**setup, "temperature_K": T}, rng=rng) for T in (243.15, 265.0, 298.15)]
    found = nmr.fit(series, "exchange", sites="48.8,53", coupling_Hz=680.0)
    assert found.status == "converged", found.message
    truths = {"dH": -39.0, "dS": -142.0, "dH_act": 45.0, "dS_act": -17.0}
    for name, truth in truths.items():
        one = found.each[0][name]
        assert one.sigma is not None
        assert abs(one.value - truth) < 3.5 * one.sigma, name
    assert found.each[0]["dH"].sigma < 1.0
    without = nmr.fit(series, "exchange", sites="48.8,53")
    assert without.status == "failed"
    assert "times the noise in the spectrum at" in without.message
    assert all(one.sigma is None for one in without.parameters.values())


NOISE = np.random.default_rng(1).standard_normal(400)


def spectrum(y: np.ndarray, **meta: object) -> Signal:
    x = np.linspace(0, 10, y.size)
    return Signal("nmr", x, y, "chemical shift", "ppm", "intensity", "", "analog", "measured", meta=meta)


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(InputError, match="no line stands clear"):
        nmr.measure(spectrum(NOISE))
    with pytest.raises(InputError, match="flat"):
        nmr.measure(spectrum(np.ones(100)))
    with pytest.raises(InputError, match="nearest valid: ferrocene"):
        nmr.simulate([DOT], {"standard": "ferocene"})
    with pytest.raises(InputError, match="different temperatures"):
        nmr.fit([nmr.simulate([DOT], P31)] * 2, "exchange", sites="48.8,53")
    with pytest.raises(InputError, match="two sites are needed"):
        nmr.fit(nmr.simulate([DOT], P31), "exchange")


def test_text_exports(tmp_path: Path) -> None:
    x = np.linspace(6, 3, 600)
    y = 5 / (1 + ((x - 4.16) / 0.02) ** 2) + 0.05 * np.resize(NOISE, 600)
    table_file = tmp_path / "a.csv"
    table_file.write_text(
        "ppm,intensity\n" + "".join(f"{a:.5f},{b:.5f}\n" for a, b in zip(x, y, strict=True))
    )
    top = tmp_path / "topspin.txt"
    top.write_text(
        "# File created = today\n# LEFT = 6 ppm. RIGHT = 3 ppm.\n# SIZE = 600 ( = number of points)\n"
        + "".join(f"{b:.5f}\n" for b in y)
    )
    for file in (table_file, top):
        seen = nmr.read(file, nucleus="1H", frequency_MHz=300.0)
        found = nmr.measure(seen)
        assert found["ferrocene_ppm"].value == pytest.approx(4.16, abs=3e-3)
        assert found["ferrocene_width_Hz"].value == pytest.approx(12, abs=1)
    top.write_text("# LEFT = 6 ppm. RIGHT = 3 ppm.\n# SIZE = 600\n1\n2\n")
    with pytest.raises(InputError, match="not as many points"):
        nmr.read(top)


@pytest.mark.parametrize("name", ["fid", "1r", "data.1d", "a.jdf", "a.dx"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 64, b"##TITLE= x\n##JCAMPDX= 5\n##DATA TYPE= NMR SPECTRUM\n##END=", b"\xff" * 4000],
)
def test_hostile_files_are_refused_in_words(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError):
        nmr.read(tmp_path / name)


@pytest.mark.skipif(not SHARED.exists(), reason="real spectra of nmrpy are not here")
@pytest.mark.skipif(importlib.util.find_spec("nmrglue") is None, reason="nmrglue is not installed")
def test_real_phosphate_drifts_while_the_standard_stays() -> None:
    """Two spectra of one time course: our maxima of the processed data are in the note beside them."""
    standard, drifting = [], []
    for number in ("2", "5"):
        seen = nmr.read(SHARED / "bruker2" / number / "pdata" / "1" / "1r")
        assert (seen.meta["nucleus"], round(seen.meta["MHz"], 2)) == ("31P", 242.94)
        for window, kept in (("0.2-0.7", standard), ("2.6-2.9", drifting)):
            found = nmr.measure(seen, window=window, shape="lorentz")
            best = max(found.extra["lines"], key=lambda row: row["area"] / row["width_Hz"])
            kept.append((best["ppm"], best["sigma_ppm"]))
    assert abs(standard[0][0] - standard[1][0]) < 0.004
    assert standard[0][0] == pytest.approx(0.439, abs=0.01)
    assert drifting[0][0] - drifting[1][0] == pytest.approx(2.777 - 2.736, abs=0.01)


@pytest.mark.skipif(not SHARED.exists(), reason="real spectra of nmrpy are not here")
@pytest.mark.skipif(importlib.util.find_spec("nmrglue") is None, reason="nmrglue is not installed")
@pytest.mark.parametrize("path", ["bruker2/2/fid", "test1.fid/fid", "spinsolve1/00000/data.1d"])
def test_raw_decays_become_spectra(path: str) -> None:
    seen = nmr.read(SHARED / path)
    told = any("nobody referenced this spectrum" in w for w in seen.warnings)
    assert told == (path == "test1.fid/fid")  # reffrq = sfrq: zero is where the transmitter stood
    assert "imaginary" in seen.companions
    assert seen.meta["nucleus"] in ("31P", "1H")
    assert np.ptp(seen.x) > 10
