"""What an NMR spectrometer would show of given dots and of what is dissolved beside them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.dot.composition import anions_per_core
from epidot.dot.layers import LayeredDot, Population
from epidot.errors import InputError
from epidot.instruments.contract import Dots
from epidot.instruments.nmr import exchange
from epidot.instruments.nmr.relaxation import turning_s, width_Hz
from epidot.instruments.nmr.shapes import line
from epidot.instruments.nmr.species import Resonance, frequency_MHz, pattern, species, table
from epidot.instruments.options import Settings
from epidot.matter.materials import material
from epidot.matter.solvents import solvent
from epidot.signal import Signal

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_RANGES = {"1H": (0.0, 12.0), "31P": (-60.0, 90.0), "77Se": (-520.0, -320.0), "13C": (0.0, 200.0)}  # ppm
_STEPS = {"1H": 0.4, "31P": 2.0, "77Se": 2.0, "13C": 1.0}  # Hz
_SOLID = (-450.0, 150.0), 40.0  # ppm, Hz
_BROADEST = 2.0  # steps: no line is narrower, as a window on the free decay makes it
_OLEATE = "OA"


def simulated(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """See :func:`epidot.instruments.nmr.simulate`; ``setup`` are the settled options."""
    seen, solid = str(setup["nucleus"]), setup["state"] == "solid"
    if solid and seen != "31P":
        raise InputError("a solid is simulated for 31P only", seen=seen, nearest=("31P",))
    MHz = setup["frequency_MHz"] or frequency_MHz(f"{seen} solid" if solid else seen)
    (low, high), step = _SOLID if solid else (_RANGES[seen], _STEPS[seen])
    low = low if setup["from_ppm"] is None else setup["from_ppm"]
    high = high if setup["to_ppm"] is None else setup["to_ppm"]
    step = setup["step_Hz"] or step
    n = int((high - low) * MHz / step) + 1
    if n < 64:
        raise InputError(
            "from_ppm, to_ppm and step_Hz leave fewer than 64 points", seen=f"{low:g} to {high:g}"
        )
    x = np.asarray(low + step / MHz * np.arange(n), dtype=np.float64)
    y = np.zeros(n, dtype=np.complex128)
    for amount, one in contents(dots, setup):
        y += amount * one.count * _lines(x, one, dots, setup, float(MHz), _BROADEST * step)
    y *= np.exp(1j * math.radians(setup["phase_deg"]))
    top = float(np.max(np.abs(y)))
    y /= top or 1.0
    sigma = float(setup["noise"])
    if rng is not None and sigma > 0:
        y = y + sigma * (rng.standard_normal(n) + 1j * rng.standard_normal(n))
    meta = {
        "nucleus": seen, "MHz": float(MHz), "temperature_K": float(setup["temperature_K"]),
        "solvent": "" if solid else str(setup["solvent"]), "state": str(setup["state"]),
        "column": "intensity", "columns": ["intensity"],
        "setup": dict(setup),
    }  # fmt: skip
    own = Signal(
        "nmr", x, y.real, "chemical shift", "ppm", "intensity", "", "analog", "simulated",
        sigma=np.full(n, sigma) if sigma > 0 else None, meta=meta,
    )  # fmt: skip
    if setup["real_only"]:
        return own
    return replace(own, companions={"imaginary": replace(own, y=y.imag, meta={})})


def contents(dots: Dots, setup: Settings) -> list[tuple[float, Resonance]]:
    """nmol and line of everything that is seen: what dots carry, a standard, and what is dissolved beside.

    Raises
    ------
    InputError
        If a species is not known, or nothing of this nucleus is there.
    """
    seen, solid = str(setup["nucleus"]), setup["state"] == "solid"
    each = tuple(dots.dots) if isinstance(dots, Population) else tuple(dots)
    found: list[tuple[float, Resonance]] = []
    for one in table().species.values():
        if not one.dot:
            continue
        amount = float(setup["dots_nmol"]) * float(np.mean([_carried(d, one.dot, setup) for d in each]))
        found += [(amount, r) for r in one.of(seen) if (r.on == "solid") == solid]
    if not solid:
        for name, amount in dissolved(setup).items():
            found += [(amount, r) for r in species(name).of(seen)]
    found = [(amount, r) for amount, r in found if amount > 0]
    if not found:
        what = f"nothing in this sample has a line of {seen}"
        raise InputError(what, remedy="choose another nucleus, or dissolve something: beside='TOPSe:100'")
    return found


def dissolved(setup: Settings) -> dict[str, float]:
    """nmol of the species beside the dots, with the standard among them.

    Raises
    ------
    InputError
        If the option cannot be read.
    """
    out: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in str(setup["beside"] or "").split(","))):
        name, _, amount = (q.strip() for q in part.partition(":"))
        try:
            out[species(name).name] = float(amount)
        except ValueError:
            raise InputError(
                "cannot read beside", seen=part, remedy="write e.g. TOPSe:100, in nmol"
            ) from None
        if not (math.isfinite(out[species(name).name]) and out[species(name).name] >= 0):
            raise InputError("an amount is 0 or more", seen=part)
    name = setup["standard"] or ("ferrocene" if setup["nucleus"] in ("1H", "13C") else "")
    if name and setup["standard_nmol"] > 0:
        out[species(name).name] = out.get(species(name).name, 0.0) + float(setup["standard_nmol"])
    return out


def ligands(dot: LayeredDot, setup: Settings) -> float:
    """Oleates on a dot: what it says, or so many per nm² of its surface."""
    return float(dot.ligands.get(_OLEATE, setup["ligands_per_nm2"] * math.pi * dot.diameter_nm**2))


def _carried(dot: LayeredDot, what: str, setup: Settings) -> float:
    if what == "core":
        a_nm = float(material(dot.core)["a_nm"]) if dot.core == "InP" else 1.0
        return anions_per_core(dot.core_diameter_nm, a_nm) if dot.core == "InP" else 0.0
    if what == "oxide":
        return dot.oxide / table().oxygens_per_phosphate
    return ligands(dot, setup) if what == _OLEATE else float(dot.ligands.get(what, 0.0))


def _lines(x: Array, one: Resonance, dots: Dots, setup: Settings, MHz: float, least_Hz: float) -> Complex:
    """The lines (n,) of one resonance, of area one over x in ppm."""
    width = max(one.width, least_Hz)
    if one.on == "dot":
        width += width_Hz(one, MHz, turning(dots, setup))
    at, gauss = one.shift.value + setup["reference_off_ppm"], one.spread
    out = np.zeros(x.size, dtype=np.complex128)
    exchanged = partner(one, dots, setup)
    for offset, share in pattern(one.couplings):
        if exchanged is None:
            out += share * line(x, at + offset / MHz, width / MHz, gauss)
            continue
        T = setup["temperature_K"]
        rates = rates_of(setup)
        p = exchange.share_of_first(T, rates["dH"], rates["dS"])
        k = exchange.eyring(T, rates["dH_act"], rates["dS_act"])
        f = [at * MHz + offset, (exchanged.shift.value + setup["reference_off_ppm"]) * MHz]
        w = [width + gauss * MHz, max(exchanged.width, least_Hz)]
        out += share * MHz * exchange.two_sites(x * MHz, f, w, p, k)
    return out


def turning(dots: Dots, setup: Settings) -> float:
    """Time in s in which a dot with its ligands turns, of the mean cube of the radii."""
    each = tuple(dots.dots) if isinstance(dots, Population) else tuple(dots)
    r = np.array([d.diameter_nm / 2 + setup["ligand_nm"] for d in each])
    T = float(setup["temperature_K"])
    eta = solvent(setup["solvent"]).viscosity(T)[0]
    return turning_s(float(np.mean(r**3) ** (1 / 3)), T, eta)


def partner(one: Resonance, dots: Dots, setup: Settings) -> Resonance | None:
    """The line that ``one`` exchanges with, or ``None``: unasked on dots that carry zinc."""
    first, second = table().pair
    if one.species != first or setup["exchange"] == "off":
        return None
    each = tuple(dots.dots) if isinstance(dots, Population) else tuple(dots)
    if setup["exchange"] == "auto" and not any(d.adatoms.get("Zn", 0.0) > 0 for d in each):
        return None
    lines = species(second).of(one.nucleus)
    return lines[0] if lines else None


def rates_of(setup: Settings) -> dict[str, float]:
    """Enthalpies in kJ/mol and entropies in J/mol/K of the exchange, as asked or as in the table."""
    known = table().exchange
    return {k: float(known[k].value if setup[k] is None else setup[k]) for k in known}
