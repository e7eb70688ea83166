"""What an analysis is asked, and what it found: the fit, how well it describes the counts, and its doubts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from epidot.instruments.tcspc.averages import Mixture, alone
from epidot.instruments.tcspc.estimate import Estimate
from epidot.instruments.tcspc.prompt import Prompt
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution

AVERAGES = ("tau_amplitude_ns", "tau_intensity_ns")


@dataclass(frozen=True)
class Setting:
    """What to fit.  ``terms`` 0 lets the data decide; ``background`` counts per channel if not fitted."""

    terms: int = 0
    prompt: Prompt | None = None
    irf_fwhm_ns: float | None = None
    tail: bool = False
    scatter: bool = False
    background: float | None = None
    correct_bias: bool = True


@dataclass(frozen=True)
class Quality:
    """How well a solution describes the counts.

    ``reduced`` is deviance per degree of freedom, ``expected`` what counting noise alone gives it and
    ``scatter`` by how much that varies; ``probability`` of a deviance at least as large.
    """

    deviance: float
    degrees: int
    reduced: float
    expected: float
    scatter: float
    probability: float

    @property
    def excess(self) -> float:
        """Deviance over what is expected, at least 1."""
        return max(1.0, self.reduced / self.expected)


@dataclass(frozen=True)
class Needless:
    """A term that the counts do not demand: its number, by how much the deviance rises without, what is
    derived (k,) from the fit without it, its own counts zero, and what stands instead if no plain fit does.
    """

    number: int
    rise: float
    values: Array
    instead: str = ""


@dataclass(frozen=True)
class Rival:
    """A stretched exponential that the counts may not tell from the exponentials.

    Its width ``beta``, the two ``averages`` / ns and their ``sigma`` (2,), by how much its deviance is
    ``higher`` and its parameters are ``fewer``; its ``weight`` against all exponentials together, and
    whether it is ``told`` from them.
    """

    beta: float
    averages: Array
    sigma: Array
    higher: float
    fewer: int
    weight: float
    told: bool

    def said(self, terms: int) -> str:
        """In words."""
        more = "higher" if self.higher > 0 else "lower"
        first = "one exponential is" if terms == 1 else f"{terms} exponentials are"
        own = {-1: "one parameter more", 1: "one parameter less"}.get(
            self.fewer, f"{self.fewer} parameters less"
        )
        return (
            f"{first} not told from a stretched one of beta {self.beta:.2f}: its deviance "
            f"is {more} by {abs(self.higher):.2g} with {own}, and gives averages of "
            f"{self.averages[0]:.4g} ns (amplitude) and {self.averages[1]:.4g} ns (intensity)"
        )

    def beside(self, others: Mixture) -> Mixture:
        """``others`` and the stretched exponential."""
        return others.joined(alone(self.averages, self.sigma, self.weight * float(others.weight.sum())))


@dataclass(frozen=True)
class Analysis:
    """A fit with everything that is said about it; ``far`` (2,) is how far off / ns either average may be."""

    solution: Solution
    estimate: Estimate
    quality: Quality
    trials: tuple[dict[str, Any], ...] = ()
    widened: bool = False
    needless: Needless | None = None
    rival: Rival | None = None
    far: Array | None = None

    def far_off(self, average: str) -> float:
        """How far off / ns the ``average`` of that name may be."""
        if self.far is None:
            return self.estimate[average][1]
        return float(self.far[AVERAGES.index(average)])
