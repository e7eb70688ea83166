"""Levels of open bonds by the sp3s* model: bulk, healed dots, which atoms trap, no matter the size."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.light.states.atoms import OpenBond, open_bond, open_bonds
from epidot.light.states.atoms.dangling import ball
from epidot.light.states.atoms.sp3s import block, sp3s, vogl

WAYS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])


def at_zone_centre(name):
    numbers, keys = vogl(name), ("s", "p", "p", "p", "excited")
    H = np.zeros((10, 10))
    H[:5, 5:] = sum(block(numbers, way) for way in WAYS)
    H += H.T + np.diag([numbers.anion[k] for k in keys] + [numbers.cation[k] for k in keys])
    return np.linalg.eigvalsh(H)


def test_bulk_levels_of_InP_at_the_zone_centre():
    wanted = [-11.420, 0, 0, 0, 1.410, 4.920, 4.920, 4.920, 7.0665, 8.2635]
    assert at_zone_centre("InP") == pytest.approx(wanted, abs=6e-4)


def test_bulk_gap_of_ZnSe_at_the_zone_centre():
    levels = at_zone_centre("ZnSe")
    assert levels[1:4] == pytest.approx(0.0, abs=1e-3)
    assert levels[4] == pytest.approx(2.68, abs=1e-3)


def test_a_healed_dot_has_no_level_in_the_gap():
    """One bonding level for every bond that is made, and nothing between -0.4 and 1.9 eV."""
    where = ball("InP", 2.4)
    levels = np.linalg.eigvalsh(sp3s(where, vogl("InP")).H.toarray())
    gap = levels[(levels > -0.4) & (levels < 1.9)]
    assert not len(gap)
    assert int((levels < 0.5).sum()) == len(where.first)


# level and share on the atom by another program, 2.4 to 4.5 nm
@pytest.mark.parametrize(
    ("element", "bonds", "open_", "level", "weight"),
    [("P", 3, 1, -0.045, 0.56), ("P", 2, 2, 0.79, 0.92), ("P", 2, 1, -0.13, 0.57), ("In", 2, 2, 1.34, 0.61)],
)  # fmt: skip
def test_levels_of_InP_do_not_know_the_size(element, bonds, open_, level, weight):
    """Case 8: within 0.03 eV between 2.4 and 3.3 nm."""
    small, large = (open_bond(element, bonds, open_, "InP", d) for d in (2.4, 3.3))
    assert small.level_eV == pytest.approx(large.level_eV, abs=0.03)
    assert large.level_eV == pytest.approx(level, abs=0.02)
    assert large.weight == pytest.approx(weight, abs=0.03)


def test_two_bonds_trap_deeply_and_three_hardly():
    found = {(b.element, b.bonds, b.open): b for b in open_bonds("InP")}
    assert len(found) == 6
    deep_hole, deep_electron = found["P", 2, 2], found["In", 2, 2]
    assert deep_hole.level_eV - deep_hole.valence_eV > 1.0
    assert deep_electron.conduction_eV - deep_electron.level_eV > 0.5
    assert 0.2 < found["P", 3, 1].level_eV - found["P", 3, 1].valence_eV < 0.6
    assert found["In", 3, 1].level_eV > 1.8  # in the band of a real dot
    assert found["In", 3, 1].weight < 0.4
    assert all(isinstance(b, OpenBond) and b.error_eV == 0.3 for b in found.values())


@pytest.mark.parametrize(("element", "bonds", "level"), [("Se", 2, 0.73), ("Zn", 2, 1.85), ("Se", 3, -0.40)])
def test_levels_of_ZnSe_above_the_top_of_InP(element, bonds, level):
    """On two layers of ZnSe another program has the same levels; here a ball of ZnSe, moved by its offset."""
    assert open_bond(element, bonds, core="ZnSe").level_eV - 0.70 == pytest.approx(level, abs=0.05)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (("Se", 3), "InP has no such element.*In, P"),
        (("P", 1), "keeps 2 or 3 bonds"),
        (("P", 3, 2), "of 1 missing bonds 1 to 1 can be open"),
        (("Cd", 3, 1, "CdSe"), r"no sp3s\* numbers of this crystal.*ZnSe"),
        (("P", 3, 1, "InP", 9.0), "dots of 1.8 to 5 nm"),
    ],
)
def test_what_cannot_be_asked_is_refused(call, text):
    with pytest.raises(InputError, match=text):
        open_bond(*call)
