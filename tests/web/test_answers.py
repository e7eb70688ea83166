"""The page, the command and Python say the same: the bench has no mind of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import epidot
from epidot.report import html

RECIPE = "choi2023/inp-znse"


def _command(folder: Path, words: str) -> Any:
    """What the command of the page prints as JSON."""
    import shlex

    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(words), "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def _python(folder: Path, script: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


def _ended(server, name: str, within_s: float = 300) -> dict[str, Any]:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        job = next(j for j in _jobs(server) if j["id"] == name)
        if job["state"] not in ("running", "starting"):
            return job
        time.sleep(0.2)
    raise AssertionError("the job did not end")


def _jobs(server) -> list[dict[str, Any]]:
    from epidot.web.jobs import Jobs
    from epidot.web.sandbox import Sandbox

    return Jobs(Sandbox(server.folder)).all()


@pytest.fixture(scope="module")
def run(server) -> dict[str, Any]:
    """A run started from the page, ended."""
    options = {"dots": 4, "seed": 3, "output": "mine", "engine": "kmc"}
    said = server.tell("run/command", recipe=RECIPE, options=options).json
    job = server.tell("jobs", command="run", subject=RECIPE, options=options).json
    assert job["command"] == said["command"]
    ended = _ended(server, job["id"])
    assert ended["state"] == "done", ended
    return {**said, "job": ended}


def test_a_run_of_the_page_is_the_run_of_its_command_and_of_its_script(server, run) -> None:
    shown = server.ask("/api/run?name=mine").json["summary"]
    again = _command(
        server.folder,
        run["command"].replace("-o mine", "-o again").replace("--output mine", "--output again"),
    )
    assert shown["samples"] == again["samples"]
    batch = epidot.run(RECIPE, dots=4, seed=3, engine="kmc")
    for mine, theirs in zip(
        json.loads(json.dumps(batch.summary()["samples"])), shown["samples"], strict=True
    ):
        for name, q in mine["quantities"].items():  # the command adds the interval of the model
            there = theirs["quantities"][name]
            assert [q[k] for k in ("value", "sigma", "unit")] == [
                there[k] for k in ("value", "sigma", "unit")
            ]
    printed = _python(server.folder, run["python"])
    assert f"{batch.samples[-1].quantities['plqy'].value!r}" in printed


def test_the_atoms_are_those_of_the_batch(server, run) -> None:
    batch = epidot.Batch.load(server.folder / "mine" / "batch.nc")
    sample = batch.samples[-1]
    raw = server.ask(f"/api/run/atoms?name=mine&sample={sample.name.replace(' ', '%20')}&dot=2").content
    length = int.from_bytes(raw[:4], "little")
    head = json.loads(raw[4 : 4 + length])
    columns = np.frombuffer(raw[4 + length :], "<f4").reshape(8, head["atoms"])
    from epidot.dot.atoms import place

    atoms = place(sample.grown[2])
    assert head["atoms"] == len(atoms)
    assert np.allclose(columns[:3].T, atoms.position_nm, atol=1e-6)
    assert sum(head["counts"].values()) == len(atoms)
    assert sum(map(sum, head["profile"]["counts"].values())) == len(atoms)
    assert server.ask("/api/run/atoms?name=mine&sample=nowhere").status == 422
    assert server.ask("/api/run/atoms?name=mine&sample=end&dot=99").status == 422


def test_history_and_spectra_are_those_of_the_batch(server, run) -> None:
    batch = epidot.Batch.load(server.folder / "mine" / "batch.nc")
    shown = server.ask("/api/run?name=mine").json
    assert shown["history"] == {k: v.tolist() for k, v in batch.history.items()}
    last = batch.samples[-1]
    asked = server.ask(f"/api/run/spectra?name=mine&sample={last.name.replace(' ', '%20')}").json
    assert asked["spectra"]["emission"] == last.spectra["emission"].tolist()
    page = server.ask("/api/run/report?name=mine")
    assert page.content == (server.folder / "mine" / "report.html").read_bytes()
    assert "sandbox" in page.heads["content-security-policy"]
    assert "script" not in page.heads["content-security-policy"]


def test_a_measurement_is_that_of_the_command_and_of_python(server) -> None:
    nm = np.linspace(500, 700, 401)
    noise = np.random.default_rng(5).normal(0, 3, nm.size)
    text = "\n".join(
        f"{x:.1f},{y:.3f}"
        for x, y in zip(
            nm,
            1000 * np.exp(-(((nm - 640) / 15) ** 2)) + 600 * np.exp(-(((nm - 550) / 15) ** 2)) + noise,
            strict=True,
        )
    )
    server.ask("/api/files/band.csv", "PUT", f"wavelength / nm,intensity / counts\n{text}\n".encode())
    understood = server.tell("read", file="band.csv").json
    assert understood["technique"] == "pl"
    whole = server.tell("measure", file="band.csv", technique="pl").json
    part = server.tell("measure", file="band.csv", technique="pl", measuring={"window": "510-590"}).json
    assert whole["quantities"]["peak_nm"]["value"] != part["quantities"]["peak_nm"]["value"]
    for found in (whole, part):
        assert _command(server.folder, found["command"])["quantities"] == found["quantities"]
    signal = epidot.instrument("pl").read(server.folder / "band.csv")
    mine = epidot.instrument("pl").measure(signal, window="510-590").to_json()["quantities"]
    assert json.loads(json.dumps(mine)) == part["quantities"]
    assert repr(part["quantities"]["peak_nm"]["value"]) in _python(server.folder, part["python"])
    series = server.tell("series", technique="pl", names=["band.csv"], measuring={"window": "510-590"}).json
    assert series["results"][0]["quantities"] == part["quantities"]
    assert series["results"][0]["file"] == "band.csv"


def test_a_simulation_is_that_of_the_command(server, run) -> None:
    last = server.ask("/api/run?name=mine").json["samples"][-1]["name"]
    seen = server.tell("simulate", run="mine", sample=last, technique="pl").json
    _command(server.folder, seen["command"])
    saved = epidot.instrument("pl").read(server.folder / "pl.csv")
    assert saved.y.tolist() == seen["curve"]["y"]


def test_faults_of_a_recipe_are_those_of_the_command(server, tmp_path: Path) -> None:
    text = "recipe: 1\ncore: {material: InP, diameter: 3 furlongs, amount: 1 nmol}\nsteps:\n  - stir: yes\n"
    told = server.tell("recipe/check", text=text).json
    assert not told["good"]
    with pytest.raises(epidot.InputError) as caught:
        epidot.parse_recipe(text, where="recipe")
    assert [f["text"] for f in told["faults"]] == [str(f) for f in caught.value.faults]
    assert {f["line"] for f in told["faults"]} == {2, 4}


@pytest.mark.parametrize(
    "name", ["choi2023/inp-zns-staged-4", "yuan2023/znbr2-300", "choi2023/inp-core-2.4nm"]
)
def test_a_shipped_recipe_opened_is_the_shipped_one(server, name: str) -> None:
    text = server.ask(f"/api/recipe?name={name}").json["text"]
    shown, real = epidot.parse_recipe(text), epidot.load_recipe(name)
    assert shown.title == real.title
    assert [type(e) for e in shown.events] == [type(e) for e in real.events]
    assert [e.start_s for e in shown.events] == [e.start_s for e in real.events]
    checked = server.tell("recipe/check", text=text, dots=7).json
    assert checked["good"]
    assert checked["account"]["species_mol"] == epidot.account(real).to_json()["species_mol"]
    assert max(checked["programme"]["minutes"]) == pytest.approx(real.duration_s / 60)


def test_what_differs_from_the_paper_is_shown(server) -> None:
    text = server.ask("/api/recipe?name=choi2023/inp-znse").json["text"]
    assert server.tell("recipe/diff", name=RECIPE, text=text).json["lines"] == []
    changed = server.tell("recipe/diff", name=RECIPE, text=text.replace("2.4 nm", "3.1 nm", 1)).json["lines"]
    assert [line for line in changed if line.startswith("+") and "3.1 nm" in line]


def test_every_claim_is_there_in_the_papers_words(server) -> None:
    claims = server.ask("/api/claims").json["claims"]
    assert len(claims) == len({(c["paper"], c["id"]) for c in claims}) >= 202
    assert any(c["recipes"] for c in claims)


def test_a_question_of_the_wrong_shape_says_what_it_takes(server) -> None:
    told = server.tell("measure", file="band.csv", technik="pl").json
    assert "technique" in told["error"]
    assert server.ask("/api/run").status == 422
    assert server.ask("/api/options?technique=plx").json["faults"][0]["nearest"]


@pytest.mark.parametrize(
    ("kind", "same"),
    [
        ("sweep", ("recipe", "engine", "design", "parameters", "samples", "quantities", "targets", "calls")),
        ("calibrate", ()),
        ("suggest", ("designs", "runs", "known")),
    ],
)
def test_a_study_is_explained_as_the_command_does(server, kind: str, same: tuple[str, ...]) -> None:
    text = server.ask("/api/studies").json["examples"][kind]
    name = f"{kind}-it.yaml"
    server.tell("recipe/save", name=name, text=text)
    told = server.tell("study/explain", kind=kind, text=text).json
    said = server.tell("study/command", kind=kind, name=name, options={"output": f"{kind}-done"}).json
    plain = _command(server.folder, said["command"] + " --explain")
    for key in same or [k for k in plain if k not in ("files", "study", "title")]:
        assert told[key] == plain[key]
    assert {"name": name, "kind": kind} in server.ask("/api/studies").json["studies"]
    faulty = server.tell("study/explain", kind=kind, text=text.replace("choi2023/", "choi/")).json
    assert f"{kind}.yaml:" in faulty["error"]
    assert server.ask("/api/study/report?name=nowhere").status == 422
    assert hasattr(epidot, kind)


def test_a_suggestion_is_that_of_the_command_and_of_python(server) -> None:
    text = server.ask("/api/studies").json["examples"]["suggest"]
    server.tell("recipe/save", name="next.yaml", text=text)
    options = {"output": "next", "batch": 2, "about": ["mechanism.Ea_ex"], "jobs": 1}
    said = server.tell("study/command", kind="suggest", name="next.yaml", options=options).json
    job = server.tell("jobs", command="suggest", subject="next.yaml", options=options).json
    assert job["command"] == said["command"]
    assert _ended(server, job["id"])["state"] == "done"
    assert {"name": "next", "kind": "suggest"} in server.ask("/api/studies").json["results"]
    found = json.loads((server.folder / "next" / "suggestions.json").read_text())["suggestions"]
    printed = _python(server.folder, said["python"])
    assert len(found) == 2
    assert all(repr(one["information_nats"]) in printed for one in found)
    page = server.ask("/api/study/report?name=next&kind=suggest")
    assert page.content == (server.folder / "next" / "suggestions.html").read_bytes()
    assert server.ask("/api/study/report?name=next&kind=sweep").status == 422
    assert server.ask("/api/study/report?name=next&kind=nonsense").status == 422
    without = text[: text.index("candidates:")]
    told = server.tell("study/explain", kind="suggest", text=without).json
    assert "candidates" in told["error"]


def test_the_headline_of_a_run_is_that_of_its_report(server, run) -> None:
    shown = server.ask("/api/run?name=mine").json
    batch = epidot.Batch.load(server.folder / "mine" / "batch.nc")
    assert shown["headline"] == html.headline(batch)
    assert shown["stands"] == batch.basis["where it stands to what was fitted"]
    assert [row[0] for row in shown["table"]["rows"]] == [s.name for s in batch.samples]


def test_a_run_without_intervals_states_none(server) -> None:
    options = {"dots": 2, "output": "plain", "engine": "meanfield", "no_interval": True}
    said = server.tell("run/command", recipe=RECIPE, options=options).json
    assert "--no-interval" in said["command"]
    job = server.tell("jobs", command="run", subject=RECIPE, options=options).json
    assert _ended(server, job["id"])["state"] == "done"
    last = server.ask("/api/run?name=plain").json["summary"]["samples"][-1]["quantities"]
    assert all(q["interval68"] is None for q in last.values())


def test_axes_are_drawn_as_their_field_does(server) -> None:
    falls = {name: server.ask(f"/api/options?technique={name}").json for name in epidot.instrument_names()}
    assert {name for name, one in falls.items() if one["falls"]} == {"nmr", "xps"}
    assert {name for name, one in falls.items() if one["decades"]} == {"tcspc"}


def test_a_draft_is_kept_in_the_folder(server) -> None:
    draft = {"name": RECIPE, "paper": RECIPE, "text": "recipe: 1\n# half of it"}
    server.tell("recipe/draft", **draft)
    assert server.ask("/api/recipe/draft").json == draft
    (server.folder / ".epidot-bench" / "draft.json").write_text("[1,")
    assert server.ask("/api/recipe/draft").json["text"] == ""


def test_what_a_reagent_does_is_said_before_the_run(server) -> None:
    text = server.ask("/api/recipe?name=choi2023/inp-znse").json["text"]
    met = {r["name"]: r["status"] for r in server.tell("recipe/check", text=text).json["reagents"]}
    assert "reacts" in met.values()
