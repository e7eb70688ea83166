"""The hole: six-band spherical Luttinger states as a vector field with spin, in its weak form.

The valence state is a vector field V (the x, y, z Bloch functions) times spin 1/2, with

    E = Ev − (ħ²/2m0) [ M |∇V|² + (L − M) |div V|² ] + (2Δ/3) I·S − Δ/3 .

A block has total momentum F and parity; its channels are vector spherical harmonics, orbital momentum
L of the envelope coupled with I = 1 to Λ, and Λ with the spin to F.  ``Ln`` names the block: Λ = Ln
with L = Ln ± 1 (the channels that have a divergence), and the transverse channel L = Λt of the other
Λt = 2F − Ln.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HBAR2_2M
from epidot.light.states.bands import Bands
from epidot.light.states.mesh import Mesh, combined

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Channel:
    """Orbital momentum ``L`` of the envelope and total orbital momentum ``Lambda``."""

    L: int
    Lambda: int

    @property
    def divergence(self) -> tuple[float, float] | None:
        """(prefactor, c): div = prefactor (a' + c a/r); ``None`` for the transverse channel."""
        k = self.Lambda
        if self.L == k - 1:
            return math.sqrt(k / (2 * k + 1)), -(k - 1.0)
        if self.L == k + 1:
            return -math.sqrt((k + 1) / (2 * k + 1)), k + 2.0
        return None


@dataclass(frozen=True)
class Hole:
    """One hole level: ``E`` is the electron energy of the valence state, below Ev by the confinement.

    ``v`` (channels, q) are the radial functions at the Gauss points, ``density`` (q,) is r² times the
    probability density.  ``twoF`` is 2F.
    """

    twoF: int
    Ln: int
    n: int
    E: float
    channels: tuple[Channel, ...]
    v: Array
    density: Array

    @property
    def label(self) -> str:
        """For instance ``1S3/2``: the lowest orbital momentum of the block, then F."""
        return f"{self.n}{'SPDFGHIK'[min(c.L for c in self.channels)]}{self.twoF}/2"


def six_j(*args: float) -> float:
    """Wigner's 6j symbol {a b c; d e f} by Racah's formula (small momenta only)."""
    a, b, c, d, e, f = (round(2 * x) for x in args)

    def triangle(x: int, y: int, z: int) -> float:
        if (x + y + z) % 2 or not abs(x - y) <= z <= x + y:
            return 0.0
        up = [(x + y - z) // 2, (x - y + z) // 2, (-x + y + z) // 2]
        return math.prod(math.factorial(k) for k in up) / math.factorial((x + y + z) // 2 + 1)

    triads = [(a, b, c), (a, e, f), (d, b, f), (d, e, c)]
    scale = math.prod(triangle(*t) for t in triads)
    if scale == 0:
        return 0.0
    low = [sum(t) // 2 for t in triads]
    high = [(a + b + d + e) // 2, (b + c + e + f) // 2, (a + c + d + f) // 2]
    total = 0.0
    for t in range(max(low), min(high) + 1):
        bottom = math.prod(math.factorial(t - k) for k in low) * math.prod(
            math.factorial(k - t) for k in high
        )
        total += (-1) ** t * math.factorial(t + 1) / bottom
    return math.sqrt(scale) * total


@lru_cache(maxsize=64)
def channels(twoF: int, Ln: int) -> tuple[Channel, ...]:
    """The channels of the block, at most three."""
    if 2 * Ln not in (twoF - 1, twoF + 1):
        raise ValueError(f"no block with F = {twoF}/2 and Ln = {Ln}")
    out = []
    if Ln >= 1:
        out.append(Channel(Ln - 1, Ln))
    out.append(Channel(Ln + 1, Ln))
    other = twoF - Ln
    if other >= 1:
        out.append(Channel(other, other))
    return tuple(out)


@lru_cache(maxsize=64)
def spin_orbit(twoF: int, Ln: int) -> Array:
    """I·S between the channels of a block: diagonal in L and J = I + S, so one recoupling gives it."""
    F = twoF / 2
    those = channels(twoF, Ln)
    out = np.zeros((len(those), len(those)))
    for i, p in enumerate(those):
        for j, q in enumerate(those):
            if p.L != q.L:
                continue
            for J, value in ((0.5, -1.0), (1.5, 0.5)):
                left, right = (
                    math.sqrt((2 * c.Lambda + 1) * (2 * J + 1)) * six_j(c.L, 1, c.Lambda, 0.5, F, J)
                    for c in (p, q)
                )
                out[i, j] += left * right * value  # the phases depend on L and F only and cancel
    return out


def valence_matrix(mesh: Mesh, bands: Bands, twoF: int, Ln: int, light: Array) -> tuple[Array, Array]:
    """(H, overlap) of −E for a block; ``light`` is L per region (reduced in the eight-band problem)."""
    those = channels(twoF, Ln)
    n, size = len(those), mesh.size
    M = HBAR2_2M * bands.M
    extra = HBAR2_2M * (light - bands.M)
    stiff, extra_stiff = combined(M, mesh.stiff), combined(extra, mesh.stiff)
    plain, extra_plain = combined(M, mesh.plain), combined(extra, mesh.plain)
    mixed = combined(extra, mesh.mixed)
    edge = combined(bands.dso / 3 - bands.Ev, mesh.mass)
    split = combined(-2 * bands.dso / 3, mesh.mass)
    overlap = mesh.mass.sum(axis=0)
    recoupling = spin_orbit(twoF, Ln)
    H, S = np.zeros((n, size, n, size)), np.zeros((n, size, n, size))
    for i, p in enumerate(those):
        S[i, :, i] = overlap
        H[i, :, i] += stiff + p.L * (p.L + 1) * plain + edge
        for j, q in enumerate(those):
            if recoupling[i, j]:
                H[i, :, j] += recoupling[i, j] * split
            if p.divergence is None or q.divergence is None:
                continue
            (a, ca), (b, cb) = p.divergence, q.divergence
            H[i, :, j] += a * b * (extra_stiff + cb * mixed + ca * mixed.T + ca * cb * extra_plain)
    keep = regular(mesh, those)
    return H.reshape(n * size, n * size)[np.ix_(keep, keep)], S.reshape(n * size, n * size)[
        np.ix_(keep, keep)
    ]


def regular(mesh: Mesh, those: tuple[Channel, ...]) -> NDArray[np.intp]:
    """Free unknowns: every node of every channel but the origin where L > 0."""
    free = np.ones((len(those), mesh.size), dtype=bool)
    free[:, 0] = [c.L == 0 for c in those]
    return np.flatnonzero(free)


def solve_holes(mesh: Mesh, bands: Bands, twoF: int = 3, Ln: int = 1, count: int = 1) -> tuple[Hole, ...]:
    """The ``count`` highest valence states of block (F, Ln), best bound to the core first."""
    from scipy.linalg import eigh

    H, S = valence_matrix(mesh, bands, twoF, Ln, bands.L)
    values, vectors = eigh(H, S, subset_by_index=(0, count - 1), check_finite=False, overwrite_a=True)
    those = channels(twoF, Ln)
    out = []
    for k in range(count):
        full = np.zeros(len(those) * mesh.size)
        full[regular(mesh, those)] = vectors[:, k]
        v = full.reshape(len(those), mesh.size) @ mesh.value.T
        density = mesh.r**2 * np.sum(v * v, axis=0)
        out.append(Hole(twoF, Ln, k + 1, -float(values[k]), those, v, density))
    return tuple(out)


def count_holes(mesh: Mesh, bands: Bands, twoF: int, Ln: int, above_eV: float) -> int:
    """How many valence states of block (F, Ln) lie above ``above_eV``: the inertia of E S − H (Sylvester)."""
    from scipy.linalg import ldl

    H, S = valence_matrix(mesh, bands, twoF, Ln, bands.L)
    d = ldl(H + above_eV * S)[1]
    return int(np.sum(np.linalg.eigvalsh(d) < 0))
