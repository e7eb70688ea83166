"""Broken decays, each with the message it must give; and mutated files that must give one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from epidot.errors import InputError
from epidot.instruments import tcspc

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("make_broken_decays", HERE / "make.py")
assert _spec is not None
assert _spec.loader is not None
make = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make)

EXPECTED = {
    "empty.phd": "empty",
    "wrong-instrument.phd": "binary|not text|no table|not a PicoHarp",
    "wrong-version.phd": r"version of the \.phd format is not known \(byte 16\), saw '1\.1'; nearest.*2\.0",
    "version-not-text.phd": "version of the .phd format is not known",
    "only-the-name.phd": "version of the .phd format|ends inside its header",
    "cut-in-the-head.phd": "ends inside its header, saw '700 bytes'",
    "cut-in-the-counts.phd": r"cut short: 64 channels from byte 864 need 1120 bytes, saw '1110 bytes'",
    "no-curves.phd": r"number of curves \(byte 328\)",
    "too-many-curves.phd": r"number of curves \(byte 328\) must lie in 1 to 512, saw '100000'",
    "curves-behind-the-end.phd": "data_offset .* point behind the headers",
    "no-resolution.phd": r"resolution_ns \(byte 784, 0x310\) must be a channel width",
    "resolution-not-a-number.phd": "resolution_ns",
    "negative-channels.phd": r"channels \(byte 788, 0x314\) must lie in 16 to 65536, saw '-64'",
    "two-thousand-million-channels.phd": "channels .* must lie in 16 to 65536",
    "no-sync.phd": r"sync_rate_Hz \(byte 804, 0x324\) must lie in 1 to 1e9: it gives the period",
    "negative-time.phd": "stop_after_ms",
    "negative-integral.phd": r"integral \(byte 816, 0x330\) must not be negative",
    "integral-disagrees.phd": "do not add up to the stored integral",
    "counts-in-the-head.phd": r"data_offset \(byte 828, 0x33c\) must point behind the headers",
    "counts-behind-the-end.phd": "cut short",
    "three-faults.phd": r"(?s)resolution_ns.*channels.*sync_rate_Hz",
    "no-counts.phd": "no counts at all",
    "missing-channel.txt": r"missing-channel\.txt:21: .*missing inside the decay",
    "uneven-channels.txt": "not evenly spaced",
    "turns-back.txt": "turns back",
    "negative-counts.txt": "negative values: the background was subtracted",
    "wavelength-axis.txt": "axis of a decay must be a time, saw 'wavelength in nm'",
    "channel-numbers.txt": "width of a channel is not stated.*channel_ns",
    "single-column.txt": "width of a channel is not stated.*channel_ns",
    "too-few-channels.txt": "too few channels",
    "all-zero.txt": "no counts at all",
    "no-period.txt": "period is not known and is never assumed.*option period",
}


def test_the_files_are_what_make_writes() -> None:
    built = make.broken()
    assert set(built) == set(EXPECTED)
    for name, content in built.items():
        assert (HERE / name).read_bytes() == content, f"run make.py: {name} is stale"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_broken_decays_are_refused_with_the_reason(name: str) -> None:
    with pytest.raises(InputError, match=EXPECTED[name]) as caught:
        tcspc.measure(tcspc.read(HERE / name))
    assert name in str(caught.value)


def test_the_sound_file_they_come_from_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sound_5mhz.phd"
    path.write_bytes(make.whole())
    signal = tcspc.read(path)
    assert signal.y.sum() == make.counts().sum()
    assert signal.meta["period_ns"] == 5.0
    assert signal.meta["channel_ns"] == 0.064
    assert signal.meta["acquisition_s"] == 12.0
    assert any("name says 5 MHz, its header 200 MHz" in w for w in signal.warnings)


def test_counts_beyond_the_period_are_cut_and_said(tmp_path: Path) -> None:
    path = tmp_path / "long.phd"
    path.write_bytes(make.whole(sync=500_000_000))
    signal = tcspc.read(path)
    assert len(signal) == 31
    assert any("longer than the laser's period of 2 ns" in w for w in signal.warnings)


def test_curves_are_chosen_by_number(tmp_path: Path) -> None:
    path = tmp_path / "two.phd"
    path.write_bytes(make.whole(curves=2))
    assert any("first of 2 curves" in w for w in tcspc.read(path).warnings)
    assert np.array_equal(tcspc.read(path, column=2).y, make.counts())
    with pytest.raises(InputError, match="no such curve"):
        tcspc.read(path, column=3)
    with pytest.raises(InputError, match="numbered curves"):
        tcspc.read(path, column="decay")


def read_or_refuse(path: Path) -> None:
    refused = None
    try:
        signal = tcspc.read(path)
    except InputError as error:
        refused = str(error)
    if refused is None:
        assert len(signal) >= 1
        assert np.all(np.isfinite(signal.y))
    else:
        assert path.name in refused


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 1119), st.integers(0, 255)), min_size=1, max_size=12),
    st.integers(0, 1120),
)
def test_mutated_files_never_end_in_a_traceback(
    tmp_path: Path, changes: list[tuple[int, int]], length: int
) -> None:
    raw = bytearray(make.whole())
    for at, value in changes:
        raw[at] = value
    path = tmp_path / "mutated.phd"
    path.write_bytes(bytes(raw[: length or None]))
    read_or_refuse(path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(make.FIELDS)), st.integers(-(2**31), 2**31 - 1))
def test_any_value_of_a_field_is_read_or_refused(tmp_path: Path, field: str, value: int) -> None:
    path = tmp_path / "field.phd"
    path.write_bytes(make.whole(**{field: value}))
    read_or_refuse(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="0123456789.,;-eE \t\n#nsabc/%()", max_size=400))
def test_any_text_is_read_or_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.txt"
    path.write_text(text, encoding="utf-8")
    read_or_refuse(path)
