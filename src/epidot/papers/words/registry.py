"""Where words are noted when their module is read.

Words of the *model* compute with epidot's own parameters (growth, states, light): what they give is a
prediction unless the claim was fitted.  All others are arithmetic, equations as printed and tables.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from epidot.papers.experiments import Experiments

Function = Callable[..., Any]


class NoValue(ValueError):
    """What is asked for does not occur in the results: a limit never passed, a peak that is not there."""


@dataclass(frozen=True)
class Word:
    """What it calls; whether it uses the model, needs the experiments, runs recipes, reads them back."""

    function: Function
    model: bool = False
    experiments: bool = False
    runs: bool = False
    put_in: bool = False

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


INSTRUMENTS = "measure."  # how words begin that read an instrument, which is dear
_TABLE: dict[str, Word] = {}
_MODEL: set[str] = set()
_RUNS: set[str] = set()
_PUT_IN: set[str] = set()
_READ: set[str] = set()
WORDS: Mapping[str, Word] = _TABLE
MODEL_WORDS = _MODEL
RUN_WORDS = _RUNS
PUT_IN_WORDS = _PUT_IN
READ_WORDS = _READ


def word(
    name: str, *, model: bool = False, experiments: bool = False, runs: bool = False, put_in: bool = False
) -> Callable[[Function], Function]:
    """Note a function under ``name``.

    With ``experiments`` its first argument is those of the evaluation; with ``runs`` it also carries
    recipes out with epidot's model, by their engine; ``put_in`` says that it reads back what epidot's own
    recipes and settings hold.
    """

    def note(function: Function) -> Function:
        _TABLE[name] = Word(function, model or runs, experiments or runs, runs, put_in)
        if model or runs:
            _MODEL.add(name)
        if runs:
            _RUNS.add(name)
        if put_in:
            _PUT_IN.add(name)
        if name.startswith(INSTRUMENTS):
            _READ.add(name)
        return function

    return note


def vocabulary(experiments: Experiments) -> dict[str, Function]:
    """Every word as a function, with the experiments bound where they are needed."""
    return {
        name: functools.partial(entry.function, experiments) if entry.experiments else entry.function
        for name, entry in _TABLE.items()
    }
