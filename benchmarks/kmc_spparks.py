"""The models of `kmc_models.py` in SPPARKS, another program: its input, its run, its figures.

SPPARKS (GPL, C++) is no dependency of epidot and none of it is here.  Its program is given by its path:

    make stubs; make serial    # in its folder src
    python benchmarks/kmc_sizes.py --spparks src/spk_serial
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import tempfile

from kmc_models import SIZES, Case

HEAD = {
    "square": "dimension 2\nlattice sq/4n 1.0\nregion box block 0 {edge} 0 {edge} -0.5 0.5",
    "diamond": "dimension 3\nlattice diamond 1.0\nregion box block 0 {edge} 0 {edge} 0 {edge}",
}
SCRIPT = """seed {seed}
app_style {style}
{head}
create_box box
create_sites box value {variable} 1
set {variable} value 2 fraction 0.5
solve_style tree
diag_style energy
temperature {kT}
stats {every}
run {warm}
run {time}
"""


def spparks(program: str, case: Case, size: str, repeats: int, time: float) -> dict[str, object]:
    """Accepted events per second of CPU time (set-up and warming taken off) and observables; or why none.

    Means over ``repeats`` seeds, each warmed for a quarter of ``time`` (units of a free hop or flip).
    Selection is by its tree, whose sampling is right (its groups are biased).
    """
    style = "ising" if case.name == "Ising flips" else "diffusion linear hop"
    edge = SIZES[case.kind][size]
    sites = edge**2 if case.kind == "square" else 8 * edge**3
    speeds, rates, pairs = [], [], []
    for seed in range(1, repeats + 1):
        script = SCRIPT.format(
            seed=seed,
            style=style,
            head=HEAD[case.kind].format(edge=edge),
            variable="site" if style == "ising" else "i1",
            kT=case.kT,
            every=time / 20,
            warm=time / 4,
            time=time,
        )
        whole = _run(program, script)
        warmed = _run(program, script[: script.rindex("run ")])
        if isinstance(whole, str) or isinstance(warmed, str):
            return {"skipped": str(whole if isinstance(whole, str) else warmed)}
        cpu, told = whole[0] - warmed[0], whole[1]
        rows = [line.split() for line in told.splitlines()]
        heads = [i for i, row in enumerate(rows) if row[:2] == ["Time", "Naccept"]]
        end = [i for i, row in enumerate(rows) if row[:3] == ["Loop", "time", "of"]][-1]
        last = [[float(x) for x in row] for row in rows[heads[-1] + 1 : end]]
        events = last[-1][1] - last[0][1]
        speeds.append(events / cpu / 1e6)
        rates.append(events / sites / (last[-1][0] - last[0][0]))
        per_pair = 2.0 if style == "ising" else 1.0  # spins of both ends carry the energy of a pair
        pairs.append(statistics.mean(row[5] for row in last) / per_pair / sites)
    return {
        "M events/s": round(statistics.median(speeds), 3),
        "lowest": round(min(speeds), 3),
        "highest": round(max(speeds), 3),
        "events per site and time": round(statistics.mean(rates), 5),
        "unlike pairs per site": round(statistics.mean(pairs), 5),
        "sites": sites,
    }


def _run(program: str, script: str) -> tuple[float, str] | str:
    """CPU time in s and what SPPARKS says to a script; or why it did not run it."""
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            done = subprocess.run(
                [program], input=script, cwd=folder, capture_output=True, text=True, check=False
            )
        except OSError as fault:
            return f"the program given does not start: {fault.strerror}"
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or "Loop time of" not in done.stdout:
        return f"SPPARKS failed: {((done.stdout + done.stderr).strip().splitlines() or ['no message'])[-1]}"
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout
