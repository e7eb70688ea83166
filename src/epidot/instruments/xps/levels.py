"""The core levels that XPS may show: ``data/xps.yaml``, with cross sections, doublets and chemical states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from epidot.documents import data_document, top
from epidot.errors import InputError, nearest
from epidot.parameter import Parameter

AL_K_ALPHA = 1486.6  # eV, the photon energy where nothing else is said, and that of the cross sections
MG_K_ALPHA = 1253.6  # eV


@dataclass(frozen=True, eq=False)
class Level:
    """One core level: its cross section over C 1s, its doublet and the binding energies of its states.

    ``minor`` is the share of the weaker line, ``splitting`` / eV its distance towards larger binding energy;
    both 0 for an s level.  ``widths`` are the least, usual and greatest full width at half maximum / eV.
    """

    name: str
    element: str
    cross_section: float
    minor: float
    splitting: float
    widths: tuple[float, float, float]
    states: Mapping[str, Parameter]

    @property
    def title(self) -> str:
        return self.name.replace("_", " ")

    @property
    def main(self) -> float:
        """Binding energy / eV of its first state."""
        return next(iter(self.states.values())).value

    @property
    def span(self) -> tuple[float, float]:
        """From the lowest to the highest place / eV at which its stronger line may stand, referenced."""
        each = [(p.value, reach(p)) for p in self.states.values()]
        return min(v - r for v, r in each), max(v + r for v, r in each)


def reach(state: Parameter) -> float:
    """How far from its tabulated energy / eV a state is looked for: two standard errors, at least 0.4 eV."""
    return max(2 * (state.sigma or 0.2), 0.4)


@cache
def levels() -> Mapping[str, Level]:
    """All levels by name, in the order of the file."""
    page = top(data_document("xps.yaml"))
    found = {}
    for name, entry in page["levels"].table().items():
        entry.fields(("element", "sigma", "minor", "splitting", "width", "states"))
        sigma, width = (entry[key].parameter(name=key) for key in ("sigma", "width"))
        minor, splitting = (
            entry[key].parameter(name=key) if entry[key] else None for key in ("minor", "splitting")
        )
        states = {key: one.parameter(name=key) for key, one in entry["states"].table().items()}
        if sigma is None or width is None or width.low is None or width.high is None:
            continue
        found[name] = Level(
            name,
            entry["element"].text(),
            sigma.value,
            minor.value if minor else 0.0,
            splitting.value if splitting else 0.0,
            (width.low, width.value, width.high),
            {key: one for key, one in states.items() if one is not None},
        )
    page.faults.raise_if_any()
    return found


def level(name: str) -> Level:
    """The level ``name``, written ``In_3d``, ``In 3d`` or ``In3d``.

    Raises
    ------
    InputError
        If there is none.
    """
    plain = {key.replace("_", "").lower(): one for key, one in levels().items()}
    found = plain.get(name.replace("_", "").replace(" ", "").lower())
    if found is None:
        known = [one.title for one in levels().values()]
        raise InputError("no such core level", seen=name, nearest=nearest(name, known))
    return found


@cache
def valence() -> Mapping[str, int]:
    """Valence electrons of the elements as TPP-2M counts them."""
    page = top(data_document("xps.yaml"))
    found = {name: one.whole(0, 30) for name, one in page["valence"].table().items()}
    page.faults.raise_if_any()
    return found


@cache
def organic() -> tuple[str, Mapping[str, Parameter]]:
    """Formula of what lies about a dot, and its density and gap."""
    page = top(data_document("xps.yaml"))
    entry = page["organic"]
    numbers = {k: entry[k].parameter(name=k) for k in ("density_g_cm3", "Eg_eV")}
    formula = entry["formula"].text()
    page.faults.raise_if_any()
    return formula, {k: one for k, one in numbers.items() if one is not None}


@cache
def attenuation() -> Parameter:
    """Attenuation length over inelastic mean free path."""
    page = top(data_document("xps.yaml"))
    found = page["attenuation"].parameter(name="attenuation")
    page.faults.raise_if_any()
    assert found is not None
    return found
