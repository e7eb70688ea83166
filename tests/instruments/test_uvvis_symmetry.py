"""measure(simulate(dot)) is the truth within its stated error, over random dots."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from epidot.constants import HC
from epidot.instruments import uvvis
from epidot.signal.noise import noisy

sys.path.insert(0, str(Path(__file__).parent))
from symmetry import check_coverage, maximum, pulls, random_population

DOTS, SEEDS = 10, 24


def truth(population: object) -> dict[str, float]:
    curve = uvvis.simulate(
        population,  # type: ignore[arg-type]
        {"start_nm": 380.0, "stop_nm": 760.0, "step_nm": 0.05, "absorbance": 1.0},
    )
    x, y = curve.x, curve.y
    coarse = slice(None, None, 40)  # steps of 2 nm: the extrema, without the grid the light is computed on
    d = np.diff(y[coarse])
    tops = np.flatnonzero((d[:-1] > 0) & (d[1:] <= 0)) + 1
    tops = tops[y[tops * 40] > 0.2 * y[tops * 40].max()]  # not the bump of a single large dot
    top = int(tops[-1]) * 40
    lows = np.flatnonzero((d[:-1] < 0) & (d[1:] >= 0)) + 1
    low = int(lows[lows * 40 < top][-1]) * 40
    peak, high = maximum(x, y, top, 8.0)
    _, least = maximum(x, y, low, 8.0)
    outside = top + int(np.argmax(y[top:] < high / 2))
    half = float(np.interp(-high / 2, -y[outside - 1 : outside + 1], x[outside - 1 : outside + 1]))
    return {
        "first_exciton_nm": peak,
        "first_exciton_eV": HC / peak,
        "valley_depth": 1 - least / high,
        "hwhm_eV": HC / peak - HC / half,
    }


def test_coverage_over_random_dots() -> None:
    rng = np.random.default_rng(78)
    every: dict[str, list[float]] = {}
    for _ in range(DOTS):
        population = random_population(rng)
        setup = {
            "start_nm": 380.0,
            "stop_nm": 760.0,
            "step_nm": float(rng.choice([0.5, 1.0, 2.0])),
            "absorbance": 0.4,
            "noise": float(10 ** rng.uniform(-3.7, -2.7)),
        }
        clean = uvvis.simulate(population, setup)
        for name, values in pulls(clean, truth(population), uvvis.measure, SEEDS, rng).items():
            every.setdefault(name, []).extend(values)
    check_coverage(every)


def test_simulate_draws_its_noise() -> None:
    population = random_population(np.random.default_rng(5))
    clean = uvvis.simulate(population, {"step_nm": 2.0})
    drawn = uvvis.simulate(population, {"step_nm": 2.0}, rng=np.random.default_rng(9))
    assert drawn == noisy(clean, np.random.default_rng(9))
    silent = uvvis.simulate(population, {"step_nm": 2.0, "noise": 0.0}, rng=np.random.default_rng(9))
    assert silent.sigma is None
