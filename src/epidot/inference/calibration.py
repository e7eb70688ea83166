"""The whole way from a problem to its answer: searched, profiled, drawn; each parameter with a word."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from epidot.inference import emulated, fit
from epidot.inference.fit import End
from epidot.inference.posterior import DRAWS, LEAST_ROUNDS, Posterior, at_most, sample
from epidot.inference.problem import Array, Problem
from epidot.inference.profile import Better, Profile, profiles
from epidot.quantities import Determined, Shape

Tell = Callable[[float, str], None]
_AGAIN = 2  # times that a profile may send the search back
_APART = 4.0  # of the deviance: another end that is worse by less is another answer
_PRIORS_OWN = 0.75  # of a normal prior's standard deviation: an end this far is the prior's, not the data's
_SEEN = 4.0  # by how much the data must narrow a combination (in variance) to be called seen
_FELT = 0.1  # standard errors of the data: what an emulator is off by widens them by half a per cent


@dataclass(frozen=True)
class Combination:
    """A direction of the parameters (in their priors' sizes), and its error in units of its prior's."""

    weights: dict[str, float]
    narrowed: float

    @property
    def told(self) -> str:
        """In parameter names, the largest first."""
        rows = sorted(self.weights.items(), key=lambda row: -abs(row[1]))
        kept = [row for row in rows if abs(row[1]) > 0.25] or rows[:1]
        sign = math.copysign(1.0, kept[0][1])
        parts = [f"{'+' if sign * w > 0 else '−'} {abs(w):.2f} {name}" for name, w in kept]
        return " ".join(parts).removeprefix("+ ")


@dataclass(frozen=True, eq=False)
class Calibration:
    """What data say of every parameter, how they were asked, and whether to believe it."""

    problem: Problem
    best: End
    ends: tuple[End, ...]
    profiles: tuple[Profile, ...]
    posterior: Posterior
    parameters: dict[str, Determined]
    combinations: tuple[Combination, ...]
    calls: int
    fell_back: bool = False  # an emulator was tried, and did not hold

    @property
    def values(self) -> dict[str, float]:
        """The best values by name."""
        found = self.problem.values(self.best.u)
        return {p.name: float(v) for p, v in zip(self.problem.priors, found, strict=True)}

    @property
    def residuals(self) -> Array:
        """Of every datum at the best values, in its standard errors (m,)."""
        return np.asarray(self.best.residuals[: len(self.problem.data)])

    @property
    def errors(self) -> tuple[Array, str]:
        """Covariance (p, p) of the parameters in their units (or logarithms), and where it is from."""
        scale = np.array([p.scale for p in self.problem.priors])
        if self.posterior.trusted:
            u, weights = self.posterior.u, self.posterior.weights
            apart = u - weights @ u
            found, origin = (
                (apart * weights[:, None]).T @ apart,
                f"draws {self.posterior.origin}worth {self.posterior.size:.0f} independent ones",
            )
        else:
            found, origin = self.best.covariance(self.problem), "the slopes at the best fit"
        return np.asarray(found * np.outer(scale, scale)), origin

    @property
    def remarks(self) -> list[str]:
        """What a reader must know."""
        said = []
        if not self.best.settled:
            said.append("the search ended before it settled: intervals may be too narrow")
        checked = self.posterior.checked
        if checked is not None and checked.off > _FELT:
            said.append(
                "the draws are of an emulator (a quick stand-in for the model), which at "
                f"{checked.points} points asked of the model was off by {checked.off:.2g} standard errors of "
                f"the data ({checked.worth:.0%} of its draws would count)"
            )
        if self.fell_back:
            said.append(
                "importance sampling failed at first, and no emulator of the model held against true points "
                "(a model that jumps from point to point, as few dots on a lattice may, has none): the draws "
                "are by importance all the same"
            )
        if not self.posterior.trusted:
            said.append(
                f"the draws are not to be trusted (worth {self.posterior.size:.0f} independent ones, "
                f"k = {self.posterior.k:.2f}): intervals are those of the profiles"
            )
        if len(self.ends) > 1:
            worse = ", ".join(f"{end.deviance - self.best.deviance:.1f}" for end in self.ends[1:])
            said.append(f"the fit has {len(self.ends)} separate optima; beside the best, worse by {worse}")
        data = len(self.problem.data)
        misfit = float(np.sum(self.residuals**2))
        if misfit > data + 3 * math.sqrt(2 * data):
            said.append(
                f"the model does not describe the data within their errors (sum of squares {misfit:.0f} "
                f"for {data} numbers): intervals are of this model and not of nature"
            )
        flat = [n for n, p in self.parameters.items() if p.shape == "flat"]
        if flat:
            said.append(f"these data say nothing of {', '.join(flat)}")
        return said


def calibrate(
    problem: Problem, seed: int = 0, tell: Tell = lambda share, text: None, draws: int = DRAWS
) -> Calibration:
    """Search, profile and draw; the same bits for the same problem and seed.

    Raises
    ------
    ValueError
        If the model gave nothing anywhere.
    """
    tell(0.0, "searching")
    more: Array | None = None
    for again in range(_AGAIN + 1):
        ends = fit.ends(problem, seed, more)
        try:
            tell(0.35, "profiles")
            along = profiles(problem, ends[0])
            break
        except Better as better:
            more = np.stack([better.u, *(end.u for end in ends)])
            if again == _AGAIN:
                ends = fit.ends(problem, seed, more)
                along = [Profile(np.array([]), np.array([]), None, None) for _ in problem.priors]
    tell(0.6, "drawing")
    posterior, fell_back = _drawn(problem, ends, seed, draws, along)
    tell(1.0, "done")
    rivals = [end for end in ends[1:] if end.deviance < ends[0].deviance + _APART]
    parameters = {
        p.name: _determined(problem, i, ends[0], rivals, along[i], posterior)
        for i, p in enumerate(problem.priors)
    }
    return Calibration(
        problem,
        ends[0],
        tuple(ends),
        tuple(along),
        posterior,
        parameters,
        tuple(combinations(problem, ends[0])),
        problem.calls,
        fell_back,
    )


def _drawn(
    problem: Problem, ends: Sequence[End], seed: int, draws: int, along: Sequence[Profile]
) -> tuple[Posterior, bool]:
    """By importance; where that is not to be trusted, on an emulator; where that fails too, by more draws.

    And whether that is what happened.
    """
    posterior = sample(problem, ends, seed, draws, along, LEAST_ROUNDS)
    if posterior.trusted:
        return posterior, False
    found = emulated.draws(problem, posterior, seed)
    if found is not None:
        return found, False
    return sample(problem, ends, seed, draws, along, at_most(draws)), True


def combinations(problem: Problem, best: End) -> list[Combination]:
    """Directions that the data see, the best seen first, then those that they do not."""
    root = np.sqrt(problem.variance)
    data = best.jacobian[: len(problem.data)] * root
    values, vectors = np.linalg.eigh(data.T @ data)
    names = [p.name for p in problem.priors]
    return [
        Combination(
            {n: float(v) for n, v in zip(names, vectors[:, k], strict=True)},
            float(1 / math.sqrt(1 + max(values[k], 0.0))),
        )
        for k in np.argsort(values)[::-1]
    ]


def seen(combination: Combination) -> bool:
    """Whether the data narrow a combination."""
    return combination.narrowed**2 < 1 / _SEEN


def _determined(
    problem: Problem, i: int, best: End, rivals: Sequence[End], along: Profile, posterior: Posterior
) -> Determined:
    prior = problem.priors[i]
    here = float(best.u[i])
    low, high = along.low, along.high
    if prior.normal:  # which closes every interval by itself
        low = None if low is None or here - low > _PRIORS_OWN else low
        high = None if high is None or high - here > _PRIORS_OWN else high
    elif low is not None and high is not None and high - low > 0.6:  # 68 % of a uniform prior is 0.68 wide
        low = high = None
    words: dict[tuple[bool, bool], Shape] = {
        (True, True): "bounded",
        (True, False): "lower only",
        (False, True): "upper only",
        (False, False): "flat",
    }
    shape = words[low is not None, high is not None]
    middle, sigma = float(prior.value(here)), None
    ends = (
        float(prior.value(low)) if low is not None else -math.inf,
        float(prior.value(high)) if high is not None else math.inf,
    )
    if shape == "bounded":
        if posterior.trusted:
            values = posterior.u[:, i]
            first, centre, last = (
                float(v) for v in prior.value(posterior.quantile(values, (0.16, 0.5, 0.84)))
            )
            ends, middle = (first, last), centre
        sigma = (ends[1] - ends[0]) / 2
    apart = [e for e in rivals if not _inside(e.u[i], along, here)]
    if apart and shape == "bounded":
        shape = "several"
        told = ", ".join(f"{float(prior.value(e.u[i])):.4g}" for e in apart)
        return Determined(middle, sigma, prior.unit, ends, shape, f"also near {told}")
    return Determined(middle, sigma, prior.unit, ends, shape)


def _inside(u: float, along: Profile, here: float) -> bool:
    low = along.low if along.low is not None else -math.inf
    high = along.high if along.high is not None else math.inf
    wide = min(high - low, 10.0) if math.isfinite(high - low) else 0.0
    return low - wide <= u <= high + wide
