"""The four explanations of an etch profile: which constants of halide transport each leaves free, how wide.

Each is a hypothesis of ``data/halide.yaml``; values and widths there are what is thought beforehand, the same
for all explanations but for what a hypothesis adds.
``washing`` has nothing to put a maximum inside; under ``out-diffusion`` the bath loses its halide, so that
the dot gives it back during the hold (H1); ``solubility`` dissolves more in the inner shell (H2); ``traps``
catch it at some depth inside the shell (H3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.transport.arrhenius import Arrhenius
from epidot.transport.constants import REFERENCE_K, Constants, constants, widths

# Hypothesis, and the constants it leaves free beside the common ones.
_EXPLANATIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "washing": ("H1", ()),
    "out-diffusion": ("H1", ("bath_loss", "bath_loss_energy")),
    "solubility": ("H2", ("partition_ZnSe",)),
    "traps": ("H3", ("interior_traps", "interior_from")),
}
MECHANISMS = tuple(_EXPLANATIONS)
_COMMON = (
    "D_shell",
    "dH_shell",
    "uptake",
    "uptake_enthalpy",
    "adsorption",
    "adsorption_energy",
    "adsorption_constant",
    "ligand_kept",
    "buried_oxide",
)
_NAMES = {"D_shell": "lnD", "dH_shell": "dH"}
FASTEST = 1e6  # nm²/s: a dot is level in a microsecond; more only spoils the arithmetic


@dataclass(frozen=True)
class Prior:
    """A parameter before the data: normal with this mean and standard deviation.

    ``constant`` is the name in ``data/halide.yaml``; ``log`` whether the parameter is its logarithm.
    """

    name: str
    unit: str
    mean: float
    sd: float
    meaning: str
    constant: str
    log: bool


@lru_cache(maxsize=64)
def priors(mechanism: str, kelvin: float) -> tuple[Prior, ...]:
    """All free parameters of a mechanism, in the order of its vectors; ln D is that at ``kelvin``."""
    known = fixed(mechanism)
    analogue = Arrhenius(known.of("D0_Cl_CdTe"), known.of("dH_Cl_CdTe"))
    beforehand = {"D_shell": analogue.at(kelvin), "dH_shell": analogue.energy_eV}
    out = []
    for constant in (*_COMMON, *_EXPLANATIONS[mechanism][1]):
        width, told = widths()[constant], known.parameters[constant]
        value, log = beforehand.get(constant, told.value), width.unit == "ln"
        name = _NAMES.get(constant, f"ln_{constant}" if log else constant)
        unit = f"ln({told.unit})" if log else told.unit
        meaning = f"{constant} of halide transport" + ("; around Cl in CdTe" if constant in _NAMES else "")
        mean = math.log(value) if log else value
        out.append(Prior(name, unit, mean, width.value, meaning, constant, log))
    return tuple(out)


@lru_cache(maxsize=8)
def fixed(mechanism: str) -> Constants:
    """The constants before anything is left free: what all share, and what its hypothesis adds to them."""
    known, own = constants(), constants(_EXPLANATIONS[mechanism][0])
    known = replace(own, parameters={**own.parameters, **known.parameters})
    return known if mechanism == "out-diffusion" else known.with_values({"bath_loss": 0.0})


def constants_of(mechanism: str, theta: NDArray[np.float64], kelvin: float) -> Constants:
    """The constants of halide transport that parameters stand for, ln D being that at ``kelvin``."""
    known = fixed(mechanism)
    values = {
        p.constant: math.exp(min(x, 600.0)) if p.log else float(x)
        for p, x in zip(priors(mechanism, kelvin), theta, strict=True)
    }
    fastest = min(values["D_shell"], FASTEST)
    values["D_shell"] = Arrhenius.through(fastest, kelvin, values["dH_shell"]).at(REFERENCE_K)
    values["ligand_kept"] = min(values["ligand_kept"], 1.0)
    if "interior_from" in values:
        thick = known.of("interior_to") - known.of("interior_from")
        values["interior_from"] = min(max(values["interior_from"], 0.0), 1 - thick)
        values["interior_to"] = values["interior_from"] + thick
    return known.with_values(values)
