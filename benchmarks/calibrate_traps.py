"""Refit of the constants of traps, in the declared order, with what each was fitted to.

    python benchmarks/calibrate_traps.py            # print the fits and what they predict (about a minute)
    python benchmarks/calibrate_traps.py --write    # also write them to src/epidot/data/light.yaml
    python benchmarks/calibrate_traps.py --typical  # with the surfaces typed in below, not the grown ones

1. trap rates        reversible: Y012, Y013, Y020, Y021 (six numbers, six unknowns: a solution, not a test)
2. trap numbers      C074 (InP-Zn 1 %), C075 (InP-Se, read as 0.1 %), C094 (InP/ZnSe 50 %
                     pristine, 70 % after HF, at 280 °C: two numbers, one constant, least squares)

States and radiative rates are those of calibrate_light.py, fitted on literature: run that first. Which
surfaces yuan2023's dots have is for calibrate_halide.py. Run this again whenever the mechanism's constants
have changed: 2 rests on the surfaces it grows.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import brentq, least_squares

from epidot.dot.layers import Layer, LayeredDot
from epidot.growth.flask import Flask
from epidot.growth.meanfield import MeanField
from epidot.growth.readout import layered_dot
from epidot.growth.state import FlaskState
from epidot.light.parameters import number
from epidot.light.rates import radiative_rate
from epidot.light.states import solve_dot
from epidot.light.traps import TrapMeans, TrapRates, components, trap_means, trap_rates
from epidot.mechanism import load as mechanisms
from epidot.recipe import recipe

DATA = Path(__file__).resolve().parents[1] / "src" / "epidot" / "data"
D111_ZNS, D111_ZNSE = 0.312, 0.327
SITES = (
    187.0  # core-surface cations of charge 2 on 3.3 nm: 99 at 2.4 nm (choi2023's counts) scaled with the area
)
OXIDE = 51.0  # of them with oxide on a pristine core

SHELL_1 = (Layer("ZnS", D111_ZNS),)
SHELL_4 = (Layer("ZnS", 1.15),)
SHELL_ZNSE = (Layer("ZnSe", 2 * D111_ZNSE),)


def surface(shells=(), coverage=0.0, linked=0.0, oxide=0.0, memory=0.0):
    """A 3.3 nm InP dot with this surface; oxide in units of the pristine oxide."""
    return LayeredDot(
        "InP",
        3.3,
        shells,
        sites=SITES,
        coverage=coverage,
        linked=linked,
        oxide=oxide * OXIDE,
        oxide_memory=memory * OXIDE,
    )


# Surfaces typed in: from a trial of the growth model, for when the recipes cannot be run.
TYPICAL = {
    "InP-Zn": surface(oxide=2.0),
    "InP-Se": surface(coverage=0.42, oxide=1.0),
    "ZnSe-pristine": surface(SHELL_ZNSE, 1.0, 1.0, memory=1.10),
    "ZnSe-HF": surface(SHELL_ZNSE, 1.0, 1.0, memory=0.475),
    "ZnS-staged-1": surface(SHELL_1, 0.85, 1.0, memory=0.003),
    "ZnS-staged-4": surface(SHELL_4, 0.94, 1.0, memory=0.003),
    "ZnS-conventional": surface(SHELL_4, 0.94, 1.0, memory=1.45),
}

# Where the same surfaces are grown: recipe and sample.
GROWN = {
    "InP-Zn": ("choi2023/inp-zn", "30 min"),
    "InP-Se": ("choi2023/inp-se", "30 min"),
    "InP-ZnSe 10 min": ("choi2023/inp-znse", "10 min"),
    "InP-ZnSe 30 min": ("choi2023/inp-znse", "30 min"),
    "ZnSe-pristine": ("choi2023/inp-znse-280", "annealed"),
    "ZnSe-HF": ("choi2023/inp-znse-hf-280", "annealed"),
    "ZnSe-pristine 340": ("choi2023/inp-znse-340", "annealed"),
    "ZnSe-HF 340": ("choi2023/inp-znse-hf-340", "annealed"),
    "ZnS-staged-1": ("choi2023/inp-zns-staged-1", "stage III"),
    "ZnS-staged-2": ("choi2023/inp-zns-staged-2", "stage III"),
    "ZnS-staged-4": ("choi2023/inp-zns-staged-4", "stage III"),
    "ZnS-conventional": ("choi2023/inp-zns-conventional", "grown"),
}

# yuan2023: PLQY (Y012 | Y013), intensity fraction of tau1 (Y020), average lifetime in ns (Y021)
YUAN = {"untreated": (0.73, 0.501, 47.4), "ZnBr2": (0.86, 0.792, 37.1)}
YUAN_SIGMA = (0.01, 0.02, 0.5)


def grown() -> dict[str, LayeredDot]:
    """The dots the recipes give, by the mean field with the shipped mechanism."""
    known = mechanisms.load("choi2023")
    out = {}
    for label, (name, sample) in GROWN.items():
        told = recipe.load(name)
        flask = Flask(told.timeline(), MeanField(known), known, name)
        done = flask.run(flask.begin(FlaskState.at_start(told)))
        out[label] = next(layered_dot(t.state, known) for t in done.taken if t.name == sample)
    return out


def biexponential(t: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """(intensity fraction of the shorter, intensity-weighted average) of a Poisson-weighted fit."""
    weight = 1 / np.sqrt(np.maximum(y, 1e-4))

    def design(p: np.ndarray) -> np.ndarray:
        return np.exp(-np.outer(t, np.exp(-p)))

    def off(p: np.ndarray) -> np.ndarray:
        A = design(p)
        a, *_ = np.linalg.lstsq(A * weight[:, None], y * weight, rcond=None)
        return (A @ a - y) * weight

    fit = least_squares(off, np.log([20.0, 60.0]))
    a, *_ = np.linalg.lstsq(design(fit.x) * weight[:, None], y * weight, rcond=None)
    tau = np.exp(fit.x)
    area = a * tau
    first = int(np.argmin(tau))
    return float(area[first] / area.sum()), float((area @ tau) / area.sum())


def oxide_trap_rates() -> tuple[np.ndarray, float, dict[str, tuple[float, float, float]]]:
    """k_r, k_t, k_d, k_n (1/ns) and both mean trap numbers for yuan2023, by six numbers."""
    t = np.linspace(0.0, 250.0, 501)

    def model(p: np.ndarray) -> dict[str, tuple[float, float, float]]:
        k_r, k_t, k_d, k_n, many, few = np.exp(p)
        out = {}
        for name, mean in (("untreated", many), ("ZnBr2", few)):
            c = components(k_r, TrapMeans(0.0, mean), TrapRates(1.0, k_t, k_d, k_n))
            out[name] = (c.plqy, *biexponential(t, c.intensity(t)))
        return out

    def off(p: np.ndarray) -> np.ndarray:
        found = model(p)
        return np.concatenate([(np.array(found[n]) - YUAN[n]) / YUAN_SIGMA for n in YUAN])

    start = np.log([0.0366, 0.231, 0.0366, 0.0051, 0.788, 0.35])
    fit = least_squares(off, start, diff_step=1e-3, max_nfev=80)
    return np.exp(fit.x), float(2 * fit.cost), model(fit.x)


def plqy(dot: LayeredDot, choice: dict[str, float]) -> float:
    """Quantum yield of one size with the constants of ``choice``."""
    levels = solve_dot(dot)
    k_r = radiative_rate(dot, levels, choice=choice).k_r
    return components(k_r, trap_means(dot, choice), trap_rates(choice)).plqy


def trap_numbers(surfaces: dict[str, LayeredDot], choice: dict[str, float]) -> dict[str, float]:
    """Traps per oxide (C094), per open pair (C074), per tip pair (C075): each in turn until none moves."""
    hf = {"ZnSe-pristine": 0.50, "ZnSe-HF": 0.70}
    names = {
        "deep_traps_per_open_pair": ("InP-Zn", 0.01, 1.0),
        "deep_traps_per_tip_pair": ("InP-Se", 0.001, 5.0),
    }
    chosen = {**choice, "traps_per_oxide": 0.02, **dict.fromkeys(names, 0.0)}
    for _ in range(20):
        before = dict(chosen)

        def both(x: np.ndarray) -> list[float]:
            tried = {**chosen, "traps_per_oxide": float(x[0])}
            return [plqy(surfaces[k], tried) - wanted for k, wanted in hf.items()]

        fit = least_squares(both, [chosen["traps_per_oxide"]], x_scale=0.01)
        chosen["traps_per_oxide"] = float(fit.x[0])
        for name, (sample, wanted, top) in names.items():

            def off(x: float, name: str = name, sample: str = sample, wanted: float = wanted) -> float:
                return float(np.log(plqy(surfaces[sample], {**chosen, name: x}) / wanted))

            if off(0.0) < 0:
                print(f"  {name}: {sample} is darker than {wanted:.3f} without it; set to 0", file=sys.stderr)
                chosen[name] = 0.0
            else:
                chosen[name] = float(brentq(off, 0.0, top, xtol=1e-7))
        if all(abs(chosen[n] - before[n]) < 1e-5 for n in names):
            break
    return {k: chosen[k] for k in ("traps_per_oxide", *names)}


def write_light(name: str, value: float, source: str, note: str) -> None:
    """Put a fitted constant into data/light.yaml."""
    path = DATA / "light.yaml"
    text = path.read_text()
    block = re.search(rf"  {name}:\n(?:    .*\n)+", text)
    assert block is not None, name
    unit = re.search(r"unit: .*", block[0])
    low, high = re.search(r"low: .*", block[0]), re.search(r"high: .*", block[0])
    assert unit
    assert low
    assert high
    lines = [f"  {name}:", f"    value: {value:.4g}", f"    {unit[0]}", f"    {low[0]}", f"    {high[0]}"]
    lines += ["    status: fitted", f'    source: "{source}"', f'    note: "{note}"']
    path.write_text(text.replace(block[0], "\n".join(lines) + "\n"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--typical", action="store_true")
    options = parser.parse_args()
    surfaces = TYPICAL if options.typical else grown()

    rates, chi2, yuan = oxide_trap_rates()
    choice = {
        "trap_capture_per_ns": float(rates[1]),
        "trap_release_per_ns": float(rates[2]),
        "trap_loss_per_ns": float(rates[3]),
        "trap_deep_per_ns": number("trap_deep_per_ns"),
    }
    choice |= trap_numbers(surfaces, choice)
    yields = {name: plqy(dot, choice) for name, dot in surfaces.items()}
    shells = (Layer("ZnSe", 0.70), Layer("ZnSe0.5S0.5", 1.20), Layer("ZnS", 0.70))
    thick = LayeredDot("InP", 3.3, shells)
    k_thick = radiative_rate(thick, solve_dot(thick)).k_r
    one = surfaces["ZnS-staged-1"]

    result = {
        "oxide traps: k_r k_t k_d k_n, traps untreated and ZnBr2": [float(f"{x:.4g}") for x in rates],
        "oxide traps: chi2 of six numbers": chi2,
        "oxide traps: PLQY, tau1 share, average": {k: [round(x, 3) for x in v] for k, v in yuan.items()},
        "constants": {k: float(f"{v:.4g}") for k, v in choice.items()},
        "k_r of a thick ZnSe/ZnSeS/ZnS dot": k_thick,
        "k_r that yuan2023 needs over that": float(rates[0]) / k_thick,
        "k_r of the staged one-layer dot (C105: 0.0224)": radiative_rate(one, solve_dot(one)).k_r,
        "PLQY": {k: round(v, 4) for k, v in yields.items()},
        "trap means (deep, oxide)": {
            k: (round(t.deep, 3), round(t.oxide, 3))
            for k, t in ((k, trap_means(d, choice)) for k, d in surfaces.items())
        },
    }
    print(json.dumps(result, indent=1))
    if not options.write:
        return
    for name in ("trap_capture_per_ns", "trap_release_per_ns", "trap_loss_per_ns"):
        write_light(
            name,
            choice[name],
            "yuan2023: Y012, Y013, Y020, Y021 together, with k_r and two trap numbers free",
            "six unknowns for six numbers; intensity fractions and intensity-weighted averages",
        )
    write_light(
        "traps_per_oxide",
        choice["traps_per_oxide"],
        "choi2023: C094, 50 % of InP/ZnSe and 70 % after HF, taken as annealed at 280 °C",
        "oxide now and before, per unit; two yields, one constant",
    )
    write_light(
        "deep_traps_per_open_pair",
        choice["deep_traps_per_open_pair"],
        "choi2023: C074, 1 % of InP-Zn",
        "times the square of the open share",
    )
    write_light(
        "deep_traps_per_tip_pair",
        choice["deep_traps_per_tip_pair"],
        "choi2023: C075, about 0 % of InP-Se, read as 0.1 %",
        "a lower bound in truth",
    )


if __name__ == "__main__":
    main()
