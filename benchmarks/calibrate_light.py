"""Fit of the constants of states, strain and light on the literature, all at once, with priors.

    python benchmarks/calibrate_light.py           # print fit, residuals, and what is not fitted on
    python benchmarks/calibrate_light.py --write   # also write values, errors, covariance to src/epidot/data

Half a minute. Fitted on: the rows of src/epidot/data/literature.yaml with `use: fitted`, and on nothing else.
The claims of the seed papers about light are not among them. Every shared number has a prior (PRIOR below:
centre, width; those marked "ln" in the logarithm), so what no row feels keeps its prior's width. Gauss-Newton
on residuals and priors together (scipy's least_squares); the covariance is the inverse of J'J at the end.

Held at the tables' values, because no row tells them from their priors: electron masses, Luttinger
parameters, deformation potentials, the vacuum level, splittings, Stokes shifts. (Let free, masses of
electrons and of CdSe's holes lower the sum of squares by 4 with six more numbers.)

Then run calibrate_traps.py (its rates stand against k_r) and calibrate_halide.py.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from epidot.light.literature import Row, answer, rows
from epidot.matter.materials import material

DATA = Path(__file__).resolve().parents[1] / "src" / "epidot" / "data"

# name -> (centre, width, "" or "ln"): widths in the number's own unit, or of its logarithm
PRIOR: dict[str, tuple[float, float, str]] = {
    "light.ligand_mass": (1.0, 0.35, "ln"),
    "light.hole_barrier_eV": (3.5, 1.0, ""),
    "ZnSe.Ev_eV": (-0.80, 0.15, ""),  # L21: natural offset 0.57, two-photon spectra 0.85 to 1.0
    "ZnS.Ev_eV": (-1.45, 0.25, ""),
    "CdSe.Ev_eV": (-0.60, 0.40, ""),
    "CdS.Ev_eV": (-1.15, 0.40, ""),
    "CdS.dipole_eV on InP": (0.0, 0.30, ""),
    "strain.coherency_misfit": (0.045, 0.30, "ln"),
    "CdSe.Eg_eV": (1.70, 0.04, ""),
    "InP.oscillator_factor": (1.0, math.log(1.6), "ln"),
    "CdSe.oscillator_factor": (1.0, math.log(1.6), "ln"),
}
NOTES = {
    "light.ligand_mass": "the electron's mass in the ligand layer; bare dots and first layers feel it",
    "light.hole_barrier_eV": "the ligands' occupied levels below the top of InP's valence band; hardly felt",
    "CdS.dipole_eV on InP": "a property of the pair: the same offset in Ev_eV would ruin CdSe/CdS",
    "strain.coherency_misfit": (
        "misfit to the core at which half of it is strain; the strain of C030 is among the rows"
    ),
    "CdSe.Eg_eV": "effective gap of the sizing curve; see Eg_bulk_eV",
    "oscillator_factor": "on the strength of 1S, in emission and absorption alike",
    "Ev_eV": "one ladder for all pairs",
    "ZnSe.Ev_eV": (
        "one ladder for all pairs; prior -0.80 +- 0.15: natural offset 0.57, two-photon spectra 0.85 to 1.0 "
        "(russkikh2026)"
    ),
}
FITTED = tuple(row for row in rows() if row.use == "fitted" and not row.of_traps)


def numbers(x: np.ndarray) -> dict[str, float]:
    """The parameters by name from ``x``, counted in prior widths from the centres."""
    out = {}
    for (name, (centre, width, kind)), step in zip(PRIOR.items(), x, strict=True):
        out[name] = centre * math.exp(width * step) if kind else centre + width * step
    return out


def residuals(x: np.ndarray) -> np.ndarray:
    """Of all rows, then of the priors."""
    p = numbers(x)
    return np.concatenate([[row.residual(answer(row, p)) for row in FITTED], x])


def report(p: Mapping[str, float], chosen: tuple[Row, ...]) -> float:
    """Print what the model says to ``chosen``; the sum of squares."""
    total = 0.0
    for row in chosen:
        found = answer(row, p)
        z = row.residual(found)
        total += z * z
        said = f"{found:11.4g} {row.value:11.4g} {row.unit:10s} {z:+5.1f}"
        print(f"  {row.id:6s} {row.quantity[:24]:24s} {said}  {row.read}")
    return total


# --- writing -----------------------------------------------------------------------------------------------


def note_of(name: str) -> str:
    """The note of a fitted number."""
    return next(text for key, text in sorted(NOTES.items(), key=lambda n: -len(n[0])) if key in name)


def write(name: str, value: float, sigma: float) -> None:
    """Put one number into its file, with its standard error."""
    place, key = name.split(".", 1)
    if place in ("light", "strain"):
        path = DATA / f"{place}.yaml"
        text = path.read_text()
        block = re.search(rf"  {key}:\n(?:    .*\n)+", text)
        assert block is not None, name
        kept = [
            line
            for line in block[0].splitlines()[1:]
            if line.strip().split(":")[0] in ("unit", "low", "high")
        ]
        lines = [f"  {key}:", f"    value: {value:.4g}", f"    sigma: {sigma:.2g}", *kept]
        lines += ["    status: fitted", '    source: "literature"', f'    note: "{note_of(name)}"']
        path.write_text(text.replace(block[0], "\n".join(lines) + "\n"))
        return
    path = DATA / "materials" / f"{place}.yaml"
    key, unit = key.split(" on ")[0], material(place).parameters.get(key)
    unit_text = "eV" if unit is None else unit.unit
    quoted = f'"{unit_text}"' if unit_text == "1" else unit_text
    body = f"value: {value:.4g}, unit: {quoted}, sigma: {sigma:.2g}, status: fitted, source: literature"
    line = f'{key}: {{{body}, note: "{note_of(name)}"}}'
    text, count = re.subn(rf"(?m)^( +){key}: \{{.*\}}$", lambda m: m[1] + line, path.read_text())
    assert count == 1, name
    path.write_text(text)


def write_all(x: np.ndarray, covariance: np.ndarray, chi2: float) -> None:
    """Values and errors into the files they belong to, the covariance into light_fit.yaml."""
    p, width = numbers(x), np.sqrt(np.diag(covariance))
    for (name, (_, prior, kind)), step in zip(PRIOR.items(), width, strict=True):
        sigma = prior * step * (p[name] if kind else 1.0)
        write(name, p[name], sigma)
    lines = [
        "# The fit of benchmarks/calibrate_light.py --write: never by hand.",
        "# Steps from the prior's centre and the covariance are in prior widths; `ln`: of the logarithm.",
        f"rows: {len(FITTED)}",
        f"chi2_rows: {chi2:.2f}",
        f"chi2_priors: {float(x @ x):.2f}",
        "parameters:",
    ]
    for (name, (centre, prior, kind)), step in zip(PRIOR.items(), x, strict=True):
        ln = "true" if kind else "false"
        lines.append(f'  "{name}": {{centre: {centre:g}, width: {prior:.4g}, ln: {ln}, step: {step:.4f}}}')
    lines.append("covariance:")
    lines += ["- [" + ", ".join(f"{v:.4f}" for v in row) + "]" for row in covariance]
    (DATA / "light_fit.yaml").write_text("\n".join(lines) + "\n")


def main() -> None:
    """Fit, print, perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    fit = least_squares(residuals, np.zeros(len(PRIOR)), diff_step=0.02, x_scale=1.0, xtol=1e-5, ftol=1e-5)
    covariance = np.linalg.inv(fit.jac.T @ fit.jac)
    p, width = numbers(fit.x), np.sqrt(np.diag(covariance))
    print("parameter, value, standard error / prior width")
    for (name, value), (_, prior, kind), step in zip(p.items(), PRIOR.values(), width, strict=True):
        print(f"  {name:26s} {value:8.4g} +- {prior * step * (value if kind else 1):7.2g}   {step:.2f}")
    print("fitted on: row, model, asked, (model - asked)/sigma, how it was read")
    chi2 = report(p, FITTED)
    print(f"chi2 {chi2:.1f} of {len(FITTED)} rows, priors {fit.x @ fit.x:.1f}, {fit.nfev} steps")
    if options.write:
        write_all(fit.x, covariance, chi2)
    print("not fitted on (absorption and strain with the constants in data)")
    report(p, tuple(row for row in rows() if row.use != "fitted" and not row.of_traps))


if __name__ == "__main__":
    main()
