"""The ``halides`` part of a described dot: how many ions lie how deep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from epidot.dot.halides import HalideContent

ELEMENTS = ("F", "Cl", "Br", "I")
KEYS = ("depths", "ions", "ligand", "interface")

_Place = tuple[str | int, ...]


def contents(reading: Any, raw: Mapping[str, Any], outer_nm: float) -> tuple[HalideContent, ...]:
    """Halides of a dot of radius ``outer_nm``, from ``{Br: {depths, ions, ligand, interface}}``.

    ``ions`` lie between each depth and the one before it (the first: the surface), spread evenly there.
    Faults are noted with ``reading``, which reads single values.
    """
    out = []
    for element in raw:
        place: _Place = ("halides", element)
        part = reading.mapping(place, KEYS)
        depths, ions = part.get("depths", []), part.get("ions", [])
        if not isinstance(depths, list) or not isinstance(ions, list) or len(depths) != len(ions):
            reading.fault(
                place,
                "depths and ions must be lists of equal length",
                remedy="write e.g. {depths: [0.5 nm, 1.0 nm], ions: [20, 5]}",
            )
            continue
        at = (*place, "depths")
        reached = [reading.quantity((*at, i), d, "length", 0, 50, 0.0) for i, d in enumerate(depths)]
        counts = [reading.count((*place, "ions", i), n) for i, n in enumerate(ions)]
        if any(b <= a for a, b in zip([0.0, *reached], reached, strict=False)):
            reading.fault(at, "the depths must rise from the surface inwards", depths)
            continue
        if reached and reached[-1] > outer_nm:
            reading.fault(at, f"the dot ends at {outer_nm:.3g} nm from its surface", depths[-1])
            continue
        deepest = reached[-1] if reached else 0.0
        edges = sorted({0.0, outer_nm, *(outer_nm - d for d in reached)})
        amount = np.array(counts[::-1], dtype=np.float64)
        if deepest < outer_nm:  # nothing below the last depth
            amount = np.concatenate([[0.0], amount])
        out.append(
            HalideContent(
                element,
                np.array(edges),
                amount,
                reading.count((*place, "ligand"), part.get("ligand", 0)),
                reading.count((*place, "interface"), part.get("interface", 0)),
            )
        )
    return tuple(out)
