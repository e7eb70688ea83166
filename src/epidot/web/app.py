"""The server of the bench: questions to processes beside it, jobs to processes of their own, the page."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from epidot import files
from epidot.errors import EpidotError, InputError
from epidot.web import answers, guard
from epidot.web.answers import Answer
from epidot.web.commands import arguments
from epidot.web.jobs import Jobs
from epidot.web.sandbox import Sandbox

STATIC = Path(str(resources("epidot.web"))) / "static"
_LOOKS_S = 0.3  # how often the jobs are looked at while a page listens
_GIVEN_UP = 499  # whoever asked has gone
_NEWS_S = 10.0  # a sign of life for the page, at the least


class Bench:
    """One folder on the bench: its questions, its jobs, its page; ``ending`` once it is to stop."""

    def __init__(self, box: Sandbox, others: Executor, ending: Callable[[], bool]) -> None:
        self.box, self.others, self.jobs, self.ending = box, others, Jobs(box), ending

    async def ask(self, request: Request) -> Response:
        """A question to a function of epidot."""
        question = request.path_params["question"]
        try:
            given = (
                answers.body(await request.body()) if request.method == "POST" else dict(request.query_params)
            )
        except InputError as error:
            return _response(answers.refused(error, 422))
        begun = self.others.submit(answers.answer, str(self.box.root), request.method, question, given)
        try:
            found = await _awaited(begun, request)
        except BrokenProcessPool:
            return PlainTextResponse(
                "the process that answers has ended (out of memory?): start `epidot ui` again; jobs go on",
                503,
            )
        if found is None:
            return Response(status_code=_GIVEN_UP)
        return _response(found, guard.REPORT if found.kind == answers.HTML else None)

    async def upload(self, request: Request) -> Response:
        """A file dropped on the page; one of that name with other content is not overwritten."""
        content = await request.body()
        return await self._said(self._keep, request.path_params["name"], content)

    def _keep(self, name: str, content: bytes) -> dict[str, Any]:
        path = self.box.path(name)
        if path.exists() and (path.is_dir() or path.read_bytes() != content):
            mark = hashlib.sha256(content).hexdigest()[:6]
            path = path.with_name(f"{path.stem}-{mark}{path.suffix}")
        files.make_folder(path.parent)
        files.write(path, content)
        return {"name": self.box.name(path), "bytes": len(content)}

    async def start(self, request: Request) -> Response:
        """Begin a job."""
        raw = await request.body()
        return await self._said(self._start, raw)

    def _start(self, raw: bytes) -> dict[str, Any]:
        asked = answers.body(raw)
        command, subject = asked.get("command", ""), asked.get("subject", "")
        options = asked.get("options") or {}
        if not (isinstance(command, str) and isinstance(subject, str) and isinstance(options, dict)):
            raise InputError("a job is a command, a subject and options", seen=str(asked)[:80])
        words = arguments(self.box, command, subject, options)
        return self.jobs.start(words, kind=command, subject=subject, options=options)

    async def change(self, request: Request) -> Response:
        """Cancel or forget a job, or read what it printed."""
        what, name = request.path_params["what"], request.path_params["name"]
        if what == "cancel":
            return await self._said(self.jobs.cancel, name)
        if what == "forget":
            return await self._said(self._forget, name)
        return await self._said(lambda: {"result": self.jobs.result(name)})

    def _forget(self, name: str) -> dict[str, Any]:
        self.jobs.forget(name)
        return {"id": name}

    async def events(self, request: Request) -> Response:
        """All jobs, now and whenever something changes, as server-sent events."""

        async def news() -> AsyncIterator[str]:
            before, quiet = "", 0.0
            while not (self.ending() or await request.is_disconnected()):
                now = json.dumps({"jobs": await run_in_threadpool(self.jobs.all)})
                quiet += _LOOKS_S
                if now != before:
                    before, quiet = now, 0.0
                    yield f"data: {now}\n\n"
                elif quiet >= _NEWS_S:
                    quiet = 0.0
                    yield ": here\n\n"
                await asyncio.sleep(_LOOKS_S)

        return StreamingResponse(news(), media_type="text/event-stream")

    async def _said(self, work: Any, *given: Any) -> Response:
        try:
            found = await run_in_threadpool(work, *given)
        except InputError as error:
            return _response(answers.refused(error, 422))
        except EpidotError as error:
            return _response(answers.refused(error, 409))
        return Response(files.json_text(found, indent=None), media_type=answers.JSON)


def build(
    box: Sandbox, others: Executor, token: str, port: int, ending: Callable[[], bool] = lambda: False
) -> guard.Guard:
    """The whole bench as one ASGI application; ``others`` are the processes that answer.

    Pages that listen are let go as soon as ``ending`` says that the server is to stop.
    """
    bench = Bench(box, others, ending)
    routes = [
        Route("/api/files/{name:path}", bench.upload, methods=["PUT"]),
        Route("/api/jobs", bench.start, methods=["POST"]),
        Route("/api/jobs/{name}/{what:str}", bench.change, methods=["POST"]),
        Route("/api/events", bench.events, methods=["GET"]),
        Route("/api/{question:path}", bench.ask, methods=["GET", "POST"]),
        Mount("/", StaticFiles(directory=STATIC, html=True)),
    ]

    async def too_much(request: Request, error: Exception) -> Response:
        return PlainTextResponse(str(error), 413)

    return guard.Guard(Starlette(routes=routes, exception_handlers={guard.TooMuch: too_much}), token, port)


async def _awaited(begun: Future[Answer], request: Request) -> Answer | None:
    """An answer; ``None`` once nobody waits for it, and what has not begun by then never begins."""
    answer = asyncio.wrap_future(begun)
    while not (await asyncio.wait({answer}, timeout=_LOOKS_S))[0]:
        if await request.is_disconnected() and begun.cancel():
            return None
    return await answer


def _response(found: Answer, policy: str | None = None) -> Response:
    heads = {} if policy is None else {"content-security-policy": policy}
    return Response(found.content, found.status, heads, media_type=found.kind)
