"""The kernel where every site is everyone's neighbour, against the mean field of the same mechanism.

The mechanism is read from a file and integrated by ``growth.meanfield``; the kernel gets the same numbers
on sites that are all neighbours of one another.  A single run must scatter about the rate equations as
1/sqrt(N), N being the sites per dot, and its mean must come closer.  On a line, where partners are few, it
must not agree.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from epidot.constants import R_GAS
from epidot.growth.kmc import Lattice, Model, Partner, Reaction, Relation, Species
from epidot.growth.kmc.compiler import Compiled, compile_model
from epidot.growth.kmc.simulation import Simulation
from epidot.growth.meanfield import MeanField
from epidot.growth.state import FlaskState
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe.events import Segment
from oracle.kmc.lattices import chain

T, DOTS_MOL, VOLUME_L = 473.15, 220e-9, 5e-3
TIMES = np.array([200.0, 400.0, 600.0, 900.0, 1200.0])
SURFACE = ("{A}", "{AL}", "{B}")

FILE = """name: well mixed
title: A small mechanism that everybody meets everybody in
sources: {here: "made for this test"}
sites: {cation: {kind: fixed}}
surfaces: {InP: {reference_diameter: 2 nm, per_dot: {"{A}": 100}, source: here, status: assumed}}
parameters:
  k_bind: {value: 0.9, unit: /M/s, source: here, status: assumed}
  k_pair: {value: 0.02, unit: /s, source: here, status: assumed}
  k_back: {value: 1e-3, unit: /s, source: here, status: assumed}
  none: {value: 0, unit: kJ/mol, source: here, status: assumed}
  dH: {value: -70, unit: kJ/mol, source: here, status: assumed}
  dS: {value: -108, unit: J/mol/K, source: here, status: assumed}
equilibria: {K: {dH: dH, dS: dS, unit: /M}}
species:
- {name: "{A}", phase: surface, sites: {cation: 1}, composition: {In: 1}}
- {name: "{B}", phase: surface, sites: {cation: 1}, composition: {In: 1}}
- {name: "{AL}", phase: surface, sites: {cation: 1}, composition: {In: 1, Zn: 1}}
- {name: L, phase: liquor, composition: {Zn: 1}}
reactions:
- {id: bind, equation: "{A} + L <=> {AL}", rate: {A: k_bind, Ea: none, equilibrium: K},
   source: here, status: assumed}
- {id: pair, equation: "{AL} + {A} => 2 {B} + L", rate: {A: k_pair, Ea: none}, source: here, status: assumed}
- {id: back, equation: "{B} => {A}", rate: {A: k_back, Ea: none}, source: here, status: assumed}
"""


@pytest.fixture(scope="module")
def mechanism() -> Mechanism:
    return mechanisms.parse(FILE)


@pytest.fixture(scope="module")
def shares(mechanism: Mechanism) -> np.ndarray:
    """Of the rate equations, per site: shape (times, species)."""
    state = FlaskState(T, VOLUME_L, DOTS_MOL, "InP", 2.0, surface={"{A}": 100.0}, liquor={"L": 80 * DOTS_MOL})
    engine = MeanField(mechanism, rtol=1e-9, atol=1e-9)
    run = engine.advance(state, Segment(float(TIMES[-1]), T, T), points=12)
    by_time = {round(s.time_s): [s.surface.get(name, 0.0) / 100 for name in SURFACE] for s in run.states}
    return np.array([by_time[round(t)] for t in TIMES])


def model(mechanism: Mechanism, neighbours: int) -> Model:
    """The same numbers for the kernel; a pair k a b / N is k z / N for each of z neighbours."""
    value = {name: mechanism.si(name) for name in mechanism.parameters}
    K = math.exp(-value["dH"] / (R_GAS * T) + value["dS"] / R_GAS)
    near = Partner("all", "{A}", "{B}")
    return Model(
        tuple(Species(s) for s in SURFACE),
        (
            Reaction("bind", "{A}", "{AL}", value["k_bind"], liquor={"L": -1}),
            Reaction("free", "{AL}", "{A}", value["k_bind"] / K, liquor={"L": 1}),
            Reaction("pair", "{AL}", "{B}", value["k_pair"] / neighbours, partner=near, liquor={"L": 1}),
            Reaction("back", "{B}", "{A}", value["k_back"]),
        ),
        liquor=("L",),
    )


def mixed(mechanism: Mechanism, n: int) -> Compiled:
    """``n`` sites, all of them neighbours."""
    i, j = np.divmod(np.arange(n * n), n)
    everyone = Relation.of_pairs(n, i[i != j], j[i != j])
    lattice = Lattice(np.zeros(n, dtype=np.uint8), {"all": everyone})
    return compile_model(model(mechanism, n), lattice)


def runs(compiled: Compiled, seeds: int) -> np.ndarray:
    """Shares of the species, shape (seeds, times, species)."""
    n = len(compiled.lattice)
    volume = n / 100 * VOLUME_L / DOTS_MOL  # molecules at 1 M that belong to these sites
    out = np.zeros((seeds, len(TIMES), len(SURFACE)))
    for seed in range(seeds):
        run = Simulation(compiled, "{A}", seed=seed, programme=T, liquor={"L": round(0.8 * n)}, volume=volume)
        for i, t in enumerate(TIMES):
            run.run(until=float(t))
            out[seed, i] = [run.on[s] / n for s in SURFACE]
    return out


def test_kernel_agrees_with_the_rate_equations_within_the_noise_of_its_size(mechanism, shares) -> None:
    assert shares[-1].min() > 0.02, "every species must take part"
    scatter = {}
    for n, seeds in ((50, 160), (800, 40)):
        away = runs(mixed(mechanism, n), seeds) - shares
        scatter[n] = float(np.sqrt(np.mean(away**2)))
        assert scatter[n] < 1 / math.sqrt(n)
        error = away.std(axis=0, ddof=1) / math.sqrt(seeds)
        # The mean differs by noise and by something of order 1/N: the rate equations neglect fluctuations.
        assert np.all(np.abs(away.mean(axis=0)) < 4 * error + 1 / n)
    assert scatter[50] / scatter[800] == pytest.approx(4.0, rel=0.25)


def test_wrong_constants_and_few_neighbours_do_not_agree(mechanism, shares) -> None:
    n, seeds = 800, 30

    def distance(compiled: Compiled) -> float:
        away = runs(compiled, seeds) - shares
        error = away.std(axis=0, ddof=1) / math.sqrt(seeds)
        return float(np.max((np.abs(away.mean(axis=0)) - 1 / n) / error))

    assert distance(mixed(mechanism, n)) < 4
    assert distance(mixed(mechanism.with_parameters({"k_pair": 0.024}), n)) > 8
    line = chain(n)
    both = Lattice(line.sublattice, {"all": line.relations["nn"]})
    assert distance(compile_model(model(mechanism, 2), both)) > 8
