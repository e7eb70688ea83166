"""How often one stated standard error covers the truth: the tables of docs/coverage.md.

    python benchmarks/coverage_tables.py [tcspc ...] [--case TEXT] [--seeds 200] [--write] [--missing]
        [--json]
    python benchmarks/coverage_tables.py raman --law [--cases 12] [--seeds 20]

Cases stand in ``coverage_cases/<instrument>.py``.  ``--write`` puts each case into
``docs/coverage/<instrument>.csv`` as soon as it is done, ``--missing`` leaves out those that stand there
already: together they go on with a table that was cut off.  ``--case`` takes the cases whose name holds
the text.  The exit status is 1 if a case run here does not keep 60 to 76 %.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from coverage_cases import Case

from epidot import files
from epidot import instruments as every
from epidot.instruments.symmetry import COVERED, LEAST, broken, pulls

TABLES = Path(__file__).resolve().parents[1] / "docs" / "coverage"
COLUMNS = ("case", "quantity", "truth", "seeds", "stated / %", "covered / %", "median pull", "median sigma")
INSTRUMENTS = sorted(p.stem for p in (Path(__file__).parent / "coverage_cases").glob("[!_]*.py"))
FEWEST = 20  # stated values from which their coverage is judged


def rows_of(case: Case, seeds: int) -> list[dict[str, Any]]:
    """One row per true value: how often it was stated, and how often its error covered the truth."""
    pulls: dict[str, list[float]] = {name: [] for name in case.truths}
    sigmas: dict[str, list[float]] = {name: [] for name in case.truths}
    for seed in range(seeds):
        found = case.measured(np.random.default_rng([2026, seed])).found
        for name, truth in case.truths.items():
            q = found.get(name)
            if q is not None and q.value is not None and q.sigma:
                pulls[name].append((q.value - truth) / q.sigma)
                sigmas[name].append(q.sigma)
    rows = []
    for name, truth in case.truths.items():
        off = np.array(pulls[name])
        few = off.size < FEWEST
        covered = "" if few else f"{100 * np.mean(np.abs(off) < 1):.1f}"
        pull, sigma = ("", "") if few else (f"{np.median(off):+.2f}", f"{np.median(sigmas[name]):.3g}")
        stated = f"{100 * off.size / seeds:.1f}"
        row = (case.name, name, f"{truth:.5g}", str(seeds), stated, covered, pull, sigma)
        rows.append(dict(zip(COLUMNS, row, strict=True)))
    return rows


def kept(row: dict[str, Any]) -> bool:
    """Whether a row keeps the law; what is hardly ever stated breaks none."""
    covered = row["covered / %"]
    return covered == "" or 100 * COVERED[0] <= float(covered) <= 100 * COVERED[1]


def stored(instrument: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of the table of ``instrument`` by case."""
    path = TABLES / f"{instrument}.csv"
    out: dict[str, list[dict[str, Any]]] = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                out.setdefault(row["case"], []).append(row)
    return out


def store(instrument: str, order: list[str], case: str, rows: list[dict[str, Any]]) -> None:
    """Put ``rows`` of ``case`` into the table, whose cases keep the ``order`` of the module."""
    table = stored(instrument) | {case: rows}
    lines = [",".join(COLUMNS)]
    for name in order:
        lines += [",".join(f'"{v}"' if "," in v else v for v in r.values()) for r in table.get(name, [])]
    files.write(TABLES / f"{instrument}.csv", "\n".join(lines) + "\n")


def law(names: list[str], cases: int, noises: int) -> dict[str, Any]:
    """By instrument: what one standard error covers over random dots, and what breaks the law."""
    out = {}
    for name in names:
        device = every.instrument(name)
        assert device.HEADER.trial is not None
        further = getattr(import_module(f"coverage_cases.{name}"), "LAWS", {})
        for called, draw in {name: device.HEADER.trial, **further}.items():
            begin = time.process_time()
            found = pulls(device, draw, np.random.default_rng(2026), cases, noises)
            for quantity, off in found.items():
                shown = f"{100 * np.mean(np.abs(off) < 1):6.1f} % covered, median pull {np.median(off):+.2f}"
                print(f"{called} {quantity:24s} {off.size} {shown}", file=sys.stderr, flush=True)
            spent = (time.process_time() - begin) / (cases * noises)
            print(f"{1e3 * spent:.0f} ms each", file=sys.stderr, flush=True)
            covered = {q: float(np.mean(np.abs(off) < 1)) for q, off in found.items()}
            out[called] = {"covered": covered, "broken": broken(found, few=cases * noises < LEAST)}
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("instruments", nargs="*", default=INSTRUMENTS, metavar="INSTRUMENT")
    parser.add_argument("--case", default="", help="only cases whose name holds this text")
    parser.add_argument("--seeds", type=int, help="of each case [200; 20 with --law]")
    parser.add_argument("--law", action="store_true", help="the law of symmetry over random dots")
    parser.add_argument("--cases", type=int, default=12, help="of --law: random dots")
    parser.add_argument("--write", action="store_true", help="put the rows into docs/coverage")
    parser.add_argument("--missing", action="store_true", help="leave out cases that stand there already")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    asked = parser.parse_args()
    unknown = sorted(set(asked.instruments) - set(INSTRUMENTS))
    if unknown:
        parser.error(f"no cases of {', '.join(unknown)}; there are {', '.join(INSTRUMENTS)}")
    if asked.law:
        found = law(asked.instruments, asked.cases, asked.seeds or 20)
        breaches = [f"{name}: {words}" for name, one in found.items() for words in one["broken"]]
        print(
            json.dumps({"benchmark": "law", "found": found}, indent=2) if asked.json else "\n".join(breaches)
        )
        return 1 if breaches else 0
    seeds = asked.seeds or 200
    done: dict[str, list[dict[str, Any]]] = {}
    for instrument in asked.instruments:
        cases: list[Case] = import_module(f"coverage_cases.{instrument}").CASES
        there = stored(instrument) if asked.missing else {}
        for case in cases:
            if asked.case not in case.name or case.name in there:
                continue
            begin = time.process_time()
            rows = rows_of(case, seeds)
            done.setdefault(instrument, []).extend(rows)
            if asked.write:
                store(instrument, [c.name for c in cases], case.name, rows)
            spent = (time.process_time() - begin) / seeds
            for row in rows:
                shown = "  ".join(f"{row[c]:>{w}}" for c, w in zip(COLUMNS[1:], WIDTHS, strict=True))
                mark = "" if kept(row) else "  <-"
                print(f"{instrument} {case.name:48s} {shown}{mark}", file=sys.stderr, flush=True)
            print(f"{1e3 * spent:.0f} ms each", file=sys.stderr, flush=True)
    broken = [row for rows in done.values() for row in rows if not kept(row)]
    if asked.json:
        print(json.dumps({"benchmark": "coverage", "rows": done, "broken": broken}, indent=2))
    else:
        print(f"{sum(map(len, done.values()))} rows, {len(broken)} outside 60 to 76 %")
    return 1 if broken else 0


WIDTHS = (17, 8, 4, 6, 6, 6, 9)

if __name__ == "__main__":
    sys.exit(main())
