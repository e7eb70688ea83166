"""Which lines species have: ``data/nmr.yaml``.  One more species is one more entry there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from epidot.documents import data_document, top
from epidot.documents.entry import Entry
from epidot.errors import InputError
from epidot.matter import names
from epidot.matter.nuclei import nucleus
from epidot.parameter import Parameter

PLACES = ("free", "dot", "solid")
NUCLEI = ("1H", "31P", "77Se", "13C")
# A line is called by a species that lies so near, and only if no other species does (ppm by nucleus).
NEAR = {"1H": 0.1, "13C": 1.0, "31P": 1.0, "77Se": 20.0}
_KEYS = (
    "nucleus",
    "group",
    "count",
    "on",
    "shift",
    "width",
    "anisotropy",
    "protons",
    "distance",
    "spread",
    "couplings",
)


@dataclass(frozen=True)
class Resonance:
    """One line of ``species``: ``count`` nuclei at ``shift`` / ppm, ``couplings`` J / Hz by partner.

    ``on`` tells where it is: free in solution, bound to a dot, in a solid.  ``width`` in Hz; of a bound one
    ``anisotropy`` and ``spread`` in ppm and ``protons`` at ``distance_nm`` widen it (0: not known).
    """

    species: str
    nucleus: str
    group: str
    count: int
    on: str
    shift: Parameter
    width: float
    anisotropy: float
    protons: int
    distance_nm: float
    spread: float
    couplings: Mapping[str, Parameter]


@dataclass(frozen=True)
class Species:
    """A species with its resonances; ``dot`` is what of a dot carries it, ``liquor`` its name in a flask."""

    name: str
    title: str
    dot: str
    liquor: str
    resonances: tuple[Resonance, ...]

    def of(self, nucleus_name: str) -> tuple[Resonance, ...]:
        """Its lines of one nucleus."""
        return tuple(r for r in self.resonances if r.nucleus == nucleus_name)


@dataclass(frozen=True)
class Table:
    """Everything that ``data/nmr.yaml`` holds."""

    species: Mapping[str, Species]
    exchange: Mapping[str, Parameter]
    pair: tuple[str, str]
    frequency: Mapping[str, Parameter]
    oxygens_per_phosphate: float


@cache
def table() -> Table:
    """The table, read once."""
    page = top(data_document("nmr.yaml"))
    plain = page["width"].parameter(units=("Hz",))
    width = plain.value if plain else 1.0
    found = {}
    for name, entry in page["species"].table().items():
        entry.fields(("title", "dot", "liquor", "resonances"), ("title", "resonances"))
        rows = tuple(_resonance(name, row, width) for row in entry["resonances"].rows("resonance"))
        on, dissolved = (entry[key].text("") for key in ("dot", "liquor"))
        found[name] = Species(name, entry["title"].text(), on, dissolved, tuple(r for r in rows if r))
    exchange = page["exchange"]
    rates = {k: exchange[k].parameter() for k in ("dH", "dS", "dH_act", "dS_act")}
    pair = exchange["first"].text(), exchange["second"].text()
    frequency = page["frequency"].parameters()
    per = page["oxygens_per_phosphate"].parameter()
    page.faults.raise_if_any()
    assert per is not None
    return Table(found, {k: v for k, v in rates.items() if v}, pair, frequency, per.value)


def _resonance(species: str, row: Entry, plain: float) -> Resonance | None:
    row.fields(_KEYS, ("nucleus", "count", "on", "shift"))

    def value(key: str, unit: str, default: float) -> float:
        if not row[key]:
            return default
        one = row[key].parameter(units=(unit,))
        return one.value if one else default

    shift = row["shift"].parameter(name=f"{species}_ppm", units=("ppm",))
    couplings = {}
    for each in row["couplings"].rows("coupling") if row["couplings"] else []:
        each.fields(("partner", "J"), ("partner", "J"))
        J = each["J"].parameter(units=("Hz",))
        if J is not None:
            couplings[each["partner"].text()] = J
    if shift is None:
        return None
    return Resonance(
        species,
        row["nucleus"].choice(NUCLEI),
        row["group"].text(""),
        row["count"].whole(1, 100),
        row["on"].choice(PLACES),
        shift,
        value("width", "Hz", plain),
        value("anisotropy", "ppm", 0.0),
        row["protons"].whole(0, 100, 0),
        value("distance", "nm", 0.0),
        value("spread", "ppm", 0.0),
        couplings,
    )


def species(name: str) -> Species:
    """The species called ``name``.

    Raises
    ------
    InputError
        If there is none, with the nearest names and all that are known.
    """
    known = names.index((one, (one.name,)) for one in table().species.values())
    remedy = f"known are {', '.join(table().species)}"
    return names.look_up("species of NMR", name, known, tuple(table().species), remedy)


def dissolved_species(liquor: Mapping[str, float]) -> dict[str, float]:
    """Moles of the species of the table among what is dissolved in a flask."""
    return {
        one.name: liquor[one.liquor]
        for one in table().species.values()
        if one.liquor and liquor.get(one.liquor, 0.0) > 0
    }


def resonance(name: str, nucleus_name: str) -> Resonance:
    """The first line of a species for a nucleus.

    Raises
    ------
    InputError
        If there is no such species, or it has no line of that nucleus.
    """
    lines = species(name).of(nucleus_name)
    if not lines:
        having = tuple(one.name for one in table().species.values() if one.of(nucleus_name))
        raise InputError(f"{name} has no line of {nucleus_name}", seen=name, nearest=having)
    return lines[0]


def frequency_MHz(nucleus_name: str) -> float:
    """Of a nucleus on the papers' instruments; of others by that of its protons.

    Raises
    ------
    InputError
        If the nucleus is not known.
    """
    known = table().frequency
    if nucleus_name in known:
        return known[nucleus_name].value
    return known["1H"].value * nucleus(nucleus_name).MHz_per_T / nucleus("1H").MHz_per_T


def pattern(couplings: Mapping[str, Parameter]) -> list[tuple[float, float]]:
    """Offset in Hz and share of every line that couplings to spins 1/2 make of one, abundances natural."""
    lines = [(0.0, 1.0)]
    for partner, J in couplings.items():
        a = nucleus(partner).abundance
        split = [(-J.value / 2, a / 2), (0.0, 1 - a), (J.value / 2, a / 2)]
        lines = [(at + d, w * share) for at, w in lines for d, share in split if share > 0]
    return lines
