"""What a result needs to carry so that it can be made again, the same on every machine."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable

import epidot


@lru_cache(maxsize=1)
def parameter_hash() -> str:
    """SHA-256 over every parameter file of the package (materials, mechanisms, light, sizing ...)."""
    digest = hashlib.sha256()
    for name, content in sorted(_files(resources.files("epidot") / "data", "")):
        digest.update(name.encode() + b"\0" + content.replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _files(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            if name != "papers":  # recipes and claims are inputs, not parameters
                found.extend(_files(entry, name + "/"))
        elif entry.name.endswith((".yaml", ".csv")):
            found.append((name, entry.read_bytes()))
    return found


def text_hash(text: str) -> str:
    """SHA-256 of an input text, line ends normalised."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def version() -> str:
    """The version of epidot."""
    return epidot.__version__
