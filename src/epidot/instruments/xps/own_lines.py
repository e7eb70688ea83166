"""The fit of lines of one's own: places, widths and areas by name, with shares and where each is highest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from epidot.errors import InputError
from epidot.instruments import curve
from epidot.instruments.options import Settings
from epidot.instruments.xps.components import NUMBERS, Components, Term, components
from epidot.instruments.xps.lines import STRAIGHT, TOUGAARD, losses
from epidot.instruments.xps.own_shapes import highest, shape
from epidot.quantities import Fit, Quantity
from epidot.signal import Signal
from epidot.signal.degrees import likely, mixed
from epidot.signal.fitting import Fitted, Free, fit_curve

Array = NDArray[np.float64]

_ENDS = 5  # readings
_PLACES = (0.02, 0.35, 0.65, 0.98)  # of its range, where a line may begin
_WIDTHS = (0.2, 0.4, 0.6)  # of the logarithm of its range: narrow and wide ones
_LOOKED_AT, _FOLLOWED = 150, 3  # beginnings that are looked at, and followed beside the first
_UNLIKE = 0.15  # of its range: beginnings nearer than that in all are one
_SAME = 1 + 1e-6  # of the sum of squares: ends nearer than that are one
_NEARLY = 4.0  # in chi squared: within two standard errors
_ELSEWHERE = 2.0  # standard errors, from which an end is another one
_MOVED = 0.5  # standard errors: what Voigt profiles move less is not told
_ROUGH = 2.0  # times the noise: what is left beyond that is said


@dataclass(frozen=True, eq=False)
class OwnModel:
    """Curve and derived values of the lines ``of`` one region for the values of its free parameters.

    Where ``convolved``, Gaussian and Lorentzian of a line are no sum but a Voigt profile.
    """

    region: Signal
    of: Components
    ground: str
    convolved: bool = False

    @cached_property
    def free(self) -> list[Free]:
        y, x = self.region.y, self.region.x
        spread = max(float(np.ptp(y)), 1e-300)
        out: list[Free] = []
        for name, one in self.of.lines.items():
            for key in NUMBERS:
                unit, term = "1" if key == "lorentz" else "eV", getattr(one, key)
                if key != "area" and term is not None and term.free:
                    start = self._seen(term) if key == "place" else _within(term.low, term.high)
                    out.append(
                        Free(f"{name}_{key}", unit, start, term.low, term.high, natural=True, share=True)
                    )
            if one.area is None or one.area.free:
                low, high = (
                    (one.area.low, one.area.high) if one.area else (0.0, 1e3 * spread * float(np.ptp(x)))
                )
                width = one.width.high if not one.width.of else 2.0
                start = min(max(0.3 * spread * min(width, 4.0), low), high)
                out.append(
                    Free(f"{name}_area", "counts eV", start, low, high, natural=True, share=bool(one.area))
                )
        far = 50 * max(float(np.max(np.abs(y))), 1e-300)
        out.append(Free("level", "", float(np.min(y)), -far, far))
        out.append(Free("slope", "", 0.0, -far, far))
        if self.ground != STRAIGHT:
            out.append(Free("step", "1/eV", 0.01, 0.0, 10.0, natural=True))
        return out

    def _seen(self, term: Term) -> float:
        """Where the readings are highest in a range, above the straight line through their ends."""
        x, y = self.region.x, self.region.y
        inside = (x >= term.low) & (x <= term.high)
        if not inside.any():
            return (term.low + term.high) / 2
        above = y - np.interp(x, [x[0], x[-1]], [np.mean(y[:_ENDS]), np.mean(y[-_ENDS:])])
        inner = 0.02 * (term.high - term.low)
        top = float(x[inside][int(np.argmax(above[inside]))])
        return min(max(top, term.low + inner), term.high - inner)

    @cached_property
    def kernel(self) -> Array:
        matrix = losses(self.region.x)
        return matrix / max(float(matrix.sum(axis=1).max()), 1e-300)

    def settled(self, v: Array) -> dict[str, dict[str, float]]:
        """Every number of every line, links followed."""
        given = {f.name: float(value) for f, value in zip(self.free, v, strict=True)}

        def value(name: str, key: str) -> float:
            term = getattr(self.of.lines[name], key)
            if term is not None and term.of:
                return float(term.plus + term.times * value(term.of, key))
            own = given.get(f"{name}_{key}")
            return own if own is not None else float(term.low if term is not None else 0.0)

        return {name: {k: value(name, k) for k in NUMBERS} for name in self.of.lines}

    def lines(self, v: Array) -> dict[str, Array]:
        """Every line (n,) times its area."""
        return {
            name: n["area"] * shape(self.of.lines[name], n, self.region.x, self.convolved)
            for name, n in self.settled(v).items()
        }

    def background(self, v: Array, lines: Mapping[str, Array]) -> Array:
        given = {f.name: float(value) for f, value in zip(self.free, v, strict=True)}
        x = self.region.x
        u = (x - x.mean()) / max(float(np.ptp(x)) / 2, 1e-300)
        flat = given["level"] + given["slope"] * u
        if self.ground == STRAIGHT:
            return np.asarray(flat)
        total = np.sum(list(lines.values()), axis=0)
        if self.ground == TOUGAARD:
            return np.asarray(flat + given["step"] * (self.kernel @ total))
        below = np.concatenate([[0.0], np.cumsum((total[1:] + total[:-1]) / 2 * np.diff(x))])
        return np.asarray(flat + given["step"] * below)

    def heights(self, v: Array) -> tuple[Array, float]:
        """``v`` with the areas that describe the readings best at its places and widths, and what is left.

        The step enters by the readings themselves, as a background taken beforehand would.
        """
        x, y = self.region.x, self.region.y
        areas = {name: i for i, f in enumerate(self.free) if (name := f.name.removesuffix("_area")) != f.name}
        unit = v.copy()
        unit[list(areas.values())] = 1.0
        columns = {name: np.zeros(x.size) for name in areas}
        held = np.zeros(x.size)
        for name, line in self.lines(unit).items():
            area = self.of.lines[name].area
            root = area.of if area is not None and area.of else name
            if root in columns:
                columns[root] += line
            else:
                held += line
        bare = dict(zip((f.name for f in self.free), range(v.size), strict=True))
        unit[bare["level"]], unit[bare["slope"]] = 0.0, 0.0
        if "step" in bare:
            unit[bare["step"]] = 1.0
        rise = self.background(unit, {"all": y - float(np.min(y))})
        line = np.linspace(-1.0, 1.0, x.size)
        basis = np.stack([*columns.values(), np.ones(x.size), -np.ones(x.size), line, -line, rise], axis=1)
        weight = np.ones(x.size) if self.region.kind == "analog" else 1 / np.sqrt(np.maximum(y, 1.0))
        size = np.maximum(np.max(np.abs(basis), axis=0), 1e-300)
        found, left = nnls(basis / size * weight[:, None], (y - held) * weight)
        out = v.copy()
        out[list(areas.values())] = (found / size)[: len(areas)]
        return np.clip(out, [f.low for f in self.free], [f.high for f in self.free]), float(left**2)

    def curve(self, v: Array) -> Array:
        lines = self.lines(v)
        return np.asarray(np.sum(list(lines.values()), axis=0) + self.background(v, lines))

    def derived(self, v: Array) -> dict[str, float]:
        """Shares of the area and where each line is highest, by the names they are reported under."""
        out = {}
        each = self.settled(v)
        total = max(sum(n["area"] for n in each.values()), 1e-300)
        for name, n in each.items():
            one = self.of.lines[name]
            out[f"{name}_fraction"] = n["area"] / total
            if one.powers or one.tail:
                out[f"{name}_highest_eV"] = highest(one, n)
            for key in NUMBERS:
                term = getattr(one, key)
                if term is not None and term.of:
                    out[f"{name}_{key}"] = n[key]
        return out


def _within(low: float, high: float) -> float:
    """Where to begin in a range that may reach over decades."""
    return math.sqrt(low * high) if low > 0 else low + 0.3 * (high - low)


def fitted_own(region: Signal, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.xps.fit`; ``chosen["components"]`` names the file.

    Raises
    ------
    InputError
        If the file does not describe lines, one of them lies outside the region, or nothing is left to fit.
    """
    of = components(chosen["components"])
    low, high = float(region.x[0]), float(region.x[-1])
    for name, one in of.lines.items():
        if not one.place.of and (one.place.high < low or one.place.low > high):
            what = f"line {name} lies outside the region"
            raise InputError(
                what, of.where, seen=f"{one.place.low:g}", remedy=f"{low:g} to {high:g} eV are recorded"
            )
    model = OwnModel(region, of, of.ground or str(chosen["background"]))
    described, other = best_of(region, model)
    fit, profile = with_convolved(model, described)
    how = f"own lines of {of.where} and an active {model.ground} background, fitted together"
    quantities = fit.quantities(how)
    for name, (value, sigma) in _derived(model, fit).items():
        unit = "1" if name.endswith("_fraction") else "counts eV" if name.endswith("_area") else "eV"
        note = "as linked" if not name.endswith(("_fraction", "_highest_eV")) else ""
        quantities[name] = Quantity(value, sigma, unit, how, note)
    said = [*(str(w) for w in region.warnings), *_told(model, fit), *other, *profile]
    packed = fit.packed("components", region, quantities, said)
    lines = model.lines(described.values)
    ground = model.background(described.values, lines)
    packed.curves["background"] = region.with_values(region.x, ground)
    for name, y in lines.items():
        packed.curves[name if name not in (curve.DATA, curve.MODEL) else f"line {name}"] = region.with_values(
            region.x, y + ground
        )
    return packed


def starts(model: OwnModel) -> list[Array]:
    """Where searches begin: as the readings suggest, and the best of places over their ranges and widths."""
    first = np.array([f.start for f in model.free])
    choices: list[list[float]] = []
    for f in model.free:
        if f.name.endswith("_place"):
            choices.append([f.start, *(f.low + share * (f.high - f.low) for share in _PLACES)])
        else:
            choices.append([f.start])
    wide = np.array([f.name.endswith("_width") for f in model.free])
    low, high = (np.array([getattr(f, end) for f in model.free]) for end in ("low", "high"))
    rng = np.random.default_rng(0)  # of many lines not all combinations are looked at
    every = math.prod(map(len, choices)) * len(_WIDTHS)
    tried: list[tuple[float, Array]] = []
    for number in (
        range(every) if every <= _LOOKED_AT else sorted(rng.choice(every, _LOOKED_AT, replace=False))
    ):
        rest, k = divmod(int(number), len(_WIDTHS))
        at = first.copy()
        for i, each in enumerate(choices):
            rest, j = divmod(rest, len(each))
            at[i] = each[j]
        at[wide] = low[wide] * (high[wide] / low[wide]) ** _WIDTHS[k]
        at, left = model.heights(at)
        tried.append((left, at))
    tried.sort(key=lambda one: one[0])
    out, span = [first], np.where(high > low, high - low, 1.0)
    shapes = np.array([f.name.endswith(("_place", "_width")) for f in model.free])
    for _, at in tried:
        if all(np.max(np.abs(at - other)[shapes] / span[shapes], initial=0.0) > _UNLIKE for other in out):
            out.append(at)
        if len(out) > _FOLLOWED:
            break
    return out


def best_of(region: Signal, model: OwnModel) -> tuple[Fitted, list[str]]:
    """The best end of several searches, and what is to be said of another one that is nearly as good."""
    fits = []
    for at in starts(model):
        free = [replace(f, start=float(v)) for f, v in zip(model.free, at, strict=True)]
        fits.append(fit_curve(region, model.curve, free, further=False))
    fits.sort(key=lambda fit: fit.misfit)
    best = next((f for f in fits if f.status != "failed" and f.misfit < _SAME * fits[0].misfit), fits[0])
    noise = 1.0 if region.knows_noise else max(best.misfit, 1e-300)
    sigma = np.sqrt(np.diag(best.covariance))
    for fit in fits:
        worse = (fit.misfit - best.misfit) * best.statistics["degrees_of_freedom"] / noise
        away = np.abs(fit.values - best.values)
        if fit is best or fit.status == "failed" or worse > _NEARLY or not np.any(away > _ELSEWHERE * sigma):
            continue
        ends = ", ".join(
            f"{name} {value:.4g}"
            for name, value in zip(fit.names, fit.values, strict=True)
            if name.endswith("_area")
        )
        ends += "".join(
            f", {name} {value:.2f}"
            for name, value in zip(fit.names, fit.values, strict=True)
            if name.endswith("_place")
        )
        words = (
            f"another end describes the region nearly as well (chi squared {max(worse, 0.0):.2g} larger): "
        )
        return best, [f"{words}{ends}; the errors are those of the first end alone"]
    return best, []


def with_convolved(model: OwnModel, fit: Fitted) -> tuple[Fitted, list[str]]:
    """``fit`` meant with one of Voigt profiles in place of sums, by their weights, and what to say of it.

    Areas of the two differ by some 2 %.  Other forms (powers, tails) are taken as they are described.
    """
    if any(one.powers or one.tail for one in model.of.lines.values()):
        return fit, []
    free = [replace(f, start=float(v)) for f, v in zip(model.free, fit.values, strict=True)]
    twin = fit_curve(model.region, replace(model, convolved=True).curve, free, further=False)
    if twin.status == "failed" or not np.all(np.isfinite([fit.covariance, twin.covariance])):
        return fit, []
    noise = 1.0 if model.region.knows_noise else max(min(fit.misfit, twin.misfit), 1e-300)
    chi = fit.statistics["degrees_of_freedom"] / noise
    weights = likely([fit.misfit * chi, twin.misfit * chi], [fit.values.size] * 2)
    other = twin.values.copy()
    own = [f.name.endswith("_lorentz") for f in model.free]  # of a Voigt profile that is another number
    other[own] = fit.values[own]
    values, covariance = mixed([fit.values, other], [fit.covariance, twin.covariance], weights.tolist())
    moved = np.abs(values - fit.values)
    if not np.any(moved > _MOVED * np.sqrt(np.diag(fit.covariance))):
        return replace(fit, values=values, covariance=covariance), []
    areas = [f.name.endswith("_area") and v > 0 for f, v in zip(model.free, values, strict=True)]
    told = float(np.max(moved[areas] / values[areas], initial=0.0))
    words = (
        f"Voigt profiles describe the region {'better' if weights[1] > 0.9 else 'too'} (weight "
        f"{weights[1]:.0%}): values are the mean of both, areas moved by up to {told:.1%} from those of sums"
    )
    return replace(fit, values=values, covariance=covariance), [words]


def _derived(model: OwnModel, fit: Fitted) -> dict[str, tuple[float, float | None]]:
    """Derived values with the errors that follow from the parameters'."""
    at = fit.values
    best = model.derived(at)
    gradient = np.zeros((len(best), at.size))
    for i in range(at.size):
        sigma = math.sqrt(max(fit.covariance[i, i], 0.0)) if np.isfinite(fit.covariance[i, i]) else 0.0
        step = sigma / 10 or 1e-4 * max(abs(float(at[i])), 1.0)
        up = at.copy()
        up[i] += step if up[i] + step <= model.free[i].high else -step
        moved = model.derived(up)
        gradient[:, i] = [(moved[k] - best[k]) / (up[i] - at[i]) for k in best]
    out: dict[str, tuple[float, float | None]] = {}
    for row, (name, value) in zip(gradient, best.items(), strict=True):
        there = row != 0
        own = fit.covariance[np.ix_(there, there)]
        known = there.any() and bool(np.all(np.isfinite(own)))
        variance = float(row[there] @ own @ row[there]) if known else math.nan
        out[name] = value, math.sqrt(variance) if math.isfinite(variance) and variance > 0 else None
    return out


def _told(model: OwnModel, fit: Fitted) -> list[str]:
    said = [
        "places are those of the axis as it was measured; lines are as they were described, not looked for"
    ]
    if fit.misfit > _ROUGH and model.region.knows_noise:
        said.append(
            f"what is left is {fit.misfit:.3g} times the variance of the noise: errors are widened by it"
        )
    if any(one.powers for one in model.of.lines.values()):
        said.append(
            "areas of lines with powers hang on their damping, since their tails hold much of the area"
        )
    return said
