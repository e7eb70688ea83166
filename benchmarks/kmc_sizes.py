"""Three lattice models on 10^4 and 5 10^5 sites in epidot, SPPARKS and kmcos: speeds and what must agree.

    OMP_NUM_THREADS=1 python benchmarks/kmc_sizes.py [--json] [--spparks PROGRAM] [--peer-python PATH]

Targets: at least 5 times SPPARKS on diamond hops, 4 times kmcos; from 10^4 to 5 10^5 sites at most 2.5 times
slower.  One thread, CPU time, at least a second per sample of ours, in one run; null draws are no events.
The peers are run where their program is given: see kmc_spparks.py and kmc_peers.py.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time

from kmc_models import KT, Case, cases, onsager, unlike
from kmc_peers import kmcos
from kmc_spparks import spparks

from epidot.constants import K_B
from epidot.growth.kmc.compiler import compile_model
from epidot.growth.kmc.simulation import Simulation

LEAST = 1.2  # s per sample
LENGTH = {"1e4": 200.0, "5e5": 6.0}  # units of time of a peer's run
LOOKS = 5  # at the pairs on the way: each reads every site and leaves the caches full of them


def epidot(case: Case, size: str, repeats: int) -> dict[str, object]:
    """Speed and observables over ``repeats`` seeds, each warmed as the peer's runs are."""
    lattice = case.lattice(size)
    compiled = compile_model(case.model, lattice)
    speeds, rates, pairs, nulls = [], [], [], []
    for seed in range(1, repeats + 1):
        run = Simulation(compiled, case.start(lattice, seed), seed=seed, programme=case.kT / K_B)
        run.run(until=LENGTH[size] / 4)
        began, made, seen, spent, refused = run.time, 0, [], 0.0, 0
        while spent < LEAST or run.time - began < LENGTH[size]:
            before = time.process_time()
            outcome = run.run(until=run.time + LENGTH[size] / LOOKS, explain=False)
            spent += time.process_time() - before
            made, refused = made + outcome.events, refused + outcome.nulls
            seen.append(unlike(lattice, run.species))
        speeds.append(made / spent / 1e6)
        nulls.append(refused / made)
        rates.append(made / len(lattice) / (run.time - began))
        pairs.append(statistics.mean(seen))
    return {
        "M events/s": round(statistics.median(speeds), 3),
        "lowest": round(min(speeds), 3),
        "highest": round(max(speeds), 3),
        "null draws per event": round(statistics.mean(nulls), 2),
        "events per site and time": round(statistics.mean(rates), 5),
        "unlike pairs per site": round(statistics.mean(pairs), 5),
        "sites": len(lattice),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--spparks", default=os.environ.get("EPIDOT_SPPARKS", "spk_serial"))
    parser.add_argument("--peer-python", default=os.environ.get("EPIDOT_PEER_PYTHON", sys.executable))
    parser.add_argument("--case", choices=list(cases()), action="append", help="only these")
    options = parser.parse_args()
    n = max(options.repeats, 2)
    table: dict[str, dict[str, dict[str, object]]] = {}
    for name in options.case or cases():
        case = cases()[name]
        rows: dict[str, dict[str, object]] = {}
        for size in LENGTH:
            rows[f"epidot {size}"] = epidot(case, size, n)
            rows[f"SPPARKS {size}"] = spparks(options.spparks, case, size, n, LENGTH[size])
        rows["kmcos 1e4"] = kmcos(options.peer_python, model=name, repeats=n, events=1_500_000)
        ours = {size: float(str(rows[f"epidot {size}"]["M events/s"])) for size in LENGTH}
        ratios: dict[str, object] = {"times slower, 1e4 to 5e5": round(ours["1e4"] / ours["5e5"], 2)}
        for peer, size in (("SPPARKS", "1e4"), ("SPPARKS", "5e5"), ("kmcos", "1e4")):
            theirs = rows[f"{peer} {size}"].get("M events/s")
            if theirs:
                ratios[f"times {peer}, {size}"] = round(ours[size] / float(str(theirs)), 2)
        if name == "Ising flips":
            ratios["unlike pairs, infinite lattice (Onsager)"] = round(onsager(KT), 5)
        table[name] = {**rows, "ratios": ratios}
    if options.json:
        print(json.dumps(table, indent=1))
        return
    for name, rows in table.items():
        print(name)
        for who, figures in rows.items():
            print(f"   {who}: " + ", ".join(f"{k} {v}" for k, v in figures.items()))


if __name__ == "__main__":
    main()
