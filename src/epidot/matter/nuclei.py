"""Nuclei in a magnetic field: gyromagnetic ratios and natural abundances."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from epidot.documents import data_document, top
from epidot.errors import InputError
from epidot.matter import names


@dataclass(frozen=True)
class Nucleus:
    """A nucleus of spin 1/2: γ/2π in ``MHz_per_T``, natural ``abundance`` as a share."""

    name: str
    MHz_per_T: float
    abundance: float

    @property
    def gamma(self) -> float:
        """γ in rad/(s T)."""
        return 2 * math.pi * 1e6 * self.MHz_per_T


@lru_cache(maxsize=1)
def _all() -> tuple[Nucleus, ...]:
    page = top(data_document("nuclei.yaml"))
    proton = page["proton_MHz_per_T"].parameter(units=("MHz/T",))
    found = []
    for name, entry in page["nuclei"].table().items():
        entry.fields(("frequency", "abundance"))
        frequency, abundance = (entry[key].parameter(units=("%",)) for key in ("frequency", "abundance"))
        if proton and frequency and abundance:
            found.append(Nucleus(name, proton.value * frequency.value / 100, abundance.value / 100))
    page.faults.raise_if_any()
    return tuple(found)


def nucleus_names() -> tuple[str, ...]:
    """Names of all nuclei, ``1H`` first."""
    return tuple(one.name for one in _all())


def one_nucleus(asked: str | None, said: Iterable[str], where: str) -> str:
    """The nucleus that is ``asked`` for, or the first that a file has ``said``; empty if neither.

    Raises
    ------
    InputError
        If the file says another one.
    """
    there = tuple(said)
    if asked and there and asked not in there:
        what = f"nucleus {asked} is asked for, but the file says {' and '.join(there)}"
        remedy = "leave the option out, or put the file right"
        raise InputError(what, where, nearest=there, remedy=remedy)
    return asked or (there[0] if there else "")


def nucleus(name: str) -> Nucleus:
    """The nucleus called ``31P`` or ``P31``.

    Raises
    ------
    InputError
        If there is none, with the nearest names and all that are known.
    """
    known = names.index((one, (one.name, _turned(one.name))) for one in _all())
    remedy = f"known are {', '.join(nucleus_names())}"
    return names.look_up("nucleus", name.strip("<> "), known, nucleus_names(), remedy)


def _turned(name: str) -> str:
    mass = name.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return name[len(mass) :] + mass
