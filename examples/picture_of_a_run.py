"""Carry out a published recipe and draw it on one sheet.

The staged route of Choi et al. (2023): zinc first, oxide off with HF, a saturated sulfide layer, then
growth at 320 °C.  The picture is the one in the README.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from epidot import run
from epidot.constants import ZERO_CELSIUS
from epidot.dot.atoms import place
from epidot.report import portrait, style
from epidot.runs.batch import Batch


def overview(batch: Batch) -> Any:
    """A drawing (matplotlib) of five panels; the last sample with light is shown against the first."""
    drawing, axes = style.figure(2, 3, size=(11.0, 5.6), width_ratios=(1.25, 1.25, 1.0))
    t = np.asarray(batch.history["time_s"]) / 60
    lit = [s for s in batch.samples if s.population is not None and s.spectra]
    shown = lit if len(lit) <= 2 else [lit[0], lit[-1]]

    recipe = axes[0, 0]
    recipe.plot(t, np.asarray(batch.history["temperature_K"]) - ZERO_CELSIUS, color="0.25")
    for sample in batch.samples:
        recipe.plot(
            sample.time_s / 60, sample.temperature_K - ZERO_CELSIUS, "o", color=style.COLOURS[1], ms=4
        )
    recipe.set(title="the recipe", xlabel="time / min", ylabel="temperature / °C")

    growth = axes[0, 1]
    growth.plot(t, batch.history.get("growth/shell_layers", np.zeros_like(t)), label="layers")
    oxide = np.asarray(batch.history.get("growth/oxide_per_dot", np.zeros_like(t)))
    growth.plot(t, oxide / max(float(oxide.max()), 1e-30), label=f"oxide (1 = {oxide.max():.0f} per dot)")
    growth.plot(t, batch.history.get("growth/crystalline_fraction", np.zeros_like(t)), label="crystalline")
    growth.set(title="growth and oxide", xlabel="time / min")
    growth.legend(frameon=False)

    dot = axes[0, 2]
    drawn = portrait.likeness(shown[-1], np.random.default_rng(batch.seed)) if shown else None
    if drawn is not None:
        atoms = place(drawn)
        reach = float(np.linalg.norm(atoms.position_nm, axis=1).max()) + 0.25
        there = portrait.draw(dot, atoms, reach)
        style.scale_bar(dot, reach)
        portrait.legend(dot, there, 4, loc="upper center", bbox_to_anchor=(0.5, 0.02))
        dot.set_title("a dot, cut open" if shown[-1].grown else "the mean dot, cut open")
    dot.axis("off")

    spectra, decay, words = axes[1]
    for colour, sample in zip(style.COLOURS, shown, strict=False):
        s = sample.spectra
        at_peak = float(
            np.interp(sample.quantities["first_exciton_nm"].value or 0.0, s["nm"], s["absorption"])
        )
        spectra.plot(s["nm"], s["absorption"] / (at_peak or 1.0), color=colour, label=sample.name)
        spectra.plot(s["nm"], s["emission"] / float(s["emission"].max()), color=colour, ls="--", lw=1)
        decay.semilogy(s["t_ns"], np.maximum(s["decay"], 1e-9), color=colour, label=sample.name)
    spectra.set(title="absorption and emission", xlabel="wavelength / nm", xlim=(400, 750))
    spectra.set_ylim(0, min(2.5, spectra.get_ylim()[1]))
    spectra.legend(frameon=False)
    decay.set(title="decay", xlabel="time / ns", xlim=(0, 250), ylim=(1e-3, 1.2))
    words.axis("off")
    words.text(0.0, 0.95, _words(batch), va="top", fontsize=10, linespacing=1.6, transform=words.transAxes)
    return drawing


def _words(batch: Batch) -> str:
    if not batch.samples:
        return batch.recipe
    found = batch.samples[-1].quantities
    lines = [f"{batch.recipe}", f"sample “{batch.samples[-1].name}”"]
    for name, label, scale, unit in (
        ("shell_layers", "layers", 1, ""),
        ("strain_core", "core strain", 100, " %"),
        ("first_exciton_nm", "1S", 1, " nm"),
        ("pl_peak_nm", "emission", 1, " nm"),
        ("plqy", "quantum yield", 100, " %"),
        ("tau_amplitude_ns", "lifetime", 1, " ns"),
    ):
        quantity = found.get(name)
        if quantity is not None and quantity.value is not None:
            lines.append(f"{label}  {quantity.value * scale:.3g}{unit}")
    return "\n".join(lines)


batch = run("choi2023/inp-zns-staged-4")
style.save(overview(batch), Path("run.png"))

for sample in batch.samples:
    quantities = sample.quantities
    layers, yield_ = quantities["shell_layers"].value, quantities["plqy"].value
    print(f"{sample.name:18s} {layers:5.2f} layers, quantum yield {100 * yield_:5.1f} %")
print("drawn in run.png")
