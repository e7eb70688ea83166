"""A batch as tables: they hold what the summary says."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import epidot
from epidot.quantities import Quantities, Quantity, Series
from epidot.runs.batch import Batch


@pytest.fixture(scope="module")
def batch() -> Batch:
    return epidot.run(
        {
            "recipe": 1,
            "core": {"material": "InP", "diameter": "2.4 nm", "amount": "100 nmol", "sigma": "5 %"},
            "solvent": {"reagent": "squalane", "volume": "10 mL"},
            "steps": [
                {"sample": "before"},
                {"heat": "200 °C"},
                {"add": {"reagent": "SePR3", "amount": "0.05 mmol"}},
                {"hold": "5 min"},
                {"sample": "after"},
            ],
        },
        dots=3,
        engine="meanfield",
    )


def test_the_dataset_and_the_table_say_what_the_summary_says(batch: Batch, tmp_path: Path) -> None:
    dataset, table = batch.to_xarray(), batch.to_dataframe()
    samples = batch.summary()["samples"]
    assert list(dataset.sample.values) == list(table.index) == ["before", "after"]
    for sample in samples:
        name = sample["name"]
        assert table.loc[name, "time_s"] == sample["time_s"]
        for quantity, said in sample["quantities"].items():
            for found in (float(dataset[quantity].sel(sample=name)), float(table.loc[name, quantity])):
                assert found == said["value"] if said["value"] is not None else np.isnan(found)
            assert dataset[quantity].attrs["units"] == table.attrs["units"][quantity] == said["unit"]
    for one in batch.samples:
        emission = dataset.emission.sel(sample=one.name).dropna("nm")
        assert np.array_equal(emission.nm, one.spectra["nm"])
        assert np.array_equal(emission, one.spectra["emission"])
    assert np.array_equal(dataset["history__temperature_K"], batch.history["temperature_K"])
    dataset.to_netcdf(tmp_path / "tables.nc", engine="h5netcdf")


def test_a_batch_comes_back_in_its_order_and_opens_in_xarray(batch: Batch, tmp_path: Path) -> None:
    import xarray as xr

    batch.save(tmp_path / "batch.nc")
    again = Batch.load(tmp_path / "batch.nc")
    assert list(again.history) == list(batch.history)
    assert list(again.to_dataframe()) == list(batch.to_dataframe())
    assert list(again.to_xarray()) == list(batch.to_xarray())
    for one, other in zip(batch.samples, again.samples, strict=True):
        assert list(other.quantities) == list(one.quantities)
        assert list(other.spectra) == list(one.spectra)
    with xr.open_dataset(tmp_path / "batch.nc", engine="h5netcdf") as dataset:
        assert np.array_equal(dataset["temperature_K"], batch.history["temperature_K"])
        assert dataset["sample1__emission"].dims == ("wavelength_1",)


def test_a_batch_without_samples_is_an_empty_table() -> None:
    bare = Batch("none", "", 0, 1, "meanfield", (), {}, {}, {}, {}, {})
    assert len(bare.to_dataframe()) == 0
    assert dict(bare.to_xarray().sizes) == {"sample": 0}


def test_quantities_are_a_table_by_name() -> None:
    found = Quantities(
        "pl",
        {
            "peak_nm": Quantity(590.0, 0.5, "nm", "fit"),
            "second_nm": Quantity(None, None, "nm", "fit", "none"),
        },
        series={"round": Series((1.0, None), (0.1, None), "nmol", "sum")},
    )
    table = found.to_frame()
    assert list(table.index) == ["round_1", "round_2", "peak_nm", "second_nm"]
    assert table.loc["peak_nm", "value"] == 590.0
    assert table.loc["second_nm", "note"] == "none"
    assert np.isnan(table.loc["second_nm", "value"])
    assert np.isnan(table.loc["round_2", "sigma"])


def test_without_pandas_it_is_said(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **keywords: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *rest, **keywords)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(epidot.InputError, match="pandas, which is not installed"):
        batch.to_dataframe()
