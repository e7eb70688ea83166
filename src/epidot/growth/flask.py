"""Runs a recipe: events in their order, one engine for the chemistry, every atom accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from epidot.dot.layers import Layer
from epidot.errors import NotBuiltYet, WorkError
from epidot.growth.state import Engine, FlaskState
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe import events as ev
from epidot.recipe.events import Segment
from epidot.units import celsius

HALIDES_AND_AMINE = frozenset({"ZnCl2", "ZnBr2", "ZnI2", "OAm-Cl", "OAm-Br", "OAm-I", "OAm"})
_BEFORE = "everything before it was read, checked and accounted for"
_TRACE = 1e-15  # mol; less than this of a species is none of it


class Halides(Protocol):
    """What happens to halide and amine; the flask hands over to it wherever it is concerned.

    Everything it keeps stands in ``FlaskState.halide``.
    """

    def concerns(self, state: FlaskState, segment: Segment) -> bool:
        """Whether halide or amine is in the flask with dots, on its way in, or in the dots."""
        ...

    def advance(
        self, before: FlaskState, states: tuple[FlaskState, ...], segment: Segment, shells: tuple[Layer, ...]
    ) -> tuple[tuple[FlaskState, ...], tuple[str, ...]]:
        """The same moments with halide where it went, and what a reader must know.

        ``before`` is the flask at the start of ``segment``; ``states`` are the engine's, their liquor with
        what came in.
        """
        ...

    def wash(self, state: FlaskState, times: int) -> FlaskState:
        """The dots precipitated ``times`` times: what comes off them is lost."""
        ...

    def oxidise(self, state: FlaskState, share: float | None, units_per_dot: float | None) -> FlaskState:
        """The core's surface oxidised as described."""
        ...


@dataclass(frozen=True)
class Taken:
    """A sample: the flask when it was taken, and the shells described (not grown) until then.

    ``events`` is how often each reaction had happened by then, per dot.
    """

    name: str
    state: FlaskState
    shells: tuple[Layer, ...] = ()
    events: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """A recipe in progress: ``done`` events are behind it.

    ``charged`` is moles of every dissolved species put in so far; ``steps`` (start, duration in s, text);
    ``remarks`` what a reader of the result must know; ``solids`` moles of core material formed in the flask;
    ``events`` how often each reaction has happened, per dot.
    """

    done: int
    state: FlaskState
    history: tuple[FlaskState, ...] = ()
    taken: tuple[Taken, ...] = ()
    charged: Mapping[str, float] | None = None
    shells: tuple[Layer, ...] = ()
    steps: tuple[tuple[float, float, str], ...] = ()
    remarks: tuple[str, ...] = ()
    solids: Mapping[str, float] = field(default_factory=dict)
    events: Mapping[str, float] = field(default_factory=dict)


class Flask:
    """One recipe with one engine.

    Parameters
    ----------
    timeline
        The events of the recipe.
    engine
        Interprets the mechanism during a segment.
    mechanism
        What the engine knows; species it does not know are carried along unchanged.
    where
        The recipe's name, for messages.
    halides
        Carries halide and amine; without it a recipe that brings them together with dots is refused.
    """

    def __init__(
        self,
        timeline: Iterable[ev.Event],
        engine: Engine,
        mechanism: Mechanism,
        where: str,
        halides: Halides | None = None,
    ) -> None:
        self.timeline = tuple(timeline)
        self.engine = engine
        self.mechanism = mechanism
        self.where = where
        self.halides = halides

    def begin(self, state: FlaskState) -> Progress:
        """The flask before the first event; dots of a core the mechanism knows get their surface."""
        remarks: tuple[str, ...] = ()
        if state.dots_mol > 0 and state.core in self.mechanism.surfaces:
            state = self.engine.start(state)
        elif state.dots_mol > 0:
            remarks = (
                f"the mechanism {self.mechanism.name} does not know {state.core}: its surface does not react",
            )
        return Progress(0, state, (state,), charged=dict(state.liquor), remarks=remarks)

    def run(
        self,
        progress: Progress,
        each: Callable[[Progress, ev.Event], None] | None = None,
        points: int = 20,
    ) -> Progress:
        """Carry out everything that is left; ``each`` is told after every event.

        Raises
        ------
        NotBuiltYet
            At a step that needs a room of epidot that does not exist yet.
        WorkError
            If the engine cannot go on.
        """
        for event in self.timeline[progress.done :]:
            progress = self._after(progress, event, points)
            if each is not None:
                each(progress, event)
        return progress

    def _after(self, progress: Progress, event: ev.Event, points: int) -> Progress:
        progress = replace(
            progress,
            done=progress.done + 1,
            steps=(*progress.steps, (event.start_s, event.duration_s, event.text)),
        )
        match event:
            case ev.Charge():
                return self._charge(progress, event.liquor, event.volume_L)
            case ev.Run():
                return self._advance(progress, event, points)
            case ev.TakeSample():
                taken = Taken(event.name, progress.state, progress.shells, progress.events)
                return replace(progress, taken=(*progress.taken, taken))
            case ev.Wash():
                return self._wash(progress, event)
            case ev.React():
                return self._react(progress, event.change, event.leaves, event)
            case ev.FormCore():
                return self._form_core(progress, event)
            case ev.DescribeShell():
                said = f"line {event.line}: {event.text} (described in the recipe, not grown)"
                return replace(
                    progress, shells=(*progress.shells, event.layer), remarks=(*progress.remarks, said)
                )
            case ev.OxidiseCore():
                return self._oxidise(progress, event)
            case _:
                raise NotBuiltYet(f"{self._place(event)}: this step cannot be carried out; {_BEFORE}")

    def _charge(self, progress: Progress, liquor: Mapping[str, float], volume_L: float) -> Progress:
        state = progress.state
        mixed = _plus(state.liquor, liquor)
        state = state.with_(liquor=mixed, volume_L=state.volume_L + volume_L)
        charged = _plus(progress.charged or {}, liquor)
        return replace(progress, state=state, charged=charged, history=(*progress.history, state))

    def _advance(self, progress: Progress, event: ev.Run, points: int) -> Progress:
        self._refuse_without_halides(progress, event)
        state = progress.state
        segment = event.segment
        # Under a described shell, or without one the mechanism knows, the core's surface does not react.
        inert = bool(progress.shells) or state.core not in self.mechanism.surfaces or not state.surface
        given = state.with_(dots_mol=0.0, surface={}) if inert else state
        try:
            trajectory = self.engine.advance(given, segment, points)
        except WorkError as error:
            raise WorkError(f"{self._place(event)}: {error}") from None
        states = trajectory.states
        if inert:
            states = tuple(s.with_(dots_mol=state.dots_mol, surface=state.surface) for s in states)
        remarks = progress.remarks
        if self.halides is not None and state.dots_mol > 0 and self.halides.concerns(state, segment):
            try:
                states, said = self.halides.advance(state, states, segment, progress.shells)
            except WorkError as error:  # or NotBuiltYet, which is one
                raise type(error)(f"{self._place(event)}: {error}") from None
            remarks = (*remarks, *(line for line in said if line not in remarks))
        charged = _plus(
            progress.charged or {}, {name: rate * segment.duration_s for name, rate in segment.inflow.items()}
        )
        happened = {name: float(n[-1]) for name, n in trajectory.events.items() if len(n)}
        return replace(
            progress,
            state=states[-1],
            charged=charged,
            events=_plus(progress.events, happened),
            history=(*progress.history, *states),
            remarks=remarks,
        )

    def _refuse_without_halides(self, progress: Progress, event: ev.Run) -> None:
        if progress.state.dots_mol <= 0:
            return
        present = {name for name, mol in progress.state.liquor.items() if mol > _TRACE} | set(
            event.segment.inflow
        )
        here = f"{self._place(event)}, at {celsius(event.segment.end_K):.0f} °C with"
        if self.halides is None and (found := sorted(present & HALIDES_AND_AMINE)):
            raise NotBuiltYet(
                f"{here} {', '.join(found)} in the flask: this flask was made without halide transport; "
                f"{_BEFORE}"
            )

    def _wash(self, progress: Progress, event: ev.Wash) -> Progress:
        state = progress.state
        if self.halides is not None:
            state = self.halides.wash(state, event.times)
        kept = event.kept**event.times
        lost = _plus(state.lost, {name: mol * (1 - kept) for name, mol in state.liquor.items()})
        liquor = _plus({name: mol * kept for name, mol in state.liquor.items()}, event.liquor)
        state = state.with_(liquor=liquor, lost=lost, volume_L=event.volume_L)
        charged = _plus(progress.charged or {}, event.liquor)
        return replace(progress, state=state, charged=charged, history=(*progress.history, state))

    def _react(
        self, progress: Progress, change: Mapping[str, float], leaves: Mapping[str, float], event: ev.Event
    ) -> Progress:
        state = progress.state
        liquor = _plus(_plus(state.liquor, change), {name: -mol for name, mol in leaves.items()})
        short = {
            name: mol for name, mol in liquor.items() if mol < -1e-12 * max(1e-6, state.liquor.get(name, 0.0))
        }
        if short:
            missing = ", ".join(sorted(short))
            raise WorkError(f"{self._place(event)}: the flask does not hold enough {missing}")
        liquor = {name: max(mol, 0.0) for name, mol in liquor.items()}
        state = state.with_(liquor=liquor, lost=_plus(state.lost, leaves))
        return replace(progress, state=state, history=(*progress.history, state))

    def _form_core(self, progress: Progress, event: ev.FormCore) -> Progress:
        progress = self._react(progress, event.change, {}, event)
        state = progress.state.with_(
            dots_mol=event.dots_mol,
            core=event.material,
            core_diameter_nm=event.diameter_nm,
            surface={},
            laid=(),
        )
        said = f"line {event.line}: {event.text} (described; nucleation and growth are not computed)"
        solids = _plus(progress.solids, {event.material: event.solid_mol})
        return replace(progress, state=state, remarks=(*progress.remarks, said), solids=solids)

    def _oxidise(self, progress: Progress, event: ev.OxidiseCore) -> Progress:
        if self.halides is None:
            raise NotBuiltYet(
                f"{self._place(event)}: this flask was made without halide transport; {_BEFORE}"
            )
        said = f"line {event.line}: {event.text} (described; the oxidation is not computed)"
        state = self.halides.oxidise(progress.state, event.share, event.units_per_dot)
        return replace(
            progress,
            state=state,
            history=(*progress.history, state),
            remarks=(*progress.remarks, said),
        )

    def _place(self, event: ev.Event) -> str:
        return f"{self.where}, line {event.line}: {event.text}"


def _plus(a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
    out = dict(a)
    for name, mol in b.items():
        out[name] = out.get(name, 0.0) + mol
    return out
