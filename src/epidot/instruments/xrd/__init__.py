"""Powder X-ray diffraction: lattice constant, strain and size of nanocrystals, and the phases beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from epidot.instruments.contract import Dots, Header, Reported, Restated
from epidot.instruments.options import Option, Settings, choice, integer, number, text
from epidot.instruments.xrd.trial import trial
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal
from epidot.signal.calibration import Offset

_MONOCHROMATOR = number(
    "monochromator_deg", "deg", 0.0, "2theta of a monochromator's crystal in the diffracted beam", 0, 90
)
_FWHM = number("fwhm_deg", "deg", 0.09, "FWHM of the instrument's own lines (measure LaB6)", 0, 1)
_RADIATION = Option(
    "radiation", "text", "", "Cu", 'anode ("Cu", "Cu Ka1", "Cu mean"; Co, Fe, Cr, Mo) or a wavelength / nm'
)


def _zero_by(signal: Signal, name: str, chosen: Settings) -> Offset:
    from epidot.instruments.xrd.standard import zero_by

    return zero_by(signal, name, chosen)


def _restated(signal: Signal, chosen: Settings) -> Signal:
    said = {} if chosen["radiation"] is None else {"radiation": chosen["radiation"]}
    return replace(signal, meta={**signal.meta, **said})


HEADER = Header(
    name="xrd",
    title="Powder X-ray diffraction",
    x_axis="2theta / degrees",
    y_axis="counts",
    formats=(
        "text tables of 2theta and counts (xy, xye, csv, txt, dat, asc)",
        "PANalytical .xrdml",
        "Bruker .raw (RAW 1.01), .uxd, .brml",
        "Rigaku .ras, .rasx",
        "signals saved by epidot",
    ),
    quantities=(
        Reported("a_nm", "nm", "lattice constant of the first phase"),
        Reported("c_nm", "nm", "its other lattice constant, where it has one"),
        Reported("microstrain", "", "relative spread of its lattice spacings (lines)"),
        Reported("zero_deg", "deg", "zero of the goniometer, where sharp lines tell it (lines)"),
        Reported("strain", "", "its strain: a over the reference, less one; negative is compression"),
        Reported("size_nm", "nm", "diameter of its spheres, weighted by volume"),
        Reported("size_number_nm", "nm", "diameter of its spheres, by number"),
        Reported("size_area_nm", "nm", "diameter of its spheres, weighted by area"),
        Reported("rim_nm", "nm", "by how much its cations reach further out than its anions"),
        Reported("scherrer_nm", "nm", "what Scherrer's equation gives, K = 0.9, sphere or not"),
        Reported("dispersion", "", "relative standard deviation of the diameters, by number"),
        *(
            Reported(f"phase{k}_fraction", "", f"share of phase {k} in the mass, of several")
            for k in (1, 2, 3)
        ),
        *(Reported(f"phase{k}_a_nm", "nm", f"lattice constant of phase {k}") for k in (2, 3)),
        *(Reported(f"phase{k}_size_nm", "nm", f"diameter of phase {k}, weighted by volume") for k in (2, 3)),
    ),
    read_options=(
        text("column", "", "which column of a text table: name, or number from 1"),
        text("radiation", "", 'if the file is silent: anode ("Cu", "Cu Ka1") or a wavelength / nm'),
    ),
    setup=(
        _RADIATION,
        number("start_deg", "deg", 15.0, "first 2theta", 1, 170),
        number("stop_deg", "deg", 80.0, "last 2theta", 2, 175),
        number("step_deg", "deg", 0.02, "distance of the points", 0.001, 5),
        number("counts", "counts", 2000.0, "counts of the dots at their highest line", 1, 1e9),
        number("background", "counts", 200.0, "counts everywhere", 0, 1e9),
        number("halo", "counts", 0.0, "counts of what is not crystalline, at its highest", 0, 1e9),
        number("halo_at_deg", "deg", 20.0, "where the halo is highest", 1, 90),
        number("zero_deg", "deg", 0.0, "what the goniometer shows where the beam goes straight on", -1, 1),
        number("u2_A2", "Å²", 0.01, "mean square displacement of an atom along one axis", 0, 1),
        integer("dots", 12, "dots whose atoms are summed, in equal steps through the sizes", 1, 10000),
        _MONOCHROMATOR,
        _FWHM,
    ),
    measure_options=(
        text("phase", "", 'which crystal, e.g. InP; up to three as "InP+ZnO"'),
        text("radiation", "", 'if the file is silent: anode ("Cu", "Cu Ka1") or a wavelength / nm'),
        choice(
            "method",
            ("auto", "spheres", "lines"),
            "auto",
            "whole pattern of spheres, or lines with intensities of their own",
        ),
        text("mask", "deg", "ranges of readings not to be used, e.g. 20-24"),
        text("window", "deg", "range to be fitted, e.g. 20-70"),
        integer("background", 3, "order of the polynomial under the pattern", 0, 10),
        number("zero_deg", "deg", 0.0, "zero of the goniometer (measure a standard)", -1, 1),
        number(
            "zero_sigma_deg",
            "deg",
            None,
            "how well that zero is known; it enters the error of a: 0.01, or 0 beside calibrate_against",
            0,
            1,
        ),
        number(
            "rim_nm", "nm", 0.18, "how much further out the cations of a dot reach than its anions", -0.3, 0.5
        ),
        number("rim_sigma_nm", "nm", 0.05, "how well that is known; it enters the error of the size", 0, 1),
        number(
            "reference_nm",
            "nm",
            None,
            "lattice constant without strain; the crystal's own by default",
            0.1,
            2,
        ),
        _MONOCHROMATOR,
        _FWHM,
    ),
    fit_models=("spheres", "lines"),
    measure_only=("zero_sigma_deg", "reference_nm", "method"),
    marks=(
        ("head", 10.0, ("<xrdmeasurement", "_2thetacounts", "*ras_data_start", "data0/profile0.txt")),
        ("start", 10.0, ("RAW1.01",)),
        ("head", 2.0, ("2theta", "2-theta", "2 theta", "two theta", "twotheta", "2th_deg", "2\xce\xb8")),
        ("head", 1.0, ("xrd", "diffract")),
        ("ending", 1.0, (".xy", ".xye", ".brml")),
        ("name", 1.0, ("xrd",)),
    ),
    trial=trial,
    cases=6,
    noises=8,
    materials="phase",
    standards=("LaB6", "Si", "quartz"),
    offset=_zero_by,
    restated=Restated(("radiation",), _restated),
)


@HEADER.read
def read(path: str | Path, chosen: Settings) -> Signal:
    """The pattern in a file, as counts over 2theta / degrees.

    Options: ``column, radiation`` (see ``HEADER``).

    Raises
    ------
    InputError
        If the file, the column or the axis cannot be used.
    """
    from epidot.instruments.xrd.formats import read_pattern

    return read_pattern(path, chosen["column"], chosen["radiation"])


@HEADER.simulate
def simulate(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """The pattern of ``dots`` in counts; without ``rng`` free of noise."""
    from epidot.instruments.xrd.simulated import simulated

    return simulated(dots, setup, rng)


@HEADER.measure
def measure(signal: Signal, chosen: Settings) -> Quantities:
    """Lattice constant, strain and size of the first phase, and the shares of several.

    A quantity that these data do not hold has the value ``None`` and a note that says why.

    Raises
    ------
    InputError
        If an option is not valid, the wavelength or a crystal is not known, or too few points are left.
    """
    from epidot.instruments.xrd.measured import measured

    return measured(signal, chosen)


@HEADER.fit
def fit(signal: Signal, model: str | None, chosen: Settings) -> Fit:
    """The parameters of ``spheres`` or ``lines``: the models that ``measure`` reads its quantities off.

    Raises
    ------
    InputError
        As ``measure``; without a phase.
    """
    from epidot.instruments.xrd.measured import fitted_model

    return fitted_model(signal, model, chosen)
