"""Exact kinetic Monte Carlo on any lattice of sites: one continuous-time Markov chain, rejection-free.

:mod:`lattice` and :mod:`builders` say where things sit, :mod:`model` what may happen there, :mod:`compiler`
turns both into tables, :mod:`simulation` runs them.  The method is described in ``docs/theory/kmc.md``.
"""

from epidot.growth.kmc.lattice import Lattice, Relation, join
from epidot.growth.kmc.model import Count, Model, Partner, Reaction, Species
from epidot.growth.kmc.programme import Flow, Programme

__all__ = [
    "Count",
    "Flow",
    "Lattice",
    "Model",
    "Partner",
    "Programme",
    "Reaction",
    "Relation",
    "Species",
    "join",
]
