"""The mean field: a mechanism as stiff ordinary differential equations, averaged over identical dots.

The unknowns are the *extents* of the reactions, not the amounts: amounts follow from them by whole
numbers, so every element is conserved to rounding whatever the tolerance of the integration.
Neighbours are uncorrelated and there is no geometry beyond counts; see ``docs/theory/growth.md`` for
where this must differ from the lattice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import WorkError
from epidot.growth.laid import grown, units
from epidot.growth.rates import Conditions, Network
from epidot.growth.state import FlaskState, Trajectory
from epidot.mechanism.load import load
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe.events import Segment

Array = NDArray[np.float64]

_NOTHING = 1e-12  # per dot: rounding of amounts of some thousands per dot
# What the tolerance may take beyond the last molecule, per dot and as a part of the largest extent.  Beyond
# it a step was too long: where an amount is below zero its rates stand still, so that no step notices.
_OVERDRAWN, _OF_EXTENT = 0.05, 1e-4


@dataclass
class MeanField:
    """An :class:`~epidot.growth.state.Engine` that integrates the rate equations.

    Parameters
    ----------
    mechanism
        What reacts; the shipped ``choi2023`` if not given.
    rtol, atol
        Tolerances of the extents (atol in events per dot).  They bound the error of the answer, not
        of the conservation, which is exact.
    method
        A stiff method of :func:`scipy.integrate.solve_ivp`.  LSODA is faster on most segments, but was
        seen to stay in its non-stiff mode for ever on some; Radau takes over where BDF gives up.
    """

    mechanism: Mechanism = field(default_factory=load)
    rtol: float = 1e-6
    atol: float = 1e-7
    method: str = "BDF"

    def start(self, state: FlaskState) -> FlaskState:
        """Pristine dots with the charge-closed inventory of their core, scaled by the core's area.

        A state that already has a surface, or no dots, is returned as it is.
        """
        if state.surface or state.dots_mol <= 0:
            return state
        surface = self.mechanism.surface(state.core)
        area = (state.core_diameter_nm / surface.reference_diameter_nm) ** 2
        return state.with_(surface={s: n * area for s, n in surface.per_dot.items()})

    def advance(self, state: FlaskState, segment: Segment, points: int = 20) -> Trajectory:
        """Integrate through ``segment`` and keep ``points`` states at equal times, the last at its end.

        Raises
        ------
        WorkError
            If the integration fails (with the time, the temperature and the reason).
        """
        run = _Run(self, state, segment)
        dry = state.volume_L <= 0 and segment.volume_inflow <= 0  # nothing dissolved, nothing reacts
        if segment.duration_s <= 0 or not run.network.reactions or dry:
            times = np.linspace(0.0, segment.duration_s, max(points, 1) + 1)[1:]
            return run.trajectory(times, np.zeros((len(run.network.reactions), times.size)))
        return run.integrate(max(points, 1))


class _Run:
    """One segment: the network of what is present, in counts per dot."""

    def __init__(self, engine: MeanField, state: FlaskState, segment: Segment) -> None:
        self.engine, self.state, self.segment = engine, state, segment
        mechanism = engine.mechanism
        fed = {s: n for s, n in segment.inflow.items() if n > 0}
        present = {s for s, n in (*state.surface.items(), *state.liquor.items()) if n > 0} | set(fed)
        if state.dots_mol > 0:
            self.unit_mol = state.dots_mol
        else:  # any scale does without dots
            self.unit_mol = (
                max(sum(state.liquor.values()) + sum(fed.values()) * segment.duration_s, 1e-12) / 1e4
            )
        self.network = Network(
            mechanism,
            present,
            core_diameter_nm=state.core_diameter_nm,
            sites=self._fixed_sites(state) if state.dots_mol > 0 else 0.0,
            vacuum=segment.atmosphere == "vacuum",
        )
        names = self.network.species
        self.is_liquor = np.array([mechanism.species[s].phase == "liquor" for s in names], dtype=bool)
        self.y0 = np.array(
            [
                state.liquor.get(s, 0.0) / self.unit_mol if liquor else state.surface.get(s, 0.0)
                for s, liquor in zip(names, self.is_liquor, strict=True)
            ]
        )
        self.inflow = np.array([fed.get(s, 0.0) / self.unit_mol for s in names])
        self.S = self.network.stoichiometry

    def _fixed_sites(self, state: FlaskState) -> float:
        """Core-surface sites per dot: what the surface species occupy of the fixed classes."""
        m = self.engine.mechanism
        fixed = [name for name, site in m.sites.items() if site.kind == "fixed"]
        return sum(
            n * m.species[s].sites.get(c, 0)
            for s, n in state.surface.items()
            if s in m.species
            for c in fixed
        )

    # -- integration ----------------------------------------------------------------------------

    def conditions(self, t: float) -> Conditions:
        s = self.segment
        share = t / s.duration_s if s.duration_s > 0 else 1.0
        return Conditions(
            self.unit_mol,
            self.state.volume_L + s.volume_inflow * t,
            s.start_K + (s.end_K - s.start_K) * share,
        )

    def amounts(self, t: float, extents: Array) -> Array:
        return np.asarray(self.y0 + self.inflow * t + self.S @ extents)

    def integrate(self, points: int) -> Trajectory:
        from scipy.integrate import solve_ivp

        network, segment = self.network, self.segment
        steady = segment.start_K == segment.end_K and segment.volume_inflow == 0
        constants = network.constants(self.conditions(0.0)) if steady else None

        def rhs(t: float, extents: Array) -> Array:
            y = np.maximum(self.amounts(t, extents), 0.0)
            return network.rates(y, self.conditions(t), constants)

        def jacobian(t: float, extents: Array) -> Array:
            y = self.amounts(t, extents)
            by_amount = network.jacobian(np.maximum(y, 0.0), self.conditions(t), constants)
            by_amount[:, y < 0] = 0.0  # the rates see max(y, 0)
            return np.asarray(by_amount @ self.S)

        times = np.linspace(0.0, segment.duration_s, points + 1)[1:]
        solution: Any = None
        for method, finer in dict.fromkeys(((self.engine.method, 1.0), ("Radau", 1.0), ("Radau", 0.01))):
            solution = solve_ivp(
                rhs,
                (0.0, segment.duration_s),
                np.zeros(len(network.reactions)),
                method=method,
                t_eval=times,
                jac=jacobian,
                rtol=finer * self.engine.rtol,
                atol=finer * self.engine.atol,
                # Without a bound a method can step over a reaction that a ramp switches on.
                max_step=segment.duration_s / 20,
            )
            overdrawn = self.overdrawn(solution.t, solution.y)
            if solution.success and overdrawn is None:
                break
        else:
            reached = solution.t[-1] if solution.t.size else 0.0
            raise WorkError(
                f"the rate equations could not be integrated beyond {reached:.3g} s of a segment of "
                f"{segment.duration_s:.3g} s from {segment.start_K:.1f} to {segment.end_K:.1f} K: "
                f"{overdrawn or solution.message}"
            )
        return self.trajectory(times, np.asarray(solution.y))

    def trajectory(self, times: Array, extents: Array) -> Trajectory:
        states, laid = [], self.state.laid
        for j, t in enumerate(times):
            extents[:, j] = self.without_overdraft(float(t), extents[:, j])
            states.append(self.state_at(float(t), extents[:, j]))
            if self.state.dots_mol > 0 and self.state.grown is None:
                known = {s: n for s, n in states[-1].surface.items() if s in self.engine.mechanism.species}
                laid = grown(laid, units(known, self.engine.mechanism))
            states[-1] = states[-1].with_(laid=laid)
        events = {name: extents[i] for i, name in enumerate(self.network.reactions)}
        return Trajectory(tuple(states), events)

    def overdrawn(self, times: Array, extents: Array) -> str | None:
        """Of which species a step took far more than there was, extents (r, n) at ``times`` (n,)."""
        if not times.size:
            return None
        amounts = np.stack([self.amounts(float(t), extents[:, j]) for j, t in enumerate(times)], axis=1)
        allowed = _OVERDRAWN + _OF_EXTENT * float(np.max(np.abs(extents), initial=0.0))
        least = amounts.min(axis=1)
        if least.min(initial=0.0) >= -allowed:
            return None
        worst = int(np.argmin(least))
        return f"a step took {-least[worst]:.3g} {self.network.species[worst]} per dot more than there were"

    def without_overdraft(self, t: float, extents: Array) -> Array:
        """Undo what the tolerance let reactions take beyond the last molecule.

        The smallest change of the extents (in the sense of least squares) that leaves no amount
        negative; as a change of extents it moves matter only along balanced equations, so nothing is
        gained or lost.  Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23.
        """
        from scipy.optimize import nnls

        out = extents.copy()
        for _ in range(5):
            y = self.amounts(t, out)
            if y.min(initial=0.0) >= -_NOTHING:
                break
            scale = -y.min()
            system = np.vstack([self.S.T, -y / scale])
            target = np.zeros(system.shape[0])
            target[-1] = 1.0
            dual, _ = nnls(system, target)
            rest = system @ dual - target
            out -= scale * rest[:-1] / rest[-1]
        return out

    def state_at(self, t: float, extents: Array) -> FlaskState:
        y = self.amounts(t, extents)
        y[(y < 0) & (y > -2 * _NOTHING)] = 0.0
        left = self.network.lost @ extents
        state, unit = self.state, self.unit_mol
        liquor: dict[str, float] = dict(state.liquor)
        surface: dict[str, float] = dict(state.surface)
        lost: dict[str, float] = dict(state.lost)
        for i, name in enumerate(self.network.species):
            if self.is_liquor[i]:
                liquor[name] = float(y[i] * unit)
            else:
                surface[name] = float(y[i])
            if left[i]:
                lost[name] = lost.get(name, 0.0) + float(left[i] * unit)
        for name, rate in self.segment.inflow.items():
            if name not in self.network.species:
                liquor[name] = liquor.get(name, 0.0) + rate * t
        at = self.conditions(t)
        return state.with_(
            temperature_K=at.temperature_K,
            volume_L=at.volume_L,
            surface=surface,
            liquor=liquor,
            lost=lost,
            time_s=state.time_s + t,
        )
