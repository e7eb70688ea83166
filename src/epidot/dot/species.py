"""What the kinds of a grown dot count as, one row per kind: the marks turned into arrays."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from epidot.dot.grown import GrownDot
from epidot.dot.halides import HALIDES
from epidot.matter.compound import charges
from epidot.matter.materials import VARIABLE, compound_of, crystal

Flags = NDArray[np.bool_]
_MOST = 16  # tables that are kept
_MADE: dict[tuple[int, str, str | None], tuple[object, Table]] = {}


@dataclass(frozen=True)
class Table:
    """Rows are kinds, shape (kinds,) each; ``shells`` are the shell anions and the crystal each belongs to.

    ``shell`` is the index of the shell anion a kind brings (-1: none); ``own`` says whether it is an ion of
    the core; ``surface`` whether it is a core-surface cation that takes part in the chemistry (it carries a
    ligand, oxide or memory, or is no longer the core's own element); ``exchanged`` the last of these;
    ``open`` whether it is a shell anion that is not linked and has no metal of its own; ``halide`` and
    ``capped`` whether it is a surface cation that carries a halide, or any ligand; ``added`` whether it was
    added to the core or stands on a surface site; ``present`` whether any ion stands there; ``loose`` whether
    it carries that mark.  ``composition`` and ``ligands`` are numbers per kind, by element and by ligand,
    ``charge`` its charge in e.
    """

    shells: Mapping[str, str]
    shell: NDArray[np.int64]
    own: Flags
    surface: Flags
    exchanged: Flags
    covered: Flags
    linked: Flags
    crystalline: Flags
    oxide: NDArray[np.int64]
    memory: Flags

    open: Flags
    halide: Flags
    capped: Flags

    added: Flags
    present: Flags
    loose: Flags
    charge: NDArray[np.float64]
    composition: Mapping[str, NDArray[np.int64]]
    ligands: Mapping[str, NDArray[np.int64]]

    @property
    def elements(self) -> tuple[str, ...]:
        """The shell anions, in the order of ``shell``."""
        return tuple(self.shells)

    @property
    def cations(self) -> tuple[str, ...]:
        """Cations of the shells, each once."""
        return tuple(dict.fromkeys(el for name in self.shells.values() for el in crystal(name).cations))


def table(dot: GrownDot) -> Table:
    """The table of ``dot.kinds``, made once for all dots that share them."""
    key = id(dot.kinds), dot.core, os.environ.get(VARIABLE)
    kinds, found = _MADE.get(key, (None, None))
    if found is None or kinds is not dot.kinds:
        if len(_MADE) >= _MOST:
            _MADE.clear()
        found = _table(dot)
        _MADE[key] = dot.kinds, found  # kept beside it, so that no others get their place
    return found


def _table(dot: GrownDot) -> Table:
    shells = _shells(dot)
    elements = tuple(shells)
    core = crystal(dot.core)

    def marked(mark: str) -> Flags:
        return _flags([mark in k.marks for k in dot.kinds])

    shell, surface, exchanged = [], [], []
    for k in dot.kinds:
        mine = "core" in k.marks
        found = [i for i, el in enumerate(elements) if k.composition.get(el, 0) and not mine]
        shell.append(found[0] if found else -1)
        filled = "vacant" not in k.marks and bool(k.composition)
        kept = any(el in k.composition for el in core.cations)
        exchanged.append(filled and not found and not kept and not _anion_of(core.anions, k.composition))
        alone = not k.ligands and k.marks <= {"core"} and sum(k.composition.values()) == 1
        inert = kept and (alone or "spectator" in k.marks)
        surface.append(exchanged[-1] or (kept and not inert))
    on_surface = _flags(surface)
    return Table(
        shells,
        np.array(shell, dtype=np.int64),
        marked("core"),
        on_surface,
        _flags(exchanged),
        marked("covered"),
        marked("linked"),
        marked("crystalline"),
        np.array([k.composition.get("O", 0) if "oxide" in k.marks else 0 for k in dot.kinds], dtype=np.int64),
        marked("memory"),
        (np.array(shell) >= 0) & ~marked("linked") & ~_flags([_metal(k.composition) for k in dot.kinds]),
        _flags([any(x in HALIDES for x in k.ligands) for k in dot.kinds]) & on_surface,
        _flags([bool(k.ligands) for k in dot.kinds]) & on_surface,
        ~marked("core") | on_surface,
        _flags([bool(k.composition) for k in dot.kinds]),
        marked("loose"),
        np.array([k.charge for k in dot.kinds]),
        _numbers([k.composition for k in dot.kinds]),
        _numbers([k.ligands for k in dot.kinds]),
    )


def _flags(those: Sequence[bool]) -> Flags:
    return np.array(those, dtype=np.bool_)


def _metal(composition: Mapping[str, int]) -> bool:
    """Whether an ion of positive charge is in it."""
    return any(charges().get(el, 0) > 0 for el in composition)


def _numbers(rows: Sequence[Mapping[str, int]]) -> dict[str, NDArray[np.int64]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name, 0) for row in rows], dtype=np.int64) for name in names}


def _anion_of(anions: Mapping[str, float], composition: Mapping[str, int]) -> bool:
    """Whether this is nothing but the core's own anion."""
    return len(composition) == 1 and next(iter(composition)) in anions


def _shells(dot: GrownDot) -> dict[str, str]:
    """Shell anion -> its crystal: a cation and an anion that some kind outside the core holds together.

    In the order of the kinds, which is that of the mechanism: so equal radii are laid down.
    """
    out: dict[str, str] = {}
    for k in dot.kinds:
        if k.marks & {"core", "oxide"}:
            continue
        signs = {el: charges().get(el, 0) for el in k.composition}
        for cation, anion in product(
            (el for el in signs if signs[el] > 0), (el for el in signs if signs[el] < 0)
        ):
            name = compound_of(cation, anion)
            if name is not None and name != dot.core:
                out.setdefault(anion, name)
    return out
