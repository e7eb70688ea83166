"""Fit of the closure of the atoms' surface on the literature: 1S of bare InP against size (L08).

    python benchmarks/calibrate_atoms.py            # print what every closure says (about a minute)
    python benchmarks/calibrate_atoms.py --write    # also write value and error to src/epidot/data/atoms.yaml

One number, prior 1 +- 0.5 (a ligand that acts as an anion). A size is a TEM diameter: it is drawn as spheres
of that volume, centred on an anion and on a cation, and the mean of the two is taken. The atoms have no
attraction; that of the radial model of the same sphere is added, as in `epidot run --states atoms`. The rows
have 0.1 eV each, which holds what shape and the meaning of "diameter" do. No seed claim is among them.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from epidot.dot.atoms import Atoms
from epidot.dot.lattice import Centre, build
from epidot.light.literature import rows
from epidot.light.states import solve_dot
from epidot.light.states.atoms import AtomOptions, solve_atoms

DATA = Path(__file__).resolve().parents[1] / "src" / "epidot" / "data" / "atoms.yaml"
PRIOR = (1.0, 0.5)
CLOSURES = (0.0, 0.5, 1.0, 1.5, 2.0)
CENTRES: tuple[Centre, ...] = ("anion", "cation")
ROWS = tuple(r for r in rows() if r.quantity == "1S" and r.dot.core == "InP" and r.use == "fitted")


def ball(nm: float, centre: Centre) -> Atoms:
    """A bare sphere of InP whose ions have the volume of one of ``nm``."""
    row = replace(ROWS[0].dot, core_diameter_nm=nm)
    sites = build(row, np.random.default_rng(0), centre=centre)
    n = len(sites)
    core = np.full(n, "core")
    return Atoms(sites.species, sites.position_nm, sites.layer, core, np.zeros(n), sites.a_nm)


def energies(nm: float) -> np.ndarray:
    """1S in eV at every closure, mean over the centres, shape (closures,)."""
    radial = solve_dot(replace(ROWS[0].dot, core_diameter_nm=nm))
    attraction = radial.E_1S_eV - (radial.Ee_eV - radial.Eh_eV)
    gaps = [
        [solve_atoms(ball(nm, c), AtomOptions(closure=x, holes=12, electrons=1)).gap_eV for x in CLOSURES]
        for c in CENTRES
    ]
    return np.mean(gaps, axis=0) + attraction


def main() -> None:
    """Solve, fit, print, perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    curves = [energies(row.dot.core_diameter_nm) for row in ROWS]

    def off(x: np.ndarray) -> np.ndarray:
        said = [np.interp(x[0], CLOSURES, curve) for curve in curves]
        rest = [(e - row.value) / row.sigma for e, row in zip(said, ROWS, strict=True)]
        return np.array([*rest, (x[0] - PRIOR[0]) / PRIOR[1]])

    fit = least_squares(off, [PRIOR[0]], bounds=(CLOSURES[0], CLOSURES[-1]), diff_step=0.05)
    sigma = float(1 / np.sqrt(fit.jac.T @ fit.jac)[0, 0])
    print(
        "row, nm, printed eV, at closures " + " ".join(f"{c:g}" for c in CLOSURES) + ", at the fit, off/sigma"
    )
    for row, curve, z in zip(ROWS, curves, fit.fun, strict=False):
        said = " ".join(f"{e:.3f}" for e in curve)
        here = float(np.interp(fit.x[0], CLOSURES, curve))
        print(f"  {row.id} {row.dot.core_diameter_nm:g} {row.value:.3f}  {said}  {here:.3f} {z:+.1f}")
    chi2 = float(fit.fun[:-1] @ fit.fun[:-1])
    print(f"closure {fit.x[0]:.2f} +- {sigma:.2f}; chi2 {chi2:.1f} of {len(ROWS)} rows")
    if options.write:
        old = (
            r"(per_bond: \{)value: [^,]+, (unit: [^,]+, )(?:sigma: [^,]+, )?(.*?)status: \w+, source: [^,]+, "
        )
        now = rf"\g<1>value: {fit.x[0]:.2f}, \g<2>sigma: {sigma:.2f}, \g<3>"
        text, count = re.subn(old, now + "status: fitted, source: literature, ", DATA.read_text())
        assert count == 1
        DATA.write_text(text)


if __name__ == "__main__":
    main()
