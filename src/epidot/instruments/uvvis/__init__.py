"""UV-vis absorption spectra: first exciton, valley depth, size and concentration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from epidot.instruments.contract import Dots, Header, Reported
from epidot.instruments.options import Settings, choice, integer, limits, number, text
from epidot.instruments.spectrometer import COLUMN, MASK, TABLES, UNIT, WINDOW, axis_options
from epidot.instruments.uvvis.trial import trial
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal

HEADER = Header(
    name="uvvis",
    title="UV-vis absorption",
    x_axis="wavelength / nm",
    y_axis="absorbance",
    formats=TABLES,
    quantities=(
        Reported("first_exciton_nm", "nm", "wavelength of the first excitonic maximum (or shoulder)"),
        Reported("first_exciton_eV", "eV", "its photon energy"),
        Reported("valley_depth", "", "1 - A_min/A_max of the first maximum and the minimum beside it"),
        Reported("hwhm_eV", "eV", "half width at half maximum on the red side of the first maximum"),
        Reported("diameter_nm", "nm", "diameter of the core by the published sizing curves of the material"),
        Reported("concentration_M", "mol/L", "concentration of dots by a published extinction coefficient"),
    ),
    read_options=(
        COLUMN,
        UNIT,
        choice(
            "values",
            ("absorbance", "transmittance"),
            None,
            "what the values are, if the file is silent: absorbance, or transmittance in percent",
        ),
    ),
    setup=(
        *axis_options(350.0, 750.0),
        number("absorbance", "", 0.5, "absorbance at the first exciton", 1e-6, 10),
        number("noise", "", 2e-4, "standard deviation of the absorbance of one point", 0, 1),
        number("offset", "", 0.0, "constant absorbance added (cuvette, baseline)", -1, 1),
        number("scatter", "", 0.0, "absorbance by scattering at 500 nm, falling with λ⁻⁴", 0, 5),
    ),
    measure_options=(
        text("material", "", "material of the core (InP, CdSe ...), for size and concentration"),
        number("path_cm", "cm", 1.0, "path length of the cuvette", 1e-4, 100),
        choice(
            "baseline",
            ("none", "offset", "scatter"),
            "none",
            "subtracted first: nothing, a constant, or a constant plus λ⁻⁴ scattering, from baseline_nm",
        ),
        text("baseline_nm", "nm", "where the dots do not absorb, e.g. 700-800 (default: red end)"),
        MASK,
        WINDOW,
        choice(
            "method",
            ("auto", "maximum", "second derivative"),
            "auto",
            "one rule for a series: what the first exciton's place is; auto: its maximum where it has one",
        ),
        number("bandwidth", "nm", None, "spectral bandwidth, if the file is silent", 0, 50),
        number(
            "least_depth",
            "",
            0.002,
            "a shallower valley is not believed, however small the noise",
            0,
            1,
            source="own choice: about the baseline flatness of a bench spectrophotometer",
        ),
        number(
            "saturation",
            "",
            3.0,
            "absorbance above which readings are not believed",
            0.1,
            10,
            source="own choice: 0.1 % transmitted, where stray light rules in bench instruments",
        ),
    ),
    fit_models=("bands", "population"),
    measure_only=("path_cm", "method", "bandwidth"),
    fit_options=(
        integer("bands", None, "number of bands of the model 'bands' (unasked: 3)", 1, 6),
        *limits("sigma1=0.06eV", "centre2=2.4:2.6eV", "sigma1,centre1"),
    ),
    fits_together=True,
    marks=(
        ("start", 10.0, ("PE UV ",)),
        ("head", 1.0, ("absorbance", "transmittance")),
        ("head", 0.6, ("abs.", ",abs", "%t")),
        ("head", 0.4, ("abs ", "abs,")),
        ("head", 0.2, ("wavelength",)),
        ("head", 0.1, ("(nm)",)),
        ("name", 0.5, ("uv-vis", "uvvis", "uv_vis", "uv vis", "absorb")),
        ("name", 0.3, ("_abs",)),
    ),
    trial=trial,
    materials="material",
    standards=("holmium", "holmium-glass"),
)


@HEADER.read
def read(path: str | Path, chosen: Settings) -> Signal:
    """The spectrum in a text file or in a file saved by epidot, as absorbance over wavelength / nm.

    Options: ``column, unit, values`` (see ``HEADER``).

    Raises
    ------
    InputError
        If the file, the column, an option or the axis cannot be used.
    """
    from epidot.instruments.uvvis.absorbance import read_absorbance

    return read_absorbance(path, chosen)


@HEADER.simulate
def simulate(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """The absorption spectrum of ``dots``; without ``rng`` free of noise."""
    from epidot.instruments.uvvis.simulated import simulated

    return simulated(dots, setup, rng)


@HEADER.measure
def measure(signal: Signal, chosen: Settings) -> Quantities:
    """First exciton, valley depth, half width, and with ``material`` size and concentration.

    A quantity that these data do not hold has the value ``None`` and a note that says why; a spectrum
    with a shoulder instead of a maximum says "shoulder, no valley".

    Raises
    ------
    InputError
        If an option is not valid, or the material is unknown or cannot absorb there.
    """
    from epidot.instruments.uvvis.measured import measured

    return measured(signal, chosen)


@HEADER.fit
def fit(signals: Sequence[Signal], model: str | None, chosen: Settings) -> Fit:
    """A model of the whole spectrum.

    ``bands``: Gaussian bands in energy over a rising continuum; needs no material.  ``population``: the
    states of bare cores of ``material`` over a size distribution; gives mean diameter and relative width.
    Several spectra make one fit; ``fix``, ``bound`` and ``shared`` limit its parameters.

    Raises
    ------
    InputError
        If the model is unknown, a limit is not one of it, it needs a material or has no use for one, or there
        are too few points.
    """
    from epidot.instruments.uvvis.fitted import fitted

    return fitted(signals, model or "bands", chosen)
