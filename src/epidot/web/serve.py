"""Open the bench on a folder: a loopback port, a secret link, and the server until it is told to end."""

from __future__ import annotations

import secrets
import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from epidot.errors import InputError, WorkError
from epidot.processes import processes
from epidot.web.sandbox import Sandbox

HOST = "127.0.0.1"
ANSWERING = 2  # processes; a fit of a second does not hold the others up


def serve(folder: Path, port: int = 0, *, browser: bool = True, tell: Callable[[str], None] = print) -> None:
    """Serve ``folder`` until interrupted; ``port`` 0 takes a free one; ``tell`` is told the link.

    Raises
    ------
    InputError
        If there is no such folder or the port is taken.
    WorkError
        If the packages of the bench are not installed.
    """
    if not folder.is_dir():
        raise InputError("no such folder", str(folder), remedy="name one that is there")
    try:
        import uvicorn

        from epidot.web.app import build
    except ImportError as error:
        raise WorkError(f"the bench needs {error.name}: pip install 'epidot[ui]'") from None
    listening = _listening(port)
    port = int(listening.getsockname()[1])
    token = secrets.token_urlsafe(24)
    link = f"http://{HOST}:{port}/?token={token}"
    # An interruption is how it ends, whenever that comes.
    with suppress(KeyboardInterrupt), processes(ANSWERING) as others:
        if others is None:
            raise WorkError("no process can be started beside the server")
        config = uvicorn.Config(
            build(Sandbox(folder), others, token, port, lambda: server.should_exit),
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=5,
            limit_concurrency=200,
        )
        server = uvicorn.Server(config)
        tell(link)
        sys.stdout.flush()
        if browser:
            webbrowser.open(link)
        server.run([listening])


def _listening(port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
        found.listen(128)  # whoever opens the link at once waits for the server
    except (OSError, OverflowError) as error:
        found.close()
        raise InputError(
            "the port cannot be had", seen=str(port), remedy=f"leave --port out ({error})"
        ) from None
    return found
