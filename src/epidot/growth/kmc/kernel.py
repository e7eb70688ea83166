"""The compiled kernel: advance the chain by events or to a time.

Time is kept as an integrated hazard: one exponential number per draw is used up at the present total rate,
so that looking at the state, a change of temperature or a portion added does not cost or change a draw.
Rates are bounds that hold for a while (a piece of a temperature ramp, a band of concentrations); an event
drawn is accepted with true rate over bound, and a rejected one only lets time pass.  That is exact.

All of it stands in one file: what numba keeps of :func:`advance` on disk is thrown away when this file
changes, and would outlive a change of a part that stood in another.
"""

from __future__ import annotations

import math

import numpy as np

from epidot.constants import K_B
from epidot.growth.kmc import tables as fixed
from epidot.growth.kmc.environments import any_filled as any_filled
from epidot.growth.kmc.environments import environments as environments
from epidot.growth.kmc.environments import held_by_dots as held_by_dots
from epidot.growth.kmc.jit import ahead, entry, part, spliced
from epidot.growth.kmc.tables import F8, I32, I64, U8, U64, Drive, Log, Sites, State, Tables

# As numbers of this module they are constants of the compiled kernel.
KEY, PLACE, ASLEEP, NAP = fixed.KEY, fixed.PLACE, fixed.ASLEEP, fixed.NAP
BITS, HERE, CHUNK = fixed.BITS, fixed.HERE, fixed.CHUNK
GROUP, LANES, PAGE = fixed.GROUP, fixed.LANES, fixed.PAGE
EVENTS, NULLS, IN_A_ROW, PIECE, FREE, STALE, SLEEPING = fixed.WHOLE
TIME, VOLUME, LEFT, SINCE, NEXT = fixed.REAL
DONE, STUCK, STALLED = fixed.DONE, fixed.STUCK, fixed.STALLED
_11, _17, _19, _23 = np.uint64(11), np.uint64(17), np.uint64(19), np.uint64(23)
_41, _45 = np.uint64(41), np.uint64(45)
_UNIT = 2.0**-53
_SHIFT = PAGE.bit_length() - 1
_IN_PAGE = PAGE - 1
_GROUP = GROUP.bit_length() - 1
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
def reclass(site: int, old: int, new: int, state: State) -> None:
    """Move a site from the bucket of one class to that of another; class 0 has no bucket."""
    packed, n, dirty, page, pool = state.packed, state.n, state.dirty, state.page, state.pool
    free, whole = state.free, state.whole
    if old > 0:
        last = n[old] - 1
        at = packed[site, PLACE]
        final = page[old, last >> _SHIFT]
        moved = pool[final, last & _IN_PAGE]
        pool[page[old, at >> _SHIFT], at & _IN_PAGE] = moved
        packed[moved, PLACE] = at
        n[old] = last
        dirty[old >> _GROUP] = 1
        if last & _IN_PAGE == 0:
            free[whole[FREE]] = final
            whole[FREE] += 1
    if new > 0:
        end = n[new]
        if end & _IN_PAGE == 0:
            whole[FREE] -= 1
            page[new, end >> _SHIFT] = free[whole[FREE]]
        pool[page[new, end >> _SHIFT], end & _IN_PAGE] = site
        packed[site, PLACE] = end
        n[new] = end + 1
        dirty[new >> _GROUP] = 1


@spliced
def change(
    site: int, shift: int, old: int, new: int, t: float, tables: Tables, sites: Sites, state: State
) -> None:
    """Put another species on a site and move every site whose class that changes, itself the first.

    Whoever slept for want of such a neighbour wakes up.
    """
    on, on_since, on_integral, packed = state.on, state.on_since, state.on_integral, state.packed
    delta, class_of_key, seen = tables.delta, tables.class_of_key, sites.seen
    asleep, variant, whole = state.asleep, tables.variant, state.whole
    if old != new:
        on_integral[old] += on[old] * (t - on_since[old])
        on_since[old] = t
        on[old] -= 1
        on_integral[new] += on[new] * (t - on_since[new])
        on_since[new] = t
        on[new] += 1
        state.species[site] = new
        row = site - shift
        for q in range(seen.shape[1]):
            edge = seen[row, q]
            if edge < 0:
                break
            ahead(packed, (edge & HERE) + shift)
        for q in range(seen.shape[1]):
            edge = seen[row, q]
            if edge < 0:
                break
            d = delta[edge >> BITS, old, new]
            if d != 0:
                j = (edge & HERE) + shift
                key = packed[j, KEY]
                packed[j, KEY] = key + d
                was = class_of_key[key]
                c = class_of_key[key + d]
                if c != was:
                    if whole[SLEEPING] > 0 and asleep[j]:
                        was = variant[was, asleep[j]]
                        asleep[j] = 0
                        whole[SLEEPING] -= 1
                    reclass(j, was, c, state)
        for w in range(len(tables.kind_species)):
            if whole[SLEEPING] > 0 and tables.kind_species[w] == new:
                first = tables.kind_watch[w] + row
                for q in range(sites.watch_start[first], sites.watch_start[first + 1]):
                    j = sites.watch[q] + shift
                    if asleep[j]:
                        c = class_of_key[packed[j, KEY]]
                        for bit in range(ASLEEP):
                            if asleep[j] >> bit & 1 and tables.wants[c, bit] == w:
                                m = asleep[j] ^ (1 << bit)
                                reclass(j, variant[c, asleep[j]], variant[c, m], state)
                                asleep[j] = m
                                whole[SLEEPING] -= m == 0


@part
def doze(site: int, shift: int, bit: int, tables: Tables, sites: Sites, state: State) -> bool:
    """Let a site sleep that missed a partner, if there is none at all; whether it does."""
    c = tables.class_of_key[state.packed[site, KEY]]
    w = tables.wants[c, bit]
    first = tables.kind_near[w] + (site - shift) * tables.kind_width[w]
    for q in range(first, first + tables.kind_width[w]):
        if sites.near[q] < 0:
            break
        j = (sites.near[q] & HERE) + shift
        if tables.kind_of_key[state.packed[j, KEY]] == tables.kind_species[w]:
            return False
    m = state.asleep[site] | (1 << bit)
    reclass(site, tables.variant[c, state.asleep[site]], tables.variant[c, m], state)
    state.whole[SLEEPING] += state.asleep[site] == 0
    state.asleep[site] = m
    return True


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
    volume, t = state.real[VOLUME], tables
    start, species, n, needs = t.order_start, t.order_species, t.order_n, t.order_needs
    f = factor_of(r, state.high, volume, start, species, n, needs, state.held)
    state.factor[r] = f * volume if tables.after[r] < 0 else f


@part
def weigh(c: int, tables: Tables, state: State) -> None:
    """The bound on the rate of one site of a class."""
    w = 0.0
    for e in range(tables.entry_start[c], tables.entry_start[c + 1]):
        w += state.k[e] * state.factor[tables.entry_reaction[e]]
    state.weight[c] = w
    state.dirty[c >> _GROUP] = 1


@part
def bound_all(tables: Tables, drive: Drive, state: State) -> None:
    """Every bound afresh: after a portion, a change of volume, or a change from outside."""
    bound_rates(tables, drive, state)
    for s in range(len(state.liquor)):
        bound_liquor(s, tables, state)
    for r in range(len(state.factor)):
        _bound_factor(r, tables, state)
    for c in range(len(tables.entry_start) - 1):
        weigh(c, tables, state)


@part
def rebound(s: int, tables: Tables, state: State) -> None:
    """A dissolved species has left its band: new bounds for it, and for the classes that feel it."""
    bound_liquor(s, tables, state)
    for q in range(tables.weighed_start[s], tables.weighed_start[s + 1]):
        weigh(tables.weighed[q], tables, state)


@spliced
def total_rate(weight: F8, n: I32, lane: F8, group: F8, dirty: U8) -> float:
    """Sum of weight times count.  Sums of groups are renewed from the counts, never added to."""
    for g in range(len(group)):
        if dirty[g]:
            dirty[g] = 0
            a, b, c, d = 0.0, 0.0, 0.0, 0.0
            e, f, h, i = 0.0, 0.0, 0.0, 0.0
            for q in range(g * GROUP, min((g + 1) * GROUP, len(n)), LANES):
                a += weight[q] * n[q]
                b += weight[q + 1] * n[q + 1]
                c += weight[q + 2] * n[q + 2]
                d += weight[q + 3] * n[q + 3]
                e += weight[q + 4] * n[q + 4]
                f += weight[q + 5] * n[q + 5]
                h += weight[q + 6] * n[q + 6]
                i += weight[q + 7] * n[q + 7]
            lane[g, 0], lane[g, 1], lane[g, 2], lane[g, 3] = a, b, c, d
            lane[g, 4], lane[g, 5], lane[g, 6], lane[g, 7] = e, f, h, i
            group[g] = ((((((a + b) + c) + d) + e) + f) + h) + i
    total = 0.0
    for g in range(len(group)):
        total += group[g]
    return total


@spliced
def pick_class(x: float, weight: F8, n: I32, lane: F8, group: F8) -> int:
    """The class at ``x`` of the cumulative sum: first its group, then its lane, then itself."""
    g, below, part = 0, 0.0, group[0]
    while g < len(group) - 1 and x >= part:
        g += 1
        below = part
        part += group[g]
    before = below
    j, below, part = 0, 0.0, lane[g, 0]
    while j < LANES - 1 and x >= before + part:
        j += 1
        below = part
        part += lane[g, j]
    before += below
    c, end = g * GROUP + j, min((g + 1) * GROUP, len(n)) - LANES
    part = weight[c] * n[c]
    while c < end and x >= before + part:
        c += LANES
        part += weight[c] * n[c]
    while weight[c] * n[c] <= 0.0:  # x at the very end of the sum of the lane
        c -= LANES
    return c


@spliced
def pick_partner(
    first: int,
    width: int,
    shift: int,
    wanted: int,
    counted: int,
    directions: int,
    near: I32,
    packed: I32,
    kind_of_key: U8,
    random: U64,
) -> int:
    """An edge to a neighbour in a random direction, or to a random one of the right species; -1: none."""
    found = -1
    if counted:
        many, last = 0, first
        while last < first + width and near[last] >= 0:
            last += 1
        for q in range(first, last):
            if kind_of_key[packed[(near[q] & HERE) + shift, KEY]] == wanted:
                many += 1
        skip = int(uniform(random) * many)
        for q in range(first, last):
            if kind_of_key[packed[(near[q] & HERE) + shift, KEY]] == wanted:
                if skip == 0:
                    found = near[q]
                    break
                skip -= 1
    else:
        found = near[first + int(uniform(random) * directions)]
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
    whole, real, random, tally = state.whole, state.real, state.random, state.tally
    weight, n, k, factor = state.weight, state.n, state.k, state.factor
    lane, group, dirty, unequal, share = state.lane, state.group, state.dirty, state.unequal, state.share
    packed, page, pool, liquor = state.packed, state.page, state.pool, state.liquor
    low, high, held, ledger = state.low, state.high, state.held, state.ledger
    entry_start, entry_reaction, entry_bit = tables.entry_start, tables.entry_reaction, tables.entry_bit
    entry_A, entry_E = tables.entry_A, tables.entry_E
    kind_of_key, delta = tables.kind_of_key, tables.delta
    species_before, species_after = tables.before, tables.after
    partner_before, partner_after = tables.partner_before, tables.partner_after
    partner_counted, partner_near, directions = tables.partner_counted, tables.partner_near, tables.directions
    partner_row, partner_base = tables.partner_row, tables.partner_base
    partner_level, partner_above = tables.partner_level, tables.partner_above
    change_start, change_species, change_n = tables.change_start, tables.change_species, tables.change_n
    order_start, order_species, order_n = tables.order_start, tables.order_species, tables.order_n
    order_needs = tables.order_needs
    chunk, first_of, shift_of = sites.chunk, sites.first, sites.shift
    seen, near, partner_width = sites.seen, sites.near, tables.partner_width
    times, temperatures = drive.times, drive.temperatures
    log_time, log_reaction, log_site, log_partner = log.time, log.reaction, log.site, log.partner
    logged = 0
    goal = whole[EVENTS] + max_events
    turn = next_break(drive, state)
    if whole[STALE]:
        bound_all(tables, drive, state)
        whole[STALE] = 0
    dirty[:] = 1
    total = total_rate(weight, n, lane, group, dirty)
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
            total = total_rate(weight, n, lane, group, dirty)
            real[NEXT] = real[SINCE] + real[LEFT] / total if total > 0.0 else INF
            whole[IN_A_ROW] = 0
            continue
        t = real[NEXT]
        real[TIME] = t
        real[LEFT] = -1.0

        c = pick_class(uniform(random) * total, weight, n, lane, group)
        e = entry_start[c]
        last = entry_start[c + 1] - 1
        if e < last:
            y = uniform(random) * weight[c]
            part = k[e] * factor[entry_reaction[e]]
            while e < last and y >= part:
                e += 1
                part += k[e] * factor[entry_reaction[e]]
        r = entry_reaction[e]
        new = species_after[r]
        old = species_before[r]
        site, partner, shift, d = -1, -1, 0, len(tally) - 1
        above = 0.0
        if new >= 0:
            at = int(uniform(random) * n[c])
            site = pool[page[c, at >> _SHIFT], at & _IN_PAGE]
            d = chunk[site >> CHUNK]
            while site >= first_of[d + 1]:
                d += 1
            shift = shift_of[d]
            ahead(seen, site - shift)
            ahead(packed, site)
            if partner_before[r] >= 0:
                edge = pick_partner(
                    partner_near[r] + (site - shift) * partner_width[r],
                    partner_width[r],
                    shift,
                    partner_before[r],
                    partner_counted[r],
                    directions[r],
                    near,
                    packed,
                    kind_of_key,
                    random,
                )
                above = INF
                missed = True
                if edge >= 0:
                    partner = (edge & HERE) + shift
                    ahead(seen, edge & HERE)
                    key = packed[partner, KEY]
                    if kind_of_key[key] == partner_before[r]:
                        missed = False
                        key += delta[edge >> BITS, old, new]
                        level = partner_level[partner_base[r] + key]
                        if level >= 0:
                            above = partner_above[partner_row[r], level]
                tried = missed and whole[IN_A_ROW] >= NAP and entry_bit[e] >= 0
                if tried and doze(site, shift, entry_bit[e], tables, sites, state):
                    total = total_rate(weight, n, lane, group, dirty)
        ok = above < INF
        if ok:
            accept = share[d] if unequal[r] else 1.0
            p = whole[PIECE]
            if 0 < p < len(times) and temperatures[p] != temperatures[p - 1]:
                T0, T1 = temperatures[p - 1], temperatures[p]
                T = T0 + (T1 - T0) * ((t - times[p - 1]) / (times[p] - times[p - 1]))
                if k[e] > 0.0:
                    accept *= entry_A[e] * math.exp(-entry_E[e] / (K_B * T)) / k[e]
            else:
                T = temperatures[max(p - 1, 0)]
            if order_start[r] < order_start[r + 1]:
                now = factor_of(
                    r, liquor, real[VOLUME], order_start, order_species, order_n, order_needs, held
                )
                if new < 0:
                    now *= real[VOLUME]
                accept *= now / factor[r]
            if above > 0.0:
                accept *= math.exp(-above / (K_B * T))
            if accept < 1.0:
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
        tally[d, r] += 1
        for second in range(2 if partner >= 0 else 1 if site >= 0 else 0):
            who = partner if second else site
            was = partner_before[r] if second else old
            becomes = partner_after[r] if second else new
            change(who, shift, was, becomes, t, tables, sites, state)
        for q in range(change_start[r], change_start[r + 1]):
            s = change_species[q]
            ledger[s] += change_n[q]
            if not held[s]:
                liquor[s] += change_n[q]
                if liquor[s] > high[s] or liquor[s] < low[s]:
                    rebound(s, tables, state)
        total = total_rate(weight, n, lane, group, dirty)
        if logged < len(log_time):
            log_time[logged] = t
            log_reaction[logged] = r
            log_site[logged] = site
            log_partner[logged] = partner
            logged += 1
    return DONE
