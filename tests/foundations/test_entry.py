"""One reader for every document: each value checked, each fault at its line, all of them at once."""

from __future__ import annotations

import pytest

from epidot import documents
from epidot.documents import Entry, cite, references
from epidot.errors import InputError

TEXT = """\
core: {material: InP, diameter: 3.3 nm, sigma: 8 %}
shells:
- material: ZnS
  layers: 2
- material: ZnSe
  thickness: 1 nm
counts: {Zn: 2, Se: 1}
names: [a, b]
parameters:
  Ea: {value: 60, unit: kJ/mol, source: "choi2023: Fig. 1", status: fitted, low: 10, sigma: 5, note: n}
  k: {value: 1e7, unit: /s, source: mine, status: assumed, unconfirmed: yes}
"""


def top(text: str) -> Entry:
    return documents.top(documents.parse(text, where="d.yaml"))


def told(entry: Entry) -> list[str]:
    with pytest.raises(InputError) as caught:
        entry.faults.raise_if_any()
    return [str(fault) for fault in caught.value.faults]


def test_every_kind_of_value() -> None:
    page = top(TEXT).fields(["core", "shells", "counts", "names", "parameters", "medium"])
    core = page["core"].fields(["material", "diameter", "sigma"])
    assert core["material"].text() == "InP"
    assert core["material"].choice(["InP", "InAs"]) == "InP"
    assert core["diameter"].quantity("length", 1, 30) == pytest.approx(3.3)
    assert core["sigma"].quantity("fraction", 0, 0.5) == pytest.approx(0.08)
    first, second = page["shells"].rows("shell")
    assert (first["layers"].whole(1, 9), first["layers"].number(0, 9)) == (2, 2.0)
    assert second["thickness"].quantity("length") == pytest.approx(1)
    assert (second.line, second["thickness"].line) == (5, 6)
    assert page["counts"].counts() == {"Zn": 2, "Se": 1}
    assert page["names"].names() == ["a", "b"]
    assert not page["medium"]
    assert page["medium"].text("toluene") == "toluene"
    assert not page.faults.found


def test_a_number_knows_its_source() -> None:
    rows = top(TEXT)["parameters"].table()
    energy = rows["Ea"].parameter(units=["kJ/mol"])
    assert energy is not None
    assert (energy.name, energy.value, energy.unit, energy.status) == ("Ea", 60, "kJ/mol", "fitted")
    assert energy.source == f"{references()['choi2023']}, Fig. 1"
    assert (energy.low, energy.sigma, energy.note) == (10, 5, "n")
    own = rows["k"].parameter(own={"mine": "my notebook"})
    assert own is not None
    assert own.source == cite("mine", {"mine": "my notebook"}) == "my notebook"
    assert "not confirmed" in own.note
    assert not rows["k"].faults.found


def test_all_faults_at_once_each_at_its_line() -> None:
    page = top(
        "core:\n  material: InPP\n  diameter: 3.3\n  sigma: 80 %\nshells: ZnS\n"
        "counts: {Zn: 0}\nnames: a\nn: two\nwhen: [1, 2]\n"
    )
    core = page["core"]
    core["material"].choice(["InP", "InAs"])
    core["diameter"].quantity("length")
    core["sigma"].quantity("fraction", 0, 0.5, span="0 % to 50 %")
    assert page["shells"].rows("shell") == []
    assert page["counts"].counts() == {}
    assert page["names"].names() == []
    page["n"].whole(1, 9)
    page["when"].quantity("time")
    core["ligand"].text()
    assert told(page) == [
        "d.yaml:1: core ligand is missing",
        "d.yaml:2: core material: not one of the choices, saw 'InPP'; nearest valid: InP, InAs",
        "d.yaml:3: core diameter: cannot read this length, saw '3.3'; it needs a unit, e.g. \"3.3 nm\"",
        "d.yaml:4: core sigma: fraction out of range, saw '80 %'; use 0 % to 50 %",
        "d.yaml:5: shells must be a list, saw 'ZnS'; begin each with '- '",
        "d.yaml:6: counts: Zn needs a whole number above 0, saw '0'",
        "d.yaml:7: names: expected a list of names, saw 'a'",
        "d.yaml:8: n must be a whole number between 1 and 9, saw 'two'",
        "d.yaml:9: when: expected a time, saw '[1, 2]'; write text with a unit, e.g. \"30 min\"",
    ]


def test_a_misspelt_key_is_told_once() -> None:
    core = top("core:\n  materiel: InP\n")["core"].fields(["material", "ligand"], ["material"])
    core["material"].text()
    assert told(core) == ["d.yaml:2: unknown key, saw 'materiel'; nearest valid: material"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{unit: eV, source: chosen, status: assumed}", "p: value is missing"),
        ("{value: 1, source: chosen, status: assumed}", "p: unit is missing"),
        ("{value: 1, unit: eV, status: assumed}", "p: source missing; name a key of `sources`"),
        ("{value: 1, unit: eV, source: chosen}", "p: status missing; write one of measured, literature"),
        ("{value: one, unit: eV, source: chosen, status: assumed}", "p: value must be a number, saw 'one'"),
        ("{value: .nan, unit: eV, source: chosen, status: assumed}", "p: value must be a number"),
        ("{value: 1, unit: kJ, source: chosen, status: assumed}", "p: unknown unit, saw 'kJ'"),
        ("{value: 1, unit: eV, source: hear, status: assumed}", "p: undeclared source, saw 'hear'"),
        ("{value: 1, unit: eV, source: chosen, status: guess}", "p: unknown status, saw 'guess'"),
        ("{value: 3, unit: eV, source: chosen, status: assumed, high: 2}", "3.0 eV is outside"),
        ("{value: 3, unit: eV, source: chosen, status: assumed, hihg: 2}", "nearest valid: high"),
        ("3", "expected a mapping"),
    ],
)
def test_a_faulty_number_is_refused(row: str, message: str) -> None:
    entry = top(f"x:\n  p: {row}\n")["x"].table()["p"]
    assert entry.parameter(units=["eV"]) is None
    (fault,) = told(entry)
    assert fault.startswith("d.yaml:2: ")
    assert message in fault


def test_every_entry_below_a_table_or_list_has_its_own_name() -> None:
    page = top("species:\n- {charge: x}\ngroups: {R: 3}\n")
    page["species"].rows("species")[0]["charge"].whole(-9, 9)
    page["groups"].table("group")["R"].counts()
    first, second = told(page)
    assert first.startswith("d.yaml:2: species 1: charge must be a whole number")
    assert second.startswith("d.yaml:3: group R: expected a mapping of names")
