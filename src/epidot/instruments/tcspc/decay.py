"""One decay of a common fit: its model, and the domain of each of its parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from epidot.instruments.tcspc.analyse import model_for
from epidot.instruments.tcspc.analysis import Setting
from epidot.instruments.tcspc.laws import LAWS
from epidot.instruments.tcspc.mixture import Mixture
from epidot.instruments.tcspc.model import Model
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution
from epidot.signal import Signal
from epidot.signal.limits import Term


@dataclass(frozen=True)
class Decay:
    """One decay with the model of it: a part of the common objective.

    ``terms`` are the parameters with their domains, at their start values.
    """

    record: Record
    setting: Setting
    model: Model
    trust: Array | None
    terms: tuple[Term, ...]

    @property
    def y(self) -> Array:
        return self.record.y

    def expected(self, values: Array) -> tuple[Array, Array]:
        return self.model.expected(values)


@dataclass(frozen=True)
class Curve(Decay):
    """A decay that was asked about; ``other`` are the free exponentials that gave the start values."""

    signal: Signal
    warnings: tuple[str, ...]
    other: Solution


def before(record: Record, setting: Setting, name: str, terms: int) -> list[Term]:
    """Parameters and domains of the model ``name`` before anything is fitted."""
    model, _ = model_for(record, setting, 1 if name in LAWS else terms)
    if name in LAWS:
        model = as_law(model, name, 1.0, 2.0)
    return domains(model, record, setting)


def as_law(model: Model, name: str, tau_amplitude: float, tau_intensity: float) -> Mixture:
    """The law ``name`` in the place of exponentials, started at their averages."""
    return Mixture(
        model.response,
        1,
        model.channels_per_bin,
        model.scatter,
        model.background,
        model.live,
        model.channel_ns,
        law=LAWS[name],
        shape=tuple(LAWS[name].terms(tau_amplitude, tau_intensity)),
    )


def domains(model: Model, record: Record, setting: Setting) -> list[Term]:
    """The parameters of ``model`` with their domains, without start values but for those of a law."""
    shape = {t.name: t for t in model.shape} if isinstance(model, Mixture) else {}
    first, last = float(record.edges[0]), float(record.edges[-1])
    span = last - first
    earliest = first - max(span, record.period_ns if math.isfinite(record.period_ns) else 0.0)
    centre = 0.0 if setting.prompt is None else setting.prompt.centre_ns
    out = []
    for name in model.names:
        if name in shape:
            out.append(shape[name])
        elif name.startswith("tau"):
            out.append(Term(name, "ns", math.nan, 1e-3 * record.channel_ns, 1e3 * span, "log"))
        elif name == "sigma_ns":
            out.append(Term(name, "ns", math.nan, 0.1 * record.channel_ns, span, "log"))
        elif name.endswith("_ns"):  # when the pulse arrives: in the record, or a period earlier
            moved = centre if name == "irf_shift_ns" else 0.0
            out.append(Term(name, "ns", math.nan, earliest - moved, last - moved))
        else:
            unit = "counts per channel" if name == "background" else "counts"
            out.append(Term(name, unit, math.nan, 0.0, math.inf))
    return out


def started(terms: list[Term], values: Array) -> tuple[Term, ...]:
    """``terms`` with start ``values``, moved into their domains."""
    inside = [min(max(v, t.low), t.high) for v, t in zip(np.asarray(values).tolist(), terms, strict=True)]
    return tuple(replace(t, value=v) for t, v in zip(terms, inside, strict=True))
