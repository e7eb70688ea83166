"""Where electron and hole are in the atoms of one dot of every sample, seen along y."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.report import style
from epidot.report.figures import Figure, Panel
from epidot.runs.batch import Batch

Array = NDArray[np.float64]

SAMPLES = 6  # that are drawn
SMOOTH_NM = 0.14  # an atom is drawn as wide as that, one standard deviation
_MARGIN_NM = 0.5
_ATOMS, _CORE = "#D9D9D9", "#B0B0B0"
_CARRIERS = {"electron": style.COLOURS[0], "hole": style.COLOURS[1]}


def drawn(batch: Batch, pixels: int = 160) -> list[Figure]:
    """The figure, where the batch holds states of atoms."""
    known = {s.name: s.spectra for s in batch.samples if "atom_electron" in s.spectra}
    if not known:
        return []
    shown = dict(list(known.items())[-SAMPLES:])
    reach = _MARGIN_NM + max(float(np.abs(_along(a, "xz")).max()) for a in shown.values())
    panels: list[Panel] = []
    data: dict[str, Any] = {}
    for name, arrays in shown.items():
        inside = arrays["atom_core"] > 0
        for carrier in _CARRIERS:
            drawing, axis = style.panel()
            picture = image(arrays, carrier, reach, pixels)
            axis.imshow(picture, extent=(-reach, reach, -reach, reach), interpolation="bilinear", zorder=2)
            axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
            if not panels:
                style.scale_bar(axis, reach)
            share = float(arrays[f"atom_{carrier}"][inside].sum())
            panels.append(Panel(f"{name}: {carrier}", drawing, (f"{100 * share:.0f} % in the core",)))
        data |= {
            f"{name}: {key.removeprefix('atom_')}": arrays[key] for key in arrays if key.startswith("atom_")
        }
    left = len(known) - len(shown)
    caption = (
        "The first electron and the holes at 295 K on the relaxed atoms of one dot of each sample "
        "(tight binding of the very dot), summed along y. Grey: all atoms, darker: the core's."
        + (f" {left} earlier samples are not drawn." if left else "")
    )
    keys = {**_CARRIERS, "core": _CORE, "shell": _ATOMS}
    return [Figure(None, caption, data, panels=tuple(panels), keys=keys)]


def image(arrays: Mapping[str, Array], carrier: str, reach: float, pixels: int) -> Array:
    """A carrier over the atoms, (pixels, pixels, 3) in shares of 1, z upwards and x to the right."""
    flat = np.ones((pixels, pixels, 3))
    ones = np.ones_like(arrays["atom_core"])
    for weight, colour, most in (
        (ones, _ATOMS, 0.9),
        (arrays["atom_core"], _CORE, 0.9),
        (arrays[f"atom_{carrier}"], _CARRIERS[carrier], 1.0),
    ):
        seen = _summed(arrays, weight, reach, pixels)
        top = float(seen.max()) or 1.0
        alpha = np.minimum(seen / top * (1 if most == 1.0 else 3), most)[..., None]
        flat = (1 - alpha) * flat + alpha * np.array(style.rgb(colour))
    return flat


def _summed(arrays: Mapping[str, Array], weight: Array, reach: float, pixels: int) -> Array:
    """``weight`` (atoms,) summed along y on a grid and smoothed by a Gaussian."""
    from scipy.ndimage import gaussian_filter

    edges = np.linspace(-reach, reach, pixels + 1)
    x, z = _along(arrays, "xz").T
    grid, _, _ = np.histogram2d(-z, x, bins=(edges, edges), weights=weight)
    return np.asarray(gaussian_filter(grid, SMOOTH_NM / (2 * reach) * pixels))


def _along(arrays: Mapping[str, Array], axes: str) -> Array:
    """Positions (atoms, 2) along two axes from the middle of the core's."""
    place = np.stack([arrays[f"atom_{axis}_nm"] for axis in axes], axis=1)
    inside = arrays["atom_core"] > 0
    return np.asarray(place - place[inside if inside.any() else slice(None)].mean(axis=0))
