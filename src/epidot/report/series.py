"""What the samples say, as series: against time, and sample by sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.report import style
from epidot.report.figures import Figure, shade
from epidot.runs.batch import Batch, Sample
from epidot.runs.quantities import find

Array = NDArray[np.float64]
_WRITTEN = 10  # up to so many samples the values stand beside the points
_NAMES = 16  # so many names fit below an axis


@dataclass(frozen=True)
class Shown:
    """One picture: quantities that share an axis, and what it is called."""

    names: tuple[str, ...]
    label: str
    said: str


SHOWN = (
    Shown(("plqy",), "PLQY / %", "Quantum yield"),
    Shown(("first_exciton_nm", "pl_peak_nm"), "wavelength / nm", "First exciton and emission"),
    Shown(
        ("tau_amplitude_ns", "tau_intensity_ns"),
        "lifetime / ns",
        "Lifetimes, averaged by amplitude and by intensity",
    ),
    Shown(("shell_layers",), "layers", "Layers of shell"),
    Shown(("oxide_per_dot",), "oxide per dot", "Oxide units at the core's surface"),
)


def drawn(batch: Batch) -> list[Figure]:
    """A figure for everything of :data:`SHOWN` that some sample has."""
    return [
        figure(batch, shown)
        for shown in SHOWN
        if any(np.any(np.nan_to_num(_values(batch.samples, name)) != 0) for name in shown.names)
    ]


def figure(batch: Batch, shown: Shown) -> Figure:
    """The quantities against time at the left, and sample by sample at the right."""
    samples = batch.samples
    drawing, (left, right) = style.half(2, below_pt=_room_pt(samples), sharey=True, width_ratios=(1.15, 1))
    minutes = np.array([s.time_s for s in samples]) / 60
    place = np.arange(len(samples), dtype=np.float64)
    data: dict[str, Any] = {"time_min": minutes}
    shade(left, batch)
    for name, colour in zip(shown.names, style.COLOURS, strict=False):
        values, sigma = _values(samples, name), _values(samples, name, error=True)
        path = _history(batch, name)
        if path is not None:
            left.plot(*path, color=colour, lw=1.2)
            data |= {f"{name}: history_time_min": path[0], f"{name}: history": path[1]}
        told = find(name).label or name
        for axis, x, line in ((left, minutes, "none" if path is not None else ":"), (right, place, "-")):
            # Where a sample has no value the line is broken, so that nothing is drawn that was not found.
            axis.errorbar(
                x,
                values,
                np.nan_to_num(sigma),
                fmt="o",
                ls=line,
                lw=1.2,
                ms=4,
                elinewidth=1,
                capsize=2,
                color=colour,
                label=told,
            )
        if len(shown.names) == 1 and len(samples) <= _WRITTEN:
            _write(right, place, values, sigma)
        data |= {name: values, f"{name}: sigma_sampling": sigma}
    _layers_of_roughness(left, batch, shown, data)
    _named(right, samples)
    left.set(xlabel="time / min", ylabel=shown.label)
    if len(shown.names) > 1:
        right.legend(frameon=False, loc="best")
    caption = (
        f"{shown.said}: left against time (shaded: the temperature), right sample by sample; lines between "
        "points guide the eye."
    )
    if "roughness_layers" in data:
        caption += " Grey bars: roughness, the standard deviation of the thickness over directions."
    return Figure(drawing, caption, data)


def _values(samples: Sequence[Sample], name: str, *, error: bool = False) -> Array:
    """The quantity of every sample, or its standard error, as tables show it; NaN where there is none."""
    scale = 100.0 if find(name).percent else 1.0
    found = [s.quantities.get(name) for s in samples]
    plain = [None if q is None else (q.sigma if error else q.value) for q in found]
    return np.array([np.nan if v is None else scale * v for v in plain])


def _history(batch: Batch, name: str) -> tuple[Array, Array] | None:
    """What is known of the quantity between the samples, time in minutes."""
    values = batch.history.get(f"growth/{name}")
    if values is None or not np.ptp(values) > 0:
        return None
    return np.asarray(batch.history["time_s"]) / 60, np.asarray(values)


def _write(axis: Any, place: Array, values: Array, sigma: Array) -> None:
    """The values beside their points, clear of the line and of the bars of error."""
    for i, (x, y) in enumerate(zip(place.tolist(), values.tolist(), strict=True)):
        if not np.isfinite(y):
            continue
        side, up = _free_side(values, i)
        axis.annotate(
            f"{y:.0f}" if abs(y) >= 10 else f"{y:.1f}",
            (x, y if side else y + up * float(np.nan_to_num(sigma[i]))),
            (6 * side, (1 if side else 5) * up),
            textcoords="offset points",
            ha="left" if side else "center",
            va="bottom" if up > 0 else "top",
            fontsize=8,
        )
    axis.margins(y=0.18)


def _free_side(values: Array, i: int) -> tuple[int, int]:
    """Where no line to a neighbour passes: straight (0) or to the right (1), above (1) or below (-1)."""
    beside = values[[j for j in (i - 1, i + 1) if 0 <= j < len(values)]]
    flat = 0.02 * float(np.nanmax(values) - np.nanmin(values))
    higher, lower = bool(np.any(beside > values[i] + flat)), bool(np.any(beside < values[i] - flat))
    if higher and lower:  # above a line that falls, below one that rises
        return 1, 1 if beside[0] > values[i] else -1
    return 0, -1 if higher else 1


def _room_pt(samples: Sequence[Sample]) -> float:
    """Below an axis, for the longest name on its side; the longest are cut by :func:`_short`."""
    return max(34.0, 14 + 4.9 * max((len(_short(s.name)) for s in samples), default=0))


def _short(name: str, most: int = 22) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _named(axis: Any, samples: Sequence[Sample]) -> None:
    step = -(-len(samples) // _NAMES)
    axis.set_xticks(
        range(0, len(samples), step), [_short(s.name) for s in samples[::step]], rotation=90, fontsize=8
    )
    axis.tick_params(axis="y", length=0)
    axis.set_xlim(-0.5, len(samples) - 0.5)


def _layers_of_roughness(axis: Any, batch: Batch, shown: Shown, data: dict[str, Any]) -> None:
    """Beside the layers of every sample its roughness as a bar, in layers, where the engine knows it."""
    if shown.names != ("shell_layers",):
        return
    layers, thickness, rough = (
        _values(batch.samples, name) for name in ("shell_layers", "shell_thickness_nm", "roughness_nm")
    )
    if not np.isfinite(rough).any():
        return
    one = np.divide(thickness, layers, out=np.full_like(layers, np.nan), where=layers > 0)
    bars = np.nan_to_num(rough / one)
    axis.errorbar(data["time_min"], layers, bars, fmt="none", elinewidth=3.5, color="0.75", zorder=0)
    data["roughness_layers"] = bars
