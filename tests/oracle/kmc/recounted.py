"""Counting from scratch: everything in which the state that a run keeps up to date is not the state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.growth.kmc.compiler import Compiled
from epidot.growth.kmc.recount import neighbour_count
from epidot.growth.kmc.tables import ASLEEP, PAGE, U8, VOLUME, State


def discrepancies(
    compiled: Compiled,
    state: State,
    start: U8,
    liquor: NDArray[np.int64],
    poured: NDArray[np.int64],
) -> list[str]:
    """Everything in which a state differs from one rebuilt from its species (empty: nothing)."""
    model, lattice = compiled.model, compiled.lattice
    wrong = []
    key = np.zeros(len(lattice), dtype=np.int64)
    for i, block in enumerate(compiled.blocks):
        mine = lattice.sublattice == i
        local = np.array([block.local.get(n, -(10**6)) for n in model.names])
        value = block.base + local[state.species].astype(np.int64)
        for d in block.digits:
            value += d.stride * neighbour_count(model, lattice, state.species, d.counted)
        key[mine] = value[mine]
    if np.any(key != state.key):
        wrong.append(f"{int((key != state.key).sum())} sites have a wrong environment")
    base = compiled.tables.class_of_key[key]
    classes = compiled.tables.variant[base, state.asleep]
    wrong += _sleep(compiled, state, base)
    n = np.bincount(classes, minlength=compiled.n_classes)
    n[0] = 0
    last = compiled.n_classes - 1
    if np.any(n[:last] != state.n[:last]):
        wrong.append("class counts are wrong")
    filed = np.flatnonzero(classes)
    at = np.clip(state.position[filed], 0, state.page.shape[1] * PAGE - 1)
    lost = filed[state.pool[state.page[classes[filed], at // PAGE], at % PAGE] != filed]
    if len(lost):
        wrong.append(f"{len(lost)} sites are not where their bucket says, first {lost[0]}")
    on = np.bincount(state.species, minlength=len(model.names))
    if np.any(on != state.on):
        wrong.append("numbers of sites per species are wrong")
    wrong += _balance(compiled, state, start, liquor, poured)
    return wrong


def _sleep(compiled: Compiled, state: State, base: NDArray[np.int16]) -> list[str]:
    """Sites said to be without a partner that have one."""
    tables, lattice = compiled.tables, compiled.lattice
    wrong = []
    for w, (relation, species) in enumerate(compiled.kinds):
        has = neighbour_count(compiled.model, lattice, state.species, (relation, frozenset([species]))) > 0
        for bit in range(ASLEEP):
            said = (tables.wants[base, bit] == w) & (state.asleep >> bit & 1).astype(bool)
            if np.any(said & has):
                wrong.append(f"{int((said & has).sum())} sites sleep beside a {species}")
    return wrong


def _balance(
    compiled: Compiled,
    state: State,
    start: U8,
    liquor: NDArray[np.int64],
    poured: NDArray[np.int64],
) -> list[str]:
    """Whole numbers: species per dot, and the liquor, follow from what they were and the events."""
    model, dot = compiled.model, compiled.lattice.dot_of
    S, D = len(model.names), compiled.lattice.n_dots
    made = np.zeros((len(model.reactions), S), dtype=np.int64)
    freed = np.zeros((len(model.reactions), len(model.liquor)), dtype=np.int64)
    for i, r in enumerate(model.reactions):
        steps = [(r.before, r.after)]
        if r.partner is not None:
            steps.append((r.partner.before, r.partner.after))
        for before, after in steps:
            if before is not None and after is not None:
                made[i, model.index(before)] -= 1
                made[i, model.index(after)] += 1
        for s, n in r.liquor.items():
            freed[i, model.liquor.index(s)] += n
    wrong = []
    then = np.bincount(dot * S + start, minlength=S * D).reshape(D, S)
    now = np.bincount(dot * S + state.species, minlength=S * D).reshape(D, S)
    if np.any(now - then != state.tally[:-1] @ made):
        wrong.append("the species of a dot do not follow from its events")
    change = state.tally.sum(axis=0) @ freed
    if np.any(change != state.ledger):
        wrong.append("the ledger of the liquor does not follow from the events")
    expected = np.where(state.held == 1, liquor, liquor + change) + poured
    if np.any(expected != state.liquor):
        wrong.append("the liquor does not follow from the events and additions")
    if np.any(state.liquor < 0) or not state.real[VOLUME] > 0:
        wrong.append("a negative amount")
    return wrong
