"""The page of the house names every room there is, and the files it sends a newcomer to exist."""

from __future__ import annotations

import re
from pathlib import Path

import epidot

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(epidot.__file__).parent
PAGE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
PICTURE = (ROOT / "docs" / "pictures" / "house.svg").read_text(encoding="utf-8")


def rooms() -> set[str]:
    found = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists() and p.name != "data"}
    return found | {p.stem for p in PACKAGE.glob("*.py") if not p.stem.startswith("__")}


def test_every_room_stands_in_the_table_and_in_the_picture() -> None:
    table = PAGE[PAGE.index("## Where to look") :]
    named = set(
        re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in table.splitlines() if "|" in line))
    )
    assert named == rooms()
    words = set(re.findall(r"\w+", re.sub(r"<style>.*?</style>|<[^>]+>", " ", PICTURE, flags=re.S)))
    assert rooms() <= words


def test_the_files_to_open_first_exist() -> None:
    table = PAGE[PAGE.index("## Where to look") :]
    files = re.findall(r"`([\w/]+\.py)`", table)
    lost = [f for f in files if not f.startswith("tests/") and not (PACKAGE / f).exists()]
    assert files
    assert not lost


def test_every_public_name_is_there_and_on_the_page_of_the_api() -> None:
    said = set(re.findall(r"auto\w+:: epidot\.(\w+)", (ROOT / "docs" / "api.md").read_text(encoding="utf-8")))
    assert said == set(epidot.__all__)
    for name in epidot.__all__:
        assert getattr(epidot, name) is not None


def test_the_page_of_the_api_uses_the_flat_surface_only() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert not re.findall(r"\bepidot\.\w+\.\w+", page)
