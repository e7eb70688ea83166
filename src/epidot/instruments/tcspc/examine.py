"""The options of ``measure`` settled against a signal: which channels, which response, which model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from epidot.errors import Faults, InputError
from epidot.instruments.tcspc.analysis import Analysis, Setting
from epidot.instruments.tcspc.automatic import analyse
from epidot.instruments.tcspc.counting import counts_of
from epidot.instruments.tcspc.formats import read_decay
from epidot.instruments.tcspc.prompt import Prompt, prompt
from epidot.instruments.tcspc.record import Record, channel_width, period, record, refuse_clipped, refuse_flat
from epidot.signal import Signal
from epidot.signal.storage import saved_signal

_SAME = 1e-9  # relative difference of counts below which they are the same
_ALIKE = 1e-4  # relative difference of widths below which they are the same


def examine(signal: Signal, options: Mapping[str, Any]) -> tuple[Record, Setting, Analysis, list[str]]:
    """Settle the options against the signal, and fit.

    Raises
    ------
    InputError
        As :func:`settle`.
    WorkError
        If no fit converges.
    """
    chosen, setting, warnings = settle(signal, options)
    return chosen, setting, analyse(chosen, setting), warnings


def settle(
    signal: Signal, options: Mapping[str, Any], *, tail: bool = False
) -> tuple[Record, Setting, list[str]]:
    """The channels, what to fit to them, and what there is to say, before any fit.

    With ``tail`` the exponentials start at the first channel, and no response is looked for.

    Raises
    ------
    InputError
        If an option does not fit the signal or the period is not known.
    """
    warnings = list(signal.warnings)
    faults, period_ns = Faults(), math.inf
    with faults.catching():
        period_ns = period(options["period"], signal)
    with faults.catching():
        channel_width(signal)
    with faults.catching():
        counts_of(signal)
    faults.raise_if_any()
    chosen = record(
        signal,
        period_ns,
        start_ns=options["start_ns"],
        stop_ns=options["stop_ns"],
        bin=options["bin"],
        correct_pileup=bool(options["pileup"]),
    )
    warnings += chosen.warnings
    response = None if tail else _prompt(signal, options, period_ns, warnings)
    refuse_flat(chosen, signal.source)
    refuse_clipped(chosen, signal.source)
    if tail:
        warnings.append(f"tail fit from {chosen.edges[0]:.6g} ns on: amplitudes are those at that time")
    elif response is None and options["irf_fwhm_ns"] is None:
        top = int(np.argmax(chosen.y))
        if top <= max(1, chosen.y.size // 200):
            tail = True
            started = f"from {chosen.edges[0]:.6g} ns on"
            warnings.append(
                f"no instrument response was given and the record begins after the rise: tail fit {started}"
            )
        else:
            warnings.append(
                "no instrument response was given: a Gaussian of free width stands for it; "
                "lifetimes near its width are not to be trusted"
            )
    if tail and options["scatter"]:
        raise InputError("a tail fit has no scattered light", remedy="leave out the option scatter")
    setting = Setting(
        terms=int(options["exponentials"]),
        prompt=response,
        irf_fwhm_ns=options["irf_fwhm_ns"],
        tail=tail,
        scatter=bool(options["scatter"]),
        background=options["background"],
    )
    return chosen, setting, warnings


def _prompt(
    signal: Signal, options: Mapping[str, Any], period_ns: float, warnings: list[str]
) -> Prompt | None:
    given = options["irf"]
    if given is None:
        given = signal.companions.get("irf")
        if given is None or options["irf_fwhm_ns"] is not None:
            return None
    elif options["irf_fwhm_ns"] is not None:
        raise InputError(
            "two instrument responses were given", seen="irf and irf_fwhm_ns", remedy="give one of them"
        )
    if isinstance(given, str | Path):
        given = _read_prompt(given, signal, options)
    _refuse_the_decay(given, signal)
    width = channel_width(given)
    y, counted, said = counts_of(given)
    if said and not counted:
        warnings.append("the instrument response is not in counts: its own noise cannot be allowed for")
    if math.isfinite(period_ns):
        y = y[: max(16, math.floor(period_ns / width * (1 + 1e-9)))]
    counted = counted and bool(np.all(y == np.rint(y)))
    together = _together(width, channel_width(signal), given.source)
    if together > 1:
        y = y[: y.size // together * together].reshape(-1, together).sum(axis=1)
        warnings.append(
            f"{together} channels of the instrument response ({width:.6g} ns) "
            "were put together to one of the decay"
        )
        width *= together
    return prompt(y, float(given.x[0]), width, counted=counted, where=given.source)


def _refuse_the_decay(given: Signal, signal: Signal) -> None:
    """A decay is no response of its own: the fit would be perfect, with lifetimes of nothing.

    Raises
    ------
    InputError
        If the response ``given`` has the counts of the decay ``signal``, or a constant times these.
    """
    n = min(given.y.size, signal.y.size)
    its, mine = given.y[:n], signal.y[:n]
    if n and np.any(mine > 0) and np.allclose(its * mine.max(), mine * its.max(), rtol=_SAME, atol=0):
        raise InputError(
            "the instrument response is the decay itself",
            given.source or None,
            seen=f"the same counts in {n} channels",
            remedy="give the file of the prompt (scattered light of the laser); without one leave irf out",
        )


def _together(response: float, decay: float, where: str) -> int:
    """How many channels of the response, of width ``response`` / ns, make one of the decay.

    Raises
    ------
    InputError
        If that is no whole number.
    """
    ratio = decay / response
    whole = max(1, round(ratio))
    if abs(whole * response - decay) <= _ALIKE * decay:
        return whole
    why = "coarser than" if ratio < 1 else "no whole fraction of"
    raise InputError(
        f"the channels of the instrument response are {why} those of the decay",
        where or None,
        seen=f"{response:.6g} ns, and {decay:.6g} ns in the decay",
        remedy="give the response in channels as wide as those of the decay, or a half, a third, ... of it",
    )


def _read_prompt(path: str | Path, signal: Signal, options: Mapping[str, Any]) -> Signal:
    """The response in a file; a text file without a time axis has the decay's channels."""
    column = options["irf_column"]
    if (saved := saved_signal(path, "tcspc")) is not None:
        if column is not None:
            what = "a response saved by epidot has one column"
            raise InputError(what, str(path), seen=str(column), remedy="leave irf_column out")
        return saved
    try:
        return read_decay(path, column)
    except InputError as error:
        if any("width of a channel" in fault.what for fault in error.faults):
            return read_decay(path, column, channel_ns=channel_width(signal))
        raise
