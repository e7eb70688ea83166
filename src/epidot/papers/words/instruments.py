"""What the instruments read off simulated signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from epidot.dot.layers import LayeredDot, Population
from epidot.errors import InputError, nearest
from epidot.instruments import instrument
from epidot.instruments.tcspc.simulated import counted
from epidot.instruments.tem.threshold import diameters_nm
from epidot.instruments.xps.paths import mean_free_path as path_by_tpp2m
from epidot.papers.experiments import Experiments, UnknownHere
from epidot.papers.words.registry import word
from epidot.quantities import Quantities, Quantity
from epidot.runs.seen import levels_of
from epidot.signal import Signal

IMAGES = 3  # of some hundred dots each
_COARSE: Mapping[str, Any] = {"scale_nm": 0.2, "pixels": 512}  # reads 3 % more spread than at 0.1 nm
SEED = 20230043  # simulated noise is the same every time
# The decay starts at 0 with no response to unfold; nothing is left of it when the next pulse comes.
_PULSE: Mapping[str, Any] = {
    "channel_ns": 0.2,
    "channels": 5000,
    "period_ns": 1000.0,
    "irf_fwhm_ns": 0.0,
    "t0_ns": 0.0,
    "counts": 1e7,
    "background": 0.0,
    "irf_counts": 0.0,
}
_NO_PILEUP: Mapping[str, Any] = {"acquisition_s": 1e12}  # hardly a count per excitation
_BRIGHT: Mapping[str, Any] = {"counts": 3e4, "background": 5e3}
_FROM_THE_PULSE: Mapping[str, Any] = {"start_ns": 0.0, "period": "none", "background": 0.0}


@word("measure.valley_depth", runs=True)
def valley_depth(experiments: Experiments, recipe: str, sample: str) -> float:
    """Valley depth that uvvis reads off the simulated absorption of a sample."""
    tool = instrument("uvvis")

    def measure(dots: Population) -> Quantities:
        return tool.measure(tool.simulate(dots, rng=np.random.default_rng(SEED)))

    return value_of(_of_sample(experiments, recipe, sample, "uvvis", measure)["valley_depth"])


@word("measure.decay", runs=True)
def decay(experiments: Experiments, recipe: str, sample: str, quantity: str) -> float:
    """What tcspc reads off the simulated decay of a sample, free of noise, with two exponentials."""
    tool = instrument("tcspc")

    def measure(dots: Population) -> Quantities:
        shown = tool.simulate(dots)
        # The simulated counter misses no photon: told so, nothing is tried that pile-up could explain.
        return tool.measure(replace(shown, meta={**shown.meta, **_NO_PILEUP}), exponentials=2)

    return value_of(named(_of_sample(experiments, recipe, sample, "tcspc", measure), quantity))


@word("measure.etch", runs=True)
def etch(
    experiments: Experiments, recipe: str, sample: str, quantity: str, hypothesis: str = ""
) -> float | list[float]:
    """What IC and ICP read of an etch in rounds, free of noise; below the limit of detection counts as 0."""
    tool = instrument("etch")

    def measure(dots: Population) -> Quantities:
        return tool.measure(tool.simulate(dots))

    found = _of_sample(experiments, recipe, sample, "etch", measure, hypothesis)
    if quantity in found.series:
        return [v or 0.0 for v in found.series[quantity].values]
    return value_of(named(found, quantity))


@word("measure.raman", runs=True)
def raman(experiments: Experiments, recipe: str, sample: str, quantity: str) -> float:
    """What raman reads off the simulated spectrum of a sample, free of noise."""
    tool = instrument("raman")

    def measure(dots: Population) -> Quantities:
        return tool.measure(tool.simulate(dots, _BRIGHT), background=4)

    return value_of(named(_of_sample(experiments, recipe, sample, "raman", measure), quantity))


@word("measure.raman_core")
def raman_core(material: str, diameter_nm: float, oxide: float, quantity: str) -> float:
    """What raman reads off the simulated spectrum of bare cores with so many oxide units, noise included."""
    tool = instrument("raman")
    dots = [LayeredDot(material, diameter_nm, oxide=oxide)]
    return value_of(
        named(tool.measure(tool.simulate(dots, _BRIGHT, rng=np.random.default_rng(SEED))), quantity)
    )


@word("measure.xps", runs=True)
def xps(experiments: Experiments, recipe: str, sample: str, quantity: str, c1s_eV: float = 284.8) -> float:
    """What xps reads off the simulated levels of a sample, free of noise, with C 1s at an energy (eV)."""
    return value_of(named(_xps(experiments, recipe, sample, quantity, c1s_eV), quantity))


@word("measure.xps_mean_eV", runs=True)
def xps_mean(experiments: Experiments, recipe: str, sample: str, level: str) -> float:
    """Mean binding energy (eV) of all states that xps finds in a level, by area, free of noise."""
    quantity = f"{level}_mean_eV"
    return value_of(named(_xps(experiments, recipe, sample, quantity), quantity))


def _xps(
    experiments: Experiments, recipe: str, sample: str, quantity: str, c1s_eV: float = 284.8
) -> Quantities:
    """The levels that a quantity of a sample is read from, measured beside C 1s, which sets the axis."""
    tool = instrument("xps")
    setup = {"levels": " ".join(levels_of(quantity))}

    def measure(dots: Population) -> Quantities:
        return tool.measure(tool.simulate(dots, setup), c1s_eV=float(c1s_eV))

    return _of_sample(experiments, recipe, sample, f"xps {setup['levels']} {c1s_eV}", measure)


def _of_sample(
    experiments: Experiments,
    recipe: str,
    sample: str,
    how: str,
    measure: Callable[[Population], Quantities],
    hypothesis: str = "",
) -> Quantities:
    """What an instrument reads of a sample in the way ``how``, once for all claims that ask for it."""
    dots = experiments.run(recipe, (), hypothesis).sample(sample).population
    return experiments.measured(dots, how, measure)


@word("measure.tem_by_threshold", runs=True)
def tem_by_threshold(experiments: Experiments, recipe: str, sample: str, quantity: str) -> float:
    """Mean (diameter_nm) or relative spread (diameter_spread) of sizes that a threshold reads on images."""
    tool = instrument("tem")

    def measure(dots: Population) -> Quantities:
        images = [tool.simulate(dots, _COARSE, rng=np.random.default_rng([SEED, i])) for i in range(IMAGES)]
        sizes = np.concatenate([diameters_nm(image) for image in images])
        how = f"Otsu's threshold on {IMAGES} simulated images, {len(sizes)} dots"
        found = {
            "diameter_nm": Quantity(float(sizes.mean()), None, "nm", how),
            "diameter_spread": Quantity(float(sizes.std() / sizes.mean()), None, "", how),
        }
        return Quantities("tem", found)

    dots = experiments.run(recipe).sample(sample).shapes
    return value_of(named(experiments.measured(dots, "tem by threshold", measure), quantity))


@word("measure.mean_free_path_nm")
def mean_free_path(material: str, energy_eV: float) -> float:
    """Inelastic mean free path (nm) of electrons of a kinetic energy (eV) by TPP-2M."""
    return path_by_tpp2m(material, energy_eV)


@word("measure.setup", put_in=True)
def setup(technique: str, option: str) -> float:
    """What an instrument is set to for a simulation unless something else is asked for."""
    known = {one.name: one.default for one in instrument(technique).HEADER.setup}
    if option not in known:
        raise InputError("no such setting", seen=option, nearest=nearest(option, known))
    return float(known[option])


@word("measure.fraction1")
def fraction1(tau1_ns: float, tau2_ns: float, fraction1: float) -> float:
    """Share of the intensity in the short lifetime that tcspc fits to a simulated decay of two."""
    decay = _decay([tau1_ns, tau2_ns], [fraction1, 1 - fraction1])
    return value_of(instrument("tcspc").measure(decay, exponentials=2, **_FROM_THE_PULSE)["fraction1"])


@word("measure.tail_ns")
def tail(tau_ns: float, low_ns: float, high_ns: float) -> float:
    """Lifetime (ns) that tcspc fits to a simulated decay between two times (ns)."""
    decay = _decay([tau_ns], [1.0])
    window = {"start_ns": low_ns, "stop_ns": high_ns, "period": "none", "background": 0.0}
    return value_of(instrument("tcspc").measure(decay, exponentials=1, **window)["tau1_ns"])


def _decay(tau_ns: list[float], shares: list[float]) -> Signal:
    """Counts of exponentials with these shares of the intensity, in channels of the paper's resolution."""
    return counted(shares, tau_ns, _PULSE, np.random.default_rng(SEED))


def named(found: Mapping[str, Quantity], name: str) -> Quantity:
    """The quantity ``name``.

    Raises
    ------
    InputError
        If the instrument has none of that name.
    """
    if name not in found:
        raise InputError("the instrument has no such quantity", seen=name, nearest=nearest(name, found))
    return found[name]


def value_of(found: Quantity) -> float:
    """Its value.

    Raises
    ------
    ValueError
        If it has none.
    """
    if found.value is None:
        if found.note.startswith("withheld"):  # it would not say, which is neither for nor against the paper
            raise UnknownHere(f"the instrument keeps it back ({found.note})")
        raise ValueError(f"the instrument finds no such quantity: {found.note}")
    return found.value
