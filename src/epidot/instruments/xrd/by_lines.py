"""Lattice and size read off lines with intensities of their own, and what their errors hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.xrd.lines import Lattice, OwnIntensities
from epidot.instruments.xrd.search import beyond_noise, stepped, weight
from epidot.quantities import Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.slopes import with_gradient

Array = NDArray[np.float64]

METHOD = "profiles of spheres at the places of the lattice, every line as strong as it is"
# Scherrer's constants of sphere, cube, tetrahedron and octahedron spread by so much: J. I. Langford, A. J. C.
# Wilson, J. Appl. Crystallogr. 11, 102 (1978), doi:10.1107/S0021889878012844.
SHAPE = 0.03
_WIDE = 0.2  # dispersion beside the one that is taken
UNLIKE = 0.25  # share of the lines that may be left, as amplitude
_BROADEST_NM = 100.0  # larger crystals broaden no line of a laboratory's instrument enough
K_SCHERRER = 0.9


def of_lines(
    signal: Signal, used: Signal, best: OwnIntensities, zero_sigma_deg: float, reference_nm: float | None
) -> Quantities:
    """What the fit ``best`` of ``used`` says."""
    fit, model, crystal = best.fit, best.model, best.model.crystal
    ground = model.background(fit.values)
    left = left_over(used, best)
    why = "" if fit.status == "converged" else fit.message
    if left > UNLIKE:
        why = f"the lines of {crystal.name} do not describe the pattern: {left:.0%} of it is left"
    others = unlike_models(best, used, zero_sigma_deg)
    out: dict[str, Quantity] = {}

    def read_off(
        name: str,
        unit: str,
        how: Callable[[Lattice, Array], float],
        method: str,
        more: float = 0.0,
        no: str = "",
    ) -> None:
        if why or no:
            out[name] = Quantity(None, None, unit, method, why or no)
            return
        at, gradient = with_gradient(lambda v: how(model, v), fit.values)
        variance = float(gradient @ np.nan_to_num(fit.covariance, posinf=0.0) @ gradient)
        variance += sum(counts * (how(other, v) - float(at)) ** 2 for other, v, counts in others)
        variance += (more * float(at)) ** 2
        out[name] = Quantity(float(at), math.sqrt(variance), unit, method)

    a0, of = (reference_nm, "as given") if reference_nm else (crystal.a_nm, f"bulk {crystal.name}")
    read_off("a_nm", "nm", lambda m, v: m.shape(v)["a_nm"], METHOD)
    if not crystal.cubic:
        read_off("c_nm", "nm", lambda m, v: m.shape(v)["c_nm"], METHOD)
    how = f"a of the fit over {a0:.6g} nm ({of}), less 1"
    read_off("strain", "", lambda m, v: m.shape(v)["a_nm"] / a0 - 1, how)
    large = "the lines are hardly wider than the instrument's: the crystals are larger than it can tell"
    sharp = large if 1 / max(best.shape["per_diameter"], 1e-9) > _BROADEST_NM else ""
    for name, power, words in (
        ("size_nm", 3, "weighted by volume"),
        ("size_area_nm", 2, "weighted by area"),
        ("size_number_nm", 0, "by number"),
    ):
        said = f"diameter of spheres, {words}, of {model.dispersion:.0%} spread by number; {METHOD}"
        read_off(name, "nm", lambda m, v, p=power: m.grain(v).mean_nm(p), said, SHAPE, sharp)  # type: ignore[misc]
    said = f"Scherrer's equation, K = {K_SCHERRER}, on the width that one line of the fitted spheres has"
    read_off("scherrer_nm", "nm", lambda m, v: m.grain(v).scherrer_nm(K_SCHERRER), said, 0.0, sharp)
    if model.sharp:
        none = "" if fit.value("microstrain2") > 0 else "none is seen beside size and instrument"
        read_off(
            "microstrain", "", lambda m, v: math.sqrt(max(m.shape(v)["microstrain2"], 0.0)), METHOD, 0.0, none
        )
        read_off("zero_deg", "deg", lambda m, v: m.shape(v)["zero_deg"], METHOD)
    warnings = [fit.message] if fit.message != "converged" else []
    if why and why != fit.message:
        warnings.append(why)
    curves = {
        "model": used.with_values(used.x, np.maximum(fit.curve, 0.0)),
        "background": used.with_values(used.x, np.maximum(ground, 0.0)),
    }
    quality = {"reduced_deviance": fit.statistics.get("reduced_deviance", 1.0), "left_of_the_lines": left}
    extra = {"rule": f"lines of {crystal.name}", "quality": quality}
    return Quantities("xrd", out, signal.source, tuple(warnings), extra, curves)


def left_over(used: Signal, best: OwnIntensities) -> float:
    """Share of the lines that the model leaves, as amplitude."""
    by = weight(used, best.fit.curve) ** 2
    lines = used.y - best.model.background(best.fit.values)
    return math.sqrt(float(by @ (used.y - best.fit.curve) ** 2) / max(float(by @ lines**2), 1e-300))


def unlike_models(
    best: OwnIntensities, used: Signal, zero_sigma_deg: float
) -> list[tuple[Lattice, Array, float]]:
    """Models that are as likely, where their fits end, and how far each counts."""
    return [_moved(best, used, other) for other in _others(best.model, zero_sigma_deg)]


def _others(model: Lattice, zero_sigma_deg: float) -> list[Lattice]:
    """Models that are as likely: what they say differently is in the errors."""
    found = [replace(model, order=model.order + 1), replace(model, dispersion=_WIDE)]
    if model.cot_deg:
        found.append(replace(model, cot_deg=0.0))
    if model.sharp:
        found.append(replace(model, displaced=True))
    elif zero_sigma_deg:
        found.append(replace(model, zero_deg=model.zero_deg + zero_sigma_deg))
    return found


def _moved(best: OwnIntensities, used: Signal, model: Lattice) -> tuple[Lattice, Array, float]:
    """Another model, where its fit ends, and how far that counts."""
    v = np.concatenate([best.fit.values, np.zeros(model.order - best.model.order)])
    step = stepped(model, model.free(used, v), v, used)
    more = model.order > best.model.order
    return model, step.values, beyond_noise(step.values[-1], step.sigmas[-1]) if more else 1.0
