"""A file of photoelectron spectra -> a Signal over binding energy / eV, with the other regions beside it.

The region that is the Signal itself is the one asked for, or the first that shows a known core level; without
``column`` the others are its companions, so that one measurement tells the composition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError, nearest
from epidot.instruments.options import Settings
from epidot.instruments.xps import formats, vamas
from epidot.instruments.xps.levels import AL_K_ALPHA, MG_K_ALPHA, levels
from epidot.signal import Signal
from epidot.signal.decoding import decode, file_bytes
from epidot.signal.table import Table
from epidot.signal.text import parse_table
from epidot.signal.trace import trace
from epidot.signal.variance import scatter

Array = NDArray[np.float64]

TRANSMISSION = "transmission"
LEAST = 12  # readings of a region
WIDE_EV = 150.0  # a region so wide is a survey
_BINDING, _KINETIC = "binding", "kinetic"
_NEGATIVE = -10.0  # eV; no binding energy lies so far below zero
_CHARGED = 20.0  # eV by which charging and work functions move an axis at most
_HUGE = 1e150
_UNITS = {"d": "counts", "count": "counts", "cps": "counts/s", "c/s": "counts/s"}  # those of VAMAS files
_PHOTON = re.compile(r"\b(?:PE|hv|photon energy)\b\s*[:=]?\s*([0-9]+(?:\.[0-9]+)?)\s*eV", re.IGNORECASE)


def read_regions(path: str | Path, chosen: Settings) -> Signal:
    """See :func:`epidot.instruments.xps.read`; ``chosen`` are the settled options."""
    where = str(path)
    raw = file_bytes(path)
    if vamas.is_vamas(raw):  # PHI pads names with zero bytes
        blocks = vamas.parse(decode(raw.replace(b"\x00", b" "), where).lines, where)
        regions = [one for b in blocks if (one := _of_block(b, chosen, where)) is not None]
        if not regions:
            seen = ", ".join(dict.fromkeys(b.technique for b in blocks)) or "none"
            raise InputError("no block of this file is a photoelectron spectrum", where, seen=seen)
    elif formats.is_specs(raw):
        regions = [_of_text(r, chosen, where) for r in formats.specs(decode(raw, where).lines, where)]
    elif formats.is_scienta(raw):
        regions = [_of_text(r, chosen, where) for r in formats.scienta(decode(raw, where).lines, where)]
    else:
        return _of_table(raw, chosen, where)
    return _chosen(_named(_counted(regions, where)), chosen["column"], where)


def _counted(regions: Sequence[Signal], where: str) -> list[Signal]:
    """The regions with readings above zero; the first of them says which others have none.

    Raises
    ------
    InputError
        If there is none.
    """
    alive = [one for one in regions if np.max(one.y) > 0]
    if not alive:
        raise _dead(max(float(np.max(one.y)) for one in regions), where)
    dead = [str(one.meta["column"]) for one in regions if not np.max(one.y) > 0]
    said = tuple(f"{name}: the readings are nowhere above zero; left out" for name in dict.fromkeys(dead))
    return [replace(alive[0], warnings=(*said, *alive[0].warnings)), *alive[1:]]


def _dead(most: float, where: str) -> InputError:
    what = "the readings are nowhere above zero"
    return InputError(what, where, seen=f"at most {most:g}", remedy="are they counts, upside down?")


def _chosen(regions: Sequence[Signal], column: Any, where: str) -> Signal:
    """The region asked for alone, or the first with a core level and all others beside it."""
    names = [str(r.meta["column"]) for r in regions]
    told = [
        replace(r, meta={**r.meta, "columns": names, "column_number": i})
        for i, r in enumerate(regions, start=1)
    ]
    if column is not None:
        asked = str(column).strip()
        plain = [_plain(n) for n in names]
        if asked.isascii() and asked.isdigit() and len(asked) < 9 and 1 <= int(asked) <= len(names):
            return told[int(asked) - 1]
        if _plain(asked) in plain:
            return told[plain.index(_plain(asked))]
        raise InputError("no such region in this file", where, seen=asked, nearest=nearest(asked, names))
    best = next((r for r in told if shows(r)), None) or next(
        (r for r in told if np.ptp(r.x) < WIDE_EV), told[0]
    )
    others = {n: replace(r, warnings=r.warnings) for n, r in zip(names, told, strict=True) if r is not best}
    return replace(best, companions={**best.companions, **others})


def shows(region: Signal) -> bool:
    """Whether a narrow region has room for a known core level, charging of 5 eV aside."""
    if np.ptp(region.x) > WIDE_EV:
        return False
    return any(region.x[0] - 3 < one.main < region.x[-1] + 3 for one in levels().values())


def _plain(name: str) -> str:
    return re.sub(r"[\s_]", "", name).lower()


def _named(regions: Sequence[Signal]) -> list[Signal]:
    """The same, none of two with one name."""
    out: list[Signal] = []
    seen: dict[str, int] = {}
    for one in regions:
        name = str(one.meta["column"])
        seen[name] = seen.get(name, 0) + 1
        called = name if seen[name] == 1 else f"{name} ({seen[name]})"
        out.append(replace(one, meta={**one.meta, "column": called}))
    return out


def _of_block(block: vamas.Block, chosen: Settings, where: str) -> Signal | None:
    if block.technique and block.technique.upper() not in ("XPS", "UPS", "PES"):
        return None
    names = list(block.columns)
    values = [n for n in names if TRANSMISSION not in n.lower()]
    if not values or block.x.size < LEAST:
        return None
    name = " ".join(f"{block.species} {block.transition}".replace("^@", "").split())
    if not block.species or block.species.lower() in ("none", "wide", "survey") or not block.transition:
        name = block.name or name
    if name.lower().endswith(" none"):
        name = name[:-5]
    unit = block.units.get(values[0], "")
    seconds = (block.dwell_s or 0.0) * (block.scans or 1.0)
    dims = [n for n in names if TRANSMISSION in n.lower()]
    return _region(
        name,
        block.x,
        block.columns[values[0]],
        block.x_name,
        block.photon_eV,
        seconds if seconds > 0 else None,
        unit,
        chosen,
        where,
        block.columns[dims[0]] if dims else None,
    )


def _of_text(region: formats.Region, chosen: Settings, where: str) -> Signal:
    stated = region.stated
    axis = stated.get("Energy Axis") or stated.get("Dimension 1 name") or stated.get("Energy Scale") or ""
    if stated.get("Kinetic Energy Axis") in ("yes", "no"):
        axis = _KINETIC if stated["Kinetic Energy Axis"] == "yes" else _BINDING
    labels = stated.get("ColumnLabels", "")
    seconds = region.number("Dwell Time")
    scans = region.number("Number of Scans") or 1.0
    if seconds is None and (step := region.number("Step Time")) is not None:
        seconds, scans = step / 1000, region.number("Number of Sweeps") or 1.0
    unit = "c/s" if "counts/s" in labels else ""
    photon = region.number("Excitation Energy")
    live = seconds * scans if seconds and seconds > 0 else None
    return _region(region.name, region.x, region.y, axis, photon, live, unit, chosen, where, None)


def _of_table(raw: bytes, chosen: Settings, where: str) -> Signal:
    table = parse_table(raw, where)
    axes = set(table.pairs.values())
    # Axes of one name may be those of several samples; where each names its region they are of one.
    if chosen["column"] is None and 1 < len(axes) == len({table.columns[i].name for i in axes}):
        each = [_of_column(table, i, chosen, where) for i in range(1, len(table.pairs) + 1)]
        return _chosen(_named(each), None, where)
    return _of_column(table, chosen["column"], chosen, where)


def _of_column(table: Table, column: Any, chosen: Settings, where: str) -> Signal:
    found = trace(table, column, least=LEAST)
    head = f"{found.x_name} {found.x_unit}".lower()
    if found.x_unit not in ("", "eV") or re.search(r"\b(pe|photon energy|wavelength)\b", head):
        what = "the axis is neither a binding nor a kinetic energy in eV"
        raise InputError(
            what, where, seen=f"{found.x_name} / {found.x_unit}", remedy="state it with the option axis"
        )
    if not np.max(found.y) > 0:
        raise _dead(float(np.max(found.y)), where)
    if re.search(r"\bkev\b", head):
        found = replace(found, x=found.x * 1e3)
    named = _PHOTON.search(found.name)
    made = _region(
        found.name, found.x, found.y, head, float(named[1]) if named else None, None, found.y_unit,
        chosen, where, None, declared=False,
    )  # fmt: skip
    return replace(
        made,
        warnings=(*found.warnings, *made.warnings),
        meta={**made.meta, **found.meta},  # all columns of the file, not this one alone
    )


def _region(
    name: str, x: Array, y: Array, axis: str, photon: float | None, seconds: float | None, unit: str,
    chosen: Settings, where: str, transmission: Array | None, declared: bool = True,
) -> Signal:  # fmt: skip
    """One region over ascending binding energy, with the kind of its noise."""
    warnings: list[str] = []
    asked = chosen["photon_eV"]
    photon = float(asked) if asked is not None else photon
    given = str(chosen["axis"] or "") or _axis(axis, x, name, where, warnings)
    if photon is None or not 10 < photon < 30_000:
        if given == _KINETIC:
            what = (
                f"{name}: an axis of kinetic energy needs the photon energy, and the file does not state it"
            )
            seen = "none" if photon is None else f"{photon:g} eV"
            remedy = f"photon_eV {AL_K_ALPHA} for Al Kα, {MG_K_ALPHA} for Mg Kα"
            raise InputError(what, where, seen=seen, remedy=remedy)
        warnings.append(f"{name}: the photon energy is not stated; Al Kα, {AL_K_ALPHA} eV, was taken")
        photon = AL_K_ALPHA
    if given == _KINETIC:
        x = photon - x
        warnings.append(
            f"{name}: binding energy = {photon:g} eV - kinetic energy; no work function was taken off"
        )
    elif x.size and np.max(x, where=np.isfinite(x), initial=-np.inf) < _NEGATIVE:
        x = -x
        warnings.append(f"{name}: binding energies below zero were taken without their sign")
    there = np.isfinite(x) & np.isfinite(y) & (np.abs(x) < _HUGE) & (np.abs(y) < _HUGE)
    if int(there.sum()) < LEAST:
        raise InputError("too few readings are numbers", where, seen=f"{int(there.sum())} in {name}")
    if not np.all(there):
        warnings.append(f"{name}: {int((~there).sum())} readings that are no numbers were left out")
    if (bound := float(np.max(x[there]))) > photon + _CHARGED:
        what = f"{name}: photons of {photon:g} eV free no electron bound by more"
        remedy = f"correct photon_eV ({AL_K_ALPHA} for Al Kα, {MG_K_ALPHA} for Mg Kα), or the axis"
        raise InputError(what, where, seen=f"binding energies up to {bound:g} eV", remedy=remedy)
    order = np.argsort(x[there], kind="stable")
    x, y = x[there][order], y[there][order]
    keep = np.concatenate([[True], np.diff(x) > 0])
    if not np.all(keep):
        warnings.append(f"{name}: {int((~keep).sum())} readings at the energy of another were left out")
    x, y = x[keep], y[keep]
    unit = _UNITS.get(unit.lower(), unit)
    kind, live, said = scatter(
        y, unit, str(chosen["noise"]), where, seconds=seconds, declared=declared, bare=not declared
    )
    warnings += said
    meta: dict[str, Any] = {"column": name, "columns": [name], "photon_eV": photon}
    if seconds is not None:
        meta["seconds"] = float(seconds)
    companions = {}
    if transmission is not None:
        t = transmission[there][order][keep]
        if np.all(np.isfinite(t)) and np.all(t > 0):
            companions[TRANSMISSION] = Signal(
                "xps", x, t, "binding energy", "eV", TRANSMISSION, "", "analog", "measured"
            )
    shown = unit or ("counts" if kind == "counts" else "")
    return Signal(
        "xps", x, y, "binding energy", "eV", "intensity", shown, kind, "measured",
        live_time=live, source=where, warnings=tuple(warnings), meta=meta, companions=companions,
    )  # fmt: skip


def _axis(said: str, x: Array, name: str, where: str, warnings: list[str]) -> str:
    """Whether the axis is a binding or a kinetic energy, by its name."""
    text = said.lower()
    if "binding" in text or "bindung" in text or re.search(r"\bb\.?e\.?\b", text):
        return _BINDING
    if "kinetic" in text or "kinetisch" in text or re.search(r"\bk\.?e\.?\b", text):
        return _KINETIC
    if x.size and x[0] > x[-1]:
        warnings.append(
            f"{name}: the axis descends and is taken to be binding energy; state axis if it is not"
        )
        return _BINDING
    raise InputError(
        "nothing says whether the axis is a binding or a kinetic energy", where, seen=said or "no name",
        remedy="state it with the option axis: binding or kinetic",
    )  # fmt: skip
