"""Pieces of work for other processes, in a module that they can import."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from pathlib import Path


def square(n: int) -> int:
    """The square of a number."""
    return n * n


def logged(piece: tuple[str, int]) -> tuple[int, int]:
    """Say in a folder who begins which piece, and take a while."""
    folder, number = piece
    with (Path(folder) / "begun").open("a", encoding="utf-8") as log:
        log.write(f"{number} {os.getpid()}\n")
    time.sleep(0.15)
    return number, os.getpid()


def surroundings(_: int) -> tuple[int, bool, str, int]:
    """Who does this, whether it has loaded runs before, its materials, how often it collects."""
    loaded = "epidot.runs.run" in sys.modules
    time.sleep(0.15)
    return os.getpid(), loaded, os.environ.get("EPIDOT_MATERIALS", ""), gc.get_threshold()[0]


def deadly(piece: tuple[str, int]) -> int:
    """The same; the third piece ends its process."""
    folder, number = piece
    with (Path(folder) / "begun").open("a", encoding="utf-8") as log:
        log.write(f"{number}\n")
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number
