"""Cost of reading grown dots: CPU time, median of several runs, one thread, for 100 dots.

    OMP_NUM_THREADS=1 python benchmarks/grown.py [--json] [--repeats 5]

Targets: reading 100 dots 2 s for all samples of a run, light of 100 members 2 s.  The dots are those of the
staged four-layer recipe, grown on the lattice once for all.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from epidot.dot import growth_readout, roughness
from epidot.dot.atoms import place
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.light.members import _slopes, _solved
from epidot.light.optics import optics
from epidot.light.states import forget
from epidot.runs.run import run

DOTS = 10


def cpu(work: Callable[[], object], repeats: int) -> float:
    """Median CPU time in s, after one run to warm up."""
    work()
    times = []
    for _ in range(repeats):
        forget()
        _solved.cache_clear()
        _slopes.cache_clear()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def scattered(n: int) -> Population:
    """Dots whose cores, shells and surfaces all differ."""
    rng = np.random.default_rng(5)
    shells = (Layer("ZnSe", 0.6), Layer("ZnS", 0.3))
    mean = LayeredDot("InP", 3.3, shells, sites=150, coverage=0.9, linked=0.9, oxide=4)
    d = Population.drawn(mean, n, 0.06, rng).core_diameters_nm
    members = tuple(
        replace(
            mean,
            core_diameter_nm=float(x),
            shells=tuple(replace(s, thickness_nm=s.thickness_nm * rng.uniform(0.7, 1.3)) for s in shells),
            oxide=float(rng.integers(0, 9)),
        )
        for x in d
    )
    return Population(mean, d, members)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    n = max(options.repeats, 5)
    batch = run("choi2023/inp-zns-staged-4", dots=DOTS, seed=1, engine="kmc")
    samples = [s.grown for s in batch.samples]
    last = samples[-1]
    members = scattered(100)
    scale = 100 / DOTS
    points = last[0].position_nm[last[0].kind > 0]
    u = roughness.directions()
    twin = np.abs(roughness.outermost(points, u, 0.29) - roughness.outermost_plain(points, u, 0.29)).max()
    result = {
        "sites of one dot": float(len(last[0])),
        f"reading 100 dots, all {len(samples)} samples, s": scale
        * cpu(lambda: [growth_readout.read(dot) for dots in samples for dot in dots], n),
        "reading 100 dots of four layers, s": scale * cpu(lambda: [growth_readout.read(d) for d in last], n),
        "atoms of 100 dots of four layers, s": scale * cpu(lambda: [place(d) for d in last], n),
        "light of 100 members that all differ, s": cpu(lambda: optics(members), n),
        "compiled against plain, largest difference, nm": float(twin),
    }
    if options.json:
        print(json.dumps({"repeats": n, "results": result}))
        return
    for name, value in result.items():
        print(f"{name:55s} {value:10.4g}")


if __name__ == "__main__":
    main()
