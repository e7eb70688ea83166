"""Saved signals come back bit for bit; damaged ones are refused with the line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from epidot.errors import InputError
from epidot.signal import Signal
from epidot.signal.storage import load, parse, save

finite = st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | finite
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def signals(draw: st.DrawFn, depth: int = 1) -> Signal:
    x = sorted(draw(st.sets(finite.map(lambda v: v + 0.0), max_size=8)))
    n = len(x)
    kind = draw(st.sampled_from(["counts", "rate", "analog"]))
    values = st.floats(0, 1e300) if kind == "counts" else finite
    names = st.text(st.characters(codec="utf-8"), max_size=10)
    rows = draw(st.none() | st.sets(finite.map(lambda v: v + 0.0), min_size=1, max_size=3).map(sorted))
    shape = (n,) if rows is None else (len(rows), n)
    size = n * (1 if rows is None else len(rows))
    return Signal(
        technique=draw(names),
        x=np.array(x),
        y=np.array(draw(st.lists(values, min_size=size, max_size=size))).reshape(shape),
        rows=None if rows is None else np.array(rows),
        x_name=draw(names),
        x_unit=draw(names),
        y_name=draw(names),
        y_unit=draw(names),
        kind=kind,
        origin=draw(st.sampled_from(["measured", "simulated"])),
        sigma=np.array(draw(st.lists(st.floats(0, 1e300), min_size=size, max_size=size))).reshape(shape)
        if draw(st.booleans())
        else None,
        live_time=draw(st.floats(1e-9, 1e9)) if kind == "rate" else None,
        warnings=tuple(draw(st.lists(names, max_size=2))),
        meta=draw(st.dictionaries(names, plain, max_size=3)),
        companions=draw(st.dictionaries(names, signals(depth=depth - 1), max_size=2)) if depth else {},
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(signal=signals())
def test_load_of_save_is_the_signal(signal: Signal, tmp_path: Path) -> None:
    save(signal, tmp_path / "s.csv")
    assert load(tmp_path / "s.csv") == signal


def example() -> Signal:
    irf = Signal("tcspc", [0.0, 1.0], [5.0, 1.0], "t", "ns", "counts", "", "counts", "measured")
    return Signal(
        "pl", [1.0, 2.5], [0.1, 1 / 3], "wavelength", "nm", "intensity", "", "analog", "simulated",
        meta={"µ": [1, 2.5, None, "a\nb"]}, companions={"irf": irf},
    )  # fmt: skip


def test_the_file_is_readable(tmp_path: Path) -> None:
    save(example(), tmp_path / "s.csv")
    text = (tmp_path / "s.csv").read_text(encoding="utf-8")
    assert text.startswith('# epidot signal 1\n# technique: "pl"\n')
    assert "\n2.5\t0.3333333333333333\n" in text
    assert '# companion: ["irf"]' in text


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    save(example(), tmp_path / "s.csv")
    save(example(), tmp_path / "s.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["s.csv"]
    with pytest.raises(InputError, match="cannot be written: there is no folder"):
        save(example(), tmp_path / "absent" / "s.csv")


def test_meta_must_be_plain(tmp_path: Path) -> None:
    for bad in ({"a": (1, 2)}, {1: "a"}, {"a": float("nan")}, {"a": object()}):
        signal = Signal("pl", [1.0], [1.0], "x", "nm", "y", "", "analog", "measured", meta=bad)
        with pytest.raises(ValueError, match="plain JSON"):
            save(signal, tmp_path / "s.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("2.5\t0.3333333333333333", "2.5\tx"), "s:15: expected 2 numbers"),
        (("2.5\t0.3333333333333333\n", ""), "2 points were saved, saw '1 rows'"),
        (("2.5\t0.3", "0.5\t0.3"), "s:14: x must be strictly ascending"),
        (('"analog"', '"digital"'), "s:7: the value of kind is not valid"),
        (("# points: 2", "# points: many"), "s:12: the value of points is not JSON"),
        (("# x_unit", "# x_unti"), "s:4: unknown or repeated head line, saw 'x_unti'; nearest valid: x_unit"),
        (('# origin: "simulated"\n', ""), "head lines are missing: origin"),
        (("signal 1", "signal 9"), "s:1: not a signal saved by this version of epidot"),
        (('["irf"]', '["a", "irf"]'), "s:16: a companion without its signal, or twice"),
        (('["irf"]', "irf"), "s:16: the name of a companion cannot be read"),
    ],
)
def test_damage_is_told_with_its_line(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    save(example(), tmp_path / "s.csv")
    text = (tmp_path / "s.csv").read_text(encoding="utf-8")
    assert change[0] in text
    with pytest.raises(InputError) as caught:
        parse(text.replace(*change, 1).encode(), "s")
    assert message in str(caught.value)


def test_another_technique_is_refused(tmp_path: Path) -> None:
    save(example(), tmp_path / "s.csv")
    with pytest.raises(InputError, match="a saved signal of pl, not of uvvis"):
        load(tmp_path / "s.csv", "uvvis")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_ends_in_an_input_error(data: st.DataObject, tmp_path: Path) -> None:
    save(example(), tmp_path / "s.csv")
    raw = bytearray((tmp_path / "s.csv").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=12))
    with suppress(InputError):
        parse(bytes(raw), "s")
