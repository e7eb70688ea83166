"""Zinc-blende sites of a layered dot, by the plainest rule that keeps its counts.

Core: every anion inside the sphere of the core's diameter (or another shape of that volume), and every
cation bonded to one of them.  Shells: further anion sites outward, in the same shape, until a shell holds the
anions that eq 3 gives for its thickness and its own lattice constant (so that thin shells keep their matter),
then every cation bonded to one.  The dot ends in cations, as oleate-capped dots do.  Positions lie on the
core's lattice and are **not relaxed**; ligands, oxide and adatoms of no shell are not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.dot.composition import ANIONS_PER_CELL, anions_in_shell
from epidot.dot.layers import LayeredDot
from epidot.dot.shapes import Centre, Shape
from epidot.errors import InputError, nearest
from epidot.matter.materials import crystal

MAX_DIAMETER_NM = 30.0  # about half a million atoms

# In quarters of the lattice constant: an anion's four cations; a cation's four anions are the opposite.
BONDS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
_CENTRE: dict[Centre, tuple[float, float, float]] = {
    "anion": (0.0, 0.0, 0.0),
    "cation": (1.0, 1.0, 1.0),
    "bond": (0.5, 0.5, 0.5),
    "hole": (2.0, 0.0, 0.0),  # between six anions
    "far": (-1.0, -1.0, -1.0),  # between four anions, where no cation is
}
_EMPTY = -1


@dataclass(frozen=True)
class Sites:
    """Atoms on their sites, arrays of one length, the core's first and then outwards.

    ``layer`` is 0 for the core and 1, 2, ... for the shells; ``role`` is ``bulk`` where all four bonds are
    made and ``surface`` elsewhere; ``coordination`` counts the bonds; ``free_anion_sites_nm`` are the empty
    anion positions next to a surface cation, shape (m, 3).  ``a_nm`` is the lattice constant of the grid.
    """

    species: NDArray[np.str_]
    position_nm: NDArray[np.float64]
    layer: NDArray[np.int64]
    role: NDArray[np.str_]
    coordination: NDArray[np.int64]
    free_anion_sites_nm: NDArray[np.float64]
    a_nm: float

    def __len__(self) -> int:
        return len(self.species)

    def counts(self) -> dict[str, int]:
        """Atoms by element."""
        names, numbers = np.unique(self.species, return_counts=True)
        return {str(name): int(n) for name, n in zip(names, numbers, strict=True)}


def build(
    dot: LayeredDot, rng: np.random.Generator, *, centre: Centre = "anion", shape: Shape | None = None
) -> Sites:
    """The sites of ``dot``; ``rng`` picks among sites of one radius and draws the ions of alloys.

    ``shape`` other than a sphere is that of the core and of every shell; diameters and thicknesses are then
    those of spheres of equal volume.

    Raises
    ------
    InputError
        For an unknown material or centre, or a dot too large to draw.
    """
    core = crystal(dot.core)
    shells = [crystal(layer.material) for layer in dot.shells]
    named = replace(
        dot,
        core=core.name,
        shells=tuple(replace(layer, material=c.name) for layer, c in zip(dot.shells, shells, strict=True)),
    )
    return build_on(named, [core.a_nm, *(c.a_nm for c in shells)], rng, centre=centre, shape=shape)


def build_on(
    dot: LayeredDot,
    lattice_nm: list[float],
    rng: np.random.Generator,
    *,
    centre: Centre = "anion",
    shape: Shape | None = None,
) -> Sites:
    """:func:`build` with the lattice constants given, core first."""
    if centre not in _CENTRE:
        raise InputError("unknown centre of a dot", seen=str(centre), nearest=nearest(centre, _CENTRE))
    if dot.diameter_nm > MAX_DIAMETER_NM:
        raise InputError(
            f"atoms are drawn for dots up to {MAX_DIAMETER_NM:g} nm",
            seen=f"{dot.diameter_nm:.1f} nm",
            remedy="check that the diameter is in nm",
        )
    a = lattice_nm[0]
    wanted = _anions_wanted(dot, lattice_nm)
    volume = (4 / 3 * np.pi * (dot.core_diameter_nm / 2) ** 3) + sum(wanted) * a**3 / ANIONS_PER_CELL
    reach = (3 * volume / (4 * np.pi)) ** (1 / 3) + 1.5 * a
    anions, radius = _anion_sites(reach / a * 4, np.array(_CENTRE[centre]), rng, shape or Shape())

    core = int(np.searchsorted(radius, dot.core_diameter_nm / 2 / a * 4 * (1 + 1e-12), side="right"))
    if core == 0:
        raise InputError(
            "the core is smaller than its smallest anion site",
            seen=f"{dot.core_diameter_nm} nm",
            remedy='choose a larger core or centre "anion"',
        )
    edges = core + np.cumsum([0, *wanted])
    owner = np.repeat(np.arange(len(edges)), np.diff(edges, prepend=0))
    return _sites(dot, a, np.array(_CENTRE[centre]), anions, owner, rng)


def _anions_wanted(dot: LayeredDot, lattice_nm: list[float]) -> list[int]:
    """Whole anions per shell; the running sum is rounded, so that thin shells lose nothing."""
    radii = dot.radii_nm
    exact = [
        anions_in_shell(2 * radii[i], layer.thickness_nm, lattice_nm[i + 1])
        for i, layer in enumerate(dot.shells)
    ]
    return [int(n) for n in np.diff(np.rint(np.cumsum([0.0, *exact])))]


def _anion_sites(
    reach: float, centre: NDArray[np.float64], rng: np.random.Generator, shape: Shape
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """All anion sites within ``reach`` (quarters of a), by gauge, those of one gauge in random order."""
    half = int(np.ceil(reach * shape.slimness)) // 2 + 2
    axis = np.arange(-half, half + 1)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij", sparse=True)
    sites = 2 * (np.argwhere((x + y + z) % 2 == 0) - half)
    if shape.kind == "sphere":
        radius2 = np.sum((sites - centre) ** 2, axis=1)
        radius = np.sqrt(radius2)
    else:
        radius = radius2 = shape.gauge(sites - centre)
    near = radius <= reach
    sites, radius, radius2 = sites[near], radius[near], radius2[near]
    order = np.lexsort((rng.random(len(sites)), radius2))
    return sites[order], radius[order]


def _sites(
    dot: LayeredDot,
    a: float,
    centre: NDArray[np.float64],
    anions: NDArray[np.int64],
    owner: NDArray[np.int64],
    rng: np.random.Generator,
) -> Sites:
    """Put the first ``len(owner)`` anions on a grid, find their cations and who is bonded to whom."""
    filled = anions[: len(owner)]
    offset = int(np.max(np.abs(filled))) + 4  # room for the cations and the empty anion sites beyond
    size = 2 * offset + 1
    flat = np.array([size * size, size, 1])
    bonds = BONDS @ flat
    grid = np.full(size**3, _EMPTY, dtype=np.int16)
    place = (filled + offset) @ flat
    grid[place] = owner
    around = place[:, None] + bonds
    for layer in range(int(owner[-1]), -1, -1):  # inner layers last: a cation belongs to its innermost anion
        grid[around[owner == layer].ravel()] = layer
    cations = np.unique(around)
    neighbours = cations[:, None] - bonds
    bonded = grid[neighbours] != _EMPTY
    free = np.unique(neighbours[~bonded])

    where = np.concatenate([place, cations])
    layer_of = grid[where].astype(np.int64)
    coordination = np.concatenate([np.full(len(place), len(BONDS)), bonded.sum(axis=1)])
    is_anion = np.arange(len(where)) < len(place)
    species = _species(dot, layer_of, is_anion, rng)
    position = _positions(where, size, offset, centre) * a / 4
    order = np.lexsort((*position.T, np.round(np.linalg.norm(position, axis=1), 9), layer_of))
    return Sites(
        species[order],
        position[order],
        layer_of[order],
        np.where(coordination == len(BONDS), "bulk", "surface")[order],
        coordination[order],
        _positions(free, size, offset, centre) * a / 4,
        a,
    )


def _bonded(position_nm: NDArray[np.float64], a_nm: float) -> NDArray[np.intp]:
    """Pairs of bonded atoms, shape (bonds, 2)."""
    from scipy.spatial import cKDTree

    length = np.sqrt(3) / 4 * a_nm
    return np.asarray(cKDTree(position_nm).query_pairs(1.1 * length, output_type="ndarray"))


def _positions(
    place: NDArray[np.int64], size: int, offset: int, centre: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.stack(np.unravel_index(place, (size, size, size)), axis=1) - offset - centre


def _species(
    dot: LayeredDot, layer: NDArray[np.int64], is_anion: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.str_]:
    out = np.empty(len(layer), dtype="<U2")
    for i, name in enumerate((dot.core, *(shell.material for shell in dot.shells))):
        made_of = crystal(name)
        for kind, elements in ((False, made_of.cations), (True, made_of.anions)):
            here = (layer == i) & (is_anion == kind)
            choices = list(elements)
            if len(choices) == 1:
                out[here] = choices[0]
            else:
                out[here] = rng.choice(choices, size=int(here.sum()), p=list(elements.values()))
    return out
