"""``epidot ui`` itself: its options, its refusals, how soon it is there and how it ends."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from epidot.errors import InputError
from epidot.web import app, serve


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_port_can_be_asked_for_and_is_had_once(bench, tmp_path: Path) -> None:
    port = _free_port()
    one = bench(tmp_path, "--port", str(port))
    assert one.port == port
    with pytest.raises(InputError, match=str(port)):
        serve.serve(tmp_path, port, browser=False)
    assert one.end() == 0


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        serve.serve(tmp_path / "nowhere", browser=False)


def test_the_link_is_one_json_object_where_asked(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "epidot", "ui", str(tmp_path), "--no-browser", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    text = ""
    while not text.endswith("}\n"):
        text += process.stdout.readline()
    told = json.loads(text)
    process.terminate()
    assert process.wait(20) == 0
    assert process.stdout.read() == ""
    process.stdout.close()
    assert told["link"].startswith("http://127.0.0.1:")
    assert told["folder"] == str(tmp_path)


def test_the_browser_is_opened_unless_told_otherwise(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    script.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-m", "epidot", "ui", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "BROWSER": f"{script} %s", "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    link = process.stdout.readline().split()[-1]
    until = time.monotonic() + 20
    while not opened.exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.terminate()
    process.wait(20)
    process.stdout.close()
    assert opened.read_text().strip() == link


def test_the_first_page_is_there_once_the_link_is_told(bench, tmp_path: Path) -> None:
    one = bench(tmp_path)
    assert one.ask("/").status == 200
    assert one.ask("/api/recipes").status == 200


AFTER_IMPORTS = """
import sys, time
import uvicorn, epidot.web.app, epidot.web.answers, epidot.web.recipes
from pathlib import Path
from epidot.web.serve import serve
began = time.time()
serve(Path(sys.argv[1]), browser=False, tell=lambda link: print(began, link, flush=True))
"""


def test_the_first_page_takes_at_most_two_seconds_after_imports(tmp_path: Path) -> None:
    spent = []
    for _ in range(3):  # other work of the machine only ever adds to it
        process = subprocess.Popen(
            [sys.executable, "-c", AFTER_IMPORTS, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        began, link = process.stdout.readline().split()
        page = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with page.open(link, timeout=20) as answer:
            assert answer.status == 200
            assert b"<nav" in answer.read()
        spent.append(time.time() - float(began))
        process.terminate()
        process.wait(20)
        process.stdout.close()
    print(json.dumps({"s to the first page after imports": min(spent)}))
    assert min(spent) <= 2


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_bench_with_a_page_open_ends_without_a_word(tmp_path: Path, how: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "epidot", "ui", str(tmp_path), "--no-browser", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    text = ""
    while not text.endswith("}\n"):
        text += process.stdout.readline()
    page = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page.open(json.loads(text)["link"], timeout=20).close()
    news = page.open(json.loads(text)["link"].split("?")[0] + "api/events", timeout=20)
    assert news.readline().startswith(b"data:")  # it listens
    process.send_signal(how)
    _, said = process.communicate(timeout=20)
    news.close()
    assert process.returncode == 0
    assert said == ""


def test_what_is_vendored_is_what_its_authors_published() -> None:
    place = app.STATIC / "vendor"
    hashes = {
        "uPlot.iife.min.js": "4408ace91a18b4888998171e122da65b9ab28711c30f19a6a591491c5a82caf1",
        "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    }
    for name, wanted in hashes.items():
        assert hashlib.sha256((place / name).read_bytes()).hexdigest() == wanted
    assert "MIT" in (place / "uPlot.LICENSE").read_text()
