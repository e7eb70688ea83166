"""The files a run leaves: batch.nc, dots.extxyz, summary.json and report.html."""

from __future__ import annotations

import json
import os
from pathlib import Path

from epidot.dot.grown import GrownDot
from epidot.dot.layers import LayeredDot
from epidot.errors import WorkError
from epidot.runs.batch import Batch

DRAWN = 20  # dots of the last sample in dots.extxyz


def write_data(batch: Batch, folder: Path) -> None:
    """Write ``batch.nc``, ``dots.extxyz`` and ``summary.json``, each aside first and then renamed."""
    import numpy as np

    from epidot.dot.export import write_extxyz

    try:
        folder.mkdir(parents=True, exist_ok=True)
        batch.save(folder / "batch.nc")
        write_extxyz(_drawn(batch), folder / "dots.extxyz", np.random.default_rng(batch.seed), None)
        _write_text(folder / "summary.json", json.dumps(batch.summary(), indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise WorkError(
            f"{folder}: the results cannot be written ({error.strerror}); choose another folder with -o"
        ) from None


def _drawn(batch: Batch) -> dict[str, LayeredDot | GrownDot]:
    """One dot of every sample and, where dots are grown one by one, up to :data:`DRAWN` of the last.

    ``batch.nc`` keeps all of them: ``export.write_extxyz(batch.sample(name).grown, path, rng, None)``.
    """
    out: dict[str, LayeredDot | GrownDot] = {}
    for sample in batch.samples:
        if sample.grown:
            out[sample.name] = sample.grown[0]
        elif sample.population is not None:
            out[sample.name] = sample.population.dot
    if batch.samples:
        last = batch.samples[-1]
        out |= {f"{last.name} #{i + 1}": dot for i, dot in enumerate(last.grown[1:DRAWN], start=1)}
    return out


def _write_text(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.partial")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, path)
