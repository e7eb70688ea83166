"""What emission bands stand on: a level, a line, or light that falls off from an end of the range.

The tail of the excitation is an exponential in the wavelength, and so may the foot of something further red
be.  What bends is the flank of a band whose maximum lies outside the range: photons per energy whose
logarithm is a parabola in the energy, which a Gaussian is, and a power of the wavelength nearly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC

Array = NDArray[np.float64]

BENT = (-0.45, 40.0)  # limits of the bend; at -0.5 the light no longer falls at the other end
_REACHES = (0.02, 0.04, 0.07, 0.12, 0.2, 0.35, 0.6, 0.95)  # of the range of the scan
_BENDS = (-0.35, 0.7, 3.0, 10.0)


@dataclass(frozen=True)
class Background:
    """A law of the background: its ``words``, the names of its values, and which ``end`` it falls from.

    ``end`` is 0 for none, 1 for the blue one and -1 for the red one; ``bent`` if its exponential bends;
    ``both`` are the laws whose sum it is.
    """

    words: str
    names: tuple[str, ...]
    end: int = 0
    bent: bool = False
    both: tuple[str, str] | None = None

    @property
    def heights(self) -> int:
        """In how many of its values, beside the offset, it is linear."""
        return 2 if self.both else len(self.names[1:2])

    def over(self, nm: Array, span: tuple[float, float], values: Array) -> tuple[Array, list[Array]]:
        """The background over ``nm`` (n,) and its derivatives in the ``values`` (p,).

        ``span`` are the ends / nm of what was recorded.
        """
        if self.both:
            blue, red = (LAWS[name] for name in self.both)
            curve, columns = blue.over(nm, span, values[: len(blue.names)])
            beyond, others = red.over(nm, span, np.append(0.0, values[len(blue.names) :]))
            return curve + beyond, [*columns, *others[1:]]
        offset, *more = (float(v) for v in values)
        one = np.ones(nm.size)
        first, last = span
        if not more:
            return offset * one, [one]
        if not self.end:  # the slope is what it rises by from end to end
            way = (nm - (first + last) / 2) / (last - first)
            return offset + more[0] * way, [one, way]
        height, reach, *bend = more
        falls, further, way, length = self._falling(nm, span, reach, bend[0] if bend else 0.0)
        columns = [one, falls, height * falls * further / reach]
        if bend:
            columns.append(-height * falls * way**2 / (reach * length))
        return offset + height * falls, columns

    def begun(self, nm: Array, span: tuple[float, float]) -> Iterator[tuple[tuple[float, ...], Array]]:
        """Places where a search may begin: the values that are no heights, and the columns (n, heights)."""
        if self.both:
            blue, red = (LAWS[name] for name in self.both)
            for reach, one in list(blue.begun(nm, span))[::2]:
                for bent, other in list(red.begun(nm, span))[::2]:
                    yield (*reach, *bent), np.concatenate([one, other], axis=1)
            return
        if not self.end:
            first, last = span
            line = (nm - (first + last) / 2) / (last - first)
            yield (), line[:, None] if self.heights else np.empty((nm.size, 0))
            return
        length = self._way(nm, span)[1]
        for share in _REACHES:
            for bend in _BENDS if self.bent else (0.0,):
                own = (share * length, bend)
                yield own[: 1 + self.bent], self._falling(nm, span, *own)[0][:, None]

    def placed(self, heights: Sequence[float], own: Sequence[float]) -> list[float]:
        """Its values beside the offset, in their order, from those of :meth:`begun` and the heights."""
        if self.both:
            return [heights[0], own[0], heights[1], *own[1:]]
        return [*heights, *own]

    def _way(self, nm: Array, span: tuple[float, float]) -> tuple[Array, float]:
        """How far from the end every place is, and how far the other end: in eV if it bends, else in nm."""
        first, last = span if self.end > 0 else span[::-1]
        if not self.bent:
            return self.end * (nm - first), abs(last - first)
        return self.end * HC * (1 / first - 1 / nm), HC * abs(1 / first - 1 / last)

    def _falling(
        self, nm: Array, span: tuple[float, float], reach: float, bend: float
    ) -> tuple[Array, Array, Array, float]:
        """exp(-e) with e = way/reach (1 + bend way/length); e, way and length."""
        way, length = self._way(nm, span)
        further = way / reach * (1 + bend * way / length)
        falls = np.exp(-np.clip(further, -50.0, 700.0))
        if self.bent:  # photons per energy become those per wavelength
            falls = falls * (span[0 if self.end > 0 else 1] / nm) ** 2
        return falls, further, way, length


LAWS = {
    "level": Background("over a level", ("offset",)),
    "line": Background("over a line", ("offset", "slope")),
    "tail": Background("over the tail of the excitation", ("offset", "tail", "reach_nm"), 1),
    "flank": Background(
        "over the flank of a band beyond the blue end", ("offset", "tail", "reach_eV", "bend"), 1, bent=True
    ),
    "foot": Background("over a foot that rises to the red end", ("offset", "tail", "reach_nm"), -1),
    "red flank": Background(
        "over the flank of a band beyond the red end", ("offset", "tail", "reach_eV", "bend"), -1, bent=True
    ),
    "both ends": Background(
        "over the tail of the excitation and the flank of a band beyond the red end",
        ("offset", "tail", "reach_nm", "foot", "reach_eV", "bend"),
        both=("tail", "red flank"),
    ),
}
