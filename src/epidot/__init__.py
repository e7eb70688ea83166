"""epidot: from a quantum-dot recipe to light, and from a measured file to a number.

Every public name is on this page; each is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from epidot.dot.described import read as read_dot
    from epidot.dot.export import write_extxyz
    from epidot.dot.lattice import build as build_lattice
    from epidot.dot.layers import Layer, LayeredDot, Population
    from epidot.errors import Fault, InputError, NotBuiltYet, WorkError
    from epidot.instruments import instrument
    from epidot.instruments import names as instrument_names
    from epidot.instruments.contract import Header, Instrument, Trial
    from epidot.instruments.many import Row, measure_files
    from epidot.instruments.options import Option
    from epidot.instruments.symmetry import pulls as symmetry_pulls
    from epidot.instruments.symmetry import random_dots
    from epidot.light.optics import optics
    from epidot.light.states import solve_dot
    from epidot.light.states.atoms import solve_atoms
    from epidot.matter.materials import material
    from epidot.mechanism.lint import check as lint
    from epidot.mechanism.load import load as load_mechanism
    from epidot.mechanism.mechanism import Mechanism
    from epidot.papers.claims import ClaimResult
    from epidot.papers.claims import evaluate as claims
    from epidot.quantities import Fit, Quantities, Quantity
    from epidot.recipe.accounting import account
    from epidot.recipe.dose import dose
    from epidot.recipe.recipe import Recipe
    from epidot.recipe.recipe import from_text as parse_recipe
    from epidot.recipe.recipe import load as load_recipe
    from epidot.recipe.recipe import shipped as shipped_recipes
    from epidot.report.calibrate import calibrate
    from epidot.report.folder import measure as measure_folder
    from epidot.report.suggest import next_experiments as suggest
    from epidot.runs.batch import Batch, Sample
    from epidot.runs.run import run
    from epidot.runs.sweep.carried import sweep
    from epidot.signal import Signal
    from epidot.signal.storage import save as save_signal

__version__ = "0.1.0"

_HOMES = {
    "Batch": "epidot.runs.batch:Batch",
    "ClaimResult": "epidot.papers.claims:ClaimResult",
    "Fault": "epidot.errors:Fault",
    "Fit": "epidot.quantities:Fit",
    "Header": "epidot.instruments.contract:Header",
    "InputError": "epidot.errors:InputError",
    "Instrument": "epidot.instruments.contract:Instrument",
    "Layer": "epidot.dot.layers:Layer",
    "LayeredDot": "epidot.dot.layers:LayeredDot",
    "Mechanism": "epidot.mechanism.mechanism:Mechanism",
    "NotBuiltYet": "epidot.errors:NotBuiltYet",
    "Option": "epidot.instruments.options:Option",
    "Population": "epidot.dot.layers:Population",
    "Quantities": "epidot.quantities:Quantities",
    "Quantity": "epidot.quantities:Quantity",
    "Recipe": "epidot.recipe.recipe:Recipe",
    "Row": "epidot.instruments.many:Row",
    "Sample": "epidot.runs.batch:Sample",
    "Signal": "epidot.signal:Signal",
    "WorkError": "epidot.errors:WorkError",
    "Trial": "epidot.instruments.contract:Trial",
    "account": "epidot.recipe.accounting:account",
    "build_lattice": "epidot.dot.lattice:build",
    "calibrate": "epidot.report.calibrate:calibrate",
    "claims": "epidot.papers.claims:evaluate",
    "dose": "epidot.recipe.dose:dose",
    "instrument": "epidot.instruments:instrument",
    "instrument_names": "epidot.instruments:names",
    "lint": "epidot.mechanism.lint:check",
    "load_mechanism": "epidot.mechanism.load:load",
    "load_recipe": "epidot.recipe.recipe:load",
    "material": "epidot.matter.materials:material",
    "measure_files": "epidot.instruments.many:measure_files",
    "measure_folder": "epidot.report.folder:measure",
    "optics": "epidot.light.optics:optics",
    "random_dots": "epidot.instruments.symmetry:random_dots",
    "read_dot": "epidot.dot.described:read",
    "parse_recipe": "epidot.recipe.recipe:from_text",
    "shipped_recipes": "epidot.recipe.recipe:shipped",
    "run": "epidot.runs.run:run",
    "save_signal": "epidot.signal.storage:save",
    "solve_atoms": "epidot.light.states.atoms:solve_atoms",
    "solve_dot": "epidot.light.states:solve_dot",
    "suggest": "epidot.report.suggest:next_experiments",
    "sweep": "epidot.runs.sweep.carried:sweep",
    "symmetry_pulls": "epidot.instruments.symmetry:pulls",
    "write_extxyz": "epidot.dot.export:write_extxyz",
}
__all__ = [
    "Batch",
    "ClaimResult",
    "Fault",
    "Fit",
    "Header",
    "InputError",
    "Instrument",
    "Layer",
    "LayeredDot",
    "Mechanism",
    "NotBuiltYet",
    "Option",
    "Population",
    "Quantities",
    "Quantity",
    "Recipe",
    "Row",
    "Sample",
    "Signal",
    "Trial",
    "WorkError",
    "account",
    "build_lattice",
    "calibrate",
    "claims",
    "dose",
    "instrument",
    "instrument_names",
    "lint",
    "load_mechanism",
    "load_recipe",
    "material",
    "measure_files",
    "measure_folder",
    "optics",
    "parse_recipe",
    "random_dots",
    "read_dot",
    "run",
    "save_signal",
    "shipped_recipes",
    "solve_atoms",
    "solve_dot",
    "suggest",
    "sweep",
    "symmetry_pulls",
    "write_extxyz",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"epidot has no {name!r}; it has {', '.join(__all__)}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
