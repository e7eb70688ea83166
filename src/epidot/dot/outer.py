"""The outer surface in places for chains: what is the core's, what the shell's, what of the shell's is open.

One rule for both engines, whatever the share of the first layer.  The sphere that core and shell fill has so
many places.  Over the core-surface cations that no shell closes they are the *core's*: a chain stands there,
or fluoride, hydroxide or oxide closes the cation without one and holds its place.  How such cations trap is
the core's law (:mod:`epidot.light.traps`).  All others are the *shell's*, taken by a chain or open.  So every
place is counted once:

    places = chains on the core + held there without a chain + chains on the shell + open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from epidot.dot.composition import layer_thickness_nm
from epidot.dot.layers import LayeredDot


@dataclass(frozen=True)
class OuterSurface:
    """Places for chains on one dot; all numbers are per dot.

    ``places`` all on the sphere, ``chains`` all on the dot, ``on_core`` of these on core-surface cations that
    no shell closes, ``over_core`` the places over such cations at the density of a bare core.
    """

    places: float
    chains: float
    on_core: float
    over_core: float

    @property
    def held(self) -> float:
        """Places over the core that are closed without a chain.

        Chains may crowd there, and those on the shell may lean over: then fewer are left to be held.
        """
        return max(0.0, min(self.over_core - self.on_core, self.places - self.chains))

    @property
    def on_shell(self) -> float:
        """Chains on the shell."""
        return self.chains - self.on_core

    @property
    def open(self) -> float:
        """Places of the shell that no chain takes; none where there are more chains than places."""
        return max(0.0, self.places - self.chains - self.held)


def open_cations(dot: LayeredDot) -> float:
    """Core-surface cations of ``dot`` that the shell does not close, what oxide closes included.

    Oxide is closed over with the first layer: of its units the share counts that the shell is short of one.
    """
    rest = dot.sites * (1 - min(max(dot.coverage, 0.0), 1.0))
    oxide = min(dot.oxide, rest)
    return rest - oxide + oxide * short_of_a_layer(dot)


def short_of_a_layer(dot: LayeredDot) -> float:
    """What the shells of ``dot`` lack of one (111) layer; 0 from one layer on."""
    return max(0.0, 1 - sum(s.thickness_nm / layer_thickness_nm(s.material, "d111") for s in dot.shells))


def with_outer(dot: LayeredDot, places: float, bare: float, chains: float, on_core: float) -> LayeredDot:
    """``dot`` with its places for metal carboxylate, those that are taken, and the traps the others are.

    A metal carboxylate takes the ``places`` of two chains.  ``bare`` is how many its core without a shell
    has; ``on_core`` as in :class:`OuterSurface`, of all cations that are not covered.
    """
    over_core = bare * open_cations(dot) / dot.sites if dot.sites > 0 else 0.0
    found = OuterSurface(places, chains, on_core, over_core)
    taken = found.on_shell / 2
    return replace(dot, outer_sites=taken + found.open / 2, outer_ligands=taken, surface_traps=found.open / 2)
