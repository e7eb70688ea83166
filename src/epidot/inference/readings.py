"""A measured file as one number of a study: read and measured by its instrument, named as runs name it.

This is the one place that says which quantity of an instrument is which of a run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epidot.documents import beside
from epidot.errors import InputError, nearest
from epidot.instruments import instrument, names
from epidot.instruments.contract import Instrument
from epidot.quantities import Quantities
from epidot.runs.quantities import QUANTITIES
from epidot.runs.seen import find
from epidot.signal.calibration import standards

# (technique, what it measures) -> the quantity of a run that is the same thing; what is not here is read of a
# run by the instrument itself (``seen.<technique>.<name>``, epidot.runs.seen), where that can be
SAME: Mapping[tuple[str, str], str] = {
    ("uvvis", "first_exciton_nm"): "first_exciton_nm",
    ("uvvis", "valley_depth"): "valley_depth",
    ("pl", "peak_nm"): "pl_peak_nm",
    ("pl", "fwhm_nm"): "pl_fwhm_nm",
    ("tcspc", "tau_amplitude_ns"): "tau_amplitude_ns",
    ("tcspc", "tau_intensity_ns"): "tau_intensity_ns",
    ("tem", "diameter_nm"): "diameter_nm",
    ("tem", "diameter_sd_nm"): "diameter_sd_nm",
    ("raman", "strain"): "strain_core",
    ("xrd", "strain"): "strain_core",
    ("etch", "halide_per_dot"): "halide_per_dot",
}
# Options that say what a run has no say in, and why they are refused.
_NOT_OF_A_RUN: Mapping[tuple[str, str], str] = {
    ("xps", "c1s_eV"): "energies of a run stand beside C 1s at 284.8 eV",
    ("nmr", "ligand"): "the ligand that a run counts here is oleate",
}


@dataclass(frozen=True)
class Reading:
    """A number read off a file: the quantity of a run it stands for, its value and standard error.

    ``charge`` is the error of the charge reference, in the unit of the value: it is not in ``sigma``, since
    all energies of a file have it in common.  ``warnings`` are those of the measured file.
    """

    quantity: str
    value: float
    sigma: float
    source: str
    charge: float = 0.0
    warnings: tuple[str, ...] = ()


def measurable(technique: str) -> tuple[str, ...]:
    """What ``technique`` measures that a run has too; ``<X>`` stands for elements, levels and states."""
    seen = f"seen.{technique}."
    same = [what for one, what in SAME if one == technique]
    return (*same, *(q.name.removeprefix(seen) for q in QUANTITIES if q.name.startswith(seen)))


def stands_for(technique: str, name: str) -> str:
    """The quantity of a run that is what ``technique`` measures as ``name``.

    Raises
    ------
    InputError
        If there is none.
    """
    if (technique, name) in SAME:
        return SAME[technique, name]
    try:
        find(f"seen.{technique}.{name}")
    except InputError as error:
        known = measurable(technique)
        seen = f"seen.{technique}."
        near = [n.removeprefix(seen) for n in error.faults[0].nearest if n.startswith(seen)]
        raise InputError(
            f"a run has nothing that {technique} measures so",
            seen=name,
            nearest=near or nearest(name, known) or known,
            remedy="measure it yourself, and write value and sigma of the quantity of a run",
        ) from None
    return f"seen.{technique}.{name}"


def read(
    technique: str, file: str, name: str, told: Mapping[str, Any] | None = None, where: str = ""
) -> Reading:
    """What ``technique`` measures as ``name`` in ``file``, with the options ``told``, as on the command line.

    Files among the options are looked for beside ``where``, the study.

    Raises
    ------
    InputError
        If there is no such technique, file or option, nothing of a run is the same thing, or it is a binding
        energy on an axis that no C 1s sets right.
    """
    if technique not in names():
        raise InputError("no such technique", seen=technique, nearest=nearest(technique, names()))
    quantity = stands_for(technique, name)
    device = instrument(technique)
    of_read, of_measure = _options(device, told or {}, where)
    found = device.measure(device.read(file, **of_read), **of_measure)
    value, sigma, why = _value(found, name)
    if value is None or not sigma:
        raise InputError(f"{technique} measures no {name} here: {why or 'there is no error to it'}", file)
    charge = 0.0
    if technique == "xps" and is_energy(name):
        sigma, charge = _beside_charge(found, file, sigma)
    return Reading(quantity, value, sigma, file, charge, found.warnings)


def is_energy(name: str) -> bool:
    """Whether a quantity, of a run or of an instrument, is an energy in eV."""
    return name.endswith("_eV")


def _beside_charge(found: Quantities, file: str, sigma: float) -> tuple[float, float]:
    """Standard error of a binding energy without that of its charge reference, and that one.

    Raises
    ------
    InputError
        If no C 1s sets the axis right: then charging of any size may stand in it.
    """
    moved = found.extra.get("calibration")
    if moved is not None and moved["standard"] == "C1s":  # its error is in every place already
        return math.sqrt(max(sigma**2 - moved["sigma"] ** 2, 0.0)), float(moved["sigma"])
    if found.extra["reference"]["line"]:
        (line,) = standards()["C1s"].lines
        return sigma, float(line.sigma or 0.0)
    without = "" if moved is None else f"{moved['standard']} says nothing of how the sample is charged, and "
    raise InputError(
        f"{without}no C 1s sets the energies of this file right, which a run states beside it",
        file,
        remedy="record C 1s in the same file, give one with options: {calibrate_against: [C1s, FILE]}, or "
        "write value and sigma, with what charging may be in sigma",
    )


def _value(found: Quantities, name: str) -> tuple[float | None, float | None, str]:
    """Value, standard error, and why there are none; of a list (etch rounds) the sum."""
    if name in found.series:
        one = found.series[name]
        values, sigmas = [v for v in one.values if v is not None], [s for s in one.sigmas if s is not None]
        if len(values) < len(one.values):
            return None, None, one.note or "not every round holds a number"
        return sum(values), math.hypot(*sigmas), one.note
    if name not in found:
        return None, None, "there is no such value"
    return found[name].value, found[name].sigma, found[name].note


def _options(
    device: Instrument, told: Mapping[str, Any], where: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    header = device.HEADER
    of_read = {one.name: one for one in header.read_options}
    of_measure = {one.name: one for one in header.measure_options}
    out: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for name, value in told.items():
        if (header.name, name) in _NOT_OF_A_RUN:
            raise InputError(
                f"{name} cannot be said in a study",
                remedy=f"leave it out: {_NOT_OF_A_RUN[header.name, name]}",
            )
        option = of_read.get(name) or of_measure.get(name)
        if option is None:
            known = (*of_read, *of_measure)
            raise InputError(f"{header.name} has no such option", seen=name, nearest=nearest(name, known))
        shown = beside(where, str(value)) if option.kind == "file" else value
        if option.kind == "standard" and isinstance(value, list) and len(value) == 2:
            shown = [value[0], beside(where, str(value[1]))]
        if name in of_read:
            out[0][name] = shown
        if name in of_measure:
            out[1][name] = shown
    return out
