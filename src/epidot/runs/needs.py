"""What a run will need, said before it begins: memory, room on the disk, time of the processor.

Each is a base and a part per dot.  On the lattice a dot is a layer of sites about its core, so that its part
grows as the square of the diameter; in the mean field it is a few numbers.  The figures are those measured
for ``choi2023/inp-zns-staged-4`` (3.3 nm cores; 20, 100 and 1,000 dots, in the mean field 2,000): another
recipe may need a few times as much or as little, and so may another machine.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from epidot.errors import Faults
from epidot.growth import chemistry
from epidot.mechanism import load as mechanisms
from epidot.recipe.events import FormCore, TakeSample
from epidot.runs.jobs import usual
from epidot.runs.order import LATTICE, Order, dots_asked
from epidot.runs.quantities import LIGHT, find

_DIAMETER_NM = 3.3  # of the cores that were measured
_MEMORY_MB = {"base": 350.0, "process": 150.0, LATTICE: 1.1, "dot": 0.02}
_DISK_MB = {"base": 9.0, "dot": 0.003}
# Of a mean-field run that is not written; of a sample asked for light; of an instrument that reads it.
_FLASK_S, _LIGHT_S, _SEEN_S = 0.15, 0.12, 1.0
_CPU_S = {"base": 7.0, LATTICE: 0.075, "dot": 0.001, "atoms": 7.0}  # the last of a dot of one sample


def mean_field_s(asked: Iterable[tuple[str, str]]) -> float:
    """Seconds of processor of a run in mean field that is asked these quantities, each of a sample."""
    rows = [(sample, quantity, find(quantity).needs) for sample, quantity in asked]
    lit = {sample for sample, _, needs in rows if needs in LIGHT}
    read = {(sample, quantity.split(".")[1]) for sample, quantity, needs in rows if needs == "seen"}
    return _FLASK_S + _LIGHT_S * len(lit) + _SEEN_S * len(read)


@dataclass(frozen=True)
class Needs:
    """``memory_MB`` of all processes together at the most, ``disk_MB``, ``cpu_s``, and the ``processes``."""

    memory_MB: float
    disk_MB: float
    cpu_s: float
    processes: int

    def refuse(self, folder: Path) -> None:
        """Refuse a run that this machine cannot hold.

        Raises
        ------
        InputError
            With memory and disk that are there, and the dots for which they would do.
        """
        faults = Faults()
        memory, disk = memory_MB(), _disk_MB(folder)
        remedy = "take fewer --dots or --jobs, or insist with --force"
        if memory is not None and self.memory_MB > memory:
            what = f"this run needs some {_size(self.memory_MB)} of memory"
            faults.add(what, seen=f"{_size(memory)} are there", remedy=remedy)
        if disk is not None and self.disk_MB > disk:
            what = f"the results need some {_size(self.disk_MB)} on the disk of {folder}"
            faults.add(what, seen=f"{_size(disk)} are free", remedy=remedy)
        faults.raise_if_any()

    def rows(self) -> list[tuple[str, str]]:
        """For a table: what, and how much."""
        return [
            ("memory", _size(self.memory_MB)),
            ("disk", _size(self.disk_MB)),
            ("CPU time", _time(self.cpu_s)),
            ("processes", str(self.processes)),
        ]


def needs(order: Order, jobs: int | None = None) -> Needs:
    """What ``order`` needs with ``jobs`` processes (unasked: as many as it would take)."""
    recipe, count = order.recipe, jobs or usual(order)
    sizes = [recipe.core.diameter_nm] if recipe.core is not None else []
    sizes += [event.diameter_nm for event in recipe.events if isinstance(event, FormCore)]
    wide = (max(sizes, default=_DIAMETER_NM) / _DIAMETER_NM) ** 2
    on_lattice = order.engine == LATTICE
    samples = sum(isinstance(event, TakeSample) for event in recipe.events)
    by_atoms = min(dots_asked(order.states), order.dots) * samples
    each = {
        name: figures[LATTICE] * wide if on_lattice else figures["dot"]
        for name, figures in (("memory", _MEMORY_MB), ("cpu", _CPU_S))
    }
    return Needs(
        _MEMORY_MB["base"] + _MEMORY_MB["process"] * (count - 1) + each["memory"] * order.dots,
        _DISK_MB["base"] + _DISK_MB["dot"] * order.dots,
        _CPU_S["base"] + each["cpu"] * order.dots + _CPU_S["atoms"] * wide**2 * by_atoms,
        count,
    )


def reagents(order: Order) -> tuple[chemistry.Reagent, ...]:
    """How every reagent of ``order`` stands to its mechanism.

    Raises
    ------
    InputError
        If one should react and is unknown; see :func:`epidot.growth.chemistry.insist`.
    """
    return chemistry.insist(order.recipe, mechanisms.load(order.mechanism), order.ignore)


def memory_MB() -> float | None:
    """Memory that this machine can give to a new process, if it says so."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        line = next(one for one in text.splitlines() if one.startswith("MemAvailable"))
        return float(line.split()[1]) / 1024
    except (OSError, StopIteration, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (AttributeError, OSError, ValueError):
        return None


def _disk_MB(folder: Path) -> float | None:
    """Room on the disk on which ``folder`` is or will be."""
    place = next(
        (p for p in (folder, *folder.absolute().parents) if os.path.exists(p)), Path()
    )  # a name may be too long to ask
    try:
        usage = shutil.disk_usage(place)
    except OSError:
        return None
    return usage.free / 2**20 if usage.total else None  # /proc has no size, and is refused for what it is


def _size(megabytes: float) -> str:
    return _rounded(megabytes, (("TB", 2.0**20), ("GB", 1024.0), ("MB", 1.0)))


def _time(seconds: float) -> str:
    return _rounded(seconds, (("days", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0)))


def _rounded(value: float, units: tuple[tuple[str, float], ...]) -> str:
    """In the largest of the units of which there is one and a half, to two digits."""
    unit, much = next((one for one in units if value >= 1.5 * one[1]), units[-1])
    return f"{value / much:.2g} {unit}" if value < 95 * much else f"{value / much:.0f} {unit}"
