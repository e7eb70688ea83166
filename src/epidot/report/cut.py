"""Mean dots cut open: core, shells, oxide, and the ligands that are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from epidot.dot.atoms import ANCHORS
from epidot.dot.layers import LayeredDot
from epidot.errors import InputError
from epidot.matter import ligands
from epidot.report import style
from epidot.report.figures import Figure, Panel

SLICE_NM = 0.5  # what lies this near the cut, half on either side, is drawn
SMALL_NM = 0.25  # drawn length of what has no chain; a picture, not a result
OXIDE = "oxide"
_LIKE = {"Int1": "PR3"}  # Intermediate 1 carries the phosphine it came with
_COLOURS = {"OA": "#C9A227", "OH": "#7A7A7A", "OAm": "#3F6FB0", "Int1": "#B873A8"}
_HALIDE, _OTHER = "#5FB04A", "#A0A0A0"


def length_nm(name: str) -> float:
    """How far a ligand reaches out, its chain stretched."""
    try:
        found = ligands.ligand(_LIKE.get(name, name)).length_nm
    except InputError:  # of a mechanism of one's own
        return SMALL_NM
    return SMALL_NM if found is None else found


def outside(dot: LayeredDot) -> dict[str, float]:
    """Ligands per dot, adsorbed halide ions among them, by name, those that are there."""
    return {name: n for name, n in dot.ligands.items() if n >= 0.5}


def in_slice(number: float, radius_nm: float) -> int:
    """How many of ``number`` things, spread evenly on a sphere, lie in the slice; at least 1 of any."""
    return max(1, round(number * min(1.0, SLICE_NM / (2 * radius_nm))))


def sections(dots: Mapping[str, LayeredDot]) -> Figure:
    """The mean dot of every sample, cut open, all to one scale."""
    reach = max(float(d.radii_nm[-1]) + max(map(length_nm, outside(d)), default=0.1) for d in dots.values())
    reach *= 1.03
    panels: list[Panel] = []
    keys: dict[str, str] = {}
    data: dict[str, Any] = {}
    for place, (name, dot) in enumerate(dots.items()):
        drawing, axis = style.panel()
        keys |= draw(axis, dot)
        axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        axis.axis("off")
        if place == 0:
            style.scale_bar(axis, reach, 2)
        shells = [f"{layer.material} {layer.thickness_nm:.2f} nm" for layer in dot.shells] or ["no shell"]
        outer = [f"{n:.0f} {ligand}" for ligand, n in outside(dot).items()]
        told = [f"{dot.core} {dot.core_diameter_nm:.2f} nm", *shells, ", ".join(outer) or "no ligands"]
        panels.append(Panel(name, drawing, tuple(told)))
        data[f"{name}: radii_nm"] = dot.radii_nm
        data |= {f"{name}: {ligand} per dot": [n] for ligand, n in outside(dot).items()}
    caption = (
        f"The mean dot of every sample, cut open, all to one scale. Strokes: the ligands within "
        f"{SLICE_NM / 2:g} nm of the cut, as long as their stretched chains. Black dots: oxide units there, "
        "on the core."
    )
    solid = {m for dot in dots.values() for m in (dot.core, *(layer.material for layer in dot.shells))}
    keys = dict(sorted(keys.items(), key=lambda item: (item[0] not in solid, item[0] != OXIDE)))
    return Figure(None, caption, data, panels=tuple(panels), keys=keys)


def draw(axis: Any, dot: LayeredDot) -> dict[str, str]:
    """One dot: shells, core, oxide and ligands; what there is to see, with its colour."""
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Circle

    materials = [dot.core, *(layer.material for layer in dot.shells)]
    radii = dot.radii_nm.tolist()
    keys = {}
    edge = radii[-1]
    around = {name: in_slice(n, edge) for name, n in outside(dot).items()}
    # All kinds mixed, evenly round the dot: each at equal steps of the order.
    order = sorted(((i + 0.5) / n, name) for name, n in around.items() for i in range(n))
    angles = 2 * np.pi * np.arange(len(order)) / max(len(order), 1)
    for name in around:
        at = angles[[i for i, (_, other) in enumerate(order) if other == name]]
        out = np.stack([np.cos(at), np.sin(at)], axis=1)
        colour = _COLOURS.get(name, _HALIDE if ANCHORS.get(name, ("X", 0.0))[0] in style.HALIDES else _OTHER)
        lines = np.stack([out * edge, out * (edge + length_nm(name))], axis=1)
        axis.add_collection(LineCollection(list(lines), colors=colour, linewidths=1.1, alpha=0.75))
        keys[name] = colour
    for material, r in list(zip(materials, radii, strict=True))[::-1]:
        colour = style.material_colour(material)
        axis.add_patch(Circle((0, 0), r, facecolor=colour, edgecolor="white", lw=0.7))
        keys[material] = colour
    if dot.oxide >= 0.5:
        number = in_slice(dot.oxide, radii[0])
        turn = 2 * np.pi * (np.arange(number) + 0.25) / number
        axis.plot(radii[0] * np.cos(turn), radii[0] * np.sin(turn), ".", color="black", ms=4)
        keys[OXIDE] = "#000000"
    return keys
