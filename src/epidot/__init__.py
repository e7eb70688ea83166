"""epidot: from a quantum-dot recipe to light, and from a measured file to a number.

Every public name is on this page; each is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from epidot.dot.described import read as read_dot
    from epidot.dot.layers import Layer, LayeredDot, Population
    from epidot.errors import InputError, WorkError
    from epidot.instruments import instrument
    from epidot.light.optics import optics
    from epidot.matter.materials import material
    from epidot.papers.claims import evaluate as claims
    from epidot.recipe.dose import dose
    from epidot.recipe.recipe import load as load_recipe
    from epidot.runs.batch import Batch
    from epidot.runs.run import run
    from epidot.signal import Signal

__version__ = "0.1.0"

_HOMES = {
    "Batch": "epidot.runs.batch:Batch",
    "InputError": "epidot.errors:InputError",
    "Layer": "epidot.dot.layers:Layer",
    "LayeredDot": "epidot.dot.layers:LayeredDot",
    "Population": "epidot.dot.layers:Population",
    "Signal": "epidot.signal:Signal",
    "WorkError": "epidot.errors:WorkError",
    "claims": "epidot.papers.claims:evaluate",
    "dose": "epidot.recipe.dose:dose",
    "instrument": "epidot.instruments:instrument",
    "load_recipe": "epidot.recipe.recipe:load",
    "material": "epidot.matter.materials:material",
    "optics": "epidot.light.optics:optics",
    "read_dot": "epidot.dot.described:read",
    "run": "epidot.runs.run:run",
}
__all__ = [
    "Batch",
    "InputError",
    "Layer",
    "LayeredDot",
    "Population",
    "Signal",
    "WorkError",
    "claims",
    "dose",
    "instrument",
    "load_recipe",
    "material",
    "optics",
    "read_dot",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"epidot has no {name!r}; it has {', '.join(__all__)}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
