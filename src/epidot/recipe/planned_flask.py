"""The flask on paper while a recipe's steps are carried out: its state, and the checks every step shares."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from epidot.constants import N_A
from epidot.dot.composition import sphere_volume_nm3
from epidot.errors import Fault, Faults, InputError
from epidot.recipe import dosing, formatting
from epidot.recipe.events import Atmosphere, Charge, Dose, Event, Run, Segment, TakeSample, Wash
from epidot.recipe.parsing import Done
from epidot.recipe.parts import Part
from epidot.recipe.schema import Core, FormCore, Header, Shell, Stock
from epidot.recipe.stockroom import Stockroom
from epidot.recipe.variants import Remark

ROOM_K = 298.15
RAMP = 10 / 60  # K/s, where a recipe names none
SAME_K = 0.5  # temperatures closer than this are the same
TROUTON = 10.5  # entropy of boiling over R (about 88 J/mol/K): Trouton's rule
MOST_DOTS = 0.3  # of the volume: dry solids of dots and their ligands hold 15 to 30 % (own choice)
MOST_BAR = 2.0  # of vapour from a pure solvent; what is dissolved lowers it, but no open flask holds more


@dataclass
class PlannedFlask:
    """What is in the flask, how hot it is, and what has been written down so far."""

    header: Header
    faults: Faults
    temperature: float = ROOM_K
    atmosphere: Atmosphere = "N2"
    clock: float = 0.0
    volume: float = 0.0
    liquor: dict[str, float] = field(default_factory=dict)
    medium: str | None = None
    dots_mol: float = 0.0
    diameter: float = 0.0
    shells_nm: float = 0.0  # thickness of those that are described
    crowded: bool = False  # that the dots fill it has been told
    warned_of: set[str] = field(default_factory=set)  # media that are above their boiling point
    sampled: dict[str, int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    defaults: list[Remark] = field(default_factory=list)
    present: dict[str, float] = field(default_factory=dict)  # liquids in the flask -> boiling point, K

    def __post_init__(self) -> None:
        readable = {}
        for name, own in self.header.reagents.items():
            with self.placed(own):
                Stockroom({name: own})
                readable[name] = own
        self.stockroom = Stockroom(readable, frozenset(self.header.reagents) - frozenset(readable))
        self.stocks: dict[str, Stock] = {}
        for name, stock in self.header.stocks.items():
            with self.placed(stock):
                for solvent in stock.in_ or {}:
                    self.stockroom.find(solvent)
                known = self.stockroom.find(name).name
                if known in self.stocks:
                    stock.fault("two stocks of the same reagent", seen=name)
                self.stocks[known] = stock
        if self.header.room is not None:
            self.temperature = self.header.room

    def ramp_to(
        self, target: float, step: Done, rate: float | None = None, over: float | None = None
    ) -> None:
        """A linear ramp to ``target``, by the step's own rate or time, the heading's ramp, or the default."""
        if rate is not None and over is not None:
            self.faults.add("give the rate or the time of the ramp, not both", line=step.line)
        change = abs(target - self.temperature)
        if rate is None and over is None and change > 0:
            if self.header.ramp is not None:
                rate = self.header.ramp
            else:
                rate = RAMP
                self.note(step.line, f"{step.kind}: rate", "10 °C/min", "no ramp is given")
        duration = over if over is not None else 0.0 if rate is None else change / rate
        verb = "heat" if target > self.temperature else "cool"
        begin = self.temperature
        self.temperature = target
        self.check_boiling(step.line)
        if duration > 0 and change > 0:
            vacuum = " under vacuum" if self.atmosphere == "vacuum" else ""
            text = (
                f"{verb} from {formatting.temperature(begin)} to {formatting.temperature(target)}{vacuum} "
                f"at {formatting.ramp(change / duration)}"
            )
            self.pass_time(duration, begin, target, step.line, text)

    def charge(self, doses: tuple[Dose, ...], line: int, text: str) -> None:
        """Put ``doses`` in at once."""
        volume = sum(d.volume_L for d in doses)
        put = Charge(
            line=line, text=text, start_s=self.clock, liquor=summed(doses), volume_L=volume, doses=doses
        )
        self.put(put)
        self.gain(doses)

    def fill(self, name: str, volume: float, at: Part, text: str, *, medium: bool = False) -> None:
        """Put a liquid in, which may become the ``medium``."""
        given = dosing.by_volume(name, volume, self.stockroom, at)
        if given:
            self.charge(given, at.line(), text)
        if given and medium:
            self.set_medium(given[0].reagent, at.line())

    def take_sample(self, name: str, line: int) -> None:
        self.sampled[name] = line
        self.put(TakeSample(line=line, text=f"take the sample {name!r}", start_s=self.clock, name=name))

    def gain(self, doses: tuple[Dose, ...]) -> None:
        self.volume += sum(d.volume_L for d in doses)
        for species, n in summed(doses).items():
            self.liquor[species] = self.liquor.get(species, 0.0) + n
        for dose in doses:
            boils = self.stockroom.find(dose.reagent).boils_K
            if boils is not None:
                self.present[dose.reagent] = boils

    def set_medium(self, name: str, line: int) -> None:
        self.medium = name
        self.check_boiling(line)

    def check_boiling(self, line: int) -> None:
        """A medium above its boiling point is a warning, far above it a fault; of others all is told.

        What is dissolved in a solvent raises its boiling point, and ODE (315 °C) is used at 320 °C and above.
        """
        boils = self.present.get(self.medium or "")
        if boils is None and self.medium is not None:
            boils = self.stockroom.find(self.medium).boils_K
        if boils is not None and self.temperature > boils + SAME_K:
            bar = math.exp(TROUTON * (1 - boils / self.temperature))
            here = f"{self.medium} boils at {formatting.temperature(boils)}"
            if bar > MOST_BAR:
                most = boils / (1 - math.log(MOST_BAR) / TROUTON)
                self.faults.add(
                    here,
                    line=line,
                    seen=formatting.temperature(self.temperature),
                    nearest=(f"at most {math.floor(most - 273.15)} °C",),
                    remedy="choose a lower temperature or a solvent that boils higher",
                )
            elif self.medium not in self.warned_of:
                self.warned_of.add(str(self.medium))
                self.warn(
                    f"{here}: at {formatting.temperature(self.temperature)} its vapour alone has about "
                    f"{bar:.1f} bar; it refluxes, and the temperature may not be reached",
                    line,
                )
            self.present.pop(self.medium or "", None)
            self.medium = None if bar > MOST_BAR else self.medium
        for name, point in list(self.present.items()):
            if name != self.medium and self.temperature > point + SAME_K:
                self.warn(
                    f"{name} is above its boiling point of {formatting.temperature(point)}; its loss "
                    "as vapour is left to the mechanism",
                    line,
                )
                del self.present[name]

    def renew(
        self,
        medium: str | None,
        volume: float,
        step: Done,
        text: str,
        times: int,
        antisolvent: str | None,
        kept: float,
    ) -> None:
        """A fresh medium; of what was dissolved only ``kept ** times`` stays."""
        if self.temperature > ROOM_K + SAME_K:
            # Work-up is done at room temperature: a hot flask is cooled first.
            self.ramp_to(ROOM_K, step)
        given = () if medium is None else dosing.by_volume(medium, volume, self.stockroom, step.only)
        fresh = summed(given)
        stays = kept**times
        self.liquor = {k: v * stays for k, v in self.liquor.items() if v * stays > 0}
        for name, n in fresh.items():
            self.liquor[name] = self.liquor.get(name, 0.0) + n
        self.volume, self.present, self.atmosphere = volume, {}, "N2"
        self.put(
            Wash(
                line=step.line,
                text=text,
                start_s=self.clock,
                times=times,
                precipitated_with=antisolvent,
                redispersed_in=medium,
                kept=kept,
                liquor=fresh,
                volume_L=volume,
            )
        )
        if given:
            self.set_medium(given[0].reagent, step.line)

    def check_room(self, step: Done) -> None:
        """Dots that would fill the flask are a slip of the pen; told once."""
        if self.crowded or self.diameter <= 0 or self.volume <= 0:
            return
        size = self.diameter + 2 * self.shells_nm
        per_mol = sphere_volume_nm3(size) * 1e-24 * N_A  # L
        most = MOST_DOTS * self.volume
        if self.dots_mol * per_mol <= most:
            return
        self.crowded = True
        core, again = self.header.core, step.kind in ("wash", "take up", "shell")
        self.faults.add(
            f"{formatting.amount(self.dots_mol)} of dots of {size:.3g} nm take up "
            f"{formatting.volume(self.dots_mol * per_mol)} without their ligands, and the flask holds "
            f"{formatting.volume(self.volume)}",
            line=step.line if core is None or again else core.line("amount"),
            nearest=(f"at most {formatting.amount(0.999 * most / per_mol)}",),
            remedy="take fewer dots or more solvent; the amount counts dots, not formula units",
        )

    def has_dots(self, want: Part, kind: str) -> bool:
        if self.dots_mol <= 0:
            remedy = 'give a heading "core:", or a step "form core" before it'
            want.fault(f"{kind} needs dots in the flask", remedy=remedy)
        return self.dots_mol > 0

    def described_core(self, want: Core | FormCore) -> float:
        """Diameter (nm) of cores that are described, their names checked; 0 if it cannot be said."""
        self.check_material(want)
        with self.placed(want, "ligand"):
            from epidot.matter import ligands

            ligands.ligand(want.ligand)
        diameter = want.diameter
        if diameter is None and want.first_exciton is not None:
            with self.placed(want):
                from epidot.matter import sizing

                diameter = sizing.diameter(want.material, want.first_exciton).value
                if diameter is None:
                    seen = f"{want.first_exciton:g} nm"
                    raise InputError("no diameter follows from this first exciton", seen=seen)
        return diameter or 0.0

    def check_material(self, want: Core | FormCore | Shell) -> None:
        with self.placed(want, "material"):
            from epidot.matter import materials

            materials.material(want.material)

    def pass_time(
        self,
        duration: float,
        begin: float,
        end: float,
        line: int,
        text: str,
        doses: tuple[Dose, ...] = (),
    ) -> None:
        """A stretch of time, ``doses`` going in evenly."""
        inflow = {species: n / duration for species, n in summed(doses).items()}
        volume_inflow = sum(d.volume_L for d in doses) / duration
        # Whole nanoseconds: 80 K at 10 K/min is 480 s, not 480.00000000000006 s.
        duration = round(duration, 9)
        segment = Segment(duration, begin, end, self.atmosphere, inflow, volume_inflow)
        self.put(Run(line=line, text=text, start_s=self.clock, segment=segment, doses=doses))
        self.clock = round(self.clock + duration, 9)

    def put(self, event: Event) -> None:
        self.events.append(event)

    def warn(self, what: str, line: int, remedy: str | None = None) -> None:
        self.warnings.append(Fault(what, self.faults.where, line, remedy=remedy))

    def note(self, line: int, what: str, value: str, why: str) -> None:
        self.defaults.append(Remark("default", line, what, value, why))

    def no_spread(self, line: int, where: str) -> None:
        self.note(line, f"{where}: sigma", "0 %", "no spread of sizes is given; all dots are taken as equal")

    def extent(self, given: float | None, step: Done) -> float:
        if given is None:
            self.note(step.line, f"{step.kind}: extent", "100 %", "the reaction is taken as complete")
            return 1.0
        return given

    @contextmanager
    def placed(self, part: Part, key: str = "") -> Iterator[None]:
        """Faults raised inside are noted at ``key`` of ``part``, and the walk goes on."""
        try:
            yield
        except InputError as error:
            if any(fault.where is not None for fault in error.faults):
                raise  # a fault of another file (epidot's own data) is not one of the recipe
            for f in error.faults:
                self.faults.found.append(replace(f, where=self.faults.where, line=part.line(key)))


def summed(doses: tuple[Dose, ...]) -> dict[str, float]:
    """Moles of every species that ``doses`` bring."""
    out: dict[str, float] = {}
    for dose in doses:
        for species, n in dose.species.items():
            out[species] = out.get(species, 0.0) + n
    return out
