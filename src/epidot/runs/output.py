"""The files a run leaves: batch.nc, dots.extxyz, summary.json and report.html."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from epidot import files
from epidot.dot.grown import GrownDot
from epidot.dot.layers import LayeredDot
from epidot.runs.batch import Batch

if TYPE_CHECKING:
    from epidot.dot.export import Positions

NAMES = ("batch.nc", "dots.extxyz", "summary.json", "report.html")
DRAWN = 20  # dots of the last sample in dots.extxyz


def check(folder: Path) -> None:
    """Refuse a folder that could not take the results, before the work.

    Raises
    ------
    CannotWrite
        Naming the first file or folder that cannot be written.
    """
    files.check_folder(folder, NAMES)


def finished(folder: Path) -> Mapping[str, str] | None:
    """What the finished run in ``folder`` was made of (its provenance), or ``None`` if there is none."""
    try:
        found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return dict(found["provenance"]) if (folder / "batch.nc").is_file() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_data(batch: Batch, folder: Path, positions: Positions = "lattice") -> None:
    """Write ``batch.nc``, ``dots.extxyz`` (its atoms where ``positions`` says) and ``summary.json``."""
    import numpy as np

    from epidot.dot.export import write_extxyz

    files.make_folder(folder)
    batch.save(folder / "batch.nc")
    drawn = folder / "dots.extxyz"
    when = {s.name: {"time_s": s.time_s, "temperature_K": s.temperature_K} for s in batch.samples}
    write_extxyz(
        _drawn(batch), drawn, np.random.default_rng(batch.seed), None, positions=positions, said=when
    )
    files.write(folder / "summary.json", json.dumps(batch.summary(), indent=2, ensure_ascii=False) + "\n")


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
