"""From species to counts and to the layered dot."""

from __future__ import annotations

import math

import pytest

from epidot.dot.composition import anions_in_shell, layer_thickness_nm
from epidot.growth.meanfield import MeanField
from epidot.growth.readout import counts, layered_dot
from epidot.growth.state import FlaskState
from epidot.matter.materials import material
from epidot.mechanism import load as mechanisms
from epidot.recipe.events import Segment

CHOI = mechanisms.load()


def flask(surface: dict[str, float], diameter: float = 3.3, **liquor: float) -> FlaskState:
    return FlaskState(473.15, 5e-3, 220e-9, "InP", diameter, surface=surface, liquor=liquor)


def test_pristine_dot() -> None:
    state = MeanField(CHOI).start(flask({}, 2.4))
    numbers = counts(state, CHOI)
    assert numbers["ligands_OA_per_dot"] == pytest.approx(72)
    assert numbers["ligands_OH_per_dot"] == pytest.approx(72)
    assert numbers["oxide_per_dot"] == pytest.approx(27)
    assert numbers["oxide_relative"] == pytest.approx(1)
    for name in ("shell_layers", "coverage", "crystalline_fraction", "linked_fraction", "adatoms_Se_per_dot"):
        assert numbers[name] == 0
    dot = layered_dot(state, CHOI)
    assert dot.core_diameter_nm == pytest.approx(2.4)
    assert dot.shells == ()
    assert dot.sites == pytest.approx(99)
    assert dot.roughness_nm is None


@pytest.mark.parametrize(("element", "layers"), [("Se", 1), ("S", 1), ("S", 4), ("Se", 0.3)])
def test_shell_layers_is_eq_3_read_backwards(element: str, layers: float) -> None:
    name = f"Zn{element}"
    anions = anions_in_shell(3.3, layers * layer_thickness_nm(name, "d111"), material(name)["a_nm"])
    state = flask({f"{name}(x)": anions / 2, f"{name}(dx)": anions / 2, "{In}O": 10.0})
    assert counts(state, CHOI)["shell_layers"] == pytest.approx(layers, rel=1e-9)


def test_every_count_is_what_the_names_say() -> None:
    surface = {
        "{In}(OA)(OH)": 10.0,
        "{In}O": 4.0,
        "{In}S(x)": 3.0,  # stands where an oxide was
        "{Zn}OA": 20.0,
        "{Zn}F": 5.0,
        "{Zn}S-1": 8.0,
        "{Zn}SZn(OA)": 2.0,
        "{Zn}": 6.0,
        "{Zn}S": 12.0,
        "{Zn}S(x)": 30.0,
        "ZnS(c)": 7.0,
        "ZnS(dx)": 40.0,
        "Zn(b)": 9.0,
    }
    n = counts(flask(surface), CHOI)
    sites = sum(surface[s] for s in surface if s.startswith("{"))
    sulfur = 3 + 8 + 2 + 12 + 30 + 7 + 40
    assert n["adatoms_S_per_dot"] == sulfur
    assert n["adatoms_Zn_per_dot"] == 20 + 5 + 8 + 2 * 2 + 6 + 12 + 30 + 7 + 40 + 9
    assert n["In_exchanged_per_dot"] == sites - 17
    assert n["coverage"] == pytest.approx((3 + 8 + 2 + 6 + 12 + 30) / sites)
    assert n["linked_fraction"] == pytest.approx((3 + 12 + 30 + 40) / sulfur)
    assert n["hf_desorbable_fraction"] == pytest.approx((8 + 2 + 7) / sulfur)
    assert n["crystalline_fraction"] == pytest.approx((3 + 30 + 40) / sulfur)
    assert n["oxide_per_dot"] == 4
    assert n["oxide_memory_per_dot"] == 3
    assert n["ligands_OA_per_dot"] == 10 + 20 + 2
    assert n["ligands_Int1_per_dot"] == 8
    assert n["ligands_F_per_dot"] == 5


def test_layered_dot_keeps_the_volume_of_what_it_is_made_of() -> None:
    surface = {
        "{In}O": 7.0,
        "{Zn}Se(x)": 100.0,
        "{Zn}": 80.0,
        "ZnSe(x)": 150.0,
        "ZnS(dx)": 300.0,
        "ZnS(d)": 100.0,
    }
    dot = layered_dot(flask(surface), CHOI)
    inner, outer = (layer.material for layer in dot.shells)
    assert (inner, outer) == ("ZnSe", "ZnS")
    core = math.pi / 6 * 3.3**3 - 180 * material("InP")["a_nm"] ** 3 / 8
    assert dot.core_diameter_nm == pytest.approx((6 * core / math.pi) ** (1 / 3))
    whole = core + 250 * material("ZnSe")["a_nm"] ** 3 / 4 + 400 * material("ZnS")["a_nm"] ** 3 / 4
    assert math.pi / 6 * dot.diameter_nm**3 == pytest.approx(whole)
    assert [layer.crystalline for layer in dot.shells] == [1.0, 0.75]
    assert dot.oxide == 7
    assert 0 <= dot.coverage <= 1


def test_exchange_alone_thins_the_core() -> None:
    """C078: the absorption of InP-Zn shifts to the blue."""
    dot = layered_dot(flask({"{Zn}OA": 187.0}), CHOI)
    assert dot.shells == ()
    assert 2.9 < dot.core_diameter_nm < 3.3


def test_memory_stays_when_the_oxide_goes() -> None:
    m = MeanField(CHOI)
    state = m.start(FlaskState(613.15, 11e-3, 220e-9, "InP", 3.3, liquor={"SePR3": 4e-4, "Zn(OA)2": 5e-4}))
    end = m.advance(state, Segment(7200.0, 613.15, 613.15), points=1).states[-1]
    before, after = counts(state, CHOI), counts(end, CHOI)
    assert after["oxide_relative"] < 0.05
    assert after["oxide_memory_per_dot"] > 0.9 * before["oxide_per_dot"]
    assert after["crystalline_fraction"] > 0.9


def test_monomers_are_counted_in_the_liquor() -> None:
    assert counts(flask({"{In}O": 1.0}, ZnS=2.2e-6), CHOI)["monomers_ZnS_per_dot"] == pytest.approx(10)
