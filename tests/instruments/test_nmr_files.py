"""Exchange formats of NMR: JCAMP-DX written by its standard, what nmrglue gives of JEOL files, nuclei."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.instruments import dosy, nmr
from epidot.instruments.nmr.jeol import _delay, jeol

GLUE = pytest.mark.skipif(importlib.util.find_spec("nmrglue") is None, reason="nmrglue is not installed")
N, MHZ = 1024, 400.0
LINE = 2.5  # ppm
AXIS = np.linspace(5.0, 1.0, N)  # ppm, as such files run
SPECTRUM = np.rint(1e6 / (1 + ((AXIS - LINE) / 0.02) ** 2)).astype(int)
HEAD = (
    "##TITLE= test\n##JCAMP-DX= 5.00\n##DATA TYPE= NMR SPECTRUM\n##DATA CLASS= {}\n"
    "##.OBSERVE FREQUENCY= 400\n##.OBSERVE NUCLEUS= ^1H\n"
)


def affn(values: np.ndarray, start: float, step: float) -> str:
    """Eight plain numbers a line after their abscissa."""
    rows = (values[i : i + 8] for i in range(0, values.size, 8))
    return "".join(
        f"{start + 8 * k * step:.6f} " + " ".join(map(str, row)) + "\n" for k, row in enumerate(rows)
    )


def difdup(values: np.ndarray, start: float, step: float) -> str:
    """The densest form: first value of a line squeezed, then differences and repeats, a check at the end."""

    def coded(v: int, positive: str, negative: str, zero: str) -> str:
        digits = str(abs(v))
        if v == 0:
            return zero
        return (positive if v > 0 else negative)[int(digits[0]) - 1] + digits[1:]

    out, at = [], 0
    while at < values.size:
        own = values[at : at + 32]
        # Every line but the first begins with the last value of the one before.
        begin = own[0] if at == 0 else values[at - 1]
        differences = np.diff(own) if at == 0 else np.diff(np.r_[begin, own])
        text, k = coded(int(begin), "ABCDEFGHI", "abcdefghi", "@"), 0
        while k < differences.size:
            same = 1
            while k + same < differences.size and differences[k + same] == differences[k]:
                same += 1
            text += coded(int(differences[k]), "JKLMNOPQR", "jklmnopqr", "%")
            if same > 1:
                text += "STUVWXYZs"[int(str(same)[0]) - 1] + str(same)[1:]
            k += same
        first = at if at == 0 else at - 1
        out.append(f"{start + first * step:.6f}{text}\n")
        at += own.size
    begin = int(values[-1])
    out.append(f"{start + (values.size - 1) * step:.6f}{coded(begin, 'ABCDEFGHI', 'abcdefghi', '@')}\n")
    return "".join(out)


def plain(form: str, hz: np.ndarray, more: str = "") -> str:
    step = (hz[-1] - hz[0]) / (N - 1)
    body = {"affn": affn, "difdup": difdup}[form](SPECTRUM, hz[0], step)
    return (
        HEAD.format("XYDATA")
        + more
        + f"##XUNITS= HZ\n##YUNITS= ARBITRARY UNITS\n##XFACTOR= 1\n##YFACTOR= 1\n"
        f"##FIRSTX= {hz[0]:.6f}\n##LASTX= {hz[-1]:.6f}\n##NPOINTS= {N}\n##FIRSTY= {SPECTRUM[0]}\n"
        f"##XYDATA= (X++(Y..Y))\n{body}##END=\n"
    )


def tuples(kind: str, unit: str, first: float, last: float, values: np.ndarray, more: str = "") -> str:
    step = (last - first) / (values.size - 1)
    pages = "".join(
        f"##PAGE= N={k + 1}\n##DATA TABLE= (X++({s}..{s})), XYDATA\n" + affn(part, first, step)
        for k, (s, part) in enumerate(
            (("R", np.rint(values.real).astype(int)), ("I", np.rint(values.imag).astype(int)))
        )
    )
    head = HEAD.format("NTUPLES").replace("NMR SPECTRUM", kind)
    return (
        head + more + f"##NTUPLES= {kind}\n##VAR_NAME= X, R, I, N\n##SYMBOL= X, R, I, N\n"
        f"##VAR_DIM= {values.size}, {values.size}, {values.size}, 2\n##UNITS= {unit}, A, A, \n"
        f"##FIRST= {first:.9f}, 0, 0, 1\n##LAST= {last:.9f}, 0, 0, 2\n##FACTOR= 1, 1, 1, 1\n{pages}"
        f"##END NTUPLES= {kind}\n##END=\n"
    )


def at_its_line(text: str, tmp_path: Path, **told: Any) -> float:
    file = tmp_path / "a.dx"
    file.write_text(text)
    seen = nmr.read(file, **told)
    height = seen.y**2 + (seen.companions["imaginary"].y ** 2 if seen.companions else 0.0)
    assert seen.meta["nucleus"] == "1H"
    return float(seen.x[np.argmax(height)])


BRUKER = "##$OFFSET= 5.0\n##$SF= 400\n##$SW_p= 1600\n##$BF1= 400\n##$SI= 1024\n##$AQ_mod= 3\n"


@GLUE
@pytest.mark.parametrize("form", ["affn", "difdup"])
@pytest.mark.parametrize(
    ("low", "more"),
    [
        (400.0, ""),  # an axis that counts from the standard
        (0.0, BRUKER),  # Bruker's count from the lowest point
        (0.0, "##.SHIFT REFERENCE= INTERNAL, CDCl3, 1, 5.0\n"),
    ],
)
def test_spectra_of_jcamp_stand_where_their_labels_say(
    tmp_path: Path, form: str, low: float, more: str
) -> None:
    text = plain(form, np.linspace(low + 1600.0, low, N), more)
    assert at_its_line(text, tmp_path) == pytest.approx(LINE, abs=4 / N)


@GLUE
def test_tuples_of_jcamp_carry_both_parts_and_their_own_axis(tmp_path: Path) -> None:
    values = 1e6 / (1 + 1j * (AXIS - LINE) / 0.02)
    text = tuples("NMR SPECTRUM", "HZ", 2000.0, 400.0, values)
    assert at_its_line(text, tmp_path) == pytest.approx(LINE, abs=4 / N)
    assert "imaginary" in nmr.read(tmp_path / "a.dx").companions


@GLUE
@pytest.mark.parametrize("late", [0, 20])
def test_a_free_decay_of_jcamp(tmp_path: Path, late: int) -> None:
    """Carrier at 3 ppm, 1600 Hz wide; a digital filter puts ``late`` empty points before it."""
    t = np.arange(N) / 1600.0
    decay = 1e5 * np.exp(2j * np.pi * (LINE - 3.0) * MHZ * t - 30 * t)
    values = np.r_[np.zeros(late), decay[: N - late]]
    more = f"##$BF1= 400\n##$O1= 1200\n##$SF= 400\n##$GRPDLY= {late}\n"
    text = tuples("NMR FID", "SECONDS", 0.0, float(t[-1]), values, more)
    assert at_its_line(text, tmp_path) == pytest.approx(LINE, abs=4 / N)
    seen = nmr.read(tmp_path / "a.dx")
    best = int(np.argmax(seen.y))
    assert abs(seen.companions["imaginary"].y[best]) < 0.3 * seen.y[best]
    nowhere = text.replace("##$O1= 1200\n", "")
    with pytest.raises(InputError, match="does not say where its shifts lie"):
        at_its_line(nowhere, tmp_path)


@GLUE
def test_jcamp_of_two_dimensions_or_without_an_end_is_refused(tmp_path: Path) -> None:
    flat = plain("affn", np.linspace(2000.0, 400.0, N))
    for text, words in (
        (flat.replace("##DATA CLASS", "##NUM DIM= 2\n##DATA CLASS"), "two dimensions"),
        (flat.replace("NMR SPECTRUM", "INFRARED SPECTRUM"), "another technique, saw 'INFRARED"),
        (flat.replace("##XYDATA= (X++(Y..Y))\n", "##XYDATA= (X++(Y..Y))\n0A1%s9999999\n"), "too often"),
    ):
        with pytest.raises(InputError, match=words):
            at_its_line(text, tmp_path)


def of_jeol(head: dict[str, Any], told: dict[str, Any], values: np.ndarray) -> Any:
    library = SimpleNamespace(
        jeol=SimpleNamespace(read=lambda path: ({"header": head, "parameters": told}, values))
    )
    return jeol(library, Path("a.jdf"))


def test_a_spectrum_of_jeol_is_not_transformed_again() -> None:
    """As nmrglue gives a file whose axis is in ppm, from high to low; the label says Phosphorus31."""
    told = {"x_freq": 162e6, "x_sweep": 1e4, "x_domain": "Phosphorus31", "temp_get": 25.0, "solvent": "CDCL3"}
    head = {"units": [("none", 1, "ppm")], "data_axis_start": [50.0], "data_axis_stop": [30.0]}
    found = of_jeol(head, told, np.arange(201.0))
    assert found.spectra
    assert found.nucleus == "31P"
    assert found.temperature_K == pytest.approx(298.15)
    x = found.middle_ppm + (np.arange(201) - 100) * found.width_Hz / 201 / found.MHz
    assert (x[0], x[-1]) == pytest.approx((30.0, 50.0))
    assert found.values[0, 0] == 200
    with pytest.raises(InputError, match="neither a time nor a shift"):
        of_jeol(head | {"units": [("none", 1, "tesla")]}, told, np.arange(201.0))


def test_two_filters_in_a_row_are_late_by_half_their_taps() -> None:
    # 54 taps at sixteen times the rate, 73 at twice
    assert _delay("25473", "82") == pytest.approx(53 / 2 / 16 + 72 / 2 / 2)
    assert _delay("", "") == _delay("2547", "82") == 0.0


def test_another_nucleus_than_the_file_says_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    rows = "".join(f"{x:.4f},{y}\n" for x, y in zip(AXIS, SPECTRUM, strict=True))
    file.write_text("1H spectrum\nppm,intensity\n" + rows)
    with pytest.raises(InputError, match="nucleus 13C is asked for, but the file says 1H"):
        nmr.read(file, nucleus="13C")
    assert nmr.read(file, nucleus="1H").meta["nucleus"] == "1H"
    file.write_text("31P{1H} spectrum\nppm,intensity\n" + rows)
    with pytest.raises(InputError, match="the file says 31P"):
        nmr.read(file, nucleus="1H")
    file.write_text("spectrum\nppm,intensity\n" + rows)
    assert nmr.read(file, nucleus="13C").meta["nucleus"] == "13C"


def test_unknown_species_and_nuclei_say_what_is_known(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        "1H, ppm,intensity\n" + "".join(f"{x:.4f},{y}\n" for x, y in zip(AXIS, SPECTRUM, strict=True))
    )
    for reference, words in (("ferrocen", "nearest valid: ferrocene"), ("xyz", "known are Int1, ")):
        with pytest.raises(InputError, match=words):
            nmr.measure(nmr.read(file, frequency_MHz=400.0), reference=reference)
    table = tmp_path / "d.csv"
    table.write_text("gradient (G/cm),i\n" + "".join(f"{g},{2.0**-g}\n" for g in range(1, 9)))
    with pytest.raises(InputError, match="known are 1H, 13C"):
        dosy.read(table, delta_ms=2.0, big_delta_ms=50.0, nucleus="99Xx")
