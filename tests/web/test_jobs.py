"""Jobs belong to their folders: they outlive the server, are found again, and end when told."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from epidot.errors import InputError, WorkError
from epidot.folders import owner_of
from epidot.web import jobs as rooms
from epidot.web.commands import arguments
from epidot.web.jobs import Jobs
from epidot.web.sandbox import OWN, Sandbox

LONG = {"dots": 2000, "output": "long", "jobs": 1, "engine": "kmc"}


def _wait(jobs: Jobs, name: str, states: tuple[str, ...], within_s: float = 120) -> dict[str, Any]:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        job = jobs.one(name)
        if job["state"] in states:
            return job
        time.sleep(0.05)
    raise AssertionError(f"still {jobs.one(name)}")


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("recipe: 1\nsteps: []\n")
    jobs = Jobs(Sandbox(tmp_path))
    job = jobs.start(arguments(jobs.box, "run", "bad.yaml", {}), kind="run")
    ended = _wait(jobs, job["id"], ("failed", "done"))
    assert ended["state"] == "failed"
    assert "bad.yaml" in ended["said"]
    assert "Traceback" not in ended["said"]
    jobs.forget(job["id"])
    assert jobs.all() == []


def test_a_job_outlives_the_server_and_is_cancelled_by_the_next(bench, tmp_path: Path) -> None:
    first = bench(tmp_path)
    job = first.tell("jobs", command="run", subject="choi2023/inp-zns-staged-4", options=LONG).json
    jobs = Jobs(Sandbox(tmp_path))
    _wait(jobs, job["id"], ("running",))
    first.end(9)
    second = bench(tmp_path)
    assert jobs.one(job["id"])["state"] == "running"
    until = time.monotonic() + 120
    while jobs.one(job["id"])["progress"]["fraction"] <= 0 and time.monotonic() < until:
        time.sleep(0.1)
    assert 0 < jobs.one(job["id"])["progress"]["fraction"] < 1
    with pytest.raises(InputError, match="cancel"):
        jobs.forget(job["id"])
    began = time.monotonic()
    told = second.ask(f"/api/jobs/{job['id']}/cancel", "POST", b"").json
    assert told["state"] == "cancelled"
    assert time.monotonic() - began <= 2
    assert owner_of(tmp_path / OWN / job["id"]) is None


def test_a_job_killed_from_outside_is_lost_and_says_so(tmp_path: Path) -> None:
    jobs = Jobs(Sandbox(tmp_path))
    job = jobs.start(arguments(jobs.box, "run", "choi2023/inp-znse", LONG), kind="run")
    _wait(jobs, job["id"], ("running",))
    owner = owner_of(tmp_path / OWN / job["id"])
    assert owner is not None
    os.killpg(owner["process"], 9)
    assert _wait(jobs, job["id"], ("stopped",), 40)["state"] == "stopped"


def test_more_than_a_few_at_once_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(Sandbox(tmp_path))
    monkeypatch.setattr(rooms, "AT_ONCE", 0)
    with pytest.raises(WorkError, match="at work"):
        jobs.start(["--version"])


@pytest.mark.parametrize(
    ("command", "subject", "options"),
    [
        ("rm", "", {}),
        ("run", "no/such-recipe", {}),
        ("run", "choi2023/inp-znse", {"dots": "4"}),
        ("run", "choi2023/inp-znse", {"engine": "kmc; ls"}),
        ("run", "choi2023/inp-znse", {"force": True}),
        ("run", "choi2023/inp-znse", {"mechanism": "../m.yaml"}),
        ("measure auto", "nowhere", {}),
    ],
)
def test_no_other_command_can_be_started(
    tmp_path: Path, command: str, subject: str, options: dict[str, Any]
) -> None:
    with pytest.raises(InputError):
        arguments(Sandbox(tmp_path), command, subject, options)


def test_a_job_is_known_by_its_name_only(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps({}))
    for name in ("..", "../..", "x/y", ""):
        with pytest.raises(InputError):
            Jobs(Sandbox(tmp_path)).one(name)
