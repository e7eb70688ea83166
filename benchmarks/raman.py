"""Raman: six lines on a cubic background beside lmfit, the bias of a broad oxide line, and the picture.

python benchmarks/raman.py [--seeds 200] [--picture FOLDER --wafer FILE]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.instruments import raman
from epidot.instruments.raman import joint, modes
from epidot.instruments.raman.lines import line
from epidot.signal import Signal

Array = NDArray[np.float64]

BARE = LayeredDot("InP", 3.3, oxide=60.0)
COATED = replace(BARE, shells=(Layer("ZnSe", 0.65),))
LINES = {  # place, width, height
    "InP_LO": (345.0, 14.0, 2000.0),
    "InP_TO": (304.0, 14.0, 700.0),
    "ZnSe_LO": (240.0, 18.0, 1500.0),
    "ZnSe_TO": (205.0, 14.0, 900.0),
    "oxide": (150.0, 40.0, 500.0),
    "phosphate": (1000.0, 60.0, 400.0),
}
BROAD = {"InP_LO": (345.0, 14.0, 2000.0), "phosphate": (960.0, 80.0, 400.0)}


def spectrum(lines: dict[str, tuple[float, float, float]], rng: np.random.Generator) -> Signal:
    """Lorentz lines on a cubic background of about 3000 counts."""
    x = np.linspace(100.0, 1322.0, 1024)
    u = (x - 700) / 600
    mean = 3000 * (1 + 0.2 * u - 0.1 * u**2 + 0.05 * u**3)
    for place, width, height in lines.values():
        mean = mean + height * np.pi * width / 2 * line(x, place, width, 0.0)
    y = rng.poisson(mean).astype(float)
    return Signal("raman", x, y, "Raman shift", "cm-1", "intensity", "counts", "counts", "measured")


def area(name: str, lines: dict[str, tuple[float, float, float]]) -> float:
    """True area over that of the LO of InP."""
    (_, w, h), (_, unit_w, unit_h) = lines[name], lines["InP_LO"]
    return w * h / (unit_w * unit_h)


def against_lmfit(signal: Signal) -> None:
    import lmfit

    wanted = modes.chosen("", " ".join(LINES))
    found = joint.fit(signal, wanted, [], 3, 0.0)
    started = time.process_time()
    for _ in range(10):
        joint.fit(signal, wanted, [], 3, 0.0)
    own = (time.process_time() - started) / 10
    model = lmfit.models.PolynomialModel(3, prefix="b_")
    values = {"b_c0": 3000.0, "b_c1": 0.0, "b_c2": 0.0, "b_c3": 0.0}
    for mode in wanted:
        model += lmfit.models.LorentzianModel(prefix=f"{mode.name}_")
        place, width, height = LINES[mode.name]
        values |= {f"{mode.name}_center": mode.place, f"{mode.name}_sigma": mode.width / 2}
        values[f"{mode.name}_amplitude"] = height * np.pi * width / 2
    weights = 1 / np.sqrt(found.curve)
    started = time.process_time()
    peer = model.fit(signal.y, model.make_params(**values), x=signal.x, weights=weights, scale_covar=False)
    theirs = time.process_time() - started
    sigma = np.sqrt(np.diag(np.linalg.inv(found.design.T @ found.design)))
    for k, mode in enumerate(wanted):
        place = peer.params[f"{mode.name}_center"]
        own_place = f"{found.values[2 * k]:.3f} ± {sigma[2 * k]:.3f}"
        print(f"{mode.name:10s} {own_place}    lmfit {place.value:.3f} ± {place.stderr:.3f}")
    print(f"processor time / s: {own:.3f}, lmfit {theirs:.3f}")


def bias_of_a_broad_line(seeds: int) -> None:
    truth, seen = area("phosphate", BROAD), []
    for seed in range(seeds):
        signal = spectrum(BROAD, np.random.default_rng([10, seed]))
        found = raman.measure(signal, lines="InP_LO phosphate", resolution=0.0)["phosphate_area"]
        seen.append((found.value, found.sigma))
    values, sigmas = np.array(seen, dtype=float).T
    off = (values - truth) / sigmas
    print(
        f"broad line, {seeds} seeds: bias {100 * (values.mean() / truth - 1):+.2f} % "
        f"± {100 * values.std() / truth / np.sqrt(seeds):.2f} %, covered {np.mean(np.abs(off) < 1):.1%}"
    )


def picture(folder: Path, wafer: Path) -> None:
    """docs/pictures/raman.png: dots simulated, one of them measured, and a measured wafer of silicon.

    ``wafer`` is a text over wavelengths, excited at 532.1 nm; it is Si-wafer-Raman-Spectrum-1.txt of the
    examples of pynxtools-raman (Apache-2.0).
    """
    from matplotlib.figure import Figure

    from epidot.report import style

    amorphous = replace(BARE, shells=(Layer("ZnSe", 0.65, crystalline=0.0),))
    drawing = Figure(figsize=(11.0, 4.0), layout="constrained")
    grid = drawing.add_gridspec(2, 3, height_ratios=(4, 1))
    left = drawing.add_subplot(grid[:, 0])
    setup = {"background": 0.0, "stop_cm1": 600.0}
    named = {"bare": BARE, "amorphous ZnSe": amorphous, "crystalline ZnSe": COATED}
    for k, (name, dot) in enumerate(named.items()):
        clean = raman.simulate(_population(dot), setup)
        left.plot(clean.x, clean.y / clean.y.max() + k, lw=1.0, label=name, color=style.COLOURS[k])
        left.text(420, k + 0.3, name, color=style.COLOURS[k], fontsize=8)
    left.set(xlabel="Raman shift / cm-1", ylabel="over the highest line", title="simulated", xlim=(90, 600))
    signal = raman.simulate(_population(COATED), {"counts": 2000.0}, rng=np.random.default_rng(1))
    found = raman.measure(signal)
    place: Any = found["InP_LO_cm1"]
    title = f"simulated and measured: InP LO {place.value:.1f} ± {place.sigma:.1f} cm-1"
    curves = {name: found.curves[name].y for name in ("model", "background")}
    _with_residuals(drawing, grid, 1, signal, curves, title)
    silicon = raman.read(wafer, laser=532.1).between(440.0, 620.0)
    mode = modes.Mode("Si", "silicon", 527.0, (515.0, 535.0), 4.0, (1.0, 20.0))
    start = np.array([527.0, 2.0, 4.0])
    one = joint.fit(silicon, [mode], [], 3, 0.0, start, bent={0: joint.SPREAD})
    offset = one.values[0] - 520.45
    title = f"measured: silicon, axis {offset:+.1f} cm-1 off"
    _with_residuals(drawing, grid, 2, silicon, {"model": one.curve, "background": one.background}, title)
    style.save(drawing, folder / "raman.png")


def _with_residuals(
    drawing: Any, grid: Any, column: int, signal: Signal, curves: dict[str, Array], title: str
) -> None:
    from epidot.report import style

    above, below = drawing.add_subplot(grid[0, column]), drawing.add_subplot(grid[1, column])
    above.plot(signal.x, signal.y, ".", ms=2, color="0.6", label="counts")
    for k, (name, y) in enumerate(curves.items()):
        above.plot(signal.x, y, lw=1.2, color=style.COLOURS[k], label=name)
    error = joint.errors(signal, curves["model"])
    below.plot(signal.x, (signal.y - curves["model"]) / error, ".", ms=1.5, color="0.3")
    above.set(xticklabels=[], ylabel="counts")
    above.set_title(title, fontsize=9)
    above.legend(frameon=False, fontsize=8)
    below.set(xlabel="Raman shift / cm-1", ylabel="residual")


def _population(dot: LayeredDot) -> Population:
    return Population.drawn(dot, 200, 0.08, np.random.default_rng(0))


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--picture", type=Path, help="folder of docs/pictures/raman.png")
    parser.add_argument("--wafer", type=Path, help="the measured spectrum of the picture")
    asked = parser.parse_args(argv)
    if asked.picture is not None:
        picture(asked.picture, asked.wafer)
        return
    against_lmfit(spectrum(LINES, np.random.default_rng(3)))
    bias_of_a_broad_line(asked.seeds)


if __name__ == "__main__":
    main()
