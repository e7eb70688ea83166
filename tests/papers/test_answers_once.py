"""What many claims ask of one run is measured once."""

from __future__ import annotations

from collections import Counter

import pytest

from epidot.papers.experiments import Experiments
from epidot.papers.of_run import claims_of
from epidot.runs.order import order_from
from epidot.runs.run import recorded


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each kind of measurement was carried out."""
    times: Counter[str] = Counter()
    usual = Experiments.measured

    def counted(self, dots, how, measure):
        def once(dots):
            times[how] += 1
            return measure(dots)

        return usual(self, dots, how, once)

    monkeypatch.setattr(Experiments, "measured", counted)
    return times


def test_dots_that_are_described_are_measured_once_whoever_is_left_out(measured: Counter[str]) -> None:
    """Leaving out cores that grew nothing changes no described dot: ten decays more would all be the same."""
    done, _ = recorded(order_from("yuan2023/znbr2-300", dots=12))
    answered, _ = claims_of(done)
    assert {"Y020", "Y026", "Y027", "Y033", "Y034"} <= {one.id for one in answered}
    # Of the dots before and after the treatment.
    assert 0 < max(measured.values()) <= 2, measured
