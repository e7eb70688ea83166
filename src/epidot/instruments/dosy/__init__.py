"""Diffusion-ordered NMR: how fast a line's molecule diffuses, how large it is, which share of it is bound."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from epidot.instruments.contract import Dots, Header, Reported
from epidot.instruments.dosy.gradients import SHAPES
from epidot.instruments.dosy.laws import LAWS, SMOOTH
from epidot.instruments.dosy.trial import trial
from epidot.instruments.options import Option, Settings, choice, integer, number, text
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal

_SHAPE = choice(
    "shape", SHAPES, "rectangle", 'of a gradient pulse; "smoothed square" is SMSQ10.100, "sine" SINE.100'
)
_TAU = number("tau_ms", "ms", 0.0, "time between the halves of bipolar pulses; 0 for single ones", 0, 1e4)

HEADER = Header(
    name="dosy",
    title="Diffusion NMR (DOSY)",
    x_axis="b / s m⁻²",
    y_axis="intensity of the line",
    formats=(
        "text tables of gradient (or b) and intensity (csv, txt, dat)",
        "Bruker raw data: its ser, beside acqus and difflist (extra nmr)",
        "signals saved by epidot",
    ),
    quantities=(
        Reported("D_m2_per_s", "m2/s", "diffusion coefficient; of two species that of the slower one"),
        Reported("free_D_m2_per_s", "m2/s", "that of the faster one, where two are told apart"),
        Reported("bound_fraction", "1", "share of the line that diffuses with the slower species"),
        Reported("r_h_nm", "nm", "hydrodynamic radius (Stokes-Einstein)"),
        Reported("ligand_shell_nm", "nm", "what it has beyond the inorganic dot"),
        Reported("molar_mass_g_per_mol", "g/mol", "of a compact molecule that diffuses so"),
    ),
    read_options=(
        text("column", "", "which line of the file: name, or number from 1"),
        number(
            "delta_ms",
            "ms",
            None,
            "length of a gradient pulse (of both halves), if the file is silent",
            0,
            1e4,
        ),
        number("big_delta_ms", "ms", None, "diffusion time, if the file is silent", 0, 1e5),
        text("nucleus", "", "1H, 13C, 31P ..., if the file is silent"),
        choice("gradient_unit", ("T/m", "mT/m", "G/cm"), None, "of the gradients, before what the file says"),
        _SHAPE,
        _TAU,
    ),
    setup=(
        Option("solvent", "text", "", "CDCl3", "in which they are"),
        number("temperature_K", "K", 298.15, "temperature", 150, 500),
        number(
            "ligand_nm", "nm", 1.8, "what ligands add to the radius; stretched oleate is 2.3 nm long", 0, 20
        ),
        number("free_fraction", "1", 0.0, "share of the ligands that is not bound", 0, 1),
        number(
            "free_molar_mass", "g/mol", 282.46, "molar mass of free ligand; default: oleic acid", 10, 1500
        ),
        number("gradient_T_per_m", "T/m", 0.5, "strongest gradient", 0.01, 100),
        number("least_gradient_T_per_m", "T/m", 0.02, "weakest gradient", 0, 100),
        integer("steps", 16, "gradients, in equal steps", 5, 1000),
        number("delta_ms", "ms", 4.0, "length of a gradient pulse", 0.01, 100),
        number("big_delta_ms", "ms", 200.0, "diffusion time", 1, 1e4),
        Option("nucleus", "text", "", "1H", "which nucleus is seen"),
        number("noise", "", 0.005, "noise, in units of the line without gradient", 0, 10),
        _SHAPE,
        _TAU,
    ),
    measure_options=(
        text("solvent", "", "if the file is silent: CDCl3, C6D6, toluene-d8 ..."),
        number("temperature_K", "K", None, "if the file is silent", 150, 500),
        number("viscosity_mPa_s", "mPa s", None, "of the solution; default: of the solvent", 1e-3, 1e5),
        number(
            "free_D_m2_per_s", "m2/s", None, "of free ligand, where it was measured by itself", 1e-13, 1e-7
        ),
        number("gradient_sigma", "1", 0.01, "relative error of the gradients' calibration", 0, 1),
        number("diameter_nm", "nm", None, "of the inorganic dot, for the ligand shell", 0.5, 1000),
        number("most_b_s_per_m2", "s/m2", None, "larger b are not used (noise floor)", 0),
    ),
    fit_models=(*LAWS, SMOOTH),
    measure_only=("solvent", "temperature_K", "viscosity_mPa_s", "diameter_nm", "gradient_sigma"),
    marks=(
        (
            "head",
            10.0,
            (
                "gradient (g/cm)",
                "gradient (t/m)",
                "gradient [g/cm]",
                "gradient [t/m]",
                "b (s/m2)",
                "b [s/m2]",
            ),
        ),
        ("head", 2.0, ("gradient", "dosy", "diffusion")),
        ("name", 2.0, ("dosy",)),
        ("file", 20.0, ("ser",)),
    ),
    trial=trial,
    materials=None,
)


@HEADER.read
def read(path: str | Path, chosen: Settings) -> Signal:
    """The decay of one line in a table, as intensity over b / s m⁻².

    Options: ``column, delta_ms, big_delta_ms, nucleus, gradient_unit, shape, tau_ms`` (see ``HEADER``).

    Raises
    ------
    InputError
        If the file or the column cannot be used, or a time of the sequence is neither there nor given.
    """
    from epidot.instruments.dosy.formats import read_decay

    return read_decay(path, chosen)


@HEADER.simulate
def simulate(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """How the line of the ligands on ``dots`` falls; without ``rng`` free of noise.

    Raises
    ------
    InputError
        For an unknown solvent or nucleus, or a temperature at which the solvent's viscosity is not known.
    """
    from epidot.instruments.dosy.simulated import simulated

    return simulated(dots, setup, rng)


@HEADER.measure
def measure(signal: Signal, chosen: Settings) -> Quantities:
    """Diffusion coefficient, radius and bound fraction.

    A quantity that these data do not hold has the value ``None`` and a note that says why.

    Raises
    ------
    InputError
        If an option is not valid, or too few points are left.
    """
    from epidot.instruments.dosy.measured import measured

    return measured(signal, chosen)


@HEADER.fit
def fit(signal: Signal, model: str | None, chosen: Settings) -> Fit:
    """The parameters of one law: ``one`` exponential, a gamma law of D (``spread``), or ``two``.

    ``maxent`` is the smoothest distribution of D that the decay allows, to be looked at: it states no errors.

    Raises
    ------
    InputError
        As ``measure``; for an unknown model.
    """
    from epidot.instruments.dosy.measured import fitted

    return fitted(signal, model, chosen)
