"""The whole pattern at once: spheres of each crystal over a smooth background and one halo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.xrd.beam import Beam
from epidot.instruments.xrd.crystals import Crystal
from epidot.instruments.xrd.pattern import PARAMETERS, Grain, Spheres
from epidot.instruments.xrd.search import Limits, beyond_noise, bounded, ground, smooth, stepped, weight
from epidot.signal import Signal
from epidot.signal.fitting import Fitted, Free, fit_curve

Array = NDArray[np.float64]

SWELL = 0.03  # how far a lattice constant may be from the table's
LEAST_NM, MOST_NM = 0.8, 14.0
_U2_NM2 = 1e-4  # mean square displacement where a search starts, 0.01 Å2
RIM_NM = 0.18  # what dots built atom by atom show: noise-free patterns of InP and CdSe give 0.17 to 0.19
_WIDEST = 0.35  # dispersion
_HALO = (5.0, 4.0)  # where a search for a halo starts: degrees beyond the first reading, and its width
_BEYOND = 2.4  # reach of the sum, in diameters where the search starts
_FURTHEST = 34.0
_LADDER = (
    (1.5, 2.0, 2.5),
    (2.5, 3.2, 4.0),
    (4.0, 5.2, 6.5),
    (6.5, 8.5, 11.0, 13.0),
)  # sizes a search starts from
_CLEAR = 4.0  # standard errors by which a halo must stand out to be believed
OWN = 3  # parameters of each phase: scale, lattice constant, diameter
SHARED = ("dispersion2", "u2_nm2")  # of the dispersion the square: what a pattern is linear in near none
_RIM_STEP = 0.02  # nm
_RIM_SETTLED, _ROUNDS = 0.1, 3  # of its error: nearer to where pattern and statement meet it is not moved


@dataclass(frozen=True, eq=False)
class Model:
    """Curve and derivatives of the parameters (p,): each phase's own, shared, halo's, background's.

    ``unit`` is the height of each phase's pattern where the search starts: the scales count in it.
    """

    angle: Array
    rays: Beam
    crystals: tuple[Crystal, ...]
    order: int
    zero_deg: float
    halo: bool
    reach_nm: float
    unit: tuple[float, ...] = ()
    engines: tuple[Spheres, ...] = ()
    footprint: Any = None
    rim_nm: float = RIM_NM
    _last: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        angle: Array,
        rays: Beam,
        crystals: tuple[Crystal, ...],
        order: int,
        zero_deg: float,
        reach_nm: float,
        rim_nm: float = RIM_NM,
    ) -> Model:
        """With its tables: they stand still while a fit moves."""
        low, high = rays.q_range(angle)
        engines = tuple(Spheres(one, low, high, reach_nm, SWELL) for one in crystals)
        seen = rays.footprint(engines[0].q, angle, zero_deg)
        unit = (1.0,) * len(crystals)
        return cls(angle, rays, crystals, order, zero_deg, False, reach_nm, unit, engines, seen, rim_nm)

    def other(self, **changes: Any) -> Model:
        """The same with other fields."""
        if "zero_deg" in changes:
            changes["footprint"] = self.rays.footprint(self.engines[0].q, self.angle, changes["zero_deg"])
        return replace(self, **changes, _last={})

    @property
    def shared(self) -> int:
        """Where the shared parameters begin."""
        return OWN * len(self.crystals)

    def grain(self, i: int, v: Array) -> Grain:
        spread2, u2 = (float(x) for x in v[self.shared : self.shared + len(SHARED)])
        spread = math.sqrt(max(spread2, 0.0))
        return Grain(float(v[OWN * i + 2]), spread, float(v[OWN * i + 1]), u2, self.rim_nm)

    @property
    def halo_at(self) -> slice:
        """Where the parameters of the halo stand."""
        return slice(self.shared + len(SHARED), self.shared + len(SHARED) + 3 * self.halo)

    def shapes(self, grains: Sequence[Grain]) -> list[Array]:
        """What is seen of each phase, per cell, shape (n,)."""
        return [np.asarray(self.footprint @ e(g)) for e, g in zip(self.engines, grains, strict=True)]

    def smooth(self) -> Array:
        """Polynomials of the background, shape (n, order + 1)."""
        return smooth(self.angle, self.order)

    def bump(self, at: float, width: float) -> Array:
        return np.asarray(np.exp(-0.5 * ((self.angle - at) / width) ** 2))

    def background(self, v: Array) -> Array:
        """What is no crystal, shape (n,)."""
        k = self.shared + len(SHARED)
        halo = v[k] * self.bump(*v[k + 1 : k + 3]) if self.halo else 0.0
        return np.asarray(self.smooth() @ v[k + 3 * self.halo :] + halo)

    def __call__(self, v: Array) -> Array:
        return np.asarray(self._both(v)[0])

    def jacobian(self, v: Array) -> Array:
        """Derivatives of the curve, shape (n, p)."""
        return np.asarray(self._both(v)[1])

    def _both(self, v: Array) -> tuple[Array, Array]:
        key = v.tobytes()
        if self._last.get("at") != key:
            self._last.update(at=key, found=self._evaluated(v))
        found: tuple[Array, Array] = self._last["found"]
        return found

    def _evaluated(self, v: Array) -> tuple[Array, Array]:
        k = self.shared
        out = np.zeros((self.angle.size, v.size))
        curve = np.zeros(self.angle.size)
        for i, engine in enumerate(self.engines):
            seen = self.footprint @ engine(self.grain(i, v), slopes=True).T / self.unit[i]
            columns = dict(zip(("scale", *PARAMETERS), seen.T, strict=True))
            scale = float(v[OWN * i])
            curve += scale * columns["scale"]
            out[:, OWN * i] = columns["scale"]
            out[:, OWN * i + 1] = scale * columns["a_nm"]
            out[:, OWN * i + 2] = scale * columns["diameter_nm"]
            for j, name in enumerate(SHARED):
                out[:, k + j] += scale * columns[name]
        k += len(SHARED)
        if self.halo:
            height, at, width = (float(x) for x in v[k : k + 3])
            bump, t = self.bump(at, width), (self.angle - at) / width
            out[:, k : k + 3] = np.stack(
                [bump, height * bump * t / width, height * bump * t**2 / width], axis=1
            )
            curve += height * bump
            k += 3
        smooth = self.smooth()
        out[:, k:] = smooth
        return curve + smooth @ v[k:], out

    def free(self, used: Signal, start: Array) -> list[Free]:
        """The parameters with their bounds, a search to begin at ``start``."""
        top, unit = float(np.max(used.y)), used.y_unit
        span = float(used.x[-1] - used.x[0])
        limits: list[Limits] = []
        for i, crystal in enumerate(self.crystals, start=1):
            a = crystal.a_nm
            limits += [
                (f"scale{i}", unit, 0.0, 10 * top, True),
                (f"a{i}_nm", "nm", a * (1 - SWELL), a * (1 + SWELL), False),
                (f"diameter{i}_nm", "nm", LEAST_NM, MOST_NM, False),
            ]
        limits += [
            ("dispersion2", "", 0.0, _WIDEST**2, True),
            ("u2_nm2", "nm2", 0.0, 2e-3, True),
        ]
        if self.halo:
            limits += [
                ("halo", unit, 0.0, 10 * top, True),
                ("halo_at_deg", "deg", float(used.x[0]) - 10, float(used.x[0]) + 0.4 * span, False),
                ("halo_width_deg", "deg", 1.5, 15.0, False),
            ]
        return bounded(limits + ground(used, self.order), start)


@dataclass(frozen=True, eq=False)
class Outcome:
    """A fit and the model it is of; of another model than the best, how far it ``counts`` against that."""

    fit: Fitted
    model: Model
    counts: float = 1.0

    @property
    def values(self) -> Array:
        return self.fit.values

    def grain(self, i: int) -> Grain:
        return self.model.grain(i, self.fit.values)


def fitted(
    used: Signal,
    rays: Beam,
    crystals: tuple[Crystal, ...],
    order: int,
    zero_deg: float,
    rim: tuple[float, float] = (RIM_NM, 0.0),
) -> tuple[Outcome, tuple[Outcome, ...]]:
    """The best model of these crystals, and where others that describe the readings as well would end.

    ``rim``: how much further out the cations reach, and the standard error of that.
    """
    model, start = _start(used, rays, crystals, order, zero_deg, rim[0])
    plain = replace(model, halo=False, _last={})
    without = np.delete(start, model.halo_at) if model.halo else start
    best = _search(used, model, start)
    if model.halo and (best.fit.status != "converged" or not _clearer(best, used)):
        best = _search(used, plain, without)
    if _beyond(best):  # wider or larger than the sum reaches
        reach = min(2 * model.reach_nm, _FURTHEST)
        wider = Model.of(used.x, rays, crystals, order, zero_deg, reach, rim[0])
        best = _search(used, wider.other(unit=model.unit, halo=best.model.halo), best.values)
    others = []
    if rim[1] and best.fit.status == "converged":
        best, sigma = with_rim(best, used, *rim)
        others.append(moved(best, used, best.model.other(rim_nm=best.model.rim_nm + sigma)))
    others.append(moved(best, used, best.model.other(order=order + 1)))
    if not best.model.halo:
        others.append(moved(best, used, best.model.other(halo=True)))
    return best, tuple(others)


def _clearer(halo: Outcome, used: Signal) -> bool:
    """Whether a halo stands clear of the noise."""
    height, sigma = halo.fit.value("halo"), halo.fit.sigma("halo")
    return sigma is not None and height > _CLEAR * sigma


def _beyond(best: Outcome) -> bool:
    return any(
        float(best.grain(i).shared(np.array([best.model.reach_nm]))[0]) > 1e-4
        for i in range(len(best.model.crystals))
    )


def _search(used: Signal, model: Model, start: Array) -> Outcome:
    free = model.free(used, start)
    found = fit_curve(used, model, free, jacobian=model.jacobian, further=False, tight=False)
    if (
        found.status == "failed"
    ):  # nearly there: only then the search is worth going on until rounding ends it
        free = model.free(used, found.values)
        found = fit_curve(used, model, free, jacobian=model.jacobian, further=False)
    return Outcome(found, model)


def _start(
    used: Signal, rays: Beam, crystals: tuple[Crystal, ...], order: int, zero_deg: float, rim_nm: float
) -> tuple[Model, Array]:
    """The best of several sizes and lattice constants, with a halo or not; what is linear is solved for."""
    by = weight(used, used.y)
    halos = [(float(used.x[0]) + at, width) for at in (2.0, 5.0, 9.0) for width in (3.0, 6.0)]
    best: tuple[float, Model, list[Grain]] | None = None
    for sizes in _LADDER:
        model = Model.of(used.x, rays, crystals, order, zero_deg, _BEYOND * sizes[-1], rim_nm)
        beside = np.column_stack([model.bump(*halos[2]), model.smooth()])
        for size in sizes:
            steps = math.ceil(0.02 * size / 0.1) if size > 3.5 else 0
            for swell in np.linspace(-0.02, 0.02, 2 * steps + 1) if steps else (0.0,):
                grains = [
                    Grain(size, 0.1, c.a_nm * (1 + float(swell)), _U2_NM2, model.rim_nm) for c in crystals
                ]
                found, off = _linear(np.column_stack([*model.shapes(grains), beside]), used.y, by)
                if best is None or (off < best[0] and np.all(found[: len(crystals)] > 0)):
                    best = (off, model, grains)
        if best is not None and best[2][0].diameter_nm < sizes[-1]:
            break
    assert best is not None
    _, model, grains = best
    shapes = model.shapes(grains)
    found, alone = _linear(np.column_stack([*shapes, model.smooth()]), used.y, by)
    tried = [_linear(np.column_stack([*shapes, model.bump(*h), model.smooth()]), used.y, by) for h in halos]
    k = min(range(len(halos)), key=lambda k: tried[k][1])
    halo: list[float] = []
    if tried[k][1] < alone - _CLEAR**2 and tried[k][0][len(shapes)] > 0:
        found = tried[k][0]
        halo = [float(found[len(shapes)]), *halos[k]]
    unit = tuple(float(np.max(shape)) for shape in shapes)
    scales = np.maximum(found[: len(shapes)] * unit, 1e-3 * float(np.max(used.y)))
    own = [x for s, g in zip(scales, grains, strict=True) for x in (s, g.a_nm, g.diameter_nm)]
    v = np.array([*own, 0.01, _U2_NM2, *halo, *found[-(order + 1) :]])
    return model.other(unit=unit, halo=bool(halo)), v


def _linear(columns: Array, y: Array, by: Array) -> tuple[Array, float]:
    """Least-squares coefficients and what they leave."""
    norm = np.linalg.norm(columns, axis=0)
    found, *_ = np.linalg.lstsq(columns / norm * by[:, None], y * by, rcond=None)
    return found / norm, float(np.sum((by * (columns @ (found / norm) - y)) ** 2))


def moved(best: Outcome, used: Signal, model: Model) -> Outcome:
    """Where the fit of a slightly different model would end: one Gauss-Newton step from ``best``.

    Of a model with one parameter more, a higher order or a halo, it counts as far as that parameter exceeds
    its noise.
    """
    v = np.concatenate([best.values, np.zeros(model.order - best.model.order)])
    added: int | None = v.size - 1 if model.order > best.model.order else None
    still: tuple[int, ...] = ()
    if model.halo and not best.model.halo:
        added = model.shared + len(SHARED)
        v = np.insert(v, added, [1e-3 * float(np.max(used.y)), float(used.x[0]) + _HALO[0], _HALO[1]])
        # a halo too low to be seen has no place and no width of its own
        still = (added + 1, added + 2)
    step = stepped(model, model.free(used, v), v, used, still)
    counts = 1.0 if added is None else beyond_noise(step.values[added], step.sigmas[added])
    return Outcome(replace(best.fit, values=step.values), model, counts)


def with_rim(best: Outcome, used: Signal, stated_nm: float, sigma_nm: float) -> tuple[Outcome, float]:
    """The model whose cations reach as far out as pattern and statement together say, and the error of that.

    What the pattern says of the rim is in how far a step of it is no step of the other parameters.
    """
    sigma = sigma_nm
    for _ in range(_ROUNDS):
        model, v = best.model, best.values
        by = weight(used, best.fit.curve)
        bent = (model.other(rim_nm=model.rim_nm + _RIM_STEP)(v) - model(v)) / _RIM_STEP * by
        jacobian = model.jacobian(v) * by[:, None]
        jacobian /= np.maximum(np.linalg.norm(jacobian, axis=0), 1e-300)
        basis, singular, _ = np.linalg.svd(jacobian, full_matrices=False)
        basis = basis[:, singular > 1e-6 * singular[0]]
        own = bent - basis @ (basis.T @ bent)
        left = (used.y - best.fit.curve) * by
        variance = best.fit.statistics.get("residual_variance", 0.0)
        variance = variance or max(best.fit.statistics.get("reduced_deviance", 1.0), 1.0)
        sigma = (float(own @ own) / variance + sigma_nm**-2) ** -0.5
        step = sigma**2 * (float(own @ left) / variance + (stated_nm - model.rim_nm) / sigma_nm**2)
        if abs(step) < _RIM_SETTLED * sigma:
            break
        best = _search(used, model.other(rim_nm=min(max(model.rim_nm + step, -1.0), 1.0)), v)
    return best, sigma
