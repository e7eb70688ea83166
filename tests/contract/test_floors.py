"""The house stands: imports go one way, files stay rooms, nothing private is committed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import epidot

PACKAGE = Path(epidot.__file__).parent
FLOORS = (
    ("constants", "units", "errors", "parameter", "quantities", "documents", "files"),
    ("signal",),
    ("matter",),
    ("dot",),
    ("recipe",),
    ("mechanism",),
    ("growth", "light"),
    ("transport",),
    ("instruments",),
    ("runs",),
    ("papers",),
    ("report",),
    ("cli",),
    ("__main__",),
)
# Above 400 lines a file needs a reason.
LONG = {"growth/kmc/kernel.py": 520}  # the hot loop is one function, so that nothing is called inside it
APART = ({"growth", "light"}, {"transport", "light"})  # neither imports the other
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(PACKAGE.rglob("*.py"))


def _room(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def _imports(file: Path) -> set[str]:
    """Rooms imported at run time; imports for type checkers only do not count."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            skipped.update(ast.walk(node))
    rooms: set[str] = set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("epidot"):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("epidot.")]
        rooms.update(name.split(".")[1] for name in names if "." in name)
    return rooms & set(LEVEL)


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_imports_go_one_way(file: Path) -> None:
    room = _room(file)
    if room == "__init__":
        return
    assert room in LEVEL, f"{room} has no floor: name it in FLOORS and in CONTRIBUTING.md"
    below = {other for other in _imports(file) if LEVEL[other] > LEVEL[room]}
    beside = {other for other in _imports(file) if {room, other} in APART}
    assert not below | beside, f"{file.name} of {room} must not import {sorted(below | beside)}"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_a_file_is_one_room(file: Path) -> None:
    longest = LONG.get(file.relative_to(PACKAGE).as_posix(), 400)
    assert len(file.read_text(encoding="utf-8").splitlines()) <= longest


def test_no_unfinished_marks_and_no_machine_paths() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX)\b|NotImplementedError|/root/|/work/|/home/")
    found = [
        f"{file.relative_to(PACKAGE)}: {hit.group(0)}"
        for file in [*FILES, *PACKAGE.rglob("*.yaml"), *PACKAGE.rglob("*.html")]
        if (hit := marks.search(file.read_text(encoding="utf-8")))
    ]
    assert not found
