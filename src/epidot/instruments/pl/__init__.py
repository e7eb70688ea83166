"""Photoluminescence spectra: where the emission lies and how wide it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from epidot.instruments.contract import Dots, Header, Reported
from epidot.instruments.options import Settings, choice, integer, limits, number, text
from epidot.instruments.pl.bands import MOST
from epidot.instruments.pl.trial import trial
from epidot.instruments.spectrometer import COLUMN, MASK, NOISE, TABLES, UNIT, WINDOW, axis_options
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal

HEADER = Header(
    name="pl",
    title="Photoluminescence (emission and excitation spectra)",
    x_axis="wavelength / nm",
    y_axis="intensity, photons per nm (instrument units)",
    formats=TABLES,
    quantities=(
        Reported("peak_nm", "nm", "wavelength of the maximum of the photons per nm"),
        Reported("peak_eV", "eV", "photon energy of the maximum (of the density asked for)"),
        Reported("fwhm_nm", "nm", "full width at half maximum of the photons per nm"),
        Reported("fwhm_eV", "eV", "full width at half maximum on the energy axis (of the density asked for)"),
        *(
            Reported(f"band{k}_{name}", unit, f"{what} of band {k}, counted from the blue, of several")
            for k in range(1, MOST + 1)
            for name, unit, what in (
                ("peak_nm", "nm", "maximum"),
                ("peak_eV", "eV", "maximum"),
                ("fwhm_nm", "nm", "full width at half maximum"),
                ("fwhm_eV", "eV", "full width at half maximum"),
                ("area", "", "share of the photons"),
            )
        ),
    ),
    read_options=(
        COLUMN,
        UNIT,
        choice(
            "recorded",
            ("per nm", "per eV"),
            "per eV",
            "what the values of a file with an energy axis are; 'per nm' if only its axis was relabelled",
        ),
        NOISE,
    ),
    setup=(
        *axis_options(450.0, 750.0),
        number("counts", "counts", 20000.0, "counts at the maximum", 1, 1e12),
        number("background", "counts", 0.0, "dark counts at every point", 0, 1e9),
        number("bandpass_nm", "nm", 0.0, "FWHM of the (Gaussian) spectral bandpass", 0, 50),
    ),
    measure_options=(
        choice(
            "density",
            ("per nm", "per eV"),
            "per nm",
            "whose maximum and width are given in eV: photons per nm, or per eV (Jacobian λ²/hc)",
        ),
        text("exclude", "nm", "ranges left out (scattered light, Raman line), e.g. 440-460"),
        MASK,
        WINDOW,
        integer("bands", None, "fit so many bands together (unasked: as many as there are maxima)", 1, MOST),
        choice(
            "method",
            ("auto", "local", "bands"),
            "auto",
            "one rule for a series: the strongest band off its own top (local) or off a fit of all bands; "
            "auto: the fit where there are several maxima",
        ),
        number("excitation", "nm", None, "wavelength of the excitation, if the file is silent", 150, 2000),
        number("bandwidth", "nm", None, "FWHM of the emission slit, if the file is silent", 0, 50),
        choice(
            "baseline",
            ("none", "offset", "linear"),
            "none",
            "subtracted first: nothing, the lowest level, or a line through both ends",
        ),
        number(
            "narrowest_nm",
            "nm",
            6.0,
            "a narrower line than this is taken for scattered light and left out",
            0,
            100,
            source="own choice: above a 5 nm slit, below any ensemble band",
        ),
    ),
    fit_models=("gaussian", "split", "exgauss", "bands"),
    fit_options=limits("sigma=0.05eV", "centre1=2.0:2.1eV", "centre1,sigma1"),
    fits_together=True,
    measure_only=("density", "method", "excitation", "bandwidth"),
    marks=(
        ("head", 1.0, ("emission", "excitation", "fluorescence", "photoluminescence")),
        ("head", 0.4, ("counts", "intensity", "cps")),
        ("head", 0.2, ("wavelength",)),
        ("head", 0.1, ("(nm)",)),
        ("name", 0.5, ("emission", "excitation", "fluor", "photolum")),
        ("name", 0.3, ("fl ", "_pl", "pl_", " pl", "pl.")),
    ),
    trial=trial,
    materials=None,
    standards=("mercury",),
)


@HEADER.read
def read(path: str | Path, chosen: Settings) -> Signal:
    """The spectrum in a text file or in a file saved by epidot, over wavelength / nm.

    Options: ``column, unit, recorded, noise`` (see ``HEADER``).

    Raises
    ------
    InputError
        If the file, the column, an option or the axis cannot be used.
    """
    from epidot.signal.spectrum import read_spectrum

    return read_spectrum(
        path,
        technique="pl",
        y_name="intensity",
        column=chosen["column"],
        unit=chosen["unit"],
        recorded=chosen["recorded"],
        noise=chosen["noise"],
        not_in=("absorbance",),
    )


@HEADER.simulate
def simulate(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """The emission spectrum of ``dots`` in counts; without ``rng`` free of noise."""
    from epidot.instruments.pl.simulated import simulated

    return simulated(dots, setup, rng)


@HEADER.measure
def measure(signal: Signal, chosen: Settings) -> Quantities:
    """Peak and width of the strongest band; of every band where there are several.

    A quantity that these data do not hold has the value ``None`` and a note that says why.

    Raises
    ------
    InputError
        If an option is not valid or leaves too few points.
    """
    from epidot.instruments.pl.measured import measured

    return measured(signal, chosen)


@HEADER.fit
def fit(signals: Sequence[Signal], model: str | None, chosen: Settings) -> Fit:
    """A band model fitted to the whole spectrum: ``gaussian``, ``split`` or ``exgauss``, in energy.

    ``bands`` are several Gaussians.  Several spectra make one fit; ``fix``, ``bound`` and ``shared`` limit
    its parameters.

    Raises
    ------
    InputError
        If the model is unknown, a limit is not one of it, or there are too few points.
    """
    from epidot.instruments.pl.fitted import fitted

    return fitted(signals, model or "gaussian", chosen)
