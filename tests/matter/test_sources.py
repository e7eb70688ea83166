"""Every number of the data files has a value, a unit, a source and a status; every file can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from epidot import documents
from epidot.matter import ligands, materials, reagents, sizing
from epidot.parameter import STATUSES, Parameter

DATA = documents.data_file()


def every_parameter() -> list[tuple[str, Parameter]]:
    found = [(f"{n}.{k}", p) for n in materials.names() for k, p in materials.material(n).parameters.items()]
    found += [
        (f"{n}.{k}", p)
        for n in sorted({one.name for one in reagents.shelf()})
        for k, p in reagents.reagent(n).parameters.items()
    ]
    found += [(n, reagents.refractive_index_parameter(n)) for n in ("air", "vacuum")]
    found += [(n, p) for n in ligands.ligand_names() if (p := ligands.ligand(n).footprint) is not None]
    found += [
        (f"{m}.{c.name}", c.relative_error)
        for m in sizing.materials()
        for c in sizing.curves(m)
        if c.relative_error is not None
    ]
    return found


def test_every_number_says_where_it_comes_from() -> None:
    parameters = every_parameter()
    assert len(parameters) > 200
    for name, parameter in parameters:
        assert parameter.unit, name
        assert parameter.status in STATUSES, name
        assert len(parameter.source) > 8, name
        if parameter.source.startswith(("epidot's own choice", "worked out by")):
            assert parameter.status == "assumed", name


def test_what_is_chosen_or_not_confirmed_is_never_called_measured() -> None:
    for name, parameter in every_parameter():
        if documents.UNCONFIRMED in parameter.note:
            assert parameter.status in ("literature", "assumed"), name


def test_numbers_without_a_claim_to_precision_are_marked() -> None:
    # The bases of the optics that nobody could look up must say so.
    for name, key in [("ZnSe", "ac_eV"), ("ZnS", "av_eV"), ("CdSe", "ac_eV")]:
        assert documents.UNCONFIRMED in materials.material(name).parameter(key).note
    assert materials.material("CdSe").parameter("stokes_bare_eV").status == "assumed"
    assert materials.material("ZnSe").parameter("Ev_eV").status == "fitted"


@pytest.mark.parametrize("path", sorted(DATA.glob("**/*.yaml")), ids=lambda p: str(p.relative_to(DATA)))
def test_every_data_file_can_be_read(path: Path) -> None:
    assert documents.read(path).data is not None


def test_every_reference_is_used_and_has_an_identifier() -> None:
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in DATA.glob("**/*.yaml") if path.name != "sources.yaml"
    )
    for key, reference in documents.references().items():
        assert key in text, f"{key} is cited nowhere"
        assert len(reference) > 10, key


def test_cite_writes_the_reference_out() -> None:
    assert documents.cite("vurgaftman2001").endswith("doi:10.1063/1.1368156")
    assert documents.cite("vurgaftman2001: Table VI").endswith("1.1368156, Table VI")
    assert documents.cite("no such key") == "no such key"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("p: {value: 1, unit: eV, source: crc}", "p: status missing; write one of measured"),
        ("p: {value: one, unit: eV, source: crc, status: literature}", "value must be a number"),
        ("p: {value: true, unit: eV, source: crc, status: literature}", "value must be a number"),
        ("p: {value: 1, unit: eV, source: crc, status: litterature}", "nearest valid: literature"),
        (
            "p: {value: 1, unit: eV, source: hearsay, status: literature}",
            "p: undeclared source, saw 'hearsay'",
        ),
        ("p: {value: 3, unit: eV, source: crc, status: assumed, high: 2}", "outside"),
        ("p: {value: 3, unit: eV, source: crc, status: assumed, hihg: 2}", "nearest valid: high"),
        ("p: 3", "expected a mapping"),
    ],
)
def test_a_faulty_parameter_is_refused_with_its_line(text: str, message: str) -> None:
    doc = documents.parse("\n" + text, where="here.yaml")
    faults = doc.faults()
    documents.top(doc, faults).parameters()
    assert any(message in str(fault) and str(fault).startswith("here.yaml:2: ") for fault in faults.found)
