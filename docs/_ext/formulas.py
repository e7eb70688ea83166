"""Formulas drawn at build time with matplotlib, so that the pages need no network to be read.

A formula that matplotlib cannot set is a warning, and so fails a strict build.
"""

from __future__ import annotations

import base64
import html
import io
import re
from functools import cache
from typing import Any

from docutils import nodes
from sphinx.util import logging

LOG = logging.getLogger(__name__)
POINTS = 12.0  # size of the letters; the page shows them relative to its own


def upright(found: re.Match[str]) -> str:
    """Words in a formula, their blanks kept."""
    return r"\mathrm{" + found[1].replace(" ", r"\ ") + "}"


# What matplotlib does not know, said in its words.
SAID_OTHERWISE = (
    (re.compile(r"\\[Bb]igg?l?(?=[\[(])"), r"\\left"),
    (re.compile(r"\\[Bb]igg?r?(?=[\])])"), r"\\right"),
    (re.compile(r"\\tfrac(?=\W)"), r"\\frac"),
    (re.compile(r"(\\(?:mathbf|mathrm|sqrt)) (\w)"), r"\1{\2}"),
    (re.compile(r"\\(?:text|operatorname)\{([^}]*)\}"), upright),
    (re.compile(r"\\!"), ""),
)


@cache
def drawn(latex: str, alone: bool) -> tuple[str, float, float] | None:
    """(SVG in base64, height and depth in units of the letters' size), or ``None`` if it cannot be set."""
    import matplotlib
    from matplotlib import mathtext

    text = " ".join(latex.split())
    if alone:  # a formula on a line of its own has tall fractions
        text = re.sub(r"\\frac(?=\W)", r"\\dfrac", text)
    for pattern, other in SAID_OTHERWISE:
        text = pattern.sub(other, text)
    file = io.BytesIO()
    settings = {
        "svg.fonttype": "path",
        "svg.hashsalt": "epidot",
        "mathtext.fontset": "stix",
        "font.size": POINTS,
    }
    with matplotlib.rc_context(settings):
        try:
            depth = mathtext.math_to_image(f"${text}$", file, dpi=72, format="svg")
        except ValueError:
            return None
    svg = file.getvalue().decode()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    height = re.search(r'height="([\d.]+)pt"', svg)
    assert height is not None  # matplotlib always writes it
    return base64.b64encode(svg.encode()).decode(), float(height[1]) / POINTS, float(depth) / POINTS


def image(node: nodes.Node, alone: bool = False) -> str:
    """The formula of ``node`` as an image in the line, or as its source where it cannot be set."""
    latex = node.astext()
    found = drawn(latex, alone)
    if found is None:
        LOG.warning("matplotlib cannot set this formula: %s", " ".join(latex.split()), location=node)
        return f"<code>{html.escape(latex)}</code>"
    svg, height, depth = found
    return (
        f'<img class="formula" alt="{html.escape(latex, quote=True)}" src="data:image/svg+xml;base64,{svg}" '
        f'style="height:{height:.3f}em;vertical-align:{-depth:.3f}em">'
    )


def inline(translator: Any, node: nodes.Node) -> None:
    translator.body.append(image(node))
    raise nodes.SkipNode


def display(translator: Any, node: nodes.Node) -> None:
    translator.body.append(f'<div class="formula">{image(node, alone=True)}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    app.add_html_math_renderer("matplotlib", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
