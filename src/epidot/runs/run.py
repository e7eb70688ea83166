"""The driver of a run: a flask through its recipe, then any quantity of any sample, when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from epidot.errors import InputError, nearest
from epidot.growth import chemistry
from epidot.growth.flask import Flask, Progress, Taken
from epidot.growth.state import FlaskState
from epidot.mechanism import lint
from epidot.mechanism import load as mechanisms
from epidot.processes import processes
from epidot.recipe import events as ev
from epidot.recipe.recipe import Recipe
from epidot.runs import checkpoint, engines, numbers
from epidot.runs.batch import Batch
from epidot.runs.order import Order, order_from
from epidot.runs.record import Reader, batch_of
from epidot.runs.sampled import Sampled, Setting

Tell = Callable[[float, str], None]
START, END = "start", "end"  # samples that every run has beside those of its recipe
POINTS = 20  # states of the history in a segment
_LIGHT_SHARE = 0.5  # of the work that is left after the flask, for the progress bar only


@dataclass
class Run:
    """An order whose flask is done.

    ``first`` is the flask before the first event, ``keeper`` keeps what is done for one that
    goes on after an interruption; every sample (``start``: pristine dots, ``end``: after the last step)
    answers by itself what it is asked.
    """

    setting: Setting
    first: Progress
    done: Progress
    keeper: checkpoint.Keeper | None = None

    @cached_property
    def taken(self) -> tuple[Sampled, ...]:
        """The samples of the recipe."""
        return tuple(Sampled(taken, self.setting) for taken in self.done.taken)

    @cached_property
    def samples(self) -> Mapping[str, Sampled]:
        """Every sample by its name; one taken after the last step also stands for the end."""
        done = self.done
        start = Sampled(Taken(START, self.first.state), self.setting)
        end = Sampled(Taken(END, done.state, done.shells, done.events), self.setting)
        if self.taken and self.taken[-1].state is done.state and self.taken[-1].taken.shells == done.shells:
            end = self.taken[-1]
        return {START: start, **{sample.taken.name: sample for sample in self.taken}, END: end}

    def sample(self, name: str) -> Sampled:
        """The flask at a sample.

        Raises
        ------
        InputError
            If the recipe took no such sample.
        """
        if name not in self.samples:
            recipe = self.setting.order.recipe.name
            raise InputError(f"{recipe} has no such sample", seen=name, nearest=nearest(name, self.samples))
        return self.samples[name]

    def without(self, left_out: Collection[int]) -> Run:
        """The same run without the dots ``left_out``, by their place."""
        out = Run(self.setting, self.first, self.done)
        out.samples = {name: sample.without(left_out) for name, sample in self.samples.items()}
        return out


def run_flask(
    order: Order,
    *,
    folder: Path | None = None,
    resume: bool = False,
    points: int = POINTS,
    each: Callable[[Progress, ev.Event], None] = lambda progress, event: None,
    threads: int = 1,
    until: Collection[str] | None = None,
    begun: Progress | None = None,
) -> Run:
    """Carry the flask of ``order`` through its recipe; see :func:`carry_out`.

    ``points`` states are kept of each segment; ``each`` is told the progress after every event.  At most
    ``threads`` of its blocks go on at a time.  With ``until`` it ends where the last of these samples is
    taken: they are the same, to the bit.  ``begun`` is the same flask as far as another order had it in
    common (:mod:`epidot.runs.beginnings`).
    """
    with order.given.in_force():
        return _flask(order, folder, resume, points, each, threads, until, begun)


def _flask(
    order: Order,
    folder: Path | None,
    resume: bool,
    points: int,
    each: Callable[[Progress, ev.Event], None],
    threads: int,
    until: Collection[str] | None,
    begun: Progress | None,
) -> Run:
    setting = Setting.of(order)
    mechanism = setting.mechanism
    if not mechanisms.is_shipped(order.mechanism):
        lint.insist(mechanism)
    reagents = chemistry.insist(order.recipe, mechanism, order.ignore)
    timeline = order.timeline if until is None else _up_to(order.timeline, until)
    engine = engines.engine_of(order, mechanism, threads)
    flask = Flask(timeline, engine, mechanism, order.recipe.name, setting.halides)
    first = flask.begin(FlaskState.at_start(order.recipe))
    first = replace(first, remarks=(*first.remarks, *chemistry.remark(reagents, mechanism)))
    start, keeper = first, None
    if begun is not None:
        start = replace(begun, remarks=(*first.remarks, *begun.remarks))
    if folder is not None:
        key = order.key  # once: a mechanism of one's own is read for it
        start = (checkpoint.load(folder, key) if resume else None) or first
        keeper = checkpoint.Keeper(folder, key)

    def keep(so_far: Progress, event: ev.Event) -> None:
        if keeper is not None:
            keeper.keep(so_far)
        each(so_far, event)

    with checkpoint.kept_on_interruption(keeper):
        return Run(setting, first, flask.run(start, keep, points), keeper)


def carry_out(
    order: Order,
    *,
    folder: Path | None = None,
    resume: bool = False,
    progress: Tell | None = None,
    jobs: int = 1,
) -> Batch:
    """Run ``order`` and read everything off every sample.

    With ``folder``, which must exist, what is done is kept there now and then, so that an interrupted run
    can go on with ``resume``.  ``progress`` is told the fraction done and what is being worked on.  With
    ``jobs`` above 1, samples are read by other processes while the flask goes on, whose blocks grow side by
    side; the result does not depend on them.

    Raises
    ------
    NotBuiltYet
        At a step that needs a room of epidot that does not exist yet.
    InputError
        If the checkpoint found belongs to another order.
    """
    with processes(jobs - 1) as others:
        return recorded(order, others, folder=folder, resume=resume, progress=progress, threads=jobs)[1]


def recorded(
    order: Order,
    others: Executor | None = None,
    *,
    folder: Path | None = None,
    resume: bool = False,
    progress: Tell | None = None,
    threads: int = 1,
) -> tuple[Run, Batch]:
    """The run and the batch it leaves behind, with the help of ``others``; see :func:`carry_out`."""
    tell: Tell = progress or (lambda fraction, text: None)
    total = max(order.recipe.duration_s, 1.0)
    reader = Reader(order, others)

    def each(so_far: Progress, event: ev.Event) -> None:
        reader.hand_over(so_far.taken)
        tell((1 - _LIGHT_SHARE) * (event.start_s + event.duration_s) / total, event.text)

    def about(sample: Sampled, share: float) -> None:
        tell(1 - _LIGHT_SHARE * (1 - share), f"light of {sample.taken.name}")

    done = run_flask(order, folder=folder, resume=resume, each=each, threads=threads)
    with checkpoint.kept_on_interruption(done.keeper):
        found = reader.read(done.taken, about)
    return done, batch_of(done.setting, done.first, done.done, found)


def run(
    source: str | Path | Mapping[str, Any] | Recipe,
    *,
    dots: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
    hypothesis: str | None = None,
    mechanism: str | None = None,
    states: str | None = None,
    blocks: int | None = None,
    parameters: numbers.Source | None = None,
    ignore: Sequence[str] = (),
) -> Batch:
    """Run a recipe, or repeat the batch of an earlier run.

    ``source`` is a recipe's file or shipped name, YAML text, the same as a ``dict``, a :class:`Recipe`, or
    the ``batch.nc`` that is to be repeated.

    ``engine`` is ``kmc`` (the lattice) or ``meanfield``; without it that of the earlier run, or the usual
    one.  ``hypothesis`` of halide transport: "H1" bath loss, "H2" solubility, "H3" interior traps.
    ``mechanism`` is a shipped name or a file of one's own.  ``states`` is ``radial``, or
    ``atoms`` (``atoms:8``) for the levels of the very atoms of one dot (eight) of each sample beside them.
    ``blocks`` above 1 spread the dots over so many chains that share the liquor 20 times per step.
    ``parameters`` are numbers instead of those of epidot's files, by name (``{"InP.Eg_eV": 1.36}``) or in a
    YAML file.
    ``ignore`` names reagents that the mechanism does not know and that would otherwise stop the run.

    Raises
    ------
    InputError
        If there is no such recipe or it has faults, or a reagent should react and the mechanism does not
        know it.
    NotBuiltYet
        At a step that needs a room of epidot that does not exist yet.
    """
    order = order_from(
        source,
        dots=dots,
        seed=seed,
        engine=engine,
        hypothesis=hypothesis,
        mechanism=mechanism,
        states=states,
        blocks=blocks,
        parameters=parameters,
        ignore=ignore,
    )
    return carry_out(order)


def _up_to(events: Sequence[ev.Event], samples: Collection[str]) -> Sequence[ev.Event]:
    """The events up to the last of ``samples``; all of them for the end, or a sample that is never taken."""
    places = {event.name: i + 1 for i, event in enumerate(events) if isinstance(event, ev.TakeSample)}
    lasts = [len(events) if name == END else places.get(name, len(events)) for name in {*samples} - {START}]
    return events[: max(lasts, default=0)]
