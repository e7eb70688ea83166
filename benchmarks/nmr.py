"""The picture of docs/instruments/nmr.md: ``python benchmarks/nmr.py --picture [measured 1r]``."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from epidot.dot.layers import LayeredDot
from epidot.instruments import nmr

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "nmr.png"


def main() -> None:
    """Draw both spectra with their fits."""
    if "--picture" not in sys.argv:
        print(__doc__)
        return
    measured = [a for a in sys.argv[1:] if not a.startswith("--")]
    dot = LayeredDot("InP", 2.4, (), ligands={"Int1": 74.0})
    setup = {
        "nucleus": "31P",
        "from_ppm": 33.0,
        "to_ppm": 53.0,
        "beside": "TOPSe:500, TOPO:40",
        "noise": 0.004,
    }
    shown = [(nmr.simulate([dot], setup, rng=np.random.default_rng(1)), None)]
    if measured:
        shown.append((nmr.read(measured[0]), "2.3-3.2"))
    _, axes = plt.subplots(1, 2, figsize=(9, 3.2), constrained_layout=True)
    for axis, (seen, window) in zip(axes, shown, strict=False):
        found = nmr.measure(seen, window=window)
        data, model = found.curves["data"], found.curves["model"]
        axis.plot(data.x, data.y, ".", ms=2, color="0.5")
        axis.plot(model.x, model.y, lw=1, color="C3")
        axis.invert_xaxis()
        axis.set_xlabel("31P shift / ppm")
        axis.set_yticks([])
    axes[0].set_ylim(-0.02, 0.12)
    plt.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
