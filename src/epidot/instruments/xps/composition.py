"""From areas to amounts: atomic ratios of an even sample and of a layered sphere, thickness of its shell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import Layer, LayeredDot
from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.xps.atoms import layers_of, per_nm3
from epidot.instruments.xps.levels import Level, attenuation, levels
from epidot.instruments.xps.paths import ORGANIC, mean_free_path
from epidot.instruments.xps.sphere import shard
from epidot.matter.materials import crystal, material
from epidot.signal.optimum import least

Array = NDArray[np.float64]

# Elements of ratios, in the order in which they are named: ratio_In_P is In over P.
ELEMENTS = ("In", "Cd", "Zn", "P", "Se", "S", "O", "F", "Cl", "Br", "I")
_STEP = 0.02  # relative, by which attenuation is moved to see what it does
_THICKEST_NM = 15.0


@dataclass(frozen=True)
class Seen:
    """The area of a level, per second and transmission, with its gradient in the parameters of its region."""

    level: Level
    area: float
    gradient: Array
    region: int
    energy_eV: float


@dataclass(frozen=True)
class Areas:
    """All levels of a sample with the covariance of every region, and why those left out are."""

    each: tuple[Seen, ...]
    covariances: tuple[Array, ...]
    withheld: Mapping[str, str] = field(default_factory=dict)

    def missing(self) -> dict[str, str]:
        """The elements all of whose levels are withheld, with the reason."""
        known = {s.level.element for s in self.each}
        each = {levels()[name].element: why for name, why in self.withheld.items()}
        return {e: why for e, why in each.items() if e not in known}

    def first(self) -> dict[str, Seen]:
        """Of every element the level that is first in the table."""
        order = list(levels())
        out: dict[str, Seen] = {}
        for one in sorted(self.each, key=lambda s: order.index(s.level.name)):
            out.setdefault(one.level.element, one)
        return out

    def relative(self, a: Seen, b: Seen) -> float | None:
        """Relative standard error of area ``a`` over area ``b``."""
        if a.region == b.region:
            g = a.gradient / a.area - b.gradient / b.area
            variance = float(g @ self.covariances[a.region] @ g)
        else:
            variance = sum(
                float(s.gradient @ self.covariances[s.region] @ s.gradient) / s.area**2 for s in (a, b)
            )
        return math.sqrt(variance) if math.isfinite(variance) and variance >= 0 else None


def parsed(chosen: Settings) -> tuple[LayeredDot | None, tuple[str, ...]]:
    """The dot that ``core``, ``diameter_nm`` and ``shell`` describe, and the shells whose thickness is
    sought.

    Raises
    ------
    InputError
        If one of them is missing, or a shell is not written as ``ZnSe:0.6`` (or ``ZnSe``).
    """
    core, diameter, text = chosen["core"], chosen["diameter_nm"], chosen["shell"]
    if core is None and diameter is None and text is None:
        return None, ()
    if core is None or diameter is None:
        what = "a sphere is described by core and diameter_nm together"
        raise InputError(what, seen=f"core {core}, diameter_nm {diameter}", remedy="give both, or neither")
    crystal(str(core))
    shells, sought = [], []
    for word in str(text or "").replace(",", " ").split():
        name, _, thick = word.partition(":")
        crystal(name)
        if not thick:
            sought.append(name)
            shells.append(Layer(name, 1.0))
            continue
        try:
            value = float(thick.removesuffix("nm"))
        except ValueError:
            value = math.nan
        if not 0 < value <= _THICKEST_NM:
            what = f"the thickness of a shell is a number of nm, up to {_THICKEST_NM:g}"
            raise InputError(what, seen=word, remedy="write e.g. ZnSe:0.6, or ZnSe to have it found")
        shells.append(Layer(name, value))
    if sought and len(sought) < len(shells):
        raise InputError("either all shells have a thickness or none", seen=str(text))
    return LayeredDot(str(core), float(diameter), tuple(shells)), tuple(sought)


def matrix_of(found: Mapping[str, Seen], dot: LayeredDot | None) -> str:
    """What mean free paths are taken from where the sample is taken to be even."""
    if dot is not None:
        return dot.core
    if "In" in found:
        return "InP"
    return "CdSe" if "Cd" in found else "ZnSe" if "Zn" in found else ORGANIC


def amount_even(one: Seen, stuff: str) -> float:
    """Atoms, in arbitrary units, of a sample that is the same all through."""
    return one.area / (one.level.cross_section * mean_free_path(stuff, one.energy_eV))


def escapes(dot: LayeredDot, organic_nm: float, one: Seen, factor: float = 1.0) -> float | None:
    """Mean probability to get out, for an element where it sits in a sphere; else of its surface."""
    through = layers_of(dot, organic_nm)
    edges = [0.0, *dot.radii_nm]
    stuff = [dot.core, *(layer.material for layer in dot.shells)]
    total = weighed = 0.0
    for name, inner, outer in zip(stuff, edges[:-1], edges[1:], strict=True):
        density = per_nm3(name).get(one.level.element, 0.0)
        if density > 0:
            n = density * (outer**3 - inner**3)
            total += n
            weighed += n * through.escape(one.energy_eV, inner, outer, factor)
    if total > 0:
        return weighed / total
    if one.level.element == "C":
        return None
    return through.escape(one.energy_eV, edges[-1], edges[-1], factor)


def ratio_in_sphere(a: Seen, b: Seen, dot: LayeredDot, organic_nm: float) -> tuple[float, float] | None:
    """Atoms of the element of ``a`` over those of ``b``, and its relative change per that of attenuation."""

    def at(factor: float) -> float | None:
        each = [escapes(dot, organic_nm, one, factor) for one in (a, b)]
        if each[0] is None or each[1] is None:
            return None
        amounts = [s.area / (s.level.cross_section * p) for s, p in zip((a, b), each, strict=True) if p]
        return amounts[0] / amounts[1]

    here, more, less = at(1.0), at(1 + _STEP), at(1 - _STEP)
    if here is None or more is None or less is None:
        return None
    return float(here), float((more - less) / (2 * _STEP) / here)


def marker(name: str, dot: LayeredDot, found: Mapping[str, Seen]) -> Seen | None:
    """The level by which a shell (or the core) is known, of an element no other layer has, anion first."""
    others = [dot.core, *(layer.material for layer in dot.shells)]
    others.remove(name)
    foreign = {e for other in others for e in per_nm3(other)}
    one = material(name)
    for element in (*one.anions, *one.cations):
        if element not in foreign and element in found and found[element].area > 0:
            return found[element]
    return None


def thicknesses(
    dot: LayeredDot,
    sought: Sequence[str],
    found: Mapping[str, Seen],
    organic_nm: float,
    factor: float = 1.0,
    scale: Mapping[str, float] | None = None,
) -> list[float] | str:
    """Thickness / nm of every shell from the ratio of its level to the core's, or why there is none.

    ``scale`` multiplies areas by element, to see what an error does.
    """
    scale = scale or {}
    own = {name: marker(name, dot, found) for name in (dot.core, *sought)}
    missing = [name for name, one in own.items() if one is None]
    if missing:
        return f"no level is seen of an element that only {' and '.join(missing)} has"
    core = own[dot.core]
    assert core is not None

    def area_of(name: str) -> float:
        one = own[name]
        assert one is not None
        return one.area * scale.get(one.level.element, 1.0)

    wanted = np.array([math.log(area_of(name) / area_of(dot.core)) for name in sought])

    def off(log_t: Array) -> Array:
        shells = tuple(Layer(n, float(t)) for n, t in zip(sought, np.exp(log_t), strict=True))
        trial = LayeredDot(dot.core, dot.core_diameter_nm, shells)
        through = layers_of(trial, organic_nm)
        edges = [0.0, *trial.radii_nm]
        signals = []
        for name, inner, outer in zip((dot.core, *sought), edges[:-1], edges[1:], strict=True):
            one = own[name]
            assert one is not None
            atoms = per_nm3(name)[one.level.element] * 4 / 3 * np.pi * (outer**3 - inner**3)
            seen = through.escape(one.energy_eV, inner, outer, factor)
            signals.append(atoms * one.level.cross_section * seen)
        return np.asarray(np.log(np.array(signals[1:]) / signals[0]) - wanted, dtype=np.float64)

    low, high = math.log(1e-3), math.log(_THICKEST_NM)
    each = np.ones(len(sought))
    end = least(off, [math.log(0.5) * each], low * each, high * each, further=False)
    if float(np.max(np.abs(end.residuals))) > 1e-5:
        return "no thickness between 0.001 and 15 nm gives these areas"
    return [float(t) for t in np.exp(end.values)]


def closed_form(dot: LayeredDot, shell: str, found: Mapping[str, Seen]) -> float | None:
    """Thickness / nm of one shell by Shard's equation: no organic layer, no integral."""
    of_shell, of_core = marker(shell, dot, found), marker(dot.core, dot, found)
    if of_shell is None or of_core is None:
        return None
    share = attenuation().value

    def length(one: Seen, stuff: str) -> float:
        return share * mean_free_path(stuff, one.energy_eV)

    def pure(one: Seen, stuff: str) -> float:
        return per_nm3(stuff)[one.level.element] * one.level.cross_section * length(one, stuff)

    ratio = of_shell.area / pure(of_shell, shell) / (of_core.area / pure(of_core, dot.core))
    unit = length(of_shell, shell)
    found_t = shard(
        ratio,
        unit / length(of_core, shell),
        unit / length(of_shell, dot.core),
        dot.core_diameter_nm / 2 / unit,
    )
    return found_t * unit
