"""The powder pattern a diffractometer would show of given dots: Debye's sum over their own atoms at rest."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.dot.atoms import of_layers
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.dot.relax import relax
from epidot.errors import InputError
from epidot.instruments.contract import Dots
from epidot.instruments.options import Settings
from epidot.instruments.xrd.beam import beam
from epidot.instruments.xrd.debye import debye
from epidot.instruments.xrd.factors import factor
from epidot.signal import Signal
from epidot.signal.noise import noisy

Array = NDArray[np.float64]


def simulated(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """See :func:`epidot.instruments.xrd.simulate`; ``setup`` are the settled options."""
    angle = angles(setup)
    shown = drawn(dots, int(setup["dots"]))
    rays = beam(setup["radiation"], setup["monochromator_deg"], setup["fwhm_deg"])
    low, high = rays.q_range(angle)
    reach = max(dot.diameter_nm for dot in shown) + 1.0
    q = np.linspace(low, high, int((high - low) * 8 * reach / np.pi) + 32)
    # thermal motion blurs the distances, not the atoms themselves
    thermal = np.exp(-(q**2) * float(setup["u2_A2"]) / 100)
    total = np.zeros(q.size)
    for dot in shown:
        alone, together = _scattered(dot.core, dot.core_diameter_nm, dot.shells, low, high, q.size)
        total += alone + thermal * (together - alone)
    clean = rays.footprint(q, angle, float(setup["zero_deg"])) @ total
    # what else scatters: solvent and ligands, as broad as their chains are wide apart
    halo = np.exp(-0.5 * ((angle - float(setup["halo_at_deg"])) / HALO_DEG) ** 2)
    mean = (
        clean / clean.max() * float(setup["counts"])
        + float(setup["background"])
        + float(setup["halo"]) * halo
    )
    signal = Signal(
        "xrd", angle, mean, "2theta", "deg", "intensity", "counts", "counts", "simulated",
        meta={"setup": dict(setup), "radiation": setup["radiation"], "phase": shown[0].core},
    )  # fmt: skip
    return signal if rng is None else noisy(signal, rng)


HALO_DEG = 3.0  # standard deviation of the halo


@lru_cache(maxsize=64)
def _scattered(
    core: str, core_nm: float, shells: tuple[Layer, ...], low: float, high: float, n: int
) -> tuple[Array, Array]:
    """Scattering of the atoms one by one and together at ``n`` values of Q from ``low`` to ``high``."""
    q = np.linspace(low, high, n)
    species, position = atoms(LayeredDot(core, core_nm, shells))
    kinds, numbers = np.unique(species, return_counts=True)
    alone = sum(m * factor(str(el), q) ** 2 for el, m in zip(kinds, numbers, strict=True))
    return np.asarray(alone), debye(species, position, q, factor)


def angles(setup: Settings) -> Array:
    """2theta from ``start_deg`` to ``stop_deg`` in steps of ``step_deg``, shape (n,).

    Raises
    ------
    InputError
        If fewer than 50 points are left.
    """
    start, stop, step = (float(setup[n]) for n in ("start_deg", "stop_deg", "step_deg"))
    if stop - start < 50 * step:
        what = "start_deg, stop_deg and step_deg leave fewer than 50 points"
        raise InputError(what, seen=f"{start:g}, {stop:g}, {step:g}")
    return start + step * np.arange(int((stop - start) / step + 1.5), dtype=np.float64)


def drawn(dots: Dots, most: int) -> list[LayeredDot]:
    """Up to ``most`` dots that stand for all, in equal steps through their sizes."""
    every = list(dots.dots) if isinstance(dots, Population) else list(dots)
    every.sort(key=lambda dot: dot.diameter_nm)
    if len(every) <= most:
        return every
    at = (np.arange(most) + 0.5) / most * len(every)
    return [every[int(i)] for i in at]


def atoms(dot: LayeredDot) -> tuple[NDArray[np.str_], Array]:
    """Species (n,) and positions (n, 3) / nm of the inorganic atoms, at rest where a shell strains them."""
    placed = of_layers(dot, np.random.default_rng(0))
    if dot.shells:
        placed = relax(placed).atoms
    return placed.species, placed.position_nm
