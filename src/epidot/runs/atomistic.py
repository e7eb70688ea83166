"""Grown dots of a sample by their own atoms, beside the radial model of the same dots.

A check of the radial states and, as the mean difference, their correction; never the light of a run itself.
The atoms come to rest first.  Their model has no attraction: both dots get that of the radial one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.dot.atoms import place
from epidot.dot.grown import GrownDot
from epidot.dot.layers import LayeredDot
from epidot.dot.relax import Relaxed, relax
from epidot.dot.species import table
from epidot.light.states import Levels, solve_dot
from epidot.light.states.atoms import AtomLevels, AtomOptions, solve_atoms
from epidot.light.states.atoms.parameters import constants

Array = NDArray[np.float64]

SMALL_EV = 0.005  # shifts below it have no sign worth telling
ARRAYS = ("x_nm", "y_nm", "z_nm", "core", "electron", "hole")


def representative(dots: Sequence[GrownDot], number: int) -> list[int]:
    """Places of ``number`` dots at even steps through their core diameters; one is that of middle size."""
    order = np.argsort([dot.core_diameter_nm for dot in dots], kind="stable")
    number = min(number, len(dots))
    return [int(order[(2 * i + 1) * len(dots) // (2 * number)]) for i in range(number)]


@dataclass(frozen=True)
class Pair:
    """One dot twice: ``radial`` and ``atoms``, these also with the surface bare and closed twice over.

    ``core`` are the gaps in eV of its core alone, by atoms and radial model; without shells ``None``.
    """

    radial: Levels
    rest: Relaxed
    atoms: AtomLevels
    ends: tuple[AtomLevels, AtomLevels]
    core: tuple[float, float] | None = None

    @classmethod
    def of(cls, grown: GrownDot, layered: LayeredDot) -> Pair:
        """Both states of a grown dot, ``layered`` being the same one by its layers."""
        rest = relax(place(grown, ligands=False))
        limits = constants()["closure"]["per_bond"]
        low, high = (
            solve_atoms(rest, AtomOptions(closure=c, holes=12, electrons=1))
            for c in (limits.low, limits.high)
        )
        return cls(solve_dot(layered), rest, solve_atoms(rest), (low, high), _of_core(grown, layered))

    @property
    def radial_gap_eV(self) -> float:
        """Electron less hole by the radial model."""
        return self.radial.Ee_eV - self.radial.Eh_eV

    @property
    def correction_eV(self) -> float:
        """What the atoms add to the radial gap, and so to the first exciton."""
        return self.atoms.gap_eV - self.radial_gap_eV

    @property
    def shifts_eV(self) -> tuple[float, float] | None:
        """What the shell adds to the gap, by the atoms and by the radial model."""
        if self.core is None:
            return None
        return self.atoms.gap_eV - self.core[0], self.radial_gap_eV - self.core[1]

    @property
    def values(self) -> dict[str, float]:
        """What a run tells of the dot, by name."""
        electron, hole = self.atoms.inside()
        return {
            "atoms_gap_eV": self.atoms.gap_eV,
            "atoms_radial_gap_eV": self.radial_gap_eV,
            "atoms_correction_eV": self.correction_eV,
            "atoms_first_exciton_eV": self.radial.E_1S_eV + self.correction_eV,
            "atoms_first_exciton_nm": HC / (self.radial.E_1S_eV + self.correction_eV),
            "atoms_electron_outside_core": 1 - electron,
            "atoms_hole_outside_core": 1 - hole,
            "atoms_hole_split_eV": float(self.atoms.holes[0] - self.atoms.holes[3]),
            "atoms_strength": self.atoms.K,
            "atoms_strain_core": self.rest.core,
        }


def _of_core(grown: GrownDot, layered: LayeredDot) -> tuple[float, float] | None:
    """Gaps of the same core, its surface cations left on it, without the shell's anions and their zinc."""
    empty = [i for i, kind in enumerate(grown.kinds) if "vacant" in kind.marks]
    if not layered.shells or not empty:
        return None
    shell = ~grown.cation & (table(grown).shell[grown.kind] >= 0)
    kind = np.where(shell, empty[0], grown.kind).astype(grown.kind.dtype)
    levels = solve_dot(replace(layered.plain, shells=()))
    alone = solve_atoms(place(replace(grown, kind=kind), ligands=False))
    return alone.gap_eV, levels.Ee_eV - levels.Eh_eV


@dataclass(frozen=True)
class Atomistic:
    """Some dots of a sample, each by its atoms and by the radial model."""

    pairs: tuple[Pair, ...]

    @classmethod
    def of(cls, grown: Sequence[GrownDot], layered: Sequence[LayeredDot], number: int) -> Atomistic:
        """Of ``number`` representative dots.

        Raises
        ------
        InputError, Gap, WorkError
            If a dot cannot be relaxed or solved.
        """
        return cls(tuple(Pair.of(grown[i], layered[i]) for i in representative(grown, number)))

    @cached_property
    def columns(self) -> Mapping[str, Array]:
        """Every value dot by dot, each (dots,)."""
        rows = [pair.values for pair in self.pairs]
        return {name: np.array([row[name] for row in rows]) for name in rows[0]}

    def mean(self, name: str) -> tuple[float, float | None]:
        """Mean over the dots and, of more than one, its standard error from their scatter."""
        found = self.columns[name]
        error = float(np.std(found, ddof=1) / np.sqrt(found.size)) if found.size > 1 else None
        return float(np.mean(found)), error

    def note(self) -> str:
        """How many dots, and what the one free number of the surface does."""
        one = "1 dot" if len(self.pairs) == 1 else f"{len(self.pairs)} dots"
        closure = constants()["closure"]["per_bond"].value
        low, high = (np.mean([p.ends[i].gap_eV for p in self.pairs]) for i in range(2))
        said = (
            f"{one}; gap {low:.3f} eV with a bare surface, {high:.3f} eV closed twice over "
            f"({closure:g} times here, by bare InP)"
        )
        strange: dict[str, float] = {}
        for pair in self.pairs:
            for element, n in pair.atoms.foreign.items():
                strange[element] = strange.get(element, 0.0) + n / len(self.pairs)
        named = ", ".join(f"{n:.0f} {element}" for element, n in strange.items())
        if named:
            said += f"; {named} per dot, in no known crystal here, count as the core's own"
        return said + self._apart()

    def _apart(self) -> str:
        """Which way the shell moves the gap, where the two models do not agree about it."""
        known = [pair.shifts_eV for pair in self.pairs if pair.shifts_eV is not None]
        if not known:
            return ""
        atoms, radial = (float(np.mean(one)) for one in zip(*known, strict=True))
        if atoms * radial > 0 or min(abs(atoms), abs(radial)) < SMALL_EV:
            return ""
        way = {True: "blue", False: "red"}
        return (
            f"; the shell moves the gap {1e3 * atoms:+.0f} meV ({way[atoms > 0]}) by the atoms and "
            f"{1e3 * radial:+.0f} meV ({way[radial > 0]}) by the radial model: the atoms were put together "
            "without plastic relief, the radial model takes the relief that measured shifts ask for"
        )

    @property
    def rests_on(self) -> dict[str, list[str]]:
        """Numbers by status, those of every dot together."""
        out: dict[str, set[str]] = {}
        for pair in self.pairs:
            for status, names in pair.atoms.rests_on.items():
                out.setdefault(status, set()).update(names)
        return {status: sorted(names) for status, names in out.items()}

    @property
    def picture(self) -> dict[str, Array]:
        """Atoms of the middle dot at rest, the share of the carriers on each: ``atom_x_nm`` and so on."""
        found = self.pairs[len(self.pairs) // 2].atoms
        x, y, z = found.atoms.position_nm.T
        core = (found.atoms.layer == 0).astype(np.float64)
        values = (x, y, z, core, found.electron, found.hole)
        return {f"atom_{name}": np.asarray(v) for name, v in zip(ARRAYS, values, strict=True)}
