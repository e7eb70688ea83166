"""Halide transport in a flask: takes halide and amine through a stretch of time and keeps where they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from epidot.constants import K_B, N_A
from epidot.dot.halides import HalideContent
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.errors import NotBuiltYet, WorkError
from epidot.growth.halide import Ions
from epidot.growth.state import FlaskState
from epidot.parameter import Parameter
from epidot.recipe.events import Segment
from epidot.transport import constants as halides
from epidot.transport import ion_balance, treated_dot
from epidot.transport.grown_over import MOVED_NM, moved, same_layers
from epidot.transport.halide import content, mesh_of, problem
from epidot.transport.problem import Stage, State
from epidot.units import celsius

AMINE = "OAm"
_TRACE = 1e-15  # mol; less than this of a species is none of it
_SAME = 1e-6  # of shares; what rounding leaves
_NM3_PER_L = 1e24
_MEASURED = "Br"  # the halide whose profiles were fitted


GROWS = (
    "halide or amine is in the flask while a shell grows: growth does not feel it (a spectator of the "
    "mechanism); ions stay at their radius, the shell grows over them, and layers are those at the start of "
    "each step"
)

DotOf = Callable[[FlaskState, tuple[Layer, ...]], LayeredDot]


class HalideTransport:
    """Halide and amine in a flask with dots.

    Parameters
    ----------
    dot_of
        The mean dot of a flask (grown or described) before halide or amine touched it.
    hypothesis
        "H1" bath loss (default), "H2" solubility, "H3" interior traps: what explains a maximum inside.
    known
        The constants; those of ``hypothesis`` if not given.
    """

    def __init__(
        self,
        dot_of: DotOf,
        hypothesis: str = halides.DEFAULT,
        known: halides.Constants | None = None,
    ) -> None:
        self.dot_of = dot_of
        self.known = known or halides.constants(hypothesis)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The constants a run with halide rests on."""
        return self.known.parameters

    # ------------------------------------------------------------ what the flask asks for
    def concerns(self, state: FlaskState, segment: Segment) -> bool:
        """Whether halide or amine is in the flask, on its way in, or in the dots."""
        present = _present(state, segment)
        return bool(present & (set(halides.carriers()) | {AMINE})) or bool(state.halide.ions)

    def advance(
        self, before: FlaskState, states: tuple[FlaskState, ...], segment: Segment, shells: tuple[Layer, ...]
    ) -> tuple[tuple[FlaskState, ...], tuple[str, ...]]:
        """Halide and amine through ``segment``; see :class:`epidot.growth.flask.Halides`.

        Raises
        ------
        WorkError
            Above the temperature at which the ligands decompose, or if the transport cannot be integrated.
        NotBuiltYet
            Two halides of which one came after the other.
        """
        hottest = max(segment.start_K, segment.end_K)
        limit = self.known.of("highest_temperature")
        if hottest > limit:
            raise WorkError(
                f"{celsius(hottest):.0f} °C is above {celsius(limit):.0f} °C, where ligands and halide salts "
                "decompose; the model of halides ends there"
            )
        kept = before.halide
        shares = self._shares(before, segment)
        dot = self._dot(before, shells)
        said = self._said(before, shells, dot, tuple(shares))
        gained_nm = self.dot_of(states[-1], shells).diameter_nm - self.dot_of(before, shells).diameter_nm
        if gained_nm / 2 > MOVED_NM:
            said = (*said, GROWS)
        times = np.clip([s.time_s - before.time_s for s in states], 0.0, segment.duration_s)
        amine = self._amine(before, states, kept.amine, segment, times)
        if not shares:
            return tuple(
                s.with_(halide=replace(kept, amine=float(x))) for s, x in zip(states, amine, strict=True)
            ), said
        return self._transported(before, states, segment, dot, shares, times, amine), said

    def wash(self, state: FlaskState, times: int) -> FlaskState:
        """Part of the adsorbed layer comes off with every precipitation and leaves with the washings."""
        left = self.known.of("ligand_kept") ** times
        lost, ions = state.lost, dict(state.halide.ions)
        for halide, on in ions.items():
            off = on.adsorbed * (1 - left)
            lost, partners = ion_balance.stripped(lost, on.partners_mol, halide, off * state.dots_mol)
            ions[halide] = replace(on, adsorbed=on.adsorbed - off, partners_mol=partners)
        return state.with_(halide=replace(state.halide, ions=ions), lost=lost)

    def oxidise(self, state: FlaskState, share: float | None, units_per_dot: float | None) -> FlaskState:
        """The core oxidised as described; it counts wherever the dot is looked at afterwards."""
        was = state.halide
        oxidised = replace(
            was,
            oxidised_share=1 - (1 - was.oxidised_share) * (1 - (share or 0.0)),
            oxidised_units=was.oxidised_units + (units_per_dot or 0.0),
        )
        return state.with_(halide=oxidised)

    # ------------------------------------------------------------ what a sample asks for
    def dot(self, state: FlaskState, shells: tuple[Layer, ...]) -> LayeredDot:
        """The mean dot of ``state`` with its halide, its repaired oxide and its surface traps."""
        return treated_dot.treated(
            self._dot(state, shells), self.contents(state), state.halide.amine, self.known
        )

    def population(self, group: Population, state: FlaskState) -> Population:
        """Dots known one by one, each with the halide of the mean dot and its own oxide repaired."""
        if not (state.halide.ions or state.halide.amine):
            return group
        contents = self.contents(state)

        def one(dot: LayeredDot) -> LayeredDot:
            return treated_dot.treated(dot, contents, state.halide.amine, self.known)

        members = None if group.members is None else tuple(one(dot) for dot in group.members)
        return replace(group, dot=one(group.dot), members=members)

    def contents(self, state: FlaskState) -> tuple[HalideContent, ...]:
        """Where the ions of ``state`` are."""
        return tuple(content(halide, _state(ions)) for halide, ions in state.halide.ions.items())

    # ------------------------------------------------------------ parts
    def _dot(self, state: FlaskState, shells: tuple[Layer, ...]) -> LayeredDot:
        """With what is not said of a described dot filled in, and the core oxidised where that was done."""
        done = state.halide
        return treated_dot.with_surface(
            self.dot_of(state, shells), self.known, done.oxidised_share, done.oxidised_units
        )

    def _shares(self, before: FlaskState, segment: Segment) -> dict[str, float]:
        """The halides in the flask, each with its share of the ions; empty without any.

        Their constants are the same, so that each keeps its share everywhere if it has the same one in the
        bath, on its way in, and on the dots.
        """
        brought = {c.halide for name, c in halides.carriers().items() if name in _present(before, segment)}
        found = sorted(brought | set(before.halide.ions))
        if len(found) < 2:
            return dict.fromkeys(found, 1.0)
        on = before.halide.ions
        places = np.array(
            [
                [ion_balance.dissolved(before.liquor, h) for h in found],
                [ion_balance.dissolved(segment.inflow, h) for h in found],
                [_on_dot(_state(on[h])) * before.dots_mol if h in on else 0.0 for h in found],
            ]
        )
        filled = places[places.sum(axis=1) > _TRACE]
        ratios = filled / filled.sum(axis=1, keepdims=True)
        if np.ptp(ratios, axis=0).max() > _SAME:
            raise NotBuiltYet(
                f"{' and '.join(found)} one after the other in one flask: halides that go in together each "
                "keep their share, of others nothing is known (nothing measured tells Cl, Br and I apart); "
                "add them together, or the sum of the ions as one of them"
            )
        return dict(zip(found, ratios[0].tolist(), strict=True))

    def _amine(
        self,
        before: FlaskState,
        states: tuple[FlaskState, ...],
        start: float,
        segment: Segment,
        times: np.ndarray,
    ) -> np.ndarray:
        """Share of the oleate replaced by amine at each moment: dx/dt = k(T) [amine] (1 − x)."""
        held = np.array([s.liquor.get(AMINE, 0.0) / max(s.volume_L, 1e-30) for s in states])
        first = before.liquor.get(AMINE, 0.0) / max(before.volume_L, 1e-30)
        t, conc = np.append(0.0, times), np.append(first, held) * N_A / _NM3_PER_L
        law = self.known.law("amine_exchange", "amine_exchange_energy")
        T = segment.start_K + (segment.end_K - segment.start_K) * t / segment.duration_s
        rate = law.prefactor * np.exp(-law.energy_eV / (K_B * T)) * conc
        exposure = np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(t))
        return np.asarray(1 - (1 - start) * np.exp(-exposure))

    def _transported(
        self,
        before: FlaskState,
        states: tuple[FlaskState, ...],
        segment: Segment,
        dot: LayeredDot,
        shares: Mapping[str, float],
        times: np.ndarray,
        amine: np.ndarray,
    ) -> tuple[FlaskState, ...]:
        """All ions as one kind, shared out among the halides: exact, since nothing but the label differs."""
        from epidot.transport.radial import solve
        from epidot.transport.system import empty

        dots = before.dots_mol
        halide = next(iter(shares))
        inflow = sum(ion_balance.dissolved(segment.inflow, h) for h in shares) / dots
        share = _NM3_PER_L / (dots * N_A)
        bath = max(0.0, sum(ion_balance.dissolved(before.liquor, h) for h in shares) / dots)
        stage = Stage(
            segment.duration_s, segment.start_K, segment.end_K, inflow, segment.volume_inflow * share
        )
        told = problem(
            dot, halide, self.known, (stage,), before.volume_L * share, treated_dot.oxide_units(dot)
        )
        known = before.halide.ions
        if not known:
            start = empty(told, mesh_of(told))
        else:
            start = _together(known)
            if not same_layers(told, start.edges_nm):
                start = moved(start, told, mesh_of(told))
        start = start.with_(bath=bath, lost=0.0, volume_nm3=before.volume_L * share)
        solution = solve(told, start=start, times_s=times)
        first = _on_dot(start)
        out = []
        for i, state in enumerate(states):
            now = solution.state(i)
            # What is on the dots the flask lacks: the sum is kept to rounding, whatever the solver leaves.
            liquor, lost, ions = state.liquor, state.lost, dict(known)
            for h, part in shares.items():
                supply = ion_balance.dissolved(liquor, h)
                gone = min(now.lost * dots * part, supply + max(0.0, first - _on_dot(now)) * dots * part)
                liquor, lost, partners = ion_balance.settle(
                    liquor,
                    lost,
                    known[h].partners_mol if h in known else {},
                    h,
                    (_on_dot(now) - first) * dots * part,
                    gone,
                )
                held = (part * now.c, part * now.trapped, part * now.interface, part * float(now.adsorbed))
                ions[h] = Ions(now.edges_nm, *held, partners)
            inside = replace(before.halide, ions=ions, amine=float(amine[i]))
            out.append(state.with_(liquor=liquor, lost=lost, halide=inside))
        return tuple(out)

    def unsaid(self, state: FlaskState, shells: tuple[Layer, ...]) -> tuple[str, ...]:
        """What is taken of a described dot's surface because nothing is said of it; empty for other dots."""
        if not shells or self.dot_of(state, shells).sites > 0:
            return ()
        dot = self._dot(state, shells)
        return (treated_dot.UNSAID.format(core=dot.core, oxide=treated_dot.oxide_units(dot)),)

    def _said(
        self, state: FlaskState, shells: tuple[Layer, ...], dot: LayeredDot, found: tuple[str, ...]
    ) -> tuple[str, ...]:
        taken = f"hypothesis {self.known.hypothesis} ({self.known.title}) is taken"
        lines = [
            f"halide: {taken} for a maximum inside the shell; not proven, see docs/theory/halides.md",
        ]
        lines += [
            f"halide: {halide} moves, binds and repairs as {_MEASURED} does here; nothing measured tells "
            "them apart in these shells, and its D is known within a factor of ten only"
            for halide in found
            if halide != _MEASURED
        ]
        if len(found) > 1:
            lines.append(
                f"halide: {' and '.join(found)} compete for the same places, and each keeps its share of the "
                "ions put in; what is said of them is that of the sum"
            )
        lines += self.unsaid(state, shells)
        if not dot.shells:
            lines.append("bare cores: halide binds to them, the oxide of their surface is not repaired here")
        return tuple(lines)


def _present(state: FlaskState, segment: Segment) -> set[str]:
    return {name for name, mol in state.liquor.items() if mol > _TRACE} | set(segment.inflow)


def _state(ions: Ions) -> State:
    return State(ions.edges_nm, ions.c, ions.trapped, ions.interface, ions.adsorbed)


def _together(ions: Mapping[str, Ions]) -> State:
    """The ions of all halides as one kind."""
    every = [_state(one) for one in ions.values()]
    return every[0].with_(
        c=np.sum([s.c for s in every], axis=0),
        trapped=np.sum([s.trapped for s in every], axis=0),
        interface=np.sum([s.interface for s in every], axis=0),
        adsorbed=sum(s.adsorbed for s in every),
    )


def _on_dot(state: State) -> float:
    """Ions on and in one dot."""
    volumes = 4 / 3 * np.pi * np.diff(state.edges_nm**3)
    return float(state.c @ volumes + (state.trapped @ volumes).sum() + state.interface.sum() + state.adsorbed)
