"""The first state of a run, and its programme and flows as arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.errors import Faults, nearest
from epidot.growth.kmc.compiler import Compiled
from epidot.growth.kmc.programme import Flow, Programme
from epidot.growth.kmc.stream import seeded
from epidot.growth.kmc.tables import (
    FREE,
    GROUP,
    I32,
    LANES,
    LEFT,
    PAGE,
    PIECE,
    REAL,
    STALE,
    U8,
    VOLUME,
    WHOLE,
    Drive,
    State,
)


def first_state(
    compiled: Compiled,
    start: ArrayLike | str,
    seed: int | np.random.SeedSequence,
    liquor: dict[str, int],
    volume: float,
    held: tuple[str, ...],
    environments: Callable[..., None],
) -> State:
    """A state at time 0 with nothing drawn yet; its bounds are still to be set.

    ``environments`` is the compiled function of that name: numba is loaded by those who run only.
    """
    model, lattice = compiled.model, compiled.lattice
    N, R, M = len(lattice), len(model.reactions), len(model.liquor)
    faults = Faults("start")
    species = _species(compiled, start, faults)
    for name in (*liquor, *held):
        if name not in model.liquor:
            faults.add("unknown dissolved species", seen=name, nearest=nearest(name, model.liquor))
    for name, n in liquor.items():
        if n < 0 or n != int(n):
            faults.add(f"molecules of {name} must be a whole number, not negative", seen=n)
    if not (math.isfinite(volume) and volume > 0):
        faults.add("the volume must be positive", seen=volume)
    faults.raise_if_any()
    whole, real = np.zeros(len(WHOLE), dtype=np.int64), np.zeros(len(REAL))
    real[VOLUME], real[LEFT] = volume, -1.0
    on = np.bincount(species, minlength=len(model.names)).astype(np.int64)
    state = State(
        packed=np.zeros((N, 2), dtype=np.int32),
        species=species,
        asleep=np.zeros(N, dtype=np.uint8),
        **unfilled(compiled),
        weight=np.zeros(padded(compiled.n_classes)),
        k=np.zeros(compiled.n_entries),
        factor=np.ones(R),
        liquor=np.array([int(liquor.get(s, 0)) for s in model.liquor], dtype=np.int64),
        low=np.zeros(M, dtype=np.int64),
        high=np.zeros(M, dtype=np.int64),
        held=np.array([s in held for s in model.liquor], dtype=np.uint8),
        ledger=np.zeros(M, dtype=np.int64),
        poured=np.zeros(0, dtype=np.int64),
        tally=np.zeros((lattice.n_dots + 1, R), dtype=np.int64),
        unequal=np.zeros(R, dtype=np.uint8),
        share=np.ones(lattice.n_dots + 1),
        on=on,
        on_since=np.zeros(len(on)),
        on_integral=np.zeros(len(on)),
        whole=whole,
        real=real,
        random=seeded(seed),
    )
    state.key[:] = _keys(compiled, species, environments)
    whole[STALE] = 1
    file_sites(compiled, state)
    return state


def _species(compiled: Compiled, start: ArrayLike | str, faults: Faults) -> U8:
    model, lattice = compiled.model, compiled.lattice
    given = np.asarray(start)
    if given.ndim == 0:
        given = np.full(len(lattice), given)
    if given.shape != (len(lattice),):
        faults.add(f"a species for each of the {len(lattice)} sites is needed", seen=given.shape)
        return np.zeros(len(lattice), dtype=np.uint8)
    if given.dtype.kind == "U":
        names = [str(n) for n in np.unique(given)]
        for name in names:
            if name not in model.names:
                faults.add("unknown species", seen=name, nearest=nearest(name, model.names))
        known = {n: i for i, n in enumerate(model.names)}
        species = np.array([known.get(str(n), 0) for n in given], dtype=np.int64)
    else:
        species = given
        if species.min() < 0 or species.max() >= len(model.names):
            faults.add("a species index that does not exist", seen=f"{species.min()} to {species.max()}")
            species = np.clip(species, 0, len(model.names) - 1)
    kinds, places = len(model.names), len(lattice.sublattices)
    code = species.astype(np.uint16) * np.uint16(places) + lattice.sublattice
    there = np.bincount(code, minlength=kinds * places).reshape(kinds, places)
    for i, name in enumerate(model.names):
        for b, sublattice in enumerate(lattice.sublattices):
            n = int(there[i, b])
            if n and not model.allowed(name, sublattice):
                faults.add(f"{name} cannot sit on sublattice {sublattice}", seen=f"{n} sites")
    return species.astype(np.uint8)


def _keys(compiled: Compiled, species: U8, environments: Callable[..., None]) -> NDArray[np.int32]:
    out = np.zeros(len(compiled.lattice), dtype=np.int32)
    environments(*compiled.counted, compiled.tables.base, compiled.tables.local, species, out)
    return out


def unfilled(compiled: Compiled) -> dict[str, NDArray[Any]]:
    """Empty buckets and sums: what :func:`file_sites` and the kernel fill."""
    N, C = len(compiled.lattice), compiled.n_classes
    pages, groups = N // PAGE + C + 1, -(-C // GROUP)
    return {
        "n": np.zeros(padded(C), dtype=np.int32),
        "lane": np.zeros((groups, LANES)),
        "group": np.zeros(groups),
        "dirty": np.ones(groups, dtype=np.uint8),
        "page": np.zeros((C, N // PAGE + 1), dtype=np.int32),
        "pool": np.zeros((pages, PAGE), dtype=np.int32),
        "free": np.zeros(pages, dtype=np.int32),
    }


def padded(classes: int) -> int:
    """The number of classes made up to whole rows of lanes."""
    return -(-classes // LANES) * LANES


def file_sites(compiled: Compiled, state: State) -> None:
    """Fill buckets, counts and unused pages from the environment and the place of every site.

    The places within a class need only be in order; they become 0, 1, 2, ...
    """
    C, pages = state.page.shape[0], len(state.pool)
    classes = classes_of(compiled, state)
    order = np.flatnonzero(classes)  # what is inert, nearly everything, stands in no bucket
    classes = classes[order]
    if state.position.any():
        by_class = np.lexsort((state.position[order], classes))
    else:  # the order of the sites; classes of two bytes are sorted by counting
        by_class = np.argsort(classes.astype(np.uint16), kind="stable")
    filed, of = order[by_class], classes[by_class]
    many = np.bincount(of, minlength=C)
    before = np.cumsum(many) - many
    pages_of = -(-many // PAGE)
    pages_before = np.cumsum(pages_of) - pages_of
    used = int(pages_of.sum())
    state.n[:C] = many
    state.n[C:] = 0
    state.n[C - 1] = 1  # the liquor
    place = np.arange(len(filed)) - before[of]
    state.position[filed] = place
    state.pool[pages_before[of] + place // PAGE, place % PAGE] = filed
    of = np.repeat(np.arange(C), pages_of)
    state.page[of, np.arange(used) - pages_before[of]] = np.arange(used)
    state.free[: pages - used] = np.arange(used, pages)
    state.whole[FREE] = pages - used


def classes_of(compiled: Compiled, state: State) -> I32:
    """The class of each site, shape (N,)."""
    base = compiled.tables.class_of_key[state.key]
    return compiled.tables.variant[base, state.asleep].astype(np.int32)


def drive_of(compiled: Compiled, programme: Programme, flows: tuple[Flow, ...]) -> Drive:
    """Programme and flows as arrays; a ramp is cut into pieces for the largest energy of the model."""
    names = compiled.model.liquor
    faults = Faults("additions")
    for flow in flows:
        for name in flow.molecules:
            if name not in names:
                faults.add("unknown dissolved species", seen=name, nearest=nearest(name, names))
    faults.raise_if_any()
    energies = np.abs(compiled.tables.entry_E)
    times, temperatures = programme.pieces(float(energies.max(initial=0.0)))
    parts = [[(names.index(s), n) for s, n in f.molecules.items() if n] for f in flows]
    return Drive(
        times,
        temperatures,
        np.array([f.start for f in flows], dtype=float),
        np.array([f.interval for f in flows], dtype=float),
        np.array([f.pulses for f in flows], dtype=np.int64),
        np.array([f.volume for f in flows], dtype=float),
        np.concatenate([[0], np.cumsum([len(p) for p in parts])]).astype(np.int32),
        np.array([s for p in parts for s, _ in p], dtype=np.int32),
        np.array([n for p in parts for _, n in p], dtype=np.int64),
    )


def changes_ahead(drive: Drive, state: State) -> bool:
    """Whether the programme or a flow is still to change something."""
    return bool(state.whole[PIECE] < len(drive.times) or np.any(state.poured < drive.flow_pulses))
