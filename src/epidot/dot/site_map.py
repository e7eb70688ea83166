"""A grown dot laid out for reading: grid, meaning of its kinds, and the sites that several readings need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.dot.grid import Grid, grid, near
from epidot.dot.grown import GrownDot
from epidot.dot.species import Table, table

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SiteMap:
    """``dot`` without the empty sites far outside, its ``grid`` and its ``kinds``; the rest is found once."""

    dot: GrownDot
    grid: Grid
    kinds: Table

    @classmethod
    def of(cls, dot: GrownDot) -> SiteMap:
        """Lay out ``dot``.

        Raises
        ------
        ValueError
            If the dot is empty or its positions are not on one zinc-blende lattice.
        """
        mine = near(dot)
        return cls(mine, grid(mine), table(mine))

    @cached_property
    def shell(self) -> Ints:
        """Sites that hold a shell anion."""
        return np.flatnonzero(~self.dot.cation & (self.kinds.shell[self.dot.kind] >= 0))

    @cached_property
    def surface(self) -> Ints:
        """Core-surface cations that take part in the chemistry."""
        return np.flatnonzero(self.dot.cation & self.kinds.surface[self.dot.kind])

    @cached_property
    def oxide(self) -> Ints:
        """Sites that carry oxide."""
        return np.flatnonzero(self.dot.cation & (self.kinds.oxide[self.dot.kind] > 0))

    @cached_property
    def first_shell(self) -> tuple[Ints, Ints]:
        """Anion positions outside the core that touch a core cation, and how many of them they touch."""
        free = np.flatnonzero(~self.dot.cation & ~self.kinds.own[self.dot.kind])
        bonds = self.to_core(free)
        return free[bonds > 0], bonds[bonds > 0]

    @cached_property
    def uncovered(self) -> tuple[Ints, NDArray[np.bool_]]:
        """Core-surface cations without cover or oxide, and which of them anions shut in on all four sides.

        No mark covers those, since nothing is bonded to them in the sense of the mechanism; but they are not
        open.
        """
        kinds, of = self.kinds, self.dot.kind
        plain = self.surface[(~kinds.covered & (kinds.oxide == 0))[of[self.surface]]]
        anion = self.grid.field(~self.dot.cation & ((kinds.shell >= 0) | kinds.own)[of], 0)
        return plain, anion[self.grid.place[plain][:, None] - self.grid.first].sum(axis=1) == 4

    def to_core(self, anions: Ints) -> Ints:
        """How many core cations each of ``anions`` touches."""
        cation = self.grid.field(self.dot.cation & self.kinds.present[self.dot.kind], 0)
        return np.asarray(cation[self.grid.place[anions][:, None] + self.grid.first].sum(axis=1), np.int64)
