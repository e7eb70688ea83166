"""A calibration that is killed again and again, and goes on: is what it leaves the same to the bit?

    python benchmarks/killed.py                      12 kills, by two processes; then one process without any
    python benchmarks/killed.py --kills 30 --seed 2

A small study of one flask.  Its command and all its workers get SIGKILL as soon as a random number of
further points is kept, and it is started again with --resume.  Then the same study goes undisturbed, by
another number of processes: draws, values and page must be the same bytes, the summary too but for how many
runs were carried out by that command, and the folders must hold the same points.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STUDY = """\
study: 1
title: Killed
free:
  mechanism.Ea_ex: {low: 60, high: 90}
experiments: {zinc: {recipe: choi2023/inp-zn}}
measured:
  - {of: zinc.10 min, quantity: In_exchanged_per_dot, value: 29, sigma: 2}
draws: 20
"""
SAME = ("posterior.nc", "calibrated.yaml", "report.html")
_PAUSE_S = 0.02


def command(study: Path, out: Path, jobs: int, more: list[str]) -> subprocess.Popen[bytes]:
    """The calibration as a process of its own session."""
    words = [sys.executable, "-m", "epidot", "calibrate", str(study), "-o", str(out), "--jobs", str(jobs)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen([*words, *more], stdout=quiet, stderr=quiet, start_new_session=True)


def kept(out: Path) -> int:
    """Points in the folder."""
    return len(list((out / "points").glob("*"))) if (out / "points").is_dir() else 0


def killed(study: Path, out: Path, kills: int, chance: random.Random) -> int:
    """Kill it ``kills`` times, if it does not end before; how many times it was."""
    for number in range(kills):
        wanted = kept(out) + chance.randint(0, 4)
        process = command(study, out, 2, ["--resume"] if out.exists() else [])
        while process.poll() is None and kept(out) <= wanted:
            time.sleep(_PAUSE_S * chance.random())
        if process.poll() is not None:
            if process.returncode:
                raise SystemExit(f"the calibration failed after {number} kills")
            return number
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        print(f"kill {number + 1} at {kept(out)} points", flush=True)
    return kills


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--kills", type=int, default=12)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "study.yaml").write_text(STUDY, encoding="utf-8")
        torn, whole = root / "torn", root / "whole"
        kills = killed(root / "study.yaml", torn, asked.kills, random.Random(asked.seed))
        for out, jobs, more in ((torn, 2, ["--resume"] if kills else []), (whole, 1, [])):
            if command(root / "study.yaml", out, jobs, more).wait():
                raise SystemExit(f"{out.name}: the calibration failed")
        different = [n for n in SAME if (torn / n).read_bytes() != (whole / n).read_bytes()]
        told = [json.loads((out / "summary.json").read_text(encoding="utf-8")) for out in (torn, whole)]
        for one in told:
            one.pop("runs_now")
        if told[0] != told[1]:
            different.append("summary.json")
        left = [p.name for p in torn.iterdir() if p.name not in {q.name for q in whole.iterdir()}]
        print(f"{kills} kills; {kept(torn)} points, {kept(whole)} of the undisturbed one")
        print("the same to the bit" if not different else f"different: {', '.join(different)}")
        if different or left or kept(torn) != kept(whole):
            raise SystemExit(f"left behind: {left}" if left else 1)


if __name__ == "__main__":
    main()
