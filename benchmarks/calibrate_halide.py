"""Refit of the fitted constants of halide transport and repair, and of the described dots' surface.

    python benchmarks/calibrate_halide.py            # print the fit, what is identified, and what follows
    python benchmarks/calibrate_halide.py --light    # refit only what light feels, the ions as shipped
    python benchmarks/calibrate_halide.py --write    # also write the constants to src/epidot/data

One least-squares problem, nothing clipped: eight statements of yuan2023 and a prior on every constant (its
centre and width stand in PRIOR below). Declared before fitting, never called predicted:

    Y010, Y011, Y012   PLQY after each shell: 38, 53, 73 %        (surface traps, their reach, buried oxide)
    Y013               PLQY after ZnBr2 at 300 °C: 86 %
    Y036               peak of the amounts of equal-depth rounds 2, 3, 4 at round 3, by a parabola
    Y037               surface bromide, 200 over 80 °C: "significantly higher", read as tenfold, factor 2
    Y039               D(300 °C) in the middle of its bounds, 2e-18 to 7e-18 cm2/s
    Y051               gain of the oxidised InP/ZnSeS dots: 12 points

A statement that is an interval (Y036, Y039) enters with its middle and half its width over √3.
The energy of diffusion has only the prior of Cl in CdTe (1.60 ± 0.3 eV). Run again after calibrate_light.py.
"""

from __future__ import annotations

import argparse
import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import OptimizeResult, least_squares

from epidot.constants import K_B
from epidot.dot.layers import Layer, LayeredDot
from epidot.light.parameters import number
from epidot.light.rates import radiative_rate
from epidot.light.states import solve_dot
from epidot.light.traps import components, trap_means, trap_rates
from epidot.transport import treated_dot
from epidot.transport.constants import Constants, constants
from epidot.transport.treatment import Treatment, treat

DATA = Path(__file__).resolve().parents[1] / "src" / "epidot" / "data"
SHELLS = (Layer("ZnSe", 0.7), Layer("ZnSe0.5S0.5", 1.2), Layer("ZnS", 0.7))  # yuan2023/halide-treatment
YUAN = LayeredDot("InP", 3.3, SHELLS)
OXIDISED = {
    "InP": LayeredDot("InP", 3.3, (Layer("ZnSe0.5S0.5", 1.75),)),
    "CdSe": LayeredDot("CdSe", 3.5, (Layer("ZnS", 1.2),)),
}
SHARE = 0.5  # of the surface cations, yuan2023/oxidised-cores

ZNBR2 = Treatment("ZnBr2", 0.4e-3, amine_mol=0.81e-3)
OAM_BR = Treatment("OAm-Br", 0.2e-3)
OAM = Treatment("OAm", 0.81e-3)
WASHED = {80: 80.0, 160: 160.0, 200: 200.0, 240: 240.0, 300: 300.0}

# constant -> (centre, width, "ln" or "eV"); widths in ln units or eV. Centres are round numbers.
PRIOR: dict[str, tuple[float, float, str]] = {
    "D_shell": (4e-4, 4.6, "ln"),
    "dH_shell": (1.60, 0.3, "eV"),
    "adsorption": (40.0, 2.0, "ln"),
    "adsorption_energy": (0.8, 0.3, "eV"),
    "adsorption_constant": (75.0, 1.5, "ln"),
    "uptake": (60.0, 1.5, "ln"),
    "bath_loss": (0.01, 1.5, "ln"),
    "repair": (0.02, 2.0, "ln"),
    "buried_oxide": (0.5, 1.5, "ln"),
    "surface_traps": (0.03, 1.5, "ln"),
    "trap_reach_per_nm3": (1e-3, 2.0, "ln"),
}
TARGETS = {  # statement -> (value, standard error)
    "Y010 PLQY thin ZnSe": (0.38, 0.01),
    "Y011 PLQY ZnSeS": (0.53, 0.01),
    "Y012 PLQY pristine": (0.73, 0.01),
    "Y013 PLQY ZnBr2 300 °C": (0.86, 0.01),
    "Y036 peak, round": (3.0, 0.5 / np.sqrt(3)),
    "Y037 ln surface Br 200/80 °C": (np.log(10.0), np.log(2.0)),
    "Y039 ln D(300 °C)": (0.5 * np.log(2e-4 * 7e-4), 0.5 * np.log(3.5) / np.sqrt(3)),
    "Y051 gain oxidised InP": (0.12, 0.02),
}
SOURCES = {
    "D_shell": "yuan2023: Y036, Y039, with Y013 and Y051",
    "dH_shell": "yuan2023: Y037, Y039",
    "adsorption": "yuan2023: Y036, Y037, Y051",
    "adsorption_energy": "yuan2023: Y037",
    "adsorption_constant": "yuan2023: Y036, Y051",
    "uptake": "yuan2023: Y013, Y036, Y051",
    "bath_loss": "yuan2023: Y036, Y051",
    "repair": "yuan2023: Y013, Y051",
    "buried_oxide": "yuan2023: Y012, Y013",
    "surface_traps": "yuan2023: Y010, Y011, Y012",
    "trap_reach_per_nm3": "yuan2023: Y010, Y011, Y012",
}
# What a change of the constants of light asks to be fitted anew: it moves no ion. All else stays as shipped.
OF_LIGHT = ("repair", "buried_oxide", "surface_traps", "trap_reach_per_nm3")
_LEVELS: dict[LayeredDot | tuple, object] = {}


def values(x: np.ndarray) -> dict[str, float]:
    """Constants from numbers in units of their priors' widths."""
    out = {}
    for (name, (centre, width, kind)), z in zip(PRIOR.items(), x, strict=True):
        out[name] = centre * float(np.exp(width * z)) if kind == "ln" else centre + width * float(z)
    return out


def split(found: dict[str, float]) -> tuple[Constants, dict[str, float]]:
    """Constants of transport, and of light, with these values."""
    light = {"trap_reach_per_nm3": found["trap_reach_per_nm3"]}
    return constants().with_values({k: v for k, v in found.items() if k not in light}), light


def plqy(dot: LayeredDot, light: dict[str, float]) -> float:
    """Quantum yield of one size."""
    return decay(dot, light).plqy


def decay(dot: LayeredDot, light: dict[str, float]):
    """Decay of one size, its levels solved once for each set of layers."""
    key = (dot.core, dot.core_diameter_nm, dot.shells)
    if key not in _LEVELS:
        levels = solve_dot(LayeredDot(*key))
        _LEVELS[key] = (levels.density_out_e, radiative_rate(LayeredDot(*key), levels).k_r)
    density, k_r = _LEVELS[key]
    return components(k_r, trap_means(dot, light, density), trap_rates(light))


def rounds(dot: LayeredDot, count: int = 5) -> np.ndarray:
    """Lattice ions in equal-depth rounds from outside."""
    steps = np.linspace(dot.diameter_nm / 2, dot.core_diameter_nm / 2, count + 1)
    return np.array([dot.halides[0].between(b, a) for a, b in pairwise(steps)])


def peak(amounts: np.ndarray) -> float:
    """Where a parabola through rounds 2, 3 and 4 has its maximum (or the middle, were it none)."""
    a, b, c = amounts[1:4]
    return 3.0 + 0.5 * (a - c) / (a - 2 * b + c)


def hot(how: Treatment, celsius: float) -> Treatment:
    """The same at another temperature."""
    from dataclasses import replace

    return replace(how, temperature_K=celsius + 273.15)


def model(found: dict[str, float]) -> dict[str, float]:
    """What the statements of TARGETS are, with these constants."""
    known, light = split(found)

    def bare(count: int) -> float:
        return plqy(treated_dot.with_surface(LayeredDot("InP", 3.3, SHELLS[:count]), known), light)

    at = {T: treat(YUAN, hot(ZNBR2, T), known, points=2).purified for T in (80.0, 200.0, 300.0)}
    surface = {T: rounds(dot)[0] + dot.halides[0].ligand for T, dot in at.items()}
    ill = treated_dot.with_surface(OXIDISED["InP"], known, SHARE)
    well = treat(ill, OAM_BR, known, points=2).purified
    return {
        "Y010 PLQY thin ZnSe": bare(1),
        "Y011 PLQY ZnSeS": bare(2),
        "Y012 PLQY pristine": bare(3),
        "Y013 PLQY ZnBr2 300 °C": plqy(at[300.0], light),
        "Y036 peak, round": peak(rounds(at[300.0])),
        "Y037 ln surface Br 200/80 °C": float(np.log(surface[200.0] / surface[80.0])),
        "Y039 ln D(300 °C)": float(np.log(found["D_shell"])),
        "Y051 gain oxidised InP": plqy(well, light) - plqy(ill, light),
    }


def shipped() -> np.ndarray:
    """The constants as they are in the data files, in units of their priors' widths."""
    out = []
    for name, (centre, width, kind) in PRIOR.items():
        value = number(name) if name == "trap_reach_per_nm3" else constants().of(name)
        out.append(float(np.log(value / centre) if kind == "ln" else value - centre) / width)
    return np.array(out)


def fitted(free: np.ndarray) -> OptimizeResult:
    """The best set of those constants that are ``free``, the others as shipped; ``x`` holds all of them.

    There is more than one minimum (fast repair by few ions, slow repair by many), so it is begun at three.
    """
    fixed, found = shipped(), []
    for slow in (0.0, -1.7, 1.7):
        start = np.where([name == "repair" for name in PRIOR], slow, 0.0)[free]

        def off(x: np.ndarray) -> np.ndarray:
            whole = fixed.copy()
            whole[free] = x
            return residuals(whole)

        found.append(least_squares(off, start, diff_step=1e-3, x_scale=1.0, max_nfev=30))
    best = min(found, key=lambda one: one.cost)
    whole = fixed.copy()
    whole[free] = best.x
    best.x = whole
    return best


def residuals(x: np.ndarray) -> np.ndarray:
    """Statements, then priors, each in its standard error."""
    said = model(values(x))
    return np.concatenate([[(said[k] - v) / s for k, (v, s) in TARGETS.items()], x])


def predictions(found: dict[str, float]) -> dict[str, object]:
    """What follows and was not aimed at."""
    known, light = split(found)
    out: dict[str, object] = {}
    pristine = treated_dot.with_surface(YUAN, known)
    series = {
        T: treat(YUAN, hot(ZNBR2, T), known, points=2).purified for T in (80, 160, 200, 240, 260, 280, 300)
    }
    out["Y034 core share of all Br, 300 °C"] = (
        series[300].halides[0].between(0, 1.65) / series[300].halides[0].total
    )
    out["Br by round, core, interface"] = {
        T: [
            *(round(float(n), 1) for n in rounds(d)),
            round(d.halides[0].between(0, 1.65), 2),
            round(d.halides[0].interface, 1),
        ]
        for T, d in series.items()
    }
    out["Y038 richest round"] = {T: int(np.argmax(rounds(d))) + 1 for T, d in series.items()}
    out["Y047 PLQY(T)"] = {"untreated": round(plqy(pristine, light), 4)} | {
        T: round(plqy(d, light), 4) for T, d in series.items()
    }
    oam_br = treat(YUAN, OAM_BR, known, points=2).purified
    oam = treat(YUAN, OAM, known, points=2).purified
    out["Y016 PLQY OAm-Br (a quarter of the halide)"] = plqy(oam_br, light)
    out["Y015 PLQY OAm alone"] = plqy(oam, light)
    out["Y025 lifetimes OAm, ZnBr2 (intensity)"] = [
        decay(d, light).tau_intensity_ns for d in (oam, series[300])
    ]
    out["repaired ZnBr2, OAm-Br"] = [series[300].repaired, oam_br.repaired]
    for core, dot in OXIDISED.items():
        ill = treated_dot.with_surface(dot, known, SHARE)
        well = treat(ill, OAM_BR, known, points=2).purified
        out[f"Y050/Y051 {core}: PLQY oxidised, treated, never oxidised; units, repaired"] = [
            *(round(plqy(d, light), 3) for d in (ill, well, treated_dot.with_surface(dot, known))),
            round(treated_dot.oxide_units(ill), 1),
            round(well.repaired, 1),
        ]
    D200 = found["D_shell"] * np.exp(-found["dH_shell"] / K_B * (1 / 473.15 - 1 / 573.15))
    out["Y039 D(300 °C), D(200 °C) in cm2/s"] = [found["D_shell"] * 1e-14, D200 * 1e-14]
    return out


def write(found: dict[str, float], sigma: dict[str, float]) -> None:
    """Put the fitted values into the data files."""
    path = DATA / "halide.yaml"
    text = path.read_text(encoding="utf-8")
    for name, value in found.items():
        if name == "trap_reach_per_nm3":
            continue
        told = f"value: {value:.4g}"
        pattern = rf'(?m)^(  {name}: \{{)value: [^,]+,(.*?)source: "[^"]*"'
        text, count = re.subn(
            pattern, lambda m, t=told, n=name: f'{m[1]}{t},{m[2]}source: "{SOURCES[n]}"', text
        )
        assert count == 1, name
    path.write_text(text, encoding="utf-8")
    light = DATA / "light.yaml"
    old = light.read_text(encoding="utf-8")
    new, count = re.subn(
        r"(  trap_reach_per_nm3:\n    value: ).*", lambda m: f"{m[1]}{found['trap_reach_per_nm3']:.4g}", old
    )
    assert count == 1
    light.write_text(new, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--light", action="store_true")
    options = parser.parse_args()
    free = np.array([not options.light or name in OF_LIGHT for name in PRIOR])
    names = [name for name, one in zip(PRIOR, free, strict=True) if one]
    fit = fitted(free)
    found = values(fit.x)
    data = fit.jac[: len(TARGETS)]
    _, s, V = np.linalg.svd(data)
    # Posterior over prior width: 1 means that the statements say nothing of the constant.
    width = np.sqrt(np.diag(np.linalg.inv(data.T @ data + np.eye(len(names)))))
    said = model(found)
    result = {
        "chi2 of the statements": float(np.sum(fit.fun[: len(TARGETS)] ** 2)),
        "chi2 of the priors": float(np.sum(fit.x**2)),
        "statements": {
            k: [round(float(said[k]), 4), round(float(v), 4), float(s_)] for k, (v, s_) in TARGETS.items()
        },
        "constants": {k: float(f"{v:.4g}") for k, v in found.items()},
        "width after over width before": {k: round(float(w), 3) for k, w in zip(names, width, strict=True)},
        "singular values": [float(f"{v:.3g}") for v in s],
        "combinations measured (singular value above 1)": int(np.sum(s > 1)),
        "least measured combinations": [
            {k: round(float(c), 2) for k, c in zip(names, row, strict=True) if abs(c) > 0.3}
            for row in V[np.sum(s > 1) :]
        ],
        "follows": predictions(found),
        "evaluations": int(fit.nfev),
    }
    print(json.dumps(result, indent=1, ensure_ascii=False))
    if options.write:
        write({name: found[name] for name in names}, {})


if __name__ == "__main__":
    main()
