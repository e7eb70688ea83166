"""From the steps of a mechanism to rates on the lattice: alone, a site reacts as fast as declared."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from epidot.growth.kmc.model import Model, Reaction
from epidot.growth.lattice.dots import Shape, mean_shape
from epidot.growth.lattice.translation import active, model_of
from epidot.growth.rates import Direction
from epidot.mechanism import load as mechanisms
from epidot.mechanism.lattice import Section, Step

EV = 96485.33212  # J/mol
A_NM = 0.5869


@cache
def made() -> tuple[Section, Shape, Model]:
    """Everything the shipped mechanism can do, on the mean dot of 3.3 nm."""
    mechanism = mechanisms.load()
    section = mechanism.lattice
    assert section is not None
    shape = mean_shape(3.3, 190.0, A_NM, section.near_nm)
    everything = active(mechanism, section, section.kinds, mechanism.species)
    return section, shape, model_of(mechanism, section, shape, everything, vacuum=True)


def reaction(name: str) -> Reaction:
    return next(r for r in made()[2].reactions if r.name == name)


def step(name: str) -> Step:
    return next(s for s in made()[0].steps if s.id == name)


def declared(name: str) -> tuple[float, float]:
    """Prefactor and barrier in J/mol of the reaction as the mean field has it."""
    mechanism = mechanisms.load()
    direction = Direction.of(mechanism, next(r for r in mechanism.reactions if r.id == name), reverse=False)
    return float(np.exp(direction.ln_A)), direction.energy


@pytest.mark.parametrize("name", ["off.d[Se]", "off.dx[S]"])
def test_a_unit_leaves_with_the_declared_rate(name: str) -> None:
    found = reaction(name)
    assert pytest.approx(1e13) == found.A
    assert found.Ea == pytest.approx(119e3 / EV, rel=1e-6)
    assert found.energy == {"filled": pytest.approx(14.5e3 / EV, rel=1e-6)}
    assert found.partner is None


@pytest.mark.parametrize("name", ["hop.d[Se]", "hop.d[S]", "hop.dx[Se]", "hop.dx[S]"])
def test_a_hop_is_shared_among_its_twelve_directions(name: str) -> None:
    found = reaction(name)
    assert 12 * found.A == pytest.approx(1e13)
    assert found.Ea == pytest.approx(107e3 / EV, rel=1e-6)
    assert found.energy == {"filled": pytest.approx(14.5e3 / EV, rel=1e-6)}
    assert found.partner is not None
    assert found.partner.relation == "second"


def test_a_step_of_the_lattice_s_own_to_a_first_neighbour_has_four_directions() -> None:
    """None is shipped; one of a mechanism of one's own is built the same way."""
    from dataclasses import replace

    mechanism, (section, shape, _) = mechanisms.load(), made()
    hop = step("hop.d[Se]")
    near = replace(hop, at="nn", partner=("{Zn}OA", "{Zn}"), where={}, partner_where={})
    only = replace(section, steps=(near,))
    what = active(mechanism, only, section.kinds, ())
    found = model_of(mechanism, only, shape, what, vacuum=False).reactions[0]
    assert 4 * found.A == pytest.approx(1e13)


def test_a_pair_reacts_with_all_partners_as_fast_as_the_mean_field_has_it() -> None:
    """k·M/N over z neighbours of the partner's class; a share counts 1/z, a held partner is certain."""
    _, shape, _ = made()
    for name, here, there, times in (
        ("lk.OA[Se]", "anion", "cation", 1.0),
        ("dec.T[Se,S]", "anion", "anion", shape.first / shape.bearing),
        ("ox.OH", "cation", "cation", 1.0),
    ):
        each = step(name)
        assert each.role == "pair"
        A, _ = declared(name)
        assert each.at is not None
        z = shape.neighbours(each.at, here, there)
        assert z * reaction(name).A == pytest.approx(A * times), name
    share, held = step("i[Se]"), step("ex.1[S]")
    assert (share.role, held.role) == ("share", "held")
    assert share.at is not None
    z = shape.neighbours(share.at, "cation", "anion")
    mechanism = mechanisms.load()
    law = next(r for r in mechanism.reactions if r.id == "i[Se]").law
    per = (shape.first if law.collides else 1.0) * (shape.bearing if law.per is not None else 1.0)
    assert z * reaction("i[Se]").A * per == pytest.approx(declared("i[Se]")[0])
    assert reaction("ex.1[S]").A == pytest.approx(declared("ex.1[S]")[0])


def test_a_pair_found_from_both_ends_is_counted_once() -> None:
    """cd.T of two alike: half the rate from either end; of two unlike there is one end only."""
    alike, unlike = step("cd.T[Se,Se]"), step("cd.T[S,Se]")
    assert (alike.symmetry, unlike.symmetry) == (0.5, 1.0)
    ratio = reaction("cd.T[S,Se]").A / reaction("cd.T[Se,Se]").A
    assert ratio == pytest.approx(2 * declared("cd.T[S,Se]")[0] / declared("cd.T[Se,Se]")[0])


def test_what_is_volatile_leaves_under_vacuum_only() -> None:
    mechanism, (section, shape, model) = mechanisms.load(), made()
    volatile = {s.name for s in mechanism.species.values() if s.vapour}
    assert {r.name for r in model.reactions if r.name.startswith("vapour")} == {
        f"vapour[{s}]" for s in volatile
    }
    everything = active(mechanism, section, section.kinds, mechanism.species)
    still = model_of(mechanism, section, shape, everything, vacuum=False)
    assert not [r for r in still.reactions if r.name.startswith("vapour")]
