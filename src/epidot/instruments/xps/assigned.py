"""Which chemical state a line belongs to, and which others one level cannot rule out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from epidot.instruments.xps.levels import Level, levels
from epidot.instruments.xps.region import Found

OTHER = "other"
_TIMES = 2.0  # standard errors, of the table and of the fit, within which a state may be it
# The levels by which a state is known that its own level cannot tell from others.
DECIDING: Mapping[str, tuple[str, ...]] = {
    "halide": ("Cl_2p", "Br_3d", "F_1s"),
    "iodide": ("I_3d",),
    "phosphate": ("P_2p",),
    "InPOx": ("P_2p",),
    "hydroxide": ("O_1s",),
    "oxide": ("O_1s",),
    "carboxylate": ("C_1s",),
}


@dataclass(frozen=True)
class Component:
    """Line ``k`` of a fit: the state it is called by, and all that its place allows."""

    k: int
    state: str
    candidates: tuple[str, ...]


def components(found: Found, level: Level, shift: float, sigma: float) -> list[Component]:
    """The lines of a level, the largest first, each by the nearest state that is still free.

    ``shift`` ± ``sigma`` / eV is what the axis shows too much.
    """
    out: list[Component] = []
    taken: set[str] = set()
    for k in sorted(found.of(level), key=lambda k: -found.area(k)):
        place = found.place(k) - shift
        own = found.place_error(k) or 0.0
        off = {
            state: abs(place - p.value) / math.hypot(p.sigma or 0.2, own, sigma)
            for state, p in level.states.items()
        }
        allowed = tuple(sorted((s for s in off if off[s] <= _TIMES), key=lambda s: off[s]))
        asked = found.lines[k].state
        near = {s: abs(place - level.states[s].value) for s in allowed}
        free = [s for s in sorted(near, key=lambda s: near[s]) if s not in taken]
        state = asked or (free[0] if free and k not in found.parts else OTHER)
        taken.add(state)
        out.append(Component(k, state, allowed))
    return out


def undecided(level: Level, one: Component, there: Sequence[str]) -> str:
    """What to say of a line whose place allows more than one state; ``there`` are the levels seen."""
    rivals = [s for s in one.candidates if s != one.state]
    if not rivals or one.state == OTHER:
        return ""
    both = [one.state, *rivals]
    # The first state of a level is its own crystal: nothing else decides about that.
    deciders = list(dict.fromkeys(d for s in both for d in DECIDING.get(s, ()) if d != level.name))
    text = f"{level.title} alone cannot tell {one.state} from {' or '.join(rivals)}"
    if not deciders:
        return text
    titles = [levels()[d].title for d in deciders]
    seen = [levels()[d].title for d in deciders if d in there]
    told = f"; seen here: {', '.join(seen)}" if seen else "; none of them is seen here"
    return f"{text}; {', '.join(titles)} would decide{told}"
