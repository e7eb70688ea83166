"""Bytes of a data file -> lines of text: which encoding, which line ends, or why it is not text."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from epidot import files
from epidot.errors import InputError

MAX_BYTES = 100_000_000  # a spectrum is never that long; guards the memory against a wrong file
# Of a text: understanding one takes some fifty times its size, 10 microseconds a line and 2 a number.
MAX_TEXT, MAX_LINES, MAX_LINE = 6_000_000, 300_000, 500_000

# First bytes of files people give by mistake, and what to do instead.
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "save the sheet as CSV text"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or JASCO binary file", "export it as text (CSV)"),
    (b"%PDF", "a PDF document", "export the spectrum itself as text (CSV)"),
    (b"\x1f\x8b", "compressed (gzip)", "unpack it first"),
    (b"BZh", "compressed (bzip2)", "unpack it first"),
    (b"7z\xbc\xaf", "compressed (7z)", "unpack it first"),
    (b"SQLite format 3", "a database", "export the spectrum as text (CSV)"),
    (b"{\\rtf", "a word-processor document (RTF)", "save it as plain text"),
)
_BOMS: tuple[tuple[bytes, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_EXPORT = "export the spectrum as text (CSV)"


@dataclass(frozen=True)
class Text:
    """The lines of a file (without their ends) and how they were decoded.

    ``newline`` is ``LF``, ``CRLF``, ``CR``, ``mixed`` or ``none``.
    """

    lines: list[str]
    encoding: str
    newline: str


def file_bytes(path: str | Path) -> bytes:
    """The content of a data file; ``-`` is standard input, which is read once, as is a pipe.

    Raises
    ------
    InputError
        If it is missing, a folder, a device, unreadable or larger than ``MAX_BYTES``.
    """
    if str(path) == "-":
        return _standard_input()
    return _piped(str(path)) if is_pipe(path) else files.read(path, MAX_BYTES, "data file")


def is_pipe(path: str | Path) -> bool:
    """Whether what comes out of ``path`` comes once."""
    try:
        return Path(path).is_fifo()
    except (OSError, ValueError):
        return False


@cache
def _piped(path: str) -> bytes:
    return files.read(path, MAX_BYTES, "data file")


@cache
def _standard_input() -> bytes:
    raw = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise InputError("too large to be a data file", "-", seen=f"more than {MAX_BYTES} bytes")
    return raw


def _lines(raw: bytes) -> int:
    return max(raw.count(b"\n"), raw.count(b"\r"))


def too_long(raw: bytes) -> bool:
    """Whether a text is longer than is read a line at a time."""
    return len(raw) > MAX_TEXT or _lines(raw) > MAX_LINES


def decode(raw: bytes, where: str) -> Text:
    """The lines of ``raw``.

    Raises
    ------
    InputError
        If it is empty, a known binary format, a web page, XML or JSON, too long, or not text at all.
    """
    if not raw:
        raise InputError("the file is empty", where, remedy="export it again")
    for magic, what, remedy in _MAGIC:
        if raw.startswith(magic):
            raise InputError(f"not a text file but {what}", where, remedy=remedy)
    if too_long(raw):  # before it is split
        seen = f"{_lines(raw)} lines, {len(raw) / 1e6:.3g} MB"
        limit = f"{MAX_LINES} lines and {MAX_TEXT / 1e6:g} MB"
        raise InputError("too long for a table of text", where, seen=seen, remedy=f"cut it: at most {limit}")
    text, encoding = _to_text(raw, where)
    text = text.rstrip("\x00\x1a")  # padding and the end-of-file mark of old instruments
    _refuse_markup(text, where)
    # Old Macintosh and some instruments write CR only; both may be mixed within one file.
    crlf = text.count("\r\n")
    lf, cr = text.count("\n") - crlf, text.count("\r") - crlf
    kinds = [name for name, n in (("CRLF", crlf), ("LF", lf), ("CR", cr)) if n]
    newline = "none" if not kinds else kinds[0] if len(kinds) == 1 else "mixed"
    if crlf or cr:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise InputError("the file holds nothing but blanks", where, remedy="export it again")
    found = text.split("\n")
    if max(map(len, found)) > MAX_LINE:
        seen = f"a line of {max(map(len, found))} characters"
        raise InputError("no table of text", where, seen=seen, remedy=_EXPORT)
    return Text(found, encoding, newline)


def _to_text(raw: bytes, where: str) -> tuple[str, str]:
    for bom, name in _BOMS:
        if raw.startswith(bom):
            # A damaged tail must not hide a good spectrum, but a wrong encoding must not pass.
            text = raw.decode(name, errors="replace").removeprefix("\ufeff")
            if text.count("\ufffd") > max(2, len(text) // 100):
                raise InputError(f"starts as {name} text but is not", where, remedy=_EXPORT)
            return _not_binary(text, where), "utf-8 with BOM" if name == "utf-8-sig" else name
    guess = _utf16_without_bom(raw)
    if guess is not None:
        return _not_binary(raw.decode(guess, errors="replace"), where), guess
    try:
        return _not_binary(raw.decode("utf-8"), where), "ascii" if raw.isascii() else "utf-8"
    except UnicodeDecodeError:
        pass
    if _share_of_high_bytes(raw[:65536]) > 0.3:
        raise InputError("not a text file (binary data)", where, remedy=_EXPORT)
    try:
        return _not_binary(raw.decode("cp1252"), where), "cp1252"
    except UnicodeDecodeError:
        return _not_binary(raw.decode("latin-1"), where), "latin-1"


def _share_of_high_bytes(raw: bytes) -> float:
    return len(raw.translate(None, bytes(range(128)))) / max(1, len(raw))


def _utf16_without_bom(raw: bytes) -> str | None:
    """``utf-16-le`` or ``utf-16-be`` where every second byte of the beginning is zero."""
    head = raw[:4096]
    if len(head) < 8:
        return None
    even, odd = head[0::2].count(0) / len(head[0::2]), head[1::2].count(0) / len(head[1::2])
    if odd > 0.8 and even < 0.1:
        return "utf-16-le"
    if even > 0.8 and odd < 0.1:
        return "utf-16-be"
    return None


_CONTROL = dict.fromkeys((*range(9), *range(14, 26), 27, 28, 29, 30, 31, 127))


def _not_binary(text: str, where: str) -> str:
    body = text.rstrip("\x00\x1a")
    head = body[:65536]
    control = len(head) - len(head.translate(_CONTROL))
    if "\x00" in body or control > max(3, len(head) // 200):
        raise InputError("not a text file (binary data)", where, remedy=_EXPORT)
    return text


def _refuse_markup(text: str, where: str) -> None:
    head = text[:2048].lstrip().lower()
    if head.startswith(("<!doctype html", "<html")) or "<body" in head:
        what, remedy = "a web page (HTML), not data", "download the file itself, not the page about it"
    elif head.startswith("<?xml"):
        what, remedy = "an XML document, not a table of numbers", _EXPORT
    elif head.startswith(("{", "[{", "[[")):
        what, remedy = "a JSON document, not a table of numbers", _EXPORT
    elif head.startswith("version https://git-lfs"):
        what, remedy = "a Git LFS pointer, not the data", "fetch the file itself (git lfs pull)"
    else:
        return
    raise InputError(what, where, 1, remedy=remedy)
