"""Counts on the sites told in the species of the mean field."""

from __future__ import annotations

from collections.abc import Mapping

from epidot.synthesis.lattice.section import Section


def in_mean_field(section: Section, counts: Mapping[str, int], dots: int) -> dict[str, float]:
    """Mean counts per dot of every surface and deposited species of the mechanism.

    Cation and anion of a composite are put together in the order of the file, as many as there are; what is
    left is told as itself.  Charge sees to it that nothing is left that the mean field has no name for.
    """
    left = dict(counts)
    out: dict[str, float] = {}
    for composite in section.composites:
        n = min(left.get(part, 0) for part in composite.of)
        if n:
            out[composite.species] = out.get(composite.species, 0.0) + n / dots
            for part in composite.of:
                left[part] -= n
    silent = {*section.core.values(), *section.vacant.values()}
    for name, n in left.items():
        if n and name not in silent:
            out[name] = out.get(name, 0.0) + n / dots
    return out
