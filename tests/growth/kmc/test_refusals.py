"""What a model must not be: driven round a cycle, or too large; and what only lint says."""

from __future__ import annotations

import dataclasses
import math
import re
import tracemalloc

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.growth.kmc import Count, Model, Partner, Reaction, Species
from epidot.growth.kmc.builders import zinc_blende
from epidot.growth.kmc.compiler import compile_model
from epidot.growth.kmc.lint import lint
from oracle.kmc import Checked
from oracle.kmc.lattices import square, within

SITES = (Species("empty"), Species("ZnL"), Species("Zn"))


def zinc(*reactions: Reaction) -> Model:
    """Zinc and its ligand on sites and in solution."""
    return Model(SITES, reactions, liquor=("ZnL2", "L"), where="zinc.yaml")


BIND = Reaction("bind", "empty", "ZnL", 2.0, 0.1, liquor={"ZnL2": -1, "L": 1})
FREE = Reaction("free", "ZnL", "empty", 1.0, 0.3, liquor={"ZnL2": 1, "L": -1})
BARE = Reaction("bare", "ZnL", "Zn", 3.0, 0.2, liquor={"L": 1})
COVER = Reaction("cover", "Zn", "ZnL", 1.0, liquor={"L": -1})
PLATE = Reaction("plate", "empty", "Zn", 6.0, 0.3, liquor={"ZnL2": -1, "L": 2})
STRIP = Reaction("strip", "Zn", "empty", 1.0, 0.3, liquor={"ZnL2": 1, "L": -2})


def test_a_model_with_closed_cycles_runs() -> None:
    model = zinc(BIND, FREE, BARE, COVER, PLATE, STRIP)
    run = Checked(compile_model(model, square(5)), "empty", seed=1, liquor={"ZnL2": 9, "L": 9})
    run.run(events=200)
    run.validate()
    assert not lint(model)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"A": 5.0}, "prefactors multiply to"),
        ({"Ea": 0.29}, "energies add up to"),
        ({"energy": {"n": 0.01}}, "eV per n is left over"),
    ],
)
def test_lint_finds_a_cycle_that_drives_itself(change: dict, told: str) -> None:
    broken = dataclasses.replace(PLATE, **change)
    model = dataclasses.replace(
        zinc(BIND, FREE, BARE, COVER, broken, STRIP), counts=(Count("n", "nn", ("Zn",)),)
    )
    found = [f for f in lint(model) if f.level == "fault"]
    assert found
    assert all(re.match(r"the cycle .*plate.* does not close: ", f.what) for f in found)
    assert any(told in f.what for f in found)


def test_a_closed_cycle_carries_no_current_and_a_broken_one_does() -> None:
    """What that fault is about: in equilibrium every step goes as often one way as the other."""

    def current(plate: Reaction) -> tuple[float, float]:
        compiled = compile_model(zinc(BIND, FREE, BARE, COVER, plate, STRIP), square(8))
        net = []
        for seed in range(30):
            held = {"liquor": {"ZnL2": 1, "L": 1}, "held": ("ZnL2", "L")}
            run = Checked(compiled, "empty", seed=seed, programme=3000.0, **held)
            run.run(until=60.0)
            net.append(run.counts["bind"] - run.counts["free"] - run.on["ZnL"])
        return float(np.mean(net)), float(np.std(net, ddof=1) / math.sqrt(30))

    mean, error = current(PLATE)
    # Bound zinc leaves by the way it came, but for what is on the sites when the run stops.
    assert abs(mean) < 4 * math.hypot(error, 64 / math.sqrt(30))
    mean, error = current(dataclasses.replace(PLATE, A=20.0))
    assert abs(mean) > 10 * error


def test_a_million_classes_are_refused_in_little_memory_with_what_makes_them() -> None:
    species = tuple(Species(n) for n in ("e", "A", "B", "C", "D"))
    counts = tuple(Count(f"n{n}", "second", (n,)) for n in "ABC")
    many = Reaction(
        "grow",
        "e",
        "A",
        1.0,
        energy={c.name: e for c, e in zip(counts, (1e-2, 1.01e-4, 1.003e-6), strict=True)},
    )
    far = Count("far", "second", ("D",))
    small = Reaction("leave", "A", "e", 1.0, energy={"nA": 0.1})
    lattice = within(zinc_blende(3.0), "wide", 1.3)
    wide = tuple(dataclasses.replace(c, relation="wide") for c in (*counts, far))
    tracemalloc.start()
    with pytest.raises(InputError) as seen:
        compile_model(Model(species, (small, many), wide, where="big.yaml"), lattice)
    assert "too many environments on sublattice cation (at most 1000000)" in str(seen.value)
    assert "without the counts of" in str(seen.value)
    medium = tuple(dataclasses.replace(c, relation="near") for c in counts)
    lattice = within(zinc_blende(3.0), "near", 1.05)
    with pytest.raises(InputError) as seen:
        compile_model(Model(species[:4], (small, many), medium, where="big.yaml"), lattice)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    text = str(seen.value)
    assert "big.yaml: too many kinds of environment with rates of their own (at most 4096)" in text
    assert "grow: " in text
    assert "rates, by nA, nB, nC" in text
    assert "give grow fewer energy terms" in text
    assert peak < 400e6


def test_lint_finds_what_breaks_reversibility() -> None:
    near = {"n": (1, 4)}
    model = Model(
        (Species("empty"), Species("A"), Species("B"), Species("C")),
        (
            Reaction("on", "empty", "A", 1.0, where=near, liquor={"A": -1}),
            Reaction("off", "A", "empty", 1.0, where={"n": (0, 2)}, liquor={"A": 1}),
            Reaction("hop", "A", "empty", 1.0, partner=Partner("second", "empty", "A", near)),
            Reaction("turn", "A", "B", 1.0),
            Reaction("back", "B", "A", 1.0, liquor={"A": -1}),
            Reaction("end", "B", "C", 1.0, liquor={"X": -1}),
        ),
        (Count("n", "nn", ("A",)),),
        ("A", "X"),
        where="mine.yaml",
    )
    compile_model(model, zinc_blende(1.0))
    found = [str(f) for f in lint(model)]
    for text in (
        "on and its reverse off have other conditions on the centre: n 1 to 4 against n 0 to 2",
        "hop undoes itself, but the site it leaves need not meet what the site it goes to must: none",
        "back undoes turn on the sites but not in the liquor",
    ):
        assert any(text in line for line in found), text
    good = dataclasses.replace(model.reactions[2], where=near, partner=Partner("second", "empty", "A", near))
    rest = dataclasses.replace(model, reactions=(good,))
    assert not lint(rest)
