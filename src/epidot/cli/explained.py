"""Work that can be explained before it is done: the frame of sweep, calibrate and suggest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from epidot.cli import output
from epidot.cli.progress import Progress

Done = TypeVar("Done")


def explained_or_done(
    explain: bool,
    as_json: bool,
    *,
    look: Callable[[], None] = lambda: None,
    told: Callable[[], dict[str, Any]],
    show: Callable[[dict[str, Any]], None],
    work: Callable[[Progress], Done],
) -> Done | None:
    """What ``work`` gives; with ``explain`` nothing is done, and ``show`` (or JSON) says what would be.

    ``look`` refuses the folder first, as ``work`` would.
    """
    if not explain:
        with Progress() as progress:
            return work(progress)
    look()
    found = told()
    if as_json:
        output.emit_json(found)
    else:
        show(found)
    return None
