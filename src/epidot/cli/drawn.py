"""What ``measure`` and ``fit`` write beside their numbers: a picture, and the curve point by point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epidot import files

if TYPE_CHECKING:
    from epidot.quantities import Quantities
    from epidot.signal import Signal


@dataclass(frozen=True)
class Written:
    """``plot`` and ``curve``, each ``None`` if it was not asked for; ``several`` curves may come."""

    plot: Path | None
    curve: Path | None
    several: bool = False

    @property
    def wanted(self) -> bool:
        """Whether anything was asked for."""
        return self.plot is not None or self.curve is not None

    def check(self) -> None:
        """Refuse now what could not be written after the work.

        Raises
        ------
        InputError
            If a picture of that kind cannot be drawn or holds no pages, or there is no place for a file.
        """
        if self.plot is not None:
            _drawing().check(self.plot, self.several)
        if self.curve is not None:
            files.check(self.curve)

    def write(self, measured: Sequence[tuple[str, Signal, Quantities]]) -> None:
        """Write what was asked for of the named curves."""
        if self.plot is not None:
            _drawing().check(self.plot, len(measured) > 1)
            _drawing().save(measured, self.plot)
        if self.curve is not None:
            from epidot.instruments.curve import to_csv

            files.write(self.curve, to_csv(measured))


def _drawing() -> Any:
    from epidot.report import measurement

    return measurement
