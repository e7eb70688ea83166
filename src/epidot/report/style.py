"""One look for every figure: colours everyone can tell apart, quiet axes, the same bits every time."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from epidot import files
from epidot.errors import InputError, nearest

# Okabe & Ito's palette for colour-blind readers, in our order of use.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MATERIAL_COLOURS: Mapping[str, str] = {
    "InP": "#C44E52",
    "CdSe": "#A0522D",
    "ZnSe": "#8DA0CB",
    "ZnS": "#66C2A5",
    "CdS": "#E5C494",
}
WARM = "#FBE3CF"  # under a temperature curve
HALIDES = ("F", "Cl", "Br", "I")
HALF = (4.9, 3.0)  # inches of a figure of which two stand side by side, or one on a small screen
FORMATS = (".png", ".svg", ".pdf")
# What matplotlib says of a picture that it leaves as it is; on a page it is scaled, and then smoothly.
_EDGED = ' style="image-rendering:crisp-edges;image-rendering:pixelated"'

_RC: dict[str, Any] = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.prop_cycle": None,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.5,
    "svg.hashsalt": "epidot",
    "svg.fonttype": "path",
    "figure.dpi": 100,
    "savefig.dpi": 200,
}


def figure(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = (6.6, 3.2), **keywords: Any
) -> tuple[Any, Any]:
    """A figure that belongs to no window, and its axes."""
    return _figure(rows, columns, size, "constrained", keywords)


def half(columns: int = 1, below_pt: float = 34, **keywords: Any) -> tuple[Any, Any]:
    """A figure of the size :data:`HALF` and its axes, margins said and not sought: that takes half the time.

    At the right there is room for half the number of a tick at the end of an axis.  ``below_pt`` is what
    stands below the axes.
    """
    width, height = 72 * HALF[0], 72 * HALF[1]
    margins = {
        "left": 48 / width,
        "right": 1 - 13 / width,
        "bottom": below_pt / height,
        "top": 1 - 6 / height,
    }
    return _figure(1, columns, HALF, "none", {"gridspec_kw": margins | {"wspace": 0.04}} | keywords)


def panel(inches: float = 2.2) -> tuple[Any, Any]:
    """A square drawing that is all picture, and its axis."""
    edges = {"left": 0, "right": 1, "bottom": 0, "top": 1}
    drawing, axis = _figure(1, 1, (inches, inches), "none", {"gridspec_kw": edges})
    axis.axis("off")
    return drawing, axis


def _figure(
    rows: int, columns: int, size: tuple[float, float], layout: Any, keywords: Mapping[str, Any]
) -> tuple[Any, Any]:
    import matplotlib as mpl
    from cycler import cycler
    from matplotlib.figure import Figure

    rc = _RC | {"axes.prop_cycle": cycler(color=COLOURS)}
    with mpl.rc_context(rc):
        drawing = Figure(figsize=size, layout=layout)
        axes = drawing.subplots(rows, columns, **keywords)
    return drawing, axes


def material_colour(material: str) -> str:
    """The colour of a material; of a mixed crystal the mean of those it is mixed of."""
    if material in MATERIAL_COLOURS:
        return MATERIAL_COLOURS[material]
    cation, *anions = re.findall("[A-Z][a-z]?", material)
    known = [rgb(MATERIAL_COLOURS[cation + a]) for a in anions if cation + a in MATERIAL_COLOURS]
    if not known:
        return "#999999"
    mean = (round(255 * sum(parts) / len(known)) for parts in zip(*known, strict=True))
    return "#" + "".join(f"{part:02X}" for part in mean)


def colours(number: int) -> list[str]:
    """So many colours in their order: the palette, or steps of one scale where it does not suffice."""
    if number <= len(COLOURS):
        return list(COLOURS[:number])
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    scale = mpl.colormaps["viridis"]
    return [to_hex(scale(0.92 * i / (number - 1))) for i in range(number)]


def scale_bar(axis: Any, reach: float, length_nm: float = 1) -> None:
    """A bar of so many nanometres, lower left of a picture that reaches ``reach`` to each side."""
    x, y = -0.95 * reach, -0.95 * reach
    axis.plot([x, x + length_nm], [y, y], color="0.2", lw=2, solid_capstyle="butt", zorder=3)
    told = f"{length_nm:g} nm"
    axis.text(x + length_nm / 2, y + 0.03 * reach, told, ha="center", va="bottom", fontsize=8, color="0.2")


def rgb(colour: str) -> tuple[float, float, float]:
    """``#RRGGBB`` as shares of 1."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def svg(drawing: Any) -> str:
    """The figure as an SVG element, the same bits every time."""
    import matplotlib as mpl

    buffer = io.StringIO()
    with mpl.rc_context(_RC | {"axes.prop_cycle": mpl.rcParams["axes.prop_cycle"]}):
        drawing.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = named_by_content(buffer.getvalue()).replace(_EDGED, "")
    return text[text.index("<svg") :]


def named_by_content(text: str) -> str:
    """The SVG with its clip paths named by what is drawn.

    matplotlib names them by their unrounded corners, whose last bits depend on where the solver of the layout
    happened to lie in memory.
    """
    names = re.findall(r'<clipPath id="(p[0-9a-f]{10})"', text)
    order = {name: str(i) for i, name in enumerate(names)}

    def renamed(start: str) -> str:
        return re.sub(r"\bp[0-9a-f]{10}\b", lambda m: start + order[m[0]] if m[0] in order else m[0], text)

    digest = hashlib.sha256(renamed("clip").encode()).hexdigest()[:10]
    return renamed(f"clip{digest}-")


def check(path: Path) -> None:
    """Refuse a picture that :func:`save` could not write, before the work that leads to it.

    Raises
    ------
    InputError
        If the file's ending is not one that can be drawn, or there is no place for the file.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            "cannot draw this kind of file",
            str(path),
            seen=path.suffix,
            nearest=nearest(path.suffix, FORMATS),
        )
    files.check(path)


def save(drawing: Any, path: Path) -> None:
    """Write a picture whose ending is one of :data:`FORMATS`."""
    import matplotlib as mpl

    kind = path.suffix.lower().removeprefix(".")
    buffer = io.BytesIO()
    with mpl.rc_context(_RC | {"axes.prop_cycle": mpl.rcParams["axes.prop_cycle"]}):
        drawing.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else None)
    content = buffer.getvalue()
    files.write(path, named_by_content(content.decode("utf-8")) if kind == "svg" else content)


def png(drawing: Any, dpi: int = 110) -> bytes:
    """The figure as the bytes of a PNG, the same every time."""
    buffer = io.BytesIO()
    drawing.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def save_pages(drawings: Iterable[Any], path: Path) -> None:
    """Write drawings as the pages of a PDF, or one drawing as :func:`save`."""
    if path.suffix.lower() != ".pdf":
        (drawing,) = drawings
        save(drawing, path)
        return
    from matplotlib.backends.backend_pdf import PdfPages

    buffer = io.BytesIO()
    with PdfPages(buffer) as pages:
        for drawing in drawings:
            pages.savefig(drawing)
    files.write(path, buffer.getvalue())


def csv(columns: Mapping[str, Sequence[float] | Any]) -> str:
    """The data of a figure as CSV text, columns of unequal length padded with blanks."""
    return files.csv_text(
        [list(columns), *zip_longest(*(np.asarray(one, float).tolist() for one in columns.values()))]
    )
