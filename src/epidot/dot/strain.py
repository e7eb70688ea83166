"""Misfit strain of a layered dot and the shift of its phonon: eqs 4 and 5 of choi2023, and beyond.

Sign: negative is compression.  A shell with a smaller lattice (ZnSe, ZnS on InP) compresses the core.
Eq 5 as printed takes eps as a positive number and gives a positive strain; here eps is
(a_shell - a_core) / a_core, so the same equation gives the sign the paper states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from epidot.dot import elasticity
from epidot.dot.coherency import coherency, parameters
from epidot.dot.elasticity import Average
from epidot.dot.layers import LayeredDot
from epidot.errors import InputError, nearest
from epidot.parameter import Parameter

if TYPE_CHECKING:
    from epidot.matter.compound import Material

Method = Literal["shells", "paper", "none"]
ELASTIC = ("C11_GPa", "C12_GPa", "C44_GPa")
METHODS: tuple[Method, ...] = ("shells", "paper", "none")

# A dot of atoms strains less than the coherent continuum (VRH), most so under thin shells, without anything
# having slipped.  Mean over InP/ZnSe, InP/ZnS, CdSe/CdS, CdSe/ZnS and CdSe/ZnSe on cores of 2.4, 3.3 and
# 4.5 nm, and the spread over these: a share, so that it can stand beside other misfits.
_SOURCE = (
    "atoms at rest under Keating's forces, C11 and C12 of the material files (benchmarks/relax.py --table)"
)
ATOMISTIC_SHARE: tuple[tuple[float, Parameter], ...] = tuple(
    (nm, Parameter(f"atomistic share at {nm:g} nm", share, "", _SOURCE, "fitted", sigma=sigma))
    for nm, share, sigma in (
        (0.2, 0.261, 0.114),
        (0.35, 0.508, 0.128),
        (0.5, 0.655, 0.088),
        (0.7, 0.755, 0.052),
        (1.0, 0.799, 0.037),
        (1.35, 0.818, 0.032),
        (2.0, 0.829, 0.032),
    )
)


@dataclass(frozen=True)
class Strain:
    """Hydrostatic strain of a dot.

    ``core`` is da/a of the core; ``regions`` the hydrostatic elastic strain of the core and each shell
    (a third of the trace; constant within a region).  ``spread`` gives ``core`` by each model that could
    be asked, all with this dot's coherency; ``rests_on`` the names of the parameters used, by status.
    """

    core: float
    regions: tuple[float, ...]
    method: str
    spread: Mapping[str, float]
    rests_on: Mapping[str, list[str]]

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest core strain among the models of ``spread``."""
        values = [self.core, *self.spread.values()]
        return min(values), max(values)

    @property
    def sigma(self) -> float:
        """Half the distance between the bounds: the uncertainty to state for ``core``."""
        low, high = self.bounds
        return (high - low) / 2


def strain(
    dot: LayeredDot,
    method: Method = "shells",
    *,
    average: Average = "vrh",
    spread: bool = True,
    lookup: Callable[[str], Material] | None = None,
) -> Strain:
    """Strain of the core and every shell of ``dot``.

    ``shells``: multi-shell elastic sphere with each material's own isotropic moduli (``average`` of C11,
    C12, C44).  A shell's free lattice constant is a_eff_i = a_eff_(i-1) + s_i (a_i - a_(i-1)), where s_i is
    the layer's coherency (or that of its misfit to the core, :mod:`epidot.dot.coherency`) times its
    crystalline fraction: an amorphous or relaxed part strains nothing.  ``paper``: eq 5 with
    nu = C12/(C11+C12) of the core and every shell coherent; several shells enter with their volume-weighted
    misfit, which is exact for equal moduli.
    ``none``: no strain.  ``spread=False`` leaves the other models out (faster).  ``lookup`` finds a material
    by name; the default is :func:`epidot.matter.materials.material`.

    Raises
    ------
    InputError
        For an unknown material, method or average.
    """
    if method not in METHODS:
        raise InputError("unknown strain method", seen=str(method), nearest=nearest(str(method), METHODS))
    if average not in elasticity.AVERAGES:
        raise InputError(
            "unknown average", seen=str(average), nearest=nearest(str(average), elasticity.AVERAGES)
        )
    if method == "none" or not dot.shells:
        return Strain(0.0, (0.0,) * (1 + len(dot.shells)), method, {}, {})
    find = lookup or _material
    stuff = [find(dot.core), *(find(layer.material) for layer in dot.shells)]
    radii = dot.radii_nm
    lattice = np.array([m["a_nm"] for m in stuff])
    share = [
        (coherency(stuff[0], m) if layer.coherency is None else layer.coherency) * layer.crystalline
        for m, layer in zip(stuff[1:], dot.shells, strict=True)
    ]
    misfit = _eigenstrain(lattice, np.array(share))
    coherent = _eigenstrain(lattice, np.ones(len(share)))
    regions = (
        _paper(radii, coherent, stuff[0]) if method == "paper" else _shells(radii, misfit, stuff, average)
    )
    models: dict[str, float] = {}
    if spread:
        models = {f"shells {name}": _shells(radii, misfit, stuff, name)[0] for name in elasticity.AVERAGES}
        thickness = radii[-1] - radii[0]
        models["eq 5"] = _paper(radii, misfit, stuff[0])[0]
        models["atomistic"] = models["shells vrh"] * atomistic_share(thickness)
    keys = ("a_nm", *ELASTIC)
    rests = _rests_on(stuff, keys if method == "shells" else keys[:3])
    for name, parameter in _defaults(stuff, dot).items() if method == "shells" else ():
        rests.setdefault(parameter.status, []).append(name)
    return Strain(
        float(regions[0]),
        tuple(float(x) for x in regions),
        method,
        {k: float(v) for k, v in models.items()},
        {status: sorted(set(names)) for status, names in rests.items()},
    )


def _defaults(stuff: list[Material], dot: LayeredDot) -> dict[str, Parameter]:
    """What stands behind the coherency of the layers that were given none."""
    out: dict[str, Parameter] = {}
    for m in (m for m, layer in zip(stuff[1:], dot.shells, strict=True) if layer.coherency is None):
        own = "coherency" in m
        out |= (
            {f"{m.name}.coherency": m.parameter("coherency")}
            if own
            else {f"strain.{k}": p for k, p in parameters().items()}
        )
    return out


def _material(name: str) -> Material:
    from epidot.matter.materials import material

    return material(name)


def _eigenstrain(lattice: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """e_i of every region relative to the core's lattice."""
    free = np.concatenate([[0.0], np.cumsum(share * np.diff(lattice))])
    return np.asarray(free / lattice[0])


def _shells(
    radii: NDArray[np.float64], misfit: NDArray[np.float64], stuff: list[Material], average: Average
) -> NDArray[np.float64]:
    moduli = [_moduli(m, average) for m in stuff]
    return elasticity.solve(radii, [k for k, _ in moduli], [g for _, g in moduli], misfit).hydrostatic


def _moduli(m: Material, average: Average) -> tuple[float, float]:
    return elasticity.isotropic_moduli(m["C11_GPa"], m["C12_GPa"], m["C44_GPa"], average)


def _paper(radii: NDArray[np.float64], misfit: NDArray[np.float64], core: Material) -> NDArray[np.float64]:
    """Core by eq 5; shells by the same elastic problem (equal moduli of that nu)."""
    nu = core["C12_GPa"] / (core["C11_GPa"] + core["C12_GPa"])
    volumes = np.diff(radii**3)
    eps = float(np.sum(misfit[1:] * volumes) / np.sum(volumes))
    one = np.ones_like(radii)
    regions = elasticity.solve(radii, one, one * 1.5 * (1 - 2 * nu) / (1 + nu), misfit).hydrostatic
    regions[0] = paper_strain(eps, nu, float(radii[-1]), float(radii[0]))
    return regions


def _rests_on(stuff: list[Material], keys: tuple[str, ...]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for m in stuff:
        for key in keys:
            out.setdefault(m.parameter(key).status, []).append(f"{m.name}.{key}")
    return out


def atomistic_share(thickness_nm: float) -> float:
    """Core strain of the relaxed atoms over that of the elastic spheres, for a shell this thick.

    Linear between the thicknesses of :data:`ATOMISTIC_SHARE`, to nothing at nothing, constant beyond.
    """
    x, share = zip(*((nm, p.value) for nm, p in ATOMISTIC_SHARE), strict=True)
    return float(np.interp(thickness_nm, (0.0, *x), (0.0, *share)))


def paper_strain(eps: float, nu: float, R_nm: float, r_c_nm: float) -> float:
    """Eq 5 of choi2023 as printed: da/a = 2 eps (1-2nu)/(1-nu) (3d+3d^2+d^3)/(3(1+d)^3), d = (R-r_c)/r_c.

    For the printed inputs (0.0345, 0.36, 2.35 nm, 1.65 nm) it gives +0.00658; the paper prints -0.00646
    (claim C024).  The sign of the result is that of ``eps``.

    Raises
    ------
    ValueError
        If R < r_c, r_c <= 0 or nu is outside (-1, 0.5].
    """
    if not (r_c_nm > 0 and R_nm >= r_c_nm):
        raise ValueError(f"eq 5 needs R >= r_c > 0, got R = {R_nm} nm and r_c = {r_c_nm} nm")
    if not -1 < nu <= 0.5:
        raise ValueError(f"a Poisson ratio lies in (-1, 0.5], got {nu}")
    d = (R_nm - r_c_nm) / r_c_nm
    return 2 * eps * (1 - 2 * nu) / (1 - nu) * (3 * d + 3 * d**2 + d**3) / (3 * (1 + d) ** 3)


def phonon_shift(strain: float, gamma: float) -> float:
    """Eq 4 of choi2023: relative shift of the LO phonon, (1 + 3 da/a)^(-gamma) - 1.

    Phonon confinement and under-coordination are not in it.

    Raises
    ------
    ValueError
        If 1 + 3 da/a is not positive.
    """
    volume = 1 + 3 * strain
    if not volume > 0:
        raise ValueError(f"a strain of {strain} leaves no volume")
    return float(volume ** (-gamma) - 1)


def strain_from_phonon(shift_rel: float, gamma: float) -> float:
    """Eq 4 solved for da/a, from the relative shift (omega - omega_0)/omega_0.

    Raises
    ------
    ValueError
        If the shifted phonon has no positive frequency or gamma is 0.
    """
    if not shift_rel > -1:
        raise ValueError(f"a relative shift of {shift_rel} leaves no positive frequency")
    if gamma == 0:
        raise ValueError("a mode with gamma = 0 does not tell the strain")
    return float(((1 + shift_rel) ** (-1 / gamma) - 1) / 3)
