"""A spectrum in a text file -> a Signal over wavelength / nm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.errors import InputError
from epidot.signal.decoding import file_bytes
from epidot.signal.headings import unit as unit_of
from epidot.signal.settings import stated_seconds, stated_settings
from epidot.signal.signal import Signal
from epidot.signal.text import parse_table
from epidot.signal.trace import Trace, axis_unit, to_nm, trace
from epidot.signal.variance import scatter

Array = NDArray[np.float64]


def read_spectrum(
    path: str | Path,
    *,
    technique: str,
    y_name: str,
    column: str | int | None = None,
    unit: str | None = None,
    recorded: str | None = None,
    noise: str = "analog",
    not_in: tuple[str, ...] = (),
) -> Signal:
    """One spectrum of ``path`` as a Signal over wavelength / nm, ascending.

    ``recorded`` is ``None`` for a quantity *at* a wavelength (absorbance: its values do not change with
    the axis) and ``per nm`` or ``per eV`` for a density over an energy axis: ``per eV`` is converted with
    E²/hc, ``per nm`` (only the axis was relabelled) is not.  ``noise`` is ``analog``, ``counts`` or
    ``auto`` (counts if the head says so and the values are whole numbers).  ``not_in`` are units that the
    head may not give the values: those of another technique.

    Raises
    ------
    InputError
        If the file, the column or the axis cannot be used.
    """
    where = str(path)
    raw = file_bytes(path)
    found = trace(parse_table(raw, where), column)
    given, guessed = axis_unit(found, unit, where)
    # A bare letter ("A", "V") may be the name of a sample: it says nothing against the chosen instrument.
    named = unit_of(found.name) if len(found.name.strip()) > 1 else None
    said = next((one for one in (found.y_unit, named) if one in not_in), None)
    if said is not None:
        raise InputError(
            f"the head says that the values are in {said}, which is no {y_name}",
            where,
            seen=found.name,
            remedy="choose another column or another technique; if the head is wrong, change it",
        )
    nm = to_nm(found.x, given, where)
    y = found.y
    warnings = [*found.warnings, *([guessed] if guessed else [])]
    if nm[0] > nm[-1]:
        nm, y = nm[::-1], y[::-1]
    energy_axis = given in ("eV", "cm-1")
    if energy_axis and recorded == "per eV":
        y = y * (HC / nm**2)
        warnings.append(
            f"the axis is in {given}: the values were taken as photons per {given} and converted to photons "
            "per nm (E²/hc); if only the axis had been relabelled, read with recorded='per nm'"
        )
    elif energy_axis:
        warnings.append(f"the axis in {given} was converted to nm; the values were left as they are")
    if np.any(np.diff(nm) <= 0):
        raise InputError("axis values too close to be told apart in nm", where)
    _refuse_huge(y, where, found)
    seconds = stated_seconds(found.meta["header"])
    noisy = scatter(found.y, found.y_unit, noise, where, seconds=seconds)
    warnings += noisy.said
    meta = {**found.meta, "axis_unit": given, **stated_settings(found.meta["header"])}
    return Signal(
        technique=technique,
        x=nm,
        y=y,
        x_name="wavelength",
        x_unit="nm",
        y_name=y_name,
        y_unit=found.y_unit or (unit_of(found.name) or ""),
        kind=noisy.kind,
        live_time=noisy.live_time,
        origin="measured",
        source=where,
        warnings=tuple(warnings),
        meta=meta,
    )


def _refuse_huge(y: Array, where: str, found: Trace) -> None:
    # Squares of the values are needed; beyond this they would overflow.
    if not np.all(np.isfinite(y)) or float(np.max(np.abs(y))) > 1e150:
        raise InputError(
            "values too large to be a spectrum", where, seen=f"{float(np.max(np.abs(found.y))):g}"
        )
