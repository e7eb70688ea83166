"""Etching in rounds, read by ion chromatography (halides) and ICP (metals): what lies how deep in a dot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from epidot.instruments.contract import Dots, Header, Reported
from epidot.instruments.etch.mechanisms import MECHANISMS
from epidot.instruments.etch.trial import trial
from epidot.instruments.options import Settings, choice, file, integer, number, settled, text
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal

_SPREAD = "relative spread of the etched depth from dot to dot"
_TEXT = "yuan2023, text"

_DOSE = f"{_TEXT}: 0.8 mmol bromide to 0.1 µmol of dots (amount of dots assumed)"
_VOLUME = f"{_TEXT}: 0.8 mmol in 20 mL (volume assumed)"
_INVERSION = (
    number("core_nm", "nm", None, "diameter of the core, if neither the file nor In:Zn says it", 0.5, 30),
    number("inner_nm", "nm", None, "thickness of the inner shell; or where Se passes S, else half", 0.01, 20),
    number("addition_min", "min", 30.0, "time over which the halide was added", 0, 1e4, _TEXT),
    number("hold_min", "min", 30.0, "time held at temperature after it", 0, 1e5, _TEXT),
    number("cooling_min", "min", 10.0, "time of cooling to room temperature (taken as linear)", 0.1, 1e4),
    number("etch_spread", "1", 0.05, _SPREAD, 0, 1),
    number("bath_per_dot", "1", 7900.0, "halide ions added per dot", 1, 1e9, _DOSE),
    number("bath_M", "mol/L", 0.04, "their concentration once all are added, M", 1e-6, 100, _VOLUME),
    integer("starts", 6, "starting points of the search", 1, 200),
)

HEADER: Header = Header(
    name="etch",
    title="Etching in rounds (IC and ICP of what each round sets free)",
    x_axis="etch round",
    y_axis="amount of the halide set free / nmol",
    formats=(
        "text tables (csv, tsv, txt), one row per round: round, diameter or depth or volume removed, amounts",
        "amounts in nmol, µmol, ppm, mg/L or ions per dot, '<LOD' or '<0.5'; several samples in one file",
        "signals saved by epidot",
    ),
    quantities=(
        Reported("halide_nmol", "nmol", "amount of the first halide in every round (a list)"),
        Reported("halide_upper_nmol", "nmol", "95 % upper limit of rounds below the detection limit (list)"),
        Reported("halide_per_dot", "1", "ions per dot in every round, if the dots are known (a list)"),
        Reported("halide_per_nm3", "nm-3", "ions per removed volume, with the diameters too (a list)"),
        Reported("depth_nm", "nm", "depth below the first surface after every round (a list)"),
        Reported("total_nmol", "nmol", "amount of all rounds"),
        Reported("argmax_round", "1", "the round that holds most"),
        Reported("argmax_probability", "1", "how likely it is that this round truly holds most"),
        Reported("median_depth_nm", "nm", "depth above which half of the halide lies"),
        Reported("front_nm", "nm", "depth above which 90 % of the halide lies"),
        Reported("core_round", "1", "the core is reached after this round: step of In:Zn (or Cd:Zn)"),
        Reported("core_round_probability", "1", "how likely that round is among all"),
        Reported("core_share", "1", "share of the halide that came out after core_round"),
        Reported("lnD_at_T", "1", "ln of the shell's D / (nm2/s) at each temperature (a list; explain)"),
        Reported("D0", "nm2/s", "its prefactor, if the data identify it"),
        Reported("dH_eV", "eV", "its activation enthalpy, if the data identify it"),
    ),
    read_options=(
        number("treated_C", "°C", None, "temperature of the halide treatment, if not in the file", -20, 400),
        number("dots_nmol", "nmol", None, "amount of dots etched, if not in the file", 1e-6, 1e6),
        number("diameter_nm", "nm", None, "diameter before the first round, if not in the file", 1, 100),
        number("solution_mL", "mL", None, "volume each round was made up to (for ppm)", 1e-3, 1e4),
        number("limit_nmol", "nmol", None, "detection limit of the halides, if not in the file", 1e-9, 1e9),
        number("relative_noise", "1", 0.1, "relative error of amounts, if not in the file", 1e-4, 1.0),
        file("sizes", "table of epidot measure tem: an image before the first round, then one after each"),
    ),
    setup=(
        choice("by", ("thickness", "volume", "diameters"), "thickness", "what is equal from round to round"),
        integer("rounds_to_core", 5, "rounds until the core's surface", 1, 100, source="yuan2023 (Y032)"),
        integer("rounds_in_core", 1, "rounds in which the core dissolves", 0, 100, source="yuan2023 (Y034)"),
        text("diameters", "nm", "after each round, with by = diameters, e.g. '7.5, 6.4, 3.3, 0'"),
        number("etch_spread", "1", 0.05, _SPREAD, 0, 1),
        number("dots_nmol", "nmol", 10.0, "amount of dots etched", 1e-6, 1e6),
        text("halide", "", "which halide comes first (F, Cl, Br, I); default: the most abundant"),
        number("limit_nmol", "nmol", 3.0, "detection limit of the halides", 1e-9, 1e6),
        number("metal_limit_nmol", "nmol", 1.0, "detection limit of the other elements", 1e-9, 1e6),
        number("relative_noise", "1", 0.1, "relative error of a halide's amount", 0, 1),
        number("metal_noise", "1", 0.03, "relative error of the other amounts", 0, 1),
        number("treated_C", "°C", None, "temperature of the halide treatment, noted with the data", -20, 400),
    ),
    measure_options=(
        text("profile", "", "which sample of the file; default: the one treated hottest"),
        choice("explain", ("none", *MECHANISMS, "compare"), "none", "invert the profiles: with one, or all"),
        *(replace(option, needs="explain") for option in _INVERSION),
    ),
    fit_models=(*MECHANISMS, "compare"),
    measure_only=("profile", "explain"),
    marks=(
        ("head", 3.0, ("etch",)),
        ("head", 1.0, ("round", "nmol", "<lod", "detection limit")),
        ("head", 0.5, ("cycle", "µmol", "br (", "zn (")),
        ("name", 2.0, ("etch",)),
    ),
    trial=lambda rng: trial(rng, settled(HEADER.setup, {}, "etch.simulate")),
)


@HEADER.read
def read(path: str | Path, chosen: Settings) -> Signal:
    """The rounds of one or several samples in a text table or in a file saved by epidot.

    The signal is the first halide (nmol, over the round); other elements and further samples are its
    companions.  Options: see ``HEADER``.

    Raises
    ------
    InputError
        With every fault and its line: unknown columns, negative amounts, radii that do not fall, rounds out
        of order, missing units, a temperature no dot stands.
    """
    from epidot.instruments.etch.formats import read_etch

    return read_etch(path, chosen)


@HEADER.simulate
def simulate(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """The amounts per round from ``dots``; without ``rng`` free of noise, but cut at the detection limit."""
    from epidot.instruments.etch.simulated import simulated

    return simulated(dots, setup, rng)


@HEADER.measure
def measure(signal: Signal, chosen: Settings) -> Quantities:
    """Amounts per round, the round of the maximum, depths, the round that reached the core, the core's share.

    With ``explain`` also the diffusion coefficient at each temperature, and D0 and dH where the data
    identify them.  A quantity that these data do not hold has the value ``None`` and a note that says why.

    Raises
    ------
    InputError
        If an option is not valid, or what an inversion needs is not known.
    """
    from epidot.instruments.etch.measured import measured

    return measured(signal, chosen)


@HEADER.fit
def fit(signal: Signal, model: str | None, chosen: Settings) -> Fit:
    """One mechanism fitted to all profiles of the signal, or all of them compared (``compare``, the default).

    Raises
    ------
    InputError
        If the mechanism is unknown, or what an inversion needs is not known.
    """
    from epidot.instruments.etch.fitting import fitted

    return fitted(signal, model or "compare", chosen)
