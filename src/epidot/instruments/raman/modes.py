"""Which lines Raman scattering may show: the lattice modes of the materials, and what surfaces add.

Lattice modes follow from ``data/materials`` (any file with ``LO_cm1``), the others from ``data/raman.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from epidot.documents import data_document, top
from epidot.dot.strain import phonon_shift
from epidot.errors import InputError, nearest
from epidot.matter.materials import material, names
from epidot.parameter import Parameter

LATTICE = ("LO", "TO")
SURFACE_OPTICAL = "SO"
ASCENDING = ("TO", SURFACE_OPTICAL, "LO")  # as the lines of one crystal stand
_REACH = 16.0  # cm-1
_COMPRESSED = 0.02  # of the lattice constant: InP in thick ZnSe and ZnS is by less
_WIDTHS = (2.0, 60.0)  # cm-1, full width of a lattice mode of nanocrystals
NEAR = 10.0  # cm-1; two lines so near to each other are one line in a spectrum
BAND, BANDS = "band", 6  # bands that no mode explains are called, and at most fitted
_BAND_REACH = 30.0  # cm-1
_BAND_WIDTHS = (2.0, 40.0)  # cm-1; wider, it would be two lines or background
_SLACK = 1.5  # a band of a surface may be so much wider than any that were seen


@dataclass(frozen=True)
class Surface:
    """A line that no lattice mode makes: what one ``unit`` of the dot (``oxide``) scatters."""

    name: str
    title: str
    place: Parameter
    width: Parameter
    strength: Parameter
    reach: float


@dataclass(frozen=True)
class Mode:
    """A line to look for: its usual ``place`` and ``width`` / cm-1, and how far either may be off.

    ``gamma`` is its Grüneisen parameter, ``None`` where none is known.  ``fall`` is by how much its branch is
    lower at X / cm-1; 0 where that is not known: the line is symmetric then.
    ``dimensions`` are those in which it is confined: 3 in a core, 1 in a shell.
    """

    name: str
    title: str
    place: float
    reach: tuple[float, float]
    width: float
    widths: tuple[float, float]
    gamma: float | None = None
    fall: float = 0.0
    dimensions: int = 3


@cache
def surface_lines() -> Mapping[str, Surface]:
    """Those of ``data/raman.yaml`` by name."""
    page = top(data_document("raman.yaml"))
    found = {}
    for name, entry in page["lines"].table().items():
        entry.fields(("title", "unit", "place", "width", "yield", "reach"))
        numbers = [entry[key].parameter(name=key) for key in ("place", "width", "yield")]
        place, width, strength = (one for one in numbers if one is not None)
        found[name] = Surface(name, entry["title"].text(), place, width, strength, entry["reach"].number(0.0))
    page.faults.raise_if_any()
    return found


@cache
def confinements() -> Mapping[str, Parameter]:
    """Mean square wave vector times the square of the length, by the name of the law."""
    page = top(data_document("raman.yaml"))
    found = page["confinement"].parameters()
    page.faults.raise_if_any()
    return found


def scattering() -> tuple[str, ...]:
    """Names of the materials whose LO is known."""
    return tuple(name for name in names() if "LO_cm1" in material(name))


def lattice_mode(name: str, kind: str) -> Mode | None:
    """LO or TO of a material, ``None`` where its file has no such line.

    Raises
    ------
    InputError
        If there is no such material.
    """
    stuff = material(name)
    if f"{kind}_cm1" not in stuff:
        return None
    place = stuff[f"{kind}_cm1"]
    numbers = {name: p.value for name, p in stuff.parameters.items()}
    width = numbers.get("LO_width_cm1", 15.0)
    key = "gruneisen" if kind == "LO" else "gruneisen_TO"
    gamma = numbers.get(key)
    low, high, fall = place - _REACH, place + _REACH, 0.0
    if kind == "LO" and "LO_X_cm1" in stuff:  # strained as a shell on InP and confined to one layer
        low = min(low, stuff["LO_X_cm1"] - _REACH / 2)
        fall = max(place - stuff["LO_X_cm1"], 0.0)
    title = f"{kind} of {name}"
    return Mode(f"{name}_{kind}", title, place, (low, high), width, _WIDTHS, gamma, fall)


def surface_optical_mode(name: str) -> Mode | None:
    """The surface-optical line of a shell: anywhere between TO and LO, its strain and thickness unknown.

    Raises
    ------
    InputError
        If there is no such material.
    """
    stuff = material(name)
    if "LO_cm1" not in stuff or "TO_cm1" not in stuff:
        return None
    low, high = stuff["TO_cm1"], stuff["LO_cm1"]
    width = {n: p.value for n, p in stuff.parameters.items()}.get("LO_width_cm1", 15.0)
    title = f"surface-optical mode of {name}"
    return Mode(
        f"{name}_{SURFACE_OPTICAL}", title, (low + high) / 2, (low - _REACH / 2, high), width, _WIDTHS
    )


def of_core(mode: Mode) -> Mode:
    """The same line of a core, which shells compress."""
    if mode.gamma is None:
        return mode
    high = max(mode.reach[1], mode.place * (1 + phonon_shift(-_COMPRESSED, mode.gamma)))
    return replace(mode, reach=(mode.reach[0], high))


def surface_mode(line: Surface) -> Mode:
    """A line of ``data/raman.yaml`` as one to look for."""
    place, width = line.place.value, line.width.value
    reach = (place - line.reach, place + line.reach)
    widths = (max(line.width.low, 2.0) / _SLACK, line.width.high * _SLACK)
    return Mode(line.name, line.title, place, reach, width, widths)


def unexplained(number: int, place: float) -> Mode:
    """A line about ``place`` that nobody looked for."""
    reach = (place - _BAND_REACH, place + _BAND_REACH)
    return Mode(f"{BAND}{number}", f"unexplained band {number}", place, reach, 15.0, _BAND_WIDTHS)


def is_band(mode: Mode) -> bool:
    """Whether nobody looked for it."""
    return mode.name.startswith(BAND)


def explaining(place: float, beside: Sequence[str] = ()) -> list[Mode]:
    """The known lines but for those named ``beside`` that may lie at ``place``, the nearest first."""
    lattice = [lattice_mode(name, kind) for name in scattering() for kind in LATTICE]
    known = [m for m in lattice if m is not None] + [surface_mode(s) for s in surface_lines().values()]
    near = [m for m in known if m.name not in beside and m.reach[0] <= place <= m.reach[1]]
    return sorted(near, key=lambda m: abs(m.place - place))


def in_reach_of_partner(mode: Mode, place: float) -> bool:
    """Whether the TO of an LO, or the LO of a TO, may lie at ``place``."""
    stuff, _, kind = mode.name.rpartition("_")
    if kind not in LATTICE or mode.name in surface_lines():
        return False
    partner = lattice_mode(stuff, LATTICE[1 - LATTICE.index(kind)])
    return partner is not None and partner.reach[0] <= place <= partner.reach[1]


def alike(one: Mode, other: Mode) -> bool:
    """Whether two lattice modes lie so near to each other that a spectrum shows one line."""
    lattice = one.gamma is not None and other.gamma is not None
    return lattice and one.name != other.name and abs(one.place - other.place) < NEAR


def chosen(materials: str, wanted: str | None = None) -> list[Mode]:
    """The lines to look for: of ``materials`` (names apart by blanks or commas) and of surfaces.

    ``wanted`` names them one by one instead.

    Raises
    ------
    InputError
        For a material or line that is not known.
    """
    if wanted is not None:
        return [_named(name) for name in dict.fromkeys(_words(wanted))]
    found = [lattice_mode(name, kind) for name in dict.fromkeys(_words(materials)) for kind in LATTICE]
    return [mode for mode in found if mode is not None] + [surface_mode(s) for s in surface_lines().values()]


def _named(name: str) -> Mode:
    if name in surface_lines():
        return surface_mode(surface_lines()[name])
    stuff, _, kind = name.rpartition("_")
    mode = None
    if stuff in names() and kind in (*LATTICE, SURFACE_OPTICAL):
        mode = surface_optical_mode(stuff) if kind == SURFACE_OPTICAL else lattice_mode(stuff, kind)
    if mode is None:
        known = [f"{m}_{k}" for m in scattering() for k in (*LATTICE, SURFACE_OPTICAL)] + list(
            surface_lines()
        )
        raise InputError("no such line of Raman scattering", seen=name, nearest=nearest(name, known))
    return mode


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()
