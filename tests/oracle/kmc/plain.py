"""The same chain in plain Python, written for reading: the reference the compiled kernel is held against.

It takes the random numbers in the same order and so makes the same events, but finds everything by counting:
the environment of a site from its neighbours, the conditions and energies of a partner from the model as
declared.  It is some thousand times slower.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from epidot.constants import K_B
from epidot.growth.kmc.compiler import Compiled
from epidot.growth.kmc.keys import conditions
from epidot.growth.kmc.model import Reaction
from epidot.growth.kmc.start import classes_of
from epidot.growth.kmc.tables import (
    DONE,
    EVENTS,
    GROUP,
    HERE,
    IN_A_ROW,
    LANES,
    LEFT,
    NAP,
    NEXT,
    NULLS,
    PIECE,
    SINCE,
    STALE,
    STALLED,
    STUCK,
    TIME,
    VOLUME,
    Drive,
    Log,
    State,
)

_MASK = (1 << 64) - 1
_UNIT = 2.0**-53


def next_integer(state: NDArray[np.uint64]) -> int:
    """The next 64 random bits; ``state`` is advanced in place."""
    s0, s1, s2, s3 = (int(x) for x in state)
    result = (_rotated((s0 + s3) & _MASK, 23) + s0) & _MASK
    t = (s1 << 17) & _MASK
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = _rotated(s3, 45)
    state[0], state[1], state[2], state[3] = s0, s1, s2, s3
    return result


def next_float(state: NDArray[np.uint64]) -> float:
    """The next number in [0, 1), a multiple of 2^-53."""
    return (next_integer(state) >> 11) * _UNIT


def _rotated(x: int, by: int) -> int:
    return ((x << by) | (x >> (64 - by))) & _MASK


class Plain:
    """One run of the reference; ``state`` is changed in place and may be continued by either kernel."""

    def __init__(self, compiled: Compiled, drive: Drive, state: State) -> None:
        self.compiled, self.drive, self.state = compiled, drive, state
        self.model, self.lattice = compiled.model, compiled.lattice
        self.dot = compiled.lattice.dot_of
        self.names = self.model.names
        self.sets = {c.name: (c.relation, frozenset(c.of)) for c in self.model.counts}
        sites: list[list[tuple[int, int]]] = [[] for _ in range(compiled.n_classes)]
        self.site_class = classes_of(compiled, state).tolist()
        self.base = compiled.tables.class_of_key[state.key].tolist()
        for site, c in enumerate(self.site_class):
            if c:
                sites[c].append((int(state.position[site]), site))
        self.bucket = [[site for _, site in sorted(members)] for members in sites]
        self.liquor_class = compiled.n_classes - 1

    # --- what a site is ------------------------------------------------------------------------------
    def count(
        self, site: int, relation: str, of: frozenset[str], pretend: tuple[int, str] | None = None
    ) -> int:
        """Neighbours of ``site`` that carry one of ``of``, one of them seen as something else."""
        total = 0
        for j in self.lattice.relations[relation].of(site):
            name = self.names[self.state.species[j]]
            if pretend is not None and pretend[0] == j:
                name = pretend[1]
            total += name in of
        return total

    def class_of(self, site: int) -> int:
        """The class of a site, by counting."""
        block = self.compiled.blocks[self.lattice.sublattice[site]]
        key = block.base + block.local[self.names[self.state.species[site]]]
        for digit in block.digits:
            key += digit.stride * self.count(site, *digit.counted)
        self.state.key[site] = key
        return int(self.compiled.tables.class_of_key[key])

    def put(self, site: int, name: str) -> None:
        """Change a species and move every site whose class that changes."""
        state = self.state
        old, new = int(state.species[site]), self.model.index(name)
        if old == new:
            return
        t = state.real[TIME]
        for s, step in ((old, -1), (new, 1)):
            state.on_integral[s] += state.on[s] * (t - state.on_since[s])
            state.on_since[s] = t
            state.on[s] += step
        state.species[site] = new
        sites = self.compiled.sites
        shift = int(sites.shift[self.dot[site]])
        row = site - shift
        around = sites.seen[row][sites.seen[row] >= 0] & HERE
        for j in (int(x) + shift for x in around):
            before, after = self.base[j], self.class_of(j)
            if before != after:
                state.asleep[j] = 0
                self.base[j] = after
                self.move(j, after)
        self.wake(row, shift, new)

    def move(self, site: int, after: int) -> None:
        """Put a site into the bucket of another class."""
        state, before = self.state, self.site_class[site]
        if before:
            bucket, place = self.bucket[before], int(state.position[site])
            bucket[place] = bucket[-1]
            state.position[bucket[place]] = place
            bucket.pop()
        if after:
            state.position[site] = len(self.bucket[after])
            self.bucket[after].append(site)
        self.site_class[site] = after

    def wake(self, row: int, shift: int, new: int) -> None:
        """Wake who slept for want of the species that came."""
        tables, sites, asleep = self.compiled.tables, self.compiled.sites, self.state.asleep
        for w, (_, species) in enumerate(self.compiled.kinds):
            first = int(tables.kind_watch[w]) + row
            watching = sites.watch[sites.watch_start[first] : sites.watch_start[first + 1]]
            for j in (int(x) + shift for x in watching) if species == self.names[new] else ():
                for bit, wanted in enumerate(tables.wants[self.base[j]]):
                    if wanted == w and asleep[j] >> bit & 1:
                        asleep[j] ^= 1 << bit
                        self.move(j, int(tables.variant[self.base[j], asleep[j]]))

    def doze(self, site: int, entry: int) -> None:
        """Let a site sleep that missed a partner, if there is none at all."""
        tables, bit = self.compiled.tables, int(self.compiled.tables.entry_bit[entry])
        if bit < 0:
            return
        relation, species = self.compiled.kinds[int(tables.wants[self.base[site], bit])]
        if self.count(site, relation, frozenset([species])):
            return
        self.state.asleep[site] |= 1 << bit
        self.move(site, int(tables.variant[self.base[site], self.state.asleep[site]]))

    # --- rates ---------------------------------------------------------------------------------------
    def factor(self, reaction: Reaction, bound: bool) -> float:
        """Concentrations (and the volume, for a step of the liquor) that multiply a rate constant."""
        state, at = self.state, self.model.liquor.index
        volume = float(state.real[VOLUME])
        f = 1.0
        for name in dict.fromkeys((*reaction.needs, *reaction.order_in)):
            s = at(name)
            x = int(state.high[s] if bound else state.liquor[s])
            if x < reaction.needs.get(name, 0) and not state.held[s]:
                return 0.0
            for i in range(reaction.order_in.get(name, 0)):
                f *= (x if state.held[s] else max(x - i, 0)) / volume
        return f * volume if reaction.before is None else f

    def bound_all(self) -> None:
        """Rates of the present piece at their largest, concentrations at the top of their bands."""
        state, tables, drive = self.state, self.compiled.tables, self.drive
        p = int(state.whole[PIECE])
        T0 = float(drive.temperatures[max(p - 1, 0)])
        T1 = float(drive.temperatures[min(p, len(drive.times) - 1)])
        for e, (A, E) in enumerate(zip(tables.entry_A.tolist(), tables.entry_E.tolist(), strict=True)):
            state.k[e] = A * math.exp(-E / (K_B * (max(T0, T1) if E > 0 else min(T0, T1))))
        for s in range(len(state.liquor)):
            self.band(s)
        self.weigh()

    def band(self, s: int) -> None:
        """A band of one dissolved species, within which the bounds hold."""
        state = self.state
        band = 0 if state.held[s] else int(state.liquor[s]) >> 6
        state.low[s], state.high[s] = state.liquor[s] - band, state.liquor[s] + band

    def weigh(self) -> None:
        """The bound on the rate of one site of each class."""
        state, tables = self.state, self.compiled.tables
        for r, reaction in enumerate(self.model.reactions):
            state.factor[r] = self.factor(reaction, bound=True)
        for c in range(self.compiled.n_classes):
            w = 0.0
            for e in range(tables.entry_start[c], tables.entry_start[c + 1]):
                w += float(state.k[e]) * float(state.factor[tables.entry_reaction[e]])
            state.weight[c] = w

    def sums(self) -> tuple[list[float], list[list[float]], list[list[list[float]]]]:
        """Rates of classes, of lanes (every eighth class of a group) and of groups, from the counts."""
        weight = self.state.weight.tolist()
        many = [len(b) for b in self.bucket[: self.liquor_class]] + [1]
        rate = [w * m for w, m in zip(weight, many, strict=False)]
        rate += [0.0] * (len(weight) - len(rate))
        groups, lanes, classes = [], [], []
        for first in range(0, len(rate), GROUP):
            here = rate[first : first + GROUP]
            classes.append([here[j::LANES] for j in range(LANES)])
            lanes.append([added(lane) for lane in classes[-1]])
            groups.append(added(lanes[-1]))
        return groups, lanes, classes

    def class_at(self, x: float) -> int:
        """The class at ``x`` of the cumulative sum, by group, lane and place in the lane."""
        groups, lanes, classes = self.sums()
        g, before = at(x, 0.0, groups)
        j, before = at(x, before, lanes[g])
        i, _ = at(x, before, classes[g][j])
        while classes[g][j][i] <= 0.0:
            i -= 1
        return g * GROUP + i * LANES + j

    # --- the chain -----------------------------------------------------------------------------------
    def next_break(self) -> float:
        """When the programme or a flow next changes something."""
        d, p = self.drive, int(self.state.whole[PIECE])
        due = [float(d.times[p])] if p < len(d.times) else [math.inf]
        for f, done in enumerate(self.state.poured):
            if done < d.flow_pulses[f]:
                due.append(float(d.flow_start[f] + (done + 0.5) * d.flow_interval[f]))
        return min(due)

    def turn(self, t: float) -> None:
        """What the programme and the flows do at time ``t``."""
        state, d = self.state, self.drive
        if state.whole[PIECE] < len(d.times) and d.times[state.whole[PIECE]] <= t:
            state.whole[PIECE] += 1
        for f, done in enumerate(state.poured):
            if done < d.flow_pulses[f] and d.flow_start[f] + (done + 0.5) * d.flow_interval[f] <= t:
                state.poured[f] += 1
                state.real[VOLUME] += d.flow_volume[f]
                for q in range(d.flow_first[f], d.flow_first[f + 1]):
                    state.liquor[d.flow_species[q]] += d.flow_n[q]
        self.bound_all()

    def advance(self, log: Log, until: float, max_events: int, max_idle: int) -> int:
        """As the compiled ``advance``."""
        whole, real, random = self.state.whole, self.state.real, self.state.random
        goal = int(whole[EVENTS]) + max_events
        logged = 0
        if whole[STALE]:
            self.bound_all()
            whole[STALE] = 0
        while whole[EVENTS] < goal:
            total = added(self.sums()[0])
            if real[LEFT] < 0.0:
                real[LEFT] = -math.log(1.0 - next_float(random))
                real[SINCE] = real[TIME]
                real[NEXT] = real[TIME] + real[LEFT] / total if total > 0.0 else math.inf
            turn = self.next_break()
            if real[NEXT] >= min(turn, until):
                if until < turn:
                    real[TIME] = until
                    return DONE if total > 0.0 else STUCK
                if turn == math.inf:
                    return STUCK
                if turn > real[SINCE]:
                    real[LEFT] = max(real[LEFT] - total * (turn - real[SINCE]), 0.0)
                    real[SINCE] = turn
                real[TIME] = max(turn, real[TIME])
                self.turn(turn)
                total = added(self.sums()[0])
                real[NEXT] = real[SINCE] + real[LEFT] / total if total > 0.0 else math.inf
                whole[IN_A_ROW] = 0
                continue
            real[TIME] = real[NEXT]
            real[LEFT] = -1.0
            event = self.draw(total)
            if event is None:
                whole[NULLS] += 1
                whole[IN_A_ROW] += 1
                if whole[IN_A_ROW] >= max_idle:
                    whole[IN_A_ROW] = 0
                    return STALLED
                continue
            whole[IN_A_ROW] = 0
            whole[EVENTS] += 1
            self.carry_out(*event)
            if logged < len(log.time):
                log.time[logged] = real[TIME]
                log.reaction[logged], log.site[logged], log.partner[logged] = event
                logged += 1
        return DONE

    def draw(self, total: float) -> tuple[int, int, int] | None:
        """(reaction, site, partner) of the next event, or None if the draw is thinned away."""
        state, tables, random = self.state, self.compiled.tables, self.state.random
        c = self.class_at(next_float(random) * total)
        entries = list(range(tables.entry_start[c], tables.entry_start[c + 1]))
        e = entries[0]
        if len(entries) > 1:
            y = next_float(random) * float(state.weight[c])
            part = 0.0
            for e in entries:
                part += float(state.k[e]) * float(state.factor[tables.entry_reaction[e]])
                if y < part:
                    break
        r = int(tables.entry_reaction[e])
        reaction = self.model.reactions[r]
        T, ramp = self.temperature()
        accept = 1.0
        if ramp and state.k[e] > 0:
            now = float(tables.entry_A[e]) * math.exp(-float(tables.entry_E[e]) / (K_B * T))
            accept = now / float(state.k[e])
        if reaction.needs or reaction.order_in:
            accept *= self.factor(reaction, bound=False) / float(state.factor[r])
        site, partner = -1, -1
        if reaction.before is not None:
            site = self.bucket[c][int(next_float(random) * len(self.bucket[c]))]
        if reaction.partner is not None:
            partner = self.partner_of(site, r, reaction)
            above = math.inf if partner < 0 else self.above(partner, site, reaction)
            if partner < 0 and state.whole[IN_A_ROW] >= NAP:
                self.doze(site, e)
            if above == math.inf:
                return None
            if above > 0.0:
                accept *= math.exp(-above / (K_B * T))
        if accept < 1.0 and next_float(random) >= accept:
            return None
        return r, site, partner

    def temperature(self) -> tuple[float, bool]:
        """Temperature now, and whether it is changing."""
        d, p, t = self.drive, int(self.state.whole[PIECE]), float(self.state.real[TIME])
        if 0 < p < len(d.times) and d.temperatures[p] != d.temperatures[p - 1]:
            share = (t - float(d.times[p - 1])) / (float(d.times[p]) - float(d.times[p - 1]))
            T0, T1 = float(d.temperatures[p - 1]), float(d.temperatures[p])
            return T0 + (T1 - T0) * share, True
        return float(d.temperatures[max(p - 1, 0)]), False

    def partner_of(self, site: int, r: int, reaction: Reaction) -> int:
        """A neighbour of the right species, or -1."""
        p = reaction.partner
        assert p is not None
        near = [int(j) for j in self.lattice.relations[p.relation].of(site)]
        fits = [j for j in near if self.names[self.state.species[j]] == p.before]
        if p.counted:
            return fits[int(next_float(self.state.random) * len(fits))]
        at = int(next_float(self.state.random) * int(self.compiled.tables.directions[r]))
        return near[at] if at < len(near) and near[at] in fits else -1

    def above(self, partner: int, site: int, reaction: Reaction) -> float:
        """Energy of the partner above the lowest there can be, infinite if a condition fails."""
        p = reaction.partner
        assert p is not None
        assert reaction.after is not None
        changed = (site, reaction.after)
        if not self.model.allowed(p.after, self.lattice.sublattices[self.lattice.sublattice[partner]]):
            return math.inf
        for counted, low, high in conditions(self.model, p.where):
            if not low <= self.count(partner, *counted, changed) <= high:
                return math.inf
        energy = 0.0
        for name, per_count in p.energy.items():
            energy += per_count * self.count(partner, *self.sets[name], changed)
        return energy - self.compiled.lowest[self.model.reactions.index(reaction)]

    def carry_out(self, r: int, site: int, partner: int) -> None:
        """Apply an event to sites, liquor and ledgers."""
        state, reaction = self.state, self.model.reactions[r]
        state.tally[self.dot[site] if site >= 0 else len(state.tally) - 1, r] += 1
        if reaction.after is not None:
            self.put(site, reaction.after)
        if reaction.partner is not None:
            self.put(partner, reaction.partner.after)
        left_band = False
        for name, change in reaction.liquor.items():
            s = self.model.liquor.index(name)
            state.ledger[s] += change
            if not state.held[s]:
                state.liquor[s] += change
                if not state.low[s] <= state.liquor[s] <= state.high[s]:
                    self.band(s)
                    left_band = True
        if left_band:
            self.weigh()
        for c, members in enumerate(self.bucket[: self.liquor_class]):
            state.n[c] = len(members)


def added(values: list[float]) -> float:
    """The sum, from first to last."""
    total = 0.0
    for value in values:
        total += value
    return total


def at(x: float, before: float, values: list[float]) -> tuple[int, float]:
    """Where ``x`` falls among values that follow one another from ``before``, and what lies before that."""
    i, below, part = 0, 0.0, values[0]
    while i < len(values) - 1 and x >= before + part:
        i += 1
        below = part
        part += values[i]
    return i, before + below
