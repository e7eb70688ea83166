"""The lines of one region as a model, with every parameter and its interval."""

from __future__ import annotations

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.xps.measured import asked_states, fitted_regions, regions_of
from epidot.quantities import Fit
from epidot.signal import Signal


def fitted(signal: Signal, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.xps.fit`; ``chosen`` are the settled options."""
    regions = regions_of(signal)[:1]
    if not regions or regions[0].meta.get("column") != signal.meta.get("column"):
        raise InputError(
            "a survey is not fitted", signal.source or None, remedy="name a narrow region with column"
        )
    states = asked_states(chosen)
    _, found, said = fitted_regions(regions, chosen, states)
    if not found:
        what = "no core level stands clear of the noise in this region"
        raise InputError(what, signal.source or None, seen=str(signal.meta.get("column", "")))
    one = found[0]
    count = len(one.lines)
    how = f"{count} lines and an active {one.ground} background, fitted together"
    return one.fitted.packed("lines", one.region, one.fitted.quantities(how), [*signal.warnings, *said])
