"""What a diffusion coefficient says of size: hydrodynamic radius, ligand shell, molar mass of a molecule."""

from __future__ import annotations

import math

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.matter.solvents import diffusion_limits, radius_nm, small_molecule, small_molecules, solvent
from epidot.quantities import Quantity
from epidot.signal import Signal

_COMPACT = 1500.0  # g/mol up to which D tells a molar mass


def sizes(D: Quantity, signal: Signal, chosen: Settings) -> dict[str, Quantity]:
    """Hydrodynamic radius, ligand shell and the molar mass of a small molecule that diffuses so."""
    how = "Stokes-Einstein: kT / (6 pi eta D)"
    temperature = float(chosen["temperature_K"] or signal.meta.get("temperature_K") or 0.0)
    name = chosen["solvent"] or signal.meta.get("solvent")
    given = chosen["viscosity_mPa_s"]
    missing = [
        what
        for what, there in (("temperature_K", temperature), ("solvent or viscosity_mPa_s", name or given))
        if not there
    ]
    if missing:
        why = f"the file does not say and nobody gave: {', '.join(missing)}"
        return {"r_h_nm": Quantity(None, None, "nm", how, why)}
    assert D.value is not None
    try:
        known = None if given is not None else solvent(str(name))
        eta, eta_sigma = (given * 1e-3, 0.0) if known is None else known.viscosity(temperature)
    except InputError as error:
        if chosen["solvent"] is not None:
            raise
        return {"r_h_nm": Quantity(None, None, "nm", how, f"by the file: {error}")}
    r = radius_nm(D.value, temperature, eta)
    sigma = None if D.sigma is None else r * math.hypot(D.sigma / D.value, eta_sigma / eta)
    by = f"viscosity {eta * 1e3:.4g} mPa s" + ("" if known is None else f" of {known.name}")
    found = {"r_h_nm": Quantity(r, sigma, "nm", how, by)}
    if (diameter := chosen["diameter_nm"]) is not None:
        method = "hydrodynamic radius less that of the inorganic dot"
        found["ligand_shell_nm"] = Quantity(r - diameter / 2, sigma, "nm", method)
    if known is not None and (mass := _mass(D.value, known.molar_mass, temperature, eta)) is not None:
        wide = small_molecules()["spread"].value
        # near 500 g/mol D goes with about the square root of the mass
        spread = mass * 2 * math.hypot(wide, (D.sigma or 0.0) / D.value)
        method = "molar mass of a compact molecule that diffuses so (SEGWE)"
        found["molar_mass_g_per_mol"] = Quantity(mass, spread, "g/mol", method, "not for dots or chains")
    return found


def outside(found: dict[str, Quantity]) -> str | None:
    """Why a result is not that of a molecule or a dot in a liquid, or ``None``."""
    limits = diffusion_limits()
    slow, fast, small, large = (
        limits[n].value for n in ("slowest_m2_per_s", "fastest_m2_per_s", "smallest_nm", "largest_nm")
    )
    asked = "are the gradients in their unit (G/cm is 0.01 T/m), the times in ms, is it this nucleus?"
    D = found["D_m2_per_s"].value
    if D is not None and not slow <= D <= fast:
        return f"D of {D:.2g} m2/s is not that of a molecule or dot in a solution: {asked}"
    r = found["r_h_nm"].value
    if r is not None and not small <= r <= large:
        return f"a radius of {r:.2g} nm is not that of a molecule or dot in a solution: {asked}"
    return None


def _mass(D: float, of_solvent: float, temperature_K: float, eta: float) -> float | None:
    from scipy.optimize import brentq

    def off(mass: float) -> float:
        return small_molecule(mass, of_solvent, temperature_K, eta) - D

    if off(15.0) < 0 or off(_COMPACT) > 0:
        return None
    return float(brentq(off, 15.0, _COMPACT))
