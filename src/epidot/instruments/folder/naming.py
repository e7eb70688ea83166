"""Names of files: the sample they belong to, and which file goes beside which."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from epidot import instruments

_SEPARATORS = re.compile(r"[\s_\-.,;()\[\]]+")
# Words that tell how a file was made, not of what.
_HOW = ("spectrum", "spectra", "raw", "data", "scan", "measurement", "export", "corrected", "processed")


def words_of_techniques() -> frozenset[str]:
    """Words that name a technique: what the instruments are called, and the marks that they know names by."""
    found = {*instruments.names(), *_HOW}
    for name in instruments.names():
        for where, _, texts in instruments.instrument(name).HEADER.marks:
            if where in ("name", "ending"):
                found |= {text.strip(" _.-").lower() for text in texts}
    return frozenset(found - {""})


def sample(path: str, words: Collection[str], folder_of_parts: bool = False) -> str:
    """The sample's name in the path of a file: what is left of its name without the ``words``.

    Where nothing is left (``uvvis/S3/emission.csv``) the folder's name is taken.  A spectrometer that writes
    a folder for each measurement (``folder_of_parts``) numbers it: the name is that of the folder around.
    """
    here = PurePosixPath(path)
    for name in _candidates(here, folder_of_parts):
        left = _without(name, words)
        if left:
            return left
    return ""


def _candidates(here: PurePosixPath, folder_of_parts: bool) -> Iterable[str]:
    if not folder_of_parts:
        yield here.stem
    for folder in here.parents:
        if folder_of_parts and (folder.name.isdigit() or folder.name.lower() == "pdata"):
            continue
        yield folder.name


def _without(name: str, words: Collection[str]) -> str:
    left = name
    # Words of several parts (uv-vis) go first, before the name is split.
    for word in sorted((w for w in words if _SEPARATORS.search(w)), key=len, reverse=True):
        left = re.sub(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", " ", left, flags=re.IGNORECASE)
    parts = [part for part in _SEPARATORS.split(left) if part and part.lower() not in words]
    return " ".join(parts)


def companion(path: str, candidates: Iterable[str], words: Collection[str]) -> str:
    """Which of ``candidates`` goes beside the file at ``path``; ``""`` for none and for several.

    In the same folder, the one whose name is the file's without one of ``words``; failing that, the only one.
    """
    here = PurePosixPath(path)
    near = [c for c in candidates if PurePosixPath(c).parent == here.parent]
    alike = [c for c in near if _without(PurePosixPath(c).stem, words) == _without(here.stem, words)]
    for some in (alike, near):
        if len(some) == 1:
            return some[0]
    return ""


def has_word(path: str, words: Collection[str]) -> bool:
    """Whether one of ``words`` stands in the name of a file."""
    return any(part.lower() in words for part in _SEPARATORS.split(PurePosixPath(path).stem))
