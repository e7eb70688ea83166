"""``epidot lint MECHANISM``"""

from __future__ import annotations

import typer

from epidot.cli import options, output
from epidot.errors import InputError


def lint(
    mechanism: str = typer.Argument(
        "", help="A mechanism's .yaml file, or the name of a shipped one.", show_default=False
    ),
    as_json: bool = options.JSON,
) -> None:
    """Read a mechanism, prove its balances, and say what looks wrong in it.

    What breaks a rule (elements, charge, sites, names, units, a cycle that would drive itself) is refused
    with every fault and its line.  The rest are warnings and remarks.

    Example: epidot lint my-mechanism.yaml
    """
    from epidot.growth import chemistry
    from epidot.growth.lattice import lint as on_the_lattice
    from epidot.mechanism import lint as rules
    from epidot.mechanism import load as mechanisms

    if not mechanism:
        shipped = ", ".join(mechanisms.shipped())
        remedy = f"name a file, or one that is shipped: {shipped}"
        raise InputError("MECHANISM is missing", "epidot lint", remedy=remedy)
    read = mechanisms.load(mechanism)
    rules.insist(read)
    found = rules.worst_first([*rules.check(read), *on_the_lattice.check(read)])
    stock = chemistry.shelf(read)
    engines = ["meanfield"] if read.lattice is None else ["meanfield", "kmc"]
    if as_json:
        output.emit_json(
            {
                "mechanism": read.name,
                "species": len(read.species),
                "reactions": len(read.reactions),
                "engines": engines,
                "reagents": [
                    {
                        "reagent": r.name,
                        "status": r.status,
                        "why": r.why,
                        "stops": r.stops,
                        "nearest": r.nearest,
                    }
                    for r in stock
                ],
                "findings": [
                    {"level": f.level, "rule": f.rule, "what": f.what, "where": f.where, "line": f.line}
                    for f in found
                ],
            }
        )
        return
    print(
        f"{read.name}: {len(read.species)} species, {len(read.reactions)} reactions, all balanced; "
        f"runs with --engine {' or '.join(engines)}"
    )
    for finding in found:
        print(finding)
    print("\nreagents")
    for what, names in (
        ("react", [r.name for r in stock if r.status == "reacts"]),
        ("spectators", [r.name for r in stock if r.status == "spectator"]),
        ("unknown, pass", [r.name for r in stock if r.status == "unknown" and not r.stops]),
        ("unknown, stop a run", [r.name for r in stock if r.stops]),
    ):
        print(f"  {what:<20}{', '.join(names) or '-'}")
