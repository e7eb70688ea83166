"""By how much the baseline under a spectrum may move what is read off its first maximum."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.uvvis.exciton import READ_OFF, SMOOTH_NM, Exciton, changed
from epidot.instruments.uvvis.foot import Foot, Under
from epidot.quantities import Quantity
from epidot.signal import Signal, local

Array = NDArray[np.float64]

_LOST = 0.32  # of the weight: laws under which there is no maximum may hold no more than one error leaves out
_TOLD = 0.005  # of the maximum: less is not told
_ANY_DEPTH = 0.5  # a depth is 0 to 1
_FELT = 2.0  # own errors: a baseline that may move a quantity by more is told
_CONTRADICTED = 0.1  # weight of a baseline that was taken off below which another is named


@dataclass(frozen=True)
class Moved:
    """Root mean squares by which a baseline may move quantities, and the absorbance (``height``).

    ``None`` in place of the quantities if it may be the maximum itself.  ``said`` is what is to be said of it
    where a value is withheld, and a warning if ``told``; ``aside`` is a note on the valley depth.
    """

    by: dict[str, float] | None
    height: float
    said: str = ""
    told: bool = False
    aside: str = ""

    def place(self, found: Exciton) -> Exciton:
        """The exciton with its place as uncertain as the baseline makes it."""
        if self.by is None or found.top is None:
            return found
        more = self.by["first_exciton_nm"]
        top = replace(found.top, sigma_x=math.hypot(found.top.sigma_x, more))
        # The baseline has no bend to speak of.
        sigma = found.sigma if found.by_bend else math.hypot(found.sigma, more)
        return replace(found, top=top, sigma=sigma)

    def wider(self, name: str, q: Quantity) -> Quantity:
        """``q`` with what the baseline may move it by in its error, or without a value."""
        if q.value is None or q.sigma is None:
            return q
        if self.by is None:
            return Quantity(None, None, q.unit, "none", "the baseline may be all there is: " + self.said)
        if self.aside and name == "valley_depth":
            q = replace(q, note=f"{q.note}; {self.aside}" if q.note else self.aside)
        by, before = self.by.get(name, 0.0), q.sigma or 0.0
        if name == "valley_depth" and by > _ANY_DEPTH:
            why = f"no valley depth: the baseline may move it by {by:.2g}, so that it may be anything"
            return Quantity(None, None, q.unit, "none", f"{why} ({self.said})" if self.said else why)
        if by < before:
            return replace(q, sigma=math.hypot(before, by))
        return q.widened(by, f"the baseline may move it by {by:.2g}")


def by_what_is_seen(signal: Signal, found: Exciton, under: Foot, own: Mapping[str, Quantity]) -> Moved:
    """What the laws that the readings to the red leave possible would move; it is not taken off.

    ``own`` are quantities with the errors that they have without it.
    """
    assert found.top is not None
    by, height = _moves(signal, found, under.laws, counted=not under.wings)
    sigmas = {name: q.sigma or math.inf for name, q in own.items() if q.value is not None}
    felt = by is None or any(by.get(name, 0.0) > _FELT * sigma for name, sigma in sigmas.items())
    share = under.at(found.top.x) / found.top.y
    said = ""
    if under.level is not None and (felt or abs(under.level) > _TOLD * found.top.y):
        said = (
            f"the readings end {signal.x[-1] - found.top.x:.0f} nm from the first maximum at "
            f"{under.level / found.top.y:.1%} of its absorbance: how much of that is baseline they do not "
            "tell, and what it moves is in the errors (record further to the red)"
        )
    elif under.seen and not under.wings and (felt or abs(share) > _TOLD):
        said = (
            f"readings to the red of the first exciton draw a baseline of {share:.1%} of its height under "
            "it; what it moves is in the errors (option baseline takes it off)"
        )
    elif felt:
        said = (
            "readings to the red of the first exciton do not exclude a baseline of "
            f"{height / found.top.y:.1%} of its height under it; what it moves is in the "
            "errors (more readings there would tell)"
        )
    return Moved(by, height, said, bool(said), _if_scattering(signal, found, under, own["valley_depth"]))


def _if_scattering(signal: Signal, found: Exciton, under: Foot, depth: Quantity) -> str:
    """What the valley depth would be if what is taken for the wings of the dots were scattering.

    Empty if that is less than a few of its errors.
    """
    if under.scattering is None or depth.value is None or depth.sigma is None:
        return ""
    even, seen, _ = local.smoothed(signal.x, signal.y, SMOOTH_NM)
    moved = changed(even, seen, seen - under.scattering.over(even), found)
    more = 0.0 if moved is None else float(moved[READ_OFF.index("valley_depth")])
    if not more > _FELT * depth.sigma:
        return ""
    return (
        "the little absorbance left to the red is taken for the dots' own; if it is scattered light, the "
        f"depth is {more:.2g} more"
    )


def by_what_was_taken_off(signal: Signal, found: Exciton, under: Sequence[Under]) -> Moved:
    """What a baseline that was subtracted leaves open.

    ``under`` is what :func:`epidot.instruments.uvvis.foot.instead` gives: first the one that was.
    """
    assert found.top is not None
    taken = under[0]
    said = f"its fit of {taken.law} to few or noisy readings (option baseline_nm) leaves it that uncertain"
    by, height = _moves(signal, found, under, taken_off=taken, counted=True)
    if any(u.law == "nothing" for u in under):
        said = (
            f"the baseline was taken from {taken.from_nm:.0f} nm on, so near the maximum that the dots may "
            "absorb there: what taking it off moves is in the errors (record further to the red)"
        )
        return Moved(by, height, said, told=True)
    if taken.weight < _CONTRADICTED:
        best = max(under, key=lambda u: u.weight)
        beside = float((best.over(np.array([found.top.x])) - taken.over(np.array([found.top.x])))[0])
        said = (
            f"{taken.law}, which was taken off, does not describe the readings to the red of the exciton; "
            f"{best.law} does, and lies {abs(beside) / found.top.y:.1%} of the maximum "
            f"{'higher' if beside > 0 else 'lower'} under it: what that moves is in the errors"
        )
        return Moved(by, height, said, told=True)
    return Moved(by, height, said)


def _moves(
    signal: Signal,
    found: Exciton,
    laws: Sequence[Under],
    taken_off: Under | None = None,
    counted: bool = True,
) -> tuple[dict[str, float] | None, float]:
    """What ``laws`` move by themselves, if ``counted``, and by what they leave uncertain.

    They move by what they differ from the baseline ``taken_off``, if one was.
    """
    assert found.top is not None
    even, seen, _ = local.smoothed(signal.x, signal.y, SMOOTH_NM)
    at_top = np.array([found.top.x])
    square, height, lost = np.zeros(len(READ_OFF)), 0.0, 0.0
    for under in laws:
        if not under.weight or (taken_off is None and not under.values.size):
            continue
        likeliest = under.over(even) - (0.0 if taken_off is None else taken_off.over(even))
        moved = changed(even, seen, seen - likeliest, found)
        others = [changed(even, seen, seen - likeliest - one, found) for one in under.spread(even)]
        known = [one for one in others if one is not None]
        height += under.weight * float(np.sum(under.spread(at_top) ** 2))
        if counted:
            beside = under.over(at_top) - (0.0 if taken_off is None else taken_off.over(at_top))
            height += under.weight * float(beside[0]) ** 2
        if moved is None or len(known) < len(others):
            lost += under.weight
            continue
        square += under.weight * (
            counted * moved**2 + np.sum((np.reshape(known, (-1, moved.size)) - moved) ** 2, axis=0)
        )
    if lost > _LOST:
        return None, math.sqrt(height)
    by = np.sqrt(np.nan_to_num(square) / (1 - lost))
    return dict(zip(READ_OFF, by.tolist(), strict=True)), math.sqrt(height)
