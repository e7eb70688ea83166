"""Shapes of a core: spheres, octahedra and tetrahedra bounded by {111}, full or truncated.

A shape orders the anion sites by a *gauge*: the radius of the sphere that has the volume of the body of this
shape through the site.  A core of diameter d then holds the anions with gauge up to d/2 whatever its shape,
and shells follow outward in the same shape.

Octahedra show all eight {111} faces and lose their corners to {100}; tetrahedra show the four {111} faces of
one polarity (``A``: cations under the face have one open bond; ``B``: three) and lose their corners to the
other.  ``truncation`` is the share of the way from corner to centre that is cut off: 0 is the full body; an
octahedron with 1/3 has regular hexagons, with 1/2 it is the cuboctahedron; a tetrahedron with 2/3 has become
the octahedron.

Counts of whole bodies with ``edge`` anions along an edge are closed forms: :func:`anions`, :func:`cations`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from epidot.errors import Faults, nearest

Kind = Literal["sphere", "octahedron", "tetrahedron"]
Faces = Literal["A", "B"]
Centre = Literal["anion", "cation", "bond", "hole", "far"]
KINDS: tuple[Kind, ...] = ("sphere", "octahedron", "tetrahedron")
MOST: dict[Kind, float] = {"sphere": 0.0, "octahedron": 1 / 2, "tetrahedron": 2 / 3}
# Directions from an anion to its cations: outward normals of {111}B, where a cation hangs on by one bond.
_NORMALS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / math.sqrt(3)
_ROUND = 9  # decimals of a gauge in quarters of a: sites of one face must compare equal


@dataclass(frozen=True)
class Shape:
    """A shape; ``faces`` matters for tetrahedra only.

    Raises
    ------
    InputError
        For an unknown kind or polarity, or a truncation beyond the range of the kind.
    """

    kind: Kind = "sphere"
    truncation: float = 0.0
    faces: Faces = "A"

    def __post_init__(self) -> None:
        faults = Faults("shape")
        if self.kind not in KINDS:
            faults.add("unknown shape", seen=str(self.kind), nearest=nearest(str(self.kind), KINDS))
        elif not 0 <= self.truncation <= MOST[self.kind] + 1e-12:
            faults.add(
                f"the truncation of {_article(self.kind)} must lie between 0 and {MOST[self.kind]:.3g}",
                seen=str(self.truncation),
            )
        if self.faces not in ("A", "B"):
            faults.add("a tetrahedron shows {111} faces A or B", seen=str(self.faces), nearest=("A", "B"))
        faults.raise_if_any()

    @property
    def slimness(self) -> float:
        """Radius of the sphere around the body over that of the sphere of its volume."""
        if self.kind == "sphere":
            return 1.0
        return (1.0 if self.kind == "octahedron" else 3.0) / self._inner

    @property
    def _inner(self) -> float:
        """Radius of equal volume over h; h bounds |x|+|y|+|z| (octahedron) or n·r (tetrahedron)."""
        t = self.truncation
        if self.kind == "octahedron":
            volume = 4 / 3 * (1 - 3 * t**3)
        else:
            volume = 8 * math.sqrt(3) * (1 - 4 * (0.75 * t) ** 3)
        return float((3 * volume / (4 * math.pi)) ** (1 / 3))

    def planes(self) -> NDArray[np.float64]:
        """Outward normals and distances from the centre of the faces of the body of gauge 1, shape (n, 4).

        A sphere has none.  The normals are along the axes of the crystal.
        """
        if self.kind == "sphere":
            return np.empty((0, 4))
        h, t = 1 / self._inner, self.truncation
        if self.kind == "octahedron":
            corners = np.array([[i, j, k] for i in (1, -1) for j in (1, -1) for k in (1, -1)]) / math.sqrt(3)
            sides = [*corners, *np.eye(3), *-np.eye(3)]
            far = [h / math.sqrt(3)] * 8 + [h * (1 - t)] * 6
        else:
            outward = _NORMALS if self.faces == "B" else -_NORMALS
            sides = [*outward, *-outward]
            far = [h] * 4 + [3 * h * (1 - t)] * 4
        return np.column_stack([np.array(sides), far])

    def gauge(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Equal-volume radius of the body through each of ``points`` (n, 3), shape (n,), in their unit."""
        if self.kind == "sphere":
            return np.asarray(np.linalg.norm(points, axis=1))
        t = self.truncation
        if self.kind == "octahedron":
            h = np.maximum(np.abs(points).sum(axis=1), np.abs(points).max(axis=1) / (1 - t))
        else:
            along = points @ (_NORMALS if self.faces == "B" else -_NORMALS).T
            h = np.maximum(along.max(axis=1), -along.min(axis=1) / (3 * (1 - t)))
        return np.asarray(np.round(h, _ROUND) * self._inner)


def _article(kind: str) -> str:
    return ("an " if kind[0] in "aeiou" else "a ") + kind


# --- whole bodies -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Body:
    """A whole octahedron or tetrahedron: ``edge`` anions along a full edge, ``cut`` layers off a corner."""

    kind: Literal["octahedron", "tetrahedron"]
    edge: int
    cut: int = 0
    faces: Faces = "A"

    def __post_init__(self) -> None:
        faults = Faults("whole body")
        if self.edge < 2:
            faults.add("an edge holds at least two anions", seen=str(self.edge))
        most = (self.edge - 1) // 2
        if not 0 <= self.cut <= most:
            faults.add(f"from an edge of {self.edge} at most {most} layers can be cut", seen=str(self.cut))
        faults.raise_if_any()

    @property
    def shape(self) -> Shape:
        """The shape with this body's truncation."""
        reach = (self.edge - 1) * (1 if self.kind == "octahedron" else 0.75)
        return Shape(self.kind, self.cut / reach, self.faces)

    @property
    def centre(self) -> Centre:
        """The place of the lattice its centre falls on, a choice of :func:`epidot.dot.lattice.build`."""
        if self.kind == "octahedron":
            return "anion" if self.edge % 2 else "hole"
        # four anions with faces B hold a cation between them, four with faces A do not
        places: dict[str, tuple[Centre, ...]] = {
            "A": ("anion", "far", "hole", "cation"),
            "B": ("anion", "cation", "hole", "far"),
        }
        return places[self.faces][(self.edge - 1) % 4]

    def diameter_nm(self, a_nm: float) -> float:
        """Diameter that makes :func:`epidot.dot.lattice.build` cut this body."""
        quarters = 2 * (self.edge - 1) if self.kind == "octahedron" else (self.edge - 1) / math.sqrt(3)
        return 2 * quarters * self.shape._inner * a_nm / 4 * (1 + 1e-7)


def anions(body: Body) -> int:
    """Anions of a whole body: octahedral or tetrahedral number minus the corners."""
    n, k = body.edge, body.cut
    if body.kind == "octahedron":
        return n * (2 * n * n + 1) // 3 - k * (k + 1) * (2 * k + 1)
    return _tetrahedral(n) - 4 * _tetrahedral(k)


def cations(body: Body) -> int:
    """Cations bonded to at least one anion of a whole tetrahedron that was not truncated.

    Faces A: they fill the next larger tetrahedron, Te(n + 1).  Faces B: Te(n - 1) lie inside and one hangs
    on every anion of the four faces, n(n + 1)/2 each.

    Raises
    ------
    ValueError
        For octahedra and truncated bodies, of which no closed form is given here.
    """
    if body.kind != "tetrahedron" or body.cut:
        raise ValueError("a closed form of the cations is given for full tetrahedra only")
    n = body.edge
    return _tetrahedral(n + 1) if body.faces == "A" else _tetrahedral(n - 1) + 2 * n * (n + 1)


def _tetrahedral(n: int) -> int:
    return n * (n + 1) * (n + 2) // 6
