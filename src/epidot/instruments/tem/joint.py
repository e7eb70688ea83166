"""All particles of a picture fitted: each by itself to its pixels, all together by their rings.

A particle's place and the bends of its outline hardly depend on what the picture shares, nor the other way
round.  So the two are fitted in turn: every particle to its own pixels by Levenberg and Marquardt's way
(:mod:`epidot.instruments.tem.particle`), then radius, height and what all share to the rings
(:mod:`epidot.instruments.tem.shared`).  Pixels that two outlines claim count for neither.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from epidot.errors import InputError
from epidot.instruments.tem import blurred, shared
from epidot.instruments.tem.particle import (
    FLOOR,
    HEIGHT,
    MODES,
    ORDERS,
    OWN,
    RING,
    SHARED_BY_TWO,
    R,
    X,
    Y,
    gather_all,
    map_owners,
    sweep,
)
from epidot.instruments.tem.shared import Rings

Array = NDArray[np.float64]

_ROUND = np.array([Y, X, R, HEIGHT, FLOOR, FLOOR + 1, FLOOR + 2])
_WHOLE = np.arange(OWN)
RADIAL = np.array([R, HEIGHT, FLOOR])
MODE_WIDTH = 0.2  # standard deviation of the modes of an outline, in radii, known beforehand
_BENT = 3.0  # errors by which outlines must be more than noise bends them: else they are held round
# Stride over the pixels and whether outlines may bend; None: as they were found to.
_TURNS = ((2, False), (2, True), (1, None), (1, None))
# Sum of squares over the usual one, share of the inside that is its own: beyond, no dot to learn from.
ODD, ALONE = 1.8, 0.6
_MOST, _FEW = 25, 4  # steps on the way down
_DAMPED = 0.02
# What one more step would take off a particle's sum of squares, in variances of a residual.
_STILL, _ROUGH = 0.01, 0.1
_MEDIAN = 0.891  # of a chi square of six over six
_SEEN = 4.0  # errors of its height that a particle stands out
_SHRUNK = 0.4  # of its first radius: less is a speck
_INSIDE = 0.5  # of the larger radius: two so near are one


@dataclass(frozen=True, eq=False)
class Joint:
    """The end of the fit: ``own`` (n, 13), ``shared`` (5,), the ``rings`` and where their fit began.

    ``modes`` (n, 6) are those of free outlines, also where ``own`` has round ones, ``free`` (n, 13, 13) the
    inverse of the normal matrices then.  ``inverse`` (n, 13, 13) is the inverse of each particle's normal
    matrix in units of the variance of a weighted residual, which is ``noise`` (n,).  ``alone`` (n,) says
    which share of its inside is a particle's own; ``moved`` (n,) what its next step would be in standard
    errors of its radius.
    """

    own: Array
    shared: Array
    modes: Array
    free: Array
    inverse: Array
    noise: Array
    alone: Array
    moved: Array
    owners: NDArray[np.int32]
    discs: Array
    rings: Rings

    @property
    def mode_variances(self) -> Array:
        """Of the free modes (n, 6), as of independent noise."""
        part = np.diagonal(self.free, axis1=1, axis2=2)[:, MODES:FLOOR]
        return np.asarray(part * self.noise[:, None])


def fitted(
    picture: Array,
    weight: Array,
    start: Array,
    sigma: float,
    mask: NDArray[np.bool_],
    smoothed: float,
    level: float,
) -> Joint:
    """The particles that begin at ``start`` (n, 4; y, x, R in pixels, height), blurred by ``sigma`` pixels.

    What stands in ``mask``, found in a picture ``smoothed`` so many pixels wide, and belongs to no particle
    is left out: those cut by the rim, debris, a scale bar.

    Raises
    ------
    InputError
        If no particle stands out.
    """
    own = np.zeros((len(start), OWN))
    own[:, [Y, X, R, HEIGHT]] = start
    size = float(np.median(start[:, 2]))
    common = shared.first(size, sigma)
    begin = start
    view = _View(picture, weight, level, np.full(picture.shape, -1, dtype=np.int32), np.empty((len(own), 3)))
    foreign = np.zeros(picture.shape, dtype=np.bool_)
    width = MODE_WIDTH
    for turn, (stride, bent) in enumerate(_TURNS):
        map_owners(view.owners, own, common[0], view.discs)
        view.owners[foreign] = SHARED_BY_TWO
        end = _descended(view, own, common, stride, width if bent is None else MODE_WIDTH * bent)
        own = end.own
        if not float(np.median(end.noise)) > 0:
            raise InputError(
                "hardly a particle has pixels of its own", remedy="take an image on which they lie apart"
            )
        if turn == len(_TURNS) - 1:
            return replace(end, rings=view.rings(own, common, size))
        if bent:
            width = _bends(end)
            if width == 0.0:
                own[:, MODES:FLOOR] = 0.0
        kept = _kept(own, begin, np.sqrt(end.inverse[:, HEIGHT, HEIGHT] * end.noise), picture.shape)
        if turn == 0:
            own, begin, view = own[kept], begin[kept], replace(view, discs=view.discs[kept])
            end = replace(end, noise=end.noise[kept])
            if not len(own):
                raise InputError(
                    "no particles stand out from the film", remedy="take an image of higher dose"
                )
            map_owners(view.owners, own, common[0], view.discs)
            rest = ndimage.binary_opening(mask & (view.owners == -1), iterations=1 + round(smoothed))
            foreign = ndimage.binary_dilation(rest, iterations=2 + round(smoothed + 2 * common[0]))
            view.owners[foreign] = SHARED_BY_TWO
        size = float(np.median(own[:, R]))
        noise = float(np.median(end.noise))
        some = learnt_from(end) if turn else np.arange(len(own))
        seen = view.rings(own, common, size).of(some)
        found = shared.descended(seen, own[np.ix_(some, RADIAL)], common, noise, quick=True)
        own[np.ix_(some, RADIAL)], common = found.own, found.shared
        # One that has run away would claim the pixels of all others.
        own[:, R] = np.minimum(own[:, R], view.discs[:, 2])
    raise AssertionError


def learnt_from(end: Joint) -> NDArray[np.intp]:
    """Particles that look like dots: from them is learnt what all share."""
    usual = float(np.median(end.noise))
    good = (end.noise < ODD * usual) & (end.alone > ALONE)
    return np.flatnonzero(good) if good.sum() > 1 else np.arange(len(good))


def _bends(end: Joint) -> float:
    """Standard deviation of the modes of outlines, noise taken off; 0 where that is all.

    Modes fitted to noise sharpen a rim: pixels that are bright by chance are taken inside.
    """
    some = learnt_from(end)
    ratio = np.mean(end.modes[some] ** 2 / end.mode_variances[some], axis=1)
    excess = float(np.median(ratio)) / _MEDIAN - 1
    if excess < _BENT * 0.7 / math.sqrt(len(some)):
        return 0.0
    return math.sqrt(excess * float(np.median(end.mode_variances[some])))


@dataclass(frozen=True, eq=False)
class _View:
    """A picture, the weights of its pixels, the film's level, whose pixel is whose, where each looks."""

    picture: Array
    weight: Array
    level: float
    owners: NDArray[np.int32]
    discs: Array

    def look(
        self,
        own: Array,
        common: Array,
        stride: int,
        active: NDArray[np.intp],
        moving: NDArray[np.bool_],
        out: _Seen,
    ) -> None:
        """Normal matrices, slopes and sums of squares of every ``moving`` particle into ``out``."""
        sweep(
            out.rest, out.painted, self.weight, self.owners, own, self.discs, common, blurred.table(),
            self.level, stride, active, moving,
            out.normals, out.slopes, out.totals,
        )  # fmt: skip

    def rings(self, own: Array, common: Array, size: float) -> Rings:
        """The pixels of every particle gathered into rings."""
        sums = np.empty((len(own), 3, int(self.discs[:, 2].max() / RING) + 1))
        gather_all(
            self.picture, self.weight, self.owners, own, self.discs, common, blurred.table(), self.level, sums
        )
        weight = np.ascontiguousarray(sums[:, 0])
        full = np.maximum(weight, 1e-300)
        return Rings(
            np.where(weight > 0, sums[:, 1] / full, -1.0), sums[:, 2] / full, weight, self.level, size
        )


class _Seen:
    """Room for what :meth:`_View.look` says of ``n`` particles, and the picture less them."""

    def __init__(self, n: int, picture: Array) -> None:
        self.rest, self.painted = picture.copy(), np.zeros((n, OWN))
        self.normals = np.zeros((n, OWN, OWN))
        self.slopes = np.zeros((n, OWN + 2))
        self.totals = np.zeros(n)


def _descended(view: _View, own: Array, common: Array, stride: int, width: float) -> Joint:
    """Every particle down its own way: a step that does not lead down is taken back and made shorter.

    Modes of outlines are known beforehand to a standard deviation of ``width``; 0 holds them.
    """
    n = len(own)
    whole = width > 0
    active = _WHOLE if whole else _ROUND
    here, trial = own.copy(), own.copy()
    damping, best = np.full(n, _DAMPED), np.full(n, np.inf)
    moving = np.ones(n, dtype=np.bool_)
    seen, tried = _Seen(n, view.picture), _Seen(n, view.picture)
    gain = step = np.zeros(n)
    noise = np.ones(n)
    most = _FEW if stride > 1 and not whole else _MOST
    for turn in range(most):
        view.look(trial, common, stride, active, moving, tried)
        usual = float(np.median(tried.totals / np.maximum(tried.slopes[:, OWN] - len(active), 1)))
        known = usual / (width or MODE_WIDTH) ** 2
        cost = tried.totals + known * np.sum(trial[:, MODES:FLOOR] ** 2, axis=1)
        better = moving & (cost <= best)
        here[better], best[better] = trial[better], cost[better]
        for mine, new in (
            (seen.normals, tried.normals),
            (seen.slopes, tried.slopes),
            (seen.totals, tried.totals),
        ):
            mine[better] = new[better]
        damping = np.where(better, damping / 6, np.maximum(8 * damping, 0.01))
        step, gain, inverse, radius = _steps(seen, here, active, known, damping)
        noise = seen.totals / np.maximum(seen.slopes[:, OWN] - len(active), 1)
        still = gain < (_STILL if stride == 1 else _ROUGH) * usual
        moving = moving & ~still & (damping < 1e6)
        if not moving.any() or turn + 1 == most:
            break
        trial = np.where(moving[:, None], _limited(here, step, view.discs[:, 2]), here)
    moved = np.abs(radius) / np.sqrt(np.maximum(inverse[:, R, R] * noise, 1e-30))
    none = Rings(*(np.empty((0, 0)),) * 3, view.level, 0.0)
    if not whole and stride == 1:
        view.look(here, common, stride, _WHOLE, np.ones(n, dtype=np.bool_), seen)
    modes, free = _free_modes(seen, here, usual / MODE_WIDTH**2)
    return Joint(
        here,
        common,
        modes,
        free,
        inverse,
        noise,
        seen.slopes[:, OWN + 1].copy(),
        moved,
        view.owners,
        view.discs,
        none,
    )


def _free_modes(seen: _Seen, here: Array, known: float) -> tuple[Array, Array]:
    """Modes (n, 6) that outlines would have if free, and the inverse matrices (n, 13, 13) then."""
    step, _, inverse, _ = _steps(seen, here, _WHOLE, known, np.zeros(len(here)))
    part = slice(MODES, FLOOR)
    return here[:, part] + step[:, part], inverse


def _steps(
    seen: _Seen, here: Array, active: NDArray[np.intp], known: float, damping: Array
) -> tuple[Array, Array, Array, Array]:
    """Damped steps (n, 13), what undamped ones would gain, the inverse matrices, undamped steps of R."""
    local = seen.normals[:, active[:, None], active[None, :]].copy()
    pull = seen.slopes[:, active].copy()
    i = np.arange(len(active))
    if len(active) == OWN:  # the outline's modes are small; no number of a hidden particle runs away
        modes = np.arange(MODES, MODES + 2 * ORDERS)
        local[:, modes, modes] += known
        pull[:, modes] -= known * here[:, modes]
    diagonal = local[:, i, i]
    local[:, i, i] = diagonal * (1 + 1e-6) + 1e-12
    inverse = np.linalg.inv(local)
    free = (inverse @ pull[:, :, None])[:, :, 0]
    gain = np.einsum("na,na->n", pull, free)
    local[:, i, i] = diagonal * (1 + 1e-6 + damping[:, None]) + 1e-12
    step = np.zeros_like(here)
    step[:, active] = np.linalg.solve(local, pull[:, :, None])[:, :, 0]
    wide = np.zeros((len(here), OWN, OWN))
    wide[:, active[:, None], active[None, :]] = inverse
    return step, gain, wide, free[:, list(active).index(R)]


def _limited(own: Array, step: Array, largest: Array) -> Array:
    """``own`` after a step that no particle makes further than a third of its radius, nor out of its disc."""
    most = own[:, R] / 3
    worst = np.max(np.abs(step[:, [Y, X, R]]), axis=1) / most
    worst = np.maximum(worst, np.max(np.abs(step[:, MODES:FLOOR]), axis=1) / 0.3)
    out = own + step / np.maximum(worst, 1.0)[:, None]
    out[:, R] = np.clip(out[:, R], 1.0, largest)
    return np.asarray(out)


def _kept(own: Array, begin: Array, error: Array, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which particles (n,) are still ones: seen at all, where they began, and not on another's place."""
    m, n = shape
    away = np.hypot(own[:, Y] - begin[:, 0], own[:, X] - begin[:, 1])
    good = (own[:, HEIGHT] > _SEEN * error) & (own[:, R] > _SHRUNK * begin[:, 2]) & (away < begin[:, 2])
    good &= (own[:, Y] > -own[:, R]) & (own[:, Y] < m + own[:, R])
    good &= (own[:, X] > -own[:, R]) & (own[:, X] < n + own[:, R])
    order = np.argsort(-own[:, R])
    for place, i in enumerate(order):
        if good[i]:
            later = order[place + 1 :]
            near = np.hypot(own[later, Y] - own[i, Y], own[later, X] - own[i, X]) < _INSIDE * own[i, R]
            good[later[near]] = False
    return good
