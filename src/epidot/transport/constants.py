"""Constants of halide transport: ``data/halide.yaml``, under one of the competing hypotheses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from epidot.documents import data_document, top
from epidot.errors import Fault, Gap, InputError, nearest
from epidot.given import instead, remembered
from epidot.matter.materials import material as known_material
from epidot.parameter import Parameter
from epidot.transport.arrhenius import Arrhenius

REFERENCE_K = 573.15
HALIDES = ("F", "Cl", "Br", "I")
DEFAULT = "H1"


@dataclass(frozen=True)
class Carrier:
    """A dissolved species that brings halide: ``ions`` per mole of it.

    For one ion that goes onto a dot, ``leaves`` are moles of dissolved species left behind and ``with_it``
    atoms that go along, so that nothing is charged and no atom is lost.
    """

    name: str
    halide: str
    ions: int
    leaves: Mapping[str, float]
    with_it: Mapping[str, float]


@dataclass(frozen=True)
class Constants:
    """Every constant under one hypothesis; ``of`` gives a number by name."""

    hypothesis: str
    title: str
    why: str
    parameters: Mapping[str, Parameter]

    def of(self, name: str) -> float:
        """The value of one constant.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        if name not in self.parameters:
            raise InputError("no such constant of halides", seen=name, nearest=nearest(name, self.parameters))
        return self.parameters[name].value

    def law(self, name: str, energy: str) -> Arrhenius:
        """The Arrhenius law of a rate given at 300 °C."""
        return Arrhenius.through(self.of(name), REFERENCE_K, self.of(energy))

    def has(self, name: str) -> bool:
        """Whether the hypothesis has such a constant."""
        return name in self.parameters

    def diffusion(self, halide: str, material: str) -> Arrhenius:
        """D of a halide in a material or an alloy of known ones (nm²/s); of an alloy the geometric mean."""
        log, energy = 0.0, 0.0
        for name, share in known_material(material).ends.items():
            ratio, extra = self._row(halide, name)
            log += share * math.log(ratio)
            energy += share * extra
        base = self.law("D_shell", "dH_shell")
        return Arrhenius(base.prefactor * math.exp(log), base.energy_eV + energy)

    def partition(self, material: str) -> float:
        """Solubility over that of ZnS (1 unless a hypothesis says so); of an alloy the geometric mean."""
        return math.exp(
            sum(
                share * math.log(self.of(f"partition_{name}"))
                for name, share in known_material(material).ends.items()
                if self.has(f"partition_{name}")
            )
        )

    def _row(self, halide: str, material: str) -> tuple[float, float]:
        if halide not in HALIDES:
            raise InputError("not a halide", seen=halide, nearest=tuple(nearest(halide, HALIDES)) or HALIDES)
        key = f"{halide} in {material}"
        if f"{key}: ratio" not in self.parameters:
            known = sorted(
                {name.split(": ")[0].split(" in ")[1] for name in self.parameters if " in " in name}
            )
            raise Gap(
                Fault(
                    f"no halide constants for {material}",
                    remedy=f"those of {', '.join(known)} are in data/halide.yaml",
                )
            )
        return self.of(f"{key}: ratio"), self.of(f"{key}: extra_energy")

    def with_values(self, changes: Mapping[str, float]) -> Constants:
        """The same with some values replaced (a calibration, a what-if)."""
        new = dict(self.parameters)
        for name, value in changes.items():
            self.of(name)
            new[name] = replace(new[name], value=float(value), low=-math.inf, high=math.inf)
        return replace(self, parameters=new)


def hypotheses() -> dict[str, str]:
    """The hypotheses by name, with why each is there."""
    return {str(k): f"{v['name']}: {v['why']}" for k, v in _document().data["hypotheses"].items()}


@remembered(64)
def constants(hypothesis: str = DEFAULT) -> Constants:
    """The constants under ``hypothesis`` ("H1" bath loss, "H2" solubility, "H3" interior traps).

    Raises
    ------
    InputError
        If there is no such hypothesis, or the data file has faults.
    """
    document = _document()
    known = document.data["hypotheses"]
    if hypothesis not in known:
        raise InputError("no such hypothesis", seen=hypothesis, nearest=tuple(known))
    page = top(document)
    found = page["parameters"].parameters()
    found |= page["hypotheses"][hypothesis]["parameters"].parameters()
    found |= page["analogue"].parameters()
    for halide, rows in page["materials"].table().items():
        for material, row in rows.table().items():
            found |= {f"{halide} in {material}: {key}": value for key, value in row.parameters().items()}
    page.faults.raise_if_any()
    told = known[hypothesis]
    return Constants(hypothesis, str(told["name"]), str(told["why"]), instead("halide.", found))


@lru_cache(maxsize=1)
def widths() -> dict[str, Parameter]:
    """How far off constants may be before an etch is inverted: standard deviation of ln or of the number."""
    page = top(_document())
    found = page["widths"].parameters()
    page.faults.raise_if_any()
    return found


@lru_cache(maxsize=1)
def carriers() -> dict[str, Carrier]:
    """Every dissolved species that brings halide, by name."""
    return {
        str(name): Carrier(
            str(name),
            str(entry["halide"]),
            int(entry["ions"]),
            {str(k): float(v) for k, v in entry["leaves"].items()},
            {str(k): float(v) for k, v in entry["with_it"].items()},
        )
        for name, entry in _document().data["carriers"].items()
    }


def _document() -> Any:
    return data_document("halide.yaml")
