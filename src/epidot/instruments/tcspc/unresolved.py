"""Hints of a further term that the deviance of thousands of channels is blind to.

One step of Fisher scoring from the optimum with the counts of a term of each lifetime on a grid added.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from epidot.instruments.tcspc.estimate import response_pull
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution

SHORTER, LONGER = 8.0, 5.0  # how far beyond the terms found a further one is looked for
PER_DECADE = 6


def hint(solution: Solution) -> float:
    """The deviance that the best further term, of any lifetime, would take off."""
    model = solution.model
    _, taus, _, own = model.parts(solution.theta)
    low = max(float(taus[0]) / SHORTER, model.channel_ns * model.channels_per_bin)
    high = max(float(taus[-1]) * LONGER, 2 * low)
    taus = np.geomspace(low, high, max(4, math.ceil(PER_DECADE * math.log10(high / low))))
    columns = model.response.exponentials(np.ones_like(taus), taus, own).counts
    fit = _Known.of(solution)
    return max((fit.gain(column) for column in columns), default=0.0)


@dataclass(frozen=True)
class _Known:
    """What steps with different further columns have in common: the weighted derivatives, and what the
    response's own noise adds to their products."""

    solution: Solution
    weighted: Array
    information: Array
    pulled: Array | None

    @staticmethod
    def of(solution: Solution) -> _Known:
        rows = solution.by[solution.free]
        weighted = rows * solution.weight
        return _Known(solution, weighted, weighted @ rows.T, response_pull(solution, weighted))

    def gain(self, column: Array) -> float:
        """What it takes off the deviance; nothing where it cannot be told from the model's own freedom."""
        solution, n = self.solution, self.weighted.shape[0]
        if solution.model.live is not None:
            column = column * solution.model.live
        last = column * solution.weight
        information = np.empty((n + 1, n + 1))
        information[:n, :n] = self.information
        information[n, :n] = information[:n, n] = self.weighted @ column
        information[n, n] = last @ column
        scale = 1.0 / np.sqrt(np.maximum(np.diag(information), 1e-300))
        scaled = information * scale[:, None] * scale
        if not np.all(np.isfinite(scaled)) or np.linalg.cond(scaled) > 1e13:
            return 0.0
        inverse = scale[:, None] * np.linalg.inv(scaled) * scale
        weighted = np.vstack((self.weighted, last))
        moves = inverse @ (weighted @ (solution.y - solution.mu))
        covariance = inverse
        if solution.trust is not None or self.pulled is not None:
            meat = (weighted * solution.mu) @ weighted.T
            its = response_pull(solution, last[None, :])
            if self.pulled is not None and its is not None:
                pulled = np.vstack((self.pulled, its))
                meat += pulled @ pulled.T
            covariance = inverse @ meat @ inverse
        # in units of what the noise of the response, too, would take off
        return float(moves[-1] ** 2 / covariance[-1, -1])
