"""``--states atoms``: grown dots by their own atoms, beside the radial model of the same dots."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epidot.constants import HC
from epidot.errors import InputError
from epidot.light.states import solve_dot
from epidot.report import wavefunctions
from epidot.report.html import render
from epidot.runs.atomistic import representative
from epidot.runs.batch import Batch
from epidot.runs.order import dots_asked, order_from
from epidot.runs.run import run

RECIPE = "choi2023/inp-znse"
SAMPLE = "30 min"


@pytest.fixture(scope="module")
def batch() -> Batch:
    return run(RECIPE, dots=4, seed=2, engine="kmc", states="atoms:2")


def value(batch: Batch, name: str) -> float:
    found = batch.sample(SAMPLE).quantities[name].value
    assert found is not None
    return found


def test_both_models_of_the_same_dots_stand_side_by_side(batch: Batch) -> None:
    gap, radial = value(batch, "atoms_gap_eV"), value(batch, "atoms_radial_gap_eV")
    assert value(batch, "atoms_correction_eV") == pytest.approx(gap - radial)
    assert abs(gap - radial) < 0.25
    sample = batch.sample(SAMPLE)
    assert sample.population is not None
    members = sample.population.dots
    one = members[int(np.argsort([m.core_diameter_nm for m in members])[2])]
    levels = solve_dot(replace(one, halides=()))
    assert HC / value(batch, "atoms_first_exciton_nm") == pytest.approx(
        levels.E_1S_eV + gap - radial, abs=0.06
    )
    assert 0.02 < value(batch, "atoms_electron_outside_core") < 0.6
    assert value(batch, "atoms_strain_core") < 0


def test_what_they_rest_on_is_said(batch: Batch) -> None:
    assert batch.basis["states of the atoms"].startswith("predicted")
    assert "InP.remote" in batch.rests_on["assumed"]
    assert "atoms.closure" in batch.rests_on["fitted"]
    found = batch.sample(SAMPLE).quantities["atoms_gap_eV"]
    assert "2 dots; gap" in found.note
    assert "with a bare surface" in found.note
    assert found.sigma is not None
    low, high = (float(part.split(" eV")[0]) for part in (found.note[12:], found.note.split("surface, ")[1]))
    assert low < value(batch, "atoms_gap_eV") < high


def test_the_light_of_the_run_is_the_radial_one(batch: Batch) -> None:
    plain = run(RECIPE, dots=4, seed=2, engine="kmc")
    assert not any(name.startswith("atoms") for name in plain.sample(SAMPLE).quantities)
    assert "atom_electron" not in plain.sample(SAMPLE).spectra
    for name in ("first_exciton_nm", "plqy", "pl_peak_nm"):
        assert plain.sample(SAMPLE).quantities[name].value == value(batch, name)


def test_the_report_shows_the_wave_functions_and_the_column(batch: Batch) -> None:
    page = render(batch)
    assert "1S atoms / nm" in page
    assert "tight binding of the very dot" in page
    (figure,) = wavefunctions.drawn(batch)
    assert [panel.name for panel in figure.panels][:2] == ["10 min: electron", "10 min: hole"]
    assert "% in the core" in figure.panels[0].told[0]
    assert not wavefunctions.drawn(replace(batch, samples=()))
    arrays = batch.sample(SAMPLE).spectra
    assert arrays["atom_electron"].sum() == pytest.approx(1) == arrays["atom_hole"].sum()


def test_a_batch_keeps_them_and_is_repeated_with_them(batch: Batch, tmp_path: Path) -> None:
    batch.save(tmp_path / "batch.nc")
    again = Batch.load(tmp_path / "batch.nc")
    assert np.array_equal(
        again.sample(SAMPLE).spectra["atom_hole"], batch.sample(SAMPLE).spectra["atom_hole"]
    )
    assert order_from(tmp_path / "batch.nc").states == "atoms:2"
    assert order_from(tmp_path / "batch.nc", states="radial").states == "radial"


def test_representative_dots_are_spread_over_the_sizes() -> None:
    class Dot:
        def __init__(self, d: float) -> None:
            self.core_diameter_nm = d

    dots = [Dot(d) for d in (3.0, 2.0, 5.0, 4.0, 1.0)]
    assert representative(dots, 1) == [0]  # type: ignore[arg-type]
    assert [dots[i].core_diameter_nm for i in representative(dots, 3)] == [1.0, 3.0, 5.0]  # type: ignore[arg-type]
    assert len(representative(dots, 9)) == 5  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "number"), [("radial", 0), ("atoms", 1), ("atoms:8", 8)])
def test_dots_asked(text: str, number: int) -> None:
    assert dots_asked(text) == number


@pytest.mark.parametrize("text", ["atom", "atoms:0", "atoms:65", "atoms:", "atoms:x", "atoms:٨", ""])
def test_other_choices_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"no such choice of states.*radial, atoms"):
        order_from(RECIPE, states=text)


def test_an_engine_without_atoms_is_refused() -> None:
    with pytest.raises(InputError, match=r"the meanfield engine has no atoms.*--engine kmc"):
        order_from(RECIPE, engine="meanfield", states="atoms")


def test_more_dots_by_their_atoms_than_there_are_is_refused() -> None:
    with pytest.raises(InputError, match=r"more dots.*atoms:8 of 2 dots.*at most --states atoms:2"):
        order_from(RECIPE, dots=2, states="atoms:8")


def test_a_sample_without_grown_dots_says_so() -> None:
    found = run("choi2023/inp-core-3.3nm", dots=2, engine="kmc", states="atoms")
    of_atoms = [q for s in found.samples for name, q in s.quantities.items() if name.startswith("atoms_")]
    assert of_atoms
    assert all(q.value is None and "was grown on its sites" in q.note for q in of_atoms)


def test_a_shift_of_another_sign_than_the_radial_one_is_told() -> None:
    """Coherent ZnS drives the atoms blue where the radial model, which lets it relax, goes red."""
    note = run("choi2023/inp-zns-staged-1", dots=1, seed=2, engine="kmc", states="atoms").samples[-1]
    said = note.quantities["atoms_gap_eV"].note
    assert "(blue) by the atoms and" in said
    assert "(red) by the radial model" in said
    assert "without plastic relief" in said
