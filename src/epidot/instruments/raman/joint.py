"""Lines and background in one likelihood: what is linear is solved, the places and widths are searched.

Areas and the coefficients of the background polynomial are linear; at every step of the search they are those
of the least sum of squares (variable projection, with Kaufman's derivatives).  Counts are weighted by the
variance that the model itself has, renewed until it stands: then the least squares are the greatest Poisson
likelihood.  The errors are those of all parameters together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from epidot.constants import FWHM
from epidot.instruments.raman.lines import spread, tailed, with_slopes
from epidot.instruments.raman.modes import Mode
from epidot.signal import Signal
from epidot.signal.correlation import Noise
from epidot.signal.optimum import Optimum, least
from epidot.signal.variance import standard_errors

Array = NDArray[np.float64]

_ROUNDS = 2  # of weights; the third moves nothing by a thousandth of its error
SMOOTH = 9  # readings whose mean is the first guess of their variance
TAIL, SPREAD = "tail", "spread"
FORMS = {TAIL: "a tail of confinement", SPREAD: "places that scatter"}
# Between these the search for what belongs to a form goes on: a tail (mean square wave vector over that at X)
# beyond 3 is even over the branch; the variance of places / cm-2 begins where no line is changed by it.
ENDS = {TAIL: (0.0, 3.0), SPREAD: (1e-3, 1e3)}
_MOST = 100  # evaluations of one search; a spectrum with lines takes some twenty
_NARROW = 0.1  # cm-1; the width that a line has beside the scatter of its places may be next to nothing
BEGUN = 0.1  # tail with which a search begins
_SEEN = 1e-6  # of a line's own square: below, a tail is another place and width


@dataclass(frozen=True)
class Joint:
    """One fit: ``values`` are places and widths of the ``free`` modes, one number more of those in ``bent``,
    areas of all modes, and the background; ``optimum`` is the end of the search.

    ``bent`` maps the number of a free mode to its form: ``tail`` of confinement or ``spread`` of places.

    ``design`` (n, p) are the derivatives of the curve in all of them, divided by ``error`` (n,).
    """

    free: tuple[Mode, ...]
    held: tuple[Mode, ...]
    bent: Mapping[int, str]
    order: int
    values: Array
    design: Array
    residuals: Array
    error: Array
    curve: Array
    background: Array
    optimum: Optimum

    @property
    def modes(self) -> tuple[Mode, ...]:
        """In the order of their areas."""
        return (*self.free, *self.held)

    @property
    def searched(self) -> int:
        """How many values are places, widths and what belongs to a form."""
        return 2 * len(self.free) + len(self.bent)

    @property
    def deviance(self) -> float:
        """The sum of squared residuals in units of their stated errors."""
        return float(self.residuals @ self.residuals)

    def area(self, k: int) -> int:
        """The index of the area of mode ``k`` of :attr:`modes`."""
        return self.searched + k

    def own(self, k: int) -> int | None:
        """The index of what belongs to the form of free mode ``k``; ``None`` if it is a plain line."""
        return 2 * len(self.free) + list(self.bent).index(k) if k in self.bent else None

    def at_a_bound(self, k: int) -> bool:
        """Whether the place or width of free mode ``k`` ended where the search does.

        Where its places scatter much more than its width, the latter may be nothing.
        """
        stuck = self.optimum.low | self.optimum.high
        narrow = self.optimum.low[2 * k + 1] and self.bent.get(k) == SPREAD
        return bool(stuck[2 * k] or (stuck[2 * k + 1] and not narrow))


def polynomial(x: Array, order: int) -> Array:
    """Legendre polynomials up to ``order`` over the range of ``x`` (n,), shape (n, order + 1)."""
    u = (2 * x - x[0] - x[-1]) / (x[-1] - x[0])
    return np.polynomial.legendre.legvander(u, order)


def errors(signal: Signal, expected: Array | None = None) -> Array:
    """Standard error of every reading (n,) as its kind has it; of one unknown size for analog values."""
    mean = uniform_filter1d(signal.y, SMOOTH, mode="nearest") if expected is None else expected
    known = standard_errors(signal, mean)
    return known if known is not None else np.full(len(signal), max(Noise().level(signal.y), 1e-300))


def fit(
    signal: Signal,
    free: Sequence[Mode],
    held: Sequence[Mode],
    order: int,
    resolution: float,
    start: Array | None = None,
    expected: Array | None = None,
    bent: Mapping[int, str] | None = None,
) -> Joint:
    """``free`` modes with places and widths of their own, ``held`` ones with the usual, on a background.

    ``start`` (2 per free mode, and one per mode in ``bent``) are values to begin from, ``expected`` (n,)
    readings of a fit that was nearly as good: its weights need no renewal.  ``bent`` as in :class:`Joint`.
    """
    x, y = signal.x, signal.y
    fixed = [with_slopes(x, m.place, m.width, resolution)[0] for m in held]
    basis = np.column_stack([*fixed, polynomial(x, order)])
    count, bent = len(free), bent or {}
    ends = [ENDS[form] for form in bent.values()]
    low = np.array(
        [
            v
            for k, m in enumerate(free)
            for v in (m.reach[0], _NARROW if bent.get(k) == SPREAD else m.widths[0])
        ]
        + [e[0] for e in ends]
    )
    high = np.array([v for m in free for v in (m.reach[1], m.widths[1])] + [e[1] for e in ends])
    at = np.array([v for m in free for v in (m.place, m.width)]) if start is None else start
    error = errors(signal, expected)
    seen: dict[bytes, tuple[Array, ...]] = {}

    def solved(values: Array) -> tuple[Array, ...]:
        key = values.tobytes()
        if key not in seen:
            seen.clear()
            shapes = [_line(x, values, k, free, bent, resolution) for k in range(count)]
            design = np.column_stack([*(one[0] for one in shapes), basis]) / error[:, None]
            q, r = np.linalg.qr(design)
            linear = np.linalg.solve(r, q.T @ (y / error))
            slopes = [linear[k] * s for k, one in enumerate(shapes) for s in one[1:3]]
            slopes += [linear[k] * shapes[k][3] for k in bent]
            moved = np.column_stack([*slopes, np.empty((x.size, 0))]) / error[:, None]
            seen[key] = (design, q, linear, moved)
        return seen[key]

    def off(values: Array) -> Array:
        design, _, linear, _ = solved(values)
        return np.asarray(design @ linear - y / error, dtype=np.float64)

    def derivatives(values: Array) -> Array:
        _, q, _, moved = solved(values)
        return np.asarray(moved - q @ (q.T @ moved), dtype=np.float64)

    for _ in range(1 if signal.kind == "analog" or expected is not None else _ROUNDS):
        seen.clear()
        found = least(off, [at], low, high, derivatives, further=False, tight=False, evaluations=_MOST)
        at = found.values
        design, _, linear, moved = solved(at)
        curve = design @ linear * error
        if signal.kind != "analog":
            error = errors(signal, curve)
    seen.clear()  # the weights have changed
    design, _, linear, moved = solved(at)
    whole = np.column_stack([moved, design])
    background = polynomial(x, order) @ linear[count + len(held) :]
    left = np.asarray(y / error - design @ linear, dtype=np.float64)
    curve = np.asarray(design @ linear * error, dtype=np.float64)
    values = np.concatenate([at, linear])
    return Joint(tuple(free), tuple(held), bent, order, values, whole, left, error, curve, background, found)


def _line(
    x: Array, values: Array, k: int, free: Sequence[Mode], bent: Mapping[int, str], resolution: float
) -> tuple[Array, ...]:
    """Free mode ``k`` of area 1 and its derivatives in place and width, and in what belongs to its form."""
    place, width = float(values[2 * k]), float(values[2 * k + 1])
    if k not in bent:
        return with_slopes(x, place, width, resolution)
    own = float(values[2 * len(free) + list(bent).index(k)])
    return shaped(x, place, width, own, free[k], bent[k], resolution)


def shaped(
    x: Array, place: float, width: float, own: float, mode: Mode, form: str, resolution: float
) -> tuple[Array, ...]:
    """A line of ``mode`` in a ``form``, of area 1, and its derivatives in ``place, width, own``."""
    if form == TAIL:
        return tailed(x, place, width, resolution, own, mode.fall / mode.place, mode.dimensions)
    return spread(x, place, width, resolution, own)


def gains(joint: Joint, x: Array, resolution: float, form: str) -> dict[int, float]:
    """What a form of each free mode would take off the misfit, by first order; only where it is above one.

    Where it would gain less, the line says the same within its error whether it has that form or not.
    """
    q, _ = np.linalg.qr(joint.design)
    out = {}
    for k, mode in enumerate(joint.free):
        if k in joint.bent or (form == TAIL and not mode.fall > 0):
            continue
        place, width = (float(v) for v in joint.values[2 * k : 2 * k + 2])
        begun = begin(form, width)
        narrower = width if form == TAIL else 0.6 * width
        other = shaped(x, place, narrower, begun, mode, form, resolution)[0] / joint.error
        beside = other - q @ (q.T @ other)
        length = float(beside @ beside)
        along = float(beside @ joint.residuals) * math.copysign(1.0, joint.values[joint.area(k)])
        if length > _SEEN * float(other @ other) and along > math.sqrt(length):
            out[k] = along * along / length
    return out


def begin(form: str, width: float) -> float:
    """With what the search for a form begins, of a line of ``width``."""
    return BEGUN if form == TAIL else (0.6 * width / FWHM) ** 2
