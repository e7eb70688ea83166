"""The figures of a run's report; each returns the drawing and the data behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from epidot.constants import ZERO_CELSIUS
from epidot.dot.layers import LayeredDot
from epidot.report import style
from epidot.runs.batch import Batch
from epidot.units import celsius

LIGANDS_NM = 1.6  # drawn thickness of the ligand layer, about an oleate; a picture, not a result


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption and the numbers it shows."""

    drawing: Any
    caption: str
    data: Mapping[str, Any]


def programme(batch: Batch) -> Figure:
    """Temperature against time with the steps of the recipe and the samples."""
    t = np.asarray(batch.history["time_s"]) / 60
    temperature = np.asarray(batch.history["temperature_K"]) - ZERO_CELSIUS
    drawing, axis = style.figure(size=(7.6, 2.9))
    axis.plot(t, temperature, color="0.25")
    top = float(temperature.max())
    for start, _, text in batch.steps:
        if text.startswith("add"):
            axis.axvline(start / 60, color=style.COLOURS[0], lw=0.8, ls=":")
            axis.annotate(
                _shortened(text.removeprefix("add ")),
                (start / 60, top * 1.03),
                rotation=35,
                fontsize=7,
                color=style.COLOURS[0],
            )
    for sample in batch.samples:
        axis.plot(sample.time_s / 60, celsius(sample.temperature_K), "o", color=style.COLOURS[1], ms=5)
    axis.set(xlabel="time / min", ylabel="temperature / °C")
    axis.set_ylim(0, top * 1.6)
    return Figure(
        drawing,
        "The temperature programme. Dotted lines: additions. Dots: samples.",
        {"time_min": t, "temperature_C": temperature},
    )


def growth(batch: Batch) -> Figure:
    """Layers, oxide and the state of the surface against time."""
    t = np.asarray(batch.history["time_s"]) / 60
    names = [n.removeprefix("growth/") for n in batch.history if n.startswith("growth/")]
    panels: list[tuple[str, list[str]]] = [
        ("layers", ["shell_layers"]),
        (
            "per dot",
            [
                n
                for n in ("oxide_per_dot", "adatoms_Se_per_dot", "adatoms_S_per_dot", "adatoms_Zn_per_dot")
                if n in names
            ],
        ),
        ("fraction", [n for n in ("coverage", "linked_fraction", "crystalline_fraction") if n in names]),
        ("ligands per dot", [n for n in names if n.startswith("ligands_")]),
    ]
    drawing, axes = style.figure(3, 2, size=(7.6, 5.4), sharex=True, height_ratios=(0.38, 1, 1))
    temperature = np.asarray(batch.history["temperature_K"]) - ZERO_CELSIUS
    data: dict[str, Any] = {"time_min": t, "temperature_C": temperature}
    for axis in axes[0]:
        axis.fill_between(t, temperature, float(temperature.min()) - 5, color=style.WARM, lw=0)
        axis.plot(t, temperature, color="0.25", lw=1)
        axis.set_ylabel("T / °C")
    for axis, (label, members) in zip(axes[1:].flat, panels, strict=True):
        for name in members:
            if f"growth/{name}" not in batch.history:
                continue
            values = np.asarray(batch.history[f"growth/{name}"])
            data[name] = values
            if np.any(values != 0) or len(members) == 1:
                axis.plot(t, values, label=_readable(name))
        axis.set_ylabel(label)
        if len(members) > 1 and axis.has_data():
            axis.legend(frameon=False)
    for axis in axes.flat:
        for sample in batch.samples:
            axis.axvline(sample.time_s / 60, color="0.85", lw=0.8, zorder=0)
    data |= _rough_samples(axes[1, 0], batch)
    for axis in axes[-1]:
        axis.set_xlabel("time / min")
    caption = "Growth and surface chemistry of the mean dot. Grey lines: samples."
    if "roughness_nm" in data:
        caption += (
            " Bars on the layers: roughness, the standard deviation of the thickness over directions."
            " Coverage goes by bonds here; the samples also count sites that the shell has shut in."
        )
    return Figure(drawing, caption, data)


def _rough_samples(axis: Any, batch: Batch) -> dict[str, Any]:
    """Layers of every sample with its roughness as a bar, in layers, where the engine knows it."""
    rows = []
    for sample in batch.samples:
        found = {
            name: sample.quantities[name].value
            for name in ("shell_layers", "shell_thickness_nm", "roughness_nm")
            if name in sample.quantities
        }
        if len(found) == 3 and None not in found.values():
            rows.append((sample.time_s / 60, *(float(v or 0.0) for v in found.values())))
    if not rows:
        return {}
    time, layers, thickness, rough = np.array(rows).T
    one = np.divide(thickness, layers, out=np.ones_like(layers), where=layers > 0)
    axis.errorbar(
        time, layers, np.where(layers > 0, rough / one, 0.0), fmt="o", ms=3.5, lw=1, capsize=2.5, color="0.2"
    )
    return {"sample_time_min": time, "sample_layers": layers, "roughness_nm": rough}


def cross_section(dots: Mapping[str, LayeredDot]) -> Figure:
    """Cuts through the representative dots, all to one scale."""
    count = max(1, len(dots))
    lines = max((len(dot.shells) for dot in dots.values()), default=0)
    size = max(3.0, min(9.0, 2.5 * count)), 2.6 + 0.15 * lines
    drawing, axes = style.figure(1, count, size=size, squeeze=False)
    radius = max((dot.diameter_nm / 2 for dot in dots.values()), default=1.0) + 1.9
    data: dict[str, Any] = {}
    for axis, (name, dot) in zip(axes[0], dots.items(), strict=True):
        draw_dot(axis, dot)
        shells = [f"{layer.material} {layer.thickness_nm:.2f} nm" for layer in dot.shells] or ["no shell"]
        axis.set_title(
            "\n".join((name, f"{dot.core} {dot.core_diameter_nm:.2f} nm", *shells)), fontsize=7, pad=2
        )
        axis.set(xlim=(-radius, radius), ylim=(-radius, radius), aspect="equal")
        axis.axis("off")
        data[f"{name}: radii_nm"] = dot.radii_nm
    axes[0][0].plot([-radius * 0.9, -radius * 0.9 + 2], [-radius * 0.95] * 2, color="black", lw=2)
    axes[0][0].text(-radius * 0.9 + 1, -radius * 0.9, "2 nm", ha="center", va="bottom", fontsize=7)
    caption = (
        "The mean dot, cut open: core, shells, ligands (grey). Black dots: oxide units left on the core."
    )
    return Figure(drawing, caption, data)


def draw_dot(axis: Any, dot: LayeredDot) -> None:
    """A cut through one dot: ligand layer, shells, core, and the oxide units on it."""
    from matplotlib.patches import Circle

    materials = [dot.core, *(layer.material for layer in dot.shells)]
    radii = dot.radii_nm
    axis.add_patch(Circle((0, 0), float(radii[-1]) + LIGANDS_NM, color="0.95", lw=0))
    for material, r in list(zip(materials, radii, strict=True))[::-1]:
        axis.add_patch(Circle((0, 0), float(r), facecolor=_colour(material), edgecolor="white", lw=0.7))
    if dot.oxide >= 0.5:
        angles = np.linspace(0, 2 * np.pi, max(1, round(dot.oxide)), endpoint=False)
        edge = float(radii[0])
        axis.plot(edge * np.cos(angles), edge * np.sin(angles), ".", color="black", ms=2.5)


def spectra(batch: Batch) -> Figure:
    """Absorption and emission of the population at every sample."""
    drawing, axis = style.figure(size=(7.6, 3.2))
    data: dict[str, Any] = {}
    lit = [s for s in batch.samples if "nm" in s.spectra]
    for i, sample in enumerate(lit):
        colour = style.COLOURS[i % len(style.COLOURS)]
        nm = sample.spectra["nm"]
        absorption, emission = sample.spectra["absorption"], sample.spectra["emission"]
        peak = sample.quantities["first_exciton_nm"].value or float(nm[-1])
        scale = float(np.interp(peak, nm, absorption)) or 1.0
        axis.plot(nm, absorption / scale, color=colour, label=sample.name)
        axis.plot(nm, emission / (float(emission.max()) or 1.0), color=colour, ls="--", lw=1.0)
        data |= {
            f"{sample.name}: nm": nm,
            f"{sample.name}: absorption": absorption,
            f"{sample.name}: emission": emission,
        }
    axis.set(xlabel="wavelength / nm", ylabel="absorption, emission / a.u.")
    if lit:
        nm = lit[-1].spectra["nm"]
        axis.set_xlim(max(float(nm[0]), 380), float(nm[-1]))
        # The blue end rises far above the first exciton; three times as high is enough to see that.
        axis.set_ylim(0, min(3.0, axis.get_ylim()[1]))
        axis.legend(frameon=False)
    return Figure(
        drawing,
        "Absorption (full, 1 at the first exciton) and emission (dashed, per nm, 1 at the peak).",
        data,
    )


def decays(batch: Batch) -> Figure:
    """Photoluminescence decay of the population at every sample."""
    drawing, axis = style.figure(size=(7.6, 2.8))
    data: dict[str, Any] = {}
    for i, sample in enumerate(s for s in batch.samples if "t_ns" in s.spectra):
        t, decay = sample.spectra["t_ns"], sample.spectra["decay"]
        axis.semilogy(
            t, np.maximum(decay, 1e-12), color=style.COLOURS[i % len(style.COLOURS)], label=sample.name
        )
        data |= {f"{sample.name}: t_ns": t, f"{sample.name}: decay": decay}
    axis.set(xlabel="time / ns", ylabel="emission / initial", xlim=(0, 250), ylim=(1e-3, 1.3))
    if data:
        axis.legend(frameon=False)
    return Figure(drawing, "Decay after a short pulse, normalised to time zero.", data)


def _colour(material: str) -> str:
    for name, colour in style.MATERIAL_COLOURS.items():
        if material.startswith(name):
            return colour
    return "0.6"


def _readable(name: str) -> str:
    return (
        name.removesuffix("_per_dot")
        .removesuffix("_fraction")
        .replace("ligands_", "")
        .replace("adatoms_", "")
        .replace("_", " ")
    )


def _shortened(text: str, length: int = 28) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
