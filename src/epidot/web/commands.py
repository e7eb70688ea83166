"""Jobs of the page as commands: which there are and what each takes; no path leads out of the folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epidot import files
from epidot.errors import Fault, InputError, nearest
from epidot.recipe import recipe as recipes
from epidot.web import scripts
from epidot.web.sandbox import MOST_TEXT, Sandbox

_NC = ".nc"


@dataclass(frozen=True)
class Command:
    """``words`` of a command, its ``subject`` (``recipe``, ``file``, ``folder`` or none), options by kind."""

    words: tuple[str, ...]
    subject: str
    options: Mapping[str, str]


COMMANDS: Mapping[str, Command] = {
    "run": Command(
        ("run",),
        "recipe",
        {
            "output": "path",
            "dots": "number",
            "seed": "number",
            "jobs": "number",
            "engine": "word",
            "hypothesis": "word",
            "mechanism": "path",
            "parameters": "path",
            "ignore": "names",
            "positions": "word",
            "states": "word",
            "blocks": "number",
            "resume": "flag",
            "overwrite": "flag",
            "no_interval": "flag",
        },
    ),
    "claims": Command(("claims",), "", {"engine": "word", "jobs": "number", "json": "flag"}),
    "sweep": Command(
        ("sweep",), "file", {"output": "path", "jobs": "number", "resume": "flag", "overwrite": "flag"}
    ),
    "calibrate": Command(
        ("calibrate",), "file", {"output": "path", "jobs": "number", "resume": "flag", "overwrite": "flag"}
    ),
    "suggest": Command(
        ("suggest",),
        "file",
        {
            "output": "path",
            "posterior": "path",
            "batch": "number",
            "same": "word",
            "about": "names",
            "jobs": "number",
        },
    ),
    "measure auto": Command(("measure", "auto"), "folder", {"output": "path", "jobs": "number"}),
}


def arguments(box: Sandbox, command: str, subject: str, options: Mapping[str, Any]) -> list[str]:
    """The words behind ``epidot`` of one job.

    Raises
    ------
    InputError
        With everything that is wrong: no such command or option, another kind, a path outside the folder.
    """
    known = _command(command)
    faults: list[Fault] = []
    words = list(known.words)
    if known.subject:
        try:
            words.append(_subject(box, known.subject, subject))
        except InputError as error:
            faults.extend(error.faults)
    try:
        words += option_words(box, command, options)
    except InputError as error:
        faults.extend(error.faults)
    if faults:
        raise InputError(faults)
    return words


def option_words(box: Sandbox, command: str, options: Mapping[str, Any]) -> list[str]:
    """The options of one job as words.

    Raises
    ------
    InputError
        With everything that is wrong with them.
    """
    known = _command(command)
    faults: list[Fault] = []
    given: dict[str, Any] = {}
    for name, value in options.items():
        kind = known.options.get(name)
        if kind is None:
            faults.append(
                Fault(
                    f"{command} has no option of this name",
                    seen=name[:40],
                    nearest=nearest(name, known.options),
                )
            )
        elif value is None or value == "":
            continue
        elif kind == "path":
            try:
                given[name] = box.name(box.path(str(value)))
            except InputError as error:
                faults.extend(error.faults)
        elif kind == "flag" and not isinstance(value, bool):
            faults.append(Fault(f"{name} is yes or no", seen=str(value)[:40]))
        elif kind == "number" and (isinstance(value, bool) or not isinstance(value, int)):
            faults.append(Fault(f"{name} is a whole number", seen=str(value)[:40]))
        elif kind == "names" and not (isinstance(value, list) and all(isinstance(n, str) for n in value)):
            faults.append(Fault(f"{name} are names", seen=str(value)[:40]))
        elif kind == "word" and not (isinstance(value, str) and value.replace(":", "").isalnum()):
            faults.append(Fault(f"{name} is one word", seen=str(value)[:40]))
        elif value is not False:
            given[name] = value
    if faults:
        raise InputError(faults)
    return scripts.flags(given)


def of_run(box: Sandbox, *, recipe: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a run would be as a command and as Python; nothing is started."""
    given = dict(options or {})
    words = arguments(box, "run", recipe, given)
    kept = ("dots", "seed", "engine", "hypothesis", "mechanism", "parameters", "states", "blocks", "ignore")
    python = {name: given[name] for name in kept if given.get(name) not in (None, "", [])}
    return {"command": scripts.command(*words), "python": scripts.of_run(words[1], **python)}


def _command(name: str) -> Command:
    known = COMMANDS.get(name)
    if known is None:
        raise InputError("the bench has no such job", seen=name[:40], nearest=nearest(name, COMMANDS))
    return known


def _subject(box: Sandbox, kind: str, subject: str) -> str:
    if kind == "recipe" and subject in recipes.shipped():
        return subject
    if subject in ("", ".") and kind == "folder":
        return "."
    file, mark, variant = subject.partition("#")
    path = box.path(file)
    if kind == "folder" and not path.is_dir():
        raise InputError("there is no such folder", seen=subject[:80])
    if kind in ("recipe", "file") and not path.is_file():
        raise InputError(f"no such {kind}", seen=subject[:80], nearest=nearest(subject, recipes.shipped()))
    if kind in ("recipe", "file"):
        box.insist_inside(files.read(path, MOST_TEXT, kind).decode("utf-8", "replace"))
    return box.name(path) + mark + variant
