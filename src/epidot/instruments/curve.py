"""The curve of a measurement: data, what was drawn through them, and residuals, row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from epidot import files
from epidot.quantities import Quantities
from epidot.signal import Signal

Array = NDArray[np.float64]
DATA, MODEL, RESIDUALS, RESPONSE, MASK = "data", "model", "residuals", "response", "mask"
MOST_MARKS = 3  # points; a curve of so few marks places, it is no line


def lines(found: Quantities) -> dict[str, Signal]:
    """The curves that are lines: not the marked points, nor images."""
    return {name: one for name, one in found.curves.items() if one.rows is None and len(one) > MOST_MARKS}


def marks(found: Quantities) -> dict[str, Signal]:
    """The points that a measurement read off."""
    return {name: one for name, one in found.curves.items() if len(one) <= MOST_MARKS}


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
    drawn = lines(found)
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
    tables = [(name, columns(signal, found)) for name, signal, found in measured]
    heads = list(dict.fromkeys(head for _, table in tables for head in table))
    several = len(tables) > 1
    rows: list[list[object]] = [[*(["curve"] if several else []), *heads]]
    for name, table in tables:
        blank: list[float | None] = [None] * max(map(len, table.values()))
        for row in zip(*(table.get(head, blank) for head in heads), strict=True):
            rows.append([*([name] if several else []), *row])
    return files.csv_text(rows)
