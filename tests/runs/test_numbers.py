"""Numbers given for one run: they act everywhere, in that run alone, and every fault is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import epidot
from epidot.dot.layers import Layer, LayeredDot
from epidot.dot.strain import strain
from epidot.errors import InputError
from epidot.given import NOTHING, Given, now
from epidot.growth.flask import Flask
from epidot.growth.meanfield import MeanField
from epidot.growth.state import FlaskState
from epidot.light.parameters import number
from epidot.light.states import Options, solve_dot
from epidot.matter.materials import material
from epidot.mechanism import load as mechanisms
from epidot.runs import halide, numbers
from epidot.runs.batch import Batch
from epidot.runs.order import HYPOTHESIS, MECHANISM, order_from
from epidot.runs.run import carry_out, run_flask
from epidot.transport.constants import constants

STAGED = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.7), Layer("ZnSe0.5S0.5", 0.8)))
CDS = LayeredDot("InP", 3.0, (Layer("CdS", 1.0),))
SMALL = "choi2023/inp-se"


@pytest.mark.parametrize(
    ("name", "value", "dot"),
    [
        ("InP.Eg_eV", 1.40, STAGED),
        ("light.ligand_mass", 0.9, STAGED),
        ("light.vacuum_eV", 5.5, STAGED),
        ("ZnSe.Ev_eV", -0.8, STAGED),  # of a shell, and as the end of a mixed crystal
        ("CdS.dipole_eV on InP", -0.2, CDS),
    ],
)
def test_levels_with_a_given_number_are_those_of_the_solver_told_it(
    name: str, value: float, dot: LayeredDot
) -> None:
    asked = solve_dot(dot, Options(override={name: value})).E_1S_eV
    before = solve_dot(dot).E_1S_eV
    with Given.of({name: value}).in_force():
        found = solve_dot(dot).E_1S_eV
    assert found == pytest.approx(asked, abs=1e-9)
    assert abs(found - before) > 1e-4
    assert solve_dot(dot).E_1S_eV == before


def test_every_room_reads_what_is_given_and_only_inside() -> None:
    given = Given.of(
        {
            "mechanism.Ea_ex": 71.0,
            "halide.Br in ZnSe: ratio": 3.0,
            "light.sigma_h_eV": 0.03,
            "strain.coherency_misfit": 0.06,
            "ZnS.C11_GPa": 110.0,
        }
    )
    usual = strain(STAGED, spread=False).core

    def seen() -> tuple[float, ...]:
        return (
            mechanisms.load().parameters["Ea_ex"].value,
            constants().of("Br in ZnSe: ratio"),
            number("sigma_h_eV"),
            material("ZnS")["C11_GPa"],
        )

    before = seen()
    with given.in_force():
        assert seen() == (71.0, 3.0, 0.03, 110.0)
        assert strain(STAGED, spread=False).core != usual
        with ThreadPoolExecutor(1) as other:  # another thread is another run
            assert other.submit(seen).result() == before
    assert seen() == before
    assert now() is NOTHING


def test_a_flask_with_a_given_barrier_is_that_of_the_mechanism_told_it() -> None:
    order = order_from(SMALL, engine="meanfield", dots=3, parameters={"mechanism.Ea_1_Se": 70.0})
    found = run_flask(order).done.state
    told = mechanisms.load().with_parameters({"Ea_1_Se": 70.0})
    flask = Flask(order.recipe.timeline(), MeanField(told), told, SMALL, halide.transport(told))
    asked = flask.run(flask.begin(FlaskState.at_start(order.recipe))).state
    assert found.surface == pytest.approx(asked.surface)
    usual = run_flask(replace(order, given=NOTHING)).done.state
    assert usual.surface != pytest.approx(asked.surface)


def test_a_sample_asked_after_the_run_answers_with_the_numbers_of_its_run() -> None:
    order = order_from("choi2023/inp-znse", engine="meanfield", dots=5, parameters={"InP.Eg_eV": 1.40})
    later = run_flask(order).sample("end")
    whole = carry_out(order)
    name = "first_exciton_nm"
    assert later.quantity(name).value == whole.samples[-1].quantities[name].value
    usual = run_flask(replace(order, given=NOTHING)).sample("end")
    assert usual.quantity(name).value != later.quantity(name).value


def test_other_processes_read_with_the_numbers_of_the_run() -> None:
    order = order_from(SMALL, engine="meanfield", dots=5, parameters={"light.oscillator_factor": 0.7})
    order = replace(order, given=order.given.and_also({"InP.oscillator_factor": 0.7}))
    alone, shared = (carry_out(order, jobs=n).summary() for n in (1, 2))
    assert alone == shared


def test_a_batch_tells_its_numbers_and_repeats_with_them(tmp_path: Path) -> None:
    batch = epidot.run(SMALL, engine="meanfield", dots=4, parameters={"InP.Eg_eV": 1.40})
    batch.save(tmp_path / "batch.nc")
    assert any("InP.Eg_eV 1.4 instead of 1.35" in note for note in batch.notes)
    assert batch.given == Given.of({"InP.Eg_eV": 1.40})
    usual = epidot.run(SMALL, engine="meanfield", dots=4)
    assert "given" not in usual.provenance
    again = epidot.run(tmp_path / "batch.nc")
    assert again.summary() == batch.summary()
    assert Batch.load(tmp_path / "batch.nc").given == batch.given
    other = epidot.run(tmp_path / "batch.nc", parameters={"InP.Eg_eV": 1.41})
    assert other.provenance["given_sha256"] != batch.provenance["given_sha256"]


def test_every_name_that_a_run_rests_on_can_be_given() -> None:
    table = numbers.known(MECHANISM, HYPOTHESIS)
    for recipe in ("choi2023/inp-zns-staged-4", "yuan2023/znbr2-300"):
        batch = epidot.run(recipe, engine="meanfield", dots=3)
        used = {name for names in batch.rests_on.values() for name in names}
        # A mixed crystal's numbers are those of its ends.
        assert {n for n in used if n not in table and not n.startswith("ZnSe0.")} == set()


FAULTY = """parameters:
  InP.Eg_Ev: 1.4
  halide.D_shell: {value: 1e-3, unit: cm2/s}
  light.ligand_mass: heavy
  InP.m_e: -0.2
  D_shell: 1
"""


def test_a_file_with_faults_tells_all_of_them(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(FAULTY)
    with pytest.raises(InputError) as caught:
        order_from(SMALL, parameters=file)
    faults = {fault.line: str(fault) for fault in caught.value.faults}
    assert set(faults) == {2, 3, 4, 5, 6}
    assert "InP.Eg_eV" in faults[2]
    assert "nm2/s" in faults[3]
    assert "number" in faults[4]
    assert "between 0 and 3" in faults[5]
    assert "halide.D_shell" in faults[6]


def test_values_from_python_are_refused_as_those_of_a_file() -> None:
    with pytest.raises(InputError) as caught:
        order_from(SMALL, parameters={"InP.Eg": 1.4, "InP.m_e": 5.0})
    assert len(caught.value.faults) == 2


def test_a_file_gives_value_and_error(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("parameters:\n  halide.D_shell: {value: 1e-3, unit: nm2/s, sigma: 2e-4}\n")
    given = order_from(SMALL, parameters=file).given
    assert given == Given.of({"halide.D_shell": 1e-3}, {"halide.D_shell": 2e-4})
    with given.in_force():
        assert constants().parameters["D_shell"].sigma == 2e-4


GOOD = """\
parameters: {mechanism.Ea_ex: 70, mechanism.Ea_ox: 131}
together:
  from: a calibration
  names: [mechanism.Ea_ex, mechanism.Ea_ox]
  covariance: [[4, 1.5], [1.5, 9]]
"""


def test_a_covariance_in_a_file_is_read_whole_or_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD, encoding="utf-8")
    joint = numbers.of(file, MECHANISM, HYPOTHESIS).together
    assert joint is not None
    assert joint.covariance == ((4.0, 1.5), (1.5, 9.0))
    assert joint.origin == "a calibration"
    for old, new, said in (
        ("Ea_ox]", "Ea_oxx]", "does not give"),
        ("Ea_ox]", "Ea_ex]", "twice"),
        ("[1.5, 9]]", "[1.5, 9], [1, 1]]", "does not go with the names"),
        ("[1.5, 9]]", "[1.4, 9]]", "symmetric"),
        ("[4, 1.5]", "[-4, 1.5]", "symmetric"),
        ("[[4, 1.5], [1.5", "[[4, 6.1], [6.1", "negative variance"),
    ):
        file.write_text(GOOD.replace(old, new), encoding="utf-8")
        with pytest.raises(InputError, match=said) as caught:
            numbers.of(file, MECHANISM, HYPOTHESIS)
        assert caught.value.faults[0].line in (4, 5)
