"""Ions counted in moles: what the carriers in the flask lose, what the dots gain, what is gone for good.

An ion goes onto a dot with its share of zinc (from ZnX2) or of hydrogen (from OAm-X), so that every element
and the charge are kept; the amine of OAm-X stays behind in the flask.  An ion that comes off a dot takes zinc
or hydrogen along again, as ZnX2 or HX.  What the bath loses is booked as lost in the form it had.
"""

from __future__ import annotations

from collections.abc import Mapping

from epidot.transport.constants import Carrier, carriers


def of_halide(halide: str) -> tuple[Carrier, ...]:
    """The dissolved species that bring ``halide``."""
    return tuple(carrier for carrier in carriers().values() if carrier.halide == halide)


def dissolved(liquor: Mapping[str, float], halide: str) -> float:
    """Moles of ions of ``halide`` that the carriers in ``liquor`` hold."""
    return sum(carrier.ions * liquor.get(carrier.name, 0.0) for carrier in of_halide(halide))


def settle(
    liquor: Mapping[str, float],
    lost: Mapping[str, float],
    partners: Mapping[str, float],
    halide: str,
    taken_up: float,
    gone: float,
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """(liquor, lost, partners) after ``taken_up`` mol of ions went onto the dots and ``gone`` mol were lost.

    ``liquor`` holds all that came in; ``partners`` are moles of ions on the dots by what came along
    ("Zn" or "H").  A negative ``taken_up`` comes off the dots.
    """
    liquor, lost, partners = dict(liquor), dict(lost), dict(partners)
    pool = {c.name: c.ions * liquor.get(c.name, 0.0) for c in of_halide(halide)}
    if taken_up >= 0:
        whole = sum(pool.values())
        for carrier in of_halide(halide):
            ions = taken_up * pool[carrier.name] / whole if whole > 0 else 0.0
            pool[carrier.name] -= ions
            for name, share in carrier.leaves.items():
                liquor[name] = liquor.get(name, 0.0) + share * ions
            kind = "Zn" if "Zn" in carrier.with_it else "H"
            partners[kind] = partners.get(kind, 0.0) + ions
    else:
        for name, ions in released(partners, halide, -taken_up).items():
            pool[name] = pool.get(name, 0.0) + ions
        partners = _less(partners, -taken_up)
    whole = sum(pool.values())
    for name, ions in pool.items():
        away = gone * ions / whole if whole > 0 else 0.0
        per = _ions(name)
        if ions or name in liquor:
            liquor[name] = max(0.0, ions - away) / per
        if away:
            lost[name] = lost.get(name, 0.0) + away / per
    return liquor, lost, partners


def stripped(
    lost: Mapping[str, float], partners: Mapping[str, float], halide: str, ions: float
) -> tuple[dict[str, float], dict[str, float]]:
    """(lost, partners) after ``ions`` mol were washed off the dots."""
    out = dict(lost)
    for name, mol in released(partners, halide, ions).items():
        out[name] = out.get(name, 0.0) + mol / _ions(name)
    return out, _less(partners, ions)


def released(partners: Mapping[str, float], halide: str, ions: float) -> dict[str, float]:
    """Moles of ions by the species in which they come off."""
    whole = sum(partners.values())
    if whole <= 0:
        return {}
    names = {"Zn": f"Zn{halide}2", "H": f"H{halide}"}
    return {names[kind]: ions * mol / whole for kind, mol in partners.items() if mol > 0}


def _less(partners: Mapping[str, float], ions: float) -> dict[str, float]:
    whole = sum(partners.values())
    left = max(0.0, 1 - ions / whole) if whole > 0 else 1.0
    return {kind: mol * left for kind, mol in partners.items()}


def _ions(name: str) -> int:
    known = carriers().get(name)
    return known.ions if known else 1
