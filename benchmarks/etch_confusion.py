"""Which explanation an etch is given, over simulated data of each: the table in docs/instruments/etch.md.

    python benchmarks/etch_confusion.py [--seeds 10] [--temperatures 80,200,300] [--json]

Each data set is made by one mechanism with parameters drawn around a set that puts the maximum at 300 °C
into the third of five equal-depth rounds (draws that do not are thrown away; washing alone cannot do it and
is not asked to), with 10 % noise and a detection limit of 3 ions per dot.  All four explanations are then
fitted to it.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time

import numpy as np

from epidot.constants import ZERO_CELSIUS
from epidot.instruments.etch.fitting import chi_square
from epidot.instruments.etch.forward import Sphere, Treatment
from epidot.instruments.etch.inversion import Data, Sample, invert, predicted
from epidot.instruments.etch.mechanisms import MECHANISMS, priors
from epidot.instruments.etch.profile import Readings
from epidot.instruments.etch.verdict import verdict
from epidot.transport.constants import constants

SPHERE = Sphere(1.65, 3.2, 4.25)
DEPTHS = 0.52 * np.arange(1.0, 6.0)
LIMIT, NOISE = 3.0, 0.10
HOTTEST = 300.0
# Around these the truth is drawn, with this part of the prior's width; the rest stands at the prior's mean.
WIDTH = 0.3
CENTRES = {
    "washing": {"lnD": math.log(1e-3), "dH": 1.67, "ln_uptake": 1.0},
    "out-diffusion": {"lnD": math.log(constants().of("D_shell")), "dH": constants().of("dH_shell")},
    # With the uptake of the shipped constants the outermost round holds most.
    "solubility": {
        "lnD": math.log(2e-3),
        "dH": 1.67,
        "ln_uptake": 0.5,
        "ln_partition_ZnSe": 2.5,
        "ln_ligand_kept": -2.0,
    },
    "traps": {"lnD": math.log(7e-4), "dH": 1.67, "ln_uptake": 0.5},
}


def truth(mechanism: str, rng: np.random.Generator) -> np.ndarray:
    """Parameters drawn around the centre of the mechanism."""
    known = priors(mechanism, HOTTEST + ZERO_CELSIUS)
    centre = np.array([CENTRES[mechanism].get(p.name, p.mean) for p in known])
    return centre + WIDTH * np.array([min(p.sd, 1.5) for p in known]) * rng.standard_normal(centre.size)


def made(
    mechanism: str, theta: np.ndarray, temperatures: tuple[float, ...], rng: np.random.Generator | None
) -> Data:
    """Profiles of this mechanism with noise; without ``rng`` free of it."""
    empty = Readings(np.zeros(5), np.zeros(5, dtype=np.bool_), LIMIT, NOISE)
    clean = Data(
        tuple(Sample(f"{t:g} °C", empty, DEPTHS, Treatment(t + ZERO_CELSIUS), 1.0) for t in temperatures),
        SPHERE,
    )
    samples = []
    for s, mean in zip(clean.samples, predicted(mechanism, theta, clean), strict=True):
        y = mean if rng is None else mean + empty.spread(mean) * rng.standard_normal(mean.size)
        below = y < LIMIT
        readings = Readings(np.where(below, LIMIT, y), below, LIMIT, NOISE)
        samples.append(Sample(s.name, readings, DEPTHS, s.treatment, 1.0))
    return Data(tuple(samples), SPHERE)


def with_third_maximum(mechanism: str, rng: np.random.Generator) -> np.ndarray:
    """A draw whose clean profile at the hottest temperature has its maximum in the third round."""
    for _ in range(2000):
        theta = truth(mechanism, rng)
        clean = made(mechanism, theta, (HOTTEST,), None)
        if mechanism == "washing" or int(np.argmax(clean.samples[0].readings.nmol)) == 2:
            return theta
    raise SystemExit(f"{mechanism}: no draw puts the maximum into the third round")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seeds", type=int, default=10)
    arguments.add_argument("--temperatures", default="80,200,300")
    arguments.add_argument("--starts", type=int, default=6)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    temperatures = tuple(float(t) for t in asked.temperatures.split(","))
    begin = time.process_time()
    table = {m: dict.fromkeys((*MECHANISMS, "undecided"), 0) for m in MECHANISMS}
    given = dict.fromkeys(MECHANISMS, 0.0)
    for row, mechanism in enumerate(MECHANISMS):
        for seed in range(asked.seeds):
            rng = np.random.default_rng([row, seed])
            data = made(mechanism, with_third_maximum(mechanism, rng), temperatures, rng)
            found = [invert(m, data, asked.starts) for m in MECHANISMS]
            judged = verdict(found, {f.mechanism: chi_square(f, data) for f in found})
            table[mechanism][judged.winner or "undecided"] += 1
            given[mechanism] += judged.probability[mechanism] / asked.seeds
            print(
                f"{mechanism} {seed}: {judged.text}  [{time.process_time() - begin:.0f} s]",
                file=sys.stderr,
                flush=True,
            )
    if asked.json:
        print(json.dumps({"seeds": asked.seeds, "temperatures_C": temperatures, "table": table,
                          "mean_probability_of_truth": given}, indent=2))  # fmt: skip
        return
    heads = ("made by", *MECHANISMS, "undecided", "mean probability of the truth")
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for m in MECHANISMS:
        cells = [str(table[m][n]) for n in (*MECHANISMS, "undecided")]
        print("| " + " | ".join([m, *cells, f"{given[m]:.2f}"]) + " |")


if __name__ == "__main__":
    main()
