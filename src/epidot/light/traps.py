"""Traps of one dot: how many there are on average, and what they do to its excitation.

One law for grown and for described dots, by undercoordination.  The number of traps of a dot is a Poisson
number.  Two classes:

- *deep*, irreversible: a phosphorus of the core's surface with an open bond.  So many for every core-surface
  cation that no shell closes, by what closes the cation (:data:`BESIDE`): carboxylate or hydroxide of the
  core's own cation, zinc carboxylate, halide.  A cation with oxide counts as one with carboxylate until a
  shell closes over it;
- *reversible*: it takes the excitation up at ``k_t``, gives it back at ``k_d`` or loses it at ``k_n``.  One
  for every chalcogenide that brought no zinc of its own, for every cation without any ligand, for so many
  oxide units that are or ever were at the interface and were not repaired, and for every anion of the
  outer surface that no metal carboxylate or halide heals, as far as the electron reaches that surface.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import LayeredDot
from epidot.dot.outer import short_of_a_layer
from epidot.light.parameters import number
from epidot.matter.materials import material

Array = NDArray[np.float64]

NEGLIGIBLE = 1e-10
PNICTIDES = ("P", "As")  # whose open bonds trap a hole deeply; those of a chalcogenide are reversible traps
BESIDE = {  # constant -> the dangling bonds beside one core-surface cation that is closed so
    "carboxylate": "dangling_beside_carboxylate",
    "zinc": "dangling_beside_zinc",
    "halide": "dangling_beside_halide",
}


@dataclass(frozen=True)
class TrapRates:
    """Rates in 1/ns: capture by one deep trap; capture, release, loss of one reversible trap; the rest."""

    k_deep: float
    k_t: float
    k_d: float
    k_n: float
    k_0: float = 0.0


@dataclass(frozen=True)
class TrapMeans:
    """Mean numbers of traps per dot: deep ones; reversible ones of oxide, outer surface and open bonds."""

    deep: float
    oxide: float
    surface: float = 0.0
    open: float = 0.0
    known: bool = True  # False: nothing is known of the surface, and none were assumed

    @property
    def reversible(self) -> float:
        """All reversible ones: a sum of Poisson numbers is one."""
        return self.oxide + self.surface + self.open


@dataclass(frozen=True)
class Components:
    """A decay as a sum of exponentials: I(t) = Σ ``amplitude`` exp(−``rate`` t), both (n,).

    Amplitudes are emission rates (they sum to the mean radiative rate), so Σ amplitude/rate is the PLQY.
    """

    amplitude: Array
    rate: Array

    @property
    def plqy(self) -> float:
        """Photons out per excitation."""
        return float(np.sum(self.amplitude / self.rate))

    @property
    def tau_amplitude_ns(self) -> float:
        """∫ I dt / I(0); NaN of dots that do not emit."""
        at_once = float(self.amplitude.sum())
        return self.plqy / at_once if at_once > 0 else math.nan

    @property
    def tau_intensity_ns(self) -> float:
        """∫ t I dt / ∫ I dt; NaN of dots that do not emit."""
        whole = self.plqy
        return float(np.sum(self.amplitude / self.rate**2)) / whole if whole > 0 else math.nan

    def intensity(self, t_ns: Array) -> Array:
        """I(t)/I(0) at ``t_ns`` (m,), zero before the pulse."""
        t = np.asarray(t_ns, dtype=np.float64)
        keep = self.amplitude > NEGLIGIBLE * self.amplitude.sum()
        curve = np.exp(-np.multiply.outer(np.maximum(t, 0.0), self.rate[keep])) @ self.amplitude[keep]
        out: Array = np.where(t < 0, 0.0, curve / self.amplitude[keep].sum())
        return out


def trap_rates(choice: Mapping[str, float] | None = None) -> TrapRates:
    """The rates of ``data/light.yaml``; ``choice`` overrides by name."""
    chosen = dict(choice or {})

    def get(name: str) -> float:
        return chosen.get(name, number(name))

    return TrapRates(
        get("trap_deep_per_ns"),
        get("trap_capture_per_ns"),
        get("trap_release_per_ns"),
        get("trap_loss_per_ns"),
        get("background_loss_per_ns"),
    )


def reached(density_nm3: float, choice: Mapping[str, float] | None = None) -> float:
    """Share of the outer surface's traps that act: ρ/(ρ + ρ₀) for an electron density ρ there.

    A trap whose capture, in proportion to ρ, is slow against emission does nothing; ρ₀ is where both are
    alike (``trap_reach_per_nm3``).
    """
    half = (choice or {}).get("trap_reach_per_nm3", number("trap_reach_per_nm3"))
    return density_nm3 / (density_nm3 + half) if math.isfinite(density_nm3) else 1.0


def uncovered(dot: LayeredDot) -> dict[str, float]:
    """Core-surface cations of ``dot`` that no shell closes, by what closes them instead (keys of BESIDE).

    What is neither covered nor said to be closed otherwise is closed by carboxylate or hydroxide.  A cation
    under a chalcogenide that brought no zinc is not covered.  Oxide is closed with the first layer: of the
    units now at the surface the share counts that the shell, in layers, is short of one.
    """
    if dot.sites <= 0:
        return dict.fromkeys(BESIDE, 0.0)
    covered = max(0.0, min(max(dot.coverage, 0.0), 1.0) * dot.sites - dot.open_anions)
    said = dot.zinc_capped + dot.halide_capped + dot.bare_cations
    rest = max(0.0, dot.sites - covered - dot.oxide - said)
    oxide = min(dot.oxide, dot.sites - covered) * short_of_a_layer(dot)
    return {
        "carboxylate": rest + dot.bare_cations + oxide,
        "zinc": dot.zinc_capped,
        "halide": dot.halide_capped,
    }


def without_law(dot: LayeredDot, first_layer: float = 1.0) -> float:
    """Core-surface cations of ``dot`` that no shell closes and whose traps no law tells.

    ``first_layer`` is how full growth left the first layer: a cation with one chalcogenide counts as covered,
    and where the places beside it are empty it is open still.

    :data:`BESIDE` counts the open bonds of pnictides.  What stands beside an open cation of another core was
    never fitted, and none at all is no finding: such dots would be stated as of 100 % yield.
    """
    if any(anion in PNICTIDES for anion in material(dot.core).anions):
        return 0.0
    return max(sum(uncovered(dot).values()), dot.sites * (1 - first_layer))


def trap_means(
    dot: LayeredDot, choice: Mapping[str, float] | None = None, density_nm3: float = math.inf
) -> TrapMeans:
    """Mean numbers of traps of ``dot`` from its surface: what closes its cations and anions, and its oxide.

    ``density_nm3`` is the electron's probability density at the outer surface, which decides how many of
    ``surface_traps`` act (all of them where it is not given).  A dot without ``sites`` says nothing about
    its surface: no traps, ``known=False``.
    """
    if dot.sites <= 0:
        return TrapMeans(0.0, 0.0, known=False)
    chosen = dict(choice or {})

    def get(name: str) -> float:
        return chosen.get(name, number(name))

    deep = 0.0
    if any(anion in PNICTIDES for anion in material(dot.core).anions):
        deep = sum(n * get(BESIDE[kind]) for kind, n in uncovered(dot).items() if n)
    oxide = get("traps_per_oxide") * (dot.oxide + dot.oxide_memory)
    surface = dot.surface_traps * reached(density_nm3, choice) if dot.surface_traps else 0.0
    bonds = dot.open_anions + get("traps_per_bare_cation") * dot.bare_cations
    return TrapMeans(deep, oxide, surface, bonds)


def poisson(mean: float) -> tuple[Array, Array]:
    """Numbers 0, 1, ... and their probabilities, cut where the rest is below 1e-12 and made to sum to 1."""
    top = math.ceil(mean + 8 * math.sqrt(mean) + 12)
    n = np.arange(top + 1, dtype=np.float64)
    if mean <= 0:
        return n[:1], np.ones(1)
    log = n * math.log(mean) - mean - np.array([math.lgamma(k + 1) for k in range(top + 1)])
    p = np.exp(log)
    keep = p > 1e-12
    return n[keep], p[keep] / p[keep].sum()


def components(k_r: float, means: TrapMeans, rates: TrapRates) -> Components:
    """Decay of many equal dots, exact: two exponentials for each pair of trap numbers.

    With a deep and b reversible traps the excited state X and the trapped state T obey
    X' = −(k_r + k_0 + a k_deep + b k_t) X + k_d T,  T' = b k_t X − (k_d + k_n) T,  X(0) = 1.
    """
    a, pa = poisson(means.deep)
    b, pb = poisson(means.reversible)
    p = np.multiply.outer(pa, pb).ravel()
    out = np.add.outer(k_r + rates.k_0 + a * rates.k_deep, b * rates.k_t).ravel()
    taken = np.broadcast_to(b * rates.k_t, (a.size, b.size)).ravel()
    back = rates.k_d + rates.k_n
    half = (out + back) / 2
    root = np.sqrt(((out - back) / 2) ** 2 + taken * rates.k_d)
    fast = half + root
    slow = (out * back - taken * rates.k_d) / fast  # from the product of the roots: no cancellation
    share = np.divide(fast - back, 2 * root, out=np.ones_like(root), where=root > 1e-14)
    # X(t) = share e^(-fast t) + (1 - share) e^(-slow t); without detrapping one of them drops out.
    amplitude = k_r * np.concatenate([p * share, p * (1 - share)])
    rate = np.concatenate([fast, slow])
    live = (amplitude > 0) & (rate > 0)
    return Components(amplitude[live], rate[live])
