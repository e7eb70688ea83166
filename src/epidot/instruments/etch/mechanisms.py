"""The four explanations of an etch profile: their parameters, and what is thought of these beforehand.

All share diffusion through the shell with a closed core, an adsorbed layer fed by a finite bath, a wash and
the repair of oxide.  ``washing`` has nothing more.  ``out-diffusion`` lets the bath lose its halide, so that
the dot gives it back during the hold (H1); ``solubility`` dissolves more in the inner shell (H2); ``traps``
catches it at some depth inside the shell (H3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from epidot.constants import K_B

MECHANISMS = ("washing", "out-diffusion", "solubility", "traps")
REFERENCE_K = 573.15  # temperature at which all rates but D are given
CDTE_D0_NM2_S, CDTE_DH_EV = 7.1e12, 1.60
_TRIAL = "assumed: trial set of the halide model; wide"
_CDTE = "Cl in CdTe, 7.1e-2 exp(-1.60 eV/kT) cm2/s (Shaw and Watson 1984), the only analogue; wide"


@dataclass(frozen=True)
class Prior:
    """A parameter before the data: normal with this mean and standard deviation."""

    name: str
    unit: str
    mean: float
    sd: float
    meaning: str
    source: str = _TRIAL


COMMON = (
    Prior("lnD", "ln(nm2/s)", 0.0, 4.6, "diffusion coefficient of the shell at the hottest treatment", _CDTE),
    Prior("dH", "eV", CDTE_DH_EV, 1.0, "its activation enthalpy", _CDTE),
    Prior("lnS", "ln(nm-3)", math.log(10.0), 2.0, "concentration below a full adsorbed layer, at 300 °C"),
    Prior("dHS", "eV", -0.15, 0.2, "its enthalpy"),
    Prior("lnka", "ln(nm3/s)", math.log(40.0), 2.0, "adsorption, at 300 °C"),
    Prior("Ea", "eV", 0.77, 0.3, "its activation energy"),
    Prior("lnK", "ln(nm3)", math.log(76.0), 1.5, "adsorption equilibrium, at 300 °C"),
    Prior("lnwash", "1", math.log(0.1), 1.0, "share of the adsorbed layer that survives the work-up (ln)"),
    Prior("lnNox", "1", math.log(2.0), 0.7, "oxide units at the core that take up one halide each (ln)"),
)
OWN = {
    "washing": (),
    "out-diffusion": (
        Prior("lnkl", "ln(1/s)", math.log(3e-3), 1.5, "loss of halide from the bath, at 300 °C"),
        Prior("El", "eV", 0.98, 0.2, "its activation energy"),
    ),
    "solubility": (Prior("lns", "1", 1.0, 0.7, "partition of the inner shell against the outer (ln)"),),
    "traps": (
        Prior("lnNt", "1", math.log(200.0), 1.0, "traps per dot, in a zone a fifth of the shell thick (ln)"),
        Prior("zt", "1", 0.5, 0.2, "depth of the zone's middle, in parts of the shell"),
        Prior("lnKt", "ln(nm3)", math.log(30.0), 1.5, "binding of a trap, at 300 °C"),
    ),
}
# Not seen by any profile (their posterior is their prior): held.
HELD = {
    "leave": (0.18, 1.0, "exchange of the lattice with the adsorbed layer, nm/s at 300 °C and eV"),
    "adsorption_eV": (-0.22, 0.0, "enthalpy of adsorption, eV"),
    "sites_nm2": (4.0, 0.0, "adsorption sites per nm²"),
    "cap_nm3": (5.0, 0.0, "lattice sites a halide may take, per nm³"),
    "repair": (0.0185, 0.3, "repair, nm³/s at 300 °C and eV"),
    "trap_capture": (0.1, 0.5, "capture by a trap, nm³/s at 300 °C and eV"),
    "trap_binding_eV": (-0.5, 0.0, "enthalpy of binding to a trap, eV"),
}


def priors(mechanism: str, kelvin: float) -> tuple[Prior, ...]:
    """All free parameters of a mechanism, in the order of its vectors; ln D is that at ``kelvin``."""
    analogue = math.log(CDTE_D0_NM2_S) - CDTE_DH_EV / (K_B * kelvin)
    return (replace(COMMON[0], mean=analogue), *COMMON[1:], *OWN[mechanism])
