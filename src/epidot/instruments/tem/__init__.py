"""Electron microscopy: how large dots are, how alike, and how round."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from epidot.instruments.contract import Dots, Header, Reported
from epidot.instruments.options import Settings, choice, integer, number, text
from epidot.instruments.tem.trial import trial
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal

HEADER = Header(
    name="tem",
    title="Electron microscopy (TEM and STEM images)",
    x_axis="place on the film / nm, two ways",
    y_axis="electrons, or grey values",
    formats=(
        "TIFF (grey, palette, RGB; 8 to 32 bits; ImageJ, Gatan and FEI scales)",
        "PNG, JPEG, BMP, GIF (scale asked for)",
        "Gatan .dm3 and .dm4",
        "HDF5 .emd (Velox, Berkeley)",
        "signals saved by epidot",
    ),
    quantities=(
        Reported(
            "diameter_nm", "nm", "mean diameter of the circles that have the projected areas of the dots"
        ),
        Reported("diameter_sd_nm", "nm", "standard deviation of the diameters, error of reading taken off"),
        Reported("diameter_spread", "%", "the same over the mean"),
        Reported("reading_error_nm", "nm", "error of one diameter, root mean square"),
        Reported(
            "irregularity", "%", "deviation of the outlines from circles over the radius, noise taken off"
        ),
        Reported("blur_nm", "nm", "standard deviation of the blur that all outlines share"),
        Reported("count", "", "dots wholly on the image that count for the sizes"),
        Reported("count_touching", "", "dots in touch with a neighbour"),
        Reported("count_overlapping", "", "dots that overlap a neighbour"),
        Reported("count_cut", "", "dots cut by the rim of the image"),
        Reported(
            "count_left_out", "", "dots hidden by others, unlike the model, or not of the size asked for"
        ),
    ),
    read_options=(
        text("scale", "nm", "length of a pixel, with its unit: 0.1nm, 1.2A; or of several, 50nm/412px"),
        integer("frame", None, "which image of a file that holds several, from 1", 1, 100_000),
    ),
    setup=(
        choice(
            "mode",
            ("haadf", "bright field"),
            "haadf",
            "electrons scattered to high angles (dots bright), or those left (dark)",
        ),
        integer("particles", 120, "dots on the field and across its rim", 1, 20_000),
        integer("pixels", 1024, "pixels along an edge of the square image", 32, 2048),
        number("scale_nm", "nm", 0.1, "length of a pixel", 0.001, 10),
        choice("shape", ("sphere", "octahedron", "tetrahedron"), "sphere", "shape of the dots, any way up"),
        choice(
            "positions",
            ("smooth", "relaxed", "lattice"),
            "smooth",
            "of a dot's matter: alike everywhere, or by atoms (haadf), at rest or on the core's lattice",
        ),
        choice("axis", ("any", "100", "110", "111"), "any", "of the crystal that the beam runs along"),
        number("truncation", "", 0.0, "share of the way from corner to centre cut off", 0, 2 / 3),
        number("gap_nm", "nm", 1.0, "least distance between dots: their ligands", 0, 100),
        number("touching", "%", 0.0, "share of dots against a neighbour", 0, 100),
        number("overlapping", "%", 0.0, "share of dots put down anywhere, over others too", 0, 100),
        number("film_nm", "nm", 5.0, "thickness of the amorphous carbon film", 0, 200),
        number("grain", "%", 3.0, "standard deviation of the film's mass", 0, 50),
        number("grain_nm", "nm", 0.5, "FWHM of a grain of the film", 0, 10),
        number("blur_nm", "nm", 0.4, "FWHM of the (Gaussian) blur", 0, 10),
        number(
            "counts",
            "counts",
            200.0,
            "electrons per pixel where most arrive: thickest dot, or bare film",
            1,
            1e7,
        ),
        number("dark", "counts", 0.0, "dark counts per pixel", 0, 1e6),
        number(
            "z_exponent",
            "",
            1.7,
            "scattering to high angles goes with the atomic number to this power",
            1.3,
            2.0,
            source="Treacy, Microsc. Microanal. 17, 847 (2011), doi:10.1017/S1431927611012074: 1.6 to 1.9",
        ),
        number(
            "contrast_thickness",
            "µg/cm2",
            20.0,
            "mass per area that lets 1/e of the electrons through the aperture",
            1,
            1000,
            source="assumed: order of magnitude at 100 to 200 kV and some 10 mrad",
        ),
    ),
    measure_options=(
        choice(
            "contrast",
            ("auto", "bright", "dark"),
            "auto",
            "dots are bright or dark; auto: whichever is rarer",
        ),
        number("smallest_nm", "nm", None, "smaller dots are left out", 0, 1e4),
        number("largest_nm", "nm", None, "larger dots are left out", 0, 1e4),
        number("scale_error", "%", 0.0, "standard error of the scale, carried into diameters", 0, 50),
    ),
    fit_models=("lognormal", "normal"),
    fits_together=True,
    marks=(
        ("start", 10.0, ("\0\0\0\3\0", "\0\0\0\4\0")),
        # Any picture begins like this: a drawing too.
        ("start", 9.5, ("II*\0", "MM\0*", "\x89PNG", "\xff\xd8\xff", "GIF8")),
        ("name", 10.0, (".dm3", ".dm4", ".emd")),
        ("name", 5.0, (".bmp",)),
    ),
    endings=(".tif", ".tiff", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".dm3", ".dm4", ".emd"),
    trial=trial,
    cases=10,
    noises=8,
)


@HEADER.read
def read(path: str | Path, chosen: Settings) -> Signal:
    """The image in a file, over nm both ways; its scale is the file's own or the one given, never guessed.

    Options: ``scale, frame`` (see ``HEADER``).

    Raises
    ------
    InputError
        If the file cannot be used, or nothing tells its scale.
    """
    from epidot.instruments.tem.files import read_image

    return read_image(path, chosen)


@HEADER.simulate
def simulate(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """The image of ``dots`` strewn on a carbon film, in electrons; without ``rng`` free of noise."""
    from epidot.instruments.tem.simulated import simulated

    return simulated(dots, setup, rng)


@HEADER.measure
def measure(signal: Signal, chosen: Settings) -> Quantities:
    """Mean and spread of the diameters, how far the outlines are from round, and numbers of dots.

    Raises
    ------
    InputError
        If no particles stand out, or they are too small on the image.
    """
    from epidot.instruments.tem.measured import measured

    return measured(signal, chosen)


@HEADER.fit
def fit(signals: list[Signal], model: str | None, chosen: Settings) -> Fit:
    """A law of sizes, ``lognormal`` or ``normal``, fitted to the particles of one image or of several.

    Raises
    ------
    InputError
        If the images hold too few particles.
    """
    from epidot.instruments.tem.laws import fitted

    return fitted(signals, model or "lognormal", chosen)
