"""Dots at random, and what their absorption truly shows: first exciton, valley, half width."""

from __future__ import annotations

import numpy as np

from epidot.constants import HC
from epidot.dot.layers import Population
from epidot.instruments.contract import Trial
from epidot.instruments.spectrometer import extremum
from epidot.instruments.symmetry import random_dots


def trial(rng: np.random.Generator) -> Trial:
    """Scans in steps of 0.5 to 2 nm, with noise of 0.0002 to 0.002 in absorbance."""
    dots = random_dots(rng)
    setup = {
        "start_nm": 380.0,
        "stop_nm": 760.0,
        "step_nm": float(rng.choice([0.5, 1.0, 2.0])),
        "absorbance": 0.4,
        "noise": float(10 ** rng.uniform(-3.7, -2.7)),
    }
    return Trial(dots, truths(dots), setup)


def truths(dots: Population) -> dict[str, float]:
    """First maximum, the valley beside it and the red half maximum of the noise-free absorption."""
    from epidot.light.spectra import absorption

    x = np.arange(380.0, 760.0, 0.05)
    y = np.asarray(absorption(dots, x))
    coarse = slice(None, None, 40)  # steps of 2 nm: the extrema, without the grid the light is computed on
    d = np.diff(y[coarse])
    tops = np.flatnonzero((d[:-1] > 0) & (d[1:] <= 0)) + 1
    tops = tops[y[tops * 40] > 0.2 * y[tops * 40].max()]  # not the bump of a single large dot
    top = int(tops[-1]) * 40
    lows = np.flatnonzero((d[:-1] < 0) & (d[1:] >= 0)) + 1
    low = int(lows[lows * 40 < top][-1]) * 40
    peak, high = extremum(x, y, top, 8.0)
    _, least = extremum(x, y, low, 8.0)
    outside = top + int(np.argmax(y[top:] < high / 2))
    half = float(np.interp(-high / 2, -y[outside - 1 : outside + 1], x[outside - 1 : outside + 1]))
    return {
        "first_exciton_nm": peak,
        "first_exciton_eV": HC / peak,
        "valley_depth": 1 - least / high,
        "hwhm_eV": HC / peak - HC / half,
    }
