"""Dots at random, and what XPS truly shows of them: places, shares, ratios, thickness."""

from __future__ import annotations

from typing import Any

import numpy as np

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.instruments.contract import Trial

STATES = "C_1s_hydrocarbon In_3d_InP In_3d_phosphate P_2p_InP P_2p_InPOx Se_3d_selenide"


def trial(rng: np.random.Generator) -> Trial:
    """InP in one shell of ZnSe, charged by up to 3 eV, with oxide; In 3d, P 2p, Se 3d, C 1s."""
    core, shell = float(rng.uniform(2.6, 3.6)), float(rng.uniform(0.4, 1.0))
    dot = LayeredDot("InP", core, (Layer("ZnSe", shell),), oxide=float(rng.uniform(80, 160)))
    setup = {
        "levels": "In_3d P_2p Se_3d C_1s",
        "step_eV": float(rng.choice([0.1, 0.15])),
        "counts": float(10 ** rng.uniform(4.0, 4.8)),
        "background": float(rng.uniform(0.05, 0.3)),
        "step_height": float(rng.uniform(0.005, 0.03)),
        "charging_eV": float(rng.uniform(-3, 3)),
        "photon_eV": 1486.6,
        "ligand_nm": 1.0,
        "contamination_nm": 0.5,
    }
    dots = Population(dot, np.array([core]))
    return Trial(dots, truths(dots, setup), setup, {"states": STATES})


def truths(dots: Population, setup: dict[str, Any]) -> dict[str, float]:
    """Free of noise."""
    from epidot.instruments.xps.levels import levels
    from epidot.instruments.xps.paths import mean_free_path
    from epidot.instruments.xps.simulated import seen

    shown = {n: s for n, s in seen(dots, setup).items() if n in str(setup["levels"])}
    total = {n: sum(s.values()) for n, s in shown.items()}
    amount = {
        n: t / (levels()[n].cross_section * mean_free_path("InP", setup["photon_eV"] - levels()[n].main))
        for n, t in total.items()
    }
    mean = {
        n: sum(area * levels()[n].states[state].value for state, area in shown[n].items()) / total[n]
        for n in ("In_3d", "P_2p")
    }
    return {
        **{f"{n}_mean_eV": value for n, value in mean.items()},
        "In_3d_phosphate_fraction": shown["In_3d"]["phosphate"] / total["In_3d"],
        "P_2p_InPOx_fraction": shown["P_2p"]["InPOx"] / total["P_2p"],
        "P_2p_InP_eV": levels()["P_2p"].states["InP"].value,
        "Se_3d_selenide_eV": levels()["Se_3d"].states["selenide"].value,
        "shift_eV": float(setup["charging_eV"]),
        "ratio_In_P": amount["In_3d"] / amount["P_2p"],
        "ratio_In_Se": amount["In_3d"] / amount["Se_3d"],
        "ratio_P_Se": amount["P_2p"] / amount["Se_3d"],
    }
