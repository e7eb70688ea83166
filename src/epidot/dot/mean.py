"""The representative of several dots: mean sizes, thicknesses and counts, each by the rule of its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np

from epidot.dot.halides import HalideContent
from epidot.dot.layers import Layer, LayeredDot, surface_rules
from epidot.matter.compound import charges

# What the mean of a share is weighted with, so that the number of what it is a share of is kept.
_WEIGHTS: Mapping[str, Callable[[LayeredDot], float]] = {
    "sites": lambda m: m.sites,
    "shell anions": lambda m: sum(n for el, n in m.adatoms.items() if charges()[el] < 0),
}


def mean_dot(members: Sequence[LayeredDot]) -> LayeredDot:
    """The representative of ``members``.

    A shell that a dot lacks counts as of no thickness; crystalline shares are weighted with thickness.
    How the other fields are weighted stands with them in :class:`~epidot.dot.layers.LayeredDot`.

    Raises
    ------
    ValueError
        Without members, or with members of different cores.
    """
    if not members:
        raise ValueError("a mean of no dots")
    if len({m.core for m in members}) > 1:
        raise ValueError("dots of different cores have no mean dot")
    defaults = {f.name: f.default for f in fields(LayeredDot)}
    surface = {
        name: _mean([getattr(m, name) for m in members], members, rule.mean, defaults[name])
        for name, rule in surface_rules().items()
    }
    diameter = float(np.mean([m.core_diameter_nm for m in members]))
    return LayeredDot(members[0].core, diameter, _mean_shells(members), **surface)


def _mean(values: Sequence[Any], members: Sequence[LayeredDot], how: str, default: Any) -> Any:
    if how == "same":
        return values[0]
    if how == "cells":
        return _mean_halides(members)
    if how == "known":
        known = [v for v in values if v is not None]
        return float(np.mean(known)) if known else None
    if how == "dots":
        n = len(values)
        if isinstance(values[0], Mapping):
            return {
                k: sum(v.get(k, 0.0) for v in values) / n for k in dict.fromkeys(k for v in values for k in v)
            }
        return sum(values) / n
    weights = [_WEIGHTS[how](m) for m in members]
    total = sum(weights)
    return sum(v * w for v, w in zip(values, weights, strict=True)) / total if total else default


def _mean_halides(members: Sequence[LayeredDot]) -> tuple[HalideContent, ...]:
    """Ions per element on the cells of the largest dot that has them; a dot without counts as none."""
    per_element: dict[str, list[HalideContent]] = {}
    for m in members:
        for content in m.halides:
            per_element.setdefault(content.element, []).append(content)
    n, means = len(members), []
    for element, contents in per_element.items():
        edges = max((c.edges_nm for c in contents), key=lambda e: float(e[-1]))
        amount = np.array([sum(c.between(a, b) for c in contents) / n for a, b in pairwise(edges)])
        ligand, interface = (sum(getattr(c, at) for c in contents) / n for at in ("ligand", "interface"))
        means.append(HalideContent(element, edges, amount, ligand, interface))
    return tuple(means)


def _mean_shells(members: Sequence[LayeredDot]) -> tuple[Layer, ...]:
    order: dict[str, list[float]] = {}
    for m in members:
        for i, shell in enumerate(m.shells):
            order.setdefault(shell.material, []).append(float(i))
    means = []
    for material in sorted(order, key=lambda x: float(np.mean(order[x]))):
        mine = [s for m in members for s in m.shells if s.material == material]
        thickness = sum(s.thickness_nm for s in mine)
        crystalline = sum(s.thickness_nm * s.crystalline for s in mine) / thickness
        means.append(Layer(material, thickness / len(members), mine[0].coherency, min(crystalline, 1.0)))
    return tuple(means)
