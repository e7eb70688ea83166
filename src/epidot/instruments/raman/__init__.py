"""Raman scattering: phonons of cores and shells, their strain, surface oxide."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from epidot.documents import data_file
from epidot.instruments.contract import Dots, Header, Reported
from epidot.instruments.options import Settings, choice, integer, number, text
from epidot.instruments.raman.modes import BAND, BANDS
from epidot.instruments.raman.trial import trial
from epidot.instruments.spectrometer import COLUMN, NOISE, TABLES
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal

# The materials whose file has an LO: a look at the text, so that a header costs no reading of all of them.
_LATTICE = [
    f"{file.stem}_{kind}"
    for file in sorted(data_file("materials").glob("*.yaml"))
    if "LO_cm1" in file.read_text(encoding="utf-8")
    for kind in ("LO", "TO", "SO")
]
_SURFACE = ("oxide", "In2O3_low", "In2O3_high", "phosphate")
# Flags, layout and technique with which .spc files of a Raman spectrum begin.
_SPC = tuple(f"{flags}K\x0b" for flags in ("\0", "\4", "\x20", "\x24", "\x80", "\x84", "\xa0", "\xa4"))
_BANDS = tuple(f"{BAND}{k + 1}" for k in range(BANDS))

HEADER = Header(
    name="raman",
    title="Raman scattering (phonons, strain, surface oxide)",
    x_axis="Raman shift / cm-1",
    y_axis="intensity (counts or instrument units)",
    formats=(
        "Renishaw WiRE .wdf: single spectra, series, maps",
        "Galactic (GRAMS) .spc, new and old; Thermo OMNIC .spa",
        *TABLES,
    ),
    quantities=(
        Reported("strain", "1", "da/a of the core from its LO by eq 4; negative: compressed"),
        Reported("oxide_index", "1", "area of the oxide line near 150 cm-1 over that of the reference"),
        Reported("crystalline_ZnSe_index", "1", "area of the LO of ZnSe over that of the reference"),
        Reported("reference_area", "readings cm-1", "area of the line that the others are counted in"),
        *(
            Reported(f"{mode}_{name}", unit, f"{what} of {mode.replace('_', ' ')}")
            for mode in (*_LATTICE, *_SURFACE, *_BANDS)
            for name, unit, what in (
                ("cm1", "cm-1", "place"),
                (
                    "width_cm1",
                    "cm-1",
                    "full width at half maximum, without the resolution where that is known,",
                ),
                ("area", "1", "area over that of the reference"),
            )
        ),
        *(
            Reported(
                f"{mode}_strain", "1", f"strain of a shell from its {mode.replace('_', ' ')} and the bulk's"
            )
            for mode in _LATTICE
            if mode.endswith("_LO")
        ),
    ),
    read_options=(
        COLUMN,
        choice("unit", ("cm-1", "absolute cm-1", "nm"), None, "unit of the axis, if the file is silent"),
        number("laser", "nm", None, "wavelength of the laser, if the file is silent", 150, 3000),
        NOISE,
    ),
    setup=(
        number("start_cm1", "cm-1", 90.0, "first shift", -500, 5000),
        number("stop_cm1", "cm-1", 1120.0, "last shift", -500, 5000),
        number("step_cm1", "cm-1", 1.0, "distance of the points", 0.05, 20),
        number("resolution_cm1", "cm-1", 4.0, "FWHM of the (Gaussian) resolution", 0, 50),
        number("counts", "counts", 3000.0, "counts at the highest line above the background", 1, 1e9),
        number("background", "counts", 1000.0, "scale of the smooth background", 0, 1e9),
        number(
            "surface_optical",
            "1",
            0.0,
            "area of a shell's surface-optical line over that of its LO; nobody knows it, so 0",
            0,
            10,
        ),
        number("excitation_nm", "nm", 455.0, "laser line", 150, 3000, source="choi2023: Methods, Raman"),
        choice(
            "confinement",
            ("wave", "richter", "campbell", "none"),
            "wave",
            "which wave vectors a vibration confined to a dot or shell has",
        ),
    ),
    measure_options=(
        text(
            "crystals", "", "crystals whose LO and TO are looked for, e.g. 'InP ZnSe' (which it is unasked)"
        ),
        text("lines", "", "the lines to look for one by one instead, e.g. 'InP_LO, oxide'"),
        choice("normalise_to", tuple(m for m in _LATTICE if m.endswith("_LO")), "InP_LO", "unit of areas"),
        number("reference", "cm-1", None, "place of that line in unstrained dots [its bulk]", 50, 2000),
        number("diameter_nm", "nm", None, "of the core: takes confinement off the bulk reference", 1, 100),
        integer(
            "background",
            None,
            "order of the background polynomial [1 to 7, what they differ by in the errors]",
            0,
            12,
        ),
        number("resolution", "cm-1", None, "FWHM of the spectrometer, if the file is silent", 0, 50),
        text("window", "cm-1", "range that is looked at, e.g. 100-500"),
        text("mask", "cm-1", "ranges of readings not to be used, e.g. 515-525"),
    ),
    fit_models=("peaks", "phonons"),
    fit_options=(),
    measure_only=(),
    marks=(
        ("start", 10.0, ("WDF1", "//Exported ASCII-File", *_SPC)),
        ("head", 10.0, ("raman shift", "_raman_", "ramanshift", "type= raman", "type=raman")),
        ("head", 10.0, ("#spectro (cm-", "axisunit[1]=1/cm", "axisunit[1]=\t1/cm")),
        ("head", 1.0, ("raman",)),
        ("name", 1.0, ("raman",)),
    ),
    trial=trial,
    cases=5,
    noises=8,
    standards=("Si", "polystyrene"),
)


@HEADER.read
def read(path: str | Path, chosen: Settings) -> Signal:
    """The spectrum in a file, over the Raman shift / cm-1, ascending.

    Options: ``column, unit, laser, noise`` (see ``HEADER``).

    Raises
    ------
    InputError
        If the file, the column or the axis cannot be used, or the laser line is needed and not known.
    """
    from epidot.instruments.raman.reading import read_shift

    return read_shift(path, chosen)


@HEADER.simulate
def simulate(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """The Raman spectrum of ``dots`` in counts; without ``rng`` free of noise."""
    from epidot.instruments.raman.simulated import simulated

    return simulated(dots, setup, rng)


@HEADER.measure
def measure(signal: Signal, chosen: Settings) -> Quantities:
    """Place, width and area of every line that is there, strain of the core, oxide and crystalline shell.

    A quantity that these data do not hold has the value ``None`` and a note that says why.

    Raises
    ------
    InputError
        If an option is not valid, the axis is no Raman shift, or too few readings are left.
    """
    from epidot.instruments.raman.measured import measured

    return measured(signal, chosen)


@HEADER.fit
def fit(signal: Signal, model: str | None, chosen: Settings) -> Fit:
    """``peaks``: every line that is there with a background; ``phonons``: the same, read as strain and size.

    Raises
    ------
    InputError
        If the model is unknown, no line is seen, or too few readings are left.
    """
    from epidot.instruments.raman.fitted import fitted

    return fitted(signal, model or "peaks", chosen)
