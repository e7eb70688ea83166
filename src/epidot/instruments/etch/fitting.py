"""From profiles and options to an inversion, and from its outcome to quantities."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from epidot.constants import ZERO_CELSIUS
from epidot.errors import Fault, InputError
from epidot.instruments.etch.change import change_point
from epidot.instruments.etch.forward import Sphere, Treatment
from epidot.instruments.etch.inversion import Data, Estimate, Inverted, Sample, deviations, invert
from epidot.instruments.etch.mechanisms import MECHANISMS, priors
from epidot.instruments.etch.profile import Profile, Readings, from_signal
from epidot.instruments.etch.verdict import IDENTIFIED, averaged, verdict
from epidot.quantities import Determined, Fit, Quantities, Quantity, Series
from epidot.signal import Signal

_HOW = "inversion of the profiles ({}); 68 % interval of its probability, other parameters integrated out"


def explained(profiles: list[Profile], chosen: dict[str, Any]) -> Quantities:
    """The quantities of an inversion (``chosen["explain"]``: one mechanism, or ``compare``).

    Raises
    ------
    InputError
        With everything the inversion needs and the file does not say.
    """
    reason = nothing_to_invert(profiles)
    if reason is not None:
        empty = {n: Quantity(None, None, u, "none", reason) for n, u in (("D0", "nm2/s"), ("dH_eV", "eV"))}
        return Quantities("etch", empty, series={"lnD_at_T": Series((), (), "1", "none", reason)})
    data = data_of(profiles, chosen)
    asked = str(chosen["explain"])
    found = [invert(m, data, int(chosen["starts"])) for m in (MECHANISMS if asked == "compare" else (asked,))]
    return summed_up(profiles, data, found)


def nothing_to_invert(profiles: list[Profile]) -> str | None:
    """Why there is nothing to invert, or ``None``."""
    if not any(p.halides for p in profiles):
        return "no halide was determined in this file"
    halide = profiles[0].halides[0] if profiles[0].halides else ""
    readings = [p.readings[halide] for p in profiles if halide in p.readings]
    if all(bool(np.all(r.censored)) for r in readings):
        return f"every amount of {halide} lies below its detection limit: there is no profile to invert"
    return None


def data_of(profiles: list[Profile], chosen: dict[str, Any]) -> Data:
    """The profiles as the inversion takes them.

    Raises
    ------
    InputError
        With everything that is missing.
    """
    halide = next(p.halides[0] for p in profiles if p.halides)
    profiles = [p for p in profiles if halide in p.readings]
    faults = []
    for p in profiles:
        if p.temperature_K is None:
            faults.append(
                Fault(
                    f"profile {p.name}: an inversion needs the temperature of the treatment",
                    remedy="give treated_C, or a column temperature (°C)",
                )
            )
        if not p.dots_nmol:
            faults.append(
                Fault(
                    f"profile {p.name}: an inversion needs the amount of dots",
                    remedy='give dots_nmol, or write "dots: 10 nmol" above the table',
                )
            )
        if p.diameters_nm is None or not np.all(np.isfinite(p.diameters_nm)):
            faults.append(
                Fault(
                    f"profile {p.name}: an inversion needs all diameters, from before the first round on",
                    remedy="add a column diameter (nm) with a round 0, or depth (nm) and diameter_nm",
                )
            )
    if faults:
        raise InputError(faults)
    hottest = max(profiles, key=lambda p: p.temperature_K or 0.0)
    sphere = _sphere(hottest, chosen)
    return Data(
        tuple(_sample(p, halide, sphere, chosen) for p in profiles), sphere, float(chosen["etch_spread"])
    )


def _sphere(profile: Profile, chosen: dict[str, Any]) -> Sphere:
    d = profile.diameters_nm
    assert d is not None
    outer = float(d[0])
    core = chosen["core_nm"] or profile.meta.get("core_diameter_nm")
    if core is None:
        step = change_point(profile)["core_round"]
        if step.value is None:
            raise InputError(
                "an inversion needs the diameter of the core",
                remedy='give core_nm, or write "core diameter: 3.3 nm" above the table, or add In and '
                f"Zn per round ({step.note})",
            )
        core = float(d[1 + int(np.argmin(np.abs(profile.rounds - step.value)))])
    if not 0 < core < outer:
        raise InputError(
            "the core must be smaller than the dot", seen=f"{core:g} nm in a dot of {outer:g} nm"
        )
    shell = (outer - core) / 2
    inner = chosen["inner_nm"]
    if inner is None:
        inner = _selenide(profile, core) or shell / 2
    if not 0 < inner < shell:
        raise InputError(
            "the inner shell must be thinner than the shell", seen=f"{inner:g} nm of {shell:g} nm"
        )
    return Sphere(core / 2, core / 2 + float(inner), outer / 2)


def _selenide(profile: Profile, core: float) -> float | None:
    """Thickness of the part of the shell with more selenium than sulfur, where both were determined."""
    if "Se" not in profile.readings or "S" not in profile.readings or profile.diameters_nm is None:
        return None
    se, s = profile.readings["Se"].nmol, profile.readings["S"].nmol
    rich = np.flatnonzero(se > s)
    if rich.size == 0 or rich[0] == 0:
        return None
    thickness = (float(profile.diameters_nm[rich[0]]) - core) / 2
    return thickness if thickness > 0 else None


def _sample(profile: Profile, halide: str, sphere: Sphere, chosen: dict[str, Any]) -> Sample:
    d, r = profile.diameters_nm, profile.readings[halide]
    assert d is not None
    assert profile.temperature_K is not None
    # The core is taken as closed: rounds that begin inside it say nothing about the shell.
    keep = d[:-1] / 2 > sphere.core_nm + 1e-6
    given = None if r.given is None else r.given[keep]
    minutes = {
        k: float(profile.meta.get(f"{k}_s", 60 * chosen[f"{k}_min"])) for k in ("addition", "hold", "cooling")
    }
    treatment = Treatment(
        profile.temperature_K,
        max(minutes["addition"], 1.0),
        max(minutes["hold"], 1.0),
        max(minutes["cooling"], 1.0),
        float(profile.meta.get("bath", chosen["bath_per_dot"])),
        float(chosen["bath_M"]),
    )
    return Sample(
        profile.name,
        Readings(r.nmol[keep], r.censored[keep], r.limit, r.relative, given),
        (d[0] - d[1:][keep]) / 2,
        treatment,
        float(profile.dots_nmol or 0.0),
    )


def chi_square(found: Inverted, data: Data) -> tuple[float, int]:
    """Sum of squares of the readings' deviations at the best point, and how many readings there are."""
    total, n = 0.0, 0
    for s, m in zip(data.samples, found.amounts, strict=True):
        size = s.readings.nmol.size
        total += float(np.sum(deviations(s.readings, m)[:size] ** 2))
        n += size
    return total, n


def summed_up(profiles: list[Profile], data: Data, found: list[Inverted]) -> Quantities:
    """Quantities of one or several inversions of the same data."""
    misfits = {f.mechanism: chi_square(f, data) for f in found}
    judged = verdict(found, misfits)
    way = found[0].mechanism if len(found) == 1 else "mean over the mechanisms with their probabilities"
    how = _HOW.format(way)

    def over(what: Any) -> Estimate:
        return averaged([(judged.probability[f.mechanism], what(f)) for f in found])

    at_T = [over(lambda f, T=T: f.ln_D(T)) for T in data.kelvins]
    shares = "; ".join(
        f"{T - ZERO_CELSIUS:.0f} °C: prior's share {100 * e.prior_share:.0f} %"
        for T, e in zip(data.kelvins, at_T, strict=True)
    )
    series = {
        "lnD_at_T": Series(tuple(e.value for e in at_T), tuple(e.sigma for e in at_T), "1", how, shares)
    }
    dH, lnD0 = over(lambda f: f.combined({"dH": 1.0})), over(lambda f: f.ln_D0())
    quantities = {"D0": _D0(lnD0, how, data), "dH_eV": _dH(dH, how, data)}
    warnings = []
    best = max(found, key=lambda f: f.log_evidence)
    chi, n = misfits[best.mechanism]
    if len(found) == 1 and chi > n + 5 * math.sqrt(2 * n):
        warnings.append(f"{best.mechanism} does not describe the data: chi-square {chi:.0f} for {n} readings")
    if len(found) > 1:
        warnings.append(
            judged.text + (f"; it would be decided by {judged.decides}" if judged.decides else "")
        )
    extra: dict[str, Any] = {
        "temperatures_C": [round(T - ZERO_CELSIUS, 6) for T in data.kelvins],
        "prior_share": {
            "lnD_at_T": [e.prior_share for e in at_T],
            "D0": lnD0.prior_share,
            "dH_eV": dH.prior_share,
        },
        "explanations": [
            {
                "mechanism": f.mechanism,
                "probability": judged.probability[f.mechanism],
                "log_evidence": f.log_evidence,
                "chi_square": misfits[f.mechanism][0],
                "readings": n,
                "most_probable": dict(zip(f.names, (float(x) for x in f.theta), strict=True)),
            }
            for f in sorted(found, key=lambda f: -f.log_evidence)
        ],
    }
    if len(found) > 1:
        extra |= {
            "verdict": judged.winner or "undecided",
            "verdict_text": judged.text,
            "decides": judged.decides,
        }
    return Quantities("etch", quantities, "", tuple(warnings), extra, _curves(profiles, data, best), series)


def _curves(profiles: list[Profile], data: Data, best: Inverted) -> dict[str, Signal]:
    """The best model's amounts in the rounds of the first profile, to be drawn over it."""
    for s, m in zip(data.samples, best.amounts, strict=True):
        if s.name == profiles[0].name:
            x = profiles[0].rounds[: m.size]
            curve = Signal("etch", x, m, "etch round", "", "amount", "nmol", "analog", "simulated")
            return {best.mechanism: curve}
    return {}


def _not_identified(e: Estimate, data: Data, what: str) -> str:
    if len(data.kelvins) == 1:
        why = "one temperature says nothing about it"
    elif len(data.kelvins) < 4:
        why = "profiles at temperatures between these would help most (for instance 240 and 270 °C)"
    else:
        why = "more temperatures, or an independent measure of the uptake by the surface, would help"
    share = 100 * min(e.prior_share, 1.0)
    return (
        f"not identifiable from these data: {what}, and {share:.0f} % of that variance is the prior's; {why}"
    )


def _dH(e: Estimate, how: str, data: Data) -> Quantity:
    if e.prior_share > IDENTIFIED:
        note = _not_identified(e, data, f"{e.value:.2f} ± {e.sigma:.2f} eV")
        return Quantity(None, None, "eV", how, note)
    return Quantity(e.value, e.sigma, "eV", how, f"prior's share of the variance {100 * e.prior_share:.1f} %")


def _D0(e: Estimate, how: str, data: Data) -> Quantity:
    said = f"ln(D0 / (nm2/s)) = {e.value:.1f} ± {e.sigma:.1f}"
    if e.prior_share > IDENTIFIED:
        return Quantity(None, None, "nm2/s", how, _not_identified(e, data, said))
    value = math.exp(e.value)
    return Quantity(
        value,
        value * e.sigma,
        "nm2/s",
        how,
        f"{said}; prior's share {100 * e.prior_share:.1f} %: read the logarithm",
    )


def fitted(signal: Signal, model: str, chosen: dict[str, Any]) -> Fit:
    """See :func:`epidot.instruments.etch.fit`."""
    profiles = from_signal(signal)
    reason = nothing_to_invert(profiles)
    if reason is not None:
        flat = signal.with_values(signal.x, np.zeros(len(signal)))
        empty = {n: Quantity(None, None, u, "none", reason) for n, u in (("D0", "nm2/s"), ("dH_eV", "eV"))}
        nothing = Quantities("etch", empty, signal.source, signal.warnings)
        return Fit(
            model, nothing, "failed", reason, {"readings": float(len(signal))}, curves={"nothing": flat}
        )
    data = data_of(profiles, chosen)
    found = [invert(m, data, int(chosen["starts"])) for m in (MECHANISMS if model == "compare" else (model,))]
    summed = summed_up(profiles, data, found)
    best = max(found, key=lambda f: f.log_evidence)
    chi, n = chi_square(best, data)
    known = priors(best.mechanism, best.reference_K)
    covariance = best.curve.covariance()
    everything = dict(summed.found)
    for i, p in enumerate(known):
        value, variance = best.curve.moments(np.eye(len(known))[i])
        share = variance / p.sd**2
        note = f"{p.meaning}; prior {p.mean:.3g} ± {p.sd:.3g}, its share {100 * min(share, 1.0):.0f} %"
        everything[p.name] = Quantity(value, math.sqrt(variance), p.unit, _HOW.format(best.mechanism), note)
    fits = chi <= n + 5 * math.sqrt(2 * n)
    message = "; ".join(summed.warnings) or f"{best.mechanism}: chi-square {chi:.1f} for {n} readings"
    statistics = {"chi_square": chi, "readings": float(n), "log_evidence": best.log_evidence}
    for name, p_ in ((e["mechanism"], e["probability"]) for e in summed.extra["explanations"]):
        statistics[f"probability of {name}"] = p_
    quantities = Quantities(
        "etch",
        everything,
        signal.source,
        (*signal.warnings, *summed.warnings),
        summed.extra,
        summed.curves,
        summed.series,
    )
    return Fit(
        model,
        quantities,
        "converged" if fits else "failed",
        message,
        statistics,
        tuple(p.name for p in known),
        covariance,
        summed.curves,
        {p.name: _determined(everything[p.name]) for p in known},
    )


def _determined(found: Quantity) -> Determined:
    return Determined.around(found.value or 0.0, found.sigma, found.unit, found.note)
