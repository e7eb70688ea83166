"""Atoms of dots as extended xyz, CIF and LAMMPS data.

Grown dots are written from their sites (see :mod:`epidot.dot.atoms` for what is drawn and how); dots known
by their layers only are built by the plain rule first.  Positions are in Å, those of the core's lattice or of
the atoms at rest (:mod:`epidot.dot.relax`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from epidot import files
from epidot.dot.atoms import Atoms, of_layers, place
from epidot.dot.grown import GrownDot
from epidot.dot.layers import LayeredDot, Population
from epidot.dot.relax import relax
from epidot.errors import InputError, nearest
from epidot.matter.formulas import molar_mass

Positions = Literal["lattice", "relaxed"]
POSITIONS: tuple[Positions, ...] = ("lattice", "relaxed")
LAYERED = "built from layers (mean field), ligands and oxide not drawn"
GROWN = "grown on sites, ligands by their anchoring atom only"
PLACED: dict[Positions, str] = {
    "lattice": "sites of the core's lattice, not relaxed",
    "relaxed": "at rest under Keating's forces; oxide and ligands carried along",
}
VACUUM_NM = 1.0  # on every side
UNKNOWN = "X"  # the element of an anchoring atom that is not known
Dot = LayeredDot | GrownDot
Said = Mapping[str, str | float]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """One dot to be written: its atoms, their ``strain`` if they are relaxed, and what is ``said`` of it."""

    atoms: Atoms
    said: Said
    strain: Array | None = None

    @property
    def reach_A(self) -> float:
        """From the centre to the wall of the smallest box with vacuum around the dot."""
        return 10 * (float(np.max(np.abs(self.atoms.position_nm))) + VACUUM_NM)

    def position_A(self, reach_A: float) -> Array:
        """Positions (n, 3) with the dot's centre in the middle of a box of edge ``2 * reach_A``."""
        return np.asarray(10 * self.atoms.position_nm + reach_A)


def write_extxyz(
    dots: Population | Dot | Iterable[Dot] | Mapping[str, Dot],
    path: str | Path,
    rng: np.random.Generator,
    max_dots: int | None = 20,
    *,
    ligands: bool = True,
    positions: Positions = "lattice",
    said: Mapping[str, Said] | None = None,
) -> int:
    """Write up to ``max_dots`` dots (``None``: all), one frame each, and return how many were written.

    Columns: species, pos (Å), layer, role, occupancy, charge (formal, e); no periodicity, vacuum around the
    dot.  All frames share one box, and the centre of every dot is its middle, so that what does not change
    stays where it is from frame to frame.  A mapping gives its names to the frames (``info["name"]``);
    ``said`` adds to a frame, by that name, what else is known of it, such as its time.  Of a population the
    first members are drawn.  ``ligands=False`` leaves the anchoring atoms of grown dots out: what stays is
    exactly their inorganic composition.  ``positions="relaxed"`` brings the atoms to rest first and adds the
    column ``hydrostatic_strain`` of each atom (NaN for what is only carried along).

    Raises
    ------
    InputError
        If a dot cannot be drawn (unknown material, too large), or relaxed (no elastic constants).
    CannotWrite
        If there is no place for the file.
    """
    more = said or {}
    frames = []
    for name, dot in _named(dots, max_dots):
        own = {"name": name, **more.get(name, {})} if name else {}
        frames.append(_frame(dot, rng, ligands, positions, own))
    reach = max((frame.reach_A for frame in frames), default=0.0)
    files.write(path, "".join(line for frame in frames for line in _extxyz(frame, reach)))
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
        As :func:`write_extxyz`; if an anchoring atom is of no known element.
    """
    frame = _frame(dot, rng, ligands, positions, {})
    _insist_on_elements(frame.atoms, path)
    files.write(path, "".join(_cif(frame)))


def write_lammps(
    dot: Dot,
    path: str | Path,
    rng: np.random.Generator,
    *,
    ligands: bool = True,
    positions: Positions = "lattice",
) -> tuple[str, ...]:
    """Write one dot as LAMMPS data (atom style ``charge``, units ``metal``); the elements by type, 1 first.

    Charges are formal, masses those of the elements in g/mol.

    Raises
    ------
    InputError
        As :func:`write_cif`.
    """
    frame = _frame(dot, rng, ligands, positions, {})
    _insist_on_elements(frame.atoms, path)
    elements = tuple(sorted(set(frame.atoms.species.tolist())))
    files.write(path, "".join(_lammps(frame, elements)))
    return elements


def _extxyz(frame: Frame, reach_A: float) -> Iterator[str]:
    atoms, edge = frame.atoms, _number(2 * reach_A)
    # No key may be called as a property of the box: OVITO reads "origin" as its corner.
    columns = "species:S:1:pos:R:3:layer:I:1:role:S:1:occupancy:R:1:charge:R:1"
    strain = [""] * len(atoms)
    if frame.strain is not None:
        columns += ":hydrostatic_strain:R:1"
        strain = [f" {value:.6e}" for value in frame.strain.tolist()]
    told = " ".join(f"{key}={_quoted(value)}" for key, value in frame.said.items())
    yield f"{len(atoms)}\n"
    yield (
        f'Lattice="{edge} 0.0 0.0 0.0 {edge} 0.0 0.0 0.0 {edge}" Properties={columns} {told} pbc="F F F"\n'
    )
    for (x, y, z), element, layer, role, charge, last in zip(
        frame.position_A(reach_A).tolist(),
        atoms.species.tolist(),
        atoms.layer.tolist(),
        atoms.role.tolist(),
        atoms.charge.tolist(),
        strain,
        strict=True,
    ):
        yield f"{element:<2} {x:.7f} {y:.7f} {z:.7f} {layer} {role} 1.0 {charge:.1f}{last}\n"


def _cif(frame: Frame) -> Iterator[str]:
    # A CIF describes a crystal: one dot per cell.
    edge = 2 * frame.reach_A
    elements, numbers = np.unique(frame.atoms.species, return_counts=True)
    formula = " ".join(f"{element}{n}" for element, n in zip(elements.tolist(), numbers, strict=True))
    yield "data_dot\n"
    yield f'_audit_creation_method "epidot: {frame.said["drawn"]}"\n'
    yield f"_chemical_formula_sum '{formula}'\n"
    yield "".join(f"_cell_length_{axis} {edge:.6f}\n" for axis in "abc")
    yield "".join(f"_cell_angle_{angle} 90\n" for angle in ("alpha", "beta", "gamma"))
    yield f"_cell_volume {edge**3:.3f}\n"
    yield "_space_group_name_H-M_alt 'P 1'\n_space_group_IT_number 1\n"
    yield "loop_\n_space_group_symop_operation_xyz\n'x, y, z'\n"
    yield "loop_\n_atom_site_label\n_atom_site_type_symbol\n"
    yield "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n"
    seen = dict.fromkeys(elements.tolist(), 0)
    shares = (frame.position_A(edge / 2) / edge).tolist()
    for element, (x, y, z) in zip(frame.atoms.species.tolist(), shares, strict=True):
        seen[element] += 1
        yield f"{element}{seen[element]} {element} {x:.9f} {y:.9f} {z:.9f} 1\n"


def _lammps(frame: Frame, elements: tuple[str, ...]) -> Iterator[str]:
    atoms, reach = frame.atoms, frame.reach_A
    drawn, net = frame.said["drawn"], float(atoms.charge.sum())
    yield f"LAMMPS data of epidot: {drawn}; formal charges, {net:+g} e in all; units metal\n\n"
    yield f"{len(atoms)} atoms\n{len(elements)} atom types\n\n"
    yield "".join(f"0.0 {_number(2 * reach)} {axis}lo {axis}hi\n" for axis in "xyz")
    yield "\nMasses\n\n"
    yield "".join(f"{i} {molar_mass(element):g} # {element}\n" for i, element in enumerate(elements, start=1))
    yield "\nAtoms # charge\n\n"
    kind = {element: i for i, element in enumerate(elements, start=1)}
    rows = zip(atoms.species.tolist(), atoms.charge.tolist(), frame.position_A(reach).tolist(), strict=True)
    for i, (element, charge, (x, y, z)) in enumerate(rows, start=1):
        yield f"{i} {kind[element]} {charge:.1f} {x:.7f} {y:.7f} {z:.7f}\n"


def _number(value: float) -> str:
    return f"{value:.7f}"


def _quoted(value: str | float) -> str:
    """A value of the comment line; text always in quotes, without those that would end it."""
    if isinstance(value, str):
        text = " ".join(value.replace('"', "”").replace("\\", "/").split())
        return f'"{text}"'
    return repr(float(value))


def _insist_on_elements(atoms: Atoms, path: str | Path) -> None:
    if UNKNOWN in atoms.species.tolist():
        raise InputError(
            "some ligands are anchored by an atom that epidot does not know",
            str(path),
            seen=f"{int((atoms.species == UNKNOWN).sum())} of them",
            remedy="write the dot with ligands=False, or as extxyz",
        )


def _frame(dot: Dot, rng: np.random.Generator, ligands: bool, positions: Positions, own: Said) -> Frame:
    """A dot with what is known of it; ``own`` is said before the rest."""
    if positions not in POSITIONS:
        raise InputError("unknown positions", seen=str(positions), nearest=nearest(str(positions), POSITIONS))
    said: dict[str, str | float]
    if isinstance(dot, GrownDot):
        atoms, drawn, said = place(dot, ligands=ligands), GROWN, {"dot": dot.core}
    else:
        layers = " | ".join([dot.core, *(layer.material for layer in dot.shells)])
        atoms, drawn, said = of_layers(dot, rng), LAYERED, {"dot": layers, "diameter_nm": dot.diameter_nm}
    strain = None
    if positions == "relaxed":
        rest = relax(atoms)
        atoms, strain = rest.atoms, rest.strain
    said |= {
        "drawn": f"{drawn}; {PLACED[positions]}",
        "core_diameter_nm": dot.core_diameter_nm,
        "a_nm": atoms.a_nm,
    }
    return Frame(atoms, {**own, **said}, strain)


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
