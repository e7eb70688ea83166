"""The ``halides`` part of a described dot: how many ions lie how deep."""

from __future__ import annotations

import numpy as np

from epidot.documents import Entry
from epidot.dot.halides import HALIDES, HalideContent

_MOST = 1e6  # ions
KEYS = ("depths", "ions", "ligand", "interface")


def contents(entry: Entry, outer_nm: float) -> tuple[HalideContent, ...]:
    """Halides of a dot of radius ``outer_nm``, from ``{Br: {depths, ions, ligand, interface}}``.

    ``ions`` lie between each depth and the one before it (the first: the surface), spread evenly there.
    """
    row = entry.fields(HALIDES)
    found = [_content(row[element].fields(KEYS), element, outer_nm) for element in HALIDES if row[element]]
    return tuple(one for one in found if one is not None)


def _content(part: Entry, element: str, outer_nm: float) -> HalideContent | None:
    depths, ions = part["depths"].rows("depth"), part["ions"].rows("ions")
    if len(depths) != len(ions):
        part.fault(
            "depths and ions must be lists of equal length",
            remedy="write e.g. {depths: [0.5 nm, 1.0 nm], ions: [20, 5]}",
        )
        return None
    reached = [depth.quantity("length", 0, 50) for depth in depths]
    counts = [n.number(0, _MOST) for n in ions]
    if any(b <= a for a, b in zip([0.0, *reached], reached, strict=False)):
        part["depths"].fault("the depths must rise from the surface inwards", seen=part["depths"].value)
        return None
    if reached and reached[-1] > outer_nm:
        depths[-1].fault(f"the dot ends at {outer_nm:.3g} nm from its surface", seen=depths[-1].value)
        return None
    edges = sorted({0.0, outer_nm, *(outer_nm - d for d in reached)})
    amount = np.array(counts[::-1], dtype=np.float64)
    if not reached or reached[-1] < outer_nm:  # nothing below the last depth
        amount = np.concatenate([[0.0], amount])
    ligand, interface = (part[key].number(0, _MOST, 0.0) for key in ("ligand", "interface"))
    return HalideContent(element, np.array(edges), amount, ligand, interface)
