"""The lattice engine: a mechanism as exact kinetic Monte Carlo on every dot of a flask."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from epidot.dot.grown import GrownDot
from epidot.dot.layers import LayeredDot, Population, mid_quantiles
from epidot.errors import InputError
from epidot.given import now
from epidot.growth.kmc.stream import seeded
from epidot.growth.lattice.blocks import Blocks, Outgrown
from epidot.growth.lattice.dots import (
    Oxide,
    centres,
    cut,
    dressed,
    inventory,
    larger,
    master_for,
    mean_shape,
    spectators,
)
from epidot.growth.lattice.population import GrownPopulation, in_mean_field
from epidot.growth.lattice.segment import ROOM_NM
from epidot.growth.lattice.translation import places
from epidot.growth.meanfield import MeanField
from epidot.growth.state import FlaskState, Trajectory
from epidot.matter.materials import material
from epidot.mechanism.lattice import Section
from epidot.mechanism.load import load
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe.events import Segment

AGAIN = 3  # times that a segment is begun anew with more room
_FEW, _MOST_STARTS = 10, 64  # of dots; of flasks: those of many recipes begin with the same few dots
# The mechanism stands beside its dots, so that no other one gets its place in memory; the oldest goes first.
_STARTS: dict[tuple[object, ...], tuple[Mechanism, GrownPopulation]] = {}
_USUAL = 3.0  # standard deviations; a lattice for diameters within them serves most flasks


@dataclass
class LatticeEngine:
    """An :class:`~epidot.growth.state.Engine` that runs the mechanism atom by atom.

    All dots of the flask and the liquor they share are one Markov chain; ``dots`` of them stand for the
    flask, with the liquor in proportion.  Core diameters stand at equal steps of probability of a log-normal
    law of the relative width ``sigma_rel``: a draw of few dots would miss its mean by more than they differ
    otherwise.  All else in which dots differ is random.

    Parameters
    ----------
    mechanism
        With a ``lattice`` section; the shipped ``choi2023`` if not given.
    dots, seed
        Number of dots, and the seed of everything random.
    sigma_rel
        Relative standard deviation of the core diameters.
    oxide
        Where a pristine dot carries its oxide: ``random`` or ``patchy``.
    blocks, threads
        Chains that the dots are spread over (:mod:`epidot.growth.lattice.blocks`), and how many of them go
        on at a time.

    Raises
    ------
    InputError
        If the mechanism has no ``lattice`` section, or there are more blocks than dots.
    """

    mechanism: Mechanism = field(default_factory=load)
    dots: int = 100
    seed: int | Sequence[int] = 0
    sigma_rel: float = 0.0
    oxide: Oxide = "random"
    diameters_nm: NDArray[np.float64] | None = None
    blocks: int = 1
    threads: int = 1

    def __post_init__(self) -> None:
        self.mechanism.on_lattice()
        if not 1 <= self.blocks <= self.dots:
            raise InputError(
                "blocks must be a whole number from 1 to that of the dots",
                seen=f"{self.blocks} of {self.dots} dots",
            )

    @property
    def section(self) -> Section:
        """The lattice of the mechanism."""
        return self.mechanism.on_lattice()

    # -- the start ----------------------------------------------------------------------------------

    def start(self, state: FlaskState) -> FlaskState:
        """Dots of their own diameters and centres with the charge-closed inventory of their core.

        A state that already has a surface, or no dots, is returned as it is.
        """
        if state.surface or state.dots_mol <= 0:
            return state
        if self.dots > _FEW:
            population = self._cut(state)
        else:
            sizes = None if self.diameters_nm is None else self.diameters_nm.tobytes()
            mine = (str(self.seed), self.dots, self.blocks, self.sigma_rel, self.oxide, sizes)
            key = (now(), id(self.mechanism), *mine, state.core, state.core_diameter_nm)
            if key not in _STARTS:
                while len(_STARTS) >= _MOST_STARTS:
                    del _STARTS[next(iter(_STARTS))]
                _STARTS[key] = self.mechanism, self._cut(state)
            population = _STARTS[key][1]
        return state.with_(
            surface=in_mean_field(self.section, population.counts, population.n), grown=population
        )

    def _cut(self, state: FlaskState) -> GrownPopulation:
        surface, section = self.mechanism.surface(state.core), self.section
        rng = np.random.default_rng(self._stream(b"cores on the lattice"))
        a = material(state.core)["a_nm"]
        diameters = self._diameters(state.core_diameter_nm)
        middle = centres(self.dots, a, rng)
        usual = state.core_diameter_nm * (1 + _USUAL * self.sigma_rel * np.array([-1.0, 1.0]))
        all_ = np.concatenate([usual, diameters])
        of = master_for(all_, float(all_.max()) / 2 + 0.57 * a + ROOM_NM, a, section.near_nm)
        index = {name: i for i, name in enumerate(section.kinds)}
        kind = np.full((self.dots, len(of)), index[section.vacant["beyond"]], dtype=np.uint8)
        bearing = (
            sum(surface.per_dot.values()) * (state.core_diameter_nm / surface.reference_diameter_nm) ** 2
        )
        oxide = frozenset(s for s in surface.per_dot if "oxide" in section.kinds[s].marks)
        for row, centre, d in zip(kind, middle, diameters, strict=True):
            dot = cut(of, centre, float(d), rng)
            row[of.cation] = index[section.vacant["cation"]]
            row[dot.first] = index[section.vacant["first"]]
            row[dot.core & of.cation] = index[section.core["cation"]]
            row[dot.core & ~of.cation] = index[section.core["anion"]]
            area = (float(d) / surface.reference_diameter_nm) ** 2
            numbers = inventory({s: n * area for s, n in surface.per_dot.items()}, len(dot.bearing), rng)
            patchy = oxide if self.oxide == "patchy" else frozenset[str]()
            for name, sites in dressed(of, dot, numbers, patchy, rng).items():
                row[sites] = index[name]
            found = spectators(dot, sum(numbers.values()), len(section.spectators))
            for name, sites in zip(section.spectators, found, strict=True):
                row[sites] = index[name]
        return GrownPopulation(
            core=state.core,
            a_nm=a,
            near_nm=section.near_nm,
            radii_nm=of.radii_nm,
            diameters_nm=diameters,
            centres_nm=middle,
            supply=self._supply(),
            kind=kind,
            kinds=tuple(section.kinds),
            shape=mean_shape(state.core_diameter_nm, bearing, a, section.near_nm),
            random=self._random(),
            places=self._places(),
            cells_nm3=self._cells(),
        )

    def _random(self) -> NDArray[np.uint64]:
        """The stream of the one chain, or of every block."""
        whole = self._stream(b"events on the lattice")
        if self.blocks == 1:
            return seeded(np.random.SeedSequence(whole))
        return np.stack([seeded(np.random.SeedSequence([*whole, b])) for b in range(self.blocks)])

    def _places(self) -> tuple[float, tuple[str, ...]]:
        name = places(self.mechanism)
        if name is None:
            return 0.0, ()
        site = self.mechanism.sites[name]
        return self.mechanism.si(site.per_nm2 or ""), site.ligands

    def _cells(self) -> dict[str, float]:
        name = places(self.mechanism)
        of = {} if name is None else self.mechanism.sites[name].material
        return {el: material(stuff)["a_nm"] ** 3 / 4 for el, stuff in of.items()}

    def _stream(self, of: bytes) -> list[int]:
        seed = [self.seed] if isinstance(self.seed, int) else [int(s) for s in self.seed]
        return [*seed, zlib.crc32(of)]

    def _diameters(self, mean_nm: float) -> NDArray[np.float64]:
        if self.diameters_nm is not None:
            return np.asarray(self.diameters_nm, dtype=np.float64)
        sizes = mid_quantiles(mean_nm, self.sigma_rel, self.dots)
        return sizes[in_turn(self.dots)]

    def _supply(self) -> NDArray[np.float64]:
        rng = np.random.default_rng(self._stream(b"supply of the dots"))
        one = LayeredDot("core", 1.0)
        drawn = Population.drawn(one, self.dots, self.mechanism.supply_spread, rng).core_diameters_nm
        return np.asarray(drawn / drawn.mean())

    def grown(self, state: FlaskState) -> Sequence[GrownDot]:
        """Every dot of a state, for the readouts; empty where none grew on the lattice."""
        return state.grown.dots(self.section) if isinstance(state.grown, GrownPopulation) else ()

    # -- forward ------------------------------------------------------------------------------------

    def advance(self, state: FlaskState, segment: Segment, points: int = 20) -> Trajectory:
        """Run the chain through ``segment``; the last of ``points`` states carries all dots.

        A flask without reacting dots is left to the mean field: in the liquor alone both are the same but for
        the noise.

        Raises
        ------
        WorkError
            If a dot outgrows the lattice between two looks, also with more room than usual.
        """
        dry = state.volume_L <= 0 and segment.volume_inflow <= 0
        if state.dots_mol <= 0 or not state.surface or state.grown is None or dry or segment.duration_s <= 0:
            return MeanField(self.mechanism).advance(state, segment, points)
        for _ in range(AGAIN):
            try:
                return Blocks(self.mechanism, state, segment, self.threads).through(max(points, 1))
            except Outgrown:  # what came at once was more than the usual room: the same again with more of it
                state = self._roomier(state)
        return Blocks(self.mechanism, state, segment, self.threads).through(max(points, 1))

    def _roomier(self, state: FlaskState) -> FlaskState:
        """The same dots with twice the usual room more around them."""
        grown: GrownPopulation = state.grown
        of = larger(grown.master, grown.radii_nm[1] + 2 * ROOM_NM, grown.near_nm)
        return state.with_(grown=grown.moved_to(of, self.section.vacant))


def in_turn(n: int) -> NDArray[np.intp]:
    """Places 0 to n - 1 (n,) in an order whose first few, or every b-th, are spread over all of them.

    By steps of the golden section from the middle, so that the dots that are drawn first, and the blocks, are
    of all sizes whatever their number.
    """
    golden = (3 - np.sqrt(5.0)) / 2
    return np.argsort(np.argsort((0.5 + golden * np.arange(n)) % 1.0))
