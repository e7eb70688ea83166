"""What a user says of a folder beforehand: how samples are named, which files are what, with what options."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from epidot import instruments
from epidot.documents.entry import Entry, top
from epidot.documents.text import read
from epidot.errors import InputError, nearest
from epidot.instruments.options import settled

NONE = "none"
IN_FOLDER = "epidot-rules.yaml"  # a folder may bring its own
_KEYS = ("pattern", "technique", "sample", "options")


@dataclass(frozen=True)
class Rule:
    """What holds of the files whose path fits ``pattern``, as in a shell (``*`` over folders too).

    ``technique`` is ``""`` where it is left to the file, ``none`` where the file is to be left out;
    ``options`` are those of the technique's ``read`` and ``measure``.
    """

    pattern: str
    technique: str = ""
    sample: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def fits(self, path: str) -> bool:
        """Whether the file at ``path`` (relative to the folder, with ``/``) is meant."""
        return fnmatch.fnmatchcase(path.lower(), self.pattern.lower())


@dataclass(frozen=True)
class Rules:
    """All that was said: ``sample`` finds the sample's name in a path (its first group, else the whole)."""

    sample: re.Pattern[str] | None = None
    files: tuple[Rule, ...] = ()

    def of(self, path: str) -> Rule:
        """What holds of one file: of several rules that fit, the later one's word counts."""
        technique = sample = ""
        options: dict[str, Any] = {}
        for rule in self.files:
            if rule.fits(path):
                technique, sample = rule.technique or technique, rule.sample or sample
                options |= rule.options
        return Rule(path, technique, sample, options)

    def named(self, path: str) -> str:
        """The sample's name that ``sample`` finds in a path; ``""`` where it finds none."""
        hit = self.sample.search(path) if self.sample else None
        if hit is None:
            return ""
        return str(next((group for group in hit.groups() if group), hit[0]))


def expression(text: str, where: str) -> re.Pattern[str]:
    """``text`` as a regular expression.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        remedy = "for instance 'batch[0-9]+', or '(S[0-9]+)_' of which the part in brackets is taken"
        raise InputError(f"not a regular expression ({error})", where, seen=text, remedy=remedy) from None


def load(path: str | Path) -> Rules:
    """The rules in a YAML file: ``sample`` and ``files``, a list of rules.

    Raises
    ------
    InputError
        With every fault and its line.
    """
    entry = top(read(path)).fields(("sample", "files"))
    sample = None
    if entry["sample"]:
        with entry["sample"].placed():
            sample = expression(entry["sample"].text(), str(path))
    files = tuple(_rule(row) for row in entry["files"].rows("rule"))
    entry.faults.raise_if_any()
    return Rules(sample, files)


def _rule(row: Entry) -> Rule:
    one = row.fields(_KEYS, needed=("pattern",))
    known = instruments.names()
    technique = one["technique"].text("")
    if technique and technique not in (*known, NONE):
        one["technique"].fault("no such technique", seen=technique, nearest=nearest(technique, known))
        technique = ""
    options = {key: entry.value for key, entry in one["options"].table().items()}
    if options and technique in ("", NONE):
        one["options"].fault("options belong to a technique", remedy="write technique: beside them")
    elif options:
        header = instruments.instrument(technique).HEADER
        with one["options"].placed():
            settled((*header.read_options, *header.measure_options), options, technique)
    return Rule(one["pattern"].text(), technique, one["sample"].text(""), options)
