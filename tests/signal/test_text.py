"""The text reader understands what instruments and spreadsheets write."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.signal.headings import split_head
from epidot.signal.text import parse_table
from epidot.signal.trace import axis_unit, to_nm, trace

NM = [400.0, 401.5, 403.0, 404.5, 406.0, 407.5]
ABS = [0.25, 0.5, 0.125, -0.0625, 1.5e-3, 2.0]


def table(
    delimiter: str, decimal: str = ".", head: str | None = "Wavelength (nm)|Abs", end: str = "\n"
) -> str:
    lines = [] if head is None else [head.replace("|", delimiter)]
    lines += [f"{x!r}{delimiter}{y!r}".replace(".", decimal) for x, y in zip(NM, ABS, strict=True)]
    return end.join(lines) + end


def check(text: str | bytes, name: str | None = "Abs", unit: str | None = "nm") -> None:
    found = parse_table(text if isinstance(text, bytes) else text.encode())
    assert np.array_equal(found.columns[0].values, NM)
    assert np.array_equal(found.columns[1].values, ABS)
    if name is not None:
        assert found.columns[1].name == name
    if unit is not None:
        assert found.columns[0].unit == unit


@pytest.mark.parametrize(
    ("delimiter", "decimal"),
    [
        (",", "."),
        (";", "."),
        (";", ","),
        ("\t", "."),
        ("\t", ","),
        ("  ", "."),
        ("   ", ","),
        ("|", "."),
        (" ; ", ","),
    ],
)
def test_delimiters_and_decimal_marks(delimiter: str, decimal: str) -> None:
    if delimiter == "|":
        check(table("|", head=None), None, None)
    else:
        check(table(delimiter, decimal))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_ends(end: str) -> None:
    check(table(",", end=end))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings(encoding: str) -> None:
    check(("µ-cuvette; 20 °C\n" + table(";", ",")).encode(encoding))


def test_the_guess_is_reported() -> None:
    found = parse_table(("\ufeffa\r\nb\r\n" + table(";", ",", end="\r\n")).encode())
    told = found.guesses.to_json()
    assert told["encoding"] == "utf-8 with BOM"
    assert told["newline"] == "CRLF"
    assert told["delimiter"] == "semicolon"
    assert told["decimal"] == "comma"
    assert told["header_lines"] == 3
    assert told["data_lines"] == [4, 9]
    assert "a comma was read as the decimal mark" in found.warnings


@pytest.mark.parametrize("lines", [0, 1, 7, 300])
def test_a_header_block_of_any_length(lines: int) -> None:
    block = "".join(f"Parameter {i}: value {i}, 23/10/2025 09:4{i % 10}\n" for i in range(lines))
    check(block + table(","))


def test_a_trailing_log_is_told_and_left_out() -> None:
    log = ",,\n,,\nCollection Time: 23/10/2025\n, Old: 350.00,\nInstrument,Cary 60\n<Current> ,356\n,354,\n"
    found = parse_table((table(",") + log).encode())
    assert np.array_equal(found.columns[0].values, NM)
    assert found.guesses.trailing_lines == 5
    assert any("instrument's log" in w for w in found.warnings)


def test_blank_and_comment_lines_inside() -> None:
    lines = table(",").splitlines()
    check("\n".join([*lines[:3], "", ",", "# lamp changed", *lines[3:]]))


def test_a_spoilt_row_is_left_out_and_told() -> None:
    lines = table(",").splitlines()
    found = parse_table("\n".join([*lines[:3], "40x,0.3", *lines[3:]]).encode())
    assert np.array_equal(found.columns[0].values, NM)
    assert found.guesses.dropped_lines == (4,)


def rows(first: int, last: int, step: int = 1) -> list[str]:
    return [f"{x},{x / 1000}" for x in range(first, last, step)]


@pytest.mark.parametrize("spoilt", [1, 5, 6])
def test_five_spoilt_rows_are_bridged_and_six_end_the_table(spoilt: int) -> None:
    text = [*rows(400, 420), *["lamp,failed"] * spoilt, *rows(420, 430)]
    found = parse_table("\n".join(["nm,Abs", *text]).encode())
    bridged = spoilt <= 5
    assert found.columns[0].values[-1] == (429 if bridged else 419)
    assert found.guesses.dropped_lines == (tuple(range(22, 22 + spoilt)) if bridged else ())


@pytest.mark.parametrize(
    ("behind", "goes_on"),
    [(rows(420, 430), True), (rows(419, 429), False), (rows(400, 410), False), (rows(380, 390), False)],
)
def test_behind_a_spoilt_row_the_axis_must_go_on_its_way(behind: list[str], goes_on: bool) -> None:
    for text in ([*rows(400, 420), "lamp,failed", *behind], [*rows(400, 420), "", *behind]):
        found = parse_table("\n".join(["nm,Abs", *text]).encode())
        assert len(found.columns[0].values) == (30 if goes_on else 20)
    downwards = [*rows(419, 399, -1), "lamp,failed", *rows(399, 389, -1)]
    assert len(parse_table("\n".join(["nm,Abs", *downwards]).encode()).columns[0].values) == 30


def test_a_lone_row_joins_the_table_behind_it_only_if_it_is_as_wide() -> None:
    for lone, first in (("399,0.399", 399), ("399,0.399,7", 400)):
        found = parse_table("\n".join([lone, "lamp,failed", *rows(400, 420)]).encode())
        assert found.columns[0].values[0] == first


@pytest.mark.parametrize("row", ["541.9,NaN", "NaN,NaN", "541.9,nan\nNaN,1.#QNAN"])
def test_a_first_row_without_a_value_heads_nothing(row: str) -> None:
    rows = "\n".join(f"{x / 10:g},{x * x % 97}" for x in range(5410, 5300, -1))
    table = parse_table(f"Binding Energy (eV),Counts\n{row}\n{rows}\n".encode(), "t.csv")
    assert [(c.name, c.unit) for c in table.columns] == [("Binding Energy", "eV"), ("Counts", "counts")]
    assert table.header == ("Binding Energy (eV),Counts",)


@pytest.mark.parametrize("word", ["None", "NaN", "--", "", "n/a", "#N/A", "null", "-", "1.#QNAN"])
def test_words_for_a_missing_value(word: str) -> None:
    found = parse_table((table(",") + f"409,{word}\n410,0.5\n").encode())
    assert np.isnan(found.columns[1].values[-2])
    assert found.columns[1].values[-1] == 0.5


@pytest.mark.parametrize("word", ["OVER", "inf", "Saturated", "****", "1.#INF", "1e999"])
def test_readings_over_range_are_counted(word: str) -> None:
    found = parse_table((table(",") + f"409,{word}\n410,0.5\n").encode())
    assert found.columns[1].over_range == 1
    assert any("over range" in w for w in trace(found).warnings)


def test_padded_columns_and_numbers_in_every_notation() -> None:
    found = parse_table(b"x y\n  1.0    .5\n 2.    5.E-1 \n +3   5d-01\n 4e0 \t 0.5\n 5   \xe2\x88\x920.5\n")
    assert found.columns[0].values.tolist() == [1, 2, 3, 4, 5]
    assert found.columns[1].values.tolist() == [0.5, 0.5, 0.5, 0.5, -0.5]


def test_quoted_cells() -> None:
    check('"Wavelength, nm","Abs"\n' + "\n".join(f'"{x}","{y}"' for x, y in zip(NM, ABS, strict=True)))
    check(
        '"Wavelength, nm","Abs"\n'
        + "\n".join(f'"{x}","{y}"'.replace(".", ",") for x, y in zip(NM, ABS, strict=True))
    )


def test_ragged_rows() -> None:
    found = parse_table(b"nm,a,b\n400,1,2\n401,1\n402,1,2\n403,1,2,7\n404,1,2,\n405,1,2\n")
    assert np.isnan(found.columns[2].values[1])
    assert len(found.columns) == 3
    assert any("fewer cells" in w for w in found.warnings)
    assert any("cells too many" in w for w in found.warnings)


def test_a_short_row_between_blanks_is_left_out() -> None:
    found = parse_table(b"400 1 2\n401 1\n402 1 2\n403 1 2\n")
    assert found.columns[0].values.tolist() == [400, 402, 403]
    assert found.guesses.dropped_lines == (2,)


def test_units_in_their_own_row() -> None:
    check("Wavelength,Abs\n(nm),(a.u.)\n" + table(",", head=None))
    check("Wavelength;Abs\nnm;a.u.\n" + table(";", head=None))


@pytest.mark.parametrize(
    ("head", "name", "unit"),
    [
        ("Wavelength (nm)", "Wavelength", "nm"),
        ("Abs / a.u.", "Abs", "a.u."),
        ("Energy [eV]", "Energy", "eV"),
        ("Wavelength, nm", "Wavelength", "nm"),
        ("Emi_peak_nm", "Emi_peak", "nm"),
        ("Intensity (CPS)", "Intensity", "counts/s"),
        ("Run 2 60 s", "Run 2 60 s", ""),
        ("30 s reaction ", "30 s reaction", ""),
        ("sample (A)", "sample", "absorbance"),
        ("InP (batch 7)", "InP (batch 7)", ""),
        ("Time/ns", "Time", "ns"),
        ("KE/eV", "KE", "eV"),
    ],
)
def test_heads(head: str, name: str, unit: str) -> None:
    assert split_head(head) == (name, unit)


def test_axes_that_name_their_region_begin_pairs() -> None:
    """Every region keeps its own energies, and none of its rows, where the first one ends before it."""
    head = "In 3d binding energy (eV),In 3d (counts),P 2p binding energy (eV),P 2p (counts)\n"
    rows = [f"{440 + i},{i},{124 + i},{2 * i}" for i in range(8)] + [
        f",,{132 + i},{16 + 2 * i}" for i in range(4)
    ]
    read = parse_table((head + "\n".join(rows)).encode())
    assert read.value_names == ("In 3d", "P 2p")
    assert read.pairs == {1: 0, 3: 2}
    found = trace(read, "P 2p")
    assert found.x.tolist() == [124 + i for i in range(12)]
    assert found.y.tolist() == [2 * i for i in range(12)]
    assert trace(read, "In 3d").x.tolist() == [440 + i for i in range(8)]
    assert not any("log" in w for w in read.warnings)


def test_pairs_of_columns_each_with_its_own_axis() -> None:
    text = "old,,new,\nWavelength (nm),Abs,Wavelength (nm),Abs\n"
    text += "".join(f"{400 + i},{i},{500 - i},{2 * i}\n" for i in range(6)) + ",,494,12\n,,493,14\n"
    found = parse_table(text.encode())
    assert found.value_names == ("old", "new")
    first, second = trace(found, "old"), trace(found, "new")
    assert first.x.tolist() == [400, 401, 402, 403, 404, 405]
    assert second.x.tolist() == [493, 494, 495, 496, 497, 498, 499, 500]
    assert second.y.tolist() == [14, 12, 10, 8, 6, 4, 2, 0]


def test_a_column_of_row_numbers_is_not_the_axis() -> None:
    text = ",Wavelength (nm),Abs\n" + "".join(f"{i},{400 - i},{i / 8}\n" for i in range(6))
    found = trace(parse_table(text.encode()))
    assert found.x.tolist() == [395, 396, 397, 398, 399, 400]
    assert any("row numbers" in w for w in found.warnings)


def test_descending_irregular_and_repeated_axes() -> None:
    found = trace(parse_table(b"nm,a\n700,1\n698.99,2\n698,3\n698,5\n690.5,4\n680,0\n"))
    assert found.x.tolist() == [680, 690.5, 698, 698.99, 700]
    assert found.y.tolist() == [0, 4, 4, 2, 1]
    assert any("averaged" in w for w in found.warnings)


def test_the_columns_are_listed_when_none_was_chosen() -> None:
    found = parse_table(b"nm,30 s,60 s \n" + b"".join(b"%d,1,2\n" % i for i in range(400, 410)))
    assert any("1 '30 s', 2 '60 s'" in w for w in trace(found).warnings)
    for column in ("60 s", "60 s ", "60 S", 2, "2"):
        assert trace(found, column).y[0] == 2
        assert not any("choose" in w for w in trace(found, column).warnings)


def test_stacked_blocks_give_the_longest_and_say_so() -> None:
    blocks = [table(","), "second\n", "".join(f"{x},1\n" for x in range(300, 330))]
    found = parse_table("\n".join(blocks).encode())
    assert found.columns[0].values[0] == 300
    assert any("several blocks" in w for w in found.warnings)


@pytest.mark.parametrize(
    ("axis", "unit"),
    [
        (np.linspace(400, 700, 9), "nm"),
        (np.linspace(1.6, 3.2, 9), "eV"),
        (np.linspace(15e3, 25e3, 9), "cm-1"),
    ],
)
def test_the_unit_of_a_silent_axis_is_guessed_from_its_range(axis: np.ndarray, unit: str) -> None:
    text = "".join(f"{x},{i}\n" for i, x in enumerate(axis))
    given, warning = axis_unit(trace(parse_table(text.encode())), None, "f")
    assert given == unit
    assert warning is not None


def test_conversions_to_nm() -> None:
    assert to_nm(np.array([2.0]), "eV")[0] == pytest.approx(619.9209919, abs=1e-6)
    assert to_nm(np.array([20000.0]), "cm-1")[0] == pytest.approx(500.0)
    assert to_nm(np.array([0.5]), "µm")[0] == pytest.approx(500.0)
    with pytest.raises(InputError, match="must be positive"):
        to_nm(np.array([0.0, 1.0]), "eV")


def test_a_long_file_takes_time_in_proportion() -> None:
    rows = "".join(f"{i},{i}\n" for i in range(60_000))
    assert len(parse_table(rows.encode()).lines) == 60_000
    assert len(parse_table(("," * 300_000 + "\n" + table(",")).encode()).lines) == len(NM)
