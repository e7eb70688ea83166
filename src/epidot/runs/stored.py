"""Dots one by one as plain arrays, and back: what a batch keeps of members and of their sites."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.dot.grown import GrownDot, GrownDots, SiteSpecies
from epidot.dot.halides import HalideContent
from epidot.dot.layers import Layer, LayeredDot, surface_rules

Arrays = dict[str, NDArray[Any]]
_LAYER = ("thickness_nm", "coherency", "crystalline")


def dot_to_plain(dot: LayeredDot) -> dict[str, Any]:
    """One layered dot for JSON."""
    plain = asdict(dot)
    for halide in plain["halides"]:
        halide["edges_nm"], halide["amount"] = halide["edges_nm"].tolist(), halide["amount"].tolist()
    return plain


def dot_from_plain(plain: Mapping[str, Any]) -> LayeredDot:
    """The dot of :func:`dot_to_plain`."""
    dot = dict(plain)
    dot["shells"] = tuple(Layer(**layer) for layer in dot["shells"])
    dot["halides"] = tuple(
        HalideContent(**(h | {k: np.array(h[k], dtype=np.float64) for k in ("edges_nm", "amount")}))
        for h in dot.get("halides", ())
    )
    return LayeredDot(**dot)


def members_to_table(members: Sequence[LayeredDot]) -> tuple[list[str], NDArray[np.float64]]:
    """Names of the columns and numbers, shape (dots, columns); NaN is what a dot does not have."""
    rows = [_row(m) for m in members]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return names, np.array([[row.get(name, math.nan) for name in names] for row in rows], dtype=np.float64)


def _kept(how: str) -> list[str]:
    return [name for name, rule in surface_rules().items() if rule.kept == how]


def _row(dot: LayeredDot) -> dict[str, float]:
    numbers = {name: getattr(dot, name) for name in ("core_diameter_nm", *_kept("number"))}
    row = {name: float(x) for name, x in numbers.items() if x is not None}
    for i, layer in enumerate(dot.shells):
        for name in _LAYER:
            value = getattr(layer, name)
            row[f"shell/{i}/{layer.material}/{name}"] = math.nan if value is None else value
    for many in _kept("numbers by name"):
        row |= {f"{many}/{name}": n for name, n in getattr(dot, many).items()}
    for i, halide in enumerate(dot.halides):
        start = f"halide/{i}/{halide.element}"
        row |= {f"{start}/ligand": halide.ligand, f"{start}/interface": halide.interface}
        row |= {f"{start}/edge/{k}": float(x) for k, x in enumerate(halide.edges_nm)}
        row |= {f"{start}/amount/{k}": float(x) for k, x in enumerate(halide.amount)}
    return row


def members_from_table(
    names: Sequence[str], table: NDArray[np.float64], core: str, medium: str
) -> tuple[LayeredDot, ...]:
    """The dots of :func:`members_to_table`, all of one core in one medium."""
    return tuple(
        _member({n: float(x) for n, x in zip(names, row, strict=True)}, core, medium) for row in table
    )


def _member(row: Mapping[str, float], core: str, medium: str) -> LayeredDot:
    known = {name: x for name, x in row.items() if not math.isnan(x)}
    shells = []
    for name in (n for n in known if n.startswith("shell/") and n.endswith("/thickness_nm")):
        start = name.removesuffix("/thickness_nm")
        shells.append(
            Layer(
                start.split("/", 2)[2],
                known[name],
                known.get(f"{start}/coherency"),
                known[f"{start}/crystalline"],
            )
        )
    starts = [n.removesuffix("/ligand") for n in known if n.startswith("halide/") and n.endswith("/ligand")]
    surface: dict[str, Any] = {many: _under(f"{many}/", known) for many in _kept("numbers by name")}
    surface |= {name: known[name] for name in _kept("number") if name in known}
    return LayeredDot(
        core=core,
        core_diameter_nm=known["core_diameter_nm"],
        shells=tuple(shells),
        halides=tuple(
            HalideContent(
                start.split("/")[2],
                np.array([x for n, x in known.items() if n.startswith(f"{start}/edge/")]),
                np.array([x for n, x in known.items() if n.startswith(f"{start}/amount/")]),
                known[f"{start}/ligand"],
                known[f"{start}/interface"],
            )
            for start in starts
        ),
        medium=medium,
        **surface,
    )


def _under(start: str, known: Mapping[str, float]) -> dict[str, float]:
    return {n.removeprefix(start): x for n, x in known.items() if n.startswith(start)}


# --- sites ------------------------------------------------------------------------------------------------


def sites_to_arrays(dots: Sequence[GrownDot]) -> tuple[dict[str, Any], Arrays]:
    """Plain description and arrays of dots that share their sites up to a shift of the centre.

    Raises
    ------
    ValueError
        If the dots do not share one lattice and one list of kinds.
    """
    first = dots[0]
    shift = np.zeros((len(dots), 3))
    for i, dot in enumerate(dots):
        alike = len(dot) == len(first) and dot.kinds == first.kinds
        alike &= (dot.core, dot.a_nm) == (first.core, first.a_nm)
        if alike:
            shift[i] = dot.position_nm[0] - first.position_nm[0]
            alike = np.max(np.abs(dot.position_nm - shift[i] - first.position_nm)) <= 1e-9
        if not alike:
            raise ValueError("dots that share no lattice cannot be kept together")
    plain = {
        "core": first.core,
        "a_nm": first.a_nm,
        "places": [first.places[0], list(first.places[1])],
        "kinds": [_kind_plain(k) for k in first.kinds],
    }
    if any(dot.outside for dot in dots):
        what = list({k.name: k for dot in dots for k, _ in dot.outside}.values())
        plain["outside"] = [_kind_plain(k) for k in what]
        plain["outside_numbers"] = [_outside(dot, [k.name for k in what]) for dot in dots]
        plain["outside_rounded"] = [dot.rounded for dot in dots]
    arrays: Arrays = {
        "kind": np.stack([dot.kind for dot in dots]),
        "position_nm": first.position_nm,
        "cation": first.cation.astype(np.uint8),
        "shift_nm": shift,
        "cut_nm": np.array([dot.core_diameter_nm for dot in dots]),
    }
    return plain, arrays


def sites_from_arrays(plain: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> GrownDots:
    """The dots of :func:`sites_to_arrays`."""
    kinds = tuple(map(_kind_from_plain, plain["kinds"]))
    what = [_kind_from_plain(k) for k in plain.get("outside", ())]
    numbers = plain.get("outside_numbers") or [[]] * len(arrays["cut_nm"])
    outside = [tuple(zip(what, row, strict=True)) for row in numbers]
    density, ligands = plain.get("places", (0.0, ()))
    cation = arrays["cation"].astype(np.bool_)
    return GrownDots(
        core=plain["core"],
        core_diameters_nm=arrays["cut_nm"],
        a_nm=plain["a_nm"],
        lattice_nm=arrays["position_nm"],
        centres_nm=-arrays["shift_nm"],
        cation=cation,
        kind=arrays["kind"],
        kinds=kinds,
        outside=outside,
        places=(density, tuple(ligands)),
        rounded=plain.get("outside_rounded", ()),  # batches of before have none
    )


def _outside(dot: GrownDot, names: Sequence[str]) -> list[int]:
    there = {k.name: n for k, n in dot.outside}
    return [there.get(name, 0) for name in names]


def _kind_plain(k: SiteSpecies) -> dict[str, Any]:
    return {
        "name": k.name,
        "composition": dict(k.composition),
        "ligands": dict(k.ligands),
        "charge": k.charge,
        "marks": sorted(k.marks),
    }


def _kind_from_plain(k: Mapping[str, Any]) -> SiteSpecies:
    return SiteSpecies(k["name"], k["composition"], k["ligands"], k["charge"], frozenset(k["marks"]))
