"""Long tables are read by numpy between their edges, and that changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.signal import even
from epidot.signal.table import Table
from epidot.signal.text import parse_table

_MANY = 11 * even.EDGE


def lines(count: int = _MANY, delimiter: str = ",") -> list[str]:
    rng = np.random.default_rng(3)
    y = rng.normal(0.5, 0.1, count)
    return [f"{300 + 0.01 * i:.2f}{delimiter}{v:.6f}" for i, v in enumerate(y)]


def as_bytes(rows: list[str], end: str = "\n") -> bytes:
    return end.join(rows).encode() + end.encode()


def by_lines(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> Table:
    with monkeypatch.context() as patched:
        patched.setattr(even, "middle", lambda raw: None)
        parse_table.cache_clear()
        found = parse_table(raw, "x.csv")
    parse_table.cache_clear()
    return found


def same(a: Table, b: Table) -> bool:
    return (
        all(
            p.name == q.name and p.unit == q.unit and np.array_equal(p.values, q.values, equal_nan=True)
            for p, q in zip(a.columns, b.columns, strict=True)
        )
        and np.array_equal(a.lines, b.lines)
        and (a.header, a.guesses, a.pairs, a.warnings) == (b.header, b.guesses, b.pairs, b.warnings)
    )


def head(rows: list[str]) -> list[str]:
    return ["# spectrometer 5", "Integration time: 3 s", "wavelength (nm),absorbance", *rows]


def with_log(rows: list[str]) -> list[str]:
    return [*rows, "", "Instrument: A", "1.0,2.0", "1.0,2.0", "1.0,2.0", "Lamp: 5 h"]


def unreadable_near_the_end(rows: list[str]) -> list[str]:
    return [*rows[:-50], "300.1,#####", *rows[-50:]]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("change", [list, head, with_log, unreadable_near_the_end])
def test_it_is_what_a_line_at_a_time_gives(
    change: Callable[[list[str]], list[str]], end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = as_bytes(change(lines()), end)
    assert even.middle(raw) is not None
    assert same(parse_table(raw, "x.csv"), by_lines(raw, monkeypatch))


@pytest.mark.parametrize("delimiter", ["\t", ";", "  "])
def test_for_every_delimiter(delimiter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = as_bytes(lines(delimiter=delimiter))
    assert same(parse_table(raw, "x.csv"), by_lines(raw, monkeypatch))


@pytest.mark.parametrize(
    "odd", ["", "500.00,", "500.00,1.0,2.0", "500.00,1.0e999", "500.00 1.0", "500.00,1.2.3"]
)
def test_one_line_that_differs_is_seen(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = lines()
    rows[_MANY // 2] = odd
    raw = as_bytes(rows)
    assert even.middle(raw) is not None
    assert same(parse_table(raw, "x.csv"), by_lines(raw, monkeypatch))


def test_a_million_readings_are_read_and_one_word_among_them_is_refused_soon() -> None:
    rows = lines(1_000_000)
    start = time.process_time()
    found = parse_table(as_bytes(rows), "x.csv")
    assert time.process_time() - start < 5.0  # 0.6 s on a quiet machine
    assert found.lines.size == 1_000_000
    assert found.columns[1].values[654_321] == float(rows[654_321].split(",")[1])
    rows[500_000] = "500.00,high"
    with pytest.raises(InputError, match=r"line 500001 is none of numbers.*saw '500.00,high'"):
        parse_table(as_bytes(rows), "x.csv")
    rows[600_000] = ""
    rows[700_000] = "# pause"
    with pytest.raises(InputError, match=r"line 500001 .*; 1 more like it"):
        parse_table(as_bytes(rows), "x.csv")
