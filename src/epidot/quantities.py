"""Named values with standard errors: what every ``measure`` returns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from epidot.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from epidot.signal import Signal


def pandas() -> Any:
    """The library pandas.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import pandas
    except ImportError:
        remedy = "pip install pandas, or take to_json() or to_xarray()"
        raise InputError("tables are made by pandas, which is not installed", remedy=remedy) from None
    return pandas


@dataclass(frozen=True)
class Quantity:
    """``value`` ± ``sigma`` (one standard error) in ``unit``, obtained by ``method``.

    ``value`` is ``None`` when the quantity does not exist in these data (for instance the valley of
    a spectrum without one): ``note`` then says why.  ``sigma`` is ``None`` when it is not known.

    What a run forecasts says more: ``sigma`` is of sampling alone, ``interval68`` what the errors of the
    model's numbers make of it, ``widest`` names those that widen it most, and ``envelope`` says whether the
    run lies ``inside``, ``near`` or ``outside`` of what the model was fitted on.
    """

    value: float | None
    sigma: float | None
    unit: str
    method: str
    note: str = ""
    interval68: tuple[float, float] | None = None
    widest: tuple[str, ...] = ()
    envelope: str = ""

    def widened(self, by: float, said: str) -> Quantity:
        """Itself with what moves it ``by`` so much in its error and ``said`` in its note; unchanged without a
        value or an error."""
        if self.value is None or self.sigma is None:
            return self
        note = f"{self.note}; {said}" if self.note else said
        return replace(self, sigma=math.hypot(self.sigma, by), note=f"{note}, which is in the error")

    def bounded(self, low: float, high: float) -> tuple[float, float]:
        """``low`` and ``high`` within what such a quantity can be: nothing below none, no share above one."""
        if self.value is None:
            return low, high
        if self.value >= 0 and self.unit != "":
            low = max(low, 0.0)
        if self.unit == "fraction":
            low, high = max(low, min(0.0, self.value)), min(high, max(1.0, self.value))
        return low, high

    @property
    def with_sampling(self) -> tuple[float, float] | None:
        """Its interval with the error of sampling in it, on either side; where both are stated."""
        if self.value is None or self.interval68 is None or self.sigma is None:
            return None
        low, high = self.interval68
        return self.bounded(
            self.value - math.hypot(self.value - low, self.sigma),
            self.value + math.hypot(high - self.value, self.sigma),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; numbers that are not finite become ``null``."""
        return {
            "value": _finite(self.value),
            "sigma": _finite(self.sigma),
            "unit": self.unit,
            "method": self.method,
            "note": self.note,
        }

    def forecast_json(self) -> dict[str, Any]:
        """The contract of ``summary.json``; ``sigma`` and ``sigma_sampling`` are the same."""
        model, both = (
            None if ends is None else [_finite(end) for end in ends]
            for ends in (self.interval68, self.with_sampling)
        )
        return self.to_json() | {
            "sigma_sampling": _finite(self.sigma),
            "interval68": model,
            "interval68_with_sampling": both,
            "envelope": self.envelope,
            "widest": list(self.widest),
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Quantity:
        """What :meth:`to_json` or :meth:`forecast_json` said."""
        told = {key: said[key] for key in ("value", "sigma", "unit", "method", "note")}
        ends = said.get("interval68")
        return cls(
            **told,
            interval68=None if ends is None else (ends[0], ends[1]),
            widest=tuple(said.get("widest", ())),
            envelope=said.get("envelope", ""),
        )


@dataclass(frozen=True)
class Series:
    """Values one by one, such as an amount per etch round, each with its standard error.

    A value that does not exist in these data is ``None``; ``note`` then says why.
    """

    values: tuple[float | None, ...]
    sigmas: tuple[float | None, ...]
    unit: str
    method: str
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """As :meth:`Quantity.to_json`, with lists for value and sigma."""
        return {
            "value": [_finite(x) for x in self.values],
            "sigma": [_finite(x) for x in self.sigmas],
            "unit": self.unit,
            "method": self.method,
            "note": self.note,
        }


def _finite(x: float | None) -> float | None:
    return None if x is None or not math.isfinite(x) else float(x)


@dataclass(frozen=True)
class Quantities(Mapping[str, Quantity]):
    """What an instrument measured on one signal: quantities by name, and warnings in plain words.

    ``extra`` joins the JSON as it is; its ``rule`` names the way of measuring, so that a table of many
    curves can say where it changes; ``curves`` (model, residuals, marked points) is what a plot
    draws over the data.  ``series`` are quantities with one value per step; they stand beside the
    others in the JSON.
    """

    technique: str
    found: dict[str, Quantity]
    source: str = ""
    warnings: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, Signal] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "warnings", tuple(dict.fromkeys(self.warnings)))  # each is said once

    def __getitem__(self, name: str) -> Quantity:
        return self.found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def to_frame(self) -> Any:
        """The quantities as a pandas table: a row for each by its name; value, sigma, unit, method, note.

        Of a series there is a row for each value, ``name_1`` and so on.

        Raises
        ------
        InputError
            If pandas is not installed.
        """
        rows = {
            f"{name}_{i}": (value, sigma, s.unit, s.method, s.note)
            for name, s in self.series.items()
            for i, (value, sigma) in enumerate(zip(s.values, s.sigmas, strict=True), start=1)
        }
        rows |= {name: (q.value, q.sigma, q.unit, q.method, q.note) for name, q in self.found.items()}
        heads = ("value", "sigma", "unit", "method", "note")
        table = pandas().DataFrame.from_dict(rows, orient="index", columns=list(heads))
        return table.astype({"value": float, "sigma": float}).rename_axis("quantity")

    def without_errors(self) -> Quantities:
        """The same values, of which no error is known."""
        return replace(self, found={n: replace(q, sigma=None) for n, q in self.found.items()})

    def to_json(self) -> dict[str, Any]:
        """The contract of ``epidot measure --json``."""
        return {
            "technique": self.technique,
            "file": self.source,
            "quantities": {
                **{name: s.to_json() for name, s in self.series.items()},
                **{name: q.to_json() for name, q in self.found.items()},
            },
            "warnings": list(self.warnings),
            **self.extra,
        }


def number(value: float | None, sigma: float | None = None) -> str:
    """``value`` to the digits that ``sigma`` supports, e.g. ``47.42 ± 0.13``."""
    if value is None or not math.isfinite(value):
        return "-"
    if sigma is None or not math.isfinite(sigma) or sigma <= 0:
        return f"{value:.4g}" if abs(value) < 1e5 else f"{value:.4e}"
    decimals = max(0, 1 - math.floor(math.log10(sigma)))
    if decimals > 9 or abs(value) >= 1e7:
        return f"{value:.4g} ± {sigma:.2g}"
    return f"{value:.{decimals}f} ± {sigma:.{decimals}f}"


def interval(ends: tuple[float, float]) -> str:
    """``ends`` to the digits that their distance supports; an end that is not known stays open."""
    low, high = ends
    if not (math.isfinite(low) and math.isfinite(high)):
        return " ... ".join(number(end) if math.isfinite(end) else "open" for end in ends)
    decimals = 1 - math.floor(math.log10(high - low)) if high > low else 4
    largest = max(abs(low), abs(high))
    if decimals > 9 or largest >= 1e7:
        digits = max(3, decimals + 1 + math.floor(math.log10(largest))) if largest > 0 else 3
        return f"{low:.{min(digits, 9)}g} ... {high:.{min(digits, 9)}g}"
    return f"{low:.{max(0, decimals)}f} ... {high:.{max(0, decimals)}f}"


Shape = Literal["bounded", "lower only", "upper only", "flat", "several"]


@dataclass(frozen=True)
class Determined:
    """A parameter as far as data determine it.

    ``interval`` is its 68 % interval.  ``shape`` says which ends of it the data give: ``bounded`` both,
    ``lower only`` that below (the value may be arbitrarily larger), ``upper only`` that above, ``flat``
    neither, ``several`` more than one separate region.  An end that the data do not give is infinite, or
    where the model's own range ends.
    """

    value: float
    sigma: float | None
    unit: str
    interval: tuple[float, float]
    shape: Shape
    note: str = ""

    @classmethod
    def around(cls, value: float, sigma: float | None, unit: str, note: str = "") -> Determined:
        """``value`` ± ``sigma`` of a likelihood that is a parabola there; without ``sigma`` flat."""
        if sigma is None or not math.isfinite(sigma):
            return cls(value, None, unit, (-math.inf, math.inf), "flat", note)
        return cls(value, sigma, unit, (value - sigma, value + sigma), "bounded", note)

    def to_json(self) -> dict[str, Any]:
        """The contract of ``epidot fit --json``; open ends become ``null``."""
        return {
            "value": _finite(self.value),
            "sigma": _finite(self.sigma),
            "unit": self.unit,
            "interval": [_finite(end) for end in self.interval],
            "shape": self.shape,
            "note": self.note,
        }


@dataclass(frozen=True)
class Fit:
    """The outcome of a fit: parameters with errors, how it ended, and the curve of the best model.

    ``status`` is ``converged``, ``at a bound`` or ``failed``; ``message`` says which parameter and why.
    ``statistics`` holds for instance ``reduced_deviance`` and ``degrees_of_freedom``; ``covariance``
    is in the order of ``names``.  ``parameters`` are the model's own with their intervals; ``quantities``
    what follows from them; of several curves fitted at once that stands in ``each``.  A fit that failed
    states no errors and no intervals.
    """

    model: str
    quantities: Quantities
    status: str
    message: str
    statistics: dict[str, float]
    names: tuple[str, ...] = ()
    covariance: NDArray[np.float64] | None = None
    curves: dict[str, Signal] = field(default_factory=dict)
    parameters: dict[str, Determined] = field(default_factory=dict)
    each: tuple[Quantities, ...] = ()

    def __post_init__(self) -> None:
        if self.status == "failed":
            object.__setattr__(self, "quantities", self.quantities.without_errors())
            object.__setattr__(self, "each", tuple(one.without_errors() for one in self.each))
            loose = {n: Determined.around(p.value, None, p.unit, p.note) for n, p in self.parameters.items()}
            object.__setattr__(self, "parameters", loose)

    def to_json(self, files: Sequence[str]) -> dict[str, Any]:
        """The contract of ``epidot fit --json``."""
        quality = {name: _finite(value) for name, value in self.statistics.items()}
        return {
            "technique": self.quantities.technique,
            "model": self.model,
            "files": list(files),
            "parameters": {name: p.to_json() for name, p in self.parameters.items()},
            "quality": {"status": self.status, "message": self.message, **quality},
            "covariance": self._covariance(),
            "quantities": self.quantities.to_json()["quantities"],
            "distribution": self.quantities.extra.get("distribution", {}),
            "results": [one.to_json() for one in self.each],
            "warnings": list(self.quantities.warnings),
        }

    def _covariance(self) -> dict[str, Any]:
        matrix = [] if self.covariance is None or self.status == "failed" else self.covariance.tolist()
        return {"names": list(self.names), "matrix": [[_finite(x) for x in row] for row in matrix]}
