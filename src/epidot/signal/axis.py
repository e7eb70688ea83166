"""What an axis is: a quantity in a unit, and where the quantity needs one, a reference.

A Raman shift means nothing in nm without the laser's line, an angle 2θ nothing in nm⁻¹ without the wavelength
of the X-rays: without its reference an axis refuses to be converted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.errors import InputError, nearest

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """What a quantity is counted from: its name and unit."""

    name: str
    unit: str


@dataclass(frozen=True)
class Kind:
    """One quantity of an axis in its own unit: how it follows from the one its family shares, and back.

    Optical axes share the absolute wavenumber / cm⁻¹, those of diffraction the scattering vector Q / nm⁻¹.
    The second argument is the reference (NaN where none is needed).
    """

    family: str
    unit: str
    to_shared: Callable[[Array, float], Array]
    of_shared: Callable[[Array, float], Array]
    needs: Reference | None = None


LASER = Reference("wavelength of the laser", "nm")
X_RAY = Reference("wavelength of the X-rays", "nm")
CM = 1e7  # nm in a cm

KINDS = {
    "wavelength": Kind("optical", "nm", lambda x, _: CM / x, lambda k, _: CM / k),
    "photon energy": Kind("optical", "eV", lambda x, _: CM * x / HC, lambda k, _: HC * k / CM),
    "wavenumber": Kind("optical", "cm-1", lambda x, _: x, lambda k, _: k),
    "Raman shift": Kind("optical", "cm-1", lambda x, ref: CM / ref - x, lambda k, ref: CM / ref - k, LASER),
    "scattering vector": Kind("diffraction", "1/nm", lambda x, _: x, lambda q, _: q),
    "spacing": Kind("diffraction", "nm", lambda x, _: 2 * np.pi / x, lambda q, _: 2 * np.pi / q),
    "2theta": Kind(
        "diffraction",
        "degrees",
        lambda x, ref: 4 * np.pi * np.sin(np.radians(x) / 2) / ref,
        lambda q, ref: 2 * np.degrees(np.arcsin(q * ref / (4 * np.pi))),
        X_RAY,
    ),
}
# Other units of a quantity, in its own one.
_SCALES = {"nm": 1.0, "µm": 1e3, "Å": 0.1, "eV": 1.0, "cm-1": 1.0, "1/nm": 1.0, "1/Å": 10.0, "degrees": 1.0}
_SAME = ({"nm", "µm", "Å"}, {"1/nm", "1/Å"})


def convert(
    x: Array,
    quantity: str,
    unit: str,
    to: str,
    *,
    reference: float | None = None,
    where: str | None = None,
) -> Array:
    """Values ``x`` (n,) of ``quantity`` in ``unit`` as those of ``to`` in its own unit; the order is kept.

    ``reference`` is what the relative one of the two is counted from, in the unit of :class:`Reference`.

    Raises
    ------
    InputError
        If the quantities do not belong together, the unit is none of the quantity's, a reference is missing,
        or a value has no counterpart (a wavelength of zero, an angle beyond reach).
    """
    one, other = _kind(quantity, where), _kind(to, where)
    if one.family != other.family:
        family = tuple(name for name, kind in KINDS.items() if kind.family == one.family)
        raise InputError(f"{quantity} cannot be converted", where, seen=to, nearest=family)
    if unit != one.unit and not any({unit, one.unit} <= same for same in _SAME):
        raise InputError(f"not a unit of {quantity}", where, seen=unit, nearest=(one.unit,))
    own = np.asarray(x, dtype=np.float64) * (_SCALES[unit] / _SCALES[one.unit])
    needs = {kind.needs for kind in (one, other)} - {None} if quantity != to else set()
    for missing in needs if reference is None else ():
        assert missing is not None
        remedy = f"state the {missing.name} / {missing.unit}"
        raise InputError(f"{quantity} as {to} needs a reference", where, seen=unit, remedy=remedy)
    origin = np.nan if reference is None else float(reference)
    with np.errstate(all="ignore"):
        out = own if quantity == to else other.of_shared(one.to_shared(own, origin), origin)
    positive = {"wavelength", "photon energy", "wavenumber", "spacing"}
    wrong = ~np.isfinite(out) | (to in positive) & (out <= 0) | (quantity in positive) & (own <= 0)
    if np.any(wrong):
        what = f"a value of {quantity} that has no {to}"
        raise InputError(what, where, seen=f"{float(np.asarray(x)[wrong][0]):g} {unit}")
    return np.asarray(out, dtype=np.float64)


def _kind(quantity: str, where: str | None) -> Kind:
    if quantity not in KINDS:
        raise InputError(
            "no such quantity of an axis", where, seen=quantity, nearest=nearest(quantity, KINDS)
        )
    return KINDS[quantity]
