"""The contract of the command line: status, one JSON object on stdout, messages on stderr."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Epidot = Callable[..., Any]
COMMANDS = (
    "run",
    "sweep",
    "calibrate",
    "suggest",
    "dose",
    "read",
    "measure",
    "fit",
    "simulate",
    "claims",
    "lint",
    "ui",
)
QUICK = "choi2023/inp-zn"
QUANTITIES = [
    "shell_layers",
    "coverage",
    "roughness_nm",
    "oxide_per_dot",
    "crystalline_fraction",
    "first_exciton_nm",
    "pl_peak_nm",
    "pl_fwhm_nm",
    "plqy",
    "tau_amplitude_ns",
    "tau_intensity_ns",
    "strain_core",
]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "measure pl a.csv --bnads 2",
            "epidot measure pl: no such option, saw '--bnads'; nearest valid: --bands",
        ),
        (
            "fit uvvis a.csv --colum 2",
            "epidot fit uvvis: no such option, saw '--colum'; nearest valid: --column",
        ),
        ("measure pl a.csv --bands", "--bands needs a value: a whole number, saw '--bands'"),
        ("measure pl a.csv --bands two", "--bands must be a whole number, saw 'two'"),
        ("measure pl a.csv --excitation=blue", "--excitation must be a number, saw 'blue'"),
        ("measure pl a.csv --jobs 0", "--jobs must be a whole number from 1 to 256, saw '0'"),
        ("measure pl a.csv --json=3", "--json takes no value, saw '--json=3'; write --json alone"),
        ("measure pl", "epidot measure pl: FILE is missing; for example `epidot measure pl FILE --json`"),
        ("measur pl a.csv", "epidot: no such command, saw 'measur'; nearest valid: measure"),
        ("dose --excess x", "epidot dose: --excess must be a number, saw 'x'"),
        ("dose foo", "epidot dose: more words than the command takes, saw 'foo'; for example `epidot dose "),
        ("dose --diameter 3.3", "--diameter: cannot read this length, saw '3.3'; it needs a unit"),
        ("run", "epidot run: RECIPE is missing; for example `epidot run "),
        ("run r.yaml --dots x", "epidot run: --dots must be a whole number, saw 'x'"),
        ("claims --ids C004", "epidot claims: no such option, saw '--ids'; nearest valid: --id"),
        ("lint --jsn", "epidot lint: no such option, saw '--jsn'; nearest valid: --json"),
        ("read --column", "--column needs a value"),
        ("simulate pl dot.yaml --counts ten", "epidot simulate pl: --counts must be a number, saw 'ten'"),
    ],
)
def test_the_parser_speaks_as_the_house_does(words: str, said: str, epidot: Epidot) -> None:
    """What, where, the value seen, the nearest valid, what to do; nothing else."""
    done = epidot(*words.split())
    assert done.status == 2
    assert not done.out
    assert said in done.err
    assert done.err.startswith("epidot: ")
    assert "Usage" not in done.err


def test_options_are_named_as_they_are_typed(epidot: Epidot, tmp_path: Path) -> None:
    rows = "".join(f"{g},{1 / g}\n" for g in range(1, 9))
    (tmp_path / "d.csv").write_text(f"gradient (G/cm),line\n{rows}", encoding="utf-8")
    done = epidot("measure", "dosy", "d.csv")
    assert done.status == 2
    assert "give --delta-ms (" in done.err
    assert "give --big-delta-ms (" in done.err
    assert "option delta_ms" not in done.err


def test_help_names_every_command(epidot: Epidot) -> None:
    done = epidot("--help")
    assert done.status == 0
    for command in COMMANDS:
        assert command in done.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(epidot: Epidot, command: str) -> None:
    done = epidot(command, "--help")
    assert done.status == 0
    assert "Example: epidot " + command in done.out


def test_version(epidot: Epidot) -> None:
    assert epidot("--version").out.strip() == "0.1.0"


def test_what_was_loaded_is_not_looked_through_when_a_command_ends() -> None:
    import subprocess
    import sys

    code = (
        "import atexit, gc, sys\natexit.register(lambda: print(gc.get_freeze_count() > 0))\n"
        "sys.argv = ['epidot', '--version']\nfrom epidot.cli import main\nmain()"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "True"


def test_help_imports_nothing_heavy(epidot: Epidot) -> None:
    import subprocess
    import sys

    heavy = ["numpy", "scipy", "matplotlib", "pint", "xarray", "h5py", "ase", "rich"]
    code = (
        "import sys\nfrom epidot.cli.app import build\n"
        "try: build(['--help'])(['--help'])\nexcept SystemExit: pass\n"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"


def test_a_run_leaves_everything_it_promises(epidot: Epidot, tmp_path: Path) -> None:
    done = epidot("run", QUICK, "--no-interval", "-o", "out", "--dots", "20", "--seed", "3", "--json")
    assert done.status == 0, done.err
    summary = done.json
    assert summary["seed"] == 3
    assert summary["dots"] == 20
    assert summary["engine"] == "kmc"
    assert json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8")) == summary
    for name in ("batch.nc", "dots.extxyz", "report.html"):
        assert (tmp_path / "out" / name).stat().st_size > 100
    for sample in summary["samples"]:
        assert set(QUANTITIES) <= set(sample["quantities"])
        assert any(name.startswith("adatoms_") for name in sample["quantities"])
        assert any(name.startswith("ligands_") for name in sample["quantities"])
    assert max(summary["conservation"].values()) < 1e-10
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "batch.nc",
        "dots.extxyz",
        "report.html",
        "summary.json",
    ]
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "http://" not in report.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
    again = epidot("run", "out/batch.nc", "--no-interval", "-o", "again", "--json")
    assert again.status == 0, again.err
    assert again.json["samples"] == summary["samples"]
    assert (tmp_path / "again" / "summary.json").read_bytes() == (
        tmp_path / "out" / "summary.json"
    ).read_bytes()
    simulated = epidot("simulate", "pl", "out", "-o", "pl.csv", "--json")
    assert simulated.status == 0, simulated.err
    measured = epidot("measure", "pl", "pl.csv", "--json").json
    assert measured["technique"] == "pl"
    expected = summary["samples"][-1]["quantities"]["pl_peak_nm"]["value"]
    assert measured["quantities"]["peak_nm"]["value"] == pytest.approx(expected, abs=3)
    tube = ("--from-ppm", "3.6", "--to-ppm", "6.4", "--noise", "0.0002")
    shown = epidot("simulate", "nmr", "out", "-o", "nmr.csv", *tube, "--json")
    assert shown.status == 0, shown.err
    told = ("--standard", "ferrocene", "--standard-nmol", "1000", "--dots-nmol", "3.5")
    counted = epidot("measure", "nmr", "nmr.csv", *told, "--json").json["quantities"]["ligands_per_dot"]
    carried = summary["samples"][-1]["quantities"]["ligands_OA_per_dot"]["value"]
    assert counted["value"] == pytest.approx(carried, abs=3 * counted["sigma"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "choi2023/inp-znsee"], "choi2023/inp-znse"),
        (["run", "no-such-file.yaml"], "no such file"),
        (["run", "."], "folder"),
        (["run", QUICK, "--engine", "fields"], "meanfield"),
        (["run", QUICK, "-o", str(Path(__file__))], "folder"),
        (["run", QUICK, "--dots", "0"], "0"),
        (["run", "nothing.nc"], "no such file"),
        (["dose", "--core", "InQ", "--diameter", "3.3nm", "--amount", "220nmol", "--shell", "ZnSe:2"], "InP"),
        (["dose", "--core", "InP", "--shell", "ZnSe:2"], "diameter"),
        (["read", "nothing.csv"], "no such file"),
        (["measure", "uvviz", "nothing.csv"], "uvvis"),
        (["measure", "uvvis", "nothing.csv"], "no such file"),
        (["measure", "uvvis", "nothing.csv", "--no-such-option"], "--no-such-option"),
        (["simulate", "pl", "nothing.yaml"], "no such file"),
        (["simulate", "plx", "nothing.yaml"], "pl"),
        (["claims", "--id", "C999"], "C999"),
        (["claims", "choi2032"], "choi2023"),
        (["clams"], "clams"),
    ],
)
def test_bad_input_is_status_2_with_the_nearest_choice(
    epidot: Epidot, tmp_path: Path, arguments: list[str], says: str
) -> None:
    done = epidot(*arguments)
    assert done.status == 2, done.err
    assert says in done.err
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


TWO_HALIDES = """\
recipe: 1
title: one halide after another
core: {material: InP, diameter: 3.3 nm, amount: 100 nmol}
solvent: {reagent: ODE, volume: 20 mL}
steps:
  - shell: {material: ZnSe, thickness: 0.7 nm, described: grown before}
  - heat: 240 °C
  - add: {reagent: ZnBr2, concentration: 0.2 M, in: {OAm: 2, ODE: 13}, volume: 1 mL}
  - hold: 10 min
  - add: {reagent: ZnCl2, concentration: 0.2 M, in: {OAm: 2, ODE: 13}, volume: 1 mL}
  - hold: 10 min
  - sample: treated
"""


def test_what_cannot_be_carried_out_yet_is_named(epidot: Epidot, tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(TWO_HALIDES, encoding="utf-8")
    done = epidot("run", "two.yaml", "--dots", "1", "-o", "out")
    assert done.status == 1, done.err
    assert "one after the other in one flask" in done.err
    assert not (tmp_path / "out").exists()


def test_describe_of_what_is_no_batch_says_what_it_wants(epidot: Epidot, tmp_path: Path) -> None:
    for name, content in {"dot.yaml": b"# a dot\ncore: InP\n", "x.nc": b"\x00\xff\x1b[31m" * 9}.items():
        (tmp_path / name).write_bytes(content)
        done = epidot("describe", name)
        assert done.status == 2
        assert "no netCDF file" in done.err
        assert "give the batch.nc that `epidot run` wrote" in done.err
        assert "OSError" not in done.err
        assert "\x1b" not in done.err


def test_lint_says_what_a_mechanism_is_and_refuses_a_broken_one(epidot: Epidot) -> None:
    good = epidot("lint", "choi2023", "--json")
    assert good.status == 0
    assert good.json["engines"] == ["meanfield", "kmc"]
    assert {f["level"] for f in good.json["findings"]} == {"remark"}
    assert any("hop.d[S] undoes itself" in f["what"] for f in good.json["findings"])  # seen on the lattice
    bad = epidot("lint", Path(__file__).parents[1] / "bad_inputs" / "mechanisms" / "many.yaml")
    assert bad.status == 2
    assert "many.yaml:" in bad.err
    none = epidot("lint")
    assert none.status == 2
    assert "choi2023" in none.err  # what there is to name


def test_a_mechanism_of_ones_own(epidot: Epidot, tmp_path: Path) -> None:
    """It runs, the batch says which it was, and only the same file repeats it."""
    from importlib import resources

    shipped = (resources.files("epidot") / "data" / "mechanisms" / "choi2023.yaml").read_text(
        encoding="utf-8"
    )
    mine = tmp_path / "mine.yaml"
    mine.write_text(shipped.replace("name: choi2023", "name: mine", 1), encoding="utf-8")
    run = ("run", QUICK, "--no-interval", "--engine", "meanfield", "--dots", "2", "-o", "a")
    assert epidot(*run, "--mechanism", mine).status == 0
    again = epidot("run", tmp_path / "a" / "batch.nc", "--no-interval", "-o", "b")
    assert again.status == 2
    assert "give it again with --mechanism" in again.err
    assert (
        epidot("run", tmp_path / "a" / "batch.nc", "--no-interval", "-o", "b", "--mechanism", mine).status
        == 0
    )
    assert (tmp_path / "a" / "batch.nc").read_bytes() == (tmp_path / "b" / "batch.nc").read_bytes()
    assert epidot(*run, "--mechanism", "none.yaml").status == 2


def test_few_dots_say_how_far_others_may_lie(epidot: Epidot, tmp_path: Path) -> None:
    done = epidot("run", QUICK, "--dots", "4", "--no-interval", "-o", "few")
    assert done.status == 0
    first = done.out.splitlines()[1]
    assert re.fullmatch(r"purified: PL [0-9.]+ ± [0-9.]+ nm, PLQY [0-9.]+ ± [0-9.]+ % from 4 dots", first), (
        first
    )
    assert "± sampling" in done.out
    assert "68 % of the model" not in done.out
    one = epidot("run", QUICK, "--dots", "1", "--no-interval", "-o", "one")
    assert "±" not in one.out
    assert "One dot has no spread of sizes: its lines are narrower than the flask's" in one.out
    mean = epidot("run", QUICK, "--dots", "1", "--no-interval", "--engine", "meanfield", "-o", "mean")
    assert "One dot" not in mean.out
