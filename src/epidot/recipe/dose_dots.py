"""Which dots a dose is for, and how many: as given, or from the first exciton peak and the absorbance."""

from __future__ import annotations

import math

from epidot.errors import Faults
from epidot.quantities import Quantity

_DIAMETERS_NM = (0.8, 30.0)


def size(core: str, diameter: float | None, peak: float | None, faults: Faults) -> Quantity | None:
    """The core's diameter in nm, as given or from the first exciton peak; ``None`` if a fault was noted."""
    if (diameter is None) == (peak is None):
        what = "the core's size is missing" if diameter is None else "the core's size is given twice"
        faults.add(what, remedy='give either the diameter ("3.3nm") or the first exciton peak ("580nm")')
        return None
    low, high = _DIAMETERS_NM
    if diameter is not None:
        if not low <= diameter <= high:
            faults.add(
                f"a core's diameter lies between {low:g} and {high:g} nm",
                seen=f"{diameter:g} nm",
                remedy="check the unit, and that it is not the peak's wavelength",
            )
            return None
        return Quantity(float(diameter), None, "nm", "given")
    assert peak is not None
    found: Quantity | None = None
    with faults.catching():
        from epidot.matter.sizing import diameter as by_peak

        found = by_peak(core, peak)
    if found is not None and found.value is None:
        faults.add("the peak gives no size", seen=f"{peak:g} nm", remedy=found.note or "give the diameter")
        return None
    return found


def amount(
    core: str,
    given: float | None,
    absorbance: float | None,
    path_cm: float | None,
    volume_L: float | None,
    peak: float | None,
    diameter: float | None,
    faults: Faults,
) -> Quantity | None:
    """Moles of dots, as given or from the absorbance; ``None`` if a fault was noted."""
    if (given is None) == (absorbance is None):
        what = "the amount of dots is missing" if given is None else "the amount of dots is given twice"
        faults.add(what, remedy='give either the amount ("220nmol") or the absorbance with the volume')
        return None
    if given is not None:
        for what, value in (("optical path", path_cm), ("volume", volume_L)):
            if value is not None:
                faults.add(
                    f"the {what} belongs to an absorbance", remedy=f"leave out the {what}, or the amount"
                )
        if not (math.isfinite(given) and 0 < given < 1):
            faults.add("the amount of dots must lie between 0 and 1 mol", seen=f"{given:g} mol")
            return None
        return Quantity(float(given), None, "mol", "given")
    assert absorbance is not None
    before = len(faults.found)
    if not (math.isfinite(absorbance) and 0 < absorbance < 10):
        faults.add("an absorbance lies between 0 and 10", seen=f"{absorbance:g}")
    path_cm = 1.0 if path_cm is None else path_cm
    if not (math.isfinite(path_cm) and 0 < path_cm <= 100):
        faults.add("the optical path lies between 0 and 100 cm", seen=f"{path_cm:g} cm")
    if volume_L is None:
        faults.add("the volume of the measured solution is missing", remedy='give it, e.g. "5mL"')
    elif not (math.isfinite(volume_L) and volume_L > 0):
        faults.add("the volume must be positive", seen=f"{volume_L:g} L")
    with faults.catching():
        from epidot.matter import sizing

        at = peak
        if at is None and diameter is not None:
            at = sizing.first_exciton_nm(core, diameter).value
        if at is not None:
            epsilon = sizing.extinction(core, at)
            if len(faults.found) > before or not epsilon.value or volume_L is None:
                return None
            mol = absorbance / (epsilon.value * path_cm) * volume_L
            sigma = None if epsilon.sigma is None else mol * epsilon.sigma / epsilon.value
            return Quantity(mol, sigma, "mol", f"absorbance over {epsilon.method}", epsilon.note)
    return None
