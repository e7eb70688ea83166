"""A dot known by its layers, put on sites: a likeness of the mean dot, for pictures.

Counts are the dot's, rounded; where things sit is a guess by the plainest rule (shell anions outward by
radius, oxide and ligands at random on the surface).  Nothing here knows how the dot was grown.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from epidot.dot.grown import GrownDot, SiteSpecies
from epidot.dot.lattice import build
from epidot.dot.layers import LayeredDot
from epidot.matter.materials import crystal

_ON_METAL = ("OH", "F", "Cl", "Br", "I")  # small X ligands; the others are shared out one per site


def on_sites(dot: LayeredDot, rng: np.random.Generator) -> GrownDot:
    """``dot`` on the sites of its core's lattice.

    Raises
    ------
    InputError
        For an unknown material or a dot too large to draw.
    """
    from scipy.spatial import cKDTree

    sites = build(dot, rng)
    core = crystal(dot.core)
    made_of = [crystal(shell.material) for shell in dot.shells]
    anion = np.isin(sites.species, [*core.anions, *(el for shell in made_of for el in shell.anions)])
    mine = (sites.layer == 0) | anion  # cations of the shells are implicit
    position, layer = sites.position_nm[mine], sites.layer[mine]
    species, cation = sites.species[mine], ~anion[mine]
    kinds = _Kinds()
    kind = np.zeros(len(position), dtype=np.uint8)
    kind[cation] = kinds("core", {next(iter(core.cations)): 1}, ("core",))
    kind[~cation & (layer == 0)] = kinds("core anion", {next(iter(core.anions)): 1}, ("core",))
    for i, (shell, crystals) in enumerate(zip(dot.shells, made_of, strict=True), start=1):
        metal = next(iter(crystals.cations))
        for el in crystals.anions:
            here = np.flatnonzero(~cation & (layer == i) & (species == el))
            crystalline = rng.random(len(here)) < shell.crystalline
            for flag, marks in ((False, ("linked",)), (True, ("linked", "crystalline"))):
                kind[here[crystalline == flag]] = kinds(f"{metal}{el}", {metal: 1, el: 1}, marks)
    inside = cKDTree(position[~cation & (layer == 0)])
    bonds = inside.query_ball_point(position, 0.45 * sites.a_nm, return_length=True)
    surface = np.flatnonzero(cation & (bonds < 4))
    surface = surface[rng.permutation(len(surface))]
    oxide = surface[: round(dot.oxide)]
    metal = next(iter(core.cations))
    kind[oxide] = kinds("oxide", {metal: 1, "O": 1}, ("oxide",))
    open_ = surface[len(oxide) :]
    if dot.shells:
        outside = np.flatnonzero(~cation & (layer == layer.max()))
        r = np.linalg.norm(position[outside], axis=1)
        # the outermost anions, as many as one layer of the dot's surface holds
        bearing = outside[np.argsort(-r + 0.05 * rng.random(len(r)), kind="stable")]
    else:
        bearing = open_
    _ligands(dot, kind, bearing, kinds)
    return GrownDot(
        dot.core, dot.core_diameter_nm, sites.a_nm, position, cation, kind, tuple(kinds.found.values())
    )


def _ligands(dot: LayeredDot, kind: NDArray[np.uint8], bearing: NDArray[np.intp], kinds: _Kinds) -> None:
    """One large ligand per site as far as there are sites, small ones beside them."""
    large = [name for name, n in dot.ligands.items() if name not in _ON_METAL for _ in range(round(n))]
    small = [name for name, n in dot.ligands.items() if name in _ON_METAL for _ in range(round(n))]
    names = list(kinds.found.values())
    on: dict[int, list[str]] = {}
    for many in (large, small):
        for site, name in zip(bearing.tolist(), many, strict=False):
            on.setdefault(site, []).append(name)
    for site, carried in on.items():
        base = names[kind[site]]
        counts = {name: carried.count(name) for name in dict.fromkeys(carried)}
        text = "".join(f"({x})" for x in carried)
        kind[site] = kinds(f"{base.name}{text}", base.composition, tuple(base.marks), counts)
        names = list(kinds.found.values())


class _Kinds:
    """Kinds by what they are, numbered as they come."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, frozenset[str]], SiteSpecies] = {}

    def __call__(
        self,
        name: str,
        composition: Mapping[str, int],
        marks: tuple[str, ...],
        ligands: Mapping[str, int] | None = None,
    ) -> int:
        key = (name, frozenset(marks))
        self.found.setdefault(key, SiteSpecies(name, dict(composition), ligands or {}, 0.0, key[1]))
        return list(self.found).index(key)
