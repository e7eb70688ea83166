"""Cells of a layered sphere: exact shell volumes, exact resistances, fine where the profile is steep."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from epidot.constants import K_B
from epidot.transport.problem import Array, Layer, Problem, Shape

FRONT = 2.2  # a front's width in diffusion lengths over which cells are kept fine
STEEPEST = 12.0  # grading: the cells of one layer differ in width by cosh(STEEPEST) at most
FLOOR = 0.15  # share of the cells that every layer gets


@dataclass(frozen=True)
class Mesh:
    """``edges_nm`` (n + 1,) of the cells, ``layer`` (n,) the layer each belongs to."""

    edges_nm: Array
    layer: np.ndarray
    shape: Shape = "sphere"

    @property
    def centres_nm(self) -> Array:
        """Middle of each cell: where its concentration stands."""
        return 0.5 * (self.edges_nm[1:] + self.edges_nm[:-1])

    @property
    def volumes_nm3(self) -> Array:
        """Exact volumes of the cells (per unit area for a slab)."""
        e = self.edges_nm
        if self.shape == "slab":
            return np.diff(e)
        # the difference of cubes, without cancellation
        return 4 / 3 * np.pi * np.diff(e) * (e[1:] ** 2 + e[1:] * e[:-1] + e[:-1] ** 2)

    def conductance(self, inner: Array, outer: Array) -> Array:
        """Steady flow between two radii per difference of concentration, over D: 4π/(1/r₁ − 1/r₂)."""
        gap = outer - inner
        if self.shape == "slab":
            return 1 / gap
        return 4 * np.pi * inner * outer / gap

    def halved(self) -> Mesh:
        """Every cell cut in two at its middle."""
        e = np.empty(2 * self.edges_nm.size - 1)
        e[::2] = self.edges_nm
        e[1::2] = self.centres_nm
        return Mesh(e, np.repeat(self.layer, 2), self.shape)


def uniform(problem: Problem, cells: int) -> Mesh:
    """Equal cells in each layer, shared among the layers by thickness (at least two each)."""
    r = np.array(problem.boundaries_nm)
    share = np.maximum(2, np.rint(cells * np.diff(r) / (r[-1] - r[0]))).astype(int)
    return _joined(problem, [np.linspace(0, 1, n + 1) for n in share])


def graded(problem: Problem, cells: int = 100) -> Mesh:
    """Fine cells where the profile is steep.

    In each layer the length an ion diffuses during the whole programme is compared with the thickness:
    where it is shorter, cells gather below the layer's outer face, the way the ions come from (in the
    innermost layer at all lengths, mildly).  A layer gets cells by the number of lengths it holds.
    """
    r = np.array(problem.boundaries_nm)
    steep, weight = [], []
    for i, layer in enumerate(problem.layers):
        thick = r[i + 1] - r[i]
        reach = FRONT * diffusion_length(problem, layer)
        steep.append(_steepness(thick / reach))
        weight.append(_want(thick / reach))
    share = _shares(np.array(weight), cells)
    maps = []
    for beta, n in zip(steep, share, strict=True):
        s = np.linspace(0, 1, n + 1)
        maps.append(1 - np.sinh(beta * (1 - s)) / math.sinh(beta) if beta > 1e-3 else s)
    return _joined(problem, maps)


def diffusion_length(problem: Problem, layer: Layer) -> float:
    """Square root of the integral of D over the programme, in nm; trapping is not counted."""
    total = 0.0
    for stage in problem.programme:
        T = np.linspace(stage.start_K, stage.last_K, 33)
        D = layer.diffusion.prefactor * np.exp(-layer.diffusion.energy_eV / (K_B * T))
        total += stage.duration_s * float(np.mean(D))
    return math.sqrt(total)


def _steepness(ratio: float) -> float:
    """Grading that puts half of the cells into one part in ``ratio`` (twice over) below the outer face."""
    return min(2 * math.acosh(max(ratio, 1.0)), STEEPEST)


def _want(ratio: float) -> float:
    return FLOOR + min(ratio, 1.0) + 0.3 * math.log(max(ratio, 1.0))


def _shares(weight: Array, cells: int) -> list[int]:
    """Whole numbers near ``cells`` in proportion to ``weight``, none below 3."""
    return [max(3, round(cells * w)) for w in weight / weight.sum()]


def _joined(problem: Problem, maps: list[Array]) -> Mesh:
    r = problem.boundaries_nm
    edges = [np.array([r[0]])]
    for i, s in enumerate(maps):
        block = r[i] + (r[i + 1] - r[i]) * s[1:]
        block[-1] = r[i + 1]
        edges.append(block)
    layer = np.concatenate([np.full(s.size - 1, i) for i, s in enumerate(maps)])
    return Mesh(np.concatenate(edges), layer, problem.shape)
