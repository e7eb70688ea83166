"""The instruments: one module (or folder) each, found by its place; the file is the registration."""

from __future__ import annotations

import importlib
import pkgutil
from typing import cast

from epidot.errors import Fault, InputError, nearest
from epidot.instruments.contract import Instrument

_NOT_INSTRUMENTS = {"contract", "recognise"}


def names() -> tuple[str, ...]:
    """Every instrument, in alphabetical order."""
    found = (m.name for m in pkgutil.iter_modules(__path__))
    return tuple(sorted(n for n in found if n not in _NOT_INSTRUMENTS and not n.startswith("_")))


def instrument(name: str) -> Instrument:
    """The instrument called ``name``.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in names():
        raise InputError(Fault("no such technique", seen=name, nearest=nearest(name, names())))
    return cast(Instrument, importlib.import_module(f"{__name__}.{name}"))
