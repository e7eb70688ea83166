"""Cost and accuracy of the states: CPU time, median of several runs, one thread.

    OMP_NUM_THREADS=1 python benchmarks/states.py [--json] [--repeats 7]

Targets: ground state of one dot 10 ms, absorption of 200 dots 2 s.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.light import spectra
from epidot.light.optics import optics
from epidot.light.states import Options, forget, solve_dot, table

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from oracle.states import electron_eV, pair_eV

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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
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
        "everything (optics) of 200 dots, s": cpu(lambda: optics(few), n),
        "table against direct, largest error, meV": 1e3
        * float(np.abs(known.quantity("E_1S_eV", probes) - direct).max()),
        "default mesh against a fine one, meV": 1e3 * abs(solve_dot(DOT).E_1S_eV - fine),
        "electron against exact Bessel functions, meV": 1e3 * abs(solve_dot(DOT).Ee_eV - electron_eV(DOT)),
        "thick shell: eight-band against hybrid, meV": 1e3 * abs(Ee - Eh - hybrid.Ee_eV + hybrid.Eh_eV),
    }
    if options.json:
        print(json.dumps({"repeats": n, "results": result}))
        return
    for name, value in result.items():
        print(f"{name:55s} {value:10.4g}")


if __name__ == "__main__":
    main()
