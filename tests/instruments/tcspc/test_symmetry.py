"""What the counter shows of random dots; the coverage of its errors without traps is the contract's."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from epidot.dot.layers import Population
from epidot.errors import InputError
from epidot.instruments import tcspc
from epidot.instruments.symmetry import broken, pulls
from epidot.instruments.tcspc.simulated import ensemble_terms
from epidot.instruments.tcspc.trial import core_shell_dots, trial
from epidot.signal.storage import load, save


def test_coverage_with_traps() -> None:
    """Small, within what chance leaves; ``benchmarks/coverage_tables.py tcspc --law`` counts 240."""
    found = pulls(tcspc, partial(trial, traps=True), np.random.default_rng(20261), 12, 4)
    assert list(found) == ["tau_intensity_ns"]
    assert not broken(found, few=True)


def test_the_truth_is_what_the_light_says() -> None:
    from epidot.light.optics import optics

    population = core_shell_dots(np.random.default_rng(3), traps=True)
    fractions, taus = ensemble_terms(population)
    light = optics(population)
    # light interpolates its states between sizes; each road does so on its own grid
    assert float(fractions @ taus) == pytest.approx(light.tau_intensity_ns, rel=1e-3)
    assert float(1 / np.sum(fractions / taus)) == pytest.approx(light.tau_amplitude_ns, rel=1e-3)


def test_a_list_of_dots_is_as_good_as_a_population() -> None:
    population = core_shell_dots(np.random.default_rng(4), traps=False)
    few = Population(population.dot, population.core_diameters_nm[:5])
    a, b = tcspc.simulate(few), tcspc.simulate(few.dots)
    assert np.allclose(a.y, b.y, rtol=1e-3)  # states interpolated between sizes, or solved for each
    with pytest.raises(InputError, match="no dots"):
        tcspc.simulate([])


def test_saved_and_read_again_it_is_the_same(tmp_path: Path) -> None:
    population = core_shell_dots(np.random.default_rng(5), traps=False)
    signal = tcspc.simulate(population, {"irf_counts": 1e5}, rng=np.random.default_rng(1))
    save(signal, tmp_path / "decay.csv")
    again = tcspc.read(tmp_path / "decay.csv")
    assert again == signal
    assert load(tmp_path / "decay.csv") == signal
    assert tcspc.measure(again).found == tcspc.measure(signal).found


def test_simulated_counts_add_up() -> None:
    population = core_shell_dots(np.random.default_rng(6), traps=False)
    signal = tcspc.simulate(population, {"counts": 5e5, "background": 3.0})
    assert signal.y.sum() == pytest.approx(5e5 + 3.0 * 4096, rel=1e-9)
    assert signal.kind == "counts"
    assert signal.origin == "simulated"
