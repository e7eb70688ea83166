"""The pictures of docs/instruments/etch.md.

python benchmarks/etch_pictures.py [FOLDER]        # default: docs/pictures
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from epidot.constants import ZERO_CELSIUS
from epidot.instruments.etch.inversion import invert
from epidot.instruments.etch.mechanisms import priors
from epidot.report import style

sys.path.insert(0, str(Path(__file__).parent))
from etch_confusion import CENTRES, HOTTEST, made

MECHANISM = "out-diffusion"
SETS = {
    "300 °C": (300.0,),
    "80, 200, 300 °C": (80.0, 200.0, 300.0),
    "and 240 °C": (80.0, 200.0, 240.0, 300.0),
    "and 270 °C": (80.0, 200.0, 240.0, 270.0, 300.0),
}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs" / "pictures"
    known = priors(MECHANISM, HOTTEST + ZERO_CELSIUS)
    theta = np.array([CENTRES[MECHANISM].get(p.name, p.mean) for p in known])
    drawing, (left, middle, right) = style.figure(1, 3, size=(9.2, 3.1))
    for i, (name, temperatures) in enumerate(SETS.items()):
        data = made(MECHANISM, theta, temperatures, np.random.default_rng(1))
        found = invert(MECHANISM, data, 4)
        colour = style.COLOURS[i]
        curve = found.curve
        middle.plot(curve.ln_D, curve.weight / curve.weight.max(), color=colour, label=name)
        dH = found.combined({"dH": 1.0})
        right.errorbar(dH.value, i, xerr=dH.sigma, fmt="o", color=colour, capsize=3)
        right.text(dH.value, i + 0.17, f"{name}: prior's share {dH.prior_share:.0%}", ha="center", fontsize=7)
        if len(temperatures) == 5:
            for j, (s, m) in enumerate(zip(data.samples, found.amounts, strict=True)):
                rounds = np.arange(1, m.size + 1)
                r = s.readings
                left.plot(rounds, np.maximum(m, 0.3), "-", color=style.COLOURS[j], lw=1)
                seen = ~r.censored
                left.errorbar(rounds[seen], r.nmol[seen], r.sigma[seen], fmt="o", ms=3.5,
                              color=style.COLOURS[j], label=s.name)  # fmt: skip
                left.plot(rounds[~seen], r.nmol[~seen], "v", ms=4, mfc="none", color=style.COLOURS[j])
    left.set(yscale="log", xlabel="etch round", ylabel="Br per dot", ylim=(0.5, 400))
    left.set_title("profiles and best model", fontsize=9)
    middle.set_title("what they say of D", fontsize=9)
    right.set_title("and of ΔH", fontsize=9)
    left.legend(frameon=False, fontsize=6.5, ncol=2)
    middle.axvline(theta[0], color="0.6", ls=":")
    middle.set(xlabel="ln D(300 °C) / (nm²/s)", ylabel="probability / highest")
    middle.set(xlim=(-10, -4), ylim=(0, 1.45))
    middle.legend(frameon=False, fontsize=6.5, loc="upper right")
    right.axvline(theta[1], color="0.6", ls=":")
    right.set(xlabel="ΔH / eV", yticks=[], ylim=(-0.4, 3.6), xlim=(0.2, 3.2))
    style.save(drawing, folder / "etch.png")


if __name__ == "__main__":
    main()
