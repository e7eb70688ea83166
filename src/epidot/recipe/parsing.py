"""From the plain data of a recipe to its headings and steps, with every fault named and placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from epidot.errors import Faults, nearest
from epidot.recipe import schema
from epidot.recipe.variants import Place, Remark, Tree, plain

_HEADINGS: dict[str, type[schema.Part]] = {"core": schema.Core, "solvent": schema.Solvent}
_TABLES: dict[str, type[schema.Part]] = {"stocks": schema.Stock, "reagents": schema.OwnReagent}
_EXAMPLES = {
    "core": "write e.g. core: {material: InP, diameter: 3.3 nm, amount: 220 nmol}",
    "solvent": "write e.g. solvent: {reagent: ODE, volume: 5 mL}",
    "stocks": "write e.g. stocks: {Zn(OA)2: {concentration: 0.5 M, in: ODE}}",
    "reagents": "write e.g. reagents: {DIAD: {formula: C8H14N2O4}}",
}
_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True)
class Done:
    """One step as read: its kind, its line, what it says (several additions may be made at once)."""

    kind: str
    line: int
    items: tuple[schema.Step, ...]
    lines: Mapping[str, int]
    item_lines: tuple[int, ...] = ()

    @property
    def only(self) -> Any:
        """The single thing a step other than ``add`` says."""
        return self.items[0]

    def at(self, key: str) -> int:
        """The line of one of the step's keys."""
        return self.lines.get(key, self.line)


def read(tree: Tree, faults: Faults) -> tuple[schema.Header | None, tuple[Done, ...]]:
    """Headings and steps of ``tree``; what cannot be read is noted in ``faults`` and left out."""
    data = dict(tree.data)
    raw_steps = data.pop("steps", None)
    header = _header(data, tree, faults)
    if tree.all_left_out and faults.found:
        return header, ()
    if not isinstance(raw_steps, list) or not raw_steps:
        faults.add(
            "a recipe needs steps",
            line=tree.line(("steps",)),
            seen=None if raw_steps is None else str(raw_steps)[:40],
            remedy='write "steps:" and below it one line per step, each starting with "- "',
        )
        return header, ()
    steps = [_step(raw, ("steps", i), tree, faults) for i, raw in enumerate(raw_steps)]
    return header, tuple(step for step in steps if step is not None)


def remarks(tree: Tree) -> list[Remark]:
    """The remarks of the tree, each with the name of the value it is about."""
    out = []
    for place, remark in tree.remarks.items():
        if place[0] == "steps" and len(place) > 1:
            inside = [str(p) if isinstance(p, str) else f"no. {p + 1}" for p in place[2:]]
            what = f"step {int(place[1]) + 1}: " + " ".join(inside)
        else:
            what = ": ".join(str(p) for p in place)
        out.append(Remark(remark.kind, remark.line, what, remark.value, remark.why))
    return out


def _header(data: dict[str, Any], tree: Tree, faults: Faults) -> schema.Header | None:
    lines: dict[Place, int] = {}
    known = schema.keys(schema.Header)
    clean = _canonical(schema.Header, data, (), tree, faults, lines, extra=("steps", "variants"))
    for key, model in _HEADINGS.items():
        if isinstance(clean.get(key), dict):
            clean[key] = _canonical(model, clean[key], (known[key],), tree, faults, lines)
    for key, model in _TABLES.items():
        table = clean.get(key)
        if isinstance(table, dict):
            for name, entry in table.items():
                lines[(key, name)] = tree.line((key, name))
                if isinstance(entry, dict):
                    table[name] = _canonical(model, entry, (key, name), tree, faults, lines)
    return _validated(schema.Header, clean, "the recipe", (), lines, tree, faults, 'start with "recipe: 1"')


def _step(raw: Any, place: Place, tree: Tree, faults: Faults) -> Done | None:
    line = tree.line(place)
    if isinstance(raw, str):
        kind, content, typed = plain(raw).lower(), None, raw
    elif isinstance(raw, dict) and len(raw) == 1:
        typed, content = next(iter(raw.items()))
        kind = plain(typed).lower()
    else:
        faults.add(
            "a step has one heading, with what belongs to it indented below or in { }",
            line=line,
            seen=", ".join(raw) if isinstance(raw, dict) else str(raw)[:40],
            remedy='write e.g. "- heat: {to: 200 °C}"',
        )
        return None
    if kind not in schema.STEPS:
        faults.add(
            "unknown step",
            line=line,
            seen=typed,
            nearest=nearest(kind, schema.STEPS),
            remedy="see docs/recipes.md for every step",
        )
        return None
    how = schema.STEPS[kind]
    if content is None and not how.alone:
        faults.add(f"{kind} needs values", line=line, remedy=f"write e.g. {how.example}")
        return None
    here = (*place, typed)
    entries = content if kind == "add" and isinstance(content, list) else [content]
    if not entries:
        faults.add("add needs at least one reagent", line=line, remedy=f"write e.g. {how.example}")
    items: list[schema.Step] = []
    lines: dict[Place, int] = {}
    for i, entry in enumerate(entries):
        spot = (*here, i) if isinstance(content, list) else here
        if not isinstance(entry, dict):
            if entry is not None and (how.bare is None or isinstance(entry, list)):
                faults.add(
                    f"{kind} needs key: value",
                    line=tree.line(spot),
                    seen=str(entry)[:40],
                    remedy=f"write e.g. {how.example}",
                )
                continue
            entry = {} if entry is None else {str(how.bare): entry}
        clean = _canonical(how.model, entry, spot, tree, faults, lines)
        item = _validated(how.model, clean, kind, spot, lines, tree, faults, f"write e.g. {how.example}")
        if item is not None:
            items.append(item)
    if len(items) != len(entries) or not items:
        return None
    own = {str(p[-1]): n for p, n in lines.items() if len(p) == len(here) + 1 and isinstance(p[-1], str)}
    item_lines = tuple(
        tree.line((*here, i)) if isinstance(content, list) else line for i in range(len(items))
    )
    return Done(kind, line, tuple(items), own, item_lines)


def _canonical(
    model: type[BaseModel],
    data: dict[str, Any],
    place: Place,
    tree: Tree,
    faults: Faults,
    lines: dict[Place, int],
    extra: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The mapping with its keys as the model spells them; unknown keys become faults."""
    known = schema.keys(model)
    out: dict[str, Any] = {}
    lines[place] = tree.line(place)
    for typed, value in data.items():
        line = tree.line((*place, typed))
        key = known.get(plain(typed)) or known.get(plain(typed).lower())
        if key is None:
            faults.add("unknown key", line=line, seen=typed, nearest=nearest(typed, [*known, *extra]))
        elif key in out:
            faults.add("the same key twice, spelt differently", line=line, seen=typed)
        else:
            out[key] = dict(value) if isinstance(value, dict) else value
            lines[(*place, key)] = line
    return out


def _validated(
    model: type[_M],
    data: dict[str, Any],
    name: str,
    place: Place,
    lines: dict[Place, int],
    tree: Tree,
    faults: Faults,
    remedy: str,
) -> _M | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        told: set[Place] = set()
        for detail in error.errors(include_url=False):
            _tell(detail, data, name, place, lines, tree, faults, remedy, told)
        return None


def _tell(
    detail: Any,
    data: Any,
    name: str,
    place: Place,
    lines: dict[Place, int],
    tree: Tree,
    faults: Faults,
    remedy: str,
    told: set[Place],
) -> None:
    """One fault of pydantic in epidot's words, at most one per place."""
    kind, context = detail["type"], detail.get("ctx", {})
    inside: list[str | int] = []
    value: Any = data
    for step in detail["loc"]:
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, (list, tuple)) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            break
        inside.append(step)
    spot: Place = (*place, *inside)
    if kind == "missing":
        spot = (*spot, str(detail["loc"][-1]))
    if spot in told:
        return
    told.add(spot)
    line = lines.get(spot) or lines.get(spot[:-1]) or _line_around(spot, lines, tree)
    words = " ".join(plain(p) for p in spot[len(place) :] if isinstance(p, str))
    words = f"{name} {words}".strip() if name in schema.STEPS else words or name
    if kind == "missing":
        owner = " ".join(plain(p) for p in inside if isinstance(p, str)) or name
        if inside:
            remedy = _EXAMPLES.get(str(inside[0]), "see docs/recipes.md for what belongs there")
        faults.add(f"{owner} needs {plain(str(detail['loc'][-1]))!r}", line=line, remedy=remedy)
    elif kind == "epidot":
        what = f"{words}: {context['what']}" if words else context["what"]
        faults.add(what, line=line, seen=context["seen"] or None, remedy=context["remedy"] or None)
    elif kind == "literal_error":
        choices = [c.strip().strip("'") for c in str(context["expected"]).replace(" or ", ", ").split(",")]
        faults.add(
            f"{words}: not one of the choices",
            line=line,
            seen=str(detail["input"])[:60],
            nearest=nearest(str(detail["input"]), choices) or choices,
        )
    elif kind in ("model_type", "dict_type", "model_attributes_type"):
        faults.add(f"{words}: expected key: value", line=line, seen=str(detail["input"])[:40], remedy=remedy)
    else:
        faults.add(f"{words}: {_plain(kind, context)}", line=line, seen=str(detail["input"])[:60])


def _line_around(spot: Place, lines: dict[Place, int], tree: Tree) -> int:
    while spot and spot not in lines:
        spot = spot[:-1]
    return lines.get(spot) or tree.line(spot)


def _plain(kind: str, context: Mapping[str, Any]) -> str:
    """The commoner complaints of pydantic in plain words."""
    if kind in ("string_type", "string_too_short"):
        return "expected text"
    if kind == "string_too_long":
        return f"longer than {context['max_length']} characters"
    if kind == "string_pattern_mismatch":
        return "has characters that a name must not have"
    if kind in ("int_type", "int_parsing", "int_from_float"):
        return "expected a whole number"
    if kind in ("float_type", "float_parsing", "finite_number"):
        return "expected a number"
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        bound = next(iter(context.values()))
        return f"must be {kind.replace('_', ' ')} {bound}".replace("than equal", "than or equal to")
    if kind in ("bool_type", "bool_parsing"):
        return "expected yes or no"
    if kind in ("tuple_type", "list_type"):
        return "expected a list"
    return kind.replace("_", " ")
