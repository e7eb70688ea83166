"""How much of a shell's misfit is taken up by strain: s = 1/(1 + (f/f0)^n), f its whole misfit to the core.

A shell of small misfit grows in register with the core, one of large misfit relaxes by whole planes that go
in, and then bears *less* strain than one below its limit.  f is counted from the core, not from the layer
below: with the small misfit of each step a finely graded shell would stay coherent whatever it ends in.
f0 and n are in ``data/strain.yaml``; docs/theory/strain.md says what they were fitted on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from epidot.documents import data_document, top
from epidot.given import instead, remembered

if TYPE_CHECKING:
    from epidot.matter.compound import Material
    from epidot.parameter import Parameter


@remembered(64)
def parameters() -> dict[str, Parameter]:
    """``coherency_misfit`` (f0) and ``coherency_power`` (n)."""
    page = top(data_document("strain.yaml"))
    found = page["parameters"].parameters()
    page.faults.raise_if_any()
    return instead("strain.", found)


def borne(misfit: float, half: float | None = None, power: float | None = None) -> float:
    """Share in (0, 1] of ``misfit`` (a - a_core)/a_core that is strain; ``half`` and ``power`` for fits."""
    f0 = parameters()["coherency_misfit"].value if half is None else half
    n = parameters()["coherency_power"].value if power is None else power
    return 1 / (1 + math.pow(abs(misfit) / f0, n))


def coherency(core: Material, shell: Material) -> float:
    """The default coherency of a layer of ``shell`` on a core: its material's own number, else by the law."""
    if "coherency" in shell:
        return shell["coherency"]
    return borne(shell["a_nm"] / core["a_nm"] - 1)
