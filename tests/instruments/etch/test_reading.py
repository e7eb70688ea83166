"""Tables of etch rounds: what is understood, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.instruments import etch
from epidot.instruments.etch.profile import from_signal
from epidot.instruments.recognise import recognise

GOOD = """# etching of ZnBr2-treated dots
dots: 10 nmol
core diameter: 3.3 nm
detection limit Br: 3 nmol
detection limit: 1 nmol
temperature: 300 °C
round; diameter (nm); Br (nmol); In (nmol); Zn (µmol)
0; 8.50; ; ;
1; 7.46; 52; <LOD; 27.1
2; 6.42; 109; <LOD; 19.0
3; 5.38; 125; <1.5; 13.4
4; 4.34; 108; 2.2; 9.4
5; 3.30; 95; 40; 5.0
6; 0; < LOD; 3400; 0.4
"""


def written(tmp_path: Path, text: str, name: str = "etch.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_understood(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    signal = etch.read(path)
    assert signal.y_name == "Br"
    assert signal.y.tolist() == [52, 109, 125, 108, 95, 3]
    assert signal.meta["below_limit"] == [False] * 5 + [True]
    assert signal.meta["dots_nmol"] == 10
    assert signal.meta["core_diameter_nm"] == 3.3
    assert signal.meta["diameters_nm"][0] == 8.5
    assert signal.companions["Zn"].y[0] == pytest.approx(27100)
    assert signal.companions["In"].meta["below_limit"] == [True] * 3 + [False] * 3
    assert signal.companions["In"].y[2] == 1.5
    assert signal.sigma is not None
    assert signal.sigma[0] == pytest.approx(np.hypot(0.1 * 52, 1.0))
    assert recognise(path) == "etch"
    found = etch.measure(signal)
    assert found["core_round"].value == 5
    assert found["argmax_round"].value == 3
    assert found.series["halide_nmol"].values[5] is None
    assert "round 6" in found.series["halide_nmol"].note


@pytest.mark.parametrize("delimiter", ["\t", ",", "|"])
def test_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    lines = [line.replace("; ", delimiter).replace(";", delimiter) for line in GOOD.splitlines()]
    assert etch.read(written(tmp_path, "\n".join(lines))).y.tolist() == [52, 109, 125, 108, 95, 3]


def test_decimal_commas_ppm_and_a_temperature_column(tmp_path: Path) -> None:
    text = """solution: 10 mL
detection limit Br: 0,02 ppm
etch\tT (°C)\tBr (ppm)\tBr sd (ppm)
1\t80\t1,5\t0,1
2\t80\t<LOD\t
1\t300\t0,4\t0,05
2\t300\t0,8\t0,05
"""
    signal = etch.read(written(tmp_path, text))
    cold, hot = from_signal(signal)
    assert (cold.name, hot.name) == ("80 °C", "300 °C")
    # 1.5 mg/L in 10 mL of 79.904 g/mol
    assert cold.readings["Br"].nmol[0] == pytest.approx(1.5e-3 * 0.01 / 79.904 * 1e9)
    assert hot.readings["Br"].sigma[0] == pytest.approx(0.05e-3 * 0.01 / 79.904 * 1e9)
    assert any("comma" in w for w in signal.warnings)
    found = etch.measure(signal, profile="80 °C")
    assert found["argmax_round"].value == 1
    assert [p["profile"] for p in found.extra["profiles"]] == ["80 °C", "300 °C"]


def test_several_tables_depths_and_volumes(tmp_path: Path) -> None:
    text = """dots: 1 nmol
diameter: 8.5 nm
temperature: 200 °C
round,depth (nm),Br (per dot)
1,0.5,100
2,1.0,2
temperature: 300 °C
round,removed (nm),Br (per dot)
1,0.5,5
2,0.5,9
"""
    cold, hot = from_signal(etch.read(written(tmp_path, text)))
    assert cold.diameters_nm is not None
    assert hot.diameters_nm is not None
    assert np.allclose(cold.diameters_nm, [8.5, 7.5, 6.5])
    assert np.allclose(hot.diameters_nm, [8.5, 7.5, 6.5])
    assert hot.temperature_K == pytest.approx(573.15)
    assert hot.readings["Br"].nmol.tolist() == [5, 9]


BAD = {
    "negative amount": (
        "round,Br (nmol)\n1,5\n2,-3\n",
        r":3: a negative amount of Br, saw '-3'; write <LOD",
    ),
    "unknown column": ("round,Br (nmol),colour\n1,5,2\n", r":1: unknown column, saw 'colour'"),
    "no unit": ("round,Br\n1,5\n", r":1: Br: no unit given; write the unit behind the element"),
    "wrong unit": ("round,Br (nmoll)\n1,5\n", r"not a unit of it, saw 'nmoll'; nearest valid: nmol"),
    "radius rises": (
        "round,diameter (nm),Br (nmol)\n0,8,\n1,7,5\n2,7.5,4\n",
        r":4: the diameter must fall from round to round, saw '7.5 nm after 7 nm'",
    ),
    "depth beyond the centre": (
        "diameter: 8 nm\nround,depth (nm),Br (nmol)\n1,1,5\n2,6,4\n",
        r":4: more is removed than the dot of 8 nm holds",
    ),
    "rounds back": ("round,Br (nmol)\n1,5\n3,4\n2,6\n", r":4: the rounds must rise"),
    "hot": ("temperature: 900 °C\nround,Br (nmol)\n1,5\n", r":3: the temperature of the treatment"),
    "limit unknown": ("round,Br (nmol)\n1,5\n2,<LOD\n", r":3: Br is below a detection limit that"),
    "missing amount": ("round,Br (nmol),Zn (nmol)\n1,5,8\n2,,7\n", r":3: the amount of Br is missing"),
    "text": ("round,Br (nmol)\n1,5\n2,much\n", r":3: the amount of Br is no number, saw 'much'"),
    "no dots": ("round,Br (per dot)\n1,5\n", r":1: Br in per dot needs the amount of dots"),
    "no solution": ("round,Br (ppm)\n1,5\n", r":1: Br in ppm needs the volume of the solution"),
    "no depth without size": (
        "round,depth (nm),Br (nmol)\n1,1,5\n",
        r":1: a depth needs the diameter before the first round",
    ),
    "no head": ("1,5\n2,6\n", r":1: numbers without a head line"),
    "unit of a setting": ("dots: 10 mL\nround,Br (nmol)\n1,5\n", r":1: dots: cannot read this amount"),
    "same column twice": ("round,Br (nmol),bromide (nmol)\n1,5,5\n", r":1: two columns hold the same"),
    "too many cells": ("round,Br (nmol)\n1,5,7\n", r":2: 3 cells where the head has 2"),
    "zero error": ("round,Br (nmol),Br sd (nmol)\n1,5,0\n", r":2: the error of Br must be positive"),
    "no amount": ("round,diameter (nm)\n1,7\n", r":1: no column holds an amount"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(BAD))
def test_bad_tables_are_refused_with_their_line(case: str, tmp_path: Path) -> None:
    text, message = BAD[case]
    with pytest.raises(InputError, match=message):
        etch.read(written(tmp_path, text))


def test_every_fault_at_once(tmp_path: Path) -> None:
    text = "round,Br (nmol),colour\n1,-5,1\n2,x,1\n"
    with pytest.raises(InputError) as caught:
        etch.read(written(tmp_path, text))
    assert len(caught.value.faults) >= 2
    assert [f.line for f in caught.value.faults] == sorted(f.line or 0 for f in caught.value.faults)


def test_all_below_the_limit_is_answered(tmp_path: Path) -> None:
    text = "detection limit: 1 nmol\ndots: 1 nmol\nround,diameter (nm),Br (nmol)\n0,8,\n1,7,<LOD\n2,6,<LOD\n"
    signal = etch.read(written(tmp_path, text))
    assert any("below its detection limit" in w for w in signal.warnings)
    found = etch.measure(signal, explain="compare", core_nm=3.0)
    for name in ("total_nmol", "argmax_round", "front_nm"):
        assert found[name].value is None
        assert "no round is above the detection limit" in found[name].note
    assert found["dH_eV"].value is None
    assert "no profile to invert" in found["dH_eV"].note
    fit = etch.fit(signal, "traps", core_nm=3.0)
    assert fit.status == "failed"
    assert "below its detection limit" in fit.message


def test_an_inversion_says_all_it_needs(tmp_path: Path) -> None:
    signal = etch.read(written(tmp_path, "round,Br (nmol)\n1,5\n2,9\n"))
    with pytest.raises(InputError) as caught:
        etch.fit(signal, "traps")
    text = str(caught.value)
    for need in ("temperature of the treatment", "amount of dots", "diameters"):
        assert need in text
    with pytest.raises(InputError, match=r"no such model of etch\.fit"):
        etch.fit(signal, "trap")
