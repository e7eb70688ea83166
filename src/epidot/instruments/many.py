"""Many curves through one instrument: files, folders, patterns, all columns of a file; a row for each."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from epidot import instruments
from epidot.errors import EpidotError, Fault, InputError, nearest
from epidot.instruments.contract import Instrument
from epidot.instruments.options import Option, settled
from epidot.processes import beside, processes
from epidot.quantities import Quantities
from epidot.signal import Signal

ALL = "all"
WORTH = 8  # curves; fewer are measured before another process has begun
_MOST_IN_ONE_GO = 16  # columns of one file that one process takes
# What lies in a folder of spectra without being one.
_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".tif", ".tiff"}
_DOCUMENTS = {".md", ".rst", ".pdf", ".doc", ".docx", ".ppt", ".pptx", ".html", ".log", ".zip", ".gz"}
_OF_PROGRAMS = {".py", ".ipynb", ".json", ".yaml", ".yml", ".toml", ".nc"}
_NO_DATA = _PICTURES | _DOCUMENTS | _OF_PROGRAMS


@dataclass(frozen=True)
class Row:
    """One curve: what was measured on it, or the ``reasons`` why nothing was.

    ``column`` is its name in a file of several that were asked for.  ``signal`` is kept for a plot only.
    """

    file: str
    column: str
    found: Quantities | None
    reasons: tuple[Fault, ...] = ()
    signal: Signal | None = None
    bad_input: bool = False

    @property
    def empty(self) -> bool:
        """Whether the curve was measured and no quantity has a value."""
        if self.found is None:
            return False
        several = (v for one in self.found.series.values() for v in one.values)
        return all(v is None for v in (*(q.value for q in self.found.values()), *several))

    @property
    def name(self) -> str:
        """The curve in a message."""
        return f"{self.file} [{self.column}]" if self.column else self.file


def measure_files(
    technique: str,
    targets: Iterable[str | Path],
    *,
    columns: str | None = None,
    jobs: int | None = None,
    progress: Callable[[float, str], None] | None = None,
    signals: bool = False,
    leave_out: Iterable[Path] = (),
    **options: Any,
) -> list[Row]:
    """A row for each curve of ``targets``, in their order: files, folders, patterns, or ``-`` for stdin.

    ``columns`` is ``"all"`` or numbers such as ``"1-3,7"`` (the columns of each file after its axis);
    without it one curve of each file is measured.  ``jobs`` processes share the work (default: all
    cores, for eight curves or more).  ``options`` are those of the instrument's ``read`` and
    ``measure``.  A curve that cannot be measured loses no other: its row says why.

    Raises
    ------
    InputError
        If there is no such technique or option, a folder or pattern holds no file, or nothing is named.
    """
    device = instruments.instrument(technique)
    declared = {o.name: o for o in (*device.HEADER.read_options, *device.HEADER.measure_options)}
    settled(declared.values(), options, f"{technique}.measure")
    files = expanded(targets, leave_out, device.HEADER.endings)
    if columns is not None:
        _check_columns(columns, device, options)
    tasks: list[tuple[str, tuple[str, ...]]] = []
    rows: list[Row] = []
    for file, found in _each(device, files, columns, options):
        if isinstance(found, EpidotError):
            rows.append(_failed(file, "", found))
            continue
        tasks += [(file, found[i : i + _MOST_IN_ONE_GO]) for i in range(0, len(found), _MOST_IN_ONE_GO)]
    count = sum(len(some) for _, some in tasks)
    # What comes through standard input is in this process alone.
    several = 0 if "-" in files else beside(jobs, len(tasks), count >= WORTH)
    done = 0

    def take(more: Sequence[Row]) -> None:
        nonlocal done
        rows.extend(more)
        done += len(more)
        if progress is not None and more:
            progress(done / count, f"{done} of {count}: {Path(more[-1].file).name}")

    with processes(several) as others:
        if others is None:
            for file, some in tasks:
                take(_measured(technique, file, some, options, signals))
        else:
            waiting = [others.submit(_measured, technique, f, some, options, signals) for f, some in tasks]
            for one in waiting:
                take(one.result())
    order = {file: i for i, file in enumerate(files)}
    return _one_rule(sorted(rows, key=lambda row: order[row.file]))


@dataclass(frozen=True)
class Curve:
    """One curve that was read, and its ``name`` in a message."""

    name: str
    signal: Signal


def curves(
    technique: str, targets: Iterable[str | Path], columns: str | None, options: Mapping[str, Any]
) -> list[Curve]:
    """Every curve of ``targets``, found and chosen as by :func:`measure_files`, read with ``options``.

    Raises
    ------
    InputError
        With the faults of all files that cannot be read.
    """
    device = instruments.instrument(technique)
    if columns is not None:
        _check_columns(columns, device, options)
    found: list[Curve] = []
    faults: list[Fault] = []
    for file, some in _each(device, expanded(targets, endings=device.HEADER.endings), columns, options):
        if isinstance(some, EpidotError):
            faults += some.faults if isinstance(some, InputError) else [Fault(str(some), file)]
            continue
        for column in some:
            try:
                signal = device.read(file, **_of(device.HEADER.read_options, options, column))
            except InputError as error:
                faults += error.faults
                continue
            label = f" [{_label(signal, column)}]" if column else ""
            found.append(Curve(f"{file}{label}", signal))
    if faults:
        raise InputError(faults)
    return found


def expanded(
    targets: Iterable[str | Path], leave_out: Iterable[Path] = (), endings: tuple[str, ...] = ()
) -> list[str]:
    """The files that ``targets`` name, each once; those of a folder and of a pattern in natural order.

    Of a folder the files that lie in it directly are taken, but no hidden ones, pictures and documents;
    where ``endings`` are given, those with one of them alone, and signals saved as ``.csv``.

    Raises
    ------
    InputError
        For every pattern without a file and every folder without one.
    """
    found: dict[str, None] = {}
    faults: list[Fault] = []
    apart = {os.path.abspath(path) for path in leave_out}
    for target in map(str, targets):
        if os.path.isdir(target):
            inside = [os.path.join(target, name) for name in sorted(os.listdir(target), key=natural)]
            some = [f for f in inside if os.path.isfile(f) and not _beside_data(f, apart, endings)]
            if not some:
                faults.append(Fault("no data file in this folder", target, remedy="name the files"))
        elif glob.has_magic(target) and not os.path.exists(target):
            some = [f for f in sorted(glob.glob(target), key=natural) if os.path.isfile(f)]
            some = [f for f in some if os.path.abspath(f) not in apart]
            if not some:
                place = os.path.dirname(target) or "."
                there = os.listdir(place) if os.path.isdir(place) else []
                close = nearest(os.path.basename(target), there)
                faults.append(Fault("no file fits this pattern", target, nearest=close))
        else:
            some = [target]
        found |= dict.fromkeys(some)
    if faults:
        raise InputError(faults)
    if not found:
        raise InputError("nothing to measure", remedy="name a file, a folder or a pattern")
    return list(found)


def natural(name: str) -> list[tuple[int, int | str]]:
    """Sorts ``2 min`` before ``10 min``."""
    return [(0, int(p)) if p.isdigit() else (1, p.lower()) for p in re.split(r"(\d+)", name) if p]


def _beside_data(file: str, apart: set[str], endings: tuple[str, ...]) -> bool:
    name = os.path.basename(file)
    ending = os.path.splitext(name)[1].lower()
    other = ending not in (*endings, ".csv") if endings else ending in _NO_DATA
    return name.startswith((".", "~")) or other or os.path.abspath(file) in apart


def _check_columns(columns: str, device: Instrument, options: Mapping[str, Any]) -> None:
    header = device.HEADER
    if "column" not in {option.name for option in header.read_options}:
        raise InputError(f"{header.name} files have no columns to choose from", seen=f"columns={columns}")
    if options.get("column") is not None:
        raise InputError("column and columns exclude each other", seen=str(options["column"]))
    if columns != ALL:
        _numbers(columns)


def _numbers(columns: str) -> list[int]:
    out: list[int] = []
    for part in columns.replace(" ", "").split(","):
        ends = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", part)
        if ends is None or not int(ends[1]) <= int(ends[2] or ends[1]):
            remedy = "give all, or numbers such as 1-3,7; a column by its name is chosen with column"
            raise InputError("not a choice of columns", seen=columns, remedy=remedy)
        out += range(int(ends[1]), int(ends[2] or ends[1]) + 1)
    return out


def _each(
    device: Instrument, files: Iterable[str], columns: str | None, options: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[str, ...] | EpidotError]]:
    """Every file with the columns asked for (``""``: what its reader takes by itself), or why it has none."""
    for file in files:
        if columns is None:
            yield file, ("",)
            continue
        try:
            yield file, _chosen(columns, _columns_of(device, file, options), file)
        except EpidotError as error:
            yield file, error


def _columns_of(device: Instrument, file: str, options: Mapping[str, Any]) -> list[str]:
    first = device.read(file, **_of(device.HEADER.read_options, options))
    return list(first.meta.get("columns") or [first.meta.get("column", first.y_name)])


def _chosen(columns: str, names: Sequence[str], file: str) -> tuple[str, ...]:
    """The numbers, from 1, of the columns asked for."""
    if columns == ALL:
        return tuple(str(i) for i in range(1, len(names) + 1))
    asked = _numbers(columns)
    if beyond := [n for n in asked if not 1 <= n <= len(names)]:
        remedy = f"the file has {len(names)}"
        raise InputError("no such column", file, seen=", ".join(map(str, beyond)), remedy=remedy)
    return tuple(map(str, asked))


def _of(declared: Iterable[Option], options: Mapping[str, Any], column: str = "") -> dict[str, Any]:
    names = {option.name for option in declared}
    asked = {**options, "column": column} if column else options
    return {name: value for name, value in asked.items() if name in names and value is not None}


def _measured(
    technique: str, file: str, columns: Sequence[str], options: Mapping[str, Any], signals: bool
) -> list[Row]:
    """The rows of one file; a ``column`` of ``""`` is the one that the reader takes by itself."""
    device = instruments.instrument(technique)
    header = device.HEADER
    rows = []
    for column in columns:
        label = column
        try:
            signal = device.read(file, **_of(header.read_options, options, column))
            label = _label(signal, column)
            found = device.measure(signal, **_of(header.measure_options, options))
        except EpidotError as error:
            rows.append(_failed(file, label, error))
        else:
            rows.append(Row(file, label, found, signal=signal if signals else None))
    return rows


def _label(signal: Signal, column: str) -> str:
    """What a column is called in a row: its head, and its number where several have that head."""
    if not column:
        return ""
    name = str(signal.meta.get("column", column))
    alike = [str(other) for other in signal.meta.get("columns") or ()].count(name) > 1
    return f"{name} (column {column})" if alike else name


def _failed(file: str, column: str, error: EpidotError) -> Row:
    if isinstance(error, InputError):
        return Row(file, column, None, error.faults, bad_input=True)
    return Row(file, column, None, (Fault(str(error), file),))


def _one_rule(rows: list[Row]) -> list[Row]:
    """A series is measured by one rule: a row that was measured by another says so."""
    rules = [row.found.extra.get("rule") if row.found and not row.empty else None for row in rows]
    if not any(rules):
        return rows
    usual = Counter(rule for rule in rules if rule).most_common(1)[0][0]
    return [
        row if row.found is None or rule in (None, usual) else _told(row, row.found, rule, usual)
        for row, rule in zip(rows, rules, strict=True)
    ]


def _told(row: Row, found: Quantities, rule: str, usual: str) -> Row:
    said = f"measured by another rule than most of this table: {rule}, not {usual}"
    return replace(row, found=replace(found, warnings=(*found.warnings, said)))
