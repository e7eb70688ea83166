"""``epidot sweep`` at a terminal: explained, carried out, killed at any moment and gone on with."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SWEEP = (
    "sweep: 1\nrecipe: choi2023/inp-zn\nquantities: [coverage, In_exchanged_per_dot, plqy]\n"
    "vary:\n  core.diameter: 2.8..3.4 nm x 5\n  ramp: [5 °C/min, 10 °C/min]\n"
)


def test_explain_runs_and_writes_nothing(epidot: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SWEEP, encoding="utf-8")
    done = epidot("sweep", "s.yaml", "--explain", "--json")
    assert done.status == 0
    assert done.json["calls"] == 10
    assert done.json["cpu_s"] > 0
    assert done.json["parameters"]["ramp"]["in_the_recipe"] == "10 °C/min"
    assert [p.name for p in tmp_path.iterdir()] == ["s.yaml"]


def test_faults_have_lines_and_nothing_is_written(epidot: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SWEEP.replace("core.diameter", "core.diamter"), encoding="utf-8")
    done = epidot("sweep", "s.yaml")
    assert done.status == 2
    assert "s.yaml:5: " in done.err
    assert [p.name for p in tmp_path.iterdir()] == ["s.yaml"]


@pytest.mark.skipif(os.name != "posix", reason="signals of unix")
def test_killed_and_resumed_it_gives_the_same_bits(epidot: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SWEEP, encoding="utf-8")
    whole = epidot("sweep", "s.yaml", "-o", "whole", "--jobs", "2", "--json")
    assert whole.status == 0, whole.err
    assert whole.json["carried_out"] == 10
    command = [sys.executable, "-m", "epidot", "sweep", "s.yaml", "-o", "torn", "--jobs", "1"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as torn:
        for _ in range(600):
            if len(list((tmp_path / "torn" / "points").glob("*.json"))) >= 3:
                break
            time.sleep(0.02)
        torn.kill()
    left = len(list((tmp_path / "torn" / "points").glob("*.json")))
    assert 3 <= left < 10
    assert not (tmp_path / "torn" / "sweep.nc").exists()
    refused = epidot("sweep", "s.yaml", "-o", "torn")
    assert refused.status == 2
    assert "--resume" in refused.err
    resumed = epidot("sweep", "s.yaml", "-o", "torn", "--resume", "--json", "--jobs", "2")
    assert resumed.status == 0, resumed.err
    assert resumed.json["carried_out"] == 10 - left
    for name in ("sweep.nc", "sweep.csv", "report.html"):
        assert (tmp_path / "torn" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
