"""Dots atom by atom: cut open, coloured by what each atom is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.dot import growth_readout
from epidot.dot.atoms import Atoms, place
from epidot.dot.grown import GrownDot
from epidot.dot.on_sites import on_sites
from epidot.report import style
from epidot.report.figures import Figure, Panel
from epidot.report.spheres import render
from epidot.runs.batch import Sample

Array = NDArray[np.float64]

# what the legend says, its colour and the drawn radius in nm (a picture, not a result)
LOOK: Mapping[str, tuple[str, float]] = {
    "In": ("#9E2A2F", 0.150),
    "P": ("#E58E84", 0.160),
    "Zn": ("#5B77B5", 0.135),
    "Se": ("#A9BEE4", 0.165),
    "S": ("#7CCBA9", 0.160),
    "Cd": ("#8A6A3B", 0.150),
    "oxide O": ("#1A1A1A", 0.150),
    "oleate": ("#E3C45A", 0.095),
    "Intermediate 1": ("#B873A8", 0.105),
    "amine": ("#3F6FB0", 0.095),
    "halide": ("#5FB04A", 0.135),
}
OTHER = ("#888888", 0.11)
_LIGAND = {"O": "oleate", "P": "Intermediate 1", "N": "amine"}
# Seen a little from above and from the side: rows are right, up and towards the reader.
_TURN = (-20.0, 35.0)
_MARGIN_NM = 0.25


def names(atoms: Atoms) -> NDArray[np.str_]:
    """What the legend calls each atom, shape (n,)."""
    out = atoms.species.astype("<U16")
    for i in np.flatnonzero(atoms.role == "ligand"):
        out[i] = _LIGAND.get(str(atoms.species[i]), "halide")
    out[atoms.role == "oxide"] = "oxide O"
    return out


def turned(position_nm: Array, turn: tuple[float, float] = _TURN) -> Array:
    """Positions (n, 3) as seen: x right, y up, z towards the reader; turned about y, then x (degrees)."""
    a, b = np.radians(turn)
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return np.asarray(position_nm @ (about_x @ about_y).T)


def kept(seen_nm: Array) -> NDArray[np.bool_]:
    """Which atoms stay when the quarter towards the reader and to the right is cut out."""
    return ~((seen_nm[:, 2] > 0.02) & (seen_nm[:, 0] > -0.02 * seen_nm[:, 2]))


def draw(
    axis: Any, atoms: Atoms, reach_nm: float, pixels: int = 700, interpolation: str = "antialiased"
) -> list[str]:
    """Draw ``atoms`` cut open into ``axis``; what there is to see, by name."""
    called = names(atoms)
    seen = turned(atoms.position_nm)
    stay = kept(seen)
    look = {name: LOOK.get(name, OTHER) for name in set(called.tolist())}
    tints = {name: style.rgb(tint) for name, (tint, _) in look.items()}
    drawn = called[stay].tolist()
    colour = np.array([tints[name] for name in drawn])
    radius = np.array([look[name][1] for name in drawn])
    picture = render(seen[stay], radius, colour, reach_nm, pixels)
    axis.imshow(
        picture, extent=(-reach_nm, reach_nm, -reach_nm, reach_nm), interpolation=interpolation, zorder=2
    )
    axis.set(xlim=(-reach_nm, reach_nm), ylim=(-reach_nm, reach_nm), aspect="equal")
    axis.axis("off")
    return [name for name in LOOK if name in look]


def likeness(sample: Sample, rng: np.random.Generator) -> GrownDot | None:
    """The dot of a sample to draw: that of middle size where dots are known, else the mean dot on sites."""
    if sample.grown:
        return middle(sample.grown)
    return on_sites(sample.population.dot, rng) if sample.population is not None else None


def middle(grown: Sequence[GrownDot]) -> GrownDot:
    """The dot of middle size, core and shells together."""
    size = np.array([growth_readout.diameter_nm(dot) for dot in grown])
    return grown[int(np.argsort(size, kind="stable")[len(size) // 2])]


def portraits(samples: Mapping[str, GrownDot], *, known: bool = True, pixels: int = 560) -> Figure:
    """Dots atom by atom, to one scale; ``known`` says whether they were grown on their sites."""
    placed = {name: place(dot) for name, dot in samples.items()}
    reach = max(float(np.linalg.norm(a.position_nm, axis=1).max()) for a in placed.values()) + _MARGIN_NM
    count = len(placed)
    drawing, axes = style.figure(1, count, size=(max(3.2, min(9.2, 3.1 * count)), 3.6), squeeze=False)
    there: dict[str, None] = {}
    data: dict[str, Any] = {}
    for axis, (name, atoms) in zip(axes[0], placed.items(), strict=True):
        there |= dict.fromkeys(draw(axis, atoms, reach, pixels))
        axis.set_title(name, fontsize=9)
        data |= columns(name, atoms)
    style.scale_bar(axes[0][0], reach)
    legend(drawing, there, columns=min(len(there), 4 * count))
    return Figure(drawing, _said(known), data)


def row(samples: Mapping[str, GrownDot], *, known: bool, left_out: int = 0, pixels: int = 320) -> Figure:
    """As :func:`portraits`, a panel for each dot; ``left_out`` samples are not drawn."""
    placed = {name: place(dot) for name, dot in samples.items()}
    reach = max(float(np.linalg.norm(a.position_nm, axis=1).max()) for a in placed.values()) + _MARGIN_NM
    panels: list[Panel] = []
    data: dict[str, Any] = {}
    there: dict[str, None] = {}
    for number, (name, atoms) in enumerate(placed.items()):
        drawing, axis = style.panel()
        # As it is: what shows the page scales it, better than once here and once there.
        there |= dict.fromkeys(draw(axis, atoms, reach, pixels, "none"))
        if number == 0:
            style.scale_bar(axis, reach)
        panels.append(Panel(name, drawing, (_counted(atoms),)))
        data |= columns(name, atoms, digits=4)  # all digits are in dots.extxyz
    caption = _said(known) + (f" {left_out} more samples are not drawn." if left_out else "")
    keys = {name: LOOK[name][0] for name in LOOK if name in there}
    return Figure(None, caption, data, panels=tuple(panels), keys=keys)


def _said(known: bool) -> str:
    what = (
        "One dot of the flask, the one of middle size, atom by atom"
        if known
        else "The mean dot put on sites of the lattice (a likeness: no dot of this run was grown on sites)"
    )
    return f"{what}; a quarter is cut out. Ligands by their anchoring atom only; nothing is relaxed."


def _counted(atoms: Atoms) -> str:
    """The inorganic composition in one line."""
    return " ".join(f"{element}{n}" for element, n in atoms.counts().items())


def columns(name: str, atoms: Atoms, digits: int | None = None) -> dict[str, Any]:
    """The atoms of one picture as columns: nm (to ``digits``), atomic number, layer, formal charge."""
    from ase.data import atomic_numbers

    x, y, z = atoms.position_nm.T if digits is None else np.round(atoms.position_nm.T, digits)
    return {
        f"{name}: x_nm": x,
        f"{name}: y_nm": y,
        f"{name}: z_nm": z,
        f"{name}: atomic_number": [atomic_numbers[str(s)] for s in atoms.species],
        f"{name}: layer": atoms.layer,
        f"{name}: charge": atoms.charge,
    }


def legend(on: Any, shown: Mapping[str, None] | list[str], columns: int, **where: Any) -> None:
    """Coloured dots with names below a drawing, or where ``where`` says on an axis."""
    from matplotlib.lines import Line2D

    order = [name for name in LOOK if name in shown]
    handles = [
        Line2D([], [], ls="", marker="o", ms=7, mfc=LOOK[n][0], mec="0.3", mew=0.4, label=n) for n in order
    ]
    on.legend(
        handles=handles,
        ncols=max(columns, 1),
        frameon=False,
        fontsize=8,
        handletextpad=0.1,
        columnspacing=1.2,
        **({"loc": "outside lower center"} | where),
    )
