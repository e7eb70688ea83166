"""The lattice chain held against itself: a plain twin that makes the same events, and counts made afresh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from epidot.errors import WorkError
from epidot.growth.kmc.simulation import Simulation
from epidot.growth.kmc.start import file_sites
from epidot.growth.kmc.tables import SLEEPING, Log
from oracle.kmc.plain import Plain
from oracle.kmc.recounted import discrepancies


class Checked(Simulation):
    """A run by the compiled kernel that remembers how it began, so that all of it can be counted again."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.began = self.state.species.copy()
        self.first_liquor = self.state.liquor.copy()

    def add(self, molecules: Mapping[str, int], volume: float = 0.0) -> None:
        """As :class:`Simulation`."""
        super().add(molecules, volume)
        for name, n in molecules.items():
            self.first_liquor[self.compiled.model.liquor.index(name)] += n

    def validate(self) -> None:
        """Rebuild every counter from the species and check every balance; ``WorkError`` names what is off."""
        poured = np.zeros_like(self.state.liquor)
        d = self._drive
        for f, n in enumerate(self.state.poured):
            for q in range(d.flow_first[f], d.flow_first[f + 1]):
                poured[d.flow_species[q]] += n * d.flow_n[q]
        wrong = discrepancies(self.compiled, self.state, self.began, self.first_liquor, poured)
        if wrong:
            raise WorkError("the state of the lattice is not what its species say: " + "; ".join(wrong))


class PlainRun(Checked):
    """The same run by the plain reference."""

    def _advance(self, log: Log, end: float, most: int, idle: int) -> int:
        status = Plain(self.compiled, self._drive, self.state).advance(log, end, most, idle)
        file_sites(self.compiled, self.state)
        self.state.whole[SLEEPING] = np.count_nonzero(self.state.asleep)
        return status


RUNS: Mapping[str, type[Checked]] = {"numba": Checked, "plain": PlainRun}
