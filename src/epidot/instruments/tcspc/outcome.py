"""What a common fit of decays says: what follows from its parameters, and what is wrong with it.

Where the model does not describe the counts, or free exponentials describe them better, no error is stated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from epidot.instruments.tcspc.analyse import quality, shortest
from epidot.instruments.tcspc.analysis import Analysis
from epidot.instruments.tcspc.common import Ended
from epidot.instruments.tcspc.decay import Curve
from epidot.instruments.tcspc.determined import determined, undetermined
from epidot.instruments.tcspc.estimate import Estimate, estimate
from epidot.instruments.tcspc.judgement import OPEN, judged, withheld
from epidot.instruments.tcspc.measured import curves_of, reduced_deviance
from epidot.instruments.tcspc.misfit import Misfit, doubted, misfit, place
from epidot.instruments.tcspc.mixture import Mixture
from epidot.instruments.tcspc.phantom import Phantoms
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.ridge import followed_out
from epidot.instruments.tcspc.rival import rival
from epidot.quantities import Determined, Fit, Quantities, Quantity
from epidot.signal.scoring import End

EXPONENTIALS, TAIL = "exponentials", "tail"
NATURAL = {
    "beta": (1.0,)
}  # bounds that are no end of the search, beside zero: there a law is one exponential
_NONE = np.empty(0)
_NOT_ESTIMATED = Estimate((), _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, ())  # of a law without terms
_METHOD = "{model}, likeliest value (Poisson deviance over the channels); sigma from the expected information"


@dataclass(frozen=True)
class Outcome:
    """The end of a fit of the model ``name``, and everything that is said of it."""

    name: str
    curves: Sequence[Curve]
    ended: Ended
    limited: bool

    @property
    def best(self) -> End:
        return self.ended.best

    def told(self) -> Fit:
        judgement = self._judged()
        if judgement[2]:  # what does not describe the counts has no intervals
            why = "no error is stated: the model does not describe the counts"
            return self._packed(*judgement, undetermined(self.ended, why), None)
        ended, parameters, none = determined(self.ended)
        if ended is self.ended:
            return self._packed(*judgement, parameters, none)
        better = replace(self, ended=ended)
        return better._packed(*better._judged(), parameters, none)

    def _packed(
        self,
        analyses: Sequence[Analysis],
        warnings: Sequence[tuple[str, ...]],
        silent: bool,
        parameters: dict[str, Determined],
        none: Phantoms | None,
    ) -> Fit:
        objective = self.ended.objective
        if none is not None:
            warnings = [(*said, none.said()) for said in warnings]
        covariance = self.ended.covariance
        full = np.full_like(covariance, np.nan) if silent else covariance
        each = [self._quantities(k, one, full, none, warnings[k]) for k, one in enumerate(analyses)]
        held = self._at_bounds()
        status = "failed" if not self.best.settled else "at a bound" if held else "converged"
        message = {
            "failed": "the search did not settle; fix or bound a parameter",
            "at a bound": held,
            "converged": f"{objective.evaluations} evaluations",
        }[status]
        return Fit(
            model=self.name,
            quantities=each[0] if len(each) == 1 else Quantities("tcspc", {}, warnings=_joined(warnings)),
            status=status,
            message=message,
            statistics=self._statistics(analyses),
            names=objective.names,
            covariance=full,
            curves=each[0].curves,
            parameters=parameters,
            each=tuple(each) if len(each) > 1 else (),
        )

    def _at_bounds(self) -> str:
        """What ended at a bound, where that is, and whose it is: that of the one who asked, of nature, or of
        the search, beyond which the optimum may lie."""
        objective, best = self.ended.objective, self.best
        values = objective.outward(best.u)
        said = []
        for i in np.flatnonzero(best.held).tolist():
            term, low = objective.terms[i], bool(best.u[i] <= objective.low[i])
            which, end = ("lowest", term.low) if low else ("highest", term.high)
            base = term.name.partition("[")[0]
            own = {t.low if low else t.high for curve in self.curves for t in curve.terms if t.name == base}
            if end not in own:
                whose = "asked for"
            elif end == 0 or end in NATURAL.get(base, ()):
                whose = "there is"
            else:
                whose = "searched, beyond which the optimum may lie"
            at = f"{values[i]:.4g}" + ("" if term.unit == "1" else f" {term.unit}")
            said.append(f"{term.name} ended at the {which} value {whose} ({at})")
        return "; ".join(said)

    @property
    def usual(self) -> bool:
        """Whether this is what ``measure`` fits, so that its judgement holds."""
        free = all(np.all(place >= 0) for place in self.ended.objective.place)
        return self.name in (EXPONENTIALS, TAIL) and len(self.curves) == 1 and free and not self.limited

    def _analysis(self, k: int) -> Analysis:
        solution, good = self.ended.solutions[k], self.ended.qualities[k]
        if isinstance(solution.model, Mixture):
            return Analysis(solution, _NOT_ESTIMATED, good)
        return Analysis(solution, estimate(solution, correct_bias=False), good)

    def _judged(self) -> tuple[list[Analysis], list[tuple[str, ...]], bool]:
        """Each curve's analysis, what is to be said of it, and whether no error is stated at all."""
        analyses = [self._analysis(k) for k in range(len(self.curves))]
        out, silent = [], not self.best.settled
        for curve, found in zip(self.curves, analyses, strict=True):
            said, off = list(curve.warnings), Misfit(doubted(curve.record, found))
            if self.usual:
                # the intervals are those of the likelihood: a misfit does not widen them
                off = replace(misfit(curve.record, curve.setting, found), strict=True)
                found = replace(found, rival=rival(curve.record, curve.setting, found))
                said += judged(curve.record, curve.setting, found, off)
                silent = silent or off.withheld(found)
            else:
                if (better := _better(curve, found)) is not None:
                    said.append(better)
                if off.doubted:
                    good = found.quality
                    said.append(
                        f"the counts depart from the model by more than counting noise (reduced deviance "
                        f"{good.reduced:.3g}, expected {good.expected:.3g} ± {good.scatter:.2g}), "
                        f"{place(curve.record, found)}"
                    )
                silent = silent or off.doubted or better is not None
            out.append(tuple(dict.fromkeys(said)))
        return analyses, out, silent

    def _least(self, k: int, found: Analysis) -> Array:
        """How large the error (m,) of what follows for curve ``k`` is at least, by its valley."""
        if not self.usual:
            return np.zeros(len(self.ended.derived_names(k)))
        curve, good = self.curves[k], found.quality
        excess = good.excess if curve.record.counted else good.reduced
        wider = followed_out(
            found.estimate, found.solution, shortest(curve.record, curve.setting), excess
        ).sigma
        return np.where(np.isnan(wider), 0.0, wider)

    def _statistics(self, analyses: Sequence[Analysis]) -> dict[str, float]:
        points = sum(curve.y.size for curve in self.curves)
        free = int((~self.best.held).sum())
        total = self.best.deviance
        expected = sum(a.quality.expected * a.quality.degrees for a in analyses)
        out = {
            "deviance": total,
            "degrees_of_freedom": float(points - free),
            "reduced_deviance": total / max(points - free, 1),
            "expected_reduced_deviance": expected / sum(a.quality.degrees for a in analyses),
            "evaluations": float(self.ended.objective.evaluations),
        }
        if len(analyses) == 1:
            out["probability"] = analyses[0].quality.probability
        return out

    def _quantities(
        self, k: int, found: Analysis, full: Array, none: Phantoms | None, warnings: tuple[str, ...]
    ) -> Quantities:
        """What follows from the parameters of curve ``k``."""
        curve, ended = self.curves[k], self.ended
        names, here = ended.derived_names(k), ended.derived(k, self.best.u)
        gradient = ended.gradient(k)
        with np.errstate(invalid="ignore"):
            variance = np.einsum("ki,ij,kj->k", gradient, full, gradient)
        if none is not None:  # the errors hold the fit without the phantoms
            variance = variance + (ended.derived(k, none.without.u) - here) ** 2
        how = _METHOD.format(model=self.name)
        out = {}
        least = self._least(k, found) if none is None and len(names) else np.zeros(len(names))
        for name, value, var, low in zip(
            names, here.tolist(), variance.tolist(), least.tolist(), strict=True
        ):
            good = math.isfinite(var) and var >= 0 and math.isfinite(value)
            unit = "ns" if name.endswith("_ns") else "1"
            note = "" if math.isfinite(value) else "the law has no such average at this width"
            shown = value if math.isfinite(value) else None
            if good and math.isinf(low):
                shown, good, note = None, False, OPEN.format(value=value)
            out[name] = Quantity(shown, max(math.sqrt(var), low) if good else None, unit, how, note)
        if none is not None:
            out = withheld(out, none.numbers)
        out["reduced_deviance"] = reduced_deviance(found.quality)
        drawn = curves_of(curve.record, curve.setting, found, curve.signal)
        extra = {"record": curve.record.notes}
        return Quantities("tcspc", out, curve.signal.source, warnings, extra=extra, curves=drawn)


def _better(curve: Curve, found: Analysis) -> str | None:
    """That exponentials without limits describe a curve better, if they do by more than chance."""
    other, terms = curve.other, curve.other.model.terms
    more = int(other.free.sum()) - int(found.solution.free.sum())
    if not found.solution.deviance - other.deviance > max(more, 1) * math.log(max(float(curve.y.sum()), 3.0)):
        return None
    free = "one free exponential describes" if terms == 1 else f"{terms} free exponentials describe"
    return (
        f"{free} the counts better: reduced deviance "
        f"{quality(other).reduced:.3g} instead of {found.quality.reduced:.3g}; no errors are stated"
    )


def _joined(warnings: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(w for some in warnings for w in some))
