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
    done = epidot("fit", "tcspc", decay, "--period", "200", "--exponentials", "1", "--json")
    assert done.status == 0
    assert list(done.json)[:4] == ["technique", "model", "files", "parameters"]
    told = done.json["technique"], done.json["model"], done.json["files"]
    assert told == ("tcspc", "exponentials", [decay])
    assert done.json["quality"]["status"] in ("converged", "at a bound")  # of the response: it has no width
    assert isinstance(done.json["warnings"], list)
    tau = done.json["parameters"]["tau1_ns"]
    assert {"value", "sigma", "unit", "interval", "shape"} <= set(tau)
    assert tau["unit"] == "ns"
    assert abs(tau["value"] - 15) < 4 * tau["sigma"]
    assert tau["interval"][0] < tau["value"] < tau["interval"][1]
    assert all(p["shape"] in SHAPES for p in done.json["parameters"].values())


def test_the_table_names_unit_interval_and_shape(epidot: Epidot, decay: str) -> None:
    done = epidot("fit", "tcspc", decay, "--period", "200", "--exponentials", "1")
    assert done.status == 0
    assert "68 % interval" in done.out
    assert "bounded" in done.out


def test_an_unknown_model_names_the_nearest(epidot: Epidot, decay: str) -> None:
    done = epidot("fit", "tcspc", decay, "--period", "200", "--model", "stretch")
    assert done.status == 2
    assert "no such model" in done.err
    assert "stretched" in done.err


@pytest.mark.parametrize("name", instruments.names())
def test_help_shows_an_example_and_the_models(epidot: Epidot, name: str) -> None:
    done = epidot("fit", name, "--help")
    assert done.status == 0
    assert f"epidot fit {name} FILE --model" in done.out


def test_picture_curve_and_result_are_written(epidot: Epidot, decay: str, tmp_path: Path) -> None:
    call = ("fit", "tcspc", decay, "--period", "200", "--exponentials", "1", "--json")
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
    edges = np.arange(0, 200.1, 0.2)
    mu = np.rint(2_000_000 * -np.diff(np.exp(-edges / 44)) + 0.5)
    rows = "\n".join(f"{a:g},{b:g}" for a, b in zip(edges[:-1], mu, strict=True))
    (tmp_path / "one.csv").write_text(f"time (ns),counts\n{rows}\n", encoding="utf-8")
    call = ("fit", "tcspc", "one.csv", "--period", "none", "--start-ns", "1", "--exponentials", "2")
    done = epidot(*call, "--json")
    assert done.status == 0, done.err
    shapes = {name: found["shape"] for name, found in done.json["parameters"].items()}
    assert shapes["tau1_ns"] in ("upper only", "flat")
    assert shapes["tau2_ns"] in ("lower only", "flat")
    assert all((p["sigma"] is None) == (p["shape"] != "bounded") for p in done.json["parameters"].values())


def _several(folder: Path) -> None:
    """Two lifetimes in other shares, photon by photon: three files, and the same as columns of one."""
    rng = np.random.default_rng(9)
    edges = np.arange(0, 200.1, 0.2)
    columns = []
    for k, share in enumerate((0.2, 0.5, 0.8), start=1):
        tau = np.where(rng.random(40_000) < share, 5.0, 50.0)
        arrival = 20 + rng.normal(0, 0.3, tau.size) + rng.exponential(tau)
        counts = np.histogram(arrival % 200, edges)[0] + rng.poisson(1, edges.size - 1)
        rows = "\n".join(f"{a:g},{b}" for a, b in zip(edges[:-1], counts, strict=True))
        (folder / f"run{k}.csv").write_text(f"time (ns),counts\n{rows}\n", encoding="utf-8")
        columns.append(counts)
    rows = "\n".join(f"{a:g},{b},{c},{d}" for a, b, c, d in zip(edges[:-1], *columns, strict=True))
    (folder / "all.csv").write_text(f"time (ns),a,b,c\n{rows}\n", encoding="utf-8")


def test_several_files_or_columns_make_one_fit(epidot: Epidot, tmp_path: Path) -> None:
    _several(tmp_path)
    call = ("--period", "200", "--exponentials", "2", "--shared", "tau1,tau2", "--json")
    done = epidot("fit", "tcspc", "run*.csv", *call, "--curve", "fit.csv")
    assert done.status == 0, done.err
    assert done.json["files"] == ["run1.csv", "run2.csv", "run3.csv"]
    found = done.json["parameters"]
    assert abs(found["tau2_ns"]["value"] - 50) < 4 * found["tau2_ns"]["sigma"]
    assert {"counts1[1]", "counts1[3]", "counts2[2]", "background[3]"} <= set(found)
    shares = [one["quantities"]["fraction1"]["value"] for one in done.json["results"]]
    assert shares == pytest.approx([0.2, 0.5, 0.8], abs=0.05)
    assert [one["file"] for one in done.json["results"]] == done.json["files"]
    covariance = done.json["covariance"]
    i = covariance["names"].index("tau2_ns")
    assert covariance["matrix"][i][i] == pytest.approx(found["tau2_ns"]["sigma"] ** 2)
    lines = (tmp_path / "fit.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("curve,time_ns,data,model,residuals")
    assert {line.split(",")[0] for line in lines[1:]} == set(done.json["files"])
    columns = epidot("fit", "tcspc", "all.csv", "--columns", "all", *call)
    assert columns.json["files"] == ["all.csv [a]", "all.csv [b]", "all.csv [c]"]
    assert columns.json["parameters"]["tau2_ns"] == found["tau2_ns"]


def test_held_bounded_and_refused_parameters(epidot: Epidot, tmp_path: Path) -> None:
    _several(tmp_path)
    call = ("fit", "tcspc", "run1.csv", "--period", "200", "--exponentials", "2")
    done = epidot(*call, "--fix", "tau1=5ns", "--bound", "tau2=10:48", "--json")
    assert done.status == 0, done.err
    assert done.json["parameters"]["tau1_ns"]["value"] == 5
    assert done.json["parameters"]["tau1_ns"]["note"] == "held"
    assert done.json["parameters"]["tau2_ns"]["value"] == pytest.approx(48)
    assert done.json["quality"]["status"] == "at a bound"
    assert "tau2_ns ended at the highest value" in done.json["quality"]["message"]
    wrong = epidot(*call, "--fix", "tau7=5", "--bound", "tau2=nought:1", "--fix", "beta")
    assert wrong.status == 2
    assert "cannot read what is to be fixed, saw 'beta'" in wrong.err
    wrong = epidot(*call, "--fix", "tau7=5", "--bound", "tau2=nought:1", "--fix", "counts1=1ps")
    assert wrong.err.count("epidot: ") == 3
    assert "no such parameter, saw 'tau7'" in wrong.err
    alone = epidot(*call, "--shared", "tau1")
    assert alone.status == 2
    assert "there is one curve" in alone.err


def test_a_pattern_is_fitted_alone(epidot: Epidot, tmp_path: Path) -> None:
    rows = "\n".join(f"{20 + 0.1 * i:g},{100 + i % 7}" for i in range(400))
    for name in ("a.xy", "b.xy"):
        (tmp_path / name).write_text(f"# 2theta counts\n{rows}\n", encoding="utf-8")
    done = epidot("fit", "xrd", "a.xy", "b.xy", "--phase", "InP", "--radiation", "Cu")
    assert done.status == 2
    assert "xrd.fit takes one curve, saw '2'; fit them one by one" in done.err


def _spectra(folder: Path, technique: str) -> None:
    """Two bands at 2.2 and 2.0 eV with other heights in two files; absorbances rise towards the blue."""
    rng = np.random.default_rng(3)
    for name, share in (("a.csv", 0.3), ("b.csv", 0.6)):
        nm = np.arange(420, 781)
        E = 1239.841984 / nm
        bells = np.exp(-0.5 * ((E - 2.2) / 0.06) ** 2) + share * np.exp(-0.5 * ((E - 2.0) / 0.06) ** 2)
        if technique == "pl":
            head, y = "wavelength (nm),counts", rng.poisson(5 + 4000 * (E / 2.2) ** 2 * bells)
        else:
            rise = 0.3 / (1 + np.exp(-(E - 2.6) / 0.08))
            head, y = "wavelength (nm),absorbance", 0.4 * bells + rise + 4e-4 * rng.standard_normal(nm.size)
        rows = "\n".join(f"{a},{b:.6g}" for a, b in zip(nm, y, strict=True))
        (folder / name).write_text(f"{head}\n{rows}\n", encoding="utf-8")


@pytest.mark.parametrize("technique", ["pl", "uvvis"])
def test_spectra_share_what_they_are_told(epidot: Epidot, tmp_path: Path, technique: str) -> None:
    _spectra(tmp_path, technique)
    call = ("fit", technique, "a.csv", "b.csv", "--model", "bands", "--bands", "2", "--json")
    done = epidot(*call, "--shared", "centre1,sigma1", "--bound", "centre2=1.8:2.5eV", "-o", "fit.json")
    assert done.status == 0, done.err
    assert done.json == json.loads((tmp_path / "fit.json").read_text(encoding="utf-8"))
    assert done.json["files"] == ["a.csv", "b.csv"]
    found = done.json["parameters"]
    assert {"centre1_eV", "sigma1_eV", "height1[1]", "height1[2]", "centre2_eV[2]", "offset[1]"} <= set(found)
    assert "centre1_eV[1]" not in found
    first, second = (2.2, 2.0) if technique == "pl" else (2.0, 2.2)  # from the blue, from the red
    for name, centre in (("centre1_eV", first), ("centre2_eV[1]", second), ("centre2_eV[2]", second)):
        assert found[name]["shape"] == "bounded"
        assert abs(found[name]["value"] - centre) < 4 * found[name]["sigma"] + 2e-3
    assert [one["file"] for one in done.json["results"]] == ["a.csv", "b.csv"]
    table = epidot(*call[:-1], "--shared", "centre1,sigma1")
    assert table.status == 0
    assert table.out.count("height1[2]") == 1


@pytest.mark.parametrize("technique", ["pl", "uvvis"])
def test_every_fault_of_the_limits_of_a_spectrum_at_once(
    epidot: Epidot, tmp_path: Path, technique: str
) -> None:
    _spectra(tmp_path, technique)
    call = ("fit", technique, "a.csv", "b.csv", "--model", "bands", "--bands", "2")
    wrong = epidot(
        *(*call, "--fix", "center1=2.1", "--fix", "sigma1=-0.1eV", "--bound", "centre2=2.1:2.0"),
        *("--bound", "sigma1_eV[2]=0.01:0.1", "--fix", "height1=3nm", "--shared", "widths"),
    )
    assert wrong.status == 2
    for told in (
        "no such parameter, saw 'center1'; nearest valid: centre1_eV",
        "sigma1_eV lies outside its domain",
        "the bounds of centre2_eV hold nothing, saw '2.1:2.0'",
        "height1 has no such unit, saw '3nm'",
        "no such parameter, saw 'widths'",
    ):
        assert told in wrong.err
    assert wrong.err.count("epidot: ") == 5
    twice = epidot(*call, "--fix", "sigma1=0.06", "--bound", "sigma1_eV[2]=0.01:0.1")
    assert "sigma1_eV is fixed or bounded twice, saw 'sigma1 and sigma1_eV[2]'" in twice.err
    alone = epidot("fit", technique, "a.csv", "--shared", "offset")
    assert "nothing can be shared: there is one curve" in alone.err
    other = {"pl": ("gaussian", "has one band"), "uvvis": ("population", "needs a material")}[technique]
    assert other[1] in epidot("fit", technique, "a.csv", "--model", other[0], "--bands", "2").err
