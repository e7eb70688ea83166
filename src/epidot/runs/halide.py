"""Halide in a run: the room its flask hands over to, and what a sample and the history say of the ions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import Layer, LayeredDot
from epidot.growth.readout import layered_dot
from epidot.growth.state import FlaskState
from epidot.mechanism.mechanism import Mechanism
from epidot.quantities import Quantity
from epidot.transport.room import HalideRoom

BINS = 60  # of the map of concentration against radius that a run keeps
ROUNDS = 5  # equal steps from the surface to the core, as an etch may take them


def room(mechanism: Mechanism, hypothesis: str = "H1") -> HalideRoom:
    """The halide room of a flask whose dots are grown where ``mechanism`` knows them, else described."""

    def dot_of(state: FlaskState, shells: tuple[Layer, ...]) -> LayeredDot:
        if state.surface and not shells:
            return layered_dot(state, mechanism)
        return LayeredDot(state.core, state.core_diameter_nm, shells)

    return HalideRoom(dot_of, hypothesis)


def quantities(dot: LayeredDot, described: bool = False) -> dict[str, Quantity]:
    """Ions per dot by place, what they repaired and what traps are left; nothing for a dot without halide.

    Of a ``described`` dot also the oxide at its core, which no growth told.
    """
    out: dict[str, Quantity] = {}
    if described:
        how = "oxide units at the core under the described shells"
        out["oxide_per_dot"] = Quantity(dot.oxide + dot.oxide_memory, None, "O/dot", how)
    radii = dot.radii_nm
    for content in dot.halides:
        x = content.element
        core = content.between(0.0, float(radii[0]))
        steps = np.linspace(radii[-1], radii[0], ROUNDS + 1)
        said = {
            f"{x}_per_dot": (content.total, f"{x} ions on and in the mean dot"),
            f"{x}_ligand_per_dot": (content.ligand, "adsorbed on the outer surface"),
            f"{x}_core_per_dot": (core, "inside the core"),
            f"{x}_interface_per_dot": (content.interface, "bound at the core's surface where oxide was"),
        }
        for i, (outer, inner) in enumerate(pairwise(steps), 1):
            amount = content.between(float(inner), float(outer))
            said[f"{x}_round_{i}"] = (
                amount,
                f"in the lattice, equal-depth round {i} of {ROUNDS} from outside",
            )
        out |= {name: Quantity(value, None, "1/dot", how) for name, (value, how) in said.items()}
    if dot.halides:
        units = dot.oxide + dot.oxide_memory
        share = dot.repaired / (dot.repaired + units) if dot.repaired + units > 0 else 0.0
        out["repaired_per_dot"] = Quantity(
            dot.repaired, None, "1/dot", "oxide units turned into metal halide"
        )
        out["repaired_fraction"] = Quantity(
            share, None, "fraction", "of the oxide units at the core's surface"
        )
    if dot.surface_traps > 0:
        out["surface_traps_per_dot"] = Quantity(
            dot.surface_traps, None, "1/dot", "positions outside that no ligand heals"
        )
    return out


def history(states: tuple[FlaskState, ...], halides: HalideRoom) -> Mapping[str, NDArray[np.float64]]:
    """Ions per dot by place against time (``halide/<X>/...``), and their concentration on a grid of radii.

    The map is ``halide/<X>/at/<radius in nm>`` in ions per nm³; radii are the middles of equal bins.
    """
    contents = [{c.element: c for c in halides.contents(state)} for state in states]
    out: dict[str, NDArray[np.float64]] = {}
    for x in sorted({name for at_once in contents for name in at_once}):
        found = [at_once.get(x) for at_once in contents]
        outer = max(c.edges_nm[-1] for c in found if c is not None)
        edges = np.linspace(0.0, outer, BINS + 1)
        volume = 4 / 3 * np.pi * np.diff(edges**3)
        grid = np.array(
            [
                [c.between(a, b) for a, b in pairwise(edges)] if c is not None else np.zeros(BINS)
                for c in found
            ]
        )
        out[f"halide/{x}/lattice"] = grid.sum(axis=1)
        out[f"halide/{x}/ligand"] = np.array([0.0 if c is None else c.ligand for c in found])
        out[f"halide/{x}/interface"] = np.array([0.0 if c is None else c.interface for c in found])
        for i in range(BINS):
            out[f"halide/{x}/at/{(edges[i] + edges[i + 1]) / 2:.4f}"] = grid[:, i] / volume[i]
    return out
