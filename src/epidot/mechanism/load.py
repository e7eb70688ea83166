"""Reading a mechanism file: every fault in one go, each with its line.

Checked here, because a mechanism that fails one of these has no meaning: names, units, numbers with
source and status, and for every reaction the balance of elements, charge and fixed sites.  What is
merely suspicious is left to :mod:`epidot.mechanism.lint`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from pathlib import Path

from epidot import documents
from epidot.errors import InputError, nearest
from epidot.given import instead, now
from epidot.mechanism.lattice_steps import read_lattice
from epidot.mechanism.mechanism import Mechanism
from epidot.mechanism.reactions import Reactions

USUAL = "choi2023"
_TOP = (
    "name title sources groups families reagents spectators sites environments surfaces packing spread untold"
)
TOP = (*_TOP.split(), "parameters", "equilibria", "hypotheses", "species", "reactions", "lattice", "note")


def read(path: Path, *, where: str | None = None) -> Mechanism:
    """Read and check one file; raises :class:`~epidot.errors.InputError` with all faults."""
    return build(documents.read(path, where=where))


def parse(text: str, *, where: str = "<text>") -> Mechanism:
    """The same from text."""
    return build(documents.parse(text, where=where))


def build(document: documents.Document) -> Mechanism:
    """A checked mechanism from plain data."""
    reader = _Reader(document)
    mechanism = reader.mechanism()
    reader.faults.raise_if_any()
    return mechanism


def shipped() -> tuple[str, ...]:
    """Names of the mechanisms that come with epidot."""
    folder = resources.files("epidot") / "data" / "mechanisms"
    return tuple(sorted(p.name[:-5] for p in folder.iterdir() if p.name.endswith(".yaml")))


def load(path_or_name: str | Path = USUAL) -> Mechanism:
    """The mechanism in a file, or a shipped one by its name; ``choi2023@2`` under its hypothesis 2.

    Raises
    ------
    InputError
        With every fault found: what, file and line, value seen, nearest valid name, what to do.
    """
    return _given(_named(str(path_or_name)))


def for_core(core: str) -> str:
    """The shipped mechanism that knows the surface of ``core``; the usual one where none does."""
    return next((n for n in (USUAL, *shipped()) if core in _shipped(n).surfaces), USUAL)


def is_shipped(name: str) -> bool:
    """Whether this names a mechanism that comes with epidot, under a hypothesis of its or not."""
    return name.partition("@")[0] in shipped()


def _named(name: str) -> Mechanism:
    base, at, hypothesis = name.partition("@")
    if at and not os.path.exists(name):
        return _named(base).under(hypothesis)
    if name in shipped():
        return _shipped(name)
    if not os.path.exists(name) and "/" not in name and not name.endswith((".yaml", ".yml")):
        raise InputError(
            "no such mechanism",
            seen=name,
            nearest=nearest(name, shipped()),
            remedy="give a shipped name or a file",
        )
    return read(Path(name))


def _given(mechanism: Mechanism) -> Mechanism:
    """The same with the numbers that are given for this run."""
    if not now().part("mechanism."):
        return mechanism
    return replace(mechanism, parameters=instead("mechanism.", mechanism.parameters))


@lru_cache(maxsize=8)
def _shipped(name: str) -> Mechanism:
    with resources.as_file(resources.files("epidot") / "data" / "mechanisms" / f"{name}.yaml") as path:
        return read(path, where=f"{name}.yaml")


class _Reader(Reactions):
    def mechanism(self) -> Mechanism:
        """All sections, each after those it refers to."""
        if not isinstance(self.document.data, dict):
            self.faults.add("expected a mapping with name, species, reactions ...", line=1)
            self.faults.raise_if_any()
        top = self.top.fields(TOP) if self.document.data else self.top
        for key in ("name", "title", "species", "reactions"):
            if not top[key]:
                self.faults.add(f"missing key {key!r}", line=1)
        self.sources = {key: entry.text() for key, entry in top["sources"].table().items()}
        self.read_groups()
        self.read_families()
        self.read_parameters()
        self.read_sites()
        self.read_equilibria()
        self.read_species()
        self.read_environments()
        surfaces = self.read_surfaces()
        packing = self.read_packing()
        spread = self.number(self.top, "spread", "number") if self.top["spread"] else None
        reactions = self.read_reactions()
        reagents = self.spelt_out(top["reagents"], self.species, "species")
        return Mechanism(
            name=top["name"].text(""),
            title=top["title"].text(""),
            where=self.document.where,
            groups=self.groups,
            reagents=reagents,
            sites=self.sites,
            environments=self.environments,
            surfaces=surfaces,
            packing=packing,
            spread=spread or None,
            untold=top["untold"].text(""),
            parameters=self.parameters,
            equilibria=self.equilibria,
            species=self.species,
            reactions=reactions,
            lattice=read_lattice(self, reactions),
            spectators=self.read_spectators(),
            hypotheses=self.read_hypotheses(),
        )
