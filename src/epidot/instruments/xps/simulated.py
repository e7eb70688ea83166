"""The photoelectron spectra an instrument would show of given dots, region by region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import LayeredDot, Population
from epidot.errors import InputError
from epidot.instruments.contract import Dots
from epidot.instruments.options import Settings
from epidot.instruments.xps.atoms import intensities, mixed
from epidot.instruments.xps.levels import Level, level, levels
from epidot.instruments.xps.lines import doublet
from epidot.signal import Signal
from epidot.signal.noise import noisy

Array = NDArray[np.float64]

LORENTZ = 0.3  # share of Lorentz in a simulated line
_BELOW, _ABOVE = 6.0, 7.0  # eV that a region reaches beyond its lines
_CLASSES = 5  # of equally many dots, where they differ in size only
_LONGEST = 60.0  # times longer than the strongest region is a weak one recorded
_WEAKEST = 1e-4  # of the strongest level: below, nobody would record it
_NO_REGION = 30.0  # eV; the valence levels below overlap
ORDER = ("In_3d", "Cd_3d")  # the first of these that is there is the signal itself


def dots_of(dots: Dots) -> list[tuple[LayeredDot, float]]:
    """Dots that stand for all, with their shares."""
    if not isinstance(dots, Population):
        return [(dot, 1 / len(dots)) for dot in dots]
    if dots.members is not None:
        return [(dot, 1 / len(dots.members)) for dot in dots.members]
    sizes = np.sort(dots.core_diameters_nm)
    parts = np.array_split(sizes, min(_CLASSES, sizes.size))
    return [(dots.dot.scaled(float(part.mean())), part.size / sizes.size) for part in parts]


def seen(dots: Dots, setup: Settings) -> dict[str, dict[str, float]]:
    """Electrons by level and state, per dot of the sample."""
    around = float(setup["ligand_nm"]) + float(setup["contamination_nm"])
    return mixed([(intensities(dot, around, float(setup["photon_eV"])), w) for dot, w in dots_of(dots)])


def windows(shown: Mapping[str, Level]) -> list[tuple[float, float, list[str]]]:
    """Regions: from and to / eV, and the levels inside; those that overlap are one."""
    ends = []
    for name, one in shown.items():
        energies = [p.value for p in one.states.values()]
        ends.append((min(energies) - _BELOW, max(energies) + one.splitting + _ABOVE, name))
    out: list[tuple[float, float, list[str]]] = []
    for low, high, name in sorted(ends):
        if out and low < out[-1][1]:
            out[-1] = (out[-1][0], max(high, out[-1][1]), [*out[-1][2], name])
        else:
            out.append((low, high, [name]))
    return out


def simulated(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """See :func:`epidot.instruments.xps.simulate`; ``setup`` are the settled options."""
    found = seen(dots, setup)
    strongest = max((sum(s.values()) for s in found.values()), default=0.0)
    if strongest <= 0:
        raise InputError("these dots have no atom with a known core level")
    wanted = None
    if setup["levels"] is not None:
        wanted = {level(word).name for word in str(setup["levels"]).replace(",", " ").split()}
    shown = {
        name: one
        for name, one in levels().items()
        if name in found
        and (one.main > _NO_REGION if wanted is None else name in wanted)
        and sum(found[name].values()) > _WEAKEST * strongest
    }
    if not shown:
        raise InputError("none of these levels is seen of these dots", seen=str(setup["levels"]))
    regions: dict[str, Signal] = {}
    for low, high, names in windows(shown):
        inside = {name: found[name] for name in names}
        one = _region(low, high, inside, setup, strongest)
        regions[str(one.meta["column"])] = one if rng is None else noisy(one, rng)
    names = list(regions)
    told = {
        n: replace(r, meta={**r.meta, "columns": names, "column_number": i})
        for i, (n, r) in enumerate(regions.items(), start=1)
    }
    first = next((level(n).title for n in ORDER if level(n).title in told), names[0])
    return replace(told[first], companions={n: r for n, r in told.items() if n != first})


def _region(
    low: float, high: float, inside: Mapping[str, Mapping[str, float]], setup: Settings, strongest: float
) -> Signal:
    step, shift = float(setup["step_eV"]), float(setup["charging_eV"])
    x = low + shift + step * np.arange(int((high - low) / step + 1.5), dtype=np.float64)
    main = max(inside, key=lambda n: sum(inside[n].values()))
    lines: Array = np.zeros(x.size)
    behind: Array = np.zeros(x.size)
    for name, states in inside.items():
        one = levels()[name]
        for state, strength in states.items():
            shape = doublet(
                x, one.states[state].value + shift, one.widths[1], LORENTZ, one.minor, one.splitting
            )
            lines += strength * shape.y
            behind += strength * shape.step
    # The strongest level of all is recorded for 1 s a point and shows `counts`; weak regions longer.
    per = float(setup["counts"]) / (strongest * _peak(levels()["In_3d"]))
    top = max(float(lines.max()) * per, 1e-300)
    seconds = float(np.clip(float(setup["counts"]) / top, 1.0, _LONGEST))
    ground = float(setup["background"]) * float(setup["counts"])
    mean = (per * (lines + float(setup["step_height"]) * behind) + ground) * seconds
    meta = {
        "column": levels()[main].title, "columns": [], "seconds": seconds,
        "photon_eV": float(setup["photon_eV"]),
        "setup": {k: v for k, v in setup.items() if v is not None},
    }  # fmt: skip
    return Signal(
        "xps", x, mean, "binding energy", "eV", "intensity", "counts", "counts", "simulated", meta=meta
    )


def _peak(one: Level) -> float:
    """Height of a line of area 1."""
    x = np.array([one.main])
    return float(doublet(x, one.main, one.widths[1], LORENTZ, one.minor, one.splitting).y[0])
