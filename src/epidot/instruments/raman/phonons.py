"""The optical phonons of a layered dot: strain (eq 4), confinement, mixed crystals, the oxide on it.

A vibration confined to a length d has no sharp wave vector.  ``wave`` takes that of the lowest standing wave
(π/d across a shell, π/R in a sphere); ``richter`` and ``campbell`` weigh wave vectors with Gaussians, as the
papers of these names do.  The branch falls from LO at Γ to that at X as a cosine, the simplest law that is
flat at both ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.dot.composition import anions_in_shell, anions_per_core
from epidot.dot.layers import LayeredDot
from epidot.dot.strain import phonon_shift, strain
from epidot.instruments.raman.lines import branch, wave_vectors
from epidot.instruments.raman.modes import confinements, surface_lines
from epidot.instruments.raman.surface import of_shells
from epidot.matter.compound import Material
from epidot.matter.materials import material

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Vibration:
    """One line of a dot before any instrument: places (m,) / cm-1 with their shares of ``area``, and width.

    ``area`` is in units of what one formula unit of InP scatters by its LO.
    """

    name: str
    places: Array
    shares: Array
    area: float
    width: float


def confined_to(law: str, length_nm: float, sphere: bool, a_nm: float) -> tuple[Array, Array]:
    """Wave vectors (m,) in 2π/a, and their shares of a vibration in a sphere or across a shell.

    ``length_nm`` is the diameter or thickness, ``a_nm`` the lattice constant.
    """
    if law == "none":
        return np.zeros(1), np.ones(1)
    edge, mean_square = 2 * np.pi / a_nm, confinements()[law].value
    if law == "wave":
        q = math.sqrt(mean_square) / (length_nm / 2 if sphere else length_nm)
        return np.array([min(q / edge, 1.0)]), np.ones(1)
    # A shell confines along one axis only: a third of the mean square of three dimensions.
    share, dimensions = (1.0, 3) if sphere else (1 / 3, 1)
    return wave_vectors(share * mean_square / (length_nm * edge) ** 2, dimensions)


def vibrations(dot: LayeredDot, law: str = "wave", surface: float = 0.0) -> list[Vibration]:
    """Every line of one dot; ``surface`` is the area of a shell's surface-optical line over that of its LO.

    Raises
    ------
    InputError
        If a material is unknown or the law of confinement is.
    """
    stuff = [material(dot.core), *(material(layer.material) for layer in dot.shells)]
    regions = strain(dot, spread=False).regions
    out: list[Vibration] = []
    d = dot.core_diameter_nm
    units = anions_per_core(d, stuff[0].a_nm)
    out += _of_region(stuff[0], d, True, regions[0], units, law)
    for layer, one, strained in zip(dot.shells, stuff[1:], regions[1:], strict=True):
        units = anions_in_shell(d, layer.thickness_nm, one.a_nm) * layer.crystalline
        d += 2 * layer.thickness_nm
        if units > 0:  # what is amorphous has no phonon of a wave vector
            out += _of_region(one, layer.thickness_nm, False, strained, units, law)
    if surface > 0:
        areas = {one.name: one.area for one in out}
        for k, places in of_shells(dot, stuff, list(regions)).items():
            name = dot.shells[k - 1].material
            if places and f"{name}_LO" in areas:  # the upper one lies in the line of the LO
                area, width = surface * areas[f"{name}_LO"], _number(stuff[k], "LO_width_cm1", 15.0)
                out.append(Vibration(f"{name}_SO", np.array(places[:1]), np.ones(1), area, width))
    for line in surface_lines().values() if dot.oxide > 0 else ():
        place = np.array([line.place.value])
        area = dot.oxide * line.strength.value
        out.append(Vibration(line.name, place, np.ones(1), area, line.width.value))
    return out


def _of_region(
    stuff: Material, length: float, sphere: bool, strained: float, units: float, law: str
) -> Iterator[Vibration]:
    q, shares = confined_to(law, length, sphere, stuff.a_nm)
    for name, end, place, share in _ends(stuff):
        if "LO_cm1" not in end or place is None:
            continue
        edge = place - (end["LO_cm1"] - end["LO_X_cm1"]) if "LO_X_cm1" in end else place
        factor = 1 + phonon_shift(strained, end["gruneisen"]) if "gruneisen" in end else 1.0
        places = branch(place, edge, q) * factor
        width = _number(end, "LO_width_cm1", 15.0)
        area = units * share * _number(end, "raman_LO", 1.0)
        yield Vibration(f"{name}_LO", places, shares, area, width)
        if "TO_cm1" in end and "raman_TO" in end:
            factor = 1 + phonon_shift(strained, end["gruneisen_TO"]) if "gruneisen_TO" in end else 1.0
            places = np.array([end["TO_cm1"] * factor])
            yield Vibration(f"{name}_TO", places, np.ones(1), units * share * end["raman_TO"], width)


def _ends(stuff: Material) -> Sequence[tuple[str, Material, float | None, float]]:
    """Name, material, LO / cm-1 and share of each crystal that a mixed one vibrates as.

    With the ``dilute`` modes of the pair known, each end keeps a line of its own (two modes) that moves to
    its place in the other crystal in proportion; without them the whole has one, between the ends.
    """
    if len(stuff.ends) == 1:
        return [(stuff.name, stuff, _lo(stuff), 1.0)]
    (a, first), (b, second) = ((name, material(name)) for name in stuff.ends)
    pair = {**first.alloys.get(b, {}), **second.alloys.get(a, {})}
    if "dilute_cm1" not in pair or "dilute_other_cm1" not in pair:
        return [(a, stuff, _lo(stuff), 1.0)]
    # `dilute` is of the crystal in whose file the pair stands, in the other one.
    own = b if "dilute_cm1" in second.alloys.get(a, {}) else a
    out = []
    for name, one in ((a, first), (b, second)):
        share = stuff.ends[name]
        far = pair["dilute_cm1"].value if name == own else pair["dilute_other_cm1"].value
        out.append((name, one, share * one["LO_cm1"] + (1 - share) * far, share))
    return out


def _number(stuff: Material, key: str, unknown: float) -> float:
    """A number of a material; where its file has none, what is usual."""
    return stuff.parameters[key].value if key in stuff else unknown


def _lo(stuff: Material) -> float | None:
    return stuff.parameters["LO_cm1"].value if "LO_cm1" in stuff else None
