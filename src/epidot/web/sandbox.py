"""The one folder that the bench may read and write: names from the page are paths inside it, or nothing."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epidot import documents, files
from epidot.errors import Fault, InputError

_LONGEST = 1000  # characters of a name
OWN = ".epidot-bench"
YAML = (".yaml", ".yml")
MOST_TEXT = 200_000  # characters of a recipe or a study
MOST_REPORT = 100_000_000
MOST_LISTED = 5000  # files; a folder of more is not the work of a laboratory's day


@dataclass(frozen=True)
class Sandbox:
    """``root`` and what lies in it."""

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", self.root.resolve())

    def path(self, name: str) -> Path:
        """The place of ``name``, written with ``/`` and relative to the folder.

        Links are followed before it is judged.

        Raises
        ------
        InputError
            If it lies outside the folder, is hidden, or is no name of a file.
        """
        parts = name.split("/")
        fault = None
        if not name.strip() or "\0" in name or "\\" in name:
            fault = "this is no name of a file"
        elif os.path.isabs(name) or ".." in parts:
            fault = "outside the folder of the bench"
        elif any(part.startswith(".") for part in parts):
            fault = "hidden files are not the bench's"
        if fault is None:
            try:
                found = (self.root / name).resolve()
            except (OSError, RuntimeError):
                fault = "this is no name of a file"
            else:
                if found.is_relative_to(self.root):
                    return found
                fault = "outside the folder of the bench"
        raise InputError(
            fault, seen=name[:80], remedy="name a file below the folder that `epidot ui` was given"
        )

    @property
    def own(self) -> Path:
        """Where the bench keeps what is its own: jobs and drafts."""
        return self.root / OWN

    def insist_inside(self, text: str) -> None:
        """Refuse YAML text that names a file elsewhere: what a study names is read.

        Raises
        ------
        InputError
            With every such name.
        """
        faults = []
        for word in sorted(_words(text)):
            if os.path.isabs(word) or word.startswith("~") or ".." in word.replace("\\", "/").split("/"):
                faults.append(Fault("outside the folder of the bench", seen=word[:80]))
            elif "\0" not in word and len(word) < _LONGEST and not self._within(word):
                faults.append(Fault("a link that leads out of the folder of the bench", seen=word[:80]))
        if faults:
            raise InputError(faults)

    def _within(self, word: str) -> bool:
        try:
            return (self.root / word).resolve().is_relative_to(self.root)
        except (OSError, RuntimeError):
            return True  # the name of nothing

    def data(self, name: str) -> Path:
        """The place of a file that is to be read, or of the folder that a spectrometer wrote.

        Raises
        ------
        InputError
            As :meth:`path`; if nothing lies there; or a pipe or device, which would hold the bench up.
        """
        found = self.path(name)
        if not found.exists():
            raise InputError("there is no such file", seen=name[:80])
        if not (found.is_file() or found.is_dir()):
            raise InputError("this is no file that can be read twice", seen=name[:80])
        return found

    def name(self, path: Path) -> str:
        """How the page calls ``path``."""
        return path.relative_to(self.root).as_posix()

    def files(self) -> list[Path]:
        """Files in the folder and below, hidden ones and folders of results apart, in the order of names."""
        found: list[Path] = []
        for here, folders, names in os.walk(self.root):
            place = Path(here)
            folders[:] = sorted(f for f in folders if not f.startswith(".") and not is_run(place / f))
            found += [place / n for n in sorted(names) if not n.startswith(".") and self._plain(place / n)]
            if len(found) >= MOST_LISTED:
                break
        return found[:MOST_LISTED]

    def _plain(self, path: Path) -> bool:
        """Whether a file lies there, no pipe, no link that leads out or nowhere."""
        try:
            return path.is_file() and path.resolve().is_relative_to(self.root)
        except (OSError, RuntimeError):
            return False

    def documents(self, mark: str) -> list[Path]:
        """YAML files of which a line begins with ``mark``."""
        found = [path for path in self.files() if path.suffix in YAML]
        return [path for path in found if f"\n{mark}" in "\n" + _head(path)]

    def report(self, folder: Path, name: str = "report.html") -> str:
        """The page that a command wrote into ``folder``."""
        return files.read(folder / name, MOST_REPORT, "report").decode("utf-8")

    def runs(self) -> list[Path]:
        """Folders of finished runs, the newest first."""
        found = []
        for here, folders, _ in os.walk(self.root):
            place = Path(here)
            found += [place / f for f in folders if is_run(place / f)]
            folders[:] = [f for f in folders if not f.startswith(".") and not is_run(place / f)]
        return sorted(found, key=lambda run: (run / "batch.nc").stat().st_mtime, reverse=True)


def _head(path: Path) -> str:
    with suppress(OSError), open(path, "rb") as file:
        return file.read(MOST_TEXT).decode("utf-8", "replace")
    return ""  # it was taken away, or may not be read


def _words(text: str) -> set[str]:
    """Every text in YAML; of faulty YAML none: it is refused by whoever reads it."""
    try:
        found: list[Any] = [documents.parse(text).data]
    except InputError:
        return set()
    words: set[str] = set()
    while found:
        one = found.pop()
        if isinstance(one, dict):
            found += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            found += one
        elif isinstance(one, str):
            words.add(one)
    return words


def is_run(folder: Path) -> bool:
    """Whether a finished run of epidot lies there."""
    return (folder / "batch.nc").is_file() and (folder / "summary.json").is_file()
