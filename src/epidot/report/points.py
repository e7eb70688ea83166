"""Work whose points are kept in its folder as they are done, and whose results come there whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from epidot import files, interrupts
from epidot.errors import InputError, WorkError
from epidot.folders import owned, refuse_foreign
from epidot.runs.sweep.points import FOLDER

Done = TypeVar("Done")
_MARKS = {"sweep": "sweep.nc", "calibration": "posterior.nc"}  # the file by which a finished one is known


def carried_into(
    folder: Path,
    names: Sequence[str],
    work: Callable[[Path], Done],
    write: Callable[[Path, Done], None],
    *,
    anew: bool,
    interrupted: Callable[[int], str],
    look: Callable[[], None] = lambda: None,
) -> Done:
    """What ``work`` gives, after ``write`` has put the files ``names`` of it into ``folder``.

    ``work`` is told where its points are kept, ``anew`` without those of before; ``look`` may refuse what is
    there; ``interrupted`` says, by the number of points kept, what is told of an interruption.

    Raises
    ------
    InputError
        If the folder belongs to another run or cannot be written.
    WorkError
        If it was interrupted.
    """
    with owned(folder) as own:
        own.settle()
        files.check_folder(folder, names)
        look()
        store = folder / FOLDER
        if anew:
            shutil.rmtree(store, ignore_errors=True)
        with files.unless_empty(store):
            files.make_folder(store)
            try:
                done = work(store)
            except KeyboardInterrupt:
                raise WorkError(interrupted(number(folder))) from None
        with own.staged() as part:
            write(part, done)
            interrupts.pass_on()
            with interrupts.held():
                own.commit()
    return done


def number(folder: Path) -> int:
    """How many points are kept in ``folder``."""
    return sum(1 for _ in (folder / FOLDER).glob("*.json"))


def refuse(
    folder: Path, names: Sequence[str], what: str, *, resume: bool, overwrite: bool, holds: str, remedy: str
) -> None:
    """Refuse a folder that ``holds`` points unless told what to do with them, or anything else.

    Raises
    ------
    InputError
        Naming what is there, with the ``remedy``; or that there is no ``what`` to ``resume``.
    """
    for other, mark in _MARKS.items():
        if other != what and (folder / mark).is_file() and not overwrite:
            remedy = "choose another folder with -o, or --overwrite begins anew"
            raise InputError(f"the folder holds a {other}, not a {what}", str(folder), remedy=remedy)
    known = number(folder)
    if resume and not known:
        told = f"there is no {what} here to go on with"
        raise InputError(told, str(folder), remedy="run without --resume")
    if resume or overwrite or not folder.is_dir():
        return
    if known:
        raise InputError(f"the folder holds {holds}", str(folder), remedy=remedy)
    refuse_foreign(folder, {*names, FOLDER})
