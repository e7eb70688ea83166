"""What was worked out before and is always the same, kept in the user's cache folder.

An entry is found by everything it was made of, so it is never out of date; the folder may be deleted at any
time.  An entry that is damaged, or that cannot be read or written, counts as none.  ``EPIDOT_CACHE`` names
another folder; ``EPIDOT_CACHE=off`` keeps nothing.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

FOLDER = "EPIDOT_CACHE"
_MOST = 500  # entries
_FORMAT = b"epidot kept 1, Python %d.%d" % sys.version_info[:2]


def folder() -> Path | None:
    """Where entries are kept, or ``None`` where nothing is to be kept."""
    asked = os.environ.get(FOLDER)
    if asked is not None:
        return None if asked.lower() in ("", "0", "no", "off") else Path(asked)
    if sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        home = os.path.expanduser("~/Library/Caches")
    else:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(home) / "epidot" if home and os.path.isabs(home) else None


def recall(*made_of: bytes) -> Any:
    """What was kept for all of ``made_of``; ``None`` if nothing was."""
    place = _place(made_of)
    if place is None:
        return None
    try:
        head, _, body = place.read_bytes().partition(b"\n")
        if head != _head(body):
            return None
        return marshal.loads(body)
    except (OSError, ValueError, EOFError, TypeError):
        return None


def keep(value: Any, *made_of: bytes) -> None:
    """Keep plain data (numbers, text, tuples, lists, dicts) for :func:`recall`."""
    place = _place(made_of)
    if place is None:
        return
    body = marshal.dumps(value)
    aside = place.with_name(f"{place.name}.{os.getpid()}")
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside.write_bytes(_head(body) + b"\n" + body)
            os.replace(aside, place)
        finally:
            aside.unlink(missing_ok=True)
        _thin_out(place.parent)


def _thin_out(where: Path) -> None:
    """Of more than :data:`_MOST` entries the older half goes."""
    entries = list(where.iterdir())
    if len(entries) > _MOST:
        for one in sorted(entries, key=lambda e: e.stat().st_mtime_ns)[: len(entries) // 2]:
            one.unlink(missing_ok=True)


def _head(body: bytes) -> bytes:
    return _FORMAT + b" " + hashlib.sha256(body).hexdigest().encode()


def _place(made_of: tuple[bytes, ...]) -> Path | None:
    where = folder()
    whole = hashlib.sha256(_FORMAT)
    for part in made_of:
        whole.update(hashlib.sha256(part).digest())
    return None if where is None else where / whole.hexdigest()[:40]
