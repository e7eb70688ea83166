"""Cost and accuracy of the states: CPU time, median of several runs, one thread.

    OMP_NUM_THREADS=1 python benchmarks/states.py [--json] [--repeats 7] [--atoms]

``--atoms`` measures the atomistic states instead: spheres, and the peers of the method that was taken.

Targets: ground state of one dot 10 ms, absorption of 200 dots 2 s; by the atoms 3.3 nm 0.3 s, 6 nm 8 s.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import identity

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.light import spectra
from epidot.light.optics import optics
from epidot.light.states import Options, forget, solve_dot, table
from epidot.light.states.atoms import AtomOptions, solve_atoms
from epidot.light.states.atoms.matrix import model
from epidot.light.states.atoms.solve import shifted

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from oracle.states import electron_eV, pair_eV
from oracle.states.crystals import radius_nm, sites_of, sphere, tetrahedron, wall_offset

DOT = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.65), Layer("ZnS", 0.3)))
THICK = LayeredDot("InP", 3.3, (Layer("ZnSe", 3.4), Layer("ZnS", 0.3)))


def cpu(work: Callable[[], object], repeats: int) -> float:
    """Median CPU time in s, after one run to warm up."""
    work()
    times = []
    for _ in range(repeats):
        forget()  # tables of levels are remembered within a process
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def everything(population: Population) -> None:
    """Absorption, emission, yield and decay, which are worked out when asked for."""
    found = optics(population)
    for name in ("absorption", "emission", "plqy", "decay"):
        getattr(found, name)


def once(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU time in s of one run, and what came out."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def by_atoms() -> dict[str, float]:
    """Cost, residuals and the walls that k·p would need, of InP spheres and tetrahedra without closure."""
    bare = AtomOptions(closure=0.0)
    solve_atoms(sphere(2.0), bare)
    out: dict[str, float] = {}
    for diameter in (3.3, 6.0, 8.0):
        atoms = sphere(diameter)
        seconds, found = once(lambda atoms=atoms: solve_atoms(atoms, bare))
        name = f"InP {diameter:g} nm, {found.rows} rows"
        out[f"{name}, CPU s"] = seconds
        out[f"{name}, gap in eV"] = found.gap_eV
        out[f"{name}, largest residual in eV"] = found.residual_eV
        for i, which in enumerate(("electron", "hole")):
            level = (found.Ee_eV, found.Eh_eV)[i]
            out[f"{name}, wall of the {which} outside, nm"] = wall_offset(level, radius_nm(atoms), i)
    for edge, ends in ((12, "cation"), (13, "anion")):
        for closure in (0.0, 1.0, 2.0):
            found = solve_atoms(tetrahedron(edge, ends), AtomOptions(closure=closure))
            out[f"tetrahedron ending in {ends}s, closure {closure:g}, gap in eV"] = found.gap_eV
    return out | _peers()


def _peers() -> dict[str, float]:
    """Ten hole levels of 3.3 nm: the factor at a shift, and LOBPCG on the folded spectrum without one."""
    from scipy.sparse.linalg import lobpcg

    of = model(sites_of(sphere(3.3)))
    exact = np.linalg.eigvalsh(of.H.toarray())
    wanted = exact[exact < 0.1][::-1][:10]
    seconds, (values, _) = once(lambda: shifted(of.H, 0.1).nearest("below", 14))
    n = min(10, len(values))
    out = {
        "3.3 nm, shift and invert, CPU s": seconds,
        "its largest error, eV": float(np.abs(values[:n] - wanted[:n]).max()),
    }
    folded = of.H - 0.1 * identity(of.rows)
    start = np.random.default_rng(1).standard_normal((of.rows, 14))

    def search() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return lobpcg(folded @ folded, start, largest=False, tol=1e-10, maxiter=600)[1]

    seconds, x = once(search)
    inside = np.linalg.qr(x)[0]
    found = np.sort(np.linalg.eigvalsh(inside.T @ (of.H @ inside)))[::-1]
    found = found[found < 0.1][:10]
    return out | {
        "3.3 nm, LOBPCG on the folded spectrum, CPU s": seconds,
        "its error, eV": float(np.abs(found - wanted[: len(found)]).max()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--atoms", action="store_true")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    if options.atoms:
        show(by_atoms(), 1, options.json)
        return
    n = max(options.repeats, 5)
    nm = np.arange(350.0, 700.0)
    few = Population.drawn(DOT, 200, 0.08, np.random.default_rng(1))
    thick = Population.drawn(THICK, 200, 0.08, np.random.default_rng(1))
    many = Population.drawn(DOT, 20000, 0.08, np.random.default_rng(1))
    sizes = np.linspace(2.6, 4.2, 200)
    probes = np.linspace(2.65, 4.15, 11)
    direct = np.array([solve_dot(DOT.scaled(float(d))).E_1S_eV for d in probes])
    known = table(DOT, sizes, Options())
    fine = solve_dot(DOT, Options(longest_nm=0.4, refine=3)).E_1S_eV
    (Ee, Eh), hybrid = pair_eV(THICK), solve_dot(THICK)
    result = {
        "ground state of one dot, ms": 1e3 * cpu(lambda: solve_dot(DOT), 5 * n),
        "all lines of one dot, ms": 1e3 * cpu(lambda: solve_dot(DOT, Options(excited=True)), n),
        "ground state of 200 dots by table, ms": 1e3 * cpu(lambda: table(DOT, sizes, Options()), n),
        "absorption of 200 dots, s": cpu(lambda: spectra.absorption(few, nm), n),
        "absorption of 20000 dots, s": cpu(lambda: spectra.absorption(many, nm), n),
        "absorption of 200 dots with 3.4 nm ZnSe, s": cpu(lambda: spectra.absorption(thick, nm), n),
        "everything (optics) of 200 dots, s": cpu(lambda: everything(few), n),
        "table against direct, largest error, meV": 1e3
        * float(np.abs(known.quantity("E_1S_eV", probes) - direct).max()),
        "default mesh against a fine one, meV": 1e3 * abs(solve_dot(DOT).E_1S_eV - fine),
        "electron against exact Bessel functions, meV": 1e3 * abs(solve_dot(DOT).Ee_eV - electron_eV(DOT)),
        "thick shell: eight-band against hybrid, meV": 1e3 * abs(Ee - Eh - hybrid.Ee_eV + hybrid.Eh_eV),
    }
    show(result, n, options.json)


def show(result: Mapping[str, float], repeats: int, as_json: bool) -> None:
    """All figures, as a table or as JSON."""
    if as_json:
        print(json.dumps({"repeats": repeats, "results": result}))
        return
    for name, value in result.items():
        print(f"{name:60s} {value:10.4g}")


if __name__ == "__main__":
    main()
