"""The flask at one moment of a run: it answers any named quantity and computes nothing that nobody asks."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

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
from epidot.light.pulls import LAW
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism
from epidot.quantities import Quantities, Quantity
from epidot.runs import halide
from epidot.runs.atomistic import Atomistic
from epidot.runs.engines import EVEN, unequal_population
from epidot.runs.order import RADIAL, Order, dots_asked
from epidot.runs.quantities import LIGHT, QUANTITIES, Declared, find, needing, unknown
from epidot.runs.sampling import error_of_mean, pull_on_spread
from epidot.transport.in_flask import HalideTransport

Array = NDArray[np.float64]
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
            if not math.isfinite(value):
                return declared.of(name, None)
            return declared.of(name, value, self._error_of_light(name))
        if declared.needs == "atoms":
            return self._of_atoms(declared, name)
        if declared.needs == "seen":
            return self._seen(declared, name)
        if declared.needs not in _APART and (mean := self._mean(name)) is not None:
            return declared.of(name, mean, self._error(declared.needs, name))
        found = self._values(declared.needs)
        if name in found:
            said = declared.of(name, found[name], self._error(declared.needs, name))
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
        kept = [i for i in range(len(self.members)) if i not in left_out]
        out.members = tuple(self.members[i] for i in kept)
        out.chosen = tuple(x[kept] for x in self.chosen)
        return out

    @held
    def chosen(self) -> tuple[Array, ...]:
        """In what the dots, known one by one, are no random ones, (dots,) each: core as cut, and supply."""
        if self.parts:
            return tuple(np.concatenate(each) for each in zip(*(p.chosen for p in self.parts), strict=True))
        grown = self.state.grown
        return (grown.diameters_nm, grown.supply) if isinstance(grown, GrownPopulation) else ()

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
        """The dots whose light is asked for: one by one, or of even sizes by the recipe's law.

        Where dots are alike but for their cores no number of them means anything: their light is the law's.
        """
        order = self.setting.order
        if order.light == "mean":
            return Population.even(self.dot, EVEN, order.recipe.sigma_rel)
        if self.members:
            return self._together
        return Population.even(self.dot, LAW, order.recipe.sigma_rel)

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
        names = dict.fromkeys(name for row in self._rows for name in row)
        return told | {name: mean for name in names if (mean := self._mean(name)) is not None}

    @held
    def _rows(self) -> list[Mapping[str, float]]:
        """Every count of every dot."""
        rows: list[Mapping[str, float]] = [row for _, row in self.members]
        treated = self._together.members if rows and halide.oxide_changed(self.state) else None
        if treated is not None:
            rows = [halide.with_oxide(row, dot) for row, dot in zip(rows, treated, strict=True)]
        return rows

    def _column(self, name: str) -> Array:
        """A count dot by dot (dots,): 0 where a dot lacks it, NaN where undefined; empty if no dot has it."""
        rows = self._rows
        if not any(name in row for row in rows):
            return np.empty(0)
        return np.array([row.get(name, 0.0) for row in rows], dtype=np.float64)

    def _mean(self, name: str) -> float | None:
        """The mean of a count over the dots for which it is defined."""
        column = self._column(name)
        known = column[np.isfinite(column)]
        return float(np.mean(known)) if known.size else None

    # ------------------------------------------------------------ their errors of sampling
    def _error(self, needs: str, name: str) -> float | None:
        """Of a mean over dots, where single dots are known."""
        if not self.members or needs == "liquor":
            return None
        match needs:
            case "sizes":
                column = self._of_sizes.get(name)
            case "halide" if not self._column(name).size:
                column = self._of_halide.get(name)
            case _:
                column = self._column(name)
        return None if column is None else error_of_mean(column, self.chosen)

    def _error_of_light(self, name: str) -> float | None:
        """With what few sizes are off by, which the scatter of the dots does not show.

        The light of dots that are not known one by one is the law's, and has none.
        """
        if self.setting.order.light == "mean" or not self.members:
            return None
        try:
            pulls, off = self.light.pulls, self.light.off_by_few_sizes.get(name, 0.0)
        except Gap:  # there is no light of single dots, of which the mean one may have strain alone
            return None
        scatter = error_of_mean(pulls[name], self.chosen) if name in pulls else None
        return None if scatter is None else math.hypot(scatter, off) or None

    @held
    def _of_sizes(self) -> Mapping[str, Array]:
        """What every dot (dots,) adds to the quantities of sizes, up to a constant."""
        dots = self._together.dots
        rough = [math.nan if dot.roughness_nm is None else dot.roughness_nm for dot, _ in self.members]
        sizes, roughness = np.array([dot.diameter_nm for dot in dots]), np.array(rough)
        core = np.array([dot.core_diameter_nm for dot in dots])
        spread = pull_on_spread(sizes)
        return {
            "core_diameter_nm": core,
            "diameter_nm": sizes,
            "diameter_sd_nm": spread,
            "diameter_spread": spread / sizes.mean() - sizes * sizes.std() / sizes.mean() ** 2,
            "roughness_sd_nm": pull_on_spread(roughness),
            "shell_thickness_nm": (sizes - core) / 2,
        }

    @held
    def _of_halide(self) -> Mapping[str, Array]:
        rows = [halide.held_by(dot) for dot in self._together.dots]
        return {name: np.array([row.get(name, 0.0) for row in rows]) for name in rows[0]}

    @property
    def _described(self) -> Mapping[str, float]:
        """The oxide at the core under described shells, which no growth told."""
        return {"oxide_per_dot": self.dot.oxide + self.dot.oxide_memory} if self.taken.shells else {}

    @held
    def _sizes(self) -> Mapping[str, float]:
        dot, unequal = self.dot, self._unequal_nm
        found = {"core_diameter_nm": dot.core_diameter_nm, "diameter_nm": dot.diameter_nm}
        if not self.members:
            sd = math.hypot(self.setting.order.recipe.sigma_rel * dot.core_diameter_nm, unequal)
            found |= {"diameter_sd_nm": sd, "diameter_spread": sd / dot.diameter_nm}
        else:
            group = self._together
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
        return halide.held_by(self.dot)

    def _halide_held(self) -> list[str]:
        """What a summary says of halide: nothing of a dot without."""
        dot = self.dot
        said = [name for name in self._halide if any(name.startswith(f"{h.element}_") for h in dot.halides)]
        if dot.halides:
            said += ["repaired_per_dot", "repaired_fraction"]
        if dot.surface_traps > 0:
            said.append("surface_traps_per_dot")
        return [*self._described, *said]
