"""How far the work is, for the person at the terminal, or for a page that shows it."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import Any

from epidot import files
from epidot.processes import TOLD_IN

_EVERY_S = 0.2


class Progress:
    """Steps done and time left, on stderr; silent where nobody watches."""

    def __enter__(self) -> Progress:
        self._bar: Any = None
        self._task: Any = None
        self._told_in = os.environ.get(TOLD_IN)
        self._told_at = -_EVERY_S
        return self

    def _start(self) -> None:
        """Begin to draw, at the first news: the drawing has a thread, which must not be copied."""
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("starting", total=1.0)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, fraction: float, text: str) -> None:
        """``fraction`` of the work is done and ``text`` is being worked on."""
        if self._told_in:
            self._tell(self._told_in, fraction, text)
            return
        if self._bar is None:
            self._start()
        if self._bar is not None:
            self._bar.update(self._task, completed=fraction, description=text[:60])

    def _tell(self, where: str, fraction: float, text: str) -> None:
        now = time.monotonic()
        if now - self._told_at >= _EVERY_S or fraction >= 1.0:
            self._told_at = now
            with suppress(files.CannotWrite):  # news, no result: the work goes on without
                files.write(where, files.json_text({"fraction": fraction, "text": text}, indent=None))
