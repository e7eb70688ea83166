"""Certified nonlinear regressions of NIST (StRD) by epidot's own search, beside lmfit in the same run.

    python benchmarks/nist.py [--json]

Every set is begun from both of its starts.  Shown are the digits that all parameters share with the certified
ones, and those of the standard errors.  A set counts from 4 digits on.  The exit status is 1 if lmfit's best
method solves more.  The sets stand in ``tests/oracle/nist``; lmfit is compared where it is installed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from epidot.signal.optimum import least
from oracle.nist import MODELS, Certified, certified, digits

ENOUGH = 4.0
LMFIT = ("leastsq", "least_squares")


def by_epidot(problem: Certified, start: int) -> tuple[float, float]:
    """Digits of the values and of their standard errors."""
    begin = problem.starts[start]
    free = np.full(begin.size, np.inf)
    found = least(problem.residuals, [begin], -free, free)
    return digits(found.values, problem.values), digits(found.errors, problem.deviations)


def by_lmfit(problem: Certified, start: int, method: str) -> tuple[float, float]:
    import lmfit

    names = [f"b{i + 1}" for i in range(problem.values.size)]
    parameters = lmfit.Parameters()
    for name, value in zip(names, problem.starts[start], strict=True):
        parameters.add(name, value=value)

    def residuals(p: Any) -> Any:
        return problem.residuals(np.array([p[n].value for n in names]))

    try:
        found = lmfit.minimize(residuals, parameters, method=method)
    except ValueError:  # a residual that is no number
        return 0.0, 0.0
    errors = [found.params[n].stderr or np.nan for n in names]
    values = [found.params[n].value for n in names]
    return digits(values, problem.values), digits(errors, problem.deviations)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    asked = parser.parse_args()
    solvers: dict[str, Any] = {"epidot": by_epidot}
    try:
        import lmfit  # noqa: F401
    except ImportError:
        print("lmfit is not installed: nothing to compare with", file=sys.stderr)
    else:
        for method in LMFIT:
            solvers[f"lmfit {method}"] = lambda p, s, m=method: by_lmfit(p, s, m)
    rows = []
    for name, solve in solvers.items():
        for start in (0, 1):
            begun = time.process_time()
            with np.errstate(all="ignore"):
                found = [solve(certified(one), start) for one in MODELS]
            rows.append(
                {
                    "solver": name,
                    "start": start + 1,
                    "sets": sum(values >= ENOUGH for values, _ in found),
                    "of": len(found),
                    "fewest digits": round(min(values for values, _ in found), 1),
                    "median digits": round(float(np.median([values for values, _ in found])), 1),
                    "median digits of errors": round(float(np.median([errors for _, errors in found])), 1),
                    "missed": [n for n, (v, _) in zip(MODELS, found, strict=True) if v < ENOUGH],
                    "seconds": round(time.process_time() - begun, 1),
                }
            )
            if not asked.json:
                print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    if asked.json:
        print(json.dumps({"benchmark": "nist", "rows": rows}, indent=2))
    mine = [r["sets"] for r in rows if r["solver"] == "epidot"]
    best = max((r["sets"] for r in rows if r["solver"] != "epidot"), default=0)
    return 1 if min(mine) < best else 0


if __name__ == "__main__":
    sys.exit(main())
