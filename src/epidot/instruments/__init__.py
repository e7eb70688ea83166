"""The instruments: one module (or folder) each, found by its place; the file is the registration.

Instruments of one's own stand in a folder that ``EPIDOT_INSTRUMENTS`` names (several as in ``PATH``).
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
from typing import cast

from epidot.errors import Fault, InputError, nearest
from epidot.instruments.contract import Header, Instrument

# Used by the instruments or on them, none themselves.
_SHARED = {
    "contract",
    "banded",
    "curve",
    "folder",
    "foreign",
    "many",
    "options",
    "recognise",
    "spectrometer",
    "symmetry",
    "table",
}

_FOLDERS = "EPIDOT_INSTRUMENTS"
_OWN = [folder for folder in os.environ.get(_FOLDERS, "").split(os.pathsep) if folder]
__path__ = [*__path__, *_OWN]


def names() -> tuple[str, ...]:
    """Every instrument, in alphabetical order.

    Raises
    ------
    InputError
        If ``EPIDOT_INSTRUMENTS`` names a folder that is none.
    """
    if missing := [folder for folder in _OWN if not os.path.isdir(folder)]:
        remedy = f"correct {_FOLDERS}, or unset it"
        raise InputError(
            [Fault("no folder of instruments", _FOLDERS, seen=f, remedy=remedy) for f in missing]
        )
    return tuple(sorted({m.name for m in pkgutil.iter_modules(__path__) if m.name[0] != "_"} - _SHARED))


def instrument(name: str) -> Instrument:
    """The instrument called ``name``.

    Raises
    ------
    InputError
        If there is none of that name, or its file cannot be loaded or declares no instrument.
    """
    if name not in names():
        raise InputError("no such technique", seen=name, nearest=nearest(name, names()))
    try:
        found = importlib.import_module(f"{__name__}.{name}")
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise InputError("this instrument's file cannot be loaded", _where(name), seen=why) from error
    header = getattr(found, "HEADER", None)
    if not isinstance(header, Header) or header.name != name:
        remedy = f'it must hold HEADER = Header(name="{name}", ...) and the four verbs'
        raise InputError("this file declares no instrument", _where(name), remedy=remedy)
    return cast(Instrument, found)


def _where(name: str) -> str:
    spec = importlib.util.find_spec(f"{__name__}.{name}")
    return name if spec is None or spec.origin is None else spec.origin
