"""How often the 68 % interval of ln D(300 °C) holds the truth: the figures of docs/instruments/etch.md.

    python benchmarks/etch_coverage.py [--seeds 200] [--temperatures 80,200,300] [--truth prior|fixed]

``prior``: every parameter of every data set is drawn from what is stated as known beforehand; kept are data
with at least four rounds above the detection limit at 300 °C.  ``fixed``: one truth, only the noise is drawn.
10 % noise, detection limit 3 ions per dot.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from epidot.constants import ZERO_CELSIUS
from epidot.instruments.etch.inversion import invert
from epidot.instruments.etch.mechanisms import priors
from epidot.instruments.etch.verdict import IDENTIFIED

sys.path.insert(0, str(Path(__file__).parent))
from etch_confusion import CENTRES, HOTTEST, made

MECHANISM = "out-diffusion"


def drawn(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A truth: one fixed set, or a draw from the prior (with a positive activation enthalpy)."""
    known = priors(MECHANISM, HOTTEST + ZERO_CELSIUS)
    if kind == "fixed":
        return np.array([CENTRES[MECHANISM].get(p.name, p.mean) for p in known])
    while True:
        theta = np.array([rng.normal(p.mean, p.sd) for p in known])
        if theta[1] > 0.2:
            return theta


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seeds", type=int, default=200)
    arguments.add_argument("--temperatures", default="80,200,300")
    arguments.add_argument("--truth", choices=("prior", "fixed"), default="prior")
    arguments.add_argument("--starts", type=int, default=6)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    temperatures = tuple(float(t) for t in asked.temperatures.split(","))
    begin = time.process_time()
    rows = []
    seed = 0
    while len(rows) < asked.seeds:
        rng = np.random.default_rng([17, seed])
        seed += 1
        theta = drawn(asked.truth, rng)
        data = made(MECHANISM, theta, temperatures, rng)
        if int(np.sum(~data.samples[-1].readings.censored)) < 4:
            continue
        found = invert(MECHANISM, data, asked.starts)
        D, dH = found.ln_D(HOTTEST + ZERO_CELSIUS), found.combined({"dH": 1.0})
        rows.append(
            (
                (D.value - theta[0]) / D.sigma,
                D.sigma,
                D.prior_share,
                (dH.value - theta[1]) / dH.sigma,
                dH.sigma,
                dH.prior_share,
            )
        )
        if len(rows) % 10 == 0:
            p = np.array(rows)
            covered = np.mean(np.abs(p[:, 0]) < 1)
            spent = time.process_time() - begin
            print(
                f"{len(rows)} of {seed}: ln D covered {covered:.3f}  [{spent:.0f} s]",
                file=sys.stderr,
                flush=True,
            )
    p = np.array(rows)
    sharp = p[:, 2] < IDENTIFIED
    result = {
        "truth": asked.truth,
        "temperatures_C": temperatures,
        "data_sets": len(rows),
        "lnD_covered": float(np.mean(np.abs(p[:, 0]) < 1)),
        "lnD_covered_where_identified": float(np.mean(np.abs(p[sharp, 0]) < 1)),
        "identified": int(sharp.sum()),
        "lnD_within_2": float(np.mean(np.abs(p[:, 0]) < 2)),
        "lnD_sigma_median": float(np.median(p[:, 1])),
        "dH_covered": float(np.mean(np.abs(p[:, 3]) < 1)),
        "dH_sigma_median": float(np.median(p[:, 4])),
        "dH_identified": int(np.sum(p[:, 5] < IDENTIFIED)),
        "cpu_s_per_data_set": (time.process_time() - begin) / len(rows),
    }
    if asked.json:
        print(json.dumps(result, indent=2))
    else:
        print("\n".join(f"{k}: {v}" for k, v in result.items()))


if __name__ == "__main__":
    main()
