"""``epidot fit``: a model by name, its parameters with intervals, and refusals that help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from epidot import instruments

Epidot = Callable[..., Any]
SHAPES = {"bounded", "lower only", "upper only", "flat", "several"}


@pytest.fixture
def decay(tmp_path: Path) -> str:
    """A decay of 15 ns behind a 0.3 ns response, 200 ns between pulses."""
    rng = np.random.default_rng(5)
    t = np.arange(0, 200, 0.2)
    counts = rng.poisson(2 + 5000 * np.exp(-np.clip(t - 20, 0, None) / 15) * (t >= 20))
    rows = "\n".join(f"{a:g},{b}" for a, b in zip(t, counts, strict=True))
    (tmp_path / "decay.csv").write_text(f"time (ns),counts\n{rows}\n", encoding="utf-8")
    return "decay.csv"


def test_the_json_is_the_contract(epidot: Epidot, decay: str) -> None:
    done = epidot("fit", "tcspc", decay, "--period", "200", "--model", "exponential", "--json")
    assert done.status == 0
    assert list(done.json)[:4] == ["technique", "model", "files", "parameters"]
    assert (done.json["technique"], done.json["model"], done.json["files"]) == (
        "tcspc",
        "exponential",
        [decay],
    )
    assert done.json["quality"]["status"] in ("converged", "at a bound")  # of the response: it has no width
    assert isinstance(done.json["warnings"], list)
    tau = done.json["parameters"]["tau1_ns"]
    assert {"value", "sigma", "unit", "interval", "shape"} <= set(tau)
    assert tau["unit"] == "ns"
    assert abs(tau["value"] - 15) < 4 * tau["sigma"]
    assert tau["interval"][0] < tau["value"] < tau["interval"][1]
    assert all(p["shape"] in SHAPES for p in done.json["parameters"].values())


def test_the_table_names_unit_interval_and_shape(epidot: Epidot, decay: str) -> None:
    done = epidot("fit", "tcspc", decay, "--period", "200", "--model", "exponential")
    assert done.status == 0
    assert "68 % interval" in done.out
    assert "bounded" in done.out


def test_an_unknown_model_names_the_nearest(epidot: Epidot, decay: str) -> None:
    done = epidot("fit", "tcspc", decay, "--period", "200", "--model", "biexp")
    assert done.status == 2
    assert "no such model" in done.err
    assert "biexponential" in done.err


@pytest.mark.parametrize("name", instruments.names())
def test_help_shows_an_example_and_the_models(epidot: Epidot, name: str) -> None:
    done = epidot("fit", name, "--help")
    assert done.status == 0
    assert f"epidot fit {name} FILE --model" in done.out
    assert "--plot" not in done.out


def test_what_the_data_do_not_fix_has_no_bounds(epidot: Epidot, tmp_path: Path) -> None:
    """Two exponentials on a decay of one: a lifetime ± more than itself is not bounded."""
    rng = np.random.default_rng(8)
    edges = np.arange(0, 200.1, 0.2)
    mu = 20_000 * -np.diff(np.exp(-edges / 44)) + 0.5
    rows = "\n".join(f"{a:g},{b}" for a, b in zip(edges[:-1], rng.poisson(mu), strict=True))
    (tmp_path / "one.csv").write_text(f"time (ns),counts\n{rows}\n", encoding="utf-8")
    call = ("fit", "tcspc", "one.csv", "--period", "none", "--start-ns", "1", "--model", "biexponential")
    done = epidot(*call, "--json")
    assert done.status == 0, done.err
    for name, found in done.json["parameters"].items():
        if found["shape"] == "bounded":
            assert found["sigma"] < found["value"] or name == "background", name
        else:
            assert found["sigma"] is None
    assert any(p["shape"] == "flat" for p in done.json["parameters"].values())
