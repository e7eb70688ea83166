"""Classes: environments in which the same reactions happen at the same rates; and which partners will do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.constants import K_B
from epidot.errors import Faults
from epidot.growth.kmc.checks import largest, places_of
from epidot.growth.kmc.keys import Block, conditions
from epidot.growth.kmc.lattice import Lattice
from epidot.growth.kmc.model import Model, Range, Reaction
from epidot.growth.kmc.tables import ASLEEP

MAX_CLASSES = 4096
WARM = 450.0  # K: at this temperature the partners most often drawn are found; it decides about speed only
_TABLE = 100_000  # numbers: so many are looked up in a table at once
MAX_LEVELS = 32_000  # of one partner's energy


@dataclass(frozen=True)
class Case:
    """Where a reaction is possible: environments, energy in eV, and the number of partners or directions."""

    key: NDArray[np.int64]
    energy: NDArray[np.float64]
    times: NDArray[np.int64]


def case_of(
    model: Model, lattice: Lattice, r: Reaction, blocks: tuple[Block, ...], occurs: NDArray[np.bool_]
) -> Case:
    """Where a reaction is possible."""
    places = places_of(model, r, lattice)
    key, energy, times = [], [], []
    z = directions_of(model, lattice, r)
    for block in blocks:
        if block.sublattice not in places or r.before is None:
            continue
        here = block.holds(r.before) & meets(model, block, r.where)
        at = np.flatnonzero(here & occurs[block.base : block.base + block.size])
        if r.partner is not None and r.partner.counted:
            count = block.value((r.partner.relation, frozenset([r.partner.before])))[at].astype(np.int64)
        else:
            count = np.full(len(at), 1 if r.partner is None else z, dtype=np.int64)
        at, count = at[count > 0], count[count > 0]
        key.append(at + block.base)
        times.append(count)
        energy.append(energy_of(model, block, r.Ea, dict(r.energy), at))
    none = np.zeros(0, dtype=np.int64)
    return Case(
        np.concatenate([*key, none]),
        np.concatenate([*energy, none.astype(float)]),
        np.concatenate([*times, none]),
    )


def meets(model: Model, block: Block, where: Mapping[str, Range]) -> NDArray[np.bool_]:
    """Which keys of a block meet all conditions, shape (size,)."""
    ok = np.ones(block.size, dtype=bool)
    for counted, low, high in conditions(model, where):
        value = block.value(counted)
        ok &= (value >= low) & (value <= high)
    return ok


def energy_of(
    model: Model, block: Block, Ea: float, energy: dict[str, float], at: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Energy in eV in the environments ``at`` of a block."""
    counts = {c.name: (c.relation, frozenset(c.of)) for c in model.counts}
    total = np.full(len(at), Ea)
    for name, per_count in energy.items():
        total = total + per_count * block.value(counts[name])[at]
    return total


def directions_of(model: Model, lattice: Lattice, r: Reaction) -> int:
    """In how many directions a partner is looked for."""
    if r.partner is None:
        return 0
    return max((largest(lattice, r.partner.relation, s) for s in places_of(model, r, lattice)), default=0)


Entry = tuple[int, float, int]  # reaction, energy in eV, times


def classes_from(model: Model, cases: list[Case], n_keys: int) -> tuple[NDArray[np.int16], list[list[Entry]]]:
    """The class of every key (0: nothing can happen) and the entries of classes 1, 2, ...

    Raises
    ------
    InputError
        If there are more than ``MAX_CLASSES``, naming the reactions and counts that make them.
    """
    code = np.zeros(n_keys, dtype=np.int64)
    used = 0
    kinds = []
    for case in cases:
        _, which = np.unique(case.energy, return_inverse=True)
        kind = which.reshape(-1) * (int(case.times.max(initial=0)) + 1) + case.times
        kinds.append(len(_numbered(kind)[0]))
        mixed = code[case.key] * (int(kind.max(initial=0)) + 1) + kind
        different, new = _numbered(mixed)
        many = len(different)
        if many > MAX_CLASSES:  # classes are only ever split further
            _refuse(model, kinds, many, at_least=True)
        code[case.key] = used + 1 + new
        used += many
    live, code = _numbered(code)
    first = np.zeros(len(live), dtype=np.int64)
    first[code[::-1]] = np.arange(len(code) - 1, -1, -1)  # the last to be written is the first of its kind
    inert = int(live[0] == 0) if len(live) else 0
    if len(live) - inert > MAX_CLASSES:
        _refuse(model, kinds, len(live) - inert, at_least=False)
    first = first[inert:]
    entries: list[list[Entry]] = [[] for _ in first]
    for i, case in enumerate(cases):
        at = np.minimum(np.searchsorted(case.key, first), max(len(case.key) - 1, 0))
        hit = np.flatnonzero(case.key[at] == first) if len(case.key) else np.zeros(0, dtype=np.intp)
        for c in hit:
            entries[c].append((i, float(case.energy[at[c]]), int(case.times[at[c]])))
    return (code + (1 - inert)).astype(np.int16), entries


def _numbered(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which ``values`` there are, none negative, in their order, and the place of each among them.

    As :func:`numpy.unique` gives them, without sorting where the largest is small enough for a table.
    """
    most = int(values.max(initial=-1)) + 1
    if most > _TABLE + 4 * len(values):
        different, place = np.unique(values, return_inverse=True)
        return different, place.reshape(-1)
    there = np.zeros(most, dtype=np.bool_)
    there[values] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[values]


@dataclass(frozen=True)
class Sleepers:
    """Classes that leave out reactions whose partner is known to be absent.

    ``entries`` and ``bits`` of all classes, those of :func:`classes_from` first; see :class:`tables.Tables`.
    """

    entries: list[list[Entry]]
    bits: list[list[int]]
    variant: NDArray[np.int16]
    wants: NDArray[np.int16]
    kinds: list[tuple[str, str]]  # relation, species


def sleepers(model: Model, entries: list[list[Entry]]) -> Sleepers:
    """For every class, the kinds of partner most often drawn, whose absence is remembered."""
    kinds: dict[tuple[str, str], int] = {}
    variant = np.zeros((len(entries) + 1, 1 << ASLEEP), dtype=np.int16)
    wants = np.full((len(entries) + 1, ASLEEP), -1, dtype=np.int16)
    all_entries, all_bits = list(entries), []
    more: list[tuple[list[Entry], list[int]]] = []
    for c, members in enumerate(entries, start=1):
        asked: dict[tuple[str, str], float] = {}
        for i, energy, times in members:
            p = model.reactions[i].partner
            if p is not None and not p.counted:
                rate = model.reactions[i].A * times * math.exp(-energy / (K_B * WARM))
                asked[p.relation, p.before] = asked.get((p.relation, p.before), 0.0) + rate
        chosen = sorted(asked, key=lambda kind: -asked[kind])[:ASLEEP]
        for bit, kind in enumerate(chosen):
            wants[c, bit] = kinds.setdefault(kind, len(kinds))
        bits = [_bit(model, i, chosen) for i, _, _ in members]
        all_bits.append(bits)
        variant[c, :] = c
        for mask in range(1, 1 << len(chosen)):
            left = [(e, b) for e, b in zip(members, bits, strict=True) if b < 0 or not mask >> b & 1]
            variant[c, mask] = len(entries) + len(more) + 1 if left else 0
            if left:
                more.append(([e for e, _ in left], [b for _, b in left]))
    return Sleepers(
        all_entries + [e for e, _ in more], all_bits + [b for _, b in more], variant, wants, list(kinds)
    )


def _bit(model: Model, reaction: int, chosen: list[tuple[str, str]]) -> int:
    p = model.reactions[reaction].partner
    if p is None or p.counted or (p.relation, p.before) not in chosen:
        return -1
    return chosen.index((p.relation, p.before))


def _refuse(model: Model, kinds: list[int], many: int, *, at_least: bool) -> None:
    faults = Faults(model.where)
    worst = sorted(zip(kinds, model.reactions, strict=False), key=lambda pair: -pair[0])[:3]
    told = []
    for n, r in worst:
        counts = [*r.where, *r.energy]
        if r.partner is not None and r.partner.counted:
            counts.append(f"the number of {r.partner.before} under {r.partner.relation}")
        told.append(f"{r.name}: {n} rates, by {', '.join(dict.fromkeys(counts)) or 'nothing'}")
    most = worst[0][1]
    what = ", ".join(most.energy) or "its counts"
    faults.add(
        f"too many kinds of environment with rates of their own (at most {MAX_CLASSES})",
        seen=f"{'at least ' if at_least else ''}{many} ({'; '.join(told)})",
        remedy=f"give {most.name} fewer energy terms than {what}, narrower ranges, or counts of several "
        "species together",
    )
    faults.raise_if_any()


def partner_tables(
    model: Model, blocks: tuple[Block, ...], occurs: NDArray[np.bool_]
) -> tuple[dict[str, NDArray[Any]], tuple[float, ...]]:
    """Which environments of a partner will do, at what energy; and each reaction's lowest such energy.

    Partners that are asked the same share a row.  A row spans the sublattices the partner may sit on.
    """
    level: list[NDArray[np.int16]] = []
    above: list[NDArray[np.float64]] = []
    base: list[int] = []
    seen: dict[object, int] = {}
    row_of, lowest, length = [], [], 0
    low_of: list[float] = []
    for r in model.reactions:
        if r.partner is None:
            row_of.append(-1)
            lowest.append(0.0)
            continue
        p = r.partner
        same = (p.before, p.after, tuple(p.where.items()), tuple(p.energy.items()))
        if same not in seen:
            holding = [b for b in blocks if p.before in b.local]
            first, last = holding[0].base, holding[-1].base + holding[-1].size
            keys, energies = [], []
            for b in holding:
                if p.after in b.local:
                    fits = b.holds(p.before) & meets(model, b, p.where)
                    at = np.flatnonzero(fits & occurs[b.base : b.base + b.size])
                    keys.append(at + b.base - first)
                    energies.append(energy_of(model, b, 0.0, dict(p.energy), at))
            energy = np.concatenate([*energies, np.zeros(0)])
            low = float(energy.min(initial=np.inf))
            low = low if np.isfinite(low) else 0.0
            value, index = np.unique(energy - low, return_inverse=True)
            if len(value) > MAX_LEVELS:
                faults = Faults(model.where)
                faults.add(f"too many energies of the partner in reaction {r.name}", seen=len(value))
                faults.raise_if_any()
            row = np.full(last - first, -1, dtype=np.int16)
            row[np.concatenate([*keys, np.zeros(0, dtype=np.int64)])] = index.reshape(-1)
            seen[same] = len(level)
            level.append(row)
            above.append(value)
            low_of.append(low)
            base.append(length - first)
            length += len(row)
        row_of.append(seen[same])
        lowest.append(low_of[seen[same]])
    table = np.zeros((max(len(level), 1), max((len(v) for v in above), default=1) or 1))
    for i, value in enumerate(above):
        table[i, : len(value)] = value
    return {
        "partner_row": np.array(row_of, dtype=np.int32),
        "partner_base": np.array([0 if i < 0 else base[i] for i in row_of], dtype=np.int32),
        "partner_level": np.concatenate([*level, np.full(1, -1, dtype=np.int16)]),
        "partner_above": table,
    }, tuple(lowest)
