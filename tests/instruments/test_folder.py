"""A folder of files: what lies in it, whose sample each is, and where techniques agree."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import epidot
from epidot.errors import InputError
from epidot.instruments.folder import Found, inventory, naming
from epidot.instruments.folder.agreement import compared
from epidot.instruments.folder.composition import counted
from epidot.instruments.folder.rules import Rules, expression, load

WORDS = naming.words_of_techniques()


@pytest.mark.parametrize(
    ("path", "sample"),
    [
        ("A3_uvvis.csv", "A3"),
        ("A3 emission.csv", "A3"),
        ("Run 2 FL emission.csv", "Run 2"),
        ("Run 2 UV-Vis.csv", "Run 2"),
        ("pl/A3.csv", "A3"),
        ("A3/pl.csv", "A3"),
        ("A3/uvvis/spectrum.csv", "A3"),
        ("purified_xrd.xy", "purified"),
        ("emission.csv", ""),
        ("plate 7.csv", "plate 7"),  # a word inside another is none
    ],
)
def test_a_sample_is_what_the_technique_leaves_of_a_name(path: str, sample: str) -> None:
    assert naming.sample(path, WORDS) == sample


def test_a_numbered_folder_of_a_spectrometer_is_named_by_the_one_around() -> None:
    assert naming.sample("peg600/102/ser", WORDS, folder_of_parts=True) == "peg600"


def test_the_response_of_a_decay_is_found_by_its_name() -> None:
    beside = ["d/a_irf_4ps.phd", "d/b_irf_4ps.phd", "e/irf.phd"]
    assert naming.companion("d/a_4ps.phd", beside, ("irf",)) == "d/a_irf_4ps.phd"
    assert naming.companion("d/c_4ps.phd", beside, ("irf",)) == ""  # two would do: none is chosen
    assert naming.companion("e/c_4ps.phd", beside, ("irf",)) == "e/irf.phd"
    assert naming.companion("f/c_4ps.phd", beside, ("irf",)) == ""


def _decay(path: Path) -> None:
    t = np.arange(0, 20, 0.1)
    counts = np.round(1000 * np.exp(-t / 4)) + 1
    path.write_text(
        "time (ns),counts\n" + "\n".join(f"{a:.1f},{b:.0f}" for a, b in zip(t, counts, strict=True))
    )


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    """A folder as laboratories have them."""
    folder = tmp_path / "monday"
    (folder / "sub" / "7" / "pdata" / "1").mkdir(parents=True)
    for name in ("s1_tcspc.csv", "s1_tcspc_irf.csv", "sub/alone_irf.csv"):
        _decay(folder / name)
    (folder / "README.md").write_text(
        "Raman shift and binding energy of these; emission (nm), absorbance\n1 2\n"
    )
    (folder / "LICENSE").write_text("the rights to these photoluminescence counts\n")
    (folder / "dot.xyz").write_text("1\n\nIn 0 0 0\n")
    (folder / "plan.csv").write_text("what,emission (nm)\nsample one,about 600\nsample two,about 610\n")
    (folder / ".hidden.csv").write_text("1,2\n")
    bruker = folder / "sub" / "7"
    for name in ("acqus", "pulseprogram", "ser", "pdata/1/procs", "pdata/1/title"):
        (bruker / name).write_text("##TITLE= Parameter file\n##$PULPROG= <ledbpgp2s>\n")
    return folder


def _by_path(found: list[Found]) -> dict[str, Found]:
    return {one.path: one for one in found}


def test_every_file_has_a_role(monday: Path) -> None:
    found = _by_path(inventory(monday))
    assert found["s1_tcspc.csv"].role == "data"
    assert found["s1_tcspc.csv"].technique == "tcspc"
    assert found["s1_tcspc.csv"].options == {"irf": str(monday / "s1_tcspc_irf.csv")}
    assert found["s1_tcspc_irf.csv"].role == "beside"
    assert (found["sub/alone_irf.csv"].role, found["sub/alone_irf.csv"].says) == (
        "beside",
        "goes with no file here",
    )
    assert found["sub/7/ser"].technique == "dosy"
    assert {one.of for path, one in found.items() if path.startswith("sub/7/") and path[-3:] != "ser"} == {
        "sub/7/ser"
    }
    for name, says in (("README.md", "text"), ("LICENSE", "text"), ("dot.xyz", "atoms")):
        assert found[name].role == "unknown"
        assert says in found[name].says
    assert ".hidden.csv" not in found


def test_rules_say_what_a_file_is(monday: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "sample: '(s[0-9]+)'\nfiles:\n"
        "- {pattern: 's1*', sample: first, technique: tcspc, options: {irf_fwhm_ns: 0.2}}\n"
        "- {pattern: '*.md', technique: none}\n"
    )
    found = _by_path(inventory(monday, load(rules)))
    assert found["s1_tcspc.csv"].sample == "first"
    assert found["s1_tcspc.csv"].options["irf_fwhm_ns"] == 0.2
    assert found["README.md"].role == "left out"


def test_a_folder_brings_rules_of_its_own_and_the_users_word_counts_more(monday: Path) -> None:
    (monday / "epidot-rules.yaml").write_text("files:\n- {pattern: 's1_tcspc.csv', sample: its own}\n")
    assert _by_path(inventory(monday))["s1_tcspc.csv"].sample == "its own"
    assert _by_path(inventory(monday))["epidot-rules.yaml"].role == "left out"
    named = Rules(sample=expression("s([0-9])", "here"))
    assert _by_path(inventory(monday, named))["s1_tcspc.csv"].sample == "its own"  # a rule names one file


def test_all_faults_of_rules_are_told_with_their_lines(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "sample: '(s'\nfiles:\n- {pattern: a, technique: uvis}\n- {technique: pl}\n"
        "- {pattern: b, options: {mask: 1}}\n- {pattern: c, technique: pl, options: {maks: 380-400}}\n"
    )
    with pytest.raises(InputError) as told:
        load(rules)
    text = str(told.value)
    for line, word in (
        (1, "regular expression"),
        (3, "uvvis"),
        (4, "pattern"),
        (5, "belong to"),
        (6, "mask"),
    ):
        assert any(f":{line}:" in one and word in one for one in text.splitlines()), (line, word, text)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, word in (("empty", "no file"), ("nowhere", "not a folder")):
        with pytest.raises(InputError, match=word):
            inventory(tmp_path / name)


def _record(
    technique: str, sample: str = "A", file: str = "f", **found: tuple[float, float | None]
) -> dict[str, Any]:
    quantities = {
        n: {"value": v, "sigma": s, "unit": "", "method": "", "note": ""} for n, (v, s) in found.items()
    }
    return {
        "file": file,
        "state": "measured",
        "technique": technique,
        "sample": sample,
        "options": {},
        "quantities": quantities,
    }


def test_two_techniques_that_agree_are_averaged_by_their_errors() -> None:
    (one,) = compared([_record("raman", strain=(-0.010, 0.002)), _record("xrd", "a", strain=(-0.012, 0.001))])
    assert one.verdict == "agree"
    assert one.value == pytest.approx((-0.010 / 4 - 0.012) / (1.25))
    assert one.sigma == pytest.approx(0.001 / math.sqrt(1.25))


def test_values_that_agree_barely_leave_an_error_as_large_as_their_distance() -> None:
    (one,) = compared([_record("raman", strain=(0.0, 0.001)), _record("xrd", strain=(0.0040, 0.001))])
    assert one.verdict.startswith("agree barely: 2.8")
    assert one.sigma == pytest.approx(0.002)  # half the distance: Birge


def test_techniques_that_disagree_have_no_common_value() -> None:
    (one,) = compared([_record("raman", strain=(0.0, 0.001)), _record("xrd", strain=(0.01, 0.001))])
    assert one.value is None
    assert "disagree: 7.1" in one.verdict


def test_a_run_has_no_error_and_takes_no_part_in_the_mean() -> None:
    (one,) = compared([_record("run", pl_peak_nm=(600.0, None)), _record("pl", peak_nm=(601.0, 0.7))])
    assert (one.value, one.verdict) == (601.0, "agree")
    (two,) = compared([_record("run", pl_peak_nm=(600.0, None)), _record("pl", peak_nm=(601.0, None))])
    assert two.value is None
    assert "no errors" in two.verdict


def test_other_samples_and_excitation_spectra_are_not_compared() -> None:
    exciton = _record("uvvis", first_exciton_eV=(2.5, 0.003))
    emission = _record("pl", peak_eV=(2.4, 0.004), file="A emission.csv")
    excitation = _record("pl", peak_eV=(3.0, 0.004), file="A excitation.csv")
    (shift,) = compared([exciton, emission, excitation])
    assert (shift.idea, shift.value, shift.sigma) == (
        "Stokes shift",
        pytest.approx(0.1),
        pytest.approx(0.005),
    )
    assert compared([exciton, _record("pl", "B", peak_eV=(2.4, 0.004))]) == []


def test_atoms_are_counted_by_the_equations_with_their_errors() -> None:
    """2.43 nm of InP hold 149 P by eq 1; 1.44 In per P make 215 In (choi2023, Methods)."""
    absorption = _record("uvvis", diameter_nm=(2.432, 0.05)) | {"options": {"material": "InP"}}
    surface = _record("xps", ratio_In_P=(1.44, 0.02))
    atoms = counted([absorption, surface])
    assert atoms is not None
    p, cations = (atoms["quantities"][name] for name in ("anions_per_core", "cations_per_core"))
    assert p["value"] == pytest.approx(149, abs=1)
    assert p["sigma"] == pytest.approx(3 * 149 * 0.05 / 2.432, rel=0.01)
    assert cations["value"] == pytest.approx(215, abs=2)
    assert cations["sigma"] == pytest.approx(215 * math.hypot(3 * 0.05 / 2.432, 0.02 / 1.44), rel=0.01)
    assert counted([_record("uvvis", diameter_nm=(2.4, 0.1))]) is None  # of which crystal?


def test_the_shell_of_xps_is_counted_and_held_against_the_run() -> None:
    """Eq 3 for 2.4 nm and half a lattice of ZnSe: 141.3 Se."""
    seen = _record("xps", shell_nm=(0.28345, 0.01)) | {
        "options": {"core": "InP", "diameter_nm": 2.4, "shell": "ZnSe"}
    }
    grown = _record("run", adatoms_Se_per_dot=(141.0, 2.0), adatoms_S_per_dot=(0.0, 0.0))
    found = {one.idea: one for one in compared([seen, grown])}
    chalcogen = found["chalcogen of the shell per dot"]
    assert chalcogen.value == pytest.approx(141.3, rel=0.01)
    assert chalcogen.verdict == "agree"


def test_the_density_of_ligands_by_eq_2_is_held_against_the_run() -> None:
    """72 oleates on 2.4 nm are 4.0 per nm2 (choi2023, eq 2); in a shell the sizing curve says nothing."""
    nmr = _record("nmr", ligands_per_dot=(72.5, 3.0), coverage_per_nm2=(4.006, 0.2))
    sized = _record("uvvis", diameter_nm=(2.4, 0.05))
    grown = _record("run", ligands_OA_per_dot=(72.0, None), diameter_nm=(2.4, None))
    found = {one.idea: one for one in compared([nmr, sized, grown])}
    density = found["ligand density (eq 2)"]
    assert density.verdict == "agree"
    assert {v.technique: round(v.value, 2) for v in density.values} == {
        "run": 3.98, "nmr": 4.01, "eqs 1-3": 4.01
    }  # fmt: skip
    by_uvvis = next(v for v in density.values if v.technique == "eqs 1-3")
    assert by_uvvis.sigma == pytest.approx(4.006 * math.hypot(3 / 72.5, 2 * 0.05 / 2.4), rel=0.01)
    assert found["ligands per dot"].verdict == "agree"
    shell = nmr | {"options": {"shell": "ZnSe"}}
    assert "ligand density (eq 2)" not in {one.idea for one in compared([shell, sized])}


def test_what_is_seen_in_other_units_is_seen_or_not() -> None:
    raman = _record("raman", oxide_area=(0.4, 0.05))
    few = _record("xps", oxide_fraction=(0.01, 0.02))
    much = _record("xps", oxide_fraction=(0.3, 0.02))
    (one,) = compared([raman, few])
    assert (one.idea, one.verdict) == ("oxide at the core", "disagree: seen by raman, not by xps")
    (two,) = compared([raman, much, _record("run", oxide_per_dot=(12.0, None))])
    assert two.verdict == "agree: all see it"
    assert compared([raman]) == []


def test_what_instruments_show_of_a_dot_agrees_with_it(tmp_path: Path) -> None:
    from epidot.instruments.folder.seen import show

    dots = epidot.Population.drawn(epidot.LayeredDot("InP", 3.2), 40, 0.08, np.random.default_rng(4))
    shown = show(dots, tmp_path / "seen", "stage I", 3)
    assert all(one.file for one in shown if one.technique in ("pl", "uvvis", "tcspc", "xrd")), shown
    found = inventory(tmp_path / "seen")
    by_technique = {one.technique: one for one in found if one.role == "data"}
    assert set(by_technique) == {one.technique for one in shown if one.file}
    assert {one.sample for one in by_technique.values()} == {"stage I"}
    assert by_technique["xrd"].options == {"phase": "InP"}
    assert by_technique["nmr"].options == {"standard": "ferrocene", "standard_nmol": 1000.0, "dots_nmol": 3.5}
