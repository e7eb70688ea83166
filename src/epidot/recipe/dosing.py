"""How much of what one addition brings: moles, volume, and the solvent of the solution it comes in."""

from __future__ import annotations

from collections.abc import Mapping

from epidot.errors import Faults
from epidot.recipe import formatting
from epidot.recipe.events import Dose
from epidot.recipe.schema import Addition, Stock
from epidot.recipe.stockroom import Stockroom, Substance

AGREEMENT = 0.02  # amount, volume and concentration given together must agree within this fraction


def doses(
    addition: Addition, stocks: Mapping[str, Stock], room: Stockroom, line: int, faults: Faults
) -> tuple[Dose, ...]:
    """The reagent and the solvents that come with it; empty if a fault stops it from being worked out.

    ``stocks`` goes by the names of :attr:`Substance.name`.
    """
    with_faults = len(faults.found)
    substance = _find(addition.reagent, room, line, faults)
    stock = None if substance is None else stocks.get(substance.name)
    # What the step itself says comes before what the heading says of the stock.
    concentration = addition.concentration or (stock.concentration if stock else None)
    medium = addition.in_ or (stock.in_ if stock else None)
    as_stocked = addition.concentration is None and addition.in_ is None
    carriers = {name: _find(name, room, line, faults) for name in medium or {}}
    if substance is None or any(c is None for c in carriers.values()):
        return ()
    amount, volume = _amount(addition, substance, concentration, bool(medium), line, faults)
    if amount is None or volume is None or len(faults.found) > with_faults:
        return ()
    own_volume = volume
    out: list[Dose] = []
    if medium:
        neat = substance.litre_per_mol
        if stock is not None and as_stocked and stock.solvent_share is not None:
            solvent = volume * float(stock.solvent_share)
        else:
            # A solute without a known volume counts as none; the solvent then fills the whole solution.
            solvent = max(0.0, volume - (0.0 if neat is None else amount * neat))
        own_volume = volume - solvent
        parts = sum(medium.values())
        for name, part in medium.items():
            carrier = carriers[name]
            assert carrier is not None
            if carrier.litre_per_mol is None:
                faults.add("not a liquid epidot can measure by volume", line=line, seen=name)
                continue
            share = solvent * part / parts
            out.append(_dose(carrier, share / carrier.litre_per_mol, share, line, substance.name))
    return (_dose(substance, amount, own_volume, line, None), *out)


def by_volume(name: str, litre: float, room: Stockroom, line: int, faults: Faults) -> tuple[Dose, ...]:
    """A neat liquid measured by volume."""
    substance = _find(name, room, line, faults)
    if substance is None:
        return ()
    if substance.litre_per_mol is None:
        faults.add(
            "not a liquid epidot can measure by volume",
            line=line,
            seen=name,
            remedy='name a solvent, or declare it under "reagents:" with formula and density',
        )
        return ()
    return (_dose(substance, litre / substance.litre_per_mol, litre, line, None),)


def _dose(substance: Substance, amount: float, volume: float, line: int, carried_by: str | None) -> Dose:
    species = {name: n * amount for name, n in substance.species.items()}
    return Dose(substance.name, amount, volume, species, line, carried_by)


def _find(name: str, room: Stockroom, line: int, faults: Faults) -> Substance | None:
    from epidot.errors import InputError

    try:
        return room.find(name)
    except InputError as error:
        if any(fault.where is not None for fault in error.faults):
            raise  # a fault of epidot's own data is not one of the recipe
        if not error.faults:
            return None
        fault = error.faults[0]
        faults.add(
            "unknown reagent",
            line=line,
            seen=name,
            nearest=fault.nearest,
            remedy='or declare it under "reagents:" with its formula',
        )
        return None


def _amount(
    addition: Addition,
    substance: Substance,
    concentration: float | None,
    dissolved: bool,
    line: int,
    faults: Faults,
) -> tuple[float | None, float | None]:
    """Moles and volume (of the solution, or of the neat reagent) of one addition."""
    name = addition.reagent
    if addition.flow is not None and (addition.over is not None or addition.volume is not None):
        faults.add(
            f"{name}: a flow already says how much goes in and how fast",
            line=line,
            remedy='give "flow" and "for" only',
        )
        return None, None
    if (addition.flow is None) != (addition.for_ is None):
        missing = "for" if addition.for_ is None else "flow"
        remedy = (
            'write e.g. "flow: 4 mL/h, for: 30 min"' if missing == "for" else 'use "over" for a slow addition'
        )
        faults.add(f"{name}: a flow needs {missing!r}", line=line, remedy=remedy)
        return None, None
    if addition.amount is not None and addition.mass is not None:
        faults.add(f"{name}: give the amount or the mass, not both", line=line)
        return None, None
    amount = None if addition.amount is None else float(addition.amount)
    if addition.mass is not None:
        amount = float(addition.mass) / substance.molar_mass
    volume = None if addition.volume is None else float(addition.volume)
    if addition.flow is not None and addition.for_ is not None:
        volume = float(addition.flow) * float(addition.for_)
    neat = substance.litre_per_mol
    if amount is None and volume is None:
        faults.add(
            f"{name}: how much?", line=line, remedy='give "amount", "mass", "volume", or "flow" and "for"'
        )
        return None, None
    if concentration is not None:
        if amount is None:
            assert volume is not None
            return volume * concentration, volume
        expected = amount / concentration
        if volume is not None and abs(volume - expected) > AGREEMENT * expected:
            _disagree(
                name, f"{formatting.amount(amount)} at {concentration:.4g} M", expected, volume, line, faults
            )
            return None, None
        return amount, volume if volume is not None else expected
    if amount is not None and volume is not None:
        if dissolved:
            return amount, volume
        if neat is None:
            faults.add(
                f"{name}: an amount and a volume need the solvent",
                line=line,
                remedy='say what it is dissolved in, e.g. "in: ODE"',
            )
            return None, None
        if abs(volume - amount * neat) > AGREEMENT * amount * neat:
            _disagree(
                name, f"{formatting.amount(amount)} of the neat liquid", amount * neat, volume, line, faults
            )
            return None, None
        return amount, volume
    if amount is not None:
        if dissolved:
            faults.add(f"{name}: a solution needs its concentration or its volume", line=line)
            return None, None
        return amount, 0.0 if neat is None else amount * neat
    assert volume is not None
    if dissolved or neat is None:
        faults.add(
            f"{name}: a volume alone does not say how much",
            line=line,
            remedy='give its "concentration" too, e.g. 0.5 M',
        )
        return None, None
    return volume / neat, volume


def _disagree(name: str, what: str, expected: float, volume: float, line: int, faults: Faults) -> None:
    faults.add(
        f"{name}: {what} is {formatting.volume(expected)}, not {formatting.volume(volume)}",
        line=line,
        seen=formatting.volume(volume),
        remedy="correct one of amount, volume and concentration, or leave one out",
    )
