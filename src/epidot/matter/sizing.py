"""Sizes from spectra: published curves, what they say of each other, and extinction coefficients.

No curve is the truth: a diameter comes with the spread between the curves that may be used there and
with the default curve's own error.  Curves are data, under ``sizing`` in the file of their material.
"""

from __future__ import annotations

import math

from epidot.errors import InputError, nearest
from epidot.matter.materials import material as find
from epidot.matter.materials import names
from epidot.matter.sizing_curve import SizingCurve
from epidot.quantities import Quantity


def materials() -> tuple[str, ...]:
    """Materials that have sizing curves."""
    return tuple(sorted(name for name in names() if find(name).sizing))


def curves(material: str) -> tuple[SizingCurve, ...]:
    """Every sizing curve of a material, the default first.

    Raises
    ------
    InputError
        If there is none for it.
    """
    found = find(material).sizing if material in names() else ()
    if not found:
        raise InputError(
            "no sizing curve for this material",
            seen=material,
            nearest=nearest(material, materials()),
            remedy=f"there are curves for {', '.join(materials())}; otherwise give the diameter",
        )
    return found


def diameter(material: str, first_exciton_nm: float) -> Quantity:
    """Diameter in nm from the wavelength of the first exciton in nm.

    The value is the default curve's; sigma joins the root-mean-square distance of the other curves that
    may be used there and the default curve's own error.  The note names every curve and its value.

    Raises
    ------
    InputError
        If there is no curve for the material, or none covers this wavelength.
    """
    every = curves(material)
    valid = [curve for curve in every if curve.compared and curve.covers(first_exciton_nm)]
    if not valid:
        raise _outside(material, f"{first_exciton_nm:g} nm", [c.valid_nm for c in every if c.compared])
    default = valid[0]
    value = default.diameter_nm(first_exciton_nm)
    spread = _distance(value, [curve.diameter_nm(first_exciton_nm) for curve in valid[1:]])
    sigma = math.hypot(spread, default.error_nm(first_exciton_nm))
    aside = [c for c in every if not c.compared and c.covers(first_exciton_nm)]
    note = "; ".join(
        [
            ", ".join(f"{c.name} {c.diameter_nm(first_exciton_nm):.2f} nm" for c in valid),
            f"spread {spread:.2f} nm" if len(valid) > 1 else "only one curve covers this wavelength",
            *(f"not compared: {c.name} {c.diameter_nm(first_exciton_nm):.2f} nm ({c.note})" for c in aside),
        ]
    )
    return Quantity(value, sigma, "nm", f"sizing curve {default.name}", note)


def first_exciton_nm(material: str, diameter_nm: float) -> Quantity:
    """Wavelength of the first exciton in nm from the diameter in nm; sigma and errors as :func:`diameter`.

    Raises
    ------
    InputError
        If there is no curve for the material, or none covers this diameter.
    """
    every = [curve for curve in curves(material) if curve.compared]
    answers = [(c, nm) for c in every if (nm := c.first_exciton_nm(diameter_nm)) is not None]
    if not answers:
        ranges = [(c.diameter_nm(c.valid_nm[0]), c.diameter_nm(c.valid_nm[1])) for c in every]
        raise _outside(material, f"{diameter_nm:g} nm", ranges)
    default, value = answers[0]
    spread = _distance(value, [nm for _, nm in answers[1:]])
    sigma = math.hypot(spread, default.error_nm(value) / default.slope(value))
    note = ", ".join(f"{c.name} {nm:.0f} nm" for c, nm in answers)
    return Quantity(value, sigma, "nm", f"sizing curve {default.name}", note)


def extinction(material: str, first_exciton_nm: float, hwhm_eV: float | None = None) -> Quantity:
    """Molar decadic extinction coefficient at the first exciton in L/(mol cm).

    ``hwhm_eV`` is the half width at half maximum of the first peak on its red side: a broader peak is
    lower at equal concentration.  With it, a curve that is normalised to a width is used; without it, the
    default curve, valid for samples as narrow as those it was measured on.

    Raises
    ------
    InputError
        If there is no coefficient that can be trusted (InP, ZnSe ...), or none covers this wavelength.
    """
    having = []
    if material in materials():
        having = [curve for curve in curves(material) if curve.extinction_law is not None]
    if not having:
        others = [m for m in materials() if any(c.extinction_law is not None for c in curves(m))]
        raise InputError(
            f"no trusted extinction coefficient for {material}",
            remedy=f"give the amount of dots, e.g. 220 nmol (coefficients exist for {', '.join(others)})",
        )
    if hwhm_eV is not None and not (math.isfinite(hwhm_eV) and hwhm_eV > 0):
        raise InputError("a half width must be above zero", seen=f"{hwhm_eV} eV")
    valid = [curve for curve in having if curve.covers(first_exciton_nm)]
    if not valid:
        raise _outside(material, f"{first_exciton_nm:g} nm", [curve.valid_nm for curve in having])
    default = valid[0]
    if hwhm_eV is not None:
        default = next((c for c in valid if c.extinction_law and "hwhm_eV" in c.extinction_law), default)
    assert default.extinction_law is not None
    corrected = hwhm_eV is not None and "hwhm_eV" in default.extinction_law
    value = default.extinction(first_exciton_nm, hwhm_eV)
    plain = {curve.name: curve.extinction(first_exciton_nm) for curve in valid}
    others_at_once = [each for name, each in plain.items() if name != default.name]
    spread = _distance(1.0, [each / plain[default.name] for each in others_at_once])
    relative = math.hypot(spread, float(default.extinction_law.get("relative_error", 0.0)))
    note = ", ".join(f"{name} {each:.3g}" for name, each in plain.items()) + (
        f" before the correction to a half width of {hwhm_eV:g} eV"
        if corrected
        else "; not corrected for the width of the peak"
    )
    return Quantity(value, relative * value, "L/(mol cm)", f"extinction coefficient of {default.name}", note)


def _distance(value: float, others: list[float]) -> float:
    """Root-mean-square distance of the other curves from the default; 0 if there are none."""
    return math.sqrt(math.fsum((x - value) ** 2 for x in others) / len(others)) if others else 0.0


def _outside(material: str, seen: str, ranges: list[tuple[float, float]]) -> InputError:
    low, high = min(r[0] for r in ranges), max(r[1] for r in ranges)
    return InputError(
        f"outside every sizing curve of {material}",
        seen=seen,
        remedy=f"the curves reach from {low:.3g} to {high:.3g} nm",
    )
