"""Figures of a treatment with halide: where the ions are, what an etch would find, and the light it buys."""

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
    if found and len(_lit(batch)) > 1:
        out.append(light(batch))
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
    drawing, (above, axis) = style.figure(2, 1, size=(7.6, 4.4), sharex=True, height_ratios=(0.28, 1))
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
            axis.annotate(name, (time[0], (inner + outer) / 2), color="white", fontsize=7, va="center")
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
    drawing, axis = style.figure(size=(6.6, 3.0))
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
    axis.legend(frameon=False)
    caption = (
        f"{halide} that {count} etch rounds of equal depth and a last one through the core would bring into "
        "solution. Round 1 holds the adsorbed ions too, the innermost round those bound where oxide was. "
        f"{_SAID}. Heights are not printed in its text."
    )
    return Figure(drawing, caption, data)


def light(batch: Batch) -> Figure:
    """Quantum yield and decay before and after the treatment."""
    samples = _lit(batch)
    drawing, (left, right) = style.figure(1, 2, size=(7.6, 3.0), width_ratios=(0.55, 1))
    names = [s.name for s in samples]
    yields = [100 * _value(s, "plqy") for s in samples]
    left.bar(names, yields, color=[style.COLOURS[k % len(style.COLOURS)] for k in range(len(samples))])
    for k, value in enumerate(yields):
        left.annotate(f"{value:.0f}", (k, value), ha="center", va="bottom", fontsize=8)
    left.set_ylabel("PLQY / %")
    left.set_ylim(0, 105)
    data: dict[str, Any] = {"plqy_percent": yields}
    for k, sample in enumerate(samples):
        t, decay = np.asarray(sample.spectra["t_ns"]), np.asarray(sample.spectra["decay"])
        label = f"{sample.name}, {_value(sample, 'tau_intensity_ns'):.0f} ns"
        right.semilogy(t, np.maximum(decay, 1e-6), label=label, color=style.COLOURS[k % len(style.COLOURS)])
        data |= {f"t_ns_{sample.name}": t, f"decay_{sample.name}": decay}
    right.set(xlabel="time / ns", ylabel="intensity", ylim=(1e-3, 1.1), xlim=(0, 350))
    right.legend(frameon=False)
    caption = (
        "Light before and after: the sample taken before halide or amine came, and the last. Lifetimes are "
        "intensity-weighted averages. Healed reversible traps give more light and less delayed light at once."
    )
    return Figure(drawing, caption, data)


def _lit(batch: Batch) -> list[Sample]:
    """The last sample without halide and the last of all, if both have a decay."""
    seen = [s for s in batch.samples if s.spectra and s.population is not None]
    before = [s for s in seen if s.population is not None and not s.population.dot.halides]
    return [before[-1], seen[-1]] if before and seen[-1] is not before[-1] else []


def _value(sample: Sample, name: str) -> float:
    quantity = sample.quantities.get(name)
    return 0.0 if quantity is None or quantity.value is None else float(quantity.value)
