"""How far the work is, for the person at the terminal."""

from __future__ import annotations

import sys
from typing import Any


class Progress:
    """Steps done and time left, on stderr; silent where nobody watches."""

    def __enter__(self) -> Progress:
        self._bar: Any = None
        self._task: Any = None
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
        if self._bar is None:
            self._start()
        if self._bar is not None:
            self._bar.update(self._task, completed=fraction, description=text[:60])
