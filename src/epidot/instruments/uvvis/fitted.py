"""Models of a whole absorption spectrum: bands over a continuum, or a population of dots."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.uvvis.exciton import first_exciton
from epidot.instruments.uvvis.measured import known_material, prepared, usable
from epidot.quantities import Fit, Quantity
from epidot.signal import Signal, local
from epidot.signal.correlation import Noise, noise_of
from epidot.signal.degrees import unexplained
from epidot.signal.fitting import Fitted, Free, fit_curve

Array = NDArray[np.float64]

_SPACING_EV = (0.0, 0.22, 0.45, 0.75, 1.05, 1.35)  # where the search for the bands above the first begins
_ABOVE_EV = 0.45  # the population model describes the spectrum up to here above the first exciton
_WIDEST = 0.25


def fitted(signal: Signal, model: str, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.uvvis.fit`; ``chosen`` are the settled options of ``measure``."""
    material = known_material(chosen["material"])
    if model == "population" and material is None:
        raise InputError("the model population needs a material", remedy="give the option material, e.g. InP")
    warnings = list(signal.warnings)
    signal, _ = usable(signal, chosen)
    signal, _ = prepared(signal, chosen, warnings)
    noise = noise_of(signal.x, signal.y, signal.known_sigma)
    found = first_exciton(signal.x, signal.y, noise, float(chosen["least_depth"]))
    if found.kind == "none":
        raise InputError("there is no exciton to fit", signal.source or None, seen=found.note)
    first = HC / found.place
    if model == "population":
        assert material is not None
        signal = signal.kept(HC / signal.x < first + _ABOVE_EV)
        free, curve = _population(signal, material, found.place)
        how = f"states of bare {material} cores over a log-normal size distribution"
        outcome = fit_curve(signal, curve, free, noise)
    else:
        outcome = _bands(signal, noise, first, int(chosen["bands"]))
        how = f"{chosen['bands']} Gaussian bands in energy over a rising continuum"
    quantities = outcome.quantities(how)
    if model == "bands":
        centre, error = outcome.value("centre1_eV"), outcome.sigma("centre1_eV")
        if error is not None:
            error = math.hypot(error, _beside(signal, noise, outcome))
        spread = None if error is None else HC / centre**2 * error
        note = "centre of the lowest band; the maximum of the sum lies further to the blue"
        quantities["first_exciton_nm"] = Quantity(HC / centre, spread, "nm", how, note)
        quantities["first_exciton_eV"] = Quantity(centre, error, "eV", how, note)
    return outcome.packed(model, signal, quantities, warnings)


def _bands(signal: Signal, noise: Noise, first: float, number: int) -> Fitted:
    """``number`` bands, the search also beginning from one band less, with one more where most is left."""
    E = HC / signal.x
    free = _free(signal, first, number)
    starts: list[Array] = []
    if number > 1:
        fewer = _bands(signal, noise, first, number - 1)
        even, left, _ = local.smoothed(signal.x, signal.y - fewer.curve, 12.0)
        at = int(np.argmax(left))
        one = np.array([max(float(left[at]), 1e-6), HC / even[at], 0.08])
        k = 3 * number
        low, high = (np.array([getattr(f, n) for f in free[k - 3 : k]]) for n in ("low", "high"))
        starts = [np.concatenate([fewer.values[: k - 3], np.clip(one, low, high), fewer.values[k - 3 :]])]
    return fit_curve(
        signal,
        lambda v: _absorbance(v, E)[0],
        free,
        noise,
        jacobian=lambda v: _absorbance(v, E)[1],
        starts=starts,
    )


def _beside(signal: Signal, noise: Noise, outcome: Fitted) -> float:
    """By how much / eV, beyond noise, the lowest band's own top lies beside its centre, others taken away."""
    height, centre, width = (float(v) for v in outcome.values[:3])
    x, off = signal.x, HC / signal.x - centre
    y = signal.y - outcome.curve + height * np.exp(-0.5 * (off / width) ** 2)
    near = np.abs(off) < width
    read = local.extremum(x[near], y[near], noise.kept(near), maximum=True) if np.sum(near) >= 4 else None
    if read is None:
        return 0.0
    moved = HC / read.x - centre
    return math.sqrt(unexplained(moved, (HC / read.x**2 * read.sigma_x) ** 2))


def _free(signal: Signal, first: float, number: int) -> list[Free]:
    E = HC / signal.x
    high = float(np.max(signal.y))
    at_first = float(np.interp(HC / first, signal.x, signal.y))
    low, top = float(E[-1]), float(E[0])
    most = 10 * high + 1e-6
    free: list[Free] = []
    for i in range(number):
        centre = min(first + _SPACING_EV[i], top + 0.1)
        free += [
            Free(f"height{i + 1}", "", max(0.7 * at_first, 1e-6), 0.0, most, natural=True),
            Free(f"centre{i + 1}_eV", "eV", centre, max(low, centre - 0.15), centre + 0.15),
            Free(f"sigma{i + 1}_eV", "eV", 0.06 + 0.02 * i, 0.01, 0.6),
        ]
    # The continuum: an exponential rise that sets in smoothly at the second band's energy.
    return [
        *free,
        Free("continuum", "", max(0.3 * at_first, 1e-6), 0.0, most, natural=True),
        Free("rise_per_eV", "1/eV", 1.0, 0.0, 8.0, natural=True),
        Free("onset_eV", "eV", first + 0.3, first - 0.1, first + 1.5),
        Free("onset_width_eV", "eV", 0.15, 0.02, 0.6),
        Free("offset", "", float(np.min(signal.y)), -high, high),
    ]


def _absorbance(v: Array, E: Array) -> tuple[Array, Array]:
    """Bands over a continuum at photon energies / eV (n,), and its derivatives (n, p) in the values."""
    from scipy.special import ndtr

    curve = np.full(E.size, float(v[-1]))
    columns = []
    for height, centre, width in v[:-5].reshape(-1, 3):
        z = (E - centre) / width
        bell = np.exp(-0.5 * z**2)
        curve += height * bell
        columns += [bell, height * bell * z / width, height * bell * z**2 / width]
    scale, rise, onset, width = v[-5:-1]
    z = (E - onset) / width
    grown = np.exp(np.minimum(rise * (E - onset), 50.0))
    step, bell = ndtr(z), np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
    curve += scale * grown * step
    columns += [grown * step, scale * grown * step * (E - onset)]
    columns += [-scale * grown * (rise * step + bell / width), -scale * grown * bell * z / width]
    return curve, np.stack([*columns, np.ones(E.size)], axis=1)


def _population(
    signal: Signal, material: str, first_nm: float
) -> tuple[list[Free], Callable[[Array], Array]]:
    from epidot.dot.layers import LayeredDot, Population
    from epidot.light.spectra import absorption, spectral_table

    start = _diameter_at(material, first_nm)
    dot = LayeredDot(material, start)
    # Equal shares of a normal law: the same nodes at every step, so that the curve moves smoothly.
    nodes = _normal_nodes(41)
    widest = _sizes(start, _WIDEST, nodes)
    reach = np.linspace(0.8 * float(widest[0]), 1.25 * float(widest[-1]), 41)
    levels = spectral_table(Population(dot, reach))
    at_first = float(np.interp(first_nm, signal.x, signal.y))

    def curve(v: Array) -> Array:
        diameter, width, height, offset = (float(a) for a in v)
        population = Population(dot.scaled(diameter), _sizes(diameter, width, nodes))
        return height * np.asarray(absorption(population, signal.x, levels=levels)) + offset

    free = [
        Free("diameter_nm", "nm", start, 0.85 * start, 1.2 * start),
        Free("sigma_rel", "", 0.09, 0.02, _WIDEST),
        Free("height", "", at_first, 0.0, 10 * abs(at_first) + 1e-6, natural=True),
        Free("offset", "", 0.0, -abs(at_first) - 1e-6, abs(at_first) + 1e-6),
    ]
    return free, curve


def _diameter_at(material: str, first_nm: float) -> float:
    """Diameter whose 1S energy in the model lies at ``first_nm``, by bisection."""
    from epidot.dot.layers import LayeredDot
    from epidot.light.states import solve_dot

    target = HC / first_nm
    low, high = 1.2, 12.0
    for _ in range(24):
        middle = math.sqrt(low * high)
        if float(solve_dot(LayeredDot(material, middle)).E_1S_eV) > target:
            low = middle
        else:
            high = middle
    return math.sqrt(low * high)


def _normal_nodes(n: int) -> Array:
    from scipy.special import ndtri

    return np.asarray(ndtri((np.arange(n) + 0.5) / n), dtype=np.float64)


def _sizes(mean: float, sigma_rel: float, nodes: Array) -> Array:
    s = math.sqrt(math.log1p(sigma_rel**2))
    sizes = np.exp(s * nodes)
    return np.asarray(mean * sizes / np.mean(sizes), dtype=np.float64)
