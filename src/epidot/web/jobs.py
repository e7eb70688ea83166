"""The jobs of a bench: started, found again, watched and ended by what stands in their folders."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from epidot import files
from epidot.errors import InputError, WorkError
from epidot.folders import owner_of
from epidot.web.job import CANCELLED, DONE, ERR, JOB, OUT, PROGRESS
from epidot.web.sandbox import Sandbox

AT_ONCE = 4  # jobs; each takes the cores it can get
KEPT = 50  # jobs that are listed
BEGINS_S = 20.0  # until a new job owns its folder, on a busy machine
MERCY_S = 1.5  # from being told to end until it is ended
_SAID = 4000  # characters of what a command said

RUNNING, WAITING, DONE_WELL, FAILED, ENDED, LOST = (
    "running",
    "starting",
    "done",
    "failed",
    "cancelled",
    "stopped",
)


@dataclass
class Jobs:
    """Jobs of the bench in ``box``."""

    box: Sandbox
    _mine: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def place(self) -> Path:
        """Where each has its folder."""
        return self.box.own

    def start(self, arguments: Sequence[str], **told: Any) -> dict[str, Any]:
        """Begin ``epidot ARGUMENTS`` in the folder of the bench; ``told`` is kept with it.

        Raises
        ------
        WorkError
            If enough jobs are at work.
        CannotWrite
            If there is no place for it.
        """
        busy = [job for job in self.all() if job["state"] in (RUNNING, WAITING)]
        if len(busy) >= AT_ONCE:
            raise WorkError(
                f"{len(busy)} jobs are at work; wait for one, or cancel one, and start this again"
            )
        name = time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3)
        folder = self.place / name
        files.make_folder(folder)
        job = {"arguments": list(arguments), "root": str(self.box.root), "started": time.time(), **told}
        files.write(folder / JOB, json.dumps(job))
        process = subprocess.Popen(
            [sys.executable, "-m", "epidot.web.job", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # what ends the server does not end it
        )
        self._mine[name] = process
        threading.Thread(target=process.wait, daemon=True).start()  # so that nothing is left of it at its end
        return self.one(name)

    def all(self) -> list[dict[str, Any]]:
        """The newest jobs, the newest first."""
        with suppress(OSError):
            names = sorted(
                (n for n in os.listdir(self.place) if (self.place / n / JOB).is_file()), reverse=True
            )
            return [self.one(name) for name in names[:KEPT]]
        return []

    def one(self, name: str) -> dict[str, Any]:
        """What is to be known of one job.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        folder = self._folder(name)
        job = _object(folder / JOB)
        ended = _object(folder / DONE) if (folder / DONE).exists() else None
        state = self._state(name, folder, job, ended)
        given = job.get("arguments")
        arguments = [str(word) for word in given] if isinstance(given, list) else []
        return {
            "id": name,
            "state": state,
            "command": shlex.join(["epidot", *arguments]),
            "started": _seconds(job),
            "ended": (ended or {}).get("ended"),
            "progress": {"fraction": 0.0, "text": "", **_object(folder / PROGRESS)},
            "said": _tail(folder / ERR) if state not in (RUNNING, WAITING) else "",
            **{k: v for k, v in job.items() if k not in ("arguments", "root", "started")},
        }

    def result(self, name: str) -> Any:
        """The JSON object that a finished command printed; ``None`` if there is none."""
        return _json(self._folder(name) / OUT)

    def cancel(self, name: str) -> dict[str, Any]:
        """Tell a job to end, and end it if it does not; what it keeps to go on from is kept."""
        folder = self._folder(name)
        if self.one(name)["state"] in (RUNNING, WAITING):
            files.write(folder / CANCELLED, "")
            owner = owner_of(folder)
            if owner is None and name in self._mine:  # it has not begun
                owner = {"process": self._mine[name].pid}
            group = (owner or {}).get("process")
            if isinstance(group, int) and group > 1:
                _end(group, folder)
        return self.one(name)

    def forget(self, name: str) -> None:
        """Take what is kept of an ended job away; the results of its command stay."""
        if self.one(name)["state"] in (RUNNING, WAITING):
            raise InputError("the job is at work", seen=name, remedy="cancel it first")
        shutil.rmtree(self._folder(name), ignore_errors=True)

    def _folder(self, name: str) -> Path:
        folder = self.place / name
        if not name.replace("-", "").isalnum() or not (folder / JOB).is_file():
            raise InputError("there is no such job", seen=name[:40])
        return folder

    def _state(self, name: str, folder: Path, job: Mapping[str, Any], ended: Mapping[str, Any] | None) -> str:
        if ended is not None:
            if ended.get("status") == 0:
                return DONE_WELL
            return ENDED if (folder / CANCELLED).exists() else FAILED
        if owner_of(folder) is not None:
            return RUNNING
        mine = self._mine.get(name)
        if (folder / CANCELLED).exists():
            return ENDED
        if (mine is None or mine.poll() is None) and time.time() - _seconds(job) < BEGINS_S:
            return WAITING
        if (folder / DONE).exists():  # it ended while we looked
            return self._state(name, folder, job, _object(folder / DONE))
        return LOST


def _end(group: int, folder: Path) -> None:
    """End all processes of a job: by word, then, while its folder is still owned, by force."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGTERM)
        if not _given_back(folder, MERCY_S):
            os.killpg(group, signal.SIGKILL)
            _given_back(folder, MERCY_S)


def _given_back(folder: Path, within_s: float) -> bool:
    """Whether the owner of ``folder`` is gone, now or soon."""
    until = time.monotonic() + within_s
    while owner_of(folder) is not None:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; an empty one for whatever else lies there."""
    found = _json(path)
    return found if isinstance(found, dict) else {}


def _seconds(job: Mapping[str, Any]) -> float:
    found = job.get("started")
    return float(found) if isinstance(found, int | float) else 0.0


def _tail(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")[-_SAID:].strip()
    return ""
