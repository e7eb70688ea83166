"""Every element, from the flask's charge to dots, liquor and what left."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from epidot.growth.flask import Progress
from epidot.growth.state import FlaskState
from epidot.mechanism.mechanism import Mechanism

Elements = Mapping[str, float]


def relative_errors(
    first: FlaskState, progress: Progress, mechanism: Mechanism, elements_of: Callable[[str], Elements]
) -> dict[str, float]:
    """Per element, |charged - found| / charged.

    ``first`` is the flask before its first event, ``elements_of`` the composition of a dissolved
    species.  Charged is what was put in and the surface the dots came with; found is what is in the
    liquor, on and in the dots and lost now.  The inside of the cores takes no part, and cores formed in the
    flask count through the change they made to the liquor.
    """
    charged = _atoms(progress.charged or {}, elements_of)
    _add(charged, _surface(first, mechanism))
    state = progress.state
    found = _atoms(state.liquor, elements_of)
    _add(found, _atoms(state.lost, elements_of))
    _add(found, _surface(state, mechanism))
    _add(found, _atoms(progress.solids, elements_of))
    _add(found, state.halide.atoms_mol)
    return {
        element: abs(charged.get(element, 0.0) - found.get(element, 0.0)) / charged[element]
        for element in sorted(charged)
        if charged[element] > 0
    }


def _atoms(moles: Mapping[str, float], elements_of: Callable[[str], Elements]) -> dict[str, float]:
    out: dict[str, float] = {}
    for species, mol in moles.items():
        if mol:
            _add(out, {element: n * mol for element, n in elements_of(species).items()})
    return out


def _surface(state: FlaskState, mechanism: Mechanism) -> dict[str, float]:
    out: dict[str, float] = {}
    for species, count in state.surface.items():
        known = mechanism.species.get(species)
        if known is not None:
            _add(out, {element: n * count * state.dots_mol for element, n in known.elements.items()})
    return out


def _add(total: dict[str, float], part: Elements) -> None:
    for element, amount in part.items():
        total[element] = total.get(element, 0.0) + amount
