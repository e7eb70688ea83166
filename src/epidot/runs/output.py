"""The files a run leaves: batch.nc, dots.extxyz, summary.json and report.html."""

from __future__ import annotations

import json
import os
from pathlib import Path

from epidot.errors import WorkError
from epidot.runs.batch import Batch


def write_data(batch: Batch, folder: Path) -> None:
    """Write ``batch.nc``, ``dots.extxyz`` and ``summary.json``, each aside first and then renamed."""
    import numpy as np

    from epidot.dot.export import write_extxyz

    try:
        folder.mkdir(parents=True, exist_ok=True)
        batch.save(folder / "batch.nc")
        named = {sample.name: sample.population.dot for sample in batch.samples if sample.population}
        write_extxyz(named, folder / "dots.extxyz", np.random.default_rng(batch.seed))
        _write_text(folder / "summary.json", json.dumps(batch.summary(), indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise WorkError(
            f"{folder}: the results cannot be written ({error.strerror}); choose another folder with -o"
        ) from None


def _write_text(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.partial")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, path)
