"""What the kinds of a grown dot count as, one row per kind: the marks turned into arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.dot.composition import ions
from epidot.dot.grown import GrownDot

# Which shell a chalcogenide belongs to; in the order in which equal radii are laid down.
SHELLS: Mapping[str, str] = {"Se": "ZnSe", "S": "ZnS"}
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """Rows are kinds, shape (kinds,) each; ``elements`` are the shell anions in the order of ``shell``.

    ``shell`` is the index of the shell anion a kind brings (-1: none); ``own`` says whether it is an ion of
    the core; ``surface`` whether it is a core-surface cation that takes part in the chemistry (it carries a
    ligand, oxide or memory, or is no longer the core's own element); ``exchanged`` the last of these.
    """

    elements: tuple[str, ...]
    shell: NDArray[np.int64]
    own: Flags
    surface: Flags
    exchanged: Flags
    covered: Flags
    linked: Flags
    crystalline: Flags
    oxide: NDArray[np.int64]
    memory: Flags


def table(dot: GrownDot, shells: Mapping[str, str] = SHELLS) -> Table:
    """The table of ``dot.kinds``."""
    elements = tuple(shells)
    core = ions(dot.core)

    def marked(mark: str) -> Flags:
        return np.array([mark in k.marks for k in dot.kinds], dtype=np.bool_)

    shell, surface, exchanged = [], [], []
    for k in dot.kinds:
        mine = "core" in k.marks
        found = [i for i, el in enumerate(elements) if k.composition.get(el, 0) and not mine]
        shell.append(found[0] if found else -1)
        filled = "vacant" not in k.marks and bool(k.composition)
        kept = any(el in k.composition for el in core.cations)
        exchanged.append(filled and not found and not kept and not _anion_of(core.anions, k.composition))
        inert = kept and not k.ligands and k.marks <= {"core"} and sum(k.composition.values()) == 1
        surface.append(exchanged[-1] or (kept and not inert))
    return Table(
        elements,
        np.array(shell, dtype=np.int64),
        marked("core"),
        np.array(surface, dtype=np.bool_),
        np.array(exchanged, dtype=np.bool_),
        marked("covered"),
        marked("linked"),
        marked("crystalline"),
        np.array([k.composition.get("O", 0) if "oxide" in k.marks else 0 for k in dot.kinds], dtype=np.int64),
        marked("memory"),
    )


def _anion_of(anions: Mapping[str, float], composition: Mapping[str, int]) -> bool:
    """Whether this is nothing but the core's own anion."""
    return len(composition) == 1 and next(iter(composition)) in anions


def cations_of(shells: Mapping[str, str]) -> list[str]:
    """Cations of the shell materials, each once."""
    return list(dict.fromkeys(el for material in shells.values() for el in ions(material).cations))
