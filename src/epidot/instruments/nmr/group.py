"""Lines that lie together, fitted at once: areas, places, widths, one phase and a straight baseline.

Of complex data both parts are fitted, with a baseline each: absorption and dispersion are one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.nmr.below import Beneath
from epidot.instruments.nmr.detected import CLEAR, Seen, Spectrum, lines
from epidot.instruments.nmr.shapes import line, slopes, width_of
from epidot.signal import Signal
from epidot.signal.degrees import likely, mixed
from epidot.signal.fitting import Curve, Fitted, Free, fit_curve

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Start = tuple[float, float, float, float]  # area, place, Lorentzian and Gaussian width

_REACH = 8.0  # half widths on either side of a line that its window takes
_ENOUGH = 8.0  # points of the narrowest line's half width; of more, neighbours are summed
MOST_LINES = 6  # of a window
BETTER = 30.0  # in the sum of squares: what a further line must gain
_GAUSS = 12.0  # and what a Gaussian share of the widths must
POOR = 1.3  # mean square of the residuals from which another shape is tried
FAULT = 0.03  # of the tallest line: less beside it is a fault of its shape
_LEAST_HALF = 0.3  # points
_PER, _BESIDE = 4, 6  # points that a line needs at least, and phase and baseline
_FULL = "full"
_SEARCH = 100  # evaluations: lines that have not settled by then are too many for what shows,
_LAST = 300  # or are given so many more once all lines are known


@dataclass(frozen=True)
class Group:
    """``spectrum`` is the part of the axis; of ``n`` lines, ``voigt`` with a Gaussian width each."""

    spectrum: Spectrum
    n: int
    voigt: bool

    @property
    def per(self) -> int:
        return 4 if self.voigt else 3

    def signal(self, like: Signal) -> Signal:
        """The readings in one row: the real part, and the imaginary one after it."""
        s = self.spectrum
        y = np.concatenate([s.values.real, s.values.imag]) if s.complex else s.values.real
        sigma = np.full(y.size, s.sigma * np.sqrt(s.alike))
        return Signal(
            "nmr",
            np.arange(y.size, dtype=np.float64),
            y,
            "point",
            "",
            like.y_name,
            "",
            "analog",
            "measured",
            sigma,
        )

    @cached_property
    def _last(self) -> dict[bytes, tuple[Array, Array]]:
        return {}

    def parts(self, v: Array) -> tuple[Array, Array]:
        """Model (m,) and derivatives (m, p)."""
        key = v.tobytes()
        if key not in self._last:  # a search asks for both, one after the other
            self._last.clear()
            self._last[key] = self._parts(v)
        return self._last[key]

    def _parts(self, v: Array) -> tuple[Array, Array]:
        s, n, per = self.spectrum, self.n, self.per
        x = s.x
        t = 2 * (x - x[0]) / (x[-1] - x[0]) - 1
        turn = np.exp(1j * v[per * n])
        total = np.zeros(x.size, dtype=np.complex128)
        columns = []
        for k in range(n):
            area, at, width = v[per * k : per * k + 3]
            gauss = v[per * k + 3] if self.voigt else 0.0
            value, by_at, by_width, by_gauss = slopes(x, at, width, gauss)
            total += area * value
            columns += [turn * value, turn * area * by_at, turn * area * by_width]
            if self.voigt:
                columns.append(turn * area * by_gauss)
        shown = turn * total
        columns.append(1j * shown)
        b = v[per * n + 1 :]
        flat = [np.ones(x.size), t]
        if not s.complex:
            return shown.real + b[0] + b[1] * t, np.stack([c.real for c in columns] + flat, axis=1)
        model = np.concatenate([shown.real + b[0] + b[1] * t, shown.imag + b[2] + b[3] * t])
        none = np.zeros(x.size)
        both = [np.concatenate([c.real, c.imag]) for c in columns]
        both += [np.concatenate([f, none]) for f in flat] + [np.concatenate([none, f]) for f in flat]
        return model, np.stack(both, axis=1)

    def free(self, starts: Sequence[Start], phase: float) -> list[Free]:
        """Area, place, width (and Gaussian width) of each start; the phase; baselines."""
        s = self.spectrum
        step = float(np.median(np.diff(s.x)))
        span = float(s.x[-1] - s.x[0])
        height = float(np.max(np.abs(s.values - np.median(s.values.real)))) or 1.0
        least = 0.0 if self.voigt else 0.02 * step  # a purely Gaussian line has no other width
        out = []
        for k, (area, at, width, gauss) in enumerate(starts, start=1):
            reach = max(width, 2 * step)
            out += [
                Free(f"area{k}", "ppm", area, -100 * height * span, 100 * height * span),
                Free(f"ppm{k}", "ppm", at, at - 2 * reach, at + 2 * reach),
                Free(f"width{k}", "ppm", min(width, span / 2), least, span, natural=self.voigt),
            ]
            if self.voigt:
                out.append(Free(f"gauss{k}", "ppm", min(gauss, span / 2), 0.0, span, natural=True))
        out.append(Free("phase", "rad", phase, -3.2, 3.2))
        level = float(np.median(s.values.real))
        out += [
            Free("level", "", level, level - 10 * height, level + 10 * height),
            Free("slope", "", 0.0, -10 * height, 10 * height),
        ]
        if s.complex:
            out += [
                Free("imaginary_level", "", 0.0, -10 * height, 10 * height),
                Free("imaginary_slope", "", 0.0, -10 * height, 10 * height),
            ]
        return out

    def curve(self, like: Signal, free: Sequence[Free]) -> Curve:
        """As several are fitted at once."""
        return Curve(self.signal(like), lambda v: self.parts(v)[0], free, jacobian=lambda v: self.parts(v)[1])

    def fitted(self, like: Signal, free: Sequence[Free], evaluations: int = _SEARCH) -> Fitted:
        """The lines at their best: found by scoring, which is quick, and then looked at as every fit is."""
        return fit_curve(
            self.signal(like),
            lambda v: self.parts(v)[0],
            free,
            jacobian=lambda v: self.parts(v)[1],
            further=False,
            tight=False,
            evaluations=evaluations,
            scoring=True,
        )


@dataclass(frozen=True)
class Lines:
    """A group and its fit; ``rival`` is a fit of the other shape, of weight ``doubt``.

    ``beneath`` is a fit with one line more that the data do not exclude; ``pair`` tells by their numbers a
    line and a broader one under it that show as one maximum.
    """

    group: Group
    fit: Fitted
    rival: Lines | None = None
    doubt: float = 0.0
    beneath: Beneath | None = None
    pair: tuple[int, int] | None = None

    @property
    def squares(self) -> float:
        return float(self.fit.misfit * self.fit.statistics["degrees_of_freedom"])

    def values(self, k: int) -> tuple[float, float, float, float]:
        """Area, place, Lorentzian and Gaussian width of line ``k``."""
        per = self.group.per
        own = self.fit.values[per * k : per * k + per].tolist()
        return own[0], own[1], own[2], own[3] if per == 4 else 0.0

    def seen(self, x: Array) -> list[Seen]:
        """The lines as they show on an axis ``x``."""
        step = float(np.median(np.diff(x)))
        out = []
        for k in range(self.group.n):
            area, at, width, gauss = self.values(k)
            full = max(width_of(width, gauss), 1e-3 * step)
            i = int(np.clip(np.searchsorted(x, at), 0, x.size - 1))
            out.append(Seen(i, full / 2 / step, area / (np.pi / 2 * full)))
        return out

    def shown(self, x: Array) -> Complex:
        """The lines without baseline at any x (m,), in the phase of the data."""
        total = np.zeros(x.size, dtype=np.complex128)
        for k in range(self.group.n):
            area, at, width, gauss = self.values(k)
            total += area * line(x, at, width, gauss)
        return np.asarray(total * np.exp(1j * self.fit.value("phase")))

    def other_shape(self) -> list[Start]:
        """Where a fit of the other shape begins: Lorentzian lines for Voigt profiles, and the reverse."""
        each = (self.values(k) for k in range(self.group.n))
        if self.group.voigt:
            return [(a, at, width_of(w, g), 0.0) for a, at, w, g in each]
        return [(a, at, 0.8 * w, 0.3 * w) for a, at, w, _ in each]

    def told(self, names: Sequence[str]) -> tuple[Array, Array]:
        """Values (n,) and covariance (n, n) of parameters by name, of a full width as ``full1``.

        Both shapes have a say, as far as the data leave open which it is; so has, in areas, a broader line
        under one of these.
        """
        own = self._told(names)
        if self.rival is not None and self.doubt > 0:
            other = self.rival._told(names)
            own = mixed([own[0], other[0]], [own[1], other[1]], [1 - self.doubt, self.doubt])
        return own if self.beneath is None else self.beneath.told(names, *own)

    def _told(self, names: Sequence[str]) -> tuple[Array, Array]:
        values, rows = [], np.zeros((len(names), len(self.fit.names)))
        for row, name in zip(rows, names, strict=True):
            if not name.startswith(_FULL):
                at = self.fit.names.index(name)
                row[at] = 1.0
                values.append(float(self.fit.values[at]))
                continue
            k = int(name.removeprefix(_FULL)) - 1
            _, _, w, g = self.values(k)
            values.append(width_of(w, g))
            if not self.group.voigt:
                row[self.fit.names.index(f"width{k + 1}")] = 1.0
                continue
            root = float(np.sqrt(0.2166 * w * w + g * g)) or 1.0
            row[self.fit.names.index(f"width{k + 1}")] = 0.5346 + 0.2166 * w / root
            row[self.fit.names.index(f"gauss{k + 1}")] = g / root
        used = np.flatnonzero(np.any(rows != 0, axis=0))
        inside = self.fit.covariance[np.ix_(used, used)]
        if self.fit.status != "converged" or not np.all(np.isfinite(inside)):
            return np.array(values), np.full((len(names), len(names)), np.inf)
        return np.array(values), np.asarray(rows[:, used] @ inside @ rows[:, used].T)


def windows(seen: Spectrum, found: Sequence[Seen]) -> list[tuple[int, int, list[Seen]]]:
    """First and last point of every stretch with lines, and those lines."""
    spans = []
    for one in sorted(found, key=lambda each: each.at):
        reach = int(_REACH * max(one.half, 1.5))
        spans.append((max(one.at - reach, 0), min(one.at + reach, seen.x.size - 1), one))
    spans.sort(key=lambda each: each[0])
    out: list[tuple[int, int, list[Seen]]] = []
    for a, b, one in spans:
        if out and a <= out[-1][1] and len(out[-1][2]) < MOST_LINES:
            first, last, own = out[-1]
            out[-1] = first, max(last, b), [*own, one]
        else:
            out.append((a if not out else max(a, min(out[-1][1], one.at - 3)), b, [one]))
    return [(*_wide_enough(a, b, len(own), seen.x.size), own) for a, b, own in out]


def _wide_enough(a: int, b: int, n: int, size: int) -> tuple[int, int]:
    """A stretch with more points than ``n`` lines have parameters, also at an end of the axis."""
    need = _PER * n + _BESIDE
    if b - a + 1 >= need:
        return a, b
    b = min(max(a - (need - (b - a + 1)) // 2, 0) + need - 1, size - 1)
    return max(b - need + 1, 0), b


def part(seen: Spectrum, a: int, b: int, narrowest: float) -> Spectrum:
    """A stretch of the spectrum; of more points than are needed, sums of neighbours."""
    x, values = seen.x[a : b + 1], seen.values[a : b + 1]
    k = min(int(narrowest / _ENOUGH), x.size // 64)
    if k <= 1:
        return replace(seen, x=x, values=values)
    m = x.size // k
    x = x[: m * k].reshape(m, k).mean(axis=1)
    values = values[: m * k].reshape(m, k).mean(axis=1)
    return replace(
        seen,
        x=x,
        values=values,
        sigma=seen.sigma * float(np.sqrt(min(seen.alike, k) / k)),
        alike=max(seen.alike / k, 1.0),
    )


def fit_group(like: Signal, seen: Spectrum, own: Sequence[Seen], step: float, shape: str) -> Lines:
    """The lines ``own`` of a stretch ``seen``, and others that come out below."""
    turned = np.exp(1j * _start_phase(seen))
    starts = []
    level = float(np.median(seen.real))
    for one in own:
        i = min(int(np.argmin(np.abs(seen.x - (like.x[one.at])))), seen.x.size - 1)
        width = 2 * max(one.half, _LEAST_HALF) * step
        height = float((seen.values[i] * np.conj(turned)).real) - level if seen.complex else one.height
        starts.append((np.pi / 2 * width * (height or one.height), float(like.x[one.at]), width, 0.0))
    phase = float(np.angle(turned))
    best = _shaped(like, seen, starts, phase, shape)
    for _ in range(4):
        left = _left(best)
        x_step = float(np.median(np.diff(seen.x)))
        tallest = max(abs(one.height) for one in best.seen(seen.x))
        more = [s for s in lines(seen, left, 2) if s.height > max(CLEAR * seen.sigma, FAULT * tallest)]
        more = more[: max(MOST_LINES - best.group.n, 0)]
        begun = [best.values(k) for k in range(best.group.n)]
        for s in more:
            width = 2 * max(s.half, _LEAST_HALF) * x_step
            begun.append((np.pi / 2 * width * s.height, float(seen.x[s.at]), width, 0.0))
        if not more or 4 * len(begun) + 5 > seen.x.size:
            break
        other = _shaped(like, seen, begun, best.fit.value("phase"), shape)
        gain = best.squares - other.squares
        if other.fit.status != "converged" or gain < BETTER * len(more):
            break
        best = other
    return best


def _shaped(like: Signal, seen: Spectrum, starts: Sequence[Start], phase: float, shape: str) -> Lines:
    """Lorentzian lines, or Voigt profiles where the data want them."""
    best = fit_lines(like, seen, [(a, at, w + g, 0.0) for a, at, w, g in starts], phase, False)
    if shape == "lorentz" or 4 * len(starts) + 5 >= seen.x.size:
        return best
    if shape == "auto" and best.fit.misfit < POOR:
        return best
    begun = [(a, at, 0.5 * w, 0.7 * w) for a, at, w, _ in (best.values(k) for k in range(best.group.n))]
    other = fit_lines(like, seen, begun, best.fit.value("phase"), True)
    gained = best.squares - other.squares > _GAUSS + 2 * best.group.n
    return other if shape == "voigt" or (gained and other.fit.status == "converged") else best


def settled(like: Signal, found: Lines) -> Lines:
    """``found``, searched on where its fit did not settle in the time that a search among others has."""
    if found.fit.status != "failed":
        return found
    starts = [found.values(k) for k in range(found.group.n)]
    again = found.group.fitted(like, found.group.free(starts, found.fit.value("phase")), _LAST)
    other = replace(found, fit=again)
    return other if again.status == "converged" or other.squares < found.squares else found


def with_rival(like: Signal, found: Lines) -> Lines:
    """``found`` beside a fit of the other shape, each with the weight that the data give it."""
    group = found.group
    if found.fit.status != "converged" or 4 * group.n + 5 >= found.fit.curve.size:
        return found
    other = fit_lines(like, group.spectrum, found.other_shape(), found.fit.value("phase"), not group.voigt)
    if other.fit.status != "converged":
        return found
    both = (found, other)
    weights = likely([one.squares for one in both], [one.fit.values.size for one in both])
    if weights[1] > weights[0] and not group.voigt:
        found, other, weights = other, found, weights[::-1]
    return replace(found, rival=other, doubt=float(weights[1]))


def fit_lines(like: Signal, seen: Spectrum, starts: Sequence[Start], phase: float, voigt: bool) -> Lines:
    group = Group(seen, len(starts), voigt)
    return Lines(group, group.fitted(like, group.free(starts, phase)))


def _left(found: Lines) -> Array:
    n = found.group.spectrum.x.size
    return np.asarray(found.group.spectrum.real - found.fit.curve[:n])


def _start_phase(seen: Spectrum) -> float:
    if not seen.complex:
        return 0.0
    top = int(np.argmax(np.abs(seen.values)))
    return float(np.clip(np.angle(seen.values[top]), -0.6, 0.6))
