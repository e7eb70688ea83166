"""Atoms of dots as extended xyz, through ASE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from epidot.dot.lattice import Sites, build
from epidot.dot.layers import LayeredDot, Population
from epidot.errors import WorkError

ORIGIN = (
    "built from layers (mean field): sites of the core's lattice, not relaxed; ligands and oxide not drawn"
)
VACUUM_NM = 1.0  # on every side


def write_extxyz(
    dots: Population | LayeredDot | Iterable[LayeredDot] | Mapping[str, LayeredDot],
    path: str | Path,
    rng: np.random.Generator,
    max_dots: int = 20,
) -> int:
    """Write up to ``max_dots`` dots, one frame each, and return how many frames were written.

    Columns: species, pos (Å), layer, role, occupancy; no periodicity, vacuum around the dot.  A mapping
    gives its names to the frames (``info["name"]``).  Of a population the first members are drawn.

    Raises
    ------
    InputError
        If a dot cannot be drawn (unknown material, too large).
    WorkError
        If the file cannot be written.
    """
    from ase.io import write

    frames = []
    for name, dot in _named(dots, max_dots):
        frame = atoms(dot, build(dot, rng))
        if name:
            frame.info["name"] = name
        frames.append(frame)
    try:
        if frames:
            write(
                str(path),
                frames,
                format="extxyz",
                columns=["symbols", "positions", "layer", "role", "occupancy"],
            )
        else:
            Path(path).write_text("", encoding="utf-8")
    except OSError as error:
        raise WorkError(f"{path}: cannot be written ({error.strerror})") from None
    return len(frames)


def atoms(dot: LayeredDot, sites: Sites) -> Any:
    """An ``ase.Atoms`` of the sites, in Å, centred in a box with vacuum."""
    from ase import Atoms

    position = 10 * sites.position_nm
    reach = float(np.max(np.abs(position))) + 10 * VACUUM_NM
    frame = Atoms([str(s) for s in sites.species], position + reach, cell=[2 * reach] * 3, pbc=False)
    frame.set_array("layer", sites.layer)
    frame.set_array("role", sites.role)
    frame.set_array("occupancy", np.ones(len(sites)))
    frame.info["origin"] = ORIGIN
    frame.info["dot"] = " | ".join([dot.core, *(layer.material for layer in dot.shells)])
    frame.info["core_diameter_nm"] = dot.core_diameter_nm
    frame.info["diameter_nm"] = dot.diameter_nm
    frame.info["a_nm"] = sites.a_nm
    return frame


def _named(
    dots: Population | LayeredDot | Iterable[LayeredDot] | Mapping[str, LayeredDot], max_dots: int
) -> list[tuple[str, LayeredDot]]:
    if isinstance(dots, LayeredDot):
        return [("", dots)][:max_dots]
    if isinstance(dots, Population):
        return [("", dots.dot.scaled(float(d))) for d in dots.core_diameters_nm[:max_dots]]
    if isinstance(dots, Mapping):
        return list(dots.items())[:max_dots]
    return [("", dot) for _, dot in zip(range(max_dots), dots, strict=False)]
