"""Electronic states of a layered dot: hybrid spherical k·p (docs/theory/states.md)."""

from epidot.light.states.levels import Levels, Options, solve_dot
from epidot.light.states.lines import Transition
from epidot.light.states.table import LevelsTable, forget, table

__all__ = ["Levels", "LevelsTable", "Options", "Transition", "forget", "solve_dot", "table"]
