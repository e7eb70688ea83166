"""Compiled models of what can happen on the present lattice, kept for later segments and like flasks."""

from __future__ import annotations

from epidot.growth.kmc.compiler import Compiled, compile_model
from epidot.growth.kmc.lattice import copied
from epidot.growth.lattice.population import GrownPopulation
from epidot.growth.lattice.translation import Active, model_of
from epidot.mechanism.mechanism import Mechanism

_KEPT_SITES = 3_000_000  # in compiled models that are kept; a site takes some hundred bytes
_MODELS: dict[tuple[object, ...], Compiled] = {}  # the oldest is given up first


def compiled(mechanism: Mechanism, population: GrownPopulation, what: Active, vacuum: bool) -> Compiled:
    """The model of the steps ``what`` on the lattice of ``population``."""
    assert mechanism.lattice is not None
    shape = population.shape
    key = (mechanism.hash, what.key, vacuum, population.radii_nm, population.a_nm, population.n, shape.key)
    if key not in _MODELS:
        size = population.kind.size
        while _MODELS and size + sum(len(c.lattice) for c in _MODELS.values()) > _KEPT_SITES:
            del _MODELS[next(iter(_MODELS))]
        model = model_of(mechanism, mechanism.lattice, shape, what, vacuum=vacuum)
        _MODELS[key] = compile_model(model, copied(population.master.sites, population.n))
    return _MODELS[key]
