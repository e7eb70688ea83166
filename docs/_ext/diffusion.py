"""``{diffusion-cases}``: every exact case of the transport solver, run and drawn while the page is built.

A case that does not hold is a warning, and so fails a strict build.
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.util import logging

sys.path.append(str(Path(__file__).parents[2] / "tests"))
from oracle.diffusion import CASES

LOG = logging.getLogger(__name__)
COLOURS = ("#1f5fa8", "#b4521c", "#3f7d3a")
MARKS = "os^"


def picture(case: Any) -> nodes.Node:
    """Exact lines and the solver's points."""
    import matplotlib
    from matplotlib.figure import Figure

    settings = {"svg.fonttype": "path", "svg.hashsalt": "epidot", "font.size": 9, "axes.linewidth": 0.6}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(4.6, 2.7), layout="constrained")
        axes = figure.subplots()
        for curve, colour, mark in zip(case.curves, COLOURS, MARKS, strict=False):
            axes.plot(curve.x, curve.exact, color=colour, lw=1.2, label=curve.label)
            axes.plot(curve.at, curve.found, mark, color=colour, ms=4, mfc="white", mew=1)
        axes.plot([], [], "o", color="0.3", ms=4, mfc="white", mew=1, label="solver")
        axes.set(xlabel=case.x, ylabel=case.y)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    data = base64.b64encode(file.getvalue()).decode()
    alt = f"{case.title}: {case.y} against {case.x}, exact lines and points of the solver"
    html = f'<img class="case" alt="{alt}" style="max-width:30em" src="data:image/svg+xml;base64,{data}">'
    return nodes.raw("", html, format="html")


def order(case: Any) -> str:
    if case.least_order is None:
        return "no order: exact on any mesh"
    return f"order {case.order:.2f} (at least {case.least_order:g})"


class DiffusionCases(Directive):
    """A table of all cases, then a section for each."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        cases = [make() for make in CASES]
        for case in cases:
            if not case.holds:
                LOG.warning("exact case %d does not hold: %.2e, %s", case.number, case.error, order(case))
        return [self.table(cases), *(self.section(case) for case in cases)]

    def table(self, cases: list[Any]) -> nodes.Node:
        heads, widths = ("case", "", "largest error", "bound", "order", "at least"), (6, 48, 14, 10, 10, 10)
        rows = [
            (
                str(c.number),
                c.title,
                f"{c.error:.1e}",
                f"{c.bound:.0e}",
                "" if c.order is None else f"{c.order:.3f}",
                "" if c.least_order is None else f"{c.least_order:g}",
            )
            for c in cases
        ]
        group = nodes.tgroup(cols=len(heads))
        group += [nodes.colspec(colwidth=w) for w in widths]
        group += nodes.thead("", self.row(heads))
        group += nodes.tbody("", *(self.row(r) for r in rows))
        return nodes.table("", group, classes=["generated"])

    def row(self, cells: tuple[str, ...]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", cell)) for cell in cells))

    def section(self, case: Any) -> nodes.section:
        name = f"case-{case.number}"
        title = f"{case.number}. {case.title}"
        found = f"error {case.error:.1e} (at most {case.bound:.0e}), {order(case)}"
        says = f"Asserted: {case.asserts}. Found: {found}."
        content: list[nodes.Node] = [
            nodes.math_block(case.formula, case.formula),
            nodes.paragraph("", says),
        ]
        if case.printed:
            worst = max(abs(a / b - 1) for a, b in case.printed)
            shown = ", ".join(f"{a:.8g}" for a, _ in case.printed)
            text = f"The formula gives {shown}; worked out elsewhere, the same within {worst:.0e}."
            content.append(nodes.paragraph("", text))
        content.append(picture(case))
        out = nodes.section("", nodes.title(title, title), *content, ids=[name], names=[name])
        self.state.document.note_explicit_target(out)
        return out


def setup(app: Any) -> dict[str, Any]:
    app.add_directive("diffusion-cases", DiffusionCases)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
