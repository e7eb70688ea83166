"""What the pages show is true: commands exist, python runs, messages are printed so, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from epidot.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
INPUTS = Path(__file__).parent / "inputs"
FENCE = re.compile(r"^(?P<fence>`{3,})(?P<language>\S*)[^\n]*\n(?P<body>.*?)^(?P=fence)\s*$", re.M | re.S)
INLINE = re.compile(r"(?<!`)`(epidot [^`\n]+)`(?!`)")
LINK = re.compile(r"\[[^\]\n]*\]\((?!https?:)(?P<to>[^)\s#]+)(?:#[^)\s]*)?\)")


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """(page:line, text) of every fenced block in ``language``."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            if found["language"] == language:
                yield f"{page.relative_to(ROOT)}:{text[: found.start()].count(chr(10)) + 2}", found["body"]


def shell_commands() -> Iterator[tuple[str, str]]:
    """Every ``epidot ...`` of a shell block, of a console block and of running text."""
    for language in ("sh", "console"):
        for where, body in blocks(language):
            for line in body.splitlines():
                for part in line.removeprefix("$ ").split("&&"):
                    if part.strip().startswith("epidot "):
                        yield where, part.strip()
    for page in PAGES:
        for found in INLINE.finditer(FENCE.sub("", page.read_text(encoding="utf-8"))):
            yield str(page.relative_to(ROOT)), found[1]


def run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    code = left.value.code
    return int(code) if code is not None else 0


# Placeholders that stand for a technique in running text.
STAND_INS = {"TECHNIQUE": "uvvis"}


@pytest.fixture(scope="module")
def help_of() -> dict[tuple[str, ...], str]:
    return {}


@pytest.mark.parametrize(
    ("where", "command"),
    sorted({(w, c) for w, c in shell_commands()}),
    ids=lambda text: re.sub(r"[^\w.:/-]+", "_", text)[:60],
)
def test_command_and_options_exist(
    where: str, command: str, capsys: pytest.CaptureFixture[str], help_of: dict[tuple[str, ...], str]
) -> None:
    words = [STAND_INS.get(word, word) for word in shlex.split(command, comments=True)[1:]]
    if words[0].startswith("-"):
        name: tuple[str, ...] = ()
    elif words[0] in ("measure", "fit", "simulate"):
        named = len(words) > 1 and not words[1].startswith("-")
        name = (words[0], words[1] if named else STAND_INS["TECHNIQUE"])
    else:
        name = (words[0],)
    if name not in help_of:
        status = run([*name, "--help"])
        help_of[name] = capsys.readouterr().out
        assert status == 0, f"{where}: `{command}` is no command"
    flags = [word.split("=")[0] for word in words if word.startswith("-")]
    for flag in flags:
        assert re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", help_of[name]), f"{where}: no {flag}"


@pytest.mark.parametrize(
    ("where", "code"), list(blocks("python")), ids=[where for where, _ in blocks("python")]
)
def test_python_runs(where: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, where, "exec"), {"__name__": "__main__"})


def conversations() -> Iterator[tuple[str, str, list[str]]]:
    """(page:line, command, lines shown) of every console block that shows what is printed."""
    for where, body in blocks("console"):
        lines = body.splitlines()
        starts = [i for i, line in enumerate(lines) if line.startswith("$ ")] + [len(lines)]
        for i, j in pairwise(starts):
            shown = [line for line in lines[i + 1 : j] if line.strip() and line.strip() != "..."]
            if shown:
                yield where, lines[i].removeprefix("$ "), shown


def like(line: str) -> re.Pattern[str]:
    """A line as shown, in which ``...`` stands for anything."""
    return re.compile(".*".join(map(re.escape, line.split("..."))))


@pytest.mark.parametrize(
    ("where", "command", "shown"), list(conversations()), ids=[where for where, _, _ in conversations()]
)
def test_messages_are_those_printed(
    where: str,
    command: str,
    shown: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(INPUTS, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    status = run(shlex.split(command)[1:])
    printed = capsys.readouterr()
    lines = (printed.out + printed.err).splitlines()
    missing = [line for line in shown if not any(like(line).fullmatch(one) for one in lines)]
    assert not missing, f"{where}: `{command}` printed\n" + "\n".join(lines)
    if shown[0].startswith("epidot: "):
        assert status in (1, 2)
        assert printed.out == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    lost = [m["to"] for m in LINK.finditer(text) if not (page.parent / m["to"]).exists()]
    assert not lost, f"{page.relative_to(ROOT)}: {lost}"


def test_every_input_is_used() -> None:
    """The broken files are shown on a page, so that none is kept for nothing."""
    said = " ".join(command for _, command, _ in conversations())
    assert {file.name for file in INPUTS.iterdir()} <= set(re.findall(r"[\w-]+\.\w+", said))
