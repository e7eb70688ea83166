"""Three lattice models that other programs have too: Ising flips, hops on diamond, hops on a square lattice.

They are the models of SPPARKS: ``app_style ising`` (energy 1 per unlike pair, a flip at min(1, exp(-dE/kT)))
and ``app_style diffusion linear hop`` (energy 1 per vacant neighbour of an atom; a hop to a vacant next site
at min(1, exp(-2 (n - m)/kT)), n and m the occupied neighbours before and after, the atom not counted).
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from epidot.growth.kmc import Count, Lattice, Model, Partner, Reaction, Species
from epidot.growth.kmc.lattice import Relation

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from oracle.kmc.lattices import square

KT = 2.0  # of the spins, as in the exact cases of the tests
HOT = 2.0  # of the hops: a half filled lattice stays one phase
SIZES = {"square": {"1e4": 100, "5e5": 707}, "diamond": {"1e4": 11, "5e5": 40}}  # cells along an edge


@dataclass(frozen=True)
class Case:
    """A model and the lattices it runs on; energies are in eV, to be run at kT eV."""

    name: str
    kind: str  # of lattice
    kT: float
    model: Model
    share: float  # of sites that carry the second species at the start, drawn at random

    def lattice(self, size: str) -> Lattice:
        """The periodic lattice of about ``size`` sites, neighbours close in memory."""
        edge = SIZES[self.kind][size]
        return (square(edge) if self.kind == "square" else diamond(edge)).along_curve()

    def start(self, lattice: Lattice, seed: int) -> np.ndarray:
        """Species at random, shape (sites,), the share exact."""
        species = np.zeros(len(lattice), dtype=np.uint8)
        species[: round(self.share * len(lattice))] = 1
        return np.random.default_rng(seed).permutation(species)


def unlike(lattice: Lattice, species: np.ndarray) -> float:
    """Unlike pairs per site."""
    nn = lattice.relations["nn"]
    return float(np.sum(species[nn.centre] != species[nn.index]) / 2 / len(lattice))


def diamond(edge: int) -> Lattice:
    """Periodic diamond of ``edge`` cubic cells along each axis, 8 sites each; ``nn`` are 4."""
    axis = np.arange(2 * edge)
    fcc = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    fcc = 2 * fcc[fcc.sum(axis=1) % 2 == 0]
    sites, wide = np.concatenate([fcc, fcc + 1]), 4 * edge
    number = np.full((wide, wide, wide), -1, dtype=np.int32)
    number[tuple(sites.T)] = np.arange(len(sites))
    bonds = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    sign = np.repeat([1, -1], len(fcc))[:, None, None]
    there = (sites[:, None, :] + sign * bonds) % wide
    neighbour = number[there[..., 0], there[..., 1], there[..., 2]]
    assert (neighbour >= 0).all()
    nn = Relation.of_pairs(len(sites), np.repeat(np.arange(len(sites)), 4), neighbour.ravel())
    return Lattice(np.zeros(len(sites), dtype=np.uint8), {"nn": nn}, position=sites.astype(float))


def flips() -> Model:
    """Spins on a lattice of four neighbours."""
    steps = []
    for spin, other in (("up", "down"), ("down", "up")):
        for n in range(5):
            where = {f"{other} beside": (n, n)}
            steps.append(
                Reaction(f"{spin} with {n} unlike", spin, other, 1.0, max(4 - 2 * n, 0), where=where)
            )
    counts = tuple(Count(f"{s} beside", "nn", (s,)) for s in ("up", "down"))
    return Model((Species("up"), Species("down")), tuple(steps), counts)


def hops() -> Model:
    """Atoms that hop on a lattice of four neighbours; for each n, hops that cost nothing and hops that do."""
    steps = []
    for n in range(4):
        free = Partner("nn", "empty", "A", {"n": (n, 3)}, counted=True)
        steps.append(Reaction(f"{n} neighbours, free", "A", "empty", 1.0, where={"n": (n, n)}, partner=free))
        if n:
            dear = Partner("nn", "empty", "A", {"n": (0, n - 1)}, {"n": -2.0}, counted=True)
            name = f"{n} neighbours, uphill"
            steps.append(Reaction(name, "A", "empty", 1.0, 2.0 * n, where={"n": (n, n)}, partner=dear))
    return Model((Species("empty"), Species("A")), tuple(steps), (Count("n", "nn", ("A",)),))


def cases() -> dict[str, Case]:
    """The three of them, by name."""
    three = (
        Case("Ising flips", "square", KT, flips(), 0.5),
        Case("diamond hops", "diamond", HOT, hops(), 0.5),
        Case("square hops", "square", HOT, hops(), 0.5),
    )
    return {case.name: case for case in three}


def onsager(kT: float) -> float:
    """Unlike pairs per site of the infinite square lattice of spins with energy 1 per unlike pair."""
    from scipy.special import ellipk

    K = 1 / (2 * kT)
    k = 2 * math.sinh(2 * K) / math.cosh(2 * K) ** 2
    return 1 - (1 / math.tanh(2 * K) * (1 + 2 / math.pi * (2 * math.tanh(2 * K) ** 2 - 1) * ellipk(k**2))) / 2
