"""The page of runs: what is in the folder of a run, and its atoms as numbers for the graphics card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot import files, instruments
from epidot.dot.atoms import place
from epidot.dot.relax import relax
from epidot.errors import InputError
from epidot.report import html, portrait
from epidot.runs.batch import Batch, Sample
from epidot.runs.envelope import STANDS
from epidot.runs.quantities import columns
from epidot.web import scripts
from epidot.web.lines import line
from epidot.web.sandbox import Sandbox, is_run

MOST_TEXT_OF_RUN = 50_000_000  # bytes of a summary
_ROLES = ("core", "shell", "oxide", "ligand")


def listed(box: Sandbox) -> dict[str, Any]:
    """The finished runs of the folder, the newest first."""
    out = []
    for folder in box.runs():
        try:
            said, at = _summary(folder), (folder / "batch.nc").stat().st_mtime
        except (InputError, OSError):  # opened, it says what is wrong with it
            said, at = {}, 0.0
        kept = {name: said.get(name) for name in ("recipe", "engine", "dots", "seed")}
        out.append({"name": box.name(folder), "time": at, **kept})
    return {"runs": out, "techniques": list(instruments.names())}


def shown(box: Sandbox, *, name: str) -> dict[str, Any]:
    """Summary, history and steps of one run."""
    folder = _folder(box, name)
    batch = _batch(folder)
    return {
        "name": name,
        "summary": _summary(folder),
        "headline": html.headline(batch),
        "stands": str(batch.basis.get(STANDS, "")),
        "table": {
            "columns": [column.heading for column in columns(batch.samples)],
            "rows": html.rows(batch),
        },
        "history": {key: values.tolist() for key, values in batch.history.items()},
        "steps": [{"start_s": a, "duration_s": b, "text": c} for a, b, c in batch.steps],
        "samples": [
            {
                "name": sample.name,
                "time_s": sample.time_s,
                "spectra": sorted(sample.spectra),
                "dots": len(sample.grown),
                "layers": _layers(sample),
            }
            for sample in batch.samples
        ],
        "command": scripts.command("run", f"{name}/batch.nc", "-o", f"{name}-again"),
        "python": scripts.of_run(f"{name}/batch.nc"),
    }


def spectra(box: Sandbox, *, name: str, sample: str) -> dict[str, Any]:
    """Absorption, emission and decay of one sample."""
    found = _batch(_folder(box, name)).sample(sample)
    return {"sample": sample, "spectra": {key: values.tolist() for key, values in found.spectra.items()}}


def atoms(box: Sandbox, *, name: str, sample: str, dot: str = "0", strain: str = "") -> bytes:
    """One dot for the graphics card: a head as JSON (its length first), then 32-bit floats by column.

    Columns of n numbers each: x, y, z (nm), drawn radius (nm), kind, role, layer, strain (NaN where it was
    not asked for, or has no meaning).
    """
    found = _batch(_folder(box, name)).sample(sample)
    number = int(dot) if dot.isascii() and dot.isdigit() else -1
    last = max(len(found.grown), 1) - 1
    if not 0 <= number <= last:
        raise InputError("no such dot", seen=dot[:20], remedy=f"this sample holds dots 0 to {last}")
    chosen = found.grown[number] if found.grown else portrait.likeness(found, np.random.default_rng(0))
    if chosen is None:
        raise InputError("there are no dots in this sample", seen=sample)
    placed = place(chosen)
    strained = np.full(len(placed), np.nan)
    if strain:
        at_rest = relax(placed)
        placed, strained = at_rest.atoms, at_rest.strain
    kinds = portrait.names(placed)
    names = list(dict.fromkeys(kinds.tolist()))
    looks = [portrait.LOOK.get(kind, portrait.OTHER) for kind in names]
    index = np.array([names.index(kind) for kind in kinds.tolist()])
    columns = (
        *placed.position_nm.T,
        np.array([look[1] for look in looks])[index],
        index,
        np.array([_ROLES.index(role) for role in placed.role.tolist()]),
        placed.layer,
        strained,
    )
    head = {
        "atoms": len(placed),
        "dot": number,
        "dots": len(found.grown),
        "likeness": not found.grown,  # drawn from layers, not grown
        "kinds": [{"name": kind, "colour": look[0]} for kind, look in zip(names, looks, strict=True)],
        "counts": {kind: int(np.sum(index == i)) for i, kind in enumerate(names)},
        "roles": _ROLES,
        "profile": _profile(placed.position_nm, kinds, names),
    }
    return packed(head, np.stack([np.asarray(c, dtype=np.float32) for c in columns]))


def packed(head: dict[str, Any], columns: NDArray[np.float32]) -> bytes:
    """A head and numbers behind it, aligned to four bytes."""
    told = files.json_text(head, indent=None).encode()
    told += b" " * (-len(told) % 4)
    return len(told).to_bytes(4, "little") + told + columns.astype("<f4").tobytes()


def simulated(
    box: Sandbox, *, run: str, sample: str, technique: str, setup: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What an instrument would show of one sample, with the noise of seed 0 as the command has it."""
    found = _batch(_folder(box, run)).sample(sample)
    if found.population is None:
        raise InputError("there are no dots in this sample", seen=sample)
    signal = instruments.instrument(technique).simulate(
        found.population, dict(setup or {}), rng=np.random.default_rng(0)
    )
    words = scripts.flags(dict(setup or {}))
    return {
        "curve": line(signal) if signal.rows is None else None,
        "warnings": list(signal.warnings),
        "command": scripts.command(
            "simulate", technique, run, "--sample", sample, *words, "-o", f"{technique}.csv"
        ),
        "python": scripts.of_simulation(technique, run, sample, setup or {}),
    }


def report(box: Sandbox, *, name: str) -> str:
    """The report that the run wrote."""
    return box.report(_folder(box, name))


def _profile(position_nm: NDArray[np.float64], kinds: NDArray[np.str_], names: list[str]) -> dict[str, Any]:
    """Atoms of each kind by their distance from the centre, per shell of 0.1 nm."""
    r = np.linalg.norm(position_nm, axis=1)
    edges = np.arange(0, float(r.max()) + 0.2, 0.1)
    counts = {kind: np.histogram(r[kinds == kind], edges)[0].tolist() for kind in names}
    return {"r_nm": ((edges[1:] + edges[:-1]) / 2).tolist(), "counts": counts}


def _layers(sample: Sample) -> list[dict[str, Any]]:
    if sample.population is None:
        return []
    dot = sample.population.dot
    core = {"material": dot.core, "radius_nm": dot.core_diameter_nm / 2}
    shells = [
        {"material": layer.material, "radius_nm": float(radius)}
        for layer, radius in zip(dot.shells, dot.radii_nm[1:], strict=True)
    ]
    return [core, *shells]


def _folder(box: Sandbox, name: str) -> Path:
    folder = box.path(name)
    if not is_run(folder):
        raise InputError("no finished run lies there", seen=name[:80])
    return folder


def _summary(folder: Path) -> dict[str, Any]:
    file = folder / "summary.json"
    try:
        found = json.loads(files.read(file, MOST_TEXT_OF_RUN, "summary"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InputError("no summary of a run", str(file), remedy="run the recipe again into this folder")
    return found


def _batch(folder: Path) -> Batch:
    file = folder / "batch.nc"
    return _loaded(str(file), file.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _loaded(file: str, changed: int) -> Batch:
    return Batch.load(file)
