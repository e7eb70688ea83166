"""The picture of docs/instruments/dosy.md: a simulated line with its fit, and what 60 such lines gave.

OMP_NUM_THREADS=1 python benchmarks/dosy.py --picture
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.instruments import dosy
from epidot.instruments.dosy.simulated import diffusion, free_diffusion, viscosity
from epidot.signal import Signal
from epidot.signal.noise import noisy

SETUP = {
    "solvent": "CDCl3", "temperature_K": 298.15, "free_fraction": 0.3, "free_molar_mass": 282.46,
    "ligand_nm": 1.8, "noise": 0.01, "steps": 20, "gradient_T_per_m": 0.6,
}  # fmt: skip


def line() -> tuple[Signal, dict[str, float], float]:
    """A line without noise, what is told to ``measure``, and the true D."""
    dots = Population.drawn(
        LayeredDot("InP", 3.0, (Layer("ZnSe", 0.6),)), 200, 0.08, np.random.default_rng(1)
    )
    D, share = diffusion(dots, SETUP)
    told = {"free_D_m2_per_s": free_diffusion(SETUP), "viscosity_mPa_s": viscosity(SETUP) * 1e3}
    return dosy.simulate(dots, SETUP), told | {"gradient_sigma": 0.0}, float(share @ D)


def picture() -> None:
    """docs/pictures/dosy.png."""
    from matplotlib.figure import Figure

    from epidot.report import style

    clean, told, true = line()
    rng = np.random.default_rng(2)
    drawing = Figure(figsize=(9.0, 3.4), layout="constrained")
    grid = drawing.add_gridspec(2, 2, height_ratios=(4, 1), width_ratios=(3, 2))
    left, below, right = (drawing.add_subplot(place) for place in (grid[0, 0], grid[1, 0], grid[:, 1]))
    for k in range(60):
        seen = noisy(clean, rng)
        found = dosy.measure(seen, **told)
        D, bound = found["D_m2_per_s"], found["bound_fraction"]
        right.errorbar(
            1e10 * D.value, bound.value, bound.sigma, 1e10 * D.sigma, fmt=".", lw=0.6, color=style.COLOURS[0]
        )
        if k == 0:
            model, off = found.curves["model"], found.curves["residuals"]
            left.semilogy(1e-9 * seen.x, np.maximum(seen.y, 1e-3), ".", color="0.3", label="simulated line")
            left.semilogy(
                1e-9 * model.x, model.y, color=style.COLOURS[1], lw=1, label="bound and free, fitted"
            )
            below.plot(1e-9 * off.x, off.y, ".", color="0.3")
    left.set(ylabel="intensity", xticklabels=[])
    left.legend(frameon=False, fontsize=7)
    below.set(xlabel="b / 10⁹ s m⁻²", ylabel="residual", ylim=(-4, 4))
    right.axvline(1e10 * true, color="0.5", lw=0.8)
    right.axhline(1 - SETUP["free_fraction"], color="0.5", lw=0.8)
    right.set(xlabel="D / 10⁻¹⁰ m² s⁻¹", ylabel="bound fraction")
    style.save(drawing, Path(__file__).parents[1] / "docs" / "pictures" / "dosy.png")


def main() -> None:
    """Time a measurement, or draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--picture", action="store_true", help="draw docs/pictures/dosy.png and no more")
    if parser.parse_args().picture:
        picture()
        return
    clean, told, _ = line()
    seen = [noisy(clean, np.random.default_rng(k)) for k in range(40)]
    dosy.measure(seen[0], **told)
    start = time.process_time()
    for one in seen:
        dosy.measure(one, **told)
    print(f"{(time.process_time() - start) / len(seen) * 1e3:.1f} ms CPU per line")


if __name__ == "__main__":
    main()
