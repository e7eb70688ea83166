"""Counts that link an amount of dots to an amount of material."""

from __future__ import annotations

import math

from epidot.errors import Fault, InputError


def formula_units(material: str, diameter_nm: float) -> float:
    """Formula units (P of InP, Se of CdSe) in a sphere of the bulk zinc-blende lattice: eq 1 of choi2023."""
    from epidot.matter import materials

    a = float(materials.material(material)["a_nm"])
    return 4 * math.pi * diameter_nm**3 / 6 / a**3


def shell_thickness(material: str, layers: float, convention: str | None) -> float:
    """Thickness in nm of a number of layers; raises :class:`InputError` if the convention is not said."""
    if convention is None:
        raise InputError(
            Fault(
                "layers need a convention",
                remedy='write "layer: d111", "layer: half-lattice" or e.g. "layer: 0.35 nm"',
            )
        )
    from epidot import units
    from epidot.dot import composition

    name = convention.strip()
    if name in ("d111", "half-lattice"):
        return layers * float(composition.layer_thickness_nm(material, name))
    try:
        one = units.parse(name, "length")
    except InputError:
        raise InputError(
            Fault(
                "unknown layer convention",
                seen=name,
                nearest=("d111", "half-lattice"),
                remedy='or an explicit thickness such as "0.35 nm"',
            )
        ) from None
    if not 0.05 <= one <= 1.0:
        raise InputError(Fault("one layer is between 0.05 and 1 nm thick", seen=name))
    return layers * one
