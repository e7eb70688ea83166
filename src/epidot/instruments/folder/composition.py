"""How many atoms and ligands a dot has, by eqs 1 to 3 of choi2023 from what several techniques say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from epidot.dot import composition
from epidot.errors import EpidotError
from epidot.instruments.folder.record import GROWN, Record, found
from epidot.matter.materials import crystal
from epidot.quantities import Quantity

EQUATIONS = "eqs 1-3"  # stands for a technique where the equations speak
_STEP = 1e-3  # relative; of a derivative


def counted(group: Sequence[Record]) -> Record | None:
    """The record of one sample's atoms: the core's by its diameter, cations and shell by XPS beside it.

    ``None`` where no technique says which crystal the core is and how large.
    """
    known = {key: value for one in group for key, value in one["options"].items()}
    core = known.get("core") or known.get("material")
    d = found(group, "uvvis", "diameter_nm") or (
        (float(known["diameter_nm"]), 0.0) if isinstance(known.get("diameter_nm"), int | float) else None
    )
    if core is None or d is None:
        return None
    try:
        a = crystal(str(core)).a_nm
    except EpidotError:
        return None
    out = {"anions_per_core": _by(lambda x: composition.anions_per_core(x, a), [d], "eq 1 by the diameter")}
    anions = out["anions_per_core"]
    cation, anion = str(core)[:2], str(core)[2:]
    ratio = found(group, "xps", f"sphere_ratio_{cation}_{anion}") or found(
        group, "xps", f"ratio_{cation}_{anion}"
    )
    if ratio is not None and anions.value is not None:
        pair = (anions.value, anions.sigma or 0.0)
        how = f"eq 1 and {cation} per {anion} by XPS"
        out["cations_per_core"] = _by(lambda n, r: n * r, [pair, ratio], how)
    thickness, shell = found(group, "xps", "shell_nm"), str(known.get("shell", "")).split(":")[0]
    if thickness is not None and shell:
        lattice = crystal(shell).a_nm
        out["anions_in_shell"] = _by(
            lambda x, t: composition.anions_in_shell(x, t, lattice),
            [d, thickness],
            "eq 3 by the shell of XPS",
        )
    return _record(EQUATIONS, f"({EQUATIONS})", group[0]["sample"], out)


def covered(group: Sequence[Record]) -> list[Record]:
    """Ligands per nm2 of one sample: by eq 2 from NMR and a diameter that another technique gives, and grown.

    The surface is that of the whole inorganic dot: the sizing curve, which gives the core, stands for it
    where no shell is known of.
    """
    known = {key for one in group for key, value in one["options"].items() if value}
    out = []
    for technique in ("tem", "uvvis") if "shell" not in known else ("tem",):
        if (d := found(group, technique, "diameter_nm")) and (n := found(group, "nmr", "ligands_per_dot")):
            density = _by(_density, [n, d], f"eq 2 by NMR and the diameter of {technique}")
            out.append(_record(EQUATIONS, f"({EQUATIONS})", group[0]["sample"], {"ligands_per_nm2": density}))
            break
    for one in group:
        if one["technique"] != GROWN:
            continue
        carried, size = (
            one["quantities"].get(k, {}).get("value") for k in ("ligands_OA_per_dot", "diameter_nm")
        )
        if isinstance(carried, int | float) and isinstance(size, int | float) and size > 0:
            density = Quantity(_density(carried, size), None, "1/nm2", "oleates on the sphere of the mean")
            out.append(_record(GROWN, one["file"], one["sample"], {"ligands_per_nm2": density}))
    return out


def _density(per_dot: float, diameter_nm: float) -> float:
    return per_dot / (math.pi * diameter_nm**2)


def _record(technique: str, file: str, sample: str, quantities: dict[str, Quantity]) -> Record:
    return {
        "file": file,
        "state": "measured",
        "technique": technique,
        "sample": sample,
        "options": {},
        "quantities": {name: one.to_json() for name, one in quantities.items()},
    }


def _by(function: Callable[..., float], values: Sequence[tuple[float, float]], how: str) -> Quantity:
    """A function of independent values with errors, to first order."""
    at = [value for value, _ in values]
    middle = function(*at)
    variance = 0.0
    for i, (value, sigma) in enumerate(values):
        step = _STEP * value
        moved = function(*[v + (step if i == j else 0.0) for j, v in enumerate(at)])
        variance += ((moved - middle) / step * sigma) ** 2 if step else 0.0
    return Quantity(middle, math.sqrt(variance) or None, "1", how)
