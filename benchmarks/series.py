"""Two hundred files of a series through one command: wall and CPU seconds, for each technique.

``background`` are emission spectra that stand on a tenth of their height.

    python benchmarks/series.py [pl background uvvis tcspc] [--files 200] [--jobs 2] [--json]

The files are made first and do not count.  The CPU seconds are those of this process and of its workers; on a
machine that does other work too they say more than the wall.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from epidot.constants import HC

TARGET_S = 10.0  # wall, on two quiet cores


def write(series: str, folder: Path, files: int) -> None:
    """A series of ``files`` that moves step by step."""
    for i in range(files):
        rng = np.random.default_rng([17, i])
        if series == "tcspc":
            t = np.arange(0, 400, 0.2)
            y = rng.poisson(3 + 3000 * np.exp(-np.clip(t - 20, 0, None) / (15 + 0.02 * i)) * (t >= 20))
            head, x = "time (ns),counts", t
        elif series in ("pl", "background"):
            x = np.arange(480.0, 721.0)
            E = HC / x
            under = 20 if series == "pl" else 2000
            y = rng.poisson(2e4 * np.exp(-0.5 * ((E - 2.1 + 2e-4 * i) / 0.06) ** 2) + under)
            head = "wavelength (nm),PL (counts)"
        else:
            x = np.arange(380.0, 760.0)
            E, first = HC / x, 2.3 - 5e-4 * i
            y = 0.3 * np.exp(-0.5 * ((E - first) / 0.06) ** 2) + 0.5 / (1 + np.exp(-(E - first - 0.5) / 0.1))
            y = y + rng.normal(0, 5e-4, x.size)
            head = "wavelength (nm),absorbance"
        rows = "\n".join(f"{a:.6g},{b:.6g}" for a, b in zip(x, y, strict=True))
        (folder / f"{i:03d}.csv").write_text(f"{head}\n{rows}\n", encoding="utf-8")


def measured(series: str, files: int, jobs: int) -> dict[str, float | str | int]:
    """Seconds of one series."""
    from epidot.instruments.many import measure_files

    technique = "pl" if series == "background" else series
    options = {"period_ns": "400", "exponentials": 1} if technique == "tcspc" else {}
    with tempfile.TemporaryDirectory() as name:
        write(series, Path(name), files)
        before, begin = cpu(), time.perf_counter()
        rows = measure_files(technique, [name], jobs=jobs, **options)
        wall, used = time.perf_counter() - begin, cpu() - before
    bad = sum(row.found is None or row.empty for row in rows)
    return {"series": series, "files": files, "jobs": jobs, "wall_s": wall, "cpu_s": used, "bad": bad}


def cpu() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("techniques", nargs="*", default=["pl", "background", "uvvis", "tcspc"])
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    asked = parser.parse_args()
    rows = [measured(name, asked.files, asked.jobs) for name in asked.techniques]
    if asked.json:
        print(json.dumps({"benchmark": "series", "target_s": TARGET_S, "rows": rows}, indent=2))
    for row in () if asked.json else rows:
        print(
            f"{row['series']:10s} {row['files']} files: wall {row['wall_s']:.1f} s, CPU {row['cpu_s']:.1f} s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
