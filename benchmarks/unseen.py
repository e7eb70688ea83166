"""Which barriers of the growth mechanism do the numbers of a study never see?  One at a time.

    python benchmarks/unseen.py                      examples/studies/choi2023-claims.yaml
    python benchmarks/unseen.py STUDY.yaml --step 10

Every barrier of the mechanism is moved by ``--step`` kJ/mol either way, all others at the best values of
epidot, and every measured number is asked anew: by how many of its errors does it move the most, and by how
much does the sum of squares of the study rise?  No slopes, no search, no draws.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from epidot.inference import study as studies
from epidot.inference.model import Runs
from epidot.inference.problem import Prior
from epidot.runs import numbers
from epidot.runs.sweep.points import Kept
from epidot.runs.workers import workers

STUDY = Path(__file__).resolve().parents[1] / "examples" / "studies" / "choi2023-claims.yaml"


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("study", nargs="?", type=Path, default=STUDY)
    options.add_argument("--step", type=float, default=15.0)
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--kept", type=Path, default=Path("build") / "unseen")
    asked = options.parse_args()
    study = studies.load(asked.study)
    known = numbers.known(study.mechanism, study.hypothesis)
    table = {n: p for n, p in known.items() if n.startswith("mechanism.Ea_")}
    priors = [Prior(n, p.unit, p.value - asked.step, p.value + asked.step) for n, p in table.items()]
    middle = np.array([p.value for p in table.values()])
    low, high = np.array([numbers.limits(n, p) for n, p in table.items()]).T
    moved = [
        np.clip(middle + side * asked.step * row, low, high)
        for row in np.eye(len(priors))
        for side in (-1, 1)
    ]
    asked.kept.mkdir(parents=True, exist_ok=True)
    points = np.stack([middle, *moved])
    with workers(asked.jobs, None, len(points)) as helpers:
        found = Runs(replace(study, priors=tuple(priors)), helpers, Kept(asked.kept))(points)
    sigmas = np.array([d.sigma for d in study.data])
    residuals = np.stack([d.residual(found[:, i]) for i, d in enumerate(study.data)], axis=-1)
    misfit = np.sum(residuals**2, axis=1)
    print(f"sum of squares {misfit[0]:.1f} for {len(study.data)} numbers\n")
    print(f"| barrier | −{asked.step:g} | +{asked.step:g} | moves most | by errors |\n|---|---|---|---|---|")
    for k, prior in enumerate(priors):
        rows = slice(1 + 2 * k, 3 + 2 * k)
        most = np.nan_to_num(np.max(np.abs(found[rows] - found[0]) / sigmas, axis=0))
        i = int(np.argmax(most))
        lower, upper = np.round(misfit[rows] - misfit[0], 1) + 0.0  # no "-0.0"
        print(f"| `{prior.name}` | {lower:+.1f} | {upper:+.1f} | {study.data[i].name} | {most[i]:.1f} |")


if __name__ == "__main__":
    main()
