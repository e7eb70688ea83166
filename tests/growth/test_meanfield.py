"""The mean field against exact solutions, and its conservation laws on the shipped mechanism."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from epidot.constants import R_GAS
from epidot.errors import InputError, WorkError
from epidot.growth.meanfield import MeanField
from epidot.growth.rates import Conditions, Network, shell_capacity
from epidot.growth.state import FlaskState
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe.events import Segment

T = 473.15
DOTS = 220e-9
VOLUME = 5e-3

TOY = """name: toy
title: Exact cases
sources: {here: "made for this test"}
sites: {cation: {kind: fixed}}
surfaces: {InP: {reference_diameter: 2 nm, per_dot: {"{A}": 100}, source: here, status: assumed}}
parameters:
  k1: {value: 2e-3, unit: /s, source: here, status: assumed}
  k2: {value: 0.03, unit: /M/s, source: here, status: assumed}
  A1: {value: 1e10, unit: /s, source: here, status: assumed}
  Ea: {value: 120, unit: kJ/mol, source: here, status: assumed}
  none: {value: 0, unit: kJ/mol, source: here, status: assumed}
  dH: {value: -70, unit: kJ/mol, source: here, status: assumed}
  dS: {value: -120, unit: J/mol/K, source: here, status: assumed}
equilibria: {K: {dH: dH, dS: dS, unit: /M}}
species:
- {name: "{A}", phase: surface, sites: {cation: 1}, composition: {In: 1}}
- {name: "{B}", phase: surface, sites: {cation: 1}, composition: {In: 1}}
- {name: "{AL}", phase: surface, sites: {cation: 1}, composition: {In: 1, Zn: 1}}
- {name: L, phase: liquor, composition: {Zn: 1}}
- {name: gas, phase: liquor, composition: {H: 1, F: 1}, vapour: k1}
reactions:
- {id: r, equation: "REACTION", rate: {RATE}, source: here, status: assumed}
"""


def engine(equation: str, rate: str, **options: float) -> MeanField:
    text = TOY.replace("REACTION", equation).replace("RATE", rate)
    return MeanField(mechanisms.parse(text), rtol=1e-9, atol=1e-9, **options)  # type: ignore[arg-type]


def flask(**liquor: float) -> FlaskState:
    return FlaskState(T, VOLUME, DOTS, "InP", 2.0, surface={"{A}": 100.0}, liquor=liquor)


def isothermal(seconds: float, celsius: float = T - 273.15, **changes: object) -> Segment:
    kelvin = celsius + 273.15
    return Segment(seconds, kelvin, kelvin, **changes)  # type: ignore[arg-type]


# -- exact solutions ------------------------------------------------------------------------------


def test_first_order_decay() -> None:
    run = engine("{A} => {B}", "A: k1, Ea: none").advance(flask(), isothermal(1000.0), points=5)
    for state in run.states:
        assert state.surface["{A}"] == pytest.approx(100 * math.exp(-2e-3 * state.time_s), rel=1e-6)
    assert run.events["r"][-1] == pytest.approx(100 * (1 - math.exp(-2.0)), rel=1e-6)


@pytest.mark.parametrize("ratio", [0.5, 3.0])
def test_second_order_with_depletion(ratio: float) -> None:
    """d x/dt = k (u/V) (a - x)(b - x) in counts per dot; the flask runs dry for ratio < 1."""
    a, b = 100.0, 100.0 * ratio
    run = engine("{A} + L => {AL}", "A: k2, Ea: none").advance(flask(L=b * DOTS), isothermal(5e5), points=4)
    k = 0.03 * DOTS / VOLUME
    for state in run.states:
        e = math.exp((b - a) * k * state.time_s)
        x = a * b * (e - 1) / (b * e - a)
        assert state.surface["{AL}"] == pytest.approx(x, rel=1e-6)


def test_two_neighbours_of_the_same_kind() -> None:
    """k a²/(2N) events take two each: a = a0 / (1 + k a0 t / N)."""
    run = engine("2 {A} => 2 {B}", "A: k1, Ea: none").advance(flask(), isothermal(3000.0), points=3)
    for state in run.states:
        assert state.surface["{A}"] == pytest.approx(100 / (1 + 2e-3 * state.time_s), rel=1e-6)


def test_survival_through_a_temperature_ramp() -> None:
    ramp = Segment(1800.0, 423.15, 623.15)
    run = engine("{A} => {B}", "A: A1, Ea: Ea").advance(flask(), ramp, points=6)

    def k(t: float) -> float:
        return 1e10 * math.exp(-120e3 / (R_GAS * (423.15 + 200 * t / 1800)))

    for state in run.states:
        survival = math.exp(-quad(k, 0, state.time_s, epsabs=0, epsrel=1e-11)[0])
        assert state.surface["{A}"] == pytest.approx(100 * survival, rel=1e-6, abs=1e-6)
    assert run.states[-1].temperature_K == 623.15


def test_equilibrium_is_that_of_K() -> None:
    m = engine("{A} + L <=> {AL}", "A: k2, Ea: none, equilibrium: K")
    end = m.advance(flask(L=300 * DOTS), isothermal(1e7), points=1).states[-1]
    concentration = end.liquor["L"] / end.volume_L
    K = m.mechanism.K("K", T)
    assert end.surface["{AL}"] / end.surface["{A}"] == pytest.approx(K * concentration, rel=1e-6)


def test_vacuum_takes_what_is_volatile_and_books_it() -> None:
    m = engine("{A} => {B}", "A: k1, Ea: none")
    end = m.advance(flask(gas=1e-3), isothermal(600.0, atmosphere="vacuum"), points=1).states[-1]
    assert end.liquor["gas"] == pytest.approx(1e-3 * math.exp(-1.2), rel=1e-6)
    assert end.liquor["gas"] + end.lost["gas"] == pytest.approx(1e-3, rel=1e-14)
    stays = m.advance(flask(gas=1e-3), isothermal(600.0), points=1).states[-1]
    assert stays.liquor["gas"] == 1e-3


def test_inflow_adds_matter_and_volume() -> None:
    """Capture of what flows in, in a growing volume, A in excess: dL/dt = q - κ L / (V0 + v t)."""
    q, v, a = 1e-13, 1e-6, 100.0
    m = engine("{A} + L => {AL}", "A: k2, Ea: none")
    end = m.advance(
        flask(), isothermal(600.0, inflow={"L": q, "inert": 2 * q}, volume_inflow=v), points=2
    ).states[-1]
    V = VOLUME + 600 * v
    assert end.volume_L == pytest.approx(V, rel=1e-14)
    assert end.liquor["L"] + end.surface["{AL}"] * DOTS == pytest.approx(600 * q, rel=1e-12)
    assert end.liquor["inert"] == pytest.approx(1200 * q, rel=1e-14)
    p = 0.03 * DOTS * a / v
    assert end.liquor["L"] == pytest.approx(
        q * (V ** (p + 1) - VOLUME ** (p + 1)) / (v * (p + 1) * V**p), rel=1e-4
    )


def test_segment_of_no_length_changes_nothing() -> None:
    state = flask(L=1e-6)
    end = engine("{A} + L => {AL}", "A: k2, Ea: none").advance(state, isothermal(0.0), points=1).states[-1]
    assert end.liquor == state.liquor
    assert end.surface["{A}"] == 100


def test_dry_flask_does_not_react() -> None:
    state = flask(L=1e-6).with_(volume_L=0.0)
    end = engine("{A} + L => {AL}", "A: k2, Ea: none").advance(state, isothermal(60.0), points=2).states[-1]
    assert end.surface["{A}"] == 100
    assert end.time_s == 60


# -- the shipped mechanism ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def choi() -> MeanField:
    return MeanField()


def dots(m: MeanField, diameter: float = 2.4, **liquor: float) -> FlaskState:
    named = {k.replace("Zn_OA_2", "Zn(OA)2"): v for k, v in liquor.items()}
    return m.start(FlaskState(T, VOLUME, DOTS, "InP", diameter, liquor=named))


def elements(m: MeanField, state: FlaskState) -> dict[str, float]:
    """Moles of every element that takes part: on the dots, in the liquor and gone."""
    out: dict[str, float] = {}

    def book(amounts: Mapping[str, float], scale: float) -> None:
        for name, n in amounts.items():
            if name in m.mechanism.species:
                for element, k in m.mechanism.species[name].elements.items():
                    out[element] = out.get(element, 0.0) + k * n * scale

    book(state.surface, state.dots_mol)
    book(state.liquor, 1.0)
    book(state.lost, 1.0)
    return out


def test_pristine_dots_get_their_inventory_by_area(choi: MeanField) -> None:
    small, large = dots(choi), dots(choi, 3.3)
    assert small.surface == {"{In}(OA)(OH)": 72, "{In}O": 27}
    assert sum(large.surface.values()) == pytest.approx(99 * (3.3 / 2.4) ** 2)
    assert choi.start(large) is large
    empty = FlaskState(T, VOLUME, 0.0, "InP", 3.3)
    assert choi.start(empty) is empty


@pytest.mark.parametrize(
    ("diameter", "element", "anions"),
    [(2.43, "Se", 172.5), (2.40, "Se", 168.8), (3.3, "Se", 298), (3.3, "S", 324)],
)
def test_first_shell_holds_one_layer_by_eq_3(
    choi: MeanField, diameter: float, element: str, anions: float
) -> None:
    capacity = shell_capacity(choi.mechanism.sites["anion"], diameter)
    assert capacity[element] == pytest.approx(anions, rel=3e-3)


def test_room_among_ligands_slows_each_step_by_its_power_and_much_room_by_nothing(choi: MeanField) -> None:
    """A 3.3 nm dot with 100 oleates of 0.52 nm3 in 2 nm from 1.95 nm on: a quarter of it is taken."""
    packed = choi.mechanism.under("packing")
    at = Conditions(DOTS, VOLUME, T)

    def rates(mechanism: Mechanism) -> dict[str, float]:
        names = ["{Zn}OA", "SePR3", "Zn(OA)2", "{Zn}Se-1"]
        network = Network(mechanism, names, core_diameter_nm=3.3, sites=187)
        y = np.array([{"{Zn}OA": 100.0, "SePR3": 50.0}.get(s, 0.0) for s in network.species])
        return dict(zip(network.reactions, network.rates(y, at), strict=True))

    taken = 100 * 0.52 / (4 / 3 * np.pi * (3.95**3 - 1.95**3))
    assert rates(packed)["i[Se]"] == pytest.approx(rates(choi.mechanism)["i[Se]"] * (1 - taken) ** 1.66)
    much = rates(packed.with_parameters({"phi_max": 1e9}))
    assert much == pytest.approx(rates(choi.mechanism), rel=1e-7)
    with pytest.raises(InputError, match="packing is a law of the mean field"):
        packed.on_lattice()


@pytest.mark.parametrize("packing", [False, True])
def test_jacobian_is_the_derivative_of_the_rates(
    choi: MeanField, rng: np.random.Generator, packing: bool
) -> None:
    mechanism = choi.mechanism.under("packing") if packing else choi.mechanism
    network = Network(mechanism, mechanism.species, core_diameter_nm=3.3, sites=187, vacuum=True)
    at = Conditions(DOTS, VOLUME, 553.15)
    for _ in range(3):
        y = rng.uniform(0.5, 4.0, len(network.species))  # a shell neither full nor overfull
        exact = network.jacobian(y, at)
        for i in range(y.size):
            step = np.zeros_like(y)
            step[i] = 1e-5 * y[i]
            central = (network.rates(y + step, at) - network.rates(y - step, at)) / (2 * step[i])
            scale = np.abs(network.rates(y, at)) / y[i] + np.abs(exact[:, i])
            assert np.all(np.abs(central - exact[:, i]) <= 2e-6 * scale + 1e-300)


def test_rates_vanish_where_the_shell_is_full(choi: MeanField) -> None:
    network = Network(
        choi.mechanism, ["{Zn}OA", "{In}O", "SePR3", "Zn(OA)2", "ZnSe(l)"], core_diameter_nm=2.4, sites=99
    )
    y = np.ones(len(network.species))
    y[network.species.index("ZnSe(l)")] = 400.0
    rates = dict(zip(network.reactions, network.rates(y, Conditions(DOTS, VOLUME, T)), strict=True))
    assert rates["i[Se]"] == 0
    assert rates["dep.first[Se]"] == 0
    assert rates["dep.over[Se]"] > 0
    assert rates["oxr[Se]"] > 0


def test_engine_does_not_care_how_a_segment_is_split(choi: MeanField) -> None:
    m = MeanField(choi.mechanism, rtol=1e-8, atol=1e-9)
    start = dots(m, SePR3=0.16e-3, Zn_OA_2=0.25e-3)
    whole = m.advance(start, Segment(1200.0, 473.15, 573.15), points=1).states[-1]
    half = m.advance(start, Segment(700.0, 473.15, 473.15 + 700 / 12), points=7).states[-1]
    parts = m.advance(half, Segment(500.0, 473.15 + 700 / 12, 573.15), points=1).states[-1]
    assert parts.time_s == pytest.approx(whole.time_s)
    for name, n in whole.surface.items():
        assert parts.surface[name] == pytest.approx(n, rel=1e-5, abs=1e-5), name
    for name, n in whole.liquor.items():
        assert parts.liquor[name] == pytest.approx(n, rel=1e-5, abs=1e-5 * DOTS), name


def test_answer_converges_with_the_tolerance_and_does_not_depend_on_the_method(choi: MeanField) -> None:
    def selenium(**options: object) -> float:
        m = MeanField(choi.mechanism, **options)  # type: ignore[arg-type]
        end = m.advance(dots(m, SePR3=0.16e-3, Zn_OA_2=0.25e-3), isothermal(120.0), points=1).states[-1]
        return elements(m, end.with_(liquor={}, lost={}))["Se"] / DOTS

    best = selenium(rtol=1e-11, atol=1e-12, method="Radau")
    errors = [abs(selenium(rtol=r, atol=r / 10) / best - 1) for r in (1e-4, 1e-6, 1e-8)]
    assert errors[0] < 1e-2
    assert errors[2] < 1e-6
    assert errors[2] < errors[0]
    assert selenium() == pytest.approx(best, rel=1e-5)
    assert selenium(method="BDF", rtol=1e-8) == pytest.approx(best, rel=1e-5)


def test_species_the_mechanism_does_not_know_pass_through(choi: MeanField) -> None:
    start = dots(choi, SePR3=1e-4).with_(liquor={"SePR3": 1e-4, "toluene": 0.05})
    end = choi.advance(start, isothermal(60.0), points=1).states[-1]
    assert end.liquor["toluene"] == 0.05
    assert choi.mechanism.unknown(end.liquor) == ("toluene",)


def test_without_dots_monomer_stays_in_the_liquor(choi: MeanField) -> None:
    start = FlaskState(593.15, VOLUME, 0.0, "InP", 3.3, liquor={"Zn(OA)2": 1e-3, "SPR3": 1e-3})
    end = choi.advance(start, isothermal(600.0, 320.0), points=1).states[-1]
    assert end.surface == {}
    assert end.liquor["ZnS"] > 1e-6
    assert end.liquor["ZnS"] + end.liquor["SPR3"] == pytest.approx(1e-3, rel=1e-12)


LIQUOR = st.fixed_dictionaries(
    {},
    optional={
        "Zn(OA)2": st.floats(1e-6, 4e-3),
        "SePR3": st.floats(1e-6, 1e-3),
        "SPR3": st.floats(1e-6, 1e-3),
        "HF": st.floats(1e-6, 4e-4),
        "H2O": st.floats(1e-6, 4e-4),
    },
)
STEP = st.tuples(
    LIQUOR,
    st.floats(1.0, 3000.0),
    st.floats(293.0, 620.0),
    st.sampled_from(["N2", "vacuum"]),
    st.sampled_from([0.0, 1e-7]),
)


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    first=st.floats(293.0, 620.0),
    programme=st.lists(STEP, min_size=1, max_size=3),
    diameter=st.floats(1.8, 5.0),
)
def test_every_element_is_conserved_through_any_programme(
    first: float, programme: list[tuple[dict[str, float], float, float, str, float]], diameter: float
) -> None:
    m = MeanField()
    state = m.start(FlaskState(first, VOLUME, DOTS, "InP", diameter))
    for liquor, seconds, kelvin, atmosphere, flow in programme:
        state = state.with_(
            liquor={k: state.liquor.get(k, 0.0) + liquor.get(k, 0.0) for k in {*state.liquor, *liquor}}
        )
        before = elements(m, state)
        before["S"] = before.get("S", 0.0) + flow * seconds
        for element, k in m.mechanism.species["SPR3"].elements.items():
            if element != "S":
                before[element] = before.get(element, 0.0) + k * flow * seconds
        inflow = {"SPR3": flow} if flow else {}
        segment = Segment(seconds, state.temperature_K, kelvin, atmosphere, inflow)  # type: ignore[arg-type]
        for after in m.advance(state, segment, points=3).states:
            assert min(after.surface.values()) >= 0
            assert min(after.liquor.values(), default=0.0) >= 0
        for element, n in elements(m, after).items():
            assert n == pytest.approx(before[element], rel=1e-10), element
        state = after


def test_conservation_holds_at_a_loose_tolerance_too(choi: MeanField) -> None:
    m = MeanField(choi.mechanism, rtol=1e-3, atol=1e-2)
    state = dots(m, SePR3=0.16e-3, Zn_OA_2=0.25e-3, HF=2e-4)
    before = elements(m, state)
    after = elements(m, m.advance(state, Segment(1800.0, 473.15, 613.15), points=1).states[-1])
    for element, n in before.items():
        assert after[element] == pytest.approx(n, rel=1e-12)


def test_mechanism_in_files_is_used_as_it_is(choi: MeanField) -> None:
    slow = MeanField(choi.mechanism.with_parameters({"Ea_1_Se": 200.0}))
    end = slow.advance(dots(slow, SePR3=1e-4), isothermal(600.0), points=1).states[-1]
    assert end.surface["{In}(Se-1)(OH)"] < 1e-6
    assert mechanisms.load() is choi.mechanism


def _overdrawing(times_out_of: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first so many integrations take a hundred more than there are, and call that success."""
    import scipy.integrate

    honest, asked = scipy.integrate.solve_ivp, []

    def solve(*args: Any, **options: Any) -> Any:
        asked.append(options["method"])
        found = honest(*args, **options)
        if len(asked) <= times_out_of:
            found.y[:, -1] += 100.0
        return found

    monkeypatch.setattr(scipy.integrate, "solve_ivp", solve)
    return asked


def test_a_step_that_took_what_was_not_there_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen on a flask that cooled: 3,300 ZnS too many; rates stand still below zero, so that nothing told."""
    asked = _overdrawing(1, monkeypatch)
    run = engine("{A} => {B}", "A: k1, Ea: none").advance(flask(), isothermal(1000.0))
    assert asked == ["BDF", "Radau"]
    assert run.states[-1].surface["{B}"] == pytest.approx(100 * (1 - math.exp(-2.0)), rel=1e-6)


def test_if_no_method_keeps_within_what_there_is_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _overdrawing(9, monkeypatch)
    with pytest.raises(WorkError, match="per dot more than there were"):
        engine("{A} => {B}", "A: k1, Ea: none").advance(flask(), isothermal(1000.0))
    assert len(asked) == 3
