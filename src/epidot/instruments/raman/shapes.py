"""The fits of a spectrum that are to be believed: orders of the background, Lorentz lines and other forms.

The order of the background is settled as that of local curves is (:mod:`epidot.signal.degrees`), the shape of
the lines by likelihood, as that of emission bands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.raman.joint import FORMS, SPREAD, TAIL, Joint, begin, fit, gains
from epidot.instruments.raman.lines import spread_width, summit
from epidot.instruments.raman.modes import Mode
from epidot.instruments.raman.present import present
from epidot.signal import Signal
from epidot.signal.correlation import Noise
from epidot.signal.degrees import Answer, averaged, likely, settled
from epidot.signal.local import believed
from epidot.signal.slopes import slopes

Array = NDArray[np.float64]
Values = dict[str, tuple[float, Array]]

ORDERS = (1, 2, 3, 4, 5, 6, 7)  # of the background; all are tried unless one is asked for
_SEARCH = 5  # order while the lines are looked for
_VAGUE = 0.25  # of a line's width: what is known no better is not fitted


@dataclass(frozen=True)
class Shape:
    """Lines of one shape with the order of the background that is believed: what they say, and their weight.

    ``values`` are (value, standard error) of areas, places and widths by name.
    """

    joint: Joint
    values: dict[str, tuple[float, float]]
    weight: float = 1.0

    @property
    def words(self) -> str:
        """The shape of the lines."""
        bent = self.joint.bent
        by_form = {form: [self.joint.free[k].name for k in bent if bent[k] == form] for form in FORMS}
        shown = [f"{', '.join(names)} with {FORMS[form]}" for form, names in by_form.items() if names]
        return "; ".join(shown) if shown else "Lorentz lines"


def shapes(
    signal: Signal, modes: Sequence[Mode], order: int | None, resolution: float, reference: str
) -> list[Shape]:
    """The shapes of lines that are to be believed, the likeliest first."""
    free, held, start = looked_for(signal, modes, order, resolution)
    plain = _by_order(signal, free, held, order, resolution, start)
    first = _of_shape(plain, reference)
    if not first.joint.optimum.settled:  # and no other form would
        return [first]
    each = [first.joint]
    gain = {form: gains(first.joint, signal.x, resolution, form) for form in FORMS}
    # Every form alone, and each line in the form that suits it better.
    tries = [dict.fromkeys(found, form) for form, found in gain.items()]
    best: dict[int, str] = {}
    for form, found in gain.items():
        best |= {k: form for k, g in found.items() if k not in best or g > gain[best[k]][k]}
    tries.append(best)
    for bent in [one for k, one in enumerate(tries) if one and one not in tries[:k]]:
        other = _bent(signal, first.joint, bent, resolution)
        if other is not None and all(other.bent != one.bent for one in each):
            each.append(other)
    # Confinement leaves no line of a dot without its tail: what one takes off the misfit may hide what
    # another would, and a short one hides in the noise.
    best_yet = min(each, key=lambda one: one.deviance + 2 * len(one.bent))
    if TAIL in best_yet.bent.values():
        tails = {k: TAIL for k, m in enumerate(best_yet.free) if m.fall > 0}
        for bent in (tails, {**best_yet.bent, **tails}):
            if all(bent != one.bent for one in each):
                other = _bent(signal, best_yet, bent, resolution)
                if other is not None and all(other.bent != one.bent for one in each):
                    each.append(other)
    scale = min(believed(Noise(np.ones(len(signal))), one.residuals, one.design) for one in each)
    counts = [one.values.size - int(np.sum(~one.optimum.free)) for one in each]
    out = []
    for joint, weight in zip(each, likely([one.deviance / scale for one in each], counts), strict=True):
        if not weight > 0:
            continue
        if joint is first.joint:
            out.append(replace(first, weight=float(weight)))
            continue
        at = joint.optimum.values
        higher = [p for p in plain if p.order > joint.order]
        more = [fit(signal, free, held, p.order, resolution, at, p.curve, joint.bent) for p in higher]
        out.append(replace(_of_shape([joint, *more], reference), weight=float(weight)))
    return sorted(out, key=lambda one: -one.weight)


def mean(each: Sequence[Shape], name: str) -> tuple[float, float]:
    """What all shapes say of a quantity, with its standard error."""
    seen = [one.values[name] for one in each]
    return averaged([v for v, _ in seen], [s for _, s in seen], [one.weight for one in each])


def looked_for(
    signal: Signal, modes: Sequence[Mode], order: int | None, resolution: float
) -> tuple[list[Mode], list[Mode], Array]:
    """The modes that are there, those that are not, and places and widths of the former."""
    first = _SEARCH if order is None else int(order)
    free, start = present(signal, modes, first, resolution)
    free, start = _determined(fit(signal, free, [], first, resolution, start))
    held = [_strained(m, free, start) for m in modes if m not in free]
    return free, held, start


def _strained(mode: Mode, free: Sequence[Mode], start: Array) -> Mode:
    """A TO of a core that does not show, where the strain that the LO shows brings it, and as wide.

    At its place in the bulk it would leave its light to the LO, which strain moves by its own width.
    In a shell confinement moves the LO as much as strain does, and the TO does not follow.
    """
    names = [m.name for m in free]
    other = f"{mode.name.removesuffix('_TO')}_LO"
    if mode.dimensions != 3 or not mode.name.endswith("_TO") or other not in names:
        return mode
    k = names.index(other)
    gamma = free[k].gamma
    if not (mode.gamma and gamma):
        return mode
    place, width = (float(v) for v in start[2 * k : 2 * k + 2])
    moved = mode.place * (place / free[k].place) ** (mode.gamma / gamma)
    return replace(mode, place=moved, width=width)


def _determined(joint: Joint) -> tuple[list[Mode], Array]:
    """The modes whose place and width the readings determine, and these: others stay at their usual ones."""
    covariance = np.linalg.pinv(joint.design.T @ joint.design)
    spread = believed(Noise(np.ones(joint.residuals.size)), joint.residuals, joint.design)
    sigma = np.sqrt(spread * np.maximum(np.diag(covariance), 0.0))
    free, start = [], []
    for k, mode in enumerate(joint.free):
        place, width = joint.values[2 * k : 2 * k + 2]
        if sigma[2 * k] < _VAGUE * width and sigma[2 * k + 1] < _VAGUE * width:
            free.append(mode)
            start += [place, width]
    return free, np.array(start)


def _by_order(
    signal: Signal,
    free: Sequence[Mode],
    held: Sequence[Mode],
    order: int | None,
    resolution: float,
    start: Array,
) -> list[Joint]:
    """Lorentz lines with the order asked for, or with each of :data:`ORDERS` that no higher one beats."""
    orders = ORDERS if order is None else (int(order),)
    out: list[Joint] = []
    for one in orders[::-1]:  # each from the end of the one before
        expected = out[0].curve if out else None
        out.insert(0, fit(signal, free, held, one, resolution, start, expected))
        start = out[0].optimum.values
        if not out[0].optimum.settled or _beaten(
            out, signal, spare=one
        ):  # and so is all below, whose misfit is larger still
            break
    return [one for k, one in enumerate(out) if not _beaten(out[k:], signal)]


def _bent(signal: Signal, start_from: Joint, bent: Mapping[int, str], resolution: float) -> Joint | None:
    """The same fit with lines in other forms, as far as the readings ask for them."""
    lines = 2 * len(start_from.free)
    while bent:
        start = start_from.optimum.values[:lines].copy()
        own = []
        for k, form in bent.items():
            at = start_from.own(k)
            if at is not None and start_from.bent[k] == form:
                own.append(float(start_from.optimum.values[at]))
                continue
            own.append(begin(form, float(start[2 * k + 1])))
            if form == SPREAD:
                start[2 * k + 1] *= 0.6
        start = np.concatenate([start, own])
        free, held, order = start_from.free, start_from.held, start_from.order
        one = fit(signal, free, held, order, resolution, start, start_from.curve, bent)
        there = {k: form for k, form in bent.items() if not one.optimum.low[one.own(k)]}
        if there == bent:
            return one if one.optimum.settled else None
        bent = there
    return None


def _beaten(each: Sequence[Joint], signal: Signal, spare: int = 0) -> bool:
    """Whether a higher order beats the first by more than Akaike's 2 for each coefficient more.

    ``spare`` coefficients are counted besides.
    """
    left = [one.deviance for one in each]
    known = signal.knows_noise
    scale = 1.0 if known else min(left) / len(signal)
    more = [one.order - each[0].order + spare for one in each]
    return any(left[0] - left[k] > 2 * scale * more[k] for k in range(1, len(each)))


def _of_shape(each: Sequence[Joint], reference: str) -> Shape:
    """The order to believe, and what the others add to its errors."""
    answers = [_answer(one, reference) for one in each]
    areas = [n for n in answers[-1].values if n.endswith("_area")]
    best, errors = settled(answers, areas or list(answers[-1].values))
    at = answers.index(best)
    if at + 1 < len(answers):  # nobody knows the order: no error is below that with one order more
        higher = answers[at + 1]
        errors = {n: max(e, math.sqrt(higher.spread(n))) for n, e in errors.items()}
    return Shape(each[at], {n: (v, errors[n]) for n, (v, _) in best.values.items()})


def _answer(joint: Joint, reference: str) -> Answer:
    """What one fit says of areas, places and widths, with the answers to noise."""
    names, values = [m.name for m in joint.modes], joint.values
    unit = np.eye(values.size)
    out: Values = {}
    for k, mode in enumerate(joint.free):
        (place, by_place), (width, by_width) = _place_and_width(joint, k, unit)
        out[f"{mode.name}_cm1"] = place, by_place
        out[f"{mode.name}_width_cm1"] = width, by_width
    if reference in names[: len(joint.free)]:
        at = joint.area(names.index(reference))
        out["reference_area"] = float(values[at]), unit[at]
        for k, name in enumerate(names):
            if name != reference:
                share = float(values[joint.area(k)] / values[at])
                out[f"{name}_area"] = share, (unit[joint.area(k)] - share * unit[at]) / values[at]
    noise = Noise(np.ones(joint.residuals.size))
    variance = believed(noise, joint.residuals, joint.design)
    answers = np.asarray(np.linalg.pinv(joint.design), dtype=np.float64)
    return Answer(joint.order, out, answers, variance)


def _place_and_width(joint: Joint, k: int, unit: Array) -> tuple[tuple[float, Array], tuple[float, Array]]:
    """Of the maximum of free mode ``k``, and the full width at half of it, each with its gradient."""
    own, mode = joint.own(k), joint.free[k]
    if own is None:
        return (float(joint.values[2 * k]), unit[2 * k]), (float(joint.values[2 * k + 1]), unit[2 * k + 1])
    at = [2 * k, 2 * k + 1, own]

    def seen(v: Array) -> Array:
        place, width, more = (float(one) for one in v)
        if joint.bent[k] == SPREAD:
            return np.array([place, spread_width(width, more)])
        return np.array(summit(place, width, more, mode.fall / mode.place, mode.dimensions))

    values = joint.values[at]
    (place, width), by = seen(values), slopes(seen, values, low=np.array([-np.inf, 0.0, 0.0]), step=1e-4)
    return (float(place), by[0] @ unit[at]), (float(width), by[1] @ unit[at])
