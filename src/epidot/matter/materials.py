"""Which materials there are: epidot's, those of a user's own folder, and the mixed crystals between them.

A folder of one's own is named by ``--materials`` or the environment variable ``EPIDOT_MATERIALS``, which
reaches every process a command starts and lasts as long as the command.  A file of it stands in for the
material or mixed crystal of that name: who has better numbers need not rename a crystal in every recipe.
:func:`told` says so, and every result that knows of materials of one's own carries their hash.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from epidot import documents
from epidot.documents import data_document, data_file
from epidot.errors import Faults, InputError, nearest
from epidot.given import Given, instead, now
from epidot.matter import compound, formulas
from epidot.matter.compound import STRUCTURES, Material
from epidot.parameter import Parameter, Status
from epidot.processes import folder_in_use

VARIABLE = "EPIDOT_MATERIALS"
BOWING, ON = " bowing with ", " on "  # stand between a number and a partner in the name of a pair's number
CUBIC = "-zb"  # what ends the name of a crystal that is taken as zinc blende in a dot, and is not in bulk


@contextmanager
def in_use(folder: str | Path | None) -> Iterator[None]:
    """Inside, the files of ``folder`` count as materials, here and in every process started from here.

    Raises
    ------
    InputError
        With every fault of every file, also of a folder that only the environment names.
    """
    with folder_in_use(VARIABLE, folder):
        own()
        yield


def own() -> Mapping[str, Material]:
    """The user's own materials by name; errors as :func:`in_use`."""
    folder = os.environ.get(VARIABLE)
    return _own(folder) if folder else {}


def own_hash() -> str:
    """SHA-256 over the user's own files; empty without any."""
    digest = hashlib.sha256()
    for name, one in own().items():
        content = Path(one.file).read_bytes().replace(b"\r\n", b"\n")
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest() if own() else ""


def told() -> str:
    """Which materials are the user's own, in words; empty without any."""
    instead = [name for name in own() if name in _shipped()]
    return (
        f"materials of your own: {', '.join(own())}"
        + (f" ({', '.join(instead)} in place of epidot's)" if instead else "")
        if own()
        else ""
    )


def names() -> tuple[str, ...]:
    """Names of the materials with a file of their own, epidot's first, each alphabetically."""
    return tuple(dict.fromkeys((*_shipped(), *own())))


def material(name: str) -> Material:
    """A material by name: ``InP``, or a mixed crystal such as ``ZnSe0.5S0.5``.

    Raises
    ------
    InputError
        If there is no such material or mixed crystal, with the nearest names.
    """
    return _material(name, os.environ.get(VARIABLE), now())


def crystal(name: str) -> Material:
    """The zinc-blende material of that name, of one cation and one anion: what dots are made of.

    A crystal of another kind that has a file of it as zinc blende (``ZnO``: ``ZnO-zb``) is that one here.

    Raises
    ------
    InputError
        If the material is unknown or another kind of crystal.
    """
    found = material(name)
    if found.structure != STRUCTURES[0] and found.name + CUBIC in names():
        found = material(found.name + CUBIC)
    if found.structure != STRUCTURES[0]:
        raise InputError(
            f"cores and shells are zinc blende; {found.name} is not",
            seen=name,
            remedy='choose e.g. "ZnSe"; of the oxides ZnO can be a shell, the others are counted in units '
            "at the core (surface: oxide)",
        )
    if not all(abs(sum(ions.values()) - 1) < 1e-6 for ions in (found.cations, found.anions)):
        raise InputError(
            "not a zinc-blende compound of one cation and one anion",
            seen=name,
            remedy='write e.g. "ZnSe" or "ZnSe0.5S0.5"',
        )
    return found


def compound_of(cation: str, anion: str) -> str | None:
    """The name of the zinc-blende crystal of these two ions, if there is one (none that only stands in)."""
    return _compound_of(cation, anion, os.environ.get(VARIABLE))


@lru_cache(maxsize=1)
def _shipped() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in data_file("materials").glob("*.yaml")))


@lru_cache(maxsize=4)
def _own(folder: str) -> Mapping[str, Material]:
    files = sorted(Path(folder).glob("*.yaml"))
    faults, found = Faults(), {}
    for other in sorted(Path(folder).glob("*.yml")):
        faults.add(f"{other.name}: the file of a material ends in .yaml", remedy=f"call it {other.stem}.yaml")
    faults.raise_if_any()
    if not files:
        what = "there is no material in this folder" if Path(folder).is_dir() else "this is no folder"
        remedy = "give a folder of files such as GaP.yaml, one material each"
        raise InputError(what, folder, remedy=remedy)
    known = (*_shipped(), *(file.stem for file in files))
    for file in files:
        with faults.catching():
            found[file.stem] = compound.read(documents.read(file), file.stem, known)
    faults.raise_if_any()
    return found


@lru_cache(maxsize=256)
def _material(name: str, folder: str | None, given: Given) -> Material:
    if name in own():
        return _given(own()[name], given)
    if name in _shipped():
        return _given(_read(name), given)
    mixed = _mixed(name)
    if mixed is not None:
        return mixed
    raise InputError(
        "unknown material",
        seen=name,
        nearest=nearest(name, names()),
        remedy="mixed crystals are written like ZnSe0.5S0.5; --materials gives a folder of your own",
    )


@lru_cache(maxsize=64)
def _read(name: str) -> Material:
    return compound.read(data_document("materials", f"{name}.yaml"), name, _shipped())


def _given(one: Material, given: Given) -> Material:
    """``one`` with the numbers that are given for this run."""
    if not given.part(f"{one.name}."):
        return one

    def pairs(table: Mapping[str, Mapping[str, Parameter]], between: str) -> dict[str, dict[str, Parameter]]:
        found = {}
        for other, of_pair in table.items():
            called = {f"{key}{between}{other}": p for key, p in of_pair.items()}
            found[other] = dict(zip(of_pair, instead(f"{one.name}.", called).values(), strict=True))
        return found

    return replace(
        one,
        parameters=instead(f"{one.name}.", one.parameters),
        alloys=pairs(one.alloys, BOWING),
        interfaces=pairs(one.interfaces, ON),
    )


def numbers(one: Material) -> dict[str, Parameter]:
    """Every number of ``one`` and of its pairs by the name that :mod:`epidot.given` knows it by."""
    found = {f"{one.name}.{key}": p for key, p in one.parameters.items()}
    for between, table in ((BOWING, one.alloys), (ON, one.interfaces)):
        for other, more in table.items():
            found |= {f"{one.name}.{key}{between}{other}": p for key, p in more.items()}
    return found


@lru_cache(maxsize=256)
def _compound_of(cation: str, anion: str, folder: str | None) -> str | None:
    made = (n for n in names() if not n.endswith(CUBIC) and set(_elements(n)) == {cation, anion})
    return next((name for name in made if material(name).structure == STRUCTURES[0]), None)


def _elements(name: str) -> Mapping[str, float]:
    """The formula of a material with a file; epidot's own are named by theirs."""
    return formulas.elements(own()[name].formula if name in own() else name.removesuffix(CUBIC))


# --- mixed crystals --------------------------------------------------------------------------------------


def _mixed(name: str) -> Material | None:
    """The mixed crystal that ``name`` describes, or ``None`` if it does not look like one."""
    try:
        counts = formulas.elements(name, zero=True)
    except InputError:
        return None
    ends = [material(n) for n in names() if set(_elements(n)) < set(counts)]
    for two in ends:
        for one in (end for end in ends if end.name in two.alloys):
            mine, other = (set(formulas.elements(end.formula)) for end in (one, two))
            if len(mine - other) == len(other - mine) == 1 and set(counts) == mine | other:
                return _mix(one, two, _share_of_second(name, counts, *(mine - other), *(other - mine)))
    return None


def _share_of_second(name: str, counts: Mapping[str, float], one: str, two: str) -> float:
    """The share of the ion ``two`` that ``name`` gives; one of the two numbers may be left out."""
    m, n = counts[one], counts[two]
    if m == n == 1:
        raise InputError(
            "a mixed crystal needs its composition",
            seen=name,
            remedy=f"write e.g. {name.replace(one, one + '0.5').replace(two, two + '0.5')}",
        )
    m, n = (m, 1 - m) if n == 1 else (1 - n, n) if m == 1 else (m, n)
    if not (0 <= m <= 1 and 0 <= n <= 1 and abs(m + n - 1) < 1e-6):
        raise InputError(
            "the two shares of a mixed crystal must add up to 1", seen=name, remedy="write e.g. ZnSe0.35S0.65"
        )
    return n


def _mix(one: Material, two: Material, x: float) -> Material:
    """The mixed crystal with share ``x`` of the second end, under its standard name."""
    if x in (0, 1):
        return (one, two)[round(x)]
    shares = {one.name: 1 - x, two.name: x}
    name = ""
    for a, b in ((one.cations, two.cations), (one.anions, two.anions)):
        for el in {**a, **b}:
            name += el if el in a and el in b else el + _share(1 - x if el in a else x)
    mixed = {
        key: _between(one.parameters[key], two.parameters[key], two.alloys[one.name].get(key), x)
        for key in one.parameters
        if key in two.parameters and key not in ("molar_mass_g_mol", "density_g_cm3")
    }
    mass = (1 - x) * one["molar_mass_g_mol"] + x * two["molar_mass_g_mol"]
    mixed["molar_mass_g_mol"] = replace(compound.molar_mass(name), value=mass)
    if all("density_g_cm3" in end for end in (one, two)):
        mixed["density_g_cm3"] = _density(one, two, mass, x)
    return Material(
        name,
        name,
        one.structure,
        mixed,
        shares,
        {**one.precursors, **two.precursors},
        interfaces=_interfaces(one, two, x),
    )


def _interfaces(one: Material, two: Material, x: float) -> dict[str, dict[str, Parameter]]:
    """Dipoles of the mixed crystal: those of its ends, by their shares (assumed)."""
    out: dict[str, dict[str, Parameter]] = {}
    for share, end in ((1 - x, one), (x, two)):
        for other, numbers in end.interfaces.items():
            for key, p in numbers.items():
                before = out.setdefault(other, {}).get(key)
                parts = [p] if before is None else [before, p]
                value = share * p.value + (0.0 if before is None else before.value)
                out[other][key] = _joined(parts, value, "dipoles of the ends, by their shares")
    return out


def _share(x: float) -> str:
    """A share as it is written in a name: at most six decimals, never 0 or an exponent."""
    return f"{min(max(x, 1e-6), 1 - 1e-6):.6f}".rstrip("0")


# Weakest first: what is mixed from an assumed number is itself assumed.
_WEAKNESS: tuple[Status, ...] = ("assumed", "fitted", "literature", "measured")


def _joined(parts: list[Parameter], value: float, note: str) -> Parameter:
    """A number worked out from ``parts``, as weak as the weakest of them."""
    return Parameter(
        parts[0].name,
        value,
        parts[0].unit,
        "; ".join(dict.fromkeys(part.source for part in parts)),
        min((part.status for part in parts), key=_WEAKNESS.index),
        note=note,
    )


def _between(one: Parameter, two: Parameter, bowing: Parameter | None, x: float) -> Parameter:
    bow = 0.0 if bowing is None else bowing.value
    law = "linear" if bowing is None else f"bowing {bow:g} {one.unit}"
    return _joined(
        [one, two] if bowing is None else [one, two, bowing],
        (1 - x) * one.value + x * two.value - bow * x * (1 - x),
        f"{law} between {one.value:g} and {two.value:g} {one.unit}",
    )


def _density(one: Material, two: Material, mass: float, x: float) -> Parameter:
    """Mass over volume: the mixed molar mass on the mixed molar volume."""
    first, second = (end["molar_mass_g_mol"] / end["density_g_cm3"] for end in (one, two))
    ends = [end.parameters["density_g_cm3"] for end in (one, two)]
    return _joined(ends, mass / ((1 - x) * first + x * second), "molar volumes of the ends mixed linearly")
