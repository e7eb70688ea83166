"""Size, lattice and phases of nanocrystals from their whole powder pattern.

The model is the scattering of spheres of each crystal (:mod:`epidot.instruments.xrd.pattern`) over a smooth
background and one halo of what is not crystalline, all fitted at once to the counts.  What the model itself
leaves open enters the errors: the order of the background, a halo too low to be seen, how much further out
the cations reach than the anions, and where the goniometer's zero lies.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments.options import CALIBRATE, Settings
from epidot.instruments.xrd.beam import Beam, alike, beam
from epidot.instruments.xrd.by_lines import K_SCHERRER, of_lines
from epidot.instruments.xrd.crystals import Crystal, powder_crystal
from epidot.instruments.xrd.lines import AXIAL_DEG, OwnIntensities, fitted_lines
from epidot.instruments.xrd.whole import OWN, Outcome, fitted, moved
from epidot.quantities import Fit, Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.slopes import with_gradient
from epidot.signal.unusable import set_aside
from epidot.signal.windows import inside, off, ranges

Array = NDArray[np.float64]

METHOD = "spheres of the crystal by Debye's sum, background and halo fitted to the whole pattern"
WITHHELD = 3.0  # times the counting noise: beyond, the model is not one of these readings
MISFIT = 1.5  # reduced deviance from which the model is said not to describe the counts
# What dots built atom by atom, with their ragged and cation-ended surface, differ by from the model's smooth
# spheres: root mean squares over noise-free patterns of 38 powders of InP and CdSe, by diameter over lattice
# constant (`python benchmarks/xrd.py --ragged`).  It falls off steeply; beyond six cells what is left of the
# size is that dots as they are drawn follow no law of sizes exactly.
_CELLS = (4.2, 5.0, 5.4, 5.9, 6.5, 8.0, 10.0)
_RAGGED = {
    "a_nm": (9e-5, 9e-5, 6e-5, 3e-5, 2.2e-5, 1.1e-5, 5e-6),
    "size_nm": (3.8e-3, 2.1e-3, 1e-3, 4e-4, 4e-4, 4e-4, 4e-4),
}
_RAGGED["scherrer_nm"], _RAGGED["strain"] = _RAGGED["size_nm"], _RAGGED["a_nm"]
# The same of the logarithm of the ratio of two masses, by the smaller of the two phases (`python
# benchmarks/xrd.py --mixed`: InP, CdSe, ZnSe and ZnS by twos, each ending in cations as built dots do).
_RAGGED_RATIO = (0.05, 0.025, 0.016, 0.012, 0.01, 0.008, 0.005)
# Means that rest on the width of the law of sizes, at any diameter.
_OF_LAW = {"size_area_nm": 8e-3, "size_number_nm": 1.2e-2, "dispersion": 0.02}
_BARE = ("strain", "dispersion")  # not relative to their value
ZERO_SIGMA_DEG = 0.01  # of a goniometer that was aligned
LARGE_NM = 12.0  # mean by number that Debye's sum reaches with its spread


@dataclass(frozen=True)
class Asked:
    """What a pattern is to be measured with."""

    used: Signal
    rays: Beam
    crystals: tuple[Crystal, ...]
    order: int
    zero_deg: float
    warnings: tuple[str, ...]


def measured(signal: Signal, chosen: Settings) -> Quantities:
    """See :func:`epidot.instruments.xrd.measure`; ``chosen`` are the settled options."""
    if _phases(signal, chosen) is None:
        why = 'say which crystal it is, e.g. phase "InP", several as "InP+ZnO"'
        nothing = {name: Quantity(None, None, "nm", "none", why) for name in ("a_nm", "size_nm")}
        return Quantities("xrd", nothing, signal.source, signal.warnings)
    asked = _asked(signal, chosen)
    if chosen["method"] == "lines":
        return _by_lines(signal, asked, chosen)
    best, others = _spheres(asked, chosen)
    if chosen["method"] == "auto" and len(asked.crystals) == 1 and (unlike := _unlike(asked, best)):
        found = _by_lines(signal, asked, chosen)
        return replace(found, warnings=(*found.warnings, f"{unlike}: every line has its own intensity"))
    if zero_sigma := _zero_sigma(chosen):
        elsewhere = best.model.other(zero_deg=asked.zero_deg + zero_sigma)
        others = (*others, moved(best, asked.used, elsewhere))
    return _quantities(signal, asked, best, others, chosen)


def _zero_sigma(chosen: Settings) -> float:
    """How well the zero is known; of a scale set right by a standard the error is added from outside."""
    stated = chosen["zero_sigma_deg"]
    return float(stated) if stated is not None else 0.0 if chosen.get(CALIBRATE) else ZERO_SIGMA_DEG


def _spheres(asked: Asked, chosen: Settings) -> tuple[Outcome, tuple[Outcome, ...]]:
    rim = (float(chosen["rim_nm"]), float(chosen["rim_sigma_nm"]))
    return fitted(asked.used, asked.rays, asked.crystals, asked.order, asked.zero_deg, rim)


def _by_lines(signal: Signal, asked: Asked, chosen: Settings) -> Quantities:
    best = _lines(asked, signal)
    found = of_lines(signal, asked.used, best, _zero_sigma(chosen), chosen["reference_nm"])
    return replace(found, warnings=(*asked.warnings, *found.warnings))


def _lines(asked: Asked, signal: Signal) -> OwnIntensities:
    if len(asked.crystals) > 1:
        what = "lines with intensities of their own are fitted for one phase"
        raise InputError(what, signal.source or None, remedy="name one, and mask the lines of the others")
    return fitted_lines(asked.used, asked.rays, asked.crystals[0], asked.order, asked.zero_deg, AXIAL_DEG)


def _unlike(asked: Asked, best: Outcome) -> str:
    """Why the pattern is not one of spheres that Debye's sum can reach; empty if it is."""
    reduced = best.fit.statistics.get("reduced_deviance", 1.0)
    of = asked.crystals[0].name
    if best.grain(0).diameter_nm > LARGE_NM:
        return f"crystals of {of} too large for Debye's sum"
    if asked.used.kind != "analog" and reduced > WITHHELD**2:
        return (
            f"the pattern is not that of a powder of spheres of {of} ({math.sqrt(reduced):.1f} times the "
            "counting noise is left: preferred orientation?)"
        )
    return ""


def fitted_model(signal: Signal, model: str | None, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.xrd.fit`; ``chosen`` are the settled options of ``measure``."""
    if _phases(signal, chosen) is None:
        remedy = 'give phase, e.g. "InP" or "InP+ZnO"'
        raise InputError("a fit needs a crystal", signal.source or None, remedy=remedy)
    asked = _asked(signal, chosen)
    if model == "lines":
        return _lines(asked, signal).fit.packed("lines", asked.used, {}, asked.warnings)
    best, _ = _spheres(asked, chosen)
    return best.fit.packed("spheres", asked.used, {}, asked.warnings)


def _asked(signal: Signal, chosen: Settings) -> Asked:
    used, warnings = prepared(signal, chosen)
    crystals = tuple(powder_crystal(name) for name in _phases(signal, chosen) or ())
    said = signal.meta.get("radiation")
    if chosen["radiation"] and said and not alike(str(said), str(chosen["radiation"])):
        warnings.append(
            f"the file says the radiation is {said}; {chosen['radiation']} was asked for and is used"
        )
    order, zero = int(chosen["background"]), float(chosen["zero_deg"])
    return Asked(used, rays_of(signal, chosen), crystals, order, zero, (*signal.warnings, *warnings))


def _phases(signal: Signal, chosen: Settings) -> tuple[str, ...] | None:
    asked = chosen["phase"] or signal.meta.get("phase")
    if asked is None:
        return None
    names = tuple(part.strip() for part in str(asked).split("+") if part.strip())
    if not 1 <= len(names) <= 3:
        raise InputError("one to three phases can be fitted", seen=str(asked), remedy='e.g. "InP+ZnO"')
    return names


def rays_of(signal: Signal, chosen: Settings) -> Beam:
    """The beam as told by the option, else by the file.

    Raises
    ------
    InputError
        If neither tells the wavelength.
    """
    asked = chosen["radiation"] or signal.meta.get("radiation")
    if asked is None:
        raise InputError(
            "the wavelength is not known: the file does not state it",
            signal.source or None,
            remedy='give it with radiation, e.g. "Cu" (both K-alpha lines) or 0.15406 (nm)',
        )
    return beam(str(asked), float(chosen["monochromator_deg"]), float(chosen["fwhm_deg"]))


def prepared(signal: Signal, chosen: Settings) -> tuple[Signal, list[str]]:
    """The readings to be used, and what is to be said of the others.

    Raises
    ------
    InputError
        If a range cannot be read or fewer than 50 readings are left.
    """
    warnings = off(signal.x, chosen["mask"], "mask", signal.x_unit)
    used, asides = set_aside(signal, mask=chosen["mask"])
    warnings += [f"{aside} and were left out" for aside in asides]
    if chosen["window"] is not None:
        used = used.kept(inside(used.x, ranges(chosen["window"], "window", used.x_unit)))
    if len(used) < 50:
        raise InputError(
            "too few readings for a pattern: 50 are needed", signal.source or None, seen=str(len(used))
        )
    return used, warnings


def _quantities(
    signal: Signal, asked: Asked, best: Outcome, others: tuple[Outcome, ...], chosen: Settings
) -> Quantities:
    fit, crystals, reference_nm = best.fit, asked.crystals, chosen["reference_nm"]
    reduced = fit.statistics.get("reduced_deviance", 1.0)
    why = "" if fit.status == "converged" else fit.message
    if asked.used.kind != "analog" and reduced > WITHHELD**2:
        of = "+".join(c.name for c in crystals)
        why = (
            f"the pattern is not that of spheres of {of}: {math.sqrt(reduced):.1f} times the counting noise "
            "is left (preferred orientation, another phase, or a wrong wavelength?)"
        )
    out: dict[str, Quantity] = {}

    def read_off(
        name: str, unit: str, how: Callable[[Outcome], float], method: str = METHOD, root: bool = False
    ) -> None:
        if why:
            out[name] = Quantity(None, None, unit, method, why)
            return
        at, gradient = with_gradient(lambda v: how(Outcome(replace(fit, values=v), best.model)), fit.values)
        value = float(at)
        variance = float(gradient @ np.nan_to_num(fit.covariance, posinf=0.0) @ gradient)
        variance += sum(other.counts * (how(other) - value) ** 2 for other in others)
        if root:  # of something that is fitted as its square
            value, reach = math.sqrt(value), math.sqrt(variance)
            variance = (math.sqrt(value**2 + reach) - value) ** 2
        variance += _ragged(name, value, best) ** 2
        out[name] = Quantity(value, math.sqrt(variance), unit, method)

    a0, of = (reference_nm, "as given") if reference_nm else (crystals[0].a_nm, f"bulk {crystals[0].name}")
    read_off("a_nm", "nm", lambda o: o.grain(0).a_nm)
    read_off(
        "strain", "", lambda o: o.grain(0).a_nm / a0 - 1, f"a of the fit over {a0:.6g} nm ({of}), less 1"
    )
    for name, power, how in (
        ("size_nm", 3, "weighted by volume"),
        ("size_area_nm", 2, "weighted by area"),
        ("size_number_nm", 0, "by number"),
    ):
        read_off(
            name, "nm", lambda o, power=power: o.grain(0).mean_nm(power),  # type: ignore[misc]
            f"diameter of spheres, {how}; {METHOD}",
        )  # fmt: skip
    how = f"of the diameters, by number; {METHOD}"
    read_off("dispersion", "", lambda o: o.grain(0).dispersion ** 2, how, root=True)
    read_off(
        "scherrer_nm", "nm", lambda o: o.grain(0).scherrer_nm(K_SCHERRER),
        f"Scherrer's equation, K = {K_SCHERRER}, on the width that one line of the fitted spheres has",
    )  # fmt: skip
    if chosen["rim_sigma_nm"]:
        how = (
            "by how much the cations reach further out than the anions, from the pattern and what was stated"
        )
        read_off("rim_nm", "nm", lambda o: o.model.rim_nm, f"{how}; {METHOD}")
    for i, crystal in enumerate(crystals if len(crystals) > 1 else (), start=1):
        note = f"mass of {crystal.name} over that of the fitted phases"
        read_off(f"phase{i}_fraction", "", lambda o, i=i: _fractions(o)[i - 1], note)  # type: ignore[misc]
        if i > 1:
            read_off(f"phase{i}_a_nm", "nm", lambda o, i=i: o.grain(i - 1).a_nm)  # type: ignore[misc]
            read_off(f"phase{i}_size_nm", "nm", lambda o, i=i: o.grain(i - 1).mean_nm(3))  # type: ignore[misc]
    warnings = [*asked.warnings]
    if fit.message != "converged":
        warnings.append(fit.message)
    if why and why != fit.message:
        warnings.append(why)
    elif asked.used.kind != "analog" and reduced > MISFIT:
        left = f"the model leaves {math.sqrt(reduced):.1f} times the counting noise"
        warnings.append(f"{left}: the errors were widened accordingly")
    curves = {
        "model": asked.used.with_values(asked.used.x, np.maximum(fit.curve, 0.0)),
        "background": asked.used.with_values(
            asked.used.x, np.maximum(best.model.background(fit.values), 0.0)
        ),
    }
    extra = {"rule": "+".join(c.name for c in crystals), "quality": {"reduced_deviance": reduced}}
    return Quantities("xrd", out, signal.source, tuple(warnings), extra, curves)


def _ragged(name: str, value: float, best: Outcome) -> float:
    """By how much the surface of dots moves a quantity that is ``value``."""
    second = re.fullmatch(r"phase(\d)_(a|size)_nm", name)
    i, name = (int(second[1]) - 1, f"{second[2]}_nm") if second else (0, name)
    if name.endswith("_fraction"):
        smallest = min(best.grain(k).mean_nm(3) / c.a_nm for k, c in enumerate(best.model.crystals))
        return float(np.interp(smallest, _CELLS, _RAGGED_RATIO)) * value * (1 - value)
    share = _OF_LAW.get(name, 0.0)
    if name in _RAGGED:
        cells = best.grain(i).mean_nm(3) / best.model.crystals[i].a_nm
        share = float(np.interp(cells, _CELLS, _RAGGED[name]))
    return share * (1.0 if name in _BARE else value)


def _fractions(of: Outcome) -> list[float]:
    """Mass shares: the scale counts cells, and dots that end in cations hold more of them than of anions."""
    masses = [
        float(of.fit.values[OWN * i]) / of.model.unit[i] * engine.mass(of.grain(i))
        for i, engine in enumerate(of.model.engines)
    ]
    return [m / max(sum(masses), 1e-300) for m in masses]
