"""All levels of a dot within reach of 1S, and the lines between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.light.states.bands import Bands
from epidot.light.states.electron import Electron, electrons_below, follow_electrons, solve_electron
from epidot.light.states.hole import Block, Hole, channels, follow_holes, holes_above, lowest_holes, valence
from epidot.light.states.mesh import Mesh

Array = NDArray[np.float64]

HIGHEST_L = 6
SPARE_EV = 0.3  # levels so far beyond the reach are kept to start other sizes from
SPARE = 2  # the same for the ground state alone


@dataclass(frozen=True)
class Transition:
    """One line: energy in eV, strength (summed over both carriers' degeneracies, 4 at most for 1S), name."""

    E: float
    strength: float
    label: str


@dataclass(frozen=True)
class Lines:
    """All lines of a dot: energies in eV, strengths (both (n,)) and names."""

    E: Array
    strength: Array
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Carriers:
    """Electrons per l, from 0 on, and holes per block, 1S3/2's block first."""

    electrons: tuple[tuple[Electron, ...], ...]
    blocks: tuple[Block, ...]

    @cached_property
    def holes(self) -> tuple[tuple[Hole, ...], ...]:
        """Per l of the electrons: the holes that have a channel of that L."""
        every = [h for block in self.blocks for h in block.holes]
        return tuple(
            tuple(h for h in every if any(c.L == l for c in h.channels)) for l in range(len(self.electrons))
        )

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Names of the lines, electron by electron."""
        return tuple(
            f"{e.label}-{name}"
            for mine, theirs in zip(self.electrons, self.holes, strict=True)
            for names in [[h.label for h in theirs]]
            for e in mine
            for name in names
        )

    @property
    def ground(self) -> tuple[Electron, Hole]:
        """1Se and 1S3/2."""
        return self.electrons[0][0], self.blocks[0].holes[0]


def carriers(grid: Mesh, layers: Bands, reach_eV: float, before: Carriers | None = None) -> Carriers:
    """The levels within ``reach_eV`` of 1Se and of 1S3/2 (0: these two only), or those of ``before``."""
    if before is not None:
        band = valence(grid, layers)
        return Carriers(
            tuple(follow_electrons(grid, layers, these) for these in before.electrons),
            tuple(follow_holes(band, block) for block in before.blocks),
        )
    electron = solve_electron(grid, layers)
    band = valence(grid, layers)
    lowest = lowest_holes(band, 3, 1, 1, SPARE)
    if reach_eV <= 0:
        return Carriers(((electron,),), (lowest,))
    top_hole = lowest.holes[0].E
    electrons = []
    for l in range(HIGHEST_L + 1):
        found = electrons_below(grid, layers, l, electron.E + reach_eV)
        if not found:
            break
        electrons.append(found)
    top = len(electrons) - 1
    blocks = []
    for twoF, Ln in _blocks(top):
        block = holes_above(band, twoF, Ln, top_hole - reach_eV, SPARE_EV)
        if block is not None:
            blocks.append(block)
    return Carriers(tuple(electrons), tuple(blocks))


def _blocks(top: int) -> list[tuple[int, int]]:
    """(2F, Ln) of every block with a channel of L up to ``top``, that of 1S3/2 first."""
    every = [(twoF, Ln) for twoF in range(1, 2 * top + 4, 2) for Ln in ((twoF - 1) // 2, (twoF + 1) // 2)]
    useful = [block for block in every if min(c.L for c in channels(*block)) <= top]
    return sorted(useful, key=lambda block: block != (3, 1))


def lines(grid: Mesh, found: Carriers, binding_eV: float, labels: tuple[str, ...] | None = None) -> Lines:
    """All lines between ``found`` levels; every pair gets the Coulomb terms of 1S, ``binding_eV``."""
    weight = grid.w * grid.r**2
    energies, strengths = [], []
    for l, (mine, theirs) in enumerate(zip(found.electrons, found.holes, strict=True)):
        # (2F + 1) Σ over channels with L = l of |∫ f v r²|²; all else is forbidden
        channel = [[k for k, c in enumerate(h.channels) if c.L == l] for h in theirs]
        waves = np.stack([h.v[k] for h, of in zip(theirs, channel, strict=True) for k in of])
        overlap = np.stack([e.f for e in mine]) @ (weight * waves).T
        ends = np.cumsum([0, *(len(of) for of in channel)])
        degeneracy = np.array([h.twoF + 1.0 for h in theirs])
        strengths.append((degeneracy * np.add.reduceat(overlap**2, ends[:-1], axis=1)).ravel())
        energies.append(
            (np.array([[e.E] for e in mine]) - np.array([h.E for h in theirs]) + binding_eV).ravel()
        )
    return Lines(np.concatenate(energies), np.concatenate(strengths), labels or found.labels)


def doubts(found: Carriers, kT_eV: float) -> tuple[str, ...]:
    """A warning if another hole level lies within kT of 1S3/2 or above it."""
    _, lowest = found.ground
    others = [h for block in found.blocks for h in block.holes if (h.twoF, h.Ln) != (3, 1)]
    other = max(others, key=lambda h: h.E, default=None)
    if other is None or other.E <= lowest.E - kT_eV:
        return ()
    warning = (
        f"the hole level {other.label} lies within kT of 1S3/2 (or above it): the order of the lowest "
        "hole states is not certain in this model, and with it the radiative rate"
    )
    return (warning,)
