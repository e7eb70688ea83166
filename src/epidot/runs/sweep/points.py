"""One point of a sweep: carried out, and what it gave kept so that it is never carried out again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epidot import files
from epidot.errors import EpidotError
from epidot.quantities import Quantity
from epidot.runs.order import Order
from epidot.runs.run import run_flask
from epidot.runs.sweep.plan import Point
from epidot.runs.workers import Lost, Workers

FOLDER = "points"
Found = Mapping[str, Mapping[str, Quantity]]  # sample -> quantity


@dataclass(frozen=True)
class Asked:
    """A run and what it is asked, as a worker gets it; ``digest`` stands for both."""

    order: Order
    samples: tuple[str, ...]
    quantities: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, order: Order, samples: tuple[str, ...], quantities: tuple[str, ...]) -> Asked:
        """With its digest."""
        return cls(order, samples, quantities, _digest(order, samples, quantities))


@dataclass(frozen=True)
class Outcome:
    """What a point gave; ``reason`` says why it gave nothing."""

    found: Found
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether it gave nothing."""
        return bool(self.reason)


@dataclass(frozen=True)
class Tried:
    """A point with its outcome; ``kept`` says that it was known before."""

    point: Point
    outcome: Outcome
    kept: bool = False


def carry_out(asked: Asked) -> Outcome:
    """Run the flask and read what is asked; whatever goes wrong is told in the outcome."""
    try:
        if _digest(asked.order, asked.samples, asked.quantities) != asked.digest:
            return Outcome(
                {}, "the worker has another version, other parameters or other materials of epidot"
            )
        run = run_flask(asked.order, points=1, until=asked.samples)
        return Outcome(
            {
                name: {quantity: run.sample(name).quantity(quantity) for quantity in asked.quantities}
                for name in asked.samples
            }
        )
    except EpidotError as error:
        return Outcome({}, str(error).splitlines()[0])
    except Exception as error:  # one point that breaks must not lose the others
        return Outcome({}, f"{type(error).__name__}: {error}".splitlines()[0][:300])


@dataclass
class Kept:
    """The outcomes kept in a folder, one file each; what failed is not kept, so that it is tried again."""

    folder: Path | None

    def recall(self, digest: str) -> Outcome | None:
        """What was kept of a point."""
        if self.folder is None:
            return None
        try:
            plain = json.loads((self.folder / f"{digest}.json").read_text(encoding="utf-8"))
            if plain["point"] != digest:
                return None
            return Outcome(
                {s: {n: Quantity(**q) for n, q in row.items()} for s, row in plain["samples"].items()}
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def keep(self, digest: str, outcome: Outcome) -> None:
        """Keep what a point gave, whole or not at all."""
        if self.folder is None or outcome.failed:
            return
        plain = {
            "point": digest,
            "samples": {s: {n: q.to_json() for n, q in row.items()} for s, row in outcome.found.items()},
        }
        files.write(
            self.folder / f"{digest}.json", json.dumps(plain, ensure_ascii=False, allow_nan=False) + "\n"
        )


def outcomes(
    asked: Sequence[Asked],
    helpers: Workers,
    kept: Kept,
    told: Callable[[int, Outcome, bool], None] = lambda number, outcome, known: None,
) -> list[tuple[Outcome, bool]]:
    """What each gave and whether that was known, in their order; the same asked twice is carried out once.

    ``told`` hears of each as it is ready, by the number of the first that asked it.
    """
    found: dict[str, Outcome] = {}
    first: dict[str, int] = {}
    for number, one in enumerate(asked):
        if one.digest in first:
            continue
        first[one.digest] = number
        known = kept.recall(one.digest)
        if known is not None:
            found[one.digest] = known
            told(number, known, True)
    before = set(found)
    waiting = [asked[number] for digest, number in first.items() if digest not in found]
    for done in helpers.each(carry_out, waiting):
        digest = waiting[done.number].digest
        outcome = Outcome({}, done.result.reason) if isinstance(done.result, Lost) else done.result
        kept.keep(digest, outcome)
        found[digest] = outcome
        told(first[digest], outcome, False)
    return [(found[one.digest], one.digest in before) for one in asked]


def each(
    points: Sequence[Point],
    samples: tuple[str, ...],
    quantities: tuple[str, ...],
    helpers: Workers,
    kept: Kept,
    told: Callable[[Tried], None] = lambda tried: None,
) -> list[Tried]:
    """Every point with its outcome, in the order of ``points``."""
    asked = [Asked.of(point.order, samples, quantities) for point in points]

    def hear(number: int, outcome: Outcome, known: bool) -> None:
        told(Tried(points[number], outcome, known))

    found = outcomes(asked, helpers, kept, hear)
    return [Tried(point, *one) for point, one in zip(points, found, strict=True)]


def known_before(
    points: Sequence[Point], samples: tuple[str, ...], quantities: tuple[str, ...], kept: Kept
) -> Iterator[bool]:
    """Of each point, whether its outcome is kept."""
    for point in points:
        yield kept.recall(Asked.of(point.order, samples, quantities).digest) is not None


def _digest(order: Order, samples: Sequence[str], quantities: Sequence[str]) -> str:
    key: dict[str, Any] = {**order.key, "samples": list(samples), "quantities": list(quantities)}
    text = json.dumps(key, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
