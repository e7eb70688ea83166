"""How long must ZnBr2 stay at 280 °C until it has reached, and repaired, the core of my dots?

    python examples/how_long_until_the_core.py
    python examples/how_long_until_the_core.py mine.yaml 280 4 --hypothesis H3

A dot described in YAML (docs: dots), a temperature in °C and the longest hold in hours. The agent is that of
yuan2023: 0.4 mmol of ZnBr2 within 30 min to 100 nmol of dots in 20 mL. The answer depends on the hypothesis
about what becomes of the halide in the bath, so all three are shown unless one is asked for.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from epidot.dot import described
from epidot.transport.constants import constants, hypotheses
from epidot.transport.treatment import Treatment, treat

HERE = Path(__file__).parent


def minutes(seconds: float | None) -> str:
    """A time to read, or that it was not reached."""
    return "never" if seconds is None else f"{seconds / 60:.0f} min"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("dot", nargs="?", default=str(HERE / "dots" / "yuan-multishell.yaml"))
    parser.add_argument("celsius", nargs="?", type=float, default=280.0)
    parser.add_argument("hours", nargs="?", type=float, default=4.0)
    parser.add_argument("--hypothesis", choices=sorted(hypotheses()))
    options = parser.parse_args()

    dot = described.read(options.dot).dot
    how = Treatment("ZnBr2", 0.4e-3, options.celsius + 273.15, hold_s=options.hours * 3600)
    shell = dot.diameter_nm / 2 - dot.core_diameter_nm / 2
    print(f"{dot.core} {dot.core_diameter_nm:g} nm, shell {shell:.2f} nm,")
    print(f"0.4 mmol ZnBr2 within 30 min at {options.celsius:g} °C, then held {options.hours:g} h\n")
    print("hypothesis          first ion at the core   half repaired   90 % repaired   Br in dot   in core")
    for name in [options.hypothesis] if options.hypothesis else sorted(hypotheses()):
        known = constants(name)
        done = treat(dot, how, known, points=80)
        content = done.purified.halides[0]
        first = next((t for t, d in zip(done.times_s, done.dots, strict=True) if d.repaired >= 1), None)
        print(
            f"{name} {known.title:<18}{minutes(first):>20}{minutes(done.time_to_repair_s(0.5)):>16}"
            f"{minutes(done.time_to_repair_s(0.9)):>16}{content.total:>12.0f}"
            f"{content.between(0, dot.core_diameter_nm / 2):>10.1f}"
        )
    print(
        "\nTimes run from the first drop. No D was ever measured in these shells: yuan2023 bounds it within a"
    )
    print("factor of two either way at 300 °C; elsewhere the energy decides (1.6 ± 0.3 eV, from Cl in CdTe),")
    print("a factor of three in D for every 20 °C.")


if __name__ == "__main__":
    main()
