"""Diameters of etch rounds from a table of ``epidot measure tem``."""

from __future__ import annotations

from pathlib import Path

import pytest

from epidot.errors import InputError
from epidot.instruments import etch

ROUNDS = """dots: 10 nmol
core diameter: 3.3 nm
detection limit: 1 nmol
temperature: 300 °C
round; Br (nmol); In (nmol)
1; 52; <LOD
2; 109; <LOD
3; 125; <1.5
"""
SIZES = """file,diameter_nm,diameter_nm_sigma
r0.tif,8.50,0.02
r1.tif,7.46,0.02
r2.tif,6.42,0.02
r3.tif,5.38,0.02
"""


def both(tmp_path: Path, sizes: str, rounds: str = ROUNDS) -> tuple[Path, Path]:
    a, b = tmp_path / "etch.csv", tmp_path / "sizes.csv"
    a.write_text(rounds, encoding="utf-8")
    b.write_text(sizes, encoding="utf-8")
    return a, b


def test_the_diameters_are_those_of_the_images(tmp_path: Path) -> None:
    """The same signal as of a table that holds them itself."""
    table, sizes = both(tmp_path, SIZES)
    signal = etch.read(table, sizes=str(sizes))
    assert signal.meta["diameters_nm"] == [8.5, 7.46, 6.42, 5.38]
    own = tmp_path / "own.csv"
    rows = ROUNDS.splitlines()
    rows[4] = "round; diameter (nm); Br (nmol); In (nmol)"
    rows[5:] = [
        f"{row.split(';')[0]}; {d};{row.split(';', 1)[1]}"
        for row, d in zip(rows[5:], (7.46, 6.42, 5.38), strict=True)
    ]
    rows[5:5] = ["0; 8.50; ;"]
    own.write_text("\n".join(rows) + "\n", encoding="utf-8")
    beside = etch.read(own)
    assert beside.meta["diameters_nm"] == signal.meta["diameters_nm"]
    assert list(signal.y) == list(beside.y)
    assert list(signal.x) == list(beside.x)


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        (SIZES.rsplit("r3", 1)[0], "4 sizes are needed"),
        (SIZES.replace("diameter_nm,", "peak_nm,"), "no table of sizes"),
        (SIZES.replace("6.42", "wide"), "not a diameter"),
        (SIZES.replace("6.42", "-1"), "not a diameter"),
        ("", "the file is empty"),
    ],
    ids=["one too few", "of another instrument", "no number", "negative", "empty"],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path: Path, sizes: str, said: str) -> None:
    table, path = both(tmp_path, sizes)
    with pytest.raises(InputError, match=said):
        etch.read(table, sizes=str(path))


def test_two_sources_of_a_size_are_refused(tmp_path: Path) -> None:
    rounds = ROUNDS.replace("round; Br", "round; diameter (nm); Br").replace("; 52;", "; 7.4; 52;")
    rounds = rounds.replace("; 109;", "; 6.4; 109;").replace("; 125;", "; 5.4; 125;")
    table, sizes = both(tmp_path, SIZES, rounds)
    with pytest.raises(InputError, match="sizes of its own"):
        etch.read(table, sizes=str(sizes))
