"""One region of a spectrum: its lines, found one by one, and their background, in one fit.

Every state is a doublet whose distance and ratio are known; all states of a level have one width, all lines
of a region one shape.  The background is fitted with them: a straight line and Shirley's step (or Tougaard's
losses), whose one height is a parameter as any other, so that its error is in that of the areas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments.xps.levels import Level, levels, reach
from epidot.instruments.xps.lines import SHIRLEY, STRAIGHT, TOUGAARD, doublet, losses, static_shirley
from epidot.signal import Signal
from epidot.signal.fitting import Fitted, Free, fit_curve
from epidot.signal.variance import standard_errors

Array = NDArray[np.float64]

_CLEAR = 25.0  # squared standard errors by which one line more must lower the misfit
_MOST = 6  # lines of a region
_MARGIN = 1.0  # eV; a line must lie so far inside the region
CHARGING = 6.0  # eV; no axis is off by more where nothing sets it right
_APART = 0.35  # of their width: nearer lines are one
_HOPELESS = 9.0  # variances of the noise: lines of so wrong a form state nothing,
_SMALL = 0.02  # unless what is left is so small beside the highest of them
_SHARE = 0.3  # Lorentzian, where the search begins


@dataclass(frozen=True)
class Line:
    """One component: its level, the state it was looked for as (``""``: any), where it may stand / eV."""

    level: Level
    state: str
    place: float
    low: float
    high: float

    def beside(self, other: Line, width: float) -> bool:
        return self.level is not other.level or abs(self.place - other.place) > _APART * width


@dataclass(frozen=True, eq=False)
class Found:
    """The fit of one region: its ``lines`` with values and covariance, and its background."""

    region: Signal
    lines: tuple[Line, ...]
    fitted: Fitted
    ground: str
    background: Array

    @property
    def levels(self) -> tuple[Level, ...]:
        return tuple(dict.fromkeys(line.level for line in self.lines))

    @property
    def settled(self) -> bool:
        return self.fitted.status == "converged"

    def at(self, what: str, k: int) -> int:
        """Index of a parameter of line ``k``: ``place`` or ``area``."""
        return self.fitted.names.index(f"{what}{k + 1}")

    def area(self, k: int) -> float:
        return float(self.fitted.values[self.at("area", k)])

    def place(self, k: int) -> float:
        return float(self.fitted.values[self.at("place", k)])

    def width(self, level: Level) -> float:
        return self.fitted.value(f"width_{level.name}")

    @property
    def usable(self) -> bool:
        """Whether the lines have about the form that was fitted: what is left is noise, or small."""
        known = self.region.kind != "analog" or self.region.known_sigma is not None
        times = self.fitted.misfit * (1.0 if known else float(_weight(self)[0]))
        left = float(np.sqrt(np.mean((self.region.y - self.fitted.curve) ** 2)))
        height = float(np.max(self.fitted.curve - self.background))
        return times < _HOPELESS or left < _SMALL * height

    def gradient(self, lines: Sequence[int]) -> Array:
        """Of the common area of some lines, in all parameters (p,)."""
        out = np.zeros(len(self.fitted.names))
        for k in lines:
            out[self.at("area", k)] = 1.0
        return out

    def error(self, gradient: Array) -> float | None:
        """Standard error of what has this gradient (p,); ``None`` where the data leave it open."""
        there = gradient != 0
        part = self.fitted.covariance[np.ix_(there, there)]
        if not np.all(np.isfinite(part)):
            return None
        variance = float(gradient[there] @ part @ gradient[there])
        return float(np.sqrt(variance)) if variance >= 0 else None

    def of(self, level: Level) -> list[int]:
        """The lines of a level, by their number."""
        return [k for k, line in enumerate(self.lines) if line.level is level]


@dataclass(frozen=True, eq=False)
class Model:
    """What a fit evaluates: lines and background over the points of one region."""

    region: Signal
    lines: tuple[Line, ...]
    ground: str

    @cached_property
    def names(self) -> tuple[Level, ...]:
        return tuple(dict.fromkeys(line.level for line in self.lines))

    @cached_property
    def straight(self) -> Array:
        x = self.region.x
        u = (x - x.mean()) / max(float(np.ptp(x)) / 2, 1e-300)
        return np.column_stack([np.ones(x.size), u])

    @cached_property
    def kernel(self) -> Array:
        matrix = losses(self.region.x)
        return matrix / max(float(matrix.sum(axis=1).max()), 1e-300)  # its height is then that of a step

    def free(self, start: Sequence[float] | None, widths: dict[str, float]) -> list[Free]:
        """The parameters; ``start`` are areas to begin with."""
        y, x = self.region.y, self.region.x
        spread = max(float(np.ptp(y)), 1e-300)
        most = 20 * spread * float(np.ptp(x))
        out: list[Free] = []
        for k, line in enumerate(self.lines):
            area = float(start[k]) if start is not None else 0.3 * spread * widths[line.level.name]
            out.append(Free(f"place{k + 1}", "eV", line.place, line.low, line.high))
            area = min(max(area, 1e-3 * spread * widths[line.level.name]), most / 2)
            out.append(Free(f"area{k + 1}", "counts eV", area, 0.0, most, natural=True))
        for level in self.names:
            low, _, high = level.widths
            begun = min(max(widths[level.name], 1.01 * low), 0.99 * high)
            out.append(Free(f"width_{level.name}", "eV", begun, low, high))
        out.append(Free("lorentz", "1", _SHARE, 0.0, 1.0, natural=True))
        ends = max(1, min(15, y.size // 4))
        low_end = float(np.mean(y[:ends]))
        far = 50 * max(float(np.max(np.abs(y))), 1e-300)
        out.append(Free("level", "", low_end, -far, far))
        out.append(Free("slope", "", 0.0, -far, far))
        if self.ground != STRAIGHT:
            total = sum(f.start for f in out if f.name.startswith("area"))
            rise = max(float(np.mean(y[-ends:])) - low_end, 0.0) / max(total, 1e-300)
            out.append(Free("step", "1/eV", min(max(rise, 1e-4), 0.4), 0.0, 1.0, natural=True))
        return out

    @cached_property
    def _last(self) -> dict[bytes, tuple[Array, Array]]:
        return {}

    def split(self, v: Array) -> tuple[Array, Array]:
        """The curve (n,) and its derivatives (n, p)."""
        key = v.tobytes()
        if key not in self._last:  # a search asks for both, one after the other
            self._last.clear()
            self._last[key] = self._split(v)
        return self._last[key]

    def _split(self, v: Array) -> tuple[Array, Array]:
        x, n = self.region.x, len(self.lines)
        share = float(v[2 * n + len(self.names)])
        at_ground = 2 * n + len(self.names) + 1
        step = float(v[at_ground + 2]) if self.ground != STRAIGHT else 0.0
        columns = np.zeros((x.size, v.size))
        total = self.straight @ v[at_ground : at_ground + 2]
        columns[:, at_ground : at_ground + 2] = self.straight
        for k, line in enumerate(self.lines):
            place, area = float(v[2 * k]), float(v[2 * k + 1])
            w = 2 * n + self.names.index(line.level)
            s = doublet(x, place, float(v[w]), share, line.level.minor, line.level.splitting)
            if self.ground == TOUGAARD:
                behind = [self.kernel @ one for one in (s.y, s.by_place, s.by_width, s.by_share)]
            else:
                behind = [s.step, -s.y, s.step_by_width, s.step_by_share]
            y, by_place, by_width, by_share = (
                a + step * b for a, b in zip((s.y, s.by_place, s.by_width, s.by_share), behind, strict=True)
            )
            total = total + area * y
            columns[:, 2 * k], columns[:, 2 * k + 1] = area * by_place, y
            columns[:, w] += area * by_width
            columns[:, at_ground - 1] += area * by_share
            if self.ground != STRAIGHT:
                columns[:, at_ground + 2] += area * behind[0]
        return total, columns

    def background(self, v: Array) -> Array:
        """What is not the lines themselves, shape (n,)."""
        n = len(self.lines)
        share = float(v[2 * n + len(self.names)])
        total = self.split(v)[0]
        for k, line in enumerate(self.lines):
            width = float(v[2 * n + self.names.index(line.level)])
            s = doublet(self.region.x, float(v[2 * k]), width, share, line.level.minor, line.level.splitting)
            total = total - float(v[2 * k + 1]) * s.y
        return np.asarray(total)

    def fitted(self, start: Sequence[float] | None, widths: dict[str, float], tight: bool = True) -> Found:
        fit = fit_curve(
            self.region, lambda v: self.split(v)[0], self.free(start, widths),
            jacobian=lambda v: self.split(v)[1], further=False, tight=tight,
        )  # fmt: skip
        return Found(self.region, self.lines, fit, self.ground, self.background(fit.values))


def plausible(region: Signal, shift: float, slack: float) -> list[Level]:
    """The levels whose stronger line may stand inside a region, charging of ``slack`` / eV aside."""
    low, high = region.x[0] + _MARGIN, region.x[-1] - _MARGIN
    inside = []
    for one in levels().values():
        first, last = (end + shift for end in one.span)
        if first - slack < high and last + slack > low:
            inside.append(one)
    return inside


def searched(
    region: Signal,
    names: Sequence[Level],
    ground: str = SHIRLEY,
    shift: float = 0.0,
    slack: float = 0.3,
    wanted: Sequence[tuple[Level, str]] = (),
) -> Found | None:
    """The lines of a region: those ``wanted``, or as many as stand clear of the noise, of the levels
    ``names``.

    ``shift`` / eV is what the axis shows too much, known to ``slack``.  ``None`` where no line stands clear.
    """
    if wanted:
        if slack >= 1:  # where charging is not known the first of them is where the strongest line is
            ahead = region.y - static_shirley(region.x, region.y)
            first = _strongest(region, ahead, [wanted[0][0]], shift, slack, ())
            level, state = wanted[0]
            shift, slack = (shift if first is None else first[0].place - level.states[state].value), 0.5
        each = tuple(_line(region, level, state, shift, slack) for level, state in wanted)
        model = Model(region, each, ground)
        return model.fitted(None, {line.level.name: line.level.widths[1] for line in each})
    first = _strongest(region, region.y - static_shirley(region.x, region.y), names, shift, slack, ())
    if first is None:
        return None
    line, width = first
    found = Model(region, (line,), ground).fitted(None, {line.level.name: width})
    shift, slack = _settled_shift(found, shift, slack)
    plain = _without(region)
    if not _clear(found, plain, _cost(found)):
        return None
    while len(found.lines) < _MOST:
        left = region.y - found.fitted.curve
        weight = _weight(found)
        more = _strongest(region, left, names, shift, slack, found.lines, weight)
        if more is None:
            break
        line, width = more
        area, gain = _matched(region.x, left, line, width, weight)
        if gain < _CLEAR / 2:  # the others would have to make up for more than half
            break
        widths = {one.name: found.width(one) for one in found.levels} | (
            {line.level.name: width} if line.level not in found.levels else {}
        )
        begun = [replace(one, place=found.place(k)) for k, one in enumerate(found.lines)]
        areas = [*(found.area(k) for k in range(len(found.lines))), area]
        try:
            other = Model(region, (*begun, line), ground).fitted(areas, widths)
        except InputError:  # more parameters than readings
            break
        if not other.settled or not _clear(other, _cost(found), _cost(other)) or _merged(other):
            break
        found = other
    return found


def _cost(found: Found) -> float:
    return found.fitted.misfit * found.fitted.statistics["degrees_of_freedom"]


def _clear(found: Found, before: float, after: float) -> bool:
    """Whether the misfit fell by more than chance, in units of the noise that is left."""
    known = found.region.kind != "analog" or found.region.known_sigma is not None
    unit = max(1.0, found.fitted.misfit) if known else max(found.fitted.misfit, 1e-300)
    return before - after > _CLEAR * unit


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
    if slack < 1:
        return shift, slack
    line = found.lines[0]
    low, high = line.level.span
    place = found.place(0)
    # Carbon is the reference: its strongest line is hydrocarbon, wherever charging put it, and its other
    # states are looked for beside that.
    if line.level.name != "C_1s" and low <= place - shift <= high:
        return shift, 0.3
    return place - line.level.main, 0.3


def _weight(found: Found) -> Array:
    """One over the variance of every reading: of counts by the fit, else by neighbours' differences."""
    region = found.region
    known = standard_errors(region, found.fitted.curve)
    if known is None:
        bends = np.diff(region.y, 2)  # of white noise their variance is 6 times that of a reading
        variance = (float(np.median(np.abs(bends))) / 0.6745) ** 2 / 6
        return np.full(len(region), 1 / max(variance, 1e-300))
    return np.asarray(known**-2.0)


def _strongest(
    region: Signal,
    left: Array,
    names: Sequence[Level],
    shift: float,
    slack: float,
    there: Sequence[Line],
    weight: Array | None = None,
) -> tuple[Line, float] | None:
    """The line that takes most off what is ``left``, and its width."""
    x = region.x
    best: tuple[float, Line, float] | None = None
    step = max(float(np.median(np.diff(x))), 0.1)
    for level in names:
        low, high = level.span
        low, high = (
            max(low + shift - slack, x[0] + _MARGIN / 2),
            min(high + shift + slack, x[-1] - _MARGIN / 2),
        )
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
    y = doublet(x, line.place, width, _SHARE, line.level.minor, line.level.splitting).y
    weighed = y if weight is None else weight * y
    square = float(weighed @ y)
    if square <= 0:
        return 0.0, 0.0
    area = float(weighed @ left) / square
    return area, area * area * square


def _merged(found: Found) -> bool:
    """Whether two lines of a level stand where one would, or one has no area."""
    for k, line in enumerate(found.lines):
        if not found.area(k) > 0:
            return True
        for j in range(k):
            near = abs(found.place(j) - found.place(k)) < _APART * found.width(line.level)
            if found.lines[j].level is line.level and near:
                return True
    return False
