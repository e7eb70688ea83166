"""The outcome of a sweep as one netCDF file, parameters as coordinates, and as a table."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot import files
from epidot.quantities import Quantity
from epidot.runs import netcdf
from epidot.runs.netcdf import Variable
from epidot.runs.provenance import parameter_hash, version
from epidot.runs.quantities import find
from epidot.runs.sweep.plan import GRID, Sweep
from epidot.runs.sweep.points import Outcome, Tried
from epidot.runs.sweep.ranges import Values

FORMAT = "epidot-sweep/1"
POINT, SAMPLE = "point", "sample"
_NUMBER = re.compile(r"^\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)")


@dataclass(frozen=True)
class Carried:
    """What a sweep gave: every point in the order of the design; of a search, every point it tried."""

    sweep: Sweep
    tried: tuple[Tried, ...]

    @property
    def failed(self) -> tuple[Tried, ...]:
        """The points that gave nothing."""
        return tuple(one for one in self.tried if one.outcome.failed)

    @property
    def new(self) -> int:
        """How many points were carried out now."""
        return len({id(one.outcome) for one in self.tried if not one.kept})

    def penalty(self, one: Tried) -> float:
        """How far a point is from the targets, at the last sample; infinite where it gave nothing."""
        return penalty(self.sweep, one.outcome)

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset``, as ``sweep.nc`` holds it (:func:`to_bytes`)."""
        import io

        import xarray

        return xarray.load_dataset(io.BytesIO(to_bytes(self)), engine="h5netcdf")

    @property
    def best(self) -> Tried | None:
        """The point nearest to the targets."""
        if not self.sweep.targets or len(self.failed) == len(self.tried):
            return None
        return min(self.tried, key=self.penalty)

    @property
    def remarks(self) -> list[str]:
        """What a reader must know of the outcome."""
        said = []
        best = self.best
        if best is not None:
            for name, value, written in zip(
                self.sweep.names, self.sweep.values.values(), best.point.written, strict=True
            ):
                one = value.range
                if one is not None and written in (one.written(one.low), one.written(one.high)):
                    said.append(
                        f"the best point lies at the end of the range of {name} ({written}): "
                        "there may be a better one beyond"
                    )
        if self.failed:
            said.append(f"{len(self.failed)} of {len(self.tried)} points gave nothing; they are listed")
        return said


def penalty(sweep: Sweep, outcome: Outcome) -> float:
    """How far an outcome is from the targets, at the last sample; infinite where it gave nothing."""
    if outcome.failed:
        return math.inf
    row = outcome.found[sweep.samples[-1]]
    values = [row[target.quantity].value for target in sweep.targets]
    if any(value is None for value in values):
        return math.inf
    return sum(t.penalty(float(v)) for t, v in zip(sweep.targets, values, strict=True) if v is not None)


def to_bytes(done: Carried) -> bytes:
    """The netCDF file, the same bits for the same outcome.

    Of a grid every parameter is an axis; else the points are one axis (``point``) with the parameters along
    it.  ``sample`` is the last axis.  What a point did not give is NaN; ``gave_nothing`` marks it.
    """
    sweep = done.sweep
    axes = sweep.names if sweep.design == GRID else (POINT,)
    shape = sweep.shape or (len(done.tried),)
    variables: dict[str, Variable] = {}
    for name, values in sweep.values.items():
        found = _column(done, name) if sweep.design != GRID else _axis(values)
        variables[name] = Variable(
            (name,) if sweep.design == GRID else axes, found, attributes=_said(sweep, name)
        )
    variables[SAMPLE] = Variable((SAMPLE,), np.array(sweep.samples, dtype=object))
    where = {} if sweep.design == GRID else {"coordinates": " ".join(sweep.names)}
    for quantity in sweep.quantities:
        declared = find(quantity)
        said = {"units": declared.unit, "long_name": declared.method, **where}
        rows = [[_of(one, s, quantity) for s in sweep.samples] for one in done.tried]
        for suffix, attribute in (("", "value"), ("_sigma", "sigma")):
            column = np.array(
                [[_plain(q, attribute) for q in row] for row in rows], dtype=np.float64
            ).reshape(*shape, len(sweep.samples))
            if suffix and np.all(np.isnan(column)):
                continue  # this engine has no error of sampling
            variables[quantity + suffix] = Variable((*axes, SAMPLE), column, attributes=said)
    nothing = np.array([one.outcome.failed for one in done.tried]).reshape(shape)
    variables["gave_nothing"] = Variable(axes, nothing, attributes=where)
    return netcdf.to_bytes(variables, _attributes(done))


def csv(done: Carried) -> str:
    """A line for every point and sample."""
    sweep = done.sweep
    heads = [f"{n} / {v.unit}" if v.unit else n for n, v in sweep.values.items()]
    units = [find(q).unit for q in sweep.quantities]
    asked = [
        f"{q} / {u}" if u not in ("", "1", "fraction") else q
        for q, u in zip(sweep.quantities, units, strict=True)
    ]
    sampled = any(_sigma(done, q) for q in sweep.quantities)
    if sampled:
        asked = [
            head for q, name in zip(sweep.quantities, asked, strict=True) for head in (name, f"{q}_sigma")
        ]
    rows: list[Sequence[object]] = [[*heads, SAMPLE, *asked, "gave nothing because"]]
    for one in done.tried:
        given = [_shown(w, v) for w, v in zip(one.point.written, sweep.values.values(), strict=True)]
        for sample in sweep.samples:
            cells: list[object] = []
            for quantity in sweep.quantities:
                found = _of(one, sample, quantity)
                cells.append(None if found is None else found.value)
                if sampled:
                    cells.append(None if found is None else found.sigma)
            rows.append([*given, sample, *cells, one.outcome.reason])
    return files.csv_text(rows)


def to_json(done: Carried) -> dict[str, Any]:
    """The outcome as ``epidot sweep --json`` prints it."""
    sweep = done.sweep
    best = done.best
    return {
        "recipe": sweep.base.recipe.name,
        "engine": sweep.base.engine,
        "design": sweep.design,
        "parameters": {
            n: {"unit": v.unit, "in_the_recipe": sweep.present(n)} for n, v in sweep.values.items()
        },
        "samples": list(sweep.samples),
        "quantities": list(sweep.quantities),
        "points": len(done.tried),
        "carried_out": done.new,
        "failed": [{"at": _named(sweep, one), "reason": one.outcome.reason} for one in done.failed],
        "best": None if best is None else {"at": _named(sweep, best), "gives": _given(sweep, best)},
        "notes": done.remarks,
        "provenance": provenance(sweep),
    }


def provenance(sweep: Sweep) -> dict[str, str]:
    """What the sweep was made of."""
    return {name: str(value) for name, value in sweep.base.key.items()} | {
        "version": version(),
        "parameters_sha256": parameter_hash(),
    }


def column(done: Carried, name: str) -> NDArray[np.float64] | None:
    """The numbers of a parameter, point by point; ``None`` where they are names."""
    found = _column(done, name)
    return found.astype(np.float64) if found.dtype != object else None


def values_of(done: Carried, quantity: str, sample: str) -> NDArray[np.float64]:
    """A quantity point by point; NaN where a point did not give it."""
    return np.array([_plain(_of(one, sample, quantity), "value") for one in done.tried], dtype=np.float64)


def _given(sweep: Sweep, one: Tried) -> dict[str, Any]:
    row = one.outcome.found[sweep.samples[-1]]
    return {q: row[q].value for q in sweep.quantities}


def _named(sweep: Sweep, one: Tried) -> dict[str, Any]:
    return dict(zip(sweep.names, one.point.written, strict=True))


def _of(one: Tried, sample: str, quantity: str) -> Quantity | None:
    return one.outcome.found.get(sample, {}).get(quantity)


def _plain(q: Quantity | None, attribute: str) -> float:
    found = None if q is None else getattr(q, attribute)
    return float("nan") if found is None else float(found)


def _sigma(done: Carried, quantity: str) -> bool:
    return any(
        q is not None and q.sigma is not None
        for one in done.tried
        for s in done.sweep.samples
        if (q := _of(one, s, quantity)) is not None
    )


def _axis(values: Values) -> NDArray[Any]:
    if values.numbers is not None:
        return np.array(values.numbers)
    return np.array([str(v) for v in values.written], dtype=object)


def _column(done: Carried, name: str) -> NDArray[Any]:
    i, values = done.sweep.names.index(name), done.sweep.values[name]
    shown = [_shown(one.point.written[i], values) for one in done.tried]
    return np.array(shown, dtype=float if values.numbers is not None or values.range is not None else object)


def _shown(written: Any, values: Values) -> object:
    """A value in a table: its number where its column has a unit."""
    if values.numbers is None and values.range is None:
        return str(written)
    found = _NUMBER.match(str(written))
    return float(found[1]) if found else written


def _said(sweep: Sweep, name: str) -> Mapping[str, str]:
    unit = sweep.values[name].unit
    present = sweep.present(name)
    said = {} if present is None else {"in_the_recipe": str(present)}
    return {**({"units": unit} if unit else {}), **said}


def _attributes(done: Carried) -> dict[str, str]:
    sweep = done.sweep
    return {
        "format": FORMAT,
        "title": sweep.title,
        "sweep": sweep.text,
        "recipe": sweep.base.recipe.name,
        "recipe_text": sweep.base.recipe.text,
        "engine": sweep.base.engine,
        "design": sweep.design,
        "provenance": json.dumps(provenance(sweep), sort_keys=True),
        "failed": json.dumps([[*map(str, one.point.written), one.outcome.reason] for one in done.failed]),
        "notes": json.dumps(done.remarks),
    }
