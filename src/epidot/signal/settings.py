"""What the head of a spectrum says: excitation and bandwidth in nm, the time of a reading in s."""

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


_TIME = re.compile(
    r"\b(?:integration|dwell|exposure|counting)[ _]?time\W*(?P<before>s|sec|seconds|ms|msec)?\W*?[:=,;\t ]\s*"
    r"(?P<value>[0-9]+(?:[.,][0-9]+)?)\s*(?P<after>s|sec|seconds|ms|msec)?\b",
    re.IGNORECASE,
)


def stated_seconds(lines: Iterable[str]) -> float | None:
    """For how many seconds each reading was taken, if the lines around a table say it with its unit."""
    match = _TIME.search("\n".join(lines))
    unit = match and (match["after"] or match["before"])
    if not match or not unit:
        return None
    value = float(match["value"].replace(",", ".")) * (1e-3 if unit.lower().startswith("m") else 1.0)
    return value if 1e-6 <= value <= 1e5 else None
