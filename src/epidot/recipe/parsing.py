"""From the document of a recipe to its headings and steps, with every fault named and placed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from epidot.documents import Entry, top
from epidot.errors import Faults, nearest
from epidot.recipe import schema
from epidot.recipe.parts import part, plain, salvaged
from epidot.recipe.variants import Chosen, Remark


@dataclass(frozen=True)
class Done:
    """One step as read: its kind and what it says (several additions may be made at once)."""

    kind: str
    line: int
    items: tuple[Any, ...]

    @property
    def only(self) -> Any:
        """The single thing a step other than ``add`` says."""
        return self.items[0]


def read(chosen: Chosen, faults: Faults) -> tuple[schema.Header | None, tuple[Done | None, ...]]:
    """Headings and steps; what cannot be read is noted in ``faults`` and stands as ``None``."""
    page = replace(top(chosen.document, faults), name="the recipe")
    header = part(schema.Header, page, schema.Header.remedy, ("steps", "variants"))
    listed = page["steps"]
    if chosen.all_left_out and faults.found:
        return header, ()
    if not isinstance(listed.value, list) or not listed.value:
        listed.fault(
            "a recipe needs steps",
            seen=None if listed.value is None else str(listed.value)[:40],
            remedy='write "steps:" and below it one line per step, each starting with "- "',
        )
        return header, ()
    return header, tuple(_step(entry) for entry in listed.rows("step"))


def may_fill(chosen: Chosen, read: tuple[Done | None, ...]) -> bool:
    """Whether a step that could not be read (``None``) is one that may bring a liquid."""
    rows = replace(top(chosen.document, Faults()), name="the recipe")["steps"].rows("step") if read else ()
    unread = [entry.value for entry, done in zip(rows, read, strict=True) if done is None]
    return any(not isinstance(v, dict) or {"add", "take up"} & {plain(str(k)) for k in v} for v in unread)


def readable(chosen: Chosen, faults: Faults) -> schema.Header:
    """Of headings with faults those that can be read, each for itself; the rest are as if left out."""
    page = replace(top(chosen.document, faults), name="the recipe")
    return salvaged(schema.Header, page, recipe=1)


def remarks(chosen: Chosen) -> list[Remark]:
    """The remarks of a recipe, each with the name of the value it is about."""
    out = []
    for place, remark in chosen.remarks.items():
        if place[0] == "steps" and len(place) > 1:
            inside = [str(p) if isinstance(p, str) else f"no. {p + 1}" for p in place[2:]]
            what = f"step {int(place[1]) + 1}: " + " ".join(inside)
        else:
            what = ": ".join(str(p) for p in place)
        out.append(replace(remark, what=what))
    return out


def _step(entry: Entry) -> Done | None:
    raw = entry.value
    if isinstance(raw, str):
        kind, here = plain(raw).lower(), replace(entry, value=None)
    elif isinstance(raw, dict) and len(raw) == 1:
        typed = next(iter(raw))
        kind, here = plain(typed).lower(), entry[typed]
    else:
        entry.fault(
            "a step has one heading, with what belongs to it indented below or in { }",
            seen=", ".join(raw) if isinstance(raw, dict) else str(raw)[:40],
            remedy='write e.g. "- heat: {to: 200 °C}"',
        )
        return None
    if kind not in schema.STEPS:
        near = nearest(kind, schema.STEPS)
        seen = raw if isinstance(raw, str) else typed
        entry.fault("unknown step", seen=seen, nearest=near, remedy="see docs/recipes.md for every step")
        return None
    how = schema.STEPS[kind]
    remedy = f"write e.g. {how.example}"
    if here.value is None and not how.alone:
        entry.fault(f"{kind} needs values", remedy=remedy)
        return None
    several = kind == "add" and isinstance(here.value, list)
    items: list[schema.Step | None] = []
    for one in here.rows("add") if several else [here]:
        one = replace(one, name=kind, joint=" ")
        if one.value is None:
            one = replace(one, value={})
        elif how.bare is not None and not isinstance(one.value, (dict, list)):
            one = replace(one, value={how.bare: one.value})
        if isinstance(one.value, dict):
            items.append(part(how.model, one, remedy))
        else:
            one.fault(f"{kind} needs key: value", seen=str(one.value)[:40], remedy=remedy)
            items.append(None)
    if several and not here.value:
        entry.fault("add needs at least one reagent", remedy=remedy)
    return Done(kind, entry.line or 1, tuple(items)) if items and None not in items else None
