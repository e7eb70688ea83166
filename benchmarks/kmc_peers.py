"""The models of `kmc.py` and `kmc_models.py` in kmcos, another program, with its own compiler and kernel.

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
CELLS = 17  # of two sites, along an edge of diamond: 9826 sites
KT = 2.0  # of spins and hops, as in kmc_models.py
MODELS = ("adsorption", "adsorption and hops", "Ising flips", "diamond hops", "square hops")
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


def kmcos(python: str, *, model: str, repeats: int, events: int) -> dict[str, object]:
    """Speeds and the observables of a model in kmcos, built and run by `python`; or the reason for none.

    ``model`` is one of :data:`MODELS`.  Each run has its own seed and its own steady state to start from.
    Speeds are in million events per second of CPU time of one thread, observables averages over time.
    """
    python = os.path.abspath(shutil.which(python) or python)
    reason = unavailable(python)
    if reason is not None:
        return {"skipped": reason}
    with tempfile.TemporaryDirectory() as folder:
        script = str(Path(__file__).resolve())
        runs: list[dict[str, Any]] = []
        for stage in ("build", *(str(seed) for seed in range(1, repeats + 1))):
            work = [python, script, stage, model, str(events)]
            done = subprocess.run(work, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
            if done.returncode:
                why = (done.stderr.strip().splitlines() or ["no message"])[-1]
                verb = "build" if stage == "build" else "run"
                return {"skipped": f"kmcos failed to {verb} the model: {why}"}
            runs.append(json.loads(done.stdout.splitlines()[-1]))
    build, *runs = runs
    speeds = [run["events"] / run["seconds"] / 1e6 for run in runs]
    row = {
        "version": build["version"],
        "backend": "local_smart",
        "M events/s": round(statistics.median(speeds), 3),
        "lowest": round(min(speeds), 3),
        "highest": round(max(speeds), 3),
        "events": events,
        "processes": build["processes"],
    }
    for name, error in (
        ("coverage", "its standard error"),
        ("events per site and time", "error of the events"),
        ("unlike pairs per site", "error of the pairs"),
    ):
        seen = [run[name] for run in runs]
        row[name] = round(statistics.mean(seen), 5)
        row[error] = round(statistics.stdev(seen) / math.sqrt(repeats), 5)
    return {**row, "s to build": round(build["seconds"], 1)}


# What follows is run by the peer's Python.


def build(model: str) -> dict[str, object]:
    """Declare the model, write its Fortran and compile it into the present folder."""
    from importlib.metadata import version

    from kmcos.cli import main
    from kmcos.types import Action, Condition, Layer, Project, Site

    before = time.time()
    diamond = model == "diamond hops"
    project = Project()
    project.set_meta(author="-", email="-", model_name="square", model_dimension=3 if diamond else 2)
    for name in ("empty", "A"):
        project.add_species(name=name)
    project.species_list.default_species = "empty"
    if diamond:  # the primitive cell of fcc, skewed into a cube: bonds lead to four cells
        sites = [Site(name="s", pos="0.2 0.2 0.2"), Site(name="t", pos="0.7 0.7 0.7")]
        bonds = ((0, 0, 0), (-1, 0, 0), (0, -1, 0), (0, 0, -1))
    else:
        sites = [Site(name="s", pos="0.5 0.5 0.5")]
        bonds = tuple((x, y, 0) for x, y in NEIGHBOURS)
    project.add_layer(Layer(name="square", sites=sites))

    def around(name: str, cell: tuple[int, int, int]) -> list[tuple[str, tuple[int, int, int]]]:
        """The four neighbours of a site."""
        sign, other = (1, "t") if name == "s" else (-1, "s")
        return [
            (other if diamond else name, tuple(c + sign * b for c, b in zip(cell, bond, strict=True)))
            for bond in bonds
        ]

    def coord(place: tuple[str, tuple[int, int, int]]) -> object:
        name, cell = place
        return project.lattice.generate_coord(f"{name}.({cell[0]},{cell[1]},{cell[2]})")

    number = 0

    def declare(
        rate: float, change: list[tuple[Any, str, str]], given: list[tuple[Any, str]], name: str = ""
    ) -> None:
        """One process: (place, species before, species after) and what stands round it."""
        nonlocal number
        conditions = [Condition(coord=coord(place), species=first) for place, first, _ in change]
        conditions += [Condition(coord=coord(place), species=s) for place, s in given]
        actions = [Action(coord=coord(place), species=last) for place, _, last in change]
        project.add_process(
            name=name or f"p{number}", conditions=conditions, actions=actions, rate_constant=repr(rate)
        )
        number += 1

    for site in sites:
        home = (site.name, (0, 0, 0))
        beside = around(*home)
        if model.startswith("adsorption"):
            declare(1.0, [(home, "empty", "A")], [], "adsorb")
            for given in product(("empty", "A"), repeat=4):
                n = given.count("A")
                declare(math.exp(-n / 2), [(home, "A", "empty")], list(zip(beside, given, strict=True)))
            if model.endswith("hops"):
                for place in beside:
                    declare(1.0, [(home, "A", "empty"), (place, "empty", "A")], [])
        elif model == "Ising flips":
            for first, last in (("empty", "A"), ("A", "empty")):
                for given in product(("empty", "A"), repeat=4):
                    unlike = given.count(last)
                    rate = math.exp(-max(4 - 2 * unlike, 0) / KT)
                    declare(rate, [(home, first, last)], list(zip(beside, given, strict=True)))
        else:
            for place in beside:
                others = [p for p in beside if p != place]
                beyond = [p for p in around(*place) if p != home]
                for given in product(("empty", "A"), repeat=6):
                    n, m = given[:3].count("A"), given[3:].count("A")
                    rate = math.exp(-2 * max(n - m, 0) / KT)
                    change = [(home, "A", "empty"), (place, "empty", "A")]
                    declare(rate, change, list(zip(others + beyond, given, strict=True)))
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


def run(seed: int, model: str, events: int) -> dict[str, object]:
    """Speed of one run of the compiled model, and what is seen over the measured and as many more events."""
    import numpy as np

    sys.path.insert(0, os.path.abspath("built"))
    from kmcos.run import KMC_Model

    diamond = model == "diamond hops"
    size = [CELLS] * 3 if diamond else SIDE
    made = KMC_Model(size=size, banner=False, print_rates=False, random_seed=seed)
    base, steps = made.base, made.proclist.do_kmc_steps
    if not model.startswith("adsorption"):  # half of the sites at random
        cells = made._get_configuration()
        two = np.array([int(made.proclist.empty), int(made.proclist.a)])
        made._set_configuration(
            np.random.default_rng(seed).permutation(np.resize(two, cells.size)).reshape(cells.shape)
        )
        made._adjust_database()
    steps(WARM)

    def pairs() -> float:
        """Unlike pairs per site."""
        c = made._get_configuration()
        if not diamond:
            return float(sum(np.mean(c != np.roll(c, 1, axis=a)) for a in (0, 1)))
        s, t = c[..., 0], c[..., 1]
        every = [np.mean(s != t)] + [np.mean(s != np.roll(t, 1, axis=a)) for a in range(3)]
        return float(sum(every)) / 2

    n = made._get_configuration().size
    seconds, seen, filled, start = 0.0, [], [], base.get_kmc_time()
    for _ in range(40):
        before = time.process_time()
        steps(events // 40)
        seconds += time.process_time() - before
        seen.append(pairs())
        filled.append(float(np.mean(made._get_configuration() == int(made.proclist.a))))
    made_time = base.get_kmc_time() - start
    return {
        "events": events // 40 * 40,
        "seconds": seconds,
        "coverage": float(np.mean(filled)),
        "events per site and time": events / n / made_time,
        "unlike pairs per site": float(np.mean(seen)),
    }


if __name__ == "__main__":
    stage, which, number_of = sys.argv[1:]
    answer = build(which) if stage == "build" else run(int(stage), which, int(number_of))
    print("\n" + json.dumps(answer))
