"""What may happen to a run or a calibration, made to happen: kills, two runs in one folder, no room.

    python benchmarks/faults.py [--kills 20] [--signals 20] [--recipe choi2023/inp-se] [--dots 6]
                                [--only PART ...] [--write docs/speed.md] [--json]

Every line says how often it was tried and how often it ended as it should.  The small disk and the one that
can only be read are mounted, which takes root; elsewhere they are passed over and said so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pages

from epidot.folders import LOCK
from epidot.report.calibrate import NAMES as CALIBRATED
from epidot.runs.checkpoint import NAME as CHECKPOINT
from epidot.runs.output import NAMES

JOBS = (1, 2, 4)
STUDY = """\
study: 1
title: Sulfur on bare dots
free: {mechanism.Ea_1_S: {low: 70, high: 95}, mechanism.Ea_dec: {mean: 169, sigma: 15}}
experiments: {cool: {recipe: choi2023/inp-s-200}, hot: {recipe: choi2023/inp-s-250}}
measured:
  - {of: cool.30 min, quantity: adatoms_S_per_dot, value: 30, sigma: 5}
  - {of: hot.30 min, quantity: adatoms_S_per_dot, value: 65, sigma: 4, is: at least}
draws: 60
"""


class Trials:
    """Runs of one order in fresh folders under ``place``."""

    def __init__(self, place: Path, recipe: str, dots: int, rng: random.Random) -> None:
        self.place, self.recipe, self.dots, self.rng = place, recipe, dots, rng
        self._number = 0

    def folder(self) -> Path:
        """A name that is free."""
        self._number += 1
        return self.place / f"run-{self._number}"

    def begin(self, folder: Path, *more: str, dots: int | None = None) -> subprocess.Popen[str]:
        """A run under way."""
        words = [
            "run",
            self.recipe,
            "--no-interval",
            "--dots",
            str(dots or self.dots),
            "-o",
            str(folder),
            *more,
        ]
        return subprocess.Popen(
            [sys.executable, "-m", "epidot", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, folder: Path, *more: str, dots: int | None = None) -> tuple[int, str]:
        """Status and messages of a run."""
        return _ended(self.begin(folder, *more, dots=dots))


def _ended(run: subprocess.Popen[str]) -> tuple[int, str]:
    messages = run.communicate(timeout=3600)[1]
    return run.returncode, messages


def digest(folder: Path, names: Sequence[str] = NAMES) -> str:
    """One number for all results in ``folder``."""
    whole = hashlib.sha256()
    for name in sorted(names):
        whole.update((folder / name).read_bytes() if (folder / name).is_file() else b"missing")
    return whole.hexdigest()


def left(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def clean(folder: Path, messages: str) -> bool:
    """No traceback, and nothing in the folder but what goes on, or nothing at all."""
    return "Traceback" not in messages and set(left(folder)) <= {CHECKPOINT}


def jobs(trials: Trials, right: str) -> Iterator[bool]:
    """The same bits for any number of processes."""
    for number in JOBS:
        folder = trials.folder()
        yield trials.end(folder, "--jobs", str(number))[0] == 0 and digest(folder) == right


def kills(trials: Trials, right: str, tries: int, how: Sequence[signal.Signals]) -> Iterator[bool]:
    """Killed at a random time after the first checkpoint, as often as it takes; then resumed."""
    for i in range(tries):
        folder, more = trials.folder(), ["--jobs", str(JOBS[i % len(JOBS)])]
        run = trials.begin(folder, *more)
        while run.poll() is None and not (folder / CHECKPOINT).exists():
            time.sleep(0.005)
        time.sleep(trials.rng.uniform(0.0, 3.0))
        run.send_signal(how[i % len(how)])
        status, messages = _ended(run)
        if status:
            status, messages = trials.end(folder, *more, "--resume")
        good = status == 0 and digest(folder) == right and left(folder) == sorted(NAMES)
        if not good:
            print(
                f"    {how[i % len(how)].name}: status {status}, {left(folder)}: {messages}", file=sys.stderr
            )
        yield good
        shutil.rmtree(folder, ignore_errors=True)


def calibrations(trials: Trials, tries: int) -> Iterator[bool]:
    """A calibration killed (-9) after a random number of points, resumed by another number of workers."""
    study = trials.folder().with_suffix(".yaml")
    study.write_text(STUDY, encoding="utf-8")
    posterior = [name for name in CALIBRATED if name != "summary.json"]  # which says how many runs were new

    def begin(folder: Path, *more: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "epidot", "calibrate", str(study), "-o", str(folder), *more]
        return subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    first = trials.folder()
    status, _ = _ended(begin(first, "--jobs", "1"))
    right, points = digest(first, posterior), len(left(first / "points"))
    yield status == 0
    for i in range(tries):
        folder, wanted = trials.folder(), trials.rng.randrange(1, points)
        run = begin(folder, "--jobs", str(1 + i % 2))
        while run.poll() is None and len(left(folder / "points")) < wanted:
            time.sleep(0.005)
        os.killpg(run.pid, signal.SIGKILL)
        status, messages = _ended(run)
        known = len(left(folder / "points"))
        if status:
            status, messages = _ended(begin(folder, "--jobs", str(2 - i % 2), "--resume"))
        good = status == 0 and digest(folder, posterior) == right
        told = f"    killed at {known} of {points} points: "
        print(told + ("the same posterior" if good else f"{status}, {messages}"), file=sys.stderr)
        yield good


def signals(trials: Trials, tries: int, seconds: float) -> Iterator[bool]:
    """INT and TERM at any time of a run: status and message, nothing half-written."""
    for i in range(tries):
        folder, how = trials.folder(), (signal.SIGINT, signal.SIGTERM)[i % 2]
        run = trials.begin(folder, "--jobs", str(1 + i % 2))
        wait = trials.rng.uniform(0.15, seconds)  # before that the interpreter itself is starting
        time.sleep(wait)
        run.send_signal(how)
        status, messages = _ended(run)
        told = status == 1 and "interrupted" in messages and clean(folder, messages)
        done = status == 0 and left(folder) == sorted(NAMES)
        if not (told or done):
            print(f"    {how.name} after {wait:.2f} s: {status}, {left(folder)}: {messages}", file=sys.stderr)
        yield told or done


def together(trials: Trials, right: str, tries: int) -> Iterator[bool]:
    """Two runs into one folder: one is refused and names the other, which is perfect."""
    for _ in range(tries):
        folder = trials.folder()
        first, second = trials.begin(folder), trials.begin(folder)
        ends = sorted([_ended(first), _ended(second)])
        (status, _), (refused, messages) = ends
        named = "another run writes into this folder" in messages and "process" in messages
        yield status == 0 and refused == 2 and named and digest(folder) == right


def other_orders(trials: Trials) -> Iterator[bool]:
    """``--resume`` with other dots or another seed; a folder with files of somebody else."""
    folder = trials.folder()
    trials.end(folder)
    before = digest(folder)
    for more, dots in ((["--resume"], trials.dots + 1), (["--resume", "--seed", "9"], trials.dots)):
        status, messages = trials.end(folder, *more, dots=dots)
        yield status == 2 and "had another" in messages and digest(folder) == before
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    status, messages = trials.end(folder)
    yield status == 2 and "notes.txt" in messages and digest(folder) == before
    status, _ = trials.end(folder, "--overwrite")
    yield status == 0 and digest(folder) == before and (folder / "notes.txt").read_text() == "mine"


@contextmanager
def mounted(place: Path, options: str) -> Iterator[Path | None]:
    """A small disk of its own, where we may mount one."""
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False
    )
    try:
        yield None if made.returncode else place
    finally:
        if not made.returncode:
            subprocess.run(["umount", place], check=False)


def no_room(trials: Trials) -> Iterator[bool]:
    """A disk of 300 kB: a message, nothing half-written."""
    with mounted(trials.folder(), "size=300k") as disk:
        if disk is None:
            print("    no disk could be mounted: passed over", file=sys.stderr)
            return
        status, messages = trials.end(disk / "out")
        yield status == 2 and clean(disk / "out", messages) and len(messages.splitlines()) <= 2


def only_read(trials: Trials) -> Iterator[bool]:
    """A disk that can only be read."""
    with mounted(trials.folder(), "size=1m,ro") as disk:
        if disk is None:
            print("    no disk could be mounted: passed over", file=sys.stderr)
            return
        status, messages = trials.end(disk / "out")
        yield status == 2 and clean(disk / "out", messages) and len(messages.splitlines()) == 1
    status, messages = trials.end(Path("/proc/x"))
    yield status == 2 and "Traceback" not in messages and len(messages.splitlines()) == 1


def vanished(trials: Trials, tries: int) -> Iterator[bool]:
    """The folder is removed during the run."""
    for _ in range(tries):
        folder = trials.folder()
        run = trials.begin(folder)
        while run.poll() is None and not (folder / LOCK).exists():
            time.sleep(0.01)
        time.sleep(trials.rng.uniform(0.0, 2.0))
        shutil.rmtree(folder, ignore_errors=True)
        status, messages = _ended(run)
        good = status in (1, 2) and "Traceback" not in messages and not left(folder)
        if not good:
            print(f"    vanished: {status}, {left(folder)}: {messages}", file=sys.stderr)
        yield good and len(messages.splitlines()) <= 2


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--signals", type=int, default=20)
    options.add_argument("--recipe", default="choi2023/inp-se")
    options.add_argument("--dots", type=int, default=6)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", nargs="*", default=[], help="what happens, by a part of its name")
    options.add_argument("--json", action="store_true")
    options.add_argument("--write", type=Path, help="a page whose table of faults is replaced")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        trials = Trials(Path(place), asked.recipe, asked.dots, random.Random(asked.seed))
        first = trials.folder()
        trials.end(first)  # compiles what is not compiled yet
        began = time.monotonic()
        trials.end(first)
        seconds, right = time.monotonic() - began, digest(first)
        how = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
        each: dict[str, Callable[[], Iterator[bool]]] = {
            f"same bits with --jobs {', '.join(map(str, JOBS))}": lambda: jobs(trials, right),
            "killed, resumed, same bits": lambda: kills(trials, right, asked.kills, how),
            "interrupted at any time": lambda: signals(trials, asked.signals, seconds),
            "two runs into one folder": lambda: together(trials, right, 3),
            "other orders, foreign files": lambda: other_orders(trials),
            "a calibration killed, resumed, same bits": lambda: calibrations(
                trials, max(3, asked.kills // 4)
            ),
            "a disk of 300 kB": lambda: no_room(trials),
            "a disk that can only be read": lambda: only_read(trials),
            "a folder that vanishes": lambda: vanished(trials, 3),
        }
        table = {}
        for name, tries in each.items():
            if asked.only and not any(part in name for part in asked.only):
                continue
            found = list(tries())
            table[name] = {"tried": len(found), "as it should": sum(found)}
            if not asked.json:
                print(f"{name:40} {sum(found):3} of {len(found)}", flush=True)
    if asked.json:
        print(json.dumps(table, indent=2))
    if asked.write is not None:
        rows = [f"| {name} | {row['tried']} | {row['as it should']} |" for name, row in table.items()]
        pages.put(
            asked.write,
            "faults",
            "\n".join(["| what happens | tried | as it should |", "|---|---|---|", *rows]),
        )
    sys.exit(any(row["tried"] != row["as it should"] for row in table.values()))


if __name__ == "__main__":
    main()
