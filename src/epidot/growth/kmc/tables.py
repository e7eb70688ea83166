"""Arrays that both kernels read: the compiled model, the lattice seen by it, and the state of a run.

Shapes: N sites, S species, C classes (class 0 is inert, the last one is the liquor), E entries (reaction in
class), R reactions, M dissolved species, K keys, F flows, G groups of classes.

What is read at every event is kept small, because a flask of dots is larger than the nearer caches: eight
bytes per site, four per neighbour.  A neighbour and how it is seen stand in one number, see :data:`BITS`.
Neighbours stand in rows of one width, filled up with -1: where a row begins needs no look-up of its own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F8 = NDArray[np.float64]
U64 = NDArray[np.uint64]

PAGE = 256  # sites per page of a bucket
LANES = 8  # sums of classes kept side by side in a group
GROUP = 64  # classes whose sum is renewed together
BITS = 24  # of a neighbour: the site in its template; above them its signature, a row of ``delta``
HERE = (1 << BITS) - 1
ASLEEP = 2  # kinds of absent partners that a class can leave out
NAP = 4  # null draws in a row after which a site without a partner may fall asleep
CHUNK = 6  # the dot of a site is looked up by site >> CHUNK

# state.packed
KEY, PLACE = range(2)
# state.whole
# STALE: bounds must be made afresh; SLEEPING: sites with a bit in ``asleep``
WHOLE = EVENTS, NULLS, IN_A_ROW, PIECE, FREE, STALE, SLEEPING = (0, 1, 2, 3, 4, 5, 6)
# state.real
REAL = TIME, VOLUME, LEFT, SINCE, NEXT = (0, 1, 2, 3, 4)
# why a kernel came back
DONE, STUCK, STALLED = range(3)


class Tables(NamedTuple):
    """The compiled model."""

    class_of_key: I16  # (K,)
    kind_of_key: U8  # (K,), the species
    local: I32  # (sublattices, S), lowest digit of the key, -1 where not allowed
    base: I32  # (sublattices,)
    delta: I32  # (signatures, S, S): change of a key when a site goes old -> new; 0: not seen
    entry_start: I32  # (C + 1,)
    entry_reaction: I32  # (E,)
    entry_A: F8  # (E,), times the number of directions or partners
    entry_E: F8  # (E,), eV
    before: I32  # (R,), -1 for the liquor
    after: I32  # (R,), -1 for the liquor
    partner_before: I32  # (R,), -1 without partner
    partner_after: I32  # (R,)
    partner_counted: I32  # (R,)
    partner_near: I32  # (R,): where the rows of the partner's relation begin in near
    partner_width: I32  # (R,): the width of these rows
    directions: I32  # (R,)
    partner_row: I32  # (R,)
    partner_base: I32  # (R,): where the level of key 0 would stand in partner_level
    partner_level: I16  # per row and key of the partner's sublattices, -1 where the partner will not do
    partner_above: F8  # (rows, levels), eV above the lowest
    variant: I16  # (base classes, 2**ASLEEP): the class without the partners known to be absent
    wants: I16  # (base classes, bits): which kind of partner a bit is about, -1 none
    entry_bit: I16  # (E,), -1 where no bit is about the partner of the entry
    kind_species: I32  # (kinds,), species of a partner
    kind_near: I32  # (kinds,): where the rows of its relation begin in near
    kind_width: I32  # (kinds,)
    kind_watch: I32  # (kinds,): first row in watch_start
    change_start: I32  # (R + 1,), change of the liquor
    change_species: I32
    change_n: I64
    order_start: I32  # (R + 1,), orders of the rate in the liquor
    order_species: I32
    order_n: I32
    order_needs: I64
    dependent_start: I32  # (M + 1,): reactions whose rate depends on a dissolved species
    dependent: I32
    weighed_start: I32  # (M + 1,): classes with such a reaction
    weighed: I32


class Sites(NamedTuple):
    """The lattice as the kernels need it; neighbours for the distinct dots only, of site - shift[dot]."""

    chunk: I32  # (N >> CHUNK + 1,): the dot of the first site of each chunk
    first: I32  # (dots + 1,)
    shift: I32  # (dots,)
    sublattice: U8  # (n,)
    seen: I32  # (n, width): signature << BITS | site, of sites whose key a site enters, itself the first
    near: I32  # rows of all relations of partners, one after the other, in the same numbers
    watch_start: I32  # the same relations the other way: who has a site as neighbour
    watch: I32


class Drive(NamedTuple):
    """Temperature points and flows."""

    times: F8
    temperatures: F8
    flow_start: F8  # (F,)
    flow_interval: F8
    flow_pulses: I64
    flow_volume: F8
    flow_first: I32  # (F + 1,)
    flow_species: I32
    flow_n: I64


class State(NamedTuple):
    """Everything that changes."""

    packed: I32  # (N, 2): environment, place in the bucket of its class
    species: U8  # (N,)
    asleep: U8  # (N,): a bit for each kind of partner that is known to be absent
    n: I32  # (C padded,), sites per class
    weight: F8  # (C padded,), bound on the rate of one site
    lane: F8  # (G, LANES), sums of weight times n over every eighth class of a group
    group: F8  # (G,), their sums
    dirty: U8  # (G,), groups whose sums must be renewed
    page: I32  # (C, pages of one bucket)
    pool: I32  # (pages, PAGE)
    free: I32  # (pages,), stack of unused pages
    k: F8  # (E,), bound
    factor: F8  # (R,), bound
    liquor: I64  # (M,)
    low: I64  # (M,), the bounds hold between low and high
    high: I64  # (M,)
    held: U8  # (M,), concentration held constant
    ledger: I64  # (M,), net change by events
    poured: I64  # (F,), portions added
    tally: I64  # (dots + 1, R), events per reaction; the last row is the liquor
    unequal: U8  # (R,), reactions that go on every dot at a rate of its own
    share: F8  # (dots + 1,), of the largest such rate
    on: I64  # (S,), sites per species
    on_since: F8  # (S,)
    on_integral: F8  # (S,), time integral of ``on`` up to ``on_since``
    whole: I64
    real: F8
    random: U64  # (4,)

    @property
    def key(self) -> I32:
        """The environment of each site, shape (N,); a view."""
        return self.packed[:, KEY]

    @property
    def position(self) -> I32:
        """The place of each site in the bucket of its class, shape (N,); a view."""
        return self.packed[:, PLACE]


class Log(NamedTuple):
    """A record of events, filled up to its length."""

    time: F8
    reaction: I32
    site: I32
    partner: I32
