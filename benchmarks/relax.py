"""Atoms at rest: cost of a relaxation, and how much of the continuum's strain the atoms show.

    OMP_NUM_THREADS=1 python benchmarks/relax.py [--json] [--table] [--seeds 3] [--light]

Target: a 3.3 nm core in 6 nm of shell (4,403 atoms) in 0.5 CPU s, compilation apart.  ``--table`` relaxes
closed shells of several thicknesses and shells with a cap missing, over cores, sizes and shell materials, and
prints the share of the coherent continuum's core strain (:data:`epidot.dot.strain.ATOMISTIC_SHARE`).
``--light`` shows what that share, put in for the coherency, would do to the first exciton.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from epidot.dot.atoms import Atoms, of_layers
from epidot.dot.layers import Layer, LayeredDot
from epidot.dot.relax import relax
from epidot.dot.strain import ATOMISTIC_SHARE, strain
from epidot.light.states.levels import solve_dot

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from oracle.test_keating import core_shell, martin

PAIRS = (("InP", "ZnSe"), ("InP", "ZnS"), ("CdSe", "CdS"), ("CdSe", "ZnS"), ("CdSe", "ZnSe"))
CORES_NM = (2.4, 3.3, 4.5)
THICKNESS_NM = (0.2, 0.35, 0.5, 0.7, 1.0, 1.35, 2.0)
MISSING = (0.0, 0.1, 0.25, 0.5, 0.75)


def cost(repeats: int) -> dict[str, float]:
    """CPU time of the exact case, the first one (which may compile) apart."""
    times = []
    for _ in range(repeats + 1):
        start = time.process_time()
        rest = relax(core_shell(6.0), martin)
        times.append(time.process_time() - start)
    return {
        "atoms": len(rest.atoms),
        "first_s": times[0],
        "median_s": statistics.median(times[1:]),
        "energy_eV": rest.energy_eV,
        "evaluations": rest.evaluations,
    }


def lammps() -> str:
    """What there is to say of the usual program."""
    found = shutil.which("lmp") or shutil.which("lammps")
    if found is None:
        return "not installed here: not compared"
    return (
        "installed, and not run: it has no Keating functional (its bonds know lengths, not squares), "
        "and Stillinger-Weber would bring the atoms to rest under other forces"
    )


def without_cap(atoms: Atoms, missing: float) -> Atoms:
    """``atoms`` without those of the shell in a cap of that share of the solid angle."""
    x = atoms.position_nm
    high = x[:, 2] > (1 - 2 * missing) * np.linalg.norm(x, axis=1)
    keep = (atoms.role == "core") | ~high if missing else np.ones(len(x), dtype=bool)
    fields = ("species", "position_nm", "layer", "role", "charge")
    return replace(atoms, **{name: getattr(atoms, name)[keep] for name in fields})


def share(core: str, core_nm: float, shell: str, thickness_nm: float, missing: float, seeds: int) -> float:
    """Core strain of the atoms over that of coherent elastic spheres, mean over ``seeds`` surfaces."""
    dot = LayeredDot(core, core_nm, (Layer(shell, thickness_nm, coherency=1.0),))
    continuum = strain(dot, spread=False).core
    found = [
        relax(without_cap(of_layers(dot, np.random.default_rng(seed)), missing)).core for seed in range(seeds)
    ]
    return float(np.mean(found)) / continuum


def table(seeds: int) -> list[dict[str, object]]:
    """Closed shells over thickness, then a shell of 0.7 nm with more and more of it missing."""
    rows: list[dict[str, object]] = []
    for core, shell in PAIRS:
        for nm in CORES_NM:
            cases = [(t, 0.0) for t in THICKNESS_NM] + [(0.7, m) for m in MISSING[1:]]
            for thickness, missing in cases:
                value = share(core, nm, shell, thickness, missing, seeds)
                rows.append(
                    {
                        "core": core, "core_nm": nm, "shell": shell, "thickness_nm": thickness,
                        "missing": missing, "share": round(value, 4),
                    }
                )  # fmt: skip
    return rows


def light() -> list[dict[str, object]]:
    """Shift of the first exciton of 3.3 nm InP by a shell / nm, by what its coherency is taken to be."""
    x, y = np.array([(nm, share.value) for nm, share in ATOMISTIC_SHARE]).T

    def exciton(*shells: Layer) -> float:
        return float(solve_dot(LayeredDot("InP", 3.3, shells)).first_exciton_nm)

    bare, rows = exciton(), []
    for shell, thickness in (("ZnS", 0.312), ("ZnS", 0.70), ("ZnS", 1.15), ("ZnSe", 0.327), ("ZnSe", 1.31)):
        atoms = float(np.interp(thickness, [0.0, *x], [0.0, *y]))
        ways = {"shipped": None, "atoms": atoms, "coherent": 1.0}
        shifts = {how: round(exciton(Layer(shell, thickness, s)) - bare, 1) for how, s in ways.items()}
        rows.append({"shell": shell, "thickness_nm": thickness, "share": round(atoms, 2), **shifts})
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--table", action="store_true", help="the share of the continuum's strain too")
    parser.add_argument("--light", action="store_true", help="what that share does to the first exciton")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3, help="surfaces per row of the table")
    asked = parser.parse_args()
    result: dict[str, object] = {"cost": cost(asked.repeats), "LAMMPS": lammps()}
    if asked.table:
        result["table"] = table(asked.seeds)
    if asked.light:
        result["light"] = light()
    if asked.json:
        print(json.dumps(result, indent=1))
        return
    for name, value in result["cost"].items():  # type: ignore[attr-defined]
        print(f"{name:>12}  {value:.4g}")
    print(f"{'LAMMPS':>12}  {result['LAMMPS']}")
    for row in (*result.get("table", []), *result.get("light", [])):  # type: ignore[misc]
        print(*row.values(), sep="\t")


if __name__ == "__main__":
    main()
