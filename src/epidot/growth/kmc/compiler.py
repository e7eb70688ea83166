"""From a model and a lattice to tables: environment classes, entries, key changes, neighbour lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.growth.kmc.checks import check
from epidot.growth.kmc.classes import case_of, classes_from, directions_of, partner_tables, sleepers
from epidot.growth.kmc.keys import Block, feasible, layout
from epidot.growth.kmc.lattice import Copies, Lattice, templates
from epidot.growth.kmc.model import Model
from epidot.growth.kmc.tables import Sites, Tables
from epidot.growth.kmc.wiring import LiquorTables, liquor_tables, neighbours


@dataclass(frozen=True)
class Compiled:
    """A model on a lattice, ready to run any number of times."""

    model: Model
    lattice: Lattice
    blocks: tuple[Block, ...]
    tables: Tables
    sites: Sites
    n_classes: int  # with the inert class 0 and the liquor's, the last
    lowest: tuple[float, ...]  # per reaction, the lowest energy of a partner, eV
    kinds: tuple[tuple[str, str], ...]  # relation and species of partners whose absence is remembered

    @property
    def n_entries(self) -> int:
        """Number of (reaction, class) pairs."""
        return len(self.tables.entry_reaction)

    @cached_property
    def counted(self) -> tuple[Any, ...]:
        """What :func:`~epidot.growth.kmc.environments.environments` counts: its first arguments."""
        relations = self.lattice.relations
        one, n = (relations.one, relations.n) if isinstance(relations, Copies) else (self.lattice, 1)
        names = (
            list(dict.fromkeys(d.counted[0] for b in self.blocks for d in b.digits))
            or list(one.relations)[:1]
        )
        adds = np.zeros((len(self.blocks), len(names), len(self.model.names)), dtype=np.int32)
        for i, block in enumerate(self.blocks):
            for d in block.digits:
                adds[i, names.index(d.counted[0])] += d.stride * np.isin(self.model.names, list(d.counted[1]))
        return (n, one.sublattice, *one.rows(tuple(names)), adds, adds.any(axis=2))

    def with_tables(self, tables: Tables) -> Compiled:
        """The same model with other rates in its ``tables``: what is counted stays, and is found once."""
        out = replace(self, tables=tables)
        out.__dict__["counted"] = self.counted
        return out


def compile_model(model: Model, lattice: Lattice) -> Compiled:
    """Check a model and compile it for a lattice.

    Raises
    ------
    InputError
        With every fault of the model, or if it needs too many environments or classes.
    """
    distinct, shift = templates(lattice)
    check(model, distinct)
    blocks = layout(model, distinct)
    occurs = np.concatenate([feasible(model, distinct, b) for b in blocks])
    cases = [case_of(model, distinct, r, blocks, occurs) for r in model.reactions]
    class_of_key, entries = classes_from(model, cases, len(occurs))
    partner, lowest = partner_tables(model, blocks, occurs)

    starts, reactions, As, Es = [0, 0], [], [], []
    asleep = sleepers(model, entries)
    for members in asleep.entries:
        for i, energy, times in members:
            reactions.append(i)
            As.append(model.reactions[i].A * times)
            Es.append(energy + lowest[i])
        starts.append(len(reactions))
    for i, r in enumerate(model.reactions):
        if r.before is None:
            reactions.append(i)
            As.append(r.A)
            Es.append(r.Ea)
    starts.append(len(reactions))

    sites, delta, begins = neighbours(model, distinct, blocks, lattice.dots, shift)
    liquor = liquor_tables(model)
    weighed = _weighed(liquor, starts, reactions)
    partners = [r.partner for r in model.reactions]
    tables = Tables(
        class_of_key=class_of_key,
        kind_of_key=np.concatenate([_kinds(model, b) for b in blocks]),
        local=_i32([[b.local.get(n, -1) for n in model.names] for b in blocks]),
        base=_i32([b.base for b in blocks]),
        delta=delta,
        entry_start=_i32(starts),
        entry_reaction=_i32(reactions),
        entry_A=np.array(As, dtype=float),
        entry_E=np.array(Es, dtype=float),
        before=_i32([-1 if r.before is None else model.index(r.before) for r in model.reactions]),
        after=_i32([-1 if r.after is None else model.index(r.after) for r in model.reactions]),
        partner_before=_i32([-1 if p is None else model.index(p.before) for p in partners]),
        partner_after=_i32([-1 if p is None else model.index(p.after) for p in partners]),
        partner_counted=_i32([int(p is not None and p.counted) for p in partners]),
        partner_near=_i32([0 if p is None else begins[p.relation].near for p in partners]),
        partner_width=_i32([0 if p is None else begins[p.relation].width for p in partners]),
        directions=_i32([directions_of(model, distinct, r) for r in model.reactions]),
        **partner,
        variant=asleep.variant,
        wants=asleep.wants,
        entry_bit=np.array(
            [b for row in asleep.bits for b in row] + [-1] * sum(r.before is None for r in model.reactions),
            dtype=np.int16,
        ),
        kind_species=_i32([model.index(species) for _, species in asleep.kinds]),
        kind_near=_i32([begins[relation].near for relation, _ in asleep.kinds]),
        kind_width=_i32([begins[relation].width for relation, _ in asleep.kinds]),
        kind_watch=_i32([begins[relation].watch for relation, _ in asleep.kinds]),
        weighed_start=_i32(np.concatenate([[0], np.cumsum([len(w) for w in weighed])])),
        weighed=_i32([c for w in weighed for c in w]),
        **liquor._asdict(),
    )
    return Compiled(model, lattice, blocks, tables, sites, len(starts) - 1, lowest, tuple(asleep.kinds))


def _i32(values: object) -> NDArray[np.int32]:
    return np.array(values, dtype=np.int32)


def _kinds(model: Model, block: Block) -> NDArray[np.uint8]:
    """The species of each key of a sublattice."""
    names = np.array([model.index(n) for n in block.species] or [0], dtype=np.uint8)
    return names[np.arange(block.size) % len(names)]


def _weighed(liquor: LiquorTables, starts: list[int], reactions: list[int]) -> list[list[int]]:
    """For each dissolved species, the classes in which something depends on it."""
    members = [set(reactions[a:b]) for a, b in pairwise(starts)]
    first = liquor.dependent_start
    depend = [set(liquor.dependent[a:b].tolist()) for a, b in pairwise(first)]
    return [[c for c, m in enumerate(members) if m & d] for d in depend]
