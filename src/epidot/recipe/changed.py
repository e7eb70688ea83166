"""A recipe as plain data, and that data changed: a variant of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from epidot.documents import Document
from epidot.errors import Faults, InputError, nearest
from epidot.recipe import schema, variants
from epidot.recipe.parts import plain

Steps = Sequence[Any] | Mapping[int, Any]
PAPERS = ("paper", "place", "claims")  # what a changed recipe no longer is
_HEADINGS = tuple(schema.Header.__dataclass_fields__)


def data_of(document: Document, variant: str | None) -> dict[str, Any]:
    """A recipe of one variant as plain data, with what it remarks on its values."""
    faults = Faults(document.where)
    chosen = variants.resolve(document, variant, faults)
    faults.raise_if_any()
    data: dict[str, Any] = chosen.document.data
    for place, remark in chosen.remarks.items():
        inner: Any = data
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = {"value": inner[place[-1]], remark.kind: remark.why}
    if variants.CORE in document.data and variants.CORE not in data:
        data[variants.CORE] = "none"  # a flask without dots stays one
    return data


def changed(
    data: Mapping[str, Any], more: Sequence[Any], steps: Steps | None, headings: Mapping[str, Any]
) -> dict[str, Any]:
    """``data`` with other ``headings`` and ``steps``, and with ``more`` steps at its end.

    A heading that is a table is changed key by key; ``None`` leaves a heading, a key or a step out.

    Raises
    ------
    InputError
        If there is no such heading or step.
    """
    out = {key: value for key, value in data.items() if plain(key) not in PAPERS}
    written = {plain(key): key for key in out}
    for name, value in headings.items():
        if plain(name) not in _HEADINGS:
            raise InputError("a recipe has no such heading", seen=name, nearest=nearest(name, _HEADINGS))
        out[written.get(plain(name), name)] = _merged(out.get(written.get(plain(name), name)), value)
    out["steps"] = [*_replaced(list(data["steps"]), steps), *more]
    return {key: value for key, value in out.items() if value is not None}


def _merged(old: Any, new: Any) -> Any:
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)) or "value" in old:
        return new
    written = {plain(key): key for key in old}
    both = {**old, **{written.get(plain(key), key): value for key, value in new.items()}}
    return {key: value for key, value in both.items() if value is not None}


def _replaced(old: list[Any], steps: Steps | None) -> list[Any]:
    if steps is None:
        return old
    if not isinstance(steps, Mapping):
        return list(steps)
    for number, step in steps.items():
        if not isinstance(number, int) or not 1 <= number <= len(old):
            raise InputError(
                "the recipe has no such step",
                seen=str(number),
                nearest=(f"1 to {len(old)}",),
                remedy="count the steps from 1, as recipe.steps shows them",
            )
        old[number - 1] = step
    return [step for step in old if step is not None]
