"""A folder as laboratories have them: nothing that lies in it takes a page away."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from epidot.web import answers
from epidot.web.jobs import Jobs
from epidot.web.sandbox import OWN, Sandbox

BAND = "wavelength / nm,intensity / counts\n" + "\n".join(
    f"{nm},{1000 * 2.718281828 ** (-(((nm - 600) / 15) ** 2)) + (nm * 7) % 5:.2f}" for nm in range(500, 701)
)


def _ask(root: Path, method: str, question: str, **given: Any) -> tuple[int, Any]:
    found = answers.answer(str(root), method, question, given)
    return found.status, json.loads(found.content)


def test_a_folder_of_odd_things_is_listed(tmp_path: Path) -> None:
    (tmp_path / "nothing.csv").write_bytes(b"")
    (tmp_path / "Prüfung 3 (größer).csv").write_text(BAND, encoding="utf-8")
    (tmp_path / "to nowhere.csv").symlink_to(tmp_path / "gone.csv")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    (tmp_path / "out.csv").symlink_to("/etc/hostname")
    (tmp_path / "a folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    raw = os.fsencode(tmp_path) + b"/l\xe4nge.csv"
    Path(os.fsdecode(raw)).write_text(BAND, encoding="utf-8")
    status, found = _ask(tmp_path, "GET", "files")
    assert status == 200
    by_name = {row["name"]: row for row in found["files"]}
    odd = os.fsdecode(b"l\xe4nge.csv")
    assert set(by_name) == {"nothing.csv", "Prüfung 3 (größer).csv", odd}
    assert by_name["nothing.csv"]["technique"] is None
    assert by_name["nothing.csv"]["why"]
    for name in ("Prüfung 3 (größer).csv", odd):
        assert by_name[name]["technique"] == "pl"
        status, seen = _ask(tmp_path, "POST", "measure", file=name, technique="pl")
        assert status == 200
        assert seen["quantities"]["peak_nm"]["value"] == pytest.approx(600, abs=1)
    for name in ("pipe.csv", "to nowhere.csv", "round", "out.csv", "a folder.csv", "nothing.csv", "gone.csv"):
        status, told = _ask(tmp_path, "POST", "measure", file=name, technique="pl")
        assert status in (409, 422)
        assert told["error"]


def test_a_file_that_changes_is_recognised_anew(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"")
    assert _ask(tmp_path, "GET", "files")[1]["files"][0]["technique"] is None
    (tmp_path / "a.csv").write_text(BAND)
    assert _ask(tmp_path, "GET", "files")[1]["files"][0]["technique"] == "pl"


@pytest.mark.parametrize("summary", [b"", b"[1]", b"{", b"\xff"])
def test_a_broken_run_hides_no_other(tmp_path: Path, summary: bytes) -> None:
    for name in ("broken", "broken too"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "batch.nc").write_bytes(b"not one")
        (tmp_path / name / "summary.json").write_bytes(summary)
    status, found = _ask(tmp_path, "GET", "runs")
    assert status == 200
    assert {row["name"] for row in found["runs"]} == {"broken", "broken too"}
    status, told = _ask(tmp_path, "GET", "run", name="broken")
    assert status in (409, 422)
    assert told["error"]


@pytest.mark.parametrize("text", ["", "[]", "{", "7", '{"arguments": 3, "started": "x"}', "[" * 100_000])
@pytest.mark.parametrize("where", ["job.json", "done.json", "progress.json"])
def test_a_broken_job_hides_no_other(tmp_path: Path, where: str, text: str) -> None:
    folder = tmp_path / OWN / "20260101-000000-abcdef"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"arguments": ["--version"], "started": 1.0, "kind": "run"}))
    (folder / where).write_text(text)
    (tmp_path / OWN / "draft.json").write_text(text)
    jobs = Jobs(Sandbox(tmp_path))
    (one,) = jobs.all()
    assert one["state"] in ("stopped", "failed")
    jobs.forget(one["id"])
    assert jobs.all() == []


def test_ten_faults_are_told_at_once(tmp_path: Path) -> None:
    text = (
        "recipe: 1\ncore: {material: InPP, diameter: 2.4 parsec, amount: many}\n"
        "solvent: {reagent: water of life, volume: -5 mL}\nsteps:\n  - heat: 900 K/min\n  - hold: forever\n"
        "  - stir: yes\n  - add: {reagent: Zn(OA)2}\n  - sample: ''\n  - cool: 20\ncolour: red\n"
    )
    status, told = _ask(tmp_path, "POST", "recipe/check", text=text)
    assert status == 200
    assert len(told["faults"]) >= 8
    assert all(fault["line"] for fault in told["faults"])
