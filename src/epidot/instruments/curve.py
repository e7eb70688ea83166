"""The curve of a measurement: data, what was drawn through them, and residuals, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from epidot import files
from epidot.quantities import Quantities
from epidot.signal import Signal

Array = NDArray[np.float64]
DATA, MODEL, RESIDUALS, RESPONSE, MASK = "data", "model", "residuals", "response", "mask"
WITHIN = " | "  # between the region of a file and its curve, where a file has several
GAP = 8.0  # steps of a curve; over a wider one no line is drawn
MOST_MARKS = 3  # points; a curve of so few marks places, it is no line


def lines(found: Quantities) -> dict[str, Signal]:
    """The curves that are lines: not the marked points, nor images, nor those of further regions."""
    return _lines(regions(found)[""])


def _lines(curves: Mapping[str, Signal]) -> dict[str, Signal]:
    return {name: one for name, one in curves.items() if one.rows is None and len(one) > MOST_MARKS}


def regions(found: Quantities) -> dict[str, dict[str, Signal]]:
    """The curves of every region of a file by its name; those that say none by ``""``, which come first."""
    out: dict[str, dict[str, Signal]] = {"": {}}
    for name, one in found.curves.items():
        region, _, what = name.rpartition(WITHIN)
        out.setdefault(region, {})[what] = one
    return out


def broken(one: Signal) -> tuple[Array, Array]:
    """x and y of a curve (n,), with a gap where several points in a row are missing."""
    step = np.diff(one.x)
    if step.size < 2:
        return one.x, one.y
    at = np.flatnonzero(np.abs(step) > GAP * float(np.median(np.abs(step)))) + 1
    return np.insert(one.x, at, one.x[at]), np.insert(one.y, at, np.nan)


def marks(found: Quantities) -> dict[str, Signal]:
    """The points that a measurement read off."""
    return {name: one for name, one in regions(found)[""].items() if len(one) <= MOST_MARKS}


def autocorrelation(residuals: Array) -> Array:
    """The normalised autocorrelation of residuals, shape (n // 2,), 1 at lag 0; noise gives ± 1/sqrt(n)."""
    r = residuals - np.mean(residuals)
    n = r.size
    power = np.abs(np.fft.rfft(r, 2 * n)) ** 2
    raw = np.fft.irfft(power)[: max(1, n // 2)]
    return np.asarray(raw / raw[0] if raw[0] > 0 else raw, dtype=np.float64)


def columns(signal: Signal, found: Quantities) -> dict[str, list[float | None]]:
    """x, the data and every line on the grid of the model; ``None`` where a line does not reach.

    Without a model the grid is that of the data.  Where a fit was made to bins of several channels, the
    data are the mean of each bin.
    """
    return _columns(signal, lines(found))


def _columns(signal: Signal, drawn: dict[str, Signal]) -> dict[str, list[float | None]]:
    data = drawn.pop(DATA, signal)
    grid = drawn[MODEL].x if MODEL in drawn else data.x
    head = f"{signal.x_name}_{signal.x_unit}" if signal.x_unit else signal.x_name
    out: dict[str, list[float | None]] = {head.replace(" ", "_"): [float(x) for x in grid]}
    for name, one in {DATA: data, **drawn}.items():
        at = dict(zip(one.x.tolist(), one.y.tolist(), strict=True))
        out[name.replace(" ", "_")] = [at.get(float(x)) for x in grid]
    return out


def to_csv(measured: Sequence[tuple[str, Signal, Quantities]]) -> str:
    """CSV text of one curve, or of several with the name of each in the first column."""
    tables = []
    for name, signal, found in measured:
        tables.append((name, columns(signal, found)))
        more = [(region, _lines(own)) for region, own in regions(found).items() if region]
        tables += [(f"{name}{WITHIN}{region}", _columns(own[DATA], own)) for region, own in more]
    heads = list(dict.fromkeys(head for _, table in tables for head in table))
    several = len(tables) > 1
    rows: list[list[object]] = [[*(["curve"] if several else []), *heads]]
    for name, table in tables:
        blank: list[float | None] = [None] * max(map(len, table.values()))
        for row in zip(*(table.get(head, blank) for head in heads), strict=True):
            rows.append([*([name] if several else []), *row])
    return files.csv_text(rows)
