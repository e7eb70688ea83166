"""What every instrument declares at the top of its file, and the frame of its four verbs.

Command line options, documentation tables and contract tests are generated from the declaration.  The
verbs are written as ``@HEADER.read``, ``@HEADER.simulate``, ``@HEADER.measure`` and ``@HEADER.fit``: the
frame checks what was asked against the declaration and hands the function its settled options.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from epidot.dot.layers import LayeredDot, Population
from epidot.errors import InputError, nearest
from epidot.instruments.foreign import refuse
from epidot.instruments.options import CALIBRATE, Option, Settings, refuse_given, settled, standard
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal
from epidot.signal.calibration import Offset, calibrated, offset
from epidot.signal.storage import saved_signal

Dots = Population | Sequence[LayeredDot]
_Verb = TypeVar("_Verb", bound=Callable[..., Any])


@dataclass(frozen=True)
class Reported:
    """One quantity that ``measure`` may return."""

    name: str
    unit: str
    description: str


@dataclass(frozen=True)
class Trial:
    """One case of the symmetry law: what ``measure(simulate(dots, setup), **options)`` must find.

    ``truths`` are by quantity; a sequence belongs to a quantity with one value per step.
    """

    dots: Population
    truths: Mapping[str, float | Sequence[float]]
    setup: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Restated:
    """Options of ``read`` that tell what a saved signal does not know; ``apply`` adds them to it."""

    names: tuple[str, ...]
    apply: Callable[[Signal, Settings], Signal]


@dataclass(frozen=True)
class Header:
    """The declaration at the top of an instrument's file (its module-level name is ``HEADER``).

    ``marks`` tell which files are this instrument's: (place, weight, texts), with the place ``start`` for
    the first bytes, ``head`` for the first kilobytes (any case), ``name`` for a part of the file's name,
    ``ending`` for its end and ``file`` for the whole name; a mark that only this instrument's files carry
    weighs 10.  A fit takes the options of ``measure`` but for those named in ``measure_only``, and
    ``fit_options``; with ``fits_together`` it takes several signals at once, and its function always a
    sequence of them. ``endings`` are those of its files that others pass over in a folder (pictures).
    ``trial`` draws a case of the symmetry law at random; an instrument without one is refused by the tests
    of the contract. ``materials`` names the option without which ``measure`` and ``fit`` read no numbers of
    a material (``None``: they never do, "": they always do). By one of ``standards``
    (``data/standards.yaml``) the axis can be set right: ``measure`` is then offered ``calibrate_against``.
    ``cases`` of the law of symmetry with ``noises`` of each are tried by the tests of the contract; with
    fewer than 200 together the limits are wider, by chance, and ``benchmarks/coverage_tables.py --law`` tries
    the whole.
    A file saved by epidot is read for every instrument alike, with no option but those ``restated``.
    ``falls`` and ``decades`` say how its field draws it: from high to low (shifts, binding energies), and by
    powers of ten.
    An instrument whose standards are no list of single lines has an ``offset`` of its own: of the signal, the
    standard's name and the settled options of ``measure``.
    """

    name: str
    title: str
    x_axis: str
    y_axis: str
    formats: tuple[str, ...]
    quantities: tuple[Reported, ...]
    read_options: tuple[Option, ...] = ()
    setup: tuple[Option, ...] = ()
    measure_options: tuple[Option, ...] = ()
    fit_models: tuple[str, ...] = ()
    fit_options: tuple[Option, ...] = ()
    fits_together: bool = False
    measure_only: tuple[str, ...] = ()
    marks: tuple[tuple[str, float, tuple[str, ...]], ...] = ()
    endings: tuple[str, ...] = ()
    trial: Callable[[np.random.Generator], Trial] | None = None
    cases: int = 12
    noises: int = 20
    standards: tuple[str, ...] = ()
    materials: str | None = ""
    restated: Restated | None = None
    falls: bool = False
    decades: bool = False
    offset: Callable[[Signal, str, Settings], Offset] | None = None

    def __post_init__(self) -> None:
        if self.standards:
            object.__setattr__(self, "measure_options", (*self.measure_options, standard(self.standards)))
            object.__setattr__(self, "measure_only", (*self.measure_only, CALIBRATE))

    @property
    def all_marks(self) -> tuple[tuple[str, float, tuple[str, ...]], ...]:
        """``marks``, and the one of its signals saved by epidot."""
        return ("head", 10.0, (f'# technique: "{self.name}"',)), *self.marks

    @property
    def options_of_fit(self) -> tuple[Option, ...]:
        """What the verb ``fit`` may be asked."""
        shared = (option for option in self.measure_options if option.name not in self.measure_only)
        return (*shared, *self.fit_options)

    def read(self, own: Callable[[str | Path, Settings], Signal]) -> Callable[..., Signal]:
        """The verb ``read(path, **options)`` of an instrument."""

        def verb(path: str | Path, **options: Any) -> Signal:
            chosen = settled(self.read_options, options, f"{self.name}.read")
            saved = saved_signal(path, self.name)
            if saved is not None:
                return self._of_saved(saved, chosen, str(path))
            refuse(path, self.name, self.all_marks)
            return own(path, chosen)

        return _documented(verb, own)

    def _of_saved(self, saved: Signal, chosen: Settings, where: str) -> Signal:
        """A signal saved by epidot is what it is: an option that would say it otherwise is refused."""
        apart = () if self.restated is None else self.restated.names
        if str(chosen.get("column")).strip() in ("1", str(saved.meta.get("column", saved.y_name))):
            apart = (*apart, "column")
        why = "a signal saved by epidot says it all, and has one column"
        refuse_given(self.read_options, chosen, f"{self.name}.read", why, where, apart)
        return saved if self.restated is None else self.restated.apply(saved, chosen)

    def simulate(
        self, own: Callable[[Dots, Settings, np.random.Generator | None], Signal]
    ) -> Callable[..., Signal]:
        """The verb ``simulate(dots, setup=None, *, rng=None)``; without ``rng`` free of noise."""

        def verb(
            dots: Population | Iterable[LayeredDot],
            setup: Mapping[str, Any] | None = None,
            *,
            rng: np.random.Generator | None = None,
        ) -> Signal:
            shown = dots if isinstance(dots, Population) else tuple(dots)
            if not isinstance(shown, Population) and not shown:
                raise InputError("there are no dots to look at", remedy="give at least one")
            return own(shown, settled(self.setup, setup, f"{self.name}.simulate"), rng)

        return _documented(verb, own)

    def measure(self, own: Callable[[Signal, Settings], Quantities]) -> Callable[..., Quantities]:
        """The verb ``measure(signal, **options)``."""

        def verb(signal: Signal, **options: Any) -> Quantities:
            chosen = settled(self.measure_options, options, f"{self.name}.measure")
            against = chosen.get(CALIBRATE)
            if against is None:
                return own(signal, chosen)
            name, seen = against  # the standard is read by the verb beside this one
            shown = seen if isinstance(seen, Signal) else own.__globals__["read"](seen)
            by = self.offset(shown, name, chosen) if self.offset else offset(shown, name)
            return calibrated(signal, by, lambda moved: own(moved, chosen))

        return _documented(verb, own)

    def fit(self, own: Callable[[Any, str | None, Settings], Fit]) -> Callable[..., Fit]:
        """The verb ``fit(signal, model=None, **options)``, or ``fit([signal, ...], ...)``."""

        def verb(signal: Signal | Sequence[Signal], model: str | None = None, **options: Any) -> Fit:
            signals = [signal] if isinstance(signal, Signal) else list(signal)
            if not signals or (len(signals) > 1 and not self.fits_together):
                what = f"{self.name}.fit takes one curve"
                raise InputError(what, seen=str(len(signals)), remedy="fit them one by one")
            if model is not None and model not in self.fit_models:
                what = f"no such model of {self.name}.fit"
                raise InputError(what, seen=model, nearest=nearest(model, self.fit_models))
            chosen = settled(self.options_of_fit, options, f"{self.name}.fit")
            return own(signals if self.fits_together else signals[0], model, chosen)

        return _documented(verb, own)


class Instrument(Protocol):
    """The four verbs; nothing else of an instrument's module is public."""

    HEADER: Header

    def read(self, path: str | Path, **options: Any) -> Signal: ...

    def simulate(
        self,
        dots: Population | Iterable[LayeredDot],
        setup: Mapping[str, Any] | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> Signal: ...

    def measure(self, signal: Signal, **options: Any) -> Quantities: ...

    def fit(self, signal: Signal | Sequence[Signal], model: str | None = None, **options: Any) -> Fit: ...


def _documented(verb: _Verb, own: Callable[..., Any]) -> _Verb:
    functools.update_wrapper(verb, own, ("__module__", "__name__", "__qualname__", "__doc__"))
    del verb.__wrapped__  # type: ignore[attr-defined]  # callers see the verb's own arguments
    return verb
