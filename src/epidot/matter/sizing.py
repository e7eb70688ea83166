"""Sizes from spectra: published curves, what they say of each other, and extinction coefficients.

No curve is the truth: a diameter comes with the spread between the curves that may be used there and
with the default curve's own error.  Curves are data, under ``sizing`` in the file of their material.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from epidot.constants import HC
from epidot.documents import Document, mapping
from epidot.errors import Fault, Faults, InputError, nearest
from epidot.matter.compound import Material
from epidot.matter.materials import material as find
from epidot.matter.materials import names
from epidot.matter.sources import cite, parameter
from epidot.parameter import Parameter
from epidot.quantities import Quantity

_FORMS: Mapping[str, tuple[str, ...]] = {
    "polynomial": ("coefficients",),
    "power": ("gap_eV", "k", "n"),
    "two points": ("gap_eV", "points"),
}
_KEYS = (
    "name", "source", "status", "form", "first_exciton_nm", "coefficients", "gap_eV", "k", "n", "points",
    "of", "relative_error", "rms_eV", "compared", "note", "extinction",
)  # fmt: skip
# A regular tetrahedron of edge 1 has the volume of a sphere of this diameter.
_SPHERE_OF_TETRAHEDRON = (6 / math.pi * math.sqrt(2) / 12) ** (1 / 3)


@dataclass(frozen=True)
class SizingCurve:
    """One published relation between the first exciton and the diameter.

    ``valid_nm`` is the range of first-exciton wavelengths.  ``relative_error`` (of a diameter) and
    ``rms_eV`` (of an energy) are its own error; a curve that is not ``compared`` measures something else
    (another shape) and is shown but does not enter the spread.
    """

    name: str
    material: str
    source: str
    status: str
    valid_nm: tuple[float, float]
    relative_error: Parameter | None
    rms_eV: float | None
    compared: bool
    note: str
    law: Mapping[str, Any]
    extinction_law: Mapping[str, Any] | None = None

    def covers(self, first_exciton_nm: float) -> bool:
        """Whether the wavelength lies in the curve's range."""
        return self.valid_nm[0] <= first_exciton_nm <= self.valid_nm[1]

    def diameter_nm(self, first_exciton_nm: float) -> float:
        """Diameter (of the sphere of equal volume) in nm; outside ``valid_nm`` it is an extrapolation."""
        if self.law["form"] == "polynomial":
            return math.fsum(float(c) * first_exciton_nm**n for n, c in enumerate(self.law["coefficients"]))
        gap, k, n = self.power_law()
        size = float((k / (HC / first_exciton_nm - gap)) ** (1 / n))
        return size * _SPHERE_OF_TETRAHEDRON if self.law.get("of") == "edge" else size

    def power_law(self) -> tuple[float, float, float]:
        """``gap``, ``k`` and ``n`` of E1S = gap + k size^-n, in eV and nm (not for polynomials)."""
        gap = float(self.law["gap_eV"])
        if self.law["form"] == "power":
            return gap, float(self.law["k"]), float(self.law["n"])
        (one_nm, one_d), (two_nm, two_d) = self.law["points"]
        one, two = HC / one_nm - gap, HC / two_nm - gap
        n = math.log(one / two) / math.log(two_d / one_d)
        return gap, one * one_d**n, n

    def first_exciton_nm(self, diameter_nm: float) -> float | None:
        """Wavelength of the first exciton, or ``None`` if it would lie outside the curve's range."""
        low, high = self.valid_nm
        if not self.diameter_nm(low) <= diameter_nm <= self.diameter_nm(high):
            return None
        for _ in range(60):  # every curve grows with the wavelength over its range: bisection
            middle = (low + high) / 2
            if self.diameter_nm(middle) < diameter_nm:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    def slope(self, first_exciton_nm: float) -> float:
        """Growth of the diameter with the wavelength, nm per nm."""
        step = 0.01
        return (self.diameter_nm(first_exciton_nm + step) - self.diameter_nm(first_exciton_nm - step)) / (
            2 * step
        )

    def error_nm(self, first_exciton_nm: float) -> float:
        """The curve's own standard error of a diameter in nm (0 if none is known)."""
        relative = 0.0 if self.relative_error is None else self.relative_error.value
        scatter = (self.rms_eV or 0.0) * first_exciton_nm**2 / HC * self.slope(first_exciton_nm)
        return math.hypot(relative * self.diameter_nm(first_exciton_nm), scatter)

    def extinction(self, first_exciton_nm: float, hwhm_eV: float | None = None) -> float:
        """Molar decadic extinction coefficient at the first exciton, L/(mol cm), 0 if it has none."""
        law = self.extinction_law
        if law is None:
            return 0.0
        if law["form"] == "diameter":
            return float(law["factor"] * self.diameter_nm(first_exciton_nm) ** law["power"])
        energy = HC / first_exciton_nm
        value = float(law["base"]) + float(law["factor"]) * math.exp(-energy / float(law["decay_eV"]))
        return value if hwhm_eV is None else value * float(law["hwhm_eV"]) / hwhm_eV


def materials() -> tuple[str, ...]:
    """Materials that have sizing curves."""
    return tuple(sorted(name for name in names() if _written(name)))


def _written(material: str) -> Any:
    doc = find(material).document
    return doc.data.get("sizing") if doc is not None else None


def curves(material: str) -> tuple[SizingCurve, ...]:
    """Every sizing curve of a material, the default first.

    Raises
    ------
    InputError
        If there is none for it.
    """
    if material not in names() or not _written(material):
        raise InputError(
            Fault(
                "no sizing curve for this material",
                seen=material,
                nearest=nearest(material, materials()),
                remedy=f"there are curves for {', '.join(materials())}; otherwise give the diameter",
            )
        )
    return _curves(find(material))


@lru_cache(maxsize=16)
def _curves(material: Material) -> tuple[SizingCurve, ...]:
    doc = material.document
    assert doc is not None
    faults = doc.faults()
    found = []
    for i in range(len(doc.data["sizing"])):
        entry = _entry(doc, ("sizing", i), faults)
        if entry is None:
            continue
        low, high = map(float, entry["first_exciton_nm"])
        found.append(
            SizingCurve(
                name=str(entry["name"]),
                material=material.name,
                source=cite(str(entry["source"])),
                status=str(entry["status"]),
                valid_nm=(low, high),
                relative_error=parameter(doc, ("sizing", i, "relative_error"), "relative_error", faults)
                if "relative_error" in entry
                else None,
                rms_eV=entry.get("rms_eV"),
                compared=bool(entry.get("compared", True)),
                note=str(entry.get("note") or ""),
                law=entry,
                extinction_law=entry.get("extinction"),
            )
        )
    faults.raise_if_any()
    return tuple(found)


def _entry(doc: Document, place: tuple[str, int], faults: Faults) -> Mapping[str, Any] | None:
    """One curve as written, or ``None`` with what is wrong with it noted."""
    before = len(faults.found)
    entry = mapping(doc, place, _KEYS, faults)
    form = str(entry.get("form"))
    if form not in _FORMS:
        faults.add("unknown form of a sizing curve", line=doc.line(place), seen=form, nearest=tuple(_FORMS))
        return None
    wanted = ("name", "source", "status", "first_exciton_nm", *_FORMS[form])
    if missing := [key for key in wanted if key not in entry]:
        faults.add(f"this sizing curve lacks {', '.join(missing)}", line=doc.line(place))
    for key in ("first_exciton_nm", *_FORMS[form]):
        with suppress(TypeError, ValueError):
            if key in entry and np.isfinite(np.asarray(entry[key], dtype=np.float64)).all():
                continue
        if key in entry:
            faults.add(f"{key} must be numbers", line=doc.line((*place, key)), seen=entry[key])
    return entry if len(faults.found) == before else None


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
            Fault(
                f"no trusted extinction coefficient for {material}",
                remedy=f"give the amount of dots, e.g. 220 nmol (coefficients exist for {', '.join(others)})",
            )
        )
    if hwhm_eV is not None and not (math.isfinite(hwhm_eV) and hwhm_eV > 0):
        raise InputError(Fault("a half width must be above zero", seen=f"{hwhm_eV} eV"))
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
        Fault(
            f"outside every sizing curve of {material}",
            seen=seen,
            remedy=f"the curves reach from {low:.3g} to {high:.3g} nm",
        )
    )
