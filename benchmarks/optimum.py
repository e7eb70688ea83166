"""Does every fit of a decay end at its optimum, or say that it did not?

    python benchmarks/optimum.py [--seeds 200] [--first 0] [--json]

The decays are those of ``tests/oracle/decays``.  The deviance found must not exceed that at the simulated
truth, or the fit states no error.  The exit status is 1 if one does.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from oracle.decays import broken, fitted


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    asked = parser.parse_args()
    rows = [fitted(seed) for seed in range(asked.first, asked.first + asked.seeds)]
    wrong = [row for row in rows if broken(row)]
    silent = [row for row in rows if not row["settled"]]
    seconds = [row["cpu_s"] for row in rows]
    out = {
        "benchmark": "optimum",
        "fits": len(rows),
        "errors_away_from_the_optimum": wrong,
        "did_not_settle": silent,
        "cpu_s": {"median": float(np.median(seconds)), "most": max(seconds), "sum": sum(seconds)},
    }
    if asked.json:
        print(json.dumps(out, indent=2))
    else:
        for row in (*wrong, *silent):
            print(" ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()))
        print(
            f"{len(rows)} fits: {len(wrong)} state errors away from the optimum, {len(silent)} did not settle"
        )
        print(
            f"CPU: median {np.median(seconds):.2f} s, most {max(seconds):.2f} s, in all {sum(seconds):.0f} s"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
