"""Figures of light in the literature (``data/literature.yaml``) and what the model says to each.

One row is one figure with its source, its standard error, how it was read and what it was used for.  The fit
of ``benchmarks/calibrate_light.py`` and the table of docs/theory/light.md go through the same function.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from epidot.constants import HC
from epidot.documents import Entry, cite, data_document, top
from epidot.dot.coherency import borne
from epidot.dot.described import surface_fields
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.dot.strain import strain
from epidot.light import spectra
from epidot.light.members import SPECTRUM
from epidot.light.parameters import of_core
from epidot.light.rates import local_field, radiative_rate, stokes_eV
from epidot.light.states import Options, solve_dot
from epidot.light.traps import components, trap_means, trap_rates
from epidot.matter.materials import crystal, material

READ = ("table", "abstract", "second-hand", "memory")
USE = ("fitted", "chosen", "predicted")
RELATIVE = (
    "lifetime",
    "extinction",
    "cross section",
    "A400/A1S",
    "PLQY",
)  # their errors are of the logarithm
WIDTH_EV = 0.06 / math.sqrt(2 * math.log(2))  # of a 1S band whose half width at half maximum is 60 meV

_KEYS = (
    "id", "core", "core_nm", "shells", "medium", "quantity", "value", "sigma", "unit", "source", "read",
    "use", "against", "matched_nm", "stokes_eV", "surface", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One figure: ``dot`` and ``against`` (for a shift), ``quantity``, ``value`` with ``sigma`` in ``unit``.

    ``sigma`` is relative for the quantities of :data:`RELATIVE`.  ``matched_nm``: the core's size is not
    taken from the paper, but so that ``against`` (the bare core for other quantities) has this 1S.
    """

    id: str
    dot: LayeredDot
    quantity: str
    value: float
    sigma: float
    unit: str
    source: str
    read: str
    use: str
    against: LayeredDot
    matched_nm: float | None
    stokes_eV: float
    note: str

    @property
    def of_traps(self) -> bool:
        """Whether the constants of traps answer (benchmarks/calibrate_traps.py), not those of the states."""
        return self.quantity == "PLQY"

    @property
    def relative(self) -> bool:
        """Whether ``sigma`` is that of the logarithm."""
        return self.quantity.startswith(RELATIVE)

    def residual(self, found: float) -> float:
        """(found - value) in standard errors."""
        return (math.log(found / self.value) if self.relative else found - self.value) / self.sigma


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    """Every row of ``data/literature.yaml``.

    Raises
    ------
    InputError
        With every fault of the file, each at its line.
    """
    page = top(data_document("literature.yaml")).fields(("rows",), ("rows",))
    found = tuple(_row(entry) for entry in page["rows"].rows("row"))
    page.faults.raise_if_any()
    return found


def _row(entry: Entry) -> Row:
    r = entry.fields(_KEYS, ("id", "core", "core_nm", "quantity", "value", "sigma", "source", "read", "use"))
    medium, source = r["medium"].text("toluene"), r["source"].text()
    bare = LayeredDot(r["core"].text(), r["core_nm"].number(0.5, 20), medium=medium)
    dot = replace(bare, shells=_shells(r["shells"]))
    covered = 1.0 if dot.shells else 0.0
    dot = replace(dot, **surface_fields(r["surface"], dot.core_diameter_nm, dot.diameter_nm, covered, {}))
    return Row(
        r["id"].text(),
        dot,
        r["quantity"].text(),
        r["value"].number(),
        r["sigma"].number(0.0),
        r["unit"].text("1"),
        cite(source),
        r["read"].choice(READ),
        r["use"].choice(USE),
        replace(bare, shells=_shells(r["against"])),
        r["matched_nm"].number() if r["matched_nm"] else None,
        r["stokes_eV"].number(default=0.0),
        r["note"].text(""),
    )


def _shells(entry: Entry) -> tuple[Layer, ...]:
    return tuple(Layer(crystal(str(m)).name, float(nm)) for m, nm in entry.value or ())


def answer(row: Row, override: Mapping[str, float] | None = None) -> float:
    """What the model says to ``row``, in its unit; ``override`` replaces parameters by name, for fits.

    Names are those of :func:`epidot.light.states.bands.bands`, and ``strain.coherency_misfit`` and
    ``<core>.oscillator_factor``.

    Raises
    ------
    ValueError
        If nothing answers such a quantity.
    """
    p = dict(override or {})
    dot, against = _coherent(row.dot, p), _coherent(row.against, p)
    if row.matched_nm is not None:
        size = _matched(against, row.matched_nm, p)
        dot, against = (replace(x, core_diameter_nm=size) for x in (dot, against))
    how = Options(override=p)
    match row.quantity:
        case "1S":
            return solve_dot(dot, how).E_1S_eV
        case "emission":
            return solve_dot(dot, how).E_1S_eV - row.stokes_eV
        case "shift":
            return solve_dot(dot, how).first_exciton_nm - solve_dot(against, how).first_exciton_nm
        case "lifetime":
            name = f"{dot.core}.oscillator_factor"
            choice = {"oscillator_factor": p[name]} if name in p else {}
            return 1 / radiative_rate(dot, solve_dot(dot, how), choice=choice).k_r
        case "extinction":
            return _extinction(dot, p)
        case "offset":
            return _top(dot.core, p) - _top(dot.shells[0].material, p)
        case "PLQY":
            levels = solve_dot(dot, how)
            choice = {name.removeprefix("light."): x for name, x in p.items()}
            k_r = radiative_rate(dot, levels).k_r
            means = trap_means(dot, choice, levels.density_out_e)
            return components(k_r, means, trap_rates(choice)).plqy
        case "strain":
            return strain(dot, spread=False).core
        case "Stokes":
            return stokes_eV(dot)
        case "A400/A1S":
            return float(spectra.absorption(_spread(dot), [400.0])[0])
    if row.quantity.startswith("cross section at"):
        eV = float(row.quantity.split()[3])
        seen = spectra.absorber(_spread(dot), [eV])
        return float(np.interp(eV, seen.eV, seen.sigma_nm2))
    raise ValueError(f"{row.id}: nothing answers {row.quantity!r}")


def _coherent(dot: LayeredDot, p: Mapping[str, float]) -> LayeredDot:
    """``dot`` with the coherency of its layers written down, where the law's number is overridden."""
    half = p.get("strain.coherency_misfit")
    if half is None:
        return dot
    a = material(dot.core)["a_nm"]
    shells = (replace(s, coherency=borne(material(s.material)["a_nm"] / a - 1, half)) for s in dot.shells)
    return replace(dot, shells=tuple(shells))


def _matched(dot: LayeredDot, nm: float, p: Mapping[str, float]) -> float:
    """The core diameter at which the 1S of ``dot`` is at ``nm``, by secants in E against 1/D."""
    d = [2.0, 4.0]
    E = [solve_dot(replace(dot, core_diameter_nm=x), Options(override=p)).E_1S_eV for x in d]
    for _ in range(12):
        (u, v), (Eu, Ev) = (1 / d[-2], 1 / d[-1]), E[-2:]
        d.append(1 / (v + (HC / nm - Ev) * (v - u) / (Ev - Eu)))
        E.append(solve_dot(replace(dot, core_diameter_nm=d[-1]), Options(override=p)).E_1S_eV)
        if abs(E[-1] - HC / nm) < 1e-5:
            break
    return d[-1]


def _extinction(dot: LayeredDot, p: Mapping[str, float]) -> float:
    """Decadic, at 1S, of dots of one size whose lines have a half width of 60 meV."""
    levels = solve_dot(dot, replace(SPECTRUM, override=p))
    E, S, first = levels.lines.E[None], levels.lines.strength[None], np.array([levels.E_1S_eV])
    F = np.array([local_field(dot, levels)])
    areas = spectra.line_areas(dot, E, S, first, levels.Ep_core_eV, F)
    name = f"{dot.core}.oscillator_factor"
    if name in p:
        areas = areas * p[name] / of_core("oscillator_factor", dot.core).value
    shape = np.exp(-0.5 * ((E - first) / WIDTH_EV) ** 2) / (math.sqrt(2 * math.pi) * WIDTH_EV)
    return float((areas * shape).sum()) * spectra.PER_NM2


def _top(name: str, p: Mapping[str, float]) -> float:
    return p.get(f"{name}.Ev_eV", material(name)["Ev_eV"])


def _spread(dot: LayeredDot, sigma: float = 0.08) -> Population:
    """Sizes as they usually spread."""
    z = np.linspace(-3, 3, 61)
    weight = np.round(200 * np.exp(-(z**2) / 2)).astype(int)
    sizes = np.repeat(dot.core_diameter_nm * (1 + sigma * z), weight)
    return Population(dot, sizes)


__all__ = ["READ", "USE", "Row", "answer", "rows"]
