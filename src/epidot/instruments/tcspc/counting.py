"""Are these counts, and did the counter see every photon?"""

from __future__ import annotations

import math

import numpy as np

from epidot.errors import InputError
from epidot.instruments.tcspc.response import Array
from epidot.signal import Signal

PILEUP_SAID = 0.01  # detected per excitation from which pile-up is mentioned


def counts_of(signal: Signal) -> tuple[Array, bool, tuple[str, ...]]:
    """Values that behave as counts, whether they truly are counts, and what was done.

    Raises
    ------
    InputError
        If there are negative values or nothing but zeros.
    """
    y = signal.y
    where = signal.source or None
    if np.any(y < 0):
        raise InputError(
            "negative values: the background was subtracted or these are not counts",
            where,
            seen=f"{float(y.min()):g}",
            remedy="give the raw counts; the background is part of the fit",
        )
    if not np.any(y > 0):
        raise InputError("no counts at all", where)
    y = y * signal.seconds
    whole = np.rint(y)
    if np.all(np.abs(y - whole) <= 1e-6 * np.maximum(y, 1.0)):
        return np.asarray(whole, dtype=np.float64), True, ()
    if signal.kind == "counts":
        return y, True, ("the counts are not whole numbers: an expectation without noise",)
    least = float(y[y > 0].min())
    steps = y / least
    whole = np.rint(steps)
    if float(steps.max()) > 20 and np.all(np.abs(steps - whole) <= 2e-3 * np.maximum(np.sqrt(steps), 1.0)):
        return (
            np.asarray(whole, dtype=np.float64),
            True,
            (f"the values are whole multiples of {least:.6g}: read as counts divided by a constant",),
        )
    said = (
        "the values are not counts: taken as proportional to counts, the constant estimated from the "
        "scatter about the fit; give the raw counts for errors that can be trusted"
    )
    return y, False, (said,)


def live_share(
    signal: Signal, y: Array, period_ns: float, correct: bool
) -> tuple[Array | None, str, tuple[str, ...]]:
    """Share of the excitations for which no earlier photon had stopped the clock, per channel.

    It is ``None`` without a measuring time.  Then: how pile-up stands, in words, and warnings.

    A counter that takes one photon per excitation misses late ones.  With E excitations and N_j counts
    in the earlier channels, channel i was open for E − Σ_{j<i} N_j − N_i/2 of them (Coates, J. Phys. E 1,
    878 (1968), to second order in N_i/E).  The model is multiplied by that share; the counts stay
    counts.
    """
    seconds, per_second = signal.meta.get("acquisition_s"), signal.meta.get("sync_rate_Hz")
    if per_second is None and math.isfinite(period_ns):
        per_second = 1e9 / period_ns
    if not seconds or not per_second:
        if correct:
            raise InputError(
                "pile-up cannot be corrected: the acquisition time is not known",
                signal.source or None,
                remedy="give acquisition_s when reading the file",
            )
        return None, "not checked: no measuring time", ()
    excitations = float(seconds) * float(per_second)
    share = float(y.sum()) / excitations
    if share >= 1:
        raise InputError(
            "more counts than excitations",
            signal.source or None,
            seen=f"{float(y.sum()):.0f} counts, {excitations:.0f} excitations",
            remedy="the period or the acquisition time is wrong",
        )
    before = np.concatenate(([0.0], np.cumsum(y)[:-1]))
    live = 1 - (before + y / 2) / excitations
    seen = f"{100 * share:.2g} % of the excitations gave a count"
    if not correct:
        if share < PILEUP_SAID:
            return live, seen, ()
        strength = "distorts" if share >= 0.05 else "may shorten"
        said = (
            f"{100 * share:.1f} % of the excitations gave a count: pile-up {strength} the lifetimes; "
            "use the option pileup to correct for it, or measure at a lower rate"
        )
        return live, seen, (said,)
    corrected = f"corrected for pile-up: {100 * share:.2f} % of the excitations gave a count"
    return live, f"{seen}: corrected", (corrected,)
