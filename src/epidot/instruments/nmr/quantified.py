"""Amounts by an internal standard, and the density of ligands on dots (eq 2 of choi2023)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from epidot.dot.composition import ligand_coverage
from epidot.errors import InputError
from epidot.instruments.nmr.assigned import Line
from epidot.instruments.nmr.group import Lines
from epidot.instruments.nmr.species import resonance
from epidot.instruments.options import Settings
from epidot.quantities import Quantity

# Bound and free ligand overlap: what lies so near (ppm) to its place is counted with it.
_WITH = {"1H": 0.25, "13C": 1.5, "31P": 2.0, "77Se": 40.0}
_STANDARD = {"1H": 0.15, "13C": 1.0, "31P": 1.5, "77Se": 20.0}
_RATIO = "area of the standard over that of the ligand, bound and free"
_EQ2 = "eq 2 of choi2023: nuclei of ligand and standard, amounts of standard and dots"


def standard_line(every: Sequence[Line], name: str, nucleus: str, where: str) -> tuple[Line, int]:
    """The line of the standard and its number of nuclei.

    Raises
    ------
    InputError
        If there is none near its place.
    """
    told = resonance(name, nucleus)
    near = [o for o in every if abs(o.ppm - told.shift.value) <= _STANDARD.get(nucleus, 1.0) and o.area > 0]
    if not near:
        shown = tuple(f"{one.ppm:.2f}" for one in every[:6])
        raise InputError(
            f"no line of the standard {name} near {told.shift.value:g} ppm", where or None, nearest=shown,
            remedy="set the axis right with reference, or name another standard",
        )  # fmt: skip
    return max(near, key=lambda one: one.area), told.count


def amounts(
    every: Sequence[Line], found: Sequence[Lines], nucleus: str, chosen: Settings, where: str
) -> tuple[dict[str, Quantity], list[str]]:
    """Ratio of the areas, ligands per dot and per nm², and what is said about them."""
    if chosen["standard"] is None:
        return {}, []
    if not nucleus:
        raise InputError("a standard needs the nucleus", where or None, remedy="say nucleus 1H, 31P ...")
    line, count = standard_line(every, str(chosen["standard"]), nucleus, where)
    line.name = str(chosen["standard"])
    told = resonance(str(chosen["ligand"]), nucleus)
    wide = _WITH.get(nucleus, 1.0)
    own = [o for o in every if abs(o.ppm - told.shift.value) <= wide and o is not line]
    if not own:
        why = f"no line of {told.species} within {wide:g} ppm of {told.shift.value:g}"
        names = [("area_ratio", "1", _RATIO)]
        if chosen["dots_nmol"] is not None:
            names += [("ligands_per_dot", "1", _EQ2), ("coverage_per_nm2", "1/nm2", _EQ2)]
        return {n: Quantity(None, None, unit, how, why) for n, unit, how in names}, []
    area, variance = sum(o.area for o in own), 0.0
    sound = line.sigma_area is not None and all(o.sigma_area is not None for o in own)
    for g in {o.group for o in own}:
        inside = [f"area{o.index + 1}" for o in own if o.group == g]
        variance += float(np.sum(found[g].told(inside)[1]))
    if not area > 0:
        return {"area_ratio": Quantity(None, None, "1", _RATIO, "the ligand's area is not above zero")}, []
    both = 0.0
    for o in own:
        if o.group == line.group:
            pair = found[o.group].told([f"area{o.index + 1}", f"area{line.index + 1}"])[1]
            both += float(pair[0, 1])
    r = line.area / area
    relative = (
        variance / area**2 + (line.sigma_area or 0.0) ** 2 / line.area**2 - 2 * both / (area * line.area)
    )
    noise = math.sqrt(max(relative, 0.0)) if sound and math.isfinite(relative) else None
    out = {"area_ratio": Quantity(r, None if noise is None else noise * r, "1", _RATIO)}
    if chosen["dots_nmol"] is None:
        return out, []
    # eq 2 is written for 10 nuclei of the standard and 2 of the ligand
    equal = r * (10 / count) / (2 / told.count)
    per_dot = ligand_coverage(equal, float(chosen["standard_nmol"]), float(chosen["dots_nmol"]), 1.0)
    sigma = (
        None if noise is None else per_dot * math.hypot(noise, chosen["standard_sigma"], chosen["dots_sigma"])
    )
    out["ligands_per_dot"] = Quantity(per_dot, sigma, "1", _EQ2, "free ligand counts as well")
    if (d := chosen["diameter_nm"]) is None:
        why = "give diameter_nm, that of the inorganic dot"
        out["coverage_per_nm2"] = Quantity(None, None, "1/nm2", _EQ2, why)
        return out, []
    surface = math.pi * d**2
    value = per_dot / surface
    off = 2 * chosen["diameter_sigma_nm"] / d
    spread = None if sigma is None else value * math.hypot(sigma / per_dot, off)
    out["coverage_per_nm2"] = Quantity(value, spread, "1/nm2", _EQ2, f"sphere of {d:g} nm")
    return out, []


def per_area(every: list[Line], chosen: Settings, nucleus: str) -> tuple[float, float | None] | None:
    """nmol of nuclei per unit of area by the standard, and its relative error (weighing and its line)."""
    if chosen["standard"] is None or not nucleus:
        return None
    line, count = standard_line(every, str(chosen["standard"]), nucleus, "")
    if not line.area > 0:
        return None
    weighed = float(chosen["standard_sigma"])
    off = None if line.sigma_area is None else math.hypot(weighed, line.sigma_area / line.area)
    return float(chosen["standard_nmol"]) * count / line.area, off


def amounts_named(
    every: list[Line], nucleus: str, per_unit: tuple[float, float | None]
) -> dict[str, Quantity]:
    """nmol of the compound behind every line that has a name, by the nuclei that it shows there."""
    how = "nuclei of the line by the internal standard, over those that one molecule shows there"
    each, off = per_unit
    out = {}
    for line in every:
        if not line.name or not line.candidates or line.area <= 0:
            continue
        told = resonance(line.name, nucleus)
        same = [c for c in line.candidates if c["species"] == line.name]
        if len(same) != 1 or same[0]["group"] != told.group:
            continue  # of another group the table does not say the count here
        value = line.area * each / told.count
        known = off is not None and line.sigma_area is not None
        sigma = value * math.hypot(off or 0.0, (line.sigma_area or 0.0) / line.area) if known else None
        out[f"{line.name}_nmol"] = Quantity(
            value, sigma, "nmol", how, f"{told.count:g} {nucleus} per molecule"
        )
    return out
