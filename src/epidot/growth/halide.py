"""What halide and amine have done to the dots of a flask, at one moment; halide transport fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ATOMS = {"Zn": 0.5, "H": 1.0}  # of what comes with one ion: half a Zn of ZnX2, the H of HX


@dataclass(frozen=True)
class Ions:
    """Ions of one halide in and on the mean dot.

    ``edges_nm`` (n + 1,) of the cells; ``c`` (n,) mobile and ``trapped`` (traps, n) ions per nm³;
    ``interface`` (interface traps,) and ``adsorbed`` per dot.  ``partners_mol``: moles of ions in the flask's
    dots by what came along, "Zn" or "H".
    """

    edges_nm: Array
    c: Array
    trapped: Array
    interface: Array
    adsorbed: float
    partners_mol: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class HalideState:
    """``ions`` by halide; ``amine``, the share of the oleate replaced by amine; what was oxidised on purpose.

    ``oxidised_share`` of the core's surface cations that were free of oxide, and ``oxidised_units`` per dot.
    """

    ions: Mapping[str, Ions] = field(default_factory=dict)
    amine: float = 0.0
    oxidised_share: float = 0.0
    oxidised_units: float = 0.0

    def __bool__(self) -> bool:
        """Whether anything was done."""
        return bool(self.ions or self.amine or self.oxidised_share or self.oxidised_units)

    @property
    def atoms_mol(self) -> dict[str, float]:
        """Moles of atoms that are in the dots with the ions, the ions included."""
        out: dict[str, float] = {}
        for halide, ions in self.ions.items():
            for kind, mol in ions.partners_mol.items():
                out[halide] = out.get(halide, 0.0) + mol
                out[kind] = out.get(kind, 0.0) + mol * ATOMS[kind]
        return out
