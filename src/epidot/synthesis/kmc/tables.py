"""Arrays that both kernels read: the compiled model, the lattice seen by it, and the state of a run.

Shapes: N sites, S species, C classes (class 0 is inert, the last one is the liquor), E entries (reaction in
class), R reactions, M dissolved species, K keys, F flows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F8 = NDArray[np.float64]
U64 = NDArray[np.uint64]

PAGE = 256  # sites per page of a bucket
BLOCK = 8  # classes summed together

# state.packed
KEY, CLASS, PLACE, KIND = range(4)
# state.whole
EVENTS, NULLS, IN_A_ROW, PIECE, FREE, STALE = range(6)  # STALE: bounds must be made afresh
# state.real
TIME, VOLUME, LEFT, SINCE, NEXT = range(5)
# why a kernel came back
DONE, STUCK, STALLED = range(3)


class Tables(NamedTuple):
    """The compiled model."""

    class_of_key: I32  # (K,)
    local: I32  # (sublattices, S), lowest digit of the key, -1 where not allowed
    base: I32  # (sublattices,)
    delta: I32  # (signatures, S, S): change of a neighbour's key when a site goes old -> new
    entry_start: I32  # (C + 1,)
    entry_reaction: I32  # (E,)
    entry_A: F8  # (E,), times the number of directions or partners
    entry_E: F8  # (E,), eV
    after: I32  # (R,), -1 for the liquor
    partner_relation: I32  # (R,), -1 without partner
    partner_before: I32  # (R,)
    partner_after: I32  # (R,)
    partner_counted: I32  # (R,)
    directions: I32  # (R,)
    partner_row: I32  # (R,)
    partner_E: F8  # (rows, K), eV above the lowest; infinite where the partner will not do
    change_start: I32  # (R + 1,), change of the liquor
    change_species: I32
    change_n: I64
    order_start: I32  # (R + 1,), orders of the rate in the liquor
    order_species: I32
    order_n: I32
    order_needs: I64
    dependent_start: I32  # (M + 1,): reactions whose rate depends on a dissolved species
    dependent: I32


class Sites(NamedTuple):
    """The lattice as the kernels need it; all but ``dot`` for the distinct dots only, site - shift[dot]."""

    dot: I32  # (N,)
    shift: I32  # (dots,)
    sublattice: U8  # (n,)
    seen_start: I32  # (n + 1,): sites whose key a site enters
    seen_site: I32
    seen_signature: I32
    near_row: I32  # (relations of partners,): first row in near_start
    near_start: I32
    near_site: I32
    near_signature: I32  # -1 where the key of the neighbour does not see the centre


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

    packed: I32  # (N, 4): environment, class, place in the bucket of the class, species; one line of memory
    n: I64  # (C padded,), sites per class
    weight: F8  # (C padded,), bound on the rate of one site
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
    def site_class(self) -> I32:
        """The class of each site, shape (N,); a view."""
        return self.packed[:, CLASS]

    @property
    def position(self) -> I32:
        """The place of each site in the bucket of its class, shape (N,); a view."""
        return self.packed[:, PLACE]

    @property
    def species(self) -> I32:
        """The species on each site, shape (N,); a view."""
        return self.packed[:, KIND]


class Log(NamedTuple):
    """A record of events, filled up to its length."""

    time: F8
    reaction: I32
    site: I32
    partner: I32
