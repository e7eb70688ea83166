"""The electron: one envelope with the Kane energy-dependent mass, through every layer into the ligand.

−(ħ²/2m0) (1/r²) d/dr [ r² (m0/m(E, r)) f' ] + (ħ²/2m0) (m0/m) l(l+1)/r² f + Ec f = E f, with
f and (m0/m) f' continuous at every interface (BenDaniel–Duke; natural in the weak form).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HBAR2_2M
from epidot.errors import WorkError
from epidot.light.states.bands import Bands
from epidot.light.states.mesh import Mesh, combined

Array = NDArray[np.float64]
_NEAR = 1e-6  # eV from the level the functional of the eigenvector is right to less than 1e-10


@dataclass(frozen=True)
class Electron:
    """One electron level.

    ``f`` (q,) is the s-like envelope at the Gauss points, normalised together with its valence part;
    ``density`` (q,) is r² times the whole probability density (it integrates to 1); ``nodal`` (n,) are
    the values at the nodes, from which another size is followed.
    """

    l: int
    n: int
    E: float
    f: Array
    density: Array
    s_character: float
    nodal: Array
    ahead: tuple[float, Array] | None = None  # what the next size in the same step is likely to have

    @property
    def label(self) -> str:
        """Spectroscopic name, for instance ``1Pe``."""
        return f"{self.n}{'SPDFGHIK'[self.l]}e"


@dataclass(frozen=True)
class Conduction:
    """The conduction band for one angular momentum ``l``: H(E) c = E S c, on the nodes where f may differ
    from zero (f ~ r^l).  ``kinetic`` (regions, n, n), the others (n, n)."""

    mesh: Mesh
    bands: Bands
    l: int
    kinetic: Array
    potential: Array
    mass: Array

    def hamiltonian(self, E: float) -> Array:
        """H with the masses at ``E``."""
        return combined(self.bands.inverse_mass(E), self.kinetic) + self.potential

    def level(self, n: int, E: float, c: Array) -> Electron:
        """The level of eigenpair (``E``, ``c``), normalised with its valence part."""
        mesh, l = self.mesh, self.l
        full = np.zeros(mesh.size)
        full[mesh.size - c.size :] = c
        f, df = mesh.value @ full, mesh.slope @ full
        if f[np.argmax(np.abs(f))] < 0:
            f, df, full = -f, -df, -full
        slope = HBAR2_2M * self.bands.inverse_mass_slope(E)[mesh.region]
        density = (mesh.r * f) ** 2 + slope * ((mesh.r * df) ** 2 + l * (l + 1) * f**2)
        norm = float(mesh.w @ density)
        f, density = f / np.sqrt(norm), density / norm
        return Electron(l, n, E, f, density, float(mesh.w @ (mesh.r * f) ** 2), full)


def conduction(mesh: Mesh, bands: Bands, l: int) -> Conduction:
    """The conduction band for ``l``."""
    keep = slice(1 if l else 0, None)
    return Conduction(
        mesh,
        bands,
        l,
        HBAR2_2M * (mesh.stiff + l * (l + 1) * mesh.plain)[:, keep, keep],
        combined(bands.Ec, mesh.mass)[keep, keep],
        mesh.mass.sum(axis=0)[keep, keep],
    )


def solve_electron(mesh: Mesh, bands: Bands, l: int = 0, n: int = 1) -> Electron:
    """The ``n``-th level of angular momentum ``l``.

    Newton's method on E: the n-th eigenvalue w(E) of the Hamiltonian with the masses at E falls with
    E, so w(E) = E has one root; dw/dE comes from the eigenvector.  Eigenvalues are rounded with the largest
    of them, 1e-9 eV and more where a shell is thinner than an atom, so the last digits are those of the
    Rayleigh functional of the eigenvector, whose error is the square of the vector's.

    Raises
    ------
    WorkError
        If the iteration does not settle (never seen for physical input).
    """
    from scipy.linalg import eigh

    band = conduction(mesh, bands, l)
    E = float(bands.Ec[0]) + 0.6
    for _ in range(40):
        value, vector = eigh(
            band.hamiltonian(E), band.mass, subset_by_index=(n - 1, n - 1), check_finite=False
        )
        c = vector[:, 0]
        slope = -float(bands.inverse_mass_slope(E) @ _by_region(band.kinetic, c))
        step = (float(value[0]) - E) / (1 - slope)
        E = max(E + step, 0.5 * (E + float(bands.Ev[:-1].max(initial=bands.Ev[0]))))
        if abs(step) < _NEAR:
            return band.level(n, _energy(band, c, E), c)
    raise WorkError(f"the electron level {n}, l = {l} did not converge")


def electrons_below(mesh: Mesh, bands: Bands, l: int, limit_eV: float) -> tuple[Electron, ...]:
    """All levels of ``l`` up to ``limit_eV``: started from the masses in the middle of the range."""
    from scipy.linalg import eigh

    band = conduction(mesh, bands, l)
    middle = (float(bands.Ec[0]) + limit_eV) / 2
    values, vectors = eigh(band.hamiltonian(middle), band.mass, check_finite=False)
    out: list[Electron] = []
    for n in range(1, values.size + 1):
        found = _settled(band, n, float(values[n - 1]), vectors[:, n - 1])
        if found.E > limit_eV:
            break
        out.append(found)
    return tuple(out)


def follow_electrons(mesh: Mesh, bands: Bands, before: tuple[Electron, ...]) -> tuple[Electron, ...]:
    """The levels ``before`` (of one l) in a dot of another size, on a mesh of the same make."""
    band = conduction(mesh, bands, before[0].l)
    first = mesh.size - band.mass.shape[0]
    out = []
    for e in before:
        E, c = e.ahead or (e.E, e.nodal)
        found = _settled(band, e.n, E, c[first:])
        line = 2 * found.E - e.E, 2 * found.nodal - e.nodal * float(np.sign(found.nodal @ e.nodal))
        out.append(replace(found, ahead=line))
    return tuple(out)


def _settled(band: Conduction, n: int, E: float, c: Array) -> Electron:
    """The level near (``E``, ``c``), by inverse iteration with a Rayleigh functional (cubic convergence).

    The n-th level has n − 1 nodes, which is checked; else it is found by Newton's method from scratch.
    """
    from scipy.linalg import lapack

    bands, width = band.bands, band.mesh.width
    size = c.size
    row, column, at = _diagonals(size, width)
    storage = np.zeros((3 * width + 1, size), order="F")
    for _ in range(8):
        old, E = E, _energy(band, c, E)
        if not E > float(bands.Ec.min()):
            break
        storage[:] = 0.0
        storage[at, column] = (band.hamiltonian(E) - E * band.mass)[row, column]
        right = combined(bands.inverse_mass_slope(E), band.kinetic) @ c + band.mass @ c
        *_, y, fault = lapack.dgbsv(width, width, storage, right)
        if fault:  # E is a level to the last bit
            y = c
        c = y / np.sqrt(float(y @ band.mass @ y))
        if abs(E - old) < 1e-5:  # that was the error of the energy before; the next is its cube
            if nodes(c) == n - 1:
                return band.level(n, E, c)
            break
    return solve_electron(band.mesh, bands, band.l, n)


def _energy(band: Conduction, c: Array, E: float) -> float:
    """The E of the values ``c``, near ``E``: Σ (m0/m(E)) cᵀT c + cᵀV c = E cᵀS c, by Newton's method."""
    bands = band.bands
    rest, weight = float(c @ band.potential @ c), float(c @ band.mass @ c)
    kinetic = _by_region(band.kinetic, c).tolist()
    couplings = (bands.remote, bands.Ep, bands.Ev, bands.dso)
    terms = list(zip(kinetic, *(x.tolist() for x in couplings), strict=True))
    # plain numbers: with three regions an array costs more than its sum
    for _ in range(6):
        off, slope = rest - E * weight, weight
        for part, remote, Ep, Ev, dso in terms:
            a, b = 1 / (E - Ev), 1 / (E - Ev + dso)
            off += part * (remote + Ep / 3 * (2 * a + b))
            slope += part * Ep / 3 * (2 * a * a + b * b)
        E += off / slope
        if abs(off) < 1e-9 * slope:
            break
    return E


def nodes(c: Array) -> int:
    """Changes of sign of the values ``c`` at the nodes, the far tail left out."""
    kept = c[np.abs(c) > 1e-5 * np.abs(c).max()]
    return int(np.sum(kept[1:] * kept[:-1] < 0))


def _by_region(kinetic: Array, c: Array) -> Array:
    out: Array = (kinetic @ c) @ c
    return out


@lru_cache(maxsize=32)
def _diagonals(size: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of every element within the band, and its row in LAPACK's band storage."""
    row, column = np.nonzero(np.abs(np.subtract.outer(np.arange(size), np.arange(size))) <= width)
    return row, column, 2 * width + row - column
