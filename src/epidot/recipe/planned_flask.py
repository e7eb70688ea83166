"""The flask on paper while a recipe's steps are carried out: its state, and the checks every step shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from epidot.errors import Fault, Faults, InputError
from epidot.recipe import dosing, formatting, schema
from epidot.recipe.events import Atmosphere, Charge, Dose, Event, Run, Segment, Wash
from epidot.recipe.parsing import Done
from epidot.recipe.stockroom import Stockroom
from epidot.recipe.variants import Remark

ROOM_K = 298.15
RAMP = 10 / 60  # K/s, where a recipe names none
SAME_K = 0.5  # temperatures closer than this are the same


@dataclass
class PlannedFlask:
    """What is in the flask, how hot it is, and what has been written down so far.

    ``lines`` gives the line of each heading (``"core"``, ``"stocks Zn(OA)2"`` ...).
    """

    header: schema.Header
    lines: Mapping[str, int]
    faults: Faults
    temperature: float = ROOM_K
    atmosphere: Atmosphere = "N2"
    clock: float = 0.0
    volume: float = 0.0
    liquor: dict[str, float] = field(default_factory=dict)
    medium: str | None = None
    dots_mol: float = 0.0
    diameter: float = 0.0
    sampled: dict[str, int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    defaults: list[Remark] = field(default_factory=list)
    present: dict[str, float] = field(default_factory=dict)  # liquids in the flask -> boiling point, K

    def __post_init__(self) -> None:
        readable = {}
        for name, own in self.header.reagents.items():
            with self.placed(self.lines.get(f"reagents {name}", 1)):
                Stockroom({name: own})
                readable[name] = own
        self.stockroom = Stockroom(readable, frozenset(self.header.reagents) - frozenset(readable))
        self.stocks: dict[str, schema.Stock] = {}
        for name, stock in self.header.stocks.items():
            line = self.lines.get(f"stocks {name}", 1)
            with self.placed(line):
                for solvent in stock.in_ or {}:
                    self.stockroom.find(solvent)
                known = self.stockroom.find(name).name
                if known in self.stocks:
                    self.faults.add("two stocks of the same reagent", line=line, seen=name)
                self.stocks[known] = stock
        if self.header.room is not None:
            self.temperature = float(self.header.room)

    def ramp_to(
        self, target: float, step: Done, rate: float | None = None, over: float | None = None
    ) -> None:
        """A linear ramp to ``target``, by the step's own rate or time, the heading's ramp, or the default."""
        if rate is not None and over is not None:
            self.faults.add("give the rate or the time of the ramp, not both", line=step.line)
        change = abs(target - self.temperature)
        if rate is None and over is None and change > 0:
            if self.header.ramp is not None:
                rate = float(self.header.ramp)
            else:
                rate = RAMP
                self.note(step.line, f"{step.kind}: rate", "10 °C/min", "no ramp is given")
        duration = float(over) if over is not None else 0.0 if rate is None else change / float(rate)
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
        volume = sum(d.volume_L for d in doses)
        self.put(
            Charge(
                line=line, text=text, start_s=self.clock, liquor=summed(doses), volume_L=volume, doses=doses
            )
        )
        self.gain(doses)

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
        """The medium must not boil; what else boils off is only pointed out."""
        boils = self.present.get(self.medium or "")
        if boils is None and self.medium is not None:
            boils = self.stockroom.find(self.medium).boils_K
        if boils is not None and self.temperature > boils + SAME_K:
            self.faults.add(
                f"{self.medium} boils at {formatting.temperature(boils)}",
                line=line,
                seen=formatting.temperature(self.temperature),
                remedy="choose a lower temperature or a solvent that boils higher",
            )
            self.present.pop(self.medium or "", None)
            self.medium = None
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
        given = (
            () if medium is None else dosing.by_volume(medium, volume, self.stockroom, step.line, self.faults)
        )
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

    def has_dots(self, step: Done) -> bool:
        if self.dots_mol > 0:
            return True
        self.faults.add(
            f"{step.kind} needs dots in the flask",
            line=step.line,
            remedy='give a heading "core:", or a step "form core" before it',
        )
        return False

    def check_size(self, diameter: object, exciton: object, owner: str, line: int) -> None:
        if (diameter is None) == (exciton is None):
            self.faults.add(
                f"{owner}: give the diameter or the first exciton",
                line=line,
                seen="both" if diameter is not None else "neither",
            )

    def size(self, material: str, diameter: float | None, exciton: float | None, line: int) -> float:
        """Diameter in nm, by the sizing curve where the first exciton is given; 0 if there is none."""
        if diameter is not None:
            return float(diameter)
        if exciton is not None:
            with self.placed(line):
                from epidot.matter import sizing

                found = sizing.diameter(material, float(exciton)).value
                if found is not None:
                    return float(found)
                raise InputError("no diameter follows from this first exciton", seen=f"{exciton:g} nm")
        return 0.0

    def check_material(self, name: str, line: int) -> None:
        with self.placed(line):
            from epidot.matter import materials

            materials.material(name)

    def check_ligand(self, name: str, line: int) -> None:
        with self.placed(line):
            from epidot.matter import ligands

            ligands.ligand(name)

    def find(self, name: str | None, line: int) -> None:
        if name is not None:
            with self.placed(line):
                self.stockroom.find(name)

    def pass_time(
        self,
        duration: float,
        begin: float,
        end: float,
        line: int,
        text: str,
        inflow: Mapping[str, float] | None = None,
        volume_inflow: float = 0.0,
        doses: tuple[Dose, ...] = (),
    ) -> None:
        # Whole nanoseconds: 80 K at 10 K/min is 480 s, not 480.00000000000006 s.
        duration = round(duration, 9)
        segment = Segment(duration, begin, end, self.atmosphere, dict(inflow or {}), volume_inflow)
        self.put(Run(line=line, text=text, start_s=self.clock, segment=segment, doses=doses))
        self.clock = round(self.clock + duration, 9)

    def put(self, event: Event) -> None:
        self.events.append(event)

    def warn(self, what: str, line: int, remedy: str | None = None) -> None:
        self.warnings.append(Fault(what, self.faults.where, line, remedy=remedy))

    def note(self, line: int, what: str, value: str, why: str) -> None:
        self.defaults.append(Remark("default", line, what, value, why))

    def extent(self, given: float | None, step: Done) -> float:
        if given is None:
            self.note(step.line, f"{step.kind}: extent", "100 %", "the reaction is taken as complete")
            return 1.0
        return float(given)

    @contextmanager
    def placed(self, line: int) -> Iterator[None]:
        """Faults raised inside are noted at ``line`` of the recipe, and the walk goes on."""
        try:
            yield
        except InputError as error:
            if any(fault.where is not None for fault in error.faults):
                raise  # a fault of another file (epidot's own data) is not one of the recipe
            self.faults.found.extend(
                replace(fault, where=self.faults.where, line=line) for fault in error.faults
            )


def summed(doses: tuple[Dose, ...]) -> dict[str, float]:
    """Moles of every species that ``doses`` bring."""
    out: dict[str, float] = {}
    for dose in doses:
        for species, n in dose.species.items():
            out[species] = out.get(species, 0.0) + n
    return out
