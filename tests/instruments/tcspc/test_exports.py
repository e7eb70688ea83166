"""Counters' text exports hold several curves; each is found by number or name, none is lost in silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.instruments import instrument

TCSPC = instrument("tcspc")


def picoquant(path: Path, rng: np.random.Generator, width: str = "0.0500\t0.0500") -> Path:
    decay = rng.poisson(400 * np.exp(-np.arange(1000) * 0.05 / 6.0) + 1)
    response = rng.poisson(5000 * np.exp(-(((np.arange(900) - 20) / 4.0) ** 2)))
    rows = [f"{response[i] if i < 900 else ''}\t{decay[i]}\t" for i in range(1000)]
    head = f"#PicoHarp 300  Histogram Data\n#channels per curve\n65536\n#ns/channel\n{width}\n#counts\n"
    path.write_text(head + "\n".join(rows) + "\n")
    return path


def becker_hickl(path: Path, rng: np.random.Generator, head: str) -> Path:
    decay = rng.poisson(600 * np.exp(-np.arange(1024) * 12.5 / 1024 / 3.2) + 2)
    blocks = [f"*BLOCK {i} {name}  (1024 points)\n" + "\n".join(map(str, y)) + "\n*END\n"
              for i, (name, y) in enumerate((("Decay", decay), ("IRF", decay[::-1])), start=1)]  # fmt: skip
    path.write_text(f"*IDENTIFICATION\n  ID : SPC data\n*END\n\n{head}\n" + "\n".join(blocks))
    return path


def test_picoquant_curves_by_number(tmp_path: Path, rng: np.random.Generator) -> None:
    file = picoquant(tmp_path / "two.dat", rng)
    first, second = TCSPC.read(file), TCSPC.read(file, column="2")
    assert (len(first), len(second)) == (900, 1000)
    assert second.meta["channel_ns"] == pytest.approx(0.05)
    assert second.kind == "counts"
    assert any("the first of 2 curves" in w for w in first.warnings)
    with pytest.raises(InputError, match="no such curve, saw '3'; nearest valid: "):
        TCSPC.read(file, column="3")


@pytest.mark.parametrize(
    "head",
    [
        "  TAC Range : 50.0000 ns\n  TAC Gain  : 4\n  ADC Re    : 1024",
        "*SETUP\n  #SP [SP_TAC_R,F,5.0e-08]\n  #SP [SP_TAC_G,I,4]\n  #SP [SP_ADC_RE,I,1024]\n*END",
    ],
)
def test_becker_hickl_blocks_by_name(tmp_path: Path, rng: np.random.Generator, head: str) -> None:
    file = becker_hickl(tmp_path / "b.asc", rng, head)
    decay, response = TCSPC.read(file), TCSPC.read(file, column="irf")
    assert decay.meta["channel_ns"] == pytest.approx(12.5 / 1024)
    assert np.array_equal(decay.y, response.y[::-1])
    assert any("block" in w and "2 'IRF'" in w for w in decay.warnings)


def test_without_a_width_it_is_asked_for(tmp_path: Path, rng: np.random.Generator) -> None:
    file = becker_hickl(tmp_path / "b.asc", rng, "")
    with pytest.raises(InputError, match="the width of a channel is not stated"):
        TCSPC.read(file)
    assert TCSPC.read(file, channel_ns=0.0122).meta["channel_ns"] == 0.0122
    wrong = picoquant(tmp_path / "two.dat", rng)
    with pytest.raises(InputError, match="contradicts the option channel_ns"):
        TCSPC.read(wrong, channel_ns=0.5)


def test_a_period_shorter_than_the_decay_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    file = picoquant(tmp_path / "two.dat", rng)
    with pytest.raises(InputError, match="the period is shorter than the record"):
        TCSPC.measure(TCSPC.read(file, column="2"), period=12.5, exponentials=1)
    # Several real periods in one record are cut to one, as they are.
    t = np.arange(1000) * 0.05
    y = rng.poisson(300 * np.exp(-((t - 2) % 25.0) / 4.0) + 1)
    repeated = tmp_path / "repeated.csv"
    repeated.write_text("time (ns),counts\n" + "\n".join(f"{a:.3f},{b}" for a, b in zip(t, y, strict=True)))
    found = TCSPC.measure(TCSPC.read(repeated), period=25.0, exponentials=1)
    assert any("longer than the period" in w for w in found.warnings)
