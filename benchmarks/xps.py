"""XPS: what an active background spares, time of a measurement; the picture of its page.

OMP_NUM_THREADS=1 python benchmarks/xps.py [--picture] [--seeds 200]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from epidot.dot.layers import Layer, LayeredDot
from epidot.instruments import xps
from epidot.instruments.xps.levels import level
from epidot.instruments.xps.lines import doublet, static_shirley
from epidot.signal import Signal
from epidot.signal.noise import noisy

MEASURED = Path(__file__).parents[2] / "shared" / "data" / "xps" / "xylib" / "mjr9_116a.vms"


def doublets(half: float, counts: float) -> tuple[Signal, float]:
    """In 3d of InP and of a halide at 446.0 eV on a true Shirley background, and its area / counts eV."""
    x = np.arange(444.6 - half, 446.0 + 7.55 + half, 0.1)
    one = level("In_3d")
    first, second = (doublet(x, p, 1.1, 0.3, one.minor, one.splitting) for p in (444.6, 446.0))
    area = 2.0 * counts
    y = 0.1 * counts + area * (0.75 * (first.y + 0.02 * first.step) + 0.25 * (second.y + 0.02 * second.step))
    return Signal("xps", x, y, "binding energy", "eV", "intensity", "counts", "counts", "simulated"), area


def backgrounds(seeds: int) -> None:
    """Area error of the active background, and of an iterated one between means of 1, 5, 15 readings."""
    for half in (6.0, 4.0, 2.0):
        clean, area = doublets(half, 3000.0)
        static: dict[int, list[float]] = {1: [], 5: [], 15: []}
        active, covered = [], []
        for k in range(seeds):
            seen = noisy(clean, np.random.default_rng([7, k]))
            for ends, found in static.items():
                net = seen.y - static_shirley(seen.x, seen.y, ends)
                found.append(100 * (float(np.sum(net)) * 0.1 / area - 1))
            got = xps.measure(seen, states="In_3d_InP In_3d_halide")["In_3d_area"]
            active.append(100 * (got.value / area - 1))
            covered.append(abs(got.value - area) < (got.sigma or 0.0))
        told = ", ".join(f"{n}: {np.mean(v):+.1f} ± {np.std(v):.1f} %" for n, v in static.items())
        print(
            f"window ±{half:g} eV: active {np.mean(active):+.2f} ± {np.std(active):.2f} %, its error "
            f"covers {100 * np.mean(covered):.0f} %; iterated between means of {told}"
        )


def dot() -> LayeredDot:
    """InP in ZnSe with some oxide."""
    return LayeredDot("InP", 3.2, (Layer("ZnSe", 0.6),), oxide=60.0)


def picture() -> None:
    """docs/pictures/xps.png: regions of a simulated dot, and a measured one."""
    from matplotlib.figure import Figure

    from epidot.report import style

    setup = {"levels": "In_3d P_2p", "counts": 8000.0}
    seen = xps.simulate([dot()], setup, rng=np.random.default_rng(5))
    shown = [(seen, {}), (seen.companions["P 2p"], {})]
    if MEASURED.exists():
        shown.append((xps.read(MEASURED, column="O 1s"), {}))
    drawing = Figure(figsize=(9.0, 3.4), layout="constrained")
    grid = drawing.subplots(2, len(shown), height_ratios=(4, 1), squeeze=False)
    for k, (one, told) in enumerate(shown):
        found = xps.measure(one, **told)
        above, below = grid[:, k]
        above.plot(one.x, one.y, ".", ms=2, color="0.4")
        above.plot(one.x, found.curves["model"].y, color=style.COLOURS[1], lw=1)
        above.plot(one.x, found.curves["background"].y, color=style.COLOURS[0], lw=1)
        off = found.curves["residuals"]
        below.plot(off.x, off.y, ".", ms=2, color="0.4")
        below.set(xlabel="binding energy / eV", ylim=(-5, 5))
        above.set(title=f"{one.meta['column']}, {one.origin}", xticklabels=[])
        for axes in (above, below):
            axes.invert_xaxis()
    grid[0, 0].set(ylabel="counts")
    grid[1, 0].set(ylabel="residual")
    style.save(drawing, Path(__file__).parents[1] / "docs" / "pictures" / "xps.png")


def main() -> None:
    """Print the figures, or draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--picture", action="store_true", help="draw docs/pictures/xps.png and no more")
    parser.add_argument("--seeds", type=int, default=200)
    asked = parser.parse_args()
    if asked.picture:
        picture()
        return
    backgrounds(asked.seeds)
    seen = xps.simulate([dot()], rng=np.random.default_rng(1))
    start = time.process_time()
    xps.measure(seen)
    print(f"{time.process_time() - start:.2f} s CPU for {1 + len(seen.companions)} regions of one sample")


if __name__ == "__main__":
    main()
