"""How far what follows from a fit may really go: its profiles followed to their ends.

Value ± error is a parabola about the optimum.  Where a slow term and the background, or two lifetimes that
are near each other, pass for one another, the deviance is a bent valley instead: one decay ends low in it
with a small error, another of the same kind high with a large one, and a truth that the counts allow well
lies ten errors away.  So every lifetime, share and average is moved outwards from the optimum, all else
fitted anew and the background free to leave its bound, until the deviance has risen by ``FAR``.

The signed root r of that rise is a normal deviate about the truth however the valley bends (the likelihood
root; Barndorff-Nielsen and Cox, *Inference and Asymptotics*, 1994, section 3.4), so a value lies between two
ends with the probability Φ(r_high) − Φ(r_low).  The error is the least of which one holds 68.3 %, two 95.4 %
and three 99.7 %; of a parabola that is its own.  An end that lies open holds what is beyond it at infinity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.tcspc.binned import Binned, solved
from epidot.instruments.tcspc.estimate import Estimate, derived, derived_slopes
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution, state

FAR = 12.0  # rise of the deviance from which nothing is left to hold
LEVELS = ((0.6827, 1.0), (0.9545, 2.0), (0.9973, 3.0))  # share, and within how many standard errors
SURE = 0.02  # relative error below which a value is so near its optimum that the valley is straight
CLEAR = 4.0  # standard errors of the background above zero from which its bound does not matter
STRAIGHT = 0.05  # departure of r from its parabola, one and two errors away, that is none
_STEPS = 16
_STIFF = 10.0  # by how much more firmly a value is held than the counts would move it
_NEAR, _WIDE = 0.5, 1.1  # rise of r by one step: wider steps below, narrower ones above
_LONGEST = 0.7  # of a logarithm, by one step
_MOVED = 0.2  # of a step, below which a line has come to its end
_PARTED = 0.1  # of a lifetime, by which its two halves differ from it at first
_CERTAIN = 6.0  # root at an end of nature: nothing is beyond


def followed_out(
    found: Estimate, solution: Solution, shortest: float, excess: float, none: int | None = None
) -> Estimate:
    """``found``, what is derived from ``solution``, with errors that hold its valley; the shortest lifetime
    of the record is ``shortest`` / ns, and the deviance counts in units of its ``excess``.

    Term ``none`` (counted from 0) may be none; the lifetimes of the others hold those of every fit without
    its faintest term.
    """
    k, names = solution.model.terms, solution.model.names
    clear, error = True, np.sqrt(np.maximum(np.diag(found.covariance), 0.0))
    if "background" in names:
        i = names.index("background")
        clear = bool(solution.theta[i] > CLEAR * error[i])
    lifetimes, shares = found.likeliest[:k], found.likeliest[k : 3 * k]
    away = np.minimum(shares, 1 - shares) if k > 1 else shares
    sure = np.all(found.sigma[:k] < SURE * lifetimes) and np.all(found.sigma[k : 3 * k] < SURE * away)
    lost = bool(np.any(solution.held[: 2 * k])) or not np.all(np.isfinite(found.sigma))
    if not solution.converged or (none is None and (lost or (clear and sure))):
        return found
    begun = solution if none is None or not lost else _parted(solution, none)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        errors = _Lines(Binned(begun, shortest, excess)).errors(found, clear, none, lost)
    if errors is None:
        return found
    sigma, background = errors
    wider = found.with_errors(np.fmax(found.sigma, sigma))
    if "background" in names and solution.free[i] and math.inf > background > error[i] > 0:
        scale = np.ones(error.size)
        scale[i] = background / error[i]
        wider = replace(wider, covariance=wider.covariance * scale * scale[:, None])
    return wider


def _parted(solution: Solution, none: int) -> Solution:
    """``solution`` with its brightest term in two halves, one of them as term ``none``: where that has no
    light of its own, the valley in which two lifetimes pass for one begins here."""
    k, theta = solution.model.terms, solution.theta.copy()
    light = np.where(np.arange(k) == none, 0.0, theta[:k])
    whole = int(np.argmax(light))
    light[[none, whole]] = light[whole] / 2
    taus = theta[k : 2 * k].copy()
    taus[[min(none, whole), max(none, whole)]] = taus[whole] * np.array([1 - _PARTED, 1 + _PARTED])
    order = np.argsort(taus, kind="stable")
    theta[:k], theta[k : 2 * k] = light[order], taus[order]
    return state(solution.y, solution.model, theta, solution.trust, 0)


@dataclass(frozen=True)
class _Lines:
    """Each line moves the logarithm of a ratio, ln Σ cᵢτᵢ^p − ln Σ cⱼτⱼ^q over some terms i and j: a
    lifetime, a share over the others', an average."""

    binned: Binned

    @cached_property
    def ratios(self) -> tuple[Array, Array, Array]:
        """Which terms stand above and below (2, lines, k), their powers of the lifetime (2, lines), and which
        way each line goes (lines,)."""
        k = self.binned.terms
        one, every = np.eye(k), np.ones(k)
        rows = [(one[i], one[i], 1.0, 0.0) for i in range(k)]
        if k > 1:
            some = range(k if k > 2 else 1)
            rows += [(one[i], every - one[i], power, power) for power in (0.0, -1.0) for i in some]
            rows += [(every, every, 0.0, -1.0), (every, every, 1.0, 0.0)]
        both = [row for row in rows for _ in (0, 1)]
        held = np.array([[row[0] for row in both], [row[1] for row in both]])
        powers = np.array([[row[2] for row in both], [row[3] for row in both]])
        return held, powers, np.tile([-1.0, 1.0], len(rows))

    def at(self, x: Array, lines: NDArray[np.intp]) -> tuple[Array, Array]:
        """The logarithms (m,) at x (m, p) along ``lines`` (m,), and their derivatives (m, p)."""
        k = self.binned.terms
        held, powers, _ = self.ratios
        out, by = np.zeros(lines.size), np.zeros_like(x)
        for sign, terms, power in zip((1.0, -1.0), held[:, lines], powers[:, lines], strict=True):
            size = np.where(terms > 0, x[:, :k] + power[:, None] * x[:, k : 2 * k], -np.inf)
            top = size.max(axis=1, keepdims=True)
            each = np.exp(size - top)
            whole = each.sum(axis=1, keepdims=True)
            out += sign * (top + np.log(whole))[:, 0]
            by[:, :k] += sign * each / whole
            by[:, k : 2 * k] += sign * power[:, None] * each / whole
        return out, by

    def _ahead(self, x: Array, information: Array, lines: NDArray[np.intp]) -> tuple[Array, Array]:
        """The error (m,) of each logarithm, and by how much x (m, p) moves along with it."""
        _, slope = self.at(x, lines)
        turned = solved(information + 1e-9 * np.eye(x.shape[1]), slope[:, :, None])[0][:, :, 0]
        variance = np.maximum((slope * turned).sum(axis=1), 1e-12)
        return np.sqrt(variance), turned / variance[:, None]

    def followed(self, clear: bool) -> tuple[Array, Array, Array] | None:
        """All fits met, x (m, p), and the rises of their deviance (m,), the optimum first; the information
        (p, p) there.

        ``None`` where the first two steps of all lines find parabolas, and the background is ``clear`` of
        its bound.
        """
        binned, (_, _, way) = self.binned, self.ratios
        lines, last = np.arange(way.size), np.zeros(way.size)
        none = binned.column(binned.start[None, binned.terms])
        x, now, information = binned.down(binned.start[None, :], np.zeros(1), none)
        best, xs, rises = information[0], [x], [np.zeros(1)]
        x, information = np.repeat(x, way.size, axis=0), np.repeat(information, way.size, axis=0)
        begun = self.at(x, lines)[0]
        sigma = self._ahead(x, information, lines)[0]
        step = np.minimum(sigma, _LONGEST)
        straight = clear
        for turn in range(_STEPS):
            before = self.at(x, lines)[0]
            target, stiff = before + way[lines] * step, _STIFF / np.minimum(step, sigma[lines])
            move = self._ahead(x, information, lines)[1] * (way[lines] * step)[:, None]
            x, now_there, information = binned.down(
                np.clip(x + np.clip(move, -1.0, 1.0), *binned.ends),
                np.zeros(lines.size),
                np.repeat(none, lines.size, axis=0),
                towards=self._towards(lines, target, stiff),
            )
            rise, there = now_there - now, self.at(x, lines)[0]
            xs.append(x)
            rises.append(rise)
            root = np.sqrt(np.maximum(rise, 0.0))
            expected = np.abs(self._value(there, lines) - self._value(begun[lines], lines))
            expected /= sigma[lines] * self._slope(begun[lines], lines)
            straight = straight and bool(np.all(np.abs(root - expected) < STRAIGHT * expected))
            if turn == 1 and straight:
                return None
            more = root - last
            went = np.abs(there - before) > _MOVED * np.abs(target - before)
            go_on = (rise < FAR) & went
            step = np.minimum(step * np.where(more < _NEAR, 1.8, np.where(more > _WIDE, 0.6, 1.0)), _LONGEST)
            lines, last, step = lines[go_on], root[go_on], step[go_on]
            x, information = x[go_on], information[go_on]
            if not lines.size:
                break
        return np.concatenate(xs), np.concatenate(rises), best

    def _towards(
        self, lines: NDArray[np.intp], target: Array, stiff: Array
    ) -> Callable[[Array], tuple[Array, Array]]:
        """How far the logarithms along ``lines`` (m,) are from their ``target`` (m,), times ``stiff``."""

        def towards(x: Array) -> tuple[Array, Array]:
            there, slope = self.at(x, lines)
            return stiff * (there - target), stiff[:, None] * slope

        return towards

    def _value(self, logarithm: Array, lines: NDArray[np.intp]) -> Array:
        """What stands at a ``logarithm`` (m,) along ``lines`` (m,): a share, or a time."""
        value = np.exp(logarithm)
        return np.asarray(np.where(self._shared[lines], value / (1 + value), value))

    def _slope(self, logarithm: Array, lines: NDArray[np.intp]) -> Array:
        """Its derivative (m,) by the logarithm."""
        value = np.exp(logarithm)
        return np.asarray(np.where(self._shared[lines], value / (1 + value) ** 2, value))

    @cached_property
    def _shared(self) -> NDArray[np.bool_]:
        """Which lines move a share."""
        held, _, _ = self.ratios
        return np.asarray(np.all(held[0] * held[1] == 0, axis=1))

    def errors(
        self, found: Estimate, clear: bool, none: int | None = None, elsewhere: bool = False
    ) -> tuple[Array, float] | None:
        """Standard errors (k,) of what is derived, infinite where the counts leave it open, and that of the
        background; ``None`` where the valley is straight.

        Which lifetime belongs to the term that may be ``none`` changes along the valley: it is that with the
        least light of each fit, and its own stays as it was ``found``.  The lines may begin ``elsewhere``
        than at what was found.
        """
        k = self.binned.terms
        if (met := self.followed(clear)) is None:
            return None
        x, rises, best = met
        order = np.argsort(x[:, k : 2 * k], axis=1, kind="stable")
        both = [np.take_along_axis(np.exp(part), order, axis=1) for part in (x[:, :k], x[:, k : 2 * k])]
        values = derived(np.concatenate(both, axis=1).T, k)
        # The bins know a little less than the channels, and nothing of the noise of a response.
        by = derived_slopes(np.concatenate(both, axis=1)[0], k) * np.concatenate(both, axis=1)[0]
        known = np.einsum(
            "kp,pk->k", by, solved(best[None], np.eye(x.shape[1])[None])[0][0][: 2 * k, : 2 * k] @ by.T
        )
        finer = found.unbounded / np.sqrt(known)
        finer = np.where(np.isfinite(finer) & (finer > 0) & (not elsewhere), finer, 1.0)
        lowest, highest = [0.0] * values.shape[0], [math.inf] * k + [1.0] * 2 * k + [math.inf] * 2
        shift = np.zeros(len(values)) if elsewhere else found.likeliest - values[:, 0]
        moved = values + shift[:, None]
        if none is not None:
            faintest = np.argmin(both[0], axis=1)[:, None] == np.arange(k)
            rest = both[1][~faintest].reshape(-1, k - 1)
            for j, i in enumerate(np.delete(np.arange(k), none)):
                moved[i] = rest[:, j] + shift[i]
                # Where another term becomes the faintest is an end: the valley goes on under its name.
                lowest[i], highest[i] = np.min(moved[i, rises < FAR]), np.max(moved[i, rises < FAR])
        each = zip(finer, moved, found.values.tolist(), lowest, highest, strict=True)
        out = np.array([more * _error(row, rises, value, ends) for more, row, value, *ends in each])
        if none is not None:
            out[none] = found.sigma[none]
        return out, self._of_background(x, rises)

    def _of_background(self, x: Array, rises: Array) -> float:
        """The error of the background, by all the fits that were met."""
        model = self.binned.solution.model
        if "background" not in model.names:
            return 0.0
        i = model.names.index("background")
        row = x[:, i] * self.binned.size[i - 2 * model.terms] + float(self.binned.solution.theta[i])
        return _error(row, rises, float(row[0]), (0.0, math.inf))


def _error(values: Array, rises: Array, about: float, ends: Sequence[float]) -> float:
    """The error about a value that holds its ``LEVELS`` of the profile known at ``values`` (m,), whose
    deviance is higher by ``rises`` (m,) than at the first; none is beyond the two ``ends``."""
    good = np.isfinite(values) & np.isfinite(rises)
    off, root = values[good] - values[0], np.sqrt(np.maximum(rises[good], 0.0))
    centre = about - values[0]
    low, high = _side(-off, root, values[0] - ends[0]), _side(off, root, ends[1] - values[0])
    return max(_reach(low, high, float(centre), share) / n for share, n in LEVELS)


def _side(off: Array, root: Array, end: float) -> tuple[Array, Array]:
    """Distances (n,) to one side, and the least root of a rise (n,) that far out or further: where two fits
    are as far out the better one counts.  Nothing is beyond the ``end``."""
    order = np.argsort(off[off >= 0], kind="stable")
    off, root = off[off >= 0][order], root[off >= 0][order]
    least = np.minimum.accumulate(root[::-1])[::-1]
    off, root = off[root <= least], root[root <= least]
    if math.isfinite(end):
        off, root = np.append(off, max(end, float(off[-1]))), np.append(root, max(_CERTAIN, float(root[-1])))
    return off, root


def _reach(low: tuple[Array, Array], high: tuple[Array, Array], centre: float, share: float) -> float:
    """How far from the ``centre`` that share ends; infinite where it does not."""
    from scipy.special import ndtr

    places = np.concatenate((-low[0][::-1], high[0]))
    roots = np.concatenate((-low[1][::-1], high[1]))

    def held(far: float) -> float:
        ends = np.interp([centre - far, centre + far], places, roots)
        return float(ndtr(ends[1]) - ndtr(ends[0]))

    near, far = 0.0, float(np.max(np.abs(places - centre)))
    if held(far) < share:
        return math.inf
    for _ in range(40):
        middle = 0.5 * (near + far)
        near, far = (middle, far) if held(middle) < share else (near, middle)
    return far
