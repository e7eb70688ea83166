"""What a calibration leaves behind: draws, values that run at once, numbers, page."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from epidot import documents
from epidot.given import Together
from epidot.inference.calibration import Calibration, seen
from epidot.inference.comparison import Compared, Rival, compare
from epidot.inference.study import Study
from epidot.quantities import interval, number
from epidot.report import corner
from epidot.report.findings import Findings, Table
from epidot.runs import netcdf
from epidot.runs.netcdf import Variable
from epidot.runs.provenance import parameter_hash, text_hash, version

FORMAT = "epidot-posterior/1"


@dataclass(frozen=True)
class Done:
    """A study, what came of it, how many flasks were carried out now, and how other models compare."""

    study: Study
    found: Calibration
    runs: int
    reasons: dict[str, int]
    against: tuple[Compared, ...] = ()

    def compared_with(self, rivals: Sequence[Rival]) -> Done:
        """The same, held against calibrations of other models of the same numbers."""
        return replace(self, against=tuple(compare(Rival.of(to_json(self)), rivals)))

    @property
    def remarks(self) -> list[str]:
        """What a reader must know."""
        said = [*self.found.remarks, *self.study.warnings]
        said += [f"{n} times a run gave nothing: {reason}" for reason, n in self.reasons.items()]
        return said


def to_json(done: Done) -> dict[str, Any]:
    """``summary.json`` and what ``epidot calibrate --json`` prints."""
    found, study = done.found, done.study
    draws = found.posterior
    return {
        "title": study.title,
        "engine": study.engine,
        "parameters": {name: p.to_json() for name, p in found.parameters.items()},
        "best": found.values,
        "seen": [{"direction": c.told, "of_the_prior": c.narrowed} for c in found.combinations if seen(c)],
        "not_seen": [
            {"direction": c.told, "of_the_prior": c.narrowed} for c in found.combinations if not seen(c)
        ],
        "compared": [
            compared(study, i)
            | {"predicted": _finite(best), "residual": _finite(found.residuals[i]), "interval68": ends}
            for i, (best, ends) in enumerate(_predicted(found))
        ],
        "optima": [
            {
                "deviance": end.deviance,
                "values": dict(zip(found.values, map(float, found.problem.values(end.u)), strict=True)),
            }
            for end in found.ends
        ],
        "quality": {
            "settled": found.best.settled,
            "sum_of_squares": float(np.sum(found.residuals**2)),
            "data": len(study.measured),
            "draws": len(draws.weights),
            "effective_sample_size": draws.size,
            "k": _finite(draws.k),
            "emulator": None if draws.checked is None else asdict(draws.checked),
            "trusted": draws.trusted,
            "log_evidence": _finite(draws.log_evidence),
        },
        "calls": found.calls,
        "runs_now": done.runs,
        "against": [one.to_json() for one in done.against],
        "warnings": done.remarks,
        "provenance": provenance(study),
    }


def calibrated(done: Done) -> str:
    """``calibrated.yaml``: what ``epidot run --parameters`` takes; free values of recipes stand in a note."""
    found, study = done.found, done.study
    rows: dict[str, Any] = {name: float(value) for name, value in study.held.items()}
    recipe_rows = []
    for prior in study.priors:
        one = found.parameters[prior.name]
        if not study.is_number(prior.name):
            recipe_rows.append(f"{prior.name} = {number(found.values[prior.name], one.sigma)} {prior.unit}")
            continue
        row: dict[str, Any] = {"value": found.values[prior.name], "unit": prior.unit}
        if one.sigma is not None:
            row["sigma"] = one.sigma
        rows[prior.name] = row | {"note": _word(one.shape)}
    note = f"the best fit of the study “{study.title}” by epidot {version()}"
    if recipe_rows:
        note += "; with these values of its recipes and scales: " + "; ".join(recipe_rows)
    page: dict[str, Any] = {"parameters": rows, "note": note}
    free = [i for i, prior in enumerate(study.priors) if study.is_number(prior.name)]
    if free:
        covariance, origin = found.errors
        part = [[float(f"{x:.6g}") for x in row] for row in covariance[np.ix_(free, free)].tolist()]
        told = f"the calibration “{study.title}” ({origin})"
        names, ln = ([study.priors[i].name for i in free if every or study.priors[i].log] for every in (1, 0))
        page["together"] = Together.of(names, part, told, ln).to_json()
    return documents.dump(page)


def to_bytes(done: Done, beside: str = "") -> bytes:
    """``posterior.nc``: draws of every parameter and prediction with their weights, and the profiles.

    ``beside`` is the way from its folder to that of the study, whose recipes are looked for there.
    """
    found, study = done.found, done.study
    draws = found.posterior
    variables = {"weight": Variable(("draw",), draws.weights)}
    for i, p in enumerate(study.priors):
        said = {"units": p.unit, "prior": prior_told(p)}
        variables[_plain(p.name)] = Variable(("draw",), p.value(draws.u[:, i]), attributes=said)
        profile = found.profiles[i]
        if profile.u.size:
            axis = f"profile_{i}"
            variables[f"{_plain(p.name)}__profile"] = Variable((axis,), p.value(profile.u), attributes=said)
            variables[f"{_plain(p.name)}__rise"] = Variable((axis,), profile.rise)
    variables["datum"] = Variable(("datum",), np.array([d.name for d in study.data], dtype=object))
    variables["predicted"] = Variable(("draw", "datum"), draws.predictions)
    variables["measured"] = Variable(("datum",), np.array([d.value for d in study.data]))
    variables["error"] = Variable(("datum",), np.array([d.sigma for d in study.data]))
    said = {
        "format": FORMAT,
        "title": study.title,
        "study": study.text,
        "beside": beside,
        "provenance": json.dumps(provenance(study), sort_keys=True),
    }
    return netcdf.to_bytes(variables, said)


def provenance(study: Study) -> dict[str, str]:
    """What a calibration was made of."""
    return {
        "study_sha256": text_hash(study.text),
        "recipes_sha256": text_hash("".join(e.recipe.text for e in study.experiments.values())),
        "engine": study.engine,
        "dots": str(study.dots),
        "seed": str(study.seed),
        "mechanism": Path(study.mechanism).name,
        "hypothesis": study.hypothesis,
        "version": version(),
        "parameters_sha256": parameter_hash(),
    }


def headline(done: Done) -> str:
    """The outcome in a sentence."""
    shapes: dict[str, list[str]] = {}
    for name, one in done.found.parameters.items():
        shapes.setdefault(one.shape, []).append(name)
    parts = [f"{_word(shape)}: {', '.join(names)}" for shape, names in shapes.items()]
    return (
        f"{len(done.study.measured)} measured numbers, {len(done.study.priors)} free ones. "
        + "; ".join(parts)
        + "."
        + "".join(f" Against “{one.title}”: {one.word}." for one in done.against)
    )


def rows(done: Done) -> list[tuple[str, ...]]:
    """Of every parameter: name, prior, value, 68 % interval, unit, word."""
    out: list[tuple[str, ...]] = []
    for prior in done.study.priors:
        one = done.found.parameters[prior.name]
        value = number(one.value, one.sigma) if one.shape != "flat" else "–"
        ends = interval(one.interval) if one.shape != "flat" else "–"
        out.append((prior.name, prior_told(prior), value, ends, prior.unit, _word(one.shape), one.note))
    return out


HEADS = ("parameter", "before", "value", "68 %", "unit", "the data give", "")


def findings(done: Done) -> Findings:
    """The page of a calibration."""
    found, study = done.found, done.study
    predicted = _predicted(found)
    rows_compared = [
        (
            m.datum.name,
            f"{_sign(m.datum.kind)}{m.datum.value:g} ± {m.datum.sigma:.3g}",
            f"{best:.4g}",
            interval((ends[0], ends[1])) if ends[0] is not None and ends[1] is not None else "–",
            f"{found.residuals[i]:.1f}",
            m.source,
        )
        for i, (m, (best, ends)) in enumerate(zip(study.measured, predicted, strict=True))
    ]
    tables = [
        Table("What the data say of each parameter", HEADS, rows(done)),
        Table(
            "Combinations",
            ("in the sizes of the priors", "left of the prior", ""),
            [(c.told, f"{c.narrowed:.3f}", "seen" if seen(c) else "not seen") for c in found.combinations],
            "By the slopes at the best fit; along what is not seen parameters trade off.",
        ),
        Table(
            "What was compared",
            ("", "measured", "best fit", "68 % of the posterior", "residual", "file"),
            rows_compared,
        ),
    ]
    if done.against:
        rows_against = [(one.title, _difference(one), one.word) for one in done.against]
        told = "With the same odds before; a difference of 3 is odds of 20 to 1, less is undecided."
        tables.append(Table("Against other models", ("", "ln evidence more", ""), rows_against, told))
    draws = found.posterior
    k = f"{draws.k:.2f}" if math.isfinite(draws.k) else "not known"
    trust = [("k of the weights' tail (trusted below 0.7)", k)]
    if draws.checked is not None:
        one = draws.checked
        off = f"{one.off:.3f} standard errors of the data, at {one.points} true points"
        trust = [
            ("the draws are of an emulator, which is off by", off),
            ("share of them that would count by the model (trusted above 0.7)", f"{one.worth:.2f}"),
        ]
    quality = [
        ("points asked", str(found.calls)),
        (
            "sum of squares of the data",
            f"{float(np.sum(found.residuals**2)):.1f} for {len(study.measured)} numbers",
        ),
        ("draws, and what they are worth", f"{len(draws.weights)}, {draws.size:.0f}"),
        *trust,
        ("ln evidence", f"{draws.log_evidence:.2f}"),
    ]
    tables.append(Table("How far to trust it", ("", ""), quality))
    return Findings(
        title=study.title,
        under=f"calibration, {study.engine} engine, seed {study.seed}",
        headline=headline(done),
        tables=tables,
        figures=corner.drawn(found),
        remarks=done.remarks,
        provenance=provenance(study),
        texts={"the study": study.text}
        | {f"recipe of {n}": e.recipe.text for n, e in study.experiments.items()},
    )


def _predicted(found: Calibration) -> list[tuple[float, list[float | None]]]:
    best = found.problem.predictions(found.best.u[None])[0]
    out = []
    for i, value in enumerate(best):
        low, _, high = corner.band(found, i) if found.posterior.trusted else (math.nan,) * 3
        out.append((float(value), [_finite(low), _finite(high)]))
    return out


def compared(study: Study, i: int) -> dict[str, Any]:
    one = study.measured[i]
    return {
        "name": one.datum.name,
        "measured": one.datum.value,
        "sigma": one.datum.sigma,
        "is": {"=": "equal", ">=": "at least", "<=": "at most"}[one.datum.kind],
        "file": one.source,
    }


def _difference(one: Compared) -> str:
    return f"{one.difference:+.1f}" if math.isfinite(one.difference) else "–"


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def prior_told(p: Any) -> str:
    if p.normal and p.log:
        return f"{p.mean:g}, a factor of {math.exp(p.sigma):.3g} either way"
    told = f"{p.mean:g} ± {p.sigma:g}" if p.normal else f"{p.low:g} to {p.high:g}"
    return f"{told} (log)" if p.log else told


def _plain(name: str) -> str:
    return name.replace("/", "__")


def _sign(kind: str) -> str:
    return {"=": "", ">=": "≥ ", "<=": "≤ "}[kind]


def _word(shape: str) -> str:
    return {
        "bounded": "both ends",
        "lower only": "the lower end only",
        "upper only": "the upper end only",
        "flat": "nothing",
        "several": "several regions",
    }[shape]
