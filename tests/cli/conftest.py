"""Runs ``epidot`` the way a shell does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Outcome:
    """Exit status and what was printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        content = json.loads(self.out)
        assert isinstance(content, dict)
        return content


Epidot = Callable[..., Outcome]


@pytest.fixture
def epidot(tmp_path: Path) -> Epidot:
    """``epidot("dose", "--core", "InP")`` in an empty folder."""

    def run(*arguments: str | Path) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "epidot", *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run
