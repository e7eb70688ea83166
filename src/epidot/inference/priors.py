"""What is known of a free number before, as a study writes it."""

from __future__ import annotations

import math

from epidot.documents import Entry
from epidot.inference.problem import Prior
from epidot.units import in_unit


def prior(entry: Entry, name: str, unit: str, limits: tuple[float, float]) -> Prior | None:
    """``{low, high}`` is uniform, ``{mean, sigma}`` normal, perhaps between ``low`` and ``high``.

    ``log: yes`` and ``{mean, sigma_ln}`` say the same of the logarithm.
    """
    before = len(entry.faults.found)
    row = entry.fields(("mean", "sigma", "sigma_ln", "low", "high", "log", "unit", "note"))
    log = row["log"].flag() or bool(row["sigma_ln"])
    if row["unit"] and unit and row["unit"].text() != unit:
        row["unit"].fault(f"{name} is a number in {unit}", seen=row["unit"].value)
    low, high = (row[key].number(default=end) for key, end in zip(("low", "high"), limits, strict=True))
    normal = bool(row["mean"] or row["sigma"] or row["sigma_ln"])
    mean = row["mean"].number() if normal else math.nan
    sigma = row["sigma_ln" if log else "sigma"].number(1e-300) if normal else math.nan
    if log and row["sigma"]:
        row["sigma"].fault(f"{name} has a sigma and is known by its logarithm", remedy="write sigma_ln")
    if len(entry.faults.found) > before:
        return None
    if not normal and not (row["low"] and row["high"]):
        entry.fault(f"{name} needs a range or a mean with its sigma", remedy="write {low: ..., high: ...}")
        return None
    outside = [v for v in (low, high) if not limits[0] <= v <= limits[1]]
    if not low < high or outside:
        seen = f"{low:g} to {high:g}"
        span = "" if not outside else f"; it lies between {limits[0]:g} and {limits[1]:g}{in_unit(unit)}"
        entry.fault(f"{name} has no such range{span}", seen=seen)
        return None
    if normal and not low < mean < high:
        entry.fault(f"the mean of {name} lies outside its range", seen=f"{mean:g}")
        return None
    if log and (mean if normal else low) <= 0:
        seen = f"{mean if normal else low:g}"
        entry.fault(f"{name} has a logarithm only above zero", seen=seen, remedy="leave out log")
        return None
    return Prior(name, unit or row["unit"].text(""), low, high, mean, sigma, log)
