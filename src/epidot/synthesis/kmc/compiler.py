"""From a model and a lattice to tables: environment classes, entries, key changes, neighbour lists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import Faults
from epidot.synthesis.kmc.checks import check, largest, places_of
from epidot.synthesis.kmc.keys import Block, conditions, feasible, layout
from epidot.synthesis.kmc.lattice import Lattice, templates
from epidot.synthesis.kmc.model import Model, Reaction
from epidot.synthesis.kmc.tables import Sites, Tables
from epidot.synthesis.kmc.wiring import LiquorTables, liquor_tables, neighbours

MAX_CLASSES = 4096


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

    @property
    def n_entries(self) -> int:
        """Number of (reaction, class) pairs."""
        return len(self.tables.entry_reaction)

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with any rate, condition or neighbour."""
        digest = hashlib.sha256(repr(self.model).encode())
        for array in (*self.tables, *self.sites):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class _Case:
    """Where a reaction is possible: rows over all keys."""

    enabled: NDArray[np.bool_]
    energy: NDArray[np.float64]
    times: NDArray[np.int64]


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
    rows, row_of = _partner_rows(model, blocks, occurs)
    cases = [_case(model, distinct, r, blocks, occurs) for r in model.reactions]
    lowest = [0.0 if row_of[i] < 0 else rows[row_of[i]][1] for i in range(len(cases))]
    class_of_key, first_key = _classes(model, cases, len(occurs))

    starts, reactions, As, Es = [0, 0], [], [], []
    for key in first_key:
        for i, (r, case) in enumerate(zip(model.reactions, cases, strict=True)):
            if case.enabled[key]:
                reactions.append(i)
                As.append(r.A * int(case.times[key]))
                Es.append(float(case.energy[key]) + lowest[i])
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
        partner_near=_i32([0 if p is None else begins[p.relation] for p in partners]),
        directions=_i32([_directions(model, distinct, r) for r in model.reactions]),
        partner_row=_i32(row_of),
        **_levels(rows, len(occurs)),
        weighed_start=_i32(np.concatenate([[0], np.cumsum([len(w) for w in weighed])])),
        weighed=_i32([c for w in weighed for c in w]),
        **liquor._asdict(),
    )
    return Compiled(model, lattice, blocks, tables, sites, len(starts) - 1, tuple(lowest))


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


def _levels(rows: list[tuple[NDArray[np.float64], float]], n_keys: int) -> dict[str, NDArray[Any]]:
    """Energies of partners as a small number per key, and what the numbers mean."""
    level = np.full((max(len(rows), 1), n_keys if rows else 1), -1, dtype=np.int16)
    values: list[NDArray[np.float64]] = []
    for i, (energy, _) in enumerate(rows):
        fits = np.isfinite(energy)
        value, index = np.unique(energy[fits], return_inverse=True)
        level[i, fits] = index.reshape(-1)
        values.append(value)
    above = np.zeros((len(level), max((len(v) for v in values), default=1) or 1))
    for i, value in enumerate(values):
        above[i, : len(value)] = value
    return {"partner_level": level, "partner_above": above}


def _meets(
    model: Model, block: Block, where: dict[str, tuple[int, int]], blocked_by: tuple[str, ...]
) -> NDArray[np.bool_]:
    ok = np.ones(block.size, dtype=bool)
    for counted, low, high in conditions(model, where, blocked_by):
        value = block.value(counted)
        ok &= (value >= low) & (value <= high)
    return ok


def _energy(model: Model, block: Block, Ea: float, energy: dict[str, float]) -> NDArray[np.float64]:
    counts = {c.name: (c.relation, frozenset(c.of)) for c in model.counts}
    total = np.full(block.size, Ea)
    for name, per_count in energy.items():
        total = total + per_count * block.value(counts[name])
    return total


def _case(
    model: Model, lattice: Lattice, r: Reaction, blocks: tuple[Block, ...], occurs: NDArray[np.bool_]
) -> _Case:
    places = places_of(model, r, lattice)
    enabled, energy, times = [], [], []
    z = _directions(model, lattice, r)
    for block in blocks:
        here = np.zeros(block.size, dtype=bool)
        count = np.ones(block.size, dtype=np.int64)
        if block.sublattice in places and r.before is not None:
            here = block.holds(r.before) & _meets(model, block, dict(r.where), r.blocked_by)
            if r.partner is not None and r.partner.counted:
                count = block.value((r.partner.relation, frozenset([r.partner.before])))
            elif r.partner is not None:
                count = count * z
        enabled.append(here & (count > 0))
        times.append(count)
        energy.append(_energy(model, block, r.Ea, dict(r.energy)))
    return _Case(np.concatenate(enabled) & occurs, np.concatenate(energy), np.concatenate(times))


def _directions(model: Model, lattice: Lattice, r: Reaction) -> int:
    if r.partner is None:
        return 0
    return max((largest(lattice, r.partner.relation, s) for s in places_of(model, r, lattice)), default=0)


def _partner_rows(
    model: Model, blocks: tuple[Block, ...], occurs: NDArray[np.bool_]
) -> tuple[list[tuple[NDArray[np.float64], float]], list[int]]:
    """Energies of partners above the lowest (infinite where they will not do); each reaction's row."""
    rows: list[tuple[NDArray[np.float64], float]] = []
    seen: dict[object, int] = {}
    row_of = []
    for r in model.reactions:
        if r.partner is None:
            row_of.append(-1)
            continue
        p = r.partner
        same = (p.before, p.after, tuple(p.where.items()), p.blocked_by, tuple(p.energy.items()))
        if same not in seen:
            parts = []
            for b in blocks:
                fits = b.holds(p.before) & _meets(model, b, dict(p.where), p.blocked_by)
                if p.after not in b.local:
                    fits[:] = False
                parts.append(np.where(fits, _energy(model, b, 0.0, dict(p.energy)), np.inf))
            energy = np.concatenate(parts)
            energy[~occurs] = np.inf
            low = float(energy.min(initial=np.inf))
            low = low if np.isfinite(low) else 0.0
            seen[same] = len(rows)
            rows.append((energy - low, low))
        row_of.append(seen[same])
    return rows, row_of


def _classes(model: Model, cases: list[_Case], n_keys: int) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Keys with the same reactions at the same rates become one class; 0 is "nothing can happen"."""
    code = np.zeros(n_keys, dtype=np.int64)
    for case in cases:
        pairs = np.stack([case.energy[case.enabled], case.times[case.enabled]], axis=1)
        _, kind = np.unique(pairs, axis=0, return_inverse=True)
        column = np.zeros(n_keys, dtype=np.int64)
        column[case.enabled] = kind.reshape(-1) + 1
        _, code = np.unique(code * (int(column.max(initial=0)) + 1) + column, return_inverse=True)
        code = code.reshape(-1)
    inert = ~np.any([c.enabled for c in cases], axis=0)
    _, first, code = np.unique(np.where(inert, -1, code), return_index=True, return_inverse=True)
    code = code.reshape(-1) + (0 if inert.any() else 1)
    first = first[1:] if inert.any() else first
    if len(first) > MAX_CLASSES:
        faults = Faults(model.where)
        faults.add(
            f"too many kinds of environment with rates of their own (at most {MAX_CLASSES})",
            seen=len(first),
            remedy="use narrower ranges, fewer counts, or fewer energy terms",
        )
        faults.raise_if_any()
    return code.astype(np.int16), first
