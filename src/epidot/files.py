"""Files: written whole or not at all, read with care, and in trouble a message instead of a traceback."""

from __future__ import annotations

import csv
import errno
import io
import json
import math
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from epidot.errors import Fault, InputError

_ELSEWHERE = "choose another place"
# What the system calls it, what we say, and what to do.
_REASONS: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", f"make room or {_ELSEWHERE}"),
    errno.EDQUOT: ("your share of the disk is full", f"make room or {_ELSEWHERE}"),
    errno.EFBIG: ("larger than the disk takes", _ELSEWHERE),
    errno.EROFS: ("the disk can only be read", _ELSEWHERE),
    errno.EACCES: ("not permitted", f"change the permissions or {_ELSEWHERE}"),
    errno.EPERM: ("not permitted", f"change the permissions or {_ELSEWHERE}"),
    errno.EISDIR: ("it is a folder", "give the name of a file in it"),
    errno.EEXIST: ("it is a file, and a folder is needed", "give the name of a folder"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.ELOOP: ("the link leads to itself", "remove it, or choose another name"),
    errno.ENXIO: ("a pipe that nobody reads", _ELSEWHERE),
}
_PROBE = bytes(4096)  # one block: a full disk still makes empty files


class CannotWrite(InputError):
    """A file or folder that cannot be written (exit status 2)."""


def write(path: str | Path, content: str | bytes) -> None:
    """Write ``content`` (text as UTF-8) aside and rename it to ``path``, over what was there.

    On any trouble, an interruption too, what was there stays and nothing half-written is left.  A link is
    followed; into what is not a file (``/dev/stdout``, a pipe) it is written directly.

    Raises
    ------
    CannotWrite
        With the reason and what to do.
    """
    # Names of files can hold bytes that are no text: they are written as escapes.
    raw = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    _put(path, raw, keep=True)


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV text; ``None`` leaves a cell empty, a float keeps all its digits."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def json_text(content: dict[str, Any], indent: int | None = 2) -> str:
    """``content`` as JSON text; what JSON does not have (NaN, infinity) becomes ``null``."""
    return json.dumps(_plain(content), ensure_ascii=False, indent=indent, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, bool) or value is None or isinstance(value, (str, int)):
        return value
    number = float(value)
    return number if math.isfinite(number) else None


def check(path: str | Path) -> None:
    """Refuse now what :func:`write` would refuse after hours of work; nothing is left or changed.

    Raises
    ------
    CannotWrite
        As :func:`write`.
    """
    _put(path, _PROBE, keep=False)


def check_apart(written: Iterable[str | Path | None], read: Iterable[object]) -> None:
    """Refuse to write over a file that is read, or twice into one file; ``None`` stands for no file.

    ``read`` may hold anything, tuples too: what names no file there is passed over.

    Raises
    ------
    CannotWrite
        Naming every such file.
    """
    outputs = [str(path) for path in written if path is not None]
    each = [part for one in read for part in (one if isinstance(one, tuple) else (one,))]
    inputs = [str(one) for one in each if isinstance(one, str | Path) and os.path.isfile(one)]
    faults = [
        Fault("this file is read: it would be lost", path, remedy="write into another file")
        for path in dict.fromkeys(outputs)
        if any(os.path.exists(path) and os.path.samefile(path, one) for one in inputs)
    ]
    places = [os.path.realpath(path) for path in outputs]
    faults += [
        Fault("two results would go into one file", path, remedy="name two files")
        for i, path in enumerate(outputs)
        if places[i] in places[:i]
    ]
    if faults:
        raise CannotWrite(faults)


def make_folder(path: str | Path) -> None:
    """Make a folder and those it lies in, where they are missing.

    Raises
    ------
    CannotWrite
        If there is a file of that name or the folder cannot be made.
    """
    with refused(path):
        Path(path).mkdir(parents=True, exist_ok=True)


def check_folder(path: str | Path, names: Sequence[str]) -> None:
    """Refuse now a folder in which files of these ``names`` could not be written later.

    Raises
    ------
    CannotWrite
        As :func:`make_folder` and :func:`write`.
    """
    folder = Path(path)
    with unless_empty(folder):
        make_folder(folder)
        for name in names:
            check(folder / name)


@contextmanager
def unless_empty(folder: Path) -> Iterator[None]:
    """``folder`` and those it lies in, if they are made inside and empty at the end, are gone then."""
    new = [place for place in (folder, *folder.parents) if not os.path.lexists(place)]
    try:
        yield
    finally:
        for place in new:
            with suppress(OSError):
                place.rmdir()


def read(path: str | Path, most: int, kind: str, where: str | None = None) -> bytes:
    """The content of a ``kind`` of file (called ``where`` in messages); of a pipe, what comes out of it.

    Raises
    ------
    InputError
        If it is missing, a folder, a device, unreadable or larger than ``most`` bytes.
    """
    name, remedy = where or str(path), "check the path and its permissions"
    try:
        # Without waiting: a pipe into which nobody writes would be waited for without end.
        with open(path, "rb", opener=lambda p, flags: os.open(p, flags | _AT_ONCE)) as file:
            found = os.fstat(file.fileno())
            if stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode):
                raise InputError("is a device, not a file", name, remedy="give a file")
            if _AT_ONCE:
                os.set_blocking(file.fileno(), True)
            raw = b"" if found.st_size > most else file.read(most + 1)
    except IsADirectoryError:
        raise InputError("is a folder", name, remedy=f"name one {kind} in it") from None
    except FileNotFoundError:
        raise InputError("no such file", name, remedy=remedy) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be read ({why})", name, remedy=remedy) from None
    size = max(len(raw), found.st_size)
    if size > most:
        seen, limit = f"{size / 1e6:.0f} MB", f"epidot reads at most {most / 1e6:.0f} MB"
        raise InputError(f"too large for a {kind}", name, seen=seen, remedy=limit)
    return raw


def refusal(path: str | Path, error: OSError | ValueError) -> CannotWrite:
    """What to tell of an ``error`` that came up on writing ``path``."""
    place = Path(os.path.realpath(path) if os.path.islink(path) else path)
    above = next((p for p in place.parents if os.path.lexists(p)), Path())
    number = getattr(error, "errno", None)
    if not os.path.isdir(above):
        reason, remedy = f"{above} is a file, not a folder", _ELSEWHERE
    elif number == errno.ENOENT and above != place.parent:
        reason, remedy = f"there is no folder {place.parent}", f"make it first or {_ELSEWHERE}"
    elif number == errno.ENOENT:
        reason, remedy = f"nothing can be made in {above}", _ELSEWHERE
    else:
        told = (getattr(error, "strerror", None) or str(error), _ELSEWHERE)
        reason, remedy = told if number is None else _REASONS.get(number, told)
    return CannotWrite(Fault(f"cannot be written: {reason}", str(path), remedy=remedy))


_AT_ONCE: int = getattr(os, "O_NONBLOCK", 0)


def _put(path: str | Path, content: bytes, *, keep: bool) -> None:
    """Write aside; then rename (``keep``) or take it away again."""
    with refused(path):
        target = Path(os.path.realpath(path))
        if not _is_file(path):
            descriptor = os.open(path, os.O_WRONLY | _AT_ONCE)
            with open(descriptor, "wb", buffering=0) as device:
                if _AT_ONCE:
                    os.set_blocking(descriptor, True)
                if keep:
                    _all(device.fileno(), content)
            return
        aside = target.parent / f".epidot-{secrets.token_hex(4)}.part"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            try:
                _all(descriptor, content)
            finally:
                os.close(descriptor)
            if keep:
                os.replace(aside, target)
        finally:
            aside.unlink(missing_ok=True)


def _is_file(path: str | Path) -> bool:
    """Whether ``path`` is a file or free; False for devices and pipes.

    Raises
    ------
    OSError
        For a folder, a file that may not be changed, or a name that can be nobody's.
    """
    try:
        kind = os.stat(path).st_mode
    except FileNotFoundError:
        return True
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return stat.S_ISREG(kind)


def _all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


@contextmanager
def refused(path: str | Path) -> Iterator[None]:
    """Inside, trouble of the system with ``path`` becomes :class:`CannotWrite`."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise refusal(path, error) from None
