"""Every number that a run can rest on, by one name each, and the file that gives some of them other values.

The names are those by which reports say what a run rests on: ``mechanism.<name>``, ``halide.<name>``,
``light.<name>``, ``strain.<name>``, ``<material>.<name>``, and for pairs ``<material>.dipole_eV on <other>``
and ``<material>.<name> bowing with <other>``.  A file of them (``epidot run --parameters``)::

    parameters:
      mechanism.Ea_ex: 70.5
      halide.D_shell: {value: 1e-3, unit: nm2/s, sigma: 2e-4}

``together`` says how errors of some of them go together, as a calibration leaves them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from epidot import documents
from epidot.documents import Entry
from epidot.dot import coherency
from epidot.errors import Faults, nearest
from epidot.given import NOTHING, Given, Together
from epidot.light import parameters as light
from epidot.matter import materials
from epidot.matter.compound import NUMBERS
from epidot.mechanism import load as mechanisms
from epidot.parameter import Parameter
from epidot.transport.constants import constants
from epidot.units import in_unit

Source = str | Path | Mapping[str, float] | Given
DERIVED = ("molar_mass_g_mol",)  # follow from a formula


def known(mechanism: str, hypothesis: str) -> dict[str, Parameter]:
    """Every number that a run under these two can rest on, by name, as the files have it."""
    with NOTHING.in_force():
        return current(mechanism, hypothesis)


def current(mechanism: str, hypothesis: str) -> dict[str, Parameter]:
    """The same as they are in force here."""
    found = {f"mechanism.{k}": p for k, p in mechanisms.load(mechanism).parameters.items()}
    found |= {f"halide.{k}": p for k, p in constants(hypothesis).parameters.items()}
    found |= {f"light.{k}": p for k, p in light.parameters().items()}
    found |= {f"strain.{k}": p for k, p in coherency.parameters().items()}
    for name in materials.names():
        found |= materials.numbers(materials.material(name))
    return {name: p for name, p in found.items() if name.split(".")[-1] not in DERIVED}


def of(source: Source, mechanism: str, hypothesis: str) -> Given:
    """The numbers that ``source`` gives: a YAML file, or values by name.

    Raises
    ------
    InputError
        With every fault at once: names nobody knows, values that are no numbers or out of range.
    """
    if isinstance(source, Given):
        return source
    if isinstance(source, Mapping):
        return Given.of(source)
    headings = ("parameters", "together", "note")
    page = documents.top(documents.read(Path(source))).fields(headings, ("parameters",))
    table = known(mechanism, hypothesis)
    values: dict[str, float] = {}
    sigmas: dict[str, float] = {}
    for name, entry in page["parameters"].table().items():
        if name not in table:
            _unknown(entry.faults, name, table, entry.line)
            continue
        found = _one(entry, name, table[name])
        if found is not None:
            values[name] = found[0]
            sigmas |= {} if found[1] is None else {name: found[1]}
    together = _together(page["together"], page["parameters"].table()) if page["together"] else None
    page.faults.raise_if_any()
    return Given.of(values, sigmas, together)


def _together(entry: Entry, values: Mapping[str, Entry]) -> Together | None:
    """A covariance at a place, of numbers that the same file gives."""
    row = entry.fields(("names", "ln", "covariance", "from"), ("names", "covariance"))
    names = [one.text("") for one in row["names"].rows("name")]
    for one in row["names"].rows("name"):
        if one.text("") not in values:
            one.fault("errors of a number that the file does not give", seen=one.value, nearest=tuple(values))
    ln = [one.text("") for one in row["ln"].rows("name")]
    for name in (one for one in ln if one not in names):
        row["ln"].fault("a logarithm of a number that is not among the names", seen=name, nearest=names)
    rows = [[cell.number() for cell in line.rows("number")] for line in row["covariance"].rows("row")]
    if len(set(names)) < len(names):
        row["names"].fault("a number stands there twice")
    if [len(line) for line in rows] != [len(names)] * len(names):
        remedy = f"as many rows and columns as there are names, {len(names)}"
        row["covariance"].fault("the covariance does not go with the names", remedy=remedy)
        return None
    table = np.array(rows, dtype=np.float64).reshape(len(names), len(names))
    size = np.sqrt(np.abs(np.outer(np.diag(table), np.diag(table))))
    good = bool(np.all(np.isfinite(table)) and np.all(np.diag(table) > 0))
    if not good or np.any(np.abs(table - table.T) > 1e-6 * size):
        row["covariance"].fault("a covariance is symmetric, with squares of errors on its diagonal")
    elif float(np.linalg.eigvalsh(table / size).min()) < -1e-6:
        row["covariance"].fault("no errors go together so: some combination would have a negative variance")
    return Together.of(names, table.tolist(), row["from"].text("the file of numbers"), ln)


def _one(entry: Entry, name: str, p: Parameter) -> tuple[float, float | None] | None:
    """Value and perhaps standard error at a place, in the unit of the number they stand in for."""
    before = len(entry.faults.found)
    if isinstance(entry.value, dict):
        row = entry.fields(("value", "unit", "sigma", "note"), ("value",))
        if row["unit"] and row["unit"].text() != p.unit:
            remedy = f"write the value in {p.unit}"
            row["unit"].fault(f"{name} is a number in {p.unit}", seen=row["unit"].value, remedy=remedy)
        value = row["value"].number() if row["value"] else math.nan
        sigma = row["sigma"].number(0.0) if row["sigma"] else None
    else:
        value, sigma = entry.number(), None
    if len(entry.faults.found) > before:
        return None
    low, high = limits(name, p)
    if not low <= value <= high:
        entry.fault(
            f"{name} cannot be that", seen=f"{value:g}{in_unit(p.unit)}", remedy=_range(low, high, p.unit)
        )
        return None
    return value, sigma


def limits(name: str, p: Parameter) -> tuple[float, float]:
    """Between what a number may be chosen: its own bounds, and of a material's those of its kind."""
    key = name.split(".", 1)[-1].split(" on ")[0]
    _, low, high = NUMBERS.get(key, ("", -math.inf, math.inf))
    return max(low, p.low), min(high, p.high)


def insist(given: Given, mechanism: str, hypothesis: str) -> None:
    """Refuse numbers that no run under these two rests on, or that they cannot be.

    Raises
    ------
    InputError
        With every one of them.
    """
    if not given:
        return
    faults, table = Faults(), known(mechanism, hypothesis)
    for name, value in given.values:
        if name not in table:
            _unknown(faults, name, table)
            continue
        low, high = limits(name, table[name])
        if not low <= value <= high:
            unit = table[name].unit
            faults.add(
                f"{name} cannot be that", seen=f"{value:g}{in_unit(unit)}", remedy=_range(low, high, unit)
            )
    faults.raise_if_any()


def told(given: Given, mechanism: str, hypothesis: str) -> str:
    """Which numbers stand in for epidot's own, in words; empty for none."""
    table = known(mechanism, hypothesis) if given else {}
    rows = [
        f"{name} {value:g} instead of {table[name].value:g} {table[name].unit}"
        for name, value in given.values
    ]
    return f"numbers given for this run: {', '.join(rows)}" if rows else ""


def _unknown(faults: Faults, name: str, table: Mapping[str, Parameter], line: int | None = None) -> None:
    remedy = "the names are those that summary.json lists under rests_on"
    faults.add(
        "no run rests on such a number", line=line, seen=name, nearest=_near(name, table), remedy=remedy
    )


def _near(name: str, table: Mapping[str, Parameter]) -> tuple[str, ...]:
    """The nearest names, those of the same room first."""
    room = name.split(".")[0] + "."
    same = [one for one in table if one.startswith(room)]
    short = [one for one in table if one.split(".", 1)[1] == name.split(".", 1)[-1]]
    return tuple(short[:3]) or nearest(name, same or table)


def _range(low: float, high: float, unit: str) -> str:
    return f"it lies between {low:g} and {high:g}{in_unit(unit)}"
