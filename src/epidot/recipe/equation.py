"""A chemical equation written in a recipe, e.g. ``In(OA)3 + P(TMS)3 -> InP + 3 TMSOA``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from epidot.errors import InputError
from epidot.recipe.stockroom import Stockroom

_ARROW = re.compile(r"\s*(?:->|→|=)\s*")
_TERM = re.compile(r"^(?:(\d+(?:\.\d+)?)\s+|(\d+(?:\.\d+)?)(?=[A-Z]))?(\S.*)$")
_LIKE = 1e-9  # atoms: how closely the two sides must agree


@dataclass(frozen=True)
class Equation:
    """Moles of each species made (positive) or used (negative) per mole of equation."""

    change: Mapping[str, float]
    text: str

    def __str__(self) -> str:
        return self.text

    @staticmethod
    def read(text: str) -> Equation:
        """Parse ``A + 2 B -> C + D``; raises :class:`InputError` if it is not of that form."""
        sides = _ARROW.split(text.strip())
        if len(sides) != 2 or not all(sides):
            raise InputError("not a chemical equation", seen=text, remedy='write e.g. "A + 2 B -> C + D"')
        change: dict[str, float] = {}
        for sign, side in zip((-1.0, 1.0), sides, strict=True):
            for term in re.split(r"\s+\+\s+", side):
                match = _TERM.match(term.strip())
                if match is None:
                    raise InputError("not a term of a chemical equation", seen=term)
                count = float(match[1] or match[2] or 1)
                if not (math.isfinite(count) and count > 0):
                    raise InputError("a term needs a positive number", seen=term)
                change[match[3]] = change.get(match[3], 0.0) + sign * count
        return Equation(change, text.strip())

    def check(self, room: Stockroom) -> None:
        """Raise :class:`InputError` for unknown species or unequal atoms on the two sides."""
        balance: dict[str, float] = {}
        for species, n in self.change.items():
            for element, atoms in room.elements(species).items():
                balance[element] = balance.get(element, 0.0) + n * atoms
        off = {e: b for e, b in balance.items() if abs(b) > _LIKE}
        if off:
            raise InputError(
                "the equation is not balanced",
                seen=", ".join(f"{e} {b:+g}" for e, b in sorted(off.items())),
                remedy="the right side minus the left side must be zero for every element",
            )

    def limit(self, liquor: Mapping[str, float]) -> float:
        """Moles of equation that the flask's content allows; raises if a reactant is not there."""
        used = {s: -n for s, n in self.change.items() if n < 0}
        missing = [s for s in used if liquor.get(s, 0.0) <= 0]
        if missing:
            raise InputError(
                "a reactant of the equation is not in the flask",
                seen=", ".join(missing),
                nearest=tuple(sorted(s for s, n in liquor.items() if n > 0))[:8],
                remedy="add it before this step",
            )
        return min((liquor[s] / n for s, n in used.items()), default=0.0)
