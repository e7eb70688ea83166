"""A printed number that stands beside what its own inputs give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reported:
    """What a paper prints and what follows from the inputs it prints.

    ``alternatives`` maps other readings of the inputs, in words, to what they give; every value in it
    is worked out by the same equation as ``value_followed``.  ``claim`` is the id of the claim.
    """

    value_printed: float
    value_followed: float
    unit: str
    note: str
    claim: str = ""
    alternatives: Mapping[str, float] = field(default_factory=dict)

    @property
    def difference_rel(self) -> float:
        """(printed - followed) / followed."""
        return (self.value_printed - self.value_followed) / self.value_followed

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "printed": self.value_printed,
            "followed": self.value_followed,
            "unit": self.unit,
            "claim": self.claim,
            "note": self.note,
            "alternatives": dict(self.alternatives),
        }
