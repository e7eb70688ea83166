"""A dot as atoms: what is implicit on the sites gets a place of its own.

On the lattice every anion site carries the shell zinc that belongs to it.  Here each such zinc is put on
a free cation position bonded to its own chalcogenide, all at once, so that the positions taken have the
most anion neighbours in sum (a minimum-weight matching).  Oxide and ligands hang on their site where there is
room, outward if possible.  Ligands are drawn by their **anchoring atom only** (role
``ligand``): O of oleate and hydroxide, N of an amine, P of Intermediate 1, the halide itself.  What
lies on the outer surface without a site is a ligand with its metal, which takes a free cation place.  Without
ligands the atoms are exactly the inorganic composition of the dot.  Nothing is relaxed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.dot.fill_core import fill_core
from epidot.dot.grid import Grid, grid
from epidot.dot.grown import GrownDot
from epidot.dot.hung import Hung, Placed, hang
from epidot.dot.lattice import build
from epidot.dot.layers import LayeredDot
from epidot.dot.species import Table, table
from epidot.errors import WorkError
from epidot.matter.compound import charges
from epidot.matter.materials import crystal

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# ligand -> (anchoring atom, formal charge of the whole ligand)
ANCHORS: Mapping[str, tuple[str, float]] = {
    "OA": ("O", -1), "OH": ("O", -1), "OAm": ("N", 0), "Int1": ("P", 1),
    "F": ("F", -1), "Cl": ("Cl", -1), "Br": ("Br", -1), "I": ("I", -1),
}  # fmt: skip
_CHOICE = 24  # free places about a direction that are looked at
ANCHOR_NM = 0.21  # from an anchoring atom to the atom it is drawn on; a picture, not a result


@dataclass(frozen=True)
class Atoms:
    """Atoms of one dot, arrays of one length (n,).

    ``layer`` is 0 in the core and counts anion shells outward; ``role`` is ``core``, ``shell``,
    ``oxide`` or ``ligand``; ``charge`` is formal, in e (a ligand's anchor carries that of the ligand).
    """

    species: NDArray[np.str_]
    position_nm: Floats
    layer: Ints
    role: NDArray[np.str_]
    charge: Floats
    a_nm: float

    def __len__(self) -> int:
        return len(self.species)

    def counts(self, role: str | None = None) -> dict[str, int]:
        """Atoms by element, of one role or without the ligands."""
        keep = self.role == role if role else self.role != "ligand"
        names, numbers = np.unique(self.species[keep], return_counts=True)
        return {str(name): int(n) for name, n in zip(names, numbers, strict=True)}


def place(dot: GrownDot, *, ligands: bool = True) -> Atoms:
    """The atoms of ``dot``, the inside of its core included."""
    full = fill_core(dot)
    kinds, net = table(full), grid(full)
    step = full.a_nm / 4
    to_nm = _Places(net, full, step)
    layer_of = _layers(net, full, kinds)
    taken = full.cation & np.array([bool(k.composition) for k in full.kinds])[full.kind]
    anion = ~full.cation & (kinds.own | (kinds.shell >= 0))[full.kind]

    pieces: list[tuple[str, Ints, str]] = []  # element, places, role
    elements: list[str] = [_ion(full, kinds, i) for i in range(len(full.kinds))]
    for i, element in enumerate(elements):
        here = (full.kind == i) & (taken | anion)
        if element and here.any():
            outside = kinds.exchanged[i] or kinds.shell[i] >= 0
            pieces.append((element, net.place[here], "shell" if outside else "core"))
    for element, found in _shell_cations(net, full, kinds, taken, anion).items():
        pieces.append((element, found, "shell"))
    places = np.concatenate([p for _, p, _ in pieces])
    species = np.concatenate([np.full(len(p), el, dtype="<U2") for el, p, _ in pieces])
    role = np.concatenate([np.full(len(p), r, dtype="<U6") for _, p, r in pieces])
    position = to_nm(places)
    layer = layer_of[places]
    layer = np.where((role == "shell") & (layer == 0), 1, layer)
    layer = np.where(role == "core", 0, layer)
    charge = np.array([float(charges()[el]) for el in species])

    more = [hang(_oxide(full, kinds, layer_of[net.place]), position, "oxide")]
    if ligands:
        outer = _outer_cations(full, net, kinds, places, to_nm, layer_of)
        there = np.concatenate([position, more[0][1], outer[1]])
        hung = _anchors(full, layer_of[net.place]).joined(_outer_anchors(full, outer))
        more += [outer, hang(hung, there, "ligand")]
    return Atoms(
        np.concatenate([species, *(m[0] for m in more)]),
        np.concatenate([position, *(m[1] for m in more)]),
        np.concatenate([layer, *(m[2] for m in more)]),
        np.concatenate([role, *(m[3] for m in more)]),
        np.concatenate([charge, *(m[4] for m in more)]),
        full.a_nm,
    )


def of_layers(dot: LayeredDot, rng: np.random.Generator) -> Atoms:
    """Atoms of a dot known by its layers, by the plain rule of :func:`epidot.dot.lattice.build`.

    Ligands and oxide are not drawn.

    Raises
    ------
    InputError
        For an unknown material, or a dot too large to draw.
    """
    sites = build(dot, rng)
    charge = np.array([float(charges()[str(s)]) for s in sites.species])
    role = np.where(sites.layer == 0, "core", "shell").astype("<U6")
    return Atoms(sites.species, sites.position_nm, sites.layer, role, charge, sites.a_nm)


class _Places:
    """From a place on the grid to nm."""

    def __init__(self, net: Grid, dot: GrownDot, step: float) -> None:
        self.size, self.step = net.size, step
        self.origin = dot.position_nm[0] - step * self.at(net.place[:1])[0]

    def at(self, places: Ints) -> Ints:
        return np.stack(np.unravel_index(places, (self.size,) * 3), axis=1)

    def __call__(self, places: Ints) -> Floats:
        return np.asarray(self.origin + self.step * self.at(places))


def _ion(dot: GrownDot, kinds: Table, i: int) -> str:
    """The ion that stands on a site of kind ``i`` itself; empty for a vacancy."""
    composition = dot.kinds[i].composition
    if kinds.shell[i] >= 0:
        return kinds.elements[int(kinds.shell[i])]
    made_of = crystal(dot.core)
    if kinds.own[i] or not kinds.exchanged[i]:
        ours = [el for el in (*made_of.cations, *made_of.anions) if composition.get(el)]
        return ours[0] if ours else ""
    return next((el for el in kinds.cations if composition.get(el)), "")


def _shell_cations(
    net: Grid, dot: GrownDot, kinds: Table, taken: NDArray[np.bool_],
    anion: NDArray[np.bool_],
) -> dict[str, Ints]:  # fmt: skip
    """Places of the cations that anion sites carry, by element."""
    occupied = np.zeros(net.size**3, dtype=bool)
    occupied[net.place[taken]] = True
    bonded = np.bincount((net.place[anion][:, None] + net.first).ravel(), minlength=net.size**3)
    out: dict[str, Ints] = {}
    brought = [k.composition for k, s in zip(dot.kinds, kinds.shell, strict=True) if s >= 0]
    for element in dict.fromkeys(el for c in brought for el in c if charges().get(el, 0) > 0):
        per = np.array(
            [k.composition.get(element, 0) * (s >= 0) for k, s in zip(dot.kinds, kinds.shell, strict=True)]
        )
        owners = np.repeat(net.place, np.where(dot.cation, 0, per[dot.kind]))
        if len(owners):
            out[element] = _matched(owners, net, occupied, bonded)
            occupied[out[element]] = True
    return out


def _matched(owners: Ints, net: Grid, occupied: NDArray[np.bool_], bonded: Ints) -> Ints:
    """A free place beside each owner, each used once, with the most bonds in sum.

    Where a chalcogenide has no free place left to itself (it is hemmed in by core cations), its zinc goes to
    the free place with most bonds beside any other owner.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching, min_weight_full_bipartite_matching

    around = owners[:, None] + net.first
    free = ~occupied[around]
    columns, index = np.unique(around[free], return_inverse=True)
    rows = np.repeat(np.arange(len(owners)), 4)[free.ravel()]
    # weights 1 (four bonds) to 4 (one bond); ties are settled by the order of the sites
    weight = 5.0 - bonded[columns[index]]
    graph = csr_matrix((weight, (rows, index)), shape=(len(owners), len(columns)))
    match = maximum_bipartite_matching(graph, perm_type="column")
    lucky = np.flatnonzero(match >= 0)
    _, best = min_weight_full_bipartite_matching(graph[lucky])
    found = np.full(len(owners), -1, dtype=np.int64)
    found[lucky] = columns[best]
    left = np.flatnonzero(found < 0)
    if len(left):
        spare = np.setdiff1d(columns, found)
        order = spare[np.argsort(-bonded[spare], kind="stable")]
        if len(order) < len(left):
            raise WorkError("a dot cannot be drawn atom by atom: it carries more shell cations than places")
        found[left] = order[: len(left)]
    return found


def _layers(net: Grid, dot: GrownDot, kinds: Table) -> Ints:
    """Number of the anion shell at every place: 0 in the core, 1 beside a core cation, and so on outward.

    A cation position belongs to the innermost shell of its anions.
    """
    out = np.full(net.size**3, -1, dtype=np.int64)
    listed = net.field(~dot.cation, 0).astype(bool)
    present = np.array([bool(k.composition) for k in dot.kinds])
    out[net.place[~dot.cation & kinds.own[dot.kind]]] = 0
    metal = net.place[dot.cation & present[dot.kind]]
    out[metal] = 0
    edge = np.unique(metal[:, None] - net.first)
    number = 1
    while True:
        edge = edge[listed[edge] & (out[edge] < 0)]
        if not len(edge):
            break
        out[edge] = number
        edge = np.unique(edge[:, None] + net.second)
        number += 1
    for n in range(number - 1, 0, -1):
        inner = np.unique(net.place[~dot.cation & (out[net.place] == n)][:, None] + net.first)
        out[inner[out[inner] != 0]] = n
    return out


def _oxide(dot: GrownDot, kinds: Table, layer: Ints) -> Hung:
    number = np.where(dot.cation, kinds.oxide[dot.kind], 0)
    site = np.repeat(np.arange(len(dot)), number)
    n = len(site)
    charge = np.full(n, float(charges()["O"]))
    return Hung(dot.position_nm[site], layer[site], np.full(n, "O", "<U2"), charge, np.full(n, ANCHOR_NM))


def _outer_cations(
    dot: GrownDot, net: Grid, kinds: Table, places: Ints, to_nm: _Places, layer_of: Ints
) -> Placed:
    """Cations of what lies on the outer surface: spread evenly, on free places beside chalcogenide.

    One for each of as many even directions: the outermost free place within reach of it.  Where there is
    little chalcogenide yet, on the places of cations next to those of the dot, over its oxide and hydroxide.

    Raises
    ------
    WorkError
        If there are fewer places than cations.
    """
    from scipy.spatial import cKDTree

    elements = [
        el for one, n in dot.outside for el, k in one.composition.items() if _metal(el) for _ in range(n * k)
    ]
    none = np.empty(0)
    if not elements:
        return np.empty(0, "<U2"), np.empty((0, 3)), none.astype(np.int64), np.empty(0, "<U6"), none
    shell = net.place[~dot.cation & (kinds.shell[dot.kind] >= 0)]
    free = np.setdiff1d(np.unique(shell[:, None] + net.first), places)
    if len(free) < len(elements):
        metal = dot.cation & np.array([bool(k.composition) for k in dot.kinds])[dot.kind]
        over = np.unique(net.place[metal][:, None] + net.second)
        free = np.union1d(free, np.setdiff1d(over, places))
    if len(free) < len(elements):
        raise WorkError(
            f"a dot cannot be drawn atom by atom: it carries {len(elements)} cations outside and has "
            f"places for {len(free)}"
        )
    at = to_nm(free)
    r = np.linalg.norm(at, axis=1)
    wanted = _even_directions(len(elements))
    near = cKDTree(at / r[:, None]).query(wanted, k=min(_CHOICE, len(free)))[1].reshape(len(wanted), -1)
    taken = np.zeros(len(free), dtype=bool)
    found = np.full(len(wanted), -1)
    for i, row in enumerate(near):
        open_ = row[~taken[row]]
        if len(open_):
            found[i] = open_[np.argmax(r[open_])]
            taken[found[i]] = True
    left = np.flatnonzero(found < 0)
    found[left] = np.flatnonzero(~taken)[np.argsort(-r[~taken], kind="stable")[: len(left)]]
    charge = np.array([float(charges()[el]) for el in elements])
    layer = np.maximum(layer_of[free[found]], 1)
    return np.array(elements, "<U2"), at[found], layer, np.full(len(found), "ligand", "<U6"), charge


def _metal(el: str) -> bool:
    return charges().get(el, 0) > 0 and el not in ("H", "C")


def _even_directions(n: int) -> Floats:
    """``n`` unit vectors spread evenly over the sphere (a Fibonacci spiral), shape (n, 3)."""
    z = 1 - (2 * np.arange(n) + 1) / n
    turn = np.pi * (3 - 5**0.5) * np.arange(n)
    flat = np.sqrt(1 - z * z)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)


def _outer_anchors(dot: GrownDot, cations: Placed) -> Hung:
    """The anchoring atoms of what lies on the outer surface, on its cations in their order."""
    names, on, first = [], [], 0
    for one, n in dot.outside:
        own = any(_metal(el) for el in one.composition)
        many = [name for name, m in one.ligands.items() for _ in range(m)]
        for k in range(n if own or len(cations[1]) else 0):  # without a cation of its own: on that of another
            names += many
            on += [first + k if own else k % len(cations[1])] * len(many)
        first += n * own
    known = [ANCHORS.get(name, ("X", 0.0)) for name in names]
    at = np.array(on, dtype=np.int64)
    return Hung(
        cations[1][at],
        cations[2][at],
        np.array([el for el, _ in known], dtype="<U2"),
        np.array([float(e) for _, e in known]),
        np.full(len(names), ANCHOR_NM),
    )


def _anchors(dot: GrownDot, layer: Ints) -> Hung:
    site: list[Ints] = []
    names: list[str] = []
    reach: list[float] = []
    bond_nm = dot.a_nm * 3**0.5 / 4
    for i, kind in enumerate(dot.kinds):
        sites = np.flatnonzero(dot.kind == i)
        for name, n in kind.ligands.items():
            site += [sites] * n
            names += [name] * (n * len(sites))
            # an open end or a Z-type oleate sits on the zinc outside the chalcogenide
            on_zinc = len(sites) > 0 and not dot.cation[sites[0]] and name != "Int1"
            reach += [ANCHOR_NM + on_zinc * bond_nm] * (n * len(sites))
    known = [ANCHORS.get(name, ("X", 0.0)) for name in names]
    there = np.concatenate([*site, np.empty(0, np.int64)]).astype(np.int64)
    return Hung(
        dot.position_nm[there],
        layer[there],
        np.array([el for el, _ in known], dtype="<U2"),
        np.array([float(e) for _, e in known], dtype=np.float64),
        np.array(reach, dtype=np.float64),
    )
