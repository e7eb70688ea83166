"""What an instrument would read of a sample: simulated free of noise, and measured as a file would be.

For what no quantity of a run is: a ratio of XPS areas depends on depths and attenuation, a hydrodynamic
radius on the ligands around a dot. The same two verbs serve ``epidot simulate`` and the claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from epidot.errors import InputError, nearest
from epidot.instruments import instrument
from epidot.instruments.xps.levels import levels
from epidot.quantities import Quantity
from epidot.runs import quantities
from epidot.runs.quantities import Declared

if TYPE_CHECKING:
    from epidot.runs.sampled import Sampled

# What is not detected is no number; without noise there is no reason for a limit.
# What noise may hide under a line is no part of what the sample shows.
_NMR: Mapping[str, Any] = {"noise": 1e-4}
_ETCH: Mapping[str, Any] = {"limit_nmol": 1e-9, "metal_limit_nmol": 1e-9}


def levels_of(quantity: str) -> list[str]:
    """The levels that a quantity of XPS is read from, with C 1s, which sets the axis.

    Of each element of a ratio the first level of the table.
    """
    parts = quantity.split("_")
    if parts[0] == "ratio":
        shown = [next((n for n, one in levels().items() if one.element == e), "") for e in parts[1:]]
    else:
        shown = ["_".join(parts[:2])]
    return list(dict.fromkeys([*(name for name in shown if name in levels()), "C_1s"]))


def find(quantity: str) -> Declared:
    """The quantity of a run called so, as sweeps and studies name it: of XPS only of what XPS knows.

    Raises
    ------
    InputError
        If there is none, or no such element, level or state, with the nearest.
    """
    declared = quantities.find(quantity)
    if not quantity.startswith("seen.xps."):
        return declared
    elements = dict.fromkeys(one.element for one in levels().values())
    known = [f"seen.xps.ratio_{a}_{b}" for a in elements for b in elements if a != b]
    for name, one in levels().items():
        states = [f"{name}_{state}" for state in (*one.states, "other")]
        known += [f"seen.xps.{state}_{what}" for state in states for what in ("eV", "fraction")]
        known.append(f"seen.xps.{name}_mean_eV")
    if quantity not in known:
        what = "XPS knows no such element, level or state"
        raise InputError(what, seen=quantity, nearest=nearest(quantity, known))
    return declared


def read(sample: Sampled, technique: str, name: str) -> Quantity | None:
    """What ``technique`` measures as ``name`` in its own simulation of a sample; ``None`` if that is nothing.

    The error is not the instrument's: there is no noise to have one from.
    """
    device = instrument(technique)
    setup: Mapping[str, Any] = {}
    told: dict[str, Any] = {}
    if technique == "xps":
        setup = {"levels": " ".join(levels_of(name))}
    if technique == "etch":
        setup = _ETCH
    if technique == "nmr":
        setup = _NMR
    key = technique, *map(str, setup.values())
    if key in sample.shown:
        return sample.shown[key].get(name)
    shown = device.simulate(sample.population, setup)
    if technique == "nmr":
        used = shown.meta["setup"]
        told = {"standard": used["standard"] or "ferrocene"}
        told |= {key: used[key] for key in ("standard_nmol", "dots_nmol")}
        told["diameter_nm"] = sample.quantity("diameter_nm").value
    sample.shown[key] = device.measure(shown, **told)
    return sample.shown[key].get(name)
