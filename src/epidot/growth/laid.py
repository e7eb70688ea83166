"""What was laid on a core, from inside outwards: the order of deposition that the mean field keeps.

A mean field has no places, only numbers.  But what is added to a dot lies outside what was there, and what
leaves it leaves from the outside: so the numbers of one moment after another are a radial profile.
Nothing diffuses inside a shell.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from epidot.matter.compound import charges
from epidot.matter.materials import compound_of, crystal, material
from epidot.mechanism.mechanism import Mechanism, SiteClass, Species

Units = Mapping[str, float]  # formula units per dot, by crystal
Laid = tuple[Units, ...]  # from inside outwards

_ALIKE = 0.01  # of the shares; rows that differ by less are one
_THIN = 0.02  # of all units; a thinner row goes on with what comes next
_SPREAD = 2e-5  # what telling two rows as one may add to the mean square error of the shares
_STEP = 0.02  # shares of a mixed crystal are told in steps of it, and less than half a step not at all
MOST_LAYERS = 8  # a profile is told in so many at most


def shell_class(mechanism: Mechanism) -> SiteClass:
    """The class of the first anion shell; one without a material where the mechanism has none."""
    shells = [site for site in mechanism.sites.values() if site.kind == "shell"]
    return shells[0] if shells else SiteClass("none", "shell")


def units_of(elements: Mapping[str, int], materials: Mapping[str, str], held: int = 0) -> dict[str, float]:
    """Formula units of shell that one of something with these ``elements`` brings, by crystal.

    A chalcogenide makes a unit with the metal that came with it; the first ``held`` metals are core-surface
    cations and do not count.  Where no other metal is there, or no crystal of the two is known, it counts as
    ``materials`` (chalcogen -> crystal) has it.
    """
    anions = {el: n for el, n in elements.items() if el in materials}
    metals = {el: n for el, n in elements.items() if charges().get(el, 0) > 0 and el != "H"} if anions else {}
    for el in metals:
        metals[el] -= held
        break
    metals = {el: n for el, n in metals.items() if n > 0}
    out: dict[str, float] = {}
    for el, n in anions.items():
        for metal, share in _shares(metals).items() if metals else [("", 1.0)]:
            name = (compound_of(metal, el) if metal else None) or materials[el]
            out[name] = out.get(name, 0.0) + n * share
    return out


def held_by(species: Species, mechanism: Mechanism) -> int:
    """How many core-surface cations a species stands on."""
    return sum(n for c, n in species.sites.items() if mechanism.sites[c].kind == "fixed")


def units(surface: Mapping[str, float], mechanism: Mechanism) -> dict[str, float]:
    """Formula units of shell per dot by crystal, those of the mechanism's own materials first."""
    out: dict[str, float] = dict.fromkeys(shell_class(mechanism).material.values(), 0.0)
    materials = shell_class(mechanism).material
    for name, n in surface.items():
        species = mechanism.species[name]
        for stuff, k in units_of(species.elements, materials, held_by(species, mechanism)).items():
            out[stuff] = out.get(stuff, 0.0) + k * n
    return out


def grown(before: Laid, now: Units) -> Laid:
    """The profile after a dot with ``before`` has come to hold ``now``: what is new lies outside.

    Of what has become less, the outermost left.
    """
    rows = [dict(row) for row in before]
    for stuff in {name for row in rows for name in row}:
        gone = sum(row.get(stuff, 0.0) for row in rows) - now.get(stuff, 0.0)
        for row in reversed(rows):
            if gone <= 0:
                break
            taken = min(gone, row.get(stuff, 0.0))
            if taken:
                row[stuff] -= taken
                gone -= taken
    held = {name: sum(row.get(name, 0.0) for row in rows) for name in now}
    new = {name: n - held[name] for name, n in now.items() if n - held[name] > 0}
    rows = [row for row in rows if sum(row.values()) > 0]
    if new and rows and (_thin(rows[-1], now) or _apart(rows[-1], new) < _ALIKE):
        rows[-1] = _joined(rows[-1], new)
    elif new:
        rows.append(new)
    return tuple(rows)


def layers(laid: Laid) -> Laid:
    """The profile in at most :data:`MOST_LAYERS` rows that a crystal exists for each, inside first.

    Neighbours whose joining costs least become one (Ward 1963); every unit is kept.  Ions that no mixed
    crystal is known of (Cd and Zn) lie one over the other within a row, in the order in which they are named.
    """
    rows = [dict(row) for row in laid if sum(row.values()) > 0]
    total = sum(sum(row.values()) for row in rows)
    while len(rows) > 1:
        costs = [_spread(a, b) / total for a, b in pairwise(rows)]
        i = min(range(len(costs)), key=costs.__getitem__)
        if len(rows) <= MOST_LAYERS and costs[i] > _SPREAD:
            break
        rows[i : i + 2] = [_joined(rows[i], rows[i + 1])]
    return tuple(part for row in rows for part in _crystals(row))


def crystal_of(row: Units) -> str:
    """The crystal, mixed where need be, of a row of units of one cation or one anion."""
    ions: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for name, n in row.items():
        for side, of in zip(ions, (crystal(name).cations, crystal(name).anions), strict=True):
            for el, share in of.items():
                side[el] = side.get(el, 0.0) + share * n
    text = ""
    for side in ions:
        shares = {el: round(share / _STEP) * _STEP for el, share in _shares(side).items()}
        shares = {el: share for el, share in shares.items() if share > 0}
        text += "".join(el if len(shares) == 1 else f"{el}{share:.6g}" for el, share in shares.items())
    return material(text).name


def _crystals(row: Units) -> list[dict[str, float]]:
    """``row`` in parts of one cation each."""
    out: dict[tuple[str, ...], dict[str, float]] = {}
    for name, n in row.items():
        if n > 0:
            out.setdefault(tuple(crystal(name).cations), {})[name] = n
    return list(out.values())


def _apart(a: Units, b: Units) -> float:
    """How far two compositions are apart: half the sum of the differences of their shares, 0 to 1."""
    one, other = _shares(a), _shares(b)
    return sum(abs(one.get(x, 0.0) - other.get(x, 0.0)) for x in {**a, **b}) / 2


def _shares(counts: Units) -> dict[str, float]:
    total = sum(counts.values())
    return {x: n / total for x, n in counts.items()}


def _spread(a: Units, b: Units) -> float:
    """Sum of squares that is lost if two rows are told as one (Ward's criterion)."""
    one, other = sum(a.values()), sum(b.values())
    return one * other / (one + other) * _apart(a, b) ** 2


def _thin(row: Units, now: Units) -> bool:
    return sum(row.values()) < _THIN * sum(now.values())


def _joined(a: Units, b: Units) -> dict[str, float]:
    return {x: a.get(x, 0.0) + b.get(x, 0.0) for x in {**a, **b}}
