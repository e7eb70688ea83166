"""YAML read safely, with the line of every key kept and every duplicate key refused.

The events of PyYAML's parser (in C where its wheel has it, ten times as fast) are built into plain data
here, by the core schema of YAML 1.2: ``no`` and ``12:30`` are text, ``1e7`` is a number.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from epidot import files, kept
from epidot.errors import Faults, InputError

_WORTH = 2_000  # characters from which on a text is worth keeping
MAX_BYTES = 4_000_000  # no recipe or mechanism is that long; guards against a data file given by mistake

Path_ = tuple[str | int, ...]

_ASIDE = "\0"  # where a value goes whose key is refused
_NULL = ("", "~", "null", "Null", "NULL")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True)
class Document:
    """Plain data (dict, list, str, int, float, bool, None) and the line of every place in it."""

    data: Any
    where: str
    lines: dict[Path_, int]

    def line(self, path: Sequence[str | int]) -> int | None:
        """The 1-based line of ``path``, or of the nearest enclosing place that has one."""
        key = tuple(path)
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key)

    def faults(self) -> Faults:
        """A new collector of faults for this document."""
        return Faults(self.where)


def read(path: str | Path, *, where: str | None = None) -> Document:
    """Read one YAML file.

    Raises
    ------
    InputError
        If the file is missing, not text, not YAML, has a duplicate key, a tag or an alias.
    """
    return parse(text_of(path, where=where), where=where or str(path))


def text_of(path: str | Path, *, where: str | None = None) -> str:
    """The text of one YAML file, for those who keep it beside what it says; see :func:`read`."""
    name = where or str(path)
    raw = files.read(path, MAX_BYTES, "YAML document", name)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError("not UTF-8 text", name, line, remedy="save the file as UTF-8") from None


def beside(where: str, name: str) -> str:
    """A file that the document ``where`` names: beside that document if it is there, else as it is named."""
    found = os.path.join(os.path.dirname(where), name)
    return found if os.path.isfile(found.partition("#")[0]) else name


def parse(text: str, *, where: str = "<text>") -> Document:
    """Parse YAML text; see :func:`read`.

    What is long and without faults is kept (:mod:`epidot.kept`), so that it is parsed once, not in every run.
    """
    made_of = (_reader(), text.encode("utf-8", "surrogatepass"))
    found = kept.recall(*made_of) if len(text) > _WORTH else None
    if found is not None:
        return Document(found[0], where, found[1])
    document = _parsed(text, where)
    if len(text) > _WORTH:
        kept.keep((document.data, document.lines), *made_of)
    return document


@cache
def _reader() -> bytes:
    """This file: what it made of a text before it was changed is worth nothing."""
    try:
        return Path(__file__).read_bytes()
    except OSError:
        return __file__.encode()


def _parsed(text: str, where: str) -> Document:
    import yaml

    try:
        builder = _Builder(where, yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
        data = builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise InputError(f"not valid YAML ({error.problem or error.context})", where, line) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"not valid YAML ({type(error).__name__})", where) from None
    except RecursionError:
        raise InputError("nested too deeply", where) from None
    builder.faults.raise_if_any()
    return Document(data, where, builder.lines)


def dump(data: Any) -> str:
    """Plain data as YAML text that :func:`parse` reads as the same data.

    Raises
    ------
    InputError
        If something is neither text, a number, a truth, nothing, a list nor a table with names.
    """
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        """Text that the core schema of YAML 1.2 would read as something else gets quotes."""

        def represent_text(self, text: str) -> Any:
            style = None if isinstance(_scalar(text), str) and not text.startswith("=") else '"'
            return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, Dumper.represent_text)
    Dumper.ignore_aliases = lambda self, data: True
    text: str = yaml.dump(
        _plain(data, "the top"), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10_000
    )
    return text


def _plain(data: Any, place: str) -> Any:
    """``data`` in the types that YAML knows; numbers of other libraries as plain ones."""
    if data is None or isinstance(data, bool | str):
        return str(data) if isinstance(data, str) else data
    if isinstance(data, Mapping):
        for key in data:
            if not isinstance(key, str):
                raise InputError(f"a name in {place} must be text", seen=repr(key))
        return {str(key): _plain(value, key) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(one, place) for one in data]
    if isinstance(data, Integral):
        return int(data)
    if isinstance(data, Real):
        return float(data)
    raise InputError(
        f"{place} is neither text, a number, a list nor a table",
        seen=type(data).__name__,
        remedy='write quantities as text with their unit, e.g. "320 °C"',
    )


class _Builder:
    """Plain data and lines from the events of a YAML parser."""

    def __init__(self, where: str, events: Iterator[Any]) -> None:
        self.events = events
        self.faults = Faults(where)
        self.lines: dict[Path_, int] = {}

    def document(self) -> Any:
        """The one document of the stream; ``None`` if it is empty."""
        data, found = None, 0
        for event in self.events:
            if type(event).__name__ == "DocumentStartEvent":
                found += 1
                if found == 2:
                    line = event.start_mark.line + 1
                    self.faults.add("a second YAML document begins", line=line, remedy="keep one per file")
                    break
                data = self.value(next(self.events), ())
        return data

    def value(self, event: Any, path: Path_) -> Any:
        line, kind = event.start_mark.line + 1, type(event).__name__
        self.lines.setdefault(path, line)
        if kind == "AliasEvent":
            return None  # its anchor has been refused
        if event.anchor is not None:
            self.faults.add("anchors and aliases are not allowed", line=line, remedy="write the value out")
        if event.tag is not None:
            self.faults.add("YAML tags are not allowed", line=line, seen=event.tag)
        if kind == "ScalarEvent":
            return _scalar(event.value) if event.implicit[0] else event.value
        if kind == "SequenceStartEvent":
            out: list[Any] = []
            while type(child := next(self.events)).__name__ != "SequenceEndEvent":
                out.append(self.value(child, (*path, len(out))))
            return out
        return self.mapping(path)

    def mapping(self, path: Path_) -> dict[str, Any]:
        out: dict[str, Any] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            line = event.start_mark.line + 1
            place: Path_ = (*path, _ASIDE)
            if type(event).__name__ != "ScalarEvent":
                self.value(event, place)
                self.faults.add("a key must be plain text", line=line)
            elif event.value in out:
                at = self.lines[(*path, event.value)]
                remedy = f"it stands already at line {at}"
                self.faults.add("duplicate key", line=line, seen=event.value, remedy=remedy)
            else:
                place = (*path, event.value)
                self.lines[place] = line
                out[event.value] = None
            value = self.value(next(self.events), place)
            if place[-1] != _ASIDE:
                out[event.value] = value
        return out


def _scalar(text: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    try:
        if _INT.fullmatch(text):
            return int(text, 0) if text.startswith(("0x", "0o")) else int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    except ValueError:  # more digits than Python takes for a whole number
        return text
    return float(text.lower().replace(".", "")) if _NOT_FINITE.fullmatch(text) else text
