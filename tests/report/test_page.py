"""What the page says is what the batch holds: fractions as percent, once and not twice, everywhere."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import epidot
from epidot.papers.claims import ClaimResult
from epidot.report import figures, html, series
from epidot.runs.batch import Batch, dots_said

TREATED = "yuan2023/oam-br-300"


@pytest.fixture(scope="module")
def batch() -> Batch:
    return epidot.run(TREATED, dots=2, seed=0, engine="meanfield")


def table(page: str) -> dict[str, dict[str, str]]:
    """The page's first table: sample, then column, then what stands there."""
    text = page[page.index("<th>sample</th>") : page.index("</table>", page.index("<th>sample</th>"))]
    head = re.findall(r"<th>(.*?)</th>", text)
    rows = [re.findall(r"<td>(.*?)</td>", line) for line in text.splitlines() if "<td>" in line]
    return {row[0]: dict(zip(head, row, strict=True)) for row in rows}


def value(batch: Batch, sample: str, name: str) -> float:
    found = batch.sample(sample).quantities[name].value
    assert found is not None
    return found


def test_clip_paths_are_named_by_what_is_drawn() -> None:
    """matplotlib names them by unrounded corners, whose last bits change from run to run."""
    from epidot.report.style import named_by_content

    drawn = '<clipPath id="{0}"><rect x="1"/></clipPath><path clip-path="url(#{0})"/><g id="p0123456789"/>'
    one, other = (named_by_content(drawn.format(name)) for name in ("p78b3b9bf90", "p8994073923"))
    assert one == other
    assert 'id="p0123456789"' in one
    assert named_by_content(drawn.format("p78b3b9bf90").replace('"1"', '"2"')) != one


def test_fractions_stand_on_the_page_as_percent(batch: Batch) -> None:
    page = html.render(batch)
    shown = table(page)
    assert list(shown) == [s.name for s in batch.samples]
    for name, row in shown.items():
        plqy, strain = value(batch, name, "plqy"), value(batch, name, "strain_core")
        assert 0 <= plqy <= 1
        assert float(row["PLQY / %"]) == pytest.approx(100 * plqy, abs=0.06)
        assert float(row["core strain / %"]) == pytest.approx(100 * strain, abs=0.006)
        assert float(row["1S / nm"]) == pytest.approx(value(batch, name, "first_exciton_nm"), abs=0.06)
        assert float(row["°C"]) == pytest.approx(batch.sample(name).temperature_K - 273.15, abs=0.51)
        assert float(row["min"]) == pytest.approx(batch.sample(name).time_s / 60, abs=0.06)
    last = batch.samples[-1].name
    assert value(batch, last, "plqy") > 0.5
    assert f"with a quantum yield of {100 * value(batch, last, 'plqy'):.0f} %" in page


def test_the_series_of_a_treatment_shows_its_yields_in_percent(batch: Batch) -> None:
    (shown,) = (f for f in series.drawn(batch) if "plqy" in f.data)
    every = [100 * value(batch, sample.name, "plqy") for sample in batch.samples]
    assert shown.data["plqy"] == pytest.approx(every)


def test_numbers_of_claims_are_no_longer_than_they_are_known(batch: Batch) -> None:
    """Unrounded lists pushed the verdict off the page."""
    values, errors = [1.23456789, 2.0, 3.3333333], [0.0123456, 0.0, 0.2]
    found = ClaimResult("Y999", "three", "1.5; 2; 3", "nm", values, errors, "within", "predicted", "")
    plain = replace(found, paper_value=0.123456789, value=True, sigma=None)
    page = html.render(batch, [found, plain])
    cells = re.findall(r'<td class="value">(.*?)</td>', page)
    assert cells == ["1.5; 2; 3 nm", "1.235 ± 0.012, 2, 3.333 ± 0.2", "0.1235 nm", "yes"]


def test_a_flask_without_dots_says_so() -> None:
    text = "recipe: 1\ncore: none\nsolvent: {reagent: squalane, volume: 10 mL}\nsteps:\n"
    text += "  - add: {reagent: zinc oleate, amount: 1 mmol}\n  - heat: 100 °C\n  - sample: precursor\n"
    empty = epidot.run(text, dots=3)
    assert dots_said(empty.summary()) == "no dots"
    assert "kmc engine, no dots, seed 0" in html.render(empty)


def test_dots_are_counted_in_words(batch: Batch) -> None:
    assert dots_said(batch.summary()) == "2 dots"
    assert dots_said(batch.summary() | {"dots": 1}) == "1 dot"


def test_the_last_tick_of_a_decay_is_whole(batch: Batch) -> None:
    drawing = figures.decays(batch).drawing
    FigureCanvasAgg(drawing).draw()
    (axis,) = drawing.axes
    last = next(t for t in axis.get_xticklabels() if t.get_text() == "250")
    assert last.get_window_extent().x1 <= drawing.bbox.x1
