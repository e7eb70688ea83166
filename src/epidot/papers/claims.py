"""Every claim of the papers beside what epidot gives: value, verdict and what the value rests on.

``evaluate`` works lazily: only the runs, spectra and rooms that the asked claims need are used, and each
run once.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from epidot.errors import EpidotError, Fault, InputError, WorkError, nearest
from epidot.papers import paper as papers
from epidot.papers.experiments import Experiments
from epidot.papers.expression import Formula
from epidot.papers.fitted import fitted_claims
from epidot.papers.paper import GLOBALS, Claim, Paper
from epidot.papers.verdict import VERDICTS, Target, verdict
from epidot.papers.words import MODEL_WORDS, vocabulary
from epidot.parameter import Basis


@dataclass(frozen=True)
class ClaimResult:
    """One claim beside what epidot gives.

    ``value`` is a number, a truth value, a list of them, or ``None`` where nothing is computed yet;
    ``verdict`` is one of :data:`epidot.papers.verdict.VERDICTS`; ``basis`` says what the value rests on
    (``definition`` also stands for a claim that is not answered yet: only the paper's words are shown).
    """

    id: str
    claim: str
    paper_value: float | str | None
    unit: str
    value: Any
    sigma: float | None
    verdict: str
    basis: Basis
    detail: str
    paper: str = ""
    subsystem: str = ""

    def to_json(self) -> dict[str, Any]:
        """The contract of ``epidot claims --json``."""
        return {
            "id": self.id,
            "claim": self.claim,
            "paper_value": _number_or_words(self.paper_value),
            "unit": self.unit,
            "value": self.value,
            "sigma": self.sigma,
            "verdict": self.verdict,
            "basis": self.basis,
            "detail": self.detail,
        }


def evaluate(paper: str | None = None, ids: Iterable[str] | None = None) -> list[ClaimResult]:
    """Hold claims against what epidot gives, in the order of the papers' files.

    Parameters
    ----------
    paper
        ``choi2023``, ``yuan2023`` or ``both`` (the claims that join them); ``None`` for all.
    ids
        Only these claims.

    Raises
    ------
    InputError
        For an unknown paper or claim id (all of them, with the nearest).
    WorkError
        If a check could not be carried out; every claim concerned is named.
    """
    wanted = None if ids is None else list(dict.fromkeys(ids))
    chosen = [papers.paper(key) for key in ([paper] if paper is not None else papers.holding(wanted))]
    claims = _selected(chosen, wanted)
    bench = {p.key: Experiments(p.dots) for p in chosen}
    share_runs(list(bench.values()))
    fitted = fitted_claims()
    results: list[ClaimResult] = []
    failed: list[str] = []
    for source, claim in claims:
        try:
            results.append(judge(claim, source, bench[source.key], fitted))
        except (EpidotError, ValueError, ArithmeticError, LookupError, TypeError) as error:
            failed.append(f"claim {claim.id}: {type(error).__name__}: {error}")
    if failed:
        raise WorkError("these checks could not be carried out:\n" + "\n".join(failed))
    return results


def share_runs(benches: Sequence[Experiments]) -> None:
    """Let several papers use the same runs, so that each recipe runs once."""
    for other in benches[1:]:
        other.runs = benches[0].runs


def _selected(chosen: Sequence[Paper], wanted: Sequence[str] | None) -> list[tuple[Paper, Claim]]:
    every = [(p, claim) for p in chosen for claim in p.claims]
    if wanted is None:
        return every
    known = {claim.id: None for _, claim in every}
    faults = [
        Fault(
            "no such claim" + (f" in {chosen[0].key}" if len(chosen) == 1 else ""),
            seen=w,
            nearest=nearest(w, known),
            remedy="ids are listed by `epidot claims`",
        )
        for w in wanted
        if w not in known
    ]
    if faults:
        raise InputError(faults)
    return [(p, claim) for p, claim in every if claim.id in set(wanted)]


def judge(claim: Claim, source: Paper, bench: Experiments, fitted: Mapping[str, str]) -> ClaimResult:
    """The result for one claim; ``fitted`` maps claim ids to the parameters fitted on them.

    Raises
    ------
    WorkError
        If the check contradicts itself (a reading that does not give the printed number, or a number
        declared not to follow that does).
    """
    check = claim.check

    def result(value: Any, sigma: float | None, said: str, basis: Basis, detail: str) -> ClaimResult:
        return ClaimResult(
            claim.id,
            claim.claim,
            claim.paper_value,
            claim.unit,
            value,
            sigma,
            said,
            basis,
            detail,
            claim.paper,
            claim.subsystem,
        )

    if check.value is None:
        return result(None, None, "not yet", "definition", f"needs {check.needs}, which is not built yet")

    names = _Names(check.let, {**GLOBALS, **{n: p.value for n, p in source.inputs.items()}}, bench)
    value = plain(names.value(check.value))
    sigma = None if check.sigma is None else abs(float(names.value(check.sigma)))
    said = verdict(value, check.targets, sigma)
    if not check.follows and said != "not as stated":
        raise WorkError(f"declared not to follow from the printed inputs, but {value} does")
    readings: list[str] = []
    for reading in check.readings:
        other = plain(names.value(reading.value))
        if verdict(other, _as_stated(check.targets), None) not in ("reproduced", "within rounding"):
            raise WorkError(f"the reading “{reading.inputs}” gives {other}, not the printed number")
        readings.append(f"{reading.inputs} gives {_short(other)}")
    basis, why = _basis(claim, fitted)
    parts = [
        names.filled(check.detail, value) if check.detail else "",
        "readings that give the printed number: " + "; ".join(readings) if readings else "",
        f"held against {_band_text(check.targets)}" + (f" ({check.because})" if check.because else "")
        if _banded(check.targets)
        else check.because,
        _off(value, check.targets, sigma),
        why,
        claim.note,
    ]
    return result(value, sigma, said, basis, _sentences(parts))


def _off(value: Any, targets: Target | Sequence[Target], sigma: float | None) -> str:
    """Which members of a list are off, where not all of them are."""
    if not isinstance(value, list):
        return ""
    each = [targets] * len(value) if isinstance(targets, Target) else targets
    said = [verdict(v, t, sigma) for v, t in zip(value, each, strict=True)]
    off = [f"value {i}: {s}" for i, s in enumerate(said, 1) if s not in ("reproduced", "within rounding")]
    return "; ".join(off) if len(off) < len(said) else ""


def _sentences(parts: Iterable[str]) -> str:
    """Parts as sentences: a word is capitalised, a symbol such as ``d =`` is not."""
    clean = [p.strip().rstrip(".") for p in parts if p]
    return " ".join((p[0].upper() if p[:3].replace(" ", "").isalpha() else p[0]) + p[1:] + "." for p in clean)


def _basis(claim: Claim, fitted: Mapping[str, str]) -> tuple[Basis, str]:
    """What a result rests on: fitted on the claim (or one that says the same), put in, or neither."""
    model = claim.check.basis == "predicted" or bool(claim.check.words & MODEL_WORDS)
    for name in (claim.id, *claim.check.restates):
        if model and name in fitted:  # arithmetic and printed equations rest on no fitted number
            return "calibrated", f"calibrated: {fitted[name]} fitted on or chosen with {name}"
    if claim.check.calibrated:
        return "calibrated", f"put in: {claim.check.calibrated}"
    if claim.check.basis == "definition":
        return "definition", ""
    return ("predicted", "") if model else ("definition", "")


class _Names:
    """The named formulas of a check, each evaluated once and only when something reads it."""

    def __init__(self, let: Mapping[str, Formula], given: Mapping[str, Any], bench: Experiments) -> None:
        self._let = let
        self._known = dict(given)
        self._words = vocabulary(bench)

    def value(self, formula: Formula) -> Any:
        return formula.value(self._words, {name: self._named(name) for name in formula.names})

    def _named(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self.value(self._let[name])
        return self._known[name]

    def filled(self, text: str, value: Any) -> str:
        """``text`` with ``{name:format}`` replaced; only named values and their elements can be shown."""
        used = {field for _, field, _, _ in string.Formatter().parse(text) if field}
        shown = {"value": value}
        for field in used:
            root = field.split("[")[0].split(".")[0]
            if root != "value":
                shown[root] = self._named(root)
        return text.format(**shown)


def plain(value: Any) -> Any:
    """Numbers, truth values and lists of them as plain Python, for JSON."""
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    return float(value)


def _as_stated(targets: Target | Sequence[Target]) -> Target | list[Target]:
    def stated(t: Target) -> Target:
        return Target(t.expect, t.printed, t.band, True)

    return stated(targets) if isinstance(targets, Target) else [stated(t) for t in targets]


def _banded(targets: Target | Sequence[Target]) -> bool:
    return any(t.band is not None for t in ([targets] if isinstance(targets, Target) else targets))


def _band_text(targets: Target | Sequence[Target]) -> str:
    return "; ".join(_one_band(t) for t in ([targets] if isinstance(targets, Target) else targets))


def _one_band(target: Target) -> str:
    if target.band is None:
        return f"{target.printed}"
    low, high = target.band
    if low is None:
        return f"at most {high:g}"
    if high is None:
        return f"at least {low:g}"
    return f"{low:g} to {high:g}"


def _number_or_words(paper_value: float | str | None) -> float | str | None:
    """A number printed with its zeros (``4.0``) is text in the file and a number for programs."""
    try:
        return paper_value if paper_value is None else float(paper_value)
    except ValueError:
        return paper_value


def summary(results: Iterable[ClaimResult]) -> dict[str, int]:
    """How many claims got which verdict (all six, also those with none)."""
    counts = dict.fromkeys(VERDICTS, 0)
    for r in results:
        counts[r.verdict] += 1
    return counts


def by_basis(results: Iterable[ClaimResult]) -> dict[str, int]:
    """How many *answered* claims rest on what."""
    counts = {"definition": 0, "calibrated": 0, "predicted": 0}
    for r in results:
        if r.verdict != "not yet":
            counts[r.basis] += 1
    return counts


def text(results: Sequence[ClaimResult]) -> str:
    """The table for people: one line per claim, its detail below, counts at the end."""
    lines: list[str] = []
    for r in results:
        answer = "" if r.verdict == "not yet" else f"  epidot {_short(r.value)}"
        error = f" ± {r.sigma:.2g}" if r.sigma else ""
        unit = f" {r.unit}" if r.unit and not isinstance(r.value, list) else ""
        basis = "" if r.verdict == "not yet" else f"  ({r.basis})"
        lines.append(f"{r.id}  {r.verdict}{basis}  {r.claim}")
        printed = "-" if r.paper_value is None else str(r.paper_value)
        lines.append(f"      paper {printed}{answer}{error}{unit}")
        if r.detail:
            lines.append(f"      {r.detail}")
    counts = ", ".join(f"{n} {name}" for name, n in summary(results).items() if n)
    rests = ", ".join(f"{n} {name}" for name, n in by_basis(results).items() if n)
    lines.append(f"\n{len(results)} claims: {counts}" + (f"; answers rest on: {rests}" if rests else ""))
    return "\n".join(lines)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_short(v) for v in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}"


__all__ = ["ClaimResult", "by_basis", "evaluate", "judge", "summary", "text"]
