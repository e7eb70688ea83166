"""Models that cannot run are refused with everything that is wrong."""

import pytest

from epidot.errors import InputError
from epidot.growth.kmc import Count, Flow, Model, Partner, Programme, Reaction, Species
from epidot.growth.kmc.builders import zinc_blende
from epidot.growth.kmc.compiler import compile_model
from epidot.growth.kmc.simulation import Simulation
from oracle.kmc.lattices import square, within

EMPTY_A = (Species("empty"), Species("A"))


def test_all_faults_at_once_with_the_nearest_names() -> None:
    model = Model(
        (Species("empty"), Species("Zn", ("cation",)), Species("Se", ("anionn",))),
        (
            Reaction("a", "empty", "Zm", 1.0),
            Reaction("a", "Zn", "Zn", 1.0),
            Reaction("b", "empty", "Zn", -1.0, where={"nn": (3, 2)}),
            Reaction("c", "empty", "Zn", 1.0, liquor={"Zn(OA)": -1}, partner=Partner("secnd", "Zn", "empty")),
            Reaction("d", "empty", None, 1.0),
            Reaction("e", "empty", "Zn", 1.0, where={"m": (0, 1)}, sublattice="anion"),
            Reaction("f", None, None, float("nan")),
        ),
        (Count("nn", "nn", ("Zn",)), Count("far", "third", ())),
        liquor=("Zn(OA)2",),
        where="mine.yaml",
    )
    with pytest.raises(InputError) as seen:
        compile_model(model, zinc_blende(1.0))
    text = str(seen.value)
    for part in (
        "declared 2 times, saw 'a'",
        "'anionn'; nearest valid: anion",
        "'third'",
        "counts nothing",
        "'Zm'; nearest valid: Zn",
        "no effect in reaction a",
        "impossible A in reaction b, saw '-1.0'",
        "impossible range of nn in reaction b (0 to 4 occur), saw '3 to 2'",
        "'Zn(OA)'; nearest valid: Zn(OA)2",
        "'secnd'; nearest valid: second",
        "only one of before and after",
        "'m'",
        "no sublattice can hold both empty and Zn in reaction e",
        "impossible A in reaction f",
        "no effect in reaction f",
    ):
        assert part in text, part
    assert all(f.where == "mine.yaml" for f in seen.value.faults)


def test_range_beyond_the_neighbours_there_are() -> None:
    model = Model(
        EMPTY_A, (Reaction("a", "empty", "A", 1.0, where={"n": (5, 9)}),), (Count("n", "nn", ("A",)),)
    )
    with pytest.raises(InputError, match=r"0 to 4 occur"):
        compile_model(model, square(4))


def test_too_many_environments_and_too_many_classes() -> None:
    species = tuple(Species(f"X{i}") for i in range(8))
    counts = tuple(Count(f"n{i}", "nn", (f"X{i}",)) for i in range(8))
    many = Reaction("a", "X0", "X1", 1.0, energy={c.name: 0.01 * 2**i for i, c in enumerate(counts)})
    lattice = square(4, dimensions=3)
    with pytest.raises(InputError, match=r"too many environments.*46118408 = 8 species x 0-6 of X0"):
        compile_model(Model(species, (many,), counts), lattice)
    wide = within(zinc_blende(2.0), "far", 0.9)
    fewer = Reaction("a", "X0", "X1", 1.0, energy={"n1": 0.01, "n2": 1e-4, "n3": 1e-6})
    far = tuple(Count(c.name, "far", c.of) for c in counts[1:4])
    with pytest.raises(InputError, match="too many kinds of environment"):
        compile_model(Model(species[:4], (fewer,), far), wide)


def test_faults_of_a_start() -> None:
    compiled = compile_model(
        Model(
            (Species("empty"), Species("Se", ("anion",))),
            (Reaction("a", "empty", "Se", 1.0, liquor={"Se": -1}),),
            liquor=("Se",),
        ),
        zinc_blende(1.0),
    )
    with pytest.raises(InputError) as seen:
        Simulation(compiled, "Se", seed=1, liquor={"Sn": 1, "Se": -2}, volume=0.0)
    text = str(seen.value)
    assert "Se cannot sit on sublattice cation" in text
    assert "'Sn'; nearest valid: Se" in text
    assert "not negative, saw '-2'" in text
    assert "volume must be positive" in text
    with pytest.raises(InputError, match="unknown species"):
        Simulation(compiled, "emty", seed=1)
    with pytest.raises(InputError, match="needs an end"):
        Simulation(compiled, "empty", seed=1).run()


def test_faults_of_programmes_and_flows() -> None:
    with pytest.raises(InputError, match=r"(?s)decrease.*kelvin"):
        Programme((1.0, 0.0), (300.0, -3.0))
    with pytest.raises(InputError, match=r"(?s)portion"):
        Flow({"Se": -1}, 0.0, 1.0, 3)


def test_counts_that_no_reaction_mentions_cost_nothing() -> None:
    counts = tuple(Count(f"n{i}", "nn", ("A",) if i % 2 else ("empty",)) for i in range(12))
    model = Model(EMPTY_A, (Reaction("a", "empty", "A", 1.0, energy={"n1": 0.1}),), counts)
    compiled = compile_model(model, square(5))
    assert compiled.blocks[0].size == 2 * 5
    assert compiled.n_classes == 1 + 5 + 1  # inert, n = 0 to 4, liquor


def test_impossible_environments_make_no_classes() -> None:
    # On a square lattice the empty neighbours are 4 less the occupied ones.
    reaction = Reaction(
        "hop", "A", "empty", 1.0, energy={"n": 0.1}, partner=Partner("nn", "empty", "A", counted=True)
    )
    compiled = compile_model(Model(EMPTY_A, (reaction,), (Count("n", "nn", ("A",)),)), square(5))
    assert compiled.n_classes == 1 + 4 + 1
