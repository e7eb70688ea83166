"""A dot written down as a description: what :mod:`epidot.dot.described` reads back as the same dot."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from epidot.documents import dump
from epidot.dot.described import LIGANDS, SURFACE
from epidot.dot.halides import HalideContent
from epidot.dot.layers import LayeredDot, Population, surface_rules

_LEFT_OUT = {"adatoms": "counted again from the shells", "repaired": "told by the ions at the interface"}


def text(population: Population, title: str) -> str:
    """The mean dot of ``population`` and its spread of core diameters, as YAML.

    Numbers are written in full, so that the dot read back is the same.  What a description has no word for
    is said in a comment.
    """
    body = dump(plain(population, title))
    lines = [
        f"# not in the description: {name} {value} ({why})" for name, value, why in unsaid(population.dot)
    ]
    return "\n".join([*lines, body])


def plain(population: Population, title: str) -> dict[str, Any]:
    """The same as plain data."""
    dot = population.dot
    out: dict[str, Any] = {
        "title": title,
        "core": {
            "material": dot.core,
            "diameter": f"{dot.core_diameter_nm!r} nm",
            "sigma": f"{100 * population.sigma_rel!r} %",
        },
    }
    if dot.shells:
        out["shells"] = [
            {"material": shell.material, "thickness": f"{shell.thickness_nm!r} nm"}
            | ({} if shell.coherency is None else {"coherency": _percent(shell.coherency)})
            | {"crystalline": _percent(shell.crystalline)}
            for shell in dot.shells
        ]
    ligands = {name: float(n) for name, n in dot.ligands.items() if n > 0 and name in LIGANDS}
    if ligands:
        out["ligands"] = ligands
    if dot.sites > 0:
        rules = surface_rules()
        out["surface"] = {
            key: float(getattr(dot, name)) if rules[name].area else _percent(float(getattr(dot, name)))
            for key, name in SURFACE.items()
        }
    if dot.halides:
        outer = float(dot.radii_nm[-1])
        out["halides"] = {one.element: _halide(one, outer) for one in dot.halides}
    return out | {"medium": dot.medium, "dots": len(population.core_diameters_nm)}


def unsaid(dot: LayeredDot) -> list[tuple[str, str, str]]:
    """What of ``dot`` a description has no word for: name, value and why; nothing for what says nothing."""
    bare = LayeredDot(dot.core, dot.core_diameter_nm)
    said = {*SURFACE.values(), "ligands", "halides", "medium"}
    out = []
    for name in surface_rules():
        value = getattr(dot, name)
        if name not in said and value != getattr(bare, name):
            shown = (
                ", ".join(f"{k} {v:.4g}" for k, v in value.items())
                if isinstance(value, Mapping)
                else f"{value:.4g}"
            )
            out.append((name, shown, _LEFT_OUT.get(name, "only a grown dot knows it")))
    return out


def _percent(share: float) -> str:
    return f"{100 * share!r} %"


def _halide(one: HalideContent, outer_nm: float) -> dict[str, Any]:
    """Ions by depth below the surface at ``outer_nm``; those beyond it lie in the outermost step."""
    edges = np.unique(np.append(np.minimum(one.edges_nm, outer_nm), outer_nm))
    amount = [one.between(a, b) for a, b in pairwise(edges)]
    amount[-1] += float(one.amount.sum()) - sum(amount)
    return {
        "depths": [f"{outer_nm - float(e)!r} nm" for e in edges[:-1][::-1]],
        "ions": [max(float(n), 0.0) for n in amount[::-1]],
        "ligand": float(one.ligand),
        "interface": float(one.interface),
    }
