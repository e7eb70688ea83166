"""An interruption that comes when everything is done changes nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import epidot

LATE = """
import os, signal, sys
class Late:  # let go of while the interpreter ends, when it has given up its own handlers
    def __del__(self, kill=os.kill, me=os.getpid(), what=signal.{}):
        kill(me, what)
late = Late()
from epidot.cli import main
sys.argv = ["epidot", "--version"]
main()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_who_interrupts_a_command_that_has_ended_hears_of_its_end(name: str) -> None:
    """Found by benchmarks/faults.py: all results in place, and status -15."""
    done = subprocess.run(
        [sys.executable, "-c", LATE.format(name)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, epidot.__version__)
