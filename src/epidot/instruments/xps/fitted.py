"""The lines of one region as a model, with every parameter and its interval."""

from __future__ import annotations

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.xps.measured import asked_states, fitted_regions, regions_of
from epidot.instruments.xps.own_lines import fitted_own
from epidot.quantities import Fit
from epidot.signal import Signal


def fitted(signal: Signal, model: str | None, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.xps.fit`; ``chosen`` are the settled options."""
    regions = regions_of(signal)[:1]
    if not regions or regions[0].meta.get("column") != signal.meta.get("column"):
        raise InputError(
            "a survey is not fitted", signal.source or None, remedy="name a narrow region with column"
        )
    own = chosen["components"]
    if own is not None or model == "components":
        _refuse_both(model, own, chosen)
        return fitted_own(regions[0], chosen)
    states = asked_states(chosen)
    _, found, said = fitted_regions(regions, chosen, states)
    if not found:
        what = "no core level stands clear of the noise in this region"
        raise InputError(what, signal.source or None, seen=str(signal.meta.get("column", "")))
    one = found[0]
    count = len(one.lines)
    how = f"{count} lines and an active {one.ground} background, fitted together"
    return one.fitted.packed("lines", one.region, one.fitted.quantities(how), [*signal.warnings, *said])


def _refuse_both(model: str | None, own: object, chosen: Settings) -> None:
    """Lines are found, asked for by their states, or described: one of these.

    Raises
    ------
    InputError
        If the file is missing, or stands beside what it replaces.
    """
    if own is None:
        raise InputError("the model components needs a file of lines", remedy="give components FILE.yaml")
    if model == "lines":
        raise InputError(
            "components are no part of the model lines", remedy="leave the model or the file out"
        )
    if chosen["states"]:
        raise InputError(
            "states and components are two ways to name lines", seen=str(chosen["states"]),
            remedy="leave one out",
        )  # fmt: skip
