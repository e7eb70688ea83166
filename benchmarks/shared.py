"""What it costs to share a sweep out: processes of epidot's own beside a cluster of Dask's on this machine.

    python benchmarks/shared.py                      200 points of the mean field by two workers of each
    python benchmarks/shared.py --points 40 --repeats 3
    python benchmarks/shared.py --write              also puts the table into docs/sweeps.md

Every sweep is a command of its own, one after the other in turn.  CPU is that of all processes it leaves or
begets, orphans too (this process adopts them, on Linux); a processor that others share counts more seconds
for the same work, so that the load is written beside, and of several repeats the least counts.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pages

PAGE = Path(__file__).resolve().parents[1] / "docs" / "sweeps.md"
WAYS = {"--jobs 2": (), "--scheduler local --jobs 2": ("--scheduler", "local")}
_ADOPT = 36  # PR_SET_CHILD_SUBREAPER of Linux

SWEEP = """\
sweep: 1
title: Shared out
recipe: choi2023/inp-zns-staged-4
design: sobol
points: {points}
vary:
  steps.stage_II.temperature: 200..260 °C
  steps.stage_II.time: 5..120 min
samples: stage III
"""


@dataclass(frozen=True)
class Cost:
    """Of one sweep: seconds of processor, by the clock, and the load when it ended."""

    cpu_s: float
    wall_s: float
    load: float


def cost(points: int, way: tuple[str, ...]) -> Cost:
    """Carry the sweep out once."""
    with tempfile.TemporaryDirectory() as folder:
        sweep = Path(folder) / "sweep.yaml"
        sweep.write_text(SWEEP.format(points=points), encoding="utf-8")
        words = ["sweep", str(sweep), "-o", str(Path(folder) / "out"), "--jobs", "2", *way]
        before, begun = _children_s(), time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "epidot", *words], capture_output=True, check=False)
        wall_s = time.perf_counter() - begun
        if done.returncode:
            raise SystemExit(done.stderr.decode())
        _adopted()
        return Cost(_children_s() - before, wall_s, os.getloadavg()[0])


def _children_s() -> float:
    used = os.times()
    return used.children_user + used.children_system


def _adopted() -> None:
    """Wait for processes that outlived the command, so that they count."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def told(found: dict[str, list[Cost]], points: int) -> list[str]:
    """The table."""
    rows = [
        "| points | who works | CPU s | wall s | load | more than processes |",
        "|---|---|---|---|---|---|",
    ]
    first = min(one.cpu_s for one in next(iter(found.values())))
    for way, costs in found.items():
        best = min(costs, key=lambda one: one.cpu_s)
        more = f"{best.cpu_s / first - 1:+.0%}" if best.cpu_s != first else ""
        cells = (points, f"`{way}`", f"{best.cpu_s:.1f}", f"{best.wall_s:.0f}", f"{best.load:.1f}", more)
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return rows


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--points", type=int, nargs="+", default=[200])
    options.add_argument("--repeats", type=int, default=1)
    options.add_argument("--write", action="store_true")
    asked = options.parse_args()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPT, 1, 0, 0, 0)
    rows: list[str] = []
    for points in asked.points:
        found: dict[str, list[Cost]] = {name: [] for name in WAYS}
        for _ in range(asked.repeats):
            for name, way in WAYS.items():
                found[name].append(cost(points, way))
                print(points, name, found[name][-1], flush=True)
        rows += told(found, points)[2 if rows else 0 :]
    print("\n".join(rows))
    if asked.write:
        pages.put(PAGE, "shared", "\n".join(rows))


if __name__ == "__main__":
    main()
