"""Figures of a treatment with halide: where the ions are, and what an etch would find."""

from __future__ import annotations

from typing import Any

import numpy as np

from epidot.constants import ZERO_CELSIUS
from epidot.report import style
from epidot.report.figures import Figure
from epidot.runs.batch import Batch, Sample

_SAID = (
    "yuan2023 says of bromide: at 300 °C most in round 3 and hardly any in the core (sixth); at 200 °C and "
    "below most in round 1, far more at 200 than at 80 °C"
)
_ROUNDS = "_round_"


def drawn(batch: Batch) -> list[Figure]:
    """The figures of every halide that is in the dots of ``batch``; none for a run without halide."""
    found = sorted({name.split("/")[1] for name in batch.history if name.startswith("halide/")})
    out = []
    for halide in found:
        out.append(concentration(batch, halide))
        treated = [s for s in batch.samples if f"{halide}{_ROUNDS}1" in s.quantities]
        if treated:
            out.append(rounds(treated, halide))
    return out


def concentration(batch: Batch, halide: str) -> Figure:
    """Concentration against radius and time, layers marked, temperature above."""
    from matplotlib.colors import LogNorm

    start = f"halide/{halide}/at/"
    radii = np.array(
        sorted(float(name.removeprefix(start)) for name in batch.history if name.startswith(start))
    )
    grid = np.array([batch.history[f"{start}{r:.4f}"] for r in radii])
    time = np.asarray(batch.history["time_s"]) / 60
    there = np.flatnonzero(grid.sum(axis=0) > 0)
    begin = max(0, int(there[0]) - 1) if there.size else 0
    time, grid = time[begin:], grid[:, begin:]
    temperature = np.asarray(batch.history["temperature_K"])[begin:] - ZERO_CELSIUS
    drawing, (above, axis) = style.figure(
        2, 1, size=(style.HALF[0], 3.4), sharex=True, height_ratios=(0.28, 1)
    )
    above.fill_between(time, temperature, float(temperature.min()) - 5, color=style.WARM, lw=0)
    above.plot(time, temperature, color="0.25", lw=1)
    above.set_ylabel("T / °C")
    top = float(grid.max()) or 1.0
    shown = np.maximum(grid, top * 1e-4)
    picture = axis.pcolormesh(
        time, radii, shown, norm=LogNorm(top * 1e-4, top), cmap="cividis", shading="nearest", rasterized=True
    )
    drawing.colorbar(picture, ax=axis, label=f"{halide} / nm$^{{-3}}$")
    dot = next((s.population.dot for s in reversed(batch.samples) if s.population is not None), None)
    if dot is not None:
        names = [dot.core, *(shell.material for shell in dot.shells)]
        inner = 0.0
        for name, outer in zip(names, dot.radii_nm, strict=True):
            axis.axhline(outer, color="white", lw=0.8)
            axis.annotate(name, (time[0], (inner + outer) / 2), color="white", fontsize=8, va="center")
            inner = float(outer)
        axis.set_ylim(0, float(dot.radii_nm[-1]))
    axis.set(xlabel="time / min", ylabel="radius / nm")
    data: dict[str, Any] = {"time_min": time, "temperature_C": temperature}
    data |= {f"{halide}_per_nm3_at_{r:.3f}_nm": row for r, row in zip(radii, grid, strict=True)}
    caption = (
        f"{halide} in the lattice of the mean dot against radius and time; white lines part the layers. "
        "The scale is logarithmic over four decades."
    )
    return Figure(drawing, caption, data)


def rounds(samples: list[Sample], halide: str) -> Figure:
    """Ions per equal-depth round from outside, the core last, for the samples with halide."""
    count = sum(1 for name in samples[0].quantities if name.startswith(f"{halide}{_ROUNDS}"))
    labels = [*(str(i) for i in range(1, count + 1)), "core"]
    drawing, axis = style.half()
    width = 0.8 / len(samples)
    data: dict[str, Any] = {"round": np.arange(1, count + 2)}
    for k, sample in enumerate(samples):
        amounts = [_value(sample, f"{halide}{_ROUNDS}{i}") for i in range(1, count + 1)]
        amounts[-1] += _value(sample, f"{halide}_interface_per_dot")
        amounts[0] += _value(sample, f"{halide}_ligand_per_dot")
        amounts.append(_value(sample, f"{halide}_core_per_dot"))
        place = np.arange(count + 1) + (k - (len(samples) - 1) / 2) * width
        axis.bar(place, amounts, width, label=sample.name, color=style.COLOURS[k % len(style.COLOURS)])
        data[sample.name] = amounts
    axis.set_xticks(np.arange(count + 1), labels)
    axis.set(xlabel="etch round, equal depths from outside", ylabel=f"{halide} per dot")
    axis.margins(y=0.05 + 0.09 * (1 + len(samples) // 3))
    axis.legend(frameon=False, ncols=3, loc="upper center", fontsize=8)
    caption = (
        f"{halide} that {count} etch rounds of equal depth and a last one through the core would bring into "
        "solution. Round 1 holds the adsorbed ions too, the innermost round those bound where oxide was. "
        f"{_SAID}. Heights are not printed in its text."
    )
    return Figure(drawing, caption, data)


def _value(sample: Sample, name: str) -> float:
    quantity = sample.quantities.get(name)
    return 0.0 if quantity is None or quantity.value is None else float(quantity.value)
