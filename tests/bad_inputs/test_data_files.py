"""Broken data files: each is refused with its own message, its place and what to do; never a traceback."""

from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from epidot.errors import InputError
from epidot.instruments import pl, uvvis
from epidot.signal.decoding import MAX_BYTES
from epidot.signal.text import parse_table

DATA = Path(__file__).parent / "data"

# Every file in data/ with its whole message: name, tab, message.
LINES = (DATA.parent / "data_messages.tsv").read_text(encoding="utf-8").splitlines()
CASES = [tuple(line.split("\t")) for line in LINES]

# Files that are unwieldy in a repository: name, content, and what the message says.
GENERATED = [
    ("sheet.xlsx", b"PK\x03\x04" + bytes(60), "an Excel workbook; save the sheet as CSV text"),
    ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60), "an old Excel or JASCO binary file"),
    ("paper.pdf", b"%PDF-1.7\n400 0.1\n401 0.2\n402 0.3\n", "a PDF document"),
    ("plot.png", b"\x89PNG\r\n\x1a\n" + bytes(60), "a picture"),
    ("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(60), "a picture"),
    ("image.tif", b"II*\x00" + bytes(60), "a picture"),
    ("data.csv.gz", gzip.compress(b"nm,abs\n400,0.1\n", mtime=0), "compressed (gzip); unpack it first"),
    ("data.nc", b"\x89HDF\r\n\x1a\n" + bytes(60), "an HDF5 or netCDF file"),
    ("notes.db", b"SQLite format 3\x00" + bytes(60), "a database"),
    ("zeros.dat", bytes(500), "holds nothing but blanks"),
    ("floats.dat", np.linspace(0, 1, 200).tobytes(), "not a text file (binary data)"),
    ("noise.dat", np.random.default_rng(1).bytes(2000), "not a text file (binary data)"),
    ("nul.csv", b"nm,abs\n400,0.1\n401,\x000.2\n402,0.3\n", "not a text file (binary data)"),
    ("control.csv", b"\x01\x02\x03\x04\x05\x06400,0.1\n401,0.2\n", "not a text file (binary data)"),
    ("utf16-odd.csv", b"\xff\xfe4\x000\x000\x00,\x00\x00\xd8\x00\xd8\x00\xd8\x00\xd8\x00\xd8", "utf-16"),
    ("sixteen-bit-words.csv", "nur Text, keine Zahl\n".encode("utf-16"), "no table of numbers was found"),
    ("cr-only-words.csv", b"no numbers\rhere either\r", "no table of numbers was found"),
    ("one-long-line.csv", b"1," * 50_000 + b"1\n", "no table of numbers was found"),
]


def message(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        uvvis.read(path)
    return str(caught.value).replace(str(path.parent) + "/", "")


def test_there_are_enough_of_them() -> None:
    files = {p.name for p in DATA.iterdir()}
    assert files == {name for name, _ in CASES}
    assert len(files) >= 40


@pytest.mark.parametrize(("name", "expected"), CASES, ids=[name for name, _ in CASES])
def test_the_message_names_place_value_and_remedy(name: str, expected: str) -> None:
    assert message(DATA / name) == expected


@pytest.mark.parametrize(("name", "content", "expected"), GENERATED, ids=[name for name, _, _ in GENERATED])
def test_files_that_are_no_text(name: str, content: bytes, expected: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    told = message(tmp_path / name)
    assert expected in told
    assert told.startswith(name)


def test_places_that_hold_no_file(tmp_path: Path) -> None:
    assert message(tmp_path / "absent.csv") == "absent.csv: no such file; check the path and its permissions"
    (tmp_path / "folder").mkdir()
    assert message(tmp_path / "folder") == "folder: is a folder; name one data file in it"
    with pytest.raises(InputError, match="cannot be read"):
        uvvis.read("a\x00b.csv")


def test_a_file_too_large_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # sparse: takes no room on the disk
    assert "too large for a data file, saw '100 MB'" in message(path)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"column": "60s"}, "good.csv: no such column, saw '60s'; nearest valid: 60 s"),
        (
            {"column": 3},
            "no such column, saw '3'; nearest valid: 30 s; give its name or its number from 1 to 2",
        ),
        ({"column": 0}, "no such column, saw '0'"),
        ({"column": ""}, "no such column, saw ''"),
        ({"unit": "furlong"}, "option unit of uvvis.read is not a choice, saw 'furlong'"),
        ({"colunm": "60 s"}, "unknown option of uvvis.read, saw 'colunm'; nearest valid: column"),
        ({"values": "reflectance"}, "option values of uvvis.read is not a choice, saw 'reflectance'"),
    ],
)
def test_options_that_do_not_fit_the_file(options: dict[str, object], expected: str, tmp_path: Path) -> None:
    path = tmp_path / "good.csv"
    path.write_text("nm,30 s,60 s\n" + "".join(f"{x},0.1,0.2\n" for x in range(400, 420)), encoding="utf-8")
    assert len(uvvis.read(path, column="60 s")) == 20
    with pytest.raises(InputError) as caught:
        uvvis.read(path, **options)
    assert expected in str(caught.value)


def test_a_name_used_twice_is_chosen_by_number(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("nm,Abs,Abs\n" + "".join(f"{x},0.1,0.2\n" for x in range(400, 420)), encoding="utf-8")
    with pytest.raises(InputError, match="several columns have this name, saw 'Abs'; choose by number: 1, 2"):
        uvvis.read(path, column="Abs")
    assert uvvis.read(path, column="2").y[0] == 0.2


# ------------------------------------------------------------------------- nothing but InputError

CELLS = st.one_of(
    st.floats().map(repr),
    st.floats(0, 1000).map(lambda v: f"{v:.2f}".replace(".", ",")),
    st.integers(-5, 900).map(str),
    st.sampled_from(
        ["", "NaN", "None", "--", "OVER", "Wavelength (nm)", "Abs", '"', "#", "1_0", "٣", "1e400", "eV"]
    ),
    st.text(max_size=4),
)
DELIMITERS = st.sampled_from([",", ";", "\t", " ", "|"])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Text that is nearly a table: an axis, some columns, damage."""
    delimiter, end = draw(DELIMITERS), draw(ENDS)
    lines = [draw(st.sampled_from(["", "Wavelength (nm)", "Energy (eV)", "x", "nm"])) + delimiter + "Abs"]
    start, step = draw(st.floats(0.5, 900)), draw(st.floats(-3, 3))
    for i in range(draw(st.integers(0, 40))):
        lines.append(f"{start + i * step!r}{delimiter}{draw(st.floats(-1e3, 1e6, width=32))!r}")
    for _ in range(draw(st.integers(0, 5))):
        row = delimiter.join(draw(st.lists(CELLS, max_size=4)))
        lines.insert(draw(st.integers(0, len(lines))), row)
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    return end.join(lines).encode(encoding, errors="replace")


SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass")))
@example(raw=b"\xff\xfe")
@example(raw=b"\xef\xbb\xbf")
@example(raw=b"1,2\n" * 2)
@example(raw=b'"1,2\n3,"4\n')
@example(raw=b"# epidot signal 1\n# companion: []\n")
def test_any_bytes(raw: bytes) -> None:
    with suppress(InputError):
        parse_table(raw)


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(raw=documents())
def test_whatever_is_read_can_be_measured(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(raw)
    for device in (uvvis, pl):
        with suppress(InputError):
            found = device.measure(device.read(path))
            assert all(q.value is not None or q.note for q in found.values())
            assert all(q.value is None or np.isfinite(q.value) for q in found.values())


VALUES = st.lists(st.floats(-1e3, 1e6) | st.just(0.0), min_size=5, max_size=60)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(
    values=VALUES, step=st.floats(0.01, 30), baseline=st.sampled_from(["none", "offset", "linear", "scatter"])
)
def test_any_values_can_be_measured(values: list[float], step: float, baseline: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = "".join(f"{400 + i * step!r},{v!r}\n" for i, v in enumerate(values))
    path.write_text("Wavelength (nm),y\n" + rows, encoding="utf-8")
    for device in (uvvis, pl):
        with suppress(InputError):
            device.measure(device.read(path), baseline=baseline)


def test_a_generic_table_says_where_it_came_from() -> None:
    with pytest.raises(InputError, match=r"only-blanks\.csv"):
        parse_table((DATA / "only-blanks.csv").read_bytes(), "only-blanks.csv")
