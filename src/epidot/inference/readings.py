"""A measured file as one number of a study: read and measured by its instrument, named as runs name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from epidot.errors import InputError, nearest
from epidot.instruments import instrument, names

# (technique, what it measures) -> the quantity of a run that is the same thing
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
}


@dataclass(frozen=True)
class Reading:
    """A number read off a file: the quantity of a run it stands for, its value and standard error."""

    quantity: str
    value: float
    sigma: float
    source: str


def read(technique: str, file: str, name: str) -> Reading:
    """What ``technique`` measures as ``name`` in ``file``.

    Raises
    ------
    InputError
        If there is no such technique or file, or nothing of a run is the same thing.
    """
    if technique not in names():
        raise InputError("no such technique", seen=technique, nearest=nearest(technique, names()))
    known = [what for one, what in SAME if one == technique]
    if (technique, name) not in SAME:
        remedy = "measure it yourself, and write value and sigma of the quantity of a run"
        near = nearest(name, known) or tuple(known)
        raise InputError(
            f"a run has nothing that {technique} measures so", seen=name, nearest=near, remedy=remedy
        )
    device = instrument(technique)
    found = device.measure(device.read(file))
    if name not in found or found[name].value is None or found[name].sigma is None:
        why = found[name].note if name in found else "there is no such value"
        raise InputError(f"{technique} measures no {name} here: {why}", file)
    value, sigma = found[name].value, found[name].sigma
    assert value is not None
    assert sigma is not None
    return Reading(SAME[technique, name], value, sigma, file)
