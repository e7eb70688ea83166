"""A measurement on paper: data, what was drawn through them, residuals and their autocorrelation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from epidot import instruments
from epidot.errors import InputError
from epidot.instruments import curve
from epidot.quantities import Quantities, number
from epidot.report import style
from epidot.signal import Signal

_NAMED = 5  # quantities in the heading
_LEFTWARDS = ("binding energy", "chemical shift")  # axes that are drawn from right to left
_ACROSS = 3  # regions side by side
_LOW = 0.5  # counts; the foot of a logarithmic axis


def check(path: Path, several: bool) -> None:
    """Refuse a picture that :func:`save` could not write.

    Raises
    ------
    InputError
        If the ending is none that can be drawn, holds one page only where there are ``several``, or
        there is no place for the file.
    """
    style.check(path)
    if several and path.suffix.lower() != ".pdf":
        raise InputError(
            "one page for each curve needs a PDF", str(path), seen=path.suffix, nearest=(".pdf",)
        )


def save(measured: Iterable[tuple[str, Signal, Quantities]], path: Path) -> None:
    """A page for each named curve with its result, into ``path``."""
    style.save_pages(_pages(measured), path)


def _pages(measured: Iterable[tuple[str, Signal, Quantities]]) -> Iterator[Any]:
    for name, signal, found in measured:
        yield page(name, signal, found)


def page(name: str, signal: Signal, found: Quantities) -> Any:
    """The drawing of one curve; residuals stand below where the result has some."""
    lines = curve.lines(found)
    off = lines.pop(curve.RESIDUALS, None)
    regions = curve.regions(found)
    if len(regions) > 1:
        drawing = _of_regions(signal, regions)
        _headed(drawing, name, found)
        return drawing
    if signal.rows is not None:
        drawing, axes = style.figure(1, 2, size=(9.6, 4.8), width_ratios=(3, 2))
        _image(axes[0], signal, found.curves.get(curve.MASK))
        top = axes[1]
    elif off is None:
        drawing, top = style.figure(size=(6.6, 3.8))
    else:
        drawing, axes = style.figure(3, 1, size=(6.6, 5.6), height_ratios=(3, 1, 1))
        top, below, lags = axes
        top.sharex(below)
        top.tick_params(labelbottom=False)
        _residuals(below, off, signal)
        _autocorrelation(lags, off)
    _data(top, signal, lines, curve.marks(found))
    if off is None:
        shown = found.curves.get(curve.DATA, signal)
        top.set_xlabel(_label(shown.x_name, shown.x_unit))
    _turned(top, signal)
    _headed(drawing, name, found)
    return drawing


def _headed(drawing: Any, name: str, found: Quantities) -> None:
    said = [_said(n, q.value, q.sigma, q.unit) for n, q in found.items() if q.value is not None]
    head = "\n".join([name, *_paired(said[:_NAMED])])
    drawing.suptitle(head, fontsize=7, x=0.01, ha="left", linespacing=1.4)


def _turned(axis: Any, shown: Signal) -> None:
    """The axis of x from right to left, where that is the custom."""
    if shown.x_name in _LEFTWARDS and not axis.xaxis_inverted():
        axis.invert_xaxis()


def _of_regions(signal: Signal, regions: Mapping[str, dict[str, Signal]]) -> Any:
    """Every region of a file with its residuals below; the first is called as the signal's column."""
    first = str(signal.meta.get("column", ""))
    across = min(len(regions), _ACROSS)
    down = math.ceil(len(regions) / across)
    drawing, axes = style.figure(
        2 * down, across, size=(3.2 * across, 2.9 * down + 0.5), squeeze=False, height_ratios=(3, 1) * down
    )
    for axis in axes.flat:
        axis.set_visible(False)
    for i, (region, own) in enumerate(regions.items()):
        top, below = axes[2 * (i // across) : 2 * (i // across) + 2, i % across]
        lines = dict(own)
        off, shown = lines.pop(curve.RESIDUALS), own[curve.DATA]
        for axis in (top, below):
            axis.set_visible(True)
        top.sharex(below)
        top.tick_params(labelbottom=False)
        _residuals(below, off, shown)
        below.set_ylabel("residual", fontsize=7)
        _data(top, shown, lines, {})
        top.legend(frameon=False, fontsize=6) if i == 0 else top.get_legend().remove()
        top.set_title(region or first, fontsize=8)
        _turned(below, shown)
    return drawing


def _image(axis: Any, signal: Signal, mask: Signal | None) -> None:
    """Grey values as they are, and the outlines of what was found: what was left out in another colour."""
    low, high = np.quantile(signal.y, [0.002, 0.998])
    rows = np.arange(signal.y.shape[0]) if signal.rows is None else signal.rows
    edges = (signal.x[0], signal.x[-1], rows[-1], rows[0])
    axis.imshow(signal.y, cmap="gray", vmin=low, vmax=high, extent=edges, interpolation="nearest")
    if mask is not None:
        for sign, colour in ((1, style.COLOURS[4]), (-1, style.COLOURS[3])):
            inside = sign * mask.y
            # The rim of every particle, also between two that touch.
            rim = np.zeros(inside.shape, dtype=np.bool_)
            rim[1:] |= inside[1:] != inside[:-1]
            rim[:, 1:] |= inside[:, 1:] != inside[:, :-1]
            rim &= np.maximum.reduce([inside, np.roll(inside, 1, 0), np.roll(inside, 1, 1)]) > 0
            shade = np.zeros((*rim.shape, 4))
            shade[rim] = (*style.rgb(colour), 1.0)
            axis.imshow(shade, extent=edges, interpolation="nearest")
    axis.set(xlabel=_label(signal.x_name, signal.x_unit), ylabel=_label(signal.x_name, signal.x_unit))


def _data(axis: Any, signal: Signal, lines: dict[str, Signal], marks: dict[str, Signal]) -> None:
    data = lines.pop(curve.DATA, signal)
    if signal.rows is None:
        axis.plot(data.x, data.y, ".", ms=2.5, color="0.55", label=data.y_name or "data")
    else:  # what was counted on an image, in classes
        axis.bar(data.x, data.y, width=np.gradient(data.x), color="0.8", label=data.y_name)
    for i, (name, one) in enumerate(lines.items()):
        quiet = name == curve.RESPONSE
        style_of = (
            {"color": "0.35", "lw": 0.8, "ls": "--"}
            if quiet
            else {"color": style.COLOURS[1 + i % 5], "lw": 1.2}
        )
        axis.plot(*curve.broken(one), label=one.y_name if quiet else name, **style_of)
    for i, (name, one) in enumerate(marks.items()):
        axis.plot(one.x, one.y, "o", color=style.COLOURS[1 + i % 5], ms=6, label=name)
        for x in one.x:
            axis.axvline(x, color=style.COLOURS[1 + i % 5], lw=0.6, ls=":")
    header = instruments.instrument(signal.technique).HEADER
    if signal.kind == "counts" and header.decades:
        axis.set_yscale("log")
        axis.set_ylim(_LOW, 2 * max(float(np.max(data.y)), 1.0))
    if header.falls:
        axis.invert_xaxis()
    axis.set_ylabel(_label(data.y_name, data.y_unit))
    axis.legend(frameon=False)


def _residuals(axis: Any, off: Signal, signal: Signal) -> None:
    axis.axhline(0, color="0.6", lw=0.6)
    axis.plot(*curve.broken(off), "-", lw=0.5, color=style.COLOURS[0])
    reach = max(4.0, min(12.0, float(np.max(np.abs(off.y), initial=0.0)) * 1.05))
    axis.set(ylim=(-reach, reach), xlabel=_label(signal.x_name, signal.x_unit))
    axis.set_ylabel("residual /\nstandard errors")


def _autocorrelation(axis: Any, off: Signal) -> None:
    shown = curve.autocorrelation(off.y)
    noise = 1.96 / math.sqrt(max(1, len(off)))
    axis.axhspan(-noise, noise, color="0.9", lw=0)
    axis.plot(np.arange(1, shown.size), shown[1:], "-", lw=0.5, color=style.COLOURS[0])
    reach = max(3 * noise, float(np.max(np.abs(shown[1:]), initial=0.0)) * 1.1)
    axis.set(ylim=(-reach, reach), xlabel="lag / points (grey: 95 % of what noise alone gives)")
    axis.set_ylabel("auto-\ncorrelation")


def _said(name: str, value: float, sigma: float | None, unit: str) -> str:
    return f"{name} = {number(value, sigma)}" + ("" if unit in ("", "1") else f" {unit}")


def _paired(texts: list[str]) -> list[str]:
    return ["    ".join(texts[i : i + 2]) for i in range(0, len(texts), 2)]


def _label(name: str, unit: str) -> str:
    return f"{name} / {unit}" if unit and unit != name else name
