"""What stray light does to a spectrum whose scale ends before it should.

Light that never went through the dots reaches the detector too, a share s of the whole.  A true transmittance
T is then read as T + s, and no absorbance above −log₁₀ s can be read.  A curve that stands flat at A_c so
tells that s is 10^−A_c at the most; near the end of the scale that is no longer little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from epidot.instruments.uvvis.exciton import READ_OFF, SMOOTH_NM, Exciton, changed
from epidot.signal import Signal, local
from epidot.signal.unusable import MASKED, Aside


@dataclass(frozen=True)
class Stray:
    """What stray light of ``share`` may move: quantities by name, and the absorbance of the maximum from
    ``read`` to ``true``; ``by`` is ``None`` where there may be no maximum at all."""

    share: float
    read: float
    true: float
    by: dict[str, float] | None

    @property
    def said(self) -> str:
        """In words."""
        return (
            f"the scale ends at an absorbance of {-np.log10(self.share):.2f}, as {self.share:.2%} of stray "
            f"light would end it; then the first maximum is {self.true:.3g} high and was "
            f"read as {self.read:.3g}"
        )


def end_of_scale(signal: Signal, asides: Sequence[Aside]) -> float | None:
    """The absorbance at which the readings set aside stand, the lowest of several stretches; ``None`` where
    none but masked ones are."""
    levels = [
        float(np.median(signal.y[(signal.x >= a.low) & (signal.x <= a.high)]))
        for a in asides
        if a.why != MASKED
    ]
    return min(levels, default=None)


def stray(signal: Signal, found: Exciton, end: float | None) -> Stray | None:
    """What stray light that would end the scale at ``end`` moves; ``None`` without an end or a maximum."""
    if end is None or found.top is None or found.valley is None:
        return None
    share = 10.0**-end
    even, seen, _ = local.smoothed(signal.x, signal.y, SMOOTH_NM)
    through = 10.0**-seen - share
    if np.min(through[even >= min(found.valley.x, found.top.x)]) <= 0:
        return Stray(share, found.top.y, np.inf, None)
    other = -np.log10(np.maximum(through, 0.1 * share))
    moved = changed(even, seen, other, found)
    true = -np.log10(10.0**-found.top.y - share)
    by = None if moved is None else dict(zip(READ_OFF, np.abs(np.nan_to_num(moved)).tolist(), strict=True))
    return Stray(share, found.top.y, float(true), by)
