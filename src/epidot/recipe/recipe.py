"""Recipes as data: what is put in a flask and done to it.  The language is described in docs/recipes.md.

``load("choi2023/inp-znse")`` gives a recipe of a paper, ``load("mine.yaml")`` one of your own; either is
checked whole (language, units, reagents, order, physical sense) and every fault is told at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from epidot import documents
from epidot.documents import Document, paper_folders
from epidot.errors import Fault, Faults, InputError, nearest
from epidot.recipe import parsing, schema, timeline, variants
from epidot.recipe.changed import Steps, changed, data_of
from epidot.recipe.events import Dots, Event, FormCore, TakeSample
from epidot.recipe.variants import Remark

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Recipe:
    """One recipe, read and checked.

    ``core`` is ``None`` where the cores form in the flask or there are none; ``text`` is the file as
    written, so that a result can carry it along; ``warnings`` are oddities that do not forbid the run.
    """

    name: str
    title: str
    where: str
    text: str
    variant: str | None
    paper: str | None
    place: str | None
    claims: tuple[str, ...]
    notes: str | None
    core: Dots | None
    header: schema.Header
    remarks: tuple[Remark, ...]
    warnings: tuple[Fault, ...]
    start_K: float
    events: tuple[Event, ...]

    def timeline(self) -> tuple[Event, ...]:
        """What happens, in order, with the time of everything."""
        return self.events

    def assumptions(self) -> tuple[Remark, ...]:
        """Every value the source does not give: written as ``assumed``, or filled in by the language."""
        return tuple(r for r in self.remarks if r.kind != "source")

    def sources(self) -> tuple[Remark, ...]:
        """Every value written with a source of its own."""
        return tuple(r for r in self.remarks if r.kind == "source")

    @property
    def samples(self) -> tuple[str, ...]:
        """Names of the samples, in the order they are taken."""
        return tuple(e.name for e in self.events if isinstance(e, TakeSample))

    @property
    def duration_s(self) -> float:
        """From the start to the last event."""
        return max((e.start_s + e.duration_s for e in self.events), default=0.0)

    @property
    def sigma_rel(self) -> float:
        """Relative spread of the core diameters, of the dots put in or formed."""
        if self.core is not None:
            return self.core.sigma_rel
        formed = [e.sigma_rel for e in self.events if isinstance(e, FormCore)]
        return formed[-1] if formed else 0.0

    @property
    def steps(self) -> tuple[Any, ...]:
        """The steps as plain data, as they are written; faults and :meth:`with_` count them from 1."""
        return tuple(self._data()["steps"])

    @property
    def headings(self) -> Mapping[str, Any]:
        """What stands above the steps as plain data, as it is written."""
        return {key: value for key, value in self._data().items() if key != "steps"}

    def with_(
        self, *more: Any, steps: Steps | None = None, name: str | None = None, **headings: Any
    ) -> Recipe:
        """A recipe that differs from this one; it is checked whole again, and no longer a paper's.

        Parameters
        ----------
        more
            Steps that follow the last, e.g. ``{"hold": "30 min"}``.
        steps
            By their numbers from 1 those that are replaced, e.g. ``{14: {"heat": "230 °C"}}``; ``None``
            leaves one out.  A list stands for all steps.
        name
            How it is called; else after this one.
        headings
            What stands above the steps, e.g. ``core={"diameter": "2.8 nm"}``: of a table only the keys that
            are named change, ``None`` leaves out.

        Raises
        ------
        InputError
            With every fault of the new recipe, or if there is no such step or heading.
        """
        own = name or f"{self.name.rpartition('/')[2]}-changed"
        said = {"title": f"{self.title} (changed)", **headings, "name": own}
        text = documents.dump(changed(self._data(), more, steps, said))
        return from_text(text, where=f"<{own}>", name=own)

    def _data(self) -> dict[str, Any]:
        return data_of(documents.parse(self.text, where=self.where), self.variant)


def of(source: str | Path | Mapping[str, Any] | Recipe) -> Recipe:
    """A recipe from its file or shipped name, from YAML text, or from the same as a table (a ``dict``).

    Raises
    ------
    InputError
        As :func:`load`.
    """
    if isinstance(source, Recipe):
        return source
    if isinstance(source, Mapping):
        return from_text(documents.dump(source), where="<dict>")
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        return from_text(source)
    if isinstance(source, str | Path):
        return load(source)
    raise InputError(
        "this is no recipe",
        seen=type(source).__name__,
        remedy="give a file, a shipped name, YAML text, a dict or a Recipe",
    )


def load(path_or_name: str | Path, variant: str | None = None) -> Recipe:
    """Read one recipe.

    Parameters
    ----------
    path_or_name
        A file, or the name of a shipped recipe such as ``choi2023/inp-zns-staged-4``.  A file that holds
        several variants may be given as ``file.yaml#variant``.
    variant
        Which variant of such a file.

    Raises
    ------
    InputError
        With every fault of the file, each with its line; or with the nearest names if there is no such
        recipe.
    """
    name = str(path_or_name)
    if variant is None and "#" in name and not os.path.exists(name):
        name, _, variant = name.rpartition("#")
    if os.path.isfile(name):
        return _from_file(Path(name), Path(name).stem, variant, where=name)
    found = _find_shipped(name) if variant is None else None
    if found is not None:
        file, which = found
        return _from_file(file, name, which, where=f"{file.parent.parent.name}/{file.name}")
    if os.path.isdir(name):
        raise InputError("a folder, not a recipe", name, remedy="name one file in it")
    if Path(name).suffix in _SUFFIXES:
        raise InputError("no such file", name, remedy="check the path")
    known = shipped()
    close = nearest(name, known) or nearest(name.rpartition("/")[2], [k.rpartition("/")[2] for k in known])
    raise InputError(
        "no such recipe",
        seen=name,
        nearest=close,
        remedy="give the path of a .yaml file or the name of a shipped recipe",
    )


def from_text(
    text: str, *, where: str = "<text>", name: str = "recipe", variant: str | None = None
) -> Recipe:
    """Read a recipe from text; see :func:`load`."""
    return _recipe(documents.parse(text, where=where), text, name, variant)


def shipped() -> tuple[str, ...]:
    """Names of all recipes of all papers, e.g. ``choi2023/inp-znse``."""
    return tuple(sorted(_shipped()))


def _shipped() -> dict[str, tuple[Path, str | None]]:
    return _in_files(tuple(_files()))


@lru_cache(maxsize=4)
def _in_files(files: tuple[Path, ...]) -> dict[str, tuple[Path, str | None]]:
    out: dict[str, tuple[Path, str | None]] = {}
    for file in files:
        folder = file.parent.parent.name
        if "\nvariants:" in file.read_text(encoding="utf-8"):
            for variant in variants.variants(documents.read(file)):
                out[f"{folder}/{variant}"] = (file, variant)
        else:
            out[f"{folder}/{file.stem}"] = (file, None)
    return out


def _files() -> list[Path]:
    return [file for folder in paper_folders().values() for file in sorted(folder.glob("recipes/*.yaml"))]


def _find_shipped(name: str) -> tuple[Path, str | None] | None:
    """The shipped file (and variant) of that name, found by the way shipped files are laid out."""
    folder, _, rest = name.partition("/")
    if not rest:
        return None
    for file in _files():
        if file.parent.parent.name != folder:
            continue
        text = file.read_text(encoding="utf-8")
        if "\nvariants:" not in text:
            if file.stem == rest:
                return file, None
        elif re.search(rf"^  {re.escape(rest)}:", text, re.MULTILINE):
            return file, rest
    return None


def _from_file(file: Path, name: str, variant: str | None, where: str) -> Recipe:
    text = documents.text_of(file, where=where)
    return _recipe(documents.parse(text, where=where), text, name, variant)


def _recipe(document: Document, text: str, name: str, variant: str | None) -> Recipe:
    faults = Faults(document.where)
    _check_variant(document, variant, faults)
    chosen = variants.resolve(document, variant, faults)
    if not isinstance(document.data, dict):
        faults.raise_if_any()
    header, read = parsing.read(chosen, faults)
    steps = tuple(step for step in read if step is not None)
    core = document.data.get(variants.CORE, "") if isinstance(document.data, dict) else ""
    if core is None:
        remedy = 'write e.g. core: {material: InP, diameter: 3.3 nm, amount: 220 nmol}, or "core: none"'
        faults.add("the heading core says nothing", line=document.line((variants.CORE,)), remedy=remedy)
    if header is None or len(steps) < len(read):
        filled = parsing.may_fill(chosen, read)
        timeline.glance(header or parsing.readable(chosen, faults), steps, faults, filled=filled)
        faults.raise_if_any()
        raise InputError("the recipe cannot be read", document.where)
    # A heading that says "none", or that this variant leaves out, means a flask without dots.
    walk = timeline.walk(header, steps, faults, no_dots=core != "")
    faults.raise_if_any()
    remarks = sorted((*parsing.remarks(chosen), *walk.defaults), key=lambda r: r.line)
    return Recipe(
        name=header.name or name if variant is None else name if "/" in name else variant,
        title=header.title or name,
        where=document.where,
        text=text,
        variant=variant,
        paper=header.paper,
        place=header.place,
        claims=header.claims,
        notes=header.notes,
        core=walk.dots,
        header=header,
        remarks=tuple(remarks),
        warnings=walk.warnings,
        start_K=walk.start_K,
        events=walk.events,
    )


def _check_variant(document: Document, variant: str | None, faults: Faults) -> None:
    known = variants.variants(document)
    line = document.line(("variants",))
    if known and variant is None:
        faults.add(
            "this file holds several recipes",
            line=line,
            nearest=known,
            remedy=f"say which, e.g. {document.where}#{known[0]}",
        )
        faults.raise_if_any()
    if variant is not None and variant not in known:
        faults.add(
            "no such variant" if known else "this recipe has no variants",
            line=line,
            seen=variant,
            nearest=nearest(variant, known) or known,
        )
        faults.raise_if_any()
