"""A batch as the tables that others work with: an ``xarray.Dataset``, a pandas table of its samples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from epidot.quantities import Quantity, pandas

_SIGMA = "_sigma"


class OneSample(Protocol):
    """What is told of a sample of :class:`epidot.runs.batch.Batch`."""

    @property
    def name(self) -> str: ...
    @property
    def time_s(self) -> float: ...
    @property
    def temperature_K(self) -> float: ...
    @property
    def quantities(self) -> Mapping[str, Quantity]: ...
    @property
    def spectra(self) -> Mapping[str, NDArray[np.float64]]: ...


class Told(Protocol):
    """What is told of :class:`epidot.runs.batch.Batch`, which asks for the tables."""

    @property
    def recipe(self) -> str: ...
    @property
    def engine(self) -> str: ...
    @property
    def dots(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def provenance(self) -> Mapping[str, str]: ...
    @property
    def samples(self) -> Sequence[OneSample]: ...
    @property
    def history(self) -> Mapping[str, NDArray[np.float64]]: ...


def dataset(batch: Told) -> Any:
    """Quantities, spectra and history of ``batch`` as an ``xarray.Dataset``.

    Along ``sample`` (its name; beside it ``sample_time_s`` and ``sample_temperature_K``): every quantity by
    its name, with unit and method as attributes, and ``<name>_sigma``, its standard error of sampling.
    Along ``sample`` and ``nm``: ``absorption`` and ``emission``; along ``sample`` and ``moment``: ``decay``
    at ``decay_time_ns``.  Along ``moment_of_run`` (with ``time_s``): the history, each by its name with
    ``__`` for ``/``.  What a sample does not have is NaN.
    """
    import xarray as xr

    names = [s.name for s in batch.samples]
    found = xr.Dataset(
        coords={
            "sample": names,
            "sample_time_s": ("sample", [s.time_s for s in batch.samples], {"units": "s"}),
            "sample_temperature_K": ("sample", [s.temperature_K for s in batch.samples], {"units": "K"}),
        },
        attrs={
            "recipe": batch.recipe,
            "engine": batch.engine,
            "dots": batch.dots,
            "seed": batch.seed,
            "provenance": json.dumps(dict(batch.provenance), sort_keys=True),
        },
    )
    for name, (values, sigmas, told) in _quantities(batch).items():
        found[name] = ("sample", values, {"units": told.unit, "method": told.method})
        found[name + _SIGMA] = ("sample", sigmas, {"units": told.unit})
    _spectra(batch, found)
    history = {name: np.asarray(values) for name, values in batch.history.items()}
    if "time_s" in history:
        found = found.assign_coords(time_s=("moment_of_run", history.pop("time_s"), {"units": "s"}))
    for name, values in history.items():
        found["history__" + name.replace("/", "__")] = ("moment_of_run", values)
    return found


def frame(batch: Told) -> Any:
    """A pandas table with a row for each sample of ``batch``, by its name.

    Columns: ``time_s``, ``temperature_K``, every quantity by its name and, where it is known,
    ``<name>_sigma``.  ``frame.attrs["units"]`` gives the units.

    Raises
    ------
    InputError
        If pandas is not installed.
    """
    table = pandas()
    columns: dict[str, Any] = {
        "time_s": [s.time_s for s in batch.samples],
        "temperature_K": [s.temperature_K for s in batch.samples],
    }
    units = {"time_s": "s", "temperature_K": "K"}
    for name, (values, sigmas, told) in _quantities(batch).items():
        columns[name], units[name] = values, told.unit
        if np.isfinite(sigmas).any():
            columns[name + _SIGMA], units[name + _SIGMA] = sigmas, told.unit
    index = table.Index([s.name for s in batch.samples], name="sample")
    found = table.DataFrame(columns, index=index)
    found.attrs["units"] = units
    return found


def _quantities(batch: Told) -> Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64], Quantity]]:
    """Values and errors of every quantity, sample by sample, and one of them for unit and method."""
    out = {}
    for name in dict.fromkeys(name for s in batch.samples for name in s.quantities):
        each = [s.quantities.get(name) for s in batch.samples]
        told = next(q for q in each if q is not None)
        values = [np.nan if q is None or q.value is None else q.value for q in each]
        sigmas = [np.nan if q is None or q.sigma is None else q.sigma for q in each]
        out[name] = np.array(values), np.array(sigmas), told
    return out


def _spectra(batch: Told, found: Any) -> None:
    """Put the spectra into ``found``: on all wavelengths that any of them has, decays by their number."""
    lit = [s.spectra for s in batch.samples if "nm" in s.spectra]
    if lit:
        nm = np.unique(np.concatenate([one["nm"] for one in lit]))
        found["nm"] = ("nm", nm, {"units": "nm"})
        for name in ("absorption", "emission"):
            values = np.full((len(batch.samples), len(nm)), np.nan)
            for row, sample in zip(values, batch.samples, strict=True):
                if name in sample.spectra:
                    row[np.searchsorted(nm, sample.spectra["nm"])] = sample.spectra[name]
            found[name] = (("sample", "nm"), values)
    longest = max((len(s.spectra["t_ns"]) for s in batch.samples if "t_ns" in s.spectra), default=0)
    if longest:
        for name, called in (("t_ns", "decay_time_ns"), ("decay", "decay")):
            values = np.full((len(batch.samples), longest), np.nan)
            for row, sample in zip(values, batch.samples, strict=True):
                if name in sample.spectra:
                    row[: len(sample.spectra[name])] = sample.spectra[name]
            found[called] = (("sample", "moment"), values)
