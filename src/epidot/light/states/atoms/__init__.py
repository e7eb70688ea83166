"""States of a dot's own atoms: tight binding, s on cations, p on anions (docs/theory/states.md)."""

from epidot.light.states.atoms.dangling import OpenBond, open_bond, open_bonds
from epidot.light.states.atoms.levels import AtomLevels, AtomOptions, solve_atoms
from epidot.light.states.atoms.solve import NotSolved

__all__ = ["AtomLevels", "AtomOptions", "NotSolved", "OpenBond", "open_bond", "open_bonds", "solve_atoms"]
