"""A run says what it needs; one that the machine cannot hold does not begin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RECIPE = "choi2023/inp-zns-staged-4"


@pytest.mark.parametrize("dry", [["--dry-run"], []])
def test_too_many_dots_leave_no_folder(dry: list[str], epidot: Callable[..., Any], tmp_path: Path) -> None:
    done = epidot("run", RECIPE, "--dots", "99999999", "-o", "run", *dry)
    assert done.status == 2
    assert "memory" in done.err
    assert "--dots" in done.err
    assert not (tmp_path / "run").exists()


def test_a_dry_run_says_needs_and_writes_nothing(epidot: Callable[..., Any], tmp_path: Path) -> None:
    done = epidot("run", RECIPE, "--dots", "2", "--dry-run", "--json", "-o", "run")
    assert done.status == 0
    assert done.json["memory_MB"] > 0
    assert done.json["cpu_s"] > 0
    assert str(Path("run") / "batch.nc") in done.json["files"]
    forced = epidot("run", RECIPE, "--dots", "99999999", "--dry-run", "--force")
    assert forced.status == 0
    assert "days" in forced.out
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_refuses_what_the_run_would_refuse(epidot: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    done = epidot("run", RECIPE, "--dots", "2", "--dry-run", "-o", "mine")
    assert done.status == 2
    assert "notes.txt" in done.err
    assert epidot("run", RECIPE, "--dots", "2", "--dry-run", "--overwrite", "-o", "mine").status == 0
    assert [one.name for one in (tmp_path / "mine").iterdir()] == ["notes.txt"]
