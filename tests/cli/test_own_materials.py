"""A material is one file: gallium phosphide written in a folder of one's own goes through the commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Epidot = Callable[..., Any]

NUMBERS = {
    "a_nm": (0.545, "nm"), "Eg_eV": (2.78, "eV"), "Eg_X_eV": (2.27, "eV"), "dso_eV": (0.08, "eV"),
    "m_e": (0.13, "m0"), "gamma1": (4.2, "1"), "gamma2": (0.98, "1"), "gamma3": (1.66, "1"),
    "ac_eV": (-8.2, "eV"), "av_eV": (1.7, "eV"), "eps_inf": (9.1, "1"), "eps_opt": (11.1, "1"),
    "C11_GPa": (140, "GPa"), "C12_GPa": (62, "GPa"), "C44_GPa": (70, "GPa"), "Ev_eV": (-0.33, "eV"),
    "coherency": (1, "1"), "V_e_eV": (3.6, "eV"), "V_h_eV": (4.7, "eV"),
}  # fmt: skip
OPTICS = "optics: {source: me, status: measured, eV: [1, 3, 6], n: [3.2, 4, 2.5], k: [0, 0.2, 3]}\n"
IGNORED = ("--ignore", "zinc oleate")  # the mechanism knows the surface of InP only
RECIPE = """recipe: 1
title: cores of one's own
core: {{material: {core}, diameter: 3 nm, amount: 200 nmol, sigma: 8 %}}
solvent: {{reagent: ODE, volume: 10 mL}}
steps:
  {first}
  - heat: {{to: 200 °C, rate: 10 °C/min}}
  - add: {{reagent: {reagent}, amount: 0.2 mmol}}
  - hold: {{for: 10 min}}
  - sample: warm
"""


def written(folder: Path, more: str = OPTICS, name: str = "GaP", leave_out: tuple[str, ...] = ()) -> Path:
    """A folder with one material, its sources named in the file itself."""
    rows = [
        f"  {key}: {{value: {value}, unit: {unit!r}, status: literature, source: me}}"
        for key, (value, unit) in NUMBERS.items()
        if key not in leave_out
    ]
    head = ["formula: GaP", "structure: zinc blende", "sources: {me: a table of mine}", "parameters:"]
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text("\n".join([*head, *rows, more]), encoding="utf-8")
    return folder


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return written(tmp_path / "mine")


def test_dose(epidot: Epidot, mine: Path) -> None:
    asked = ("dose", "--core", "GaP", "--diameter", "3nm", "--amount", "1umol", "--shell", "GaP:2", "--json")
    done = epidot(*asked, "--materials", mine)
    assert done.status == 0
    assert "GaP in place of epidot's" in done.err
    assert set(done.json["totals_mmol"]) == {"Ga(OA)3", "P(TMS)3"}
    # the user's number is taken: layers of 0.545/sqrt 3 nm
    assert done.json["shells"][0]["layer_nm"] == pytest.approx(0.545 / 3**0.5, abs=1e-9)
    assert epidot(*asked).json["shells"][0]["layer_nm"] != done.json["shells"][0]["layer_nm"]


@pytest.mark.parametrize("verb", ["measure", "fit"])
@pytest.mark.parametrize(
    ("technique", "why"),
    [
        ("pl", "reads no numbers of a material, saw"),
        ("tcspc", "reads no numbers of a material, saw"),
        ("uvvis", "reads no numbers of a material without --material, saw"),
        ("xrd", "reads no numbers of a material without --phase, saw"),
    ],
)
def test_a_folder_that_is_not_read_is_refused(
    epidot: Epidot, mine: Path, verb: str, technique: str, why: str
) -> None:
    (mine.parent / "a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    done = epidot(verb, technique, "a.csv", "--materials", mine)
    assert done.status == 2
    assert f"epidot {verb} {technique} {why}" in done.err
    assert "leave --materials out" in done.err


def test_a_precursor_of_ones_own_or_none(epidot: Epidot, tmp_path: Path) -> None:
    chloride = "precursors:\n  Ga: {species: GaCl3, called: gallium chloride}\n"
    asked = ("dose", "--core", "InP", "--diameter", "3nm", "--amount", "1umol", "--json", "--shell")
    done = epidot(*asked, "GaP:1", "--materials", written(tmp_path / "chloride", chloride))
    assert "GaCl3" in done.json["totals_mmol"]
    folder = tmp_path / "antimonide"
    folder.mkdir()
    number = "{value: 0.6136, unit: nm, status: literature, source: crc}"
    (folder / "AlSb.yaml").write_text(
        f"formula: AlSb\nstructure: zinc blende\nparameters:\n  a_nm: {number}\n"
    )
    done = epidot(*asked, "AlSb:1", "--materials", folder)
    assert done.status == 0
    assert "no precursor of it is known" in done.out


def test_every_gap_is_told_at_once(epidot: Epidot, tmp_path: Path) -> None:
    few = written(tmp_path / "few", leave_out=("m_e", "Ev_eV", "C44_GPa", "eps_opt"))
    (tmp_path / "dot.yaml").write_text(
        "core: {material: GaP, diameter: 3 nm}\nshells: [{material: ZnS, layers: 2}]\n"
    )
    done = epidot("simulate", "pl", "dot.yaml", "--materials", few)
    assert done.status == 2
    assert "no m_e, Ev_eV, C44_GPa of GaP, which the levels of a dot need" in done.err
    assert "no eps_opt of GaP, which lifetimes and absorption need" in done.err


def test_simulate_from_the_environment(
    epidot: Epidot, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dot.yaml").write_text(
        "core: {material: InP, diameter: 3.3 nm}\nshells:\n- {material: GaP, layers: 1}\n"
    )
    monkeypatch.setenv("EPIDOT_MATERIALS", str(mine))
    for technique in ("pl", "uvvis"):
        done = epidot("simulate", technique, "dot.yaml", "-o", f"{technique}.csv", "--json")
        assert done.status == 0
        assert done.json["points"] > 100


def test_run_as_core_and_the_same_again(epidot: Epidot, mine: Path, tmp_path: Path) -> None:
    text = RECIPE.format(core="GaP", first="- sample: cold", reagent="zinc oleate")
    (tmp_path / "cores.yaml").write_text(text, encoding="utf-8")
    asked = ("--engine", "meanfield", "--dots", "4", "--json", "--materials")
    stopped = epidot("run", "cores.yaml", "--no-interval", "-o", "out", *asked, mine)
    assert stopped.status == 2
    assert "does not know the surface of GaP" in stopped.err
    done = epidot("run", "cores.yaml", "--no-interval", *IGNORED, "-o", "out", *asked, mine)
    assert done.status == 0
    said = " ".join(done.json["notes"])
    assert "does not know GaP: its surface does not react" in said
    assert "smallest gap of GaP is indirect" in said
    assert "materials of your own: GaP" in said
    assert 300 < done.json["samples"][1]["quantities"]["pl_peak_nm"]["value"] < 500
    mark = done.json["provenance"]["materials_hash"]
    again = epidot("run", "out/batch.nc", "--no-interval", "-o", "again", "--json", "--materials", mine)
    assert again.json["samples"] == done.json["samples"]
    assert again.json["provenance"]["materials_hash"] == mark
    for more in ((), ("--materials", written(tmp_path / "other", leave_out=("Eg_X_eV",)))):
        refused = epidot("run", "out/batch.nc", "--no-interval", "-o", "third", *more)
        assert refused.status == 2
        assert "other materials of one's own" in refused.err


def test_a_run_goes_on_where_light_lacks_a_number(epidot: Epidot, tmp_path: Path) -> None:
    text = RECIPE.format(core="GaP", first="- sample: cold", reagent="zinc oleate")
    (tmp_path / "cores.yaml").write_text(text, encoding="utf-8")
    for name, more, gaps, said in (
        ("dark", "", (), "no absorption: no optical constants of GaP"),
        ("bandless", OPTICS, ("m_e",), "no light: no m_e of GaP"),
    ):
        folder = written(tmp_path / name, more, leave_out=gaps)
        done = epidot(
            "run", "cores.yaml", "--no-interval", *IGNORED, "-o", f"{name}.out", "--engine", "meanfield",
            "--dots", "4", "--json", "--materials", folder,
        )  # fmt: skip
        assert done.status == 0
        assert said in " ".join(done.json["notes"])
        peak = done.json["samples"][1]["quantities"]["pl_peak_nm"]
        assert (peak["value"] is None) == bool(gaps)
        assert (tmp_path / f"{name}.out" / "report.html").is_file()


def test_run_as_a_described_shell_and_halide_is_the_gap(epidot: Epidot, mine: Path, tmp_path: Path) -> None:
    shell = "- shell: {material: GaP, thickness: 0.6 nm, described: as told}"
    for reagent, status in (("zinc oleate", 0), ("OAm-Br", 2)):
        text = RECIPE.format(core="InP", first=shell, reagent=reagent)
        (tmp_path / "shelled.yaml").write_text(text, encoding="utf-8")
        done = epidot(
            "run",
            "shelled.yaml",
            "--no-interval",
            *(IGNORED if status == 0 else ()),
            "-o",
            "out",
            "--engine",
            "meanfield",
            "--dots",
            "4",
            "--materials",
            mine,
        )
        assert done.status == status
    assert "no halide constants for GaP" in done.err


def test_every_fault_of_every_file_at_its_line(epidot: Epidot, tmp_path: Path) -> None:
    folder = written(
        tmp_path / "bad",
        "precursors: {Zn: {species: Zn(OA)2, called: zinc oleate}}\n"
        "optics: {source: hearsay, status: measured, eV: [3, 1], n: [1, x], k: [0, 0]}\n"
        "alloys: {InPP: {}}\n"
        "colour: red\n",
        leave_out=("a_nm",),
    )
    number = "{value: 1, unit: nm, status: sure, source: me}"
    (folder / "AlX.yaml").write_text(f"formula: Al2P\nstructure: diamond\nparameters:\n  a_nm: {number}\n")
    done = epidot("dose", "--shell", "GaP:1", "--diameter", "3nm", "--amount", "1umol", "--materials", folder)
    assert done.status == 2
    last = 5 + len(NUMBERS) - 1  # the line after the parameters
    for line, words in (
        (4, "a_nm is missing"),
        (last, "unknown ion"),
        (last + 1, "undeclared source"),
        (last + 1, "must be a number"),
        (last + 2, "no such material to mix with"),
        (last + 3, "unknown key"),
    ):
        assert any(f"GaP.yaml:{line}: " in said and words in said for said in done.err.splitlines()), words
    for line, words in ((1, "is not neutral: +3 e"), (2, "zinc blende"), (4, "unknown status")):
        assert any(f"AlX.yaml:{line}: " in said and words in said for said in done.err.splitlines()), words


def test_a_folder_without_materials(epidot: Epidot, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "short").mkdir()
    (tmp_path / "short" / "GaP.yml").write_text("formula: GaP\n", encoding="utf-8")
    for name, said in (
        ("nowhere", "this is no folder"),
        ("bare", "no material in this folder"),
        ("short", "GaP.yml: the file of a material ends in .yaml; call it GaP.yaml"),
    ):
        done = epidot("simulate", "pl", "dot.yaml", "--materials", tmp_path / name)
        assert done.status == 2
        assert said in done.err


def test_gaps_are_named_together(epidot: Epidot, tmp_path: Path) -> None:
    folder = written(tmp_path / "gappy", leave_out=("m_e", "gamma2", "av_eV"))
    (tmp_path / "dot.yaml").write_text("core: {material: GaP, diameter: 3.3 nm}\n")
    done = epidot("simulate", "pl", "dot.yaml", "--materials", folder)
    assert done.status == 2
    assert "no m_e, gamma2, av_eV of GaP" in done.err
