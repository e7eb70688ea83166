"""Solvents and how fast something diffuses in them: viscosity, Stokes-Einstein, molecules by their mass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from epidot.constants import K_B_J, N_A
from epidot.documents import data_document, top
from epidot.errors import InputError
from epidot.matter import names
from epidot.parameter import Parameter


@dataclass(frozen=True)
class Solvent:
    """``coefficients`` c of η = exp(c1 + c2/T + c3 ln T + c4 T^c5) in Pa s between ``low_K`` and ``high_K``,
    good to the share ``width``; ``molar_mass`` in g/mol."""

    name: str
    aliases: tuple[str, ...]
    molar_mass: float
    coefficients: tuple[float, ...]
    low_K: float
    high_K: float
    width: float
    source: str

    def viscosity(self, temperature_K: float) -> tuple[float, float]:
        """η and its standard error in Pa s.

        Raises
        ------
        InputError
            Outside the range of temperature in which it is known.
        """
        T = temperature_K
        if not self.low_K <= T <= self.high_K:
            raise InputError(
                f"the viscosity of {self.name} is not known at this temperature",
                seen=f"{T:g} K",
                nearest=(f"{self.low_K:g} to {self.high_K:g} K",),
                remedy="give viscosity_mPa_s",
            )
        c = self.coefficients
        eta: float = math.exp(c[0] + c[1] / T + c[2] * math.log(T) + c[3] * T ** c[4])
        return eta, self.width * eta


@lru_cache(maxsize=1)
def small_molecules() -> dict[str, Parameter]:
    """``density_kg_m3`` and relative ``spread`` of the law :func:`small_molecule`."""
    page = top(data_document("solvents.yaml"))
    found = page["small_molecules"].parameters()
    page.faults.raise_if_any()
    return found


@lru_cache(maxsize=1)
def diffusion_limits() -> dict[str, Parameter]:
    """Fastest and slowest D, smallest and largest hydrodynamic radius of what diffuses in a liquid."""
    page = top(data_document("solvents.yaml"))
    found = page["diffusion_limits"].parameters()
    page.faults.raise_if_any()
    return found


@lru_cache(maxsize=1)
def _all() -> tuple[Solvent, ...]:
    page = top(data_document("solvents.yaml"))
    found = []
    for name, entry in page["solvents"].table().items():
        entry.fields(("aliases", "molar_mass", "viscosity"))
        row = entry["viscosity"]
        row.fields(("coefficients", "low_K", "high_K", "width", "status", "source", "note"))
        source, _, _ = row.provenance()
        found.append(
            Solvent(
                name,
                tuple(entry["aliases"].names()),
                entry["molar_mass"].number(1.0, 1e4),
                tuple(one.number() for one in row["coefficients"].rows("coefficient")),
                row["low_K"].number(1.0),
                row["high_K"].number(1.0),
                row["width"].number(0.0, 1.0),
                source,
            )
        )
    page.faults.raise_if_any()
    return tuple(found)


def solvent_names() -> tuple[str, ...]:
    """Names of all solvents."""
    return tuple(one.name for one in _all())


def solvent(name: str) -> Solvent:
    """The solvent of that name or alias.

    Raises
    ------
    InputError
        If there is none, with the nearest names.
    """
    shown = [n for one in _all() for n in (one.name, *one.aliases)]
    remedy = (
        f"known are {', '.join(solvent_names())}; of another one the viscosity can be given where D is read"
    )
    return names.look_up(
        "solvent", name, names.index((one, (one.name, *one.aliases)) for one in _all()), shown, remedy
    )


def stokes_einstein(radius_nm: float, temperature_K: float, viscosity_Pa_s: float) -> float:
    """D in m²/s of a sphere to which its solvent sticks: kT / (6 π η r)."""
    return K_B_J * temperature_K / (6 * math.pi * viscosity_Pa_s * radius_nm * 1e-9)


def radius_nm(D_m2_per_s: float, temperature_K: float, viscosity_Pa_s: float) -> float:
    """Radius in nm of the sphere that diffuses as fast."""
    return K_B_J * temperature_K / (6 * math.pi * viscosity_Pa_s * D_m2_per_s) * 1e9


def small_molecule(
    molar_mass: float, solvent_molar_mass: float, temperature_K: float, viscosity_Pa_s: float
) -> float:
    """D in m²/s of a compact organic molecule by its molar mass (g/mol).

    Stokes-Einstein with the friction of Gierer and Wirtz and one effective density (SEGWE, evans2018):
    D = kT (3α/2 + 1/(1+α)) / (6 π η r), α the ratio of the radii of solvent and solute.
    """
    alpha: float = (solvent_molar_mass / molar_mass) ** (1 / 3)
    density = small_molecules()["density_kg_m3"].value
    r = float((3 * molar_mass * 1e-3 / (4 * math.pi * density * N_A)) ** (1 / 3))
    return K_B_J * temperature_K * (1.5 * alpha + 1 / (1 + alpha)) / (6 * math.pi * viscosity_Pa_s * r)
