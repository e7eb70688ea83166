"""Models that several tests run, and the unit in which energies are multiples of kT."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import special

from epidot.constants import K_B
from epidot.growth.kmc import Count, Lattice, Model, Partner, Reaction, Species
from epidot.growth.kmc.builders import zinc_blende
from epidot.growth.kmc.compiler import Compiled, compile_model
from oracle.kmc.lattices import square

ONE_KT = 1 / K_B  # K: at this temperature an energy of 1 eV is 1 kT


@pytest.fixture(scope="session")
def kT() -> float:
    """The temperature at which kT is 1 eV."""
    return ONE_KT


@pytest.fixture(scope="session")
def lattice_gas() -> Callable[..., Compiled]:
    """Square lattice: adsorption at 1, desorption at exp(-n/2), hops at 1 (``thinned`` or ``counted``)."""

    def make(width: int, hops: str = "") -> Compiled:
        reactions = [
            Reaction("adsorb", "empty", "A", 1.0),
            Reaction("desorb", "A", "empty", 1.0, energy={"n": 0.5}),
        ]
        if hops:
            to = Partner("nn", "empty", "A", counted=hops == "counted")
            reactions.append(Reaction("hop", "A", "empty", 1.0, partner=to))
        species = (Species("empty"), Species("A"))
        return compile_model(Model(species, tuple(reactions), (Count("n", "nn", ("A",)),)), square(width))

    return make


@pytest.fixture(scope="session")
def rich() -> tuple[Model, Lattice]:
    """A bit of everything: two sublattices, a bulky species, pairs with energies, a reacting liquor."""
    free = {"bulky": (0, 0)}
    model = Model(
        species=(
            Species("empty"),
            Species("M", ("cation",)),
            Species("ML", ("cation",)),
            Species("E", ("anion",)),
        ),
        counts=(
            Count("n", "nn", ("M", "ML", "E")),
            Count("bare", "nn", ("empty",)),
            Count("bulky", "second", ("ML",)),
        ),
        liquor=("M", "E", "L"),
        reactions=(
            Reaction("bind", "empty", "ML", 3.0, where={"n": (1, 4), **free}, liquor={"M": -1, "L": -1}),
            Reaction("lose ligand", "ML", "M", 0.8, 0.02, liquor={"L": 1}),
            Reaction("take ligand", "M", "ML", 1.0, where=free, liquor={"L": -1}),
            Reaction("leave", "M", "empty", 2.0, 0.01, energy={"n": 0.03}, liquor={"M": 1}),
            Reaction("add E", "empty", "E", 2.0, where={"n": (1, 4)}, liquor={"E": -1}, sublattice="anion"),
            Reaction("lose E", "E", "empty", 2.0, energy={"n": 0.03}, liquor={"E": 1}),
            Reaction(
                "hop",
                "ML",
                "empty",
                1.0,
                energy={"n": 0.01},
                partner=Partner("second", "empty", "ML", {"n": (1, 4), **free}, energy={"n": -0.005}),
            ),
            Reaction("swap", "M", "ML", 0.5, partner=Partner("second", "ML", "M", counted=True)),
            Reaction("precipitate", None, None, 0.004, liquor={"M": -2, "E": -1, "L": 1}),
        ),
    )
    return model, zinc_blende(1.6)


@pytest.fixture(scope="session")
def seeded_core() -> Callable[[Model, Lattice, float], np.ndarray]:
    """A core of M and E inside a radius, the rest empty."""

    def make(model: Model, lattice: Lattice, radius: float) -> np.ndarray:
        inside = np.linalg.norm(lattice.position, axis=1) < radius
        core = np.where(lattice.sublattice == 0, model.index("M"), model.index("E"))
        return np.where(inside, core, model.index("empty"))

    return make


@pytest.fixture(scope="session")
def exact_pairs() -> Callable[[int, int, float], np.ndarray]:
    """Probability of (n1, n2) on two dots of n sites that share a few molecules; on = off = 1."""

    def p(n: int, molecules: int, volume: float) -> np.ndarray:
        k = np.arange(n + 1)
        a, b = np.meshgrid(k, k, indexing="ij")
        left = molecules - a - b
        log = np.log(special.comb(n, a)) + np.log(special.comb(n, b)) - (a + b) * math.log(volume)
        log += special.gammaln(molecules + 1) - special.gammaln(np.maximum(left, 0) + 1)
        p = np.where(left >= 0, np.exp(log), 0.0)
        return p / p.sum()

    return p
