"""Every instrument keeps the same contract; one body, run over every instrument found."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from epidot import instruments
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.errors import InputError
from epidot.instruments.contract import Header
from epidot.instruments.options import Option
from epidot.instruments.symmetry import LEAST, broken, pulls
from epidot.quantities import Quantities
from epidot.signal import Signal
from epidot.signal.storage import save

NAMES = instruments.names()
POPULATION = Population(LayeredDot("InP", 3.2, (Layer("ZnSe", 0.7),)), np.linspace(2.8, 3.6, 40))


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def simulated(name: str) -> Signal:
    return instruments.instrument(name).simulate(POPULATION, rng=np.random.default_rng(1))


def test_the_instruments_of_this_release_are_found() -> None:
    assert {"uvvis", "pl", "tcspc", "etch", "tem"} <= set(NAMES)
    with pytest.raises(InputError, match="no such technique, saw 'uvviz'; nearest valid: uvvis"):
        instruments.instrument("uvviz")


def test_the_header_is_complete(name: str) -> None:
    header = instruments.instrument(name).HEADER
    assert isinstance(header, Header)
    assert header.name == name
    for text in (header.title, header.x_axis, header.y_axis):
        assert text
    assert header.formats
    assert header.quantities
    assert header.fit_models
    assert header.marks
    for where, weight, texts in header.marks:
        assert where in ("start", "head", "name", "ending", "file")
        assert weight > 0
        assert texts
    assert len({q.name for q in header.quantities}) == len(header.quantities)
    for reported in header.quantities:
        assert reported.name.isidentifier()
        assert reported.description
    for options in (header.read_options, header.setup, header.measure_options):
        assert len({o.name for o in options}) == len(options)
        for option in options:
            check_option(option)


def check_option(option: Option) -> None:
    assert option.name.isidentifier()
    assert option.description
    assert option.source
    assert (option.kind in ("choice", "standard")) == bool(option.choices)
    if option.default is None:
        return
    if option.kind in ("number", "integer"):
        assert isinstance(option.default, (int, float))
        assert option.low <= option.default <= option.high
        assert option.kind == "number" or option.default == int(option.default)
    elif option.kind == "choice":
        assert option.default in option.choices
    elif option.kind == "flag":
        assert isinstance(option.default, bool)


def test_four_verbs_with_help(name: str) -> None:
    device = instruments.instrument(name)
    for verb in ("read", "simulate", "measure", "fit"):
        function = getattr(device, verb)
        assert callable(function)
        assert "Raises" in (function.__doc__ or "") or verb == "simulate"


def test_a_simulated_signal_is_a_signal(name: str, simulated: Signal) -> None:
    assert isinstance(simulated, Signal)
    assert simulated.technique == name
    assert simulated.origin == "simulated"
    assert len(simulated) > 5  # an etch has six rounds
    again = instruments.instrument(name).simulate(POPULATION, rng=np.random.default_rng(1))
    assert again == simulated
    other = instruments.instrument(name).simulate(POPULATION, rng=np.random.default_rng(2))
    assert other != simulated


def test_measuring_what_is_simulated_finds_the_truth(name: str) -> None:
    """The law of symmetry: the stated error covers the truth as often as it should, over random dots."""
    device = instruments.instrument(name)
    assert device.HEADER.trial is not None, f"{name} brings no truths to be tested by: give HEADER a trial"
    trial = device.HEADER.trial(np.random.default_rng(0))
    assert trial.truths, f"the trial of {name} brings no truths"
    assert trial.truths.keys() <= {q.name for q in device.HEADER.quantities}
    cases, noises = device.HEADER.cases, device.HEADER.noises
    found = pulls(device, device.HEADER.trial, np.random.default_rng(2026), cases, noises)
    assert found.keys() == trial.truths.keys()
    assert broken(found, few=cases * noises < LEAST) == []


def test_no_dots_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="no dots"):
        instruments.instrument(name).simulate([])


def test_read_of_save_is_the_signal(name: str, simulated: Signal, tmp_path: Path) -> None:
    save(simulated, tmp_path / "s.csv")
    assert instruments.instrument(name).read(tmp_path / "s.csv") == simulated


def test_what_is_measured_was_declared(name: str, simulated: Signal) -> None:
    device = instruments.instrument(name)
    found = device.measure(simulated)
    assert isinstance(found, Quantities)
    assert found.technique == name
    declared = {q.name: q.unit for q in device.HEADER.quantities}
    for quantity, q in found.items():
        assert declared[quantity] == q.unit
        assert q.method
        if q.value is None:
            assert q.note, f"{quantity} is null without a reason"
        else:
            assert math.isfinite(q.value)
            assert q.sigma is None or (math.isfinite(q.sigma) and q.sigma >= 0)
            assert type(q.value) is float
    for quantity, one in found.series.items():
        assert declared[quantity] == one.unit
        assert one.method
        assert len(one.values) == len(one.sigmas)
        assert all(v is None or math.isfinite(v) for v in one.values)
        assert one.note or any(v is not None for v in one.values)
    json = found.to_json()
    assert list(json)[:4] == ["technique", "file", "quantities", "warnings"]


@pytest.mark.parametrize("verb", ["simulate", "measure", "fit"])
def test_an_unknown_option_is_refused_with_the_nearest(name: str, simulated: Signal, verb: str) -> None:
    device = instruments.instrument(name)
    if verb == "simulate":
        with pytest.raises(InputError, match="unknown option of"):
            device.simulate(POPULATION, {"bogus_option": 1})
    else:
        with pytest.raises(InputError, match="unknown option of"):
            getattr(device, verb)(simulated, bogus_option=1)


def test_an_unknown_model_is_refused(name: str, simulated: Signal) -> None:
    with pytest.raises(InputError, match=f"no such model of {name}.fit, saw 'bogus'"):
        instruments.instrument(name).fit(simulated, "bogus")


def test_out_of_range_options_are_refused(name: str, simulated: Signal) -> None:
    device = instruments.instrument(name)
    for option in device.HEADER.measure_options:
        wrong: object
        if option.kind in ("number", "integer"):
            if not math.isfinite(option.high):
                continue
            wrong = option.high + 1
        elif option.kind == "choice":
            wrong = "neither"
        else:
            continue
        with pytest.raises(InputError, match=option.name):
            device.measure(simulated, **{option.name: wrong})
    for option in device.HEADER.setup:
        if option.kind in ("number", "integer"):
            for value in ("text", float("nan"), True):
                with pytest.raises(InputError, match=option.name):
                    device.simulate(POPULATION, {option.name: value})


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\x03" * 40, b"<html></html>", b"PK\x03\x04xxxx"])
def test_rubbish_is_refused_with_its_place(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rubbish.dat"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"rubbish\.dat"):
        instruments.instrument(name).read(path)
    with pytest.raises(InputError, match=r"absent\.dat"):
        instruments.instrument(name).read(tmp_path / "absent.dat")


def test_an_option_that_a_saved_signal_contradicts_is_refused(
    name: str, simulated: Signal, tmp_path: Path
) -> None:
    device = instruments.instrument(name)
    save(simulated, tmp_path / "s.csv")
    restated = device.HEADER.restated.names if device.HEADER.restated else ()
    for option in device.HEADER.read_options:
        number = min(max(7.0, option.low), option.high)
        value: str | float = option.choices[-1] if option.choices else "7"
        if option.kind in ("number", "integer"):
            value = number if option.kind == "number" else int(number)
        if option.name in restated or value == option.default:
            continue
        with pytest.raises(InputError, match=f"{option.name} of {name}.read does nothing"):
            device.read(tmp_path / "s.csv", **{option.name: value})


def test_a_saved_signal_of_another_technique_is_refused(name: str, tmp_path: Path) -> None:
    other = Signal("other", [1.0, 2.0], [1.0, 2.0], "x", "", "y", "", "analog", "measured")
    save(other, tmp_path / "other.csv")
    with pytest.raises(InputError, match="other"):
        instruments.instrument(name).read(tmp_path / "other.csv")


def test_fit_gives_a_fit(name: str, simulated: Signal) -> None:
    device = instruments.instrument(name)
    fit = device.fit(simulated, device.HEADER.fit_models[0])
    assert fit.status in ("converged", "at a bound", "failed")
    assert fit.message
    assert fit.curves
    if fit.covariance is not None:
        assert fit.covariance.shape == (len(fit.names), len(fit.names))
