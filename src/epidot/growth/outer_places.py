"""Places for ligands on the outer surface of a dot: they grow with the sphere that core and shell fill."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from epidot.growth.laid import units_of
from epidot.matter.materials import crystal
from epidot.mechanism.mechanism import SiteClass

Array = NDArray[np.float64]


class Counted(Protocol):
    """What counts on a dot: a species of the mean field, or a kind of the lattice."""

    @property
    def elements(self) -> Mapping[str, int]: ...

    @property
    def ligands(self) -> Mapping[str, int]: ...


@dataclass(frozen=True)
class OuterPlaces:
    """Places for ligands on the sphere of V = V₀ + Σ v n: C = ρ (36π)^⅓ V^⅔; v = a³/4 of a unit of shell.

    ``volume`` (n,) nm³ per unit of every species, ``filling`` (n,) places it takes.
    """

    density_nm2: float
    core_nm3: float
    volume: Array
    filling: Array

    @classmethod
    def of(
        cls,
        density_nm2: float,
        site: SiteClass,
        rows: Sequence[Counted | None],
        core_nm3: float,
        held: Sequence[int] = (),
    ) -> OuterPlaces:
        """The places of the outer class ``site`` for counts in the order of ``rows`` (None: no dot's).

        ``held`` is how many metals of each row are core-surface cations (none).
        """
        volume = [
            sum(
                n * crystal(stuff).a_nm ** 3 / 4
                for stuff, n in units_of(s.elements, site.material, k).items()
            )
            if s
            else 0.0
            for s, k in zip(rows, held or [0] * len(rows), strict=True)
        ]
        filling = [float(sum(s.ligands.get(x, 0) for x in site.ligands)) if s else 0.0 for s in rows]
        return cls(density_nm2, core_nm3, np.array(volume), np.array(filling))

    def of_volume(self, nm3: Array) -> Array:
        """All places of spheres of these volumes."""
        return np.asarray(self.density_nm2 * (36 * math.pi) ** (1 / 3) * np.maximum(nm3, 0.0) ** (2 / 3))

    def capacity(self, y: Array) -> float:
        """All places."""
        return float(self.of_volume(np.array(self.core_nm3 + float(self.volume @ y))))

    def taken(self, y: Array) -> float:
        """Those that are taken."""
        return float(self.filling @ y)

    def free(self, y: Array) -> float:
        """Those that are free; none where more are taken than there are."""
        return max(self.capacity(y) - self.taken(y), 0.0)

    def slope(self, y: Array) -> Array:
        """Derivative of :meth:`free` by the counts, where some are free."""
        whole = self.core_nm3 + float(self.volume @ y)
        return np.asarray(2 / 3 * self.capacity(y) / whole * self.volume - self.filling)
