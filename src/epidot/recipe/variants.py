"""From the text of a recipe to plain data: variants chosen, placeholders filled, assumptions noted.

A recipe may stand for a family of runs (``variants:``), and any value in it may be written as
``{value: ..., assumed: why}`` or ``{value: ..., source: where}``.  Both are resolved here, before the
schema looks at the data, and the line of every place is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from epidot.documents import Document, Path_
from epidot.errors import Faults, nearest
from epidot.recipe.parts import plain

Kind = Literal["assumed", "source", "default"]

_HOLE = re.compile(r"\$\{\s*([^${}]+?)\s*\}")
_CONDITION = "only if"
_REMARKED = ("value", "assumed", "source")


@dataclass(frozen=True)
class Remark:
    """What a recipe says about one of its numbers.

    ``kind`` is ``assumed`` (the source is silent; ``why`` says how it was chosen), ``source`` (``why``
    says where it stands) or ``default`` (nothing was written; the recipe language fills it in).
    """

    kind: Kind
    line: int
    what: str
    value: str
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what} = {self.value} ({self.kind}: {self.why})"


@dataclass
class Chosen:
    """One variant of a recipe as a document of its own, and the remarks made on its values."""

    document: Document
    remarks: dict[Path_, Remark] = field(default_factory=dict)
    all_left_out: bool = False  # there are steps, but none is left in this variant


class _LeftOut:
    """Stands for a value whose parameter is ``none`` in this variant."""


_LEFT_OUT = _LeftOut()


@dataclass
class _Node:
    line: int
    value: Any  # a scalar, list[_Node], dict[str, _Node] or _LEFT_OUT
    remark: tuple[Kind, str] | None = None


def variants(document: Document) -> tuple[str, ...]:
    """The names of a recipe's variants, in the order they are written; empty if it has none."""
    found = document.data.get("variants") if isinstance(document.data, dict) else None
    return tuple(found) if isinstance(found, dict) else ()


def resolve(document: Document, variant: str | None, faults: Faults) -> Chosen:
    """One variant of a recipe as plain data; with faults noted in ``faults`` it may be partial."""
    chosen = Chosen(Document({}, document.where, {}))
    if document.data is None:
        faults.add("the file is empty", line=1, remedy='start it with "recipe: 1"')
        return chosen
    if not isinstance(document.data, dict):
        faults.add(
            "a recipe is a list of headings (recipe, name, core, solvent, steps ...)",
            line=document.line(()) or 1,
            seen=_shown(document.data),
            remedy='start the file with "recipe: 1"',
        )
        return chosen
    parameters = _parameters(document, variant, faults)
    resolver = _Resolver(document, parameters, variant, faults)
    root = resolver.node(document.data, ())
    if isinstance(root.value, dict):
        root.value.pop("variants", None)
        # A heading whose value is left out by this variant is as if it had not been written.
        root.value = {k: v for k, v in root.value.items() if v.value is not _LEFT_OUT}
        data = _flatten(root, (), chosen)
        chosen.document = replace(chosen.document, data=data)
        chosen.all_left_out = bool(document.data.get("steps")) and "steps" not in root.value
    return chosen


def _parameters(document: Document, variant: str | None, faults: Faults) -> dict[str, Any]:
    """The values of the chosen variant, after checking that all variants give the same set of names."""
    if "variants" not in document.data:
        return {}
    table = document.data["variants"]
    line = document.line(("variants",))
    if not isinstance(table, dict) or not table:
        faults.add(
            "variants needs a name and values for each, e.g. inp-se: {se: 0.16 mmol}",
            line=line,
            seen=_shown(table),
        )
        return {}
    used = set(_holes({k: v for k, v in document.data.items() if k != "variants"}))
    for name, values in table.items():
        here = document.line(("variants", name))
        if not isinstance(values, dict):
            faults.add(f"variant {name} needs values (key: value)", line=here, seen=_shown(values))
            continue
        for key in values:
            if key not in used:
                faults.add(
                    f"variant {name} gives a value that no ${{...}} of the recipe asks for",
                    line=document.line(("variants", name, key)),
                    seen=key,
                    nearest=nearest(key, used),
                )
        for key in sorted(used - set(values)):
            faults.add(
                f"variant {name} gives no value for ${{{key}}}",
                line=here,
                nearest=nearest(key, values),
                remedy=f'add it, or write "{key}: none" to leave that step out',
            )
    chosen = table.get(variant) if variant is not None else None
    return chosen if isinstance(chosen, dict) else {}


def _holes(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield from (m.group(1) for m in _HOLE.finditer(node))
    elif isinstance(node, dict):
        for value in node.values():
            yield from _holes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _holes(value)


@dataclass
class _Resolver:
    document: Document
    parameters: dict[str, Any]
    variant: str | None
    faults: Faults

    def node(self, raw: Any, path: Path_) -> _Node:
        line = self.document.line(path) or 1
        if isinstance(raw, str):
            return self.scalar(raw, line)
        if isinstance(raw, list):
            children = [self.node(child, (*path, i)) for i, child in enumerate(raw)]
            kept = [child for child in children if child.value is not _LEFT_OUT]
            return _Node(line, _LEFT_OUT if raw and not kept else kept)
        if not isinstance(raw, dict):
            return _Node(line, raw)
        if path and ("value" in raw or "assumed" in raw):
            return self.remarked(raw, path, line)
        if path == ():
            raw = {k: v for k, v in raw.items() if k != "variants"}
        fields = {key: self.node(child, (*path, key)) for key, child in raw.items()}
        if path and any(child.value is _LEFT_OUT for child in fields.values()):
            return _Node(line, _LEFT_OUT)
        for key in [k for k in fields if plain(k).lower() == _CONDITION]:
            if not (isinstance(raw[key], str) and _HOLE.fullmatch(raw[key].strip())):
                self.faults.add(
                    '"only if" needs a value of the variants',
                    line=fields[key].line,
                    seen=_shown(raw[key]),
                    remedy="write e.g. only if: ${hf}",
                )
            del fields[key]
        return _Node(line, fields)

    def remarked(self, raw: dict[str, Any], path: Path_, line: int) -> _Node:
        """``{value, assumed}`` or ``{value, source}``."""
        for key in raw:
            if key not in _REMARKED:
                self.faults.add(
                    "unknown key beside a value",
                    line=self.document.line((*path, key)),
                    seen=key,
                    nearest=nearest(key, _REMARKED),
                )
        given: list[tuple[Kind, Any]] = [(kind, raw[kind]) for kind in ("assumed", "source") if kind in raw]
        if "value" not in raw:
            self.faults.add(
                "an assumption needs its value", line=line, remedy='write {value: "...", assumed: "..."}'
            )
            return _Node(line, None)
        if len(given) != 1:
            self.faults.add(
                "a value with a remark needs either assumed or source",
                line=line,
                seen=", ".join(raw),
                remedy='write {value: "...", assumed: "why"} or {value: "...", source: "where it stands"}',
            )
        inner = self.node(raw["value"], (*path, "value"))
        if isinstance(inner.value, (dict, list)):
            self.faults.add("a value with a remark is one number or name", line=line)
            return _Node(line, None)
        for kind, why in given:
            text = self.scalar(why, line).value if isinstance(why, str) else why
            if not isinstance(text, str) or not text.strip():
                self.faults.add(
                    f"{kind} needs a reason in words",
                    line=self.document.line((*path, kind)),
                    seen=_shown(text),
                )
            else:
                inner.remark = (kind, text)
        return inner

    def scalar(self, text: str, line: int) -> _Node:
        """Text with its placeholders filled; a lone placeholder takes over the value and its line."""
        whole = _HOLE.fullmatch(text.strip())
        if whole:
            name = whole.group(1)
            if not self.known(name, line):
                return _Node(line, _LEFT_OUT)
            value = self.parameters[name]
            if value is None or (isinstance(value, str) and value.strip().lower() == "none"):
                return _Node(line, _LEFT_OUT)
            if any(_holes(value)):
                self.faults.add(
                    "a variant's value must not hold ${...} itself", line=line, seen=_shown(value)
                )
                return _Node(line, None)
            return self.node(value, ("variants", str(self.variant), name))
        out: Any = text
        for match in _HOLE.finditer(text):
            name = match.group(1)
            if not self.known(name, line):
                continue
            value = self.parameters[name]
            if isinstance(value, dict) and "value" in value:
                value = value["value"]
            if isinstance(value, (dict, list)):
                self.faults.add(f"${{{name}}} inside text needs a plain value", line=line, seen=_shown(value))
            elif value is None or str(value).strip().lower() == "none":
                return _Node(line, _LEFT_OUT)
            else:
                out = out.replace(match.group(0), str(value))
        return _Node(line, out)

    def known(self, name: str, line: int) -> bool:
        if name in self.parameters:
            return True
        if "variants" not in self.document.data:
            self.faults.add(
                "a placeholder needs a table of variants",
                line=line,
                seen=f"${{{name}}}",
                remedy='write the value out, or add "variants:"',
            )
        return False  # a variant without the value has been noted once already


def _flatten(node: _Node, place: Path_, chosen: Chosen) -> Any:
    chosen.document.lines.setdefault(place, node.line)
    if node.remark is not None:
        kind, why = node.remark
        chosen.remarks[place] = Remark(kind, node.line, "", str(node.value), why)
    if isinstance(node.value, dict):
        out: dict[str, Any] = {}
        for key, child in node.value.items():
            out[key] = _flatten(child, (*place, key), chosen)
        return out
    if isinstance(node.value, list):
        return [_flatten(child, (*place, i), chosen) for i, child in enumerate(node.value)]
    return None if node.value is _LEFT_OUT else node.value


def _shown(value: Any) -> str:
    """A short form of a value for a message."""
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."
