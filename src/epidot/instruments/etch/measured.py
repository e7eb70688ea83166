"""Amounts per round, where the maximum is, how deep the halide went, and when the core was reached."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.constants import ZERO_CELSIUS
from epidot.errors import InputError, nearest
from epidot.instruments.etch.change import change_point
from epidot.instruments.etch.likelihood import Belief, belief
from epidot.instruments.etch.profile import Profile, from_signal
from epidot.quantities import Quantities, Quantity, Series
from epidot.signal import Signal

Array = NDArray[np.float64]
_UPPER = 0.95
_SHARE = 0.9
_HOW = "as read; error = relative noise and detection limit/3 in quadrature"
_SUM = "sum over the rounds; one below the limit by its likelihood (flat from zero up)"


def measured(signal: Signal, chosen: dict[str, Any]) -> Quantities:
    """See :func:`epidot.instruments.etch.measure`; ``chosen`` are the settled options."""
    profiles = from_signal(signal)
    profile = picked(profiles, chosen["profile"])
    warnings = list(signal.warnings)
    if len(profiles) > 1 and chosen["profile"] is None:
        others = ", ".join(p.name for p in profiles if p is not profile)
        warnings.append(f"the quantities are those of profile {profile.name}; others in this file: {others}")
    found, series = _of(profile)
    extra: dict[str, Any] = {"profile": profile.name}
    if len(profiles) > 1:
        extra["profiles"] = [_plain(p) for p in profiles]
    curves = {}
    if chosen["explain"] != "none":
        from epidot.instruments.etch.fitting import explained

        more = explained(profiles, chosen)
        found |= more.found
        series |= more.series
        warnings += more.warnings
        extra |= more.extra
        curves = more.curves
    return Quantities("etch", found, signal.source, tuple(warnings), extra, curves, series)


def picked(profiles: list[Profile], name: str | None) -> Profile:
    """The profile of that name; by default the one treated hottest, else the first.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name is not None:
        for profile in profiles:
            if profile.name == name.strip():
                return profile
        raise InputError(
            "option profile: no such profile", seen=name, nearest=nearest(name, [p.name for p in profiles])
        )
    known = [p for p in profiles if p.temperature_K is not None]
    return max(known, key=lambda p: p.temperature_K or 0.0) if known else profiles[0]


def _plain(profile: Profile) -> dict[str, Any]:
    found, series = _of(profile)
    t = profile.temperature_K
    return {
        "profile": profile.name,
        "temperature_C": None if t is None else round(t - ZERO_CELSIUS, 6),
        "quantities": {
            **{n: s.to_json() for n, s in series.items()},
            **{n: q.to_json() for n, q in found.items()},
        },
    }


def _of(profile: Profile) -> tuple[dict[str, Quantity], dict[str, Series]]:
    found: dict[str, Quantity] = {}
    series: dict[str, Series] = {}
    step = change_point(profile)
    if not profile.halides:
        why = "no halide was determined in this file"
        for name, unit in (("total_nmol", "nmol"), ("argmax_round", "1"), ("front_nm", "nm")):
            found[name] = Quantity(None, None, unit, "none", why)
    else:
        _halide(profile, step, found, series)
    found |= step
    if profile.diameters_nm is not None:
        d = profile.diameters_nm
        depths = (d[0] - d[1:]) / 2
        series["depth_nm"] = Series(
            tuple(float(x) if np.isfinite(x) else None for x in depths),
            (None,) * depths.size,
            "nm",
            "half the loss of diameter since before the first round",
        )
    return found, series


def _halide(
    profile: Profile, step: dict[str, Quantity], found: dict[str, Quantity], series: dict[str, Series]
) -> None:
    element = profile.halides[0]
    readings = profile.readings[element]
    sure = belief(readings)
    upper = sure.upper(_UPPER)
    below = readings.censored
    rounds = [f"{r:g}" for r in profile.rounds[below]]
    note = (
        f"{element}; below the limit of {readings.limit:.3g} nmol: round {', '.join(rounds)}"
        if rounds
        else element
    )
    values = tuple(None if c else float(v) for v, c in zip(readings.nmol, below, strict=True))
    sigmas = tuple(None if c else float(s) for s, c in zip(readings.sigma, below, strict=True))
    series["halide_nmol"] = Series(values, sigmas, "nmol", _HOW, note)
    if rounds:
        limits = tuple(float(u) if c else None for u, c in zip(upper, below, strict=True))
        series["halide_upper_nmol"] = Series(
            limits, (None,) * len(limits), "nmol", "95 % upper limit of an amount below the detection limit"
        )
    _converted(profile, values, sigmas, series)
    mean = np.where(below, sure.mean, readings.nmol)
    sd = np.where(below, sure.sd, readings.sigma)
    if np.all(below):
        why = (
            f"no round is above the detection limit of {readings.limit:.3g} nmol of {element}: together less "
            f"than {float(np.sum(sure.mean) + 1.645 * np.sqrt(np.sum(sure.sd**2))):.3g} nmol (95 %)"
        )
        for name, unit in (("total_nmol", "nmol"), ("argmax_round", "1"), ("argmax_probability", "1"),
                           ("median_depth_nm", "nm"), ("front_nm", "nm"), ("core_share", "1")):  # fmt: skip
            found[name] = Quantity(None, None, unit, "none", why)
        return
    found["total_nmol"] = Quantity(float(mean.sum()), float(np.sqrt(np.sum(sd**2))), "nmol", _SUM)
    _maximum(profile, sure, found)
    _depths(profile, mean, sd, found)
    found["core_share"] = _core_share(profile, step["core_round"], mean, sd, bool(np.all(below[-1:])))


def _converted(
    profile: Profile, values: tuple[Any, ...], sigmas: tuple[Any, ...], series: dict[str, Series]
) -> None:
    """Ions per dot and per nm³, where the amount of dots and the diameters are known."""
    n, volumes = profile.dots_nmol, profile.volumes_nm3
    if not n or all(v is None for v in values):
        return
    for name, unit, divide, how in (
        ("halide_per_dot", "1", np.full(len(values), n), "amount over the amount of dots"),
        (
            "halide_per_nm3",
            "nm-3",
            None if volumes is None else n * volumes,
            "ions per dot over the volume removed",
        ),
    ):
        if divide is None:
            continue
        series[name] = Series(
            tuple(None if v is None else float(v / d) for v, d in zip(values, divide, strict=True)),
            tuple(None if s is None else float(s / d) for s, d in zip(sigmas, divide, strict=True)),
            unit,
            how,
        )


def _maximum(profile: Profile, sure: Belief, found: dict[str, Quantity]) -> None:
    probability = sure.largest()
    best = int(np.argmax(probability))
    second = int(np.argsort(probability)[-2]) if probability.size > 1 else best
    note = (
        "" if probability[best] > 0.95
        else f"not certain: round {profile.rounds[second]:g} with probability {probability[second]:.2f}"
    )  # fmt: skip
    how = "the round most likely to hold the largest amount, given the errors"
    found["argmax_round"] = Quantity(float(profile.rounds[best]), None, "1", how, note)
    found["argmax_probability"] = Quantity(float(probability[best]), None, "1", how)


def _depths(profile: Profile, mean: Array, sd: Array, found: dict[str, Quantity]) -> None:
    d = profile.diameters_nm
    how = "depth above which {} of the halide lies, spread evenly over the volume of each round"
    for name, share in (("median_depth_nm", 0.5), ("front_nm", _SHARE)):
        method = how.format(f"{share:.0%}")
        if d is None or not np.all(np.isfinite(d)):
            note = "the diameter after each round is not known"
            found[name] = Quantity(None, None, "nm", "none", note)
            continue
        value = depth_of(share, d, mean)
        gradient = np.empty(mean.size)
        for i in range(mean.size):
            h = max(0.05 * sd[i], 1e-9 * float(mean.sum()))
            up, down = mean.copy(), mean.copy()
            up[i] += h
            down[i] = max(down[i] - h, 0.0)
            gradient[i] = (depth_of(share, d, up) - depth_of(share, d, down)) / (up[i] - down[i])
        sigma = float(np.sqrt(np.sum((gradient * sd) ** 2)))
        found[name] = Quantity(value, sigma, "nm", method)


def depth_of(share: float, diameters: Array, amounts: Array) -> float:
    """Depth above which ``share`` of the amounts lies; within a round they are spread evenly by volume."""
    cumulated = np.concatenate([[0.0], np.cumsum(amounts)])
    cubes = (diameters / 2) ** 3
    # In the cube of the radius an even spread is a straight line.
    cube = float(np.interp(share * cumulated[-1], cumulated, cubes))
    return float(diameters[0] / 2 - np.cbrt(cube))


def _core_share(profile: Profile, core: Quantity, mean: Array, sd: Array, unseen: bool) -> Quantity:
    if core.value is None:
        return Quantity(None, None, "1", "none", "where the core begins is not known: " + core.note)
    inside = profile.rounds > core.value
    if not np.any(inside):
        return Quantity(None, None, "1", "none", "no round went into the core")
    a, b = float(mean[inside].sum()), float(mean[~inside].sum())
    va, vb = float(np.sum(sd[inside] ** 2)), float(np.sum(sd[~inside] ** 2))
    sigma = np.sqrt(b**2 * va + a**2 * vb) / (a + b) ** 2
    note = "an upper limit: these rounds lie below the detection limit" if unseen else ""
    return Quantity(a / (a + b), float(sigma), "1", "halide of the rounds after core_round over all", note)
