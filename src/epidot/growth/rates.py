"""Rate laws of a mechanism as arrays: the rate of every reaction and its exact derivatives.

All amounts are counted per dot: a surface species in units per dot, a dissolved one as molecules per
dot of the flask.  A reaction's rate is in events per dot and second,

    r = k(T) · exp(−Σ w θ/RT) · Π y^order · (u/V)^e · N^(1−m) · room · packing

with u the moles of dots, V the volume, e the number of dissolved reactants (less one where no surface
takes part) and m the number of surface reactants on N cation sites: two surface species meet as
k·a·b/N, two of the same kind as k·a²/(2N), the mean field of pairs of neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.constants import R_GAS
from epidot.dot.composition import anions_in_shell, layer_thickness_nm
from epidot.growth.laid import held_by
from epidot.growth.outer_places import OuterPlaces
from epidot.matter.materials import material
from epidot.mechanism.mechanism import Mechanism, Reaction, SiteClass
from epidot.mechanism.reachable import reachable

Array = NDArray[np.float64]


def shell_capacity(site: SiteClass, core_diameter_nm: float) -> dict[str, float]:
    """Anions that fill the first shell of one dot, per chalcogen: eq 3 of choi2023 for one layer."""
    out: dict[str, float] = {}
    for element, name in site.material.items():
        a = material(name)["a_nm"]
        out[element] = anions_in_shell(core_diameter_nm, layer_thickness_nm(name, site.layer), a)
    return out


@dataclass(frozen=True)
class Conditions:
    """What the flask gives the rate laws: moles of dots u, volume V and temperature T."""

    unit_mol: float
    volume_L: float
    temperature_K: float


class Network:
    """The rate laws between some species on dots of one size.

    Parameters
    ----------
    mechanism, present
        The network holds what can be reached from the species ``present``.
    core_diameter_nm, sites
        Size of the core and the number of cation sites N per dot (0 where there are no dots).
    vacuum
        Whether volatile species leave; each loss is one more reaction, named ``vapour[species]``.

    Attributes
    ----------
    species, reactions : names, shapes (n,) and (r,)
    stoichiometry : (n, r), whole numbers
    lost : (n, r), what each reaction carries out of the flask
    """

    def __init__(
        self,
        mechanism: Mechanism,
        present: Collection[str],
        *,
        core_diameter_nm: float,
        sites: float,
        vacuum: bool = False,
    ) -> None:
        self.mechanism = mechanism
        self.species, reactions = reachable(mechanism, present, dots=sites > 0)
        index = {s: i for i, s in enumerate(self.species)}
        n = len(self.species)
        volatile = [s for s in self.species if vacuum and mechanism.species[s].vapour]
        self.reactions = tuple([r.id for r in reactions] + [f"vapour[{s}]" for s in volatile])
        self.stoichiometry = np.zeros((n, len(self.reactions)))
        self.lost = np.zeros_like(self.stoichiometry)
        for j, reaction in enumerate(reactions):
            for name, change in reaction.net.items():
                self.stoichiometry[index[name], j] = change
        for j, name in enumerate(volatile, start=len(reactions)):
            self.stoichiometry[index[name], j] = -1
            self.lost[index[name], j] = 1

        rows = [Direction.of(mechanism, r, reverse=False) for r in reactions]
        rows += [
            Direction.of(mechanism, mechanism.species[s].vapour or "", reverse=False, leaving=s)
            for s in volatile
        ]
        self._reverse = np.array([j for j, r in enumerate(reactions) if r.reversible], dtype=np.intp)
        rows += [Direction.of(mechanism, reactions[j], reverse=True) for j in self._reverse]
        self._n, self._r, self._d = n, len(self.reactions), len(rows)

        self._ln_A = np.array([row.ln_A for row in rows])
        self._energy = np.array([row.energy for row in rows])
        self._exponent = np.array([row.exponent for row in rows], dtype=np.float64)
        # Up to three reactants; the slot n holds the constant 1.
        self._slots = np.full((3, self._d), n, dtype=np.intp)
        for d, row in enumerate(rows):
            for m, name in enumerate(row.factors):
                self._slots[m, d] = index[name]
        crowd = np.array([row.neighbours + row.capture for row in rows], dtype=np.float64)
        self._ln_A += np.array([math.log(row.symmetry) for row in rows])
        self._ln_A -= crowd * (math.log(sites) if sites > 0 else 0.0)

        self._set_environments(rows, index, sites)
        self._set_shells(rows, index, core_diameter_nm)
        self._set_packing(rows, index, core_diameter_nm)
        self._rows = np.arange(self._d)
        self._extended = np.ones(n + 1)

    # -- terms ----------------------------------------------------------------------------------

    def _set_environments(self, rows: list[Direction], index: Mapping[str, int], sites: float) -> None:
        names = list(self.mechanism.environments)
        self._theta = np.zeros((len(names), self._n))
        for e, name in enumerate(names):
            for member in self.mechanism.environments[name].species:
                if member in index and sites > 0:
                    self._theta[e, index[member]] += 1 / sites
        self._w = np.array([[row.barrier.get(e, 0.0) for e in names] for row in rows]).reshape(
            self._d, len(names)
        )
        self._has_barrier = np.flatnonzero(self._w.any(axis=1))
        self._barrier_rows = self._w[self._has_barrier] @ self._theta if names else np.zeros((0, self._n))

    def _set_shells(self, rows: list[Direction], index: Mapping[str, int], core_diameter_nm: float) -> None:
        """Filling θ of every shell class as a linear form of the counts, and who depends on it how."""
        self._filling: dict[str, Array] = {}
        self.capacity: dict[str, dict[str, float]] = {}
        for name, site in self.mechanism.sites.items():
            if site.kind != "shell":
                continue
            # A flask without dots has no shell to fill, and no species that could fill it.
            capacity = shell_capacity(site, core_diameter_nm) if core_diameter_nm > 0 else {}
            self.capacity[name] = capacity
            form = self._filling[name] = np.zeros(self._n)
            for s, i in index.items():
                species = self.mechanism.species[s]
                if species.sites.get(name):
                    form[i] = sum(species.composition.get(el, 0) / capacity[el] for el in capacity)
        self._set_outer(rows, index, core_diameter_nm)
        self._shell_terms: list[tuple[Array, Array, float, float, float | None]] = []
        for name, form in self._filling.items():
            overflow = self.mechanism.sites[name].overflow
            barrier = self.mechanism.si(overflow) if overflow else None
            for attribute, constant, slope in (
                ("room", 1.0, -1.0),
                ("vacant", 1.0, -1.0),
                ("occupied", 0.0, 1.0),
            ):
                who = np.array(
                    [d for d, row in enumerate(rows) if getattr(row, attribute) == name], dtype=np.intp
                )
                if who.size:
                    extra = barrier if attribute == "room" else None
                    self._shell_terms.append((who, form, constant, slope, extra))  # type: ignore[arg-type]

    def _set_outer(self, rows: list[Direction], index: Mapping[str, int], core_diameter_nm: float) -> None:
        """Places for ligands outside: what fills them, and how they grow with the volume of the shell."""
        self._outer_terms: list[tuple[NDArray[np.intp], OuterPlaces]] = []
        for name, site in self.mechanism.sites.items():
            who = np.array([d for d, row in enumerate(rows) if row.room == name], dtype=np.intp)
            if site.kind != "outer" or core_diameter_nm <= 0:
                continue
            found = [self.mechanism.species[s] for s in index]
            on_dot = [None if s.phase == "liquor" else s for s in found]
            density, core_nm3 = self.mechanism.si(site.per_nm2 or ""), math.pi / 6 * core_diameter_nm**3
            places = OuterPlaces.of(
                density, site, on_dot, core_nm3, [held_by(s, self.mechanism) for s in found]
            )
            if who.size:
                self._outer_terms.append((who, places))

    def _set_packing(self, rows: list[Direction], index: Mapping[str, int], core_diameter_nm: float) -> None:
        self._packed = np.zeros(0, dtype=np.intp)
        law = self.mechanism.packing
        if not self.mechanism.packs or law is None:
            return
        inner = core_diameter_nm / 2 + 0.3  # outside the first layer, about one d111
        volume = 4 / 3 * math.pi * ((inner + law.shell_nm) ** 3 - inner**3)
        form = np.zeros(self._n)
        for s, i in index.items():
            for ligand, count in self.mechanism.species[s].ligands.items():
                if self.mechanism.species[s].phase != "liquor":
                    form[i] += count * law.volume_nm3.get(ligand, 0.0)
        self._packing_form = form / volume / self.mechanism.si(law.limit)
        self._packed = np.array([d for d, row in enumerate(rows) if row.packing is not None], dtype=np.intp)
        self._packing_power = np.array([rows[d].packing for d in self._packed], dtype=np.float64)

    # -- rates ----------------------------------------------------------------------------------

    def constants(self, at: Conditions) -> Array:
        """Everything of the rates that does not depend on the amounts, shape (directions,)."""
        ln_k = self._ln_A - self._energy / (R_GAS * at.temperature_K)
        return np.asarray(np.exp(ln_k + self._exponent * math.log(at.unit_mol / at.volume_L)))

    def _amounts(self, y: Array) -> Array:
        """The up to three amounts each direction multiplies, shape (3, d)."""
        self._extended[: self._n] = y
        return np.asarray(self._extended.take(self._slots))

    @staticmethod
    def _room(
        y: Array, at: Conditions, form: Array, constant: float, sign: float, barrier: float | None
    ) -> tuple[float, float]:
        """Free or occupied share of a shell and its slope; never more than full nor less than empty."""
        value = constant + sign * float(form @ y)
        if barrier is not None:
            value += math.exp(-barrier / (R_GAS * at.temperature_K))
        if value <= 0:
            return 0.0, 0.0
        return (value, sign) if sign < 0 or value < 1 else (1.0, 0.0)

    def _factors(self, y: Array, at: Conditions) -> tuple[Array, Array, Array, Array, Array]:
        """Per direction: the three amounts (3, d); room in the shells and its slope; room among the
        ligands and its slope; the last two slopes are by the filling of the term's own linear form."""
        shell, slope = np.ones(self._d), np.zeros(self._d)
        for who, form, constant, sign, barrier in self._shell_terms:
            shell[who], slope[who] = self._room(y, at, form, constant, sign, barrier)
        for where, places in self._outer_terms:  # a share of a shell may stand beside it
            free = places.free(y)
            shell[where] *= free
            slope[where] *= free
        rest = np.ones(self._d)
        if self._has_barrier.size:
            rest[self._has_barrier] = np.exp(-(self._barrier_rows @ y) / (R_GAS * at.temperature_K))
        packed = np.zeros(self._d)
        if self._packed.size:
            free = max(1.0 - float(self._packing_form @ y), 0.0)
            packed[self._packed] = -self._packing_power * free ** (self._packing_power - 1) if free else 0.0
            packed[self._packed] *= rest[self._packed]
            rest[self._packed] *= free**self._packing_power
        return self._amounts(y), shell, slope, rest, packed

    def rates(self, y: Array, at: Conditions, constants: Array | None = None) -> Array:
        """Net rate of every reaction in events per dot and second, shape (r,)."""
        k = self.constants(at) if constants is None else constants
        a, b, c = self._amounts(y)
        directed = k * a
        directed *= b
        directed *= c
        for who, form, constant, sign, barrier in self._shell_terms:
            directed[who] *= self._room(y, at, form, constant, sign, barrier)[0]
        for where, places in self._outer_terms:
            directed[where] *= places.free(y)
        if self._packed.size:
            directed[self._packed] *= max(1.0 - float(self._packing_form @ y), 0.0) ** self._packing_power
        if self._has_barrier.size:
            directed[self._has_barrier] *= np.exp(-(self._barrier_rows @ y) / (R_GAS * at.temperature_K))
        if not self._reverse.size:
            return np.asarray(directed)
        net: Array = directed[: self._r]
        net[self._reverse] -= directed[self._r :]
        return net

    def jacobian(self, y: Array, at: Conditions, constants: Array | None = None) -> Array:
        """Derivatives of :meth:`rates` by the amounts, shape (r, n)."""
        k = self.constants(at) if constants is None else constants
        (a, b, c), shell, slope, rest, packed = self._factors(y, at)
        wide = np.zeros((self._d, self._n + 1))
        front, rows = k * shell * rest, self._rows
        wide[rows, self._slots[0]] += front * b * c
        wide[rows, self._slots[1]] += front * a * c
        wide[rows, self._slots[2]] += front * a * b
        out = wide[:, : self._n]
        plain = k * a * b * c
        for who, form, *_ in self._shell_terms:
            out[who] += (plain * rest * slope)[who, None] * form
        for where, places in self._outer_terms:
            if (free := places.free(y)) > 0:
                out[where] += (plain * rest * shell)[where, None] * places.slope(y) / free
        if self._packed.size:
            out[self._packed] += (plain * shell * packed)[self._packed, None] * self._packing_form
        if self._has_barrier.size:
            hit = self._has_barrier
            out[hit] -= ((plain * shell * rest)[hit] / (R_GAS * at.temperature_K))[
                :, None
            ] * self._barrier_rows
        net: Array = out[: self._r].copy()
        net[self._reverse] -= out[self._r :]
        return net


@dataclass(frozen=True)
class Direction:
    """One direction of a reaction with its numbers resolved."""

    ln_A: float
    energy: float
    factors: tuple[str, ...]
    exponent: int
    neighbours: int
    capture: int
    symmetry: float
    room: str | None = None
    vacant: str | None = None
    occupied: str | None = None
    packing: float | None = None
    barrier: Mapping[str, float] = None  # type: ignore[assignment]

    @staticmethod
    def of(mechanism: Mechanism, reaction: Reaction | str, *, reverse: bool, leaving: str = "") -> Direction:
        """The forward or the reverse direction, or the loss of a volatile species."""
        if isinstance(reaction, str):
            return Direction(math.log(mechanism.si(reaction)), 0.0, (leaving,), 0, 0, 0, 1.0, barrier={})
        law = reaction.law
        orders = dict(reaction.products if reverse else reaction.reactants)
        if not reverse:
            orders.update(law.orders)
        factors = tuple(s for s, n in orders.items() for _ in range(n))
        dissolved = sum(mechanism.species[s].phase == "liquor" for s in factors)
        bound = len(factors) - dissolved
        outer = law.room is not None and mechanism.sites[law.room].kind == "outer"
        on_dot = bound > 0 or law.collides or (outer and not reverse)
        # ln K = −dH/RT + dS/R joins A and Ea.
        signs = [(k, 1.0) for k in law.K]
        if reverse and law.equilibrium:
            signs.append((law.equilibrium, -1.0))
        ln_A, energy = math.log(mechanism.si(law.A)), mechanism.si(law.Ea)
        for name, sign in signs:
            K = mechanism.equilibria[name]
            ln_A += sign * mechanism.si(K.dS) / R_GAS
            energy += sign * mechanism.si(K.dH)
        pairs = [n for s, n in orders.items() if n > 1 and mechanism.species[s].phase != "liquor"]
        return Direction(
            ln_A=ln_A,
            energy=energy,
            factors=factors,
            exponent=dissolved - (0 if on_dot else 1),
            neighbours=max(bound - 1, 0),
            capture=1 if law.per and not reverse else 0,
            symmetry=1.0 / math.prod(math.factorial(n) for n in pairs),
            room=None if reverse else law.room,
            vacant=None if reverse else law.vacant,
            occupied=None if reverse else law.occupied,
            packing=None if reverse or law.packing is None else mechanism.si(law.packing),
            barrier={e: mechanism.si(w) for e, w in law.barrier.items()},
        )
