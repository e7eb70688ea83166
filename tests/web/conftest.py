"""A bench on a folder of its own: the real server, asked over the wire."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the bench's packages are not installed: pip install 'epidot[ui]'")
pytest.importorskip("starlette", reason="the bench's packages are not installed: pip install 'epidot[ui]'")


@dataclass
class Seen:
    """An answer: status, heads and content."""

    status: int
    heads: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Server:
    """One ``epidot ui`` at work."""

    process: subprocess.Popen[str]
    folder: Path
    port: int
    token: str

    @property
    def link(self) -> str:
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, timeout: float = 120, **heads: str
    ) -> Seen:
        """One request; heads are written with ``_`` for ``-``; ``token=""`` sends none."""
        given = {"x-epidot-token": self.token}
        given |= {name.replace("_", "-"): value for name, value in heads.items()}
        if given.get("token") is not None:
            given["x-epidot-token"] = given.pop("token")
        given = {name: value for name, value in given.items() if value != ""}
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            wire.request(method, path, body, given)
            answer = wire.getresponse()
            return Seen(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            wire.close()

    def tell(self, question: str, **given: Any) -> Seen:
        """A question with a body."""
        return self.ask(f"/api/{question}", "POST", json.dumps(given).encode())

    def end(self, number: int = signal.SIGTERM) -> int:
        """End the server; its exit status."""
        self.process.send_signal(number)
        status = self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


def started(folder: Path, *more: str) -> Server:
    """``epidot ui FOLDER`` on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "epidot", "ui", str(folder), "--no-browser", *more],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", line)
    assert found, line
    return Server(process, folder, int(found[1]), found[2])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One bench for the tests of a module."""
    one = started(tmp_path_factory.mktemp("bench"))
    yield one
    assert one.end() == 0


@pytest.fixture
def bench() -> Iterator[Callable[..., Server]]:
    """Starts benches, and ends them."""
    running: list[Server] = []

    def begin(folder: Path, *more: str) -> Server:
        running.append(started(folder, *more))
        return running[-1]

    yield begin
    for one in running:
        if one.process.poll() is None:
            one.end()
