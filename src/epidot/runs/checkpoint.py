"""A run that was interrupted can go on: everything done so far, kept beside the results."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from epidot.dot.layers import Layer
from epidot.errors import Fault, InputError
from epidot.synthesis.flask import Progress, Taken
from epidot.synthesis.state import FlaskState

NAME = "checkpoint.json"


def save(folder: Path, key: dict[str, Any], progress: Progress) -> None:
    """Write the progress aside and rename it; ``key`` is what must match to go on."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / NAME
    aside = folder / f".{NAME}.partial"
    aside.write_text(json.dumps({"key": key, "progress": asdict(progress)}), encoding="utf-8")
    os.replace(aside, target)


def load(folder: Path, key: dict[str, Any]) -> Progress | None:
    """The progress of an interrupted run of the same order, or ``None`` if there is none.

    Raises
    ------
    InputError
        If the checkpoint belongs to another recipe, seed, engine, version or set of parameters.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found, plain = content["key"], content["progress"]
    except (ValueError, KeyError, TypeError):
        raise InputError(
            Fault("cannot go on from this checkpoint", str(path), remedy="run without --resume")
        ) from None
    different = sorted(name for name in key if found.get(name) != key[name])
    if different:
        raise InputError(
            Fault(
                f"the interrupted run had another {', '.join(different)}",
                str(path),
                seen=", ".join(str(found.get(name)) for name in different),
                remedy="run without --resume, or with the same order",
            )
        )
    return _progress(plain)


def clear(folder: Path) -> None:
    """Remove the checkpoint of a run that is done."""
    (folder / NAME).unlink(missing_ok=True)


def discard(folder: Path) -> None:
    """Leave nothing behind of a run that cannot be done: neither its checkpoint nor an empty folder."""
    clear(folder)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _progress(plain: dict[str, Any]) -> Progress:
    return Progress(
        done=plain["done"],
        state=FlaskState(**plain["state"]),
        history=tuple(FlaskState(**s) for s in plain["history"]),
        taken=tuple(Taken(t["name"], FlaskState(**t["state"]), _layers(t["shells"])) for t in plain["taken"]),
        charged=plain["charged"],
        shells=_layers(plain["shells"]),
        steps=tuple((float(a), float(b), str(c)) for a, b, c in plain["steps"]),
        remarks=tuple(plain["remarks"]),
        solids=plain["solids"],
    )


def _layers(plain: list[dict[str, Any]]) -> tuple[Layer, ...]:
    return tuple(Layer(**layer) for layer in plain)
