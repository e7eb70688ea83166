"""One region of a spectrum: its lines and their background, in one fit.

Every state is a doublet whose distance and ratio are known; all states of a level have one width, all lines
of a region one shape, unless their form says otherwise.  The background is fitted with them: a straight line
and Shirley's step (or Tougaard's losses), whose one height is a parameter as any other, so that its error is
in that of the areas.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.xps.levels import Level
from epidot.instruments.xps.lines import (
    STRAIGHT,
    SUM,
    TOUGAARD,
    VOIGT,
    Tailed,
    doublet,
    drawn_out,
    losses,
)
from epidot.signal import Signal
from epidot.signal.fitting import Fitted, Free, fit_curve
from epidot.signal.variance import standard_errors

Array = NDArray[np.float64]

CLEAR = 25.0  # squared standard errors by which one line more must lower the misfit
APART = 0.35  # of their width: nearer lines are one
_HOPELESS = 9.0  # variances of the noise: lines of so wrong a form state nothing,
_SMALL = 0.02  # unless what is left is so small beside the highest of them
EDGE = 0.5  # eV; a line so near the end of a window, or beyond it, is none of its region
SHARE = 0.3  # Lorentzian, where the search begins
_LONGEST = 3.0  # eV; no line is drawn out by more


@dataclass(frozen=True)
class Form:
    """What the lines of a region have in common.

    ``profile``: a Gaussian and a Lorentzian added or convolved; ``tail``: all are drawn out towards larger
    binding energy; ``own``: every line has a width of its own, where else those of a level share one.
    """

    profile: str = SUM
    tail: bool = False
    own: bool = False

    @property
    def title(self) -> str:
        kind = "lines drawn out towards larger binding energy" if self.tail else "Voigt lines"
        if not self.tail and self.profile != VOIGT:
            kind = "lines of Gauss and Lorentz"
        return kind + (", each of its own width" if self.own else "")


PLAIN = Form()


@dataclass(frozen=True)
class Line:
    """One component: its level, the state it was looked for as (``""``: any), where it may stand / eV."""

    level: Level
    state: str
    place: float
    low: float
    high: float

    def beside(self, other: Line, width: float) -> bool:
        return self.level is not other.level or abs(self.place - other.place) > APART * width


@dataclass(frozen=True, eq=False)
class Found:
    """The fit of one region: its ``lines`` with values and covariance, and its background.

    ``spread``, ``moved`` and ``shifted`` are by how much the area of a level (by its name), the place of its
    largest line and the mean of all its lines would be others, as standard errors, if a rival form that these
    data do not exclude were right; ``rivals`` are those that have other states.  ``charged`` says why the
    lines ``parts`` (by their number) are those of a part of the sample that is charged otherwise.
    """

    region: Signal
    lines: tuple[Line, ...]
    fitted: Fitted
    ground: str
    background: Array
    form: Form = PLAIN
    spread: Mapping[str, float] = field(default_factory=dict)
    moved: Mapping[str, float] = field(default_factory=dict)
    shifted: Mapping[str, float] = field(default_factory=dict)
    rivals: tuple[Found, ...] = ()
    charged: str = ""
    parts: frozenset[int] = frozenset()

    @property
    def levels(self) -> tuple[Level, ...]:
        return tuple(dict.fromkeys(line.level for line in self.lines))

    @property
    def inside(self) -> tuple[Level, ...]:
        """The levels whose largest line stands in the window; of others only a flank does."""
        x = self.region.x
        each = {one: self.place(max(self.of(one), key=self.area)) for one in self.levels}
        return tuple(one for one, place in each.items() if x[0] + EDGE <= place <= x[-1] - EDGE)

    @property
    def settled(self) -> bool:
        return self.fitted.status == "converged"

    def at(self, what: str, k: int) -> int:
        """Index of a parameter of line ``k``: ``place`` or ``area``."""
        return self.fitted.names.index(f"{what}{k + 1}")

    def area(self, k: int) -> float:
        return float(self.fitted.values[self.at("area", k)])

    def centre(self, k: int) -> float:
        """Where line ``k`` stands before it is drawn out / eV."""
        return float(self.fitted.values[self.at("place", k)])

    def place(self, k: int) -> float:
        """Where the (stronger) line ``k`` is highest / eV."""
        return self.centre(k) + self._highest(k, self.fitted.values)

    def place_error(self, k: int) -> float | None:
        """Standard error of that, rival forms included; ``None`` where the data leave it open."""
        error, level = self._own_error(k), self.lines[k].level
        if error is None or k != max(self.of(level), key=self.area):
            return error
        return math.hypot(error, self.moved.get(level.name, 0.0))

    def _own_error(self, k: int) -> float | None:
        if not self.form.tail:
            return self.fitted.sigma(f"place{k + 1}")
        return self.error(self.place_gradient(k))

    def place_gradient(self, k: int) -> Array:
        """Of where line ``k`` is highest, in all parameters (p,)."""
        gradient = np.zeros(len(self.fitted.names))
        gradient[self.at("place", k)] = 1.0
        if not self.form.tail:
            return gradient
        for name in (self._width_of(k), "lorentz", "tail"):
            i = self.fitted.names.index(name)
            up, down = self.fitted.values.copy(), self.fitted.values.copy()
            step = 1e-3 * max(abs(float(up[i])), 0.1)
            up[i], down[i] = up[i] + step, max(down[i] - step, 0.0)
            gradient[i] = (self._highest(k, up) - self._highest(k, down)) / (up[i] - down[i])
        return gradient

    def _highest(self, k: int, values: Array) -> float:
        """How far above its centre a line that is drawn out is highest / eV."""
        if not self.form.tail:
            return 0.0
        names = self.fitted.names
        width, share, tail = (float(values[names.index(n)]) for n in (self._width_of(k), "lorentz", "tail"))
        x = np.linspace(-0.1, 1.0, 111) * (width + tail)
        y = drawn_out(x, 0.0, width, min(share, 1.0), tail).y
        i = int(np.clip(np.argmax(y), 1, x.size - 2))
        bend = y[i - 1] - 2 * y[i] + y[i + 1]
        return float(x[i] + (x[1] - x[0]) / 2 * (y[i - 1] - y[i + 1]) / bend) if bend < 0 else float(x[i])

    def _width_of(self, k: int) -> str:
        return f"width{k + 1}" if self.form.own else f"width_{self.lines[k].level.name}"

    def width_of(self, k: int) -> float:
        """Full width of line ``k`` at half maximum / eV."""
        return self.fitted.value(self._width_of(k))

    def width_name(self, level: Level) -> str:
        """The parameter that is the width of a level, with widths of their own that of its largest line."""
        return self._width_of(max(self.of(level), key=self.area))

    def width(self, level: Level) -> float:
        return self.fitted.value(self.width_name(level))

    def mean(self, level: Level) -> tuple[float, Array]:
        """Mean place / eV of all (stronger) lines of a level, by area, and its gradient (p,).

        Of lines that are drawn out it is their centre of mass, which they have in common with the further
        lines that describe the same; where they are highest is theirs alone.
        """
        lines = self.of(level)
        areas = np.array([self.area(k) for k in lines])
        centres = np.array([self.centre(k) for k in lines])
        total = max(float(areas.sum()), 1e-300)
        mean = float(areas @ centres) / total
        gradient = np.zeros(len(self.fitted.names))
        for k, area, centre in zip(lines, areas, centres, strict=True):
            gradient[self.at("place", k)] = area / total
            gradient[self.at("area", k)] = (centre - mean) / total
        if self.form.tail:
            gradient[self.fitted.names.index("tail")] = 1.0
            mean += self.fitted.value("tail")
        return mean, gradient

    @property
    def unit(self) -> float:
        """What one variance of the noise adds to the cost, with what this form leaves beyond the noise."""
        known = self.region.knows_noise
        return max(1.0, self.fitted.misfit) if known else max(self.fitted.misfit, 1e-300)

    @property
    def cost(self) -> float:
        return self.fitted.misfit * self.fitted.statistics["degrees_of_freedom"]

    @property
    def usable(self) -> bool:
        """Whether the lines have about the form that was fitted: what is left is noise, or small."""
        known = self.region.knows_noise
        times = self.fitted.misfit * (1.0 if known else float(self.weight[0]))
        left = float(np.sqrt(np.mean((self.region.y - self.fitted.curve) ** 2)))
        height = float(np.max(self.fitted.curve - self.background))
        return times < _HOPELESS or left < _SMALL * height

    def score(self, unit: float) -> float:
        """Cost in ``unit``, and for every parameter what it must take off to be more than chance."""
        return self.cost / unit + CLEAR / 2 * len(self.fitted.names)

    @cached_property
    def weight(self) -> Array:
        """One over the variance of every reading: of counts by the fit, else by neighbours' differences."""
        known = standard_errors(self.region, self.fitted.curve)
        if known is None:
            bends = np.diff(self.region.y, 2)  # of white noise their variance is 6 times that of a reading
            variance = (float(np.median(np.abs(bends))) / 0.6745) ** 2 / 6
            return np.full(len(self.region), 1 / max(variance, 1e-300))
        return np.asarray(known**-2.0)

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
    form: Form = PLAIN

    @cached_property
    def names(self) -> tuple[Level, ...]:
        return tuple(dict.fromkeys(line.level for line in self.lines))

    @cached_property
    def widths(self) -> list[str]:
        """The name of the width of every line."""
        return [
            f"width{k}" if self.form.own else f"width_{line.level.name}"
            for k, line in enumerate(self.lines, start=1)
        ]

    @cached_property
    def at(self) -> dict[str, int]:
        """Where every parameter stands."""
        n = range(1, len(self.lines) + 1)
        names = [f"{what}{k}" for k in n for what in ("place", "area")]
        names += [*dict.fromkeys(self.widths), "lorentz", *(["tail"] if self.form.tail else [])]
        names += ["level", "slope", *([] if self.ground == STRAIGHT else ["step"])]
        return {name: i for i, name in enumerate(names)}

    @cached_property
    def straight(self) -> Array:
        x = self.region.x
        u = (x - x.mean()) / max(float(np.ptp(x)) / 2, 1e-300)
        return np.column_stack([np.ones(x.size), u])

    @cached_property
    def kernel(self) -> Array:
        matrix = losses(self.region.x)
        return matrix / max(float(matrix.sum(axis=1).max()), 1e-300)  # its height is then that of a step

    def free(self, start: Sequence[float] | None, widths: Mapping[str, float]) -> list[Free]:
        """The parameters; ``start`` are areas to begin with, ``widths`` those of the levels."""
        y, x = self.region.y, self.region.x
        spread = max(float(np.ptp(y)), 1e-300)
        most = 20 * spread * float(np.ptp(x))
        out: list[Free] = []
        for k, line in enumerate(self.lines):
            area = float(start[k]) if start is not None else 0.3 * spread * widths[line.level.name]
            out.append(Free(f"place{k + 1}", "eV", line.place, line.low, line.high))
            area = min(max(area, 1e-3 * spread * widths[line.level.name]), most / 2)
            out.append(Free(f"area{k + 1}", "counts eV", area, 0.0, most, natural=True))
        each = {name: line.level for name, line in zip(self.widths, self.lines, strict=True)}
        for name, level in each.items():
            low, _, high = level.widths
            begun = min(max(widths[level.name], 1.01 * low), 0.99 * high)
            out.append(Free(name, "eV", begun, low, high))
        out.append(Free("lorentz", "1", SHARE, 0.0, 1.0, share=True))
        if self.form.tail:
            out.append(Free("tail", "eV", 0.3, 0.0, _LONGEST, natural=True))
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

    def _line(self, v: Array, k: int) -> Tailed:
        """Line ``k`` of area 1."""
        at, level = self.at, self.lines[k].level
        place, width = float(v[at[f"place{k + 1}"]]), float(v[at[self.widths[k]]])
        tail = max(float(v[at["tail"]]), 1e-6) if self.form.tail else 0.0
        share = float(v[at["lorentz"]])
        return doublet(
            self.region.x, place, width, share, level.minor, level.splitting, self.form.profile, tail
        )

    def _split(self, v: Array) -> tuple[Array, Array]:
        at, flat = self.at, slice(self.at["level"], self.at["slope"] + 1)
        step = float(v[at["step"]]) if self.ground != STRAIGHT else 0.0
        columns = np.zeros((self.region.x.size, v.size))
        total = self.straight @ v[flat]
        columns[:, flat] = self.straight
        for k in range(len(self.lines)):
            area, s = float(v[at[f"area{k + 1}"]]), self._line(v, k)
            every = [s.y, s.by_place, s.by_width, s.by_share, s.by_tail]
            if self.ground == TOUGAARD:
                behind = [self.kernel @ one for one in every if one.size > 1]
            else:
                behind = [s.step, -s.y, s.step_by_width, s.step_by_share, s.step_by_tail]
            names = [f"area{k + 1}", f"place{k + 1}", self.widths[k], "lorentz", "tail"]
            for i, name in enumerate(names[: 5 if self.form.tail else 4]):
                columns[:, at[name]] += (1.0 if i == 0 else area) * (every[i] + step * behind[i])
            total = total + area * columns[:, at[f"area{k + 1}"]]
            if self.ground != STRAIGHT:
                columns[:, at["step"]] += area * behind[0]
        return total, columns

    def background(self, v: Array) -> Array:
        """What is not the lines themselves, shape (n,)."""
        total = self.split(v)[0]
        for k in range(len(self.lines)):
            total = total - float(v[self.at[f"area{k + 1}"]]) * self._line(v, k).y
        return np.asarray(total)

    def fitted(self, start: Sequence[float] | None, widths: Mapping[str, float], tight: bool = True) -> Found:
        fit = fit_curve(
            self.region, lambda v: self.split(v)[0], self.free(start, widths),
            jacobian=lambda v: self.split(v)[1], further=False, tight=tight,
        )  # fmt: skip
        return Found(self.region, self.lines, fit, self.ground, self.background(fit.values), self.form)
