"""``epidot fit``: a model by name, its parameters with intervals, and refusals that help."""

from __future__ import annotations

import json
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


def test_picture_curve_and_result_are_written(epidot: Epidot, decay: str, tmp_path: Path) -> None:
    call = ("fit", "tcspc", decay, "--period", "200", "--model", "exponential", "--json")
    done = epidot(*call, "--plot", "fit.png", "--curve", "fit.csv", "-o", "fit.json")
    assert done.status == 0, done.err
    assert json.loads((tmp_path / "fit.json").read_text(encoding="utf-8")) == done.json
    assert (tmp_path / "fit.png").read_bytes()[:4] == b"\x89PNG"
    head, *rows = (tmp_path / "fit.csv").read_text(encoding="utf-8").splitlines()
    assert head.split(",")[:4] == ["time_ns", "data", "model", "residuals"]
    off = np.array([float(row.split(",")[3]) for row in rows])
    assert np.std(off) == pytest.approx(1, abs=0.1)


def test_a_spectrum_names_its_columns_alike(epidot: Epidot, tmp_path: Path) -> None:
    nm = np.arange(500, 701)
    E = 1239.842 / nm
    y = np.random.default_rng(2).poisson(5 + 1000 * E**2 * np.exp(-0.5 * ((E - 2.1) / 0.05) ** 2))
    rows = "\n".join(f"{a},{b}" for a, b in zip(nm, y, strict=True))
    (tmp_path / "pl.csv").write_text(f"wavelength (nm),counts\n{rows}\n", encoding="utf-8")
    assert epidot("fit", "pl", "pl.csv", "--curve", "fit.csv").status == 0
    head, *rows = (tmp_path / "fit.csv").read_text(encoding="utf-8").splitlines()
    assert head == "wavelength_nm,data,model,residuals"
    data, model, off = np.array([[float(c) for c in row.split(",")[1:]] for row in rows]).T
    assert np.all(np.sign(off) == np.sign(data - model))
    assert np.std(off) == pytest.approx(1, abs=0.2)


def test_a_fit_that_failed_leaves_with_one_and_writes_nothing(epidot: Epidot, tmp_path: Path) -> None:
    """Amounts that washing does not give: half of the bromide in the middle of the shell."""
    columns = "round,diameter (nm),Br (nmol),In (nmol),Zn (nmol)"
    head = f"# dots: 10 nmol\n# detection limit: 3 nmol\n{columns}\n0,10.3,,,\n"
    rounds = (
        "1,9.0,20,1,900\n2,7.6,45,1,700\n3,6.2,60,1,500\n4,4.8,30,2,300\n5,3.3,8,300,90\n6,0.0,3.5,700,5\n"
    )
    (tmp_path / "etch.csv").write_text(head + rounds, encoding="utf-8")
    call = ("fit", "etch", "etch.csv", "--treated-C", "300", "--model", "washing", "--starts", "1")
    done = epidot(*call, "-o", "fit.json", "--plot", "fit.png", "--curve", "fit.csv", "--json")
    assert done.status == 1, done.err
    assert "the fit failed: " in done.err
    assert done.json["quality"]["status"] == "failed"
    assert all(p["sigma"] is None and p["shape"] == "flat" for p in done.json["parameters"].values())
    assert all(
        q["sigma"] is None for q in done.json["quantities"].values() if not isinstance(q["value"], list)
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["etch.csv"]
    assert "failed: " in epidot(*call).out.splitlines()[0]


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
