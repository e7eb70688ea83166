"""Runs: matter conserved, batches kept whole, interrupted runs resumed to the same bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import epidot
from epidot.errors import InputError
from epidot.growth.conservation import relative_errors
from epidot.growth.flask import Flask
from epidot.growth.meanfield import MeanField
from epidot.growth.state import FlaskState
from epidot.mechanism import load as mechanisms
from epidot.recipe import recipe as recipes
from epidot.recipe.stockroom import Stockroom
from epidot.runs import checkpoint, halide
from epidot.runs.batch import Batch
from epidot.runs.order import Order, order_from
from epidot.runs.output import write_data
from epidot.runs.run import carry_out, run_flask

SMALL = "choi2023/inp-se"


@pytest.fixture(scope="module")
def batch() -> Batch:
    return carry_out(order_from(SMALL, dots=12, seed=4))


@pytest.mark.parametrize("engine", ["meanfield", "kmc"])
def test_a_flask_that_ends_at_a_sample_is_the_same_until_there(engine: str) -> None:
    order = order_from("choi2023/inp-znse", engine=engine, dots=1)
    whole, part = run_flask(order), run_flask(order, until=("start", "10 min"))
    assert [one.name for one in part.done.taken] == ["10 min"]
    same = whole.done.taken[0].state
    assert part.done.state.surface == same.surface
    assert part.done.state.liquor == same.liquor
    assert part.done.done < whole.done.done
    assert run_flask(order, until=("start",)).done.done == 0
    assert run_flask(order, until=("10 min", "end")).done.done == whole.done.done


def _finished(name: str) -> dict[str, float]:
    """The recipe carried through its flask; relative error per element."""
    recipe = recipes.load(name)
    mechanism = mechanisms.load()
    flask = Flask(recipe.timeline(), MeanField(mechanism), mechanism, name, halide.transport(mechanism))
    first = flask.begin(FlaskState.at_start(recipe))
    stockroom = Stockroom(recipe.header.reagents)

    def elements(species: str) -> dict[str, float]:
        known = mechanism.species.get(species)
        return dict(known.elements if known is not None else stockroom.elements(species))

    return relative_errors(first.state, flask.run(first), mechanism, elements)


def test_a_recipe_read_in_python_is_run_as_its_file_is() -> None:
    told = {"dots": 3, "engine": "meanfield"}
    by_name, as_such = epidot.run(SMALL, **told), epidot.run(recipes.load(SMALL), **told)
    assert as_such.summary() == by_name.summary()


@pytest.mark.parametrize("name", recipes.shipped())
def test_every_element_is_conserved_through_every_recipe(name: str) -> None:
    errors = _finished(name)
    assert errors
    assert max(errors.values()) < 1e-10


def test_a_batch_is_read_back_as_it_was_written(batch: Batch, tmp_path: Path) -> None:
    batch.save(tmp_path / "batch.nc")
    again = Batch.load(tmp_path / "batch.nc")
    assert again.summary() == batch.summary()
    assert again.steps == batch.steps
    for name, values in batch.history.items():
        assert np.array_equal(again.history[name], values)
    for old, new in zip(batch.samples, again.samples, strict=True):
        assert old.population is not None
        assert new.population is not None
        assert new.population.dot == old.population.dot
        assert np.array_equal(new.population.core_diameters_nm, old.population.core_diameters_nm)
        for name, values in old.spectra.items():
            assert np.array_equal(new.spectra[name], values)
    assert [p.name for p in tmp_path.iterdir()] == ["batch.nc"]


def test_the_same_order_gives_the_same_files(batch: Batch, tmp_path: Path) -> None:
    write_data(batch, tmp_path / "a")
    write_data(carry_out(order_from(SMALL, dots=12, seed=4)), tmp_path / "b")
    for name in ("summary.json", "dots.extxyz", "batch.nc"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_processes_change_nothing(batch: Batch, tmp_path: Path) -> None:
    shared = carry_out(order_from(SMALL, dots=12, seed=4), jobs=2)
    write_data(batch, tmp_path / "a")
    write_data(shared, tmp_path / "b")
    for name in ("summary.json", "dots.extxyz", "batch.nc"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_another_seed_has_other_dots_of_the_same_sizes(batch: Batch) -> None:
    other = carry_out(order_from(SMALL, dots=12, seed=5))
    first, second = batch.samples[0].population, other.samples[0].population
    assert first is not None
    assert second is not None
    cut = [[dot.core_diameter_nm for dot in one.samples[0].grown] for one in (batch, other)]
    assert cut[0] == cut[1]
    assert first.members != second.members


def test_an_interrupted_run_goes_on_to_the_same_bits(batch: Batch, tmp_path: Path) -> None:
    order = order_from(SMALL, dots=12, seed=4)
    seen: list[str] = []

    def interrupt(fraction: float, text: str) -> None:
        seen.append(text)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(order, folder=tmp_path, progress=interrupt)
    told: list[str] = []
    resumed = carry_out(
        order, folder=tmp_path, resume=True, progress=lambda fraction, text: told.append(text)
    )
    assert seen[0] not in told[: len(told) - len(batch.samples)] or seen[0] != told[0]
    assert len(told) < len(batch.steps) + len(batch.samples)
    assert resumed.summary() == batch.summary()
    for name, values in batch.history.items():
        assert np.array_equal(resumed.history[name], values), name


def test_a_checkpoint_of_another_order_is_refused(tmp_path: Path) -> None:
    def stop(fraction: float, text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(order_from(SMALL, dots=12, seed=4), folder=tmp_path, progress=stop)
    assert (tmp_path / checkpoint.NAME).exists()
    with pytest.raises(InputError, match="another seed"):
        carry_out(order_from(SMALL, dots=12, seed=9), folder=tmp_path, resume=True)
    (tmp_path / checkpoint.NAME).write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="without --resume"):
        carry_out(order_from(SMALL, dots=12, seed=4), folder=tmp_path, resume=True)


def test_orders_are_checked() -> None:
    recipe = recipes.load(SMALL)
    with pytest.raises(InputError, match="meanfield"):
        Order(recipe, engine="meanfeild")
    with pytest.raises(InputError, match="at least one dot"):
        Order(recipe, dots=0)
    with pytest.raises(InputError, match="no such hypothesis"):
        Order(recipe, hypothesis="H9")


@pytest.mark.parametrize("content", [b"", b"not netCDF", b"\x89HDF\r\n\x1a\n" + b"\0" * 100])
def test_files_that_are_no_batch_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "b.nc"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"b\.nc"):
        Batch.load(path)


def test_a_repeated_batch_takes_what_is_given_even_nought(batch: Batch, tmp_path: Path) -> None:
    batch.save(tmp_path / "batch.nc")
    path = str(tmp_path / "batch.nc")
    assert (order_from(path).seed, order_from(path).dots) == (4, 12)
    assert order_from(path, seed=0).seed == 0
    assert order_from(path, dots=3).dots == 3
    for source in (path, SMALL):
        with pytest.raises(InputError, match="at least one dot"):
            order_from(source, dots=0)
