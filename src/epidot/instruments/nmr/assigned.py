"""Which species a line may belong to: candidates with odds, never one alone where shifts overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from epidot.instruments.nmr.species import NEAR, Resonance, table
from epidot.matter.nuclei import nucleus

# Error of an axis that no reference line set right, in ppm (assumed: what deuterium lock and solvent leave).
UNREFERENCED = {"1H": 0.02, "13C": 0.2, "31P": 0.3, "77Se": 5.0}
_OTHER = 0.25  # of the odds before a look at the shift: something that the table does not hold
_RANGE = {"1H": 12.0, "13C": 200.0, "31P": 150.0, "77Se": 500.0}  # ppm over which that may lie
_SHOWN = 0.01
NAMED = 0.8  # odds from which a line is called by its species, if no other lies near
_P_SE = (600.0, 900.0)  # Hz: what a P=Se double bond couples with
# Whose satellites are looked for, over what couplings in Hz, and by how much in ppm the heavier isotope may
# move the middle of both (one bond to 13C: some 2 ppb; own choice of a limit).
_COUPLED = {"31P": ("77Se", 100.0, 1200.0, 0.0), "1H": ("13C", 110.0, 260.0, 0.003)}
_SAME = 3.0  # standard errors
_LACKING = 1e-3  # odds of what lacks its satellites
_SHOWS = 8.0  # standard errors of an area from which they show
_KNOWN = 1 / 3  # of the area that a satellite should have: an error above that excludes nothing


@dataclass
class Line:
    """One fitted line; ``group`` tells which window it is in, ``name`` what it is called."""

    ppm: float
    sigma_ppm: float | None
    width_ppm: float
    sigma_width: float | None
    area: float
    sigma_area: float | None
    group: int
    index: int
    candidates: list[dict[str, Any]] = field(default_factory=list)
    name: str = ""
    satellite_of: float | None = None
    without: str = ""  # the nucleus whose satellites would show beside it and do not


def candidates(line: Line, seen: str, axis: float) -> list[dict[str, Any]]:
    """Species with their odds, the likeliest first; ``axis`` is the error of the axis in ppm.

    A species whose satellites would show and do not is next to none.
    """
    rows: list[tuple[Resonance, float, float]] = []
    for one in table().species.values():
        for r in one.of(seen):
            if r.on == "solid":
                continue
            sigma = math.hypot(r.shift.sigma or 0.0, axis, line.sigma_ppm or 0.0) or 1e-6
            off = line.ppm - r.shift.value
            lacks = _LACKING if line.without and line.without in r.couplings else 1.0
            rows.append((r, off, lacks * math.exp(-0.5 * (off / sigma) ** 2) / sigma))
    other = _OTHER / (1 - _OTHER) * max(len(rows), 1) * math.sqrt(2 * math.pi) / _RANGE.get(seen, 100.0)
    total = sum(w for _, _, w in rows) + other
    out = [
        {"species": r.species, "group": r.group, "table_ppm": r.shift.value, "odds": w / total}
        for r, off, w in rows
        if w / total >= _SHOWN or abs(off) <= NEAR.get(seen, 1.0)
    ]
    out.append({"species": "something else", "group": "", "table_ppm": None, "odds": other / total})
    return sorted(out, key=lambda each: -float(each["odds"]))


def assign(lines: Sequence[Line], seen: str, axis: float) -> None:
    """Give every line its candidates, and a name where one species alone lies near."""
    for line in lines:
        if line.satellite_of is not None:
            continue
        line.candidates = candidates(line, seen, axis)
        best = line.candidates[0]
        near = {c["species"] for c in line.candidates if c["species"] != "something else"}
        if len(near) == 1 and best["odds"] >= NAMED and best["species"] in near:
            line.name = str(best["species"])
    for name in {line.name for line in lines if line.name}:
        own = [line for line in lines if line.name == name]
        if len(own) > 1:  # two lines cannot both be it
            for line in own:
                line.name = ""


def mark_lacking(
    lines: Sequence[Line], coupled: Sequence[dict[str, Any]], MHz: float | None, seen: str,
    span: tuple[float, float],
) -> list[str]:  # fmt: skip
    """Mark the lines beside which satellites would show and do not (``without``), and what to say of those
    that lie where a species with them does; ``span`` / ppm is what was recorded."""
    if MHz is None or seen not in _COUPLED:
        return []
    partner = _COUPLED[seen][0]
    share = nucleus(partner).abundance
    species = [r for one in table().species.values() for r in one.of(seen) if partner in r.couplings]
    said = []
    for line in lines:
        expected = share / 2 / (1 - share) * line.area
        if line.satellite_of is not None or any(row["line_ppm"] == line.ppm for row in coupled):
            continue
        if line.sigma_area is None or not expected > _SHOWS * line.sigma_area:
            continue
        for r in species:
            if abs(line.ppm - r.shift.value) > NEAR.get(seen, 1.0):
                continue
            half = r.couplings[partner].value / 2 / MHz
            places = (line.ppm - half, line.ppm + half)
            near = max(2 * line.width_ppm, 0.1 * half)
            hidden = any(abs(o.ppm - at) < near for o in lines for at in places)
            if hidden or half < near or not all(span[0] < at < span[1] for at in places):
                continue
            line.without = partner
            said.append(
                f"line at {line.ppm:.2f} ppm: {r.species} would show {partner} satellites of {share / 2:.1%} "
                f"each at {places[1]:.2f} and {places[0]:.2f} ppm, and there are none: it is not that"
            )
    return list(dict.fromkeys(said))


def satellites(lines: Sequence[Line], MHz: float | None, seen: str) -> list[dict[str, Any]]:
    """Pairs of lines on both sides of a third, each with half the natural share of a coupled partner.

    A pair is marked (``satellite_of``); J in Hz with its error.
    """
    if MHz is None or seen not in _COUPLED:
        return []
    partner, least, most, moved = _COUPLED[seen]
    share = nucleus(partner).abundance
    out = []
    for main in lines:
        best: tuple[float, Line, Line] | None = None
        expected = share / 2 / (1 - share) * main.area
        if not expected > 0 or main.sigma_area is None:
            continue
        known = [one for one in lines if one is not main and 0 < (one.sigma_area or 0) < _KNOWN * expected]
        for low in known:
            J = 2 * (main.ppm - low.ppm) * MHz
            if not least <= J <= most:
                continue
            for high in known:
                off = high.ppm + low.ppm - 2 * main.ppm
                place = math.hypot(high.sigma_ppm or 0, low.sigma_ppm or 0, 2 * (main.sigma_ppm or 0))
                wide = 0.1 * main.width_ppm + 2 * moved
                if abs(off) > _SAME * place + wide:
                    continue
                pulls = [
                    (s.area - expected) / math.hypot(s.sigma_area or 0, 0.15 * expected) for s in (low, high)
                ]
                if all(abs(p) < _SAME for p in pulls):
                    misfit = sum(p * p for p in pulls)
                    if best is None or misfit < best[0]:
                        best = misfit, low, high
        if best is not None and main.satellite_of is None:
            _, low, high = best
            low.satellite_of = high.satellite_of = main.ppm
            J = (high.ppm - low.ppm) * MHz
            sigma = math.hypot(high.sigma_ppm or 0, low.sigma_ppm or 0) * MHz
            seen_share = (low.area + high.area) / (low.area + high.area + main.area)
            row: dict[str, Any] = {
                "line_ppm": main.ppm, "partner": partner, "J_Hz": J, "sigma_Hz": sigma or None,
                "share": seen_share, "natural_share": share,
            }  # fmt: skip
            row["satellites_ppm"] = [high.ppm, low.ppm]
            if partner == "77Se" and _P_SE[0] <= J <= _P_SE[1]:
                row["flag"] = (
                    f"{J:.0f} Hz is of the size of a P=Se double bond (trialkylphosphine selenides: "
                    "670 to 690 Hz), not of a single P-Se bond (200 to 500 Hz)"
                )
            out.append(row)
    return out
