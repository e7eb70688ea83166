"""Distributed lifetimes, and two decays with shared lifetimes, through ``fit tcspc``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from coverage_cases import Case
from coverage_cases.tcspc import noisy, setup
from epidot.instruments import tcspc
from epidot.instruments.tcspc.laws import LAWS
from epidot.instruments.tcspc.simulated import counted
from epidot.quantities import Fit, Quantities, Quantity
from epidot.signal import Signal

PERIOD = 200.0


def stated(fit: Fit) -> Quantities:
    """Parameters and what follows from them, as a measurement states them."""
    found = {n: Quantity(p.value, p.sigma, p.unit, fit.model) for n, p in fit.parameters.items()}
    for k, one in enumerate(fit.each or (fit.quantities,), start=1):
        label = f"[{k}]" if fit.each else ""
        found |= {f"{n}{label}": q for n, q in one.items()}
    return Quantities("tcspc", found)


def law(name: str, shape: Mapping[str, float], counts: float) -> Case:
    """One decay law, as the exponentials it is a mixture of."""
    values = np.array(list(shape.values()))
    averages = dict(zip(("tau_amplitude_ns", "tau_intensity_ns"), LAWS[name].averages(values), strict=True))

    @cache
    def expected() -> Signal:
        log_tau, share = LAWS[name].nodes(values)
        some = share > 1e-6 * share.max()
        step = np.round(log_tau[some], 2)  # so many nodes are as good as one each per cent
        taus, at = np.unique(step, return_inverse=True)
        return counted(np.bincount(at, share[some]), np.exp(taus), setup(PERIOD, counts, 0.02, 1e5))

    def measured(rng: np.random.Generator) -> Quantities:
        return stated(tcspc.fit(noisy(expected(), rng), name))

    said = ", ".join(f"{n.removesuffix('_ns')} {v:g}" for n, v in shape.items())
    return Case(f"{name}, {said}, {counts:.0e} counts".replace("e+0", "e"), {**shape, **averages}, measured)


def together(fractions: tuple[float, ...], counts: float) -> Case:
    """Decays of 5 and 60 ns with other shares of the light, the lifetimes shared."""
    truths = {"tau1_ns": 5.0, "tau2_ns": 60.0} | {f"fraction1[{k}]": f for k, f in enumerate(fractions, 1)}

    @cache
    def expected() -> list[Signal]:
        return [counted([f, 1 - f], [5.0, 60.0], setup(PERIOD, counts, 0.02, 1e5)) for f in fractions]

    def measured(rng: np.random.Generator) -> Quantities:
        curves = [noisy(one, rng) for one in expected()]
        return stated(tcspc.fit(curves, exponentials=2, shared="tau1,tau2"))

    said = f"{len(fractions)} decays of 5 and 60 ns together, {counts:.0e} counts each"
    return Case(said.replace("e+0", "e"), truths, measured)


CASES = [
    law("stretched", {"tau_ns": 20.0, "beta": 0.7}, 1e5),
    law("lognormal", {"tau_ns": 20.0, "sigma_ln": 0.5}, 1e5),
    law("gamma", {"tau_ns": 20.0, "spread": 0.5}, 1e5),
    together((0.2, 0.6), 3e4),
]
