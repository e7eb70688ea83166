"""The report of a run: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from epidot import files
from epidot.dot.layers import Layer
from epidot.papers.answer import short, with_error
from epidot.papers.claims import ClaimResult
from epidot.quantities import Quantity, interval, number
from epidot.report import cut, figures, halides, portrait, series, wavefunctions
from epidot.report.template import rendered
from epidot.runs.batch import Batch, Sample, dots_said
from epidot.runs.envelope import STANDS
from epidot.runs.quantities import between, cell, columns, off, widest, worst
from epidot.units import celsius

PORTRAITS = 12  # dots that are drawn atom by atom


def write(
    batch: Batch, path: str | Path, claims: Sequence[ClaimResult] = (), elsewhere: Sequence[str] = ()
) -> None:
    """Write the report of ``batch``; see :func:`render`."""
    files.write(path, render(batch, claims, elsewhere))


def begin(
    batch: Batch, path: Path, claims: Sequence[ClaimResult], elsewhere: Sequence[str], others: Executor | None
) -> Callable[[], None]:
    """As :func:`write`, by one of ``others`` where there are any; what is returned waits for its end."""
    if others is None:
        return lambda: write(batch, path, claims, elsewhere)
    # Of the dots on their sites only those that are drawn need to be sent.
    samples = tuple(replace(s, grown=s.grown and (portrait.middle(s.grown),)) for s in batch.samples)
    given = others.submit(write, replace(batch, samples=samples), path, claims, elsewhere)

    def end() -> None:
        try:
            given.result()
        except BrokenExecutor:  # that process is gone, killed perhaps for want of memory
            write(batch, path, claims, elsewhere)

    return end


def render(batch: Batch, claims: Sequence[ClaimResult] = (), elsewhere: Sequence[str] = ()) -> str:
    """The report as HTML text; the same batch gives the same text.

    ``claims`` are those the run answers, ``elsewhere`` the ids of those that need other runs.
    """
    return rendered(
        "template.html",
        batch=batch,
        headline=headline(batch),
        dots=dots_said(batch.summary()),
        columns=[column.heading for column in columns(batch.samples)],
        rows=rows(batch),
        stated=any(q.interval68 is not None for s in batch.samples for q in s.quantities.values()),
        figures=[f.embedded() for f in _figures(batch)],
        everything=_everything(batch),
        claims=[_claim(c) for c in claims],
        elsewhere=elsewhere,
        worst=max(batch.conservation.values(), default=0.0),
    )


def _figures(batch: Batch) -> list[figures.Figure]:
    drawn = [figures.programme(batch), *series.drawn(batch), *figures.growth(batch)]
    dots = {s.name: s.population.dot for s in batch.samples if s.population is not None}
    if dots:
        drawn += [_portraits(batch), cut.sections(dots)]
    if any(s.spectra for s in batch.samples):
        drawn += [figures.spectra(batch), figures.decays(batch)]
    return drawn + wavefunctions.drawn(batch) + halides.drawn(batch)


def _portraits(batch: Batch) -> figures.Figure:
    """Atoms of every sample; of very many, first and last among those drawn."""
    rng = np.random.default_rng(batch.seed)
    samples = tuple(s for s in batch.samples if s.population is not None)
    found = {s.name: portrait.likeness(s, rng) for s in _spread(samples, PORTRAITS)}
    dots = {name: dot for name, dot in found.items() if dot is not None}
    return portrait.row(dots, known=all(s.grown for s in samples), left_out=len(samples) - len(found))


def _spread(samples: tuple[Sample, ...], most: int) -> tuple[Sample, ...]:
    """At most ``most`` of the samples, first and last among them."""
    if len(samples) <= most:
        return samples
    step = (len(samples) - 1) / (most - 1)
    return tuple(samples[round(i * step)] for i in range(most))


def rows(batch: Batch) -> list[tuple[str, str, str, list[tuple[str, str]], str]]:
    """The table of samples: name, minutes, °C, every column with its interval, place to what was fitted."""
    return [
        (
            s.name,
            f"{s.time_s / 60:.1f}",
            f"{celsius(s.temperature_K):.0f}",
            cells(s, batch.samples),
            worst(s.quantities.values()),
        )
        for s in batch.samples
    ]


def cells(sample: Sample, samples: Sequence[Sample]) -> list[tuple[str, str]]:
    """The row of a sample in the table of samples: every value, and its interval where one is stated."""
    found = [(column, sample.quantities.get(column.name)) for column in columns(samples)]
    return [
        (cell(column, None), "")
        if q is None
        else (" ".join(filter(None, (cell(column, q), off(column, q)))), between(column, _ends(q)))
        for column, q in found
    ]


def _ends(quantity: Quantity) -> tuple[float, float] | None:
    """Its interval by the errors of the model's numbers, with that of sampling in it where that is known."""
    return quantity.with_sampling or quantity.interval68


def _claim(found: ClaimResult) -> dict[str, Any]:
    """A row of the table of claims, its numbers as long as they are known."""
    printed = found.paper_value
    return found.to_json() | {
        "paper_value": "–" if printed is None else printed if isinstance(printed, str) else short(printed),
        "value": "–" if found.value is None else with_error(found.value, found.sigma),
    }


def _everything(batch: Batch) -> list[tuple[str, str, list[str], str]]:
    """Every quantity of every sample: name, unit, values, method."""
    names: dict[str, None] = {}
    for sample in batch.samples:
        names.update(dict.fromkeys(sample.quantities))
    rows = []
    for name in names:
        found = [s.quantities.get(name) for s in batch.samples]
        first = next(q for q in found if q is not None)
        how = first.method + (f" ({first.note})" if first.note else "")
        last = next((q for q in reversed(found) if q is not None and q.widest), None)
        if last is not None:
            how += f"; interval of the last sample widest by {widest(last, batch.rests_on)}"
        rows.append((name, first.unit, [_with_interval(q) for q in found], how))
    return rows


def _with_interval(quantity: Quantity | None) -> str:
    if quantity is None or quantity.value is None:
        return "–"
    text = number(quantity.value, quantity.sigma) if quantity.sigma else f"{quantity.value:.5g}"
    ends = _ends(quantity)
    return text if ends is None else f"{text} ({interval(ends)})"


def headline(batch: Batch) -> str:
    """The outcome in one sentence."""
    if not batch.samples:
        return "The recipe ran, but no sample was taken."
    last = batch.samples[-1]
    if last.population is None:
        return f"At “{last.name}” the flask holds the precursor; there are no dots in it."
    dot = last.population.dot
    alike = ((name, sum(layer.thickness_nm for layer in of)) for name, of in groupby(dot.shells, _material))
    shell = " and ".join(f"{thick:.2f} nm of {name}" for name, thick in alike) or "no shell"
    text = f"At “{last.name}” the mean dot is {dot.core_diameter_nm:.2f} nm of {dot.core} with {shell}"
    quantities = last.quantities
    if "pl_peak_nm" in quantities and quantities["pl_peak_nm"].value is not None:
        text += f"; it emits at {_in_words(quantities['pl_peak_nm'], 1)} nm"
    if "plqy" in quantities and quantities["plqy"].value is not None:
        text += f" with a quantum yield of {_in_words(quantities['plqy'], 100)} %"
        if quantities["plqy"].sigma:
            text += f" (± by {dots_said(batch.summary())})"
        if told := widest(quantities["plqy"], batch.rests_on):
            text += f"; widest: {told}"
    if stands := batch.basis.get(STANDS):
        text += f". To what the models were fitted on it stands {stands}"
    return " ".join([*batch.headlines, text + "."])


def _material(layer: Layer) -> str:
    return layer.material


def _in_words(quantity: Quantity, times: float) -> str:
    """A value and its interval to whole numbers, below ten to two digits."""
    assert quantity.value is not None
    digits = ".0f" if abs(times * quantity.value) >= 10 else ".2g"
    text = f"{times * quantity.value:{digits}}"
    if quantity.sigma:
        text = number(times * quantity.value, times * quantity.sigma)
    ends = _ends(quantity)
    if ends is None:
        return text
    low, high = (f"{times * end:{digits}}" for end in ends)
    return f"{text} ({low} to {high})"
