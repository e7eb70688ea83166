"""What a common fit of decays says: parameters with intervals, what follows from them, and what is wrong.

Intervals come from the profile of the likelihood.  Where the model does not describe the counts, or free
exponentials describe them better, no error is stated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from epidot.instruments.tcspc.analyse import Analysis, Setting, quality
from epidot.instruments.tcspc.estimate import Estimate, derived, derived_names, estimate, response_noise
from epidot.instruments.tcspc.judgement import judged
from epidot.instruments.tcspc.measured import curves_of, reduced_deviance
from epidot.instruments.tcspc.misfit import Misfit, doubted, misfit, place
from epidot.instruments.tcspc.mixture import Mixture
from epidot.instruments.tcspc.model import Model
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution
from epidot.quantities import Determined, Fit, Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.objective import Objective, Term
from epidot.signal.poisson import deviance
from epidot.signal.scoring import Better, End, covariance, descend, profile

EXPONENTIALS, TAIL = "exponentials", "tail"
_SURE = 0.1  # relative error of counts and background below which their interval is value ± error
_TRIES = 4  # times that a profile may find a better optimum
_NONE = np.empty(0)
_NOT_ESTIMATED = Estimate((), _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, ())  # of a law without terms
_METHOD = "{model}, likeliest value (Poisson deviance over the channels); sigma from the expected information"


@dataclass(frozen=True)
class Curve:
    """One decay with the model of it: a part of the common objective.

    ``other`` are the exponentials, fitted freely, that gave the start values.
    """

    signal: Signal
    record: Record
    setting: Setting
    model: Model
    trust: Array | None
    start: Array
    warnings: tuple[str, ...]
    other: Solution

    @property
    def y(self) -> Array:
        return self.record.y

    def expected(self, values: Array) -> tuple[Array, Array]:
        return self.model.expected(values)

    def terms(self) -> list[Term]:
        """The parameters with their ranges, at their start values."""
        shape = {t.name: t for t in self.model.shape} if isinstance(self.model, Mixture) else {}
        span = float(self.record.edges[-1] - self.record.edges[0])
        out = []
        for name, value in zip(self.model.names, self.start.tolist(), strict=True):
            if name in shape:
                out.append(replace(shape[name], value=value))
            elif name.startswith("tau"):
                low, high = 1e-3 * self.record.channel_ns, 1e3 * span
                out.append(Term(name, "ns", value, low, high, "log"))
            elif name == "sigma_ns":
                low, high = 0.1 * self.record.channel_ns, span
                out.append(Term(name, "ns", max(value, low), low, high, "log"))
            elif name.endswith("_ns"):
                out.append(Term(name, "ns", value, -math.inf, math.inf))
            else:
                unit = "counts per channel" if name == "background" else "counts"
                out.append(Term(name, unit, max(value, 0.0), 0.0, math.inf))
        return out


@dataclass
class Outcome:
    """The optimum and everything that is said about it."""

    name: str
    curves: Sequence[Curve]
    objective: Objective
    best: End
    alike: Sequence[End]
    limited: bool

    def told(self) -> Fit:
        parameters = self._parameters()
        analyses = [self._analysis(k) for k in range(len(self.curves))]
        warnings, silent = self._judged(analyses)
        if silent:
            why = "no error is stated: the model does not describe the counts"
            parameters = {n: Determined.around(p.value, None, p.unit, why) for n, p in parameters.items()}
        full = np.full_like(self.covariance, np.nan) if silent else self.covariance
        each = [self._quantities(k, analysis, full, warnings[k]) for k, analysis in enumerate(analyses)]
        held = self._at_bounds()
        status = "failed" if not self.best.settled else "at a bound" if held else "converged"
        message = {
            "failed": "the search did not settle; fix or bound a parameter",
            "at a bound": held,
            "converged": f"{self.objective.evaluations} evaluations",
        }[status]
        return Fit(
            model=self.name,
            quantities=each[0] if len(each) == 1 else Quantities("tcspc", {}, warnings=_joined(warnings)),
            status=status,
            message=message,
            statistics=self._statistics(analyses),
            names=self.objective.names,
            covariance=full,
            curves=each[0].curves,
            parameters=parameters,
            each=tuple(each) if len(each) > 1 else (),
        )

    def _at_bounds(self) -> str:
        low = self.best.held & (self.best.u <= self.objective.low)
        said = []
        for which, at in (("lowest", low), ("highest", self.best.held & ~low)):
            if names := [n for n, h in zip(self.objective.names, at, strict=True) if h]:
                said.append(f"{', '.join(names)} ended at the {which} value allowed")
        return "; ".join(said)

    @property
    def usual(self) -> bool:
        """Whether this is what ``measure`` fits, so that its judgement holds."""
        free = all(np.all(place >= 0) for place in self.objective.place)
        return self.name in (EXPONENTIALS, TAIL) and len(self.curves) == 1 and free and not self.limited

    @property
    def covariance(self) -> Array:
        """Of the free parameters' own values, (p, p); with the noise of measured responses."""
        slopes = np.where(np.isfinite(s := self.objective.slopes(self.best.u)), s, 0.0)
        return self._in_coordinates * slopes * slopes[:, None]

    @property
    def _in_coordinates(self) -> Array:
        u, objective = self.best.u, self.objective
        plain = covariance(self.best.state, self.best.held)
        meat = np.zeros_like(plain)
        simple = True
        for k, curve in enumerate(self.curves):
            mu, by = objective.shown(k, u)
            weight = (1.0 if curve.trust is None else curve.trust) / mu
            rows = by * weight
            gain = self._gain(k)
            meat += gain * (rows * mu) @ rows.T
            noise = response_noise(self._solution(k), rows)
            if noise is not None:
                meat += noise
            simple = simple and noise is None and curve.trust is None and gain == 1.0
        return plain if simple else plain @ meat @ plain

    def _gain(self, k: int) -> float:
        """Variance over that of counts, where the values are only proportional to counts."""
        return 1.0 if self.curves[k].record.counted else quality(self._solution(k)).reduced

    def _solution(self, k: int) -> Solution:
        """Curve ``k`` alone, as the rest of this room takes it."""
        curve, objective = self.curves[k], self.objective
        theta = objective.of_part(k, self.best.u)
        mu, by = curve.expected(theta)
        weight = (1.0 if curve.trust is None else curve.trust) / mu
        each = deviance(curve.y, mu)
        held = np.array([at < 0 or bool(self.best.held[at]) for at in objective.place[k]], dtype=np.bool_)
        total = float((each if curve.trust is None else each * curve.trust).sum())
        information = (by * weight) @ by.T
        distance = 0.0 if self.best.settled else math.inf
        return Solution(
            curve.model, curve.y, curve.trust, theta, mu, by, total, information, held, distance, 0
        )

    def _analysis(self, k: int) -> Analysis:
        solution = self._solution(k)
        if isinstance(solution.model, Mixture):
            return Analysis(solution, _NOT_ESTIMATED, quality(solution))
        return Analysis(solution, estimate(solution, correct_bias=False), quality(solution))

    def _judged(self, analyses: Sequence[Analysis]) -> tuple[list[tuple[str, ...]], bool]:
        """What is to be said of each curve, and whether no error is stated at all."""
        out, silent = [], not self.best.settled
        for curve, found in zip(self.curves, analyses, strict=True):
            said, off = list(curve.warnings), Misfit(doubted(curve.record, found))
            if self.usual:
                # the intervals are those of the likelihood: a misfit does not widen them
                off = replace(misfit(curve.record, curve.setting, found), strict=True)
                said += judged(curve.record, curve.setting, found, off)
            elif off.doubted:
                good = found.quality
                if (better := _better(curve, found)) is not None:
                    silent = True
                    said.append(better)
                said.append(
                    f"the counts depart from the model by more than counting noise (reduced deviance "
                    f"{good.reduced:.3g}, expected {good.expected:.3g} ± {good.scatter:.2g}), "
                    f"{place(curve.record, found)}"
                )
            silent = silent or off.withheld(found)
            out.append(tuple(dict.fromkeys(said)))
        return out, silent

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
            "evaluations": float(self.objective.evaluations),
        }
        if len(analyses) == 1:
            out["probability"] = analyses[0].quality.probability
        return out

    def _parameters(self) -> dict[str, Determined]:
        """Every parameter with its interval; a better optimum met on the way is taken."""
        for _ in range(_TRIES):
            try:
                return {**self._free(), **self._held()}
            except Better as better:
                self.best = descend(self.objective, better.u)
        self.best = replace(self.best, settled=False)
        return {
            t.name: Determined.around(v, None, t.unit, "the search did not settle")
            for t, v in zip(self.objective.terms, self.objective.outward(self.best.u).tolist(), strict=True)
        }

    def _free(self) -> dict[str, Determined]:
        objective, u = self.objective, self.best.u
        values, slopes = objective.outward(u), objective.slopes(u)
        own = self._in_coordinates
        plain = covariance(self.best.state, self.best.held)
        restarts = self._restarts
        out = {}
        for i, term in enumerate(objective.terms):
            value = float(values[i])
            sigma = math.sqrt(max(float(own[i, i]), 0.0))
            counting = math.sqrt(max(float(plain[i, i]), 0.0))
            direct = term.search == "plain" and not self.best.held[i] and 0 < sigma
            if direct and (term.low == -math.inf or sigma < _SURE * value):
                out[term.name] = Determined.around(value, sigma, term.unit)
                continue
            curved = float(self.best.state.information[i, i])
            length = counting if counting > 0 else 1 / math.sqrt(curved) if curved > 0 else 0.1
            rise = max(1.0, (sigma / counting) ** 2) if counting > 0 else 1.0
            reach = profile(objective, self.best, i, length, rise, restarts, self.alike)
            ends = []
            for end in (reach.low, reach.high):
                moved = u.copy()
                moved[i] = end
                ends.append(float(objective.outward(moved)[i]) if math.isfinite(end) else end)
            error = None
            if reach.shape == "bounded":
                half = (ends[1] - ends[0]) / 2
                error = half if self.best.held[i] or term.search == "square" else sigma * float(slopes[i])
            note = _NOTES[reach.shape]
            out[term.name] = Determined(value, error, term.unit, (ends[0], ends[1]), reach.shape, note)
        return out

    def _held(self) -> dict[str, Determined]:
        out = {}
        for k, curve in enumerate(self.curves):
            for i, term in enumerate(curve.terms()):
                if self.objective.place[k][i] < 0:
                    value = float(self.objective.held[k][i])
                    note = "held at epidot's own value; a bound frees it" if term.held else "held"
                    name = term.name if len(self.curves) == 1 else f"{term.name}[{k + 1}]"
                    out[name] = Determined(value, None, term.unit, (value, value), "bounded", note)
        return out

    def _restarts(self, i: int, value: float) -> list[Array]:
        """Starts where lifetime ``i`` is pinned: its term gives its light to another and keeps none."""
        u, out = self.best.u, []
        group = next((g for g in self.objective.ordered if i in g), ())
        for other in (j for j in group if j != i):
            mine, its = self._counts_of(i), self._counts_of(other)
            light = np.array([u[mine].sum(), u[its].sum()])
            if len(mine) != len(its) or not light.sum() > 0:
                continue
            moved = u.copy()
            moved[other] = light @ u[[i, other]] / light.sum()
            moved[its] += moved[mine]
            moved[mine] = 0.0
            out.append(moved)
        return out

    def _counts_of(self, i: int) -> list[int]:
        """The counts that belong to lifetime ``i``, in every curve."""
        number = self.objective.names[i].partition("_ns")[0].removeprefix("tau")
        wanted = f"counts{number}"
        own = self.objective.names[i].partition("[")[2]
        names = self.objective.names
        return [
            j
            for j, n in enumerate(names)
            if n.partition("[")[0] == wanted and own in ("", n.partition("[")[2])
        ]

    def _quantities(self, k: int, found: Analysis, full: Array, warnings: tuple[str, ...]) -> Quantities:
        """What follows from the parameters of curve ``k``."""
        curve, objective = self.curves[k], self.objective
        u = self.best.u
        names, here = _derived(curve, objective.of_part(k, u))
        gradient = np.zeros((here.size, u.size))
        slopes = np.where(np.isfinite(s := objective.slopes(u)), s, 0.0)
        for i in np.flatnonzero(~self.best.held & (slopes != 0)):
            up, down = u.copy(), u.copy()
            step = 1e-5 / max(float(slopes[i]), 1e-300) * max(abs(float(objective.outward(u)[i])), 1e-12)
            up[i], down[i] = min(u[i] + step, objective.high[i]), max(u[i] - step, objective.low[i])
            above, below = (_derived(curve, objective.of_part(k, one))[1] for one in (up, down))
            with np.errstate(invalid="ignore"):  # an average that does not exist
                gradient[:, i] = (above - below) / ((up[i] - down[i]) * slopes[i])
        with np.errstate(invalid="ignore"):
            variance = np.einsum("ki,ij,kj->k", gradient, full, gradient)
        how = _METHOD.format(model=self.name)
        out = {}
        for name, value, var in zip(names, here.tolist(), variance.tolist(), strict=True):
            good = math.isfinite(var) and var >= 0 and math.isfinite(value)
            unit = "ns" if name.endswith("_ns") else "1"
            note = "" if math.isfinite(value) else "the law has no such average at this width"
            shown = value if math.isfinite(value) else None
            out[name] = Quantity(shown, math.sqrt(var) if good else None, unit, how, note)
        out["reduced_deviance"] = reduced_deviance(found.quality)
        drawn = curves_of(curve.record, curve.setting, found, curve.signal)
        extra = {"record": curve.record.notes}
        return Quantities("tcspc", out, curve.signal.source, warnings, extra=extra, curves=drawn)


_NOTES = {
    "bounded": "",
    "lower only": "any larger value describes the counts as well",
    "upper only": "not told from the lowest value",
    "flat": "not determined by these counts",
    "several": "separate values describe the counts alike",
}


def _derived(curve: Curve, theta: Array) -> tuple[tuple[str, ...], Array]:
    if isinstance(curve.model, Mixture):
        shape = theta[1 : 1 + len(curve.model.shape)]
        return ("tau_amplitude_ns", "tau_intensity_ns"), np.array(curve.model.law.averages(shape))
    terms = curve.model.terms
    with np.errstate(all="ignore"):
        return derived_names(terms), derived(theta, terms)


def _better(curve: Curve, found: Analysis) -> str | None:
    """That exponentials without limits describe a curve better, if they do by more than chance."""
    other, terms = curve.other, curve.other.model.terms
    more = int(other.free.sum()) - int(found.solution.free.sum())
    if not found.solution.deviance - other.deviance > max(more, 1) * math.log(max(float(curve.y.sum()), 3.0)):
        return None
    return (
        f"{terms} free exponentials describe the counts better: reduced deviance "
        f"{quality(other).reduced:.3g} instead of {found.quality.reduced:.3g}; no errors are stated"
    )


def _joined(warnings: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(w for some in warnings for w in some))
