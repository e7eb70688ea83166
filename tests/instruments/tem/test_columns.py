"""HAADF atom by atom against sums, the smooth projection, and what relaxing moves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from epidot.dot.layers import Layer, LayeredDot
from epidot.errors import InputError
from epidot.instruments import tem
from epidot.instruments.tem import columns
from epidot.instruments.tem.electrons import high_angle
from epidot.matter.materials import crystal

BARE = LayeredDot("InP", 6.0)
ONE = {"particles": 1, "pixels": 128, "scale_nm": 0.08, "film_nm": 0.0, "gap_nm": 0.0}


def shown(dot: LayeredDot, scale: float, sigma: float, axis: str, *, relaxed: bool) -> np.ndarray:
    """One dot in the middle of 160 pixels."""
    position, species = columns.atoms(dot, relaxed=relaxed, rng=np.random.default_rng(0))
    at = columns.turned(position, axis, np.random.default_rng(1)) + 80 * scale
    picture = np.zeros((161, 161))
    columns.add(picture, at, columns.weights(species, 1.7), scale, sigma)
    return picture


def test_an_atom_in_a_pixel_is_a_gaussian_over_squares() -> None:
    picture = np.zeros((40, 41))
    columns.add(picture, np.array([[2.03, 1.97]]), np.array([7.0]), 0.1, 0.15)
    assert picture.sum() * 0.1**2 == pytest.approx(7.0, rel=1e-8)
    y, x = np.mgrid[:40, :41] * 0.1
    middle = [(picture * v).sum() / picture.sum() for v in (y, x)]
    assert middle == pytest.approx([2.03, 1.97], abs=1e-8)
    spread = (picture * (x - 1.97) ** 2).sum() / picture.sum()
    assert spread == pytest.approx(0.15**2 + 0.1**2 / 12, rel=1e-3)


def cut_from_bulk(diameter_nm: float) -> tuple[np.ndarray, np.ndarray]:
    """All atoms of InP within a sphere, which ends in whatever lies there."""
    a = crystal("InP").a_nm
    grid = np.arange(-12, 13)
    cells = np.stack(np.meshgrid(grid, grid, grid, indexing="ij"), axis=-1).reshape(-1, 3)
    cations = cells[cells.sum(axis=1) % 2 == 0] * a / 2
    x = np.concatenate([cations, cations + a / 4]) + 0.013
    species = np.repeat(["In", "P"], len(cations))
    keep = np.linalg.norm(x, axis=1) < diameter_nm / 2
    return x[keep], species[keep]


@pytest.mark.parametrize("axis", ["any", *columns.AXES])
def test_columns_seen_by_a_wide_probe_are_the_smooth_projection(axis: str) -> None:
    """A probe wider than the lattice sees sum of Z**1.7 per nm3 times the chord, blurred alike."""
    scale, sigma = 0.08, 0.35
    position, species = cut_from_bulk(6.0)
    at = columns.turned(position, axis, np.random.default_rng(1)) + 80 * scale
    found = np.zeros((161, 161))
    columns.add(found, at, columns.weights(species, 1.7), scale, sigma)
    y, x = (np.mgrid[:161, :161] - 80) * scale
    chord = 2 * np.sqrt(np.maximum(3.0**2 - x**2 - y**2, 0.0))
    smooth = gaussian_filter(high_angle("InP", 1.7) * chord, sigma / scale)
    inside = np.hypot(x, y) < 1.5
    assert found[inside] == pytest.approx(smooth[inside], rel=0.05)
    assert found[inside].mean() == pytest.approx(smooth[inside].mean(), rel=0.01)


def test_along_an_axis_atoms_stand_in_columns() -> None:
    sharp = [shown(BARE, 0.04, 0.04, axis, relaxed=False) for axis in ("110", "any")]
    middle = slice(60, 101)
    contrast = [float(p[middle, middle].std() / p[middle, middle].mean()) for p in sharp]
    assert contrast[0] > 2 * contrast[1]


def test_relaxed_atoms_of_a_strained_core_lie_closer() -> None:
    dot = LayeredDot("InP", 3.3, (Layer("ZnS", 0.7),))
    core = [np.asarray(columns.atoms(dot, relaxed=r, rng=np.random.default_rng(0))[0]) for r in (True, False)]
    reach = [float(np.sqrt(np.mean(np.sum(x**2, axis=1)))) for x in core]
    assert 0.95 < reach[0] / reach[1] < 0.995
    a, b = (tem.simulate([dot], {**ONE, "positions": p}) for p in ("relaxed", "lattice"))
    assert a.y.max() == pytest.approx(b.y.max())
    assert np.abs(a.y - b.y).max() > 0.02 * a.y.max()


def test_what_atoms_cannot_show_is_refused() -> None:
    for wrong, words in (
        ({"axis": "110"}, "no axis"),
        ({"positions": "lattice", "mode": "bright field"}, "haadf"),
        ({"positions": "relaxed", "shape": "octahedron"}, "spheres"),
    ):
        with pytest.raises(InputError, match=words):
            tem.simulate([BARE], {**ONE, **wrong})


def test_sizes_are_read_from_atoms_as_from_smooth_dots() -> None:
    """Dots end in cations that reach 0.18 nm beyond the sphere of the bulk (as diffraction sees it)."""
    setup = {"particles": 30, "pixels": 400, "counts": 400.0, "positions": "lattice"}
    found = tem.measure(tem.simulate([LayeredDot("InP", 5.0)], setup, rng=np.random.default_rng(3)))
    size = found["diameter_nm"]
    assert size.value is not None
    assert size.value == pytest.approx(5.0 + 2 * 0.18, abs=0.1)
