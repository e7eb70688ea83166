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
from epidot.instruments.xps.levels import Level
from epidot.instruments.xps.lines import SUM, VOIGT
from epidot.instruments.xps.region import APART, CLEAR, Form, Found, Model
from epidot.instruments.xps.search import merged

_ALIKE = 10.0  # variances of the noise: a form that is worse by less is not excluded
_ROUGH = 4.0  # standard errors by which the misfit of noise may exceed 1
_NO_WEIGHT = 1e-4
_MOST = 4  # lines of a region that are found to be two


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
    if not asked:
        each = _with_halves(each)
    unit = min(one.unit for one in each)
    best = _best(each, unit)
    rivals = tuple(one for one in each if _states(one) != _states(best) and _alike(one, best, unit))
    areas, places = _spread(best, rivals, unit)
    means = _shifted(best, [one for one in each if _alike(one, best, unit)], unit)
    for level in best.levels:
        if _wide(best, level) and any(len(one.of(level)) > 1 for one in rivals):  # equal halves are as good
            places[level.name] = max(places[level.name], _off(best.width(level), level.widths[1]))
    if not best.form.tail:
        best = _with_twin(best, unit)
    return replace(best, rivals=rivals, spread=areas, moved=places, shifted=means)


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
    known = found.region.knows_noise
    times = found.fitted.misfit * (1.0 if known else float(found.weight[0]))
    return bool(times > 1 + _ROUGH * np.sqrt(2 / max(freedom, 1.0)))


def _with_halves(each: list[Found]) -> list[Found]:
    """The forms with those in which one line more stands, where the best of them has one that may hold two.

    States nearer than their width make one broad line, which leaves no second one over for a search line by
    line.  Two in its stead are taken up where they take off as much as any other line must, and as a rival
    where lines of a width each, or a single one wider than usual, say the same with other states.
    """
    for _ in range(_MOST):
        unit = min(one.unit for one in each)
        best = _best(each, unit)
        least = min(one.cost for one in each if len(one.lines) <= len(best.lines) and not one.form.tail)
        grown = False
        for level in best.levels:
            other = _halved(best, level)
            if other is None or any(_states(one) == _states(other) and _plain(one) for one in each):
                continue
            if least - other.cost > CLEAR * other.unit:
                grown = True
                forms = (Form(SUM), Form(VOIGT), Form(tail=True), Form(best.form.profile, own=True))
                each = [*each, other, *(f for form in forms for f in _fewer(other, form, False) if f.settled)]
            elif best.form.own or _wide(best, level):
                each = [*each, other]
        if not grown:
            break
    return each


def _plain(found: Found) -> bool:
    return not (found.form.tail or found.form.own)


def _wide(found: Found, level: Level) -> bool:
    """Whether the only line of a level is as wide as two of its usual width that are just no longer one."""
    sigma = found.fitted.sigma(found.width_name(level))
    if len(found.of(level)) > 1 or sigma is None:
        return False
    usual = level.widths[1]
    return bool(_off(found.width(level) - 2 * sigma, usual) > APART * usual / 2)


def _off(width: float, narrow: float) -> float:
    """How far two equal lines of width ``narrow`` stand off their middle / eV to make one of ``width``.

    Of Gaussians the variances of their own and of their places add.
    """
    return float(np.sqrt(max(width**2 - narrow**2, 0.0) / (8 * np.log(2))))


def _halved(found: Found, level: Level) -> Found | None:
    """The same with two lines for the widest of a level, all of one width."""
    mine = found.of(level)
    each = {k: found.width_of(k) for k in mine}
    widest = max(mine, key=lambda k: each[k])
    narrow = (
        min(*each.values(), level.widths[1]) if each[widest] > level.widths[1] else 0.9 * min(each.values())
    )
    off = max(_off(each[widest], narrow), APART * narrow / 2)
    lines, areas = [], []
    for k, line in enumerate(found.lines):
        at = found.centre(k)
        for place in (at - off, at + off) if k == widest else (at,):
            lines.append(replace(line, place=float(min(max(place, line.low), line.high))))
            areas.append(found.area(k) / (2 if k == widest else 1))
    widths = {one.name: narrow if one is level else found.width(one) for one in found.levels}
    try:
        other = Model(found.region, tuple(lines), found.ground, Form(found.form.profile)).fitted(
            areas, widths
        )
    except InputError:
        return None
    return other if other.settled and not merged(other) else None


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
    weight = _weights(each, best, unit)
    out: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for level in best.levels:
        there = [(w, one) for w, one in zip(weight, each, strict=True) if one.of(level)]
        areas = [(w, sum(one.area(k) for k in one.of(level))) for w, one in there]
        places = [(w, one.place(max(one.of(level), key=one.area))) for w, one in there]
        for told, values in zip(out, (areas, places), strict=True):
            told[level.name] = float(np.sqrt(sum(w * (v - values[0][1]) ** 2 for w, v in values)))
    return out


def _shifted(best: Found, each: Sequence[Found], unit: float) -> dict[str, float]:
    """By how much the mean of a level may be another for any form that is not excluded, ``best`` among them:
    also those with the same states, since a line drawn out or not has its mean elsewhere."""
    weight = _weights(each, best, unit)
    out = {}
    for level in best.levels:
        own = best.mean(level)[0]
        off = [(w, one.mean(level)[0] - own) for w, one in zip(weight, each, strict=True) if one.of(level)]
        out[level.name] = float(np.sqrt(sum(w * d**2 for w, d in off)))
    return out


def _weights(each: Sequence[Found], best: Found, unit: float) -> list[float]:
    """Akaike's, of forms."""
    weight = np.exp(-0.5 * np.array([_criterion(one, unit) - _criterion(best, unit) for one in each]))
    return list((weight / weight.sum()).tolist())


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
