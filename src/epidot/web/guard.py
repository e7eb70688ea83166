"""Who may talk to the bench: the page that the link opened, on this machine, and nobody else.

A local server can be reached by every page that the browser has open.  So each request must name us as its
host, come from our own origin, and carry the token of the link; answers forbid the page to load or send
anything elsewhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

COOKIE = "epidot-bench"
HEADER = b"x-epidot-token"
MOST_BYTES = 64_000_000  # of one upload
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
# A report is a file of the folder: shown in a frame without scripts, as if it came from nowhere.
REPORT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-downloads"
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Guard:
    """ASGI middleware in front of the whole bench."""

    def __init__(self, app: App, token: str, port: int, most_bytes: int = MOST_BYTES) -> None:
        self.app, self.token, self.most_bytes = app, token, most_bytes
        self.hosts = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost"))
        self.cookie = f"{COOKIE}-{port}"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the rules of the page added to the answer."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        heads = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if (refused := self._refused(scope, heads)) is not None:
            await _answer(send, *refused)
            return
        if _asked(scope) is not None:  # out of the address, into a cookie
            cookie = f"{self.cookie}={self.token}; HttpOnly; SameSite=Strict; Path=/"
            await _answer(send, 303, "", ((b"location", b"/"), (b"set-cookie", cookie.encode("latin-1"))))
            return
        length = heads.get(b"content-length", "0")
        if not length.isdecimal() or int(length) > self.most_bytes:
            await _answer(send, 413, str(TooMuch(self.most_bytes)))
            return

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message["headers"])
                if not any(name == b"content-security-policy" for name, _ in own):
                    own.append((b"content-security-policy", PAGE.encode()))
                    # Not for a report: browsers refuse it in what is shown without rights.
                    own.append((b"cross-origin-opener-policy", b"same-origin"))
                message["headers"] = [*own, *_ALWAYS]
            await send(message)

        await self.app(scope, _Counted(receive, self.most_bytes), say)

    def _refused(self, scope: Message, heads: MutableMapping[bytes, str]) -> tuple[int, str] | None:
        """Status and words of a refusal."""
        if heads.get(b"host", "") not in self.hosts:
            return 421, "the bench answers on this machine only"
        origin = heads.get(b"origin")
        if origin is not None and origin not in {f"http://{host}" for host in self.hosts}:
            return 403, "the bench answers its own page only"
        if heads.get(b"sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "the bench answers its own page only"
        if origin is None and HEADER not in heads and scope["method"] not in ("GET", "HEAD"):
            return 403, "a change must say where it comes from"
        given = (heads.get(HEADER), self._in_cookie(heads.get(b"cookie", "")), _asked(scope))
        if not any(
            one is not None and secrets.compare_digest(one.encode(), self.token.encode()) for one in given
        ):
            return 401, "open the link that `epidot ui` printed: it carries the token of this bench"
        return None

    def _in_cookie(self, text: str) -> str | None:
        try:
            found = SimpleCookie(text).get(self.cookie)
        except CookieError:
            return None
        return None if found is None else found.value


class TooMuch(Exception):
    """More came than an upload may hold."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"more than {most_bytes // 1_000_000} MB are not taken at once")


class _Counted:
    """What comes in, as long as it is not too much; a length that was not told, or was told wrong, too."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._left, self._most = receive, most, most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise TooMuch(self._most)
        return message


def _asked(scope: Message) -> str | None:
    """The token of the link, which only the first page takes."""
    if scope["path"] != "/" or scope["method"] != "GET":
        return None
    found = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token")
    return found[0] if found else None


async def _answer(send: Send, status: int, text: str, more: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    kind = (b"content-type", b"text/plain; charset=utf-8")
    await send({"type": "http.response.start", "status": status, "headers": [kind, *_ALWAYS, *more]})
    await send({"type": "http.response.body", "body": text.encode()})
