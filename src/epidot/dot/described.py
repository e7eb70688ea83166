"""A dot described in YAML, for whoever has no recipe: core, shells, surface and medium as a population.

.. code-block:: yaml

    core: {material: InP, diameter: 3.3 nm, sigma: 8 %}   # sigma: relative spread of the diameters
    layer: d111                     # what one layer is: d111, half-lattice, or e.g. 0.35 nm
    shells:                         # from inside out
    - {material: ZnSe, layers: 2}
    - {material: ZnS, thickness: 0.3 nm, coherency: 0.4, crystalline: 100 %}
    ligands: {OA: 90}               # per dot
    surface: {oxide: 3, coverage: 100 %, traps: 5}      # traps: positions outside that no ligand heals
    medium: toluene
    dots: 200
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.documents import Document, mapping
from epidot.documents import read as read_document
from epidot.dot import composition, described_halides
from epidot.dot.halides import HalideContent
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.errors import Fault, Faults, InputError, nearest
from epidot.matter.materials import crystal
from epidot.units import parse

KEYS = ("title", "core", "layer", "shells", "ligands", "surface", "halides", "medium", "dots")
CORE_KEYS = ("material", "diameter", "sigma")
SHELL_KEYS = ("material", "thickness", "layers", "layer", "coherency", "crystalline")
SURFACE_KEYS = ("sites", "coverage", "linked", "oxide", "oxide_memory", "traps")
LIGANDS = ("OA", "OAm", "OH", "F", "Cl", "Br", "I", "Int1")
DOTS = 200
_MAX_DOTS = 100_000
_DIAMETERS_NM = (0.8, 30.0)
_THICKNESS_NM = 20.0


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
    reading = _Reading(document)
    top = reading.mapping((), KEYS)
    core, diameter, sigma = reading.core(top)
    layer = reading.layer(("layer",), top.get("layer", "d111"))
    shells = reading.shells(top, layer)
    ligands = reading.ligands(top)
    surface = reading.surface(top)
    halides: tuple[HalideContent, ...] = ()
    if "halides" in top:
        outer = diameter / 2 + sum(layer.thickness_nm for layer in shells)
        given = reading.mapping(("halides",), described_halides.ELEMENTS)
        halides = described_halides.contents(reading, given, outer)
    medium = reading.medium(top)
    n = reading.whole(("dots",), top.get("dots", DOTS if sigma else 1), 1, _MAX_DOTS)
    reading.faults.raise_if_any()
    covered = 1.0 if shells else 0.0
    known = bool(surface)
    dot = LayeredDot(
        core,
        diameter,
        tuple(shells),
        ligands=ligands,
        adatoms=_adatoms(diameter, shells),
        sites=surface.get("sites", surface_sites(diameter) if known else 0.0),
        oxide=surface.get("oxide", 0.0),
        oxide_memory=surface.get("oxide_memory", 0.0),
        surface_traps=surface.get("traps", 0.0),
        coverage=surface.get("coverage", covered if known else 0.0),
        linked=surface.get("linked", covered if known else 0.0),
        halides=halides,
        medium=medium,
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


_Place = tuple[str | int, ...]


class _Reading:
    """Reads one document and notes every fault; what is wrong gets a harmless stand-in meanwhile."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: Faults = document.faults()

    def fault(self, place: _Place, what: str, seen: object = None, **more: Any) -> None:
        self.faults.add(what, line=self.document.line(place), seen=seen, **more)

    def mapping(self, place: _Place, known: Iterable[str]) -> Mapping[str, Any]:
        return mapping(self.document, place, known, self.faults)

    # --- single values

    def take(self, place: _Place, read: Callable[[], Any], stand_in: Any) -> Any:
        """``read()``, its faults moved to the line of ``place``."""
        try:
            return read()
        except InputError as error:
            for fault in error.faults:
                self.faults.found.append(
                    Fault(
                        f"{_words(place)}: {fault.what}",
                        self.document.where,
                        self.document.line(place),
                        fault.seen,
                        fault.nearest,
                        fault.remedy,
                    )
                )
            return stand_in

    def quantity(
        self, place: _Place, value: Any, kind: str, low: float, high: float, stand_in: float
    ) -> float:
        """A number with its unit between ``low`` and ``high`` (a fraction may be a plain number)."""
        plain = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not plain and not isinstance(value, str):
            self.fault(place, f"{_words(place)} must be a number", "nothing" if value is None else value)
            return stand_in
        number = float(self.take(place, lambda: parse(str(value), kind), math.nan))
        if math.isnan(number):
            return stand_in
        if not low <= number <= high:
            unit = "" if kind == "fraction" else " nm"
            self.fault(place, f"{_words(place)} must lie between {low:g} and {high:g}{unit}", value)
            return stand_in
        return number

    def count(self, place: _Place, value: Any, high: float = 1e6) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= high:
            self.fault(place, f"{_words(place)} must be a number between 0 and {high:g}", value)
            return 0.0
        return float(value)

    def whole(self, place: _Place, value: Any, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(place, f"{_words(place)} must be a whole number between {low} and {high}", value)
            return low
        return value

    def material(self, place: _Place, value: Any) -> str | None:
        """The standard name of a zinc-blende material, or ``None`` with a fault noted."""
        if not isinstance(value, str):
            self.fault(place, f"{_words(place)} is missing", None if value is None else value)
            return None
        found: str | None = self.take(place, lambda: crystal(value).name, None)
        return found

    def layer(self, place: _Place, value: Any) -> str | float:
        """A layer convention, or the thickness of one layer in nm."""
        if isinstance(value, str) and not value.lstrip()[:1].isdigit():
            found: str = self.take(
                place, lambda: (composition.layer_of_lattice_nm(1.0, value), value)[1], "d111"
            )
            return found
        return self.quantity(place, value, "length", 0.01, 5.0, 0.3)

    # --- the parts

    def core(self, top: Mapping[str, Any]) -> tuple[str, float, float]:
        if "core" not in top:
            self.fault((), "a dot needs a core", remedy="write e.g. core: {material: InP, diameter: 3.3 nm}")
            return "InP", 3.0, 0.0
        before = len(self.faults.found)
        core = self.mapping(("core",), CORE_KEYS)
        misspelt = len(self.faults.found) > before  # then what seems to be missing may be there
        if misspelt and not core:
            return "InP", 3.0, 0.0
        name = (
            "InP"
            if misspelt and "material" not in core
            else self.material(("core", "material"), core.get("material"))
        )
        if "diameter" not in core:
            if not misspelt:
                self.fault(("core",), "the core's diameter is missing", remedy="write e.g. diameter: 3.3 nm")
            diameter = 3.0
        else:
            diameter = self.quantity(("core", "diameter"), core["diameter"], "length", *_DIAMETERS_NM, 3.0)
        sigma = self.quantity(("core", "sigma"), core.get("sigma", 0), "fraction", 0, 0.5, 0.0)
        return name or "InP", diameter, sigma

    def shells(self, top: Mapping[str, Any], convention: str | float) -> list[Layer]:
        raw = top.get("shells", [])
        if not isinstance(raw, list):
            self.fault(("shells",), "shells must be a list", raw, remedy="begin each shell with '- '")
            return []
        found = (self.shell(("shells", i), convention) for i in range(len(raw)))
        return [shell for shell in found if shell is not None]

    def shell(self, place: _Place, convention: str | float) -> Layer | None:
        before = len(self.faults.found)
        shell = self.mapping(place, SHELL_KEYS)
        if not shell:
            if len(self.faults.found) == before:
                self.fault(place, "an empty shell", remedy="write e.g. {material: ZnS, layers: 1}")
            return None
        misspelt = len(self.faults.found) > before
        name: str | None = None
        if "material" in shell or not misspelt:
            name = self.material((*place, "material"), shell.get("material"))
        if ("thickness" in shell) == ("layers" in shell) and not (misspelt and "layers" not in shell):
            what = "both thickness and layers" if "layers" in shell else "neither thickness nor layers"
            self.fault(place, f"this shell has {what}", remedy="give exactly one of them")
        if "layer" in shell and "layers" not in shell:
            self.fault((*place, "layer"), "a layer convention goes with layers, not with a thickness")
        own = self.layer((*place, "layer"), shell["layer"]) if "layer" in shell else convention
        thickness, layers = 0.1, 1.0
        if "thickness" in shell:
            thickness = self.quantity(
                (*place, "thickness"), shell["thickness"], "length", 1e-3, _THICKNESS_NM, 0.1
            )
        elif "layers" in shell:
            layers = self.count((*place, "layers"), shell["layers"], 100)
            if shell["layers"] == 0:
                self.fault((*place, "layers"), "a shell of no layers", remedy="leave the shell out")
        coherency = shell.get("coherency")
        if coherency is not None:
            coherency = self.quantity((*place, "coherency"), coherency, "fraction", 0, 1, 1.0)
        crystalline = self.quantity(
            (*place, "crystalline"), shell.get("crystalline", 1), "fraction", 0, 1, 1.0
        )
        if len(self.faults.found) > before or name is None:
            return None
        if "layers" in shell:
            thickness = layers * composition.layer_thickness_nm(name, own)
            if thickness > _THICKNESS_NM:
                self.fault((*place, "layers"), f"this shell is {thickness:.0f} nm thick", shell["layers"])
                return None
        return Layer(name, thickness, coherency, crystalline)

    def ligands(self, top: Mapping[str, Any]) -> dict[str, float]:
        if "ligands" not in top:
            return {}
        raw = self.mapping(
            ("ligands",), (*LIGANDS, *(top["ligands"] if isinstance(top["ligands"], dict) else ()))
        )
        for name in raw:
            if name not in LIGANDS:
                self.fault(
                    ("ligands", name), "unknown ligand", name, nearest=nearest(name, LIGANDS) or LIGANDS
                )
        return {name: self.count(("ligands", name), n) for name, n in raw.items()}

    def surface(self, top: Mapping[str, Any]) -> dict[str, float]:
        if "surface" not in top:
            return {}
        raw = self.mapping(("surface",), SURFACE_KEYS)
        out = {}
        for key in SURFACE_KEYS:
            if key not in raw:
                continue
            if key in ("coverage", "linked"):
                out[key] = self.quantity(("surface", key), raw[key], "fraction", 0, 1, 0.0)
            else:
                out[key] = self.count(("surface", key), raw[key])
        return out

    def medium(self, top: Mapping[str, Any]) -> str:
        value = top.get("medium", "toluene")
        if not isinstance(value, str):
            self.fault(("medium",), "the medium must be the name of a solvent", value)
            return "toluene"

        def known() -> str:
            from epidot.matter.reagents import refractive_index

            refractive_index(value)
            return value

        found: str = self.take(("medium",), known, "toluene")
        return found


def _words(place: _Place) -> str:
    """``("shells", 0, "thickness")`` as "shell 1: thickness"."""
    if len(place) > 1 and place[0] == "shells":
        return ": ".join([f"shell {int(place[1]) + 1}", *(str(p) for p in place[2:])])
    return " ".join(str(p) for p in place) or "the document"
