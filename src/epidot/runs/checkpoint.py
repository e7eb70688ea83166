"""A run that was interrupted can go on: everything done so far, kept beside the results."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from epidot import files
from epidot.dot.layers import Layer
from epidot.errors import InputError
from epidot.growth.flask import Progress, Taken
from epidot.growth.halide import HalideState, Ions
from epidot.growth.lattice.population import GrownPopulation
from epidot.growth.state import FlaskState

NAME = "checkpoint.json"
Arrays = dict[str, NDArray[Any]]


def save(folder: Path, key: dict[str, Any], progress: Progress) -> None:
    """Write the progress; ``key`` is what must match to go on.

    Dots grown on the lattice go, as arrays, into a file of their own, named after the step.
    """
    files.make_folder(folder)
    arrays: Arrays = {}
    populations = [_set_aside(state.grown, i, arrays) for i, state in enumerate(_with_dots(progress))]
    content: dict[str, Any] = {
        "key": key,
        "progress": asdict(_without_dots(progress)),
        "populations": populations,
    }
    if arrays:
        content["arrays"] = f"checkpoint-{progress.done}.npz"
        raw = io.BytesIO()
        np.savez(raw, **arrays)  # type: ignore[arg-type]
        files.write(folder / content["arrays"], raw.getvalue())
    files.write(folder / NAME, json.dumps(content, default=np.ndarray.tolist))
    for old in folder.glob("checkpoint-*.npz"):
        if old.name != content.get("arrays"):
            old.unlink(missing_ok=True)


def load(folder: Path, key: dict[str, Any]) -> Progress | None:
    """The progress of an interrupted run of the same order, or ``None`` if there is none.

    Raises
    ------
    InputError
        If the checkpoint belongs to another recipe, seed, engine, version or set of parameters.
    """
    path = folder / NAME
    if not is_in(folder):
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found, progress = content["key"], _progress(content["progress"])
        arrays: Arrays = {}
        if "arrays" in content:
            with np.load(folder / content["arrays"], allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
    except (ValueError, KeyError, TypeError, OSError, BadZipFile):
        raise InputError(
            "cannot go on from this checkpoint", str(path), remedy="run without --resume"
        ) from None
    different = sorted(name for name in key if found.get(name) != key[name])
    if different:
        raise InputError(
            f"the interrupted run had another {', '.join(different)}",
            str(path),
            seen=", ".join(str(found.get(name)) for name in different),
            remedy="run without --resume, or with the same order",
        )
    populations = [_taken_up(text, i, arrays) for i, text in enumerate(content["populations"])]
    return _with_these(progress, populations)


def is_in(folder: Path) -> bool:
    """Whether an interrupted run left its progress in ``folder``."""
    return (folder / NAME).exists()


def clear(folder: Path) -> None:
    """Remove the checkpoint of a run that is done."""
    (folder / NAME).unlink(missing_ok=True)
    for arrays in folder.glob("checkpoint-*.npz"):
        arrays.unlink(missing_ok=True)


def discard(folder: Path) -> None:
    """Leave nothing behind of a run that cannot be done: neither its checkpoint nor an empty folder."""
    clear(folder)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _with_dots(progress: Progress) -> list[FlaskState]:
    """The states whose dots are kept: the present one and the samples, never the history."""
    return [progress.state, *(taken.state for taken in progress.taken)]


def _set_aside(population: object, i: int, arrays: Arrays) -> dict[str, Any] | None:
    if not isinstance(population, GrownPopulation):
        return None
    text, found = population.plain()
    arrays.update({f"{i}.{name}": array for name, array in found.items()})
    return text


def _taken_up(text: dict[str, Any] | None, i: int, arrays: Arrays) -> GrownPopulation | None:
    if text is None:
        return None
    mine = {name.split(".", 1)[1]: a for name, a in arrays.items() if name.split(".", 1)[0] == str(i)}
    return GrownPopulation.from_plain(text, mine)


def _without_dots(progress: Progress) -> Progress:
    return replace(
        progress,
        state=progress.state.with_(grown=None),
        history=tuple(s.with_(grown=None) for s in progress.history),
        taken=tuple(replace(t, state=t.state.with_(grown=None)) for t in progress.taken),
    )


def _with_these(progress: Progress, populations: list[GrownPopulation | None]) -> Progress:
    return replace(
        progress,
        state=progress.state.with_(grown=populations[0]),
        taken=tuple(
            replace(t, state=t.state.with_(grown=population))
            for t, population in zip(progress.taken, populations[1:], strict=True)
        ),
    )


def _progress(plain: dict[str, Any]) -> Progress:
    return Progress(
        done=plain["done"],
        state=_state(plain["state"]),
        history=tuple(_state(s) for s in plain["history"]),
        taken=tuple(
            Taken(t["name"], _state(t["state"]), _layers(t["shells"]), t["events"]) for t in plain["taken"]
        ),
        charged=plain["charged"],
        shells=_layers(plain["shells"]),
        steps=tuple((float(a), float(b), str(c)) for a, b, c in plain["steps"]),
        remarks=tuple(plain["remarks"]),
        solids=plain["solids"],
        events=plain["events"],
    )


def _state(plain: dict[str, Any]) -> FlaskState:
    halide = plain["halide"]
    ions = {name: _ions(**of) for name, of in halide["ions"].items()}
    return FlaskState(**plain | {"halide": HalideState(**halide | {"ions": ions})})


def _ions(
    edges_nm: Any, c: Any, trapped: Any, interface: Any, adsorbed: float, partners_mol: dict[str, float]
) -> Ions:
    by_trap = np.reshape(np.asarray(trapped, dtype=np.float64), (-1, len(c)))
    return Ions(np.asarray(edges_nm), np.asarray(c), by_trap, np.asarray(interface), adsorbed, partners_mol)


def _layers(plain: list[dict[str, Any]]) -> tuple[Layer, ...]:
    return tuple(Layer(**layer) for layer in plain)
