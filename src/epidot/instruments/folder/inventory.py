"""What lies in a folder and below it: each file with its technique, or what it looks like instead."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from epidot import instruments
from epidot.errors import InputError
from epidot.instruments.folder import naming
from epidot.instruments.folder.rules import IN_FOLDER, NONE, Rule, Rules, load
from epidot.instruments.foreign import is_batch
from epidot.instruments.many import natural
from epidot.instruments.recognise import recognised

SURE, GUESSED, BY_RULE = "by its own marks", "by its words", "by a rule"
Role = Literal["data", "run", "part", "beside", "unknown", "left out"]
MOST_FILES = 20_000
# Spectrometers that write a folder for each measurement: its parameters, and the files that hold the data.
_PARAMETERS = {"acqus", "acqu", "procpar", "procs", "acqu.par"}
_DATA = ("ser", "fid", "data.1d", "1r")


@dataclass(frozen=True)
class Found:
    """One file: its ``path`` in the folder (with ``/``), its ``role``, and what is known of it.

    ``data`` is to be measured as ``technique`` with ``options``; a ``part`` belongs to the measurement
    ``of``; a file ``beside`` (the response of a decay) is handed to those it goes with; a ``run`` is the
    batch that epidot itself grew; of an ``unknown`` file ``says`` tells what it looks like, of data how
    they were recognised.
    """

    path: str
    role: Role
    technique: str = ""
    says: str = ""
    of: str = ""
    sample: str = ""
    options: dict[str, Any] = field(default_factory=dict)


def inventory(folder: str | Path, rules: Rules | None = None, leave_out: Iterable[Path] = ()) -> list[Found]:
    """Every file in ``folder`` and below, in natural order, but no hidden ones and none of ``leave_out``.

    Links to folders are not followed.

    A folder below may bring rules of its own (``epidot-rules.yaml``).

    Raises
    ------
    InputError
        If it is no folder, holds no file or too many, or rules in it are wrong.
    """
    given = rules or Rules()
    root = Path(folder)
    paths = _files(root, {os.path.abspath(p) for p in leave_out})
    brought = {path.rpartition("/")[0]: load(root / path) for path in paths if _is_rules(path)}
    words = naming.words_of_techniques()
    parts = _parts(paths)
    found = [_looked_at(root, path, parts.get(path, ""), _rule(path, given, brought)) for path in paths]
    main = set(parts.values())
    named = [replace(one, sample=_sample(one, given, words, one.path in main)) for one in found]
    return _with_companions(root, named)


def _files(root: Path, apart: set[str]) -> list[str]:
    if not os.path.isdir(root):
        raise InputError("not a folder", str(root), remedy="name the folder that holds the files")
    out: list[str] = []
    for place, folders, names in os.walk(root):
        here = Path(place)
        folders[:] = sorted(
            (f for f in folders if f[0] != "." and os.path.abspath(here / f) not in apart), key=natural
        )
        for name in names:
            if not name.startswith((".", "~")) and os.path.abspath(here / name) not in apart:
                out.append((here / name).relative_to(root).as_posix())
        if len(out) > MOST_FILES:
            seen = f"more than {MOST_FILES}"
            raise InputError("too many files", str(root), seen=seen, remedy="name a folder further down")
    if not out:
        raise InputError("no file in this folder", str(root), remedy="name the folder that holds the files")
    return sorted(out, key=natural)


def _parts(paths: list[str]) -> dict[str, str]:
    """Of every file that belongs to a measurement written as a folder, the file that holds the data."""
    by_folder: dict[str, set[str]] = {}
    for path in paths:
        place, _, name = path.rpartition("/")
        by_folder.setdefault(place, set()).add(name)
    mains: dict[str, str] = {}
    for place in sorted(by_folder, key=lambda p: p.count("/")):
        names = by_folder[place]
        data = next((name for name in _DATA if name in names), None)
        around = any(place.startswith(f"{other}/") for other in mains)
        if data is not None and names & _PARAMETERS and not around:
            mains[place] = f"{place}/{data}" if place else data
    out = {}
    for path in paths:
        for place, main in mains.items():
            if path != main and (not place or path.startswith(f"{place}/")):
                out[path] = main
    return out


def _is_rules(path: str) -> bool:
    return path.rpartition("/")[2] == IN_FOLDER


def _rule(path: str, given: Rules, brought: dict[str, Rules]) -> Rule:
    """What holds of a file: the user's word before that of its folders, the nearest first."""
    if _is_rules(path):
        return Rule(path, NONE)
    told = given.of(path)
    for place in sorted(brought, key=len, reverse=True):
        if not place or path.startswith(f"{place}/"):
            near = brought[place].of(path[len(place) :].lstrip("/"))
            options = near.options | told.options
            told = Rule(path, told.technique or near.technique, told.sample or near.sample, options)
    return told


def _looked_at(root: Path, path: str, main: str, rule: Rule) -> Found:
    if rule.technique == NONE:
        return Found(
            path,
            "left out",
            says="rules of this folder" if _is_rules(path) else "left out by a rule",
            sample=rule.sample,
        )
    if rule.technique:
        return Found(path, "data", rule.technique, BY_RULE, "", rule.sample, rule.options)
    if main:
        return Found(path, "part", of=main)
    try:
        technique, sure = recognised(root / path)
    except InputError as error:
        if is_batch(root / path):
            return Found(path, "run", says=SURE, sample=rule.sample)
        says = "; ".join(dict.fromkeys(fault.what for fault in error.faults))
        return Found(path, "unknown", says=says, sample=rule.sample)
    says = SURE if sure else GUESSED
    return Found(path, "data", technique, says, "", rule.sample, rule.options)


def _sample(one: Found, rules: Rules, words: frozenset[str], folder_of_parts: bool) -> str:
    if one.role not in ("data", "beside"):
        return ""
    return one.sample or rules.named(one.path) or naming.sample(one.path, words, folder_of_parts)


def _with_companions(root: Path, found: list[Found]) -> list[Found]:
    """Files that go beside others are taken out of the row and become an option of those they go with."""
    out = list(found)
    for technique in {one.technique for one in found if one.role == "data"}:
        for option in instruments.instrument(technique).HEADER.measure_options:
            if not option.beside:
                continue
            own = [i for i, one in enumerate(out) if one.role == "data" and one.technique == technique]
            beside = [out[i].path for i in own if naming.has_word(out[i].path, option.beside)]
            used: set[str] = set()
            for i in own:
                one = out[i]
                if one.path in beside or option.name in one.options:
                    continue
                other = naming.companion(one.path, beside, option.beside)
                if other:
                    used.add(other)
                    out[i] = replace(one, options=one.options | {option.name: str(root / other)})
            for i in own:
                if out[i].path in beside:
                    of = "" if out[i].path in used else "goes with no file here"
                    out[i] = replace(out[i], role="beside", says=of or f"{option.name} of others")
    return out
