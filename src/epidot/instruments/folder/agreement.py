"""What several techniques say of one sample: where they see the same thing, and whether they agree on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from epidot.instruments.folder.composition import EQUATIONS, counted, covered
from epidot.instruments.folder.naming import has_word
from epidot.instruments.folder.record import GROWN, Record

APART = 3.0  # standard errors between values that are said to disagree
_ODD = 2.0  # that are worth a look
ONE = 1.0  # per dot


@dataclass(frozen=True)
class Idea:
    """One thing that several techniques measure: (technique, quantity, factor to ``unit``) each.

    ``caution`` says what the values need not have in common, even where both are right.
    """

    name: str
    unit: str
    seen_by: tuple[tuple[str, str, float], ...]
    caution: str = ""


@dataclass(frozen=True)
class Trace:
    """Something that techniques see in units of their own: whether each sees it, by any of its quantities.

    Seen is what lies more than :data:`APART` standard errors above nothing, and of a run more than
    :data:`ONE` per dot; not seen what lies within them.
    """

    name: str
    seen_by: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Difference:
    """Something that no technique shows alone: the first quantity less the second."""

    name: str
    unit: str
    first: tuple[str, str]
    second: tuple[str, str]


IDEAS: tuple[Idea, ...] = (
    Idea(
        "number-mean diameter of the crystals",
        "nm",
        ((GROWN, "diameter_nm", 1.0), ("tem", "diameter_nm", 1.0), ("xrd", "size_number_nm", 1.0)),
        "a microscope sees whole particles, diffraction the part of them that is one crystal",
    ),
    Idea(
        "spread of the diameters",
        "1",
        ((GROWN, "diameter_spread", 1.0), ("tem", "diameter_spread", 0.01), ("xrd", "dispersion", 1.0)),
    ),
    Idea(
        "diameter of the core",
        "nm",
        ((GROWN, "core_diameter_nm", 1.0), ("uvvis", "diameter_nm", 1.0)),
        "the sizing curve is one of bare cores: a shell moves the first exciton",
    ),
    Idea(
        "strain of the core",
        "1",
        ((GROWN, "strain_core", 1.0), ("raman", "strain", 1.0), ("xrd", "strain", 1.0)),
        "diffraction sees the lattice that core and shell share, which a shell draws to its own constant",
    ),
    Idea("maximum of the emission", "nm", ((GROWN, "pl_peak_nm", 1.0), ("pl", "peak_nm", 1.0))),
    Idea("width of the emission", "nm", ((GROWN, "pl_fwhm_nm", 1.0), ("pl", "fwhm_nm", 1.0))),
    Idea(
        "lifetime, averaged by amplitude",
        "ns",
        ((GROWN, "tau_amplitude_ns", 1.0), ("tcspc", "tau_amplitude_ns", 1.0)),
    ),
    Idea(
        "thickness of the shell",
        "nm",
        ((GROWN, "shell_thickness_nm", 1.0), ("xps", "shell_nm", 1.0)),
    ),
    Idea(
        "chalcogen of the shell per dot",
        "1",
        ((GROWN, "adatoms_S_per_dot+adatoms_Se_per_dot", 1.0), (EQUATIONS, "anions_in_shell", 1.0)),
        "the equation counts whole shells, a run every atom that was added",
    ),
    Idea(
        "ligands per dot",
        "1",
        ((GROWN, "ligands_OA_per_dot", 1.0), ("nmr", "ligands_per_dot", 1.0)),
        "NMR counts free ligand with the bound one; of a run these are the oleates",
    ),
    Idea(
        "ligand density (eq 2)",
        "1/nm2",
        (
            (GROWN, "ligands_per_nm2", 1.0),
            ("nmr", "coverage_per_nm2", 1.0),
            (EQUATIONS, "ligands_per_nm2", 1.0),
        ),
        "one count by NMR over two surfaces: of the diameter it was told, and of the one measured beside",
    ),
    Idea("halide per dot", "1", ((GROWN, "halide_per_dot", 1.0), ("etch", "halide_per_dot", 1.0))),
)
TRACES: tuple[Trace, ...] = (
    Trace(
        "oxide at the core",
        (
            (GROWN, ("oxide_per_dot",)),
            ("raman", ("oxide_area", "phosphate_area", "In2O3_low_area", "In2O3_high_area")),
            ("xps", ("oxide_fraction",)),
        ),
    ),
    Trace(
        "halide",
        (
            (GROWN, ("halide_per_dot",)),
            ("etch", ("total_nmol",)),
            ("xps", ("F_1s_area", "Cl_2p_area", "Br_3d_area", "I_3d_area")),
        ),
    ),
)
# A file whose name says so shows an excitation spectrum: its maximum is none of the emission.
_NO_EMISSION = ("excitation", "ple")
DIFFERENCES: tuple[Difference, ...] = (
    Difference("Stokes shift", "eV", ("uvvis", "first_exciton_eV"), ("pl", "peak_eV")),
)


@dataclass(frozen=True)
class Value:
    """A number of one file."""

    file: str
    technique: str
    quantity: str
    value: float
    sigma: float | None


@dataclass(frozen=True)
class Compared:
    """One idea in one sample: the values, what they have in common, and a verdict in words.

    ``value`` ± ``sigma`` is the weighted mean where the values agree; ``apart`` the largest distance of two
    in standard errors.
    """

    sample: str
    idea: str
    unit: str
    values: tuple[Value, ...]
    value: float | None
    sigma: float | None
    apart: float | None
    verdict: str
    caution: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "sample": self.sample,
            "idea": self.idea,
            "unit": self.unit,
            "value": self.value,
            "sigma": self.sigma,
            "apart": self.apart,
            "verdict": self.verdict,
            "caution": self.caution,
            "values": [vars(one) for one in self.values],
        }


def compared(records: Iterable[Record]) -> list[Compared]:
    """Every idea that at least two techniques see in one sample, sample by sample."""
    having = [one for one in records if one["state"] == "measured" and one["sample"]]
    having.sort(key=lambda one: one["sample"].lower())
    out: list[Compared] = []
    for _, some in groupby(having, key=lambda one: one["sample"].lower()):
        group = list(some)
        if (atoms := counted(group)) is not None:
            group.append(atoms)
        group += covered(group)
        out += [c for idea in IDEAS if (c := _compare(idea, group)) is not None]
        out += [c for trace in TRACES if (c := _trace(trace, group)) is not None]
        out += [c for one in DIFFERENCES if (c := _difference(one, group)) is not None]
    return out


def _values(group: Sequence[Record], technique: str, quantity: str, factor: float = 1.0) -> list[Value]:
    out = []
    for record in group:
        if record["technique"] != technique:
            continue
        found = _sum(record, quantity.split("+"))
        if found is None:
            continue
        if technique == "pl" and has_word(record["file"], _NO_EMISSION):
            continue
        value, sigma = found
        sigma = None if sigma is None else abs(factor) * sigma
        out.append(Value(record["file"], technique, quantity, factor * value, sigma))
    return out


def _sum(record: Record, quantities: Sequence[str]) -> tuple[float, float | None] | None:
    """Sum of those of these quantities that a record has, and its error where all have one."""
    some = [record["quantities"][name] for name in quantities if name in record["quantities"]]
    some = [one for one in some if isinstance(one["value"], int | float)]
    if not some:
        return None
    sigmas = [one["sigma"] for one in some]
    sigma = None if None in sigmas else math.hypot(*sigmas)
    return float(sum(one["value"] for one in some)), sigma


def _trace(trace: Trace, group: Sequence[Record]) -> Compared | None:
    values, seen = [], {}
    for technique, names in trace.seen_by:
        some = [v for name in names for v in _values(group, technique, name)]
        if technique != GROWN:
            some = [v for v in some if v.sigma]
        if some:
            least = (lambda v: ONE) if technique == GROWN else (lambda v: APART * v.sigma)
            seen[technique] = any(v.value > least(v) for v in some)
            values += some
    if len(seen) < 2:
        return None
    yes, no = ([t for t, is_seen in seen.items() if is_seen == which] for which in (True, False))
    if yes and no:
        verdict = f"disagree: seen by {', '.join(yes)}, not by {', '.join(no)}"
    else:
        verdict = "agree: all see it" if yes else "agree: none sees it"
    return Compared(str(group[0]["sample"]), trace.name, "1", tuple(values), None, None, None, verdict)


def _compare(idea: Idea, group: Sequence[Record]) -> Compared | None:
    values = [v for technique, name, factor in idea.seen_by for v in _values(group, technique, name, factor)]
    if len({one.technique for one in values}) < 2:
        return None
    found = (str(group[0]["sample"]), idea.name, idea.unit, tuple(values))
    pairs = [
        (abs(a.value - b.value), math.hypot(a.sigma or 0.0, b.sigma or 0.0))
        for a in values
        for b in values
        if a.technique < b.technique and (a.sigma or b.sigma)
    ]
    if not pairs:
        return Compared(*found, None, None, None, "cannot be told: no errors are known", idea.caution)
    apart = max(off / error for off, error in pairs)
    if apart > APART:
        verdict = f"disagree: {apart:.1f} standard errors apart"
        return Compared(*found, None, None, apart, verdict, idea.caution)
    verdict = "agree" if apart <= _ODD else f"agree barely: {apart:.1f} standard errors apart"
    return Compared(*found, *_mean(values), apart, verdict, idea.caution)


def _mean(values: Sequence[Value]) -> tuple[float | None, float | None]:
    """The weighted mean of what was measured, and its error."""
    told = [(one.value, 1 / one.sigma**2) for one in values if one.sigma and one.technique != GROWN]
    if not told:
        return None, None
    total = sum(weight for _, weight in told)
    mean = sum(weight * value for value, weight in told) / total
    # Values that only just agree leave an error as large as their distances say.
    off = sum(weight * (value - mean) ** 2 for value, weight in told) / max(1, len(told) - 1)
    return mean, math.sqrt(max(1.0, off) / total)


def _difference(one: Difference, group: Sequence[Record]) -> Compared | None:
    first, second = _values(group, *one.first), _values(group, *one.second)
    if not first or not second:
        return None
    sample = str(group[0]["sample"])
    values = (*first, *second)
    if len(first) > 1 or len(second) > 1:
        verdict = "cannot be told: several files of one technique"
        return Compared(sample, one.name, one.unit, values, None, None, None, verdict)
    value = first[0].value - second[0].value
    errors = (first[0].sigma, second[0].sigma)
    sigma = None if None in errors else math.hypot(*(e or 0.0 for e in errors))
    return Compared(sample, one.name, one.unit, values, value, sigma, None, "difference")
