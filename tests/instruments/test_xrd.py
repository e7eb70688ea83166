"""Powder patterns: Debye's sum against the plain double sum, spheres against atoms, files of every kind."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from epidot.dot.layers import LayeredDot, Population
from epidot.errors import InputError
from epidot.instruments import xrd
from epidot.instruments.xrd.beam import beam, q_of, two_theta_of
from epidot.instruments.xrd.crystals import Crystal, powder_crystal
from epidot.instruments.xrd.debye import debye, pair_moments, pair_moments_plain
from epidot.instruments.xrd.factors import factor
from epidot.instruments.xrd.lines import reflections
from epidot.instruments.xrd.pattern import PARAMETERS, Grain, Spheres, neighbours, shared_volume
from epidot.instruments.xrd.search import beyond_noise, bounded, ground, smooth, stepped
from epidot.instruments.xrd.simulated import atoms
from epidot.instruments.xrd.trial import truths
from epidot.matter.formulas import molar_mass
from epidot.signal import Signal
from epidot.signal.noise import noisy
from epidot.signal.storage import save

Q = np.arange(10.0, 80.0, 0.1)


def double_sum(species: np.ndarray, x: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Debye's sum as printed, pair by pair, without bins."""
    f = {str(el): factor(str(el), q) for el in np.unique(species)}
    total = sum(f[str(el)] ** 2 for el in species)
    i, j = np.triu_indices(len(x), 1)
    names = np.char.add(species[i].astype("<U2"), np.char.add("-", species[j].astype("<U2")))
    r = pdist(x)
    for name in np.unique(names):
        one, other = str(name).split("-")
        here = r[names == name]
        total = total + 2 * f[one] * f[other] * np.array([np.sum(np.sin(k * here) / (k * here)) for k in q])
    return np.asarray(total)


@pytest.mark.parametrize("shells", [(), (("ZnSe", 0.35),)])
def test_bins_with_moments_give_the_double_sum(shells: tuple[tuple[str, float], ...]) -> None:
    from epidot.dot.layers import Layer

    dot = LayeredDot("InP", 2.0, tuple(Layer(*shell) for shell in shells))  # relaxed where there is a shell
    species, x = atoms(dot)
    exact = double_sum(species, x, Q)
    assert np.max(np.abs(debye(species, x, Q, factor) / exact - 1)) < 1e-5


def test_the_compiled_walk_is_the_plain_one() -> None:
    rng = np.random.default_rng(3)
    x, kind = rng.normal(0, 0.4, (150, 3)), rng.integers(0, 3, 150)
    np.testing.assert_allclose(pair_moments(x, kind, 3), pair_moments_plain(x, kind, 3), rtol=0, atol=1e-12)
    assert pair_moments(x, kind, 3)[:, :, 0].sum() == 150 * 149 / 2


def test_one_atom_and_two() -> None:
    one = debye(np.array(["P"]), np.zeros((1, 3)), Q, factor)
    np.testing.assert_allclose(one, factor("P", Q) ** 2)
    two = debye(np.array(["P", "P"]), np.array([[0, 0, 0], [0, 0, 0.3217]]), Q, factor)
    np.testing.assert_allclose(two, 2 * one * (1 + np.sin(Q * 0.3217) / (Q * 0.3217)), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "first", "number"),
    [("InP", np.sqrt(3) / 4 * 0.58697, 16), ("PbS", 0.2968, 24), ("Si", np.sqrt(3) / 4 * 0.543102, 16)],
)  # per cell, each pair once
def test_neighbours_of_a_crystal(name: str, first: float, number: int) -> None:
    nearest = min(
        ((r[0], n[0]) for r, n in neighbours(powder_crystal(name), 1.0) if len(r)), key=lambda pair: pair[0]
    )
    assert nearest[0] == pytest.approx(first, abs=1e-5)
    assert nearest[1] == number


@pytest.mark.parametrize(
    ("name", "density"),
    [("CdO", 8.15), ("ZnO", 5.61), ("In2O3", 7.18), ("LaB6", 4.72), ("quartz", 2.65), ("Si", 2.329)],
)  # g/cm3, handbooks
def test_cells_have_the_density_of_their_crystal(name: str, density: float) -> None:
    found = powder_crystal(name)
    assert found.mass / found.volume_nm3 / 602.214 == pytest.approx(density, rel=0.015)


def test_spheres_are_the_mean_over_atoms_cut_anywhere() -> None:
    """Of many spheres cut about random centres the mean scattering is that of the model."""
    rng = np.random.default_rng(1)
    a, d = powder_crystal("InP").a_nm, 2.4
    grid = np.stack(np.meshgrid(*[np.arange(-4, 5)] * 3, indexing="ij"), -1).reshape(-1, 3) * a
    cell = powder_crystal("InP")
    x = (grid[:, None] + cell.fractional * a).reshape(-1, 3)
    species = np.tile(np.array(cell.species), len(grid))
    total, cells = np.zeros(Q.size), 0.0
    for _ in range(150):
        inside = np.linalg.norm(x - rng.uniform(0, a, 3), axis=1) < d / 2
        total += debye(species[inside], x[inside], Q, factor)
        cells += inside.sum() / 8
    spheres = Spheres(cell, 10.0, 80.0, 4.0, 0.03)
    model = np.interp(Q, spheres.q, spheres(Grain(d, 1e-3, a)))
    far = Q > 14
    assert np.max(np.abs(total / cells - model)[far]) < 0.01 * model[far].max()


def overlap(r: np.ndarray, one: float, other: float) -> np.ndarray:
    """Volume over 4 pi/3 that two spheres share, r apart, neither within the other."""
    total, off = one + other, one - other
    lens = (total - r) ** 2 * (r**2 + 2 * r * total - 3 * off**2) / (16 * r)
    return np.asarray(np.where(r < total, lens, 0.0))


def test_shared_volume_of_spheres() -> None:
    r = np.linspace(0.3, 6.0, 50)
    one, other, weight = np.array([1.0, 1.5, 2.4]), np.array([1.1, 1.7, 2.5]), np.array([0.2, 0.5, 0.3])
    plain = sum(w * overlap(r, a, b) for w, a, b in zip(weight, one, other, strict=True))
    assert shared_volume(r, one, other, weight)[0] == pytest.approx(plain, abs=1e-12)
    t = np.array([0.2, 1.0, 2.9]) / 3
    alike = shared_volume(3 * t, np.array([1.5]), np.array([1.5]), np.ones(1))[0] / 1.5**3
    assert alike == pytest.approx(1 - 1.5 * t + 0.5 * t**3)


def plain_spheres(crystal: Crystal, grain: Grain, q: np.ndarray) -> np.ndarray:
    """The sum over every neighbour, one by one."""
    kinds = sorted(set(crystal.species))
    diameter, share = grain.sizes
    middle, half = grain.middle_nm(diameter), grain.rim_nm / 2
    radius = {k: middle + half if crystal.metallic(k) else middle - half for k in kinds}
    whole = (diameter / 2) ** 3
    total = np.zeros(q.size)
    for k in kinds:
        total += crystal.species.count(k) * float(share @ (radius[k] ** 3 / whole)) * factor(k, q) ** 2
    ends = [(a, b) for i, a in enumerate(kinds) for b in kinds[i:]]
    for (r, number), (a, b) in zip(neighbours(crystal, 9.0), ends, strict=True):
        r = r * grain.a_nm / crystal.a_nm
        held = sum(s * overlap(r, x, y) for s, x, y in zip(share / whole, radius[a], radius[b], strict=True))
        sines = np.array([np.sum(number * held * np.sinc(k * r / np.pi)) for k in q])
        total += 2 * factor(a, q) * factor(b, q) * np.exp(-(q**2) * grain.u2_nm2) * sines
    return total


@pytest.mark.parametrize("name", ["InP", "ZnO", "CdO"])
def test_the_table_of_sines_gives_the_sum_over_neighbours(name: str) -> None:
    crystal = powder_crystal(name)
    grain = Grain(2.6, 0.12, 1.004 * crystal.a_nm, 1e-4, 0.1)
    spheres = Spheres(crystal, 11.0, 53.0, 9.0, 0.03)
    exact = plain_spheres(crystal, grain, spheres.q)
    assert np.max(np.abs(spheres(grain) / exact - 1)) < 5e-6


def test_derivatives_of_a_pattern() -> None:
    crystal = powder_crystal("InP")
    grain = Grain(2.6, 0.12, 1.004 * crystal.a_nm, 1e-4, 0.1)
    spheres = Spheres(crystal, 11.0, 53.0, 8.0, 0.03)
    found = spheres(grain, slopes=True)
    assert found[0] == pytest.approx(spheres(grain), rel=1e-12)
    for name, slope in zip(PARAMETERS, found[1:], strict=True):
        step = 1e-7 if name == "u2_nm2" else 1e-5
        if name == "dispersion2":
            each = (replace(grain, dispersion=np.sqrt(grain.dispersion**2 + s)) for s in (step, -step))
        else:
            each = (replace(grain, **{name: getattr(grain, name) + s}) for s in (step, -step))
        up, down = (spheres(one) for one in each)
        assert slope == pytest.approx((up - down) / (2 * step), abs=2e-5 * np.max(np.abs(slope))), name


def test_derivatives_where_all_sizes_are_nearly_alike() -> None:
    """By the square of the dispersion, which keeps a slope where the dispersion itself has none."""
    crystal = powder_crystal("CdSe")
    alike = Grain(2.6, 3e-3, crystal.a_nm, 1e-4, 0.18)
    spheres = Spheres(crystal, 11.0, 53.0, 8.0, 0.03)
    slope = spheres(alike, slopes=True)[1 + PARAMETERS.index("dispersion2")]
    step = 1e-7
    up, down = (spheres(replace(alike, dispersion=np.sqrt(9e-6 + s))) for s in (step, -step))
    assert slope == pytest.approx((up - down) / (2 * step), abs=1e-4 * np.max(np.abs(slope)))
    assert np.all(np.isfinite(spheres(replace(alike, dispersion=0.0), slopes=True)))


def test_scherrers_equation_on_a_sphere() -> None:
    """The width of a line of one sphere is 1.107 over its diameter: K = 0.9 makes 0.813 of it."""
    assert Grain(4.0, 1e-4, 0.587).scherrer_nm(0.9) == pytest.approx(4.0 * 0.9 / 1.1066, rel=1e-3)


def grams(species: np.ndarray) -> float:
    return sum(molar_mass(str(one)) * int(np.sum(species == one)) for one in np.unique(species))


@pytest.mark.parametrize("seed", [0, 1])
def test_masses_of_inp_and_znse_that_were_made_apart(seed: int) -> None:
    """Dots of both, built atom by atom; their lines overlap, and both end in cations."""
    rng = np.random.default_rng([4, seed])
    dots = [LayeredDot("InP", 3.3 * float(np.exp(0.08 * rng.standard_normal()))) for _ in range(8)]
    dots += [LayeredDot("ZnSe", 4.0 * float(np.exp(0.08 * rng.standard_normal()))) for _ in range(6)]
    pattern = xrd.simulate(dots, {"dots": 14, "counts": 3000.0, "step_deg": 0.05}, rng=rng)
    mass = [grams(atoms(dot)[0]) for dot in dots]
    true = sum(mass[:8]) / sum(mass)
    found = xrd.measure(pattern, phase="InP+ZnSe", zero_sigma_deg=0.0)
    share = found["phase1_fraction"]
    assert abs(share.value - true) < 2.5 * share.sigma < 0.03
    assert found["phase2_fraction"].value == pytest.approx(1 - share.value)


def test_masses_of_a_selenide_and_an_oxide_of_another_lattice() -> None:
    """CdSe and rock salt CdO, spheres cut at random from either crystal."""
    rng = np.random.default_rng(5)
    rays, angle = beam("Cu", 0.0, 0.09), np.arange(18.0, 75.0, 0.05)
    low, high = rays.q_range(angle)
    q = np.linspace(low, high, 900)
    total, mass = np.zeros(q.size), {"CdSe": 0.0, "CdO": 0.0}
    for name, diameter in (("CdSe", 3.5), ("CdO", 3.0)):
        crystal = powder_crystal(name)
        grid = np.stack(np.meshgrid(*[np.arange(-9, 10)] * 3, indexing="ij"), -1).reshape(-1, 3)
        x = ((grid[:, None] + crystal.fractional) @ crystal.cell_nm).reshape(-1, 3)
        species = np.tile(np.array(crystal.species), len(grid))
        for _ in range(8):
            own = diameter * float(np.exp(0.08 * rng.standard_normal()))
            inside = np.linalg.norm(x - rng.uniform(0, crystal.a_nm, 3), axis=1) < own / 2
            total += debye(species[inside], x[inside], q, factor)
            mass[name] += grams(species[inside])
    clean = rays.footprint(q, angle) @ total
    y = rng.poisson(3000 * clean / clean.max() + 200).astype(float)
    meta = {"radiation": "Cu"}
    pattern = Signal("xrd", angle, y, "2theta", "deg", "intensity", "counts", "counts", "measured", meta=meta)
    found = xrd.measure(pattern, phase="CdSe+CdO", zero_sigma_deg=0.0, rim_nm=0.0, rim_sigma_nm=0.0)
    share = found["phase1_fraction"]
    assert abs(share.value - mass["CdSe"] / sum(mass.values())) < 2.5 * share.sigma < 0.02


def test_shares_of_two_phases_and_a_calibrated_zero() -> None:
    """Masses of InP and ZnO come back from a mixed pattern of the model's own spheres."""
    angle = np.arange(20.0, 75.0, 0.05)
    rays = beam("Cu", 0.0, 0.09)
    low, high = rays.q_range(angle)
    total = np.full(angle.size, 100.0)
    mass = {}
    for name, cells in (("InP", 1.0), ("ZnO", 2.0)):
        crystal = powder_crystal(name)
        spheres = Spheres(crystal, low, high, 12.0, 0.03)
        grain = Grain(4.0, 0.1, crystal.a_nm, 1e-4, 0.18)
        total += 0.02 * cells * (rays.footprint(spheres.q, angle) @ spheres(grain))
        mass[name] = cells * spheres.mass(grain)
    signal = Signal(
        "xrd", angle, np.random.default_rng(3).poisson(total).astype(float), "2theta", "deg", "intensity",
        "counts", "counts", "simulated", meta={"radiation": "Cu"},
    )  # fmt: skip
    found = xrd.measure(signal, phase="InP+ZnO")
    share = mass["InP"] / sum(mass.values())
    one = found["phase1_fraction"]
    assert one.value == pytest.approx(share, abs=3 * one.sigma)
    assert one.sigma < 0.05
    assert found["phase2_a_nm"].value == pytest.approx(0.32498, rel=2e-3)


def of_spheres(grain: Grain, counts: float) -> Signal:
    """The expectation of a pattern of the model's own spheres of InP."""
    angle = np.arange(15.0, 80.0, 0.05)
    rays, crystal = beam("Cu", 0.0, 0.09), powder_crystal("InP")
    spheres = Spheres(crystal, *rays.q_range(angle), 9.0, 0.03)
    seen = rays.footprint(spheres.q, angle) @ spheres(grain)
    y = counts * (seen / seen.max() + 0.1)
    meta = {"radiation": "Cu"}
    return Signal("xrd", angle, y, "2theta", "deg", "intensity", "counts", "counts", "simulated", meta=meta)


@pytest.mark.parametrize("rim", [0.08, 0.28])
def test_the_pattern_says_how_far_out_the_cations_reach(rim: float) -> None:
    """Two standard errors off what is stated: the pattern corrects it, and the size with it."""
    grain = Grain(3.2, 0.1, 0.58697, 1e-4, rim)
    pattern = of_spheres(grain, 5000.0)
    told = xrd.measure(pattern, phase="InP", zero_sigma_deg=0.0)
    assert told["rim_nm"].value == pytest.approx(rim, abs=0.02)
    assert told["size_nm"].value == pytest.approx(grain.mean_nm(3), rel=3e-3)
    held = xrd.measure(pattern, phase="InP", zero_sigma_deg=0.0, rim_sigma_nm=0.0)
    assert abs(held["size_nm"].value - grain.mean_nm(3)) > 3 * abs(told["size_nm"].value - grain.mean_nm(3))
    assert "rim_nm" not in held.found


def test_a_pattern_that_says_little_leaves_the_rim_as_stated() -> None:
    pattern = noisy(of_spheres(Grain(3.2, 0.1, 0.58697, 1e-4, 0.18), 30.0), np.random.default_rng(1))
    found = xrd.measure(pattern, phase="InP", rim_sigma_nm=0.01)["rim_nm"]
    assert found.value == pytest.approx(0.18, abs=4e-3)
    assert found.sigma == pytest.approx(0.01, rel=0.1)


def test_what_one_more_parameter_moves_counts_beyond_its_noise() -> None:
    """Over noise alone (value/sigma)^2 - 1 is zero in the mean, of which the share keeps no negative part."""
    assert [beyond_noise(x, 1.0) for x in (0.0, 0.5, 1.0)] == [0.0, 0.0, 0.0]
    assert beyond_noise(-2.0, 1.0) == pytest.approx(0.75)
    assert beyond_noise(1e3, 1.0) == pytest.approx(1.0, abs=2e-6)


def test_one_step_ends_where_the_fit_of_a_straight_model_does() -> None:
    """Against the normal equations, and the standard errors against the inverse of their matrix."""
    rng = np.random.default_rng(4)
    x = np.linspace(10.0, 60.0, 200)
    columns = smooth(x, 3)

    class Straight:
        def __call__(self, v: np.ndarray) -> np.ndarray:
            return np.asarray(columns @ v)

        def jacobian(self, v: np.ndarray) -> np.ndarray:
            return columns.copy()

    signal = Signal("xrd", x, columns @ [500.0, 20.0, -30.0, 4.0] + rng.normal(0, 3, x.size), "2theta", "deg",
                    "intensity", "counts", "analog", "simulated")  # fmt: skip
    found = stepped(Straight(), bounded(ground(signal, 3), np.zeros(4)), np.zeros(4), signal)
    solved, left, *_ = np.linalg.lstsq(columns, signal.y, rcond=None)
    assert found.values == pytest.approx(solved)
    inverse = np.linalg.inv(columns.T @ columns)
    assert found.sigmas == pytest.approx(np.sqrt(np.diag(inverse) * left[0] / (200 - 4)))


def test_means_of_a_lognormal_are_named() -> None:
    grain = Grain(4.0, 0.2, 0.587)
    d = np.random.default_rng(0).lognormal(*grain._log, 400_000)
    for power in (0, 2, 3):
        assert grain.mean_nm(power) == pytest.approx(np.sum(d ** (power + 1)) / np.sum(d**power), rel=2e-3)


def test_bragg() -> None:
    nm = beam("Cu Ka1").lines[0][0]
    assert two_theta_of(np.array([0.58697 / np.sqrt(3)]), nm)[0] == pytest.approx(26.28, abs=0.01)  # InP 111
    assert q_of(two_theta_of(np.array([0.2]), nm), nm)[0] == pytest.approx(2 * np.pi / 0.2)
    with pytest.raises(InputError, match="not a radiation"):
        beam("Cuu")
    assert beam("0.15406:1, 0.15444:0.5").mean_nm == pytest.approx((0.15406 + 0.07722) / 1.5)


def test_core_of_a_shelled_dot_moves_to_higher_angles() -> None:
    """C035: an epitaxial ZnSe shell compresses InP."""
    from epidot.dot.layers import Layer

    setup = {"step_deg": 0.05, "counts": 1e5}
    bare = xrd.measure(xrd.simulate([LayeredDot("InP", 3.3)], setup), phase="InP")["a_nm"]
    shelled = xrd.measure(xrd.simulate([LayeredDot("InP", 3.3, (Layer("ZnSe", 0.7),))], setup), phase="InP")[
        "a_nm"
    ]
    assert bare.value == pytest.approx(0.58697, rel=5e-4)
    assert shelled.value is None or shelled.value < 0.584


# --- files --------------------------------------------------------------------------------------------------


def raw_101(counts: np.ndarray, start: float = 10.0, step: float = 0.02) -> bytes:
    head = bytearray(712 + 304 + 40)
    head[:8] = b"RAW1.01\0"
    struct.pack_into("<i", head, 12, 1)
    struct.pack_into("<4d", head, 624, 1.5406, 1.54439, 1.39222, 0.5)
    struct.pack_into("<2i", head, 712, 304, len(counts))
    struct.pack_into("<d", head, 712 + 16, start)
    struct.pack_into("<d", head, 712 + 176, step)
    struct.pack_into("<f", head, 712 + 192, 0.5)
    struct.pack_into("<i", head, 712 + 256, 40)
    return bytes(head) + counts.astype("<f4").tobytes()


XRDML = """<?xml version="1.0"?><xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/1.6"><xrdMeasurement>
<usedWavelength><kAlpha1>1.540598</kAlpha1><kAlpha2>1.544426</kAlpha2>
<ratioKAlpha2KAlpha1>0.5</ratioKAlpha2KAlpha1></usedWavelength><scan><dataPoints>
<positions axis="2Theta"><startPosition>10</startPosition><endPosition>29</endPosition></positions>
<commonCountingTime>3</commonCountingTime><intensities>{}</intensities></dataPoints></scan>
</xrdMeasurement></xrdMeasurements>"""


def test_formats(tmp_path: Path) -> None:
    counts = np.arange(100.0, 120.0)
    text = " ".join(f"{c:.0f}" for c in counts)
    files: dict[str, bytes] = {
        "a.raw": raw_101(counts, 10, 1),
        "a.xrdml": XRDML.format(text).encode(),
        "a.xy": "".join(f"{10 + i} {c}\n" for i, c in enumerate(counts)).encode(),
        "a.uxd": (
            "_WL1=1.5406\n_STEPSIZE=1.0\n_START=10\n_2THETACOUNTS\n"
            + "".join(f"{10 + i:.3f} {c:.0f}\n" for i, c in enumerate(counts))
        ).encode(),
        "a.ras": (
            '*RAS_DATA_START\n*HW_XG_WAVE_LENGTH_ALPHA1 "1.540593"\n*RAS_INT_START\n'
            + "".join(f"{10 + i} {c} 1.0\n" for i, c in enumerate(counts))
            + "*RAS_INT_END\n"
        ).encode(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Data0/Profile0.txt", "".join(f"{10 + i}\t{c}\t1\n" for i, c in enumerate(counts)))
    files["a.rasx"] = packed.getvalue()
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        found = xrd.read(tmp_path / name)
        np.testing.assert_allclose(found.x, np.arange(10.0, 30.0), err_msg=name)
        np.testing.assert_allclose(found.y, counts, err_msg=name)
        assert found.kind == "counts"
        assert ("radiation" in found.meta) == (name not in ("a.xy", "a.rasx"))


def test_a_silent_file_asks_for_its_wavelength(tmp_path: Path) -> None:
    (tmp_path / "a.xy").write_text("".join(f"{10 + i / 10} 100\n" for i in range(200)))
    with pytest.raises(InputError, match="the wavelength is not known"):
        xrd.measure(xrd.read(tmp_path / "a.xy"), phase="InP")


def test_damaged_files_say_so(tmp_path: Path) -> None:
    """Beside the hostile ones of the contract: what is well formed and holds no scan."""
    damaged = {
        "other.raw": b"RAW4.00" + bytes(100),
        "few.xrdml": XRDML.format("1 2 3").encode(),
        "words.xrdml": XRDML.format("one two").encode(),
        "cut.xrdml": XRDML.format("1 2 3").encode()[:300],
        "empty.brml": b"PK\x03\x04" + bytes(50),
    }
    for name, content in damaged.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=name.replace(".", r"\.")):
            xrd.read(tmp_path / name)


def test_a_radiation_that_contradicts_the_file_warns(tmp_path: Path) -> None:
    (tmp_path / "a.xrdml").write_text(XRDML.format(" ".join(["5"] * 60)))
    assert not xrd.read(tmp_path / "a.xrdml", radiation="Cu").warnings
    contrary = xrd.read(tmp_path / "a.xrdml", radiation="Co")
    assert contrary.meta["radiation"] == "Co"
    assert any("Co was asked for and is used" in told for told in contrary.warnings)


# --- real files ---------------------------------------------------------------------------------------------


def test_the_raw_file_and_its_text_twin(shared_data: Path) -> None:
    raw = xrd.read(shared_data / "xrd/xylib/BT86.raw")
    text = xrd.read(shared_data / "xrd/xylib/BT86_.UXD")
    np.testing.assert_array_equal(raw.y, text.y)
    np.testing.assert_allclose(raw.x, text.x, atol=5e-4)
    assert raw.meta["radiation"] == text.meta["radiation"]


def test_counts_and_counting_time_are_kept(shared_data: Path) -> None:
    found = xrd.read(shared_data / "xrd/nomad-measurements/XRD-918-16_10.xrdml")
    assert (len(found), found.y[0], found.kind) == (5027, 1305, "counts")
    assert found.meta["seconds_per_point"] == 39.27


@pytest.mark.parametrize(("size", "diameter"), [("3p52", 3.52), ("7p12", 7.12)])
def test_dots_on_their_faces_have_their_size(shared_data: Path, size: str, diameter: float) -> None:
    """PbS (220 too high for a powder): the diameter weighted by volume is that of the authors' analysis."""
    (file,) = (shared_data / "xrd/qdots-sizer-pbs").rglob(f"*{size}nm.xy")
    pattern = xrd.read(file, radiation="0.15406").between(22, 88)
    found = xrd.measure(pattern, phase="PbS", background=4)
    assert any("preferred orientation" in said for said in found.warnings)
    one = found["size_nm"]
    assert one.value == pytest.approx(diameter, abs=one.sigma)
    assert one.sigma < 0.04 * diameter
    whole = xrd.measure(pattern, phase="PbS", background=4, method="spheres")
    assert whole["size_nm"].value is None
    assert "preferred orientation" in whole["size_nm"].note


def test_lanthanum_hexaboride_is_as_certified(shared_data: Path) -> None:
    pattern = xrd.read(shared_data / "xrd/gsas2-tutorials-local/LaB6_Jan2018.raw")
    found = xrd.measure(pattern, phase="LaB6", method="lines", fwhm_deg=0.06)
    assert found["a_nm"].value == pytest.approx(0.415689, abs=found["a_nm"].sigma)
    assert found["a_nm"].sigma < 2e-4
    assert found["size_nm"].value is None
    assert "larger" in found["size_nm"].note


QUARTZ = "20.3-21.4,26.1-27.1,36.1-40.8,42-42.9,45.3-46.3,49.7-50.6,54.4-55.8,59.5-60.4,67.2-69"


def test_quartz_among_other_minerals(shared_data: Path) -> None:
    pattern = xrd.read(shared_data / "xrd/nomad-measurements/XRD-918-16_10.xrdml")
    found = xrd.measure(pattern, phase="quartz", method="lines", fwhm_deg=0.06, window=QUARTZ)
    for name, known in (("a_nm", 0.49134), ("c_nm", 0.54052)):
        assert found[name].value == pytest.approx(known, abs=found[name].sigma), name
        assert found[name].sigma < 3e-4


def powder(name: str, zero: float, counts: float = 2e4) -> Signal:
    """Sharp lines of a standard at their certified places, on a scale that shows ``zero`` too much."""
    angle, rays, crystal = np.arange(18.0, 80.0, 0.02), beam("Cu", 0.0, 0.09), powder_crystal(name)
    shown = angle - zero
    y = np.full(angle.size, 0.02 * counts)
    lines = reflections(crystal, *rays.q_range(angle))
    for q, strength in zip(lines.q(crystal.a_nm, crystal.c_nm), lines.powder, strict=True):
        for nm, share in rays.lines:
            at = two_theta_of(np.array([2 * np.pi / q]), nm)[0]
            if np.isfinite(at):
                high = counts * share * strength / lines.powder.max()
                y = y + high * np.exp(-4 * np.log(2) * ((shown - at) / 0.09) ** 2)
    meta = {"radiation": "Cu"}
    return Signal("xrd", angle, y, "2theta", "deg", "intensity", "counts", "counts", "simulated", meta=meta)


@pytest.mark.parametrize(("standard", "zero"), [("LaB6", 0.06), ("Si", -0.04)])
def test_a_standard_sets_the_scale_right(standard: str, zero: float) -> None:
    """Gaussian lines by Bragg's law, not the model's own; dots on the same goniometer come out right."""
    shown = noisy(powder(standard, zero), np.random.default_rng(1))
    dots = Population.drawn(LayeredDot("InP", 3.3), 60, 0.1, np.random.default_rng(1))
    setup = {"step_deg": 0.1, "counts": 5000.0, "dots": 6, "zero_deg": zero}
    pattern = xrd.simulate(dots, setup, rng=np.random.default_rng(2))
    found = xrd.measure(pattern, phase="InP", calibrate_against=(standard, shown))
    by = found.extra["calibration"]
    assert by["offset"] == pytest.approx(zero, abs=by["sigma"])
    assert by["sigma"] < 0.012
    a = found["a_nm"]
    assert a.value == pytest.approx(0.58697, abs=2 * a.sigma)
    plain = xrd.measure(pattern, phase="InP", zero_sigma_deg=0.0)["a_nm"]
    assert abs(plain.value - 0.58697) > 3 * plain.sigma
    assert a.sigma > plain.sigma  # the error of the offset is in it


def test_what_is_no_standard_is_refused() -> None:
    dots = [LayeredDot("InP", 3.3)]
    pattern = xrd.simulate(dots, {"step_deg": 0.1}, rng=np.random.default_rng(2))
    with pytest.raises(InputError, match="not the pattern of LaB6"):
        xrd.measure(pattern, phase="InP", calibrate_against=("LaB6", pattern))


def test_lines_of_a_simulated_powder() -> None:
    """Lines with intensities of their own find what a powder of dots has, within what they state."""
    dots = Population.drawn(LayeredDot("InP", 4.2), 60, 0.1, np.random.default_rng(0))
    pattern = xrd.simulate(dots, {"step_deg": 0.1, "counts": 5000.0, "dots": 6}, rng=np.random.default_rng(1))
    found = xrd.measure(pattern, phase="InP", method="lines")
    truth = truths(dots, 6)
    for name in ("a_nm", "size_nm"):
        assert found[name].value == pytest.approx(truth[name], abs=3 * found[name].sigma), name
    assert xrd.fit(pattern, "lines", phase="InP").model == "lines"


def test_many_dots_share_one_pattern() -> None:
    dots = Population.drawn(LayeredDot("InP", 3.0), 50, 0.1, np.random.default_rng(0))
    found = xrd.simulate(dots, {"dots": 3, "step_deg": 0.1})
    assert isinstance(found, Signal)
    assert found.y.max() == pytest.approx(2200, rel=0.01)


def test_the_radiation_of_a_saved_pattern_can_be_said_anew(tmp_path: Path) -> None:
    dots = [LayeredDot("InP", 2.5)]
    save(xrd.simulate(dots, {"dots": 1, "step_deg": 0.2}), tmp_path / "s.csv")
    assert xrd.read(tmp_path / "s.csv").meta["radiation"] == "Cu"
    assert xrd.read(tmp_path / "s.csv", radiation="Co").meta["radiation"] == "Co"
