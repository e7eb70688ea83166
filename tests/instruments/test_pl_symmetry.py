"""measure(simulate(dot)) is the truth within its stated error, over random dots."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from epidot.constants import HC
from epidot.instruments import pl
from epidot.signal.noise import noisy

sys.path.insert(0, str(Path(__file__).parent))
from symmetry import check_coverage, maximum, pulls, random_population

DOTS, SEEDS = 10, 24


def truth(population: object, density: str) -> dict[str, float]:
    setup = {"start_nm": 430.0, "stop_nm": 850.0, "step_nm": 0.05, "counts": 1.0}
    curve = pl.simulate(population, setup)  # type: ignore[arg-type]
    x, y = curve.x, curve.y
    out = {}
    for unit, values in (("nm", y), ("eV", y * x**2)):
        peak, height = maximum(x, values, int(np.argmax(values)), 4.0)
        inside = np.flatnonzero(values >= height / 2)
        i, j = inside[0], inside[-1]
        low = np.interp(height / 2, values[i - 1 : i + 1], x[i - 1 : i + 1])
        high = np.interp(-height / 2, -values[j : j + 2], x[j : j + 2])
        if unit == "nm":
            out["peak_nm"], out["fwhm_nm"] = peak, float(high - low)
        if density == f"per {unit}":
            out["peak_eV"], out["fwhm_eV"] = HC / peak, float(HC / low - HC / high)
    return out


def test_coverage_over_random_dots() -> None:
    rng = np.random.default_rng(77)
    every: dict[str, list[float]] = {}
    for k in range(DOTS):
        population = random_population(rng)
        density = "per eV" if k % 2 else "per nm"
        setup = {
            "start_nm": 450.0,
            "stop_nm": 780.0,
            "step_nm": float(rng.choice([0.5, 1.0, 2.0])),
            "counts": float(10 ** rng.uniform(2.8, 4.6)),
        }
        clean = pl.simulate(population, setup)
        found = pulls(
            clean, truth(population, density), lambda s, d=density: pl.measure(s, density=d), SEEDS, rng
        )
        for name, values in found.items():
            every.setdefault(name, []).extend(values)
    check_coverage(every)


def test_simulate_draws_the_noise_of_its_kind() -> None:
    population = random_population(np.random.default_rng(5))
    clean = pl.simulate(population, {"step_nm": 2.0})
    drawn = pl.simulate(population, {"step_nm": 2.0}, rng=np.random.default_rng(9))
    assert drawn == noisy(clean, np.random.default_rng(9))
    assert drawn.kind == "counts"
    assert drawn.origin == "simulated"
    assert clean.y.max() <= 20000
