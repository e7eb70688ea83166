"""What is pinned: every claim by both engines, and key quantities of every shipped recipe at a fixed seed.

A pin says "as before", not "right": what is right is tested in ``tests/oracle`` and in the rooms' own tests.
The pins are ``claims.yaml`` and ``recipes.yaml`` beside this file, one line per claim or sample.  Tests only
read them; ``python tests/regression/refresh.py`` writes them and prints every value that moves.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from epidot.documents import text as documents
from epidot.errors import EpidotError
from epidot.papers.claims import ClaimResult
from epidot.runs.run import run

HERE = Path(__file__).parent
DOTS = 8
SEED = 5
DIGITS = 7
# Another processor rounds otherwise, accepts other steps and ends elsewhere within the error of the
# integrator: up to 6e-5 of a number and 8e-5 of a count per dot (staged recipes, beside tolerances a
# thousand times tighter).  Two makes of processor were seen to differ by 1.2e-5 and 2e-6.
RELATIVE, ABSOLUTE = 3e-5, 1e-8
PER_DOT = 1e-5
KEY = (
    "shell_layers",
    "coverage",
    "oxide_per_dot",
    "oxide_memory_per_dot",
    "crystalline_fraction",
    "In_exchanged_per_dot",
    "adatoms_S_per_dot",
    "adatoms_Se_per_dot",
    "adatoms_Zn_per_dot",
    "ligands_OA_per_dot",
    "roughness_nm",
    "diameter_nm",
    "diameter_sd_nm",
    "strain_core",
    "first_exciton_nm",
    "pl_peak_nm",
    "pl_fwhm_nm",
    "plqy",
    "tau_amplitude_ns",
    "tau_intensity_ns",
    "surface_traps_per_dot",
    "repaired_fraction",
    "Cl_per_dot",
    "Br_per_dot",
    "Br_core_per_dot",
    "Br_round_1",
    "I_per_dot",
)


def read(name: str) -> dict[str, Any]:
    """The pins of ``claims`` or ``recipes``."""
    return dict(documents.read(HERE / f"{name}.yaml").data)


def pinned(result: ClaimResult) -> dict[str, Any]:
    """What is kept of a claim."""
    return {"verdict": result.verdict, "basis": result.basis, "value": result.value}


def samples(recipe: str, engine: str) -> dict[str, Any]:
    """Key quantities of every sample of a recipe; of a flask without dots what is dissolved in it."""
    try:
        batch = run(recipe, dots=DOTS, seed=SEED, engine=engine)
    except EpidotError as error:
        return {"refused": type(error).__name__}
    return {
        sample.name: {
            name: quantity.value
            for name, quantity in sample.quantities.items()
            if name in KEY or (sample.population is None and name.endswith("_mol"))
        }
        for sample in batch.samples
    }


def moved(pin: Any, now: Any, where: str = "") -> list[str]:
    """Every leaf of ``now`` that is not what was pinned, as ``where: before -> now``."""
    if isinstance(pin, Mapping) and isinstance(now, Mapping):
        keys = list(dict.fromkeys([*pin, *now]))
        absent = "absent"
        return [
            line
            for key in keys
            for line in moved(pin.get(key, absent), now.get(key, absent), f"{where}/{key}".lstrip("/"))
        ]
    if _is_list(pin) and _is_list(now) and len(pin) == len(now):
        return [
            line
            for i, (a, b) in enumerate(zip(pin, now, strict=True))
            for line in moved(a, b, f"{where}/{i}")
        ]
    if _is_number(pin) and _is_number(now):
        least = PER_DOT if where.endswith("_per_dot") else ABSOLUTE
        same = math.isclose(pin, now, rel_tol=RELATIVE, abs_tol=least)
    else:
        same = type(pin) is type(now) and pin == now
    return [] if same else [f"{where}: {pin} -> {now}"]


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def flow(value: Any) -> str:
    """A value as YAML on one line, numbers with the digits that are pinned."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    if _is_list(value):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    if isinstance(value, float):
        return repr(float(f"{value:.{DIGITS}g}"))
    return json.dumps(value, ensure_ascii=False)
