"""Dissolved and bound lines, satellites, ligands by eq 2, two sites in exchange over temperatures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from coverage_cases import Case
from epidot.dot.layers import LayeredDot
from epidot.instruments import nmr
from epidot.instruments.nmr.relaxation import width_Hz
from epidot.instruments.nmr.shapes import width_of
from epidot.instruments.nmr.simulated import turning
from epidot.instruments.nmr.species import resonance
from epidot.quantities import Fit, Quantities, Quantity

BARE = LayeredDot("InP", 2.4)
BOUND = LayeredDot("InP", 2.4, ligands={"Int1": 72.0})
OLEATE = LayeredDot("InP", 2.4, ligands={"OA": 72.0})
ZINC = LayeredDot("InP", 2.4, ligands={"Int1": 14.0}, adatoms={"Zn": 50.0})
NONE = {"ligands_per_nm2": 0.0}
STEP = 2.0  # Hz, of a simulation of 31P; two of them are the least width of a line


def _with_main(found: Quantities) -> Quantities:
    """The largest line, and its satellites together, as quantities of their own."""
    row, every = (
        found.series["line_integral"],
        {n: found.series[f"line_{n}"] for n in ("ppm", "width_Hz", "integral")},
    )
    at = int(np.argmax(row.values))
    extra = {f"main_{n}": Quantity(s.values[at], s.sigmas[at], s.unit, s.method) for n, s in every.items()}
    beside = [i for i, line in enumerate(found.extra["lines"]) if "satellite_of_ppm" in line]
    if beside:
        share = sum(row.values[i] for i in beside)
        sigmas = [row.sigmas[i] for i in beside]
        sigma = None if None in sigmas else float(np.hypot.reduce(sigmas))
        extra["satellites"] = Quantity(share, sigma, "1", row.method)
    return replace(found, found={**found.found, **extra})


def lines(name: str, dot: LayeredDot, setup: dict[str, Any], truths: dict[str, float], **told: Any) -> Case:
    def measured(rng: np.random.Generator) -> Quantities:
        return _with_main(nmr.measure(nmr.simulate([dot], setup, rng=rng), **told))

    return Case(name, truths, measured)


def selenide(name: str, noise: float, **more: Any) -> Case:
    setup = {"nucleus": "31P", "beside": "TOPSe:500", "from_ppm": 31.0, "to_ppm": 42.0, "noise": noise}
    truths = {
        "main_ppm": 36.5, "main_width_Hz": 2 * STEP, "main_integral": 1 - 0.0763, "satellites": 0.0763,
        "J_P_Se_Hz": 680.0,
    }  # fmt: skip
    return lines(name, BARE, {**setup, **NONE, **more}, truths)


def bound(name: str, noise: float) -> Case:
    setup = {"nucleus": "31P", "from_ppm": 44.0, "to_ppm": 54.0, "noise": noise, "temperature_K": 298.15}
    line = resonance("Int1", "31P")
    tau = turning([BOUND], {**setup, "ligand_nm": 1.8, "solvent": "CDCl3"})
    wide = width_of(2 * STEP + width_Hz(line, 283.56, tau), line.spread * 283.56)
    return lines(name, BOUND, setup, {"main_ppm": 48.8, "main_width_Hz": wide})


def oleates(name: str, noise: float, free: float = 0.0, **more: Any) -> Case:
    """72 on each of 3.5 nmol dots, and free acid, beside 1000 nmol of ferrocene."""
    setup = {"from_ppm": 3.6, "to_ppm": 6.4, "noise": noise, **more}
    if free:
        setup["beside"] = f"oleic_acid:{free * 3.5}"
    per_dot = 72.0 + free
    truths = {"ligands_per_dot": per_dot, "area_ratio": 10000.0 / (2 * 3.5 * per_dot), "ferrocene_ppm": 4.16}
    told = {
        "standard": "ferrocene", "standard_nmol": 1000.0, "dots_nmol": 3.5, "diameter_nm": 2.4,
        "standard_sigma": 0.0, "dots_sigma": 0.0, "diameter_sigma_nm": 0.0,
    }  # fmt: skip
    return lines(name, OLEATE, setup, truths, **told)


def exchange(name: str, noise: float, kelvins: tuple[float, ...]) -> Case:
    setup = {
        "nucleus": "31P", "solvent": "CD2Cl2", "frequency_MHz": 344.18, "from_ppm": 46.0, "to_ppm": 56.0,
        "step_Hz": 8.0, "noise": noise,
    }  # fmt: skip

    def measured(rng: np.random.Generator) -> Quantities:
        series = [nmr.simulate([ZINC], {**setup, "temperature_K": T}, rng=rng) for T in kelvins]
        found: Fit = nmr.fit(series, "exchange", sites="48.8,53", coupling_Hz=680.0)
        return found.each[0]

    truths = {"dH": -39.0, "dS": -142.0, "dH_act": 45.0, "dS_act": -17.0}
    return Case(name, truths, measured)


CASES = [
    selenide("selenide in solution, 0.5 % noise", 0.005),
    selenide("selenide in solution, 0.1 % noise, phase off by 8 degrees", 0.001, phase_deg=8.0),
    selenide("selenide in solution, real part only, 0.3 % noise", 0.003, real_only=True),
    bound("1 on dots, 1 % noise", 0.01),
    bound("1 on dots, 0.1 % noise", 0.001),
    oleates("oleate on dots, 0.2 % noise", 0.002),
    oleates("oleate on dots, 0.02 % noise", 0.0002),
    oleates("oleate on dots beside free acid, 0.02 % noise", 0.0002, free=30.0),
    exchange("exchange at 3 temperatures, 1 % noise", 0.01, (243.15, 265.0, 298.15)),
    exchange("exchange at 5 temperatures, 2 % noise", 0.02, (233.15, 248.15, 263.15, 278.15, 298.15)),
]
