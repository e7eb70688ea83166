"""Parameters of every model held or bounded: outside the domain, at its edge, inside, where terms swap."""

from __future__ import annotations

import math

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.instruments import tcspc
from epidot.instruments.tcspc.decay import before
from epidot.instruments.tcspc.examine import settle
from epidot.instruments.tcspc.fitting import _tail
from epidot.instruments.tcspc.outcome import TAIL
from epidot.instruments.tcspc.simulated import counted
from epidot.quantities import Fit
from epidot.signal import Signal
from epidot.signal.limits import Term

MODELS = [m for m in tcspc.HEADER.fit_models if m != "maxent"]


def decay(
    fractions: list[float], taus: list[float], seed: int, counts: float = 1e5, channels: int = 512
) -> Signal:
    asked = {"counts": counts, "channels": channels, "channel_ns": 200 / channels, "period_ns": 200.0}
    asked |= {"t0_ns": 10.0, "background": 1.0, "irf_fwhm_ns": 1.6}
    given = {option.name: option.default for option in tcspc.HEADER.setup} | asked
    return counted(fractions, taus, given, np.random.default_rng(seed))


SMALL = decay([0.4, 0.6], [6.0, 45.0], 1, 2e4, 128)


def options(model: str) -> dict[str, object]:
    return {"exponentials": 2} if model in ("exponentials", TAIL) else {}


def parameters(model: str) -> list[Term]:
    asked = {o.name: o.default for o in (*tcspc.HEADER.measure_options, *tcspc.HEADER.fit_options)}
    record, setting, _ = _tail(SMALL, asked) if model == TAIL else settle(SMALL, asked)
    return before(record, setting, model, 2)


EACH = [(m, t) for m in MODELS for t in parameters(m)]
NAMES = [f"{m}-{t.name}" for m, t in EACH]


def sound(found: Fit) -> None:
    """No interval of zero width; no error beside one that is negligible to it, or the other way round."""
    for name, p in found.parameters.items():
        low, high = p.interval
        assert high > low, name
        if p.sigma is not None:
            assert p.sigma > 0, name
            assert 0.05 < (high - low) / (2 * p.sigma) < 20, name
            assert low <= p.value <= high, name


@pytest.mark.parametrize(("model", "term"), EACH, ids=NAMES)
def test_what_lies_outside_a_domain_is_refused_before_any_fit(
    model: str, term: Term, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a fit was made")

    for fit in ("fit_terms", "analyse"):
        monkeypatch.setattr(f"epidot.instruments.tcspc.fitting.{fit}", refused)
    below = term.low - max(1.0, 0.1 * abs(term.low))
    above = term.high + max(1.0, 0.1 * abs(term.high))
    inside = 0.5 * (max(term.low, -1e3) + min(term.high, 1e3))
    for value in (below, above):
        if not math.isfinite(value):
            continue
        ends = sorted((value, inside))
        for limit in (
            {"fix": f"{term.name}={value:.12g}"},
            {"bound": f"{term.name}={ends[0]:.12g}:{ends[1]:.12g}"},
        ):
            with pytest.raises(InputError) as error:
                tcspc.fit(SMALL, model, **limit, **options(model))
            (fault,) = error.value.faults
            assert term.domain in fault.what
            assert fault.seen in (*limit.values(),)
            assert fault.remedy


@pytest.mark.parametrize(("model", "term"), EACH, ids=NAMES)
def test_a_value_at_the_edge_of_its_domain_or_inside_is_taken(model: str, term: Term) -> None:
    found = tcspc.fit(SMALL, model, **options(model))
    free = found.parameters[term.name].value
    for value in (term.low, term.high, free if term.low <= free <= term.high else 1.0):
        if not math.isfinite(value):
            continue
        held = tcspc.fit(SMALL, model, fix=f"{term.name}={value!r}", **options(model))
        assert held.parameters[term.name].value == value
        assert held.parameters[term.name].sigma is None
        if found.status != "failed":
            assert held.statistics["deviance"] > found.statistics["deviance"] - 0.1
        sound(held)


@pytest.mark.parametrize(("model", "term"), EACH, ids=NAMES)
def test_a_bounded_value_stays_in_its_range(model: str, term: Term) -> None:
    middle = tcspc.fit(SMALL, model, **options(model)).parameters[term.name].value
    low, high = (
        max(term.low, middle - 0.3 * abs(middle) - 0.01),
        min(term.high, middle + 0.5 * abs(middle) + 0.01),
    )
    found = tcspc.fit(SMALL, model, bound=f"{term.name}={low!r}:{high!r}", **options(model))
    one = found.parameters[term.name]
    assert low * (1 - 1e-9) - 1e-12 <= one.value <= high * (1 + 1e-9) + 1e-12
    sound(found)


def test_all_faults_are_told_in_one_go() -> None:
    with pytest.raises(InputError) as error:
        tcspc.fit(SMALL, "stretched", fix=["tau=0", "nonsense=1"], bound="beta=1.2:2")
    said = str(error.value)
    assert "tau_ns lies outside its domain, 0.0001 to 1e+09 ns, saw 'tau=0'" in said
    assert "no such parameter, saw 'nonsense'" in said
    assert "beta lies outside its domain, 0.2 to 1, saw 'beta=1.2:2'" in said


@pytest.mark.parametrize("limit", [{"bound": "tau2=3:9"}, {"fix": "tau2=5"}, {"bound": "tau1=20:90"}])
def test_lifetimes_that_swap_keep_their_intervals(limit: dict[str, str]) -> None:
    """The bound names the shorter one tau2: it is the same fit with other names."""
    signal = decay([0.3, 0.7], [5.0, 60.0], 1)
    free = tcspc.fit(signal, exponentials=2).parameters
    found = tcspc.fit(signal, exponentials=2, **limit)
    sound(found)
    assert found.status != "failed"
    assert found.parameters["tau1_ns"].value == pytest.approx(free["tau2_ns"].value, rel=0.02)
    if "fix" not in limit:
        for one, other in (("tau1_ns", "tau2_ns"), ("tau2_ns", "tau1_ns"), ("counts1", "counts2")):
            assert found.parameters[one].value == pytest.approx(free[other].value, rel=1e-4)
            assert found.parameters[one].sigma == pytest.approx(free[other].sigma, rel=1e-3)
            assert found.parameters[one].interval == pytest.approx(free[other].interval, rel=1e-3)


def test_two_lifetimes_held_at_one_value_share_their_light() -> None:
    """Nothing tells how much of it is whose: no small error beside either."""
    found = tcspc.fit(decay([1.0], [20.0], 2), exponentials=2, fix="tau1=20,tau2=20")
    sound(found)
    for name in ("counts1", "counts2"):
        one = found.parameters[name]
        assert one.sigma is None or one.sigma > 2e4
        assert one.interval[1] - one.interval[0] > 5e4
