"""Refit of the constants of traps, in the declared order, with what each was fitted to.

    python benchmarks/calibrate_traps.py            # print the fits and what they predict (half a minute)
    python benchmarks/calibrate_traps.py --write    # also write them to src/epidot/data

1. trap rates        reversible: Y012, Y013, Y020, Y021 (six numbers, six unknowns: a solution, no test)
2. dangling bonds    yields of cores without a shell, the rows of src/epidot/data/literature.yaml with the
                     quantity PLQY and `use: fitted`: carboxylate, zinc carboxylate, fluoride. No seed claim
3. traps per oxide   yields of InP under shells grown without fluoride, the rows with `use: fitted` that have
                     a shell. They scatter by more than their errors, which are widened until chi2 is what
                     the number of rows allows (a factor said in traps_fit.yaml). No seed claim

2 and 3 are repeated until neither moves: the cores of 2 bear oxide. What follows and was not fitted: C073,
C074, C075, C094, C095, C104, C106, C111, and the rows of the literature with `use: predicted`.

States and radiative rates are those of calibrate_light.py, fitted on literature: run that first. Which
surfaces yuan2023's dots have is for calibrate_halide.py: run its --light and fit_errors.py after this.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from epidot.dot.layers import Layer, LayeredDot
from epidot.growth.flask import Flask
from epidot.growth.meanfield import MeanField
from epidot.growth.readout import layered_dot
from epidot.growth.state import FlaskState
from epidot.light.literature import answer, rows
from epidot.light.parameters import number
from epidot.light.rates import radiative_rate
from epidot.light.states import solve_dot
from epidot.light.traps import TrapMeans, TrapRates, components, trap_means, trap_rates
from epidot.mechanism import load as mechanisms
from epidot.recipe import recipe

DATA = Path(__file__).resolve().parents[1] / "src" / "epidot" / "data"

# name -> (centre, width of the logarithm): a few per dot beside carboxylate, hardly any beside fluoride
PRIOR = {
    "dangling_beside_carboxylate": (0.03, 1.5),
    "dangling_beside_zinc": (0.01, 1.5),
    "dangling_beside_halide": (0.001, 1.5),
}
OXIDE = (0.03, 1.5)  # the same of traps per oxide
NOTES = {
    "dangling_beside_carboxylate": "P with an open bond for every core-surface cation that is closed by "
    "carboxylate or hydroxide, or oxidised and not under a shell",
    "dangling_beside_zinc": "the same where zinc carboxylate closes it",
    "dangling_beside_halide": "the same where fluoride closes it; other halides taken alike",
}
YIELDS = tuple(row for row in rows() if row.of_traps)
FITTED = tuple(row for row in YIELDS if row.use == "fitted" and not row.dot.shells)
OXIDISED = tuple(row for row in YIELDS if row.use == "fitted" and row.dot.shells)

# The surfaces of choi2023: recipe and sample.
GROWN = {
    "InP-Zn": ("choi2023/inp-zn", "30 min"),
    "InP-Se": ("choi2023/inp-se", "30 min"),
    "InP-ZnSe 10 min": ("choi2023/inp-znse", "10 min"),
    "InP-ZnSe 30 min": ("choi2023/inp-znse", "30 min"),
    "ZnSe-pristine": ("choi2023/inp-znse-280", "purified"),
    "ZnSe-HF": ("choi2023/inp-znse-hf-280", "purified"),
    "ZnSe-pristine 340": ("choi2023/inp-znse-340", "purified"),
    "ZnSe-HF 340": ("choi2023/inp-znse-hf-340", "purified"),
    "ZnS-staged-1": ("choi2023/inp-zns-staged-1", "purified"),
    "ZnS-staged-2": ("choi2023/inp-zns-staged-2", "purified"),
    "ZnS-staged-4": ("choi2023/inp-zns-staged-4", "purified"),
    "ZnS-conventional": ("choi2023/inp-zns-conventional", "purified"),
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
    return components(k_r, trap_means(dot, choice, levels.density_out_e), trap_rates(choice)).plqy


def dangling(choice: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Steps of PRIOR in its widths, and their covariance, by the yields of cores without a shell."""

    def off(x: np.ndarray) -> np.ndarray:
        tried = choice | beside(x)
        return np.concatenate([[row.residual(answer(row, tried)) for row in FITTED], x])

    fit = least_squares(off, np.zeros(len(PRIOR)), diff_step=1e-3)
    return fit.x, np.linalg.inv(fit.jac.T @ fit.jac)


def beside(x: np.ndarray) -> dict[str, float]:
    """The constants of PRIOR from their steps."""
    return {
        name: centre * float(np.exp(width * step))
        for (name, (centre, width)), step in zip(PRIOR.items(), x, strict=True)
    }


def per_oxide(choice: dict[str, float]) -> tuple[float, float, float]:
    """Traps per oxide unit, the error of its logarithm, and by how much the errors of OXIDISED are widened.

    The factor is the usual one of values that disagree, sqrt(chi2/(n - 1)) of the rows alone.
    """
    centre, width = OXIDE

    def off(x: np.ndarray) -> np.ndarray:
        tried = choice | {"traps_per_oxide": centre * float(np.exp(x[0]))}
        return np.array([row.residual(answer(row, tried)) for row in OXIDISED])

    alone = least_squares(off, [0.0], diff_step=1e-3)
    factor = max(1.0, math.sqrt(2 * alone.cost / (len(OXIDISED) - 1)))
    fit = least_squares(lambda x: np.append(off(x) / factor, x / width), alone.x, diff_step=1e-3)
    return centre * math.exp(fit.x[0]), 1 / float(np.linalg.norm(fit.jac)), factor


def write_light(name: str, value: float, source: str, note: str, sigma: float | None = None) -> None:
    """Put a fitted constant into data/light.yaml."""
    path = DATA / "light.yaml"
    text = path.read_text()
    block = re.search(rf"  {name}:\n(?:    .*\n)+", text)
    assert block is not None, name
    kept = ["unit", "low", "high"] if sigma is not None else ["unit", "low", "high", "sigma"]
    lines = [f"  {name}:", f"    value: {value:.4g}"]
    if sigma is not None:
        lines.append(f"    sigma: {sigma:.2g}")
    lines += [line for line in block[0].splitlines() if line.strip().split(":")[0] in kept]
    lines += ["    status: fitted", f'    source: "{source}"', f'    note: "{note}"']
    path.write_text(text.replace(block[0], "\n".join(lines) + "\n"))


def write_fit(
    x: np.ndarray, covariance: np.ndarray, choice: dict[str, float], error: float, factor: float
) -> None:
    """The dangling bonds with their errors into light.yaml, steps and covariance into traps_fit.yaml."""
    chi2, oxidised = (
        sum(row.residual(answer(row, choice)) ** 2 for row in group) for group in (FITTED, OXIDISED)
    )
    of_oxide = (
        f"rows: {len(OXIDISED)}, chi2_rows: {oxidised:.2f}, widened: {factor:.2f}, sigma_ln: {error:.2f}"
    )
    lines = [
        "# The fit of benchmarks/calibrate_traps.py --write: never by hand.",
        "# Steps from the prior's centre and the covariance are in prior widths, of the logarithm.",
        f"rows: {len(FITTED)}",
        f"chi2_rows: {chi2:.2f}",
        f"chi2_priors: {float(x @ x):.2f}",
        "# traps_per_oxide, fitted after them; sigma_ln with the errors of its rows widened by that factor",
        f"per_oxide: {{{of_oxide}}}",
        "parameters:",
    ]
    errors = np.sqrt(np.diag(covariance))
    for (name, (centre, width)), step, error in zip(PRIOR.items(), x, errors, strict=True):
        lines.append(
            f'  "light.{name}": {{centre: {centre:g}, width: {width:g}, ln: true, step: {step:.4f}}}'
        )
        write_light(name, choice[name], "literature", NOTES[name], choice[name] * width * float(error))
    lines.append("covariance:")
    lines += ["- [" + ", ".join(f"{v:.4f}" for v in row) + "]" for row in covariance]
    (DATA / "traps_fit.yaml").write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    surfaces = grown()

    rates, chi2, yuan = oxide_trap_rates()
    choice = {
        "trap_capture_per_ns": float(rates[1]),
        "trap_release_per_ns": float(rates[2]),
        "trap_loss_per_ns": float(rates[3]),
        "traps_per_oxide": 0.02,
    }
    for _ in range(20):
        before = choice["traps_per_oxide"]
        x, covariance = dangling(choice)
        choice |= beside(x)
        choice["traps_per_oxide"], error, factor = per_oxide(choice)
        if abs(choice["traps_per_oxide"] - before) < 1e-6:
            break
    shells = (Layer("ZnSe", 0.70), Layer("ZnSe0.5S0.5", 1.20), Layer("ZnS", 0.70))
    thick = LayeredDot("InP", 3.3, shells)
    k_thick = radiative_rate(thick, solve_dot(thick)).k_r
    one = surfaces["ZnS-staged-1"]
    result = {
        "oxide traps: k_r k_t k_d k_n, traps untreated and ZnBr2": [float(f"{v:.4g}") for v in rates],
        "oxide traps: chi2 of six numbers": chi2,
        "oxide traps: PLQY, tau1 share, average": {
            k: [round(v, 3) for v in three] for k, three in yuan.items()
        },
        "constants": {k: float(f"{v:.4g}") for k, v in choice.items()},
        "error of the logarithm": {
            name: round(width * float(e), 2)
            for (name, (_, width)), e in zip(PRIOR.items(), np.sqrt(np.diag(covariance)), strict=True)
        },
        "traps per oxide: error of the logarithm, errors of its rows widened by": (error, factor),
        "k_r of a thick ZnSe/ZnSeS/ZnS dot": k_thick,
        "k_r that yuan2023 needs over that": float(rates[0]) / k_thick,
        "k_r of the staged one-layer dot (C105: 0.0224)": radiative_rate(one, solve_dot(one)).k_r,
        "PLQY of choi2023's samples, with deep traps at 5 and 1000 per ns": {
            k: [
                round(plqy(d, choice | {"trap_deep_per_ns": deep}), 4)
                for deep in (number("trap_deep_per_ns"), 5.0, 1000.0)
            ]
            for k, d in surfaces.items()
        },
        "trap means (deep, oxide, open bonds)": {
            k: (round(t.deep, 3), round(t.oxide, 3), round(t.open, 3))
            for k, t in ((k, trap_means(d, choice, solve_dot(d).density_out_e)) for k, d in surfaces.items())
        },
    }
    print(json.dumps(result, indent=1))
    print("yields of the literature: row, model, printed, (ln model - ln printed)/sigma, how read, use")
    for row in YIELDS:
        found = answer(row, choice)
        print(
            f"  {row.id:6s} {found:8.3g} {row.value:6.3g} {row.residual(found):+5.1f}  {row.read}, {row.use}"
        )
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
        "literature",
        "oxide now and before, per unit; yields under shells without fluoride, oxide taken as pristine",
    )
    write_fit(x, covariance, choice, error, factor)


if __name__ == "__main__":
    main()
