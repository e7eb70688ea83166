"""Atoms of dots as extended xyz, CIF and LAMMPS data, through ASE.

Grown dots are written from their sites (see :mod:`epidot.dot.atoms` for what is drawn and how); dots known
by their layers only are built by the plain rule first.  Positions are in Å, those of the core's lattice or of
the atoms at rest (:mod:`epidot.dot.relax`).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np

from epidot import files
from epidot.dot.atoms import of_layers, place
from epidot.dot.grown import GrownDot
from epidot.dot.layers import LayeredDot, Population
from epidot.dot.relax import relax
from epidot.errors import InputError, nearest

Positions = Literal["lattice", "relaxed"]
POSITIONS: tuple[Positions, ...] = ("lattice", "relaxed")
LAYERED = "built from layers (mean field), ligands and oxide not drawn"
GROWN = "grown on sites, ligands by their anchoring atom only"
PLACED: dict[Positions, str] = {
    "lattice": "sites of the core's lattice, not relaxed",
    "relaxed": "at rest under Keating's forces; oxide and ligands carried along",
}
VACUUM_NM = 1.0  # on every side
COLUMNS = ("symbols", "positions", "layer", "role", "occupancy", "charge")
Dot = LayeredDot | GrownDot


def write_extxyz(
    dots: Population | Dot | Iterable[Dot] | Mapping[str, Dot],
    path: str | Path,
    rng: np.random.Generator,
    max_dots: int | None = 20,
    *,
    ligands: bool = True,
    positions: Positions = "lattice",
) -> int:
    """Write up to ``max_dots`` dots (``None``: all), one frame each, and return how many were written.

    Columns: species, pos (Å), layer, role, occupancy, charge (formal, e); no periodicity, vacuum around the
    dot.  A mapping gives its names to the frames (``info["name"]``).  Of a population the first members
    are drawn.  ``ligands=False`` leaves the anchoring atoms of grown dots out: what stays is exactly
    their inorganic composition.  ``positions="relaxed"`` brings the atoms to rest first and adds the column
    ``strain``, the hydrostatic strain of each atom (NaN for what is only carried along).

    Raises
    ------
    InputError
        If a dot cannot be drawn (unknown material, too large), or relaxed (no elastic constants).
    CannotWrite
        If there is no place for the file.
    """
    from ase.io import write

    frames = []
    for name, dot in _named(dots, max_dots):
        frame = _frame(dot, rng, ligands, positions)
        if name:
            frame.info["name"] = name
        frames.append(frame)
    text = io.StringIO()
    if frames:
        columns = [*COLUMNS, "strain"] if positions == "relaxed" else list(COLUMNS)
        write(text, frames, format="extxyz", columns=columns)
    files.write(path, text.getvalue())
    return len(frames)


def write_cif(
    dot: Dot,
    path: str | Path,
    rng: np.random.Generator,
    *,
    ligands: bool = True,
    positions: Positions = "lattice",
) -> None:
    """Write one dot as CIF: a cubic cell with vacuum, space group P1, every atom listed.

    Raises
    ------
    InputError
        As :func:`write_extxyz`.
    """
    from ase.io import write

    frame = _frame(dot, rng, ligands, positions)
    frame.pbc = True  # a CIF describes a crystal: one dot per cell
    raw = io.BytesIO()
    write(raw, frame, format="cif")
    files.write(path, raw.getvalue())


def write_lammps(
    dot: Dot,
    path: str | Path,
    rng: np.random.Generator,
    *,
    ligands: bool = True,
    positions: Positions = "lattice",
) -> tuple[str, ...]:
    """Write one dot as LAMMPS data (atom style ``charge``, units ``metal``); the elements by type, 1 first.

    Charges are formal.

    Raises
    ------
    InputError
        As :func:`write_extxyz`.
    """
    from ase.io import write

    frame = _frame(dot, rng, ligands, positions)
    elements = tuple(sorted(set(frame.get_chemical_symbols())))
    text = io.StringIO()
    write(
        text,
        frame,
        format="lammps-data",
        specorder=list(elements),
        atom_style="charge",
        masses=True,
        units="metal",
    )
    files.write(path, text.getvalue())
    return elements


def _frame(dot: Dot, rng: np.random.Generator, ligands: bool, positions: Positions) -> Any:
    """An ``ase.Atoms`` of a dot, in Å, centred in a box with vacuum."""
    from ase import Atoms as Frame

    if positions not in POSITIONS:
        raise InputError("unknown positions", seen=str(positions), nearest=nearest(str(positions), POSITIONS))
    info: dict[str, str | float]
    if isinstance(dot, GrownDot):
        atoms, origin, info = place(dot, ligands=ligands), GROWN, {"dot": dot.core}
    else:
        layers = " | ".join([dot.core, *(layer.material for layer in dot.shells)])
        atoms, origin, info = of_layers(dot, rng), LAYERED, {"dot": layers, "diameter_nm": dot.diameter_nm}
    strain = {}
    if positions == "relaxed":
        rest = relax(atoms)
        atoms, strain = rest.atoms, {"strain": rest.strain}
    position = 10 * atoms.position_nm
    reach = float(np.max(np.abs(position))) + 10 * VACUUM_NM
    frame = Frame([str(s) for s in atoms.species], position + reach, cell=[2 * reach] * 3, pbc=False)
    frame.set_initial_charges(atoms.charge)
    columns = {
        "charge": atoms.charge,
        "layer": atoms.layer,
        "role": atoms.role,
        "occupancy": np.ones(len(atoms)),
        **strain,
    }
    for name, values in columns.items():
        frame.set_array(name, values)
    frame.info |= {
        "origin": f"{origin}; {PLACED[positions]}",
        "core_diameter_nm": dot.core_diameter_nm,
        "a_nm": atoms.a_nm,
        **info,
    }
    return frame


def _named(
    dots: Population | Dot | Iterable[Dot] | Mapping[str, Dot], max_dots: int | None
) -> list[tuple[str, Dot]]:
    if isinstance(dots, (LayeredDot, GrownDot)):
        return [("", dots)][:max_dots]
    if isinstance(dots, Population):
        return [("", dot) for dot in dots.dots[:max_dots]]
    if isinstance(dots, Mapping):
        return list(dots.items())[:max_dots]
    return [("", dot) for dot in islice(dots, max_dots)]
