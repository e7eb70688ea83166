"""XPS: paths of electrons, what leaves a sphere, lines and backgrounds, states, ratios, files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.special import expn, voigt_profile

from epidot.dot.halides import HalideContent
from epidot.dot.layers import Layer, LayeredDot
from epidot.errors import InputError
from epidot.instruments import curve, xps
from epidot.instruments.recognise import recognise
from epidot.instruments.xps.atoms import intensities, places
from epidot.instruments.xps.levels import level, levels
from epidot.instruments.xps.lines import (
    SHIRLEY,
    TOUGAARD,
    VOIGT,
    doublet,
    drawn_out,
    single,
    static_shirley,
    voigt,
)  # fmt: skip
from epidot.instruments.xps.paths import mean_free_path, tpp2m
from epidot.instruments.xps.region import Form, Line, Model
from epidot.instruments.xps.search import asked_for, searched
from epidot.instruments.xps.sphere import emitted, escape, shard
from epidot.instruments.xps.weights import weighted
from epidot.report.measurement import page
from epidot.signal import Signal
from epidot.signal.noise import noisy

SHARED = Path(__file__).parents[3] / "shared" / "data" / "xps"
needs_files = pytest.mark.skipif(not SHARED.exists(), reason="the shared measured files are not here")

RADII, LENGTHS = np.array([1.5, 2.1, 3.9]), np.array([2.4, 2.0, 3.2])


# --- paths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "published"),
    [
        (tpp2m(1486.6 - 443.75, 3, 7.31, 114.82, 0.0), 2.60),  # In metal, In 3d (xpsdatabase.com)
        (tpp2m(1486.6 - 1021.8, 12, 7.14, 65.38, 0.0), 1.00),  # Zn metal, Zn 2p3/2
        (tpp2m(1486.6 - 140, 12, 7.14, 65.38, 0.0), 2.17),  # Zn metal, Zn 3s
        (tpp2m(1486.6 - 89, 12, 7.14, 65.38, 0.0), 2.24),  # Zn metal, Zn 3p
        (tpp2m(1486.6 - 665, 3, 7.31, 114.82, 0.0), 2.18),  # In metal, In 3p3/2
    ],
)
def test_mean_free_paths_of_metals_are_those_published(found: float, published: float) -> None:
    assert found == pytest.approx(published, abs=0.01)  # one in the last digit printed


def test_mean_free_paths_of_crystals() -> None:
    """X004: worked out from the formula by others, for the densities and gaps of our materials."""
    got = [
        mean_free_path(s, 1486.6 - b)
        for s, b in (("InP", 444.6), ("InP", 129), ("ZnS", 444.6), ("ZnSe", 444.6))
    ]
    assert got == pytest.approx([2.40, 2.95, 2.20, 2.01], abs=0.01)


def test_no_mean_free_path_outside_the_range_of_the_formula() -> None:
    with pytest.raises(InputError, match="50 to 30000"):
        tpp2m(20.0, 3, 7.31, 114.82, 0.0)


# --- spheres --------------------------------------------------------------------------------------


def _strewn(inner: float, outer: float, n: int = 400_000) -> tuple[float, float]:
    """Mean and standard error of exp(-path) over atoms strewn at random, electrons straight upwards."""
    rng = np.random.default_rng(1)
    r = (inner**3 + rng.random(n) * (outer**3 - inner**3)) ** (1 / 3) if outer > inner else np.full(n, outer)
    z = r * (2 * rng.random(n) - 1)
    off2 = r * r - z * z
    tau, below = np.zeros(n), np.zeros(n)
    for radius, length in zip(RADII, LENGTHS, strict=True):
        half = np.sqrt(np.maximum(radius**2 - off2, 0.0))
        upper = np.clip(half - np.maximum(z, below), 0, None)
        lower = np.clip(-below - np.maximum(z, -half), 0, None)
        tau += (upper + lower) / length
        below = half
    p = np.exp(-tau)
    return float(p.mean()), float(p.std() / np.sqrt(n))


@pytest.mark.parametrize(
    ("inner", "outer"),
    [(0.0, 1.5), (1.5, 2.1), (2.1, 3.9), (1.5, 1.5), (2.1, 2.1), (0.5, 1.8), (1.8, 1.8)],
)
def test_what_leaves_a_sphere_is_that_of_strewn_atoms(inner: float, outer: float) -> None:
    mean, error = _strewn(inner, outer)
    assert error < 6e-4
    assert escape(RADII, LENGTHS, inner, outer) == pytest.approx(mean, abs=min(4 * error, 1e-3))


def test_a_large_sphere_is_flat() -> None:
    """Over all emission angles a film of thickness t shows 1 - 2 E3(t/L) of a thick one."""
    big, t, core, shell = 1e7, 2.0, 3.0, 2.5
    seen = emitted([big, big + t], [core, shell]) / (np.pi * big**2)
    assert seen == pytest.approx(
        [core * 2 * expn(3, t / shell), shell * (1 - 2 * expn(3, t / shell))], rel=1e-5
    )


def test_nothing_is_lost_without_attenuation() -> None:
    volumes = 4 / 3 * np.pi * np.diff(RADII**3, prepend=0.0)
    np.testing.assert_allclose(emitted(RADII, np.full(3, 1e9)), volumes, rtol=1e-8)
    assert escape(RADII, np.full(3, 1e9), 2.1, 2.1) == pytest.approx(1.0, rel=1e-8)


def test_layers_of_one_stuff_are_one_sphere() -> None:
    """A sphere of radius R: the closed form of the mean escape from a homogeneous ball."""
    k = 2 * 3.9 / 2.4
    ball = np.pi * 2.4 * 3.9**2 * (1 - 2 / k**2 * (1 - (1 + k) * np.exp(-k)))
    assert emitted(RADII, np.full(3, 2.4)).sum() == pytest.approx(ball, rel=1e-10)


@pytest.mark.parametrize("core", [1.5, 3.0, 10.0])
@pytest.mark.parametrize("thick", [0.3, 0.8, 1.5, 3.0])
@pytest.mark.parametrize(("b", "c"), [(1.0, 1.0), (0.8, 1.2), (1.3, 0.8)])
def test_shards_closed_form_holds_to_its_ten_percent(core: float, thick: float, b: float, c: float) -> None:
    """In units of the shell's own length; ``b``, ``c`` as in the equation, the ratio from exact integrals."""
    shell = emitted([core, core + thick], [1 / c, 1.0])[1]
    inner = emitted([core, core + thick], [1 / c, 1 / b])[0]  # core electrons: as long in the core here
    ratio = shell / (inner / (1 / c))
    found = shard(ratio, b, c, core)
    assert found == pytest.approx(thick, rel=0.10, abs=0.02)


# --- lines ----------------------------------------------------------------------------------------


def test_a_line_has_area_one_and_its_derivatives() -> None:
    x = np.linspace(-60, 60, 24001)
    for share in (0.0, 0.4):
        s = single(x, 0.2, 1.3, share)
        assert np.trapezoid(s.y, x) == pytest.approx(
            1 - share * 2 / np.pi * np.arctan(1.3 / 2 / 60), abs=1e-4
        )
        high = x[s.y >= s.y.max() / 2]
        assert high[-1] - high[0] == pytest.approx(1.3, abs=0.011)
        np.testing.assert_allclose(np.gradient(s.step, x)[50:-50], s.y[50:-50], atol=2e-5)
    h = 1e-5
    for k, name in enumerate(("by_place", "by_width", "by_share")):
        up, down = ([0.2, 1.3, 0.4] for _ in range(2))
        up[k], down[k] = up[k] + h, down[k] - h
        by = (single(x, *up).y - single(x, *down).y) / (2 * h)
        np.testing.assert_allclose(getattr(single(x, 0.2, 1.3, 0.4), name), by, atol=1e-7)


@pytest.mark.parametrize("share", [0.0, 0.35, 1.0])
def test_a_voigt_profile_and_its_integral(share: float) -> None:
    x = np.linspace(-60, 60, 24001)
    s = voigt(x, 0.2, 1.3, share)
    spread = max((1 - 0.5346 * share) ** 2 - 0.2166 * share**2, 1e-9)
    sigma, gamma = 1.3 * np.sqrt(spread / (8 * np.log(2))), 0.65 * share
    np.testing.assert_allclose(
        s.y, voigt_profile(x - 0.2, max(sigma, 1e-4), gamma), atol=2e-4 if share == 1 else 1e-9
    )
    high = x[s.y >= s.y.max() / 2]
    assert high[-1] - high[0] == pytest.approx(1.3, abs=0.011)
    np.testing.assert_allclose(np.gradient(s.step, x)[50:-50], s.y[50:-50], atol=2e-5)
    ends = 0.65 * share / np.pi / np.array([60.2, 59.8])
    assert s.step[[0, -1]] == pytest.approx([ends[0], 1 - ends[1]], abs=1e-5)
    beyond = voigt(np.array([5.0, 5.1]), 0.2, 1.3, share)  # the place lies outside the points
    assert beyond.step == pytest.approx(np.interp([5.0, 5.1], x, s.step), abs=1e-7)


@pytest.mark.parametrize("tail", [0.003, 0.1, 0.5, 2.5])
def test_a_line_drawn_out_is_one_convolved_with_an_exponential(tail: float) -> None:
    x = np.arange(-8.0, 12.0, 0.25)
    t = tail * (np.arange(30_000) + 0.5) / 1000
    by_hand = np.array([np.sum(np.exp(-t / tail) * single(at - t, 0.0, 1.1, 0.3).y) for at in x]) / 1000
    found = drawn_out(x, 0.0, 1.1, 0.3, tail)
    np.testing.assert_allclose(found.y, by_hand, atol=3e-6)
    h = 1e-5 * tail
    up, down = (drawn_out(x, 0.0, 1.1, 0.3, tail + d) for d in (h, -h))
    np.testing.assert_allclose(found.by_tail, (up.y - down.y) / (2 * h), atol=1e-5)
    np.testing.assert_allclose(found.step_by_tail, (up.step - down.step) / (2 * h), atol=1e-5)


@pytest.mark.parametrize("form", [Form(VOIGT), Form(tail=True), Form(own=True)])
def test_the_derivatives_of_every_form(form: Form) -> None:
    x = np.arange(440.0, 456.0, 0.2)
    one = Signal("xps", x, np.ones(x.size), "binding energy", "eV", "y", "", "analog", "measured")
    lines = (Line(level("In 3d"), "", 444.6, 440, 450), Line(level("In 3d"), "", 446.0, 440, 450))
    model = Model(one, lines, SHIRLEY, form)
    told = {"place1": 444.6, "place2": 446.0, "area1": 900.0, "area2": 300.0, "level": 50.0, "slope": 5.0}
    told |= {"width_In_3d": 1.1, "width1": 1.1, "width2": 1.5, "lorentz": 0.3, "tail": 0.6, "step": 0.02}
    v = np.array([told[name] for name in model.at])
    assert list(model.at) == [f.name for f in model.free(None, {"In_3d": 1.1})]
    for i in range(v.size):
        h = 3e-5 * max(1.0, abs(v[i]) / 500)  # smaller, and the rounding of the integral shows
        up, down = v.copy(), v.copy()
        up[i], down[i] = v[i] + h, v[i] - h
        by = (model.split(up)[0] - model.split(down)[0]) / (2 * h)
        np.testing.assert_allclose(model.split(v)[1][:, i], by, rtol=1e-5, atol=2e-4)


@pytest.mark.parametrize("ground", [SHIRLEY, TOUGAARD, "straight"])
def test_the_derivatives_of_a_region(ground: str) -> None:
    x = np.arange(440.0, 456.0, 0.2)
    one = Signal("xps", x, np.ones(x.size), "binding energy", "eV", "y", "", "analog", "measured")
    lines = (Line(level("In 3d"), "", 444.6, 440, 450), Line(level("In 3d"), "", 446.0, 440, 450))
    model = Model(one, lines, ground)
    v = np.array([444.6, 900.0, 446.0, 300.0, 1.1, 0.3, 50.0, 5.0, 0.02])[: 8 if ground == "straight" else 9]
    for i in range(v.size):
        h = 1e-6 * max(1.0, abs(v[i]))
        up, down = v.copy(), v.copy()
        up[i], down[i] = v[i] + h, v[i] - h
        by = (model.split(up)[0] - model.split(down)[0]) / (2 * h)
        np.testing.assert_allclose(model.split(v)[1][:, i], by, rtol=1e-5, atol=1e-4)


def shirley_case(half: float = 6.0, counts: float = 3e4) -> tuple[Signal, float]:
    """In 3d with a second state at 446.0 eV on a true Shirley background, in counts; and its area."""
    x = np.arange(444.6 - half, 446.0 + 7.55 + half, 0.1)
    one = level("In 3d")
    first, second = (doublet(x, p, 1.1, 0.3, one.minor, one.splitting) for p in (444.6, 446.0))
    area = counts * 2.0
    y = 0.1 * counts + area * (0.75 * (first.y + 0.02 * first.step) + 0.25 * (second.y + 0.02 * second.step))
    return Signal("xps", x, y, "binding energy", "eV", "intensity", "counts", "counts", "simulated"), area


@pytest.mark.parametrize("half", [6.0, 4.0, 2.0])
def test_the_active_background_does_not_depend_on_the_window(half: float) -> None:
    """Where an iterated one loses 3 to 35 % of the area to its ends."""
    clean, area = shirley_case(half)
    found = asked_for(clean, [(level("In 3d"), "InP"), (level("In 3d"), "halide")])
    assert found.area(0) + found.area(1) == pytest.approx(area, rel=1e-4)
    assert found.area(1) == pytest.approx(0.25 * area, rel=4e-4)
    told = xps.measure(clean, states="In_3d_InP In_3d_halide")["In_3d_area"]
    assert told.value == pytest.approx(area, abs=0.2 * told.sigma)  # other profiles have a say
    ground = static_shirley(clean.x, clean.y)
    static = float(np.sum(clean.y - ground) * 0.1)
    assert static < 0.99 * area


def counted(x: np.ndarray, y: np.ndarray, name: str = "In 3d", seed: int = 1) -> Signal:
    """A region of counts."""
    counts = np.random.default_rng(seed).poisson(y).astype(float)
    return Signal(
        "xps",
        x,
        counts,
        "binding energy",
        "eV",
        "intensity",
        "counts",
        "counts",
        "measured",
        meta={"column": name},
    )


def in_3d(x: np.ndarray, line) -> np.ndarray:  # type: ignore[no-untyped-def]
    one = level("In 3d")
    return (1 - one.minor) * line(x) + one.minor * line(x - one.splitting)


X_IN = np.arange(438, 460, 0.1)


@pytest.mark.parametrize("tail", [0.3, 0.8, 1.5])
def test_one_asymmetric_line_is_no_two_states(tail: float) -> None:
    y = 60_000 * in_3d(X_IN, lambda z: drawn_out(z, 444.6, 1.0, 0.2, tail).y) + 3000
    found = xps.measure(counted(X_IN, y))
    assert [n for n in found if n.endswith("_fraction")] == [n for n in found if n.endswith("_fraction")][:1]
    assert found["In_3d_area"].value == pytest.approx(60_000, abs=3 * found["In_3d_area"].sigma)
    assert any("drawn out" in w and "asymmetric" in w for w in found.warnings)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_purely_lorentzian_line_states_its_errors(seed: int) -> None:
    """Half of all noises put its Lorentzian share at 1, beyond which there is nothing."""
    x = np.arange(522.0, 542.0, 0.1)
    lorentz = 20000 / (1 + 4 * ((x - 531.8) / 1.2) ** 2)
    y = np.random.default_rng(seed).poisson(lorentz + 2000 + 0.002 * np.cumsum(lorentz)).astype(np.float64)
    meta = {"column": "O 1s", "photon_eV": 1486.6}
    signal = Signal("xps", x, y, "binding energy", "eV", "intensity", "", "counts", "measured", meta=meta)
    found = xps.measure(signal)
    area = found["O_1s_area"]
    assert abs(area.value - 20000 * np.pi / 2 * 1.2) < 4 * area.sigma
    assert area.sigma < 0.01 * area.value
    assert xps.fit(signal).status == "converged"


def test_states_on_an_asymmetric_line_of_another_form_have_no_shares() -> None:
    """Doniach and Sunjic's line: what an exponential leaves over looks like a second state."""

    def line(z: np.ndarray) -> np.ndarray:
        e, a, g = 444.6 - z, 0.15, 0.3
        y = np.cos(np.pi * a / 2 + (1 - a) * np.arctan(e / g)) / (e * e + g * g) ** ((1 - a) / 2)
        return gaussian_filter1d(y, 4)

    y = in_3d(X_IN, line)
    found = xps.measure(counted(X_IN, 600_000 * y / y.sum() + 3000))
    shares = [q for n, q in found.items() if n.endswith("_fraction")]
    assert len(shares) == 1 or all(q.value is None for q in shares)


def test_every_region_is_drawn_from_right_to_left_without_lines_over_gaps() -> None:
    seen = xps.simulate([LayeredDot("InP", 3.0, (Layer("ZnSe", 0.6),))], {"levels": "In_3d P_2p C_1s"})
    found = xps.measure(seen)
    regions = curve.regions(found)
    assert list(regions)[1:] == [n for n in seen.companions if n != "transmission"]
    assert all(set(own) == {"data", "model", "background", "residuals"} for own in regions.values())
    drawing = page("a.vms", seen, found)
    shown = [axis for axis in drawing.axes if axis.get_visible()]
    assert [axis.get_title() for axis in shown if axis.get_title()] == ["In 3d", *list(regions)[1:]]
    assert len(shown) == 2 * len(regions)
    assert all(axis.xaxis_inverted() for axis in shown)
    rows = curve.to_csv([("a.vms", seen, found)]).splitlines()
    assert len(rows) == 1 + len(seen) + sum(len(seen.companions[n]) for n in list(regions)[1:])
    one = Signal(
        "nmr", np.r_[0:1:0.1, 5:6:0.1], np.ones(20), "chemical shift", "ppm", "y", "", "analog", "measured"
    )
    assert np.isnan(curve.broken(one)[1]).sum() == 1


@pytest.mark.parametrize(("wide", "share"), [(1.8, 0.3), (2.2, 0.4)])
@pytest.mark.parametrize("states", ["", "In_3d_InP In_3d_halide"])
def test_a_state_may_be_wider_than_another(wide: float, share: float, states: str) -> None:
    y = (1 - share) * in_3d(X_IN, lambda z: single(z, 444.6, 1.0, 0.3).y)
    y += share * in_3d(X_IN, lambda z: single(z, 445.8, wide, 0.3).y)
    found = xps.measure(counted(X_IN, 60_000 * y + 3000), states=states)
    told = found["In_3d_InP_fraction"]
    assert told.value is not None or not states
    if told.value is None:  # three of one width describe it as well
        assert "how many states there are is open" in told.note
    else:
        assert told.value == pytest.approx(1 - share, abs=3 * told.sigma)
        assert told.sigma < 0.02
    assert found["In_3d_area"].value == pytest.approx(60_000, abs=3 * found["In_3d_area"].sigma)


def _alike(area: float, states: list[tuple[float, float]]) -> np.ndarray:
    """In 3d of states (place / eV, share) that are all 1.1 eV wide."""
    each = (f * in_3d(X_IN, lambda z, at=at: single(z, at, 1.1, 0.2).y) for at, f in states)
    return area * np.asarray(sum(each)) + area / 20


@pytest.mark.parametrize(
    "states",
    [
        [(444.5, 0.5), (445.5, 0.25), (446.5, 0.25)],
        [(444.4, 0.5), (445.1, 0.5)],
        [(444.4, 0.7), (445.1, 0.3)],
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_states_nearer_than_their_width_are_not_one_broad_line(
    states: list[tuple[float, float]], seed: int
) -> None:
    """Three as two of their own widths put the shares off by four errors, two as one the place by sixty."""
    found = xps.measure(counted(X_IN, _alike(20_000, states), seed=seed))
    told = [n.removesuffix("_fraction") for n in found if n.endswith("_fraction")]
    assert len(told) == len(states)
    width = found["In_3d_width_eV"]
    assert width.value == pytest.approx(1.1, abs=4 * width.sigma)
    told.sort(key=lambda n: found[f"{n}_eV"].value)
    for (at, part), name in zip(states, told, strict=True):
        place, share = found[f"{name}_eV"], found[f"{name}_fraction"]
        assert place.value == pytest.approx(at, abs=4 * place.sigma)
        assert share.value == pytest.approx(part, abs=4 * share.sigma)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_line_wider_than_usual_may_hold_two_states(seed: int) -> None:
    """With few counts nothing decides: no share is stated, and the error of the place holds both."""
    found = xps.measure(counted(X_IN, _alike(1000, [(444.4, 0.5), (445.1, 0.5)]), seed=seed))
    (name,) = (n.removesuffix("_fraction") for n in found if n.endswith("_fraction"))
    share, place = found[f"{name}_fraction"], found[f"{name}_eV"]
    assert share.value is None
    assert "how many states there are is open" in share.note
    assert abs(place.value - 444.4) < 2 * place.sigma


@pytest.mark.parametrize(
    "states", [[(444.4, 0.5), (445.1, 0.5)], [(444.5, 0.7), (445.3, 0.3)], [(444.5, 0.6), (446.1, 0.4)]]
)
@pytest.mark.parametrize("area", [1000, 20_000])
def test_the_mean_of_a_level_is_stated_whatever_its_states(
    area: float, states: list[tuple[float, float]]
) -> None:
    truth = sum(at * share for at, share in states)
    off = []
    for seed in range(8):
        mean = xps.measure(counted(X_IN, _alike(area, states), seed=seed))["In_3d_mean_eV"]
        off.append((mean.value - truth) / mean.sigma)
        assert mean.sigma < 0.05
    assert np.abs(off).max() < 3.5
    assert 2 <= np.sum(np.abs(off) < 1) <= 8  # of 8, by chance once in 200 less


def test_the_mean_of_a_line_drawn_out_is_its_centre_of_mass() -> None:
    y = 60_000 * in_3d(X_IN, lambda z: drawn_out(z, 444.6, 1.0, 0.0, 0.8).y) + 3000
    mean = xps.measure(counted(X_IN, y))["In_3d_mean_eV"]
    assert mean.value == pytest.approx(445.4, abs=3 * mean.sigma)
    assert mean.sigma < 0.02


def test_the_mean_of_carbon_is_told_from_hydrocarbon() -> None:
    x = np.arange(280.0, 295.0, 0.1)
    y = 20_000 * (0.7 * single(x, 286.8, 1.1, 0.2).y + 0.3 * single(x, 289.8, 1.1, 0.2).y) + 1000
    mean = xps.measure(counted(x, y, "C 1s"))["C_1s_mean_eV"]
    assert mean.value == pytest.approx(284.8 + 0.3 * 3.0, abs=3 * mean.sigma)
    assert mean.sigma < 0.05
    alone = xps.measure(counted(x, 20_000 * single(x, 286.8, 1.1, 0.2).y + 1000, "C 1s"))["C_1s_mean_eV"]
    assert alone.value == pytest.approx(284.8)
    assert alone.sigma is None
    assert "not measured but set" in alone.note


@pytest.mark.parametrize("line", [single, voigt])
def test_a_line_of_usual_width_is_one_state(line) -> None:  # type: ignore[no-untyped-def]
    fine = np.arange(420.0, 480.0, 0.02)
    y = 20_000 * in_3d(X_IN, lambda z: np.interp(z, fine, line(fine, 444.6, 1.1, 0.3).y)) + 1000
    for seed in range(3):
        found = xps.measure(counted(X_IN, y, seed=seed))
        assert [n for n in found if n.endswith("_fraction")] == ["In_3d_InP_fraction"]
        assert found["In_3d_InP_fraction"].value == 1
        assert found["In_3d_InP_eV"].sigma < 0.005


@pytest.mark.parametrize("step", [0.02, 0.2])
@pytest.mark.parametrize("half", [3.0, 6.0])
def test_voigt_lines_on_a_strong_step(step: float, half: float) -> None:
    """With Gauss and Lorentz added, the area would be 2 to 3 % and six standard errors too large."""
    x = np.arange(444.6 - half, 452.2 + half, 0.1)
    shape = doublet(x, 444.6, 1.05, 0.38, level("In 3d").minor, level("In 3d").splitting, VOIGT)
    found = xps.measure(counted(x, 60_000 * (shape.y + step * shape.step) + 3000))
    assert found["In_3d_area"].value == pytest.approx(60_000, abs=3 * found["In_3d_area"].sigma)


@pytest.mark.parametrize(
    ("times", "end", "zinc"), [(1, 139, 140.0), (5, 137, 139.5), (5, 141, 140.0), (20, 139, 139.5)]
)
def test_phosphorus_beside_the_3s_line_of_zinc(times: float, end: float, zinc: float) -> None:
    """Inside, at the end of and outside the window, and much stronger: without C 1s."""
    x = np.arange(124, end, 0.1)
    p, z = (
        doublet(x, 128.7, 1.1, 0.3, level("P 2p").minor, level("P 2p").splitting),
        single(x, zinc, 2.6, 0.3),
    )
    y = 5000 * (p.y + times * z.y + 0.02 * (p.step + times * z.step)) + 1000
    found = xps.measure(counted(x, y, "P 2p", seed=0))
    assert found["P_2p_area"].value == pytest.approx(5000, abs=3 * found["P_2p_area"].sigma)
    assert found["P_2p_area"].sigma < 500


# --- states and ratios ----------------------------------------------------------------------------


def test_every_state_lies_where_its_level_does() -> None:
    for one in levels().values():
        assert one.widths[0] < one.widths[1] < one.widths[2]
        assert (one.minor > 0) == (one.splitting > 0)
        low, high = one.span
        assert all(low < p.value < high for p in one.states.values())
    assert level("In3d") is level("In_3d") is level("In 3d")
    with pytest.raises(InputError, match="no such core level"):
        level("Xx 9z")


def test_carbon_with_one_bond_to_oxygen_is_no_carbonyl() -> None:
    """C-O stands near 286.5 eV, C=O near 287.9 eV in polymers (means of Beamson and Briggs)."""
    states = levels()["C_1s"].states
    assert states["ether"].value == pytest.approx(286.5, abs=0.2)
    assert "carbonyl" not in states or states["carbonyl"].value == pytest.approx(287.9, abs=0.2)


def test_halide_and_phosphate_are_not_told_apart_by_in_3d_alone() -> None:
    clean, _ = shirley_case()
    found = xps.measure(noisy(clean, np.random.default_rng(1)))
    assert any("In 3d alone cannot tell halide from phosphate" in w for w in found.warnings)
    assert any("none of them is seen" in w for w in found.warnings)


def test_the_atoms_of_a_dot() -> None:
    """InP-OA of 2.4 nm: 72 oleates, as many hydroxides and 27 oxides need 66 indium beyond the crystal."""
    dot = LayeredDot("InP", 2.4, ligands={"OA": 72.0, "OH": 72.0}, oxide=27.0, sites=99.0)
    total: dict[str, float] = {}
    for one in places(dot, 1.0):
        total[one.element] = total.get(one.element, 0.0) + one.count
    assert total["P"] == pytest.approx(143.2, abs=0.1)
    assert total["In"] - total["P"] == pytest.approx(66.0)
    assert total["O"] == pytest.approx(72 * 2 + 72 + 27)


def test_halide_at_the_core_is_in_halide() -> None:
    e = np.linspace(0.0, 2.5, 6)
    halide = HalideContent("Br", e, np.zeros(5), ligand=3.0, interface=20.0)
    dot = LayeredDot("InP", 3.0, (Layer("ZnSe", 1.0),), halides=(halide,))
    shown = intensities(dot, 1.0, 1486.6)
    total = sum(p.count for p in places(dot, 1.0) if p.element == "In")
    bare = sum(
        p.count for p in places(LayeredDot("InP", 3.0, (Layer("ZnSe", 1.0),)), 1.0) if p.element == "In"
    )
    assert total == pytest.approx(bare)
    assert shown["In_3d"]["halide"] > 0
    assert set(shown["Br_3d"]) == {"bromide"}


@pytest.mark.parametrize("thick", [0.35, 0.9])
def test_the_thickness_of_a_shell_comes_back(thick: float) -> None:
    dot = LayeredDot("InP", 3.2, (Layer("ZnSe", thick),))
    seen = xps.simulate([dot], {"levels": "In_3d P_2p Se_3d C_1s", "counts": 1e6})
    found = xps.measure(seen, core="InP", diameter_nm=3.2, shell="ZnSe")
    assert found["shell_nm"].value == pytest.approx(thick, rel=3e-3)
    assert found["shell_closed_form_nm"].value == pytest.approx(thick, rel=0.12)
    known = xps.measure(seen, core="InP", diameter_nm=3.2, shell=f"ZnSe:{thick}")
    assert known["sphere_ratio_In_P"].value == pytest.approx(1.0, rel=5e-3)
    atoms = {e: sum(p.count for p in places(dot, 1.5) if p.element == e) for e in ("In", "Se")}
    assert known["sphere_ratio_In_Se"].value == pytest.approx(atoms["In"] / atoms["Se"], rel=5e-3)


def test_two_shells_come_back() -> None:
    dot = LayeredDot("InP", 3.0, (Layer("ZnSe", 0.6), Layer("ZnS", 0.5)))
    seen = xps.simulate([dot], {"levels": "In_3d P_2p Se_3d S_2p Zn_2p C_1s", "counts": 3e6})
    found = xps.measure(seen, core="InP", diameter_nm=3.0, shell="ZnSe ZnS")
    assert found["shell_1_nm"].value == pytest.approx(0.6, rel=0.02)
    assert found["shell_2_nm"].value == pytest.approx(0.5, rel=0.02)


def test_two_levels_that_disagree_are_told() -> None:
    """Zn 2p and Zn 3p see 0.9 and 1.9 nm: a zinc that lies inside looks less by the first."""
    dot = LayeredDot("InP", 2.0, (Layer("ZnSe", 0.4), Layer("CdS", 1.5)))
    seen = xps.simulate([dot], {"levels": "Zn_2p Zn_3p C_1s", "counts": 1e5}, rng=np.random.default_rng(2))
    found = xps.measure(seen)
    assert found["levels_Zn"].value < 0.9
    assert any("gives" in w and "Zn 3p gives" in w for w in found.warnings)


def test_charging_is_found_and_taken_off() -> None:
    dot = LayeredDot("InP", 3.0, (Layer("ZnSe", 0.6),))
    setup = {"levels": "In_3d P_2p C_1s", "charging_eV": 2.4}
    seen = xps.simulate([dot], setup, rng=np.random.default_rng(3))
    found = xps.measure(seen)
    assert found["shift_eV"].value == pytest.approx(2.4, abs=0.02)
    assert found["In_3d_InP_eV"].value == pytest.approx(444.6, abs=0.03)
    alone = xps.measure(xps.simulate([dot], {**setup, "levels": "In_3d"}))
    assert any("no C 1s is here" in w and "In 3d stands" in w for w in alone.warnings)


def _charged_in_part(levels: str, off: float, share: float) -> Signal:
    """A dot of which a part, ``share`` of it, shows everything ``off`` / eV higher."""
    dot = LayeredDot("InP", 3.0, (Layer("ZnSe", 0.6),))
    setup = {"levels": levels, "charging_eV": 0.5, "counts": 1e5}
    both = [xps.simulate([dot], {**setup, "charging_eV": 0.5 + more}) for more in (0.0, off)]
    rng = np.random.default_rng(4)

    def added(a: Signal, b: Signal) -> Signal:
        low, high = max(a.x[0], b.x[0]), min(a.x[-1], b.x[-1])
        x = a.x[(a.x >= low) & (a.x <= high)]
        y = (1 - share) * np.interp(x, a.x, a.y) + share * np.interp(x, b.x, b.y)
        return a.with_values(x, rng.poisson(y).astype(np.float64))

    first, second = both
    beside = {n: added(c, second.companions[n]) for n, c in first.companions.items()}
    return replace(added(first, second), companions=beside)


def test_parts_that_charge_differently_are_no_states() -> None:
    found = xps.measure(_charged_in_part("In_3d P_2p Se_3d C_1s", 1.8, 0.3))
    assert any("1.80 eV above the first" in w and "charged differently" in w for w in found.warnings)
    assert not [n for n in found.found if n.startswith(("In_3d_halide", "In_3d_phosphate", "P_2p_phosphate"))]
    assert found["In_3d_InP_fraction"].value is None
    assert found["oxide_fraction"].value is None
    assert found["ratio_In_P"].value == pytest.approx(0.95, abs=0.1)


def test_levels_that_are_drawn_out_alike_are_charged() -> None:
    def region(name: str, place: float, tail: float) -> Signal:
        x = np.arange(place - 10, place + 10, 0.1)
        y = np.random.default_rng(5).poisson(300 + 9000 * drawn_out(x, place, 1.3, 0.2, tail).y)
        meta = {"column": name, "photon_eV": 1486.6}
        y = y.astype(np.float64)
        return Signal("xps", x, y, "binding energy", "eV", "intensity", "", "counts", "measured", meta=meta)

    carbon, oxygen = region("C 1s", 284.8, 0.8), region("O 1s", 531.9, 0.9)
    found = xps.measure(replace(carbon, companions={"O 1s": oxygen}))
    assert any("C 1s, O 1s are drawn out alike" in w for w in found.warnings)
    other = xps.measure(replace(carbon, companions={"O 1s": region("O 1s", 531.9, 0.001)}))
    assert not any("alike, by" in w for w in other.warnings)


def test_a_state_of_one_level_is_no_charging() -> None:
    dot = LayeredDot("InP", 3.0, (Layer("ZnSe", 0.6),), oxide=20.0)
    setup = {"levels": "In_3d P_2p Se_3d C_1s", "counts": 1e5}
    found = xps.measure(xps.simulate([dot], setup, rng=np.random.default_rng(3)))
    assert not any("charged" in w for w in found.warnings)
    alone = xps.measure(_charged_in_part("In_3d", 1.8, 0.3))
    assert any("a part of the sample that is charged otherwise" in w for w in alone.warnings)


@pytest.mark.parametrize("charging", [3.3, 5.5])
def test_a_charged_phosphide_is_no_phosphate(charging: float) -> None:
    """P 2p alone, several eV off, stands where phosphate or oxide would: nothing says which it is."""
    dot = LayeredDot("InP", 3.2, (Layer("ZnSe", 0.6),))
    setup = {"levels": "P_2p", "charging_eV": charging}
    found = xps.measure(xps.simulate([dot], setup, rng=np.random.default_rng(1)))
    assert found["P_2p_other_eV"].value == pytest.approx(128.7 + charging, abs=0.05)
    assert found["P_2p_area"].sigma is not None
    assert found["oxide_fraction"].value is None
    assert "nothing sets the axis right" in found["oxide_fraction"].note
    assert any(f"InP charged by {charging:.1f} eV" in words for words in found.warnings)
    assert not any("phosphate" in name or "InPOx" in name for name in found)


def test_an_oxide_is_named_where_another_level_stands_at_its_place() -> None:
    """In 3d at 444.6 eV says that the axis is right; so does the phosphide beside its own oxide."""
    dot = LayeredDot("InP", 3.2, (Layer("ZnSe", 0.6),), oxide=120.0)
    for shown in ("P_2p In_3d", "P_2p"):
        found = xps.measure(
            xps.simulate([dot], {"levels": shown, "counts": 1e5}, rng=np.random.default_rng(1))
        )
        assert found["P_2p_InPOx_eV"].value == pytest.approx(132.0, abs=0.1)
        assert found["oxide_fraction"].value is not None


def test_a_rate_of_unknown_time_is_weighed_as_counts_are() -> None:
    """Even weights would state half of the error of a place."""
    x = np.arange(522.0, 542.0, 0.1)
    line = single(x, 531.8, 1.3, 0.2)
    clean = 27000 * (line.y + 0.02 * line.step) + 2000

    def seen(y: np.ndarray, kind: str) -> Signal:
        meta = {"column": "O 1s", "photon_eV": 1486.6}
        return Signal("xps", x, y, "binding energy", "eV", "intensity", "", kind, "measured", meta=meta)

    rng = np.random.default_rng(6)
    counts = rng.poisson(clean).astype(np.float64)
    rate, told = (xps.measure(seen(y, kind)) for y, kind in ((counts / 0.3, "analog"), (counts, "counts")))
    name = "O_1s_carboxylate_eV"
    assert rate[name].sigma == pytest.approx(told[name].sigma, rel=0.3)
    assert rate[name].value == pytest.approx(told[name].value, abs=0.3 * told[name].sigma)
    assert rate["O_1s_area"].sigma == pytest.approx(told["O_1s_area"].sigma / 0.3, rel=0.3)
    even = searched(seen(clean + rng.normal(0, 80, x.size), "analog"), [level("O 1s")])
    assert even is not None
    assert weighted(even) is None


@pytest.mark.parametrize("charge", [-4.0, -2.0, 1.0, 2.0, 4.0])
def test_every_state_of_carbon_is_found_on_a_charged_sample(charge: float) -> None:
    x = np.arange(278 + charge, 296 + charge, 0.1)
    y = 300 + sum(
        a * single(x, e + charge, 1.3, 0.2).y for e, a in ((284.8, 6300), (286.4, 1800), (288.9, 900))
    )
    shown = Signal("xps", x, np.round(y), "binding energy", "eV", "intensity", "counts", "counts", "measured")
    found = xps.measure(shown)
    assert found["shift_eV"].value == pytest.approx(charge, abs=0.1)
    assert found["C_1s_hydrocarbon_fraction"].value == pytest.approx(0.7, abs=0.04)
    assert found["C_1s_area"].value == pytest.approx(9000, rel=0.05)


def test_half_a_doublet_that_may_be_either_is_withheld() -> None:
    x = np.arange(448.2, 458, 0.1)
    y = 500 + 20000 * doublet(x, 444.5, 1.2, 0.2, level("In_3d").minor, level("In_3d").splitting).y
    shown = Signal("xps", x, np.round(y), "binding energy", "eV", "intensity", "counts", "counts", "measured")
    found = xps.measure(shown)
    assert found["In_3d_area"].value is None
    assert any("may be either" in said for said in found.warnings)
    x = np.arange(124, 138, 0.1)
    beside = counted(
        x, 3000 * doublet(x, 128.7, 1.1, 0.3, level("P 2p").minor, level("P 2p").splitting).y + 300, "P 2p"
    )
    both = xps.measure(replace(shown, companions={"P 2p": beside}))
    assert both["ratio_In_P"].value is None
    assert "may be either" in both["ratio_In_P"].note
    assert both["P_2p_area"].value is not None


@pytest.mark.parametrize("off", [12.0, -12.0])
def test_a_level_beyond_all_charging_is_not_named(off: float) -> None:
    """It was stated 8 eV off the only line there."""
    x = np.arange(444.6 + off - 8, 444.6 + off + 16, 0.1)
    y = 8000 * in_3d(x, lambda z: single(z, 444.6 + off, 1.1, 0.3).y) + 500
    found = xps.measure(counted(x, y))
    assert all(q.value is None for n, q in found.items() if n.startswith("In_3d"))
    (said,) = [w for w in found.warnings if "which is highest at" in w]
    assert float(said.split("highest at ")[1].split()[0]) == pytest.approx(444.6 + off, abs=0.3)
    assert "--calibrate-against" in said
    assert "--components" in said
    assert not any("In 3d stands" in w for w in found.warnings)


def test_a_line_that_may_be_any_state_is_none() -> None:
    """P 2p 10.9 eV above InP was called InP."""
    one = level("P_2p")
    x = np.arange(133, 147, 0.1)
    y = 8000 * doublet(x, 139.6, 1.1, 0.3, one.minor, one.splitting).y + 500
    found = xps.measure(counted(x, y, "P 2p"))
    assert "P_2p_InP_eV" not in found
    assert found["P_2p_other_eV"].value == pytest.approx(139.6, abs=0.02)
    assert found["oxide_fraction"].value is None
    assert "may be any of its states, or another line" in found["oxide_fraction"].note


def test_where_no_level_stands_it_is_told_where_the_region_is_highest() -> None:
    x = np.arange(110, 126, 0.1)
    found = xps.measure(counted(x, 8000 * single(x, 118.0, 1.1, 0.3).y + 500, "x"))
    assert any("within 6 eV of charging (the region is highest at 118" in w for w in found.warnings)


def test_a_valence_band_is_no_core_level() -> None:
    """Silver's 4d at 5.9 eV is not that of cadmium, at 11 eV, on a charged sample."""
    x = np.arange(-2, 13, 0.05)
    with_band = counted(x, 4000 * single(x, 5.9, 2.0, 0.3).y + 200, "VB")
    assert not any(
        n.startswith(("Cd_4d", "In_4d")) and q.value is not None for n, q in xps.measure(with_band).items()
    )


def test_a_source_without_cross_sections_gives_no_ratios(tmp_path: Path) -> None:
    dot = LayeredDot("InP", 3.0, (Layer("ZnSe", 0.6),))
    found = xps.measure(xps.simulate([dot], {"levels": "In_3d P_2p C_1s", "photon_eV": 1253.6}))
    assert found["ratio_In_P"].value is None
    assert "Al Kα alone" in found["ratio_In_P"].note
    assert found["In_3d_area"].value is not None
    rows = "".join(f"{1030 + 0.1 * i:.1f},{c}\n" for i, c in enumerate(COUNTS))
    table = written(tmp_path, "Kinetic Energy (eV),In 3d\n" + rows, "k.csv")
    with pytest.raises(InputError, match="needs the photon energy"):
        xps.read(table)
    assert xps.read(table, photon_eV=1486.6).x[-1] == pytest.approx(456.6)


def test_what_photons_cannot_free_is_not_seen(tmp_path: Path) -> None:
    """Einstein: kinetic energy is that of the photon less what binds.  In 3d stood in a table at 100 eV."""
    rows = "".join(f"{440 + 0.1 * i:.1f},{c}\n" for i, c in enumerate(COUNTS))
    table = written(tmp_path, "Binding Energy (eV),In 3d\n" + rows, "b.csv")
    with pytest.raises(InputError, match="photons of 100 eV free no electron bound by more") as caught:
        xps.read(table, photon_eV=100)
    assert "correct photon_eV" in str(caught.value)
    assert xps.read(table, photon_eV=1486.6).x[0] == pytest.approx(440)


def test_a_vamas_region_without_counts_is_left_out_or_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere above zero"):
        xps.read(written(tmp_path, vamas(["0"] * 60)))
    with pytest.raises(InputError, match="nowhere above zero"):
        xps.read(written(tmp_path, vamas(["-5"] * 60)))
    specs = "# SpecsLab Prodigy\n" + "".join(
        f"# Region: {name}\n# Energy Axis: Binding Energy\n# Excitation Energy: 1486.6\n"
        "# ColumnLabels: energy counts/s\n" + "".join(f"{440 + 0.1 * i:.1f} {value}\n" for i in range(40))
        for name, value in (("dead", 0), ("alive", 7))
    )
    found = xps.read(written(tmp_path, specs, "a.xy"))
    assert found.meta["column"] == "alive"
    assert any("dead: the readings are nowhere above zero" in w for w in found.warnings)


def test_single_readings_are_left_out_and_said() -> None:
    clean, area = shirley_case()
    y = np.random.default_rng(1).poisson(clean.y).astype(float)
    y[[30, 90]] += 90_000
    found = xps.measure(replace(clean, y=y), states="In_3d_InP In_3d_halide")
    assert any("far above their neighbours were left out" in w for w in found.warnings)
    assert found["In_3d_area"].value == pytest.approx(area, abs=3 * found["In_3d_area"].sigma)
    coarse = replace(clean.kept(np.arange(len(clean)) % 8 == 0), kind="counts")
    assert not any("left out" in w for w in xps.measure(coarse).warnings)


def test_a_table_with_an_energy_column_per_region_is_one_sample(tmp_path: Path) -> None:
    """Se 3d ends 70 readings before In 3d: none of those is lost, and no region stands over another's."""
    rng = np.random.default_rng(2)
    se = np.arange(48.0, 62.0, 0.1)
    first = rng.poisson(_alike(20_000, [(444.5, 1.0)]))
    second = rng.poisson(3000 * doublet(se, 53.9, 0.9, 0.2, 0.4, 0.86).y + 300)
    rows = [f"{x:.1f},{n}" for x, n in zip(X_IN, first, strict=True)]
    beside = [f",{x:.1f},{n}" for x, n in zip(se, second, strict=True)]
    beside += [",,"] * (len(rows) - len(beside))
    head = "In 3d binding energy (eV),In 3d (counts),Se 3d binding energy (eV),Se 3d (counts)\n"
    path = written(tmp_path, head + "\n".join(a + b for a, b in zip(rows, beside, strict=True)), "a.csv")
    found = xps.measure(xps.read(path))
    assert found["In_3d_InP_eV"].value == pytest.approx(444.5, abs=0.02)
    assert found["Se_3d_selenide_eV"].value == pytest.approx(53.9, abs=0.04)
    assert found["In_3d_area"].value == pytest.approx(20_000, rel=0.03)
    assert xps.read(path, column="Se 3d").x.size == se.size
    assert xps.read(path, column="Se 3d").meta["columns"] == ["In 3d", "Se 3d"]


@pytest.mark.parametrize(
    "head", ["BE In3d,I,BE O1s,I", "In3d BE/eV,In3d,O1s BE/eV,O1s", "B.E. In3d (eV),In3d,B.E. O1s (eV),O1s"]
)
def test_axes_that_name_their_region_are_pairs(head: str, tmp_path: Path) -> None:
    x, o = X_IN[:180], np.arange(524.0, 542.0, 0.1)
    y = 8000 * in_3d(x, lambda z: single(z, 444.6, 1.1, 0.3).y) + 500
    z = 8000 * single(o, 531.5, 1.4, 0.3).y + 500
    rows = "".join(f"{a:.1f},{b:.0f},{c:.1f},{d:.0f}\n" for a, b, c, d in zip(x, y, o, z, strict=True))
    found = xps.measure(xps.read(written(tmp_path, f"{head}\n{rows}", "a.csv")))
    assert found["In_3d_mean_eV"].value == pytest.approx(444.6, abs=0.05)
    assert found["O_1s_mean_eV"].value == pytest.approx(531.5, abs=0.05)


def test_energies_without_their_sign(tmp_path: Path) -> None:
    rows = "".join(f"{-440 - 0.1 * i:.1f},{c}\n" for i, c in enumerate(COUNTS))
    found = xps.read(written(tmp_path, "Bindungsenergie (eV),In 3d\n" + rows, "n.csv"))
    assert found.x[0] == 440.0
    assert any("without their sign" in w for w in found.warnings)
    with pytest.raises(InputError, match="no measurement"):
        xps.read(written(tmp_path, "BE (eV),In 3d\n" + rows.replace("\n", "e200\n"), "h.csv"))


def test_readings_below_zero_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"{440 + 0.1 * i:.1f},{-100 - i}\n" for i in range(40))
    with pytest.raises(InputError, match="nowhere above zero"):
        xps.read(written(tmp_path, "Binding Energy (eV),Counts\n" + rows, "n.csv"))


def test_another_charge_reference_moves_energies_and_no_states() -> None:
    dot = LayeredDot("InP", 3.0, (Layer("ZnSe", 0.6),))
    seen = xps.simulate([dot], {"levels": "In_3d C_1s"})
    usual, choi = (xps.measure(seen, c1s_eV=e) for e in (284.8, 285.0))
    assert choi["In_3d_InP_eV"].value - usual["In_3d_InP_eV"].value == pytest.approx(0.2, abs=1e-6)
    assert choi["shift_eV"].value == pytest.approx(-0.2, abs=1e-4)
    assert choi["C_1s_hydrocarbon_eV"].value == pytest.approx(285.0, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"states": "In_3d_gold"}, "no such state"),
        ({"core": "InP"}, "core and diameter_nm together"),
        ({"core": "InP", "diameter_nm": 3.0, "shell": "ZnSe:thick"}, "ZnSe:0.6"),
        ({"core": "InP", "diameter_nm": 3.0, "shell": "ZnSe ZnS:0.3"}, "either all shells"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        xps.measure(shirley_case()[0], **options)


# --- files ----------------------------------------------------------------------------------------


def vamas(values: list[str], **changed: str) -> str:
    """A small VAMAS file of one block, binding energy, counts."""
    head = [
        "VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4",
        "lab", "instrument", "operator", "experiment", "0", "NORM", changed.get("scan", "REGULAR"), "1", "0",
        "0", "0", "0", "0", changed.get("blocks", "1"),
    ]  # fmt: skip
    block = [
        "In 3d", "dots", "2026", "1", "1", "0", "0", "0", "0", "0", "XPS", "Al", "1486.6",
        *["1E+37"] * 5, "FAT", "20", "1E+37", "4.5", *["1E+37"] * 5, "In", "3d", "-1",
        *([] if "scan" in changed else [changed.get("axis", "Binding Energy"), "eV", "440", "0.1"]),
        changed.get("columns", "1\nIntensity\nd"), "pulse counting", "0.5", "2",
        "0", "1E+37", "1E+37", "1E+37", "0",
        changed.get("total", str(len(values))), *["0"] * 2 * int(changed.get("columns", "1")[0]), *values,
    ]  # fmt: skip
    return "\n".join([*head, *block]) + "\n"


COUNTS = [
    str(round(v)) for v in np.interp(np.arange(440, 458, 0.1), shirley_case()[0].x, shirley_case()[0].y)
]


def written(folder: Path, text: str | bytes, name: str = "a.vms") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_vamas_with_all_its_oddities(tmp_path: Path) -> None:
    plain = xps.read(written(tmp_path, vamas(COUNTS)))
    assert (len(plain), plain.kind, plain.meta["seconds"]) == (180, "counts", 1.0)
    assert plain.meta["column"] == "In 3d"
    blank = xps.read(written(tmp_path, "\r\n\r\n" + vamas(COUNTS).replace("\n", "\r\n"), "b.npl"))
    assert blank == plain
    padded = xps.read(written(tmp_path, vamas(COUNTS).encode().replace(b"\n3d\n", b"\n3d\0\n"), "c.vms"))
    assert padded == plain
    kinetic = xps.read(written(tmp_path, vamas(COUNTS, axis="Kinetic Energy"), "d.vms"))
    assert kinetic.x[-1] == pytest.approx(1486.6 - 440)
    passed = [v for c in COUNTS for v in (c, "2.5")]
    both = xps.read(written(tmp_path, vamas(passed, columns="2\nIntensity\nd\nTransmission\nd"), "e.vms"))
    np.testing.assert_array_equal(both.y, plain.y)
    assert both.companions["transmission"].y[0] == 2.5
    axis = [v for i, c in enumerate(COUNTS) for v in (f"{440 + 0.1 * i:.1f}", c)]
    columns = "2\nBinding Energy\neV\nIntensity\nd"
    own = xps.read(written(tmp_path, vamas(axis, columns=columns, scan="IRREGULAR"), "f.vms"))
    np.testing.assert_allclose(own.x, plain.x, atol=1e-9)
    assert recognise(tmp_path / "b.npl") == "xps"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (vamas(COUNTS)[:900], "ends"),
        (vamas(COUNTS, total="100000000"), "whole number from 0 to 5000000"),
        (vamas(COUNTS, total="-3"), "whole number"),
        (vamas(COUNTS, total="999999"), "ends within"),
        (vamas(COUNTS, blocks="4000"), "ends where"),
        (vamas(COUNTS, blocks="9e9"), "whole number from 0 to 4000"),
        (vamas([*COUNTS[:-1], "many"]), "is no number"),
        (vamas(["nan"] * 50), "too few readings"),
        (vamas(COUNTS, columns="3\na\nd\nb\nd\nc\nd", total="181"), "no multiple"),
        (vamas(COUNTS).replace("REGULAR", "SPIRAL"), "regular and irregular"),
        (vamas(COUNTS).replace("XPS", "EDX"), "no block"),
    ],
)
def test_hostile_vamas_is_refused_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        xps.read(written(tmp_path, text))


def test_vamas_cut_or_changed_anywhere_ends_in_words(tmp_path: Path) -> None:
    """Every cut, and one line in three struck out or made huge: a signal, or an error in words."""
    lines = vamas(COUNTS[:40]).split("\n")
    hostile = ["\n".join(lines[:n]) for n in range(1, len(lines), 2)]
    for n in range(1, len(lines), 3):
        hostile += ["\n".join([*lines[:n], x, *lines[n + 1 :]]) for x in ("", "1e30", "-1", "\u2014")]
    path = tmp_path / "a.vms"
    for text in hostile:
        path.write_text(text, encoding="utf-8")
        try:
            found = xps.read(path)
        except InputError:
            continue
        assert len(found) >= 12


def test_tables_say_which_energy_they_have(tmp_path: Path) -> None:
    rows = "".join(f"{440 + 0.1 * i:.1f},{c}\n" for i, c in enumerate(COUNTS))
    told = xps.read(written(tmp_path, "BE/eV,In 3d\n" + rows, "a.csv"))
    assert told.x[0] == 440.0
    with pytest.raises(InputError, match="binding or a kinetic"):
        xps.read(written(tmp_path, "x,y\n" + rows, "b.csv"))
    asked = xps.read(tmp_path / "b.csv", axis="binding")
    np.testing.assert_array_equal(asked.x, told.x)
    with pytest.raises(InputError, match="neither a binding"):
        xps.read(written(tmp_path, "PE/eV,mu\n" + rows, "c.csv"))
    thousands = "\n".join(f"{0.44 + 0.0001 * i:.4f},{100 + i}" for i in range(40))
    many = xps.read(written(tmp_path, "Binding Energy (keV),Counts\n" + thousands, "k.csv"))
    np.testing.assert_allclose(many.x, 440 + 0.1 * np.arange(40), atol=1e-9)


FILES = {
    "lg4x/Example/0-150W.vms": ("O 1s", 5, 528.4),
    "lg4x/Example/Mutlipak_vms.npl": ("C 1s", 5, 284.85),
    "pynxtools-xps/FeO_analyzed.vms": ("Fe 2p", 1, 710.1),
    "pynxtools-xps/Ag_0001.txt": ("Ag3d", 1, 369.9),
    "pynxtools-xps/Ag_0002.txt": ("VB", 1, 5.85),
    "pynxtools-xps/MgFe2O4_small.xy": ("Fe2p", 2, 712.0),
    "xylib/mjr9_116a.vms": ("O 1s", 7, 529.6),
    "xylib/specsxy_example.xy": ("O1s", 4, 531.2),
    "lg4x/Example/C1s_sample.csv": ("InC1s_sample", 1, 284.6),
    "lg4x/Example/PET_C1s.csv": ("InPET_C1s", 1, 284.6),
}


@needs_files
@pytest.mark.parametrize("name", FILES)
def test_every_measured_file_is_read(name: str) -> None:
    found = xps.read(SHARED / name)
    first, regions, highest = FILES[name]
    assert found.meta["column"] == first
    assert 1 + len([n for n in found.companions if n != "transmission"]) == regions
    assert found.x[found.y.argmax()] == pytest.approx(highest, abs=0.03)
    assert recognise(SHARED / name) == "xps"


@needs_files
def test_shifts_of_measured_files_are_found_and_said() -> None:
    silver = xps.measure(xps.read(SHARED / "pynxtools-xps/Ag_0001.txt"))
    assert any("Ag 3d stands 1.69 eV above 368.21 eV" in w for w in silver.warnings)
    kratos = xps.measure(xps.read(SHARED / "xylib/mjr9_116a.vms"))
    assert kratos["shift_eV"].value == pytest.approx(-2.0, abs=0.1)
    other = xps.measure(xps.read(SHARED / "lg4x/Example/0-150W.vms"))
    assert other["shift_eV"].value == pytest.approx(-2.4, abs=0.15)
    assert any("all energies were moved by +2.4" in w for w in other.warnings)


@needs_files
def test_lines_of_another_form_state_no_errors() -> None:
    """FeO: asymmetric lines with satellites, which its authors fit with four lines of their own forms."""
    found = xps.measure(xps.read(SHARED / "pynxtools-xps/FeO_analyzed.vms"))
    assert all(q.sigma is None for n, q in found.items() if n.startswith("Fe_2p"))
    assert any("another form" in w for w in found.warnings)
