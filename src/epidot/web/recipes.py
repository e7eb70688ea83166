"""The page of recipes: shipped and own ones, checked as they are typed, with what they will do."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from epidot import files
from epidot.errors import Fault, InputError
from epidot.recipe import recipe as recipes
from epidot.recipe.accounting import account
from epidot.recipe.events import Run
from epidot.recipe.recipe import Recipe
from epidot.runs.needs import needs, reagents
from epidot.runs.order import DOTS, Order
from epidot.units import celsius
from epidot.web import scripts
from epidot.web.sandbox import MOST_TEXT, YAML, Sandbox

_DRAFT = "draft.json"


def listed(box: Sandbox) -> dict[str, Any]:
    """Names of the shipped recipes, and of the files in the folder that look like one."""
    own = box.documents("steps:")
    return {"shipped": list(recipes.shipped()), "own": [box.name(path) for path in own]}


def text(box: Sandbox, *, name: str) -> dict[str, Any]:
    """A recipe to be looked at and changed; a shipped one of several in a file stands alone."""
    if name in recipes.shipped():
        found = recipes.load(name)
        alone = (
            found
            if found.variant is None
            else found.with_(name=found.name.rpartition("/")[2], title=found.title)
        )
        return {"name": name, "text": alone.text, "shipped": True}
    path = box.path(name)
    raw = files.read(path, MOST_TEXT, "recipe")
    return {"name": name, "text": raw.decode("utf-8", "replace"), "shipped": False}


def checked(
    box: Sandbox,
    *,
    text: str,
    engine: str = "kmc",
    dots: int | None = None,
    ignore: Sequence[str] = (),
) -> dict[str, Any]:
    """What a recipe will do, or every fault with its line: the same that the command says."""
    if len(text) > MOST_TEXT:
        raise InputError("too long for a recipe", seen=f"{len(text)} characters")
    try:
        recipe = recipes.from_text(text, where="recipe")
        order = Order(recipe, engine, dots or DOTS.get(engine, 1), ignore=tuple(ignore))
        met = reagents(order)
    except InputError as error:
        return {"good": False, "faults": [_told(fault) for fault in error.faults]}
    minutes, temperatures = programme(recipe)
    accounted = account(recipe)
    return {
        "good": True,
        "faults": [],
        "warnings": [_told(fault) for fault in recipe.warnings],
        "assumptions": [f"line {r.line}: {r}" for r in recipe.assumptions()],
        "title": recipe.title,
        "programme": {"minutes": minutes, "celsius": temperatures},
        "events": [
            {
                "start_min": event.start_s / 60,
                "end_min": (event.start_s + event.duration_s) / 60,
                "text": event.text,
                "line": event.line,
            }
            for event in recipe.timeline()
        ],
        "samples": list(recipe.samples),
        "account": accounted.to_json(),
        "account_text": accounted.text(),
        "reagents": [
            {"name": one.name, "status": "ignored" if one.ignored else one.status, "why": one.why}
            for one in met
        ],
        "needs": asdict(needs(order)),
    }


def programme(recipe: Recipe) -> tuple[list[float], list[float]]:
    """The planned temperature: minutes and °C at the corners of its line."""
    minutes, temperatures = [0.0], [celsius(recipe.start_K)]
    for event in recipe.timeline():
        if isinstance(event, Run):
            minutes += [event.start_s / 60, (event.start_s + event.duration_s) / 60]
            temperatures += [celsius(event.segment.start_K), celsius(event.segment.end_K)]
    return minutes, temperatures


def compared(box: Sandbox, *, name: str, text: str) -> dict[str, Any]:
    """How ``text`` differs from a recipe, line by line; a shipped one is the paper's."""
    before = globals()["text"](box, name=name)["text"]
    lines = difflib.unified_diff(before.splitlines(), text.splitlines(), name, "yours", lineterm="", n=2)
    return {"lines": list(lines)}


def saved(box: Sandbox, *, name: str, text: str) -> dict[str, Any]:
    """Write a recipe into the folder, faults and all: it is the chemist's draft."""
    path = box.path(name)
    if path.suffix not in YAML:
        raise InputError("a recipe's file ends in .yaml", seen=name, nearest=(f"{name}.yaml",))
    if len(text) > MOST_TEXT:
        raise InputError("too long for a recipe", seen=f"{len(text)} characters")
    files.make_folder(path.parent)
    files.write(path, text)
    return {"name": box.name(path), "command": scripts.command("run", box.name(path))}


def keep_draft(box: Sandbox, *, text: str, name: str = "", paper: str = "") -> dict[str, Any]:
    """Keep what is being typed, with the file it belongs to and the paper's recipe it began with."""
    if len(text) > MOST_TEXT:
        raise InputError("too long for a recipe", seen=f"{len(text)} characters")
    files.make_folder(box.own)
    files.write(box.own / _DRAFT, json.dumps({"name": name, "paper": paper, "text": text}))
    return {"name": name}


def draft(box: Sandbox) -> dict[str, Any]:
    """What was being typed when the page was left; nothing where it cannot be read."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        found = json.loads((box.own / _DRAFT).read_text(encoding="utf-8"))
        return {key: str(found[key]) for key in ("name", "paper", "text")}
    return {"name": "", "paper": "", "text": ""}


def _told(fault: Fault) -> dict[str, Any]:
    return {**asdict(fault), "text": str(fault)}
