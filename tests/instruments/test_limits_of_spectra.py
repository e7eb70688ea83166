"""Fits of emission and absorption spectra with parameters held, bounded and shared."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from epidot.constants import HC
from epidot.errors import InputError
from epidot.instruments import pl, uvvis
from epidot.signal import Signal
from epidot.signal.fitting import Curve, Free, fit_curves
from epidot.signal.limits import Limits

NM = np.arange(420.0, 781.0)
E = HC / NM
BANDS = ((2.2, 0.06), (2.0, 0.08))  # from the blue: centre / eV, standard deviation / eV
KINDS = {pl: ["gaussian", "split", "exgauss", "bands"], uvvis: ["bands", "population"]}
EACH = [(module, model) for module, models in KINDS.items() for model in models]


def bells(*heights: float) -> np.ndarray:
    return sum(h * np.exp(-0.5 * ((E - c) / s) ** 2) for h, (c, s) in zip(heights, BANDS, strict=False))


def drawn(module: ModuleType, seed: int, *heights: float) -> Signal:
    """Bands of these heights: in counts for emission, in absorbance under a rise for absorption."""
    rng = np.random.default_rng(seed)
    if module is pl:
        counts = rng.poisson(10 + 5000 * bells(*heights) * (E / 2.1) ** 2).astype(float)
        return Signal("pl", NM, counts, "wavelength", "nm", "intensity", "counts", "counts", "measured")
    y = 0.4 * bells(*heights) + 0.3 / (1 + np.exp(-(E - 2.6) / 0.08)) + 4e-4 * rng.standard_normal(NM.size)
    return Signal("uvvis", NM, y, "wavelength", "nm", "absorbance", "", "analog", "measured")


def asked(module: ModuleType, model: str) -> dict[str, Any]:
    if model == "bands":
        return {"bands": 2}
    return {"material": "InP", "window": "480-780"} if module is uvvis else {}


@pytest.mark.parametrize(("module", "model"), EACH)
def test_whatever_is_held_stays_and_has_no_interval(module: ModuleType, model: str) -> None:
    one = drawn(module, 1, 1.0, 0.4 if model == "bands" else 0.0)
    free = module.fit(one, model, **asked(module, model))
    assert free.status == "converged", free.message
    for name, p in list(free.parameters.items())[: 1 if model == "population" else None]:  # it takes a second
        found = module.fit(one, model, fix=f"{name}={p.value:.9g}", **asked(module, model))
        held = found.parameters[name]
        assert (held.sigma, held.shape, held.note) == (None, "flat", "held")
        assert held.value == pytest.approx(p.value, rel=1e-8)
        assert found.quantities[name].sigma is None
        for other, q in found.parameters.items():  # held at the optimum: the rest stays, known no worse
            if other != name and q.sigma and free.parameters[other].sigma:
                assert abs(q.value - free.parameters[other].value) < 0.05 * free.parameters[other].sigma
                assert q.sigma < 1.02 * free.parameters[other].sigma


@pytest.mark.parametrize(("module", "model"), EACH[:-1])
def test_what_lies_outside_a_domain_is_refused(module: ModuleType, model: str) -> None:
    one = drawn(module, 1, 1.0, 0.4)
    free = module.fit(one, model, **asked(module, model))
    for name in free.parameters:
        for value in (-1e6, 1e6):
            if name in ("offset", "height", "continuum") or (name.startswith("height") and value > 0):
                continue  # any number, or any above zero
            with pytest.raises(InputError, match=f"{name} lies outside its domain"):
                module.fit(one, model, fix=f"{name}={value:g}", **asked(module, model))


@pytest.mark.parametrize("module", [pl, uvvis])
def test_a_bound_that_holds_is_told_and_closes_the_interval(module: ModuleType) -> None:
    one = drawn(module, 2, 1.0, 0.4)
    red = "centre2" if module is pl else "centre1"
    found = module.fit(one, "bands", bands=2, bound=f"{red}=2.01:2.06eV")
    p = found.parameters[f"{red}_eV"]
    assert found.status == "at a bound"
    assert f"{red}_eV ended at the lowest value allowed" in found.message
    assert p.value == pytest.approx(2.01)
    assert p.interval[0] == pytest.approx(2.01)
    assert p.interval[0] < p.interval[1] <= 2.06
    assert (p.shape, p.sigma) == ("upper only", None)
    wide = module.fit(one, "bands", bands=2, bound=f"{red}=1.9:2.1eV")
    free = module.fit(one, "bands", bands=2)
    assert wide.status == "converged"
    assert wide.parameters[f"{red}_eV"].value == pytest.approx(free.parameters[f"{red}_eV"].value, abs=1e-5)


@pytest.mark.parametrize("module", [pl, uvvis])
def test_limits_number_the_bands(module: ModuleType) -> None:
    """Unasked from the blue in emission, from the red in absorption; a limit may say otherwise."""
    one = drawn(module, 3, 1.0, 0.4)
    first, second = (0, 1) if module is pl else (1, 0)
    free = module.fit(one, "bands", bands=2)
    assert free.parameters["centre1_eV"].value == pytest.approx(BANDS[first][0], abs=0.01)
    assert free.parameters["centre2_eV"].value == pytest.approx(BANDS[second][0], abs=0.01)
    low, high = BANDS[second][0] - 0.05, BANDS[second][0] + 0.05
    found = module.fit(one, "bands", bands=2, bound=f"centre1={low}:{high}")
    assert found.parameters["centre1_eV"].value == pytest.approx(BANDS[second][0], abs=0.01)
    assert found.parameters["centre2_eV"].value == pytest.approx(BANDS[first][0], abs=0.01)
    assert found.parameters["sigma2_eV"].sigma == pytest.approx(free.parameters["sigma1_eV"].sigma, rel=0.02)


@pytest.mark.parametrize("module", [pl, uvvis])
def test_a_shared_centre_is_known_better_than_each(module: ModuleType) -> None:
    """By the weights of the curves, which for a centre far from all else are nearly independent."""
    curves = [drawn(module, seed, *heights) for seed, heights in ((4, (1.0, 0.2)), (5, (0.6, 0.5)))]
    alone = [module.fit(one, "bands", bands=2).parameters["centre2_eV"] for one in curves]
    found = module.fit(curves, "bands", bands=2, shared="centre2")
    p = found.parameters["centre2_eV"]
    weights = np.array([1 / (one.sigma or math.inf) ** 2 for one in alone])
    assert p.sigma == pytest.approx(1 / math.sqrt(weights.sum()), rel=0.15)
    mean = float(weights @ [one.value for one in alone] / weights.sum())
    assert abs(p.value - mean) < 0.5 * (p.sigma or 0.0)
    assert [q.source for q in found.each] == ["", ""]
    assert found.names.count("centre2_eV") == 1
    assert found.covariance is not None
    assert found.covariance.shape == (len(found.names),) * 2
    index = found.names.index("centre2_eV")
    assert math.sqrt(found.covariance[index, index]) == pytest.approx(p.sigma)


@pytest.mark.parametrize("module", [pl, uvvis])
def test_band_1_is_the_same_band_in_all_files(module: ModuleType) -> None:
    """It moves from file to file while the other stays: shared all the same, not the other in its place."""
    first, second = (2.25, 1.95) if module is pl else (1.95, 2.25)
    curves = []
    for seed, moved in enumerate((-0.03, 0.03)):
        y = np.exp(-0.5 * ((E - first - moved) / 0.06) ** 2) + 0.6 * np.exp(-0.5 * ((E - second) / 0.06) ** 2)
        rng = np.random.default_rng(seed)
        if module is uvvis:
            y = 0.4 * y + 0.3 / (1 + np.exp(-(E - 2.65) / 0.06))
        y = y + 1e-3 * rng.standard_normal(NM.size)
        name = "intensity" if module is pl else "absorbance"
        curves.append(Signal(module.HEADER.name, NM, y, "wavelength", "nm", name, "", "analog", "measured"))
    found = module.fit(curves, "bands", bands=2, shared="centre1")
    assert found.parameters["centre1_eV"].value == pytest.approx(first, abs=0.06)
    for k in (1, 2):
        assert abs(found.parameters[f"centre2_eV[{k}]"].value - second) < 0.1


def test_lines_of_one_slope_are_the_closed_form() -> None:
    """Two straight lines through noise of known size share their slope: generalised least squares."""
    rng = np.random.default_rng(8)
    x = np.linspace(0.0, 1.0, 40)
    sigmas = (0.1, 0.3)
    curves, rows, values = [], [], []
    for k, sigma in enumerate(sigmas):
        y = k + 2.0 * x + sigma * rng.standard_normal(x.size)
        error = np.full(x.size, sigma)
        signal = Signal("pl", x, y, "x", "", "y", "", "analog", "measured", sigma=error)
        free = [Free("level", "", 0.3, -10.0, 10.0), Free("slope", "", 1.0, -10.0, 10.0)]
        curves.append(Curve(signal, lambda v: v[0] + v[1] * x, free))
        rows.append(np.stack([k == np.zeros(x.size), k == np.ones(x.size), x], axis=1) / sigma)
        values.append(y / sigma)
    design, seen = np.concatenate(rows), np.concatenate(values)
    covariance = np.linalg.inv(design.T @ design)
    expected = covariance @ design.T @ seen
    found = fit_curves(curves, Limits(shared=["slope"]))
    order = [found.names.index(n) for n in ("level[1]", "level[2]", "slope")]
    values_found = [found.parameters[n].value for n in ("level[1]", "level[2]", "slope")]
    assert values_found == pytest.approx(expected, abs=1e-6)
    assert found.covariance[np.ix_(order, order)] == pytest.approx(covariance, rel=1e-6)


def test_curves_weigh_by_their_own_scatter() -> None:
    """One of unknown noise ten times the other's: the shared centre is that of the quiet one."""
    quiet, loud = (0.02, 0.2)
    made = []
    for seed, noise in ((1, quiet), (2, loud)):
        y = bells(1.0, 0.0) * (E / 2.2) ** 2 + noise * np.random.default_rng(seed).standard_normal(NM.size)
        made.append(Signal("pl", NM, y, "wavelength", "nm", "intensity", "", "analog", "measured"))
    alone = pl.fit(made[0], "gaussian").parameters["centre_eV"]
    both = pl.fit(made, "gaussian", shared="centre").parameters["centre_eV"]
    assert abs(both.value - alone.value) < 0.3 * (alone.sigma or 0.0)
    assert both.sigma == pytest.approx(alone.sigma, rel=0.03)


@pytest.mark.parametrize("module", [pl, uvvis])
def test_options_that_would_do_nothing_are_refused(module: ModuleType) -> None:
    one = drawn(module, 1, 1.0, 0.4)
    if module is pl:
        with pytest.raises(InputError, match="the model split has one band"):
            pl.fit(one, "split", bands=2)
    else:
        with pytest.raises(InputError, match="asks for no material"):
            uvvis.fit(one, "bands", material="InP")
        with pytest.raises(InputError, match="has no bands"):
            uvvis.fit(one, "population", material="InP", bands=2)
    every = [f"{n}={p.value:.9g}" for n, p in module.fit(one, "bands", bands=1).parameters.items()]
    with pytest.raises(InputError, match="every parameter is held"):
        module.fit(one, "bands", bands=1, fix=every)
    with pytest.raises(InputError, match="nothing can be shared"):
        module.fit(one, "bands", shared="offset")
