"""Interruptions by the user or the system: once, as ``KeyboardInterrupt``, wherever they come."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN_S = 3.0  # who asks again so much later, while we clear up, does not want to wait
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last: the terminal is closed

_held = 0
_first: float | None = None
_waiting = False


def heed() -> None:
    """From now on an interruption raises ``KeyboardInterrupt``; what the caller ignores stays ignored."""
    global _first
    _first = None
    sys.unraisablehook = _unraisable
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _told)


def ended() -> None:
    """All is done and its status known: from now on nothing is interrupted.

    While the interpreter ends it gives its handlers back, and an interruption would kill it then.
    """
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is _told:
            signal.signal(number, signal.SIG_IGN)


def _unraisable(lost: sys.UnraisableHookArgs) -> None:
    """Say nothing of an interruption that somebody's callback lost: :func:`pass_on` raises it again."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)


def _told(number: int, frame: FrameType | None) -> None:
    global _first, _waiting
    now = time.monotonic()
    if _first is not None:
        if now - _first > _AGAIN_S and not _held:
            os.write(2, b"epidot: interrupted again: ended without clearing up\n")
            os._exit(1)
        return  # both a key and the system that ends us may say so: the first is being heeded
    _first = now
    if _held:
        _waiting = True
    else:
        raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[None]:
    """What is inside is short and must not be torn: an interruption waits for its end."""
    global _held, _waiting
    _held += 1
    try:
        yield
    finally:
        _held -= 1
        if _waiting and not _held:
            _waiting = False
            raise KeyboardInterrupt


def pass_on() -> None:
    """Raise where an interruption was heard but its ``KeyboardInterrupt`` got lost in somebody's callback."""
    if _first is not None:
        raise KeyboardInterrupt
