"""Debye's sum of 20,737 atoms: error against the exact sum, and CPU time beside DebyeCalculator.

    OMP_NUM_THREADS=1 python benchmarks/xrd.py [--json] [--peer-python P]

Targets: Q 1 to 8 per Å in steps of 0.01, error 1e-5 at most, five times less CPU than DebyeCalculator in
single precision.  ``--peer-python`` is an interpreter that has DebyeCalculator (it needs torch, 750 MB).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from epidot.instruments.xrd.debye import debye
from epidot.instruments.xrd.factors import factor

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from oracle.test_keating import A_INP, sphere

Q = np.arange(10.0, 80.001, 0.1)  # per nm
PEER = """
import sys, time, torch
from debyecalculator import DebyeCalculator
torch.set_num_threads(1)
calc = DebyeCalculator(qmin=1, qmax=8, qstep=0.01, biso=0.0, device="cpu")
calc.iq(sys.argv[1])
start = time.process_time()
calc.iq(sys.argv[1])
print(time.process_time() - start)
"""


def exact(x: np.ndarray, species: np.ndarray) -> np.ndarray:
    """The sum over the lattice's own distances, which are roots of whole numbers."""
    places = np.round(4 * x / A_INP).astype(np.int64)
    names, kind = np.unique(species, return_inverse=True)
    f = [factor(str(name), Q) for name in names]
    most = 3 * int(np.ptp(places, axis=0).max()) ** 2 + 1
    count = np.zeros((3, most))
    for i in range(len(places)):
        square = ((places[i + 1 :] - places[i]) ** 2).sum(axis=1)
        for pair in range(3):
            count[pair] += np.bincount(square[kind[i] + kind[i + 1 :] == pair], minlength=most)
    total = sum(f[k] ** 2 * np.sum(kind == k) for k in range(2))
    for pair, (a, b) in enumerate(((0, 0), (0, 1), (1, 1))):
        there = np.flatnonzero(count[pair])
        qr = np.outer(Q, np.sqrt(there) * A_INP / 4)
        total = total + 2 * f[a] * f[b] * ((np.sin(qr) / qr) @ count[pair][there])
    return np.asarray(total)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peer-python", help="interpreter with DebyeCalculator")
    asked = parser.parse_args()
    x, sign = sphere(10.0)
    species = np.where(sign > 0, "In", "P")
    debye(species[:60], x[:60], Q, factor)  # compiles
    times = []
    for _ in range(3):
        start = time.process_time()
        found = debye(species, x, Q, factor)
        times.append(time.process_time() - start)
    result: dict[str, float] = {
        "atoms": len(x),
        "cpu_s": statistics.median(times),
        "largest relative error": float(np.max(np.abs(found / exact(x, species) - 1))),
    }
    if asked.peer_python:
        with tempfile.TemporaryDirectory() as folder:
            rows = "\n".join(
                f"{s} {p[0]:.6f} {p[1]:.6f} {p[2]:.6f}" for s, p in zip(species, 10 * x, strict=True)
            )
            path = Path(folder) / "dot.xyz"
            path.write_text(f"{len(x)}\n\n{rows}\n")
            done = subprocess.run([asked.peer_python, "-c", PEER, str(path)], capture_output=True, text=True)
            result["DebyeCalculator cpu_s"] = (
                float(done.stdout.split()[-1]) if done.returncode == 0 else np.nan
            )
            if done.returncode:
                print(done.stderr[-500:], file=sys.stderr)
    if asked.json:
        print(json.dumps(result, indent=1))
        return
    for name, value in result.items():
        print(f"{name:>24}  {value:.4g}")


if __name__ == "__main__":
    main()
