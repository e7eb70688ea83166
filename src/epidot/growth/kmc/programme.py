"""What is done to the flask while the chain runs: temperature and additions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from epidot.constants import K_B
from epidot.errors import Faults, InputError

# A ramp is cut so that no rate constant changes by more than this factor within one piece.  It decides how
# many draws are wasted (the thinning within a piece is exact), not how right the result is.
GROWTH_PER_PIECE = 1.25


@dataclass(frozen=True)
class Programme:
    """Temperature, linear between the points given and constant outside them.  Times in s, K."""

    times: tuple[float, ...]
    temperatures: tuple[float, ...]

    def __post_init__(self) -> None:
        faults = Faults("temperature programme")
        if len(self.times) != len(self.temperatures) or not self.times:
            faults.add("as many times as temperatures are needed, at least one")
        if any(b < a for a, b in zip(self.times, self.times[1:], strict=False)):
            faults.add("times must not decrease", seen=self.times)
        for value in self.temperatures:
            if not (math.isfinite(value) and value > 0):
                faults.add("not a temperature in kelvin", seen=value)
        faults.raise_if_any()

    @classmethod
    def constant(cls, temperature: float) -> Programme:
        """One temperature for ever."""
        return cls((0.0,), (temperature,))

    def at(self, t: float) -> float:
        """Temperature at time t, K."""
        return float(np.interp(t, self.times, self.temperatures))

    def pieces(self, largest_energy: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points (time, temperature) so close that exp(-E/kT) changes by at most ``GROWTH_PER_PIECE``."""
        times, temperatures = [self.times[0]], [self.temperatures[0]]
        for t0, t1, T0, T1 in zip(
            self.times, self.times[1:], self.temperatures, self.temperatures[1:], strict=False
        ):
            change = abs(largest_energy / K_B * (1 / T0 - 1 / T1))
            n = max(1, math.ceil(change / math.log(GROWTH_PER_PIECE)))
            share = np.arange(1, n + 1) / n
            T = 1 / (1 / T0 + share * (1 / T1 - 1 / T0))  # equal steps of 1/T are equal ratios of rates
            T[-1] = T1
            fraction = share if T1 == T0 else (T - T0) / (T1 - T0)
            t = t0 + fraction * (t1 - t0)
            t[-1] = t1
            times.extend(t.tolist())
            temperatures.extend(T.tolist())
        return np.array(times), np.array(temperatures)


@dataclass(frozen=True)
class Flow:
    """An addition in ``pulses`` equal portions, the j-th at ``start + (j + 1/2) · interval``.

    One portion brings whole molecules (``molecules`` per dissolved species) and the volume ``volume`` (in the
    unit of the liquor's volume: molecules at 1 M).  Between two portions the rates are exact; the liquor
    differs from that of a smooth flow by at most half a portion.
    """

    molecules: Mapping[str, int]
    start: float
    interval: float
    pulses: int
    volume: float = 0.0
    name: str = field(default="flow")

    def __post_init__(self) -> None:
        faults = Faults(f"addition {self.name}")
        if self.pulses < 1 or not self.interval > 0 or not math.isfinite(self.start):
            faults.add("an addition needs a start, a positive interval and at least one portion")
        for species, n in self.molecules.items():
            if n < 0:
                faults.add(f"negative portion of {species}", seen=n)
        faults.raise_if_any()


def smooth(
    molecules: Mapping[str, int], start: float, end: float, pulses: int, volume: float = 0.0
) -> tuple[Flow, ...]:
    """Whole amounts spread over ``start`` to ``end``: two flows whose portions differ by one molecule.

    Raises
    ------
    InputError
        If the end is not after the start.
    """
    if not end > start:
        raise InputError("an addition must end after it starts", seen=f"{start:g} to {end:g}")
    flows = []
    interval = (end - start) / pulses
    base = {s: n // pulses for s, n in molecules.items()}
    flows.append(Flow(base, start, interval, pulses, volume / pulses))
    for s, n in molecules.items():
        rest = n - base[s] * pulses
        if rest:
            flows.append(Flow({s: 1}, start, (end - start) / rest, rest))
    return tuple(flows)
