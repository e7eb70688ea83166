"""The values of a recipe by name, so that others can be put in their place.

``core.diameter`` is a value of a heading.  ``steps.13.to`` is one of a step, counted from 1 as
``recipe.steps`` shows them, and ``steps.8.HF.amount`` one of a reagent among several.  Steps also go by the
stage they belong to: ``steps.stage_II.temperature``.  A stage is named by the ``note`` of the step it begins
with, or by the sample it ends with; within it ``temperature``, ``time`` and ``rate`` stand for what the one
step that has such a value says, a kind of step (``hold``) for that step, a reagent for its addition.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from epidot.errors import InputError, nearest
from epidot.recipe import schema
from epidot.recipe.parts import keys, plain
from epidot.recipe.recipe import Recipe

STEPS = "steps"
_AMOUNTS = ("amount", "mass", "volume")  # of an addition, the first that is written
_WORDS: Mapping[str, Mapping[str, str]] = {  # word -> kind of step -> key of that step
    "temperature": {"heat": "to", "cool": "to", "quench": "to", "degas": "at", "vacuum": "at"},
    "time": {"hold": "for", "degas": "for", "vacuum": "for"},
    "rate": {"heat": "rate", "cool": "rate"},
}
_HEADINGS = tuple(keys(schema.Header))
_VALUED = ("core", "solvent", "stocks", "ramp", "room")  # headings that hold values


@dataclass(frozen=True)
class Place:
    """One value of a recipe: how it was asked for, and where it stands in the recipe's plain data.

    ``path`` leads to the value.  ``bare`` is the key that stands for the whole step where only its value is
    written (``hold: 30 min``).
    """

    name: str
    path: tuple[str | int, ...]
    bare: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What two names of the same place share."""
        return tuple(plain(str(step)).lower() for step in self.path)

    def value(self, recipe: Recipe) -> Any:
        """What stands there now, without its remark; ``None`` where nothing does."""
        data = dict(recipe.headings) | {STEPS: list(recipe.steps)}
        inner, key = _inside(data, self)
        found = inner.get(_written(inner, key)) if isinstance(inner, dict) else None
        return found["value"] if isinstance(found, dict) and "value" in found else found


def find(recipe: Recipe, name: str) -> Place:
    """The place that ``name`` names.

    Raises
    ------
    InputError
        If there is none, or several could be meant, with what to write.
    """
    first, *rest = name.split(".")
    if plain(first).lower() != STEPS:
        return _in_headings(name, first, rest)
    if not rest:
        raise InputError("say which step", seen=name, remedy="write e.g. steps.3.to, counted from 1")
    if rest[0].isdecimal():
        number = int(rest[0])
        if not 1 <= number <= len(recipe.steps):
            span = (f"1 to {len(recipe.steps)}",)
            raise InputError("the recipe has no such step", seen=name, nearest=span)
        return _in_step(recipe, name, number - 1, rest[1:])
    return _in_stage(recipe, name, rest[0], rest[1:])


def with_values(recipe: Recipe, values: Mapping[Place, Any], name: str) -> Recipe:
    """``recipe``, called ``name``, with other values in these places; it is checked whole again.

    Raises
    ------
    InputError
        With every fault of the new recipe.
    """
    data = copy.deepcopy(dict(recipe.headings) | {STEPS: list(recipe.steps)})
    for place, value in values.items():
        inner, key = _inside(data, place)
        inner[_written(inner, key)] = value
    touched = {int(place.path[1]) for place in values if place.path[0] == STEPS}
    headings = {str(place.path[0]) for place in values} - {STEPS}
    return recipe.with_(
        steps={i + 1: data[STEPS][i] for i in touched}, name=name, **{h: data[h] for h in headings}
    )


def stages(recipe: Recipe) -> dict[str, range]:
    """Every stage of the recipe by its name: which steps (from 0) belong to it."""
    names = [(i, plain(note)) for i, step in enumerate(recipe.steps) for note in _notes(step)]
    samples = [(i, plain(named)) for i, step in enumerate(recipe.steps) if (named := _sample(step))]
    out: dict[str, range] = {}
    for i, name in names:
        later = [j for j, _ in names if j > i]
        end = later[0] if later else len(recipe.steps)
        own = [j + 1 for j, sample in samples if sample.lower() == name.lower() and i <= j < end]
        any_ = [j + 1 for j, _ in samples if i <= j < end]
        out.setdefault(name, range(i, (own or any_ or [end])[0]))
    start = 0
    for i, name in samples:
        out.setdefault(name, range(start, i + 1))
        start = i + 1
    return out


def _in_headings(name: str, first: str, rest: list[str]) -> Place:
    known = [h for h in _HEADINGS if plain(first).lower() == h]
    if not known or known[0] in ("recipe", "name", "title", "paper", "place", "claims", "notes"):
        choices = [*(f"{h}." for h in _VALUED[:3]), *_VALUED[3:], "steps."]
        near = _above(rest) or nearest(first, choices) or tuple(choices)
        raise InputError("no such place in a recipe", seen=name, nearest=near)
    bare = {"ramp", "room"}
    if (known[0] in bare) == bool(rest):
        remedy = f"write {known[0]} alone" if rest else f"say which value, e.g. {known[0]}.<key>"
        raise InputError("no such place in a recipe", seen=name, remedy=remedy)
    return Place(name, (known[0], *rest))


def _above(rest: list[str]) -> tuple[str, ...]:
    """What was meant where a value above the steps was looked for among them."""
    heading = plain(rest[0]).lower() if rest else ""
    return (".".join([heading, *rest[1:]]),) if heading in _VALUED else ()


def _in_step(recipe: Recipe, name: str, number: int, rest: list[str]) -> Place:
    """A value of the step ``number`` (from 0)."""
    kind = _kind(recipe.steps[number])
    how = schema.STEPS[kind]
    if kind == "add":
        return _of_addition(recipe, name, number, rest)
    if not rest and how.bare is None:
        raise InputError("say which value of the step", seen=name, nearest=_keys(kind))
    key = plain(rest[0]).lower() if rest else str(how.bare)
    key = _WORDS.get(key, {}).get(kind, key)
    if key not in _keys(kind) or len(rest) > 1:
        raise InputError(f"{kind} has no such value", seen=name, nearest=_keys(kind))  # they are few
    return Place(name, (STEPS, number, key), how.bare)


def _of_addition(recipe: Recipe, name: str, number: int, rest: list[str]) -> Place:
    rows = _additions(recipe.steps[number])
    hits = [i for i, row in enumerate(rows) if rest and plain(str(row["reagent"])) == plain(rest[0])]
    if hits:
        rest = rest[1:]
    elif len(rows) > 1:
        known = tuple(str(row["reagent"]) for row in rows)
        raise InputError("say which of the reagents of the step", seen=name, nearest=known)
    which = hits[0] if hits else 0
    key = plain(rest[0]).lower() if rest else next((k for k in _AMOUNTS if rows[which].get(k)), _AMOUNTS[0])
    if key not in _keys("add") or len(rest) > 1:
        near = nearest(key, _keys("add")) or _keys("add")
        raise InputError("an addition has no such value", seen=name, nearest=near)
    several = isinstance(next(iter(recipe.steps[number].values())), list)
    return Place(name, (STEPS, number, which, key) if several else (STEPS, number, key))


def _in_stage(recipe: Recipe, name: str, stage: str, rest: list[str]) -> Place:
    known = stages(recipe)
    found = next((span for one, span in known.items() if one.lower() == plain(stage).lower()), None)
    if found is None:
        choices = tuple(one.replace(" ", "_") for one in known)
        near = _above([stage, *rest]) or nearest(stage, choices) or choices
        raise InputError("the recipe has no such stage", seen=name, nearest=near)
    if not rest:
        remedy = f"write e.g. steps.{stage}.temperature"
        raise InputError("say which value of the stage", seen=name, remedy=remedy)
    wanted = plain(rest[0])
    hits = list(_meant(recipe, found, wanted))
    if len(hits) == 1:
        number, inner = hits[0]
        return _in_step(recipe, name, number, [*inner, *rest[1:]])
    choices = tuple(".".join([STEPS, str(i + 1), *inner]) for i, inner in hits)
    if not hits:
        choices = tuple(dict.fromkeys(_choices(recipe, found)))
        near = nearest(wanted, choices) or choices
        raise InputError("the stage has no such value", seen=name, nearest=near)
    raise InputError("several values of the stage could be meant", seen=name, nearest=choices)


def _meant(recipe: Recipe, span: Iterable[int], wanted: str) -> Iterator[tuple[int, list[str]]]:
    """Steps of a stage that ``wanted`` can mean, with the keys that lead to the value."""
    word = _WORDS.get(wanted.lower())
    for i in span:
        kind = _kind(recipe.steps[i])
        if word is not None:
            if kind in word and (word[kind] != "at" or _says(recipe.steps[i], kind, "at")):
                yield i, [word[kind]]
        elif kind == wanted.lower():
            yield i, []
        elif kind == "add":
            for row in _additions(recipe.steps[i]):
                if plain(str(row["reagent"])) == wanted:
                    yield i, [str(row["reagent"])]


def _choices(recipe: Recipe, span: Iterable[int]) -> Iterator[str]:
    for i in span:
        kind = _kind(recipe.steps[i])
        yield from (word for word, kinds in _WORDS.items() if kind in kinds)
        if kind == "add":
            yield from (str(row["reagent"]) for row in _additions(recipe.steps[i]))


def _kind(step: Any) -> str:
    return plain(step if isinstance(step, str) else next(iter(step))).lower()


def _says(step: Any, kind: str, key: str) -> bool:
    inside = next(iter(step.values())) if isinstance(step, dict) else None
    if isinstance(inside, dict) and "value" not in inside:
        return any(plain(k) == key for k in inside)
    return schema.STEPS[kind].bare == key and inside is not None


def _keys(kind: str) -> tuple[str, ...]:
    model: Any = schema.STEPS[kind].model
    return tuple(key for key in keys(model) if key != "note")


def _additions(step: Any) -> list[dict[str, Any]]:
    inside = next(iter(step.values()))
    return inside if isinstance(inside, list) else [inside]


def _notes(step: Any) -> list[str]:
    inside = next(iter(step.values())) if isinstance(step, dict) else None
    rows = inside if isinstance(inside, list) else [inside]
    return [str(row["note"]) for row in rows if isinstance(row, dict) and row.get("note")]


def _sample(step: Any) -> str:
    if not (isinstance(step, dict) and _kind(step) == "sample"):
        return ""
    inside = next(iter(step.values()))
    return str(inside.get("name", "")) if isinstance(inside, dict) else str(inside)


def _inside(data: dict[str, Any], place: Place) -> tuple[Any, str]:
    """The table that holds the value of ``place``, made where it is missing, and the key in it."""
    if place.path[0] != STEPS:
        *above, last = place.path
        inner: Any = data
        for key in above:
            inner = inner.setdefault(_written(inner, str(key)), {}) if isinstance(inner, dict) else {}
        return inner, str(last)
    number, *inside, last = place.path[1:]
    step: Any = data[STEPS][number]
    if isinstance(step, str):  # a step that may stand alone
        step = data[STEPS][number] = {step: {}}
    name = next(iter(step))
    value = step[name]
    if inside:
        return value[inside[0]], str(last)
    if not isinstance(value, dict) or "value" in value:
        value = step[name] = {} if value is None else {place.bare: value}
    return value, str(last)


def _written(table: Mapping[str, Any], key: str) -> str:
    """``key`` as it is spelt in ``table``."""
    return next((one for one in table if plain(one).lower() == plain(key).lower()), key)
