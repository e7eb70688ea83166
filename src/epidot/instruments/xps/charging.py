"""Parts of a sample that charge differently: every level then shows its lines twice, equally far apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from epidot.instruments.xps.levels import Level
from epidot.instruments.xps.region import Found

_NEAR, _TIMES = 0.12, 3.0  # eV or standard errors within which distances of two levels are one,
_ALIKE = math.log(1.35)  # and of the logarithm of shares
_LIGANDS = {"C", "O"}  # whose states stand as far apart in both: C-O beside C-C, O-C=O beside O-H
_TAILS = 0.5  # of their mean, by which tails of one cause may differ
_SEEN = 5.0  # standard errors of a level's area that a second line must have to be missed where it is not


@dataclass(frozen=True)
class _Second:
    """Line ``k`` beside the largest of its level: how far above / eV, and its area over that of it."""

    found: int
    level: Level
    k: int
    off: float
    sigma: float
    share: float
    share_sigma: float

    def like(self, other: _Second) -> bool:
        error = math.hypot(self.sigma, other.sigma)
        if abs(self.off - other.off) > max(_NEAR, _TIMES * error) or self.off * other.off <= 0:
            return False
        apart = abs(math.log(self.share / other.share))
        noise = math.hypot(self.share_sigma / self.share, other.share_sigma / other.share)
        return apart < max(_ALIKE, _TIMES * noise)


def apart(found: Sequence[Found]) -> tuple[list[Found], list[str]]:
    """The regions with their lines of another charge marked, and what to say.

    Taken for charging is a second line that every level has which could show it, at one distance and with one
    share, in levels of two elements or more that are not carbon and oxygen alone.
    """
    every = [one for i, f in enumerate(found) if f.settled for one in _seconds(i, f)]
    best: list[_Second] = []
    for one in every:
        group = _group(one, every)
        elements = {each.level.element for each in group}
        if not elements - _LIGANDS:
            continue
        if len(elements) > max(len({e.level.element for e in best}), 1) and not _missing(found, one, group):
            best = group
    if not best:
        many = {level.name for f in found for level in f.inside}
        if every and len(many) == 1:
            either = "a state, or a part of the sample that is charged otherwise"
            return list(found), [f"{every[0].level.title}: a second line is {either}: C 1s would tell"]
        return list(found), []
    weight = np.array([1 / max(one.sigma, 1e-3) ** 2 for one in best])
    off = float(weight @ [one.off for one in best] / weight.sum())
    titles = ", ".join(dict.fromkeys(one.level.title for one in best))
    why = (
        f"a second line {abs(off):.2f} eV {'above' if off > 0 else 'below'} the first, with "
        f"{np.mean([one.share for one in best]):.2f} of its area, in {titles} alike: parts of the sample are "
        "charged differently (no states, and no shares of states)"
    )
    out = list(found)
    for i in {one.found for one in best}:
        out[i] = replace(out[i], charged=why, parts=frozenset(one.k for one in best if one.found == i))
    return out, [why]


def drawn_alike(found: Sequence[Found]) -> list[str]:
    """What to say where lines of several elements are drawn out by about as much."""
    tails = {f.inside[0]: f.fitted.value("tail") for f in found if f.settled and f.form.tail and f.inside}
    if len({level.element for level in tails}) < 2:
        return []
    least, most = min(tails.values()), max(tails.values())
    if most - least > _TAILS * (most + least) / 2:
        return []
    titles = ", ".join(level.title for level in tails)
    how = f"{titles} are drawn out alike, by {least:.1f} to {most:.1f} eV"
    return [f"{how}: charge that differs over the sample does that, states of one element do not"]


def _seconds(i: int, found: Found) -> list[_Second]:
    out = []
    for level in found.inside:
        lines = found.of(level)
        main = max(lines, key=found.area)
        for k in lines:
            area = found.area(main)
            errors = [found.place_error(k), found.place_error(main), found.error(found.gradient([k]))]
            if k == main or not found.area(k) > 0 or None in errors:
                continue
            a, b, c = (float(e or 0.0) for e in errors)
            off = found.place(k) - found.place(main)
            out.append(_Second(i, level, k, off, math.hypot(a, b), found.area(k) / area, c / area))
    return out


def _group(one: _Second, every: Sequence[_Second]) -> list[_Second]:
    """The line ``one`` and the nearest that is like it of every other level."""
    out = [one]
    for level in dict.fromkeys(e.level for e in every if e.level is not one.level):
        near = [e for e in every if e.level is level and e.like(one)]
        if near:
            out.append(min(near, key=lambda e: abs(e.off - one.off)))
    return out


def _missing(found: Sequence[Found], one: _Second, group: Sequence[_Second]) -> bool:
    """Whether a level that would show the second line shows none."""
    having = [each.level for each in group]
    for f in found:
        for level in f.inside if f.settled else ():
            lines = f.of(level)
            error = f.error(f.gradient(lines))
            area = f.area(max(lines, key=f.area))
            if level not in having and error is not None and one.share * area > _SEEN * error:
                return True
    return False
