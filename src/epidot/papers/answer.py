"""The answer to one check by one engine: value, standard error, verdict, and its numbers in words.

On the lattice the value is that of the averaged flasks.  Its standard error is the jackknife's: the
formula is evaluated again with some flasks left out, and the scatter of the results counts.
"""

from __future__ import annotations

import math
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from epidot.errors import NotBuiltYet
from epidot.papers.experiments import Experiments, UnknownHere
from epidot.papers.expression import Formula
from epidot.papers.paper import Check
from epidot.papers.verdict import HOLDS, shows, verdict
from epidot.papers.words import READ_WORDS, NoValue, vocabulary
from epidot.runs.order import LATTICE, MEAN_FIELD
from epidot.runs.quantities import LIGHT, needing

Sigma = float | list[float | None] | None
ROUNDING = 1e-12  # relative; a smaller scatter is that of arithmetic
IN_WORDS: Mapping[str, str] = {MEAN_FIELD: "in mean field", LATTICE: "on the lattice"}


@dataclass(frozen=True)
class Answer:
    """What one engine says, on the lattice by ``flasks`` of ``dots`` each.

    ``same`` of ``of`` leave-out means agree, where the answer is yes or no; ``control`` says what the same
    check gives where the cause is absent.
    """

    engine: str
    value: Any
    sigma: Sigma
    verdict: str
    said: str = ""
    flasks: int = 0
    dots: int = 0
    same: int = 0
    of: int = 0
    control: str = ""

    def to_json(self) -> dict[str, Any]:
        """For ``epidot claims --json``."""
        found = {"value": self.value, "sigma": self.sigma, "verdict": self.verdict}
        return found | ({"flasks": self.flasks, "dots_per_flask": self.dots} if self.flasks else {})

    def sentence(self, *, whole: bool = True) -> str:
        """For the reader, such as "on the lattice 71.3 ± 0.4 (30 flasks of 2 dots): reproduced".

        ``whole`` adds the check's own detail in the numbers of this engine.
        """
        kind = "flask" if self.flasks == 1 else "flasks"
        many = f" ({self.flasks} {kind} of {self.dots} dots)" if self.flasks else ""
        text = f"{IN_WORDS[self.engine]} {with_error(self.value, self.sigma)}{many}: {self.verdict}"
        if self.of:
            text += f", and so in {self.same} of {self.of} means with flasks left out"
        if self.control and self.engine == LATTICE:
            text += f"; {self.control}"
        return text + (f"; {self.said}" if self.said and whole else "")


class Names:
    """The named formulas of a check, each evaluated once and only when something reads it."""

    def __init__(
        self, let: Mapping[str, Formula], given: Mapping[str, Any], experiments: Experiments
    ) -> None:
        self._let = let
        self._known = dict(given)
        self._words = vocabulary(experiments)

    def value(self, formula: Formula) -> Any:
        """The value of ``formula``."""
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


def answer(check: Check, given: Mapping[str, Any], experiments: Experiments) -> Answer:
    """The answer by the engine of ``experiments``; ``given`` are the numbers the formulas may read.

    Raises
    ------
    WorkError
        If the engine cannot carry a recipe out, or cannot know what is asked for.
    """
    assert check.value is not None
    names = Names(check.let, given, experiments)
    try:
        value = plain(names.value(check.value))
    except NoValue as error:
        # The paper gives a value, the results hold none: that is a disagreement, not a failure to answer.
        return Answer(
            experiments.engine, None, None, "conflict", f"no such value: {error}", *experiments.rests_on()
        )
    sigma: Sigma = None if check.sigma is None else abs(float(names.value(check.sigma)))
    detail = names.filled(check.detail, value) if check.detail else ""
    light = check.texts & set(needing(*LIGHT))
    groups = experiments.groups(dear=bool(light or check.judged & READ_WORDS))
    try:
        others = [
            plain(Names(check.let, given, experiments.by(experiments.engine, group)).value(check.value))
            for group in groups
        ]
    except NoValue:  # without some flasks there would be no value: its error is not known
        others = []
    scatter = _jackknife(value, others) if others else None
    if not isinstance(scatter, list) and isinstance(sigma, float) and scatter is not None:
        sigma = math.hypot(sigma, scatter)
    elif groups:
        sigma = scatter
    yes_or_no = isinstance(value, bool)
    said = verdict(value, check.targets, sigma)
    control, passes = _asked_of_the_control(check, given, experiments)
    return Answer(
        experiments.engine,
        value,
        sigma,
        "not decided" if passes and said in HOLDS else said,
        detail,
        *experiments.rests_on(),
        sum(o == value for o in others) if yes_or_no else 0,
        len(others) if yes_or_no else 0,
        control,
    )


def _asked_of_the_control(
    check: Check, given: Mapping[str, Any], experiments: Experiments
) -> tuple[str, bool]:
    """What the control gives, in words, and whether it passes, so that the check decides nothing."""
    control = check.control
    if control is None or control.none:
        return (f"no control: {control.none}" if control else ""), False
    assert check.value is not None
    names = Names({**check.let, **control.let}, given, experiments.by(experiments.engine))
    try:
        value = plain(names.value(check.value))
    except NoValue:
        return f"the control, without {control.without}, has no such value, as it must not", False
    except (UnknownHere, NotBuiltYet):  # one run, or one engine, cannot answer for the control
        return "", False
    told = f"the control, without {control.without}, gives {short(value)}"
    if shows(value, check.targets):
        return f"{told} and passes too: not decided by this", True
    return f"{told} and fails, as it must", False


def _jackknife(value: Any, others: Sequence[Any]) -> Sigma:
    """Standard error of ``value`` from the values with one group left out each."""
    if isinstance(value, list):
        columns = [[o[i] for o in others] for i in range(len(value))]
        return [_one_error(v, column) for v, column in zip(value, columns, strict=True)]
    return _one_error(value, others)


def _one_error(value: Any, others: Sequence[Any]) -> float | None:
    if isinstance(value, bool):
        return None
    n = len(others)
    error = float(np.sqrt((n - 1) * np.var(np.asarray(others, dtype=np.float64))))
    return error if error > ROUNDING * abs(value) else 0.0


def plain(value: Any) -> Any:
    """Numbers, truth values and lists of them as plain Python, for JSON."""
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    return float(value)


def short(value: Any) -> str:
    """A value in four digits, a truth value as yes or no, lists member by member."""
    if isinstance(value, list):
        return ", ".join(short(v) for v in value)
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}"


def with_error(value: Any, sigma: Sigma) -> str:
    """``short`` with the standard error beside each number that has one."""
    if isinstance(value, list):
        errors: Iterable[Any] = sigma if isinstance(sigma, list) else [None] * len(value)
        return ", ".join(with_error(v, s) for v, s in zip(value, errors, strict=True))
    if value is None or isinstance(value, bool) or not isinstance(sigma, float) or sigma == 0:
        return short(value)
    return f"{short(value)} ± {sigma:.2g}"
