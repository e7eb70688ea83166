"""Whether a step on the sites is possible and balanced against the reaction it carries."""

from __future__ import annotations

from collections.abc import Mapping

from epidot.errors import Faults
from epidot.mechanism.lattice import SiteKind, Step
from epidot.mechanism.mechanism import Reaction, Species

OTHER = {"cation": "anion", "anion": "cation"}


def check_step(
    step: Step,
    reaction: Reaction | None,
    kinds: Mapping[str, SiteKind],
    species: Mapping[str, Species],
    faults: Faults,
) -> None:
    """Add a fault for every impossible site, and for elements or charge that do not balance."""
    sites = [
        (kinds[a], kinds[b]) for a, b in ((step.centre, step.partner) if step.partner else (step.centre,))
    ]
    for before, after in sites:
        if before.site != after.site:
            faults.add(f"lattice: {step.id}: impossible site", line=step.line,
                       seen=f"{after.name} ({after.site}) on a {before.site} site",
                       remedy="a site keeps its sublattice")  # fmt: skip
    if step.partner is not None:
        here, there = sites[0][0].site, sites[1][0].site
        wanted = here if step.at == "second" else OTHER[here]
        if there != wanted:
            fitting = ("second",) if here == there else ("nn", "near")
            faults.add(f"lattice: {step.id}: no {there} site is a neighbour of that kind", line=step.line,
                       seen=f"at: {step.at}", nearest=fitting)  # fmt: skip
        if reaction is not None:
            bound = sum(n for s, n in reaction.reactants.items() if species[s].phase != "liquor")
            if (step.role == "pair") != (bound == 2) and not step.reverse:
                faults.add(f"lattice: {step.id}: {reaction} has {bound} reactants on the surface",
                           line=step.line, seen=f"role: {step.role}",
                           nearest=("pair",) if bound == 2 else ("share", "held"))  # fmt: skip
    change: dict[str, int] = {}
    charge = 0
    for before, after in sites:
        charge += after.charge - before.charge
        _add(change, after.elements, 1)
        _add(change, before.elements, -1)
    for name, n in step.liquor.items():
        if name in species:
            _add(change, species[name].elements, n)
            charge += n * species[name].charge
    wrong = {el: n for el, n in change.items() if n}
    against = f" against {reaction}" if reaction is not None else ""
    if wrong:
        faults.add(f"lattice: {step.id}: the change of the sites does not balance{against}", line=step.line,
                   seen=", ".join(f"{el} {n:+d}" for el, n in wrong.items()),
                   remedy="correct the species of the step or their compositions")  # fmt: skip
    if charge:
        faults.add(
            f"lattice: {step.id}: charge is not balanced{against}", line=step.line, seen=f"{charge:+d}"
        )


def _add(total: dict[str, int], part: Mapping[str, int], times: int) -> None:
    for element, n in part.items():
        total[element] = total.get(element, 0) + times * n
