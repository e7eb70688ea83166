"""Photoluminescence spectra: where the emission lies and how wide it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from epidot.dot.layers import LayeredDot, Population
from epidot.instruments.contract import Header, Option, Reported, settled
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal
from epidot.signal.spectrum import read_spectrum

HEADER = Header(
    name="pl",
    title="Photoluminescence (emission and excitation spectra)",
    x_axis="wavelength / nm",
    y_axis="intensity, photons per nm (instrument units)",
    formats=(
        "text tables (csv, txt, dat, tsv, asc): any delimiter, decimal comma, head lines, several columns",
        "signals saved by epidot",
    ),
    quantities=(
        Reported("peak_nm", "nm", "wavelength of the maximum of the photons per nm"),
        Reported("peak_eV", "eV", "photon energy of the maximum (of the density asked for)"),
        Reported("fwhm_nm", "nm", "full width at half maximum of the photons per nm"),
        Reported("fwhm_eV", "eV", "full width at half maximum on the energy axis (of the density asked for)"),
    ),
    read_options=(
        Option("column", "text", "", None, "which spectrum of the file: name, or number from 1"),
        Option(
            "unit",
            "choice",
            "",
            None,
            "unit of the axis, if the file does not say",
            choices=("nm", "eV", "cm-1"),
        ),
        Option(
            "recorded",
            "choice",
            "",
            "per eV",
            "what the values of a file with an energy axis are; 'per nm' if only its axis was relabelled",
            choices=("per nm", "per eV"),
        ),
        Option(
            "noise",
            "choice",
            "",
            "auto",
            "how the noise behaves; auto: counts only if the file says so",
            choices=("auto", "counts", "analog"),
        ),
    ),
    setup=(
        Option("start_nm", "number", "nm", 450.0, "first wavelength", 100, 5000),
        Option("stop_nm", "number", "nm", 750.0, "last wavelength", 100, 5000),
        Option("step_nm", "number", "nm", 1.0, "distance of the points", 0.01, 50),
        Option("counts", "number", "counts", 20000.0, "counts at the maximum", 1, 1e12),
        Option("background", "number", "counts", 0.0, "dark counts at every point", 0, 1e9),
        Option("bandpass_nm", "number", "nm", 0.0, "FWHM of the (Gaussian) spectral bandpass", 0, 50),
    ),
    measure_options=(
        Option(
            "density",
            "choice",
            "",
            "per nm",
            "whose maximum and width are given in eV: photons per nm, or per eV (Jacobian λ²/hc)",
            choices=("per nm", "per eV"),
        ),
        Option("exclude", "text", "nm", None, "ranges left out (scattered light, Raman line), e.g. 440-460"),
        Option("window", "text", "nm", None, "range in which the band lies, e.g. 500-600"),
        Option(
            "baseline",
            "choice",
            "",
            "none",
            "subtracted first: nothing, the lowest level, or a line through both ends",
            choices=("none", "offset", "linear"),
        ),
        Option(
            "narrowest_nm",
            "number",
            "nm",
            6.0,
            "a narrower line than this is taken for scattered light and left out",
            0,
            100,
            source="own choice: above a 5 nm slit, below any ensemble band",
        ),
    ),
    fit_models=("gaussian", "split", "exgauss"),
    marks=(
        ("head", '# technique: "pl"', 10.0),
        ("head", "emission", 1.0),
        ("head", "excitation", 1.0),
        ("head", "fluorescence", 1.0),
        ("head", "photoluminescence", 1.0),
        ("head", "counts", 0.4),
        ("head", "intensity", 0.4),
        ("head", "cps", 0.4),
        ("head", "wavelength", 0.2),
        ("head", "(nm)", 0.1),
        ("name", "emission", 0.5),
        ("name", "excitation", 0.5),
        ("name", "fluor", 0.5),
        ("name", "photolum", 0.5),
        ("name", "fl ", 0.3),
        ("name", "_pl", 0.3),
        ("name", "pl_", 0.3),
        ("name", " pl", 0.3),
        ("name", "pl.", 0.3),
    ),
)


def read(path: str | Path, **options: Any) -> Signal:
    """The spectrum in a text file or in a file saved by epidot, over wavelength / nm.

    Options: ``column, unit, recorded, noise`` (see ``HEADER``).

    Raises
    ------
    InputError
        If the file, the column, an option or the axis cannot be used.
    """
    if isinstance(options.get("column"), int):
        options["column"] = str(options["column"])
    chosen = settled(HEADER.read_options, options, "pl.read")
    return read_spectrum(
        path,
        technique="pl",
        y_name="intensity",
        column=chosen["column"],
        unit=chosen["unit"],
        recorded=chosen["recorded"],
        noise=chosen["noise"],
    )


def simulate(
    dots: Population | Iterable[LayeredDot],
    setup: Mapping[str, Any] | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> Signal:
    """The emission spectrum of ``dots`` in counts; without ``rng`` free of noise."""
    from epidot.instruments.pl.simulated import simulated

    return simulated(dots, settled(HEADER.setup, setup, "pl.simulate"), rng)


def measure(signal: Signal, **options: Any) -> Quantities:
    """Peak and width of the strongest band.

    A quantity that these data do not hold has the value ``None`` and a note that says why.

    Raises
    ------
    InputError
        If an option is not valid or leaves too few points.
    """
    from epidot.instruments.pl.measured import measured

    return measured(signal, settled(HEADER.measure_options, options, "pl.measure"))


def fit(signal: Signal, model: str | None = None, **options: Any) -> Fit:
    """A band model fitted to the whole spectrum: ``gaussian``, ``split`` or ``exgauss``, in energy.

    Raises
    ------
    InputError
        If the model is unknown or there are too few points.
    """
    from epidot.instruments.pl.fitted import fitted

    return fitted(signal, model or "gaussian", settled(HEADER.measure_options, options, "pl.fit"))
