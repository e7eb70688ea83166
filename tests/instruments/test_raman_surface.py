"""Surface-optical modes of a shell: limits that are known in closed form, and the field they belong to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from epidot.dot.layers import Layer, LayeredDot
from epidot.instruments import raman
from epidot.instruments.raman.phonons import vibrations
from epidot.instruments.raman.surface import Polar, of_shells, polar, surface_optical
from epidot.matter.materials import material

SHELL = polar(material("ZnSe"))
CORE = polar(material("InP"))
MEDIUM = Polar(2.24)
assert SHELL is not None
assert CORE is not None


def sphere(own: Polar, outside: float, order: int) -> float:
    """Froehlich's mode of one sphere: own(w) l = -(l + 1) outside."""
    by = (order + 1) / order * outside
    square = (own.eps_inf * own.LO**2 + by * own.TO**2) / (own.eps_inf + by)
    return float(np.sqrt(square))


@pytest.mark.parametrize("order", [1, 2, 5])
def test_a_shell_of_the_core_s_own_crystal_is_one_sphere(order: int) -> None:
    for ratio in (0.1, 0.7, 0.95):
        found = surface_optical(SHELL, SHELL, MEDIUM, ratio, order)
        assert found == pytest.approx([sphere(SHELL, 2.24, order)], rel=1e-6)


@pytest.mark.parametrize("order", [1, 4])
def test_a_thick_shell_has_the_modes_of_a_sphere_and_of_a_hole(order: int) -> None:
    still = Polar(12.5)
    found = surface_optical(still, SHELL, MEDIUM, 1e-4, order)
    by = order / (order + 1) * 12.5  # of a hole: (l + 1) own = -l inside
    hole = np.sqrt((SHELL.eps_inf * SHELL.LO**2 + by * SHELL.TO**2) / (SHELL.eps_inf + by))
    assert found == pytest.approx(sorted([sphere(SHELL, 2.24, order), float(hole)]), rel=1e-9)


def test_a_vanishing_shell_has_its_to_and_its_lo() -> None:
    found = surface_optical(CORE, SHELL, MEDIUM, 1 - 1e-7)
    assert found == pytest.approx([SHELL.TO, SHELL.LO], abs=0.01)


def test_the_field_of_a_mode_meets_both_faces() -> None:
    """Potential of order l and displacement are continuous at both: the four conditions are singular."""

    def eps(own: Polar, w: float) -> float:
        return own.eps_inf * (w**2 - own.LO**2) / (w**2 - own.TO**2)

    inner, outer, order = 1.65, 2.3, 2
    for w in surface_optical(CORE, SHELL, MEDIUM, inner / outer, order):
        e1, e2, e3 = eps(CORE, w), eps(SHELL, w), MEDIUM.eps_inf
        up, down = inner**order, inner ** -(order + 1)
        far, near = outer**order, outer ** -(order + 1)
        faces = np.array(
            [
                [up, -up, -down, 0],
                [e1 * order * up, -e2 * order * up, e2 * (order + 1) * down, 0],
                [0, far, near, -near],
                [0, e2 * order * far, -e2 * (order + 1) * near, e3 * (order + 1) * near],
            ]
        )
        scaled = faces / np.linalg.norm(faces, axis=0) / np.linalg.norm(faces, axis=1)[:, None]
        size = np.linalg.svd(scaled, compute_uv=False)
        assert size[-1] < 1e-9 * size[0]


def test_two_layers_of_selenide_have_it_near_the_line_of_choi2023() -> None:
    """214 cm-1 for l = 1 and 220 for l = 4 without strain: where the paper sees a broad line, at 220."""
    own = [surface_optical(CORE, SHELL, Polar(2.1), 1.65 / 2.3, order)[0] for order in (1, 4)]
    assert own == pytest.approx([213.9, 219.5], abs=0.2)


def test_it_is_simulated_when_asked_for_and_found_by_name() -> None:
    dot = LayeredDot("InP", 3.3, (Layer("ZnSe", 1.3),))
    assert "ZnSe_SO" not in {one.name for one in vibrations(dot)}
    by_name = {one.name: one for one in vibrations(dot, surface=0.8)}
    line = by_name["ZnSe_SO"]
    assert line.area == pytest.approx(0.8 * by_name["ZnSe_LO"].area)
    assert by_name["ZnSe_TO"].places[0] < line.places[0] < by_name["ZnSe_LO"].places.min()
    setup = {"surface_optical": 3.0, "counts": 1e5}
    signal = raman.simulate([dot], setup, rng=np.random.default_rng(3))
    found = raman.measure(signal, lines="InP_LO InP_TO ZnSe_LO ZnSe_TO ZnSe_SO")["ZnSe_SO_cm1"]
    assert abs(found.value - line.places[0]) < 4 * found.sigma < 2


def test_an_amorphous_shell_and_one_of_unknown_to_have_none() -> None:
    amorphous = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.65, crystalline=0.0),))
    stuff = [material("InP"), material("ZnSe")]
    assert of_shells(amorphous, stuff, [0.0, 0.0]) == {}
    unknown = replace(amorphous, shells=(Layer("CdS", 0.65),))
    assert of_shells(unknown, [material("InP"), material("CdS")], [0.0, 0.0]) == {}
