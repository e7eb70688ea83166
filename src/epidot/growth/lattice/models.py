"""Compiled models of what can happen on the present lattice, kept for later segments and like flasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from epidot.given import Given, now
from epidot.growth.kmc.compiler import Compiled, compile_model
from epidot.growth.kmc.lattice import copied
from epidot.growth.kmc.model import Model
from epidot.growth.lattice.population import GrownPopulation
from epidot.growth.lattice.translation import Active, model_of, places
from epidot.growth.outer_places import OuterPlaces
from epidot.mechanism.mechanism import Mechanism

Outer = tuple[OuterPlaces, NDArray[np.bool_]]
_KEPT_SITES = 3_000_000  # in compiled models that are kept; a site takes some hundred bytes
_MODELS: dict[tuple[object, ...], Ready] = {}  # the oldest is given up first


@dataclass(frozen=True)
class Ready:
    """A compiled model, and what it means to the mechanism.

    ``unequal`` (R,) says by which reactions monomer comes to a site or leaves one: their rates differ from
    dot to dot, both by the same factor, so that no dot is more stable than another.  ``felt`` says per
    element of a shell which entries are steps that feel its misfit; ``units`` (kind, element, how many) what
    of a shell is on a site of every kind; ``empty`` the kinds that are nothing.
    """

    mechanism: Mechanism
    what: Active
    compiled: Compiled
    unequal: NDArray[np.bool_]
    felt: Mapping[str, NDArray[np.bool_]]
    units: tuple[tuple[int, str, int], ...]
    empty: tuple[int, ...]
    _outer: dict[Given, dict[str, Outer]] = field(default_factory=dict, init=False, repr=False)

    @property
    def outer(self) -> Mapping[str, Outer]:
        """Per class of places outside what every kind takes and makes of them, and which are a layer."""
        given = now()  # what a unit of shell fills rests on numbers that a run can be given
        if given not in self._outer:
            self._outer[given] = {name: self._places(name) for name in outside(self.mechanism)}
        return self._outer[given]

    def _places(self, name: str) -> Outer:
        site, every = self.mechanism.sites[name], self.mechanism.on_lattice().kinds
        kinds = [every[k] for k in self.what.kinds]
        first = np.array(["first" in k.marks and "vacant" not in k.marks for k in kinds])
        return OuterPlaces.of(self.mechanism.si(site.per_nm2 or ""), site, kinds, 0.0), first

    def supplied(self, most: float) -> Compiled:
        """The model with the largest supply of a dot in the rates that differ."""
        tables = self.compiled.tables
        rates = np.where(self.unequal[tables.entry_reaction], most, 1.0)
        return self.compiled.with_tables(tables._replace(entry_A=tables.entry_A * rates))


def ready(mechanism: Mechanism, population: GrownPopulation, what: Active, vacuum: bool) -> Ready:
    """The model of the steps ``what`` on the lattice of ``population``."""
    assert mechanism.lattice is not None
    shape = population.shape
    key = (mechanism.hash, what.key, vacuum, population.radii_nm, population.a_nm, population.n, shape.key)
    if key not in _MODELS:
        size = population.kind.size
        while _MODELS and size + sum(len(m.compiled.lattice) for m in _MODELS.values()) > _KEPT_SITES:
            del _MODELS[next(iter(_MODELS))]
        model = model_of(mechanism, mechanism.lattice, shape, what, vacuum=vacuum)
        found = compile_model(model, copied(population.master.sites, population.n))
        felt, units = _felt(mechanism, what, found), _units(mechanism, what)
        vacant = mechanism.lattice.vacant.values()
        empty = tuple(i for i, k in enumerate(what.kinds) if k in vacant)
        _MODELS[key] = Ready(mechanism, what, found, _unequal(mechanism, model), felt, units, empty)
    return _MODELS[key]


def outside(mechanism: Mechanism) -> tuple[str, ...]:
    """The name under which free places outside stand among the dissolved species, if they do."""
    name = places(mechanism)
    return (name,) if mechanism.on_lattice().pool and name else ()


def materials(mechanism: Mechanism) -> dict[str, str]:
    """The shell material of every chalcogen."""
    return {el: m for s in mechanism.sites.values() for el, m in s.material.items()}


def _units(mechanism: Mechanism, what: Active) -> tuple[tuple[int, str, int], ...]:
    kinds = mechanism.on_lattice().kinds
    each = [
        (i, el, kinds[k].elements.get(el, 0)) for i, k in enumerate(what.kinds) for el in materials(mechanism)
    ]
    return tuple(row for row in each if row[2])


def _unequal(mechanism: Mechanism, model: Model) -> NDArray[np.bool_]:
    monomers = mechanism.monomers
    return np.array([r.before is not None and not monomers.isdisjoint(r.liquor) for r in model.reactions])


def _felt(mechanism: Mechanism, what: Active, found: Compiled) -> dict[str, NDArray[np.bool_]]:
    kinds, shells = mechanism.on_lattice().kinds, materials(mechanism)
    felt = {s.id: el for s in what.steps if s.rate and s.rate.misfit
            for el in shells if el in kinds[s.centre[0]].elements}  # fmt: skip
    names = [r.name for r in found.model.reactions]
    reaction = found.tables.entry_reaction
    return {
        el: np.isin(reaction, [names.index(id_) for id_, of in felt.items() if of == el])
        for el in dict.fromkeys(felt.values())
    }
