"""The compiled kernel: advance the chain by events or to a time.

Time is kept as an integrated hazard: one exponential number per draw is used up at the present total rate,
so that looking at the state, a change of temperature or a portion added does not cost or change a draw.
Rates are bounds that hold for a while (a piece of a temperature ramp, a band of concentrations); an event
drawn is accepted with true rate over bound, and a rejected one only lets time pass.  That is exact.
"""

from __future__ import annotations

import math

import numpy as np

from epidot.constants import K_B
from epidot.synthesis.kmc.jit import entry, part, spliced
from epidot.synthesis.kmc.tables import (
    BLOCK,
    CLASS,
    DONE,
    EVENTS,
    F8,
    FREE,
    I32,
    I64,
    IN_A_ROW,
    KEY,
    KIND,
    LEFT,
    NEXT,
    NULLS,
    PAGE,
    PIECE,
    PLACE,
    SINCE,
    STALE,
    STALLED,
    STUCK,
    TIME,
    U8,
    U64,
    VOLUME,
    Drive,
    Log,
    Sites,
    State,
    Tables,
)

_11, _17, _19, _23 = np.uint64(11), np.uint64(17), np.uint64(19), np.uint64(23)
_41, _45 = np.uint64(41), np.uint64(45)
_UNIT = 2.0**-53
_SHIFT = PAGE.bit_length() - 1
_IN_PAGE = PAGE - 1
INF = math.inf


@part
def uniform(s: U64) -> float:
    """The next number in [0, 1)."""
    s0, s1, s2, s3 = s[0], s[1], s[2], s[3]
    x = s0 + s3
    result = ((x << _23) | (x >> _41)) + s0
    t = s1 << _17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = (s3 << _45) | (s3 >> _19)
    s[0], s[1], s[2], s[3] = s0, s1, s2, s3
    return float(np.int64(result >> _11)) * _UNIT


@spliced
def reclass(
    site: int, old: int, new: int, packed: I32, n: I64, page: I32, pool: I32, free: I32, whole: I64
) -> None:
    """Move a site from the bucket of one class to that of another; class 0 has no bucket."""
    if old > 0:
        last = n[old] - 1
        at = packed[site, PLACE]
        moved = pool[page[old, last >> _SHIFT], last & _IN_PAGE]
        pool[page[old, at >> _SHIFT], at & _IN_PAGE] = moved
        packed[moved, PLACE] = at
        n[old] = last
        if last & _IN_PAGE == 0:
            free[whole[FREE]] = page[old, last >> _SHIFT]
            whole[FREE] += 1
    if new > 0:
        end = n[new]
        if end & _IN_PAGE == 0:
            whole[FREE] -= 1
            page[new, end >> _SHIFT] = free[whole[FREE]]
        pool[page[new, end >> _SHIFT], end & _IN_PAGE] = site
        packed[site, PLACE] = end
        n[new] = end + 1


@spliced
def change(
    site: int,
    shift: int,
    new: int,
    t: float,
    packed: I32,
    n: I64,
    page: I32,
    pool: I32,
    free: I32,
    whole: I64,
    on: I64,
    on_since: F8,
    on_integral: F8,
    class_of_key: I32,
    local: I32,
    delta: I32,
    sublattice: U8,
    seen_start: I32,
    seen_site: I32,
    seen_signature: I32,
) -> None:
    """Put another species on a site and move every site whose class that changes."""
    old = packed[site, KIND]
    if old != new:
        on_integral[old] += on[old] * (t - on_since[old])
        on_since[old] = t
        on[old] -= 1
        on_integral[new] += on[new] * (t - on_since[new])
        on_since[new] = t
        on[new] += 1
        packed[site, KIND] = new
        row = site - shift
        b = sublattice[row]
        packed[site, KEY] += local[b, new] - local[b, old]
        c = class_of_key[packed[site, KEY]]
        if c != packed[site, CLASS]:
            reclass(site, packed[site, CLASS], c, packed, n, page, pool, free, whole)
            packed[site, CLASS] = c
        for q in range(seen_start[row], seen_start[row + 1]):
            d = delta[seen_signature[q], old, new]
            if d != 0:
                j = seen_site[q] + shift
                packed[j, KEY] += d
                c = class_of_key[packed[j, KEY]]
                if c != packed[j, CLASS]:
                    reclass(j, packed[j, CLASS], c, packed, n, page, pool, free, whole)
                    packed[j, CLASS] = c


@part
def factor_of(
    r: int, n: I64, volume: float, order_start: I32, order_species: I32, order_n: I32, needs: I64, held: U8
) -> float:
    """Product of concentrations for reaction r with ``n`` molecules in ``volume``."""
    f = 1.0
    for q in range(order_start[r], order_start[r + 1]):
        s = order_species[q]
        x = n[s]
        if x < needs[q] and not held[s]:
            return 0.0
        for i in range(order_n[q]):
            f *= (x if held[s] else max(x - i, 0)) / volume
    return f


@part
def bound_rates(tables: Tables, drive: Drive, state: State) -> None:
    """Rate constants of the present piece of the programme at their largest."""
    p, times, temperatures = state.whole[PIECE], drive.times, drive.temperatures
    T0 = temperatures[max(p - 1, 0)]
    T1 = temperatures[min(p, len(times) - 1)]
    hot, cold = max(T0, T1), min(T0, T1)
    for e in range(len(state.k)):
        E = tables.entry_E[e]
        state.k[e] = tables.entry_A[e] * math.exp(-E / (K_B * (hot if E > 0 else cold)))


@part
def bound_liquor(s: int, tables: Tables, state: State) -> None:
    """A new band for one dissolved species, and the bounds of what depends on it."""
    band = 0 if state.held[s] else state.liquor[s] >> 6
    state.low[s] = state.liquor[s] - band
    state.high[s] = state.liquor[s] + band
    for q in range(tables.dependent_start[s], tables.dependent_start[s + 1]):
        _bound_factor(tables.dependent[q], tables, state)


@part
def _bound_factor(r: int, tables: Tables, state: State) -> None:
    volume = state.real[VOLUME]
    f = factor_of(
        r,
        state.high,
        volume,
        tables.order_start,
        tables.order_species,
        tables.order_n,
        tables.order_needs,
        state.held,
    )
    state.factor[r] = f * volume if tables.after[r] < 0 else f


@part
def weigh(tables: Tables, state: State) -> None:
    """The bound on the rate of one site of every class."""
    for c in range(len(tables.entry_start) - 1):
        w = 0.0
        for e in range(tables.entry_start[c], tables.entry_start[c + 1]):
            w += state.k[e] * state.factor[tables.entry_reaction[e]]
        state.weight[c] = w


@part
def bound_all(tables: Tables, drive: Drive, state: State) -> None:
    """Every bound afresh: after a portion, a change of volume, or a change from outside."""
    bound_rates(tables, drive, state)
    for s in range(len(state.liquor)):
        bound_liquor(s, tables, state)
    for r in range(len(state.factor)):
        _bound_factor(r, tables, state)
    weigh(tables, state)


@spliced
def total_rate(weight: F8, n: I64) -> float:
    """Sum of weight times count, block by block."""
    total = 0.0
    for first in range(0, len(n), BLOCK):
        s = 0.0
        for c in range(first, first + BLOCK):
            s += weight[c] * n[c]
        total += s
    return total


@spliced
def pick_class(x: float, weight: F8, n: I64) -> int:
    """The class at ``x`` of the cumulative sum; sums are formed as in :func:`total_rate`."""
    before = 0.0
    for first in range(0, len(n), BLOCK):
        s = 0.0
        for c in range(first, first + BLOCK):
            s += weight[c] * n[c]
        if x < before + s:
            part = 0.0
            for c in range(first, first + BLOCK):
                part += weight[c] * n[c]
                if x < before + part:
                    return c
        before += s
    last = len(n) - 1  # x at the very end of the sum
    while weight[last] * n[last] <= 0.0:
        last -= 1
    return last


@spliced
def pick_partner(
    first: int,
    last: int,
    shift: int,
    wanted: int,
    counted: int,
    directions: int,
    near_site: I32,
    packed: I32,
    random: U64,
) -> int:
    """A neighbour in a random direction, or a random one of the right species; -1 if there is none."""
    found = -1
    if counted:
        many = 0
        for q in range(first, last):
            if packed[near_site[q] + shift, KIND] == wanted:
                many += 1
        skip = int(uniform(random) * many)
        for q in range(first, last):
            if packed[near_site[q] + shift, KIND] == wanted:
                if skip == 0:
                    found = q
                    break
                skip -= 1
    else:
        q = first + int(uniform(random) * directions)
        if q < last and packed[near_site[q] + shift, KIND] == wanted:
            found = q
    return found


@part
def pour(drive: Drive, state: State, t: float) -> None:
    """Add every portion that is due at ``t``."""
    for f in range(len(drive.flow_start)):
        done = state.poured[f]
        if done < drive.flow_pulses[f] and drive.flow_start[f] + (done + 0.5) * drive.flow_interval[f] <= t:
            state.poured[f] = done + 1
            state.real[VOLUME] += drive.flow_volume[f]
            for q in range(drive.flow_first[f], drive.flow_first[f + 1]):
                state.liquor[drive.flow_species[q]] += drive.flow_n[q]


@part
def next_break(drive: Drive, state: State) -> float:
    """When the programme or a flow next changes something."""
    p = state.whole[PIECE]
    t = drive.times[p] if p < len(drive.times) else INF
    for f in range(len(drive.flow_start)):
        done = state.poured[f]
        if done < drive.flow_pulses[f]:
            t = min(t, drive.flow_start[f] + (done + 0.5) * drive.flow_interval[f])
    return t


@entry
def advance(
    tables: Tables,
    sites: Sites,
    drive: Drive,
    state: State,
    log: Log,
    until: float,
    max_events: int,
    max_idle: int,
) -> int:
    """Run until a time or a number of events, whichever comes first; say why it stopped."""
    whole, real, weight, n, k, factor = state.whole, state.real, state.weight, state.n, state.k, state.factor
    packed, page, pool, free, random, tally = (
        state.packed,
        state.page,
        state.pool,
        state.free,
        state.random,
        state.tally,
    )
    on, on_since, on_integral, liquor = state.on, state.on_since, state.on_integral, state.liquor
    low, high, held, ledger = state.low, state.high, state.held, state.ledger
    entry_start, entry_reaction, entry_A, entry_E = (
        tables.entry_start,
        tables.entry_reaction,
        tables.entry_A,
        tables.entry_E,
    )
    class_of_key, local, delta, after = tables.class_of_key, tables.local, tables.delta, tables.after
    partner_relation, partner_before = tables.partner_relation, tables.partner_before
    partner_after, partner_counted = tables.partner_after, tables.partner_counted
    directions, partner_row, partner_E = tables.directions, tables.partner_row, tables.partner_E
    change_start, change_species, change_n = tables.change_start, tables.change_species, tables.change_n
    order_start, order_species, order_n = tables.order_start, tables.order_species, tables.order_n
    order_needs = tables.order_needs
    sublattice, dot, shift_of = sites.sublattice, sites.dot, sites.shift
    seen_start, seen_site, seen_signature = sites.seen_start, sites.seen_site, sites.seen_signature
    near_row, near_start, near_site = sites.near_row, sites.near_start, sites.near_site
    near_signature = sites.near_signature
    times, temperatures = drive.times, drive.temperatures
    log_time, log_reaction, log_site, log_partner = log.time, log.reaction, log.site, log.partner
    logged = 0
    goal = whole[EVENTS] + max_events
    turn = next_break(drive, state)
    if whole[STALE]:
        bound_all(tables, drive, state)
        whole[STALE] = 0
    total = total_rate(weight, n)
    while whole[EVENTS] < goal:
        if real[LEFT] < 0.0:
            real[LEFT] = -math.log(1.0 - uniform(random))
            real[SINCE] = real[TIME]
            real[NEXT] = real[TIME] + real[LEFT] / total if total > 0.0 else INF
        if real[NEXT] >= turn or real[NEXT] >= until:
            if until < turn:
                real[TIME] = until
                return DONE if total > 0.0 else STUCK
            if turn == INF:  # nothing can happen, and nothing will change
                return STUCK
            if turn > real[SINCE]:
                real[LEFT] = max(real[LEFT] - total * (turn - real[SINCE]), 0.0)
                real[SINCE] = turn
            real[TIME] = max(turn, real[TIME])
            if whole[PIECE] < len(times) and times[whole[PIECE]] <= turn:
                whole[PIECE] += 1
            pour(drive, state, turn)
            bound_all(tables, drive, state)
            turn = next_break(drive, state)
            total = total_rate(weight, n)
            real[NEXT] = real[SINCE] + real[LEFT] / total if total > 0.0 else INF
            whole[IN_A_ROW] = 0
            continue
        t = real[NEXT]
        real[TIME] = t
        real[LEFT] = -1.0

        c = pick_class(uniform(random) * total, weight, n)
        e = entry_start[c]
        last = entry_start[c + 1] - 1
        if e < last:
            y = uniform(random) * weight[c]
            part = k[e] * factor[entry_reaction[e]]
            while e < last and y >= part:
                e += 1
                part += k[e] * factor[entry_reaction[e]]
        r = entry_reaction[e]
        accept = 1.0
        p = whole[PIECE]
        kT = 0.0
        if 0 < p < len(times) and temperatures[p] != temperatures[p - 1]:
            T0, T1 = temperatures[p - 1], temperatures[p]
            T = T0 + (T1 - T0) * ((t - times[p - 1]) / (times[p] - times[p - 1]))
            kT = K_B * T
            if k[e] > 0.0:
                accept = entry_A[e] * math.exp(-entry_E[e] / kT) / k[e]
        else:
            kT = K_B * temperatures[max(p - 1, 0)]
        if order_start[r] < order_start[r + 1]:
            now = factor_of(
                r,
                liquor,
                real[VOLUME],
                order_start,
                order_species,
                order_n,
                order_needs,
                held,
            )
            if after[r] < 0:
                now *= real[VOLUME]
            accept *= now / factor[r]

        site, partner, shift = -1, -1, 0
        ok = True
        if after[r] >= 0:
            at = int(uniform(random) * n[c])
            site = pool[page[c, at >> _SHIFT], at & _IN_PAGE]
            shift = shift_of[dot[site]]
            if partner_relation[r] >= 0:
                row = near_row[partner_relation[r]] + site - shift
                q = pick_partner(
                    near_start[row],
                    near_start[row + 1],
                    shift,
                    partner_before[r],
                    partner_counted[r],
                    directions[r],
                    near_site,
                    packed,
                    random,
                )
                if q < 0:
                    ok = False
                else:
                    partner = near_site[q] + shift
                    seen = packed[partner, KEY]
                    if near_signature[q] >= 0:
                        seen += delta[near_signature[q], packed[site, KIND], after[r]]
                    above = partner_E[partner_row[r], seen]
                    if above == INF:
                        ok = False
                    elif above > 0.0:
                        accept *= math.exp(-above / kT)
        if ok and accept < 1.0:
            ok = uniform(random) < accept
        if not ok:
            whole[NULLS] += 1
            whole[IN_A_ROW] += 1
            if whole[IN_A_ROW] >= max_idle:
                whole[IN_A_ROW] = 0
                return STALLED
            continue

        whole[IN_A_ROW] = 0
        whole[EVENTS] += 1
        if site >= 0:
            tally[dot[site], r] += 1
            for second in range(2):
                where = partner if second else site
                if where >= 0:
                    change(
                        where,
                        shift,
                        partner_after[r] if second else after[r],
                        t,
                        packed,
                        n,
                        page,
                        pool,
                        free,
                        whole,
                        on,
                        on_since,
                        on_integral,
                        class_of_key,
                        local,
                        delta,
                        sublattice,
                        seen_start,
                        seen_site,
                        seen_signature,
                    )
        else:
            tally[len(tally) - 1, r] += 1
        again = False
        for q in range(change_start[r], change_start[r + 1]):
            s = change_species[q]
            ledger[s] += change_n[q]
            if not held[s]:
                liquor[s] += change_n[q]
                if liquor[s] > high[s] or liquor[s] < low[s]:
                    bound_liquor(s, tables, state)
                    again = True
        if again:
            weigh(tables, state)
        total = total_rate(weight, n)
        if logged < len(log_time):
            log_time[logged] = t
            log_reaction[logged] = r
            log_site[logged] = site
            log_partner[logged] = partner
            logged += 1
    return DONE
