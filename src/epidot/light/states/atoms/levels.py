"""Levels of the very atoms of a dot: electron, holes with spin-orbit, strengths, where the carriers are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HBAR2_2M, K_B
from epidot.dot.atoms import Atoms
from epidot.dot.relax import Relaxed
from epidot.errors import Faults, InputError
from epidot.light.states.atoms.matrix import Model, model
from epidot.light.states.atoms.parameters import KEYS, bulk, constants, remote_of
from epidot.light.states.atoms.sites import lattice
from epidot.light.states.atoms.solve import NotSolved, Shifted, residuals, shifted
from epidot.light.states.atoms.spin import in_space
from epidot.light.states.bands import dipoles, kane_energy, potentials
from epidot.matter.compound import Material
from epidot.matter.materials import compound_of
from epidot.parameter import Parameter, rests_on

Floats = NDArray[np.float64]

ROOM_K = 295.0
HOLES = 24  # without spin: the top level is then within 0.5 meV of the whole problem's
ELECTRONS = 4
MOST_ATOMS = 60_000  # 14 nm of InP: minutes, and 2 GB of factors
_PER_ATOM = ("species", "position_nm", "layer", "role", "charge")
_OVER_TOP_EV = 0.1  # of the shift for holes above the highest valence band


@dataclass(frozen=True)
class AtomOptions:
    """How the atoms are solved.

    ``closure`` is what stands in the place of a missing anion, in units of what an anion of the crystal does
    to a cation's level: 0 nothing, 1 a ligand that acts as an anion.  ``remote`` replaces remote terms by
    crystal.  ``holes`` and ``electrons`` are the numbers of levels without spin.  ``strained`` lets the
    strain of relaxed atoms move their levels.
    """

    closure: float = field(default_factory=lambda: constants()["closure"]["per_bond"].value)
    remote: Mapping[str, float] = field(default_factory=dict)
    holes: int = HOLES
    electrons: int = ELECTRONS
    strained: bool = True

    def __post_init__(self) -> None:
        faults = Faults("options of the atomistic states")
        limits = constants()["closure"]["per_bond"]
        if not limits.low <= self.closure <= limits.high:
            faults.add(f"closure must lie in {limits.low:g} to {limits.high:g}", seen=self.closure)
        for name, value, least in (("holes", self.holes, 6), ("electrons", self.electrons, 1)):
            if not least <= value <= 200:
                faults.add(f"{name} must lie in {least} to 200", seen=value)
        faults.raise_if_any()


@dataclass(frozen=True)
class AtomLevels:
    """What :func:`solve_atoms` returns; energies in eV from the top of the unstrained core's valence band.

    ``electrons`` (k,) rise, twofold by spin; ``holes`` (m,) fall, one by one with spin.  ``strength`` (m,) of
    each hole with the first electron, both its spins and all polarisations: its sum over the upper four is 1
    for carriers that are the crystal's own, dark levels have 0.  ``electron`` and ``hole`` (n,) are the
    probabilities on the atoms of ``atoms``, those of the holes weighted by their occupation at 295 K.
    ``foreign`` counts atoms of elements that make no crystal with their neighbours (Zn among P): they are
    taken for the dot's own.  ``residual_eV`` is the largest left; ``fill`` counts the numbers in two factors.
    """

    electrons: Floats
    holes: Floats
    strength: Floats
    electron: Floats
    hole: Floats
    atoms: Atoms
    crystals: Mapping[str, int]
    foreign: Mapping[str, int]
    closure: float
    rows: int
    fill: int
    residual_eV: float
    parameters: dict[str, Parameter] = field(repr=False, default_factory=dict)

    @property
    def Ee_eV(self) -> float:
        """The first electron."""
        return float(self.electrons[0])

    @property
    def Eh_eV(self) -> float:
        """The first hole, as the energy of the valence state."""
        return float(self.holes[0])

    @property
    def gap_eV(self) -> float:
        """Electron less hole, without any attraction."""
        return self.Ee_eV - self.Eh_eV

    @cached_property
    def occupation(self) -> Floats:
        """Of the holes at 295 K, shape (m,), sum 1."""
        return occupied(self.holes)

    @property
    def K(self) -> float:
        """Strength of the thermal hole: that of four degenerate holes alone is the sum over them."""
        return float(4 * self.occupation @ self.strength)

    def inside(self, layer: int = 0) -> tuple[float, float]:
        """Electron's and hole's probability on the atoms of a layer, the core (0) by default."""
        here = self.atoms.layer == layer
        return float(self.electron[here].sum()), float(self.hole[here].sum())

    @property
    def rests_on(self) -> dict[str, list[str]]:
        """Names of the numbers that were used, by their status."""
        return rests_on(self.parameters)


def solve_atoms(dot: Atoms | Relaxed, options: AtomOptions | None = None) -> AtomLevels:
    """Levels of the core's and shells' atoms of one dot; ligands and oxide have no part in them.

    ``dot`` are atoms on their lattice, or those at rest (:func:`epidot.dot.relax.relax`), whose strain then
    moves the levels of each.

    Raises
    ------
    InputError, Gap
        As :func:`epidot.light.states.atoms.sites.lattice` and ``matrix.model``; more than 60,000 atoms.
    NotSolved
        If a residual is above tolerance, levels are missing, or levels lie all over the gap.
    """
    how = options or AtomOptions()
    atoms, position, strain = _parts(dot)
    kept = np.isin(atoms.role, ("core", "shell"))
    if kept.sum() > MOST_ATOMS:
        raise InputError(
            f"atomistic states take dots of up to {MOST_ATOMS} atoms",
            seen=str(int(kept.sum())),
            remedy="use the radial states",
        )
    mine = replace(atoms, **{f: getattr(atoms, f)[kept] for f in _PER_ATOM})
    where = lattice(mine.species, position[kept], atoms.a_nm)
    eps = strain[kept] if strain is not None and how.strained else None
    stack = _stack(mine, where.first)  # empty where no two bonded elements make a crystal: model says so
    steps = dipoles(stack)
    lifted = dict(zip((m.name for m in stack), potentials(stack, steps).tolist(), strict=False))
    of = model(where, eps, how.closure, how.remote, lifted)
    used = _used(of.crystals, how) | steps
    gap, top = _shifts(of, used, lifted, eps)
    Ee, e = gap.first("above", how.electrons)
    Eh, h = top.nearest("below", how.holes)
    residual = float(max(residuals(of.H, Ee, e).max(), residuals(of.H, Eh, h).max()))
    holes, states = in_space(of, Eh, h)
    zero = _zero(mine, where.first, of.crystals)
    P2 = _coupling(mine, where.first, used)
    across = np.stack([h.T @ (of.velocity(axis).T @ e[:, 0]) for axis in range(3)])
    strength = np.sum(np.abs(np.einsum("xb,bsm->xsm", across, states)) ** 2, axis=(0, 1)) / (4 * P2)
    mixed = np.einsum("bsm,m,csm->bc", states, occupied(holes), states.conj()).real
    hole = np.einsum("rb,bc,rc->r", h, mixed, h, optimize=True)
    return AtomLevels(
        Ee - zero, holes - zero, strength, _density(of, e[:, 0] ** 2), _density(of, hole), mine, of.crystals,
        of.foreign, how.closure, of.rows, gap.entries, residual, used,
    )  # fmt: skip


def occupied(holes: Floats) -> Floats:
    """Occupation at 295 K of hole levels (m,), highest first; sum 1."""
    weight = np.exp((holes - holes[0]) / (K_B * ROOM_K))
    return np.asarray(weight / weight.sum())


def _parts(dot: Atoms | Relaxed) -> tuple[Atoms, Floats, Floats | None]:
    if isinstance(dot, Relaxed):
        return dot.atoms, dot.start_nm, dot.strain
    return dot, dot.position_nm, None


def _used(crystals: Mapping[str, int], how: AtomOptions) -> dict[str, Parameter]:
    """Every number the matrix was made of, by ``crystal.key``."""
    out = {f"{name}.{key}": bulk(name).parameter(key) for name in crystals for key in KEYS}
    for name in crystals:
        given = how.remote.get(name)
        one = remote_of(bulk(name))
        out[f"{name}.remote"] = (
            one if given is None else Parameter("remote", given, "1", "given by the caller", "assumed")
        )
    out["atoms.closure"] = constants()["closure"]["per_bond"]
    return out


def _shifts(
    of: Model, used: Mapping[str, Parameter], lifted: Mapping[str, float], eps: Floats | None
) -> tuple[Shifted, Shifted]:
    """Factors at an energy in the gap, and at one near the valence band's top, with no level in between."""
    valence = 3 * int((~of.lattice.cation).sum())
    mean = 0.0 if eps is None or not np.isfinite(eps).any() else float(np.nanmean(eps))
    total = sum(of.crystals.values())
    tops, bottoms = [], []
    for name, bonds in of.crystals.items():
        if bonds < 0.02 * total:
            continue
        Ev, Eg, ac, av = (used[f"{name}.{key}"].value for key in ("Ev_eV", "Eg_eV", "ac_eV", "av_eV"))
        Ev += lifted[name]
        tops.append(Ev + 3 * av * mean)
        bottoms.append(Ev + Eg + 3 * ac * mean)
    low, high = max(tops) - 1.0, min(bottoms) + 1.0
    for _ in range(12):
        gap = shifted(of.H, (low + high) / 2)
        if gap.below == valence:
            break
        low, high = (low, gap.sigma) if gap.below > valence else (gap.sigma, high)
    else:
        raise NotSolved(
            f"no gap between valence and conduction levels is found near {gap.sigma:.2f} eV: the dot binds "
            "levels all over it"
        )
    near = max(tops) + _OVER_TOP_EV
    if near < gap.sigma:
        top = shifted(of.H, near)
        if top.below == valence:
            return gap, top
    return gap, gap


def _stack(atoms: Atoms, first: NDArray[np.int64]) -> list[Material]:
    """The crystals of the dot from inside out, by the mean layer of their bonds' outer atoms."""
    pairs, bond = np.unique(atoms.species[first], axis=0, return_inverse=True)
    outer = atoms.layer[first].max(axis=1)
    found: dict[str, list[float]] = {}
    for i, pair in enumerate(pairs.tolist()):
        if name := compound_of(*pair):
            found.setdefault(name, []).extend(outer[np.ravel(bond) == i].tolist())
    return [bulk(name) for name in sorted(found, key=lambda n: float(np.mean(found[n])))]


def _zero(atoms: Atoms, first: NDArray[np.int64], crystals: Mapping[str, int]) -> float:
    """The valence band's top of the core, by its bonds."""
    return _of_core(atoms, first, {name: bulk(name)["Ev_eV"] for name in crystals})


def _coupling(atoms: Atoms, first: NDArray[np.int64], used: Mapping[str, Parameter]) -> float:
    """(ħ²/2m0) Ep of the core in eV² nm²."""
    names = {name.split(".")[0] for name in used if name.endswith(".remote")}
    of = {}
    for name in names:
        m_e, Eg, dso, A = (used[f"{name}.{key}"].value for key in ("m_e", "Eg_eV", "dso_eV", "remote"))
        of[name] = HBAR2_2M * kane_energy(m_e, Eg, dso, A)
    return _of_core(atoms, first, of)


def _of_core(atoms: Atoms, first: NDArray[np.int64], values: Mapping[str, float]) -> float:
    """Mean over the core's own bonds (all, where a dot has no core) of a number of each crystal."""
    inside = (atoms.layer[first] == 0).all(axis=1)
    pairs = atoms.species[first[inside] if inside.any() else first]
    kinds, number = np.unique(pairs, axis=0, return_counts=True)
    names = [compound_of(*pair) or "" for pair in kinds.tolist()]
    known = [(values[name], n) for name, n in zip(names, number.tolist(), strict=True) if name in values]
    if not known:  # a core of bonds across an interface only
        return float(np.mean(list(values.values())))
    return float(sum(v * n for v, n in known) / sum(n for _, n in known))


def _density(of: Model, per_row: Floats) -> Floats:
    return np.bincount(of.atom, weights=per_row, minlength=len(of.lattice)).astype(np.float64)
