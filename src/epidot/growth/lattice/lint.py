"""A second look at what a mechanism does on the sites of a lattice."""

from __future__ import annotations

from epidot.growth.kmc.lint import lint
from epidot.growth.lattice.dots import mean_shape
from epidot.growth.lattice.translation import active, model_of
from epidot.matter.materials import material
from epidot.mechanism.lint import Finding
from epidot.mechanism.mechanism import Mechanism


def check(mechanism: Mechanism) -> tuple[Finding, ...]:
    """Findings on the model that all steps of the ``lattice`` section make, on each core it knows."""
    section = mechanism.lattice
    if section is None:
        return ()
    found: dict[Finding, None] = {}
    for core, surface in mechanism.surfaces.items():
        bearing = sum(surface.per_dot.values())
        size, a_nm = surface.reference_diameter_nm, material(core)["a_nm"]
        shape = mean_shape(size, bearing, a_nm, section.near_nm)
        every = active(mechanism, section, tuple(section.kinds), tuple(mechanism.species))
        found.update(dict.fromkeys(lint(model_of(mechanism, section, shape, every, vacuum=False))))
    return tuple(found)
