"""A run that was interrupted can go on: everything done so far, kept beside the results."""

from __future__ import annotations

import hashlib
import io
import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
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

NAME = "checkpoint.epidot"
_FORMAT = b"epidot-checkpoint/4"
_TEXT = "text"  # the array that holds the JSON
_SHARE = 1 / 20  # of the time of a run that may go into keeping it
_CALLED = {"dots": "number of dots", "recipe_sha256": "recipe text"}
Arrays = dict[str, NDArray[Any]]


class Keeper:
    """Keeps the progress of a run in ``folder``, at the cost of a small share of the time.

    ``key`` is what must match to go on.
    """

    def __init__(self, folder: Path, key: dict[str, Any]) -> None:
        self._folder, self._key = folder, key
        self._pending: Progress | None = None
        self._next = -math.inf

    def keep(self, progress: Progress) -> None:
        """Keep ``progress`` now, or when it is time or :meth:`flush` asks for it."""
        self._pending = progress
        if time.monotonic() >= self._next:
            self.flush()

    def flush(self) -> None:
        """Keep what is not kept yet."""
        if self._pending is None:
            return
        began = time.monotonic()
        save(self._folder, self._key, self._pending)
        self._pending = None
        ended = time.monotonic()
        self._next = ended + (ended - began) / _SHARE


@contextmanager
def kept_on_interruption(keeper: Keeper | None) -> Iterator[None]:
    """What is done inside, kept where an interruption ends it."""
    try:
        yield
    except KeyboardInterrupt:
        if keeper is not None:
            keeper.flush()
        raise


def save(folder: Path, key: dict[str, Any], progress: Progress) -> None:
    """Write the progress into one file, whole or not at all; ``key`` is what must match to go on.

    Raises
    ------
    CannotWrite
        If it cannot be written.
    """
    arrays: Arrays = {}
    populations = [_set_aside(state.grown, i, arrays) for i, state in enumerate(_with_dots(progress))]
    content: dict[str, Any] = {
        "key": key,
        "progress": _fields(_without_dots(progress)),
        "populations": populations,
    }
    text = json.dumps(content, default=_plain).encode()
    raw = io.BytesIO()
    np.savez(raw, **{_TEXT: np.frombuffer(text, dtype=np.uint8)}, **arrays)  # type: ignore[arg-type]
    body = raw.getvalue()
    files.write(folder / NAME, b"%s %s\n" % (_FORMAT, hashlib.sha256(body).hexdigest().encode()) + body)


def _fields(one: Any) -> dict[str, Any]:
    return {f.name: getattr(one, f.name) for f in fields(one)}


def _plain(one: Any) -> Any:
    """What JSON does not know: arrays as lists, our own as their fields."""
    return one.tolist() if isinstance(one, np.ndarray) else _fields(one)


def load(folder: Path, key: dict[str, Any]) -> Progress | None:
    """The progress of an interrupted run of the same order, or ``None`` if there is none.

    Raises
    ------
    InputError
        If the checkpoint is damaged, or belongs to another order or version.
    """
    path = folder / NAME
    if not is_in(folder):
        return None
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        if head != b"%s %s" % (_FORMAT, hashlib.sha256(body).hexdigest().encode()):
            raise ValueError("damaged")
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            arrays: Arrays = {name: file[name] for name in file.files}
        content = json.loads(arrays.pop(_TEXT).tobytes())
        found, progress = content["key"], _progress(content["progress"])
    except (ValueError, KeyError, TypeError, OSError, BadZipFile):
        raise InputError(
            "cannot go on from this checkpoint: it is damaged or of another version",
            str(path),
            remedy="run without --resume",
        ) from None
    insist(found, key, str(path), "interrupted")
    populations = [_taken_up(text, i, arrays) for i, text in enumerate(content["populations"])]
    return _with_these(progress, populations)


def insist(found: Mapping[str, Any], key: Mapping[str, Any], where: str, what: str) -> None:
    """Refuse to go on with another order than that of the run ``found``, which was ``what``.

    Raises
    ------
    InputError
        Naming what differs.
    """
    different = sorted(n for n in {*found, *key} if str(found.get(n)) != str(key.get(n)))
    if different:
        raise InputError(
            f"the {what} run had another {', '.join(_CALLED.get(name, name) for name in different)}",
            where,
            seen=", ".join(str(found.get(name)) for name in different),
            remedy="run without --resume, or with the same order",
        )


def is_in(folder: Path) -> bool:
    """Whether an interrupted run left its progress in ``folder``."""
    return (folder / NAME).exists()


def clear(folder: Path) -> None:
    """Remove the checkpoint of a run that is done, or that cannot be done."""
    (folder / NAME).unlink(missing_ok=True)


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
    kept = {"halide": HalideState(**halide | {"ions": ions}), "laid": tuple(plain["laid"])}
    return FlaskState(**plain | kept)


def _ions(
    edges_nm: Any, c: Any, trapped: Any, interface: Any, adsorbed: float, partners_mol: dict[str, float]
) -> Ions:
    by_trap = np.reshape(np.asarray(trapped, dtype=np.float64), (-1, len(c)))
    return Ions(np.asarray(edges_nm), np.asarray(c), by_trap, np.asarray(interface), adsorbed, partners_mol)


def _layers(plain: list[dict[str, Any]]) -> tuple[Layer, ...]:
    return tuple(Layer(**layer) for layer in plain)
