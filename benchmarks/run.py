"""What a run costs, phase by phase: CPU, wall, peak memory and files, of cold and of warm caches.

    python benchmarks/run.py [--only kmc-100 lint ...] [--dots 10 100 1000] [--json] [--write docs/speed.md]

Every case is ``epidot`` in processes of its own.  Two runs of each order: the command as a user gives it, for
its totals, and once more in one process with clocks around the phases.  "Cold" is the first run ever: nothing
compiled and no file of data read before.  CPU is that of all processes; memory is what all of them hold
together at the most (their shared pages once), where the system says so.  Exit status 1: a budget is broken.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pages

STAGED, TREATED = "choi2023/inp-zns-staged-4", "yuan2023/znbr2-300"
ROWS = 1_000_000  # of the large file


@dataclass(frozen=True)
class Case:
    """A command and the most it may take; ``files`` says that it writes a folder."""

    words: Sequence[str]
    cpu_s: float | None = None
    wall_s: float | None = None
    memory_MB: float | None = None
    cold: bool = False
    run: bool = False


def cases(folder: Path, dots: Sequence[int]) -> dict[str, Case]:
    """Every case by its name."""
    most: dict[int, tuple[float | None, float | None, float | None]]
    most = {10: (6.0, None, None), 100: (15.0, 10.0, None), 1000: (70.0, None, 1500.0)}
    out = {"first run ever": Case(("run", STAGED, "--no-interval"), 45.0, cold=True, run=True)}
    for n in dots:
        cpu, wall, memory = most.get(n, (None, None, None))
        out[f"kmc-{n}"] = Case(
            ("run", STAGED, "--no-interval", "--dots", str(n)), cpu, wall, memory, run=True
        )
    for n in dots:
        words = ("run", STAGED, "--no-interval", "--dots", str(n), "--engine", "meanfield")
        out[f"meanfield-{n}"] = Case(words, run=True)
    out["znbr2-300"] = Case(("run", TREATED, "--no-interval"), 6.0, run=True)
    out["claims"] = Case(("claims", "--engine", "both"), 60.0)
    small, large = (str(folder / name) for name in ("small.csv", "large.csv"))
    out["measure uvvis"] = Case(("measure", "uvvis", small), 0.7)
    out["measure pl"] = Case(("measure", "pl", str(folder / "band.csv")), 0.7)
    out["1e6 rows"] = Case(("measure", "uvvis", large), 6.0)
    out["dose"] = Case(("dose", "--diameter", "3.3nm", "--amount", "220nmol", "--shell", "ZnSe:2"), 0.7)
    out["lint"] = Case(("lint", "choi2023"), 0.7)
    out["version"] = Case(("--version",), 0.2)
    return out


# Phases by the functions that carry them out, each without the phases inside it.
PHASES = {
    "recipe, mechanism and data read": (
        "epidot.documents.text:parse",
        "epidot.runs.order:order_from",
        "epidot.runs.sampled:Setting.of",
    ),
    "segments prepared": (
        "epidot.growth.lattice.segment:Run.__init__",
        "epidot.growth.lattice.blocks:Blocks.prepare",
        "epidot.growth.lattice.engine:LatticeEngine.start",
    ),
    "exact chain": ("epidot.growth.kmc.simulation:Simulation.run",),
    "mean field": ("epidot.growth.meanfield:MeanField.advance",),
    "states told": ("epidot.growth.lattice.blocks:Blocks.through",),
    "halide": ("epidot.transport.in_flask:HalideTransport.advance",),
    "checkpoint": ("epidot.runs.checkpoint:save",),
    "readout of dots": ("epidot.runs.sampled:Sampled._rows", "epidot.runs.sampled:Sampled.members"),
    "light": ("epidot.runs.record:read",),
    "claims": ("epidot.papers.of_run:claims_of",),
    "batch.nc, summary.json": ("epidot.runs.batch:Batch.save", "epidot.runs.batch:Batch.summary"),
    "dots.extxyz": ("epidot.dot.export:write_extxyz",),
    "report.html": ("epidot.report.html:write",),
}
LOADING, COMPILING, REST = "modules loaded", "kernels compiled or fetched", "everything else"


class Clocks:
    """CPU seconds by phase, each counted once: a phase stands still while another runs inside it."""

    def __init__(self) -> None:
        self.spent = {REST: 0.0}
        self._open = [REST]
        self._since = 0.0  # the time of this process begins with its start
        self._thread = threading.get_ident()

    def _turn(self) -> None:
        now = time.process_time()
        self.spent[self._open[-1]] = self.spent.get(self._open[-1], 0.0) + now - self._since
        self._since = now

    def around(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function`` with its time counted as ``phase``."""

        @functools.wraps(function)
        def counted(*args: Any, **more: Any) -> Any:
            if threading.get_ident() != self._thread:
                return function(*args, **more)
            self._turn()
            self._open.append(phase)
            try:
                return function(*args, **more)
            finally:
                self._turn()
                self._open.pop()

        return counted

    def end(self) -> dict[str, float]:
        """The seconds of every phase, the longest first."""
        self._turn()
        return dict(sorted(self.spent.items(), key=lambda one: -one[1]))


def phases_of(words: Sequence[str], path: str) -> None:
    """Inside a process of its own: the command with clocks around its phases, which are left at ``path``."""
    clocks = Clocks()
    importing: Any = sys.modules["_frozen_importlib"]
    importing._find_and_load = clocks.around(LOADING, importing._find_and_load)
    for phase, places in PHASES.items():
        for place in places:
            module, _, name = place.partition(":")
            owner: Any = importlib.import_module(module)
            *outer, last = name.split(".")
            for part in outer:
                owner = getattr(owner, part)
            found = vars(owner)[last]
            if isinstance(found, functools.cached_property):
                found.func = clocks.around(phase, found.func)
            elif isinstance(found, classmethod):
                setattr(owner, last, classmethod(clocks.around(phase, found.__func__)))
            else:
                counted = clocks.around(phase, found)
                setattr(owner, last, counted)
                for other in list(sys.modules.values()):  # those that hold it by name already
                    if getattr(other, "__name__", "").startswith("epidot") and vars(other).get(last) is found:
                        setattr(other, last, counted)
    from numba.core.dispatcher import Dispatcher

    Dispatcher.compile = clocks.around(COMPILING, Dispatcher.compile)
    from epidot.cli import main

    try:
        main(list(words))
    except SystemExit as left:
        if left.code:
            raise
    finally:
        Path(path).write_text(json.dumps(clocks.end()), encoding="utf-8")


def surroundings(cold: str | None) -> dict[str, str]:
    """The environment of a case; ``cold``: an empty folder for everything that is kept between runs."""
    out = os.environ | {"OMP_NUM_THREADS": "1"}
    out.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, as where they are installed
    if cold is not None:
        out |= {"NUMBA_CACHE_DIR": f"{cold}/numba", "MPLCONFIGDIR": f"{cold}/mpl"}
        out |= {"EPIDOT_CACHE": f"{cold}/epidot"}
    return out


def held_MB(process: int) -> float:
    """Memory of a process and of all below it, shared pages once; 0 where the system does not say."""
    total, waiting = 0.0, [process]
    while waiting:
        one = waiting.pop()
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii").splitlines()
            total += next(float(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
            for thread in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (thread / "children").read_text(encoding="ascii").split())
        except (OSError, StopIteration, ValueError):
            continue
    return total


def carried_out(command: Sequence[str], around: dict[str, str]) -> dict[str, float]:
    """CPU and wall seconds and the most memory of a command and everything it starts."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=around)
    most, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.2):
            most = max(most, held_MB(process.pid))

    watching = threading.Thread(target=watch)
    watching.start()
    messages = process.communicate()[1]
    wall = time.monotonic() - began
    done.set()
    watching.join()
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {messages.decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_s": cpu, "wall_s": wall, "memory_MB": most}


def measured(case: Case, place: Path) -> dict[str, Any]:
    """Everything about one case."""
    out = place / "out"
    words = [*case.words, *(("-o", str(out), "--overwrite") if case.run else ())]
    found: dict[str, Any] = {"command": " ".join(("epidot", *case.words))}
    with tempfile.TemporaryDirectory() as empty:
        around = surroundings(empty if case.cold else None)
        if not case.cold and case.words[0] in ("claims", "measure"):
            carried_out([sys.executable, "-m", "epidot", *words], around)  # warm
        found |= carried_out([sys.executable, "-m", "epidot", *words], around)
    said = ", ".join(f"{what} {found[what]:.4g}" for what in ("cpu_s", "wall_s", "memory_MB"))
    print(f"{found['command']}: {said}", file=sys.stderr, flush=True)
    if case.run:
        found["files_kB"] = {one.name: one.stat().st_size / 1000 for one in sorted(out.iterdir())}
        kept = place / "phases.json"
        with tempfile.TemporaryDirectory() as empty:
            around = surroundings(empty if case.cold else None)
            one_process = [sys.executable, __file__, "--phases", str(kept), *words, "--jobs", "1"]
            carried_out(one_process, around)
        found["phases_cpu_s"] = json.loads(kept.read_text(encoding="utf-8"))
    budget = {"cpu_s": case.cpu_s, "wall_s": case.wall_s, "memory_MB": case.memory_MB}
    found["budget"] = {name: most for name, most in budget.items() if most is not None}
    found["broken"] = [name for name, most in found["budget"].items() if found[name] > most]
    return found


def write_files(folder: Path) -> None:
    """A small and a large spectrum of the kind that is read."""
    import numpy as np

    from epidot import LayeredDot, instrument
    from epidot.signal.storage import save

    rng = np.random.default_rng(1)
    dot = LayeredDot("InP", 3.0)
    for technique, name in (("uvvis", "small.csv"), ("pl", "band.csv")):
        save(instrument(technique).simulate([dot], {}, rng=rng), folder / name)
    seen = instrument("uvvis").simulate([dot], {}, rng=None)
    nm = np.linspace(seen.x[0], seen.x[-1], ROWS)
    absorbance = np.interp(nm, seen.x, seen.y) + rng.normal(0.0, 1e-3, ROWS)
    np.savetxt(folder / "large.csv", np.c_[nm, absorbance], fmt="%.5f", delimiter=",", header="nm,absorbance")


def table(found: dict[str, Any]) -> str:
    """Totals and phases as two tables in Markdown."""
    rows = ["| case | CPU s | wall s | memory MB | files kB |", "|---|---|---|---|---|"]
    for name, one in found.items():
        cells = []
        for what, form in (("cpu_s", ".1f"), ("wall_s", ".1f"), ("memory_MB", ".0f")):
            most = one["budget"].get(what)
            digits = ".2f" if what == "cpu_s" and one[what] < 1 else form
            cells.append(f"{one[what]:{digits}}" + ("" if most is None else f" (≤ {most:g})"))
        files = ", ".join(f"{file} {size:.0f}" for file, size in one.get("files_kB", {}).items())
        rows.append(f"| {name} | {' | '.join(cells)} | {files} |")
    runs = {name: one["phases_cpu_s"] for name, one in found.items() if "phases_cpu_s" in one}
    names = list(dict.fromkeys(phase for phases in runs.values() for phase in phases))
    rows += ["", "| CPU s of | " + " | ".join(runs) + " |", "|---" * (len(runs) + 1) + "|"]
    for name in names:
        rows.append(f"| {name} | " + " | ".join(f"{p.get(name, 0.0):.2f}" for p in runs.values()) + " |")
    return "\n".join(rows)


def main() -> None:
    if sys.argv[1:2] == ["--phases"]:
        phases_of(sys.argv[3:], sys.argv[2])
        return
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--only", nargs="*", default=[], help="cases by name")
    options.add_argument("--dots", nargs="*", type=int, default=[10, 100, 1000])
    options.add_argument("--json", action="store_true")
    options.add_argument("--write", type=Path, help="a page whose tables between the marks are replaced")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        write_files(Path(place))
        for i, recipe in enumerate((STAGED, TREATED)):  # whose kernels are not yet compiled here
            words = ["run", recipe, "--no-interval", "--dots", "2", "-o", f"{place}/warm-{i}"]
            carried_out([sys.executable, "-m", "epidot", *words], surroundings(None))
        every = cases(Path(place), asked.dots)
        if unknown := [name for name in asked.only if name not in every]:
            sys.exit(f"no such case: {', '.join(unknown)}; there are {', '.join(every)}")
        found = {name: measured(every[name], Path(place)) for name in asked.only or every}
    print(json.dumps(found, indent=2) if asked.json else table(found))
    if asked.write is not None:
        pages.put(asked.write, "measured", table(found))
    sys.exit(any(one["broken"] for one in found.values()))


if __name__ == "__main__":
    main()
