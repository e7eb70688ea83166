"""What a term that the counts do not show makes of the averages.

A slow term may hide in the background, a fast one in the rise, a middle one between two others, and the
averages are then off by many of their formal errors.  So the next larger number of terms is followed through
everything that the counts allow: a further term of each lifetime τ on a grid from the rise of the record to
its length, its share f of the light from none to that of the weakest other term (each set of terms is then
met once), everything else fitted anew, the background free.  Each place weighs what the evidence gives it,
all shares alike and all ln τ alike before the measurement (Laplace's approximation for what is fitted):

    w = Π f'_c/f_c · (|I|/|I'|)^½ · e^(−ΔD/2) · df d ln τ / ln(τ_high/τ_low)

against weight 1 of the terms chosen; f_c are the shares of their light, I the information, ΔD what the
deviance rises by, and a prime is with the further term.  A term that has to be small or in one place to be
allowed weighs little; one that takes up the light of the others over a wide range weighs as much as they.

The terms chosen are no normal law either where the longest lifetime and the background pass for each other:
a fit that ends low states a small error, one that ends high a large one, and if only the small one is
believed every average is too short.  So they are followed along their longest lifetime in the same way,
everything else fitted anew; where the counts hold it well that is the normal law.

The value stays that of the terms chosen.  Its error is the least whose single holds 68.3 % and whose double
95.4 % of the mixture of all, as models are averaged by Buckland et al. (Biometrics 53, 603 (1997)), and
whose tenfold holds 99.7 %: a model in fifty that lies far off is not named by less.  Where
99.7 % reach further than half of the average, the counts do not bound it: it is withheld.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.tcspc.averages import Mixture, alone
from epidot.instruments.tcspc.binned import Binned, solved
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution

PLACES = 16  # number of lifetimes of the further term
MOST = 16  # number of shares that are tried at each
FAR = 12.0  # rise of the deviance from which a share weighs nothing
_NEAR, _WIDE = 0.7, 2.5  # rise of the deviance by one step in the share: wider steps below, finer ones above
# Places along the longest lifetime, in standard errors of its ln τ: upwards a law may be far longer.
_ALONG = np.concatenate((np.arange(-4.0, 4.1, 0.4), 4.0 * 1.3 ** np.arange(1.0, 9.0)))
_FEWEST = 4  # of these places between the other lifetimes and the longest that there is


def mixture(solution: Solution, shortest: float, excess: float, averages: Array, sigma: Array) -> Mixture:
    """The ``averages`` (2,) of the terms chosen, of standard error ``sigma`` (2,), with all that the counts
    leave open: along the longest lifetime, and with one more term, of a lifetime from ``shortest`` / ns on.

    The deviance counts in units of its ``excess``.
    """
    search = _Search(solution, shortest, excess)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        chosen = search.along(averages, sigma).known()
        found = search.weighed(*search.followed()).known()
    return (chosen if chosen.weight.size else alone(averages, sigma)).joined(found)


class _Search(Binned):
    """Further terms of every lifetime and share beside those of the solution."""

    @cached_property
    def places(self) -> Array:
        """ln τ (m,) of the further term."""
        return np.linspace(*self.span, PLACES)

    def followed(self) -> tuple[NDArray[np.intp], Array, Array, Array, Array]:
        """Each fit by place (m,) and share (m,): where it ended (m, p), its deviance and its information."""
        k, none = self.terms, np.zeros(PLACES)
        further = self.column(self.places)
        x, now, information = self.down(self.start[None, :], none[:1], further[:1])
        light = np.exp(x[0, :k])
        most = float(light.min() / (light.sum() + light.min()))
        step = np.clip(0.7 * self._known(x, further), 1e-6, most / 6)
        x, last, information = (np.repeat(one, PLACES, axis=0) for one in (x, now, information))
        at, share = np.arange(PLACES), none
        out = [(at, share, x, last, information)]
        for _ in range(MOST):
            share = share + step
            x, here, information = self.down(x, share / (1 - share), further[at])
            out.append((at, share, x, here, information))
            light = np.exp(x[:, :k])
            go_on = (here < now + FAR) & (share < (1 - share) * light.min(axis=1) / light.sum(axis=1))
            rise = np.abs(here - last)
            step = step * np.where(rise < _NEAR, 1.8, np.where(rise > _WIDE, 0.6, 1.0))
            at, share, x, last, step = at[go_on], share[go_on], x[go_on], here[go_on], step[go_on]
            if not at.size:
                break
        places, shares, ends, deviances, informations = zip(*out, strict=True)
        return (
            np.concatenate(places),
            np.concatenate(shares),
            np.concatenate(ends),
            np.concatenate(deviances),
            np.concatenate(informations),
        )

    def _known(self, x: Array, further: Array) -> Array:
        """Standard error (m,) of the share of a further term about none."""
        k = self.terms
        mu, by = self.expected(x, np.zeros(1), further[:1])
        rows, root = by[0], np.sqrt(self.trust / mu[0])
        column = float(np.exp(x[0, :k]).sum()) * further * root
        basis = np.linalg.qr((rows * root).T)[0]
        left = column - (column @ basis) @ basis.T
        return np.asarray(1.0 / np.sqrt(np.maximum((left**2).sum(axis=1), 1e-12 * (column**2).sum(axis=1))))

    def weighed(
        self, at: NDArray[np.intp], share: Array, x: Array, deviances: Array, information: Array
    ) -> Mixture:
        """The averages of every fit, with its weight."""
        k, ratio = self.terms, share / (1 - share)
        averages, by = self._averages(x, ratio, np.exp(self.places[at]))
        information = information + self._before(x.shape[1])
        done, log_i = solved(information, by.transpose(0, 2, 1))
        sigma = np.sqrt(np.maximum(np.einsum("mkp,mpk->mk", by, done), 0.0))
        shares = self._shares(x) + k * np.log1p(-share)
        size = -0.5 * (deviances - deviances[0] + log_i - log_i[0]) + shares - shares[0]
        weight = self._widths(at, share) * np.exp(np.minimum(size, 50.0))
        return Mixture(averages, sigma, weight)

    def along(self, here: Array, formal: Array) -> Mixture:
        """The terms alone with the longest lifetime held at places (m,) about its own: together of weight 1.

        At the solution the averages are ``here`` (2,); what their ``formal`` errors (2,) hold beside the
        counting noise of the bins (a response's own) every place has as well.
        """
        j, none = 2 * self.terms - 1, self.column(self.places[:1])
        x, _, information = self.down(self.start[None, :], np.zeros(1), none)
        averages, by = self._averages(x, np.zeros(1), np.ones(1))
        one = np.eye(x.shape[1])
        covariance = solved(information + self._before(x.shape[1]), one[None])[0][0]
        scale, known = here / averages[0], np.einsum("kp,pq,kq->k", by[0], covariance, by[0])
        finer = np.minimum(formal**2 / known, 1.0)  # than in the bins
        low = self.knots[0] if j == 1 else float(x[0, j - 1])
        step = min(math.sqrt(float(covariance[j, j])), (self.knots[-1] - low) / 8)
        places = float(x[0, j]) + step * _ALONG
        places = places[(places > low) & (places < self.knots[-1])]
        if places.size < _FEWEST:
            return alone(here, formal)
        begun = x + (places - x[0, j])[:, None] * covariance[:, j] / covariance[j, j]
        low_end, high_end = self.ends
        begun = np.clip(begun, low_end, high_end)
        x, deviances, information = self.down(
            begun, np.zeros(places.size), np.repeat(none, places.size, axis=0), pinned=j
        )
        averages, by = self._averages(x, np.zeros(places.size), np.ones(places.size))
        rest = np.delete(np.arange(x.shape[1]), j)
        others = (information + self._before(x.shape[1]))[:, rest[:, None], rest]
        done, log_i = solved(others, by[:, :, rest].transpose(0, 2, 1))
        averages = here + (averages * scale - here) * np.sqrt(finer)
        variance = finer * np.einsum("mkp,mpk->mk", by[:, :, rest], done)
        variance += np.maximum(formal**2 - known, 0.0)
        variance += np.gradient(averages, axis=0) ** 2 / 12  # of the places between
        size = self._shares(x) - 0.5 * (deviances + log_i)
        weight = np.gradient(places) * np.exp(size - np.nanmax(size))
        return Mixture(averages, np.sqrt(np.maximum(variance, 0.0)), weight / np.nansum(weight))

    def _averages(self, x: Array, ratio: Array, last: Array) -> tuple[Array, Array]:
        """Both averages (m, 2) with a term of lifetime ``last`` (m,) and ``ratio`` (m,) times the light of
        the others, and their derivatives (m, 2, p)."""
        k = self.terms
        light, tau, ratio, last = np.exp(x[:, :k]), np.exp(x[:, k : 2 * k]), ratio[:, None], last[:, None]
        whole = light.sum(axis=1, keepdims=True)
        counts = whole * (1 + ratio)
        height = (light / tau).sum(axis=1, keepdims=True) + ratio * whole / last
        moment = (light * tau).sum(axis=1, keepdims=True) + ratio * whole * last
        averages = np.concatenate((counts / height, moment / counts), axis=1)
        by = np.zeros((x.shape[0], 2, x.shape[1]))
        own = (1 + ratio) / counts
        by[:, 0, :k] = light * (own - (1 / tau + ratio / last) / height)
        by[:, 0, k : 2 * k] = light / tau / height
        by[:, 1, :k] = light * ((tau + ratio * last) / moment - own)
        by[:, 1, k : 2 * k] = light * tau / moment
        return averages, by * averages[:, :, None]

    def _before(self, p: int) -> Array:
        """What is known before the measurement (p, p): shares from none to all, ln τ in its range."""
        k = self.terms
        known = np.concatenate((np.ones(k), np.full(k, 12 / (self.span[1] - self.span[0]) ** 2)))
        return np.diag(np.concatenate((known, np.full(p - 2 * k, 1e-6))))

    def _shares(self, x: Array) -> Array:
        """Logarithm (m,) of the product of the terms' shares of their light."""
        light = np.exp(x[:, : self.terms])
        return np.asarray(np.log(light / light.sum(axis=1, keepdims=True)).sum(axis=1))

    def _widths(self, at: NDArray[np.intp], share: Array) -> Array:
        """How much df d ln τ / ln(τ_high/τ_low) each fit stands for, by the trapezoid."""
        out = np.zeros_like(share)
        for i in range(PLACES):
            here = np.flatnonzero(at == i)  # in the order of the shares
            steps = np.diff(share[here]) / 2
            out[here[1:]] += steps
            out[here[:-1]] += steps
        out[(at > 0) & (at < PLACES - 1)] *= 2
        return out / (2 * (PLACES - 1))
