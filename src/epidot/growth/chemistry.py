"""Which of a recipe's reagents the mechanism knows: reacts, spectator, or unknown.

A mechanism is silent about what it does not know, and a reagent without a reaction changes no digit of the
result.  So each reagent that meets dots is told before anything runs, and one that a chemist would expect to
react stops the run unless it is ignored by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from epidot.errors import Fault, InputError, nearest
from epidot.growth.flask import HALIDES_AND_AMINE, Taken
from epidot.growth.readout import counts
from epidot.matter import reagents
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism, Reaction
from epidot.mechanism.reachable import reachable
from epidot.recipe import events as ev
from epidot.recipe.recipe import Recipe
from epidot.recipe.stockroom import Stockroom

Status = Literal["reacts", "described", "spectator", "unknown"]
_HALOGENS, _CHALCOGENS = ("F", "Cl", "Br", "I"), ("S", "Se", "Te")
_NONMETALS = {"H", "B", "C", "N", "O", "Si", "P", *_CHALCOGENS, *_HALOGENS}
NO_SHELL = "No shell was grown"
_NO_LAYER = 0.05  # of a layer; less than this is no shell


@dataclass(frozen=True)
class Reagent:
    """One reagent of a recipe: how it stands to the mechanism, and why.

    ``expected`` is what a chemist would call it if it is of a kind that reacts with dots ("" otherwise);
    ``nearest`` what the mechanism knows of that kind, ``lacks`` reagents any one of which would make it
    react; ``ignored`` says that the order lets it pass.
    """

    name: str
    line: int
    status: Status
    why: str
    expected: str = ""
    nearest: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    ignored: bool = False

    @property
    def stops(self) -> bool:
        """Whether the run must not begin."""
        return self.status == "unknown" and bool(self.expected) and not self.ignored


def kind_of(elements: Mapping[str, float]) -> str:
    """What a chemist would expect of a substance of this composition: the kind that reacts, or "".

    Read off the formula: a chalcogen or halogen with or without a metal, a metal with a ligand, phosphorus,
    nitrogen without oxygen (an amine), C, H and two O (an acid), water.
    """
    metal = bool(set(elements) - _NONMETALS)
    has = elements.keys()
    if dict(elements) == {"H": 2, "O": 1}:
        return "water"
    if any(el in has for el in _CHALCOGENS):
        return "metal chalcogenide source" if metal else "chalcogen source"
    if any(el in has for el in _HALOGENS):
        return "metal halide" if metal else "halide"
    if metal:
        return "metal carboxylate" if {"C", "H", "O"} <= has and elements["O"] >= 2 else ""
    if "P" in has:
        return "phosphine"
    if "N" in has:
        return "" if "O" in has else "amine"
    return "acid" if set(has) == {"C", "H", "O"} and elements["O"] == 2 else ""


def told(recipe: Recipe, mechanism: Mechanism, ignore: Collection[str] = ()) -> tuple[Reagent, ...]:
    """Every reagent that meets dots during a stretch of time, in the order of the recipe.

    A recipe without dots has none.  ``ignore`` are names or aliases.

    Raises
    ------
    InputError
        If one of ``ignore`` is not in the recipe, or reacts.
    """
    stockroom = Stockroom(recipe.header.reagents)
    met = _Met.of(recipe, mechanism)
    let_pass = _ignored(ignore, recipe, stockroom)
    found: dict[str, Reagent] = {}
    for key in met.doses:
        one = _judged(key, met, mechanism, stockroom, let_pass)
        kept = found.get(one.name)
        if kept is None or (kept.status != "unknown" and one.status == "unknown"):
            found[one.name] = one
    useless = [_useless(name, found, recipe) for name in let_pass if not _stops_by_itself(found.get(name))]
    if useless:
        raise InputError(useless)
    return tuple(found.values())


def insist(recipe: Recipe, mechanism: Mechanism, ignore: Collection[str] = ()) -> tuple[Reagent, ...]:
    """:func:`told`, but a reagent that should react and is unknown is refused.

    Raises
    ------
    InputError
        Naming every such reagent with its line, and what the mechanism knows instead.
    """
    found = told(recipe, mechanism, ignore)
    faults = [
        Fault(
            f"{one.name} ({_a(one.expected)}) would do nothing: {one.why}",
            recipe.where,
            one.line,
            nearest=one.nearest,
            remedy=f"{_to_do(one)}, or insist with --ignore {_quoted(one.name)}",
        )
        for one in found
        if one.stops
    ]
    if faults:
        raise InputError(faults)
    return found


def remark(found: Iterable[Reagent], mechanism: Mechanism) -> tuple[str, ...]:
    """The same in a sentence, for the notes of a run; and one more for every reagent that was ignored."""
    by: dict[str, list[str]] = {}
    for one in found:
        by.setdefault("ignored" if one.ignored else one.status, []).append(one.name)
    if not by:
        return ()
    words = {
        "reacts": "react",
        "described": "used up as described",
        "spectator": "spectators",
        "unknown": "unknown, do nothing",
        "ignored": "unknown, IGNORED on request whatever they would do",
    }
    parts = [f"{said}: {', '.join(by[status])}" for status, said in words.items() if status in by]
    return (f"reagents ({mechanism.name}): " + "; ".join(parts),)


def shelf(mechanism: Mechanism) -> tuple[Reagent, ...]:
    """Every reagent epidot stocks, as the mechanism meets it with all of its own reagents and cores there."""
    starts = {s for surface in mechanism.surfaces.values() for s in surface.per_dot} | set(mechanism.reagents)
    active = reachable(mechanism, starts)[1]
    rows = []
    for one in reagents.shelf():
        elements: dict[str, float] = {}
        for species, n in one.species.items():
            for el, m in reagents.formula(species).items():
                elements[el] = elements.get(el, 0.0) + n * m
        rows.append(
            _of_mechanism(
                one.name, 0, one.species, elements, one.role == "reactive", mechanism, active, starts
            )
        )
    return tuple(rows)


def nothing_grown(
    recipe: Recipe, taken: Sequence[Taken], mechanism: Mechanism, ignore: Collection[str] = ()
) -> tuple[str, ...]:
    """The headline that no shell was grown, where a chalcogenide was put in and the last sample has none."""
    if not taken or taken[-1].state.dots_mol <= 0 or taken[-1].shells:
        return ()
    stockroom = Stockroom(recipe.header.reagents)
    sources = [
        one
        for one in told(recipe, mechanism, ignore)
        if one.status != "described" and set(_CHALCOGENS) & set(stockroom.find(one.name).elements)
    ]
    state = taken[-1].state
    layers = counts(state, mechanism)["shell_layers"] if state.surface else 0.0
    if not sources or layers >= _NO_LAYER:
        return ()
    reasons = dict.fromkeys(
        f"{one.name}: {one.why}" if one.status == "unknown" else f"{one.name} left {layers:.2g} layers"
        for one in sources
    )
    return (f"{NO_SHELL}: {'; '.join(reasons)}.",)


# -- pieces -------------------------------------------------------------------------------------

_Key = tuple[str, int, str | None]  # reagent, line, carried by


@dataclass
class _Met:
    """How every dose met the dots: why nothing of the mechanism happened ("" where it did)."""

    doses: Mapping[_Key, ev.Dose]
    inert: Mapping[_Key, str]
    described: Mapping[_Key, int]  # the line that says what became of it
    active: tuple[Reaction, ...]  # what can happen at all
    present: frozenset[str]  # species put in beside dots, and those of the bare surface

    @classmethod
    def of(cls, recipe: Recipe, mechanism: Mechanism) -> _Met:
        core = recipe.core.material if recipe.core else ""
        dots, why = bool(core), _inert(core, mechanism)
        doses: dict[_Key, ev.Dose] = {}
        here: dict[_Key, None] = {}
        inert: dict[_Key, str] = {}
        described: dict[_Key, int] = {}
        for event in recipe.timeline():
            match event:
                case ev.Charge() | ev.Run():
                    new = {(d.reagent, d.line, d.carried_by): d for d in event.doses}
                    doses |= new
                    here |= dict.fromkeys(new)
                    if dots and isinstance(event, ev.Run) and event.duration_s > 0:
                        inert |= {key: why for key in here if inert.get(key) != ""}
                case ev.Wash() if event.kept == 0:
                    here.clear()
                case ev.React():
                    used = {s for s, mol in event.change.items() if mol < 0}
                    described |= {key: event.line for key in here if used & set(doses[key].species)}
                case ev.FormCore():
                    dots, why = True, "cores that form in the flask have no surface that the mechanism knows"
                    described |= dict.fromkeys(here, event.line)
                case ev.DescribeShell():
                    why = "nothing grows on a shell that is described"
                    described |= dict.fromkeys(here, event.line)
        present = {s for key in inert for s in doses[key].species}
        surface = mechanism.surfaces[core].per_dot if core in mechanism.surfaces else {}
        present |= set(surface)
        active = reachable(mechanism, present)[1] if surface else ()
        return cls({key: doses[key] for key in inert}, inert, described, active, frozenset(present))


def _inert(core: str, mechanism: Mechanism) -> str:
    """Why nothing of the mechanism happens on dots of ``core``; "" where it does."""
    if core in mechanism.surfaces:
        return ""
    known = ", ".join(mechanism.surfaces) or "none"
    return f"the mechanism {mechanism.name} does not know the surface of {core} (it knows {known})"


def _judged(
    key: _Key, met: _Met, mechanism: Mechanism, stockroom: Stockroom, let_pass: Collection[str]
) -> Reagent:
    dose, inert = met.doses[key], met.inert[key]
    if key in met.described:
        why = f"used up as line {met.described[key]} describes"
        return Reagent(dose.reagent, dose.line, "described", why)
    elements = stockroom.find(dose.reagent).elements
    # The solvent of a stock is one, whatever it is made of; a phosphine or an amine is more than that.
    reactive = _reactive(dose.reagent) and (dose.carried_by is None or kind_of(elements) != "")
    active = () if inert else met.active
    one = _of_mechanism(
        dose.reagent, dose.line, dose.species, elements, reactive, mechanism, active, met.present, inert
    )
    return replace(one, ignored=one.stops and dose.reagent in let_pass)


def _of_mechanism(
    name: str,
    line: int,
    species: Mapping[str, float],
    elements: Mapping[str, float],
    reactive: bool,
    mechanism: Mechanism,
    active: tuple[Reaction, ...],
    present: Collection[str],
    inert: str = "",
) -> Reagent:
    if _used(active) & set(species):
        return Reagent(name, line, "reacts", "a reactant of the mechanism")
    if HALIDES_AND_AMINE & set(species):
        return Reagent(name, line, "reacts", "halide transport; a spectator of the growth of shells")
    for s in species:
        if s in mechanism.spectators:
            return Reagent(name, line, "spectator", mechanism.spectators[s])
    if not reactive:
        return Reagent(name, line, "spectator", "a solvent, precipitant or gas")
    kind = kind_of(elements)
    if not inert and _used(mechanism.reactions) & set(species):
        lacks = _lacks(species, mechanism, present)
        needs = f" without {' or '.join(lacks)}" if lacks else " with what else is there"
        why = f"in the mechanism {mechanism.name} it does not react{needs}"
        return Reagent(name, line, "unknown", why, kind, lacks=lacks)
    known = f"the mechanism {mechanism.name} has no reaction for it{_elsewhere(species, kind, mechanism)}"
    return Reagent(
        name, line, "unknown", inert or known, kind, () if inert else _alike(elements, kind, mechanism)
    )


def _used(reactions: Iterable[Reaction]) -> set[str]:
    """Species that some of ``reactions`` take up."""
    return {s for r in reactions for s in (*r.reactants, *(r.products if r.reversible else ()))}


def _lacks(species: Iterable[str], mechanism: Mechanism, present: Collection[str]) -> tuple[str, ...]:
    """Reagents of the mechanism, any one of which beside those ``present`` would make ``species`` react."""
    return tuple(
        one
        for one in mechanism.reagents
        if one not in present and _used(reachable(mechanism, {*present, one})[1]) & set(species)
    )


def _to_do(one: Reagent) -> str:
    return f"add {' or '.join(one.lacks)}" if one.lacks else "take what the mechanism knows"


def _elsewhere(species: Iterable[str], kind: str, mechanism: Mechanism) -> str:
    """Which other shipped mechanism would take one of ``species`` up, and on which cores."""
    others = (mechanisms.load(name) for name in mechanisms.shipped() if kind and name != mechanism.name)
    return "".join(
        f" ({one.name} has, on {', '.join(one.surfaces)})"
        for one in others
        if one.surfaces and set(species) & set(one.reagents)
    )


def _alike(elements: Mapping[str, float], kind: str, mechanism: Mechanism) -> tuple[str, ...]:
    """Other reagents of the mechanism of the same kind; if there are, those with its metal or chalcogen."""
    of_kind = {n: mechanism.species[n].elements for n in mechanism.reagents}
    of_kind = {n: e for n, e in of_kind.items() if dict(e) != dict(elements)}
    same = [n for n, e in of_kind.items() if kind and _family(kind_of(e)) == _family(kind)]
    telling = {el for el in elements if el not in ("C", "H", "O", "P", "N")}
    shared = [n for n in same if telling & set(of_kind[n])]
    return tuple(shared or same)


def _family(kind: str) -> str:
    return kind.removeprefix("metal ")


def _reactive(name: str) -> bool:
    found = _roles().get(name)
    return found is None or found == "reactive"


@cache
def _roles() -> Mapping[str, str]:
    return {one.name: one.role for one in reagents.shelf()}


def _ignored(ignore: Collection[str], recipe: Recipe, stockroom: Stockroom) -> tuple[str, ...]:
    """The standard names of what is to be ignored."""
    faults, out = [], []
    met = [d.reagent for e in recipe.timeline() if isinstance(e, ev.Charge | ev.Run) for d in e.doses]
    for name in ignore:
        try:
            out.append(stockroom.find(name).name)
        except InputError:
            faults.append(
                Fault("--ignore names no reagent of the recipe", seen=name, nearest=nearest(name, met))
            )
    if faults:
        raise InputError(faults)
    return tuple(dict.fromkeys(out))


def _stops_by_itself(one: Reagent | None) -> bool:
    return one is not None and (one.stops or one.ignored)


def _useless(name: str, found: Mapping[str, Reagent], recipe: Recipe) -> Fault:
    """That ``--ignore name`` would do nothing."""
    one = found.get(name)
    why = "it meets no dots" if one is None else f"{one.status}, {one.why}"
    stopping = tuple(n for n, other in found.items() if _stops_by_itself(other))
    return Fault(
        f"--ignore {_quoted(name)} would change nothing: {why}",
        recipe.where,
        None if one is None else one.line,
        nearest=stopping,
        remedy="leave the option out, or the reagent out of the recipe",
    )


def _a(noun: str) -> str:
    return noun if noun == "water" else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _quoted(name: str) -> str:
    return f"'{name}'" if any(c in name for c in "() ") else name
