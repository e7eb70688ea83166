"""The Batch: what a run leaves behind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot import files
from epidot.dot import description
from epidot.dot.grown import GrownDot
from epidot.dot.layers import Population
from epidot.errors import InputError
from epidot.given import Given
from epidot.growth.chemistry import NO_SHELL
from epidot.light.optics import WITHHELD
from epidot.quantities import Quantity, number
from epidot.runs import netcdf, quantities, tables
from epidot.runs.netcdf import Variable
from epidot.runs.stored import (
    dot_from_plain,
    dot_to_plain,
    members_from_table,
    members_to_table,
    sites_from_arrays,
    sites_to_arrays,
)

FORMAT = "epidot-batch/1"
MAX_BYTES = 2_000_000_000
_NAMED = ("recipe", "recipe_text", "engine")  # kept as attributes of the file, the others as JSON
_LISTS = ("assumptions", "notes", "claims")
_PLAIN = ("seed", "dots", "conservation", "rests_on", "basis", "provenance", "steps", *_LISTS)
ONE_DOT = "One dot has no spread of sizes"  # how a note begins of a lattice that holds one
HEADLINES = (NO_SHELL, WITHHELD, ONE_DOT)  # how notes begin that come before any number
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """The population at one sampling time and what was read from it.

    ``population`` is ``None`` for a flask without dots (a precursor being made).  ``spectra`` maps ``nm``,
    ``absorption``, ``emission``, ``t_ns``, ``decay`` to arrays of shape (n,);
    it is empty where the light of the dots was not asked for.  ``grown`` are the dots on their sites, in the
    order of the population's members, where the engine knows them.
    """

    name: str
    time_s: float
    temperature_K: float
    population: Population | None
    quantities: Mapping[str, Quantity]
    spectra: Mapping[str, Array] = field(default_factory=dict)
    grown: Sequence[GrownDot] = ()

    @property
    def withheld(self) -> str:
        """Why yield and decay of these dots were withheld; empty where they were not."""
        note = self.quantities["plqy"].note if "plqy" in self.quantities else ""
        return note if note.startswith(WITHHELD) else ""

    def to_json(self) -> dict[str, Any]:
        """The sample as ``summary.json`` shows it."""
        return {
            "name": self.name,
            "time_s": self.time_s,
            "temperature_K": self.temperature_K,
            "quantities": {name: q.forecast_json() for name, q in self.quantities.items()},
        }


@dataclass(frozen=True)
class Batch:
    """Recipe, population at each sampling time, history of liquor and temperature, provenance.

    ``history`` maps ``time_s``, ``temperature_K``, ``volume_L``, ``liquor/<species>`` (mol),
    ``surface/<species>`` and ``growth/<quantity>`` (per dot) to arrays of one common shape (n,).
    ``conservation`` is the relative error of every element between what was charged and
    dots + liquor + what left.  ``rests_on`` lists parameters by status; ``notes`` says in plain words
    what a reader must know (assumed steps, what the engine cannot see).
    """

    recipe: str
    recipe_text: str
    seed: int
    dots: int
    engine: str
    samples: tuple[Sample, ...]
    history: Mapping[str, Array]
    conservation: Mapping[str, float]
    rests_on: Mapping[str, list[str]]
    basis: Mapping[str, str]
    provenance: Mapping[str, str]
    steps: tuple[tuple[float, float, str], ...] = ()
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    def __repr__(self) -> str:
        names = ", ".join(sample.name for sample in self.samples)
        return (
            f"<Batch of {self.recipe}: {self.dots} dots, {self.engine}, seed {self.seed}; samples: {names}>"
        )

    @property
    def given(self) -> Given:
        """The numbers that stood in for epidot's own."""
        return Given.from_text(self.provenance.get("given", ""))

    @property
    def headlines(self) -> tuple[str, ...]:
        """What of the notes comes before any number (:data:`HEADLINES`)."""
        return tuple(note for note in self.notes if note.startswith(HEADLINES))

    def sample(self, name: str) -> Sample:
        """The sample called ``name``.

        Raises
        ------
        InputError
            If the recipe took no sample of that name.
        """
        from epidot.errors import nearest

        for sample in self.samples:
            if sample.name == name:
                return sample
        names = [s.name for s in self.samples]
        raise InputError(f"{self.recipe} has no such sample", seen=name, nearest=nearest(name, names))

    def described(self, name: str | None = None) -> tuple[str, dict[str, Any]]:
        """The mean dot of a sample (the last, if none is named) as a DOT.yaml, and the same as plain data.

        Raises
        ------
        InputError
            If there is no such sample, or no dot in it.
        """
        if name is None and not self.samples:
            raise InputError(f"{self.recipe} took no sample")
        sample = self.samples[-1] if name is None else self.sample(name)
        if sample.population is None:
            having = tuple(s.name for s in self.samples if s.population is not None)
            raise InputError(f"{self.recipe}: no dots at this sample", seen=sample.name, nearest=having)
        title = f"{self.recipe}, {sample.name}"
        return description.text(sample.population, title), description.plain(sample.population, title)

    def summary(self) -> dict[str, Any]:
        """The contract of ``summary.json`` and ``epidot run --json``."""
        first = {name: getattr(self, name) for name in ("recipe", "seed", "dots", "engine")}
        last = ("conservation", "basis", "rests_on", "assumptions", "notes", "provenance")
        samples = {"samples": [s.to_json() for s in self.samples]}
        return first | samples | {name: getattr(self, name) for name in last}

    def to_xarray(self) -> Any:
        """Everything but the dots as an ``xarray.Dataset``; see :func:`epidot.runs.tables.dataset`."""
        return tables.dataset(self)

    def to_dataframe(self) -> Any:
        """The samples as a pandas table; see :func:`epidot.runs.tables.frame`."""
        return tables.frame(self)

    def save(self, path: str | Path) -> None:
        """Write netCDF4."""
        variables = {
            name.replace("/", "__"): Variable(("time",), np.asarray(values))
            for name, values in self.history.items()
        }
        attributes: dict[str, Any] = {"format": FORMAT, **{name: getattr(self, name) for name in _NAMED}}
        plain = {name: getattr(self, name) for name in _PLAIN}
        plain["samples"] = []
        plain["history"] = list(self.history)  # in its order, which the file does not keep
        for i, sample in enumerate(self.samples):
            said, arrays = _sample_to_file(sample, i)
            plain["samples"].append(said)
            variables |= arrays
        attributes["content"] = json.dumps(plain)
        files.write(path, netcdf.to_bytes(variables, attributes))

    @staticmethod
    def load(path: str | Path) -> Batch:
        """Read a batch written by :meth:`save`.

        Raises
        ------
        InputError
            If the file is missing or is not a batch of epidot.
        """
        raw = files.read(path, MAX_BYTES, "batch")
        try:
            variables, attributes = netcdf.from_bytes(raw)
        except ValueError:
            raise InputError(
                "not a batch of epidot: no netCDF file",
                str(path),
                seen=re.sub(r"[^ -~]+", "?", raw[:16].decode("latin-1")) + " ... at its beginning",
                remedy="give the batch.nc that `epidot run` wrote; a described dot in a .yaml file "
                "needs no describing: `epidot simulate` takes it",
            ) from None
        if attributes.get("format") != FORMAT:
            raise InputError(
                "not a batch of epidot", str(path), remedy="give the batch.nc that `epidot run` wrote"
            )
        plain = json.loads(attributes["content"])
        arrays = {name.replace("__", "/"): one for name, one in variables.items()}
        names = plain.get("history") or [name for name in arrays if not name.startswith("sample")]
        history = {name: arrays[name].astype(np.float64) for name in names}
        samples = tuple(_sample_from_file(s, i, variables) for i, s in enumerate(plain["samples"]))
        kept = {name: attributes[name] for name in _NAMED} | {name: plain[name] for name in _PLAIN}
        kept |= {name: tuple(kept[name]) for name in _LISTS}
        kept["steps"] = tuple((float(a), float(b), str(c)) for a, b, c in plain["steps"])
        return Batch(samples=samples, history=history, **kept)


def dots_said(summary: Mapping[str, Any]) -> str:
    """How many dots a run had, in words, by its summary; none where its samples hold none."""
    samples, number = summary["samples"], summary["dots"]
    if samples and not any("core_diameter_nm" in sample["quantities"] for sample in samples):
        return "no dots"
    return f"{number} dot{'s' if number != 1 else ''}"


def sampling_said(summary: Mapping[str, Any]) -> str:
    """Emission and yield of the last sample with their errors of sampling, in words; empty without any."""
    if not summary["samples"]:
        return ""
    last = summary["samples"][-1]
    found = {name: Quantity.from_json(q) for name, q in last["quantities"].items()}
    said = []
    for name in ("pl_peak_nm", "plqy"):
        if name in found and found[name].value is not None and found[name].sigma:
            declared = quantities.find(name)
            times, unit = (100, "%") if declared.percent else (1, declared.unit)
            q = found[name]
            said.append(f"{declared.label} {number(times * (q.value or 0), times * (q.sigma or 0))} {unit}")
    return f"{last['name']}: {', '.join(said)} from {dots_said(summary)}" if said else ""


def _sample_to_file(sample: Sample, i: int) -> tuple[dict[str, Any], dict[str, Variable]]:
    """What a sample says in words, and its arrays under names of their own."""
    said: dict[str, Any] = {"dot": None, "spectra": list(sample.spectra)}
    arrays: dict[str, Variable] = {}
    population = sample.population
    if population is not None:
        said["dot"] = dot_to_plain(population.dot)
        # Dots that are not known one by one stand for the law in many sizes: another axis than that of dots.
        axis = "size" if population.members is None else "dot"
        arrays["core_diameters_nm"] = Variable((axis,), population.core_diameters_nm)
        if population.members is not None:
            said["members"], table = members_to_table(population.members)
            arrays["members"] = Variable(("dot", f"member_{i}"), table)
    if sample.grown:
        said["sites"], found = sites_to_arrays(sample.grown)
        site, dot = f"site_{i}", f"grown_{i}"
        axes: dict[str, tuple[str, ...]] = {
            "kind": (dot, site),
            "position_nm": (site, "xyz"),
            "cation": (site,),
            "shift_nm": (dot, "xyz"),
            "cut_nm": (dot,),
        }
        arrays |= {f"sites__{name}": Variable(axes[name], one, packed=True) for name, one in found.items()}
    for name, values in sample.spectra.items():
        axis = "decay_time" if name in ("t_ns", "decay") else "wavelength"
        axis = "atom" if name.startswith("atom_") else axis
        arrays[name] = Variable((f"{axis}_{i}",), np.asarray(values, dtype=np.float64))
    return sample.to_json() | said, {f"sample{i}__{name}": one for name, one in arrays.items()}


def _sample_from_file(plain: Mapping[str, Any], i: int, variables: Mapping[str, NDArray[Any]]) -> Sample:
    prefix = f"sample{i}__"
    found = {name.removeprefix(prefix): one for name, one in variables.items() if name.startswith(prefix)}
    sites = {n.removeprefix("sites__"): found.pop(n) for n in list(found) if n.startswith("sites__")}
    arrays = {name: values.astype(np.float64) for name, values in found.items()}
    population = None
    if plain["dot"] is not None:
        dot = dot_from_plain(plain["dot"])
        members = None
        if "members" in plain:
            members = members_from_table(plain["members"], arrays.pop("members"), dot.core, dot.medium)
        population = Population(dot, arrays.pop("core_diameters_nm"), members)
    return Sample(
        name=plain["name"],
        time_s=plain["time_s"],
        temperature_K=plain["temperature_K"],
        population=population,
        quantities={name: Quantity.from_json(q) for name, q in plain["quantities"].items()},
        spectra={name: arrays[name] for name in plain.get("spectra", arrays)},
        grown=sites_from_arrays(plain["sites"], sites) if sites else (),
    )
