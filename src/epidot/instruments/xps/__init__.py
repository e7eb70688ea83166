"""X-ray photoelectron spectroscopy: chemical states, atomic ratios, shells of a layered dot."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np

from epidot.documents import data_document
from epidot.instruments.contract import Dots, Header, Reported
from epidot.instruments.options import Option, Settings, choice, file, number, text
from epidot.instruments.spectrometer import COLUMN, TABLES
from epidot.instruments.xps.trial import trial
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal
from epidot.signal.variance import RULES

# Names alone: a header costs no reading of numbers and sources.
_LEVELS = data_document("xps.yaml").data["levels"]
_ELEMENTS = ("In", "Cd", "Zn", "P", "Se", "S", "O", "F", "Cl", "Br", "I")

HEADER = Header(
    name="xps",
    title="X-ray photoelectron spectroscopy (XPS)",
    x_axis="binding energy / eV",
    falls=True,
    y_axis="counts, or counts per second",
    formats=(
        "VAMAS (ISO 14976): .vms, .npl; regular and irregular, kinetic and binding energy, transmission",
        "SPECS .xy, Scienta .txt",
        *TABLES,
    ),
    quantities=(
        Reported("shift_eV", "eV", "what the axis shows too much, by C 1s"),
        Reported("oxide_fraction", "1", "share of P (else Se, Cd) atoms that are oxidised, as seen"),
        Reported("shell_nm", "nm", "thickness of the only shell of a sphere"),
        Reported("shell_closed_form_nm", "nm", "the same by Shard's equation, for comparison"),
        *(Reported(f"shell_{i}_nm", "nm", f"thickness of shell {i} of several") for i in (1, 2, 3)),
        *(
            Reported(f"{kind}ratio_{a}_{b}", "1", f"atoms of {a} over those of {b}, {what}")
            for kind, what in (("", "even sample"), ("sphere_", "layered sphere"))
            for a, b in combinations(_ELEMENTS, 2)
        ),
        *(
            Reported(f"levels_{e}", "1", f"{e} by one of its levels over {e} by another")
            for e in dict.fromkeys(str(one["element"]) for one in _LEVELS.values())
        ),
        *(
            Reported(f"{name}_{state}{end}", unit, f"{what} of {state} in {name.replace('_', ' ')}")
            for name, one in _LEVELS.items()
            for state in (*one["states"], "other")
            for end, unit, what in (("_eV", "eV", "binding energy"), ("_fraction", "1", "share"))
        ),
        *(
            Reported(f"{name}{end}", unit, f"{what} of {name.replace('_', ' ')}")
            for name in _LEVELS
            for end, unit, what in (
                ("_mean_eV", "eV", "mean binding energy of all states, by area,"),
                ("_area", "counts eV", "area"),
                ("_width_eV", "eV", "full width at half maximum"),
            )
        ),
    ),
    read_options=(
        COLUMN,
        choice("axis", ("binding", "kinetic"), None, "which energy the axis is, if the file is silent"),
        number("photon_eV", "eV", None, "photon energy, if the file is silent or wrong [1486.6]", 10, 30000),
        choice(
            "noise",
            RULES,
            "auto",
            "how the noise behaves; auto: counts where the file or whole numbers say so",
        ),
    ),
    setup=(
        Option("levels", "text", "", None, "levels that are recorded, e.g. 'In_3d P_2p' [all above 30 eV]"),
        number("photon_eV", "eV", 1486.6, "photon energy", 200, 30000, source="choi2023: Methods, XPS"),
        number("step_eV", "eV", 0.1, "distance of the points", 0.01, 2),
        number("counts", "counts", 20000.0, "counts at the highest line above the background", 10, 1e9),
        number("background", "1", 0.1, "even background, in units of those counts", 0, 100),
        number("step_height", "1/eV", 0.02, "Shirley's step per area of a line", 0, 0.5),
        number("charging_eV", "eV", 0.0, "what the axis shows too much", -6, 6),
        number("ligand_nm", "nm", 1.0, "thickness of the ligands about a dot", 0, 10),
        number("contamination_nm", "nm", 0.5, "thickness of hydrocarbon contamination about that", 0, 10),
    ),
    measure_options=(
        text("states", "", "the states to be fitted, e.g. 'In_3d_InP In_3d_halide' [found one by one]"),
        choice(
            "background", ("shirley", "tougaard", "straight"), "shirley", "of a region, fitted with its lines"
        ),
        number(
            "c1s_eV", "eV", 284.8, "place of hydrocarbon in C 1s, to which energies are referred", 280, 290
        ),
        text("core", "", "material of the core, for a layered sphere"),
        number("diameter_nm", "nm", None, "diameter of that core", 0.5, 1000, needs="core"),
        text(
            "shell",
            "",
            "shells, e.g. 'ZnSe:0.6 ZnS:0.3', or 'ZnSe' to have the thickness found",
            needs="core",
        ),
        number("ligand_nm", "nm", 1.0, "thickness of the ligands about a dot", 0, 10),
        number("contamination_nm", "nm", 0.5, "thickness of hydrocarbon contamination about that", 0, 10),
        number("attenuation_sigma", "1", 0.1, "relative error of attenuation lengths", 0, 1),
    ),
    fit_models=("lines", "components"),
    fit_options=(file("components", "lines of your own for --model components: a YAML file"),),
    measure_only=(
        "c1s_eV",
        "core",
        "diameter_nm",
        "shell",
        "ligand_nm",
        "contamination_nm",
        "attenuation_sigma",
    ),
    marks=(
        ("head", 60.0, ("vamas surface chemical analysis standard data transfer",)),
        (
            "head",
            10.0,
            ("binding energy", "kinetic energy", "be/ev", "ke/ev", "specslab", "pass energy", "casaxps"),
        ),
        ("head", 10.0, ("[region 1]",)),
        ("name", 2.0, ("xps",)),
    ),
    trial=trial,
    standards=("Ag", "C1s"),
)


@HEADER.read
def read(path: str | Path, chosen: Settings) -> Signal:
    """The spectra in a file over binding energy / eV: one region, the others beside it as companions.

    Options: ``column, axis, photon_eV, noise`` (see ``HEADER``).

    Raises
    ------
    InputError
        If the file or the region cannot be used, or nothing says which energy the axis is.
    """
    from epidot.instruments.xps.reading import read_regions

    return read_regions(path, chosen)


@HEADER.simulate
def simulate(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """The core levels of ``dots`` in counts, region by region; without ``rng`` free of noise.

    Raises
    ------
    InputError
        If a level is unknown, or none of those asked for is seen.
    """
    from epidot.instruments.xps.simulated import simulated

    return simulated(dots, setup, rng)


@HEADER.measure
def measure(signal: Signal, chosen: Settings) -> Quantities:
    """Places and shares of chemical states, atomic ratios, oxide, thickness of a shell.

    A quantity that these data do not hold has the value ``None`` and a note that says why.

    Raises
    ------
    InputError
        If an option is not valid, or there is no narrow region.
    """
    from epidot.instruments.xps.measured import measured

    return measured(signal, chosen)


@HEADER.fit
def fit(signal: Signal, model: str | None, chosen: Settings) -> Fit:
    """The lines of one region and their background, every parameter with its interval.

    ``lines`` are found one by one, or those of the option ``states``; ``components`` are lines of one's own,
    described by the file ``components`` (the model is taken where the file is given).

    Raises
    ------
    InputError
        If the region is a survey, no core level stands clear of the noise, or the file has faults.
    """
    from epidot.instruments.xps.fitted import fitted

    return fitted(signal, model, chosen)
