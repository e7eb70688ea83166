"""What an etch in rounds shows of random dots with random halide (coverage: the contract's)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from epidot.dot.layers import Population
from epidot.errors import InputError
from epidot.instruments import etch
from epidot.instruments.etch.profile import to_signal
from epidot.instruments.etch.simulated import etched, noisy_profile
from epidot.instruments.etch.trial import dot_with_halide
from epidot.instruments.options import settled
from epidot.signal.storage import save

DOTS, SEEDS = 12, 20


def settings(**given: object) -> dict[str, object]:
    return settled(etch.HEADER.setup, given, "etch.simulate")


def test_the_probability_of_the_maximum_is_what_it_says() -> None:
    rng = np.random.default_rng(11)
    right = certain = 0.0
    for _ in range(DOTS):
        case = etch.HEADER.trial(rng)
        truth = np.asarray(case.truths["halide_nmol"])
        for _ in range(SEEDS):
            found = etch.measure(etch.simulate(case.dots, rng=rng))
            assert found["core_round"].value == 5
            if (found["argmax_probability"].value or 0) > 0.5:
                certain += found["argmax_probability"].value or 0
                right += found["argmax_round"].value == float(np.argmax(truth) + 1)
    # As many are right as the probabilities add up to.
    assert right == pytest.approx(certain, abs=3 * np.sqrt(DOTS * SEEDS * 0.2))


def test_upper_limits_hold() -> None:
    rng = np.random.default_rng(5)
    below = held = 0
    dot = dot_with_halide(rng)
    clean = etched([dot], settings(limit_nmol=150.0))
    for _ in range(60):
        found = etch.measure(to_signal([noisy_profile(clean, rng)], "simulated"))
        if "halide_upper_nmol" not in found.series:
            continue
        for limit, truth in zip(
            found.series["halide_upper_nmol"].values, clean.readings["Br"].nmol, strict=True
        ):
            if limit is not None:
                below += 1
                held += truth < limit
    assert below > 60
    assert held / below > 0.93


def test_nothing_is_lost_and_everything_is_where_it_was() -> None:
    dot = dot_with_halide(np.random.default_rng(3))
    whole = etched([dot], settings(etch_spread=0.0))
    assert whole.readings["Br"].nmol.sum() == pytest.approx(10 * dot.halides[0].total)
    inner = dot.core_diameter_nm / 2
    outer = dot.diameter_nm / 2
    step = (outer - inner) / 5
    expected = [dot.halides[0].between(outer - step * (k + 1), outer - step * k) for k in range(5)]
    expected[0] += dot.halides[0].ligand
    expected[4] += dot.halides[0].interface
    assert whole.readings["Br"].nmol[:5] / 10 == pytest.approx(expected)
    # Indium only in the core's round, zinc only before it.
    assert whole.readings["In"].nmol[:5] == pytest.approx(0, abs=1e-9)
    assert whole.readings["Zn"].nmol[5] == pytest.approx(0, abs=1e-9)


def test_equal_volume_diameters_and_blur() -> None:
    dot = dot_with_halide(np.random.default_rng(4))
    volumes = etched([dot], settings(by="volume", etch_spread=0.0)).volumes_nm3
    assert volumes is not None
    assert volumes[:5] == pytest.approx(volumes[0])
    R = dot.diameter_nm
    text = f"{R - 1:.4f}, {dot.core_diameter_nm:.4f}, 0"
    given = etched([dot], settings(by="diameters", diameters=text))
    assert given.diameters_nm == pytest.approx([R, round(R - 1, 4), round(dot.core_diameter_nm, 4), 0])
    with pytest.raises(InputError, match="must fall from round to round, saw '7 nm after 6 nm'"):
        etch.simulate([dot], {"by": "diameters", "diameters": "6, 7"})
    with pytest.raises(InputError, match="needs the diameters"):
        etch.simulate([dot], {"by": "diameters"})
    # Depths that differ from dot to dot let indium come before the core's round.
    early = [
        etched(Population.drawn(dot, 50, 0.08, np.random.default_rng(1)), settings(etch_spread=s))
        .readings["In"]
        .nmol[4]
        for s in (0.0, 0.05, 0.2)
    ]
    assert early[0] < early[1] < early[2]


def test_members_and_sizes_keep_the_halide_at_its_depth() -> None:
    dot = dot_with_halide(np.random.default_rng(8))
    one = etched([dot], settings(etch_spread=0.0)).readings["Br"].nmol
    narrow = Population(dot, np.full(3, dot.core_diameter_nm))
    assert etched(narrow, settings(etch_spread=0.0)).readings["Br"].nmol == pytest.approx(one)
    members = Population(dot, np.full(2, dot.core_diameter_nm), members=(dot, dot))
    assert etched(members, settings(etch_spread=0.0)).readings["Br"].nmol == pytest.approx(one)
    wide = Population(dot, dot.core_diameter_nm * np.array([0.9, 1.1]))
    assert etched(wide, settings(etch_spread=0.0)).readings["Br"].nmol == pytest.approx(one, rel=0.15)


def test_the_file_gives_back_the_signal(tmp_path: Path) -> None:
    dot = dot_with_halide(np.random.default_rng(2))
    signal = etch.simulate([dot], {"treated_C": 300.0}, rng=np.random.default_rng(1))
    save(signal, tmp_path / "s.csv")
    assert etch.read(tmp_path / "s.csv") == signal


def test_no_step_of_indium_no_core() -> None:
    dot = dot_with_halide(np.random.default_rng(2))
    signal = etch.simulate([dot], {"rounds_to_core": 8, "rounds_in_core": 0, "etch_spread": 0.0})
    found = etch.measure(signal)
    assert found["core_round"].value is None
    assert "does not rise" in found["core_round"].note
