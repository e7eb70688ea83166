"""A dot as growth on the lattice left it: what sits on every site, and what each of those things is.

The engine fills a :class:`GrownDot`; what is read off it (layers, roughness, linked share, atoms for export)
needs nothing of the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SiteSpecies:
    """What may sit on a site.

    ``composition`` is in elements (nothing for a vacancy); ``ligands`` as in ``LayeredDot.ligands``;
    ``charge`` is what it adds to the dot, in e, bonds to the core's own ions counted with the core.
    ``marks`` are of: ``core`` (an ion of the core, its surface included), ``vacant``, ``first`` (an anion
    site of the first shell), ``covered``, ``linked``, ``crystalline``, ``oxide``, ``memory`` (an oxide was
    here), ``loose`` (carries Intermediate 1 or an open oleate end), ``deposited`` (beyond the first shell),
    ``spectator`` (closes the charge of the core and takes no part), ``outside`` (on the outer surface).
    """

    name: str
    composition: Mapping[str, int] = field(default_factory=dict)
    ligands: Mapping[str, int] = field(default_factory=dict)
    charge: float = 0.0
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True)
class GrownDot:
    """One dot on its zinc-blende lattice.

    ``position_nm`` (n, 3) from the dot's own centre, on the unrelaxed lattice of the core with constant
    ``a_nm``; ``cation`` (n,) whether the site belongs to the cation sublattice; ``kind`` (n,) index into
    ``kinds``.  ``core_diameter_nm`` is the diameter the core was cut with.  ``outside`` is what lies on the
    outer surface without a site of its own, and how many of each; ``places`` how many places for which
    ligands it has per nm² of the sphere of its volume; ``rounded`` how many of those ligands more than its
    even share the whole numbers of ``outside`` gave it.
    """

    core: str
    core_diameter_nm: float
    a_nm: float
    position_nm: NDArray[np.float64]
    cation: NDArray[np.bool_]
    kind: NDArray[np.uint8]
    kinds: tuple[SiteSpecies, ...]
    outside: tuple[tuple[SiteSpecies, int], ...] = ()
    places: tuple[float, tuple[str, ...]] = (0.0, ())
    rounded: float = 0.0

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, eq=False)
class GrownDots(Sequence[GrownDot]):
    """Dots that share their sites up to a shift: each is made when it is asked for.

    ``lattice_nm`` (n, 3) are the sites of all, ``centres_nm`` (dots, 3) where the dots' centres lie among
    them: a thousand dots in six samples, each with sites of its own, would hold a gigabyte.  ``kind`` is
    (dots, n), ``core_diameters_nm``, ``outside`` and ``rounded`` have one entry per dot; the rest as in
    :class:`GrownDot`.
    """

    core: str
    core_diameters_nm: NDArray[np.float64]
    a_nm: float
    lattice_nm: NDArray[np.float64]
    centres_nm: NDArray[np.float64]
    cation: NDArray[np.bool_]
    kind: NDArray[np.uint8]
    kinds: tuple[SiteSpecies, ...]
    outside: Sequence[tuple[tuple[SiteSpecies, int], ...]]
    places: tuple[float, tuple[str, ...]] = (0.0, ())
    rounded: Sequence[float] = ()

    def __len__(self) -> int:
        return len(self.kind)

    @overload
    def __getitem__(self, i: int) -> GrownDot: ...
    @overload
    def __getitem__(self, i: slice) -> tuple[GrownDot, ...]: ...
    def __getitem__(self, i: int | slice) -> GrownDot | tuple[GrownDot, ...]:
        if isinstance(i, slice):
            return tuple(self[k] for k in range(*i.indices(len(self))))
        return GrownDot(
            core=self.core,
            core_diameter_nm=float(self.core_diameters_nm[i]),
            a_nm=self.a_nm,
            position_nm=self.lattice_nm - self.centres_nm[i],
            cation=self.cation,
            kind=self.kind[i],
            kinds=self.kinds,
            outside=self.outside[i],
            places=self.places,
            rounded=self.rounded[i] if len(self.rounded) else 0.0,
        )
