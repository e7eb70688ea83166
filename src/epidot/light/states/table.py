"""Levels of a whole population: a table over the core diameter and a cubic spline through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.dot.layers import Layer, LayeredDot
from epidot.given import remembered
from epidot.light.states.levels import UNMOVED_BY, Levels, Options, solve_after

Array = NDArray[np.float64]

NODES = 7
NEGLIGIBLE = 1e-3  # of a strength that is 4 at most for 1S


@dataclass(frozen=True)
class LevelsTable:
    """Levels of one kind of dot (same shells) at ``diameters`` (nodes,), core diameters in nm."""

    diameters: Array
    nodes: tuple[Levels, ...]

    def _spline(self, values: Array, at: ArrayLike) -> Array:
        from scipy.interpolate import CubicSpline

        d = np.asarray(at, dtype=np.float64)
        if self.diameters.size == 1:
            return np.broadcast_to(values[0], (*d.shape, *values.shape[1:])).copy()
        # against 1/d: confinement is nearly a straight line in it
        out: Array = CubicSpline(1 / self.diameters[::-1], values[::-1])(1 / d)
        return out

    def quantity(self, name: str, at: ArrayLike) -> Array:
        """A scalar field of :class:`Levels` at core diameters ``at`` (m,), shape (m,)."""
        return self.interpolated([getattr(n, name) for n in self.nodes], at)

    def interpolated(self, values: ArrayLike, at: ArrayLike) -> Array:
        """What is ``values`` (nodes, ...) at the nodes, at core diameters ``at`` (m,), shape (m, ...)."""
        return self._spline(np.asarray(values, dtype=np.float64), at)

    def lines(self, at: ArrayLike) -> tuple[Array, Array, tuple[str, ...]]:
        """Energies (m, transitions) in eV, strengths (m, transitions) and labels at diameters ``at``.

        Lines weaker than :data:`NEGLIGIBLE` at every node are left out.
        """
        strength = np.stack([n.lines.strength for n in self.nodes])
        worth = np.flatnonzero(strength.max(axis=0) > NEGLIGIBLE)
        E = self._spline(np.stack([n.lines.E[worth] for n in self.nodes]), at)
        S = self._spline(strength[:, worth], at)
        return E, np.maximum(S, 0.0), tuple(self.nodes[0].lines.labels[k] for k in worth)


def table(dot: LayeredDot, diameters_nm: ArrayLike, options: Options | None = None) -> LevelsTable:
    """A table that covers all of ``diameters_nm`` (m,), by default with the excited levels.

    The nodes are evenly spaced in the logarithm of the diameter; fewer than :data:`NODES` diameters
    are solved one by one.
    """
    how = options or Options(excited=True)
    d = np.unique(np.asarray(diameters_nm, dtype=np.float64))
    if d.size > NODES:
        d = np.geomspace(d[0], d[-1], NODES)
        d[[0, -1]] = np.min(diameters_nm), np.max(diameters_nm)
    if d.size in (2, 3):  # a spline of degree three wants four points
        d = np.unique(np.concatenate([d, np.linspace(d[0], d[-1], 5)]))
    if how.override:
        return _march(dot.core, dot.shells, dot.medium, tuple(d.tolist()), how)
    return _known(dot.core, dot.shells, dot.medium, tuple(d.tolist()), how)


def _march(
    core: str, shells: tuple[Layer, ...], medium: str, diameters: tuple[float, ...], how: Options
) -> LevelsTable:
    """The largest dot first: it has most levels within reach, and each of the others follows its list."""
    nodes, before = [], None
    for x in reversed(diameters):
        levels, before = solve_after(LayeredDot(core, x, shells, medium=medium), how, before)
        nodes.append(levels)
    return LevelsTable(np.array(diameters), tuple(reversed(nodes)))


# The samples of one run and the claims on it ask for the same dots again; levels do not know the surface.
_known = remembered(32, UNMOVED_BY)(_march)


def forget() -> None:
    """Empty the memory of tables: for measurements of time."""
    _known.cache_clear()
