"""Directives that write tables from what epidot declares, so that no table is kept by hand.

``{instruments}`` every instrument, ``{instrument} NAME`` one, ``{materials}`` every number of every
material, ``{light-constants}``, ``{halide-constants}``, ``{recipes}`` the shipped recipes,
``{references}`` the sources, ``{run-quantities}`` what a run can be asked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive

LITERAL = re.compile(r"`([^`]+)`")
KEY = re.compile(r"^\[(\w+)\]")
DOI = re.compile(r"\bdoi:(10\.\S+?)(?=[,;]?(?:\s|$))")


class Generated(Directive):
    """What the directives of this file have in common: nodes for texts, tables and sections."""

    has_content = False

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]) -> nodes.Node:
        """A table; cells may hold `literals`, and columns that stay empty are left out."""
        lines = [list(row) for row in rows]
        used = [i for i in range(len(heads)) if any(line[i] for line in lines)] or [0]
        group = nodes.tgroup(cols=len(used))
        group += [nodes.colspec(colwidth=widths[i]) for i in used]
        group += nodes.thead("", self.row([heads[i] for i in used]))
        group += nodes.tbody("", *(self.row([line[i] for i in used]) for line in lines))
        return nodes.table("", group, classes=["generated"])

    def row(self, cells: Sequence[str]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", self.words(cell)) for cell in cells))

    def words(self, text: str) -> nodes.paragraph:
        """A paragraph in which `this` is literal, [key] leads to a source and a DOI is a link."""
        out = nodes.paragraph()
        for i, part in enumerate(LITERAL.split(text)):
            if i % 2:
                out += nodes.literal(part, part)
                continue
            key = KEY.match(part)
            if key is not None:
                out += nodes.reference("", key[1], internal=True, refid=f"source-{key[1]}")
                part = part[key.end() :]
            end = 0
            for found in DOI.finditer(part):
                out += nodes.Text(part[end : found.start()])
                doi = found.group(1)
                out += nodes.reference("", f"doi:{doi}", refuri=f"https://doi.org/{doi}")
                end = found.end()
            out += nodes.Text(part[end:])
        return out

    def section(self, title: str, name: str, *content: nodes.Node) -> nodes.section:
        """A section with a stable anchor."""
        out = nodes.section("", nodes.title(title, title), *content, ids=[name], names=[name])
        self.state.document.note_explicit_target(out)
        return out

    def subject(self, text: str) -> nodes.paragraph:
        return nodes.paragraph("", "", nodes.strong(text, text))


# --- instruments ----------------------------------------------------------------------------------------


def span(option: Any) -> str:
    """The values an option may take."""
    if option.choices:
        return ", ".join(f"`{choice}`" for choice in option.choices)
    low, high = option.low, option.high
    if math.isinf(low) and math.isinf(high):
        return ""
    if math.isinf(high):
        return f"from {low:g}"
    return f"up to {high:g}" if math.isinf(low) else f"{low:g} to {high:g}"


def default(option: Any) -> str:
    if option.default is None or option.default == "":
        return ""
    if isinstance(option.default, bool):
        return "yes" if option.default else "no"
    return f"`{option.default:g}`" if isinstance(option.default, float) else f"`{option.default}`"


OPTION_HEADS = ("option", "unit", "default", "may be", "says", "source")


def option_rows(options: Iterable[Any]) -> list[tuple[str, ...]]:
    return [
        (
            f"`{o.name}`",
            o.unit,
            default(o),
            span(o),
            o.description,
            "" if o.source == "own choice" else o.source.removeprefix("own choice: "),
        )
        for o in options
    ]


class InstrumentTables(Generated):
    """``{instrument} NAME``: formats, quantities, options and set-up of one instrument."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return self.of(self.arguments[0])

    def of(self, name: str) -> list[nodes.Node]:
        from epidot import instruments

        header = instruments.instrument(name).HEADER
        out: list[nodes.Node] = [
            self.words(f"Horizontal axis: {header.x_axis}. Vertical axis: {header.y_axis}."),
            self.words("Reads " + "; ".join(header.formats) + "."),
            self.subject("Quantities"),
            self.table(
                ("quantity", "unit", "is"),
                [(f"`{q.name}`", "" if q.unit == "1" else q.unit, q.description) for q in header.quantities],
                (22, 14, 64),
            ),
        ]
        for title, options in (
            ("Options of read", header.read_options),
            ("Options of measure", header.measure_options),
            ("More options of fit", header.fit_options),
            ("Set-up of simulate", header.setup),
        ):
            if options:
                rows = option_rows(options)
                out += [self.subject(title), self.table(OPTION_HEADS, rows, (16, 8, 10, 16, 34, 16))]
        if header.fit_models:
            out.append(self.words("Models of fit: " + ", ".join(f"`{m}`" for m in header.fit_models) + "."))
        return out


class EveryInstrument(InstrumentTables):
    """``{instruments}``: a section for each instrument there is."""

    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        from epidot import instruments

        return [
            self.section(
                f"{name}: {instruments.instrument(name).HEADER.title}", f"table-{name}", *self.of(name)
            )
            for name in instruments.names()
        ]


# --- numbers --------------------------------------------------------------------------------------------


def short(source: str) -> str:
    """A source written out -> its key in brackets and the place; other sources stay as they are."""
    from epidot.documents import references

    for key, full in references().items():
        if source == full or source.startswith(f"{full}, "):
            return f"[{key}]{source.removeprefix(full)}"
    return source


class Numbers(Generated):
    """A table of parameters."""

    def numbers(self, parameters: Mapping[str, Any]) -> nodes.Node:
        return self.table(
            ("number", "value", "unit", "status", "source", "note"),
            [
                (
                    f"`{name}`",
                    f"{p.value:.6g}" + (f" ± {p.sigma:.2g}" if p.sigma else ""),
                    "" if p.unit == "1" else p.unit,
                    p.status,
                    short(p.source),
                    p.note,
                )
                for name, p in parameters.items()
            ],
            (18, 12, 8, 10, 20, 32),
        )


class Materials(Numbers):
    """``{materials}``: a section for each material."""

    def run(self) -> list[nodes.Node]:
        from epidot.matter import materials

        out: list[nodes.Node] = []
        for name in materials.names():
            one = materials.material(name)
            about = self.words(f"{one.structure[:1].upper()}{one.structure[1:]}.")
            out.append(self.section(name, f"material-{name}", about, self.numbers(one.parameters)))
        return out


class LightConstants(Numbers):
    """``{light-constants}``: what belongs to no material."""

    def run(self) -> list[nodes.Node]:
        from epidot.light.parameters import parameters

        return [self.numbers(parameters())]


class HalideConstants(Numbers):
    """``{halide-constants}``: transport and repair, with what each hypothesis replaces."""

    def run(self) -> list[nodes.Node]:
        from epidot.transport.constants import constants, hypotheses

        usual = constants()
        out: list[nodes.Node] = [self.numbers(dict(usual.parameters))]
        for name, why in hypotheses().items():
            known = constants(name)
            changed = {k: p for k, p in known.parameters.items() if usual.parameters.get(k) != p}
            told = self.words(f"{name}, {why}.")
            out.append(
                self.section(name, f"hypothesis-{name}", told, *([self.numbers(changed)] if changed else []))
            )
        return out


class References(Generated):
    """``{references}``: the key of every source and its full reference."""

    def run(self) -> list[nodes.Node]:
        from epidot.documents import references

        table = self.table(
            ("key", "reference"), [(f"`{key}`", text) for key, text in sorted(references().items())], (20, 80)
        )
        rows = list(table.findall(nodes.row))[1:]  # the first is the head
        for key, row in zip(sorted(references()), rows, strict=True):
            row[0][0]["ids"].append(f"source-{key}")
        return [table]


class RunQuantities(Generated):
    """``{run-quantities}``: everything a run can be asked."""

    def run(self) -> list[nodes.Node]:
        from epidot.runs.quantities import GIVERS, QUANTITIES

        rows = [
            (f"`{q.name}`", q.unit, q.method, GIVERS[q.needs], "yes" if q.summary else "") for q in QUANTITIES
        ]
        return [self.table(("name", "unit", "is", "given by", "in summary.json"), rows, (24, 10, 44, 14, 8))]


# --- recipes --------------------------------------------------------------------------------------------


class Recipes(Generated):
    """``{recipes}``: the shipped recipes, file by file."""

    def run(self) -> list[nodes.Node]:
        from epidot.recipe import recipe

        together: dict[tuple[str, str, str], list[str]] = {}
        for name in recipe.shipped():
            read = recipe.load(name)
            together.setdefault((read.paper or "", read.title, read.place or ""), []).append(name)
        papers = sorted({paper for paper, _, _ in together})
        return [
            self.section(
                paper,
                f"recipes-{paper}",
                self.table(
                    ("what", "names", "place in the paper"),
                    [
                        (title, ", ".join(f"`{n}`" for n in names), place)
                        for (of, title, place), names in together.items()
                        if of == paper
                    ],
                    (32, 36, 32),
                ),
            )
            for paper in papers
        ]


DIRECTIVES: dict[str, type[Directive]] = {
    "instrument": InstrumentTables,
    "instruments": EveryInstrument,
    "materials": Materials,
    "light-constants": LightConstants,
    "halide-constants": HalideConstants,
    "references": References,
    "run-quantities": RunQuantities,
    "recipes": Recipes,
}


def setup(app: Any) -> dict[str, Any]:
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
