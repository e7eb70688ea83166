"""YAML read safely, with the line of every key kept and every duplicate key refused.

Every file a user writes (recipes, mechanisms, described dots) and every file of ``epidot/data`` is
read here, so that a fault can always name its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epidot.errors import Fault, Faults, InputError

MAX_BYTES = 4_000_000  # no recipe or mechanism is that long; guards against a data file given by mistake

Path_ = tuple[str | int, ...]


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
        If the file is missing, not text, not YAML, has a duplicate key, an unknown tag or an anchor.
    """
    name = where or str(path)
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        what = (
            "no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        )
        raise InputError(Fault(what, name, remedy="check the path")) from None
    if len(raw) > MAX_BYTES:
        raise InputError(Fault("too large for a YAML document", name, seen=f"{len(raw)} bytes")) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(Fault("not UTF-8 text", name, line, remedy="save the file as UTF-8")) from None
    return parse(text, where=name)


def parse(text: str, *, where: str = "<text>") -> Document:
    """Parse YAML text; see :func:`read`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

    # "safe" also because "rt" leaves a bell character at every fold of folded text (>-).
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise InputError(Fault(f"not valid YAML ({error.problem or error.context})", where, line)) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise InputError(Fault(f"not valid YAML ({type(error).__name__})", where)) from None

    lines: dict[Path_, int] = {}
    faults = Faults(where)
    seen: set[int] = set()

    def build(node: Node, path: Path_) -> Any:
        lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, ScalarNode):
            return _scalar(node, faults)
        if id(node) in seen:
            faults.add(
                "anchors and aliases are not allowed",
                line=node.start_mark.line + 1,
                remedy="write the value out",
            )
            return None
        seen.add(id(node))
        if isinstance(node, SequenceNode):
            return [build(child, (*path, i)) for i, child in enumerate(node.value)]
        assert isinstance(node, MappingNode)
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                faults.add("a key must be plain text", line=line)
                continue
            key = str(key_node.value)
            if key in out:
                faults.add(
                    "duplicate key",
                    line=line,
                    seen=key,
                    remedy=f"it stands already at line {lines[(*path, key)]}",
                )
                continue
            lines[(*path, key)] = line
            out[key] = build(value_node, (*path, key))
        return out

    try:
        data = None if root is None else build(root, ())
    except RecursionError:
        raise InputError(Fault("nested too deeply", where)) from None
    faults.raise_if_any()
    return Document(data, where, lines)


def _scalar(node: Any, faults: Faults) -> Any:
    """A YAML 1.2 scalar as plain Python; only the core types are known."""
    tag, text = str(node.tag), str(node.value)
    kind = tag.rsplit(":", 1)[-1]
    try:
        if kind == "str" or kind == "timestamp":
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in ("true", "yes", "on")
        if kind == "int":
            return (
                int(text.replace("_", ""), 0)
                if not text.lstrip("+-").startswith("0") or len(text) < 3
                else int(text)
            )
        if kind == "float":
            return float(
                text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan").replace(".NaN", "nan")
            )
    except ValueError:
        return text
    faults.add("YAML tags are not allowed", line=node.start_mark.line + 1, seen=tag)
    return None


def mapping(
    document: Document, path: Sequence[str | int], known: Iterable[str], faults: Faults
) -> Mapping[str, Any]:
    """The mapping at ``path``; unknown keys become faults with the nearest valid name."""
    from epidot.errors import nearest

    here: Any = document.data
    for step in path:
        here = here[step]
    if not isinstance(here, dict):
        faults.add("expected a mapping (key: value)", line=document.line(path), seen=here)
        return {}
    names = list(known)
    for key in here:
        if key not in names:
            faults.add("unknown key", line=document.line((*path, key)), seen=key, nearest=nearest(key, names))
    return here
