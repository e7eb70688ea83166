"""A dot described in YAML, for whoever has no recipe: core, shells, surface and medium as a population.

.. code-block:: yaml

    core: {material: InP, diameter: 3.3 nm, sigma: 8 %}   # sigma: relative spread of the diameters
    layer: d111                     # what one layer is: d111, half-lattice, or e.g. 0.35 nm
    shells:                         # from inside out
    - {material: ZnSe, layers: 2}
    - {material: ZnS, thickness: 0.3 nm, coherency: 0.4, crystalline: 100 %}
    ligands: {OA: 90}               # per dot
    surface: {oxide: 3, coverage: 100 %, stripped: 30 %}  # docs/dots.md has every word
    medium: toluene
    dots: 200
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.documents import Document, Entry, top
from epidot.documents import read as read_document
from epidot.dot import composition, described_halides
from epidot.dot.halides import HALIDES
from epidot.dot.layers import Layer, LayeredDot, Population, surface_rules
from epidot.dot.surface import USUAL_PER_NM2, healed_anions, overfull
from epidot.errors import nearest
from epidot.matter.materials import crystal
from epidot.matter.reagents import refractive_index

KEYS = ("title", "core", "layer", "shells", "ligands", "surface", "halides", "medium", "dots")
CORE_KEYS = ("material", "diameter", "sigma")
SHELL_KEYS = ("material", "thickness", "layers", "layer", "coherency", "crystalline")
# key under surface: -> field of the dot
SURFACE = {rule.described: name for name, rule in surface_rules().items() if rule.described}
SHARES = ("zinc", "halide", "bare")  # of the core-surface cations that no shell covers, or numbers of them
OUTSIDE = ("stripped", "rebound")  # shares of the metal carboxylate on the outer surface
LIGANDS = ("OA", "OAm", "OH", "F", "Cl", "Br", "I", "Int1", "OPR3")
DOTS = 200
_MAX_DOTS = 100_000
_DIAMETERS_NM = (0.8, 30.0)
_THICKNESS_NM = 20.0
_MOST = 1e6  # of anything on one dot


def read(path: str | Path) -> Population:
    """The population a DOT.yaml describes.

    The core diameters are the mid-quantiles of a log-normal law with exactly the mean and the relative
    spread written, so that reading needs no random numbers.  Ions of the shells are counted by eq 3 of
    choi2023 (``adatoms``).

    Raises
    ------
    InputError
        With every fault, each with its line.
    """
    return from_document(read_document(path))


def from_document(document: Document) -> Population:
    """:func:`read` of a document already parsed."""
    page = top(document)
    population = from_entry(page)
    page.faults.raise_if_any()
    return population


def from_entry(page: Entry) -> Population:
    """The population described at one place of a document; faults are noted in ``page.faults``."""
    page = page.fields(KEYS)
    core, diameter, sigma = _core(page["core"])
    layer = _layer(page["layer"], composition.LAYER)
    found = [_shell(shell, layer) for shell in page["shells"].rows("shell")]
    shells = [shell for shell in found if shell is not None]
    outer = diameter / 2 + sum(layer.thickness_nm for layer in shells)
    ligands = _ligands(page["ligands"], 2 * outer)
    surface = surface_fields(page["surface"], diameter, 2 * outer, 1.0 if shells else 0.0, ligands)
    halides = described_halides.contents(page["halides"], outer) if page["halides"] else ()
    n = page["dots"].whole(1, _MAX_DOTS, DOTS if sigma else 1)
    dot = LayeredDot(
        core,
        diameter,
        tuple(shells),
        ligands=ligands,
        adatoms=_adatoms(diameter, shells),
        halides=halides,
        medium=_medium(page["medium"]),
        **surface,
    )
    return Population(dot, quantiles(diameter, sigma, n))


def quantiles(mean_nm: float, sigma_rel: float, n: int) -> NDArray[np.float64]:
    """``n`` diameters, shape (n,): log-normal mid-quantiles scaled to exactly this mean and spread."""
    if n == 1 or sigma_rel < 1e-9:
        return np.full(n, mean_nm)
    s = math.sqrt(math.log1p(sigma_rel**2))
    normal = NormalDist()
    x = np.exp([s * normal.inv_cdf((i + 0.5) / n) for i in range(n)])
    return np.asarray(mean_nm * (1 + sigma_rel * (x - x.mean()) / x.std()), dtype=np.float64)


def surface_sites(diameter_nm: float) -> float:
    """Surface cation sites, as dense as on choi2023's InP-OA once its charges are closed (C019): assumed."""
    printed = {"In": 215.0, "P": 149.0, "OA": 72.0}
    sites = printed["OA"] + composition.charge_balance(printed).closure["O"]
    return sites * (diameter_nm / 2.4) ** 2


def _adatoms(diameter_nm: float, shells: Iterable[Layer]) -> dict[str, float]:
    out: dict[str, float] = {}
    d = diameter_nm
    for layer in shells:
        stuff = crystal(layer.material)
        count = composition.anions_in_shell(d, layer.thickness_nm, stuff.a_nm)
        for ion, share in (*stuff.cations.items(), *stuff.anions.items()):
            out[ion] = out.get(ion, 0.0) + share * count
        d += 2 * layer.thickness_nm
    return out


def _core(entry: Entry) -> tuple[str, float, float]:
    """Material, diameter in nm and relative spread."""
    if not entry:
        if not entry.misspelt:
            example = "write e.g. core: {material: InP, diameter: 3.3 nm}"
            entry.fault("a dot needs a core", remedy=example)
        return "InP", 3.0, 0.0
    core = entry.fields(CORE_KEYS)
    name = _material(core["material"]) or "InP"
    diameter = core["diameter"].quantity("length", *_DIAMETERS_NM)
    return name, diameter, core["sigma"].quantity("fraction", 0, 0.5, 0.0, span="0 % to 50 %")


def _shell(entry: Entry, convention: str | float) -> Layer | None:
    if entry.value == {}:
        entry.fault("an empty shell", remedy="write e.g. {material: ZnS, layers: 1}")
        return None
    before = len(entry.faults.found)
    shell = entry.fields(SHELL_KEYS)
    name = _material(shell["material"])
    thick, layers = shell["thickness"], shell["layers"]
    if bool(thick) == bool(layers) and (thick or not shell.misspelt):
        what = "both thickness and layers" if layers else "neither thickness nor layers"
        shell.fault(f"this shell has {what}", remedy="give exactly one of them")
    if shell["layer"] and not layers:
        shell["layer"].fault("a layer convention goes with layers, not with a thickness")
    if layers.value == 0:
        layers.fault("a shell of no layers", remedy="leave the shell out")
    one = _layer(shell["layer"], convention)
    thickness = thick.quantity("length", 1e-3, _THICKNESS_NM, 0.1)
    count = layers.number(0, 100, 1)
    coherency = shell["coherency"].quantity("fraction", 0, 1, 1) if shell["coherency"] else None
    crystalline = shell["crystalline"].quantity("fraction", 0, 1, 1)
    if name is None or len(entry.faults.found) > before:
        return None
    if layers:
        thickness = count * composition.layer_thickness_nm(name, one)
        if thickness > _THICKNESS_NM:
            layers.fault(f"this shell is {thickness:.0f} nm thick", seen=layers.value)
    return Layer(name, thickness, coherency, crystalline)


def _material(entry: Entry) -> str | None:
    """The standard name of a zinc-blende material, or ``None`` with a fault noted."""
    name = entry.text()
    if name:
        with entry.placed():
            return crystal(name).name
    return None


def _layer(entry: Entry, default: str | float) -> str | float:
    """A layer convention, or the thickness of one layer in nm."""
    if entry:
        with entry.placed():
            return composition.parse_layer(str(entry.value))
    return default


def _ligands(entry: Entry, outer_nm: float) -> dict[str, float]:
    found = entry.table("ligands")
    for name, one in found.items():
        if name not in LIGANDS:
            one.fault("unknown ligand", seen=name, nearest=nearest(name, LIGANDS) or LIGANDS)
    counts = {name: one.number(0, _MOST) for name, one in found.items()}
    known = {name: n for name, n in counts.items() if name in LIGANDS}
    if (full := overfull(known, outer_nm)) > 1:
        area = math.pi * outer_nm**2
        seen = ", ".join(f"{n:g} {name} ({n / area:.3g} per nm2)" for name, n in known.items())
        entry.fault(
            f"{full:.2g} times as many ligands as have a place on a dot of {outer_nm:.3g} nm",
            seen=seen,
            remedy=f"write numbers per dot; {USUAL_PER_NM2} oleates per nm2 are usual, "
            f"{3 * area:.0f} to {4.5 * area:.0f} here",
        )
    return counts


def surface_fields(
    entry: Entry, diameter_nm: float, outer_nm: float, covered: float, ligands: Mapping[str, float]
) -> dict[str, Any]:
    """Fields of the dot from its ``surface``; once anything is said of it, the rest follows.

    ``covered`` is the coverage where none is said; ``ligands`` are those of the dot, by name.
    """
    if not entry:
        return {}
    row = entry.fields((*SURFACE, *OUTSIDE))
    given = {key: name for key, name in SURFACE.items() if row[key]}
    if not given and not any(row[key] for key in OUTSIDE):
        return {}
    found = {"sites": surface_sites(diameter_nm), "coverage": covered, "linked": covered}
    for key, name in given.items():
        count = surface_rules()[name].area
        if key not in SHARES:
            found[name] = row[key].number(0, _MOST) if count else row[key].quantity("fraction", 0, 1)
    closed = found["sites"] * found["coverage"]
    if "open" not in given:  # a chalcogenide that is not linked has brought no zinc of its own
        found["open_anions"] = closed * (1 - found["linked"])
    elif found["open_anions"] > closed + 1e-9:
        row["open"].fault(
            f"more open chalcogenides than the {closed:.4g} sites that are covered",
            seen=row["open"].value,
            remedy="raise coverage, or write fewer",
        )
    free = max(0.0, found["sites"] - closed - found.get("oxide", 0.0))
    for key in SHARES:
        if row[key]:
            found[SURFACE[key]] = _share_or_number(row[key], free)
    if "halide" not in given and not covered:  # a core-surface site has two charges to close
        halides = sum(n for name, n in ligands.items() if name in HALIDES)
        rest = free - found.get("zinc_capped", 0.0) - found.get("bare_cations", 0.0)
        found["halide_capped"] = max(0.0, min(halides / 2, rest))
    said = sum(found.get(SURFACE[key], 0.0) for key in SHARES)
    # A cation under an open chalcogenide is covered and yet counts as zinc where it was exchanged.
    under = min(found.get("zinc_capped", 0.0), found["open_anions"])
    if said - under > free + 1e-6:
        entry.fault(
            f"zinc, halide and bare are {said:.4g} cations; {free:.4g} are free of shell and oxide",
            remedy="their shares add up to 100 % at most; a shell covers all but what coverage leaves",
        )
    return found | _outside(row, outer_nm, found)


def _share_or_number(entry: Entry, of: float) -> float:
    """``40 %`` of so many, or a number."""
    if isinstance(entry.value, str):
        return of * entry.quantity("fraction", 0, 1)
    return entry.number(0, _MOST)


def _outside(row: Entry, outer_nm: float, found: Mapping[str, Any]) -> dict[str, float]:
    """Traps of the outer surface where metal carboxylate was stripped and not bound again."""
    stripped, rebound = row["stripped"], row["rebound"]
    if not stripped:
        if rebound:
            rebound.fault(
                "rebound is a share of what was stripped",
                seen=rebound.value,
                remedy="write stripped: 90 % beside it",
            )
        return {}
    lost = stripped.quantity("fraction", 0, 1) * (1 - rebound.quantity("fraction", 0, 1, 0.0))
    return {"surface_traps": found.get("surface_traps", 0.0) + lost * healed_anions(outer_nm)}


def _medium(entry: Entry) -> str:
    name = entry.text("toluene")
    with entry.placed():
        refractive_index(name)
    return name
