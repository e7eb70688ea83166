"""Poisson deviance: how far counts are from what a model expects, and how far they should be.

Counting histograms hold few or no counts in most channels.  Weighting squares by 1/√N there pulls
the fit down, because a channel that happens to be low also gets a larger weight: at 10⁶ counts the
longer lifetime of a biexponential comes out 3 standard errors short, at 10⁴ the fit is useless.  The
deviance d = 2 (y ln(y/μ) − y + μ), twice the lost log-likelihood, has no such bias and its square
root is a residual that a least-squares routine can work on.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def deviance(y: Array, mu: Array) -> Array:
    """Deviance of each channel, shape (n,); ``mu`` must be positive."""
    out = 2.0 * (mu - y)
    some = y > 0
    if some.all():  # no channel is picked out
        out += 2.0 * y * np.log(y / mu)
    else:
        out[some] += 2.0 * y[some] * np.log(y[some] / mu[some])
    return np.asarray(np.maximum(out, 0.0), dtype=np.float64)


def residuals(y: Array, mu: Array) -> tuple[Array, Array]:
    """Signed root of the deviance, shape (n,), and its derivative by μ."""
    off = mu - y
    # Where μ and y hardly differ the deviance is rounded to nothing: off²/μ (1 + off/3μ) keeps its digits,
    # and (1 − y/μ)/r tends to 1/√μ.
    near = np.abs(off) < np.maximum(1e-5 * np.sqrt(mu), 1e-6 * mu)
    size = np.sqrt(deviance(y, mu))
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.abs(off) / (mu * size)
    if near.any():
        m, o = mu[near], off[near]
        size[near] = np.abs(o) / np.sqrt(m) * (1 + o / (6 * m))
        slope[near] = 1.0 / np.sqrt(m)
    return np.copysign(size, off), slope


@lru_cache(maxsize=1)
def _table() -> tuple[Array, Array, Array, Array]:
    from scipy.special import gammaln, xlogy

    mu = np.geomspace(1e-6, 500.0, 600)
    y = np.arange(0.0, 800.0)
    probability = np.exp(xlogy(y, mu[:, None]) - mu[:, None] - gammaln(y + 1))
    d = 2 * (xlogy(y, np.where(y > 0, y, 1.0) / mu[:, None]) - y + mu[:, None])
    mean = (probability * d).sum(axis=1)
    together = (probability * d * (y - mu[:, None])).sum(axis=1)
    return np.log(mu), mean, (probability * d * d).sum(axis=1) - mean**2, together


def expected_deviance(mu: Array) -> tuple[Array, Array, Array]:
    """Mean and variance of a channel's deviance when its counts are Poisson with mean ``mu``, and its
    covariance with the counts; all of shape (n,).

    They are 1, 2 and 0 only for many counts: the mean is 1.15 at one count per channel and 0.47 at a
    tenth of a count, where the deviance is little else than the number of counts.
    """
    log_mu, mean, variance, together = _table()
    at = np.log(np.maximum(mu, 1e-6))
    few = mu < 500.0
    small = np.minimum(mu / 1e-6, 1.0)  # below the table all fall in proportion to μ
    return (
        np.where(few, np.interp(at, log_mu, mean) * small, 1 + 1 / (6 * np.maximum(mu, 1.0))),
        np.where(few, np.interp(at, log_mu, variance) * small, 2.0),
        np.where(few, np.interp(at, log_mu, together) * small, 0.0),
    )
