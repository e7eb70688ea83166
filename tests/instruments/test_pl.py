"""Photoluminescence: exact curves, scattered light, missing flanks, energy axes, fits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from epidot.constants import HC
from epidot.errors import InputError
from epidot.instruments import pl
from epidot.instruments.symmetry import random_dots
from epidot.signal import Signal
from epidot.signal.noise import noisy

NM = np.arange(450.0, 700.0, 1.0)


def spectrum(y: np.ndarray, x: np.ndarray = NM, kind: str = "analog") -> Signal:
    return Signal("pl", x, y, "wavelength", "nm", "intensity", "", kind, "measured")  # type: ignore[arg-type]


def gauss(x: np.ndarray = NM, centre: float = 560.0, sigma: float = 15.0) -> np.ndarray:
    return 1000 * np.exp(-0.5 * ((x - centre) / sigma) ** 2)


def test_a_gaussian_is_read_exactly() -> None:
    found = pl.measure(spectrum(gauss()))
    assert found["peak_nm"].value == pytest.approx(560.0, abs=1e-6)
    assert found["fwhm_nm"].value == pytest.approx(15 * 2.3548200450, abs=1e-6)
    assert found["peak_eV"].value == pytest.approx(HC / 560.0, abs=1e-9)
    half = 15 * 2.3548200450 / 2
    assert found["fwhm_eV"].value == pytest.approx(HC / (560 - half) - HC / (560 + half), abs=1e-8)


def test_the_jacobian_is_explicit() -> None:
    """A Gaussian per eV, recorded per nm: its maximum per eV is its centre, per nm it lies to the blue."""
    E = HC / NM
    per_nm = np.exp(-0.5 * ((E - 2.2) / 0.06) ** 2) * E**2
    asked = pl.measure(spectrum(per_nm), density="per eV")
    plain = pl.measure(spectrum(per_nm))
    assert asked["peak_eV"].value == pytest.approx(2.2, abs=1e-5)
    assert asked["fwhm_eV"].value == pytest.approx(0.06 * 2.3548200450, abs=1e-5)
    assert "per eV" in asked["peak_eV"].method
    # d/dE [ -(E-c)²/2σ² + 2 ln E ] = 0
    moved = (2.2 + np.sqrt(2.2**2 + 8 * 0.06**2)) / 2
    assert plain["peak_eV"].value == pytest.approx(moved, abs=1e-5)
    assert "per nm" in plain["peak_eV"].note
    assert plain["peak_nm"] == asked["peak_nm"]


@pytest.mark.parametrize("position", [455.0, 520.0, 600.0])
def test_a_line_of_scattered_light_is_left_out_and_told(position: float, rng: np.random.Generator) -> None:
    line = 5000 * np.exp(-0.5 * ((NM - position) / 1.5) ** 2)
    found = pl.measure(spectrum(gauss() + line + rng.standard_normal(NM.size)))
    assert found["peak_nm"].value == pytest.approx(560.0, abs=1.0)
    assert any("scattered light" in w for w in found.warnings)


def test_a_raman_line_on_the_flank_can_be_excluded(rng: np.random.Generator) -> None:
    line = 300 * np.exp(-0.5 * ((NM - 535) / 4) ** 2)
    noise = rng.standard_normal(NM.size)
    disturbed = pl.measure(spectrum(gauss() + line + noise))
    clean = pl.measure(spectrum(gauss() + line + noise), exclude="523-548")
    assert abs((disturbed["fwhm_nm"].value or 0) - 35.32) > 1
    assert clean["fwhm_nm"].value == pytest.approx(35.32, abs=0.3)


def test_the_tail_of_the_excitation_does_not_win(rng: np.random.Generator) -> None:
    tail = 8000 * np.exp(-(NM - 450) / 6)
    found = pl.measure(spectrum(gauss() + tail + rng.standard_normal(NM.size)))
    assert found["peak_nm"].value == pytest.approx(560.0, abs=0.3)
    assert any("blue end" in w for w in found.warnings)


def test_a_flank_outside_the_range_gives_null_with_the_reason() -> None:
    keep = NM < 570
    found = pl.measure(spectrum(gauss()[keep], NM[keep]))
    assert found["peak_nm"].value == pytest.approx(560.0, abs=0.01)
    assert found["fwhm_nm"].value is None
    assert found["fwhm_nm"].note == "the half maximum on the red side lies outside the measured range"


@pytest.mark.parametrize(
    ("y", "note"),
    [
        (np.exp(-(NM - 450) / 50), "no maximum inside the range: the signal is highest at its blue end"),
        (np.exp((NM - 450) / 50), "no maximum inside the range: the signal is highest at its red end"),
        (np.zeros(NM.size), "no emission: no value above zero"),
        (-gauss(), "no emission: no value above zero"),
        (np.ones(NM.size), "no band above the noise"),
    ],
)
def test_no_band_no_number(y: np.ndarray, note: str) -> None:
    found = pl.measure(spectrum(y))
    assert {q.value for q in found.values()} == {None}
    assert found["peak_nm"].note == note


def test_noise_alone_is_no_band(rng: np.random.Generator) -> None:
    for _ in range(40):
        assert pl.measure(spectrum(100 + rng.standard_normal(NM.size)))["peak_nm"].value is None


def test_coarse_and_irregular_steps(rng: np.random.Generator) -> None:
    coarse = np.arange(450.0, 700.0, 8.0)
    assert pl.measure(spectrum(gauss(coarse), coarse))["peak_nm"].value == pytest.approx(560.0, abs=0.2)
    uneven = np.sort(rng.uniform(450, 700, 240))
    assert pl.measure(spectrum(gauss(uneven), uneven))["fwhm_nm"].value == pytest.approx(35.32, abs=0.05)


def test_baseline_options() -> None:
    offset = pl.measure(spectrum(gauss() + 200), baseline="offset")
    assert offset["fwhm_nm"].value == pytest.approx(35.32, abs=0.01)
    slope = pl.measure(spectrum(gauss() + 200 + 2 * (NM - 450)), baseline="linear")
    assert slope["fwhm_nm"].value == pytest.approx(35.32, abs=0.05)
    assert (pl.measure(spectrum(gauss() + 200))["fwhm_nm"].value or 0) > 40


def test_more_counts_smaller_errors(rng: np.random.Generator) -> None:
    few = pl.measure(spectrum(rng.poisson(gauss()).astype(float), kind="counts"))
    many = pl.measure(spectrum(rng.poisson(100 * gauss()).astype(float), kind="counts"))
    ratio = (few["peak_nm"].sigma or 0) / (many["peak_nm"].sigma or 1)
    assert 3 < ratio < 30


def test_a_file_over_energy(tmp_path: Path) -> None:
    E = np.linspace(1.8, 2.7, 200)
    rows = "\n".join(
        f"{e!r},{v!r}"
        for e, v in zip(E.tolist(), np.exp(-0.5 * ((E - 2.2) / 0.06) ** 2).tolist(), strict=True)
    )
    path = tmp_path / "e.csv"
    path.write_text("Energy (eV),PL\n" + rows, encoding="utf-8")
    found = pl.measure(pl.read(path), density="per eV")
    assert found["peak_eV"].value == pytest.approx(2.2, abs=1e-5)
    assert any("recorded='per nm'" in w for w in pl.read(path).warnings)
    relabelled = pl.measure(pl.read(path, recorded="per nm"))
    assert relabelled["peak_eV"].value == pytest.approx(2.2, abs=1e-5)


def test_the_kind_of_noise(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(
        "nm,PL (counts)\n" + "\n".join(f"{x},{round(v)}" for x, v in zip(NM, gauss(), strict=True))
    )
    assert pl.read(path).kind == "counts"
    assert pl.read(path, noise="analog").kind == "analog"
    path.write_text("nm,PL\n" + "\n".join(f"{x},{v}" for x, v in zip(NM, gauss(), strict=True)))
    assert pl.read(path).kind == "analog"
    with pytest.raises(InputError, match="not counts"):
        pl.read(path, noise="counts")


@pytest.mark.parametrize("model", pl.HEADER.fit_models)
def test_fits_find_their_own_model(model: str, rng: np.random.Generator) -> None:
    E = HC / NM
    if model == "gaussian":
        band = np.exp(-0.5 * ((E - 2.2) / 0.06) ** 2)
    elif model == "split":
        band = np.exp(-0.5 * ((E - 2.2) / np.where(E < 2.2, 0.05, 0.08)) ** 2)
    else:
        fine = np.linspace(0, 0.6, 2000)
        decay = np.exp(-fine / 0.05)
        band = np.exp(-0.5 * ((E[:, None] + fine - 2.25) / 0.04) ** 2) @ decay / decay.sum()
        band /= band.max()
    mean = 5000 * band * (E / 2.2) ** 2 + 20
    fit = pl.fit(spectrum(rng.poisson(mean).astype(float), kind="counts"), model)
    assert fit.status == "converged", fit.message
    assert fit.statistics["reduced_deviance"] == pytest.approx(1.0, abs=0.35)
    expected = {
        "gaussian": {"centre_eV": 2.2, "sigma_eV": 0.06},
        "split": {"sigma_low_eV": 0.05, "sigma_high_eV": 0.08},
    }
    for name, value in expected.get(model, {"centre_eV": 2.25, "sigma_eV": 0.04, "tail_eV": -0.05}).items():
        q = fit.quantities[name]
        assert q.sigma is not None
        assert abs((q.value or 0) - value) < 4 * q.sigma + 1e-4
    assert fit.quantities["peak_nm"].value == pytest.approx(
        pl.measure(spectrum(mean), baseline="offset")["peak_nm"].value, abs=0.5
    )


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(InputError, match=r"no such model of pl\.fit, saw 'gausian'; nearest valid: gaussian"):
        pl.fit(spectrum(gauss()), "gausian")


def test_simulate_draws_the_noise_of_its_kind() -> None:
    population = random_dots(np.random.default_rng(5))
    clean = pl.simulate(population, {"step_nm": 2.0})
    drawn = pl.simulate(population, {"step_nm": 2.0}, rng=np.random.default_rng(9))
    assert drawn == noisy(clean, np.random.default_rng(9))
    assert drawn.kind == "counts"
    assert drawn.origin == "simulated"
    assert clean.y.max() <= 20000
