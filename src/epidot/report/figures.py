"""What a figure of a report is, and those of one run: programme, growth, spectra, decays."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from epidot.constants import ZERO_CELSIUS
from epidot.report import style
from epidot.runs.batch import Batch
from epidot.units import celsius


@dataclass(frozen=True)
class Panel:
    """One of several small drawings in a row: its name above, and what is said below it."""

    name: str
    drawing: Any
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption and the numbers it shows; or, without ``drawing``, a row of ``panels``.

    A drawing is as wide as half a page (:data:`epidot.report.style.HALF`), so that two stand side by side
    and one fills a small screen.  ``keys`` are the colours of a legend below.
    """

    drawing: Any
    caption: str
    data: Mapping[str, Any]
    panels: tuple[Panel, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)

    def embedded(self) -> dict[str, Any]:
        """What a page shows of it: drawings as SVG, and its numbers as a file to be saved."""
        data = base64.b64encode(style.csv(self.data).encode()).decode()
        return {
            "svg": "" if self.drawing is None else style.svg(self.drawing),
            "panels": [(panel.name, style.svg(panel.drawing), panel.told) for panel in self.panels],
            "legend": list(self.keys.items()),
            "caption": self.caption,
            "csv": f"data:text/csv;base64,{data}",
        }


def programme(batch: Batch) -> Figure:
    """Temperature against time with the additions of the recipe and the samples."""
    t = np.asarray(batch.history["time_s"]) / 60
    temperature = np.asarray(batch.history["temperature_K"]) - ZERO_CELSIUS
    drawing, axis = style.half()
    axis.plot(t, temperature, color="0.25")
    times, texts = _additions(batch)
    told = _labelled(axis, times, texts, float(t[-1]) or 1.0, max(float(temperature.max()), 1.0))
    for sample in batch.samples:
        axis.plot(sample.time_s / 60, celsius(sample.temperature_K), "o", color=style.COLOURS[1], ms=5)
    axis.set(xlabel="time / min", ylabel="temperature / °C")
    caption = f"The temperature programme. Dotted lines: additions{told}. Dots: samples."
    return Figure(drawing, caption, {"time_min": t, "temperature_C": temperature})


def _additions(batch: Batch) -> tuple[list[float], list[str]]:
    """When something is added (min) and what, in the words of the recipe, a line for each reagent."""
    found: dict[float, list[str]] = {}
    words = ((" of ", " "), (" over ", ", over "))
    for start, _, text in batch.steps:
        if text.startswith("add "):
            said = text.removeprefix("add ")
            for old, new in words:
                said = said.replace(old, new)
            found.setdefault(start / 60, []).extend(said.split(", "))
    return list(found), ["\n".join(lines) for lines in found.values()]


def _labelled(axis: Any, times: Sequence[float], texts: Sequence[str], last_min: float, top: float) -> str:
    """Additions above the curve, none cut and none over another; what a caption must say if there is no room.

    Every label stands upright as near its line as its neighbours allow.  The room above the curve is made as
    high as the longest label.
    """
    from matplotlib.textpath import TextPath

    size, line_pt = 8.0, 10.5
    high_pt, wide_pt = 72 * style.HALF[1] - 48, 72 * style.HALF[0] - 70  # of the axes, without their texts
    longest = max(
        (TextPath((0, 0), row, size=size).get_extents().width for t in texts for row in t.split("\n")),
        default=0.0,
    )
    widths = [line_pt * len(text.split("\n")) * last_min / wide_pt for text in texts]
    if sum(widths) > last_min or longest > 0.75 * high_pt:  # numbers then, and the caption says whose
        told = "; ".join(
            f"{i}: {' and '.join(t.split(chr(10)))} at {time:.0f} min"
            for i, (time, t) in enumerate(zip(times, texts, strict=True), 1)
        )
        texts = [str(i) for i in range(1, len(texts) + 1)]
        widths, longest = [0.0] * len(texts), size
        said = f" ({told})"
    else:
        said = ""
    ends = (longest + 14) / high_pt
    height = top * 1.02 / (1 - ends)
    places = _apart(np.asarray(times), np.asarray(widths), last_min)
    for time, place, text in zip(times, places, texts, strict=True):
        axis.plot(
            [time, time, place],
            [0, top * 1.03, top * 1.03 + 0.02 * height],
            color=style.COLOURS[0],
            lw=0.8,
            ls=":",
        )
        axis.text(
            place,
            top * 1.03 + 0.03 * height,
            text,
            rotation=90,
            ha="center",
            va="bottom",
            multialignment="left",
            fontsize=size,
            linespacing=1.1,
            color=style.COLOURS[0],
        )
    axis.set_yticks([tick for tick in axis.get_yticks() if 0 <= tick <= top * 1.03])
    axis.set_ylim(0, height)
    axis.margins(x=0.02)
    return said


def _apart(wanted: Any, widths: Any, last: float) -> list[float]:
    """Places (n,) in the order of ``wanted`` that keep half the sum of their widths from each other."""
    out: list[float] = []
    for i, x in enumerate(wanted):
        out.append(max(float(x), out[-1] + (widths[i] + widths[i - 1]) / 2 if out else 0.0))
    limit = last + (widths[-1] / 2 if len(out) else 0.0)
    for i in range(len(out) - 1, -1, -1):  # what was pushed out at the right is taken back
        out[i] = min(out[i], limit - widths[i] / 2)
        limit = out[i] - widths[i] / 2
    return out


def shade(axis: Any, batch: Batch) -> None:
    """The temperature programme as a shade behind an axis of time (min), the lowest at the foot."""
    t = np.asarray(batch.history["time_s"]) / 60
    temperature = np.asarray(batch.history["temperature_K"])
    share = (temperature - temperature.min()) / max(float(np.ptp(temperature)), 1e-9)
    axis.fill_between(
        t, 0.97 * share, 0, transform=axis.get_xaxis_transform(), color=style.WARM, lw=0, zorder=-1
    )


def growth(batch: Batch) -> list[Figure]:
    """What is added to the dot, what its surface is like and what covers it, against time."""
    names = [n.removeprefix("growth/") for n in batch.history if n.startswith("growth/")]
    wanted = (
        (
            "atoms added per dot",
            "Atoms added to the mean dot",
            [n for n in names if n.startswith("adatoms_")],
        ),
        (
            "fraction",
            "Coverage (by bonds; the samples also count sites shut in), linked and crystalline share",
            ["coverage", "linked_fraction", "crystalline_fraction"],
        ),
        (
            "ligands per dot",
            "Ligands of the mean dot",
            [n for n in names if n.startswith("ligands_") and n.endswith("_per_dot")],
        ),
    )
    t = np.asarray(batch.history["time_s"]) / 60
    drawn = []
    for label, said, members in wanted:
        found = {n: np.asarray(batch.history[f"growth/{n}"]) for n in members if n in names}
        found = {n: values for n, values in found.items() if np.any(values != 0)}
        if not any(np.ptp(values) > 0 for values in found.values()):
            continue
        drawing, axis = style.half()
        shade(axis, batch)
        for sample in batch.samples:
            axis.axvline(sample.time_s / 60, color="0.8", lw=0.8, zorder=0)
        for (name, values), colour in zip(found.items(), style.colours(len(found)), strict=True):
            axis.plot(t, values, label=_readable(name), color=colour)
        axis.set(xlabel="time / min", ylabel=label)
        axis.legend(frameon=False)
        caption = f"{said}. Grey lines: samples. Shaded: the temperature."
        drawn.append(Figure(drawing, caption, {"time_min": t, **found}))
    return drawn


def spectra(batch: Batch) -> Figure:
    """Absorption and emission of the population at every sample."""
    drawing, axis = style.half()
    data: dict[str, Any] = {}
    lit = [s for s in batch.samples if "nm" in s.spectra]
    for sample, colour in zip(lit, style.colours(len(lit)), strict=True):
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
        _legend(axis, len(lit))
    return Figure(
        drawing,
        "Absorption (full, 1 at the first exciton) and emission (dashed, per nm, 1 at the peak).",
        data,
    )


def decays(batch: Batch) -> Figure:
    """Photoluminescence decay of the population at every sample."""
    drawing, axis = style.half()
    data: dict[str, Any] = {}
    lit = [s for s in batch.samples if "t_ns" in s.spectra]
    for sample, colour in zip(lit, style.colours(len(lit)), strict=True):
        t, decay = sample.spectra["t_ns"], sample.spectra["decay"]
        axis.semilogy(t, np.maximum(decay, 1e-12), color=colour, label=sample.name)
        data |= {f"{sample.name}: t_ns": t, f"{sample.name}: decay": decay}
    axis.set(xlabel="time / ns", ylabel="emission / initial", xlim=(0, 250), ylim=(1e-3, 1.3))
    if data:
        _legend(axis, len(lit))
    return Figure(drawing, "Decay after a short pulse, normalised to time zero.", data)


def _legend(axis: Any, number: int) -> None:
    axis.legend(frameon=False, loc="upper right", ncols=1 + (number > 8), fontsize=8 if number <= 16 else 6)


def _readable(name: str) -> str:
    return (
        name.removesuffix("_per_dot")
        .removesuffix("_fraction")
        .replace("ligands_", "")
        .replace("adatoms_", "")
        .replace("_", " ")
    )
