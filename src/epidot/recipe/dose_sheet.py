"""The sheet a dose is written on: shells, additions, what the papers put in; as JSON and as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from epidot.quantities import Quantity
from epidot.recipe.formatting import table

_LARGE = 0.2  # of the value: from here on a standard error is told as an interval


@dataclass(frozen=True)
class Addition:
    """One precursor of one shell; ``sigma_mol`` comes from the size and the amount of the dots."""

    species: str
    name: str
    mol: float
    sigma_mol: float
    per_dot: float
    stock_M: float | None

    @property
    def interval68_mol(self) -> tuple[float, float]:
        """The 68 % interval, by a factor, as size and coefficient behind it are known by factors."""
        return _interval(self.mol, self.sigma_mol)

    @property
    def volume_mL(self) -> float | None:
        """Volume of the stock solution, ``None`` where no stock is known."""
        return None if self.stock_M is None else 1e3 * self.mol / self.stock_M

    def to_json(self) -> dict[str, Any]:
        """Amounts in mmol, the volume in mL."""
        plain = asdict(self)
        amounts = {"mmol": 1e3 * plain.pop("mol"), "sigma_mmol": 1e3 * plain.pop("sigma_mol")}
        interval = {"interval68_mmol": [1e3 * end for end in self.interval68_mol]}
        return plain | amounts | interval | {"volume_mL": self.volume_mL}


@dataclass(frozen=True)
class ShellDose:
    """One shell: its geometry, ions per dot (excess not included) and precursors (excess included).

    ``note`` says what one layer is here and what the other conventions would give.
    """

    material: str
    layers: float
    layer_nm: float
    thickness_nm: float
    inner_radius_nm: float
    outer_radius_nm: float
    anions: Mapping[str, float]
    cations: Mapping[str, float]
    additions: tuple[Addition, ...]
    note: str

    def to_json(self) -> dict[str, Any]:
        """As declared; ions and additions by name."""
        plain = asdict(self) | {"additions": [a.to_json() for a in self.additions]}
        return plain | {f"{ions}_per_dot": plain.pop(ions) for ions in ("anions", "cations")}


@dataclass(frozen=True)
class Supply:
    """What a paper put in beside what the shells it names hold, per dot."""

    claim: str
    core_diameter_nm: float
    material: str
    layers: int
    supplied: float
    needed: float
    needed_by: str

    @property
    def ratio(self) -> float:
        """Supplied over needed."""
        return self.supplied / self.needed

    def to_json(self) -> dict[str, Any]:
        """As declared, and the ratio."""
        plain = asdict(self) | {"ratio": self.ratio}
        return plain | {f"{what}_per_dot": plain.pop(what) for what in ("supplied", "needed")}


@dataclass(frozen=True)
class Dose:
    """Precursors for every shell, from inside out."""

    core: str
    diameter_nm: Quantity
    dots_mol: Quantity
    layer: str
    excess: float
    shells: tuple[ShellDose, ...]
    paper: tuple[Supply, ...]
    note: str
    rests_on: Mapping[str, str]

    @property
    def totals_mol(self) -> dict[str, float]:
        """Moles of every precursor over all shells."""
        out: dict[str, float] = {}
        for addition in (a for shell in self.shells for a in shell.additions):
            out[addition.species] = out.get(addition.species, 0.0) + addition.mol
        return out

    def to_json(self) -> dict[str, Any]:
        """The contract of ``epidot dose --json``."""
        return {
            "core": self.core,
            "diameter_nm": self.diameter_nm.to_json(),
            "dots_mol": self.dots_mol.to_json(),
            "layer": self.layer,
            "excess": self.excess,
            "shells": [s.to_json() for s in self.shells],
            "totals_mmol": {species: 1e3 * mol for species, mol in self.totals_mol.items()},
            "paper": [p.to_json() for p in self.paper],
            "note": self.note,
            "rests_on": dict(self.rests_on),
        }

    def text(self) -> str:
        """A plain table for the bench."""
        lines = [
            f"{self.core} core of {_pm(self.diameter_nm, 1, 'nm', 2)}",
            f"{_pm(self.dots_mol, 1e9, 'nmol', 1)} of dots; excess {self.excess:g}",
            "",
        ]
        rows = [("shell", "layers", "nm each", "radius nm", "precursor", "per dot", "mmol", "stock", "mL")]
        for s in self.shells:
            head = (
                s.material,
                f"{s.layers:g}",
                f"{s.layer_nm:.3f}",
                f"{s.inner_radius_nm:.2f}-{s.outer_radius_nm:.2f}",
            )
            for a in s.additions:
                amount = f"{1e3 * a.mol:.4f}{_error(a.mol, a.sigma_mol, 1e3, 4)}"
                stock = "-" if a.stock_M is None else f"{a.stock_M:.3g} M"
                volume = "-" if a.volume_mL is None else f"{a.volume_mL:.3f}"
                rows.append((*head, a.name, f"{a.per_dot:.0f}", amount, stock, volume))
                head = ("", "", "", "")
        lines += table(rows)
        lines += ["", self.note, *(f"{s.material}: {s.note}" for s in self.shells)]
        if self.paper:
            lines += ["", "What choi2023 put in beside 220 nmol of InP:"]
            lines += [
                f"  {p.layers} x {p.material} on {p.core_diameter_nm:g} nm: {p.supplied:.0f} per dot "
                f"supplied, {p.needed:.0f} in the layers ({p.needed_by}): {p.ratio:.2f} times ({p.claim})"
                for p in self.paper
            ]
        for source in dict.fromkeys(self.rests_on.values()):
            stocks = " and ".join(what for what, why in self.rests_on.items() if why == source)
            first = next(what for what, why in self.rests_on.items() if why == source)
            lines += ["", f'Assumed: the stock of {stocks} is {source}. Yours: --stock "{first}=2M".']
        if bare := dict.fromkeys(a.name for s in self.shells for a in s.additions if a.stock_M is None):
            first = next(iter(bare))
            lines += [
                "",
                f'No stock of {" and ".join(bare)} is known; --stock "{first}=0.5M" gives the volume.',
            ]
        return "\n".join(lines)


def _pm(quantity: Quantity, scale: float, unit: str, digits: int) -> str:
    value = quantity.value or 0.0
    error = _error(value, quantity.sigma or 0.0, scale, digits)
    return f"{scale * value:.{digits}f}{error} {unit} ({quantity.method})"


def _error(value: float, sigma: float, scale: float, digits: int) -> str:
    """A standard error behind a number; a large one as an interval, for it is not the same on both sides."""
    if sigma <= 0:
        return ""
    if sigma < _LARGE * value:
        return f" ± {scale * sigma:.{digits}f}"
    low, high = _interval(value, sigma)
    return f" ({scale * low:.{digits}f} to {scale * high:.{digits}f})"


def _interval(value: float, sigma: float) -> tuple[float, float]:
    factor = math.exp(sigma / value) if value > 0 else 1.0
    return value / factor, value * factor
