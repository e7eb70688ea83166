"""Models of a whole absorption spectrum: bands over a continuum, or a population of dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.errors import Fault, InputError
from epidot.instruments import banded
from epidot.instruments.options import Settings
from epidot.instruments.uvvis.exciton import first_exciton
from epidot.instruments.uvvis.measured import known_material, prepared, usable
from epidot.quantities import Fit, Quantity
from epidot.signal import Signal, local
from epidot.signal.correlation import Noise, noise_of
from epidot.signal.degrees import rival
from epidot.signal.fitting import Curve, Fitted, Free, fit_curves
from epidot.signal.limits import asked

Array = NDArray[np.float64]

_SPACING_EV = (0.0, 0.22, 0.45, 0.75, 1.05, 1.35)  # where the search for the bands above the first begins
_ABOVE_EV = 0.45  # the population model describes the spectrum up to here above the first exciton
_WIDEST = 0.25
_USUAL = 3  # bands


@dataclass(frozen=True)
class _Prepared:
    """A spectrum ready to be fitted, its noise and its first exciton / nm."""

    signal: Signal
    noise: Noise
    first_nm: float
    warnings: list[str]


def fitted(signals: Sequence[Signal], model: str, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.uvvis.fit`; ``chosen`` are the settled options of the fit."""
    limits = asked(chosen, len(signals))
    material = known_material(chosen["material"])
    number = int(chosen["bands"] or _USUAL)
    if model == "population":
        if material is None:
            raise InputError(
                "the model population needs a material", remedy="give the option material, e.g. InP"
            )
        if chosen["bands"] is not None:
            raise InputError(
                "the model population has no bands", seen=f"bands={number}", remedy="leave it out"
            )
        how = f"states of bare {material} cores over a log-normal size distribution"
        number = 0
    elif material is not None:
        what = "the model bands asks for no material"
        raise InputError(
            what, seen=f"material={material}", remedy="leave it out, or fit the model population"
        )
    else:
        how = f"{number} Gaussian bands in energy over a rising continuum"
    ready: list[_Prepared] = []
    faults: list[Fault] = []
    for signal in signals:
        try:
            ready.append(_ready(signal, chosen, model))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    curves = [
        _population(one, str(material)) if model == "population" else _bands(one, number) for one in ready
    ]
    found = banded.fitted(curves, limits, number)
    each = []
    for one, fit in zip(ready, found.each, strict=True):
        quantities = fit.quantities(how)
        if number:
            quantities |= _exciton(one, fit, number, how)
        each.append(fit.told(one.signal, quantities, one.warnings))
    return found.packed(model, each)


def _ready(signal: Signal, chosen: Settings, model: str) -> _Prepared:
    warnings = list(signal.warnings)
    signal, _ = usable(signal, chosen)
    signal, _ = prepared(signal, chosen, warnings)
    noise = noise_of(signal.x, signal.y, signal.known_sigma)
    found = first_exciton(signal.x, signal.y, noise, float(chosen["least_depth"]))
    if found.kind == "none":
        raise InputError("there is no exciton to fit", signal.source or None, seen=found.note)
    if model == "population":
        near = HC / signal.x < HC / found.place + _ABOVE_EV
        signal, noise = signal.kept(near), noise.kept(near)
    return _Prepared(signal, noise, found.place, warnings)


def _exciton(one: _Prepared, fit: Fitted, number: int, how: str) -> dict[str, Quantity]:
    """The first exciton: the centre of the band of lowest energy."""
    lowest = min(range(1, number + 1), key=lambda k: fit.value(f"centre{k}_eV"))
    centre, error = fit.value(f"centre{lowest}_eV"), fit.sigma(f"centre{lowest}_eV")
    if error is not None:
        error = math.hypot(error, _beside(one.signal, one.noise, fit, lowest))
    spread = None if error is None else HC / centre**2 * error
    note = "centre of the lowest band; the maximum of the sum lies further to the blue"
    if f"centre{lowest}_eV" in fit.held:
        note += "; held"
    return {
        "first_exciton_nm": Quantity(HC / centre, spread, "nm", how, note),
        "first_exciton_eV": Quantity(centre, error, "eV", how, note),
    }


def _bands(one: _Prepared, number: int) -> Curve:
    """``number`` bands, the search also beginning from one band less, with one more where most is left."""
    signal = one.signal
    E = HC / signal.x
    free = _free(signal, HC / one.first_nm, number)
    starts: list[Array] = []
    if number > 1:
        fewer = fit_curves([_bands(one, number - 1)]).each[0]
        even, left, _ = local.smoothed(signal.x, signal.y - fewer.curve, 12.0)
        at = int(np.argmax(left))
        new = np.array([max(float(left[at]), 1e-6), HC / even[at], 0.08])
        k = 3 * number
        low, high = (np.array([getattr(f, n) for f in free[k - 3 : k]]) for n in ("low", "high"))
        starts = [np.concatenate([fewer.values[: k - 3], np.clip(new, low, high), fewer.values[k - 3 :]])]
    return Curve(
        signal, lambda v: _absorbance(v, E)[0], free, one.noise, lambda v: _absorbance(v, E)[1], starts
    )


def _beside(signal: Signal, noise: Noise, outcome: Fitted, k: int) -> float:
    """By how much / eV, beyond noise, the top of band ``k`` lies beside its centre, others taken away."""
    height, centre, width = (float(v) for v in outcome.values[3 * k - 3 : 3 * k])
    x, off = signal.x, HC / signal.x - centre
    y = signal.y - outcome.curve + height * np.exp(-0.5 * (off / width) ** 2)
    near = np.abs(off) < width
    read = local.extremum(x[near], y[near], noise.kept(near), maximum=True) if np.sum(near) >= 4 else None
    if read is None:
        return 0.0
    moved = HC / read.x - centre
    return math.sqrt(rival(moved, (HC / read.x**2 * read.sigma_x) ** 2))


def _free(signal: Signal, first: float, number: int) -> list[Free]:
    E = HC / signal.x
    high = float(np.max(signal.y))
    at_first = float(np.interp(HC / first, signal.x, signal.y))
    low, top = float(E[-1]), float(E[0])
    most = 10 * high + 1e-6
    anywhere, positive, near = (-math.inf, math.inf), (0.0, math.inf), (2 * low - top, 2 * top - low)
    free: list[Free] = []
    for i in range(number):
        centre = min(first + _SPACING_EV[i], top + 0.1)
        band = [
            Free("height", "", max(0.7 * at_first, 1e-6), 0.0, most, natural=True, domain=positive),
            Free("centre_eV", "eV", centre, max(low, centre - 0.15), centre + 0.15, domain=near),
            Free("sigma_eV", "eV", 0.06 + 0.02 * i, 0.01, 0.6),
        ]
        free += banded.numbered(band, i + 1)
    # The continuum: an exponential rise that sets in smoothly at the second band's energy.
    return [
        *free,
        Free("continuum", "", max(0.3 * at_first, 1e-6), 0.0, most, natural=True, domain=positive),
        Free("rise_per_eV", "1/eV", 1.0, 0.0, 8.0, natural=True),
        Free("onset_eV", "eV", first + 0.3, first - 0.1, first + 1.5, domain=near),
        Free("onset_width_eV", "eV", 0.15, 0.02, 0.6),
        Free("offset", "", float(np.min(signal.y)), -high, high, domain=anywhere),
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


def _population(one: _Prepared, material: str) -> Curve:
    from epidot.dot.layers import LayeredDot, Population
    from epidot.light.spectra import absorption, spectral_table

    signal, first_nm = one.signal, one.first_nm
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
    return Curve(signal, curve, free, one.noise)


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
