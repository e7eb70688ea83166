"""Numbers that stand in for those of ``data/`` in one run.

A :class:`Given` is frozen and belongs to the order of a run.  Its numbers are in force only inside ``with
given.in_force():``, for this thread alone (a context variable), so that no run sees those of another.  What
reads a number from a data file passes it through :func:`instead`; what remembers results that rest on such
numbers does so by :func:`remembered`, which keeps those of different sets apart; and what is worked out later
than its object was made is :class:`held`, so that it sees the numbers its object was made with.

Names are those by which a report says what it rests on: ``mechanism.Ea_ex``, ``halide.D_shell``,
``light.ligand_mass``, ``strain.coherency_misfit``, ``InP.Eg_eV``, ``CdS.dipole_eV on InP``.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, update_wrapper, wraps
from typing import Any, Generic, ParamSpec, TypeVar

from epidot.parameter import Parameter

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Together:
    """How errors of some numbers go together: ``covariance`` (n, n) in their units, and where it is from.

    Of those under ``ln`` it is that of their logarithms.
    """

    names: tuple[str, ...]
    covariance: tuple[tuple[float, ...], ...]
    origin: str
    ln: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, names: Iterable[str], covariance: Iterable[Iterable[float]], origin: str, ln: Iterable[str] = ()
    ) -> Together:
        """From any rows of numbers."""
        return cls(tuple(names), tuple(tuple(map(float, row)) for row in covariance), origin, tuple(ln))

    def to_json(self) -> dict[str, Any]:
        """As a file of numbers and the text of a :class:`Given` hold it."""
        return {
            "from": self.origin,
            "names": list(self.names),
            "ln": list(self.ln),
            "covariance": [list(row) for row in self.covariance],
        }


@dataclass(frozen=True)
class Given:
    """Values by name, in the units of the files they stand in for, and what is known of their errors.

    ``sigmas`` are standard errors; a number without one keeps that of the file.  ``together`` are errors of
    some of them that go together, which then stand for their ``sigmas``.
    """

    values: tuple[tuple[str, float], ...] = ()
    sigmas: tuple[tuple[str, float], ...] = ()
    together: Together | None = None

    @classmethod
    def of(
        cls,
        values: Mapping[str, float],
        sigmas: Mapping[str, float] | None = None,
        together: Together | None = None,
    ) -> Given:
        """From mappings, in an order that does not depend on theirs."""
        first, second = (
            tuple(sorted((k, float(v)) for k, v in one.items())) for one in (values, sigmas or {})
        )
        return cls(first, second, together)

    @classmethod
    def from_text(cls, text: str) -> Given:
        """What :attr:`text` says."""
        said = json.loads(text) if text else {}
        joint = said.get("together")
        together = (
            None
            if joint is None
            else Together.of(joint["names"], joint["covariance"], joint["from"], joint["ln"])
        )
        return cls.of(said.get("values", {}), said.get("sigmas", {}), together)

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def text(self) -> str:
        """All of it in one line, to the last bit; empty for nothing."""
        if not self:
            return ""
        more: dict[str, Any] = {"sigmas": dict(self.sigmas)} if self.sigmas else {}
        if self.together is not None:
            more["together"] = self.together.to_json()
        return json.dumps({"values": dict(self.values)} | more, sort_keys=True)

    @property
    def hash(self) -> str:
        """SHA-256 of :attr:`text`."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def part(self, prefix: str) -> dict[str, float]:
        """The values whose names begin with ``prefix``, by the rest of their names."""
        return {name.removeprefix(prefix): v for name, v in self.values if name.startswith(prefix)}

    def and_also(self, more: Mapping[str, float]) -> Given:
        """The same with ``more`` values on top."""
        return Given.of({**dict(self.values), **more}, dict(self.sigmas), self.together)

    def except_for(self, names: Iterable[str]) -> Given:
        """All but the numbers whose names begin with one of ``names``; each with its own error only."""
        prefixes = tuple(names)
        if not (self and prefixes):
            return self
        return Given(
            tuple(row for row in self.values if not row[0].startswith(prefixes)),
            tuple(row for row in self.sigmas if not row[0].startswith(prefixes)),
        )

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Inside, everything of this thread that reads a number reads these."""
        before = _NOW.set(self)
        try:
            yield
        finally:
            _NOW.reset(before)


NOTHING = Given()
_NOW: ContextVar[Given] = ContextVar("epidot numbers given", default=NOTHING)


def now() -> Given:
    """What is in force here."""
    return _NOW.get()


def instead(prefix: str, table: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """``table`` with the values that are in force for the names ``prefix`` + its own."""
    given = now()
    values, sigmas = given.part(prefix), dict(given.sigmas)
    return {
        name: _given(p, values[name], sigmas.get(prefix + name)) if name in values else p
        for name, p in table.items()
    }


def _given(p: Parameter, value: float, sigma: float | None) -> Parameter:
    stated = p if sigma is None else replace(p, sigma=sigma, sigma_ln=None)
    return replace(stated, value=value, source="given for this run", low=-math.inf, high=math.inf)


class Remembered(Generic[P, T]):
    """A function whose latest results are kept, apart for every set of numbers in force."""

    def __init__(self, function: Callable[P, T], maxsize: int, unmoved_by: Iterable[str] = ()) -> None:
        @lru_cache(maxsize)
        def known(given: Given, *args: Any, **keywords: Any) -> T:
            return function(*args, **keywords)

        self._known = known
        self._unmoved_by = tuple(unmoved_by)
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **keywords: P.kwargs) -> T:
        known: Callable[..., T] = self._known
        return known(now().except_for(self._unmoved_by), *args, **keywords)

    def cache_clear(self) -> None:
        """Forget everything."""
        self._known.cache_clear()


def remembered(maxsize: int, unmoved_by: Iterable[str] = ()) -> Callable[[Callable[P, T]], Remembered[P, T]]:
    """As :func:`functools.lru_cache`, for what rests on numbers that a run can be given.

    ``unmoved_by`` are beginnings of names on which nothing of it rests.
    """
    return lambda function: Remembered(function, maxsize, unmoved_by)


class held(cached_property[T]):
    """A cached property that is worked out with the numbers of its object, ``self.given``."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        @wraps(function)
        def inside(me: Any) -> T:
            with me.given.in_force():
                return function(me)

        super().__init__(inside)
