"""What NMR and diffusion NMR read off simulated tubes of grown dots, of described ones and of solutions.

A tube of a sample holds its dots in the amount that the instrument is set to, and what is dissolved beside
them in proportion.  Noise is drawn as the instrument is set to, the same every time.  Any setting of the
simulation can be given by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from epidot.dot.layers import LayeredDot, Population
from epidot.instruments import instrument
from epidot.instruments.dosy.simulated import free_diffusion
from epidot.instruments.nmr.species import dissolved_species, resonance, table
from epidot.matter.nuclei import nucleus
from epidot.papers.experiments import Experiments
from epidot.papers.words.instruments import SEED, named, value_of
from epidot.papers.words.registry import word
from epidot.quantities import Fit, Quantities
from epidot.runs.sampled import Sampled

_NONE = (LayeredDot("InP", 2.4),)  # it has no line where no ligands are asked for
_NO_DOTS = {"ligands_per_nm2": 0.0}
_LARGEST = "main_"  # of the line with the largest area
_LEAST = 1e-6  # nmol: what is less is not in a tube


@word("measure.nmr", runs=True)
def nmr(experiments: Experiments, recipe: str, sample: str, quantity: str, **setup: Any) -> Any:
    """What nmr reads off a simulated spectrum of a sample; main_ppm, main_width_Hz: of its largest line."""
    return _read(_of_sample(experiments, recipe, sample, setup), quantity)


@word("measure.nmr_finds", runs=True)
def nmr_finds(experiments: Experiments, recipe: str, sample: str, quantity: str, **setup: Any) -> bool:
    """Whether nmr finds a quantity (such as J_P_Se_Hz) in a simulated spectrum of a sample."""
    return _finds(_of_sample(experiments, recipe, sample, setup), quantity)


@word("measure.nmr_of_dot", experiments=True, model=True)
def nmr_of_dot(experiments: Experiments, dot: str, quantity: str, **setup: Any) -> Any:
    """What nmr reads off a simulated spectrum of a described dot."""
    return _read(_measured(experiments, experiments.described(dot), setup), quantity)


@word("measure.nmr_of_dot_series", experiments=True, model=True)
def nmr_of_dot_series(
    experiments: Experiments, dot: str, parameter: str, kelvins: Sequence[float], sites: str, **setup: Any
) -> float:
    """A parameter of the exchange (dH, dS ...) fitted to spectra of a described dot at temperatures (K)."""
    tool = instrument("nmr")
    rng = np.random.default_rng(SEED)
    dots = experiments.described(dot)
    series = [tool.simulate(dots, {**setup, "temperature_K": float(T)}, rng=rng) for T in kelvins]
    found: Fit = tool.fit(series, "exchange", sites=sites, coupling_Hz=_coupling())
    return value_of(named(found.each[0], parameter))


@word("measure.nmr_tube", experiments=True)
def nmr_tube(experiments: Experiments, beside: str, quantity: str, **setup: Any) -> Any:
    """What nmr reads off a simulated spectrum of dissolved species, such as 'TOPSe:500' (nmol)."""
    return _read(_measured(experiments, _NONE, {**_NO_DOTS, "beside": beside, **setup}), quantity)


@word("measure.dosy", runs=True)
def dosy(experiments: Experiments, recipe: str, sample: str, quantity: str, **setup: Any) -> float:
    """What dosy reads off the simulated decay of a sample's line; it is told free_molar_mass=, if given."""
    dots = experiments.run(recipe).sample(sample).population
    tool = instrument("dosy")
    told: dict[str, Any] = {}
    if "free_molar_mass" in setup:
        told["free_D_m2_per_s"] = free_D(setup["free_molar_mass"])

    def measure(dots: Population) -> Quantities:
        return tool.measure(tool.simulate(dots, setup, rng=np.random.default_rng(SEED)), **told)

    return value_of(named(experiments.measured(dots, f"dosy {sorted(setup.items())}", measure), quantity))


@word("measure.free_D")
def free_D(molar_mass: float) -> float:
    """D (m²/s) of a small molecule of a molar mass (g/mol) in CDCl3 at 25 °C, by the law of dosy."""
    known = {one.name: one.default for one in instrument("dosy").HEADER.setup}
    return free_diffusion({**known, "free_molar_mass": float(molar_mass)})


@word("nucleus.abundance")
def abundance(name: str) -> float:
    """Natural abundance of a nucleus, in percent."""
    return 100 * nucleus(name).abundance


@word("nucleus.receptivity")
def receptivity(name: str, other: str) -> float:
    """Natural signal of a nucleus over that of another one: abundance times the cube of gamma."""
    one, than = nucleus(name), nucleus(other)
    return one.abundance / than.abundance * (one.gamma / than.gamma) ** 3


def _of_sample(experiments: Experiments, recipe: str, sample: str, setup: dict[str, Any]) -> Quantities:
    seen = experiments.run(recipe).sample(sample)
    dissolved = _beside(seen, setup)
    if not seen.state.dots_mol > 0:
        return _measured(experiments, _NONE, {**_NO_DOTS, **dissolved, **setup})
    return _measured(experiments, seen.population, {**dissolved, **setup})


def _beside(sample: Sampled, setup: dict[str, Any]) -> dict[str, Any]:
    """The dissolved species that have lines, in nmol, as the setting ``beside``."""
    known = {one.name: one.default for one in instrument("nmr").HEADER.setup}
    found = dissolved_species(sample.state.liquor)
    if sample.state.dots_mol > 0:
        per_mol = float(setup.get("dots_nmol", known["dots_nmol"])) / sample.state.dots_mol
    else:  # as much of all together as of the standard
        per_mol = float(known["standard_nmol"]) / (sum(found.values()) or 1.0)
    each = {name: mol * per_mol for name, mol in found.items() if mol * per_mol > _LEAST}
    return {"beside": ", ".join(f"{name}:{nmol:.9g}" for name, nmol in each.items())} if each else {}


def _measured(
    experiments: Experiments, dots: Population | tuple[LayeredDot, ...], setup: dict[str, Any]
) -> Quantities:
    tool = instrument("nmr")

    def measure(dots: Population | tuple[LayeredDot, ...]) -> Quantities:
        seen = tool.simulate(dots, setup, rng=np.random.default_rng(SEED))
        told: dict[str, Any] = {}
        used = seen.meta["setup"]
        if used["nucleus"] == "1H" and used["standard_nmol"] > 0:
            told = {"standard": used["standard"] or "ferrocene", "standard_nmol": used["standard_nmol"]}
        return tool.measure(seen, **told)

    return experiments.measured(dots, f"nmr {sorted(setup.items())}", measure)


def _read(found: Quantities, quantity: str) -> Any:
    if quantity.startswith(_LARGEST):
        largest = int(np.argmax([row["area"] for row in found.extra["lines"]]))
        return found.series["line_" + quantity.removeprefix(_LARGEST)].values[largest]
    if quantity in found.series:
        return list(found.series[quantity].values)
    return value_of(named(found, quantity))


def _finds(found: Quantities, quantity: str) -> bool:
    return quantity in found and found[quantity].value is not None


def _coupling() -> float:
    return resonance(table().pair[0], "31P").couplings["77Se"].value
