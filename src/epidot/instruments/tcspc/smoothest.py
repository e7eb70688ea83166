"""The model ``maxent``: what is said of a distribution of lifetimes of maximum entropy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from epidot.errors import InputError
from epidot.instruments.tcspc.analyse import fit_terms, quality
from epidot.instruments.tcspc.analysis import Analysis
from epidot.instruments.tcspc.estimate import estimate
from epidot.instruments.tcspc.examine import settle
from epidot.instruments.tcspc.measured import curves_of
from epidot.instruments.tcspc.misfit import doubted
from epidot.quantities import Determined, Fit, Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.entropy import STEP, Distribution, Readings, distribution
from epidot.signal.limits import Limits
from epidot.signal.poisson import deviance

MAXENT = "maxent"
_LONGEST = 3.0  # window, up to which lifetimes are tried
_HOW = "maximum entropy on a grid of ln tau, response at the place of two exponentials; {resolution}"


def smoothest(signals: Sequence[Signal], options: Mapping[str, Any], limits: Limits) -> Fit:
    """The distribution of one decay: its maxima with share and width, and the resolution.

    Raises
    ------
    InputError
        If there are several decays, or parameters are limited, or exponentials asked for.
    """
    faults = {
        "several curves": len(signals) > 1,
        "fix, bound or shared": bool(limits),
        "exponentials": bool(options["exponentials"]),
        "scatter": bool(options["scatter"]),
        "a known background": options["background"] is not None,
    }
    if asked := [what for what, given in faults.items() if given]:
        raise InputError(
            f"the model {MAXENT} does not take that", seen=", ".join(asked), remedy="leave it out"
        )
    signal = signals[0]
    record, setting, said = settle(signal, options)
    solution = fit_terms(record, setting, 2)
    model = solution.model
    own = solution.theta[model.own_at]
    span = float(record.edges[-1] - record.edges[0])
    count = math.ceil(math.log(_LONGEST * span / (record.channel_ns * record.bin)) / STEP)
    taus = record.channel_ns * record.bin * np.exp(STEP * np.arange(count + 1))
    live = 1.0 if record.live is None else record.live
    columns = model.response.exponentials(np.ones_like(taus), taus, own).counts * live
    flat = np.full(record.y.size, float(record.bin)) * live
    readings = Readings(record.y, max(float(record.y.sum()), 1.0), None, solution.trust)
    found = distribution(readings, taus, columns, flat)
    ended = replace(solution, mu=found.expected)
    ended = replace(ended, deviance=float(ended.trusted(deviance(ended.y, ended.mu)).sum()))
    analysis = Analysis(ended, estimate(solution, correct_bias=False), quality(ended))
    factor = f"two equal lifetimes come out as two from a factor of {found.resolution:.3g} on"
    if doubted(record, analysis):
        reduced = analysis.quality.reduced
        said.append(
            f"the counts depart from the distribution by more than noise: reduced deviance {reduced:.3g}"
        )
    said.append(f"resolution: {factor}; nearer ones, and every width below it, come out as one maximum")
    curves = curves_of(record, setting, analysis, signal)
    extra = {
        "distribution": {"tau_ns": found.grid.tolist(), "photons": found.parts.tolist()},
        "record": record.notes,
    }
    values = _quantities(found, _HOW.format(resolution=factor))
    return Fit(
        model=MAXENT,
        quantities=Quantities("tcspc", values, signal.source, tuple(said), extra, curves),
        status="converged",
        message=f"weight of the entropy {found.alpha:.3g}, background {found.background:.3g} per channel",
        statistics={
            "deviance": ended.deviance,
            "reduced_deviance": analysis.quality.reduced,
            "expected_reduced_deviance": analysis.quality.expected,
            "resolution_factor": found.resolution,
        },
        curves=curves,
        parameters=_parameters(found),
    )


def _parameters(found: Distribution) -> dict[str, Determined]:
    note = "interval: the maximum at half its height, which holds noise and smoothing"
    return {
        f"peak{i}_ns": Determined(p.place, None, "ns", (p.low, p.high), "bounded", note)
        for i, p in enumerate(found.peaks, start=1)
    }


def _quantities(found: Distribution, how: str) -> dict[str, Quantity]:
    note = "of a smoothed distribution: no error is stated"
    out = {}
    for i, peak in enumerate(found.peaks, start=1):
        out[f"fraction{i}"] = Quantity(peak.share, None, "1", how, f"photons of peak{i}_ns; {note}")
    return out
