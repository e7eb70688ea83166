"""Atomic ratios and shells as named quantities, with what noise and attenuation leave open."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from epidot.instruments.options import Settings
from epidot.instruments.xps import composition
from epidot.instruments.xps.atoms import per_nm3
from epidot.instruments.xps.composition import ELEMENTS, Areas, Seen
from epidot.instruments.xps.levels import AL_K_ALPHA, levels
from epidot.instruments.xps.paths import attenuation_length
from epidot.instruments.xps.reading import TRANSMISSION
from epidot.instruments.xps.region import Found
from epidot.quantities import Quantity

Array = NDArray[np.float64]

_OTHER_SOURCE = 3.0  # eV from Al Kα: monochromators and calibrations differ by less
_DISAGREE = 3.0  # standard errors by which two levels of one element may differ


def areas_of(found: Sequence[Found], withheld: Mapping[str, str]) -> Areas:
    """Areas of all levels in one unit: per second, and per transmission where the file has it.

    Those ``withheld``, by the name of their level and with the reason, are left out.
    """
    each: dict[str, Seen] = {}
    covariances = []
    for i, one in enumerate(found):
        inside = one.inside
        photon = float(one.region.meta.get("photon_eV", AL_K_ALPHA))
        if abs(photon - AL_K_ALPHA) > _OTHER_SOURCE:
            text = f"cross sections are known for Al Kα alone, and this was recorded with {photon:g} eV"
            withheld = {**{name.name: text for name in inside}, **withheld}
        covariances.append(_finite(block_diag(one.fitted.covariance, np.eye(1))))
        for name in inside:
            lines = one.of(name)
            total = sum(one.area(k) for k in lines)
            if not total > 0 or name.name in each or name.name in withheld:
                continue
            seconds = one.region.meta.get("seconds")
            unit = float(seconds) if seconds and one.region.kind == "counts" else 1.0
            passed = one.region.companions.get(TRANSMISSION)
            place = one.place(max(lines, key=one.area))
            if passed is not None:
                unit *= float(np.interp(place, passed.x, passed.y))
            # What rival forms leave open is one parameter more, of variance 1.
            gradient = np.append(one.gradient(lines), one.spread.get(name.name, 0.0))
            each[name.name] = Seen(name, total / unit, gradient / unit, i, photon - place)
    return Areas(tuple(each.values()), tuple(covariances), dict(withheld))


def _finite(covariance: Array) -> Array:
    """The covariance, what is not determined with no error rather than an infinite one in sums with 0."""
    return np.where(np.isfinite(covariance), covariance, 0.0)


def ratios_of(areas: Areas, dot: Any, chosen: Settings) -> tuple[dict[str, Quantity], list[str]]:
    """Atomic ratios, and how two levels of one element agree."""
    out: dict[str, Quantity] = {}
    said: list[str] = []
    first = areas.first()
    stuff = composition.matrix_of(first, dot)
    organic = float(chosen["ligand_nm"]) + float(chosen["contamination_nm"])
    how = f"areas over cross sections and mean free paths in {stuff}"
    missing = areas.missing()
    for a, b in combinations([e for e in ELEMENTS if e in first or e in missing], 2):
        if a in missing or b in missing:
            why = f"withheld: {missing.get(a) or missing.get(b)}"
            for kind in ("",) if dot is None else ("", "sphere_"):
                out[f"{kind}ratio_{a}_{b}"] = Quantity(None, None, "1", how, why)
            continue
        one, other = first[a], first[b]
        relative = areas.relative(one, other)
        value = composition.amount_even(one, stuff) / composition.amount_even(other, stuff)
        note = "of a sample that is the same all through: a layered dot shows more of what lies outside"
        out[f"ratio_{a}_{b}"] = Quantity(value, relative and relative * value, "1", how, note)
        if dot is None:
            continue
        got = composition.ratio_in_sphere(one, other, dot, organic)
        if got is not None:
            value, slope = got
            error = (
                math.hypot(relative, slope * float(chosen["attenuation_sigma"])) * value if relative else None
            )
            text = "elastic scattering by one factor of the attenuation lengths, in the error"
            out[f"sphere_ratio_{a}_{b}"] = Quantity(
                value, error, "1", "areas over what leaves a sphere", text
            )
    for element in dict.fromkeys(s.level.element for s in areas.each):
        mine = sorted((s for s in areas.each if s.level.element == element), key=_in_table)
        if len(mine) < 2:
            continue
        one, other = mine[:2]
        value = composition.amount_even(one, stuff) / composition.amount_even(other, stuff)
        relative = areas.relative(one, other)
        text = f"{one.level.title} over {other.level.title}"
        out[f"levels_{element}"] = Quantity(value, relative and relative * value, "1", how, text)
        if relative and abs(value - 1) > _DISAGREE * relative * value:
            said.append(
                f"{one.level.title} gives {value:.3g} ± {relative * value:.2g} times the {element} that "
                f"{other.level.title} gives: depth (they see {_depth(one, stuff):.1f} and "
                f"{_depth(other, stuff):.1f} nm), transmission or cross sections, not noise"
            )
    return out, said


def _in_table(one: Seen) -> int:
    return list(levels()).index(one.level.name)


def _depth(one: Seen, stuff: str) -> float:
    return attenuation_length(stuff, one.energy_eV)


def shells_of(dot: Any, sought: Sequence[str], areas: Areas, chosen: Settings) -> dict[str, Quantity]:
    """Thickness of the shells, and by the closed form."""
    first = areas.first()
    organic = float(chosen["ligand_nm"]) + float(chosen["contamination_nm"])
    how = "areas of shell over core against what leaves a sphere of layers"
    names = [f"shell_{i}_nm" if len(sought) > 1 else "shell_nm" for i in range(1, len(sought) + 1)]
    found = composition.thicknesses(dot, sought, first, organic)
    if isinstance(found, str):
        why = [
            w for e, w in areas.missing().items() if any(e in per_nm3(name) for name in (dot.core, *sought))
        ]
        found = "; ".join([found, *(f"withheld is {w}" for w in why)])
        return {n: Quantity(None, None, "nm", how, found) for n in names}
    markers = [composition.marker(n, dot, first) for n in (dot.core, *sought)]
    variance = np.zeros(len(sought))
    step = 0.02
    for one in markers:
        assert one is not None
        moved = composition.thicknesses(dot, sought, first, organic, scale={one.level.element: 1 + step})
        own = areas.covariances[one.region]
        error = math.sqrt(max(float(one.gradient @ own @ one.gradient), 0.0)) / one.area
        if not isinstance(moved, str):
            variance += ((np.array(moved) - np.array(found)) / step * error) ** 2
    s = float(chosen["attenuation_sigma"])
    longer = composition.thicknesses(dot, sought, first, organic, factor=1 + step)
    if not isinstance(longer, str):
        variance += ((np.array(longer) - np.array(found)) / step * s) ** 2
    note = f"attenuation lengths are uncertain by {100 * s:g} %, elastic scattering with them: in the error"
    out = {
        n: Quantity(t, math.sqrt(v), "nm", how, note)
        for n, t, v in zip(names, found, variance.tolist(), strict=True)
    }
    if len(sought) == 1:
        closed = composition.closed_form(dot, sought[0], first)
        text = "for comparison: without organic matter, good to 10 %"
        out["shell_closed_form_nm"] = Quantity(
            closed, closed and 0.1 * closed, "nm", "Shard's equation", text
        )
    return out
