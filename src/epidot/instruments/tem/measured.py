"""What is read off an image: size, spread, shape and number of particles."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.options import Settings
from epidot.instruments.tem import found, sizes
from epidot.instruments.tem.found import CUT, HIDDEN, ODD, OUTSIDE, WHOLE, Particles
from epidot.instruments.tem.particle import MODES, ORDERS, R, X, Y
from epidot.instruments.tem.sizes import Spread
from epidot.quantities import Quantities, Quantity
from epidot.signal import Signal

Array = NDArray[np.float64]
_HOW = "balls with bent outlines seen through a common blur, fitted to the pixels"
_FEW = 30  # particles; fewer say little of a spread


def measured(signal: Signal, chosen: Settings) -> Quantities:
    """See :func:`epidot.instruments.tem.measure`; ``chosen`` are the settled options."""
    return reported(signal, found.particles(signal, chosen), chosen)


def reported(signal: Signal, seen: Particles, chosen: Settings) -> Quantities:
    """What the particles ``seen`` on an image say."""
    warnings = list(signal.warnings)
    out = _counts(seen)
    whole = seen.whole
    if len(whole) < 2:
        why = "fewer than two whole particles on this image"
        none = (
            ("diameter_nm", "nm"),
            ("diameter_sd_nm", "nm"),
            ("diameter_spread", "%"),
            ("irregularity", "%"),
        )
        out = {name: Quantity(None, None, unit, _HOW, why) for name, unit in none} | out
        curves = {**counted(seen.diameter[whole], None, signal), "mask": mask_of(signal, seen)}
        return Quantities("tem", out, signal.source, (*warnings, why), _extra(signal, seen), curves)
    found_sizes = population(seen, signal)
    out = _sized(seen, found_sizes, chosen["scale_error"] / 100) | out
    _warn(seen, warnings, chosen, signal)
    quantities = Quantities(
        "tem", out, signal.source, tuple(warnings), _extra(signal, seen), _curves(signal, seen, found_sizes)
    )
    return quantities if seen.settled else quantities.without_errors()


def population(seen: Particles, signal: Signal) -> Spread:
    """Mean and spread of the population behind the whole particles (two or more)."""
    whole = seen.whole
    d = seen.diameter[whole]
    assert signal.rows is not None
    weights = sizes.chances(d, float(np.ptp(signal.rows)), float(np.ptp(signal.x)))
    return sizes.spread(d, seen.error[whole], weights, seen.common)


def _sized(seen: Particles, sizes_: Spread, scale_error: float) -> dict[str, Quantity]:
    n = len(seen.whole)
    mean = sizes_.mean
    how = f"{_HOW}; mean of {n}, rim of the image allowed for"
    out = {
        "diameter_nm": Quantity(mean, math.hypot(sizes_.mean_error, mean * scale_error), "nm", how),
    }
    how = f"standard deviation of {n} diameters less their reading errors"
    if sizes_.sd is None or sizes_.sd_error is None:
        note = f"no spread beyond the error of reading; it is below {sizes_.below:.2g} nm (95 %)"
        if n < sizes.FEWEST:
            note = f"{n} particles are too few for a spread"
        out["diameter_sd_nm"] = Quantity(None, None, "nm", how, note)
        out["diameter_spread"] = Quantity(None, None, "%", how, note)
    else:
        error = math.hypot(sizes_.sd_error, sizes_.sd * scale_error)
        out["diameter_sd_nm"] = Quantity(sizes_.sd, error, "nm", how)
        share = sizes_.sd / mean
        off = math.hypot(sizes_.sd_error / mean, share * sizes_.mean_error / mean)
        out["diameter_spread"] = Quantity(100 * share, 100 * off, "%", f"{how}, over their mean")
    out["reading_error_nm"] = Quantity(
        sizes_.reading, None, "nm", "root mean square of the errors of single diameters"
    )
    out["irregularity"] = _irregularity(seen)
    out["blur_nm"] = Quantity(seen.blur, None, "nm", "standard deviation of the common blur")
    return out


def _irregularity(seen: Particles) -> Quantity:
    how = "root mean square deviation of outlines from circles (orders 2 to 4) over their radius, less noise"
    bent = seen.bent[seen.whole]
    mean, error = float(bent.mean()), float(bent.std(ddof=1) / math.sqrt(bent.size))
    if mean < 2 * error:
        most = 100 * math.sqrt(max(mean, 0.0) + 2 * error)
        return Quantity(None, None, "%", how, f"round within the noise: below {most:.2g} %")
    value = math.sqrt(mean)
    return Quantity(100 * value, 100 * error / (2 * value), "%", how)


def _counts(seen: Particles) -> dict[str, Quantity]:
    whole = seen.whole
    numbers = {
        "count": (len(whole), "particles wholly on the image that count for the sizes"),
        "count_touching": (int(np.sum(seen.touching)), "particles within two blurs of a neighbour's outline"),
        "count_overlapping": (
            int(np.sum(seen.overlapping)),
            "particles whose outline runs into a neighbour's",
        ),
        "count_cut": (int(np.sum(seen.state == CUT)), "particles cut by the rim of the image"),
        "count_left_out": (
            int(np.sum(np.isin(seen.state, (HIDDEN, ODD, OUTSIDE)))),
            "particles hidden by others, unlike the model, or not of the size asked for",
        ),
    }
    return {name: Quantity(float(n), None, "", how) for name, (n, how) in numbers.items()}


def _warn(seen: Particles, warnings: list[str], chosen: Settings, signal: Signal) -> None:
    n = len(seen.whole)
    if n < _FEW:
        warnings.append(f"{n} particles say little about a spread")
    odd = int(np.sum(seen.state == ODD))
    if odd > 0.1 * (n + odd):
        warnings.append(f"{odd} of {n + odd} particles are unlike the model and left out: look at --plot")
    hidden = int(np.sum(seen.state == HIDDEN))
    if hidden > 0.1 * (n + hidden):
        warnings.append(f"{hidden} particles lie mostly over or under others and are left out")
    if not seen.settled:
        warnings.append("the fit did not settle: no errors are stated")
    if chosen["scale_error"] == 0 and signal.origin == "measured":
        warnings.append(
            "the error of the scale is not known and not in the errors: give it with --scale-error"
        )


def _extra(signal: Signal, seen: Particles) -> dict[str, Any]:
    rows = [
        {
            "x_nm": round(float(x), 4),
            "y_nm": round(float(y), 4),
            "diameter_nm": round(float(d), 5),
            "sigma_nm": round(float(e), 5),
            "state": str(s),
        }
        for (y, x), d, e, s in zip(seen.centre, seen.diameter, seen.error, seen.state, strict=True)
    ]
    scale = {"nm_per_pixel": signal.meta.get("scale_nm"), "from": signal.meta.get("scale_from")}
    return {
        "scale": scale,
        "contrast": "bright on dark" if seen.sign > 0 else "dark on bright",
        "particles": rows,
    }


def _curves(signal: Signal, seen: Particles, law: Spread) -> dict[str, Signal]:
    width = math.hypot(law.sd or 0.0, law.reading)

    def read(x: Array) -> Array:
        return np.asarray(np.exp(-0.5 * ((x - law.mean) / width) ** 2) / (width * math.sqrt(2 * math.pi)))

    return {**counted(seen.diameter[seen.whole], read, signal), "mask": mask_of(signal, seen)}


def counted(d: Array, law: Callable[[Array], Array] | None, signal: Signal) -> dict[str, Signal]:
    """Diameters counted in classes, and what the density ``law`` of them as they are read expects there."""
    low, high = (float(d.min()), float(d.max())) if d.size else (0.0, 1.0)
    width = max((high - low) / max(8, int(math.sqrt(d.size) * 1.5)), 0.02 * high)
    edges = np.arange(low - 2.5 * width, high + 3 * width, width)
    edges = edges[edges > 0]
    count, _ = np.histogram(d, edges)
    x = (edges[1:] + edges[:-1]) / 2
    made = {"data": count.astype(np.float64)}
    if law is not None:
        made["model"] = d.size * width * law(x)
    origin = signal.origin
    return {
        name: Signal("tem", x, y, "diameter", "nm", "particles", "", "analog", origin)
        for name, y in made.items()
    }


def mask_of(signal: Signal, seen: Particles) -> Signal:
    """Which pixels lie inside which outline: 0 none, else the particle's number; negative if left out."""
    y = np.zeros(signal.y.shape)
    for i, own in enumerate(seen.outlines):
        far = own[R] * 1.8
        rows = np.arange(max(0, int(own[Y] - far)), min(len(y), int(own[Y] + far) + 2))
        columns = np.arange(max(0, int(own[X] - far)), min(len(signal.x), int(own[X] + far) + 2))
        dy, dx = rows[:, None] - own[Y], columns[None, :] - own[X]
        angle = np.arctan2(dy, dx)
        rim = np.ones(angle.shape)
        for m in range(ORDERS):
            rim += own[MODES + 2 * m] * np.cos((m + 2) * angle) + own[MODES + 2 * m + 1] * np.sin(
                (m + 2) * angle
            )
        inside = np.hypot(dy, dx) < own[R] * rim
        if inside.any():
            part = y[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            part[inside] = i + 1 if seen.state[i] == WHOLE else -(i + 1)
    return Signal(
        "tem",
        signal.x,
        y,
        signal.x_name,
        signal.x_unit,
        "particle",
        "",
        "analog",
        signal.origin,
        rows=signal.rows,
    )
