"""Keating's force field against its closed forms, a second code's energy, and density functional theory.

The exact case (6 nm sphere) was worked out twice with independent programs from the definition alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial import cKDTree

from epidot.dot import elasticity
from epidot.dot.atoms import Atoms
from epidot.dot.bonds import network
from epidot.dot.keating import (
    EV_PER_NM2,
    NONE,
    Floats,
    ForceConstants,
    Network,
    energy_and_gradient,
    energy_and_gradient_plain,
)
from epidot.dot.relax import Relaxed, relax
from epidot.matter.materials import crystal

A_INP = 0.58697
MARTIN = {
    ("In", "P"): ForceConstants(43.04, 6.24, math.sqrt(3) / 4 * A_INP),
    ("Zn", "Se"): ForceConstants(35.24, 4.23, math.sqrt(3) / 4 * 0.5668),
}
FOUR = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=np.float64)


def sphere(diameter_nm: float, a: float = A_INP) -> tuple[Floats, Floats]:
    """Positions and signs of a zinc-blende sphere about a cation, atoms with one bond dropped."""
    half = int(2 * diameter_nm / a) + 2
    grid = np.arange(-half, half + 1)
    cations = np.stack(np.meshgrid(grid, grid, grid, indexing="ij"), axis=-1).reshape(-1, 3)
    cations = 2 * cations[cations.sum(axis=1) % 2 == 0]
    x = np.concatenate([cations, cations + 1]) * a / 4
    sign = np.repeat([1.0, -1.0], len(cations))
    keep = np.linalg.norm(x, axis=1) <= diameter_nm / 2
    x, sign = x[keep], sign[keep]
    while True:
        pairs = cKDTree(x).query_pairs(0.5 * a, output_type="ndarray")
        keep = np.bincount(pairs.ravel(), minlength=len(x)) >= 2
        if keep.all():
            return x, sign
        x, sign = x[keep], sign[keep]


def core_shell(diameter_nm: float, core_nm: float = 3.3, shell: tuple[str, str] = ("Zn", "Se")) -> Atoms:
    x, sign = sphere(diameter_nm)
    core = np.linalg.norm(x, axis=1) <= core_nm / 2
    species = np.where(core, np.where(sign > 0, "In", "P"), np.where(sign > 0, *shell)).astype("<U2")
    layer = np.where(core, 0, 1)
    return Atoms(species, x, layer, np.where(core, "core", "shell"), np.zeros(len(x)), A_INP)


def martin(cation: str, anion: str) -> ForceConstants | None:
    return MARTIN.get((cation, anion))


def bond_strain(of: Relaxed, *, core: bool) -> float:
    """Mean relative length of the bonds within the core or within the shell, over their free lengths."""
    net, x = of.net, of.atoms.position_nm
    i = np.repeat(np.arange(len(x)), 4).reshape(-1, 4)
    once = net.neighbour > i
    a, b, which = i[once], net.neighbour[once], net.bond[once]
    mine = (of.atoms.role == "core") == core
    both = mine[a] & mine[b]
    length = np.linalg.norm(x[a] - x[b], axis=1)
    return float(np.mean(length[both] / net.d0[which[both]]) - 1)


def test_the_exact_case() -> None:
    atoms = core_shell(6.0)
    assert (len(atoms), int((atoms.role == "core").sum())) == (4403, 729)
    rest = relax(atoms, martin)
    assert rest.energy_eV == pytest.approx(8.8725, abs=5e-5)
    assert 100 * bond_strain(rest, core=True) == pytest.approx(-0.690, abs=5e-4)
    assert 100 * bond_strain(rest, core=False) == pytest.approx(0.182, abs=5e-4)
    assert 100 * rest.lattice(1.0) == pytest.approx(-0.720, abs=5e-4)


@pytest.mark.parametrize(
    ("diameter_nm", "energy_eV", "inner"), [(4.0, 3.0437, -0.309), (4.7, 6.2425, -0.531)]
)
def test_thinner_shells(diameter_nm: float, energy_eV: float, inner: float) -> None:
    rest = relax(core_shell(diameter_nm), martin)
    assert rest.energy_eV == pytest.approx(energy_eV, abs=1e-4)
    assert 100 * rest.lattice(1.0) == pytest.approx(inner, abs=1e-3)


def test_the_gradient_is_the_slope_and_the_plain_sum_is_the_compiled_one() -> None:
    atoms = core_shell(2.6, 1.7)
    net = network(atoms.species, atoms.position_nm, martin)
    rng = np.random.default_rng(5)
    x = atoms.position_nm + 0.01 * rng.normal(size=atoms.position_nm.shape)
    energy, gradient = energy_and_gradient(x, net)
    plain, slope = energy_and_gradient_plain(x, net)
    assert energy == pytest.approx(plain, rel=1e-13)
    np.testing.assert_allclose(gradient, slope, rtol=1e-10, atol=1e-10)
    step = 1e-5
    for atom, axis in zip(rng.integers(0, len(x), 20), rng.integers(0, 3, 20), strict=True):
        up, down = x.copy(), x.copy()
        up[atom, axis] += step
        down[atom, axis] -= step
        slope_there = (energy_and_gradient(up, net)[0] - energy_and_gradient(down, net)[0]) / (2 * step)
        assert gradient[atom, axis] == pytest.approx(slope_there, rel=1e-7, abs=1e-6)
    np.testing.assert_allclose(gradient.sum(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(np.cross(x, gradient).sum(axis=0), 0, atol=1e-9)


def formula_unit(k: ForceConstants) -> tuple[Floats, Network]:
    """A cation with four anions and an anion with four cations: together what one unit of a crystal holds.

    The bonds at the second are weightless (each is counted at the first), the angles at both count.
    """
    d = k.d0_nm / math.sqrt(3)
    x = np.concatenate([np.zeros((1, 3)), d * FOUR, np.zeros((1, 3)), -d * FOUR])
    neighbour = np.full((10, 4), NONE)
    neighbour[0], neighbour[5] = range(1, 5), range(6, 10)
    bond = np.full((10, 4), NONE)
    bond[0], bond[5] = range(4), range(4, 8)
    alpha = EV_PER_NM2 * k.alpha * np.repeat([1.0, 0.0], 4)
    return x, Network(neighbour, bond, alpha, np.full(8, EV_PER_NM2 * k.beta), np.full(8, k.d0_nm))


def energy_density_GPa(k: ForceConstants, strain: Floats) -> float:
    """Energy per volume of the strained crystal, its two sublattices free to shift against each other."""
    x, net = formula_unit(k)
    stretched = x @ (np.eye(3) + strain)

    def shifted(u: Floats) -> float:
        y = stretched.copy()
        y[1:5] += u  # every anion moves against the cation beside it ...
        y[6:] -= u  # ... and every cation against the anion
        return energy_and_gradient(y, net)[0]

    least = minimize(shifted, np.zeros(3), method="BFGS", options={"gtol": 1e-12})
    return float(least.fun) / (k.a_nm**3 / 4) / EV_PER_NM2


STRAINS: dict[str, tuple[Floats, float]] = {
    "C11": (np.diag([1.0, 0, 0]), 0.5),
    "C44": (np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]), 0.5),
    "K": (np.eye(3), 4.5),
}


@pytest.mark.parametrize("name", ["InP", "ZnSe", "ZnS", "CdSe", "CdS", "GaP"])
@pytest.mark.parametrize("modulus", STRAINS)
def test_moduli_of_the_energy_are_the_closed_forms(name: str, modulus: str) -> None:
    k = ForceConstants.of(crystal(name))
    shape, factor = STRAINS[modulus]
    e = 1e-4
    energy = (energy_density_GPa(k, e * shape) + energy_density_GPa(k, -e * shape)) / 2
    assert energy / (factor * e**2) == pytest.approx(k.moduli_GPa[modulus], rel=1e-4)


@pytest.mark.parametrize("name", ["InP", "ZnSe", "ZnS", "CdSe", "CdS"])
def test_constants_of_a_file_give_its_bulk_modulus_and_shear_back(name: str) -> None:
    m, k = crystal(name), ForceConstants.of(crystal(name)).moduli_GPa
    assert k["C11"] == pytest.approx(m["C11_GPa"], rel=1e-12)
    assert k["C12"] == pytest.approx(m["C12_GPa"], rel=1e-12)
    assert k["C44"] < m["C44_GPa"]  # too soft in shear for every one of them


def test_a_shell_of_the_cores_own_crystal_costs_nothing() -> None:
    rest = relax(core_shell(4.0, shell=("In", "P")))
    assert rest.energy_eV == pytest.approx(0, abs=1e-9)
    assert np.nanmax(np.abs(rest.strain)) < 1e-6


def spheres_strain(diameter_nm: float, constants: Callable[[str, str], ForceConstants | None]) -> float:
    """The continuum's core strain with Keating's own moduli."""
    found = [constants("In", "P"), constants("Zn", "Se")]
    moduli = [
        elasticity.isotropic_moduli(m["C11"], m["C12"], m["C44"])
        for m in (k.moduli_GPa for k in found if k is not None)
    ]
    free = 0.5668 / A_INP - 1
    bulk, shear = zip(*moduli, strict=True)
    return float(elasticity.solve([1.65, diameter_nm / 2], bulk, shear, [0, free]).hydrostatic[0])


def test_thick_shells_approach_the_continuum() -> None:
    """Twins: the atoms strain less under thin shells, and the same within 6 % under thick ones."""
    share = [
        relax(core_shell(d), martin).lattice(1.0) / spheres_strain(d, martin) for d in (4.0, 4.7, 6.0, 7.5)
    ]
    assert np.all(np.diff(share) > 0)
    assert share[0] < 0.8
    assert 0.94 < share[-1] < 1.02


# --- density functional theory ----------------------------------------------------------------------------

# Lattice constants of the functional itself, from its bare dots (README of the structures), nm.
HLE17 = {"ZnSe": 0.5659, "ZnS": 0.5384, "CdSe": 0.6125, "CdS": 0.5880}


def of_functional(cation: str, anion: str) -> ForceConstants | None:
    """The stiffness of the material files at the functional's lattice constant."""
    if cation + anion not in HLE17:
        return None
    k, a = ForceConstants.of(crystal(cation + anion)), HLE17[cation + anion]
    swell = a / k.a_nm
    return ForceConstants(swell * k.alpha, swell * k.beta, swell * k.d0_nm)


def read_xyz(path: Path) -> tuple[np.ndarray, Floats]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    rows = [line.split() for line in lines[2 : 2 + int(lines[0])]]
    return np.array([r[0] for r in rows], "<U2"), np.array([[float(v) for v in r[1:4]] for r in rows]) / 10


def core_bonds(species: np.ndarray, x: Floats, of: Relaxed) -> float:
    """Mean length of the bonds to Se with their middle within 0.8 nm of the centre, over the free length."""
    net = of.net
    mine = np.flatnonzero(of.moving)
    i = np.repeat(np.arange(len(mine)), 4).reshape(-1, 4)
    once = net.neighbour > i
    a, b = mine[i[once]], mine[net.neighbour[once]]
    here = ((species[a] == "Se") | (species[b] == "Se")) & (np.linalg.norm(x[a] + x[b], axis=1) < 1.6)
    length = np.linalg.norm(x[a] - x[b], axis=1)
    return float(np.mean(length[here] / net.d0[net.bond[once]][here]) - 1)


@pytest.mark.parametrize(
    ("folder", "theirs"), [("ZnSe_ZnS", -1.04), ("CdSe_CdS", -0.59)]
)  # %, bare dots of the same functional as reference
def test_core_shell_dots_of_density_functional_theory(shared_data: Path, folder: str, theirs: float) -> None:
    """The sign, the order and the size to a third; the excess is explained in docs/theory/atoms.md.

    Keating's core is 12 and 30 % further compressed.  A shear stiffness 20 % lower would bring both to the
    theory's (-1.01, -0.65 %), and so would bonds of undercoordinated atoms half as stiff (-1.01, -0.66 %):
    two causes these two structures do not tell apart.
    """
    (file,) = (shared_data / "dft/nlesc-qd-library/II-VI@II-VI" / folder).glob("*.xyz")
    species, x = read_xyz(file)
    x = x - x[species != "Cl"].mean(axis=0)
    role = np.where(species == "Cl", "ligand", np.where(species == "Se", "core", "shell")).astype("<U6")
    atoms = Atoms(species, x, (role != "core").astype(np.int64), role, np.zeros(len(x)), 0.6)
    rest = relax(atoms, of_functional)
    assert 100 * core_bonds(species, x, rest) == pytest.approx(theirs, abs=0.02)  # their atoms, as read
    ours = 100 * core_bonds(species, rest.atoms.position_nm, rest)
    assert 1.0 < ours / theirs < 1.35
