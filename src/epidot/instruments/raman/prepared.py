"""A Raman spectrum made ready to be measured: what cannot be used is left out, and said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.raman.modes import Mode, alike, chosen, of_core
from epidot.signal import Signal
from epidot.signal.unusable import clipped
from epidot.signal.windows import inside, ranges

_EITHER = (("crystals", "lines"), ("diameter_nm", "reference"))  # of each pair only one is used
LEAST = 30  # points
_SHARE = 0.6  # of the readings at full scale: the rest is no spectrum


def prepared(signal: Signal, options: Settings) -> tuple[Signal, list[str]]:
    """The usable part of a spectrum, and warnings.

    Raises
    ------
    InputError
        If too few points are left, or the axis is no Raman shift.
    """
    warnings = list(signal.warnings)
    where = signal.source or None
    for one, other in _EITHER:
        if options[one] and options[other]:
            raise InputError(
                f"{one} does nothing beside {other}", seen=str(options[one]), remedy="leave one out"
            )
    if signal.x_unit != "cm-1":
        what = "Raman lines are looked for on an axis of shifts / cm-1"
        raise InputError(what, where, seen=f"{signal.x_name} / {signal.x_unit}", remedy="give the laser line")
    full = clipped(signal.y)
    if np.mean(full) > _SHARE:
        raise InputError("most readings stand at full scale", where, remedy="shorten the exposure")
    keep = ~full
    if np.any(full):
        at = signal.x[full]
        warnings.append(
            f"{full.sum()} readings between {at[0]:.0f} and {at[-1]:.0f} cm-1 stand at full scale"
        )
    for name in ("mask", "window"):
        for low, high in ranges(options[name], name, signal.x_unit) if options[name] is not None else ():
            if not np.any(inside(signal.x, ((low, high),))):
                what = f"{name} {low:g}-{high:g} cm-1 holds no reading"
                seen = f"{signal.x[0]:g} to {signal.x[-1]:g} cm-1"
                raise InputError(what, where, seen=seen, remedy="correct it, or leave it out")
    if options["mask"] is not None:
        keep &= ~inside(signal.x, ranges(options["mask"], "mask", signal.x_unit))
    if options["window"] is not None:
        keep &= inside(signal.x, ranges(options["window"], "window", signal.x_unit))
    out = replace(signal.kept(keep), warnings=())
    if len(out) < LEAST:
        what = f"fewer than {LEAST} readings are left"
        seen = f"{len(out)} of {len(signal)}"
        raise InputError(what, where, seen=seen, remedy="widen the window, or mask less")
    if not np.ptp(out.y) > 0:
        raise InputError("all readings are equal: there is no spectrum", where, seen=f"{out.y[0]:g}")
    return out, warnings


def within(signal: Signal, options: Settings) -> tuple[list[Mode], list[str]]:
    """The modes to look for: those inside the spectrum that can be told apart; a warning for the others."""
    core = str(options["normalise_to"]).removesuffix("_LO")
    wanted = chosen(str(options["crystals"] or "InP ZnSe"), options["lines"])
    wanted = [of_core(m) if m.name.startswith(f"{core}_") else m for m in wanted]
    low, high = float(signal.x[0]), float(signal.x[-1])
    seen = [m for m in wanted if low + m.width / 2 <= m.place <= high - m.width / 2 and _covered(signal, m)]
    beyond = [m.name for m in wanted if m not in seen]
    said = [f"outside these readings ({low:.0f} to {high:.0f} cm-1): {', '.join(beyond)}"] if beyond else []
    unit = [m for m in seen if m.name == options["normalise_to"]]
    # What cannot be told from the line whose area is the unit is not looked for beside it.
    hidden = [m for m in seen if any(alike(m, one) for one in unit)]
    said += [
        f"{m.name} ({m.place:g} cm-1) lies on {unit[0].name} ({unit[0].place:g} cm-1) and is confused with "
        "it: one line was fitted, and its place, width and area are those of both"
        for m in hidden
    ]
    kept = [m for m in seen if m not in hidden]
    return [m if m.name.startswith(f"{core}_") else replace(m, dimensions=1) for m in kept], said


def _covered(signal: Signal, mode: Mode) -> bool:
    """Whether there are readings about the place of a mode (they may have been masked)."""
    return int(np.sum(np.abs(signal.x - mode.place) <= mode.width)) >= 5


def resolution_of(signal: Signal, options: Settings) -> tuple[float, str]:
    """FWHM of the spectrometer's resolution / cm-1, and a remark on the widths where nobody said it."""
    said = options["resolution"] if options["resolution"] is not None else signal.meta.get("resolution_cm1")
    if said is None:
        return 0.0, "the width holds the spectrometer's own (option resolution)"
    return float(said), ""
