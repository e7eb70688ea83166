"""What stands in for a model that takes its time: a Gaussian process through every point that is known.

All outputs share one correlation over the parameters, each has its own trend and variance: the emulator of
many outputs of Conti and O'Hagan, J. Stat. Plan. Inference 140 (2010) 640, with Matern's correlation of order
5/2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize

from epidot.inference.problem import Array

LEAST = 3  # points for each term of a trend, or a shorter one is taken
_NUGGET = 1e-8
_FINE = 1e-4  # of an output about its trend (in errors of the data): less is of no matter
_LEARNT_FROM = 200  # points from which the lengths are learnt
_LENGTHS = (0.03, 30.0)  # of parameters in their priors' sizes


@dataclass(frozen=True, eq=False)
class Emulator:
    """Through points ``u`` (n, p) with outputs (n, m): :meth:`__call__` gives mean and error elsewhere."""

    u: Array
    lengths: Array
    root: Array  # of the correlation of the points, lower triangle
    trend: Array  # (terms, m)
    pull: Array  # (n, m)
    sd: Array  # (m,) of each output about its trend
    square: bool

    @classmethod
    def through(cls, u: Array, outputs: Array) -> Emulator:
        """Learnt from points (n, p) and what the model gave there (n, m)."""
        n = len(u)
        square = n >= LEAST * _terms(u[:1], True).shape[1]
        some = np.unique(np.linspace(0, n - 1, min(n, _LEARNT_FROM)).astype(int))
        lengths = _lengths(u[some], outputs[some], square)
        root, trend, pull, sd, _ = _conditioned(u, outputs, lengths, square)
        return cls(u, lengths, root, trend, pull, sd, square)

    def __call__(self, u: Array) -> tuple[Array, Array]:
        """Outputs (k, m) at ``u`` (k, p), and their standard errors (k, m)."""
        near = _correlation(u, self.u, self.lengths)
        mean = _terms(u, self.square) @ self.trend + near @ self.pull
        left = solve_triangular(self.root, near.T, lower=True)
        unknown = np.sqrt(np.maximum(1.0 + _NUGGET - np.sum(left * left, axis=0), 0.0))
        return mean, unknown[:, None] * self.sd


def _terms(u: Array, square: bool) -> Array:
    """Of a trend: 1, every parameter, and perhaps their products."""
    rows = [np.ones(len(u)), *u.T]
    if square:
        rows += [u[:, i] * u[:, j] for i in range(u.shape[1]) for j in range(i, u.shape[1])]
    return np.stack(rows, axis=1)


def _correlation(a: Array, b: Array, lengths: Array) -> Array:
    x, y = a / lengths, b / lengths
    squares = np.sum(x * x, axis=1)[:, None] + np.sum(y * y, axis=1) - 2 * x @ y.T
    r = np.sqrt(5 * np.maximum(squares, 0.0))
    return np.asarray((1 + r + r * r / 3) * np.exp(-r))


def _conditioned(
    u: Array, outputs: Array, lengths: Array, square: bool
) -> tuple[Array, Array, Array, Array, float]:
    """Root of the correlation, trend, pull, deviation of each output, and -2 ln likelihood of the lengths."""
    n = len(u)
    correlation = _correlation(u, u, lengths) + _NUGGET * np.eye(n)
    factor = cho_factor(correlation, lower=True)
    terms = _terms(u, square)
    solved = cho_solve(factor, terms)
    trend = np.linalg.lstsq(terms.T @ solved, solved.T @ outputs, rcond=1e-12)[0]
    apart = outputs - terms @ trend
    pull = cho_solve(factor, apart)
    variance = np.maximum(np.sum(apart * pull, axis=0) / n, _FINE**2)
    root = np.tril(factor[0])
    wide = 2 * float(np.sum(np.log(np.diag(root))))
    return root, trend, pull, np.sqrt(variance), outputs.shape[1] * wide + n * float(np.sum(np.log(variance)))


def _lengths(u: Array, outputs: Array, square: bool) -> Array:
    """Over which outputs change, of each parameter: the most likely, begun where points are as wide."""

    def unlikely(logs: Array) -> float:
        try:
            return _conditioned(u, outputs, np.exp(logs), square)[-1]
        except np.linalg.LinAlgError:
            return 1e12

    start = np.log(np.clip(3 * np.std(u, axis=0), 2 * _LENGTHS[0], _LENGTHS[1] / 2))
    bounds = [(math.log(_LENGTHS[0]), math.log(_LENGTHS[1]))] * u.shape[1]
    found = minimize(unlikely, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40, "eps": 1e-4})
    return np.asarray(np.exp(found.x))
