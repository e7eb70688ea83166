"""Nobody but the page of the link is answered, nothing outside the folder is touched, the server lives."""

from __future__ import annotations

import gzip
import io
import socket
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from epidot.errors import InputError
from epidot.web.sandbox import Sandbox


def test_the_page_is_given_to_the_link_only(server) -> None:
    assert server.ask("/", token="").status == 401
    assert server.ask("/", token="wrong").status == 401
    assert server.ask("/?token=wrong", token="").status == 401
    opened = server.ask(f"/?token={server.token}", token="")
    assert opened.status == 303
    assert opened.heads["location"] == "/"
    cookie = opened.heads["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    page = server.ask("/", token="", cookie=cookie.split(";")[0])
    assert page.status == 200
    assert b"epidot" in page.content
    policy = page.heads["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy.replace("'self'", "")
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "heads",
    [
        {"origin": "http://example.org"},
        {"origin": "null"},
        {"host": "example.org"},
        {"host": "127.0.0.1:1"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_other_pages_and_other_names_are_refused(server, heads: dict[str, str]) -> None:
    for path, method in (("/api/recipes", "GET"), ("/api/recipe/check", "POST")):
        assert server.ask(path, method, b"{}" if method == "POST" else None, **heads).status in (403, 421)
    assert server.ask("/api/recipes").status == 200


def test_a_change_without_an_origin_needs_the_token_itself(server) -> None:
    cookie = f"epidot-bench-{server.port}={server.token}"
    asked = server.ask("/api/recipe/check", "POST", b'{"text": "x"}', token="", cookie=cookie)
    assert asked.status == 403
    own = f"http://127.0.0.1:{server.port}"
    assert (
        server.ask("/api/recipe/check", "POST", b'{"text": "x"}', token="", cookie=cookie, origin=own).status
        == 200
    )


@pytest.mark.parametrize(
    "name",
    [
        "../x.yaml",
        "a/../../x.yaml",
        "/etc/passwd",
        ".epidot-bench/x",
        "a/.hidden",
        "a\\b",
        "",
        " ",
        "x\0.yaml",
    ],
)
def test_no_name_leads_out_of_the_folder(server, name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        Sandbox(tmp_path).path(name)
    for question, given in (
        ("recipe/save", {"name": name, "text": "x"}),
        ("measure", {"file": name, "technique": "pl"}),
        ("read", {"file": name}),
        ("run/command", {"recipe": name}),
    ):
        assert server.tell(question, **given).status == 422
    assert (
        server.tell("jobs", command="run", subject="choi2023/inp-znse", options={"output": "../x"}).status
        == 422
    )


def test_links_that_lead_out_are_not_followed(server, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("wavelength / nm,intensity\n500,1\n501,2\n")
    link = server.folder / "link.csv"
    link.symlink_to(secret)
    assert server.tell("read", file="link.csv").status == 422
    assert server.ask("/api/files/link.csv", "PUT", b"mine").status == 422
    assert secret.read_text().startswith("wavelength")
    link.unlink()


def test_a_study_names_no_file_elsewhere(server, tmp_path: Path) -> None:
    outside = tmp_path / "dots.csv"
    outside.write_text("wavelength / nm,intensity\n500,1\n501,2\n")
    text = (
        "study: 1\nfree:\n  mechanism.Ea_ex: {low: 60, high: 90}\n"
        "experiments:\n  zinc: {recipe: choi2023/inp-zn}\nmeasured:\n"
        "  - {of: zinc.end, quantity: peak_nm, technique: pl, file: NAME}\n"
    )
    (server.folder / "out.csv").symlink_to(outside)
    for name in (str(outside), "../dots.csv", "out.csv", "~/dots.csv"):
        told = server.tell("study/explain", kind="calibrate", text=text.replace("NAME", name))
        assert told.status == 422
        assert "folder of the bench" in told.json["error"]
        server.tell("recipe/save", name="out.yaml", text=text.replace("NAME", name))
        begun = server.tell("jobs", command="calibrate", subject="out.yaml", options={})
        assert begun.status == 422
    (server.folder / "out.csv").unlink()


def test_static_files_stay_in_their_folder(server) -> None:
    for path in ("/../app.py", "/..%2fapp.py", "/js/..%2f..%2f..%2fguard.py", "/%2e%2e/guard.py"):
        assert server.ask(path).status in (404, 400)


def test_uploads_have_a_limit_told_or_not(server) -> None:
    assert server.ask("/api/files/big.bin", "PUT", bytes(100_000_000)).status == 413
    wire = socket.create_connection(("127.0.0.1", server.port))
    head = (
        f"PUT /api/files/big.bin HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n"
        f"x-epidot-token: {server.token}\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    wire.sendall(head.encode())
    said = b""
    try:
        for _ in range(100):
            wire.sendall(b"f4240\r\n" + bytes(1_000_000) + b"\r\n")
        wire.sendall(b"0\r\n\r\n")
        said = wire.recv(100)
    except (BrokenPipeError, ConnectionResetError):
        said = b" 413 "  # it hung up in the middle
    finally:
        wire.close()
    assert b" 413 " in said
    assert not (server.folder / "big.bin").exists()
    assert server.ask("/api/recipes").status == 200


def test_what_is_packed_stays_packed(server) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    kept = server.ask("/api/files/bomb.gz", "PUT", bomb, content_encoding="gzip")
    assert kept.status == 200
    assert (server.folder / "bomb.gz").stat().st_size == len(bomb)
    assert server.tell("read", file="bomb.gz").status in (409, 422)
    assert server.ask("/api/recipes").status == 200


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """An archive of under a megabyte that unpacks to 600."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("Data0/Profile0.txt", "Experiment0/RawData0.xml", "content.xml"):
            archive.writestr(name, bytes(200_000_000))
    return kept.getvalue()


@pytest.mark.parametrize("ending", [".rasx", ".brml", ".ods"])
def test_a_small_archive_of_a_large_file_is_refused(server, bomb: bytes, ending: str) -> None:
    assert len(bomb) < 1_000_000
    name = f"bomb{ending}"
    assert server.ask(f"/api/files/{name}", "PUT", bomb).status == 200
    assert server.tell("read", file=name).status in (409, 422)
    for technique in ("xrd", "pl"):
        assert server.tell("measure", file=name, technique=technique).status in (409, 422)
    assert server.ask("/api/files").status == 200
    (server.folder / name).unlink()


def test_a_dropped_file_never_overwrites_another(server) -> None:
    first = server.ask("/api/files/a.csv", "PUT", b"one").json["name"]
    again = server.ask("/api/files/a.csv", "PUT", b"one").json["name"]
    other = server.ask("/api/files/a.csv", "PUT", b"two").json["name"]
    assert first == again == "a.csv"
    assert other != first
    assert (server.folder / "a.csv").read_bytes() == b"one"
    assert (server.folder / other).read_bytes() == b"two"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"nonsense", b'{"command": 1}', b'{"command": "rm"}', b"\xff\xfe", b"[" * 100_000,
     b'{"command": "run", "subject": "x", "options": {"a": 1}}', b'{"command": "run", "subject": {}}'],
)  # fmt: skip
def test_malformed_questions_are_refused(server, body: bytes) -> None:
    for path in ("/api/jobs", "/api/recipe/check", "/api/measure", "/api/series", "/api/no/such"):
        seen = server.ask(path, "POST", body)
        assert seen.status == 422, (path, seen)
        assert seen.json["error"]
        assert "Traceback" not in seen.json["error"]


def test_fifty_at_once_are_answered(server) -> None:
    with ThreadPoolExecutor(50) as crowd:
        asked = list(crowd.map(lambda _: server.ask("/api/recipes").status, range(50)))
    assert asked == [200] * 50


def test_fifty_of_every_kind_at_once_are_answered_or_refused(server) -> None:
    asked = [
        lambda: server.ask("/api/recipes"),
        lambda: server.ask("/api/files"),
        lambda: server.ask("/"),
        lambda: server.ask("/api/recipes", token="wrong"),
        lambda: server.ask("/api/files/one.csv", "PUT", b"x,y\n1,2\n"),
        lambda: server.tell("recipe/check", text="recipe: 1"),
        lambda: server.ask("/api/files/../x", "PUT", b"x"),
        lambda: server.ask("/api/recipe/check", "POST", b"{"),
    ]
    with ThreadPoolExecutor(50) as crowd:
        seen = list(crowd.map(lambda i: asked[i % len(asked)]().status, range(50)))
    wanted = [200, 200, 200, 401, 200, 200, 422, 422]
    assert seen == [wanted[i % len(asked)] for i in range(50)]


def test_malformed_events_are_refused_and_those_who_hang_up_are_forgotten(server) -> None:
    for method, body in (("POST", b"{}"), ("PUT", b"x"), ("DELETE", None)):
        assert server.ask("/api/events", method, body).status in (405, 422)
    for head in (b"last-event-id: \x00\x01", b"accept: " + b"x" * 70_000, b"last-event-id: -1"):
        wire = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        begin = f"GET /api/events HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n"
        wire.sendall(begin.encode() + f"x-epidot-token: {server.token}\r\n".encode() + head + b"\r\n\r\n")
        assert wire.recv(20).startswith((b"HTTP/1.1 4", b"HTTP/1.1 200"))
        wire.close()
    for _ in range(30):  # pages that are opened and closed
        wire = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        wire.sendall(begin.encode() + f"x-epidot-token: {server.token}\r\n\r\n".encode())
        wire.close()
    assert server.ask("/api/recipes").status == 200


def test_half_a_request_holds_nobody_up(server) -> None:
    wire = socket.create_connection(("127.0.0.1", server.port))
    wire.sendall(b"GET /api/events HTTP/1.1\r\nhost: ")
    assert server.ask("/api/recipes").status == 200
    wire.close()
    broken = socket.create_connection(("127.0.0.1", server.port))
    broken.sendall(b"\x00\x01\x02 nonsense\r\n\r\n")
    broken.close()
    assert server.ask("/api/recipes").status == 200
