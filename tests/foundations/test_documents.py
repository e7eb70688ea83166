"""YAML with lines: safe, strict, and every fault named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epidot import documents
from epidot.errors import Faults, InputError

TEXT = """\
name: first
steps:
  - add: {reagent: zinc oleate, amount: 0.5 mmol}
  - hold:
      for: 30 min
count: 3
rate: 1.5e-3
on: true
nothing: null
"""


def test_values_are_plain_and_every_place_has_its_line() -> None:
    document = documents.parse(TEXT, where="r.yaml")
    assert document.data["count"] == 3
    assert document.data["rate"] == 1.5e-3
    assert document.data["on"] is True
    assert document.data["nothing"] is None
    assert document.line(("steps", 0, "add", "amount")) == 3
    assert document.line(("steps", 1, "hold", "for")) == 5
    assert document.line(("steps", 1, "hold", "not there")) == 4


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "duplicate key, saw 'a'; it stands already at line 1"),
        ("a: !!python/object:os.system x\n", 1, "YAML tags are not allowed"),
        ("a: &x [1]\nb: *x\n", 2, "anchors"),
        ("a: [1, 2\nb: 3\n", 2, "not valid YAML"),
        ("a: b: c\n", 1, "not valid YAML"),
        ("? [1, 2]\n: x\n", 1, "a key must be plain text"),
        ("a:\n\t- 1\n", 2, "not valid YAML"),
    ],
)
def test_faults_name_file_and_line(text: str, line: int, says: str) -> None:
    with pytest.raises(InputError) as caught:
        documents.parse(text, where="r.yaml")
    message = str(caught.value)
    assert says in message
    assert message.startswith("r.yaml:")
    assert abs(int(message.split(":")[1]) - line) <= 1


def test_all_duplicates_at_once() -> None:
    with pytest.raises(InputError) as caught:
        documents.parse("a: 1\na: 2\nb: 1\nb: 2\n")
    assert len(caught.value.faults) == 2


def test_files_that_are_not_documents(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        documents.read(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="is a folder"):
        documents.read(tmp_path)
    binary = tmp_path / "b.yaml"
    binary.write_bytes(b"a: 1\n\xff\xfe\x00")
    with pytest.raises(InputError, match=r"b\.yaml:2: not UTF-8"):
        documents.read(binary)


def test_unknown_keys_are_faults_with_the_nearest_name() -> None:
    document = documents.parse("hodl: 1\nfor: 2\n", where="r.yaml")
    faults = Faults("r.yaml")
    documents.top(document, faults).fields(["hold", "for"])
    assert str(faults.found[0]) == "r.yaml:1: unknown key, saw 'hodl'; nearest valid: hold"


@given(st.text(max_size=200))
def test_any_text_is_data_or_an_input_error(text: str) -> None:
    try:
        document = documents.parse(text)
    except InputError:
        return
    assert document.line(()) is None or document.line(()) >= 1  # type: ignore[operator]


def test_folded_text_is_joined_by_single_spaces() -> None:
    document = documents.parse("note: >-\n  one line\n  and the next\n")
    assert document.data["note"] == "one line and the next"
