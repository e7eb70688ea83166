"""Physical constants, CODATA 2018/2019 SI, in epidot's internal units (nm, s, K, eV, mol, L).

The exact ones follow from the 2019 definition of the SI; the others are CODATA 2018
(Tiesinga et al., Rev. Mod. Phys. 93, 025010 (2021), doi:10.1103/RevModPhys.93.025010).
"""

from __future__ import annotations

import math
from typing import Final

N_A: Final = 6.02214076e23  # 1/mol, exact
E_CHARGE: Final = 1.602176634e-19  # C, exact
K_B_J: Final = 1.380649e-23  # J/K, exact
H_J: Final = 6.62607015e-34  # J s, exact
C_NM_PER_S: Final = 2.99792458e17  # nm/s, exact

K_B: Final = K_B_J / E_CHARGE  # eV/K
HBAR: Final = H_J / (2 * math.pi) / E_CHARGE  # eV s
HC: Final = H_J * C_NM_PER_S / E_CHARGE  # eV nm, 1239.84198...
R_GAS: Final = K_B_J * N_A  # J/(mol K)

ALPHA: Final = 7.2973525693e-3  # fine-structure constant
MU_0: Final = 1.25663706212e-6  # vacuum magnetic permeability, N/A²
M_E_C2: Final = 0.51099895000e6  # electron rest energy, eV
HBAR2_2M: Final = (HBAR * C_NM_PER_S) ** 2 / (2 * M_E_C2)  # hbar^2 / 2 m_e, eV nm^2 (0.0380998)
COULOMB: Final = ALPHA * HBAR * C_NM_PER_S  # e^2 / (4 pi eps_0), eV nm (1.4399645)

ZERO_CELSIUS: Final = 273.15  # K
FWHM: Final = 2 * math.sqrt(2 * math.log(2))  # of a Gaussian, in its standard deviations
