"""One job of the bench: a command in a process of its own, which outlives the page and the server.

``python -m epidot.web.job FOLDER`` carries out the command that ``FOLDER/job.json`` names.  While it works it
owns the folder, which the system takes back from a process that is killed: so whoever looks later knows.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from epidot import files
from epidot.folders import owned
from epidot.processes import TOLD_IN

JOB, DONE, PROGRESS, OUT, ERR, CANCELLED = (
    "job.json",
    "done.json",
    "progress.json",
    "stdout.txt",
    "stderr.txt",
    "cancelled",
)


def main(folder: Path) -> int:
    """Carry the job in ``folder`` out and say in ``done.json`` how it ended."""
    job = json.loads((folder / JOB).read_text(encoding="utf-8"))
    with owned(folder):
        # Ending the job is told to all of its processes: this one only waits for the command to obey.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        environment = {**os.environ, TOLD_IN: str(folder / PROGRESS)}
        with open(folder / OUT, "wb") as out, open(folder / ERR, "wb") as err:
            status = subprocess.call(
                [sys.executable, "-m", "epidot", *job["arguments"]],
                cwd=job["root"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        files.write(folder / DONE, json.dumps({"status": status, "ended": time.time()}))
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
