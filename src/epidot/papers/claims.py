"""Every claim of the papers beside what epidot gives: value, verdict and what the value rests on.

``evaluate`` works lazily: only the runs, spectra and rooms that the asked claims need are used, and each
run once by each engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from epidot.errors import EpidotError, Fault, InputError, NotBuiltYet, WorkError, nearest
from epidot.papers import paper as papers
from epidot.papers.answer import IN_WORDS, Answer, Names, Sigma, answer, plain, short
from epidot.papers.basis import basis_of
from epidot.papers.experiments import Experiments, UnknownHere
from epidot.papers.fitted import fitted_claims
from epidot.papers.paper import GLOBALS, Check, Claim, Paper
from epidot.papers.verdict import Target, verdict
from epidot.papers.words import RUN_WORDS
from epidot.parameter import Basis
from epidot.processes import processes
from epidot.runs.engines import grows
from epidot.runs.order import ENGINE, ENGINES, LATTICE, MEAN_FIELD

BOTH = "both"


class Refusal(NamedTuple):
    """Why an engine gives no answer, and the verdict that this is."""

    why: str
    verdict: str


@dataclass(frozen=True)
class ClaimResult:
    """One claim beside what epidot gives.

    ``value`` is a number, a truth value, a list of them, or ``None`` where nothing is computed yet;
    ``verdict`` is one of :data:`epidot.papers.verdict.VERDICTS`; ``basis`` says what the value rests on
    (``definition`` also stands for a claim that is not answered yet: only the paper's words are shown).
    ``answers`` holds what each engine says where a recipe is carried out; ``refused`` why an engine
    cannot say.
    """

    id: str
    claim: str
    paper_value: float | str | None
    unit: str
    value: Any
    sigma: Sigma
    verdict: str
    basis: Basis
    detail: str
    paper: str = ""
    subsystem: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    refused: Mapping[str, Refusal] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Whether there is an answer: a number, a yes or no, or that no such value occurs."""
        return self.value is not None or self.verdict == "conflict"

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
            "engines": {name: found.to_json() for name, found in self.answers.items()}
            | {
                name: {"value": None, "sigma": None, "verdict": one.verdict, "why": one.why}
                for name, one in self.refused.items()
            },
        }


def evaluate(
    paper: str | None = None, ids: Iterable[str] | None = None, *, engine: str = BOTH, jobs: int = 1
) -> list[ClaimResult]:
    """Hold claims against what epidot gives, in the order of the papers' files.

    Parameters
    ----------
    paper
        ``choi2023``, ``yuan2023`` or ``both`` (the claims that join them); ``None`` for all.
    ids
        Only these claims.
    engine
        Which carries recipes out: ``meanfield``, ``kmc`` (the lattice) or ``both``.  With both, value
        and verdict are those of the engine that `epidot run` uses unasked.
    jobs
        Workers that share the flasks of the lattice; the results do not depend on them.

    Raises
    ------
    InputError
        For an unknown paper, claim id (all of them, with the nearest) or engine, or where checks could not
        be carried out for what a paper's file asks only, such as a recipe that does not exist.
    WorkError
        If a check could not be carried out; every claim concerned is named.
    """
    if engine not in (*ENGINES, BOTH):
        raise InputError("no such engine", seen=engine, nearest=nearest(engine, (*ENGINES, BOTH)))
    asked = ENGINES if engine == BOTH else (engine,)
    wanted = None if ids is None else list(dict.fromkeys(ids))
    chosen = [papers.paper(key) for key in ([paper] if paper is not None else papers.holding(wanted))]
    claims = _selected(chosen, wanted)
    experiments = {p.key: Experiments(p.dots) for p in chosen}
    share_runs(list(experiments.values()))
    fitted = fitted_claims()
    results: list[ClaimResult] = []
    failed: list[str] = []
    asked_wrongly = True
    with processes(jobs if jobs > 1 else 0) as shared:
        for each in experiments.values():
            each.workers = shared
        for source, claim in claims:
            try:
                results.append(judge(claim, source, experiments[source.key], fitted, asked))
            except EpidotError as error:
                asked_wrongly &= isinstance(error, InputError)
                failed.append(f"{claim.place}: claim {claim.id}: {error}")
            except (ValueError, ArithmeticError, LookupError, TypeError) as error:
                asked_wrongly = False
                failed.append(f"{claim.place}: claim {claim.id}: its formula has no value: {error}")
    if failed:
        told = "these checks could not be carried out:\n" + "\n".join(failed)
        raise InputError(told) if asked_wrongly else WorkError(told)
    return results


def share_runs(benches: Sequence[Experiments]) -> None:
    """Let several papers use the same runs, so that each recipe runs once."""
    for other in benches[1:]:
        other.runs, other.flasks = benches[0].runs, benches[0].flasks
        other.beginnings, other._measured = benches[0].beginnings, benches[0]._measured


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


def judge(
    claim: Claim,
    source: Paper,
    experiments: Experiments,
    fitted: Mapping[str, str],
    asked: Sequence[str] = (MEAN_FIELD,),
) -> ClaimResult:
    """The result for one claim; ``fitted`` maps claim ids to the parameters fitted on them.

    Raises
    ------
    WorkError
        If the check contradicts itself (a reading that does not give the printed number, or a number
        declared not to follow that does), or cannot be carried out.
    """
    check = claim.check

    def result(
        value: Any, sigma: Sigma, said: str, basis: Basis, detail: str, by: _ByEngine | None = None
    ) -> ClaimResult:
        shown = by is not None and by.matters
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
            by.answers if by is not None and shown else {},
            by.refused if by is not None and shown else {},
        )

    if check.value is None:
        return result(None, None, "not yet", "definition", f"needs {check.needs}, which is not built yet")

    given = {**GLOBALS, **{n: p.value for n, p in source.inputs.items()}}
    by = _by_engine(check, given, experiments, asked)
    if not by.answers:
        first_said = next(iter(by.refused.values())).verdict
        return result(None, None, first_said, "definition", _sentences(by.sentences("")), by)
    first = by.answers.get(ENGINE) or next(iter(by.answers.values()))
    value, sigma, said = first.value, first.sigma, first.verdict
    if not check.follows and said != "not as stated":
        raise WorkError(f"declared not to follow from the printed inputs, but {value} does")
    basis, why = basis_of(claim, fitted)
    conflict = any(a.verdict == "conflict" for a in by.answers.values())
    parts = [
        first.said,
        first.control if first.engine == MEAN_FIELD or not by.matters else "",
        _readings(check, given, experiments),
        f"held against {_band_text(check.targets)}" + (f" ({check.because})" if check.because else "")
        if _banded(check.targets)
        else check.because,
        _off(value, check.targets, sigma),
        *by.sentences(first.engine),
        why,
        claim.note,
        check.in_conflict if conflict else "",
    ]
    return result(value, sigma, said, basis, _sentences(parts), by)


@dataclass(frozen=True)
class _ByEngine:
    """What each engine says, and why one cannot; ``matters`` where the engines could differ at all."""

    answers: Mapping[str, Answer]
    refused: Mapping[str, Refusal]
    matters: bool

    def sentences(self, first: str) -> list[str]:
        """What the reader is told beside the answer of the engine ``first``."""
        if not self.matters:
            return []
        said = [
            a.sentence(whole=name != first) for name, a in self.answers.items() if name != first or a.flasks
        ]
        return [*said, *(f"{IN_WORDS[name]} no answer: {one.why}" for name, one in self.refused.items())]


def _by_engine(
    check: Check, given: Mapping[str, Any], experiments: Experiments, asked: Sequence[str]
) -> _ByEngine:
    if not check.words & RUN_WORDS:
        return _ByEngine({MEAN_FIELD: answer(check, given, experiments.by(MEAN_FIELD))}, {}, False)
    answers: dict[str, Answer] = {}
    refused: dict[str, Refusal] = {}
    for name in asked:
        seen = experiments.by(name)
        try:
            answers[name] = answer(check, given, seen)
        except UnknownHere as error:  # nothing is missing: this engine, or this instrument, cannot tell
            refused[name] = Refusal(str(error), "not decided")
        except NotBuiltYet as error:
            if name != LATTICE:
                raise
            refused[name] = Refusal(str(error), "not yet")
        else:
            if not any(grows(recipe) for recipe, *_ in seen.asked):
                return _ByEngine(answers, {}, False)
    return _ByEngine(answers, refused, True)


def _readings(check: Check, given: Mapping[str, Any], experiments: Experiments) -> str:
    names = Names(check.let, given, experiments)
    readings: list[str] = []
    for reading in check.readings:
        other = plain(names.value(reading.value))
        if verdict(other, _as_stated(check.targets), None) not in ("reproduced", "within rounding"):
            raise WorkError(f"the reading “{reading.inputs}” gives {other}, not the printed number")
        readings.append(f"{reading.inputs} gives {short(other)}")
    return "readings that give the printed number: " + "; ".join(readings) if readings else ""


def _off(value: Any, targets: Target | Sequence[Target], sigma: Sigma) -> str:
    """Which members of a list are off, where not all of them are."""
    if not isinstance(value, list):
        return ""
    each = [targets] * len(value) if isinstance(targets, Target) else targets
    errors = sigma if isinstance(sigma, list) else [sigma] * len(value)
    said = [verdict(v, t, s) for v, t, s in zip(value, each, errors, strict=True)]
    off = [f"value {i}: {s}" for i, s in enumerate(said, 1) if s not in ("reproduced", "within rounding")]
    return "; ".join(off) if len(off) < len(said) else ""


def _sentences(parts: Iterable[str]) -> str:
    """Parts as sentences: a word is capitalised, a symbol such as ``d =`` is not."""
    clean = [p.strip().rstrip(".") for p in parts if p]
    return " ".join((p[0].upper() if p[:3].replace(" ", "").isalpha() else p[0]) + p[1:] + "." for p in clean)


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
