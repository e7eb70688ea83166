"""Size, lattice and phases of nanocrystals from their whole powder pattern.

The model is the scattering of spheres of each crystal (:mod:`epidot.instruments.xrd.pattern`) over a smooth
background and one halo of what is not crystalline, all fitted at once to the counts.  What the model itself
leaves open enters the errors: the order of the background, and where the goniometer's zero lies.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.xrd.beam import Beam, beam
from epidot.instruments.xrd.crystals import Crystal, powder_crystal
from epidot.instruments.xrd.pattern import Grain, scattering
from epidot.quantities import Fit, Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.fitting import Fitted, Free, fit_curve, with_gradient
from epidot.signal.unusable import set_aside
from epidot.signal.windows import inside, ranges

Array = NDArray[np.float64]

METHOD = "spheres of the crystal by Debye's sum, background and halo fitted to the whole pattern"
_SWELL = 0.03  # how far a lattice constant may be from the table's
_LEAST_NM, _MOST_NM = 0.8, 25.0
_U2_NM2 = 1e-4  # mean square displacement where the pattern does not tell, 0.01 Å2
_RIM_NM = 0.1
WITHHELD = 3.0  # times the counting noise: beyond, the model is not one of these readings
# What dots built atom by atom, with their ragged and cation-ended surface, differ by from the model's smooth
# spheres: spread over 48 noise-free patterns of 2.2 to 4.5 nm InP and CdSe (six dots in each).
_RAGGED = {"a_nm": 6e-5, "strain": 6e-5, "size_nm": 3e-3, "size_area_nm": 8e-3, "size_number_nm": 1.2e-2}
_RAGGED_DISPERSION = 0.02
MISFIT = 1.5  # reduced deviance from which the model is said not to describe the counts


@dataclass(frozen=True)
class Model:
    """Curve of the parameters (p,): for each phase scale, a, D; one dispersion; u2; halo; background."""

    angle: Array
    rays: Beam
    crystals: tuple[Crystal, ...]
    order: int
    zero_deg: float
    unit: tuple[float, ...]  # the height of each phase's pattern at its start
    # curves by crystal and grain: only five of the parameters move them
    known: dict[tuple[str, Grain], Array] = field(default_factory=dict, compare=False)

    def __call__(self, v: Array) -> Array:
        k = 3 * len(self.crystals)
        common = (float(v[k]), float(v[k + 1]), float(v[k + 2]))
        total = self.background(v)
        for i in range(len(self.crystals)):
            total = total + self.phase(i, v, *common)
        return total

    def background(self, v: Array) -> Array:
        k = 3 * len(self.crystals) + 3
        height, at, width = v[k : k + 3]
        t = 2 * (self.angle - self.angle[0]) / (self.angle[-1] - self.angle[0]) - 1
        smooth = np.polynomial.chebyshev.chebval(t, v[k + 3 :])
        return np.asarray(smooth + height * np.exp(-0.5 * ((self.angle - at) / width) ** 2))

    def phase(self, i: int, v: Array, s: float, u2: float, rim: float) -> Array:
        scale, a, d = v[3 * i : 3 * i + 3]
        curve = self.shape(self.crystals[i].name, float(a), float(d), s, u2, rim)
        return np.asarray(float(scale) / self.unit[i] * curve)

    def shape(self, name: str, a: float, d: float, s: float, u2: float, rim: float) -> Array:
        grain = Grain(d, s, a, u2_nm2=u2, rim_nm=rim)
        if (name, grain) not in self.known:
            if len(self.known) > 64:
                self.known.clear()
            self.known[name, grain] = self._curve(name, grain)
        return self.known[name, grain]

    def _curve(self, name: str, grain: Grain) -> Array:
        from scipy.interpolate import CubicSpline

        low, high = self.rays.q_range(self.angle)
        # the grid stands still while a fit moves, so that the curve is smooth in its parameters
        q = np.linspace(low, high, int((high - low) * 8 * grain.reach_nm_rounded / np.pi) + 64)
        return self.rays.seen(CubicSpline(q, scattering(name, grain, q)), self.angle, self.zero_deg)


def measured(signal: Signal, chosen: Settings) -> Quantities:
    """See :func:`epidot.instruments.xrd.measure`; ``chosen`` are the settled options."""
    names = _phases(signal, chosen)
    rays, warnings = rays_of(signal, chosen)
    used = prepared(signal, chosen)
    if names is None:
        why = 'say which crystal it is, e.g. phase "InP", several as "InP+ZnO"'
        return Quantities("xrd", {n: Quantity(None, None, "nm", METHOD, why) for n in ("a_nm", "size_nm")},
                          signal.source, (*signal.warnings, *warnings))  # fmt: skip
    crystals = tuple(powder_crystal(name) for name in names)
    best = fitted(used, rays, crystals, int(chosen["background"]), float(chosen["zero_deg"]))
    zero = float(chosen["zero_deg"]) + float(chosen["zero_sigma_deg"])
    others = (
        moved(best, used, replace(best.model, order=best.model.order + 1)),
        moved(best, used, replace(best.model, zero_deg=zero, known={})),
    )
    return _quantities(signal, used, crystals, best, others, chosen, warnings)


def fitted_spheres(signal: Signal, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.xrd.fit`; ``chosen`` are the settled options of ``measure``."""
    names = _phases(signal, chosen)
    if names is None:
        raise InputError(
            "a fit needs a crystal", signal.source or None, remedy='give phase, e.g. "InP" or "InP+ZnO"'
        )
    rays, warnings = rays_of(signal, chosen)
    used = prepared(signal, chosen)
    best = fitted(
        used, rays, tuple(map(powder_crystal, names)), int(chosen["background"]), float(chosen["zero_deg"])
    )
    return best.fit.packed("spheres", used, {}, warnings)


def _phases(signal: Signal, chosen: Settings) -> tuple[str, ...] | None:
    asked = chosen["phase"] or signal.meta.get("phase")
    if asked is None:
        return None
    names = tuple(part.strip() for part in str(asked).split("+") if part.strip())
    if not 1 <= len(names) <= 3:
        raise InputError("one to three phases can be fitted", seen=str(asked), remedy='e.g. "InP+ZnO"')
    return names


def rays_of(signal: Signal, chosen: Settings) -> tuple[Beam, list[str]]:
    """The beam as told by the option, else by the file.

    Raises
    ------
    InputError
        If neither tells the wavelength.
    """
    asked = chosen["radiation"] or signal.meta.get("radiation")
    if asked is None:
        raise InputError(
            "the wavelength is not known: the file does not state it",
            signal.source or None,
            remedy='give it with radiation, e.g. "Cu" (both K-alpha lines) or 0.15406 (nm)',
        )
    return beam(str(asked), float(chosen["monochromator_deg"]), float(chosen["fwhm_deg"])), []


def prepared(signal: Signal, chosen: Settings) -> Signal:
    """The readings to be used."""
    used, _ = set_aside(signal, mask=chosen["mask"])
    if chosen["window"] is not None:
        used = used.kept(inside(used.x, ranges(chosen["window"], "window")))
    if len(used) < 50:
        raise InputError(
            "too few readings for a pattern: 50 are needed", signal.source or None, seen=str(len(used))
        )
    return used


@dataclass(frozen=True)
class Outcome:
    """A fit and the model it is of."""

    fit: Fitted
    model: Model

    def grain(self, i: int) -> Grain:
        k = 3 * len(self.model.crystals)
        v = self.fit.values
        return Grain(
            float(v[3 * i + 2]),
            float(v[k]),
            float(v[3 * i + 1]),
            u2_nm2=float(v[k + 1]),
            rim_nm=float(v[k + 2]),
        )


def fitted(used: Signal, rays: Beam, crystals: tuple[Crystal, ...], order: int, zero_deg: float) -> Outcome:
    """The best model of these crystals."""
    model = Model(used.x, rays, crystals, order, zero_deg, (1.0,) * len(crystals))
    model, start = _start(used, model)
    return Outcome(fit_curve(used, model, _free(used, model, start)), model)


def moved(best: Outcome, used: Signal, model: Model) -> Outcome:
    """Where the fit of a slightly different model would end: one Gauss-Newton step from ``best``."""
    v = np.concatenate([best.fit.values, np.zeros(model.order - best.model.order)])
    free = _free(used, model, v)
    there = model(v)
    columns = []
    for i, one in enumerate(free):
        step = 1e-4 * max(abs(one.start), 1e-3 * (one.high - one.low))
        step = -step if one.start + step > one.high else step
        nudged = v.copy()
        nudged[i] += step
        columns.append((model(nudged) - there) / step)
    weight = 1 / np.sqrt(np.maximum(there, 1.0)) if used.kind != "analog" else np.ones(there.size)
    jacobian = np.column_stack(columns) * weight[:, None]
    norm = np.maximum(np.linalg.norm(jacobian, axis=0), 1e-300)
    step_to, *_ = np.linalg.lstsq(jacobian / norm, (used.y - there) * weight, rcond=1e-6)
    low, high = (np.array([getattr(one, end) for one in free]) for end in ("low", "high"))
    return Outcome(replace(best.fit, values=np.clip(v + step_to / norm, low, high)), model)


def _start(used: Signal, model: Model) -> tuple[Model, Array]:
    """The best of several sizes, everything that is linear solved for at each."""
    s, u2, halo = 0.1, _U2_NM2, (float(used.x[0]) + 2.0, 4.0)
    weight = 1 / np.sqrt(np.maximum(used.y, 1.0))
    t = 2 * (used.x - used.x[0]) / (used.x[-1] - used.x[0]) - 1
    smooth = np.polynomial.chebyshev.chebvander(t, model.order)
    bump = np.exp(-0.5 * ((used.x - halo[0]) / halo[1]) ** 2)
    best: tuple[float, float, Array, list[Array]] | None = None
    for d in (1.8, 2.6, 3.6, 5.0, 7.0, 10.0, 15.0):
        shapes = [model.shape(c.name, c.a_nm, d, s, u2, _RIM_NM) for c in model.crystals]
        columns = np.column_stack([*shapes, bump, smooth])
        norm = np.linalg.norm(columns, axis=0)
        found, *_ = np.linalg.lstsq(columns / norm * weight[:, None], used.y * weight, rcond=None)
        found = found / norm
        off = float(np.sum((weight * (columns @ found - used.y)) ** 2))
        if best is None or (off < best[0] and np.all(found[: len(shapes)] > 0)):
            best = (off, d, found, shapes)
    assert best is not None
    _, d, found, shapes = best
    units = tuple(float(np.max(shape)) for shape in shapes)
    parts: list[float] = []
    for i, crystal in enumerate(model.crystals):
        parts += [max(float(found[i]) * units[i], 1e-3 * float(np.max(used.y))), crystal.a_nm, d]
    n = len(shapes)
    start = np.array([*parts, s, u2, _RIM_NM, max(float(found[n]), 0.0), *halo, *found[n + 1 :]])
    return replace(model, unit=units), start


def _free(used: Signal, model: Model, start: Array) -> list[Free]:
    top = float(np.max(used.y))
    span = float(used.x[-1] - used.x[0])
    limits: list[tuple[str, str, float, float]] = []
    for i, crystal in enumerate(model.crystals, start=1):
        a = crystal.a_nm
        limits += [
            (f"scale{i}", used.y_unit, 0.0, 10 * top),
            (f"a{i}_nm", "nm", a * (1 - _SWELL), a * (1 + _SWELL)),
            (f"diameter{i}_nm", "nm", _LEAST_NM, _MOST_NM),
        ]
    limits += [
        ("dispersion", "", 0.0, 0.5),
        ("u2_nm2", "nm2", 0.0, 2e-3),
        ("rim_nm", "nm", -0.1, 0.3),
        ("halo", used.y_unit, 0.0, 10 * top),
        ("halo_at_deg", "deg", float(used.x[0]) - 10, float(used.x[0]) + 0.4 * span),
        ("halo_width_deg", "deg", 1.0, 15.0),
        *((f"background{k}", used.y_unit, -10 * top, 10 * top) for k in range(model.order + 1)),
    ]
    return [Free(n, u, float(x), lo, hi) for (n, u, lo, hi), x in zip(limits, start, strict=True)]


def _quantities(
    signal: Signal,
    used: Signal,
    crystals: tuple[Crystal, ...],
    best: Outcome,
    others: tuple[Outcome, ...],
    chosen: Settings,
    warnings: list[str],
) -> Quantities:
    fit = best.fit
    reduced = fit.statistics.get("reduced_deviance", fit.statistics.get("residual_variance", 1.0))
    out: dict[str, Quantity] = {}
    why = "" if fit.status != "failed" else fit.message
    if used.kind != "analog" and reduced > WITHHELD**2:
        of = "+".join(c.name for c in crystals)
        why = (
            f"the pattern is not that of spheres of {of}: {math.sqrt(reduced):.1f} times the counting noise "
            "is left (preferred orientation, another phase, or a wrong wavelength?)"
        )
    wide = max(1.0, reduced) if used.kind != "analog" else 1.0

    def read_off(name: str, unit: str, how: Callable[[Outcome], float], method: str = METHOD) -> None:
        if why:
            out[name] = Quantity(None, None, unit, method, why)
            return
        at, gradient = with_gradient(lambda v: how(Outcome(replace(fit, values=v), best.model)), fit.values)
        value = float(at)
        variance = float(gradient @ np.nan_to_num(fit.covariance, posinf=0.0) @ gradient) * wide
        variance += sum((how(other) - value) ** 2 for other in others)
        relative = 1.0 if name == "strain" else value
        variance += (_RAGGED_DISPERSION if name == "dispersion" else _RAGGED.get(name, 0.0) * relative) ** 2
        out[name] = Quantity(value, math.sqrt(variance), unit, method)

    def reference(o: Outcome) -> float:
        return o.grain(0).a_nm / (chosen["reference_nm"] or crystals[0].a_nm) - 1

    read_off("a_nm", "nm", lambda o: o.grain(0).a_nm)
    read_off(
        "strain",
        "",
        reference,
        f"a of the fit over {chosen['reference_nm'] or crystals[0].a_nm:.6g} nm, less 1",
    )
    read_off(
        "size_nm", "nm", lambda o: o.grain(0).mean_nm(3), f"diameter of spheres, weighted by volume; {METHOD}"
    )
    read_off(
        "size_number_nm", "nm", lambda o: o.grain(0).mean_nm(0), f"diameter of spheres, by number; {METHOD}"
    )
    read_off("size_area_nm", "nm", lambda o: o.grain(0).mean_nm(2), f"diameter of spheres, by area; {METHOD}")
    read_off(
        "dispersion", "", lambda o: o.grain(0).dispersion, f"relative standard deviation by number; {METHOD}"
    )
    for i, crystal in enumerate(crystals if len(crystals) > 1 else (), start=1):
        note = f"mass of {crystal.name} over that of the fitted phases"
        read_off(f"phase{i}_fraction", "", lambda o, i=i: _fractions(o)[i - 1], note)  # type: ignore[misc]
        if i > 1:
            read_off(f"phase{i}_a_nm", "nm", lambda o, i=i: o.grain(i - 1).a_nm)  # type: ignore[misc]
            read_off(f"phase{i}_size_nm", "nm", lambda o, i=i: o.grain(i - 1).mean_nm(3))  # type: ignore[misc]
    if fit.status != "converged":
        warnings.append(fit.message)
    if why:
        warnings.append(why)
    elif used.kind != "analog" and reduced > MISFIT:
        left = f"the model leaves {math.sqrt(reduced):.1f} times the counting noise"
        warnings.append(f"{left}: the errors were widened accordingly")
    curve = np.maximum(fit.curve, 0.0)
    curves = {
        "model": used.with_values(used.x, curve),
        "background": used.with_values(used.x, np.maximum(best.model.background(fit.values), 0.0)),
    }
    extra = {"rule": "+".join(c.name for c in crystals), "quality": {"reduced_deviance": reduced}}
    return Quantities("xrd", out, signal.source, (*signal.warnings, *warnings), extra, curves)


def _fractions(of: Outcome) -> list[float]:
    """Mass shares: the scale counts cells, since the pattern is per cell."""
    masses = [
        float(of.fit.values[3 * i]) / of.model.unit[i] * c.mass for i, c in enumerate(of.model.crystals)
    ]
    return [m / max(sum(masses), 1e-300) for m in masses]
