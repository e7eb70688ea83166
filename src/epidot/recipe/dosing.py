"""How much of what one addition brings: moles, volume, and the solvent of the solution it comes in."""

from __future__ import annotations

from collections.abc import Mapping

from epidot.errors import InputError
from epidot.recipe import formatting
from epidot.recipe.events import Dose
from epidot.recipe.parts import Part
from epidot.recipe.schema import Addition, Stock
from epidot.recipe.stockroom import Stockroom, Substance

AGREEMENT = 0.02  # amount, volume and concentration given together must agree within this fraction
THIOLS = ("thiol", "mercaptan", "ddt")


def doses(addition: Addition, stocks: Mapping[str, Stock], room: Stockroom) -> tuple[Dose, ...]:
    """The reagent and the solvents that come with it; empty if a fault stops it from being worked out.

    ``stocks`` goes by the names of :attr:`Substance.name`.
    """
    substance = _find(addition.reagent, room, addition)
    stock = None if substance is None else stocks.get(substance.name)
    # What the step itself says comes before what the heading says of the stock.
    concentration = addition.concentration or (stock.concentration if stock else None)
    medium = addition.in_ or (stock.in_ if stock else None) or {}
    carriers = [(_find(name, room, addition), part) for name, part in medium.items()]
    if substance is None or any(carrier is None for carrier, _ in carriers):
        return ()
    line = addition.line()
    out: list[Dose] = []
    with addition.entry.called(addition.reagent).placed():
        amount, volume = _amount(addition, substance, concentration, bool(medium))
        neat = substance.litre_per_mol
        own = stock is not None and addition.concentration is None and addition.in_ is None
        if own and stock is not None and stock.solvent_share is not None:
            solvent = volume * stock.solvent_share
        else:
            # A solute without a known volume counts as none; the solvent then fills the whole solution.
            solvent = max(0.0, volume - (0.0 if neat is None else amount * neat))
        if not medium:
            solvent = 0.0
        own_dose = _dose(substance, amount, volume - solvent, line, None)
        for carrier, part in carriers:
            assert carrier is not None
            share = solvent * part / sum(medium.values())
            out.append(_dose(carrier, share / _litre_per_mol(carrier), share, line, substance.name))
        out.insert(0, own_dose)
    return tuple(out)


def by_volume(name: str, litre: float, room: Stockroom, at: Part) -> tuple[Dose, ...]:
    """A neat liquid measured by volume, for the step or heading ``at``."""
    substance = _find(name, room, at)
    if substance is None:
        return ()
    moles = None
    with at.entry.placed():
        moles = litre / _litre_per_mol(substance)
    return () if moles is None else (_dose(substance, moles, litre, at.line(), None),)


def _litre_per_mol(substance: Substance) -> float:
    if substance.litre_per_mol is None:
        raise InputError(
            "not a liquid epidot can measure by volume",
            seen=substance.name,
            remedy='name a solvent, or declare it under "reagents:" with formula and density',
        )
    return substance.litre_per_mol


def _dose(substance: Substance, amount: float, volume: float, line: int, carried_by: str | None) -> Dose:
    species = {name: n * amount for name, n in substance.species.items()}
    return Dose(substance.name, amount, volume, species, line, carried_by)


def _find(name: str, room: Stockroom, at: Part) -> Substance | None:
    try:
        return room.find(name)
    except InputError as error:
        if any(fault.where is not None for fault in error.faults):
            raise  # a fault of epidot's own data is not one of the recipe
        for fault in error.faults[:1]:
            remedy, near = 'or declare it under "reagents:" with its formula', fault.nearest
            if any(word in name.lower() for word in THIOLS):  # no spelling of what epidot knows
                remedy = 'declare it under "reagents:" with its formula, and its reactions in a mechanism'
                remedy += (
                    " of your own (docs/mechanisms.md does it for dodecanethiol): no shipped one has a thiol"
                )
                near = ()
            at.fault("unknown reagent", seen=name, nearest=near, remedy=remedy)
        return None


def _amount(
    addition: Addition, substance: Substance, concentration: float | None, dissolved: bool
) -> tuple[float, float]:
    """Moles and volume (of the solution, or of the neat reagent) of one addition.

    Raises
    ------
    InputError
        If what is said contradicts itself, or does not say how much.
    """
    amount, volume, neat = addition.amount, addition.volume, substance.litre_per_mol
    if addition.flow is not None and (addition.over is not None or volume is not None):
        remedy = 'give "flow" and "for" only'
        raise InputError("a flow already says how much goes in and how fast", remedy=remedy)
    if addition.flow is not None and addition.for_ is None:
        raise InputError("a flow needs 'for'", remedy='write e.g. "flow: 4 mL/h, for: 30 min"')
    if addition.flow is None and addition.for_ is not None:
        raise InputError("a flow needs 'flow'", remedy='use "over" for a slow addition')
    if amount is not None and addition.mass is not None:
        raise InputError("give the amount or the mass, not both")
    if addition.mass is not None:
        amount = addition.mass / substance.molar_mass
    if addition.flow is not None and addition.for_ is not None:
        volume = addition.flow * addition.for_
    if amount is None and volume is None:
        raise InputError("how much?", remedy='give "amount", "mass", "volume", or "flow" and "for"')
    if amount is None:
        assert volume is not None
        if concentration is not None:
            return volume * concentration, volume
        if dissolved or neat is None:
            remedy = 'give its "concentration" too, e.g. 0.5 M'
            raise InputError("a volume alone does not say how much", remedy=remedy)
        return volume / neat, volume
    if concentration is not None:
        of = f"{formatting.amount(amount)} at {concentration:.4g} M"
        return amount, _agreed(of, amount / concentration, volume)
    if dissolved:
        if volume is None:
            raise InputError("a solution needs its concentration or its volume")
        return amount, volume
    if neat is None:
        if volume is not None:
            remedy = 'say what it is dissolved in, e.g. "in: ODE"'
            raise InputError("an amount and a volume need the solvent", remedy=remedy)
        return amount, 0.0
    return amount, _agreed(f"{formatting.amount(amount)} of the neat liquid", amount * neat, volume)


def _agreed(what: str, expected: float, volume: float | None) -> float:
    """The volume, as given where it is what is ``expected``."""
    if volume is not None and abs(volume - expected) > AGREEMENT * expected:
        raise InputError(
            f"{what} is {formatting.volume(expected)}, not {formatting.volume(volume)}",
            seen=formatting.volume(volume),
            remedy="correct one of amount, volume and concentration, or leave one out",
        )
    return expected if volume is None else volume
