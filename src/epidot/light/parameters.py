"""Constants of light that belong to no material: ``data/light.yaml``, each with source and status.

Those of :data:`OF_CORE` a material's file may replace for dots with such a core.
"""

from __future__ import annotations

from epidot.documents import data_document, top
from epidot.errors import InputError, nearest
from epidot.given import instead, remembered
from epidot.matter.materials import material
from epidot.parameter import Parameter

OF_CORE = ("oscillator_factor", "exchange_splitting_eV", "stokes_bare_eV", "stokes_shell_eV")


@remembered(64)
def parameters() -> dict[str, Parameter]:
    """All of them by name."""
    page = top(data_document("light.yaml"))
    found = page["parameters"].parameters()
    page.faults.raise_if_any()
    return instead("light.", found)


def number(name: str) -> float:
    """The value of one of them.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    known = parameters()
    if name not in known:
        raise InputError("no such constant of light", seen=name, nearest=nearest(name, known))
    return known[name].value


def of_core(name: str, core: str) -> Parameter:
    """One of :data:`OF_CORE` for dots with a core of the material ``core``: its own, or the common one."""
    own = material(core)
    return own.parameter(name) if name in own else parameters()[name]


def all_of(core: str) -> dict[str, Parameter]:
    """All of them by name (``light.<name>``, ``<core>.<name>``) as they act for a core of ``core``."""
    own = {name for name in OF_CORE if name in material(core)}
    shared = {f"light.{k}": p for k, p in parameters().items() if k not in own}
    return shared | {f"{core}.{name}": of_core(name, core) for name in own}
