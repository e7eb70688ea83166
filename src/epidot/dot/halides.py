"""Halide ions in one dot: where they are, by radius."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HALIDES = ("F", "Cl", "Br", "I")


@dataclass(frozen=True)
class HalideContent:
    """Ions of one halide in an average dot.

    ``amount`` (n,) ions in the spherical cells between ``edges_nm`` (n + 1,), which run from the centre to
    the outer surface of the inorganic dot; mobile and trapped ions together.  ``ligand`` are ions of the
    adsorbed layer that are still on the dot after work-up; ``interface`` those bound at the core's surface
    as metal halide where an oxide was (they are not counted in ``amount``).
    """

    element: str
    edges_nm: NDArray[np.float64]
    amount: NDArray[np.float64]
    ligand: float = 0.0
    interface: float = 0.0

    @property
    def total(self) -> float:
        """Ions per dot, all places."""
        return float(self.amount.sum() + self.ligand + self.interface)

    def between(self, inner_nm: float, outer_nm: float) -> float:
        """Ions in a spherical shell, spread evenly within each cell (ligand and interface not counted)."""
        e = np.clip(self.edges_nm, inner_nm, outer_nm) ** 3
        full = np.diff(self.edges_nm**3)
        return float(np.sum(self.amount * np.diff(e) / full))
