"""Intervals by directions against intervals by draws, on the mean-field twin of one recipe.

    python benchmarks/intervals.py [RECIPE] [--draws N] [--sample NAME]

The directions are those of epidot.runs.intervals: each one standard error up and down, in quadrature. Draws
move all numbers at once, from the same covariances. Prints CPU seconds of the first, then for every quantity
of the sample the value, its interval by directions and the 16th and 84th percentile of the draws.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from dataclasses import replace

import numpy as np

os.environ["EPIDOT_CACHE"] = "off"

from epidot.given import Given
from epidot.runs import intervals, numbers
from epidot.runs.order import order_from
from epidot.runs.run import run_flask
from epidot.runs.widths import together

SHOWN = (
    *("shell_layers", "oxide_memory_per_dot", "first_exciton_nm", "pl_peak_nm", "pl_fwhm_nm", "plqy"),
    *("tau_amplitude_ns", "k_r_per_ns", "strain_core"),
)


def main() -> None:
    """Work out, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", nargs="?", default="choi2023/inp-zns-staged-4")
    parser.add_argument("--draws", type=int, default=40)
    parser.add_argument("--sample")
    options = parser.parse_args()
    twin = intervals._twin(order_from(options.recipe, engine="meanfield"))
    began = time.process_time()
    table = intervals.of(twin)
    print(f"by directions: {time.process_time() - began:.1f} CPU s")
    run = run_flask(twin, points=1)
    groups = together(twin, intervals.relevant(twin, run))
    base = intervals._read(twin, run.done.taken)
    shipped = numbers.known(twin.mechanism, twin.hypothesis)
    rng = np.random.default_rng(0)
    began, drawn = time.process_time(), []
    for _ in range(options.draws):
        values = {}
        for group in groups:
            steps = rng.multivariate_normal(np.zeros(len(group.names)), group.covariance)
            for name, step, ln in zip(group.names, steps.tolist(), group.ln, strict=True):
                values[name] = intervals._moved(shipped[name], shipped[name].value, step, ln, name)
        order = replace(twin, given=Given.of(values))
        drawn += intervals._asked(order, run.done.taken, [(order.given, True)])
    print(f"{options.draws} draws: {time.process_time() - began:.1f} CPU s")
    sample = options.sample or list(base)[-1]
    for name in (name for name in SHOWN if name in base[sample]):
        found = [one[sample][name] for one in drawn if name in one.get(sample, {})]
        low, middle, high = np.percentile(found, (16, 50, 84)) if found else (math.nan,) * 3
        value, changes = base[sample][name], table[sample][name]
        said = f"{value:10.4g}  {value - changes.low:9.4g} {value + changes.high:9.4g}"
        print(f"{name:22s} {said}   {low:9.4g} {middle:9.4g} {high:9.4g}  ({len(found)} draws)")


if __name__ == "__main__":
    main()
