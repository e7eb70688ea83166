"""What a sweep found, drawn: curves along one parameter, maps over two, clouds of points over more."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.report import style
from epidot.report.figures import Figure, Panel
from epidot.runs.quantities import find
from epidot.runs.sweep.plan import GRID
from epidot.runs.sweep.table import Carried, column, values_of

MOST_CURVES = 7
_MOST_CELLS = 2_000  # of a map that is drawn as shapes; finer ones are an image
_PER_ROW = 4
_LEAST_SPAN = 0.01  # of a map's largest value, over which its colours run


def drawn(done: Carried) -> list[Figure]:
    """A figure for every quantity that differs between points, and one of the search, if it was one."""
    found = [figure(done, q) for q in done.sweep.quantities if _differs(done, q)]
    if done.sweep.targets:
        found.insert(0, _search(done))
    return found


def figure(done: Carried, quantity: str) -> Figure:
    """One quantity against the parameters of the sweep."""
    numbers = {n: c for n in done.sweep.names if (c := column(done, n)) is not None}
    if done.sweep.design == GRID and len(done.sweep.names) == 2 and len(numbers) == 2:
        return _map(done, quantity)
    if len(numbers) == 1 and len(done.sweep.names) <= 2:
        return _curves(done, quantity, next(iter(numbers)))
    return _clouds(done, quantity)


def axis_label(done: Carried, name: str) -> str:
    """A parameter and its unit."""
    unit = done.sweep.values[name].unit
    short = name.removeprefix("steps.").replace("_", " ").replace(".", ", ")
    return f"{short} / {unit}" if unit else short


def quantity_label(quantity: str) -> str:
    """A quantity and its unit."""
    declared = find(quantity)
    if declared.label:
        return declared.heading.replace("%", "1") if declared.percent else declared.heading
    return f"{quantity} / {declared.unit}" if declared.unit not in ("", "1", "fraction") else quantity


def _differs(done: Carried, quantity: str) -> bool:
    values = np.concatenate([values_of(done, quantity, s) for s in done.sweep.samples])
    known = values[np.isfinite(values)]
    return bool(known.size > 1 and np.ptp(known) > 1e-9 * np.abs(known).max())


def _data(done: Carried, quantity: str, samples: tuple[str, ...]) -> dict[str, Any]:
    numbers = {n: c for n in done.sweep.names if (c := column(done, n)) is not None}
    return numbers | {f"{quantity} {s}": values_of(done, quantity, s) for s in samples}


def _curves(done: Carried, quantity: str, along: str) -> Figure:
    """Against the only parameter that is a number; a colour for each value of the other, or each sample."""
    sweep = done.sweep
    x = column(done, along)
    assert x is not None
    others = [n for n in sweep.names if n != along]
    drawing, axis = style.half()
    keys: dict[str, str] = {}
    if others:
        i = sweep.names.index(others[0])
        groups = {str(w): [k for k, one in enumerate(done.tried) if str(one.point.written[i]) == str(w)]
                  for w in dict.fromkeys(str(one.point.written[i]) for one in done.tried)}  # fmt: skip
        shown = [(label, rows, sweep.samples[-1]) for label, rows in groups.items()]
    else:
        shown = [(s, list(range(len(done.tried))), s) for s in sweep.samples]
    palette = style.colours(len(shown))
    for (label, rows, sample), colour in zip(shown, palette, strict=True):
        order = sorted(rows, key=lambda k: x[k])
        axis.plot(x[order], values_of(done, quantity, sample)[order], "o-", ms=3.5, color=colour)
        keys[label] = colour
    axis.set(xlabel=axis_label(done, along), ylabel=quantity_label(quantity))
    _log(axis, done, along)
    told = f"{quantity}: {find(quantity).method}."
    return Figure(drawing, told, _data(done, quantity, sweep.samples), keys=keys if len(keys) > 1 else {})


def _span(z: NDArray[np.float64]) -> tuple[float, float]:
    """Between what colours run: at least a hundredth of the value, so that what is level looks so."""
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    lack = max(_LEAST_SPAN * max(abs(low), abs(high)) - (high - low), 0.0)
    return low - lack / 2, high + lack / 2


def _map(done: Carried, quantity: str) -> Figure:
    """Over both parameters of a grid, at the last sample."""
    sweep = done.sweep
    first, second = (np.array(v.numbers) for v in sweep.values.values())
    sample = sweep.samples[-1]
    z = values_of(done, quantity, sample).reshape(first.size, second.size)
    drawing, axis = style.figure(size=style.HALF)
    i, j = np.argsort(first), np.argsort(second)
    low, high = _span(z)
    logs = [v.range is not None and v.range.log for v in sweep.values.values()]
    drawn = axis.pcolormesh(
        _edges(second[j], logs[1]),
        _edges(first[i], logs[0]),
        z[np.ix_(i, j)],
        cmap="viridis",
        vmin=low,
        vmax=high,
        rasterized=z.size > _MOST_CELLS,
    )
    bar = drawing.colorbar(drawn, label=quantity_label(quantity))
    bar.formatter.set_useOffset(False)
    bar.update_ticks()
    axis.set(xlabel=axis_label(done, sweep.names[1]), ylabel=axis_label(done, sweep.names[0]))
    _log(axis, done, sweep.names[1])
    if (range_ := next(iter(sweep.values.values())).range) is not None and range_.log:
        axis.set_yscale("log")
    told = f"{quantity} at “{sample}”: {find(quantity).method}. White: the point gave nothing."
    return Figure(drawing, told, _data(done, quantity, (sample,)))


def _edges(values: NDArray[np.float64], log: bool) -> NDArray[np.float64]:
    """Edges (n + 1,) of cells about rising ``values`` (n,): half-way between, by factors with ``log``."""
    at = np.log(values) if log else values
    if at.size == 1:
        edges = at[0] + np.array([-0.5, 0.5])
    else:
        between = (at[1:] + at[:-1]) / 2
        edges = np.concatenate([[2 * at[0] - between[0]], between, [2 * at[-1] - between[-1]]])
    return np.asarray(np.exp(edges) if log else edges)


def _clouds(done: Carried, quantity: str) -> Figure:
    """Against each parameter in turn, at the last sample."""
    sample = done.sweep.samples[-1]
    y = values_of(done, quantity, sample)
    panels = []
    for name in done.sweep.names[: 2 * _PER_ROW]:
        x = column(done, name)
        drawing, axis = style.figure(size=(2.6, 2.2))
        if x is None:
            i = done.sweep.names.index(name)
            labels = [str(one.point.written[i]) for one in done.tried]
            known = list(dict.fromkeys(labels))
            x = np.array([known.index(label) for label in labels], dtype=float)
            axis.set_xticks(range(len(known)), known, rotation=30)
        axis.plot(x, y, "o", ms=3, alpha=0.7)
        if done.best is not None:
            k = next(k for k, one in enumerate(done.tried) if one is done.best)
            axis.plot(x[k], y[k], "o", ms=7, mfc="none", mew=1.5, color=style.COLOURS[1])
        axis.set(xlabel=axis_label(done, name), ylabel=quantity_label(quantity))
        _log(axis, done, name)
        panels.append(Panel("", drawing))
    told = f"{quantity} at “{sample}”: {find(quantity).method}."
    if done.best is not None:
        told += " The ring is the best point."
    return Figure(None, told, _data(done, quantity, (sample,)), panels=tuple(panels))


def _search(done: Carried) -> Figure:
    """How far the best point so far was from the targets."""
    penalties = np.array([done.penalty(one) for one in done.tried])
    best = np.minimum.accumulate(penalties)
    number = np.arange(1, best.size + 1)
    drawing, axis = style.half()
    axis.plot(number, penalties, "o", ms=2.5, color="0.6")
    axis.plot(number, best)
    axis.set(xlabel="point", ylabel="distance from the target")
    if np.all(best[np.isfinite(best)] > 0):
        axis.set_yscale("log")
    told = "The search: every point, and the best so far. Targets: " + "; ".join(
        t.told for t in done.sweep.targets
    )
    return Figure(drawing, told + ".", {"point": number, "distance": penalties, "best": best})


def _log(axis: Any, done: Carried, name: str) -> None:
    one = done.sweep.values[name].range
    if one is not None and one.log:
        axis.set_xscale("log")
