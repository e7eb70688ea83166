"""What a recipe may say: its headings and every kind of step.

Keys may be written with spaces, hyphens or underscores (``first exciton`` = ``first_exciton``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from epidot.recipe.parts import Part
from epidot.recipe.values import (
    Amount,
    Concentration,
    Count,
    Density,
    Diameter,
    Exciton,
    Flag,
    Flow,
    Formula,
    Fraction,
    Layers,
    Mass,
    Medium,
    Name,
    Names,
    Pressure,
    Ramp,
    SampleName,
    Spread,
    Temperature,
    Text,
    Thickness,
    Time,
    Units,
    Version,
    Volume,
)


@dataclass(frozen=True, kw_only=True)
class Step(Part):
    """Anything that is done; ``note`` is free text."""

    note: Text | None = None


# ---------------------------------------------------------------- headings
@dataclass(frozen=True, kw_only=True)
class Solvent(Part):
    """What the flask starts with; ``kept`` says the total volume is held at ``volume`` by charging less."""

    remedy = "write e.g. solvent: {reagent: ODE, volume: 5 mL}"
    reagent: Name
    volume: Volume
    kept: Flag = False


@dataclass(frozen=True, kw_only=True)
class Core(Part):
    """The dots that are put in."""

    remedy = "write e.g. core: {material: InP, diameter: 3.3 nm, amount: 220 nmol}"
    either = ("diameter", "first_exciton")
    material: Name
    amount: Amount
    diameter: Diameter | None = None
    first_exciton: Exciton | None = None
    sigma: Spread | None = None
    ligand: Name = "oleate"
    surface: Literal["as-synthesised", "oxide-free"] = "as-synthesised"


@dataclass(frozen=True, kw_only=True)
class Stock(Part):
    """A solution an addition is taken from: concentration, in what, and how much of it is solvent."""

    remedy = "write e.g. stocks: {Zn(OA)2: {concentration: 0.5 M, in: ODE}}"
    concentration: Concentration
    in_: Medium | None = None
    solvent_share: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class OwnReagent(Part):
    """A substance epidot does not know: formula, and where it is a liquid, density and boiling point."""

    remedy = "write e.g. reagents: {DIAD: {formula: C8H14N2O4}}"
    formula: Formula
    density: Density | None = None
    boils: Temperature | None = None
    dissolves_as: Medium | None = None


@dataclass(frozen=True, kw_only=True)
class Header(Part):
    """Everything of a recipe but its steps."""

    remedy = 'start with "recipe: 1"'
    recipe: Version
    name: Name | None = None
    title: Text | None = None
    paper: Text | None = None
    place: Text | None = None
    claims: Names = ()
    notes: Text | None = None
    core: Core | None = None
    solvent: Solvent | None = None
    ramp: Ramp | None = None
    room: Temperature | None = None
    stocks: Mapping[str, Stock] = field(default_factory=dict)
    reagents: Mapping[str, OwnReagent] = field(default_factory=dict)


# ---------------------------------------------------------------- steps
@dataclass(frozen=True, kw_only=True)
class Heat(Step):
    """Raise the temperature at a rate or within a time."""

    to: Temperature
    rate: Ramp | None = None
    over: Time | None = None


@dataclass(frozen=True, kw_only=True)
class Cool(Heat):
    """Lower the temperature at a rate or within a time."""


@dataclass(frozen=True, kw_only=True)
class Quench(Step):
    """Cool fast."""

    to: Temperature | None = None
    over: Time | None = None


@dataclass(frozen=True, kw_only=True)
class Hold(Step):
    """Wait at the temperature reached; ``at`` is checked against it."""

    for_: Time
    at: Temperature | None = None


@dataclass(frozen=True, kw_only=True)
class Degas(Step):
    """Stay under vacuum, after heating or cooling to ``at``; vacuum stays on until ``backfill``."""

    for_: Time
    at: Temperature | None = None
    pressure: Pressure | None = None


@dataclass(frozen=True, kw_only=True)
class Backfill(Step):
    """End the vacuum with a gas."""

    with_: Literal["N2", "argon", "air"] = "N2"


@dataclass(frozen=True, kw_only=True)
class Addition(Step):
    """One reagent going in."""

    reagent: Name
    amount: Amount | None = None
    mass: Mass | None = None
    volume: Volume | None = None
    concentration: Concentration | None = None
    in_: Medium | None = None
    flow: Flow | None = None
    for_: Time | None = None
    over: Time | None = None


@dataclass(frozen=True, kw_only=True)
class MakeUp(Step):
    """Fill up to a volume."""

    with_: Name
    to: Volume


@dataclass(frozen=True, kw_only=True)
class React(Step):
    """A declared conversion in the flask (precursor making); nothing is computed about its speed."""

    equation: Text
    extent: Fraction | None = None
    leaves: Names = ()


@dataclass(frozen=True, kw_only=True)
class FormCore(Step):
    """Cores form in the flask: a described outcome, with its matter balance."""

    either = ("diameter", "first_exciton")
    material: Name
    equation: Text
    diameter: Diameter | None = None
    first_exciton: Exciton | None = None
    extent: Fraction | None = None
    sigma: Spread | None = None
    ligand: Name = "oleate"
    described: Text | None = None


@dataclass(frozen=True, kw_only=True)
class GrowCore(FormCore):
    """Cores in the flask grow on to a larger size: a described outcome, with its matter balance."""


@dataclass(frozen=True, kw_only=True)
class Shell(Step):
    """A shell that is described instead of grown."""

    material: Name
    thickness: Thickness | None = None
    layers: Layers | None = None
    layer: Text | None = None
    coherency: Fraction | None = None
    crystalline: Fraction | None = None
    described: Text | None = None


@dataclass(frozen=True, kw_only=True)
class OxidiseCore(Step):
    """Cores oxidised on purpose, as described: oxide units per dot, or a share of the surface cations."""

    with_: Name | None = None
    share: Fraction | None = None
    units: Units | None = None
    described: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Sample(Step):
    """Take a sample; its name is the key of the results."""

    name: SampleName


@dataclass(frozen=True, kw_only=True)
class Wash(Step):
    """Precipitate and redisperse."""

    times: Count
    with_: Name | None = None
    redisperse_in: Name | None = None
    volume: Volume | None = None
    kept: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class TakeUp(Step):
    """Change the medium for a known volume of a solvent."""

    in_: Name
    volume: Volume


@dataclass(frozen=True)
class StepKind:
    """One kind of step: its model, the key a bare value stands for, and how it is written."""

    model: type[Step]
    example: str
    bare: str | None = None
    alone: bool = False  # may stand without any value


STEPS: dict[str, StepKind] = {
    "heat": StepKind(Heat, "heat: {to: 200 °C, rate: 10 °C/min}", "to"),
    "cool": StepKind(Cool, "cool: {to: 120 °C, rate: 5 °C/min}", "to"),
    "quench": StepKind(Quench, "quench: {to: 25 °C, over: 1 min}", "to", alone=True),
    "hold": StepKind(Hold, "hold: 30 min", "for"),
    "degas": StepKind(Degas, "degas: {at: 120 °C, for: 30 min}", "for"),
    "vacuum": StepKind(Degas, "vacuum: {at: 120 °C, for: 30 min}", "for"),
    "backfill": StepKind(Backfill, "backfill: N2", "with", alone=True),
    "add": StepKind(Addition, "add: {reagent: SePR3, amount: 0.16 mmol}"),
    "make up": StepKind(MakeUp, "make up: {with: ODE, to: 20 mL}"),
    "react": StepKind(React, 'react: "Zn(ac)2 + 2 HOA -> Zn(OA)2 + 2 HOAc"', "equation"),
    "form core": StepKind(
        FormCore,
        'form core: {material: InP, diameter: 2.4 nm, equation: "In(OA)3 + P(TMS)3 -> InP + 3 TMSOA"}',
    ),
    "grow core": StepKind(
        GrowCore,
        'grow core: {material: InP, diameter: 3.3 nm, equation: "In(OA)3 + P(TMS)3 -> InP + 3 TMSOA"}',
    ),
    "shell": StepKind(Shell, "shell: {material: ZnS, thickness: 0.7 nm}"),
    "oxidise core": StepKind(OxidiseCore, "oxidise core: {with: BPO, share: 50 %}"),
    "sample": StepKind(Sample, "sample: after 30 min", "name"),
    "wash": StepKind(Wash, "wash: {times: 5, with: acetone, redisperse in: toluene}", "times"),
    "take up": StepKind(TakeUp, "take up: {in: toluene, volume: 5 mL}"),
}
