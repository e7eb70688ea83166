"""Projected and blurred balls against quadrature, plain twins against compiled loops, volumes of shapes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from epidot.dot.shapes import Shape
from epidot.instruments.tem import blurred, chords, electrons
from epidot.instruments.tem.gaussian import smoothed
from epidot.instruments.tem.placed import places

RNG = np.random.default_rng(11)


@pytest.mark.parametrize("draw", [chords.add, chords.plain, chords._loop], ids=["compiled", "plain", "loop"])
def test_a_ball_holds_its_volume(draw: object) -> None:
    """The integral of the chords is the volume; of a shell its share."""
    picture = np.zeros((400, 400))
    step, radii, weights = 0.02, np.array([1.5, 2.5]), np.array([0.5, 1.0])
    draw(picture, np.array([-4.0, -4.0]), step, radii, weights, np.empty((0, 4)))  # type: ignore[operator]
    exact = 4 / 3 * np.pi * (0.5 * 1.5**3 + 2.5**3)
    assert picture.sum() * step**2 == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize(
    "shape",
    [Shape("octahedron"), Shape("octahedron", 1 / 3), Shape("tetrahedron"), Shape("tetrahedron", 0.4)],
)
def test_every_shape_has_the_volume_of_its_gauge(shape: Shape) -> None:
    from scipy.spatial.transform import Rotation

    faces = shape.planes()
    faces[:, :3] = Rotation.random(rng=3).apply(faces[:, :3])
    pictures = []
    for draw in (chords.add, chords.plain):
        picture = np.zeros((300, 300))
        draw(picture, np.array([-6.0, -6.0]), 0.04, np.array([2.0]), np.array([1.0]), faces)
        pictures.append(picture)
    assert pictures[0].sum() * 0.04**2 == pytest.approx(4 / 3 * np.pi * 2.0**3, rel=3e-3)
    assert np.allclose(*pictures, atol=1e-12)


def test_the_planes_of_a_shape_bound_its_gauge() -> None:
    shape = Shape("octahedron", 0.2)
    points = RNG.standard_normal((500, 3))
    faces = shape.planes()
    outermost = (points @ faces[:, :3].T / faces[:, 3]).max(axis=1)
    assert np.allclose(outermost, shape.gauge(points), rtol=1e-6)


@pytest.mark.parametrize("P", [0.7, 3.0, 17.0, 120.0])
def test_the_table_of_blurred_balls_agrees_with_quadrature(P: float) -> None:
    table, one, weights = blurred.table(), np.empty(3), np.empty(8)
    row = np.empty((2, table.shape[1]))
    blurred.row(P, table, weights, row)
    for rho in RNG.uniform(0, P + 5, 50):
        blurred.ball(rho, P, row, weights, one)
        assert one[0] == pytest.approx(blurred.blurred_ball(np.array([rho]), P)[0], abs=2e-4 * P)


def test_quadrature_agrees_with_a_blurred_image() -> None:
    x = (np.arange(968) + 0.5) / 8 - 60.5
    r = np.hypot(x[:, None], x[None, :])
    image = gaussian_filter(np.sqrt(np.maximum(20.0**2 - r * r, 0)), 24.0, truncate=6)
    row = slice(484, 968, 40)
    exact = 3 * blurred.blurred_ball(r[484, row] / 3, 20 / 3)
    assert image[484, row] == pytest.approx(exact, abs=1e-3)


def test_slopes_of_the_profile_are_its_slopes() -> None:
    at = [7.3, 0.9, np.log(1.6), 0.4, np.log(2.1), 0.1]

    def profile(values: list[float]) -> np.ndarray:
        out = np.empty((blurred.VALUES, 90))
        blurred.radial(0.13 * np.arange(90), values[0], np.array(values[1:]), blurred.table(), out)
        return out

    middle = profile(at)
    for i, row in enumerate((2, 3, 4, 5, 6, 7)):
        up, down = list(at), list(at)
        up[i] += 1e-4
        down[i] -= 1e-4
        slope = (profile(up)[0] - profile(down)[0]) / 2e-4
        assert np.max(np.abs(slope - middle[row])) < 1e-5 * max(1.0, np.max(np.abs(slope)))


def test_power_of_a_material_to_scatter() -> None:
    """InP: four formula units in a cube of 0.5869 nm, Z = 49 and 15; a density of 4.81 g/cm3."""
    assert electrons.high_angle("InP", 2.0) == pytest.approx(4 * (49**2 + 15**2) / 0.58687**3, rel=1e-3)
    assert electrons.mass("InP") == pytest.approx(0.481, rel=5e-3)


def test_places_keep_their_distance() -> None:
    radii = np.full(60, 2.0)
    apart = places(radii, 60.0, 1.0, 0.0, 0.0, np.random.default_rng(1))
    gap = np.hypot(*(apart[:, None] - apart[None]).T) - 4
    np.fill_diagonal(gap, np.inf)
    assert gap.min() >= 1.0
    near = places(radii, 60.0, 1.0, 1.0, 0.0, np.random.default_rng(1))
    gap = np.hypot(*(near[:, None] - near[None]).T) - 4
    np.fill_diagonal(gap, np.inf)
    assert gap.min() == pytest.approx(0.0, abs=1e-6)
    assert np.median(gap.min(axis=1)) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("mode", ["reflect", "wrap", "nearest"])
@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.2, 7.5])
def test_a_compiled_gaussian_is_that_of_scipy(sigma: float, mode: str) -> None:
    picture = RNG.standard_normal((60, 47))
    expected = gaussian_filter(picture, sigma, mode=mode, truncate=5)
    assert np.allclose(smoothed(picture, sigma, mode, 5), expected, rtol=1e-13, atol=1e-15)
    narrow = picture[:, :9]  # the reach of 7.5 is longer: scipy's own
    assert np.allclose(smoothed(narrow, sigma, mode), gaussian_filter(narrow, sigma, mode=mode), atol=1e-14)


@pytest.mark.parametrize(
    "faces", [np.empty((0, 4)), Shape("octahedron", 0.2).planes()], ids=["ball", "faces"]
)
@pytest.mark.parametrize("points", [1, 2, 4])
def test_a_pixel_shows_the_mean_over_its_square(points: int, faces: np.ndarray) -> None:
    given = np.array([-3.0, -2.7]), 0.1, np.array([1.5, 2.5]), np.array([0.5, 1.0]), faces
    fine, mean = np.zeros((60, 60)), np.zeros((60 // points, 60 // points))
    chords.add(fine, *given)
    chords.add(mean, *given, points)
    size = 60 // points
    assert np.array_equal(mean, fine.reshape(size, points, size, points).mean(axis=(1, 3)))
    plain = np.zeros_like(mean)
    chords.plain(plain, *given, points)
    assert np.allclose(mean, plain, atol=1e-12)
