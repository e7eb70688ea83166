"""What the symmetry tests of the spectra share: random dots, and coverage of one standard error."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.quantities import Quantities
from epidot.signal import Signal
from epidot.signal.noise import noisy


def random_population(rng: np.random.Generator) -> Population:
    """InP cores with up to two shells, as the papers make them."""
    shells = []
    if rng.random() < 0.6:
        shells.append(Layer("ZnSe", float(rng.uniform(0.3, 1.2))))
        if rng.random() < 0.5:
            shells.append(Layer("ZnS", float(rng.uniform(0.3, 0.7))))
    dot = LayeredDot("InP", float(rng.uniform(2.6, 3.6)), tuple(shells))
    return Population.drawn(dot, 200, float(rng.uniform(0.06, 0.11)), rng)


def maximum(x: np.ndarray, y: np.ndarray, at: int, half_width: float) -> tuple[float, float]:
    """Place and height of the extremum near index ``at`` of a fine curve: a quartic over a narrow window."""
    near = np.abs(x - x[at]) < half_width
    u = x[near] - x[at]
    p = np.polynomial.Polynomial.fit(u, y[near], 4)
    roots = p.deriv().roots()
    real = roots[np.abs(roots.imag) < 1e-9].real
    best = real[np.argmin(np.abs(real))]
    return float(x[at] + best), float(p(best))


def pulls(
    clean: Signal,
    truth: dict[str, float],
    measure: Callable[[Signal], Quantities],
    seeds: int,
    rng: np.random.Generator,
) -> dict[str, list[float]]:
    """(measured - truth) / sigma of every quantity over ``seeds`` draws of the noise."""
    out: dict[str, list[float]] = {name: [] for name in truth}
    for _ in range(seeds):
        found = measure(noisy(clean, rng))
        for name, value in truth.items():
            q = found[name]
            assert q.value is not None, (name, q.note)
            assert q.sigma is not None
            assert q.sigma > 0
            out[name].append((q.value - value) / q.sigma)
    return out


def check_coverage(all_pulls: dict[str, list[float]]) -> None:
    """1-sigma coverage between 60 and 76 %, and no bias."""
    for name, values in all_pulls.items():
        p = np.array(values)
        assert p.size >= 200
        covered = float(np.mean(np.abs(p) < 1))
        assert 0.60 <= covered <= 0.76, (name, covered, float(np.mean(p)))
        assert abs(np.mean(p)) < 0.35, (name, float(np.mean(p)))
        assert np.mean(np.abs(p) < 3) > 0.97, name
