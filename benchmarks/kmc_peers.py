"""The square-lattice model of `kmc.py` in kmcos, another program, with its own compiler and kernel.

kmcos (PyPI) writes Fortran for each model and compiles it with gfortran. It is no dependency of epidot and is
never imported by it: the Python given must import kmcos, and everything happens in processes of that Python
and in a temporary folder.

    python3.11 -m venv PEER; PEER/bin/pip install kmcos ase lxml "numpy<1.25"
    python benchmarks/kmc.py --peer-python PEER/bin/python

The wrappers that f2py of numpy 1.25 and later writes for these models do not compile (kmcos issue 284).
"""

from __future__ import annotations

import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

SIDE = 100
NEIGHBOURS = ((1, 0), (-1, 0), (0, 1), (0, -1))
WARM = 200_000  # events; from the empty lattice, some twenty units of time
NEEDED = "import kmcos.types, kmcos.cli, ase; from numpy.f2py import compile"


def unavailable(python: str) -> str | None:
    """Why kmcos cannot be run by this Python; None if it can."""
    if shutil.which("gfortran") is None:
        return "no gfortran, with which kmcos compiles its models"
    try:
        tried = subprocess.run(
            [python, "-c", NEEDED], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
    except OSError as fault:
        return f"the Python given for the peer does not start: {fault.strerror}"
    if tried.returncode:
        why = (tried.stderr.strip().splitlines() or ["no message"])[-1]
        return f"the Python given for the peer cannot import kmcos ({why})"
    return None


def kmcos(python: str, *, hops: bool, repeats: int, events: int) -> dict[str, object]:
    """Speeds and coverage of the model in kmcos, built and run by `python`; or the reason for none.

    Each run has its own seed and its own steady state to start from. Speeds are in million events per second
    of CPU time of one thread; coverages are averages over time.
    """
    python = os.path.abspath(shutil.which(python) or python)
    reason = unavailable(python)
    if reason is not None:
        return {"skipped": reason}
    with tempfile.TemporaryDirectory() as folder:
        script = str(Path(__file__).resolve())
        runs: list[dict[str, Any]] = []
        for stage in ("build", *(str(seed) for seed in range(1, repeats + 1))):
            work = [python, script, stage, "hops" if hops else "", str(events)]
            done = subprocess.run(work, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
            if done.returncode:
                why = (done.stderr.strip().splitlines() or ["no message"])[-1]
                verb = "build" if stage == "build" else "run"
                return {"skipped": f"kmcos failed to {verb} the model: {why}"}
            runs.append(json.loads(done.stdout.splitlines()[-1]))
    build, *runs = runs
    speeds = [run["events"] / run["seconds"] / 1e6 for run in runs]
    coverage = [run["coverage"] for run in runs]
    return {
        "version": build["version"],
        "backend": "local_smart",
        "M events/s": round(statistics.median(speeds), 3),
        "lowest": round(min(speeds), 3),
        "highest": round(max(speeds), 3),
        "events": events,
        "processes": build["processes"],
        "coverage": round(statistics.mean(coverage), 5),
        "its standard error": round(statistics.stdev(coverage) / math.sqrt(repeats), 5),
        "s to build": round(build["seconds"], 1),
    }


# What follows is run by the peer's Python.


def build(hops: bool) -> dict[str, object]:
    """Declare the model, write its Fortran and compile it into the present folder."""
    from importlib.metadata import version

    from kmcos.cli import main
    from kmcos.types import Action, Condition, Layer, Project, Site

    before = time.time()
    project = Project()
    project.set_meta(author="-", email="-", model_name="square", model_dimension=2)
    for name in ("empty", "A"):
        project.add_species(name=name)
    project.species_list.default_species = "empty"
    project.add_layer(Layer(name="square", sites=[Site(name="s", pos="0.5 0.5 0.5")]))
    centre = project.lattice.generate_coord("s")
    around = [project.lattice.generate_coord(f"s.({x},{y},0)") for x, y in NEIGHBOURS]

    def declare(name: str, rate: float, change: list[tuple[object, str, str]], given: tuple[str, ...] = ()):  # type: ignore[no-untyped-def]
        """One process: (site, species before, species after) and the species round the centre."""
        conditions = [Condition(coord=site, species=first) for site, first, _ in change]
        conditions += [Condition(coord=site, species=s) for site, s in zip(around, given, strict=False)]
        actions = [Action(coord=site, species=last) for site, _, last in change]
        project.add_process(name=name, conditions=conditions, actions=actions, rate_constant=repr(rate))

    declare("adsorb", 1.0, [(centre, "empty", "A")])
    for number, given in enumerate(product(("empty", "A"), repeat=4)):
        declare(f"desorb_{number}", math.exp(-given.count("A") / 2), [(centre, "A", "empty")], given)
    if hops:
        for number, site in enumerate(around):
            declare(f"hop_{number}", 1.0, [(centre, "A", "empty"), (site, "empty", "A")])
    project.save("square.xml")
    folder = Path.cwd()
    main("export square.xml built -b local_smart -o")
    if not list((folder / "built").glob("kmc_model*.so")):
        raise SystemExit("gfortran or f2py left no compiled model")
    return {
        "version": version("kmcos"),
        "processes": len(project.process_list),
        "seconds": time.time() - before,
    }


def run(seed: int, events: int) -> dict[str, object]:
    """Speed of one run of the compiled model, and its coverage over the measured and as many more events."""
    sys.path.insert(0, os.path.abspath("built"))
    from kmcos.run import KMC_Model

    model = KMC_Model(size=SIDE, banner=False, print_rates=False, random_seed=seed)
    base, steps, adsorb = model.base, model.proclist.do_kmc_steps, int(model.proclist.adsorb)
    steps(WARM)
    start, waited = base.get_kmc_time(), base.get_integ_rate(adsorb)
    before = time.process_time()
    steps(events)
    seconds = time.process_time() - before
    steps(events)
    # adsorption goes at 1 on each vacant site: its rate integrated over time is the time of all vacant sites
    vacant = (base.get_integ_rate(adsorb) - waited) / (base.get_kmc_time() - start)
    return {"events": events, "seconds": seconds, "coverage": float(1 - vacant / SIDE**2)}


if __name__ == "__main__":
    stage, with_hops, number = sys.argv[1:]
    answer = build(bool(with_hops)) if stage == "build" else run(int(stage), int(number))
    print("\n" + json.dumps(answer))
