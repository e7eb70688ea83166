"""One published relation between the first exciton and the diameter, and how it is written in a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epidot.constants import HC
from epidot.documents import Entry, cite
from epidot.parameter import Parameter

_FORMS: Mapping[str, tuple[str, ...]] = {
    "polynomial": ("coefficients",),
    "power": ("gap_eV", "k", "n"),
    "two points": ("gap_eV", "points"),
}
# Numbers of an extinction coefficient, and the forms that need them.
_EXTINCTION: Mapping[str, tuple[str, ...]] = {
    "factor": ("diameter", "energy"),
    "power": ("diameter",),
    "base": ("energy",),
    "decay_eV": ("energy",),
    "hwhm_eV": ("energy",),
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


def read(entry: Entry, material: str, own: Mapping[str, str]) -> SizingCurve | None:
    """One curve as written, or ``None`` with what is wrong with it noted; ``own`` are the file's sources."""
    before = len(entry.faults.found)
    row = entry.fields(_KEYS, ("name", "source", "status", "form", "first_exciton_nm"))
    form = row["form"].choice(tuple(_FORMS), "power")
    for key in _FORMS[form] if row["form"] else ():
        if not row[key]:
            row[key].missing()
    source, status, note = row.provenance(own)
    valid = [x.number(1, 1e5) for x in row["first_exciton_nm"].rows("first_exciton_nm")]
    if len(valid) != 2 and row["first_exciton_nm"]:
        row["first_exciton_nm"].refuse("must be two wavelengths")
    for key in ("gap_eV", "k", "n", "rms_eV"):
        row[key].number(default=0.0)
    for x in row["coefficients"].rows("coefficient"):
        x.number()
    for pair in row["points"].rows("point"):
        if [0 < x.number(default=0.0) for x in pair.rows("number")] != [True, True]:
            pair.refuse("must be two numbers above 0, nm and nm")
    if row["extinction"]:
        law = row["extinction"].fields(("form", "relative_error", *_EXTINCTION), ("form",))
        for key in (k for k, of in _EXTINCTION.items() if law["form"].value in of or law[k]):
            law[key].number()
    error = row["relative_error"].parameter(own=own) if row["relative_error"] else None
    if len(entry.faults.found) > before:
        return None
    return SizingCurve(
        name=row["name"].text(),
        material=material,
        source=cite(source, own),
        status=status,
        valid_nm=(valid[0], valid[1]),
        relative_error=error,
        rms_eV=row["rms_eV"].value,
        compared=row["compared"].flag(True),
        note=note,
        law=row.value,
        extinction_law=row["extinction"].value,
    )
