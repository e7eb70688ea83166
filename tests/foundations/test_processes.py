"""Other processes that help: an interruption ends them at once, whatever was on its way to them."""

from __future__ import annotations

import subprocess
import sys

import pytest

# The first task keeps the only helper busy; the rest is more than a pipe holds, so that it is half sent.
CUT_OFF = """
import time
from epidot.processes import processes
try:
    with processes(1) as pool:
        pool.submit(time.sleep, 60)
        for _ in range(4):
            pool.submit(len, b"x" * 5_000_000)
        time.sleep(1)
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print("ended")
"""

IN_A_CALLBACK = """
import os, signal, weakref
from epidot import interrupts
class Thing: pass
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell runs behind
interrupts.heed()
thing = Thing()
seen = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGINT))
del thing
try:
    interrupts.pass_on()
except KeyboardInterrupt:
    print("ended")
"""


IN_A_COMMAND = """
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import epidot.cli.lint as command
from epidot.cli import main
def lint(): os.kill(os.getpid(), signal.SIGINT)
command.lint = lint
main(["lint"])
"""


def test_an_interruption_that_no_command_hears_is_said() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_A_COMMAND], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stderr == "epidot: interrupted\n"
    assert done.returncode == 1


@pytest.mark.parametrize("script", [CUT_OFF, IN_A_CALLBACK])
def test_an_interruption_ends_at_once_and_quietly(script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "ended\n"
    assert done.stderr == ""
    assert done.returncode == 0
