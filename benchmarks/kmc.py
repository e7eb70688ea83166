"""Speed of the lattice kinetic Monte Carlo kernel: events per second of CPU time, median of several runs.

    OMP_NUM_THREADS=1 python benchmarks/kmc.py [--json] [--repeats 7] [--peer-python PATH]

Targets, one thread: square lattice with hops 1.5 M events/s, zinc blende of 10^4 sites 1.5 M events/s, the
mechanism choi2023 on 50 dots with a live liquor 0.4 M events/s and less than twice slower than on one dot.
Each model's first events are held against the plain-Python reference: same times, sites and reactions.  Only
draws that change something count as events.  The square lattice is also run by kmcos, where a Python with it
is given; its coverage must be the same.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from kmc_peers import kmcos

from epidot.constants import K_B
from epidot.growth.kmc import Count, Model, Partner, Reaction, Species, join
from epidot.growth.kmc.builders import zinc_blende
from epidot.growth.kmc.compiler import Compiled, compile_model
from epidot.growth.kmc.simulation import Simulation

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from oracle.kmc import RUNS, Checked
from oracle.kmc.lattices import square

ONE_KT = 1 / K_B  # K: energies in multiples of kT
EMPTY_A = (Species("empty"), Species("A"))
OCCUPIED = (Count("n", "nn", ("A",)),)
R = 6.68  # 10 034 sites


def square_lattice(hops: bool) -> tuple[Compiled, np.ndarray]:
    """100 x 100: adsorption 1, desorption exp(-n/2), hops 1 to each vacant site; from its steady state."""
    reactions = [
        Reaction("adsorb", "empty", "A", 1.0),
        Reaction("desorb", "A", "empty", 1.0, energy={"n": 0.5}),
    ]
    if hops:
        to = Partner("nn", "empty", "A", counted=True)
        reactions.append(Reaction("hop", "A", "empty", 1.0, partner=to))
    compiled = compile_model(Model(EMPTY_A, tuple(reactions), OCCUPIED), square(100).along_curve())
    warm = Simulation(compiled, "empty", seed=0, programme=ONE_KT)
    warm.run(until=15.0)
    return compiled, warm.species


def growing_dot(S: float, h: float, *, counted: bool, dots: int = 1) -> tuple[Compiled, np.ndarray]:
    """Growth S exp(-4) next to an atom, desorption exp(-2 n), hops h exp(-2 n) to sites next to an atom."""
    near = {"n": (1, 4)}
    reactions = [
        Reaction("grow", "empty", "A", S * math.exp(-4.0), where=near),
        Reaction("desorb", "A", "empty", 1.0, energy={"n": 2.0}),
    ]
    if h:
        to = Partner("second", "empty", "A", near, counted=counted)
        reactions.append(Reaction("hop", "A", "empty", h, energy={"n": 2.0}, where=near, partner=to))
    lattice = zinc_blende(R)
    compiled = compile_model(Model(EMPTY_A, tuple(reactions), OCCUPIED), join([lattice] * dots))
    assert lattice.position is not None
    inside = np.linalg.norm(lattice.position, axis=1) < 0.68 * R
    return compiled, np.tile(inside.astype(np.uint8), dots)


# from, to, lowest and highest n, blocked?, A, energy per neighbour (eV), dissolved species and its change
STEPS = """
empty MOA   1 4 1 20   0   0 -1
MOA   empty 0 2 0 20  .06  0 +1
empty ETOP  1 4 1 20   0   1 -1
ETOP  empty 0 2 0 20  .06  1 +1
MOA   M     2 4 0 4    0   - 0
M     MOA   0 3 1 4    0   2 -1
ETOP  E     2 4 0 4    0   3 +1
E     ETOP  0 3 1 1    0   3 -1
E     O     0 3 0 .05  0   4 -1
O     E     0 3 0 .05 .05  4 +1
M     MX    0 3 0 1    0   5 -1
MX    M     0 3 0 1   .03  5 +1
MOA   MX    0 3 0 1    0   5 -1
MX    MOA   0 3 1 .3   0   2 -1
M     empty 0 2 0 20  .06  0 +1
E     empty 0 2 0 20  .06  1 +1
empty M     2 4 0 5    0   0 -1
empty E     2 4 0 5    0   1 -1
O     empty 0 1 0 1   .1   4 +1
MX    empty 0 1 0 1   .1   5 +1
"""
HOPS = (("MOA", "M", 0.03), ("MX", "M", 0.03), ("M", "empty", 0.06), ("ETOP", "E", 0.03))
CATION, ANION = ("M", "MOA", "MX"), ("E", "ETOP", "O")


def declared_engine(dots: int) -> tuple[Compiled, np.ndarray, dict[str, object]]:
    """24 reactions of 8 species with a block over 12 second neighbours and a live liquor of 6 species.

    Rates are invented, for speed only.  Bulky species block their second neighbours; kT is 0.05 eV.
    """
    bulky = ("MOA", "ETOP")
    species = (
        Species("empty"),
        Species("core"),
        *(Species(s, ("cation",)) for s in CATION),
        *(Species(s, ("anion",)) for s in ANION),
    )
    reactions = []
    for number, line in enumerate(STEPS.split("\n")[1:-1]):
        before, after, low, high, blocked, A, E, dissolved, change = line.split()
        ligand = after if after in bulky else None
        reactions.append(
            Reaction(
                f"{number + 1}: {before} -> {after}",
                before,
                after,
                float(A),
                0.05,
                energy={"n": float(E)},
                where={"n": (int(low), int(high))} | ({ligand: (0, 0)} if int(blocked) and ligand else {}),
                liquor={} if dissolved == "-" else {f"s{dissolved}": int(change)},
                sublattice="cation" if {before, after} & set(CATION) else "anion",
            )
        )
    for before, other, E in HOPS:
        filled = {"n": (1, 4)} if other == "empty" else {}
        to = Partner("second", other, before, filled | ({before: (0, 0)} if before in bulky else {}))
        name = f"{before} + {other}"
        reactions.append(Reaction(name, before, other, 2.0, 0.05, energy={"n": E}, partner=to))
    model = Model(
        species,
        tuple(reactions),
        (Count("n", "nn", ("core", *CATION, *ANION)), *(Count(s, "second", (s,)) for s in bulky)),
        tuple(f"s{i}" for i in range(6)),
    )
    lattice = zinc_blende(R)
    compiled = compile_model(model, join([lattice] * dots))
    assert lattice.position is not None
    inside = np.linalg.norm(lattice.position, axis=1) < 0.68 * R
    molecules = [1.0, 1.0, 0.3, 0.5, 0.3, 0.5]
    options = {
        "programme": 0.05 / K_B,
        "liquor": {f"s{i}": round(c * 1e5 * dots) for i, c in enumerate(molecules)},
        "volume": 1e5 * dots,
    }
    return compiled, np.tile(inside.astype(np.uint8), dots), options


def choi2023(dots: int) -> tuple[Compiled, np.ndarray, dict[str, object], float]:
    """The shipped mechanism at 200 C: dots of 2.4 nm with zinc oleate and a selenium precursor, four hours.

    Amounts are of the order of stage II of the staged recipes; the liquor is used up, its products pile up.
    """
    from epidot.growth.lattice.blocks import Blocks
    from epidot.growth.lattice.engine import LatticeEngine
    from epidot.growth.state import FlaskState
    from epidot.mechanism.load import load
    from epidot.recipe.events import Segment

    T, hours = 473.15, 4.0
    engine = LatticeEngine(mechanism=load(), dots=dots, seed=1)
    liquor = {"Zn(OA)2": 2.4e-3, "SePR3": 0.3e-3, "HOA": 1e-4}
    state = engine.start(FlaskState(T, 8e-3, 220e-9, "InP", 2.4, liquor=liquor))
    first = Blocks(engine.mechanism, state, Segment(3600.0 * hours, T, T)).runs[0].simulation
    options = {"programme": T, "liquor": first.liquor, "volume": first.volume}
    return first.compiled, first.species, options, 3600.0 * hours


def same_as_plain(
    compiled: Compiled, start: np.ndarray, options: dict[str, object], events: int = 300
) -> bool:
    """Whether the compiled kernel and the plain reference make the same events."""
    logs = []
    for kind in RUNS.values():
        logs.append(kind(compiled, start, seed=3, **options).record(events)[0])
    return all(np.array_equal(a, b) for a, b in zip(*logs, strict=True))


def measure(
    compiled: Compiled,
    start: np.ndarray,
    repeats: int,
    options: dict[str, object],
    until: float | None = None,
    events: int = 500_000,
) -> dict[str, object]:
    """Median over fresh runs of one seed each, after one to warm up."""
    speeds, nulls, hops, made = [], [], [], 0
    for seed in range(repeats + 1):
        run = Checked(compiled, start, seed=seed, **options)
        run.run(events=1)
        before = time.process_time()
        outcome = run.run(events=events) if until is None else run.run(until=until, explain=False)
        speeds.append(outcome.events / (time.process_time() - before) / 1e6)
        nulls.append(outcome.nulls / outcome.events)
        hops.append(run.counts.get("hop", 0) / events)
        made = outcome.events
    run.validate()
    return {
        "M events/s": round(statistics.median(speeds[1:]), 3),
        "lowest": round(min(speeds[1:]), 3),
        "highest": round(max(speeds[1:]), 3),
        "events": made,
        "null draws per event": round(statistics.median(nulls[1:]), 3),
        "share of hops": round(statistics.median(hops[1:]), 3),
        "sites": len(start),
        "classes": compiled.n_classes,
    }


def coverage(compiled: Compiled, start: np.ndarray, repeats: int) -> dict[str, object]:
    """Occupied share of the sites in the steady state: averages of several runs over 200 units of time."""
    shares = []
    for seed in range(100, 100 + repeats):
        run = Simulation(compiled, start, seed=seed, programme=ONE_KT)
        run.run(until=20.0)
        before = run.site_seconds["A"]
        run.run(until=220.0)
        shares.append((run.site_seconds["A"] - before) / 200.0 / len(start))
    return {
        "coverage": round(statistics.mean(shares), 5),
        "its standard error": round(statistics.stdev(shares) / math.sqrt(repeats), 5),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument(
        "--peer-python",
        default=os.environ.get("EPIDOT_PEER_PYTHON", sys.executable),
        help="a Python that imports kmcos, which then runs the square lattice too (see kmc_peers.py); "
        "default: EPIDOT_PEER_PYTHON, else this Python",
    )
    options = parser.parse_args()
    n = max(options.repeats, 5)
    kT: dict[str, object] = {"programme": ONE_KT}
    cases = {
        "square 100x100, adsorption + desorption": (*square_lattice(False), kT, None),
        "square 100x100, adsorption + desorption + hops": (*square_lattice(True), kT, None),
        "zinc blende 10034, growth + desorption + hops, smooth": (
            *growing_dot(3.0, 1.0, counted=True),
            kT,
            None,
        ),
        "zinc blende 10034, the same, partners by thinning": (
            *growing_dot(3.0, 1.0, counted=False),
            kT,
            None,
        ),
        "zinc blende 10034, growth + desorption + hops, rough": (
            *growing_dot(1.5, 1.0, counted=False),
            kT,
            None,
        ),
        "zinc blende 10034, growth + desorption, smooth": (*growing_dot(3.0, 0.0, counted=False), kT, None),
        "50 dots of 10034, growth + desorption + hops, smooth": (
            *growing_dot(3.0, 1.0, counted=False, dots=50),
            kT,
            None,
        ),
    }
    for dots in (1, 10, 50):
        cases[f"24 declared reactions, live liquor, {dots} dots"] = (*declared_engine(dots), None)
    for dots in (1, 10, 50):
        cases[f"choi2023 at 200 C, live liquor, {dots} dots"] = choi2023(dots)
    result: dict[str, dict[str, object]] = {}
    for name, (compiled, start, given, until) in cases.items():
        result[name] = measure(compiled, start, n, given, until)
        if name.startswith("square"):
            result[name] |= coverage(compiled, start, n)
            model = "adsorption and hops" if name.endswith("hops") else "adsorption"
            result[name]["kmcos"] = kmcos(options.peer_python, model=model, repeats=n, events=1_000_000)
        if len(start) < 50_000:
            events = 300 if until is None else 150
            result[name]["same events as the plain reference"] = same_as_plain(compiled, start, given, events)
    for name in ("24 declared reactions, live liquor", "choi2023 at 200 C, live liquor"):
        one, fifty = (result[f"{name}, {dots} dots"]["M events/s"] for dots in (1, 50))
        result[f"{name}, 50 dots"]["times slower than one dot"] = round(one / fifty, 2)  # type: ignore[operator]
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for name, row in result.items():
        peer = row.pop("kmcos", None)
        for who, figures in (("epidot", row), ("kmcos", peer)):
            if isinstance(figures, dict):
                name += f"\n   {who}: " + ", ".join(f"{k} {v}" for k, v in figures.items())
        print(name)


if __name__ == "__main__":
    main()
