"""No file that a command writes or reads makes it stumble: a message, status 2, nothing left, no waiting."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from epidot import instruments
from epidot.cli import main

Call = Callable[..., str]
# They read their study first, so that nothing absent serves: test_sweep.py and tests/inference look at them.
STUDIES = {(name, "--output") for name in ("sweep", "calibrate", "suggest")}
# Every option that writes, and a call up to it.  The inputs are absent: the target is looked at first.
WRITING = {
    ("run", "--output"): ("run", "choi2023/inp-zn", "-o"),
    **{("simulate " + n, "--output"): ("simulate", n, "absent.yaml", "-o") for n in instruments.names()},
    ("describe", "--output"): ("describe", "batch.nc", "-o"),
    **{("measure " + n, "--plot"): ("measure", n, "absent.csv", "--plot") for n in instruments.names()},
    **{("measure " + n, "--curve"): ("measure", n, "absent.csv", "--curve") for n in instruments.names()},
    **{("measure " + n, "--output"): ("measure", n, "absent.csv", "-o") for n in instruments.names()},
    **{("fit " + n, "--plot"): ("fit", n, "absent.csv", "--plot") for n in instruments.names()},
    **{("fit " + n, "--curve"): ("fit", n, "absent.csv", "--curve") for n in instruments.names()},
    **{("fit " + n, "--output"): ("fit", n, "absent.csv", "-o") for n in instruments.names()},
}
READING = {
    "run": ("run",),
    "run --mechanism": ("run", "choi2023/inp-zn", "--mechanism"),
    "lint": ("lint",),
    "read": ("read",),
    "read -t": ("read", "-t", "pl"),
    **{f"measure {n}": ("measure", n) for n in instruments.names()},
    **{f"simulate {n}": ("simulate", n) for n in instruments.names()},
    "measure tcspc --irf": ("measure", "tcspc", "decay.csv", "--period", "none", "--irf"),
}


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """``refused(*arguments)`` in an empty folder: what was said when the command refused them."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> str:
        there = sorted(tmp_path.rglob("*"))
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        said = capsys.readouterr()
        assert left.value.code == 2, said.err
        assert said.err.startswith("epidot: ")
        assert said.out == ""
        assert sorted(tmp_path.rglob("*")) == there
        return said.err

    return call


def test_the_walk_knows_every_option_that_writes() -> None:
    from cli.test_options import WALK

    writes = {
        (" ".join(path), option)
        for path, options in WALK.items()
        for option in options
        if option in ("--output", "--plot", "--curve")
    }
    assert writes == set(WRITING) | STUDIES


@pytest.mark.parametrize("call", WRITING.values(), ids=" ".join)
def test_a_target_that_cannot_be_written_is_told_before_the_work(
    refused: Call, call: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def works(*_: object, **__: object) -> None:
        raise AssertionError("the work began before the target was looked at")

    monkeypatch.setattr("epidot.report.run.recorded", works)
    Path("file").write_text("x", encoding="utf-8")
    for ending in ("svg", "csv"):
        Path(f"loop.{ending}").symlink_to(f"loop.{ending}")
        Path(f"folder.{ending}").mkdir()
    (Path("folder.svg") / "batch.nc").mkdir()
    targets: dict[str, str] = {
        "file/deep/a.svg": "file is a file, not a folder",
        "file/a.svg": "file is a file, not a folder",
        "loop.svg": "link|folder is needed",
        "folder.svg": "it is a folder",
        "n" * 300 + ".svg": "the name is too long",
    }
    if call[0] != "run":  # which makes its folders
        targets["no/such/a.svg"] = "there is no folder no/such; make it first"
    if Path("/proc/self").exists():
        targets["/proc/a.svg"] = "nothing can be made in /proc"
    table = call[0] == "measure" and call[-1] == "-o"
    for target, says in targets.items():
        said = refused(*call, target.replace(".svg", ".csv") if table else target)
        assert any(text in said for text in says.split("|")), said
        assert "cannot be written" in said


def test_a_full_disk_is_told_after_the_work(tmp_path: Path, refused: Call) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    Path("dot.yaml").write_text("core: {material: InP, diameter: 3.3 nm}\ndots: 3\n", encoding="utf-8")
    assert "the disk is full; make room" in refused("simulate", "pl", "dot.yaml", "-o", "/dev/full")


@pytest.mark.parametrize("call", READING.values(), ids=" ".join)
def test_a_source_that_cannot_be_read_is_told_at_once(refused: Call, call: tuple[str, ...]) -> None:
    Path("decay.csv").write_text("time (ns),counts\n" + "".join(f"{t},9\n" for t in range(99)))
    Path("folder").mkdir()
    os.mkfifo("pipe.yaml")
    os.mkfifo("pipe.nc")
    sources: dict[str, Any] = {
        "absent.yaml": "no such",
        "absent.nc": "no such",
        "folder": "",
        "pipe.yaml": "",
        "pipe.nc": "",
        "/dev/null": "",
        "/proc/self/mem": "",
        "decay.csv/x.yaml": "",
        "n" * 300: "",
    }
    for source, says in sources.items():
        if source.startswith("/") and not Path(source).exists():
            continue
        assert says in refused(*call, source), source
