"""Three searches for an optimum on the same decays, from the same starts: cost, and where they end.

    python benchmarks/searches.py [--seeds 60] [--first 700] [--skip SEARCH] [--json]

The decays are those of ``tests/oracle/decays``, the starts those of ``instruments/tcspc/solve``.
Compared are the search of ``measure`` for decays (MINPACK, then Fisher scoring), that of ``fit``
(``signal.scoring``: bounds, sharing, profiles) and that of every other instrument (``signal.optimum``:
sums of squares, here of deviance residuals).  An end counts as the optimum if its deviance is within
0.001 of the least that any of them found.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from epidot.errors import WorkError
from epidot.instruments.tcspc.analyse import model_for
from epidot.instruments.tcspc.analysis import Setting
from epidot.instruments.tcspc.decay import Decay, domains, started
from epidot.instruments.tcspc.model import Model
from epidot.instruments.tcspc.record import Record, record
from epidot.instruments.tcspc.solve import solve, starts
from epidot.signal.limits import Placed
from epidot.signal.objective import Objective, common
from epidot.signal.optimum import least
from epidot.signal.poisson import residuals
from epidot.signal.scoring import best_of
from oracle.decays import drawn

ALIKE = 1e-3  # in deviance: a thirtieth of a standard error
Starts = list[np.ndarray]
Ended = tuple[float, bool]  # the least deviance, and whether the search says that it is one


def by_measure(chosen: Record, setting: Setting, model: Model, begun: Starts) -> Ended:
    try:
        found = solve(chosen.y, model, begun)
    except WorkError:
        return np.inf, False
    return found.deviance, found.converged


def _objective(chosen: Record, setting: Setting, model: Model, begun: Starts) -> tuple[Objective, Starts]:
    terms = domains(model, chosen, setting)
    part = Decay(chosen, setting, model, None, started(terms, begun[0]))
    objective = common([part], [part.terms], Placed(frozenset(), {}, {}))
    return objective, [np.clip(objective.inward(start), objective.low, objective.high) for start in begun]


def by_scoring(chosen: Record, setting: Setting, model: Model, begun: Starts) -> Ended:
    found, _ = best_of(*_objective(chosen, setting, model, begun))
    return found.deviance, found.settled


def by_squares(chosen: Record, setting: Setting, model: Model, begun: Starts) -> Ended:
    objective, inside = _objective(chosen, setting, model, begun)

    def off(u: np.ndarray) -> np.ndarray:
        return residuals(chosen.y, objective.shown(0, u)[0])[0]

    def by(u: np.ndarray) -> np.ndarray:
        mu, slopes = objective.shown(0, u)
        return (slopes * residuals(chosen.y, mu)[1]).T

    found = least(off, inside, objective.low, objective.high, by, further=False)
    return found.cost, found.settled


SEARCHES: dict[str, Callable[[Record, Setting, Model, Starts], Ended]] = {
    "measure": by_measure,
    "scoring": by_scoring,
    "least squares": by_squares,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--first", type=int, default=700)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--skip", choices=list(SEARCHES), help="a search to leave out")
    asked = parser.parse_args()
    searches = {name: search for name, search in SEARCHES.items() if name != asked.skip}
    ends: dict[str, list[Ended]] = {name: [] for name in searches}
    spent: dict[str, list[float]] = {name: [] for name in searches}
    for seed in range(asked.first, asked.first + asked.seeds):
        case = drawn(seed)
        chosen = record(case.signal, case.setup["period_ns"])
        setting = Setting(irf_fwhm_ns=case.setup["irf_fwhm_ns"] if case.given else None)
        model, own = model_for(chosen, setting, case.taus.size)
        begun = starts(chosen.y, model, own)
        for name, search in searches.items():
            begin = time.process_time()
            ends[name].append(search(chosen, setting, model, begun))
            spent[name].append(time.process_time() - begin)
    deviances = np.array([[end[0] for end in ends[name]] for name in searches])
    away = deviances > deviances.min(axis=0) + ALIKE
    out = {
        name: {
            "fits": asked.seeds,
            "away_from_the_optimum": int(off.sum()),
            "away_and_not_told": int(sum(o and end[1] for o, end in zip(off, ends[name], strict=True))),
            "median_ms": 1e3 * float(np.median(spent[name])),
            "seconds": sum(spent[name]),
        }
        for name, off in zip(searches, away, strict=True)
    }
    if asked.json:
        print(json.dumps({"benchmark": "searches", "searches": out}, indent=2))
    else:
        for name, row in out.items():
            print(name.ljust(14), *(f"{k} {v:.3g}" for k, v in row.items()), sep="  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
