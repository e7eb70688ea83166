"""measure(simulate(dots)) is the truth within its stated error, over random dots.

An ensemble has no two or three exact lifetimes, so the truths are its averages as ``measure`` defines
them: tau_intensity always, tau_amplitude where no light is faster than the instrument.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.errors import InputError
from epidot.instruments import tcspc
from epidot.instruments.tcspc.simulated import ensemble_terms
from epidot.signal.noise import noisy
from epidot.signal.storage import load, save

DOTS, SEEDS = 10, 20


def random_population(rng: np.random.Generator, traps: bool) -> Population:
    shells = [Layer("ZnSe", float(rng.uniform(0.3, 1.0)))]
    if rng.random() < 0.5:
        shells.append(Layer("ZnS", float(rng.uniform(0.3, 0.9))))
    dot = LayeredDot("InP", float(rng.uniform(2.4, 3.6)), tuple(shells))
    if traps:
        dot = replace(
            dot,
            sites=float(rng.uniform(60, 120)),
            coverage=float(rng.uniform(0.96, 1)),
            linked=float(rng.uniform(0.97, 1)),
            oxide=float(rng.uniform(0, 6)),
        )
    return Population.drawn(dot, 100, float(rng.uniform(0.03, 0.11)), rng)


@pytest.mark.parametrize("traps", [False, True])
def test_coverage_over_random_dots(traps: bool) -> None:
    rng = np.random.default_rng(20260 + traps)
    names = ("tau_intensity_ns",) if traps else ("tau_intensity_ns", "tau_amplitude_ns")
    pulls: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(DOTS):
        population = random_population(rng, traps)
        fractions, taus = ensemble_terms(population)
        truth = {
            "tau_intensity_ns": float(fractions @ taus),
            "tau_amplitude_ns": float(1 / np.sum(fractions / taus)),
        }
        counts = float(10 ** rng.uniform(4.0, 6.0))
        channels = int(rng.choice([512, 1024]))
        setup = {"counts": counts, "channels": channels, "channel_ns": 1000 / channels}
        clean = tcspc.simulate(population, {**setup, "background": 2e-6 * counts * 4096 / channels})
        for _ in range(SEEDS):
            found = tcspc.measure(noisy(clean, rng))
            for name in names:
                q = found[name]
                assert q.value is not None
                assert q.sigma is not None
                pulls[name].append((q.value - truth[name]) / q.sigma)
    for name, values in pulls.items():
        p = np.array(values)
        assert p.size >= 200
        assert 0.60 <= float(np.mean(np.abs(p) < 1)) <= 0.76, (name, np.mean(np.abs(p) < 1), p.mean())
        # A per cent of light three times slower than the rest stays below notice at 10⁴ counts: it pulls
        # tau_intensity down by part of its error, which is why the bound is wider with traps.
        assert abs(float(np.median(p))) < (0.6 if traps else 0.35), (name, np.median(p))


def test_the_truth_is_what_the_light_says() -> None:
    from epidot.light.optics import optics

    population = random_population(np.random.default_rng(3), traps=True)
    fractions, taus = ensemble_terms(population)
    light = optics(population)
    # light interpolates its states between sizes; each road does so on its own grid
    assert float(fractions @ taus) == pytest.approx(light.tau_intensity_ns, rel=1e-3)
    assert float(1 / np.sum(fractions / taus)) == pytest.approx(light.tau_amplitude_ns, rel=1e-3)


def test_a_list_of_dots_is_as_good_as_a_population() -> None:
    population = random_population(np.random.default_rng(4), traps=False)
    few = Population(population.dot, population.core_diameters_nm[:5])
    a, b = tcspc.simulate(few), tcspc.simulate(few.dots)
    assert np.allclose(a.y, b.y, rtol=1e-3)  # states interpolated between sizes, or solved for each
    with pytest.raises(InputError, match="no dots"):
        tcspc.simulate([])


def test_saved_and_read_again_it_is_the_same(tmp_path: Path) -> None:
    population = random_population(np.random.default_rng(5), traps=False)
    signal = tcspc.simulate(population, {"irf_counts": 1e5}, rng=np.random.default_rng(1))
    save(signal, tmp_path / "decay.csv")
    again = tcspc.read(tmp_path / "decay.csv")
    assert again == signal
    assert load(tmp_path / "decay.csv") == signal
    assert tcspc.measure(again).found == tcspc.measure(signal).found


def test_simulated_counts_add_up() -> None:
    population = random_population(np.random.default_rng(6), traps=False)
    signal = tcspc.simulate(population, {"counts": 5e5, "background": 3.0})
    assert signal.y.sum() == pytest.approx(5e5 + 3.0 * 4096, rel=1e-9)
    assert signal.kind == "counts"
    assert signal.origin == "simulated"
