"""What blocks change: the same flasks grown as one chain and in blocks that share the liquor at looks.

    python benchmarks/kmc_blocks.py [--recipe NAME] [--dots 20] [--blocks 4] [--flasks 24]

Every count of the last sample, its mean over flasks of either kind, and their difference in standard errors
of that difference.  Were blocks exact, two of three would lie within one.
"""

from __future__ import annotations

import argparse
import math
import time

import numpy as np

from epidot.growth.lattice.population import GrownPopulation
from epidot.runs import engines
from epidot.runs.order import Order
from epidot.runs.run import END, run_flask


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="choi2023/inp-zns-staged-4")
    parser.add_argument("--dots", type=int, default=20)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--flasks", type=int, default=24)
    asked = parser.parse_args()
    recipe = engines.shipped_recipe(asked.recipe)
    kinds = (1, asked.blocks)
    found: dict[int, list[dict[str, float]]] = {n: [] for n in kinds}
    spent, apart = dict.fromkeys(kinds, 0.0), 0.0
    for seed in range(asked.flasks):
        for blocks in kinds:
            began = time.process_time()
            order = Order(recipe, dots=asked.dots, seed=seed, light="mean", blocks=blocks)
            done = run_flask(order, points=1)
            spent[blocks] += time.process_time() - began
            sample = done.sample(END)
            left = {f"{name}_mol": mol for name, mol in sample.state.liquor.items() if mol > 0}
            found[blocks].append({**sample.counts, **left})
            if blocks > 1 and isinstance(sample.state.grown, GrownPopulation):
                apart = max(apart, sample.state.grown.apart)
    names = [n for n in found[1][0] if all(n in row for rows in found.values() for row in rows)]
    off = []
    print(f"{'count':32s} {'one chain':>12s} {'blocks':>12s} {'rel.':>9s} {'errors':>7s}")
    for name in names:
        one, other = (np.array([row[name] for row in found[n]]) for n in kinds)
        error = math.hypot(*(float(np.std(x, ddof=1)) / math.sqrt(len(x)) for x in (one, other)))
        a, b = float(one.mean()), float(other.mean())
        if error > 1e-9 * abs(a):
            off.append((b - a) / error)
            print(f"{name:32s} {a:12.5g} {b:12.5g} {b / a - 1 if a else 0:9.2%} {off[-1]:7.2f}")
    share = float(np.mean(np.abs(off) < 1))
    print(f"\n{len(off)} counts, {share:.0%} within one error, largest {max(map(abs, off)):.1f}")
    print(f"CPU s per flask: {', '.join(f'{n} blocks {spent[n] / asked.flasks:.2f}' for n in kinds)}")
    print(f"liquors apart by at most {apart:.1%}")


if __name__ == "__main__":
    main()
