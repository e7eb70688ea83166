"""Lint: what is suspicious in a mechanism that loads."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from epidot.errors import InputError
from epidot.mechanism import lint
from epidot.mechanism import load as mechanisms

GOOD = (Path(__file__).parents[1] / "bad_inputs" / "mechanisms" / "good.yaml").read_text()


def findings(text: str, rule: str) -> list[lint.Finding]:
    return [f for f in lint.check(mechanisms.parse(text)) if f.rule == rule]


def test_shipped_mechanism_has_no_fault_and_no_warning() -> None:
    found = lint.check(mechanisms.load())
    assert [str(f) for f in found if f.level != "remark"] == []


def test_shipped_mechanism_conserves_nothing_but_elements_charge_and_sites() -> None:
    (remark,) = [f for f in lint.check(mechanisms.load()) if f.rule == "mass balance"]
    assert "13 conserved quantities, 13 of them" in remark.what


def test_null_space_is_exact() -> None:
    # A <=> B, B <=> C, A <=> C: the third is the sum of the first two.
    (x,) = lint.null_space([[-1, 0, -1], [1, -1, 0], [0, 1, 1]])
    assert x == [Fraction(-1), Fraction(-1), Fraction(1)]
    assert lint.rank([[1, 2], [2, 4]]) == 1


def test_cycle_that_would_drive_itself_is_a_fault() -> None:
    """Three ways between the same two states whose constants disagree."""
    extra = """- {name: "{Zn}OA.X", phase: surface, sites: {cation: 1}, composition: {Zn: 2, OA: 3}}
reactions:
- {id: y, equation: "{Zn}OA + Zn(OA)2 <=> {Zn}OA.X", rate: {A: A, Ea: Ea, equilibrium: K2},
   source: here, status: assumed}
- {id: x, equation: "{Zn}OA.X <=> {Zn}OA.Zn(OA)2", rate: {A: A_pair, Ea: Ea, equilibrium: K1},
   source: here, status: assumed}
"""
    text = GOOD.replace("reactions:\n", extra)
    text = text.replace(
        "equilibria:\n",
        "equilibria:\n  K2: {dH: dH2, dS: dS, unit: /M}\n  K1: {dH: dH1, dS: dS1, unit: '1'}\n",
    )
    numbers = "  dH2: {value: -60, unit: kJ/mol, source: here, status: assumed}\n"
    numbers += "  dS1: {value: 0, unit: J/mol/K, source: here, status: assumed}\n"
    consistent = numbers + "  dH1: {value: -10, unit: kJ/mol, source: here, status: assumed}\n"
    wrong = numbers + "  dH1: {value: -4, unit: kJ/mol, source: here, status: assumed}\n"
    assert findings(text.replace("equilibria:", consistent + "equilibria:"), "cycle") == []
    (fault,) = findings(text.replace("equilibria:", wrong + "equilibria:"), "cycle")
    assert fault.level == "fault"
    assert "6 kJ/mol" in fault.what
    lint.insist(mechanisms.parse(text.replace("equilibria:", consistent + "equilibria:")))
    with pytest.raises(InputError, match=r"does not close.*correct dH or dS"):
        lint.insist(mechanisms.parse(text.replace("equilibria:", wrong + "equilibria:")))


def test_unreachable_species_and_reactions_are_named() -> None:
    found = findings(GOOD.replace('"<E>PR3", HF]', "HF]"), "unreachable")
    text = "\n".join(str(f) for f in found)
    assert "SePR3" in text
    assert "oxr[Se] can never run" in text


def test_two_one_way_steps_that_undo_each_other() -> None:
    back = '- {id: fh, equation: "{In}F2 + H2O => {In}O + 2 HF", rate: {A: A, Ea: Ea}, '
    back += "source: here, status: assumed}\n"
    found = findings(GOOD + back, "reversibility")
    assert any(f.level == "warning" and "fh" in f.what and "hf" in f.what for f in found)


def test_filling_a_shell_without_room_is_noticed() -> None:
    bad = GOOD.replace("marks: [oxide]", "marks: []")
    assert {f.what.split()[0] for f in findings(bad, "capacity")} == {"oxr[Se]", "oxr[S]"}


def test_unused_number_and_absorbing_state() -> None:
    bad = GOOD.replace(
        "equilibria:", "  idle: {value: 1, unit: eV, source: here, status: assumed}\nequilibria:"
    )
    assert [f.what.split()[-1] for f in findings(bad, "unused")] == ["A_pair", "idle"]
    assert any("{In}F2 has no way out" in f.what for f in findings(GOOD, "absorbing"))
