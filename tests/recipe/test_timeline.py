"""The timeline: exact times, ramps, flows, charges with everything they bring along."""

from __future__ import annotations

from functools import cache

import pytest

from epidot.growth.state import FlaskState
from epidot.recipe import recipe
from epidot.recipe.events import Charge, DescribeShell, FormCore, OxidiseCore, Run, TakeSample, Wash

MINUTE = 60.0
SHIPPED = recipe.shipped()
LOAD = cache(recipe.load)


def _samples(name: str) -> dict[str, float]:
    return {e.name: e.start_s for e in LOAD(name).timeline() if isinstance(e, TakeSample)}


@pytest.mark.parametrize("name", SHIPPED)
def test_time_and_temperature_have_no_gaps(name: str) -> None:
    read = LOAD(name)
    clock, kelvin = 0.0, FlaskState.at_start(read).temperature_K
    for event in read.timeline():
        assert event.start_s == clock
        assert event.text
        if isinstance(event, Run):
            assert event.segment.duration_s > 0
            assert event.segment.start_K == kelvin
            kelvin = event.segment.end_K
            clock = round(clock + event.duration_s, 9)
    assert read.duration_s == clock


def test_the_staged_route_minute_by_minute() -> None:
    # 25 -> 120 °C 9.5 min, degassed 30, -> 200 °C 8, held 10, -> 120 °C 8, under vacuum 30, -> 250 °C 13,
    # held 240, -> 320 °C 7, held 30.
    times = _samples("choi2023/inp-zns-staged-4")
    assert times["zinc exchanged"] == 57.5 * MINUTE
    assert times["stage I"] == 95.5 * MINUTE
    assert times["stage II"] == 348.5 * MINUTE
    assert times["stage III"] == 385.5 * MINUTE
    one = _samples("choi2023/inp-zns-staged-1")
    assert one["stage III"] == times["stage III"] - 20 * MINUTE


def test_a_dropwise_addition_is_an_inflow() -> None:
    runs = [e for e in LOAD("choi2023/inp-zns-conventional").timeline() if isinstance(e, Run)]
    (dropwise,) = [e for e in runs if e.segment.inflow]
    assert dropwise.duration_s == MINUTE
    assert dropwise.segment.inflow["SPR3"] == pytest.approx(1e-3 / 60, rel=1e-12)
    assert dropwise.segment.end_K == pytest.approx(583.15)


def test_a_flow_of_solution_brings_its_solvents() -> None:
    runs = [e for e in LOAD("yuan2023/znbr2-300").timeline() if isinstance(e, Run)]
    (flow,) = [e for e in runs if e.segment.inflow]
    assert flow.duration_s == 30 * MINUTE
    assert flow.segment.volume_inflow * flow.duration_s == pytest.approx(2e-3, rel=1e-12)
    assert flow.segment.inflow["ZnBr2"] * flow.duration_s == pytest.approx(0.4e-3, rel=1e-12)
    volumes = {d.reagent: d.volume_L for d in flow.doses if d.carried_by == "ZnBr2"}
    assert volumes["OAm"] / volumes["ODE"] == pytest.approx(2 / 13, rel=1e-12)


def test_hydrofluoric_acid_brings_its_water() -> None:
    charges = [e for e in LOAD("choi2023/inp-hf").timeline() if isinstance(e, Charge)]
    acid = next(e for e in charges if "HF" in e.liquor)
    assert acid.liquor["HF"] == pytest.approx(0.4e-3)
    # 48 % by mass: (52 / 18.015) / (48 / 20.006) = 1.203 water per HF
    assert acid.liquor["H2O"] / acid.liquor["HF"] == pytest.approx((52 / 18.015) / (48 / 20.006), rel=2e-3)
    assert acid.liquor["acetone"] > 0


def test_vacuum_lasts_until_it_is_ended() -> None:
    runs = [e for e in LOAD("choi2023/inp-znse-hf-260").timeline() if isinstance(e, Run)]
    vacuum = [e.duration_s / MINUTE for e in runs if e.segment.atmosphere == "vacuum"]
    assert vacuum == pytest.approx([9.5, 30, 30])


def test_a_kept_volume_is_reached_with_the_last_addition() -> None:
    charges = [e for e in LOAD("choi2023/inp-znse").timeline() if isinstance(e, Charge)]
    assert sum(e.volume_L for e in charges) == pytest.approx(5e-3, rel=1e-12)
    assert charges[0].volume_L < 5e-3


def test_purification_follows_the_paper() -> None:
    def times(name: str) -> list[int]:
        return [e.times for e in LOAD(name).timeline() if isinstance(e, Wash)]

    assert times("choi2023/inp-se") == [2]
    assert times("choi2023/inp-zn") == times("choi2023/inp-znse") == [5]
    assert times("choi2023/inp-core-2.4nm") == [2]


def test_described_outcomes_are_events() -> None:
    shells = [e.layer for e in LOAD("yuan2023/znbr2-300").timeline() if isinstance(e, DescribeShell)]
    assert [layer.material for layer in shells] == ["ZnSe", "ZnSe0.5S0.5", "ZnS"]
    oxidised = [e for e in LOAD("yuan2023/cdse-zns-oxidised").timeline() if isinstance(e, OxidiseCore)]
    assert [(e.oxidant, e.share) for e in oxidised] == [("BPO", 0.5)]
    assert not [e for e in LOAD("yuan2023/cdse-zns").timeline() if isinstance(e, OxidiseCore)]


def test_cores_take_their_matter_from_the_liquor() -> None:
    formed = [e for e in LOAD("choi2023/inp-core-3.3nm").timeline() if isinstance(e, FormCore)]
    small, large = formed
    assert (small.grown, large.grown) == (False, True)
    assert small.dots_mol == large.dots_mol
    # 1 mmol of phosphorus in cores of eq 1: 143.2 P each at 2.4 nm
    assert small.dots_mol == pytest.approx(1e-3 / 143.2, rel=2e-3)
    assert (small.solid_mol + large.solid_mol) / large.dots_mol == pytest.approx(
        143.2 * (3.3 / 2.4) ** 3, rel=2e-3
    )
    assert small.change["TMSOA"] == pytest.approx(3e-3)


@pytest.mark.parametrize(
    ("convention", "nm"), [("d111", 2 * 0.5409 / 3**0.5), ("half-lattice", 0.5409), ("0.35 nm", 0.70)]
)
def test_layers_need_their_convention(convention: str, nm: float) -> None:
    text = (
        "recipe: 1\ncore: {material: InP, diameter: 3.3 nm, amount: 220 nmol}\n"
        "solvent: {reagent: ODE, volume: 5 mL}\nsteps:\n"
        f"  - shell: {{material: ZnS, layers: 2, layer: {convention}}}\n"
    )
    (shell,) = [e for e in recipe.from_text(text).timeline() if isinstance(e, DescribeShell)]
    assert shell.layer.thickness_nm == pytest.approx(nm, rel=1e-3)
