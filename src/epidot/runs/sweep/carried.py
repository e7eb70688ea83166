"""A sweep carried out: all points of a design, or a search for what its targets say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError, WorkError
from epidot.runs.sweep import plan
from epidot.runs.sweep.plan import OPTIMISE, SOBOL, Point, Sweep
from epidot.runs.sweep.points import Kept, Outcome, Tried, each
from epidot.runs.sweep.table import Carried, penalty
from epidot.runs.workers import Workers, workers

Tell = Callable[[float, str], None]
_SOBOL_BITS = 30


def carry_out(
    sweep: Sweep, helpers: Workers, kept: Kept | None = None, tell: Tell = lambda share, text: None
) -> Carried:
    """Carry every point out, with the help of ``helpers``; what is ``kept`` is not carried out again.

    Raises
    ------
    WorkError
        If not one point gave anything.
    """
    store = kept or Kept(None)
    if sweep.design == OPTIMISE:
        tried = _search(sweep, helpers, store, tell)
    else:
        tried = _all(points(sweep), sweep, helpers, store, tell)
    done = Carried(sweep, tuple(tried))
    if len(done.failed) == len(done.tried):
        reasons = dict.fromkeys(one.outcome.reason for one in done.failed)
        raise WorkError(f"no point of the sweep gave anything: {'; '.join(list(reasons)[:3])}")
    return done


def sweep(
    source: str | Path, *, jobs: int = 1, scheduler: str | None = None, folder: str | Path | None = None
) -> Carried:
    """Carry a sweep out: ``source`` is its file, or its YAML text.

    ``jobs`` processes share the work, or the workers of a Dask ``scheduler``.  Points that are kept in
    ``folder``, which must exist, are not carried out again, and new ones are kept there.

    Raises
    ------
    InputError
        With every fault of the sweep.
    WorkError
        If not one point gave anything.
    """
    text = isinstance(source, str) and "\n" in source
    read = plan.parse(str(source)) if text else plan.load(source)
    with workers(jobs, scheduler, calls(read)) as helpers:
        return carry_out(read, helpers, Kept(None if folder is None else Path(folder)))


def points(sweep: Sweep) -> list[Point]:
    """The points of a design that is known before it begins."""
    if sweep.design == SOBOL:
        return [sweep.point(sweep.written(row)) for row in _shares(sweep, int(sweep.points or 0))]
    return [sweep.point(one) for one in sweep.settled()]


def calls(sweep: Sweep) -> int:
    """How many runs the sweep takes at the most."""
    return len(sweep.settled()) if sweep.points is None else sweep.points


def _all(
    wanted: Sequence[Point],
    sweep: Sweep,
    helpers: Workers,
    kept: Kept,
    tell: Tell,
    before: int = 0,
    of: int = 0,
) -> list[Tried]:
    number, total = before, of or len(wanted)

    def told(one: Tried) -> None:
        nonlocal number
        number += 1
        tell(min(number / total, 1.0), f"{number} of {total} points")

    return each(wanted, sweep.samples, sweep.quantities, helpers, kept, told)


def _search(sweep: Sweep, helpers: Workers, kept: Kept, tell: Tell) -> list[Tried]:
    """Half of the points spread over all ranges, all workers at once; the rest go downhill from the best.

    Downhill by the simplex of Nelder and Mead within the ranges (scipy): a point that gives nothing is only a
    bad one to it, and so is one whose values together are no recipe.
    """
    from scipy.optimize import minimize

    total = calls(sweep)
    shares = _shares(sweep, total // 2)
    tried = [_attempt(sweep, row) for row in shares]
    found = iter(_all([one for one in tried if isinstance(one, Point)], sweep, helpers, kept, tell, 0, total))
    done = [next(found) if isinstance(one, Point) else one for one in tried]
    penalties = [penalty(sweep, one.outcome) for one in done]
    order = np.argsort(penalties, kind="stable")
    if not math.isfinite(penalties[order[0]]):
        return done

    def distance(row: NDArray[np.float64]) -> float:
        one = _attempt(sweep, row)
        if isinstance(one, Point):
            (one,) = _all([one], sweep, helpers, kept, tell, len(done), total)
        done.append(one)
        return penalty(sweep, one.outcome)

    start = shares[order[0]]
    step = 1 / max(2.0, (total // 2) ** (1 / start.size))  # as far apart as the points before
    corners = [start + np.eye(start.size)[i] * (step if start[i] < 0.5 else -step) for i in range(start.size)]
    options = {
        "initial_simplex": np.array([start, *corners]),
        "maxfev": total - len(done),
        "xatol": 1e-4,
        "fatol": 1e-9,
    }
    minimize(distance, start, method="Nelder-Mead", bounds=[(0.0, 1.0)] * start.size, options=options)
    return done[:total]


def _attempt(sweep: Sweep, row: NDArray[np.float64]) -> Point | Tried:
    """The point at these shares of the ranges, or that it is no recipe."""
    try:
        return sweep.point(sweep.written(row))
    except InputError as error:
        return Tried(Point(sweep.written(row), sweep.base), Outcome({}, str(error).splitlines()[0]))


def _shares(sweep: Sweep, number: int) -> NDArray[np.float64]:
    """Points (number, parameters) of the scrambled Sobol sequence (Owen), whose first 2^m are balanced."""
    from scipy.stats import qmc

    engine = qmc.Sobol(len(sweep.values), scramble=True, bits=_SOBOL_BITS, rng=sweep.base.seed)
    shares = engine.random_base2(max(0, math.ceil(math.log2(number))))
    return np.asarray(shares[:number], dtype=np.float64)
