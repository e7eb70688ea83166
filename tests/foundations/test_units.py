"""Text with units: exact conversions, the traps, and refusals that help."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epidot import units
from epidot.errors import InputError


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("200 °C", "temperature", 473.15),
        ("-196 degC", "temperature", 77.15),
        ("473.15 K", "temperature", 473.15),
        ("0,4 mmol", "amount", 4e-4),
        ("220nmol", "amount", 2.2e-7),
        ("4 mL/h", "flow", 4e-3 / 3600),
        ("4 mL h^-1", "flow", 4e-3 / 3600),
        ("10 µL", "volume", 1e-5),
        ("10 μL", "volume", 1e-5),
        ("2 cm^3", "volume", 2e-3),
        ("33 Å", "length", 3.3),
        ("0.5 M", "concentration", 0.5),
        ("44 µM", "concentration", 44e-6),
        ("0.5 mol/L", "concentration", 0.5),
        ("100 mTorr", "pressure", 0.1 * 101325 / 760),
        ("48 %", "fraction", 0.48),
        ("0.48", "fraction", 0.48),
        ("30min", "time", 1800.0),
        ("2 hours", "time", 7200.0),
        ("27 meV", "energy", 0.027),
        ("1 MHz", "frequency", 1e6),
        ("1 mmol/min", "molar_flow", 1e-3 / 60),
    ],
)
def test_text_becomes_the_internal_unit(text: str, kind: str, value: float) -> None:
    assert units.parse(text, kind) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["5 °C/min", "5 degC/min", "5 K/min", "5 C per min", "5 K min^-1", "5 celsius/minute"]
)
def test_a_heating_rate_is_a_difference_of_temperatures(text: str) -> None:
    # pint reads "5 °C/min" as 278.15 K/min; a rate has no zero point.
    assert units.parse(text, "ramp") == pytest.approx(5 / 60, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("5", "time", 'it needs a unit, e.g. "30 min"'),
        ("5 °C", "time", "'°C' is not a known unit"),
        ("5 mmol", "time", "'mmol' is not a unit of time"),
        ("5 furlong", "length", "'furlong' is not a known unit"),
        ("5 min", "temperature", "is not a temperature scale"),
        ("-300 °C", "temperature", "absolute zero"),
        ("5 /min", "ramp", "degrees per time"),
        ("278.15 K", "ramp", "degrees per time"),
        ("much", "amount", 'write a number and a unit, e.g. "0.4 mmol"'),
        ("1e999 s", "time", "finite"),
        ("5 %%", "fraction", "percentage"),
        ("3 h*__import__('os')", "time", "not a known unit"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(text: str, kind: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        units.parse(text, kind)
    assert says in str(caught.value)
    assert repr(text) in str(caught.value)


@given(st.floats(-200, 2000), st.sampled_from(["°C", "degC"]))
def test_celsius_round_trip(degrees: float, scale: str) -> None:
    assert units.celsius(units.parse(f"{degrees!r} {scale}", "temperature")) == pytest.approx(
        degrees, abs=1e-9
    )


@given(st.text(max_size=40), st.sampled_from(sorted(units.KINDS)))
def test_any_text_gives_a_finite_number_or_an_input_error(text: str, kind: str) -> None:
    try:
        value = units.parse(text, kind)
    except InputError:
        return
    assert math.isfinite(value)
