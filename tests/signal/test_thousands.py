"""Thousands separators, Origin's head rows, units stated in a head: the number is right or there is none."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.signal.text import parse_table
from epidot.signal.thousands import marks_thousands, without_groups

X = np.arange(450, 751)
BAND = 20 + 1500 * np.exp(-(((X - 612) / 24.0) ** 2))


def table(cells: list[str], delimiter: str = ";"):
    text = f"nm{delimiter}Counts\n" + "\n".join(f"{x}{delimiter}{c}" for x, c in zip(X, cells, strict=True))
    return parse_table(text.encode(), "file.csv")


def grouped(value: float, mark: str, decimal: str = "", digits: int = 0) -> str:
    whole, _, part = f"{value:,.{digits}f}".partition(".")
    return whole.replace(",", mark) + (decimal + part if digits else "")


@pytest.mark.parametrize(
    ("cell", "decimal", "plain"),
    [
        ("12,345.6", ".", "12345.6"),
        ("1,234,567", ".", "1234567"),
        ("1.012,3", ",", "1012,3"),
        ("-1.234.567,89", ",", "-1234567,89"),
        ("12,345", ".", None),  # one mark alone may be either
        ("0,123.4", ".", None),
        ("12,34.5", ".", None),
        ("1012.3", ".", None),
    ],
)
def test_two_marks_leave_no_doubt(cell: str, decimal: str, plain: str | None) -> None:
    assert without_groups(cell, decimal) == plain


@pytest.mark.parametrize(
    ("mark", "decimal", "delimiter"), [(".", ",", ";"), (",", ".", "\t"), (",", ".", ";")]
)
def test_marks_beside_decimals(mark: str, decimal: str, delimiter: str) -> None:
    found = table([grouped(v, mark, decimal, 1) for v in BAND], delimiter)
    np.testing.assert_allclose(found.columns[1].values, np.round(BAND, 1))


@pytest.mark.parametrize("mark", [".", ","])
def test_whole_numbers_are_told_by_their_neighbours(mark: str) -> None:
    found = table([grouped(round(v), mark) for v in BAND])
    np.testing.assert_array_equal(found.columns[1].values, np.round(BAND))
    assert any("thousands separator" in w for w in found.warnings)


def test_decimals_stay_decimals() -> None:
    absorbance = 1.2 * BAND / BAND.max()
    found = table([f"{v:.3f}" for v in absorbance])
    np.testing.assert_allclose(found.columns[1].values, np.round(absorbance, 3))
    with_zeros = ["1" if round(v, 3) == 1 else f"{v:.3f}" for v in absorbance]
    np.testing.assert_allclose(table(with_zeros).columns[1].values, np.round(absorbance, 3))
    comma = table([f"{v:.3f}".replace(".", ",") for v in absorbance])
    np.testing.assert_allclose(comma.columns[1].values, np.round(absorbance, 3))


def test_what_cannot_be_told_is_refused_with_its_line() -> None:
    cells = ["30"] * X.size
    cells[100] = "1.012"  # one spike among small numbers: 1012, or a little over 1?
    with pytest.raises(InputError, match=r"file.csv:102: .*ambiguous.*thousands separator"):
        table(cells)


def test_no_whole_numbers_no_question() -> None:
    assert not marks_thousands(["1.012", "1.345"], ".", [1, 2], "f")
    assert not marks_thousands(["1012", "1.345"], ".", [1, 2], "f")  # whole numbers carry no mark here


def test_long_names_units_and_comments() -> None:
    rows = "\n".join(f"{x}\t{x}0\t0.5\t{x}\t{x}1\t0.5" for x in range(450, 480))
    names, units = "Wavelength\tS1\tR1", "nm\tCPS\tMicroAmps"
    head = f"{names}\t{names}\n{units}\t{units}\nrun 1\t\t\trun 2\t\t\n"
    found = parse_table((head + rows).encode(), "f.txt")
    assert found.value_names == ("S1 run 1", "R1 run 1", "S1 run 2", "R1 run 2")
    assert [c.unit for c in found.columns] == ["nm", "counts/s", "µA"] * 2
    assert found.columns[found.find("S1 run 2")].values[0] == 4501


@pytest.mark.parametrize(
    "head", ["XUNITS\t{x}\nYUNITS\t{y}\nNPOINTS\t30\n", "##XUNITS= {x}\n##YUNITS= {y}\n"]
)
def test_the_head_states_axis_and_quantity(head: str) -> None:
    rows = "\n".join(f"{x}.0\t{x % 7}.5" for x in range(800, 770, -1))
    text = head.format(x="NANOMETERS", y="TRANSMITTANCE") + "XYDATA\n" + rows
    found = parse_table(text.encode(), "f.txt")
    assert [(c.name, c.unit) for c in found.columns] == [("wavelength", "nm"), ("transmittance", "")]
