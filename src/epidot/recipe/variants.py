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

from epidot.documents import Document, Entry, Path_, top
from epidot.errors import Faults, nearest
from epidot.recipe.parts import plain

Kind = Literal["assumed", "source", "default"]

_HOLE = re.compile(r"\$\{\s*([^${}]+?)\s*\}")
CORE = "core"  # a heading that may say "none"
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
    chosen, page = Chosen(Document({}, document.where, {})), top(document, faults)
    if document.data is None:
        faults.add("the file is empty", line=1, remedy='start it with "recipe: 1"')
        return chosen
    if not isinstance(document.data, dict):
        what = "a recipe is a list of headings (recipe, name, core, solvent, steps ...)"
        page.fault(what, seen=_shown(document.data), remedy='start the file with "recipe: 1"')
        return chosen
    root = _Resolver(page, _parameters(page, variant), variant).node(page)
    # A heading whose value is left out by this variant is as if it had not been written.
    none = {k for k, v in root.value.items() if k == CORE and str(v.value).strip().lower() == "none"}
    root.value = {k: v for k, v in root.value.items() if v.value is not _LEFT_OUT and k not in none}
    chosen.document = replace(chosen.document, data=_flatten(root, (), chosen))
    chosen.all_left_out = bool(document.data.get("steps")) and "steps" not in root.value
    return chosen


def _parameters(page: Entry, variant: str | None) -> dict[str, Any]:
    """The values of the chosen variant, after checking that all variants give the same set of names."""
    table = page["variants"]
    if "variants" not in page.value:
        return {}
    if not isinstance(table.value, dict) or not table.value:
        what = "variants needs a name and values for each, e.g. inp-se: {se: 0.16 mmol}"
        table.fault(what, seen=_shown(table.value))
        return {}
    used = set(_holes({k: v for k, v in page.value.items() if k != "variants"}))
    for name, entry in table.table().items():
        if not isinstance(entry.value, dict):
            entry.fault(f"variant {name} needs values (key: value)", seen=_shown(entry.value))
            continue
        for key in entry.value:
            if key not in used:
                what = f"variant {name} gives a value that no ${{...}} of the recipe asks for"
                entry[key].fault(what, seen=key, nearest=nearest(key, used))
        for key in sorted(used - set(entry.value)):
            remedy = f'add it, or write "{key}: none" to leave that step out'
            near = nearest(key, entry.value)
            entry.fault(f"variant {name} gives no value for ${{{key}}}", nearest=near, remedy=remedy)
    chosen = table.value.get(variant) if variant is not None else None
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
    page: Entry
    parameters: dict[str, Any]
    variant: str | None

    def node(self, entry: Entry) -> _Node:
        raw, line = entry.value, entry.line or 1
        if isinstance(raw, str):
            return self.scalar(entry)
        if isinstance(raw, list):
            kept = [one for row in entry.rows("") if (one := self.node(row)).value is not _LEFT_OUT]
            return _Node(line, _LEFT_OUT if raw and not kept else kept)
        if not isinstance(raw, dict):
            return _Node(line, raw)
        if entry.path and ("value" in raw or "assumed" in raw):
            return self.remarked(entry)
        fields = {key: self.node(entry[key]) for key in raw if entry.path or key != "variants"}
        if entry.path and any(child.value is _LEFT_OUT for child in fields.values()):
            return _Node(line, _LEFT_OUT)
        for key in [k for k in fields if plain(k).lower() == _CONDITION]:
            if not (isinstance(raw[key], str) and _HOLE.fullmatch(raw[key].strip())):
                what, remedy = '"only if" needs a value of the variants', "write e.g. only if: ${hf}"
                entry[key].fault(what, seen=_shown(raw[key]), remedy=remedy)
            del fields[key]
        return _Node(line, fields)

    def remarked(self, entry: Entry) -> _Node:
        """``{value, assumed}`` or ``{value, source}``."""
        raw = entry.value
        for key in raw:
            if key not in _REMARKED:
                entry[key].fault("unknown key beside a value", seen=key, nearest=nearest(key, _REMARKED))
        given: list[Kind] = [kind for kind in ("assumed", "source") if kind in raw]
        if "value" not in raw:
            entry.fault("an assumption needs its value", remedy='write {value: "...", assumed: "..."}')
            return _Node(entry.line or 1, None)
        if len(given) != 1:
            remedy = 'write {value: "...", assumed: "why"} or {value: "...", source: "where it stands"}'
            what = "a value with a remark needs either assumed or source"
            entry.fault(what, seen=", ".join(raw), remedy=remedy)
        inner = self.node(entry["value"])
        if isinstance(inner.value, (dict, list)):
            entry.fault("a value with a remark is one number or name")
            return _Node(entry.line or 1, None)
        for kind in given:
            why = entry[kind]
            text = self.scalar(why).value if isinstance(why.value, str) else why.value
            if not isinstance(text, str) or not text.strip():
                why.fault(f"{kind} needs a reason in words", seen=_shown(text))
            else:
                inner.remark = (kind, text)
        return inner

    def scalar(self, entry: Entry) -> _Node:
        """Text with its placeholders filled; a lone placeholder takes over the value and its line."""
        line, out = entry.line or 1, entry.value
        whole = _HOLE.fullmatch(out.strip())
        for match in [whole] if whole else _HOLE.finditer(out):
            name = match.group(1)
            if name not in self.parameters:
                if "variants" not in self.page.value:  # else it has been noted once already
                    what, remedy = (
                        "a placeholder needs a table of variants",
                        'write the value out, or add "variants:"',
                    )
                    entry.fault(what, seen=f"${{{name}}}", remedy=remedy)
                if whole:
                    return _Node(line, _LEFT_OUT)
                continue
            value = self.parameters[name]
            if not whole and isinstance(value, dict) and "value" in value:
                value = value["value"]
            if value is None or (isinstance(value, str) and value.strip().lower() == "none"):
                return _Node(line, _LEFT_OUT)
            if whole and any(_holes(value)):
                entry.fault("a variant's value must not hold ${...} itself", seen=_shown(value))
                return _Node(line, None)
            if whole:
                return self.node(self.page["variants"][str(self.variant)][name])
            if isinstance(value, (dict, list)):
                entry.fault(f"${{{name}}} inside text needs a plain value", seen=_shown(value))
            else:
                out = out.replace(match.group(0), str(value))
        return _Node(line, out)


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
