"""What an etch in rounds would set free from given dots."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from epidot.constants import ZERO_CELSIUS
from epidot.dot import composition
from epidot.dot.halides import HalideContent
from epidot.dot.layers import LayeredDot, Population
from epidot.errors import Fault, InputError, nearest
from epidot.instruments.contract import Dots
from epidot.instruments.etch.profile import HALIDES, Profile, Readings, to_signal
from epidot.instruments.options import Settings
from epidot.matter.materials import crystal
from epidot.signal import Signal

Array = NDArray[np.float64]
_DOTS = 300  # of a larger population so many, evenly over its sizes, are etched
# A metal halide where an oxide was sits on the core's outermost cations: it leaves with what lies on them.
_INTERFACE_NM = 0.15


def simulated(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """See :func:`epidot.instruments.etch.simulate`; ``setup`` are the settled options."""
    profile = etched(dots, setup)
    return to_signal([noisy_profile(profile, rng)], "simulated")


def etched(dots: Dots, setup: Settings) -> Profile:
    """The mean amounts per round, free of noise; nothing is censored.

    Raises
    ------
    InputError
        If the diameters asked for do not fall.
    """
    members, mean = _members(dots)
    depths = _depths(mean, setup)
    factors = _factors(len(members), float(setup["etch_spread"]))
    per_dot: dict[str, Array] = {}
    for dot, factor in zip(members, factors, strict=True):
        for element, counts in _one_dot(dot, depths * factor).items():
            per_dot[element] = per_dot.get(element, np.zeros(depths.size)) + counts / len(members)
    wanted = _halide(per_dot, setup)
    amount = float(setup["dots_nmol"])
    order = [wanted, *(h for h in HALIDES if h in per_dot and h != wanted)]
    order += [e for e in per_dot if e not in HALIDES]
    readings = {}
    for element in order:
        is_halide = element in HALIDES
        readings[element] = Readings(
            per_dot.get(element, np.zeros(depths.size)) * amount,
            np.zeros(depths.size, dtype=np.bool_),
            float(setup["limit_nmol" if is_halide else "metal_limit_nmol"]),
            float(setup["relative_noise" if is_halide else "metal_noise"]),
        )
    outer = mean.diameter_nm
    diameters = np.concatenate([[outer], np.maximum(outer - 2 * depths, 0.0)])
    diameters[-1] = 0.0
    treated = setup["treated_C"]
    return Profile(
        name="simulated" if treated is None else f"{treated:g} °C",
        rounds=np.arange(1.0, depths.size + 1),
        readings=readings,
        diameters_nm=diameters,
        temperature_K=None if treated is None else float(treated) + ZERO_CELSIUS,
        dots_nmol=amount,
        meta={"setup": dict(setup), "core_diameter_nm": float(mean.core_diameter_nm)},
    )


def noisy_profile(profile: Profile, rng: np.random.Generator | None) -> Profile:
    """``profile`` with the errors its readings declare; what comes out below a limit is censored."""

    def read(r: Readings) -> Readings:
        values = r.nmol if rng is None else r.nmol + r.spread(r.nmol) * rng.standard_normal(r.nmol.size)
        below = values < r.limit
        return replace(r, nmol=np.where(below, r.limit, values), censored=below)

    return replace(profile, readings={name: read(r) for name, r in profile.readings.items()})


def _members(dots: Dots) -> tuple[Sequence[LayeredDot], LayeredDot]:
    """The dots to etch, and the dot by whose depths the rounds are told."""
    if isinstance(dots, Population):
        if dots.members is not None:
            members: Sequence[LayeredDot] = dots.members
        else:
            sizes = np.sort(dots.core_diameters_nm)
            if sizes.size > _DOTS:
                # Means of equally many neighbours: the subset keeps the mean size.
                sizes = np.array([part.mean() for part in np.array_split(sizes, _DOTS)])
            members = [_resized(dots.dot, float(d)) for d in sizes]
        return members, dots.dot
    outer = np.array([d.diameter_nm for d in dots])
    return dots, dots[int(np.argmin(np.abs(outer - outer.mean())))]


def _resized(dot: LayeredDot, core_nm: float) -> LayeredDot:
    """``dot`` on a core of another size, its halide at the same depth and equally dense."""
    new = dot.scaled(core_nm)
    if not dot.halides or core_nm == dot.core_diameter_nm:
        return new
    old_core, core = dot.core_diameter_nm / 2, core_nm / 2
    out = []
    for h in dot.halides:
        e = h.edges_nm
        edges = np.where(e < old_core, e * core / old_core, e - old_core + core)
        grown = np.diff(edges**3) / np.diff(e**3)
        area = (new.diameter_nm / dot.diameter_nm) ** 2
        out.append(
            HalideContent(
                h.element, edges, h.amount * grown, h.ligand * area, h.interface * (core / old_core) ** 2
            )
        )
    return replace(new, halides=tuple(out))


def _factors(n: int, spread: float) -> Array:
    """How much faster than the mean each dot is etched, shape (n,); no relation to its size."""
    z = np.array([NormalDist().inv_cdf((i + 0.5) / n) for i in range(n)])
    # A fixed shuffle, so that fast etching is not tied to size: steps of the golden ratio through the ranks.
    order = np.argsort((np.arange(n) * (math.sqrt(5) - 1) / 2) % 1.0)
    return np.maximum(1 + spread * z[order], 0.1)


def _depths(dot: LayeredDot, setup: Settings) -> Array:
    """Depth below the surface of the mean dot after each round, nm; the last takes all that is left."""
    R, core = dot.diameter_nm / 2, dot.core_diameter_nm / 2
    by = setup["by"]
    if by == "diameters":
        return _given(R, setup["diameters"])
    if setup["diameters"] is not None:
        raise InputError("diameters go with by = diameters", seen=str(setup["diameters"]))
    shell, inside = int(setup["rounds_to_core"]), int(setup["rounds_in_core"])
    if not dot.shells:  # nothing but core: every round is one into the core
        shell, inside, core = 0, shell + inside, R
    steps = np.concatenate([np.linspace(0, 1, shell + 1)[1:], 1 + np.linspace(0, 1, inside + 1)[1:]])
    if by == "thickness":
        radii = np.where(steps <= 1, R - steps * (R - core), core * (2 - steps))
    else:
        cubes = np.where(steps <= 1, R**3 - steps * (R**3 - core**3), core**3 * (2 - steps))
        radii = np.cbrt(np.maximum(cubes, 0))
    depths = np.asarray(R - radii)
    depths[-1] = 2 * R if inside else depths[-1]
    return depths


def _given(R: float, text: str | None) -> Array:
    if text is None:
        raise InputError(
            "by = diameters needs the diameters", remedy='give the option diameters, e.g. "7.5, 6.4, 3.3"'
        )
    faults, values = [], []
    for part in re.split(r"[;,\s]+", text.strip()):
        try:
            values.append(float(part))
        except ValueError:
            faults.append(Fault("option diameters of etch.simulate must hold numbers in nm", seen=part))
    for before, after in zip([2 * R, *values], values, strict=False):
        if not 0 <= after < before:
            faults.append(
                Fault(
                    "the diameters must fall from round to round",
                    seen=f"{after:g} nm after {before:g} nm",
                    remedy="give the diameter after each round, from outside to inside",
                )
            )
    if faults:
        raise InputError(faults)
    depths = R - np.array(values) / 2
    depths[values.index(0.0) :] = 2 * R if 0.0 in values else depths[-1:]
    return np.asarray(depths)


def _one_dot(dot: LayeredDot, depths: Array) -> dict[str, Array]:
    """Ions of every element set free by one dot in each round."""
    R = dot.diameter_nm / 2
    radii = np.concatenate([[R], np.maximum(R - depths, 0.0)])
    cubes = radii**3
    out: dict[str, Array] = {}
    inner = 0.0
    for material, outer in zip((dot.core, *(s.material for s in dot.shells)), dot.radii_nm, strict=True):
        stuff = crystal(material)
        inside = np.clip(cubes, inner**3, outer**3)
        pairs = 4 * math.pi / 3 * -np.diff(inside) * composition.ANIONS_PER_CELL / stuff.a_nm**3
        for ion, share in (*stuff.cations.items(), *stuff.anions.items()):
            out[ion] = out.get(ion, np.zeros(depths.size)) + share * pairs
        inner = float(outer)
    core = dot.core_diameter_nm / 2
    for h in dot.halides:
        found = np.array([h.between(b, a) for a, b in pairwise(radii)])
        found[0] += h.ligand
        reached = np.flatnonzero(radii[1:] < core + _INTERFACE_NM)
        if reached.size:
            found[reached[0]] += h.interface
        out[h.element] = out.get(h.element, np.zeros(depths.size)) + found
    return out


def _halide(per_dot: dict[str, Array], setup: Settings) -> str:
    """Which halide the chromatograph is told to look for first."""
    asked = setup["halide"]
    if asked is not None:
        if asked not in HALIDES:
            raise InputError("option halide of etch.simulate", seen=asked, nearest=nearest(asked, HALIDES))
        return str(asked)
    held = {h: float(per_dot[h].sum()) for h in HALIDES if h in per_dot}
    return max(held, key=lambda h: held[h]) if held else "Br"
