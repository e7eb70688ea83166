"""The picture an electron microscope would show of given dots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from epidot.constants import FWHM
from epidot.dot.layers import LayeredDot, Population
from epidot.dot.shapes import Shape
from epidot.errors import InputError
from epidot.instruments.contract import Dots
from epidot.instruments.options import Settings
from epidot.instruments.tem import chords, columns, electrons
from epidot.instruments.tem.gaussian import smoothed
from epidot.instruments.tem.placed import places
from epidot.signal import Signal
from epidot.signal.noise import noisy

Array = NDArray[np.float64]
_FINE = 4  # points across a pixel, in all
# Means over squares, blurred after that, are blurred means where the blur's standard deviation is so many
# squares: a sharper picture is blurred on a grid of halves or quarters of a pixel, if that has so few points.
# (On whole pixels, at half of it, rims are so far off that dots come out 1 to 3 % small.)
_SMOOTH, _GRID = 1.2, 4096
_SAME = 20200713  # without noise the dots lie the same way every time


def simulated(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """See :func:`epidot.instruments.tem.simulate`; ``setup`` are the settled options."""
    luck = np.random.default_rng(_SAME) if rng is None else rng
    shown = _drawn(dots, int(setup["particles"]), luck)
    pixels, scale = int(setup["pixels"]), float(setup["scale_nm"])
    shape = Shape(setup["shape"], float(setup["truncation"]))
    outer = np.array([dot.diameter_nm / 2 for dot in shown])
    if outer.max() * 2 > pixels * scale:
        field = f"{pixels} pixels of {scale:g} nm"
        raise InputError("the field is smaller than a dot", seen=field, remedy="take more pixels")
    centres = places(
        outer * shape.slimness,
        pixels * scale,
        float(setup["gap_nm"]),
        setup["touching"] / 100,
        setup["overlapping"] / 100,
        luck,
    )
    bright = setup["mode"] == "haadf"
    by_atoms = _by_atoms(setup)
    power = _power(shown, setup)
    parts = _parts(float(setup["blur_nm"]) / FWHM / scale, pixels)
    picture = np.zeros((pixels * parts, pixels * parts))
    for dot, centre in zip(shown, centres, strict=True):
        if by_atoms:
            _add_atoms(picture, dot, centre + (1 - 1 / parts) * scale / 2, scale / parts, setup, luck)
            continue
        _add(
            picture,
            dot,
            centre + (1 - 1 / parts) * scale / 2,
            scale / parts,
            _FINE // parts,
            shape,
            power,
            luck,
        )
    film = None if rng is None else luck
    mean = _electrons(picture, setup, power, np.mean(outer), bright, scale / parts, film, by_atoms)
    if parts > 1:
        mean = mean.reshape(pixels, parts, pixels, parts).mean(axis=(1, 3))
    x: Array = scale * np.arange(pixels, dtype=np.float64)
    clean = Signal(
        "tem",
        x,
        mean,
        "place",
        "nm",
        "electrons",
        "counts",
        "counts",
        "simulated",
        meta={
            "setup": dict(setup),
            "scale_nm": scale,
            "scale_from": "the set-up of the simulation",
            "pixels": [pixels, pixels],
        },
        rows=x,
    )
    return clean if rng is None else noisy(clean, rng)


def _by_atoms(setup: Settings) -> bool:
    """Whether dots are shown atom by atom.

    Raises
    ------
    InputError
        For what atoms cannot show, and for an axis where there are none.
    """
    by_atoms = setup["positions"] != "smooth"
    if not by_atoms and setup["axis"] != "any":
        what = "without atoms there is no axis to look along"
        raise InputError(what, seen=f"axis {setup['axis']}", remedy="say positions: relaxed or lattice")
    if by_atoms and (setup["mode"] != "haadf" or setup["shape"] != "sphere"):
        what = "atoms are shown in haadf, of spheres"
        raise InputError(what, seen=f"{setup['mode']}, {setup['shape']}", remedy="say positions: smooth")
    return bool(by_atoms)


def _add_atoms(
    picture: Array, dot: LayeredDot, centre: Array, scale: float, setup: Settings, rng: np.random.Generator
) -> None:
    position, species = columns.atoms(dot, relaxed=setup["positions"] == "relaxed", rng=rng)
    at = columns.turned(position, setup["axis"], rng) + centre
    weight = columns.weights(species, float(setup["z_exponent"]))
    columns.add(picture, at, weight, scale, float(setup["blur_nm"]) / FWHM)


def _parts(blur: float, pixels: int) -> int:
    """Parts of a pixel's edge that a blur of ``blur`` pixels asks for."""
    if blur == 0 or blur >= _SMOOTH:
        return 1
    return min(2 if 2 * blur >= _SMOOTH else 4, max(1, _GRID // pixels))


def _drawn(dots: Dots, n: int, rng: np.random.Generator) -> Sequence[LayeredDot]:
    if isinstance(dots, Population) and dots.members is None:  # those alone that are drawn
        return [dots.dot.scaled(float(d)) for d in rng.choice(dots.core_diameters_nm, size=n)]
    members = dots.dots if isinstance(dots, Population) else tuple(dots)
    return [members[int(i)] for i in rng.integers(len(members), size=n)]


def _power(dots: Sequence[LayeredDot], setup: Settings) -> dict[str, float]:
    """What 1 nm of each material and of the film ("") does to the beam."""
    names = {dot.core for dot in dots} | {layer.material for dot in dots for layer in dot.shells}
    if setup["mode"] == "haadf":
        exponent = float(setup["z_exponent"])
        found = {name: electrons.high_angle(name, exponent) for name in names}
        return found | {"": electrons.high_angle_carbon(exponent)}
    per = float(setup["contrast_thickness"])
    found = {name: electrons.mass(name) / per for name in names}
    return found | {"": electrons.CARBON_G_CM3 * electrons.UG_CM2 / per}


def _add(
    picture: Array,
    dot: LayeredDot,
    centre: Array,
    scale: float,
    points: int,
    shape: Shape,
    power: dict[str, float],
    rng: np.random.Generator,
) -> None:
    radii = dot.radii_nm
    own = np.array([power[dot.core], *(power[layer.material] for layer in dot.shells)])
    faces = shape.planes()
    if len(faces):
        faces[:, :3] = Rotation.random(random_state=rng).apply(faces[:, :3])
    reach = float(radii[-1]) * shape.slimness + scale
    low = np.maximum(np.floor((centre - reach) / scale).astype(int), 0)
    high = np.minimum(np.ceil((centre + reach) / scale).astype(int) + 1, picture.shape)
    if np.any(high <= low):
        return
    # A pixel shows the mean over its square.
    step = scale / points
    origin = (low - 0.5) * scale + step / 2 - centre
    part = picture[low[0] : high[0], low[1] : high[1]]
    chords.add(part, origin, step, radii, own - np.append(own[1:], 0.0), faces, points)


def _electrons(
    dots: Array,
    setup: Settings,
    power: dict[str, float],
    radius: float,
    bright: bool,
    scale: float,
    rng: np.random.Generator | None,
    sharp: bool = False,
) -> Array:
    """Mean counts at every point, ``scale`` nm apart: film, dots, blur and the dark level.

    ``sharp``: the dots are seen by the probe already, and the brightest point gets all the counts.
    """
    film = np.full(dots.shape, power[""] * float(setup["film_nm"]))
    if rng is not None and setup["grain"] > 0:
        grain = smoothed(rng.standard_normal(dots.shape), setup["grain_nm"] / FWHM / scale, "wrap")
        film *= np.maximum(1 + setup["grain"] / 100 * grain / np.std(grain), 0.0)
    blur = setup["blur_nm"] / FWHM / scale
    if sharp:
        if blur > 0:
            film = smoothed(film, blur, "nearest", 5)
        mean = (film + dots) / np.max(film + dots)
        return np.asarray(float(setup["counts"]) * mean + float(setup["dark"]), dtype=np.float64)
    if bright:
        top = power[""] * float(setup["film_nm"]) + max(power.values()) * 2 * radius
        mean = (film + dots) / top
    else:
        mean = np.exp(power[""] * float(setup["film_nm"]) - film - dots)
    if blur > 0:
        mean = smoothed(mean, blur, "nearest", 5)
    return np.asarray(float(setup["counts"]) * mean + float(setup["dark"]), dtype=np.float64)
