"""What the head of a spectrum says about the instrument: excitation and bandwidth, in nm."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NUMBER = r"\s*(?:\(nm\)|\[nm\]|/ ?nm)?\s*[:=,;\t ]\s*(?P<value>[0-9]+(?:[.,][0-9]+)?)"
_PATTERNS = {
    # Hitachi "EX WL:", Cary Eclipse "Ex. Wavelength (nm)", JASCO "Ex wavelength", "Excitation: 400 nm"
    "excitation_nm": (
        rf"\b(?:ex|excitation)\.?\s*(?:wl|wave ?length|park)\.?{_NUMBER}",
        rf"\bexcitation{_NUMBER}",
        # Edinburgh: the wavelength that an emission scan holds fixed
        r"Type\W+Emission Scan[^\0]{0,400}?Fixed/Offset[,;\t ]+(?P<value>[0-9]+(?:\.[0-9]+)?)",
    ),
    # of the side that scans: an emission spectrum's emission slit first, then a spectrophotometer's only one
    "bandwidth_nm": (
        rf"\b(?:em|emission)\.?\s*(?:slit|band ?width|band ?pass)(?:\s*width)?{_NUMBER}",
        rf"^\W*(?:sbw|spectral band ?width|slit ?width|band ?width|slit)\.?{_NUMBER}",
    ),
}
_FOUND = {
    name: [re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns]
    for name, patterns in _PATTERNS.items()
}
_RANGE = {"excitation_nm": (150.0, 2000.0), "bandwidth_nm": (0.01, 50.0)}


def stated_settings(lines: Iterable[str]) -> dict[str, float]:
    """``excitation_nm`` and ``bandwidth_nm``, as far as the lines around a table say them."""
    text = "\n".join(lines)
    out = {}
    for name, patterns in _FOUND.items():
        for pattern in patterns:
            match = pattern.search(text)
            if match is None:
                continue
            value = float(match["value"].replace(",", "."))
            if _RANGE[name][0] <= value <= _RANGE[name][1]:
                out[name] = value
                break
    return out
