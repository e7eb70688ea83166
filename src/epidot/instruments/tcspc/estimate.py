"""From an optimum to lifetimes with errors: covariance, bias to second order, averages.

Definitions.  Term c has amplitude a_c in the decay Σ a_c e^(−t/τ_c) and brings A_c = a_c τ_c counts.

    amplitude_c      = a_c / Σ a
    fraction_c       = a_c τ_c / Σ a τ            (share of the light: the intensity fraction)
    tau_amplitude    = Σ a τ / Σ a                (the decay's area over its height)
    tau_intensity    = Σ a τ² / Σ a τ             (the mean arrival time of a photon)

Covariance.  The inverse of the expected information.  With a measured response its counting noise is
added, and where channels are trusted less than their own counts the sandwich form is used.

Bias.  A maximum-likelihood estimate of a nonlinear parameter is off by a term of order 1/N, a sixth of
a standard error for the longer of two lifetimes at 10⁴ counts.  For Poisson counts of mean μ(θ) with
information I it is (Cox and Snell, J. R. Stat. Soc. B 30, 248 (1968), worked out for this model)

    b(θ) = −½ I⁻¹ Σ_i (∇μ_i / μ_i) tr(I⁻¹ ∇∇ᵀμ_i),

and for a quantity g(θ) it is ∇g·b + ½ tr(I⁻¹ ∇∇ᵀg).  Values are reported with it taken off; at 10⁶
counts it is a hundredth of a standard error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.tcspc.measured_response import MeasuredResponse
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution, state

STEP = 0.03  # of a standard error: where differences are small against curvature yet far above rounding
BOUNDED = ("background", "scattered")  # cannot be negative, and where they are zero the rest is identified
_UNIFIED = (
    (-3.0, -2.0, -1.5, -1.0, -0.75, -0.5, -0.25, 0.0),
    (0.035, 0.065, 0.125, 0.27, 0.4, 0.56, 0.77, 1.0),
)
DRAWS = 24  # of random signs
_MOST_BIAS = 0.5  # standard errors; a larger "second-order" term says the expansion has failed


@dataclass(frozen=True)
class Estimate:
    """Derived values with standard errors, all of shape (k,) in the order of ``names``.

    ``likeliest`` are the maximum-likelihood values, ``values`` those with the bias taken off;
    ``covariance`` (p, p) belongs to the parameters of the model (zero rows where held);
    ``fisher_variance`` is the part of sigma² that comes from the decay's counting noise; ``unbounded`` are
    the errors if the parameters had no bounds, with the noise of the response.
    """

    names: tuple[str, ...]
    values: Array
    likeliest: Array
    sigma: Array
    bias: Array
    covariance: Array
    fisher_variance: Array
    unbounded: Array
    irregular: tuple[str, ...]

    def __getitem__(self, name: str) -> tuple[float, float]:
        i = self.names.index(name)
        return float(self.values[i]), float(self.sigma[i])

    def scaled(self, factor: float) -> Estimate:
        """The same with every error multiplied by ``factor``."""
        return replace(
            self,
            sigma=self.sigma * factor,
            covariance=self.covariance * factor**2,
            unbounded=self.unbounded * factor,
        )

    def with_errors(self, sigma: Array) -> Estimate:
        """The same with other standard errors of all (k,), or of the last: (2,) of both averages."""
        return replace(self, sigma=np.concatenate((self.sigma[: -sigma.size], sigma)))


def ordered(values: Array, terms: int) -> bool:
    """Whether shortest lifetime <= amplitude average <= intensity average <= longest, as for every decay."""
    chain = np.array([values[0], values[-2], values[-1], values[terms - 1]])
    return bool(np.all(np.diff(chain) >= -1e-9 * chain[-1]))


def derived_names(terms: int) -> tuple[str, ...]:
    """Names of the derived values, in the order of :func:`derived`."""
    numbers = range(1, terms + 1)
    return (
        *(f"tau{i}_ns" for i in numbers),
        *(f"fraction{i}" for i in numbers),
        *(f"amplitude{i}" for i in numbers),
        "tau_amplitude_ns",
        "tau_intensity_ns",
    )


def derived(theta: Array, terms: int) -> Array:
    """Lifetimes, fractions, amplitudes and the two averages at parameters ``theta`` (p,) or, of several
    fits, (p, m)."""
    counts, tau = theta[:terms], theta[terms : 2 * terms]
    a = counts / tau
    light, height = counts.sum(axis=0), a.sum(axis=0)
    return np.array(
        [*tau, *(counts / light), *(a / height), light / height, (counts * tau).sum(axis=0) / light]
    )


def estimate(solution: Solution, *, gain: float = 1.0, correct_bias: bool = True) -> Estimate:
    """Values, errors and bias of everything derived from ``solution``.

    ``gain`` multiplies the covariance where the values are only proportional to counts.
    """
    model, theta = solution.model, solution.theta
    terms = model.terms
    covariance, fisher, full = covariances(solution)
    root = _root(fisher, solution.free)

    def of(theta: Array) -> Array:
        return derived(theta, terms)

    here = of(theta)
    with np.errstate(all="ignore"):
        by = derivatives(theta, terms, solution.free | bounded(solution))
        variance, whole = (np.einsum("ki,ij,kj->k", by, c, by) * gain for c in (covariance, full))
        bias = np.zeros_like(here)
        if correct_bias:
            bias = _bias(solution, of, here, by, fisher, root) * gain
    sigma = np.sqrt(np.maximum(variance, 0.0))
    # A component that is alone has fraction and amplitude 1 exactly.
    names = derived_names(terms)
    bad = ~np.isfinite(bias) | (np.abs(bias) > _MOST_BIAS * sigma) & (sigma > 0)
    irregular = tuple(n for n, b in zip(names, bad, strict=True) if b) if correct_bias else ()
    bias = np.zeros_like(bias) if np.any(bad) or not ordered(here - bias, terms) else bias
    counting = np.einsum("ki,ij,kj->k", by, fisher, by)
    unbounded = np.sqrt(np.maximum(whole, 0.0))
    return Estimate(names, here - bias, here, sigma, bias, covariance * gain, counting, unbounded, irregular)


def covariances(solution: Solution) -> tuple[Array, Array, Array]:
    """Covariance of the parameters, the inverse information of the free ones alone, and the covariance as if
    there were no bounds, all (p, p).

    Background and scattered light that ended at zero, or near it, are as uncertain as their unified interval.
    """
    fisher = _inverted(solution.information, solution.free)
    inside = _with_bounded(solution)
    full = _inverted(inside.information, inside.free)
    rows = inside.by * inside.weight
    noise = response_noise(inside, rows)
    covariance = full
    if noise is not None or solution.trust is not None:
        meat = (rows * inside.mu) @ rows.T
        covariance = full @ (meat if noise is None else meat + noise) @ full
    unbounded = covariance
    optimum = inside.theta + full @ (rows @ (inside.y - inside.mu))
    for i in np.flatnonzero(inside.free):
        if inside.model.names[i] in BOUNDED and covariance[i, i] > 0:
            left = unified(float(optimum[i] / np.sqrt(covariance[i, i])))
            along = covariance[i] / np.sqrt(covariance[i, i])
            covariance = covariance - (1 - left**2) * np.outer(along, along)
    return covariance, fisher, unbounded


def bounded(solution: Solution) -> NDArray[np.bool_]:
    """Which parameters (p,) are held at zero, where the data say how far above it they may be."""
    names, terms = solution.model.names, solution.model.terms
    out = np.zeros(len(names), dtype=np.bool_)
    for i in np.flatnonzero(solution.held):
        short = i == terms and not solution.held[0]  # the shortest lifetime, with light of its own
        out[i] = short or (names[i] in BOUNDED and bool(solution.by[i].sum() > 0))
    return out


def _with_bounded(solution: Solution) -> Solution:
    """The solution with the bounded parameters that are held at zero free: counts moved up by one, a lifetime
    to half a channel."""
    moved = np.flatnonzero(bounded(solution))
    if not moved.size:
        return solution
    theta, held = solution.theta.copy(), solution.held.copy()
    for i in moved:
        if solution.model.names[i] in BOUNDED:
            # At zero counts the information is infinite, which says nothing of how far the fit may go;
            theta[i] += 1.0 / solution.by[i].sum()
        else:
            # at a lifetime of zero it is singular: a longer one does what a later pulse does.
            theta[i] = max(theta[i], 0.5 * solution.model.channel_ns)
    held[moved] = False
    return replace(state(solution.y, solution.model, theta, solution.trust, 0), held=held)


def unified(x: float) -> float:
    """Standard error of a quantity that cannot be negative, in units of its error far from zero.

    ``x`` is the unbounded estimate in the same units.  Below zero it is the upper end of the 68 % unified
    interval (Feldman and Cousins, Phys. Rev. D 57, 3873 (1998)).
    """
    return float(np.interp(x, *_UNIFIED))


def _inverted(information: Array, free: NDArray[np.bool_]) -> Array:
    out = np.zeros_like(information)
    inside = np.ix_(free, free)
    out[inside] = _inverse(information[inside])
    return out


def response_pull(solution: Solution, rows: Array) -> Array | None:
    """By how much the counting noise of each channel of a measured response moves the scores ``rows`` (k, n)
    are the weights of, shape (k, channels); ``None`` where it has none."""
    model = solution.model
    response = model.response
    if not isinstance(response, MeasuredResponse) or not response.noisy:
        return None
    seen = rows if model.live is None else rows * model.live
    return np.asarray(response.pull(seen, *model.parts(solution.theta)) * np.sqrt(response.raw))


def response_noise(solution: Solution, rows: Array) -> Array | None:
    """What that adds to the variance of the scores, shape (k, k)."""
    pulled = response_pull(solution, rows)
    return None if pulled is None else np.asarray(pulled @ pulled.T)


def response_scatter(solution: Solution) -> float:
    """What the counting noise of a measured response adds to the variance of the deviance.

    It is alike in neighbouring channels: with V its covariance and w the weights that is 2 Σ w_i w_j V_ij²
    over i ≠ j, from the squares of v V u for pairs of random signs.
    """
    if solution.trust is None:
        return 0.0
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (DRAWS, solution.y.size))
    shared = response_noise(solution, signs * np.sqrt(solution.weight))
    if shared is None:
        return 0.0
    pairs = shared[np.triu_indices(DRAWS, 1)]
    return max(0.0, 2 * float(np.mean(pairs**2) - np.sum((1 - solution.trust) ** 2)))


def _inverse(information: Array) -> Array:
    scale = 1.0 / np.sqrt(np.maximum(np.diag(information), 1e-300))
    return scale[:, None] * np.linalg.pinv(information * scale[:, None] * scale, hermitian=True) * scale


def _root(fisher: Array, free: NDArray[np.bool_]) -> Array:
    """Columns L with L Lᵀ = the inverse information, shape (p, k); empty if it is not positive."""
    inside = np.ix_(free, free)
    out = np.zeros((free.size, int(free.sum())))
    try:
        out[free] = np.linalg.cholesky(fisher[inside])
    except np.linalg.LinAlgError:
        return np.zeros((free.size, 0))
    return out


def derived_slopes(theta: Array, terms: int) -> Array:
    """Derivatives (k, 2 terms) of :func:`derived` by counts and lifetimes."""
    counts, tau = theta[:terms], theta[terms : 2 * terms]
    a, one = counts / tau, np.eye(terms)
    light, height = counts.sum(), a.sum()
    share, heights = counts / light, a / height
    by_a = (one - heights[:, None]) / height  # of the amplitudes' shares
    by_height = -light / height**2  # of the amplitude average
    return np.block(
        [
            [np.zeros((terms, terms)), one],
            [(one - share[:, None]) / light, np.zeros((terms, terms))],
            [by_a / tau, -by_a * (a / tau)],
            [1 / height + by_height / tau, -by_height * (a / tau)],
            [(tau - counts @ tau / light) / light, share],
        ]
    )


def derivatives(theta: Array, terms: int, free: NDArray[np.bool_]) -> Array:
    """Derivatives (k, p) of what is derived by the parameters ``theta`` (p,), zero where one is not free."""
    out = np.zeros((len(derived_names(terms)), theta.size))
    out[:, : 2 * terms] = np.where(free[: 2 * terms], derived_slopes(theta, terms), 0.0)
    return out


def _bias(
    solution: Solution,
    of: Callable[[Array], Array],
    here: Array,
    derivatives: Array,
    fisher: Array,
    root: Array,
) -> Array:
    model, theta = solution.model, solution.theta
    # tr(C ∇∇ᵀf) is the sum of second differences of f along the columns of C's root.
    curved, bent = np.zeros_like(solution.mu), np.zeros_like(here)
    for direction in _regular(solution, fisher, root).T:
        step = STEP * direction
        up, down = theta + step, theta - step
        if np.any(down[: 2 * model.terms] <= 0) or np.any(up[: 2 * model.terms] <= 0):
            return np.full_like(here, np.nan)  # errors as large as the values: no expansion holds
        curved += (model.counts(up) + model.counts(down) - 2 * solution.mu) / STEP**2
        bent += (of(up) + of(down) - 2 * here) / STEP**2
    shift = -0.5 * fisher @ (solution.by @ (solution.weight * curved))
    return np.asarray(derivatives @ shift + 0.5 * bent)


def _regular(solution: Solution, fisher: Array, root: Array) -> Array:
    """The root without a response width that the channels hardly resolve: near its floor no expansion
    holds, and the lifetimes do not depend on it."""
    names = solution.model.names
    if "sigma_ns" not in names:
        return root
    i = names.index("sigma_ns")
    if not solution.free[i] or solution.theta[i] > 5 * np.sqrt(fisher[i, i]):
        return root
    keep = solution.free.copy()
    keep[i] = False
    return _root(_inverted(solution.information, keep), keep)
