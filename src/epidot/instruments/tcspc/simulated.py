"""What the counter would show: an ensemble's decay, or plain exponentials, with Poisson noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from epidot.constants import FWHM
from epidot.dot.layers import Population
from epidot.errors import InputError
from epidot.instruments.contract import Dots
from epidot.instruments.tcspc.response import Array, GaussianResponse
from epidot.signal import Signal

_NEGLIGIBLE = 1e-9  # share of the counts below which a term is left out


def ensemble_terms(dots: Dots) -> tuple[Array, Array]:
    """Shares of the photons and lifetimes in ns, both (m,), of an ensemble's decay."""
    from epidot.light.decay import dot_decay, excitation_weights, population_decay
    from epidot.light.states.levels import solve_dot

    if isinstance(dots, Population):
        components = population_decay(dots)
        amplitude, rate = components.amplitude, components.rate
    else:
        weights = excitation_weights(np.array([dot.core_diameter_nm for dot in dots]))
        each = [dot_decay(dot, solve_dot(dot)) for dot in dots]
        amplitude = np.concatenate([w * part.amplitude for w, part in zip(weights, each, strict=True)])
        rate = np.concatenate([part.rate for part in each])
    photons = amplitude / rate
    keep = photons > _NEGLIGIBLE * photons.sum()
    if not np.any(keep) or photons.sum() <= 0:
        raise InputError("these dots emit no light: there is no decay to count")
    return photons[keep] / photons[keep].sum(), 1.0 / rate[keep]


def counted(
    fractions: ArrayLike,
    taus_ns: ArrayLike,
    setup: Mapping[str, Any],
    rng: np.random.Generator | None = None,
) -> Signal:
    """A decay of terms that bring ``fractions`` of the photons with lifetimes ``taus_ns``, both (m,).

    ``setup`` has the names of ``HEADER.setup``.  Without ``rng`` the values are the expected counts.
    """
    width, channels, period = float(setup["channel_ns"]), int(setup["channels"]), float(setup["period_ns"])
    if width * channels > period * (1 + 1e-9):
        raise InputError(
            "the record would be longer than the period",
            seen=f"{channels} channels of {width:g} ns, period {period:g} ns",
            remedy=f"at most {math.floor(period / width * (1 + 1e-9))} channels fit",
        )
    edges = width * np.arange(channels + 1, dtype=np.float64)
    sigma = float(setup["irf_fwhm_ns"]) / FWHM
    response = GaussianResponse(edges, period, max(sigma, 1e-6 * width))
    own = np.array([float(setup["t0_ns"])])
    shares, taus = np.atleast_1d(np.asarray(fractions, float)), np.atleast_1d(np.asarray(taus_ns, float))
    expected = response.mixture(taus, shares[None, :], own)[0][0]
    expected *= float(setup["counts"]) / shares.sum()
    expected += float(setup["background"])
    irf_counts = float(setup["irf_counts"])
    companions = {}
    if irf_counts > 0:
        prompt = irf_counts * response.scatter(own).counts + float(setup["irf_background"])
        companions["irf"] = _signal(edges, prompt, setup, rng)
    return _signal(edges, expected, setup, rng, companions)


def _signal(
    edges: Array,
    expected: Array,
    setup: Mapping[str, Any],
    rng: np.random.Generator | None,
    companions: dict[str, Signal] | None = None,
) -> Signal:
    return Signal(
        technique="tcspc",
        x=edges[:-1],
        y=expected if rng is None else rng.poisson(expected).astype(np.float64),
        x_name="time",
        x_unit="ns",
        y_name="counts",
        y_unit="counts",
        kind="counts",
        origin="simulated",
        meta={
            "channel_ns": float(setup["channel_ns"]),
            "period_ns": float(setup["period_ns"]),
            "x_is": "lower edge of the channel",
            "noise": rng is not None,
        },
        companions=companions or {},
    )
