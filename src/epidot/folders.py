"""Folders of results: one owner at a time, and all the files of a result or none of them.

The owner holds a lock on a file in the folder, which the system takes back when the owner ends, however it
ends.  Results are written into a folder of their own inside; renaming that folder is what makes them whole.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from epidot import files
from epidot.errors import Fault, InputError, WorkError

LOCK = ".epidot-lock"
PART = ".epidot-results.part"  # results under way
WHOLE = ".epidot-results"  # all of them are written; they only have to be put in their places
_TRIES = 20  # at a lock file that the owner before takes away at the same moment


class InUse(InputError):
    """Another run owns the folder (exit status 2)."""


class Owned:
    """A folder that is ours alone for now."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        self.folder = folder
        self._descriptor = descriptor

    def insist(self) -> None:
        """Refuse to go on in a folder that was removed, moved or replaced meanwhile.

        Raises
        ------
        WorkError
            If the folder is no longer the one that was locked.
        """
        if not _is(self._descriptor, self.folder / LOCK):
            raise WorkError(
                f"{self.folder}: the folder of the results was removed or replaced during the run"
            )

    @contextmanager
    def staged(self) -> Iterator[Path]:
        """A folder to write results into; what :meth:`commit` did not make whole is gone at the end.

        Raises
        ------
        CannotWrite
            If it cannot be made.
        WorkError
            If the folder has vanished.
        """
        self.insist()
        part = self.folder / PART
        shutil.rmtree(part, ignore_errors=True)
        try:
            files.make_folder(part)
            yield part
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def commit(self) -> None:
        """Make what was staged the results of this folder: all files at once, whenever we are killed.

        Raises
        ------
        CannotWrite
            If that cannot be done.
        WorkError
            If the folder has vanished.
        """
        self.insist()
        with files.refused(self.folder):
            os.replace(self.folder / PART, self.folder / WHOLE)
        self.settle()

    def settle(self) -> bool:
        """Put whole results, those of a run killed just then too, in their places; whether there were any.

        Raises
        ------
        CannotWrite
            If that cannot be done.
        """
        whole = self.folder / WHOLE
        if not whole.is_dir():
            return False
        with files.refused(self.folder):
            for name in sorted(os.listdir(whole)):
                os.replace(whole / name, self.folder / name)
            whole.rmdir()
        return True


def refuse_foreign(folder: Path, names: Collection[str]) -> None:
    """Refuse a folder that holds anything but files of these ``names``; hidden ones are nobody's.

    Raises
    ------
    InputError
        Naming what is there.
    """
    with files.refused(folder):
        found = sorted(n for n in os.listdir(folder) if n not in names and not n.startswith("."))
    if found:
        seen = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        raise InputError(
            "the folder holds files that are no results of a run",
            str(folder),
            seen=seen,
            remedy="choose another folder with -o, or let --overwrite put the results beside them",
        )


@contextmanager
def owned(folder: str | Path) -> Iterator[Owned]:
    """``folder``, made where it is missing, for this process alone.

    At the end the lock is given back; folders that were made and are still empty are removed.

    Raises
    ------
    InUse
        Naming who owns it.
    CannotWrite
        If the folder cannot be made or written into.
    """
    where = Path(folder)
    with files.unless_empty(where):
        descriptor = _locked(where)
        try:
            yield Owned(where, descriptor)
        finally:
            if _is(descriptor, where / LOCK):
                with suppress(OSError):
                    (where / LOCK).unlink()
            os.close(descriptor)


def owner_of(folder: str | Path) -> dict[str, Any] | None:
    """Who owns ``folder`` now: ``process``, ``machine`` and ``since``; ``None`` if nobody does.

    Not to be asked by the owner itself, whose lock the question would give back.
    """
    lock = Path(folder) / LOCK
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except OSError:
        return None
    try:
        if _lock(descriptor):
            return None
        told = json.loads(lock.read_text(encoding="utf-8") or "{}")
        return told if isinstance(told, dict) else {}
    except (OSError, ValueError):
        return {}
    finally:
        os.close(descriptor)


def _locked(folder: Path) -> int:
    """A descriptor of the locked lock file, which names us."""
    lock = folder / LOCK
    for _ in range(_TRIES):
        files.make_folder(folder)
        try:
            with files.refused(folder):
                descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        except files.CannotWrite:
            if folder.is_dir():
                raise
            continue  # the owner before took its empty folder away
        if not _lock(descriptor):
            who = _owner(lock)
            os.close(descriptor)
            raise InUse(
                Fault(
                    "another run writes into this folder",
                    str(folder),
                    seen=who,
                    remedy="wait for it, stop it, or choose another folder with -o",
                )
            )
        if _is(descriptor, lock):
            try:
                with files.refused(folder):
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, json.dumps(_us()).encode())
            except BaseException:
                with suppress(OSError):
                    lock.unlink()
                os.close(descriptor)
                raise
            return descriptor
        os.close(descriptor)  # the owner before took its lock file away
    raise InUse(Fault("the folder is taken and left without end", str(folder), remedy="try again"))


def _us() -> dict[str, Any]:
    return {
        "process": os.getpid(),
        "machine": platform.node(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime()),
    }


def _owner(lock: Path) -> str:
    try:
        owner = json.loads(lock.read_text(encoding="utf-8"))
        return f"process {owner['process']} on {owner['machine']}, since {owner['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "an owner that gives no name"


def _is(descriptor: int, path: Path) -> bool:
    """Whether ``path`` is the file that was opened."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False


def _lock(descriptor: int) -> bool:
    """Lock the file for this process; False where another one has."""
    if sys.platform == "win32":
        import msvcrt

        try:  # one byte far behind the name, which others must be able to read
            os.lseek(descriptor, 1 << 20, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:  # of the process, not of the file: processes that help do not inherit it
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
