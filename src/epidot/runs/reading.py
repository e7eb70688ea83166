"""What is read from the population at a sample: growth, geometry and light, each with unit and method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from epidot.dot.layers import Population
from epidot.light.optics import Optics
from epidot.quantities import Quantity

# name -> (unit, how) of what growth reports per mean dot
_GROWTH: Mapping[str, tuple[str, str]] = {
    "shell_layers": ("d111 layers", "shell anions per dot over the anions of one d111 layer, layer by layer"),
    "coverage": ("fraction", "first-shell anion positions taken"),
    "oxide_per_dot": ("O/dot", "oxide units on the core's surface now"),
    "oxide_memory_per_dot": (
        "O/dot",
        "oxide units once formed at the interface and since replaced or buried",
    ),
    "crystalline_fraction": ("fraction", "crystalline part of the shell's anions"),
    "linked_fraction": ("fraction", "anion adatoms in multidentate units"),
    "hf_desorbable_fraction": ("fraction", "anion adatoms held by one bond only, which HF takes off"),
    "roughness_nm": ("nm", "standard deviation of the shell's thickness over directions, mean over dots"),
    "first_shell": ("fraction", "taken share of the first anion shell"),
    "attached_fraction": (
        "fraction",
        "shell anions that taking singly bonded ones off, again and again, leaves",
    ),
    "holes_per_dot": ("1/dot", "vacancies in terraces"),
    "bare": ("fraction", "directions with less than half a layer of shell"),
    "thin": ("fraction", "directions with less than half the mean thickness"),
    "oxide_radius_nm": ("nm", "mean distance of the oxide from the centre"),
    "oxide_clustering": ("", "oxide neighbours of an oxide over those of a random one"),
    "mean_diameter_nm": ("nm", "twice the mean over directions of the outermost anion"),
}


def means(dots: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean over dots of everything each says; what a dot lacks counts as 0, undefined values not."""
    return {name: float(np.mean(found)) for name, found in _columns(dots).items()}


def errors(dots: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Standard error of each of those means, from the scatter over dots; nothing for a single dot."""
    return {
        name: float(np.std(found, ddof=1) / np.sqrt(len(found)))
        for name, found in _columns(dots).items()
        if len(found) > 1
    }


def _columns(dots: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    names = dict.fromkeys(name for row in dots for name in row)
    rows = {name: [row.get(name, 0.0) for row in dots] for name in names}
    finite = {name: [v for v in found if np.isfinite(v)] for name, found in rows.items()}
    return {name: found for name, found in finite.items() if found}


def quantities(
    counts: Mapping[str, float],
    population: Population,
    optics: Optics,
    engine: str,
    sigma: Mapping[str, float] | None = None,
) -> dict[str, Quantity]:
    """Everything ``summary.json`` says of one sample; ``sigma`` are standard errors of means over dots."""
    out: dict[str, Quantity] = {}
    known = sigma or {}
    for name, value in counts.items():
        unit, how = _GROWTH.get(name, _derived(name))
        out[name] = Quantity(float(value), known.get(name), unit, how)
    if "roughness_nm" not in out:
        out["roughness_nm"] = _roughness(population, engine)
    d = population.dot
    core = population.core_diameters_nm
    out["core_diameter_nm"] = Quantity(float(np.mean(core)), None, "nm", "mean of the population")
    sizes = population.diameters_nm
    out["diameter_nm"] = Quantity(
        float(np.mean(sizes)), None, "nm", "mean of the population: core plus twice the shell, by volume"
    )
    out["diameter_sd_nm"] = Quantity(
        float(np.std(sizes)), None, "nm", "standard deviation of that diameter over the population"
    )
    rough = [m.roughness_nm for m in population.members or () if m.roughness_nm is not None]
    if rough:
        out["roughness_sd_nm"] = Quantity(
            float(np.std(rough)), None, "nm", "standard deviation of the roughness over the dots"
        )
    out["shell_thickness_nm"] = Quantity(
        (d.diameter_nm - d.core_diameter_nm) / 2, None, "nm", "from the counts by volume"
    )
    out.update(_light(optics))
    return out


def _light(optics: Optics) -> dict[str, Quantity]:
    said = {
        "first_exciton_nm": (
            "nm",
            (
                "1S transition of the mean dot, hybrid spherical k.p; "
                "the first band's maximum, which measure uvvis reads, also holds the spread of sizes"
            ),
        ),
        "pl_peak_nm": ("nm", "maximum of the population's emission per nm"),
        "pl_fwhm_nm": ("nm", "full width at half maximum of that emission"),
        "plqy": ("fraction", "emitted over excited, Poisson traps per dot"),
        "tau_amplitude_ns": ("ns", "integral of I over I(0)"),
        "tau_intensity_ns": ("ns", "integral of t I over integral of I"),
        "k_r_per_ns": ("1/ns", "radiative rate of the mean dot with its local field"),
        "strain_core": (
            "",
            "hydrostatic da/a of the core, multi-shell elastic sphere; negative is compression",
        ),
    }
    return {name: Quantity(_number(getattr(optics, name)), None, *text) for name, text in said.items()}


def _roughness(population: Population, engine: str) -> Quantity:
    value = population.dot.roughness_nm
    how = "standard deviation of the shell's thickness over directions"
    if value is None:
        return Quantity(
            None, None, "nm", how, f"the {engine} engine has no terraces; the lattice (--engine kmc) has"
        )
    return Quantity(value, None, "nm", how)


def _derived(name: str) -> tuple[str, str]:
    if name.startswith("ligands_"):
        return "1/dot", "ligands of this kind on the surface"
    if name.startswith("adatoms_"):
        return "1/dot", "atoms of this element added to the core"
    return (
        "1/dot" if name.endswith("_per_dot") else "fraction" if name.endswith("_fraction") else ""
    ), "growth engine"


def _number(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
