"""Atoms of dots as extended xyz, CIF and LAMMPS data, through ASE.

Grown dots are written from their sites (see :mod:`epidot.dot.atoms` for what is drawn and how); dots known by
their layers only are built by the plain rule first.  Positions are in Å.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from epidot import files
from epidot.dot.atoms import Atoms, place
from epidot.dot.grown import GrownDot
from epidot.dot.lattice import Sites, build
from epidot.dot.layers import LayeredDot, Population
from epidot.matter.compound import charges

ORIGIN = (
    "built from layers (mean field): sites of the core's lattice, not relaxed; ligands and oxide not drawn"
)
GROWN = "grown on sites of the core's lattice, not relaxed; ligands by their anchoring atom only"
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
) -> int:
    """Write up to ``max_dots`` dots (``None``: all), one frame each, and return how many were written.

    Columns: species, pos (Å), layer, role, occupancy, charge (formal, e); no periodicity, vacuum around the
    dot.  A mapping gives its names to the frames (``info["name"]``).  Of a population the first members
    are drawn.  ``ligands=False`` leaves the anchoring atoms of grown dots out: what stays is exactly
    their inorganic composition.

    Raises
    ------
    InputError
        If a dot cannot be drawn (unknown material, too large).
    CannotWrite
        If there is no place for the file.
    """
    from ase.io import write

    frames = []
    for name, dot in _named(dots, max_dots):
        frame = _frame(dot, rng, ligands)
        if name:
            frame.info["name"] = name
        frames.append(frame)
    text = io.StringIO()
    if frames:
        write(text, frames, format="extxyz", columns=list(COLUMNS))
    files.write(path, text.getvalue())
    return len(frames)


def write_cif(dot: Dot, path: str | Path, rng: np.random.Generator, *, ligands: bool = True) -> None:
    """Write one dot as CIF: a cubic cell with vacuum, space group P1, every atom listed.

    Raises
    ------
    InputError
        As :func:`write_extxyz`.
    """
    from ase.io import write

    frame = _frame(dot, rng, ligands)
    frame.pbc = True  # a CIF describes a crystal: one dot per cell
    raw = io.BytesIO()
    write(raw, frame, format="cif")
    files.write(path, raw.getvalue())


def write_lammps(
    dot: Dot, path: str | Path, rng: np.random.Generator, *, ligands: bool = True
) -> tuple[str, ...]:
    """Write one dot as LAMMPS data (atom style ``charge``, units ``metal``); the elements by type, 1 first.

    Charges are formal.

    Raises
    ------
    InputError
        As :func:`write_extxyz`.
    """
    from ase.io import write

    frame = _frame(dot, rng, ligands)
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


def _frame(dot: Dot, rng: np.random.Generator, ligands: bool) -> Any:
    return grown_atoms(dot, ligands=ligands) if isinstance(dot, GrownDot) else atoms(dot, build(dot, rng))


def grown_atoms(dot: GrownDot, *, ligands: bool = True) -> Any:
    """An ``ase.Atoms`` of a grown dot, in Å, centred in a box with vacuum."""
    placed = place(dot, ligands=ligands)
    frame = _boxed([str(s) for s in placed.species], placed)
    frame.info["origin"] = GROWN
    frame.info["dot"] = dot.core
    frame.info["core_diameter_nm"] = dot.core_diameter_nm
    frame.info["a_nm"] = dot.a_nm
    return frame


def _boxed(symbols: list[str], placed: Atoms | Sites) -> Any:
    from ase import Atoms as Frame

    position = 10 * placed.position_nm
    reach = float(np.max(np.abs(position))) + 10 * VACUUM_NM
    frame = Frame(symbols, position + reach, cell=[2 * reach] * 3, pbc=False)
    charge = np.array([float(charges()[s]) for s in symbols]) if isinstance(placed, Sites) else placed.charge
    frame.set_initial_charges(charge)
    frame.set_array("charge", charge)
    frame.set_array("layer", placed.layer)
    frame.set_array("role", placed.role)
    frame.set_array("occupancy", np.ones(len(symbols)))
    return frame


def atoms(dot: LayeredDot, sites: Sites) -> Any:
    """An ``ase.Atoms`` of the sites, in Å, centred in a box with vacuum."""
    frame = _boxed([str(s) for s in sites.species], sites)
    frame.info["origin"] = ORIGIN
    frame.info["dot"] = " | ".join([dot.core, *(layer.material for layer in dot.shells)])
    frame.info["core_diameter_nm"] = dot.core_diameter_nm
    frame.info["diameter_nm"] = dot.diameter_nm
    frame.info["a_nm"] = sites.a_nm
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
