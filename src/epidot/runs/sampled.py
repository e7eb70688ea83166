"""The flask at one moment of a run: it answers any named quantity and computes nothing that nobody asks."""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from epidot.dot import growth_readout
from epidot.dot.grown import GrownDot
from epidot.dot.layers import LayeredDot, Population
from epidot.dot.mean import mean_dot
from epidot.errors import EpidotError, Gap
from epidot.given import held, now
from epidot.growth.flask import Taken
from epidot.growth.lattice.population import GrownPopulation
from epidot.growth.readout import first_layer, unequal_nm
from epidot.light.optics import Optics
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism
from epidot.quantities import Quantities, Quantity
from epidot.runs import halide
from epidot.runs.atomistic import Atomistic
from epidot.runs.engines import even_population, unequal_population
from epidot.runs.order import RADIAL, Order, dots_asked
from epidot.runs.quantities import LIGHT, QUANTITIES, ROUNDS, Declared, find, needing, unknown
from epidot.transport.in_flask import HalideTransport

Member = tuple[LayeredDot, Mapping[str, float]]
_APART = ("liquor", "sizes", "halide")  # what is told by neither growth nor sites
_FEW, _MOST = 10, 2000  # dots of a flask that is kept as it was read; flasks
_READ: dict[tuple[object, ...], tuple[object, tuple[Member, ...]]] = {}  # the oldest is given up first


@dataclass(frozen=True)
class Setting:
    """What all samples of a run have in common."""

    order: Order
    mechanism: Mechanism
    halides: HalideTransport

    @classmethod
    def of(cls, order: Order) -> Setting:
        """Mechanism and halide transport of an order."""
        with order.given.in_force():
            mechanism = mechanisms.load(order.mechanism)
            return cls(order, mechanism, halide.transport(mechanism, order.hypothesis))


class Sampled:
    """The flask when a sample was taken.

    ``parts`` are the same sample of several flasks, of which ``taken`` is the mean; ``known`` are quantities
    that were read before.
    """

    def __init__(self, taken: Taken, setting: Setting, parts: Sequence[Sampled] = ()) -> None:
        self.taken = taken
        self.state = taken.state
        self.setting = setting
        self.given = setting.order.given
        self.parts = parts
        self.known: Mapping[str, Quantity] = {}
        self.shown: dict[tuple[str, ...], Quantities] = {}  # what instruments read of it before

    # ------------------------------------------------------------ what is asked for
    def quantity(self, name: str) -> Quantity:
        """Any quantity of :mod:`epidot.runs.quantities`; without a value where this engine cannot know it.

        Raises
        ------
        InputError
            If there is no such quantity here, with the nearest.
        """
        if name in self.known:
            return self.known[name]
        declared = find(name)
        if declared.needs in LIGHT:
            try:
                value = float(getattr(self.light, name))
            except Gap as gap:
                return declared.of(name, None, note=str(gap))
            return declared.of(name, value if math.isfinite(value) else None)
        if declared.needs == "atoms":
            return self._of_atoms(declared, name)
        if declared.needs == "seen":
            return self._seen(declared, name)
        if declared.needs not in _APART and (column := self._column(name)):
            return declared.of(name, float(np.mean(column)), self._error(name))
        found = self._values(declared.needs)
        if name in found:
            said = declared.of(name, found[name], self._error(name))
            if name == "oxide_per_dot" and name not in self.counts:
                return replace(said, method="oxide units at the core under the described shells")
            return said
        if declared.needs == "sites" and not self.members:
            why = f"the {self.setting.order.engine} engine has no terraces; the lattice (--engine kmc) has"
            # There is no mean over dots where no single ones are known.
            how = declared.method.removesuffix(", mean over dots")
            return replace(declared.of(name, None, note=why), method=how)
        raise unknown(name, found)

    def _seen(self, declared: Declared, name: str) -> Quantity:
        from epidot.runs import seen

        _, technique, quantity = name.split(".", 2)
        with self.given.in_force():
            found = seen.read(self, technique, quantity)
        if found is None:
            return declared.of(name, None, note=f"{technique} finds no {quantity} in this sample")
        return declared.of(name, found.value, note=found.note)

    def names(self) -> tuple[str, ...]:
        """The quantities that a summary of this sample holds."""
        if self.state.dots_mol <= 0:
            return tuple(self._values("liquor"))
        light = (q.name for q in QUANTITIES if q.needs in LIGHT and q.summary)
        held = [*self.counts, "roughness_nm", *self._values("sizes"), *light, *self._halide_held()]
        if self.setting.order.states != RADIAL:
            held += needing("atoms")
        return tuple(name for name in dict.fromkeys(held) if find(name).summary)

    def _values(self, needs: str) -> Mapping[str, float]:
        match needs:
            case "liquor":
                return {f"{name}_mol": mol for name, mol in self.state.liquor.items() if mol > 0}
            case "sizes":
                return self._sizes
            case "halide":
                return self._halide
        return {**self._described, **self.counts}

    # ------------------------------------------------------------ dots
    @held
    def grown(self) -> Sequence[GrownDot]:
        """Every dot on its sites, where the engine knows them and the recipe describes no shells on them."""
        lattice = self.setting.mechanism.lattice
        if self.taken.shells or lattice is None or not isinstance(self.state.grown, GrownPopulation):
            return ()
        return self.state.grown.dots(lattice)

    @held
    def atomistic(self) -> Atomistic | str:
        """Some dots by their own atoms as well, or why there are none."""
        number = dots_asked(self.setting.order.states)
        if not number:
            return "asked for by --states atoms"
        if not self.grown:
            return "no dot of this sample was grown on its sites"
        try:
            return Atomistic.of(self.grown, [dot for dot, _ in self.members], number)
        except EpidotError as error:
            return str(error)

    def _of_atoms(self, declared: Declared, name: str) -> Quantity:
        found = self.atomistic
        if isinstance(found, str):
            return declared.of(name, None, note=found)
        value, error = found.mean(name)
        return declared.of(name, value if math.isfinite(value) else None, error, found.note())

    @held
    def members(self) -> tuple[Member, ...]:
        """Every dot as a layered dot and what is read off its sites, where single dots are known."""
        if self.parts:
            return tuple(member for part in self.parts for member in part.members)
        if not 0 < len(self.grown) <= _FEW:
            return tuple(growth_readout.read(dot) for dot in self.grown)
        # Flasks that begin alike have samples in common, and a flask at rest is the same in several.
        section, key = self.setting.mechanism.lattice, (now(), self.state.grown.told_by)
        if key not in _READ or _READ[key][0] is not section:
            while len(_READ) >= _MOST:
                del _READ[next(iter(_READ))]
            _READ[key] = section, tuple(growth_readout.read(dot) for dot in self.grown)
        return _READ[key][1]

    def without(self, left_out: Collection[int]) -> Sampled:
        """The same sample without the dots ``left_out``, by their place; itself where none is known."""
        if not self.members:
            return self
        out = Sampled(self.taken, self.setting)
        out.members = tuple(member for i, member in enumerate(self.members) if i not in left_out)
        return out

    @held
    def _together(self) -> Population:
        dots = tuple(dot for dot, _ in self.members)
        diameters = np.array([dot.core_diameter_nm for dot in dots])
        known = Population(mean_dot(dots), diameters, dots)
        return self.setting.halides.population(known, self.state)

    @held
    def dot(self) -> LayeredDot:
        """The mean dot, with the halide in it and with what is not said of a described one filled in."""
        if self.members:
            return self._together.dot
        return self.setting.halides.dot(self.state, self.taken.shells)

    @held
    def population(self) -> Population:
        """The dots whose light is asked for: one by one, drawn by the recipe's law, or of even sizes."""
        order = self.setting.order
        sigma = order.recipe.sigma_rel
        if order.sizes == "even":
            return even_population(self.dot, sigma)
        if self.members:
            return self._together
        # One stream for the sizes of the dots: every sample of a run is of the same population.
        rng = np.random.default_rng([order.seed, zlib.crc32(b"core diameters")])
        return Population.drawn(self.dot, order.dots, sigma, rng)

    @held
    def light(self) -> Optics:
        """The light of the population."""
        mechanism = self.setting.mechanism
        grown = bool(self.state.surface) and not self.taken.shells
        return Optics(self.population, mechanism.untold, first_layer(self.state, mechanism) if grown else 1.0)

    @property
    def shapes(self) -> Population:
        """The dots as an image shows them: in mean field too with shells that differ as declared.

        The light of a mean field is that of even shells.
        """
        return self._together if self.members else unequal_population(self.population, self._unequal_nm)

    @property
    def _unequal_nm(self) -> float:
        if self.members or self.taken.shells:
            return 0.0
        return unequal_nm(self.state, self.setting.mechanism)

    # ------------------------------------------------------------ numbers
    @held
    def counts(self) -> Mapping[str, float]:
        """What growth and, where single dots are known, their sites tell, per dot."""
        # Under a described shell the surface that the mechanism keeps is not the dot's.
        bare = bool(self.state.surface) and not self.taken.shells
        setting = self.setting
        told = halide.counted(self.state, setting.mechanism, setting.halides) if bare else {}
        return told | {name: float(np.mean(found)) for name, found in self._columns.items()}

    @held
    def _rows(self) -> list[Mapping[str, float]]:
        """Every count of every dot."""
        rows: list[Mapping[str, float]] = [row for _, row in self.members]
        treated = self._together.members if rows and halide.oxide_changed(self.state) else None
        if treated is not None:
            rows = [halide.with_oxide(row, dot) for row, dot in zip(rows, treated, strict=True)]
        return rows

    def _column(self, name: str) -> list[float]:
        """A count dot by dot; what a dot lacks counts as 0, undefined values not; none if no dot has it."""
        rows = self._rows
        if not any(name in row for row in rows):
            return []
        return [v for row in rows if math.isfinite(v := row.get(name, 0.0))]

    @property
    def _columns(self) -> Mapping[str, list[float]]:
        names = dict.fromkeys(name for row in self._rows for name in row)
        return {name: column for name in names if (column := self._column(name))}

    def _error(self, name: str) -> float | None:
        """Standard error of a mean over dots, from their scatter; nothing for a single dot."""
        column = self._column(name)
        return float(np.std(column, ddof=1) / np.sqrt(len(column))) if len(column) > 1 else None

    @property
    def _described(self) -> Mapping[str, float]:
        """The oxide at the core under described shells, which no growth told."""
        return {"oxide_per_dot": self.dot.oxide + self.dot.oxide_memory} if self.taken.shells else {}

    @held
    def _sizes(self) -> Mapping[str, float]:
        dot, even = self.dot, self.setting.order.sizes == "even"
        unequal = self._unequal_nm
        found = {"core_diameter_nm": dot.core_diameter_nm, "diameter_nm": dot.diameter_nm}
        if even and not self.members:
            sd = math.hypot(self.setting.order.recipe.sigma_rel * dot.core_diameter_nm, unequal)
            found |= {"diameter_sd_nm": sd, "diameter_spread": sd / dot.diameter_nm}
        else:
            group = self._together if self.members else self.population
            sizes = group.diameters_nm
            mean, sd = float(np.mean(sizes)), math.hypot(float(np.std(sizes)), unequal)
            found |= {"core_diameter_nm": float(np.mean(group.core_diameters_nm)), "diameter_nm": mean}
            found |= {"diameter_sd_nm": sd, "diameter_spread": sd / mean}
        rough = [dot.roughness_nm for dot, _ in self.members if dot.roughness_nm is not None]
        if rough:
            found["roughness_sd_nm"] = float(np.std(rough))
        found["shell_thickness_nm"] = (dot.diameter_nm - dot.core_diameter_nm) / 2
        return found

    @held
    def _halide(self) -> Mapping[str, float]:
        dot = self.dot
        units = dot.oxide + dot.oxide_memory
        found = {
            "repaired_per_dot": dot.repaired,
            "repaired_fraction": dot.repaired / (dot.repaired + units) if dot.repaired + units > 0 else 0.0,
            "surface_traps_per_dot": dot.surface_traps,
            "oxide_units_per_dot": units,
            "halide_per_dot": sum(h.total for h in dot.halides),
            "halide_on_surface": sum(h.ligand for h in dot.halides),
            "halide_in_core": sum(h.between(0, dot.core_diameter_nm / 2) for h in dot.halides),
        }
        radii = dot.radii_nm
        steps = np.linspace(radii[-1], radii[0], ROUNDS + 1).tolist()
        for content in dot.halides:
            x = content.element
            found |= {
                f"{x}_per_dot": content.total,
                f"{x}_ligand_per_dot": content.ligand,
                f"{x}_core_per_dot": content.between(0.0, float(radii[0])),
                f"{x}_interface_per_dot": content.interface,
            }
            found |= {
                f"{x}_round_{i}": content.between(inner, outer)
                for i, (outer, inner) in enumerate(pairwise(steps), 1)
            }
        return found

    def _halide_held(self) -> list[str]:
        """What a summary says of halide: nothing of a dot without."""
        dot = self.dot
        said = [name for name in self._halide if any(name.startswith(f"{h.element}_") for h in dot.halides)]
        if dot.halides:
            said += ["repaired_per_dot", "repaired_fraction"]
        if dot.surface_traps > 0:
            said.append("surface_traps_per_dot")
        return [*self._described, *said]
