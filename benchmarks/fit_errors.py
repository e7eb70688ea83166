"""Covariances of the numbers fitted on the seed papers, together with the assumed ones they lean on.

    python benchmarks/fit_errors.py            # print the standard errors
    python benchmarks/fit_errors.py --write    # also write src/epidot/data/fit_errors.yaml

Two to four minutes. At the shipped values, by the residuals of the fits themselves (fit_choi2023.py,
calibrate_halide.py, calibrate_traps.py) and nothing else. What a fit held is let free here within its own
width: a prefactor ten times larger then goes with barriers that are higher by RT ln 10, as refits do, and
an enthalpy with its entropy. Coordinates are those of the widths: logarithms where a number is known within
a factor. Run again after any of the three, and after a change of a width. light_fit.yaml is
calibrate_light.py's own.

A target that is a bound ("at least") holds on one side only: of two one-sided slopes the smaller is taken,
so that what a bound might say is left out rather than in.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import calibrate_halide
import calibrate_traps
import fit_choi2023
import numpy as np

from epidot.constants import R_GAS
from epidot.given import Given
from epidot.growth.meanfield import MeanField
from epidot.light.traps import TrapMeans, TrapRates, components
from epidot.mechanism import load as mechanisms
from epidot.runs import numbers

FILE = Path(__file__).resolve().parents[1] / "src" / "epidot" / "data" / "fit_errors.yaml"
SHIPPED = numbers.known("choi2023", "H1")
STEP = 0.05  # of a width
Residuals = Callable[[Given], np.ndarray]

HALIDE_HELD = (
    *("lattice_cap", "ligand_sites", "adsorption_enthalpy", "uptake_enthalpy", "entry", "entry_energy"),
    *("bath_loss_energy", "ligand_kept", "repair_energy", "passivated_share", "passivation_half"),
    "passivation_depth",
    *(f"Br in {crystal}: {key}" for crystal in ("ZnSe", "ZnS", "InP") for key in ("ratio", "extra_energy")),
)
RATES = ("light.trap_capture_per_ns", "light.trap_release_per_ns", "light.trap_loss_per_ns")


def width(name: str) -> tuple[float, bool]:
    """The width of an assumed number, and whether it is of the logarithm."""
    p = SHIPPED[name]
    if p.sigma_ln is not None:
        return p.sigma_ln, True
    assert p.sigma is not None, name
    return p.sigma, False


def moved(name: str, prior: tuple[float, bool], steps: float) -> float:
    """The number ``steps`` widths from its shipped value."""
    value, (size, ln) = SHIPPED[name].value, prior
    return value * math.exp(size * steps) if ln else value + size * steps


def posterior(
    residuals: Residuals, priors: Mapping[str, tuple[float, bool]], before: np.ndarray | None = None
) -> np.ndarray:
    """Covariance in widths: the inverse of J'J and the priors' own (``before``, by default their squares)."""
    r = residuals(Given())
    J = np.zeros((r.size, len(priors)))
    for k, (name, prior) in enumerate(priors.items()):
        slopes = []
        for step in (STEP, -STEP):
            given = Given.of({name: moved(name, prior, step)})
            slopes.append((residuals(given) - r) / step)
        J[:, k] = np.where(np.abs(slopes[0]) < np.abs(slopes[1]), *slopes)
    inverse = np.eye(len(priors)) if before is None else np.linalg.inv(before)
    return np.linalg.inv(J.T @ J + inverse)


def growth() -> tuple[dict[str, tuple[float, bool]], np.ndarray]:
    """All numbers of the mechanism; fitted barriers have the fit's own prior."""
    fitted = {f"mechanism.{n}": (fit_choi2023.PRIOR_KJ, False) for n in fit_choi2023.FREE}
    alone = ("Ea_off", "Ea_hop", "e_bond", "phi_max", "Ea_capture")  # not in the mean field as it is fitted
    held = [
        n
        for n, p in SHIPPED.items()
        if n.startswith("mechanism.") and p.status == "assumed" and n.split(".")[1] not in alone
    ]
    priors = fitted | {n: width(n) for n in held}

    def residuals(given: Given) -> np.ndarray:
        with given.in_force():
            mechanism = mechanisms.load()
        seen = fit_choi2023.programmes(MeanField(mechanism, rtol=1e-6, atol=1e-7))
        rows = [t.residual(seen) for t in fit_choi2023.TARGETS]
        # The one thing known of Intermediate 1 + oleate: K = 1 near 266 K, within 30 %.
        K = -(mechanism.si("dH_12") - 266.0 * mechanism.si("dS_12")) / (R_GAS * 266.0)
        return np.array([*rows, K / 0.3])

    return priors, posterior(residuals, priors)


def trap_rates() -> np.ndarray:
    """Covariance of the logarithms of the rates of reversible traps: six numbers for six unknowns."""
    rates, _, _ = calibrate_traps.oxide_trap_rates()
    t = np.linspace(0.0, 250.0, 501)

    def said(p: np.ndarray) -> np.ndarray:
        k_r, k_t, k_d, k_n, many, few = np.exp(p)
        out = []
        for name, mean in (("untreated", many), ("ZnBr2", few)):
            c = components(k_r, TrapMeans(0.0, mean), TrapRates(1.0, k_t, k_d, k_n))
            found = np.array((c.plqy, *calibrate_traps.biexponential(t, c.intensity(t))))
            out.append((found - calibrate_traps.YUAN[name]) / calibrate_traps.YUAN_SIGMA)
        return np.concatenate(out)

    x = np.log(rates)
    J = np.stack([(said(x + 1e-3 * e) - said(x - 1e-3 * e)) / 2e-3 for e in np.eye(6)], axis=1)
    return np.linalg.inv(J.T @ J + np.eye(6) / 4)[1:4, 1:4]  # a factor of seven either way at the most


def per_oxide() -> float:
    """Standard error of the logarithm of the traps per oxide: yields that do not agree with one number."""
    names = (*RATES, *(f"light.{name}" for name in calibrate_traps.PRIOR))
    return calibrate_traps.per_oxide({n.split(".")[1]: SHIPPED[n].value for n in names})[1]


def halide() -> tuple[dict[str, tuple[float, bool]], np.ndarray]:
    """Constants of halides with the traps that stand against them in every yield."""
    priors = {}
    for name, (_, size, kind) in calibrate_halide.PRIOR.items():
        room = "light" if name == "trap_reach_per_nm3" else "halide"
        priors[f"{room}.{name}"] = (size, kind == "ln")
    priors |= {f"halide.{name}": width(f"halide.{name}") for name in HALIDE_HELD}
    rates = trap_rates()
    first = len(priors)
    priors |= dict.fromkeys(RATES, (1.0, True))
    priors["light.traps_per_oxide"] = (per_oxide(), True)
    before = np.eye(len(priors))
    before[first : first + 3, first : first + 3] = rates
    free = tuple(calibrate_halide.PRIOR)

    def residuals(given: Given) -> np.ndarray:
        with given.in_force():
            known = numbers.current("choi2023", "H1")
            found = {}
            for name in free:
                room = "light" if name == "trap_reach_per_nm3" else "halide"
                found[name] = known[f"{room}.{name}"].value
            said = calibrate_halide.model(found)
        return np.array([(said[k] - v) / s for k, (v, s) in calibrate_halide.TARGETS.items()])

    return priors, posterior(residuals, priors, before)


def text(fits: Mapping[str, tuple[Mapping[str, tuple[float, bool]], np.ndarray]]) -> str:
    """The file."""
    lines = [
        "# Covariances of numbers fitted on the seed papers, with the assumed ones they lean on: written by",
        "# `python benchmarks/fit_errors.py --write`, never by hand. In units of `width`; `ln`: of the log.",
    ]
    for label, (priors, covariance) in fits.items():
        lines += [f"{label}:", "  parameters:"]
        for name, (size, ln) in priors.items():
            lines.append(f'    "{name}": {{width: {size:.4g}, ln: {"true" if ln else "false"}}}')
        lines.append("  covariance:")
        lines += ["  - [" + ", ".join(f"{v:.5f}" for v in row) + "]" for row in covariance]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Work out, print, perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    fits = {"growth": growth(), "halide and traps": halide()}
    for label, (priors, covariance) in fits.items():
        print(label)
        for (name, (size, ln)), variance in zip(priors.items(), np.diag(covariance), strict=True):
            share = math.sqrt(variance)
            print(f"  {name:34s} {share * size:8.3g}{' ln' if ln else ''} ({share:.2f} of its width before)")
    if options.write:
        FILE.write_text(text(fits), encoding="utf-8")


if __name__ == "__main__":
    main()
