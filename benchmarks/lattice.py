"""Cost of growth on the lattice: events per second, and whether a flask of n dots costs n times one dot.

    python benchmarks/lattice.py [--recipe choi2023/inp-zns-staged-4] [--json]

Every flask is carried through the recipe with the full mechanism and its live liquor, without light and
report.  CPU time, one thread; the models are compiled before (by a first flask of the same dots).  The rate
is events over the time spent in the chain, its starts included; null events are not counted.
"""

from __future__ import annotations

import argparse
import json
import resource
import time

from epidot.growth.flask import Flask
from epidot.growth.lattice.engine import LatticeEngine
from epidot.growth.lattice.population import GrownPopulation
from epidot.growth.state import FlaskState
from epidot.mechanism import load as mechanisms
from epidot.recipe import recipe as recipes

DOTS = (1, 10, 50, 100)


def carried_out(name: str, dots: int, seed: int) -> tuple[int, float]:
    """Events and CPU seconds of one flask."""
    recipe, mechanism = recipes.load(name), mechanisms.load()
    engine = LatticeEngine(mechanism, dots=dots, seed=seed, sigma_rel=recipe.sigma_rel)
    flask = Flask(recipe.timeline(), engine, mechanism, name)
    began = time.process_time()
    done = flask.run(flask.begin(FlaskState.at_start(recipe)), points=1)
    population = done.state.grown
    assert isinstance(population, GrownPopulation)
    return sum(population.events.values()), time.process_time() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="choi2023/inp-zns-staged-4")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for dots in DOTS:
        compiled_in = carried_out(options.recipe, dots, 0)[1]
        runs = sorted(carried_out(options.recipe, dots, 1 + i) for i in range(options.repeats))
        seconds = sorted(s for _, s in runs)[len(runs) // 2]
        rates = sorted(n / s for n, s in runs)
        rows.append(
            {
                "dots": dots,
                "events": runs[len(runs) // 2][0],
                "first_s": round(compiled_in, 2),
                "median_s": round(seconds, 3),
                "s_per_dot": round(seconds / dots, 4),
                "events_per_s": round(rates[len(rates) // 2]),
                "peak_MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            }
        )
        if not options.json:
            print("  ".join(f"{k} {v}" for k, v in rows[-1].items()), flush=True)
    if options.json:
        print(json.dumps({"recipe": options.recipe, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
