"""Figures of a run: labels are whole, series are series, and what is drawn is there."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.path import Path

import epidot
from epidot.dot.layers import Layer, LayeredDot
from epidot.quantities import Quantity
from epidot.report import cut, figures, html, series, style
from epidot.runs.batch import Batch

RECIPE = """
recipe: 1
core: {material: InP, diameter: 2.4 nm, amount: 100 nmol}
solvent: {reagent: squalane, volume: 10 mL}
stocks:
  Zn(OA)2: {concentration: 0.5 M, in: ODE}
steps:
  - heat: 120 °C
  - add: {reagent: Zn(OA)2, amount: 1.5 mmol}
  - hold: 1 min
  - sample: zinc
  - add: {reagent: SePR3, amount: 0.05 mmol}
  - add: {reagent: OAm, amount: 0.05 mmol}
  - hold: 1 min
  - sample: Se
  - add: [{reagent: SPR3, amount: 0.5 mmol}, {reagent: HOA, amount: 0.1 mmol}]
  - hold: 90 min
  - add: {reagent: Zn(OA)2, amount: 0.5 mmol, over: 10 min}
  - sample: last
"""


@pytest.fixture(scope="module")
def batch() -> Batch:
    return epidot.run(epidot.parse_recipe(RECIPE), dots=2, engine="meanfield", ignore=["HOA"])


def labels(figure: figures.Figure) -> list[Any]:
    """The texts that stand upright in a drawing, after it has been laid out."""
    FigureCanvasAgg(figure.drawing).draw()
    return [text for text in figure.drawing.axes[0].texts if text.get_rotation() == 90]


def test_every_addition_is_named_whole_on_the_programme(batch: Batch) -> None:
    figure = figures.programme(batch)
    found = labels(figure)
    said = "\n".join(text.get_text() for text in found)
    for words in ("0.05 mmol SePR3", "0.05 mmol OAm", "0.5 mmol SPR3", "0.1 mmol HOA", "over 10 min"):
        assert words in said
    boxes = [text.get_window_extent() for text in found]
    page = figure.drawing.bbox
    for box in boxes:
        assert page.x0 <= box.x0
        assert box.x1 <= page.x1
        assert box.y1 <= page.y1
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[i + 1 :])


def test_a_recipe_that_adds_nothing_has_a_programme(batch: Batch) -> None:
    none = replace(batch, steps=tuple(s for s in batch.steps if not s[2].startswith("add ")))
    assert labels(figures.programme(none)) == []


def test_very_many_additions_are_numbered_and_told(batch: Batch) -> None:
    many = tuple((60.0 * i, 0.0, f"add {i + 1} mmol of SePR3") for i in range(60))
    figure = figures.programme(replace(batch, steps=many))
    assert [text.get_text() for text in labels(figure)] == [str(i) for i in range(1, 61)]
    assert "60: 60 mmol SePR3 at 59 min" in figure.caption


def test_a_maximum_between_the_ends_is_seen(batch: Batch) -> None:
    yields = (0.41, 0.66, 0.52)
    samples = tuple(
        replace(s, quantities={**s.quantities, "plqy": Quantity(y, 0.01, "fraction", "")})
        for s, y in zip(batch.samples, yields, strict=True)
    )
    (figure,) = (f for f in series.drawn(replace(batch, samples=samples)) if "plqy" in f.data)
    assert int(np.argmax(figure.data["plqy"])) == 1
    left, right = figure.drawing.axes
    for axis in (left, right):
        low, high = axis.get_ylim()
        assert low < 41 < 66 < high
        assert (66 - 52) / (high - low) > 0.3  # not pressed flat by an axis from 0 to 100
    assert "66" in [text.get_text() for text in right.texts]
    assert [t.get_text() for t in right.get_xticklabels()] == [s.name for s in samples]


def test_a_quantity_that_no_sample_has_is_not_drawn(batch: Batch) -> None:
    bare = tuple(replace(s, quantities={}) for s in batch.samples)
    assert series.drawn(replace(batch, samples=bare)) == []


def strokes(dot: LayeredDot) -> dict[str, int]:
    _, axis = style.panel()
    cut.draw(axis, dot)
    found: dict[str, int] = {}
    for lines in axis.collections:
        if isinstance(lines, LineCollection):
            length = float(np.linalg.norm(np.diff(lines.get_segments()[0], axis=0)))
            found[f"{length:.2f}"] = len(lines.get_segments())
    return found


def test_the_halo_is_that_of_the_ligands_there_are() -> None:
    shell = (Layer("ZnS", 0.6),)
    assert strokes(LayeredDot("InP", 3.0, shell)) == {}
    # 80 on a sphere of radius 2.1 nm: a slice of 0.5 nm holds 80 * 0.5 / 4.2 of them; 17 carbons are 2.3 nm.
    assert strokes(LayeredDot("InP", 3.0, shell, ligands={"OA": 80})) == {"2.30": 10}
    assert strokes(LayeredDot("InP", 3.0, shell, ligands={"OA": 40})) == {"2.30": 5}
    assert strokes(LayeredDot("InP", 3.0, shell, ligands={"OA": 42, "F": 84})) == {"2.30": 5, "0.25": 10}


def test_ligands_per_dot_share_an_axis_with_nothing_else(batch: Batch) -> None:
    found = [f for f in figures.growth(batch) if f.caption.startswith("Ligands")]
    assert len(found) == 1
    assert {name for name in found[0].data if name != "time_min"} >= {"ligands_OA_per_dot"}
    assert not [name for name in found[0].data if "nm2" in name]


def test_layers_of_one_material_are_one_in_the_headline(batch: Batch) -> None:
    last = batch.samples[-1]
    assert last.population is not None
    shells = (Layer("ZnSe", 0.5), Layer("ZnS", 0.3, crystalline=0.5), Layer("ZnS", 0.1))
    dots = replace(last.population, dot=replace(last.population.dot, shells=shells))
    said = html.headline(replace(batch, samples=(replace(last, population=dots),)))
    assert "with 0.50 nm of ZnSe and 0.40 nm of ZnS" in said


def test_every_sample_is_cut_open_and_fills_the_page(batch: Batch) -> None:
    page = html.render(batch)
    rows = page.split('<figure class="row">')[1:]
    assert len(rows) == 2
    for row in rows:
        assert re.findall(r"<b>(.*?)</b>", row[: row.index("</figure>")]) == [s.name for s in batch.samples]
    assert "figure svg { width: 100%" in page


def test_a_mixed_crystal_has_a_colour_between() -> None:
    mixed = style.material_colour("ZnSe0.5S0.5")
    assert mixed not in style.MATERIAL_COLOURS.values()
    for got, a, b in zip(
        *(style.rgb(style.material_colour(m)) for m in ("ZnSe0.5S0.5", "ZnSe", "ZnS")), strict=True
    ):
        assert min(a, b) - 0.01 <= got <= max(a, b) + 0.01
    assert style.material_colour("PbTe") == "#999999"


def test_colours_of_long_series_differ() -> None:
    assert style.colours(3) == list(style.COLOURS[:3])
    assert len(set(style.colours(30))) == 30


RISING, FALLING, TOP, DIP = (0.1, 0.5, 0.9), (0.9, 0.5, 0.1), (0.2, 0.8, 0.2), (0.8, 0.2, 0.8)
LEVEL_FIRST, STEEP_FIRST = (0.0, 0.0, 0.9), (0.9, 0.01, 0.04)


@pytest.mark.parametrize("yields", [RISING, FALLING, TOP, DIP, LEVEL_FIRST, STEEP_FIRST])
def test_values_stand_clear_of_the_line_and_of_the_errors(batch: Batch, yields: tuple[float, ...]) -> None:
    samples = tuple(
        replace(s, quantities={**s.quantities, "plqy": Quantity(y, 0.03, "fraction", "")})
        for s, y in zip(batch.samples, yields, strict=True)
    )
    (figure,) = (f for f in series.drawn(replace(batch, samples=samples)) if "plqy" in f.data)
    FigureCanvasAgg(figure.drawing).draw()
    axis = figure.drawing.axes[1]
    points = axis.transData.transform([(i, 100 * y) for i, y in enumerate(yields)])
    bars = axis.transData.transform([(i, 100 * y + e) for i, y in enumerate(yields) for e in (-3, 3)])
    lines = [Path(points), *(Path(bars[i : i + 2]) for i in (0, 2, 4))]
    assert len(axis.texts) == 3
    for text in axis.texts:
        box = text.get_window_extent()
        assert not any(line.intersects_bbox(box, filled=False) for line in lines), text.get_text()
        assert axis.bbox.y0 <= box.y0 <= box.y1 <= figure.drawing.bbox.y1


def test_the_colours_of_a_level_map_do_not_make_mountains_of_it() -> None:
    from epidot.report.maps import _span

    low, high = _span(np.array([[0.9999, 0.999901], [np.nan, 0.9999]]))
    assert low < 0.9999 < 0.999901 < high
    assert high - low == pytest.approx(0.01, rel=1e-3)
    assert _span(np.array([1.0, 3.0])) == (1.0, 3.0)
