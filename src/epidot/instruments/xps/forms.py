"""Which form the lines of a region have, and what is left open where several describe it alike.

A line that is drawn out, or a state that is wider than another, looks like more states than there are.  So
where one level has several lines, or more is left than noise, they are fitted in every form, and fewer of
them; the one that needs the fewest parameters for what it describes is taken.  Where another form with other
states is as good, the shares of the states are not known, and what that does to the areas is in their errors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from epidot.errors import InputError
from epidot.instruments.xps.lines import SUM, VOIGT
from epidot.instruments.xps.region import Form, Found, Model
from epidot.instruments.xps.search import merged

_ALIKE = 10.0  # variances of the noise: a form that is worse by less is not excluded
_ROUGH = 4.0  # standard errors by which the misfit of noise may exceed 1
_NO_WEIGHT = 1e-4


def weighed(plain: Found | None, asked: bool = False) -> Found | None:
    """The best form of the lines that were found ``plain``, with what the others leave open.

    Where the states were ``asked`` for, their number is not in question.
    """
    if plain is None or not plain.settled:
        return plain
    each = [plain]
    if _rough(plain):
        each += _fewer(plain, Form(VOIGT), asked)
    profile = min(each, key=lambda one: one.cost).form.profile
    if len(each) > 1 or (_several(plain) and not asked):
        each += [*_fewer(plain, Form(tail=True), asked), *_fewer(plain, Form(profile, own=True), asked)]
    each = [one for one in each if one.settled]
    unit = min(one.unit for one in each)
    best = _best(each, unit)
    rivals = tuple(one for one in each if _states(one) != _states(best) and _alike(one, best, unit))
    areas, places = _spread(best, rivals, unit)
    if not best.form.tail:
        best = _with_twin(best, unit)
    return replace(best, rivals=rivals, spread=areas, moved=places)


def _best(each: Sequence[Found], unit: float) -> Found:
    """The least that describes the region.  Lines of semiconductors, oxides and ligands are symmetric: one
    that is drawn out is believed where nothing symmetric comes near."""
    even = [one for one in each if not one.form.tail]
    drawn = min((one for one in each if one.form.tail), key=lambda one: one.score(unit), default=None)
    if drawn is not None and not any(_alike(one, drawn, unit) for one in even):
        return drawn
    return min(even, key=lambda one: one.score(unit))


def _criterion(found: Found, unit: float) -> float:
    """Akaike's: by it a form is excluded, which asks less of a parameter than to be taken for a line."""
    return found.cost / unit + 2 * len(found.fitted.names)


def _alike(one: Found, best: Found, unit: float) -> bool:
    return _criterion(one, unit) < _criterion(best, unit) + _ALIKE


def _states(found: Found) -> Counter[str]:
    return Counter(line.level.name for line in found.lines)


def _several(found: Found) -> bool:
    return max(_states(found).values()) > 1


def _rough(found: Found) -> bool:
    """Whether more is left than noise."""
    freedom = found.fitted.statistics["degrees_of_freedom"]
    known = found.region.kind != "analog" or found.region.known_sigma is not None
    times = found.fitted.misfit * (1.0 if known else float(found.weight[0]))
    return bool(times > 1 + _ROUGH * np.sqrt(2 / max(freedom, 1.0)))


def _fewer(plain: Found, form: Form, asked: bool) -> list[Found]:
    """The same lines in another form, then, unless they were ``asked`` for, without the smallest as long as
    its level has others."""
    out = []
    kept = list(range(len(plain.lines)))
    while True:
        here = _refitted(plain, form, kept)
        out += [here] if here is not None else []
        count = Counter(plain.lines[k].level for k in kept)
        spare = [k for k in kept if count[plain.lines[k].level] > 1]
        if asked or not spare:
            return out
        kept.remove(min(spare, key=plain.area))


def _refitted(found: Found, form: Form, kept: Sequence[int]) -> Found | None:
    """Some of the lines in another form; nothing where two become one, or there are too few readings."""
    lines = tuple(replace(found.lines[k], place=found.centre(k)) for k in kept)
    widths = {one.name: found.width(one) for one in found.levels}
    try:
        other = Model(found.region, lines, found.ground, form).fitted([found.area(k) for k in kept], widths)
    except InputError:
        return None
    return None if merged(other) else other


def _spread(best: Found, rivals: tuple[Found, ...], unit: float) -> tuple[dict[str, float], dict[str, float]]:
    """By how much the area of a level, and the place of its largest line, may be others for the rivals."""
    each = [best, *rivals]
    weight = np.exp(-0.5 * np.array([_criterion(one, unit) - _criterion(best, unit) for one in each]))
    weight /= weight.sum()
    out: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for level in best.levels:
        there = [(w, one) for w, one in zip(weight.tolist(), each, strict=True) if one.of(level)]
        areas = [(w, sum(one.area(k) for k in one.of(level))) for w, one in there]
        places = [(w, one.place(max(one.of(level), key=one.area))) for w, one in there]
        for told, values in zip(out, (areas, places), strict=True):
            told[level.name] = float(np.sqrt(sum(w * (v - values[0][1]) ** 2 for w, v in values)))
    return out


def _with_twin(found: Found, unit: float) -> Found:
    """The mean over both profiles by their weights, with what they differ by in the covariance.

    The curve stays that of ``found``.
    """
    profile = SUM if found.form.profile == VOIGT else VOIGT
    twin = _refitted(found, replace(found.form, profile=profile), range(len(found.lines)))
    if twin is None:
        return found
    share = 1 / (1 + np.exp(np.clip((twin.cost - found.cost) / (2 * unit), -50, 50)))
    if not twin.settled or share < _NO_WEIGHT:
        return found
    apart = twin.fitted.values - found.fitted.values
    covariance = (1 - share) * found.fitted.covariance + share * twin.fitted.covariance
    fitted = replace(
        found.fitted,
        values=found.fitted.values + share * apart,
        covariance=covariance + share * (1 - share) * np.outer(apart, apart),
    )
    return replace(found, fitted=fitted)
