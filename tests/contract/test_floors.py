"""The house stands: imports go one way, files stay rooms, nothing private is committed."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import epidot

PACKAGE = Path(epidot.__file__).parent
BASE = ("files", "folders", "interrupts", "processes", "kept", "jit")
FLOORS = (
    ("constants", "units", "errors", "parameter", "given", "quantities", "documents", *BASE),
    ("signal",),
    ("matter",),
    ("dot",),
    ("recipe",),
    ("mechanism",),
    ("growth", "light"),
    ("transport",),
    ("instruments",),
    ("runs",),
    ("inference",),
    ("papers",),
    ("report",),
    ("web",),
    ("cli",),
    ("__main__",),
)
# Above 400 lines a file needs a reason.
LONG = {"growth/kmc/kernel.py": 520}  # the hot loop is one function, so that nothing is called inside it
APART = ({"growth", "light"}, {"transport", "light"})  # neither imports the other
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(PACKAGE.rglob("*.py"))


MODULES = {
    ".".join(("epidot", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): file
    for file in FILES
}
# Imports inside functions, counted by room: each saves the start of a command what it does not need.  These
# numbers may only go down, and a late import goes up the floors as any other (it is seen by the tests below).
LATE = {
    "cli": 54,  # a command reads what it runs
    "instruments": 73,  # headers are read by every command, what they measure with is not
    "papers": 32,  # a claim reads what its check names
    "recipe": 7,  # `dose` and `--help` without the tables of matter
    "light": 1,
    "runs": 6,  # the instruments, which only a study's file asks a run for, among others
    "transport": 2,  # the integrators of scipy
    "dot": 2,  # numba, which what hangs on a dot needs and no reading of one
    "growth": 1,  # numba
    "web": 1,  # the server's packages may be missing, which has to be said
}


@dataclass(frozen=True)
class Import:
    """``module`` of epidot, imported at ``line``; ``late`` inside a function."""

    module: str
    line: int
    late: bool


@cache
def _imports(file: Path) -> list[Import]:
    """What a file imports from epidot at run time, late imports too; those for type checkers do not count."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    late: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            skipped.update(ast.walk(node))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            late.update(ast.walk(node))
    found = []
    for node in ast.walk(tree):
        names = []
        if node in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "epidot":
            parts = dict.fromkeys(f"{node.module}.{alias.name}" for alias in node.names)
            names = list(dict.fromkeys(p if p in MODULES else str(node.module) for p in parts))
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name in MODULES]
        found += [Import(name, node.lineno, node in late) for name in names]
    return found


def _circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Modules that import each other, however far round: those that can be reached from themselves."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        left = [start]
        while left:
            for other in graph.get(left.pop(), set()) - seen:
                seen.add(other)
                left.append(other)
        return seen

    after = {module: reached(module) for module in graph}
    round_trips = {m: sorted(o for o in after[m] if m in after.get(o, set())) for m in graph if m in after[m]}
    return sorted({tuple(c): c for c in round_trips.values()}.values())


def _room(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def test_no_two_modules_import_each_other_late_or_not() -> None:
    graph = {module: {i.module for i in _imports(file)} for module, file in MODULES.items()}
    assert sum(map(len, graph.values())) > 500
    assert _circles(graph) == []


def test_a_circle_is_found_however_far_round_and_however_late(tmp_path: Path) -> None:
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [["a", "b", "c"]]
    assert _circles({"a": {"a"}}) == [["a"]]
    late = tmp_path / "late.py"
    late.write_text("def f():\n    from epidot.matter import materials\n", encoding="utf-8")
    assert _imports(late) == [Import("epidot.matter.materials", 2, True)]


def test_late_imports_only_get_fewer() -> None:
    found = Counter(_room(file) for file in FILES for i in _imports(file) if i.late)
    assert found <= Counter(LATE), "import at the top of the file, or say here what start it saves"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_imports_go_one_way(file: Path) -> None:
    room = _room(file)
    if room == "__init__":
        return
    assert room in LEVEL, f"{room} has no floor: name it in FLOORS and in CONTRIBUTING.md"
    rooms = {i.module.split(".")[1] for i in _imports(file) if "." in i.module} & set(LEVEL)
    below = {other for other in rooms if LEVEL[other] > LEVEL[room]}
    beside = {other for other in rooms if {room, other} in APART}
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
