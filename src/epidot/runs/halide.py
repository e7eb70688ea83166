"""Halide in a run: who carries it through the flask, and what a sample and the history say of the ions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import Layer, LayeredDot
from epidot.growth.readout import counts, layered_dot
from epidot.growth.state import FlaskState
from epidot.mechanism.mechanism import Mechanism
from epidot.runs.quantities import ROUNDS
from epidot.transport.in_flask import HalideTransport

BINS = 60  # of the map of concentration against radius that a run keeps


def held_by(dot: LayeredDot) -> dict[str, float]:
    """What a dot says of its halide and of the traps that halide can heal, by the names of quantities."""
    units = dot.oxide + dot.oxide_memory
    found = {
        "repaired_per_dot": dot.repaired,
        "repaired_fraction": dot.repaired / (dot.repaired + units) if dot.repaired + units > 0 else 0.0,
        "surface_traps_per_dot": dot.surface_traps,
        "oxide_units_per_dot": units,
        "halide_per_dot": sum(h.total for h in dot.halides),
        "halide_on_surface": sum(h.ligand for h in dot.halides),
        "halide_in_core": sum(h.between(0, dot.core_diameter_nm / 2) for h in dot.halides),
    }
    radii = dot.radii_nm
    steps = np.linspace(radii[-1], radii[0], ROUNDS + 1).tolist()
    for content in dot.halides:
        x = content.element
        found |= {
            f"{x}_per_dot": content.total,
            f"{x}_ligand_per_dot": content.ligand,
            f"{x}_core_per_dot": content.between(0.0, float(radii[0])),
            f"{x}_interface_per_dot": content.interface,
        }
        found |= {
            f"{x}_round_{i}": content.between(inner, outer)
            for i, (outer, inner) in enumerate(pairwise(steps), 1)
        }
    return found


def transport(mechanism: Mechanism, hypothesis: str = "H1") -> HalideTransport:
    """Halide transport in a flask whose dots are grown where ``mechanism`` knows them, else described."""

    def dot_of(state: FlaskState, shells: tuple[Layer, ...]) -> LayeredDot:
        if state.surface and not shells:
            return layered_dot(state, mechanism)
        return LayeredDot(state.core, state.core_diameter_nm, shells)

    return HalideTransport(dot_of, hypothesis)


def counted(state: FlaskState, mechanism: Mechanism, halides: HalideTransport) -> dict[str, float]:
    """:func:`epidot.growth.readout.counts` of dots that were grown, with the oxide as halide left it."""
    told = counts(state, mechanism)
    return with_oxide(told, halides.dot(state, ())) if oxide_changed(state) else told


def oxide_changed(state: FlaskState) -> bool:
    """Whether halide or oxidation on purpose changed the oxide that growth counts."""
    done = state.halide
    return bool(done.ions or done.oxidised_share or done.oxidised_units)


def with_oxide(told: Mapping[str, float], dot: LayeredDot) -> dict[str, float]:
    """Counts per dot with the oxide of the same ``dot`` after treatment."""
    out = {**told, "oxide_per_dot": dot.oxide, "oxide_memory_per_dot": dot.oxide_memory}
    if told.get("oxide_relative") and told["oxide_per_dot"] > 0:
        out["oxide_relative"] = told["oxide_relative"] * dot.oxide / told["oxide_per_dot"]
    return out


def history(states: tuple[FlaskState, ...], halides: HalideTransport) -> Mapping[str, NDArray[np.float64]]:
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
