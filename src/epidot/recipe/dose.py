"""How much precursor for how many layers: the arithmetic of a chemist's bench, with its layers said aloud.

A shell of n layers on a sphere of diameter d holds (V_outer - V_inner) / V_cell x 4 anions (eq 3 of
choi2023) and as many cations; shells stack on the growing radius.  Precursors are counted one per ion.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from epidot.dot import composition
from epidot.errors import Fault, Faults, InputError, nearest
from epidot.matter.compound import Material, Precursor, usual_precursors
from epidot.matter.materials import crystal
from epidot.parameter import Parameter
from epidot.recipe import dose_dots
from epidot.recipe.dose_sheet import Addition, Dose, ShellDose, Supply
from epidot.units import parse

# What choi2023 put in beside 220 nmol of InP, and how many layers it says that is: claim, core diameter,
# shell, moles of the anion precursor, layers, and the lattice whose d111 the paper means.
_SUPPLIES = (
    ("C118", 2.4, "ZnSe", 0.16e-3, 2, "InP"),
    ("C118", 3.3, "ZnSe", 0.40e-3, 2, "InP"),
    ("C100", 3.3, "ZnS", 0.16e-3, 1, "ZnS"),
    ("C100", 3.3, "ZnS", 0.40e-3, 2, "ZnS"),
    ("C100", 3.3, "ZnS", 1.00e-3, 4, "ZnS"),
)
_SUPPLIED_DOTS_MOL = 220e-9
_MAX_LAYERS = 200.0
_SHELL = re.compile(r"^\s*(?P<material>[^\s:]+)\s*:\s*(?P<layers>[^:]+?)\s*$")


def dose(
    core: str,
    shells: Sequence[tuple[str, float]],
    *,
    diameter_nm: float | None = None,
    peak_nm: float | None = None,
    amount_mol: float | None = None,
    absorbance: float | None = None,
    path_cm: float | None = None,
    volume_L: float | None = None,
    layer: str | float = composition.LAYER,
    excess: float = 1.0,
    stocks: Mapping[str, float] | None = None,
) -> Dose:
    """Precursors for ``shells`` = (material, number of layers), from inside out, on ``core``.

    Parameters
    ----------
    diameter_nm, peak_nm : the core's diameter, or its first exciton peak in nm (through the sizing curves;
        their spread goes into the amounts).  Exactly one.
    amount_mol : moles of dots; or else ``absorbance`` at the first exciton of ``volume_L`` litres in a cell
        of ``path_cm`` (1 cm by itself; through the extinction coefficient).  Exactly one of the two.
    layer : ``d111``, ``half-lattice`` or the thickness of one layer in nm.
    excess : every precursor, of anions and of cations, is multiplied by it.
    stocks : mol/L by precursor (its species, e.g. ``Zn(OA)2``, or its name), over the defaults.

    Raises
    ------
    InputError
        With every fault of the input.
    """
    faults = Faults()
    if not shells:
        faults.add("no shell to dose", remedy="give at least one, e.g. ZnSe:2")
    with faults.catching():
        crystal(core)
    crystals: dict[str, Material] = {}
    for name, layers in shells:
        if not (math.isfinite(layers) and 0 < layers <= _MAX_LAYERS):
            faults.add(
                f"the number of layers of {name} must lie between 0 and {_MAX_LAYERS:g}", seen=f"{layers:g}"
            )
        with faults.catching():
            crystals[name] = crystal(name)
    with faults.catching():
        composition.layer_of_lattice_nm(1.0, layer)
    if not (math.isfinite(excess) and excess > 0):
        faults.add("the excess must be positive", seen=f"{excess:g}", remedy="1 means no excess")
    bring = _precursors(crystals.values())
    known = _stocks(stocks or {}, bring, faults)
    size = dose_dots.size(core, diameter_nm, peak_nm, faults)
    amount = dose_dots.amount(core, amount_mol, absorbance, path_cm, volume_L, peak_nm, diameter_nm, faults)
    if faults.found:  # the core's material may be missed by several look-ups: say it once
        raise InputError(dict.fromkeys(faults.found))
    assert size is not None
    assert amount is not None

    plan = [(crystals[name].a_nm, layers) for name, layers in shells]
    stacked = _stack(size.value or 0.0, plan, layer)
    others = {
        words: _stack(size.value or 0.0, plan, convention)
        for words, convention in (("d111", "d111"), ("half a lattice", "half-lattice"), ("0.35 nm", 0.35))
        if convention != layer
    }
    out = []
    for i, (name, layers) in enumerate(shells):
        stuff = crystals[name]
        a = stuff.a_nm
        inner, outer, count = stacked[i]
        # V = pi/6 (D^3 - d^3) and D - d is fixed, so the count moves by the difference of the surfaces.
        slope = math.pi / 2 * ((2 * outer) ** 2 - (2 * inner) ** 2) / a**3 * composition.ANIONS_PER_CELL
        spread = math.hypot(
            count * (amount.sigma or 0.0), (amount.value or 0.0) * slope * (size.sigma or 0.0)
        )
        additions = tuple(
            Addition(
                species := bring[ion].species,
                bring[ion].called,
                (amount.value or 0.0) * count * share * excess,
                spread * share * excess,
                count * share * excess,
                known[species].value if species in known else None,
            )
            for ion, share in (*stuff.cations.items(), *stuff.anions.items())
        )
        out.append(
            ShellDose(
                stuff.name,
                layers,
                composition.layer_of_lattice_nm(a, layer),
                outer - inner,
                inner,
                outer,
                {ion: count * share for ion, share in stuff.anions.items()},
                {ion: count * share for ion, share in stuff.cations.items()},
                additions,
                _instead(a, count, {words: other[i][2] for words, other in others.items()}),
            )
        )
    used = {a.species for shell in out for a in shell.additions}
    return Dose(
        core,
        size,
        amount,
        layer if isinstance(layer, str) else f"{layer:g} nm",
        excess,
        tuple(out),
        _paper(core, [shell.material for shell in out]),
        _note(layer),
        {k: v.source for k, v in known.items() if k in used and v.status == "assumed"},
    )


def parse_shell(text: str) -> tuple[str, float]:
    """``"ZnSe:2"`` as (material, number of layers).

    Raises
    ------
    InputError
        If it is not a material, a colon and a positive number.
    """
    match = _SHELL.match(text)
    try:
        if match is None:
            raise ValueError
        layers = float(match["layers"].replace(",", "."))
    except ValueError:
        raise InputError(
            "cannot read this shell", seen=text, remedy='write MATERIAL:LAYERS, e.g. "ZnSe:2"'
        ) from None
    if not (math.isfinite(layers) and 0 < layers <= _MAX_LAYERS):
        raise InputError(f"the number of layers must lie between 0 and {_MAX_LAYERS:g}", seen=text)
    return match["material"], layers


def from_text(
    core: str,
    diameter: str | None,
    peak: str | None,
    amount: str | None,
    absorbance: float | str | None,
    path: str | None,
    volume: str | None,
    shells: Iterable[str],
    layer: str = composition.LAYER,
    excess: float | str = 1.0,
    stocks: Iterable[str] = (),
) -> Dose:
    """:func:`dose` from the command line's words; every fault names its option."""
    found: list[Fault] = []

    def take(option: str, read: Any, text: Any) -> Any:
        try:
            return None if text is None else read(text)
        except InputError as error:
            found.extend(replace(fault, where=fault.where or option) for fault in error.faults)
        except ValueError:
            found.append(Fault("not a number", option, seen=str(text)))
        return _BROKEN

    wanted = [take("--shell", parse_shell, text) for text in shells]
    given: dict[str, Any] = {
        "diameter_nm": take("--diameter", lambda t: parse(t, "length"), diameter),
        "peak_nm": take("--peak", lambda t: parse(t, "length"), peak),
        "amount_mol": take("--amount", lambda t: parse(t, "amount"), amount),
        "absorbance": take("--absorbance", float, absorbance),
        "path_cm": take("--path", lambda t: parse(t, "length") * 1e-7, path),
        "volume_L": take("--volume", lambda t: parse(t, "volume"), volume),
        "layer": take("--layer", composition.parse_layer, layer),
        "excess": take("--excess", float, excess),
    }
    bottles: dict[str, float] = {}
    for text in stocks:
        name, _, concentration = text.partition("=")
        if not concentration:
            found.append(Fault("cannot read this stock", "--stock", seen=text, remedy='write "SePR3=2 M"'))
            continue
        value = take("--stock", lambda t: parse(t, "concentration"), concentration)
        if value is not _BROKEN:
            bottles[name.strip()] = value
    # What could not be read gets a harmless stand-in, so that the rest is still checked.
    stand_in: dict[str, Any] = {
        "diameter_nm": 3.0, "peak_nm": 550.0, "amount_mol": 1e-9, "absorbance": 0.1, "path_cm": 1.0,
        "volume_L": 1e-3, "layer": composition.LAYER, "excess": 1.0,
    }  # fmt: skip
    try:
        result = dose(
            core,
            [shell for shell in wanted if shell is not _BROKEN] or ([("ZnSe", 1)] if wanted else []),
            stocks=bottles,
            **{k: stand_in[k] if v is _BROKEN else v for k, v in given.items()},
        )
    except InputError as error:
        raise InputError(dict.fromkeys([*found, *error.faults])) from None
    if found:
        raise InputError(found)
    return result


_BROKEN: Any = object()


# --- parts -----------------------------------------------------------------------------------------------


def _stack(
    d_nm: float, plan: Sequence[tuple[float, float]], layer: str | float
) -> list[tuple[float, float, float]]:
    """(inner radius, outer radius, anions per dot) of every shell."""
    radius, out = d_nm / 2, []
    for a, layers in plan:
        thickness = layers * composition.layer_of_lattice_nm(a, layer)
        out.append((radius, radius + thickness, composition.anions_in_shell(2 * radius, thickness, a)))
        radius += thickness
    return out


def _instead(a: float, count: float, others: Mapping[str, float]) -> str:
    """What other conventions would make of the same number of layers."""
    return "; ".join(
        f"by {words} a layer is {composition.layer_of_lattice_nm(a, _convention(words)):.3f} nm and the "
        f"shell holds {other:.0f} anions per dot, not {count:.0f}"
        for words, other in others.items()
    )


def _convention(words: str) -> str | float:
    return {"d111": "d111", "half a lattice": "half-lattice"}.get(words, 0.35)


def _note(layer: str | float) -> str:
    said = {
        "d111": "One layer is one (111) bilayer of the shell's own lattice, a/√3 (d111).",
        "half-lattice": "One layer is half the shell's lattice constant, a/2 (choi2023, eq 3).",
    }.get(str(layer), f"One layer is {layer} nm thick, as given.")
    return (
        said + " Papers count layers differently; 0.35 nm is choi2023's own layer in its strain and its TEM."
    )


@lru_cache(maxsize=1)
def default_stocks() -> Mapping[str, Parameter]:
    """Concentrations of the stock solutions of choi2023, by species, in mol/L.

    Its saturated SePR3 and SPR3 held no free phosphine: as concentrated as neat trioctylphosphine, if
    dissolving the chalcogen does not change the volume (assumed).
    """
    from epidot.matter.reagents import reagent

    methods = "choi2023, Methods: preparation of reaction precursors"
    phosphine = reagent("PR3")
    assert phosphine.density_g_mL is not None
    neat = 1e3 * phosphine.density_g_mL / phosphine.molar_mass
    source = (
        f"as concentrated as neat trioctylphosphine of {phosphine.density_g_mL:g} g/mL: no volume change on "
        "dissolving Se or S"
    )
    return {
        "Zn(OA)2": Parameter("stock of zinc oleate", 0.5, "mol/L", methods, "literature"),
        "In(OA)3": Parameter("stock of indium oleate", 0.5, "mol/L", methods, "literature"),
        "SePR3": Parameter("saturated SePR3", neat, "mol/L", source, "assumed"),
        "SPR3": Parameter("saturated SPR3", neat, "mol/L", source, "assumed"),
    }


def _precursors(crystals: Iterable[Material]) -> dict[str, Precursor]:
    """What brings each ion: of the shells' own files, else the usual one, else nothing but the ion's name."""
    bring = usual_precursors()
    for stuff in crystals:
        for ion in (*stuff.cations, *stuff.anions):
            unknown = Precursor(ion, f"{ion} (no precursor of it is known)")
            bring[ion] = stuff.precursor(ion) or unknown
    return bring


def _stocks(
    given: Mapping[str, float], bring: Mapping[str, Precursor], faults: Faults
) -> dict[str, Parameter]:
    known = dict(default_stocks())
    for name, value in given.items():
        species = _species(name, bring)
        if species is None:
            choices = [word for one in bring.values() for word in (one.species, one.called)]
            faults.add("no such precursor in a stock", seen=name, nearest=nearest(name, choices) or choices)
        elif not (math.isfinite(value) and 0 < value < 100):
            faults.add(f"the stock of {name} must lie between 0 and 100 M", seen=f"{value:g} M")
        else:
            known[species] = Parameter(f"stock of {name}", value, "mol/L", "given", "measured")
    return known


def _species(name: str, bring: Mapping[str, Precursor]) -> str | None:
    """The precursor species a user means by a species, an ion, its name, or a reagent's alias."""
    for ion, one in bring.items():
        if name in (ion, one.species) or name.lower() == one.called:
            return one.species
    from epidot.matter.reagents import reagent

    try:
        species = {one.species for one in bring.values()}
        brings = [s for s in reagent(name).species if s in species]
    except InputError:
        return None
    return brings[0] if len(brings) == 1 else None


def _paper(core: str, materials: Sequence[str]) -> tuple[Supply, ...]:
    """The supplies of choi2023 for the shells asked for, beside what its layers hold."""
    if core != "InP":
        return ()
    out = []
    for claim, d, shell, mol, layers, lattice in _SUPPLIES:
        if shell in materials:
            thickness = layers * composition.layer_of_lattice_nm(crystal(lattice).a_nm, "d111")
            needed = composition.anions_in_shell(d, thickness, crystal(shell).a_nm)
            out.append(
                Supply(claim, d, shell, layers, mol / _SUPPLIED_DOTS_MOL, needed, f"d111 of {lattice}")
            )
    return tuple(out)
