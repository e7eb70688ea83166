"""Questions of the page and who answers them: one table, for the server and for the tests.

An answer is a function of a room above, called in a process beside the server with plain words and numbers.
What it refuses becomes the same message that the command prints.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from epidot import files
from epidot.errors import EpidotError, InputError, WorkError, nearest
from epidot.web.sandbox import Sandbox

JSON, BYTES, HTML = "application/json", "application/octet-stream", "text/html; charset=utf-8"
# question -> module of this room and its function; GET asks, POST carries a body
QUESTIONS: Mapping[tuple[str, str], str] = {
    ("GET", "recipes"): "recipes:listed",
    ("GET", "recipe"): "recipes:text",
    ("POST", "recipe/check"): "recipes:checked",
    ("POST", "recipe/diff"): "recipes:compared",
    ("POST", "recipe/save"): "recipes:saved",
    ("POST", "recipe/draft"): "recipes:keep_draft",
    ("GET", "recipe/draft"): "recipes:draft",
    ("GET", "runs"): "runs:listed",
    ("GET", "run"): "runs:shown",
    ("GET", "run/spectra"): "runs:spectra",
    ("GET", "run/atoms"): "runs:atoms",
    ("GET", "run/report"): "runs:report",
    ("POST", "simulate"): "runs:simulated",
    ("POST", "run/command"): "commands:of_run",
    ("GET", "files"): "measured:listed",
    ("GET", "options"): "measured:options",
    ("POST", "read"): "measured:looked_at",
    ("POST", "measure"): "measured:measured",
    ("POST", "series"): "measured:series",
    ("GET", "claims"): "claims:words",
    ("GET", "studies"): "studies:listed",
    ("GET", "study/report"): "studies:report_of",
    ("POST", "study/explain"): "studies:explained",
    ("POST", "study/command"): "studies:command",
}


@dataclass(frozen=True)
class Answer:
    """What goes back to the page."""

    status: int
    content: bytes
    kind: str = JSON


def answer(root: str, method: str, question: str, given: Mapping[str, Any]) -> Answer:
    """Answer one question about the folder ``root``; never raises for what a user can do."""
    try:
        home = QUESTIONS.get((method, question))
        if home is None:
            raise InputError("no such question", seen=question[:80], nearest=nearest(question, _known()))
        module, _, name = home.partition(":")
        function: Callable[..., Any] = getattr(import_module(f"epidot.web.{module}"), name)
        found = function(Sandbox(Path(root)), **_fitting(function, given, question))
    except InputError as error:
        return refused(error, 422, root)
    except EpidotError as error:
        return refused(error, 409, root)
    except OSError as error:  # a file that was taken away, or may not be read
        said = f"{error.strerror or error}: {error.filename or question}"
        return refused(WorkError(said), 409, root)
    if isinstance(found, bytes):
        return Answer(200, found, BYTES)
    if isinstance(found, str):
        return Answer(200, found.encode(), HTML)
    # A name in the folder may hold bytes that are no text.
    return Answer(200, files.json_text(found, indent=None).encode("utf-8", "backslashreplace"))


def refused(error: EpidotError, status: int, root: str = "") -> Answer:
    """A refusal in the words of the command, fault by fault with its line; files by their names here."""

    def said(text: object) -> str:
        return str(text).replace(f"{root}/", "") if root else str(text)

    faults = error.faults if isinstance(error, InputError) else ()
    told = [{"line": f.line, "seen": f.seen, "nearest": f.nearest, "text": said(f)} for f in faults]
    return Answer(status, json.dumps({"error": said(error), "faults": told}).encode())


def body(raw: bytes) -> dict[str, Any]:
    """The body of a question: one JSON object.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        found = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InputError("a question is one JSON object", seen=raw[:40].decode("utf-8", "replace"))
    return found


def _fitting(function: Callable[..., Any], given: Mapping[str, Any], question: str) -> dict[str, Any]:
    """``given`` as the keywords of ``function``: none missing, none too many, each of the kind declared."""
    wanted = {p.name: p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY}
    faults = []
    for name in given:
        if name not in wanted:
            faults.append(InputError(f"{question} takes no {name[:40]!r}", nearest=nearest(name, wanted)))
    for name, parameter in wanted.items():
        if name not in given and parameter.default is parameter.empty:
            faults.append(InputError(f"{question} needs {name!r}"))
        elif name in given and not _is(given[name], str(parameter.annotation)):
            faults.append(InputError(f"{name} of {question} is of another kind", seen=str(given[name])[:40]))
    if faults:
        raise InputError([fault for error in faults for fault in error.faults])
    return dict(given)


def _is(value: Any, annotation: str) -> bool:
    if value is None:
        return "None" in annotation
    if annotation.startswith("Sequence"):
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if annotation.startswith("Mapping"):
        return isinstance(value, dict)
    if annotation.startswith("int"):
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str)


def _known() -> list[str]:
    return [question for _, question in QUESTIONS]
