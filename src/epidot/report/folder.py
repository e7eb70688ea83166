"""A folder measured at once: every file by its technique, one table, one page with every picture."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from epidot import __version__, files
from epidot.errors import EpidotError
from epidot.instruments.folder import naming
from epidot.instruments.folder.agreement import Compared, compared
from epidot.instruments.folder.inventory import Found, inventory
from epidot.instruments.folder.record import GROWN, Record, digest, grown, measured, without_measurement
from epidot.instruments.folder.rules import Rules
from epidot.instruments.folder.seen import file_names
from epidot.processes import beside, processes
from epidot.report import measurement, style
from epidot.report.template import rendered
from epidot.runs.batch import Batch

PICTURE = "picture"
TABLE, EVERYTHING, PAGE, RECORDS = "table.csv", "table.json", "report.html", "records"
_WORTH = 4  # files; fewer are measured before another process has begun
_HEADS = ("sample", "file", "technique", "quantity", "value", "sigma", "unit", "method", "note")


@dataclass(frozen=True)
class Measured:
    """What was found in a folder: a record for each file, and what the techniques agree on."""

    folder: str
    records: tuple[Record, ...]
    agreement: tuple[Compared, ...]
    resumed: int = 0

    def count(self, *states: str) -> int:
        """How many files are in one of ``states``."""
        return sum(one["state"] in states for one in self.records)

    def of_state(self, *states: str) -> list[Record]:
        """The records in one of ``states``."""
        return [one for one in self.records if one["state"] in states]

    @property
    def results(self) -> list[Record]:
        """The records of files that were measured, also those in which nothing was found."""
        return [one for one in self.of_state("measured", "without a value") if one["technique"] != GROWN]

    def to_json(self) -> dict[str, Any]:
        """The contract of ``epidot measure auto --json``."""

        def told(*states: str) -> list[Record]:
            return [{k: v for k, v in one.items() if k != PICTURE} for one in self.of_state(*states)]

        return {
            "folder": self.folder,
            "results": told("measured", "without a value"),
            "failed": told("not measured"),
            "not_recognised": told("unknown"),
            "other": told("part", "beside", "left out"),
            "agreement": [one.to_json() for one in self.agreement],
        }


def check(out: Path) -> None:
    """Refuse now a place where :func:`measure` could not write.

    Raises
    ------
    CannotWrite
        With the reason.
    """
    files.check_folder(out, (TABLE, EVERYTHING, PAGE))


def measure(
    folder: str | Path,
    out: Path | None = None,
    *,
    rules: Rules | None = None,
    jobs: int | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Measured:
    """Measure every file in ``folder`` and below that some instrument reads; with ``out`` write it all there.

    A file whose record lies in ``out`` from an earlier call is not measured again if neither it nor its
    options nor epidot have changed: a call that was cut short goes on where it was.

    Raises
    ------
    InputError
        If there is no such folder, nothing in it, or ``out`` cannot be written.
    """
    root = Path(folder)
    found = inventory(root, rules, () if out is None else (out,))
    if out is not None:
        files.make_folder(out / RECORDS)
    parts: dict[str, list[str]] = {}
    for one in found:
        if one.role == "part":
            parts.setdefault(one.of, []).append(one.path)
    records: dict[str, Record] = {}
    runs: list[Record] = []
    waiting: list[tuple[Found, Path | None]] = []
    for one in found:
        if one.role == "run":
            runs += _of_run(root, one)
            continue
        if one.role != "data":
            records[one.path] = without_measurement(one)
            continue
        place = None if out is None else _place(out, root, one, parts.get(one.path, ()))
        kept = None if place is None else _kept(place)
        if kept is None:
            waiting.append((one, place))
        else:
            records[one.path] = kept
    resumed = sum(one.role == "data" for one in found) - len(waiting)
    for record in _each(root, waiting, jobs, progress):
        records[record["file"]] = record
    ordered = (*(records[one.path] for one in found if one.path in records), *runs)
    whole = Measured(str(folder), ordered, tuple(compared(ordered)), resumed)
    if out is not None:
        files.write(out / TABLE, table(whole))
        text = json.dumps(whole.to_json(), ensure_ascii=False, indent=2, allow_nan=False)
        files.write(out / EVERYTHING, text + "\n")
        files.write(out / PAGE, page(whole))
    return whole


def _of_run(root: Path, one: Found) -> list[Record]:
    """The samples of a batch as the model sees them."""
    try:
        batch = Batch.load(root / one.path)
    except EpidotError as error:
        return [without_measurement(replace(one, role="unknown", says=str(error)))]
    words = naming.words_of_techniques()
    return [
        grown(
            replace(one, path=f"{one.path} [{sample.name}]"),
            naming.sample(file_names(sample.name)["pl"], words),
            {name: quantity.to_json() for name, quantity in sample.quantities.items()},
        )
        | {PICTURE: ""}
        for sample in batch.samples
    ]


def _place(out: Path, root: Path, one: Found, parts: Iterable[str]) -> Path:
    return out / RECORDS / f"{digest(root, one, parts, __version__)}.json"


def _kept(place: Path) -> Record | None:
    try:
        kept = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) and {"file", "state", PICTURE} <= kept.keys() else None


def _each(
    root: Path,
    waiting: Sequence[tuple[Found, Path | None]],
    jobs: int | None,
    progress: Callable[[float, str], None] | None,
) -> Iterable[Record]:
    """The records of files, in any order."""
    from concurrent.futures import as_completed

    with processes(beside(jobs, len(waiting), len(waiting) >= _WORTH)) as others:
        begun: Iterable[Record]
        if others is None:
            begun = (_one(root, *each) for each in waiting)
        else:
            begun = (f.result() for f in as_completed([others.submit(_one, root, *each) for each in waiting]))
        for done, record in enumerate(begun, start=1):
            if progress is not None:
                progress(done / len(waiting), f"{done} of {len(waiting)}: {record['file']}")
            yield record


def _one(root: Path, one: Found, place: Path | None) -> Record:
    """Measure a file and keep its record, with its picture inside, at ``place``."""
    record, row = measured(root, one)
    record[PICTURE] = ""
    if place is None:
        return record
    if row.signal is not None and row.found is not None:
        drawing = measurement.page(one.path, row.signal, row.found)
        record[PICTURE] = base64.b64encode(style.png(drawing)).decode()
    files.write(place, json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
    return record


def table(whole: Measured) -> str:
    """Every value as CSV: a line for each quantity of each file."""
    rows: list[Sequence[object]] = [_HEADS]
    for record in whole.of_state("measured"):
        for name, found in record["quantities"].items():
            values, sigmas = found["value"], found["sigma"]
            several = isinstance(values, list)
            pairs = zip(values, sigmas, strict=True) if several else [(values, sigmas)]
            for i, (value, sigma) in enumerate(pairs, start=1):
                if value is not None:
                    label = f"{name}_{i}" if several else name
                    told = (label, value, sigma, found["unit"], found["method"], found["note"])
                    rows.append((record["sample"], record["file"], record["technique"], *told))
    return files.csv_text(rows)


def page(whole: Measured) -> str:
    """The page as HTML text that needs nothing else."""
    by_sample: dict[str, list[Record]] = {}
    for record in whole.results:  # a run's own report shows what it grew
        by_sample.setdefault(record["sample"] or "(no sample's name)", []).append(record)
    return rendered(
        "folder.html",
        whole=whole,
        version=__version__,
        samples=by_sample,
        headline=headline(whole),
        failed=whole.of_state("not measured"),
        unknown=whole.of_state("unknown"),
        others=whole.of_state("beside", "left out"),
    )


def headline(whole: Measured) -> str:
    """The outcome in one sentence."""
    empty, failed, unknown = (whole.count(s) for s in ("without a value", "not measured", "unknown"))
    valued = [one for one in whole.results if one["state"] == "measured"]
    techniques, done = sorted({one["technique"] for one in valued}), len(valued)
    text = f"{done} file{'' if done == 1 else 's'} measured"
    if techniques:
        text += f" ({', '.join(techniques)})"
    for n, said in ((empty, "without a value"), (failed, "not measured"), (unknown, "of no known technique")):
        if n:
            text += f", {n} {said}"
    apart = sum("disagree" in one.verdict for one in whole.agreement)
    if apart:
        text += f"; techniques disagree in {apart} place{'' if apart == 1 else 's'}"
    return text
