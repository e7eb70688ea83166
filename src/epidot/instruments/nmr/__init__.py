"""NMR of ligands, precursors and cores: lines, amounts, ligand density, exchange."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from epidot.documents import data_file
from epidot.instruments.contract import Dots, Header, Reported, Restated
from epidot.instruments.nmr.trial import trial
from epidot.instruments.options import Option, Settings, choice, flag, limits, number, text
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal

NUCLEI = ("1H", "31P", "77Se", "13C")
# The species of the table: a look at the text, so that a header costs no reading of it.
_SPECIES = re.findall(r"^  (\w+):$", data_file("nmr.yaml").read_text(encoding="utf-8"), re.MULTILINE)


def _restated(signal: Signal, chosen: Settings) -> Signal:
    from epidot.instruments.nmr.formats import told

    return told(signal, chosen)


HEADER = Header(
    name="nmr",
    title="NMR (lines, amounts, ligand density, exchange)",
    x_axis="chemical shift / ppm",
    falls=True,
    y_axis="intensity (instrument units)",
    formats=(
        "text exports of TopSpin and MestReNova, tables of ppm and intensity (csv, txt, dat)",
        "Bruker, processed (1r, with 1i beside it) and raw (fid), with the extra nmr",
        "Varian/Agilent and Magritek raw data, JEOL .jdf, JCAMP-DX, with the extra nmr",
        "signals saved by epidot",
    ),
    quantities=(
        Reported("lines", "1", "how many stand clear of the noise"),
        Reported("line_ppm", "ppm", "place of every line, from high to low shift"),
        Reported("line_width_Hz", "Hz", "its full width at half maximum"),
        Reported("line_integral", "1", "its area, over that of all lines"),
        Reported("line_nuclei_nmol", "nmol", "nuclei behind it, by the internal standard: not molecules"),
        Reported("coverage_per_nm2", "1/nm2", "ligands per surface, eq 2 of choi2023"),
        Reported("ligands_per_dot", "1", "ligands on a dot, eq 2 of choi2023 times the surface"),
        Reported("area_ratio", "1", "area of the standard over that of the ligand (19.7 in eq 2)"),
        Reported("J_P_Se_Hz", "Hz", "coupling of 31P and 77Se, from satellites at their natural share"),
        Reported("J_C_H_Hz", "Hz", "coupling of 1H and 13C, from satellites at their natural share"),
        Reported("reference_off_ppm", "ppm", "by how much the axis was off, by the reference line"),
        Reported("exchange_rate_per_s", "1/s", "of the first of two given sites to the second"),
        Reported("first_share", "1", "share in the first of two given sites"),
        *(
            Reported(f"{name}_{what}", unit, f"{words} of the line of {name}")
            for name in _SPECIES
            for what, unit, words in (
                ("ppm", "ppm", "place"),
                ("width_Hz", "Hz", "full width"),
                ("integral", "1", "share of the area"),
                ("nmol", "nmol", "molecules by the internal standard, out"),
            )
        ),
    ),
    read_options=(
        text("column", "", "which spectrum of the file: name, or number from 1"),
        choice("nucleus", (*NUCLEI, "19F", "113Cd"), None, "if the file is silent"),
        number("frequency_MHz", "MHz", None, "of this nucleus, if the file is silent", 1, 2000),
        number("temperature_K", "K", None, "of the sample, if the file is silent", 100, 700),
    ),
    setup=(
        choice("nucleus", NUCLEI, "1H", "which nucleus is seen"),
        choice(
            "state", ("solution", "solid"), "solution", "dissolved, or a powder that spins at the magic angle"
        ),
        number("frequency_MHz", "MHz", None, "of this nucleus [that of choi2023]", 1, 2000),
        Option("solvent", "text", "", "CDCl3", "in which they are"),
        number("temperature_K", "K", 298.15, "temperature", 150, 500),
        number("dots_nmol", "nmol", 3.5, "dots in the tube", 1e-3, 1e6, source="choi2023: Methods, eq 2"),
        text("standard", "", "internal standard [ferrocene for 1H and 13C, else none]"),
        number("standard_nmol", "nmol", 1000.0, "of the standard", 0, 1e7, source="choi2023: Methods, eq 2"),
        text("beside", "nmol", "what else is dissolved, e.g. 'oleic_acid:100, TOPSe:50'"),
        number(
            "ligands_per_nm2", "1/nm2", 4.0, "oleates on dots that do not say", 0, 20, source="choi2023: eq 2"
        ),
        number("ligand_nm", "nm", 1.8, "what ligands add to the radius that tumbles", 0, 20),
        choice(
            "exchange", ("auto", "on", "off"), "auto", "of Intermediates 1 and 2; auto: on dots with zinc"
        ),
        number("dH", "kJ/mol", None, "enthalpy of 1 to 2 [data/nmr.yaml]", -300, 300),
        number("dS", "J/mol/K", None, "entropy of 1 to 2 [data/nmr.yaml]", -1000, 1000),
        number("dH_act", "kJ/mol", None, "enthalpy of activation of 1 to 2 [data/nmr.yaml]", 0, 300),
        number("dS_act", "J/mol/K", None, "entropy of activation of 1 to 2 [data/nmr.yaml]", -1000, 1000),
        number("from_ppm", "ppm", None, "lowest shift", -3000, 3000),
        number("to_ppm", "ppm", None, "highest shift", -3000, 3000),
        number("step_Hz", "Hz", None, "distance of the points", 0.01, 1e4),
        number("noise", "", 0.002, "noise of a point, in units of the highest one", 0, 10),
        number("phase_deg", "degree", 0.0, "error of the phase", -180, 180),
        number("reference_off_ppm", "ppm", 0.0, "error of the axis", -50, 50),
        flag("real_only", "without the imaginary part, as text exports are"),
    ),
    measure_options=(
        text("window", "ppm", "range that is looked at, e.g. 4-6"),
        text("reference", "ppm", "the line that sets the axis right, e.g. ferrocene, or 0.44=0.50"),
        text("standard", "", "internal standard: a species, e.g. ferrocene", needs="standard_nmol"),
        number("standard_nmol", "nmol", None, "of the standard in the tube", 1e-6, 1e9, needs="standard"),
        number("standard_sigma", "1", 0.01, "relative error of that (weighing)", 0, 1),
        number(
            "dots_nmol", "nmol", None, "dots in the tube, for the ligand density", 1e-6, 1e9, needs="standard"
        ),
        number("dots_sigma", "1", 0.1, "relative error of that (extinction of dots)", 0, 1),
        number(
            "diameter_nm",
            "nm",
            None,
            "of the inorganic dot, for the ligand density",
            0.5,
            1000,
            needs="dots_nmol",
        ),
        number("diameter_sigma_nm", "nm", 0.1, "error of that", 0, 100),
        Option(
            "ligand",
            "text",
            "",
            "oleate",
            "the ligand that is counted: a species with a line of this nucleus",
        ),
        choice(
            "shape", ("auto", "lorentz", "voigt"), "auto", "of a line; auto: voigt where the data want it"
        ),
        text("sites", "ppm", "two sites of one nucleus that exchange, e.g. 48.8,53"),
        number(
            "coupling_Hz", "Hz", None, "of the first site to 77Se: its satellites", 0, 5000, needs="sites"
        ),
    ),
    fit_models=("lines", "exchange"),
    restated=Restated(("nucleus", "frequency_MHz", "temperature_K"), _restated),
    fit_options=limits("width1=3Hz", "ppm1=48:50", "dH,dG"),
    fits_together=True,
    measure_only=(
        "reference",
        "standard",
        "standard_nmol",
        "standard_sigma",
        "dots_nmol",
        "dots_sigma",
        "diameter_nm",
        "diameter_sigma_nm",
        "ligand",
    ),
    marks=(
        ("file", 10.0, ("fid", "1r", "data.1d")),
        ("head", 10.0, ("chemical shift", "delta (ppm)", "# size =", "type= nmr", "type=nmr")),
        ("start", 10.0, ("JEOL.NMR",)),
        # labels of JCAMP-DX that only NMR has; Bruker's in the same file are five marks of another kind
        ("head", 60.0, ("##.observe",)),
        ("head", 3.0, ("ppm",)),
        ("name", 2.0, ("nmr", "31p", "1h_", "77se")),
    ),
    trial=trial,
    materials=None,
)


@HEADER.read
def read(path: str | Path, chosen: Settings) -> Signal:
    """The spectrum in a file, over the chemical shift / ppm; its imaginary part is a companion.

    Options: ``column, nucleus, frequency_MHz, temperature_K`` (see ``HEADER``).

    Raises
    ------
    InputError
        If the file cannot be used, or what is needed is neither there nor given.
    """
    from epidot.instruments.nmr.formats import read_shift

    return read_shift(path, chosen)


@HEADER.simulate
def simulate(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """The spectrum of ``dots``, their standard and what is beside them; without ``rng`` free of noise.

    Raises
    ------
    InputError
        For an unknown species or solvent, or if nothing of that nucleus is there.
    """
    from epidot.instruments.nmr.simulated import simulated

    return simulated(dots, setup, rng)


@HEADER.measure
def measure(signal: Signal, chosen: Settings) -> Quantities:
    """Lines with shift, width and integral, candidates for each, amounts, ligand density.

    A quantity that these data do not hold has the value ``None`` and a note that says why.

    Raises
    ------
    InputError
        If an option is not valid, or no line stands clear of the noise.
    """
    if chosen["sites"] is not None:
        from epidot.instruments.nmr.fitted import two_sites

        return two_sites(signal, chosen)
    from epidot.instruments.nmr.measured import measured

    return measured(signal, chosen)


@HEADER.fit
def fit(signals: Sequence[Signal], model: str | None, chosen: Settings) -> Fit:
    """``lines`` of one or several spectra, or the ``exchange`` of two sites over a series of temperatures.

    Raises
    ------
    InputError
        As ``measure``; for an unknown model, a wrong limit, or a temperature that is not known.
    """
    from epidot.instruments.nmr.fitted import fitted

    return fitted(signals, model or "lines", chosen)
