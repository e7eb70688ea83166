"""Whether a step on the sites is possible and balanced against the reaction it carries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from epidot.documents import Entry
from epidot.mechanism.lattice import SiteKind, Step
from epidot.mechanism.mechanism import Reaction, Species

OTHER = {"cation": "anion", "anion": "cation"}


def check_step(
    step: Step,
    reaction: Reaction | None,
    kinds: Mapping[str, SiteKind],
    species: Mapping[str, Species],
    pool: Collection[str],
    row: Entry,
) -> None:
    """A fault of ``row`` for every impossible site, and for elements or charge that do not balance."""
    of = f"lattice: {step.id}:"
    sites = [(kinds[a], kinds[b]) for a, b in (step.centre, *((step.partner,) if step.partner else ()))]
    for before, after in sites:
        if before.site != after.site:
            seen = f"{after.name} ({after.site}) on a {before.site} site"
            row.fault(f"{of} impossible site", seen=seen, remedy="a site keeps its sublattice")
    if step.partner is not None:
        here, there = sites[0][0].site, sites[1][0].site
        if there != (here if step.at == "second" else OTHER[here]):
            fitting = ("second",) if here == there else ("nn", "near")
            what = f"{of} no {there} site is a neighbour of that kind"
            row.fault(what, seen=f"at: {step.at}", nearest=fitting)
        if reaction is not None:
            sites_of = {s: n for s, n in reaction.reactants.items() if s not in pool}
            bound = sum(n for s, n in sites_of.items() if species[s].phase != "liquor")
            if (step.role == "pair") != (bound == 2) and not step.reverse:
                fitting = ("pair",) if bound == 2 else ("share", "held")
                what = f"{of} {reaction} has {bound} reactants on the surface"
                row.fault(what, seen=f"role: {step.role}", nearest=fitting)
    change, charge = Counter[str](), 0
    for before, after in sites:
        charge += after.charge - before.charge
        change.update(after.elements)
        change.subtract(before.elements)
    for name, n in step.liquor.items():
        if name in species:
            change.update({element: n * m for element, m in species[name].elements.items()})
            charge += n * species[name].charge
    against = f" against {reaction}" if reaction is not None else ""
    wrong = ", ".join(f"{el} {n:+d}" for el, n in change.items() if n)
    if wrong:
        remedy = "correct the species of the step or their compositions"
        row.fault(f"{of} the change of the sites does not balance{against}", seen=wrong, remedy=remedy)
    if charge:
        row.fault(f"{of} charge is not balanced{against}", seen=f"{charge:+d}")
