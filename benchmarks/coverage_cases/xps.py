"""Levels of layered dots: oxide shares, ratios, shells; few counts, overlapping levels, charging."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy.special import voigt_profile

from coverage_cases import Case
from epidot.dot.layers import Layer, LayeredDot
from epidot.instruments import xps
from epidot.instruments.xps.levels import levels
from epidot.instruments.xps.lines import single
from epidot.instruments.xps.paths import mean_free_path
from epidot.instruments.xps.simulated import seen
from epidot.quantities import Quantities
from epidot.signal import Signal
from epidot.signal.noise import noisy

BASE = {
    "photon_eV": 1486.6, "ligand_nm": 1.0, "contamination_nm": 0.5, "step_eV": 0.1, "background": 0.1,
    "step_height": 0.02, "charging_eV": 1.5,
}  # fmt: skip


def case(name: str, dot: LayeredDot, shown: str, counts: float, states: str | None, **told: Any) -> Case:
    setup = {**BASE, "levels": shown, "counts": counts}
    clean = xps.simulate([dot], setup)
    found = {n: s for n, s in seen([dot], setup).items() if n in shown.split()}
    total = {n: sum(s.values()) for n, s in found.items()}
    amount = {
        n: t / (levels()[n].cross_section * mean_free_path("InP", 1486.6 - levels()[n].main))
        for n, t in total.items()
    }
    truths: dict[str, float] = {"shift_eV": 1.5}
    pairs = {"In_3d": "In", "P_2p": "P", "Se_3d": "Se", "S_2p": "S", "Zn_2p": "Zn"}
    there = [n for n in ("In_3d", "Zn_2p", "P_2p", "Se_3d", "S_2p") if n in total]
    truths["ratio_In_P"] = amount["In_3d"] / amount["P_2p"]
    for other in there[1:]:
        if other != "P_2p":
            truths[f"ratio_In_{pairs[other]}"] = amount["In_3d"] / amount[other]
    tabled = levels()["In_3d"].states
    truths["In_3d_mean_eV"] = sum(a * tabled[n].value for n, a in found["In_3d"].items()) / total["In_3d"]
    if "InPOx" in found["P_2p"]:
        truths["oxide_fraction"] = found["P_2p"]["InPOx"] / total["P_2p"]
    if "shell" in told:
        truths["shell_nm"] = dot.shells[0].thickness_nm
    options = {**told, **({"states": states} if states else {})}

    def measured(rng: np.random.Generator):  # type: ignore[no-untyped-def]
        others = {n: noisy(r, rng) for n, r in clean.companions.items()}
        from dataclasses import replace

        return xps.measure(replace(noisy(clean, rng), companions=others), **options)

    return Case(name, truths, measured)


DOUBLET = """
lines:
  main: {place: [443, 446], width: [0.5, 3], lorentz: [0, 1]}
  second:
    {place: {of: main, plus: 7.55}, width: {of: main}, lorentz: {of: main}, area: {of: main, times: 0.692}}
"""


def own(name: str, profile: Any, area: float, width: float) -> Case:
    """In 3d by lines of one's own, on Shirley's step; ``profile`` gives a line of area 1 over an axis."""
    x = np.arange(438.0, 458.0, 0.1)
    fine = np.linspace(138.0, 458.0, 64001)
    y = profile(fine - 444.6) + 0.692 * profile(fine - 452.15)
    clean = area * np.interp(x, fine, y + 0.02 * np.cumsum(y) * (fine[1] - fine[0])) + 2000

    def measured(rng: np.random.Generator) -> Quantities:
        meta = {"column": "In 3d", "photon_eV": 1486.6}
        counts = rng.poisson(clean).astype(float)
        seen = Signal(
            "xps", x, counts, "binding energy", "eV", "intensity", "counts", "counts", "measured", meta=meta
        )
        with TemporaryDirectory() as folder:
            path = Path(folder) / "lines.yaml"
            path.write_text(DOUBLET, encoding="utf-8")
            return xps.fit([seen], "components", components=str(path)).quantities

    return Case(name, {"main_area": area, "main_place": 444.6, "main_width": width}, measured)


STATES = "C_1s_hydrocarbon In_3d_InP In_3d_phosphate P_2p_InP P_2p_InPOx Se_3d_selenide"
CASES = [
    case(
        "InP/ZnSe, oxidised, states named, 30 000 counts",
        LayeredDot("InP", 3.2, (Layer("ZnSe", 0.6),), oxide=120.0),
        "In_3d P_2p Se_3d C_1s", 3e4, STATES,
    ),
    case(
        "the same, 3 000 counts",
        LayeredDot("InP", 3.2, (Layer("ZnSe", 0.6),), oxide=120.0),
        "In_3d P_2p Se_3d C_1s", 3e3, STATES,
    ),
    case(
        "InP/ZnSe, clean, lines found one by one, shell sought",
        LayeredDot("InP", 3.2, (Layer("ZnSe", 0.6),)),
        "In_3d P_2p Se_3d C_1s", 2e4, None,
        core="InP", diameter_nm=3.2, shell="ZnSe", attenuation_sigma=0.0,
    ),
    case(
        "InP/ZnSe/ZnS, S 2p on Se 3p, P 2p beside Zn 3s",
        LayeredDot("InP", 3.0, (Layer("ZnSe", 0.6), Layer("ZnS", 0.5))),
        "In_3d P_2p Zn_3s Se_3d S_2p Se_3p C_1s", 2e4, None,
    ),
    own("In 3d by lines of one's own", lambda u: single(u, 0.0, 1.1, 0.3).y, 18000.0, 1.1),
    own(
        "In 3d by lines of one's own, which are Voigt profiles",
        lambda u: voigt_profile(u, 0.4247, 0.175), 18000.0, 1.2001,
    ),
]  # fmt: skip
