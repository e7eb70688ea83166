"""The lines of a whole Raman spectrum as a model, on one background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.raman.joint import ENDS, SPREAD, TAIL, polynomial, shaped
from epidot.instruments.raman.lines import line, with_slopes
from epidot.instruments.raman.measured import measured
from epidot.instruments.raman.prepared import prepared, resolution_of, within
from epidot.instruments.raman.shapes import shapes
from epidot.quantities import Fit
from epidot.signal import Signal
from epidot.signal.fitting import Free, fit_curve

Array = NDArray[np.float64]

_OWN = {TAIL: ("tail", "1"), SPREAD: ("variance_cm2", "1/cm2")}  # what belongs to a form: name and unit


def fitted(signal: Signal, model: str, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.raman.fit`; ``chosen`` are the settled options of ``measure``."""
    for name in ("reference", "diameter_nm") if model == "peaks" else ():
        if chosen[name] is not None:
            what = f"option {name} of raman.fit does nothing with the model peaks"
            raise InputError(what, seen=f"{chosen[name]:g}", remedy="fit the model phonons")
    used, warnings = prepared(signal, chosen)
    modes, said = within(used, chosen)
    resolution, _ = resolution_of(used, chosen)
    joint = shapes(used, modes, chosen["background"], resolution, str(chosen["normalise_to"]))[0].joint
    if not joint.free:
        what = "there is no line to fit"
        raise InputError(what, signal.source or None, seen=", ".join(m.name for m in modes))
    free: list[Free] = []
    for k, mode in enumerate(joint.free):
        place, width = (float(v) for v in joint.values[2 * k : 2 * k + 2])
        own, form = joint.own(k), joint.bent.get(k)
        area = float(joint.values[joint.area(k)])
        called = f"{mode.name}_zone_centre_cm1" if form == TAIL else f"{mode.name}_cm1"
        free.append(Free(called, "cm-1", place, *mode.reach))
        called = f"{mode.name}_width_cm1" if own is None else f"{mode.name}_own_width_cm1"
        free.append(Free(called, "cm-1", width, *mode.widths))
        if own is not None and form is not None:
            name, unit = _OWN[form]
            free.append(Free(f"{mode.name}_{name}", unit, float(joint.values[own]), *ENDS[form]))
        free.append(Free(f"{mode.name}_counts", "readings cm-1", area, 0.0, 100 * abs(area), natural=True))
    lines, count = len(free), len(joint.free)
    coefficients = joint.values[joint.area(len(joint.modes)) :]
    far = 100 * float(np.max(np.abs(coefficients)))
    free += [Free(f"background{i}", used.y_unit, float(c), -far, far) for i, c in enumerate(coefficients)]
    for held, area in zip(joint.held, joint.values[joint.area(count) :], strict=False):
        free.append(
            Free(f"{held.name}_counts", "readings cm-1", float(area), -far * held.width, far * held.width)
        )
    x, ground = used.x, polynomial(used.x, joint.order)
    beside = [line(x, m.place, m.width, resolution) for m in joint.held]
    rest = np.column_stack([ground, *beside])

    def curve(v: Array) -> Array:
        return design(v)[0]

    def design(v: Array) -> tuple[Array, Array]:
        total, columns, at = rest @ v[lines:], [], 0
        for k, mode in enumerate(joint.free):
            place, width = float(v[at]), float(v[at + 1])
            if k not in joint.bent:
                y, *by = with_slopes(x, place, width, resolution)
            else:
                y, *by = shaped(x, place, width, float(v[at + 2]), mode, joint.bent[k], resolution)
            area = v[at + len(by)]
            total = total + area * y
            columns += [*(area * one for one in by), y]
            at += len(by) + 1
        return total, np.column_stack([*columns, rest])

    outcome = fit_curve(used, curve, free, jacobian=lambda v: design(v)[1], further=False)
    how = f"{count} lines and a background of order {joint.order}, fitted together"
    quantities = outcome.quantities(how)
    if model == "phonons":
        found = measured(signal, {**chosen, "background": joint.order})
        quantities = {n: q for n, q in found.items() if n.endswith(("strain", "index"))} | quantities
    return outcome.packed(model, used, quantities, [*warnings, *said])
