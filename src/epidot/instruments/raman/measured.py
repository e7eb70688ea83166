"""Places, widths and areas of Raman lines, and what they say: strain, oxide, crystalline shell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from epidot.dot.strain import phonon_shift, strain_from_phonon
from epidot.instruments import curve
from epidot.instruments.options import Settings
from epidot.instruments.raman.joint import Joint
from epidot.instruments.raman.lines import branch
from epidot.instruments.raman.misfit import misfit
from epidot.instruments.raman.modes import (
    NEAR,
    Mode,
    explaining,
    in_reach_of_partner,
    is_band,
    scattering,
    surface_lines,
)
from epidot.instruments.raman.phonons import confined_to
from epidot.instruments.raman.prepared import prepared, resolution_of, within
from epidot.instruments.raman.shapes import Shape, mean, shapes
from epidot.matter.materials import material
from epidot.quantities import Quantities, Quantity
from epidot.signal import Signal

Values = Mapping[str, tuple[float, float]]  # value and standard error by name

_SHOWN = 3  # known lines that a band may be
_RIVAL = 0.25  # of a line's area: a band so strong in its reach may as well be that line

HOW = "lines and polynomial background in one fit"


def measured(signal: Signal, chosen: Settings) -> Quantities:
    """See :func:`epidot.instruments.raman.measure`; ``chosen`` are the settled options."""
    used, warnings = prepared(signal, chosen)
    modes, said = within(used, chosen)
    warnings += said
    reference = str(chosen["normalise_to"])
    resolution, remark = resolution_of(used, chosen)
    each = shapes(used, modes, chosen["background"], resolution, reference)
    joint = each[0].joint
    found: Values = {name: mean(each, name) for name in each[0].values}
    if not joint.optimum.settled:
        warnings.append("the search for the lines did not settle: no errors are stated")
        found = {name: (value, math.nan) for name, (value, _) in found.items()}
    else:
        found, remarks = _in_shape(found, joint, used, resolution, reference)
        warnings += remarks
    named = [m.name for m in modes]
    warnings = [*_told(joint, found, named, reference), *warnings]
    words = _method(each)
    quantities = _of_modes(joint, found, words, reference, remark, named)
    quantities |= _strains(joint, quantities, chosen, reference)
    quantities |= _indices(quantities)
    extra = {
        "rule": "lines",
        "background_order": joint.order,
        "normalised_to": reference,
        "shapes": [{"shape": one.words, "weight": one.weight} for one in each],
    }
    return Quantities("raman", quantities, signal.source, tuple(warnings), extra, _curves(used, joint))


def _in_shape(
    found: Values, joint: Joint, used: Signal, resolution: float, reference: str
) -> tuple[Values, list[str]]:
    """The same with the errors of lines that have another shape widened by it, or withheld; and remarks."""
    out, said = dict(found), []
    seen = [(found[f"{m.name}_cm1"][0], found[f"{m.name}_width_cm1"][0] + resolution) for m in joint.free]
    for k, mode in enumerate(joint.free):
        off = misfit(joint, used.x, seen, k)
        if not off.clear:
            continue
        hers = [f"{mode.name}_cm1", f"{mode.name}_width_cm1", f"{mode.name}_area"]
        if mode.name == reference:  # the unit of all areas
            hers += [n for n in out if n.endswith("_area")]
        for name in dict.fromkeys(n for n in hers if n in out):
            value, sigma = out[name]
            out[name] = value, math.nan if off.hopeless else sigma * off.times
        end = "its values have no error" if off.hopeless else "its errors are widened as much"
        said.append(
            f"the line of {mode.title} has not the shape fitted ({off.times:.1f} times the noise, "
            f"{off.share:.1%} of its height): {end}"
        )
    return out, said


def _method(each: Sequence[Shape]) -> str:
    if len(each) == 1 and not each[0].joint.bent:
        return HOW
    shown = ", ".join(f"{one.words} (weight {one.weight:.2f})" for one in each)
    return f"{HOW}: {shown}"


def _of_modes(
    joint: Joint, found: Values, words: str, reference: str, remark: str, named: Sequence[str]
) -> dict[str, Quantity]:
    out: dict[str, Quantity] = {}
    names = [m.name for m in joint.modes]
    seen = reference in names[: len(joint.free)]
    lost = seen and joint.at_a_bound(names.index(reference))
    for k, mode in enumerate(joint.modes):
        is_free = k < len(joint.free)
        stuck = is_free and joint.at_a_bound(k)
        for name, unit in ((f"{mode.name}_cm1", "cm-1"), (f"{mode.name}_width_cm1", "cm-1")):
            if not is_free:
                why = f"{mode.title} is not seen; its area is that of a line at {mode.place:g} cm-1"
                out[name] = Quantity(None, None, unit, HOW, why)
            elif stuck:
                out[name] = Quantity(None, None, unit, HOW, _bound(mode))
            else:
                note = remark if "width" in name else _beside(mode, joint, found, named)
                out[name] = _quantity(found, words, name, unit, note)
        name = f"{mode.name}_area"
        if mode.name == reference and seen:
            out[name] = Quantity(1.0, 0.0, "1", HOW, "areas are counted in that of this line")
        elif not seen or lost or stuck:
            why = _bound(mode) if stuck else f"{reference}, whose area is the unit, is not seen"
            out[name] = Quantity(None, None, "1", HOW, why)
        else:
            out[name] = _quantity(found, words, name, "1", f"over the area of {reference}")
    if seen and not lost:
        out["reference_area"] = _quantity(found, words, "reference_area", "readings cm-1", reference)
    return out


def _quantity(found: Values, words: str, name: str, unit: str, note: str) -> Quantity:
    value, sigma = found[name]
    return Quantity(value, sigma if math.isfinite(sigma) else None, unit, words, note)


def _bound(mode: Mode) -> str:
    low, high = mode.reach
    if is_band(mode):
        return "the search for this band ends at a bound of its place or width: it is no single line"
    return f"no line of {mode.title} between {low:.0f} and {high:.0f} cm-1: the fit ends at that bound"


def _beside(mode: Mode, joint: Joint, found: Values, named: Sequence[str]) -> str:
    """The crystals whose LO lies where this line does, or what a band may be."""
    if is_band(mode):
        return _may_be(found[f"{mode.name}_cm1"][0], joint, found, named)
    if not mode.name.endswith("_LO"):
        return ""
    own = mode.name.removesuffix("_LO")
    near = [n for n in scattering() if n != own and abs(material(n)["LO_cm1"] - mode.place) < NEAR]
    return (
        f"the LO of {', '.join(near)} lies at the same place: a shell of it adds to this line" if near else ""
    )


def _told(joint: Joint, found: Values, named: Sequence[str], reference: str) -> list[str]:
    """The bands that none of the lines looked for explains, each in a sentence."""
    height = {
        m.name: float(joint.values[joint.area(k)]) / float(joint.values[2 * k + 1])
        for k, m in enumerate(joint.free)
    }
    highest = max(height.values(), default=0.0)
    return [
        f"{mode.name}: a line at {found[f'{mode.name}_cm1'][0]:.1f} cm-1, {height[mode.name] / highest:.0%} "
        "as high as the highest, is none of those looked for and was fitted as a band of its own; "
        f"{_may_be(found[f'{mode.name}_cm1'][0], joint, found, named)}"
        for mode in sorted(joint.free, key=lambda m: -height[m.name])
        if is_band(mode)
    ]


def _may_be(place: float, joint: Joint, found: Values, named: Sequence[str]) -> str:
    """Which known lines a band at ``place`` may be."""
    rivals = [
        m.name
        for m in joint.free
        if not is_band(m) and m.name.endswith("_LO") and m.reach[0] <= place <= m.reach[1]
    ]
    others = [found[f"{m.name}_cm1"][0] for m in joint.free if is_band(m)]
    known = sorted(explaining(place, named), key=lambda m: -sum(in_reach_of_partner(m, p) for p in others))
    near = [f"{m.name} (bulk {m.place:g} cm-1)" for m in known[:_SHOWN]]
    may = f"it may be {' or '.join(near)}: name it with crystals or lines" if near else ""
    if not near:
        may = "no crystal or surface known to epidot has a line there"
    also = [
        f"or be {n} itself, which was taken to be the line at {found[f'{n}_cm1'][0]:.1f} cm-1" for n in rivals
    ]
    return ", ".join([may, *also])


def _strains(
    joint: Joint, found: Mapping[str, Quantity], chosen: Settings, reference: str
) -> dict[str, Quantity]:
    """Eq 4 for the core's LO, and for every other LO counted from its bulk."""
    out = {}
    for mode in joint.free:
        place = found[f"{mode.name}_cm1"]
        if mode.gamma is None or not mode.name.endswith("_LO") or place.value is None:
            continue
        rival = _rival(joint, mode)
        if rival is not None:
            name = "strain" if mode.name == reference else f"{mode.name}_strain"
            out[name] = Quantity(None, None, "1", "eq 4", rival)
            continue
        if mode.name == reference:
            origin, named = _origin(mode, chosen)
            out["strain"] = _strain(mode, place, origin, f"eq 4 from {named}")
            continue
        one = _strain(mode, place, mode.place, f"eq 4 from the bulk at {mode.place:g} cm-1")
        out[f"{mode.name}_strain"] = replace(one, note=f"{one.note}; {_tension(mode, reference)}".strip("; "))
    if "strain" not in out:
        why = f"{reference} is not seen, or no Grüneisen parameter is known"
        out["strain"] = Quantity(None, None, "1", "eq 4", why)
    return out


def _rival(joint: Joint, mode: Mode) -> str | None:
    """Why nobody knows which line is that of ``mode``: another in its reach may as well be.

    That is a strong band that nothing explains, or a line of an oxide that shows none of its others.
    """
    areas = {m.name: float(joint.values[joint.area(k)]) for k, m in enumerate(joint.free)}
    alone = sum(m.name in surface_lines() for m in joint.free) == 1
    for k, other in enumerate(joint.free):
        place = float(joint.values[2 * k])
        if not mode.reach[0] <= place <= mode.reach[1]:
            continue
        share = areas[other.name] / areas[mode.name]
        if (is_band(other) and share > _RIVAL) or (alone and other.name in surface_lines()):
            return (
                f"{other.name} at {place:.1f} cm-1, {share:.2f} of the area, may as well be the line of "
                f"{mode.title}"
            )
    return None


def _origin(mode: Mode, chosen: Settings) -> tuple[float, str]:
    """Where the line of the unstrained core lies / cm-1, and who says so."""
    if chosen["reference"] is not None:
        origin = float(chosen["reference"])
        return origin, f"{origin:g} cm-1, given as that of the unstrained dots"
    d = chosen["diameter_nm"]
    stuff = material(mode.name.removesuffix("_LO"))
    if d is None or "LO_X_cm1" not in stuff:
        return (
            mode.place,
            f"the bulk at {mode.place:g} cm-1; confinement is not taken off (option diameter_nm)",
        )
    q, shares = confined_to("wave", float(d), sphere=True, a_nm=stuff.a_nm)
    places = branch(mode.place, stuff["LO_X_cm1"], q)
    origin = float(places @ shares)
    return origin, f"{origin:.1f} cm-1, the bulk confined to {float(d):g} nm"


def _strain(mode: Mode, place: Quantity, origin: float, how: str) -> Quantity:
    assert place.value is not None
    assert mode.gamma is not None
    value = strain_from_phonon(place.value / origin - 1, mode.gamma)
    # d(da/a)/dω = -(1 + 3 da/a) / (3 γ ω)
    slope = (1 + 3 * value) / (3 * abs(mode.gamma) * place.value)
    sigma = None if place.sigma is None else slope * place.sigma
    note = f"γ = {mode.gamma:g}; the error is that of the line's place, not of γ or of the reference"
    return Quantity(value, sigma, "1", how, note)


def _tension(mode: Mode, reference: str) -> str:
    """How far tension can bring a shell's line: to the lattice of the core in all directions."""
    core = reference.removesuffix("_LO")
    if core not in scattering() or mode.gamma is None:
        return ""
    shell = material(mode.name.removesuffix("_LO"))
    full = mode.place * (1 + phonon_shift(material(core).a_nm / shell.a_nm - 1, mode.gamma))
    return f"the whole lattice of {core} would bring it to {full:.1f} cm-1, confinement not counted"


def _indices(found: Mapping[str, Quantity]) -> dict[str, Quantity]:
    out = {}
    for name, line, what in (
        ("oxide_index", "oxide_area", "area of the oxide line"),
        ("crystalline_ZnSe_index", "ZnSe_LO_area", "area of the LO of ZnSe, which only crystals have"),
    ):
        if line in found:
            out[name] = replace(found[line], method=f"{what} over that of the reference")
    return out


def _curves(signal: Signal, joint: Joint) -> dict[str, Signal]:
    plain = replace(signal, kind="analog", live_time=None, sigma=None)
    model = plain.with_values(signal.x, joint.curve)
    scale = 1.0
    if not signal.knows_noise:
        scale = max(math.sqrt(float(np.mean(joint.residuals**2))), 1e-300)
    off = replace(plain, y_name="residual", y_unit="standard errors").with_values(
        signal.x, joint.residuals / scale
    )
    lines = {"background": plain.with_values(signal.x, joint.background)}
    return {curve.MODEL: model, **lines, curve.RESIDUALS: off}
