"""The lines of a region, found one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments.xps.levels import Level, levels, reach
from epidot.instruments.xps.lines import SHIRLEY, doublet, static_shirley
from epidot.instruments.xps.region import APART, CLEAR, EDGE, PLAIN, SHARE, Form, Found, Line, Model
from epidot.signal import Signal
from epidot.signal.fitting import Free, fit_curve

Array = NDArray[np.float64]

_MOST = 6  # lines of a region
_MARGIN = 1.0  # eV; a line must lie so far inside the region
_SHALLOW = 30.0  # eV
_ENDS = 5  # readings of an end of the window
_SLACK = 0.3  # eV; that of places once charging is known
_BEYOND = 3.0  # eV; of a line so far outside a flank may be seen
CHARGING = 6.0  # eV; no axis is off by more where nothing sets it right


def plausible(region: Signal, shift: float, slack: float, beyond: float = -_MARGIN) -> list[Level]:
    """The levels whose stronger line may stand inside a region, or at most ``beyond`` / eV outside, charging
    of ``slack`` / eV aside."""
    low, high = region.x[0] - beyond, region.x[-1] + beyond
    inside = []
    for one in levels().values():
        first, last = (end + shift for end in one.span)
        # Valence bands stand within a few eV of the shallowest levels: no charging makes one the other.
        reach = slack if one.main > _SHALLOW else min(slack, _SLACK)
        if first - reach < high and last + reach > low:
            inside.append(one)
    return inside


def asked_for(
    region: Signal,
    wanted: Sequence[tuple[Level, str]],
    ground: str = SHIRLEY,
    shift: float = 0.0,
    slack: float = 0.3,
    form: Form = PLAIN,
) -> Found:
    """The lines of the states ``wanted``; ``shift`` / eV is what the axis shows too much, to ``slack``."""
    if slack >= 1:  # where charging is not known the first of them is where the strongest line is
        ahead = region.y - static_shirley(region.x, region.y)
        first = _strongest(region, ahead, [wanted[0][0]], shift, slack, ())
        level, state = wanted[0]
        shift, slack = (shift if first is None else first[0].place - level.states[state].value), 0.5
    each = tuple(_line(region, level, state, shift, slack) for level, state in wanted)
    model = Model(region, each, ground, form)
    return model.fitted(None, {line.level.name: line.level.widths[1] for line in each})


def searched(
    region: Signal,
    names: Sequence[Level],
    ground: str = SHIRLEY,
    shift: float = 0.0,
    slack: float = 0.3,
    form: Form = PLAIN,
) -> Found | None:
    """The lines of a region, as many as stand clear of the noise, of the levels ``names``.

    ``shift`` / eV is what the axis shows too much, known to ``slack``.  Where charging is not known (1 eV and
    more), the strongest line may be that of any level that stands there: each is tried, with what else stands
    in the window then, and the one that describes it best is taken.  ``None`` where no line stands clear.
    """
    if slack < 1:
        return _one_by_one(region, names, names, ground, shift, slack, form)
    each = [_one_by_one(region, [one], names, ground, shift, slack, form) for one in names]
    near = plausible(region, shift, _SLACK)
    if near:
        each.append(_one_by_one(region, near, near, ground, shift, _SLACK, form))
        for one in _outside(region, shift, _SLACK, near):  # of a strong neighbour the flank may be highest
            each.append(_one_by_one(region, [one], near, ground, shift, _SLACK, form))
    there = [one for one in each if one is not None and one.inside]
    if not there:
        return None
    unit = min(one.unit for one in there)
    return min(there, key=lambda one: (not one.settled, one.score(unit)))


def _outside(region: Signal, shift: float, slack: float, inside: Sequence[Level]) -> list[Level]:
    return [one for one in plausible(region, shift, slack, _BEYOND) if one not in inside]


def _one_by_one(
    region: Signal,
    begun: Sequence[Level],
    names: Sequence[Level],
    ground: str,
    shift: float,
    slack: float,
    form: Form,
) -> Found | None:
    """Lines as long as one more takes enough off the misfit, the first of the levels ``begun``."""
    ahead = region.y - static_shirley(region.x, region.y)
    outside = [one for one in begun if one not in names]
    first = _strongest(region, ahead, begun, shift, slack, (), beyond=outside)
    if first is None:  # a line at an end of the window lifts Shirley's background above itself
        low = region.y - min(float(np.mean(region.y[:_ENDS])), float(np.mean(region.y[-_ENDS:])))
        first = _strongest(region, low, begun, shift, slack, (), beyond=outside)
    if first is None:
        return None
    line, width = first
    found = Model(region, (line,), ground, form).fitted(None, {line.level.name: width})
    if slack >= 1:
        shift, slack = _settled_shift(found, shift, slack)
        names = plausible(region, shift, slack)
    beyond = _outside(region, shift, slack, names)
    if not _clear(found, _without(region), found.cost):
        return None
    while len(found.lines) < _MOST:
        other = _one_more(found, names, beyond, shift, slack)
        if other is None:
            break
        found = other
    return found


def _one_more(
    found: Found, names: Sequence[Level], beyond: Sequence[Level], shift: float, slack: float
) -> Found | None:
    """The same with the line that takes most off what is left, if that is more than chance."""
    region, weight = found.region, found.weight
    left = region.y - found.fitted.curve
    more = _strongest(region, left, names, shift, slack, found.lines, weight, beyond)
    if more is None:
        return None
    line, width = more
    area, gain = _matched(region.x, left, line, width, weight)
    if gain < CLEAR / 2:  # the others would have to make up for more than half
        return None
    widths = {line.level.name: width} | {one.name: found.width(one) for one in found.levels}
    begun = [replace(one, place=found.centre(k)) for k, one in enumerate(found.lines)]
    areas = [*(found.area(k) for k in range(len(found.lines))), area]
    try:
        other = Model(region, (*begun, line), found.ground, found.form).fitted(areas, widths)
    except InputError:  # more parameters than readings
        return None
    if not other.settled or not _clear(other, found.cost, other.cost) or merged(other):
        return None
    return other


def _clear(found: Found, before: float, after: float) -> bool:
    """Whether the misfit fell by more than chance, in units of the noise that is left."""
    return before - after > CLEAR * found.unit


def _without(region: Signal) -> float:
    """The misfit of a straight line alone."""
    x = region.x - region.x.mean()
    span = max(float(np.ptp(x)), 1e-300)
    far = 50 * max(float(np.max(np.abs(region.y))), 1e-300)
    free = [Free("level", "", float(np.mean(region.y)), -far, far), Free("slope", "", 0.0, -far, far)]
    columns = np.column_stack([np.ones(x.size), x / span])
    fit = fit_curve(region, lambda v: columns @ v, free, jacobian=lambda v: columns, further=False)
    return fit.misfit * fit.statistics["degrees_of_freedom"]


def _line(region: Signal, level: Level, state: str, shift: float, slack: float) -> Line:
    """A line asked for by its state."""
    given = level.states[state]
    place, far = given.value + shift, reach(given) + slack
    low, high = max(place - far, region.x[0]), min(place + far, region.x[-1])
    if not low < high:
        what = f"{level.title} of {state} lies outside the region"
        seen = f"{region.x[0]:g} to {region.x[-1]:g} eV"
        raise InputError(what, region.source or None, seen=seen, remedy="leave it out of states")
    return Line(level, state, min(max(place, low), high), low, high)


def _settled_shift(found: Found, shift: float, slack: float) -> tuple[float, float]:
    """Where charging was not known: by the first line, if that is off its level at all."""
    level = found.lines[0].level
    low, high = level.span
    place = found.place(0)
    # Carbon is the reference: its strongest line is hydrocarbon, wherever charging put it, and its other
    # states are looked for beside that.
    if level.name != "C_1s" and low <= place - shift <= high:
        return shift, _SLACK
    off = place - level.main
    if abs(off) > slack:  # then it is not the main state that stands there
        off = place - (high if off > 0 else low)
    return off, _SLACK


def _strongest(
    region: Signal,
    left: Array,
    names: Sequence[Level],
    shift: float,
    slack: float,
    there: Sequence[Line],
    weight: Array | None = None,
    beyond: Sequence[Level] = (),
) -> tuple[Line, float] | None:
    """The line that takes most off what is ``left``, and its width; of levels ``beyond`` at or outside the
    ends of the window."""
    x = region.x
    best: tuple[float, Line, float] | None = None
    step = max(float(np.median(np.diff(x))), 0.1)
    for level in dict.fromkeys([*names, *beyond]):
        low, high = (end + shift for end in level.span)
        reach = slack if level.main > _SHALLOW else min(slack, _SLACK)
        low, high = low - reach, high + reach
        if level not in beyond:
            low, high = max(low, x[0] + EDGE), min(high, x[-1] - EDGE)
        width = level.widths[1]
        if not high > low:
            continue
        for place in np.arange(low, high, step):
            line = Line(level, "", float(place), low, high)
            if any(not line.beside(other, width) for other in there):
                continue
            area, gain = _matched(x, left, line, width, weight)
            if area > 0 and (best is None or gain > best[0]):
                best = gain, line, width
    return None if best is None else (best[1], best[2])


def _matched(
    x: Array, left: Array, line: Line, width: float, weight: Array | None = None
) -> tuple[float, float]:
    """The area of a line that fits ``left`` best, and by how much it lowers the (weighted) sum of squares."""
    y = doublet(x, line.place, width, SHARE, line.level.minor, line.level.splitting).y
    weighed = y if weight is None else weight * y
    square = float(weighed @ y)
    if square <= 0:
        return 0.0, 0.0
    area = float(weighed @ left) / square
    return area, area * area * square


def merged(found: Found) -> bool:
    """Whether two lines of a level stand where one would, or one has no area."""
    for k, line in enumerate(found.lines):
        if not found.area(k) > 0:
            return True
        for j in range(k):
            near = abs(found.place(j) - found.place(k)) < APART * found.width(line.level)
            if found.lines[j].level is line.level and near:
                return True
    return False
