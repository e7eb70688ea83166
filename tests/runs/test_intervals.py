"""Intervals of a run: every number has a width, linear models are exact, processes change no bit."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epidot.given import Given, Together
from epidot.processes import processes
from epidot.quantities import Quantity
from epidot.runs import intervals, numbers, widths
from epidot.runs.batch import Batch
from epidot.runs.order import Order, order_from
from epidot.runs.run import carry_out
from epidot.runs.spread import spread
from epidot.runs.widths import Fitted

SMALL = "choi2023/inp-se"
ONE = Fitted(("InP.oscillator_factor",), (True,), np.array([[0.3**2]]))


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Order:
    monkeypatch.setenv("EPIDOT_CACHE", str(tmp_path / "kept"))
    return order_from(SMALL, engine="meanfield", dots=3)


@pytest.mark.parametrize("hypothesis", ["H1", "H2", "H3"])
def test_no_assumed_or_fitted_number_is_without_a_width(hypothesis: str) -> None:
    assert widths.without(order_from(SMALL, hypothesis=hypothesis)) == ()


def test_every_covariance_is_one_and_names_numbers_that_exist() -> None:
    table = numbers.known("choi2023", "H1")
    seen: list[str] = []
    for fit in widths.fits():
        assert set(fit.names) <= set(table)
        seen += fit.names
        assert np.allclose(fit.covariance, fit.covariance.T, rtol=1e-3, atol=1e-6)
        assert np.linalg.eigvalsh(fit.covariance).min() > 0
    assert len(seen) == len(set(seen))
    barriers = {n for n, p in table.items() if n.startswith("mechanism.") and p.status == "fitted"}
    assert barriers <= set(seen)


@pytest.mark.parametrize("material", ["InP", "ZnSe", "ZnS", "CdSe", "CdS"])
def test_no_error_of_the_hole_takes_its_masses_further_than_it_says(material: str) -> None:
    """InP gamma1 a fifth down by itself once took the heavy hole from 0.8 to 3.8 electron masses."""
    order = order_from(SMALL)
    names = tuple(f"{material}.{key}" for key in widths.HOLES)
    (group,) = widths.together(order, names)
    table = numbers.known(order.mechanism, order.hypothesis)
    value = np.array([table[name].value for name in group.names])
    heavy, light = np.array([1, -0.8, -1.2]), np.array([1, 1.6, 2.4])
    for inverse in (heavy, light):
        assert inverse @ group.covariance @ inverse == pytest.approx((0.2 * (inverse @ value)) ** 2)
    for _, axes, _ in intervals.directions(order, [group]):
        assert np.abs(heavy @ axes).max() <= 0.2001 * (heavy @ value)
        assert np.linalg.norm(heavy @ axes) == pytest.approx(0.2 * (heavy @ value))


def test_what_bromide_was_fitted_with_errs_with_the_fit() -> None:
    """Left apart, how bromide differs in ZnS put 0.65 to 0.95 about a yield fitted to 0.86 +- 0.01."""
    (joint,) = (fit for fit in widths.fits() if "halide.D_shell" in fit.names)
    for crystal in ("ZnSe", "ZnS", "InP"):
        assert {f"halide.Br in {crystal}: {key}" for key in ("ratio", "extra_energy")} <= set(joint.names)


def test_a_number_of_ones_own_with_an_error_leaves_the_fits() -> None:
    order = order_from(SMALL, engine="meanfield", dots=3)
    order = replace(order, given=Given.of({"mechanism.Ea_ex": 70.0}, {"mechanism.Ea_ex": 2.0}))
    groups = widths.together(order, ["mechanism.Ea_ex", "mechanism.Ea_ox"])
    mine = next(g for g in groups if "mechanism.Ea_ex" in g.names)
    assert mine.names == ("mechanism.Ea_ex",)
    assert mine.covariance == pytest.approx(np.array([[4.0]]))


def test_errors_that_came_together_are_one_group_and_survive_the_batch() -> None:
    order = order_from(SMALL, engine="meanfield", dots=3)
    covariance = [[4.0, 1.5], [1.5, 9.0]]
    joint = Together.of(["mechanism.Ea_ex", "mechanism.Ea_ox"], covariance, "a calibration")
    given = Given.of({"mechanism.Ea_ex": 70.0, "mechanism.Ea_ox": 131.0}, {"mechanism.Ea_ex": 5.0}, joint)
    assert Given.from_text(given.text) == given
    assert given.hash != Given.of(dict(given.values), dict(given.sigmas)).hash
    order = replace(order, given=given.and_also({"InP.m_e": 0.08}))
    wanted = ["mechanism.Ea_ox", "mechanism.Ea_1_Se", "mechanism.Ea_ex"]
    first, *others = widths.together(order, wanted)
    assert first.names == ("mechanism.Ea_ex", "mechanism.Ea_ox")
    assert first.covariance == pytest.approx(np.array(covariance))
    assert [g.names for g in others] == [("mechanism.Ea_1_Se",)]
    assert widths.without(order) == ()


def test_of_a_linear_quantity_the_interval_and_the_shares_are_exact() -> None:
    rng = np.random.default_rng(1)
    half = rng.normal(size=(4, 4))
    covariance, slope = half @ half.T, np.array([1.0, -2.0, 0.5, 0.0])
    group = Fitted(tuple("abcd"), (False,) * 4, covariance)
    variances, vectors = np.linalg.eigh(covariance)
    axes = vectors * np.sqrt(variances)
    pairs = [(float(slope @ axes[:, k]), float(-slope @ axes[:, k])) for k in range(4)]
    found = intervals._part(group, axes, pairs)
    variance = float(slope @ covariance @ slope)
    assert intervals._joined([found], -1.0)[:2] == pytest.approx([math.sqrt(variance)] * 2, rel=1e-6)
    exact = np.abs(slope * (covariance @ slope))
    told = np.array([found.shares[n] for n in "abcd"])
    assert told / told.sum() == pytest.approx(exact / exact.sum(), abs=1e-9)


def test_a_rate_in_proportion_to_a_factor_has_the_sides_of_its_logarithm(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intervals, "together", lambda *_: (ONE,))
    found = intervals.of(order)["30 min"]["k_r_per_ns"]
    sample = carry_out(order).sample("30 min")
    k = sample.quantities["k_r_per_ns"].value
    assert k is not None
    assert found.high == pytest.approx(k * (math.exp(0.3) - 1), rel=1e-6)
    assert found.low == pytest.approx(k * (1 - math.exp(-0.3)), rel=1e-6)
    assert found.widest == (("InP.oscillator_factor", 1.0),)
    assert intervals.of(order)["30 min"]["coverage"].high == 0


def test_the_same_bits_by_any_number_of_processes_and_kept_afterwards(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = ("mechanism.Ea_1_Se", "mechanism.A_solution", "light.vacuum_eV", "InP.m_e")
    monkeypatch.setattr(intervals, "relevant", lambda *_: few)
    twin = intervals._twin(order)
    alone = intervals._worked_out(twin, None)
    with processes(1) as others:
        assert intervals._worked_out(twin, others) == alone
    first = intervals.of(order)
    monkeypatch.setattr(intervals, "_worked_out", None)  # would fail if called again
    assert intervals.of(order) == first
    assert intervals.of(replace(order, dots=7, seed=5)) == first  # the twin has no random number
    assert intervals.of(replace(order, engine="kmc", dots=4, blocks=2)) == first
    with pytest.raises(TypeError):
        intervals.of(replace(order, given=Given.of({"InP.m_e": 0.08})))


def test_a_batch_states_intervals_about_its_own_values_and_keeps_them(
    order: Order, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    few = ("mechanism.Ea_1_Se", "InP.m_e", "light.vacuum_eV")
    monkeypatch.setattr(intervals, "relevant", lambda *_: few)
    lattice = replace(order, engine="kmc", dots=2)
    batch = intervals.with_intervals(carry_out(lattice), lattice)
    table = intervals.of(order)
    for name in ("coverage", "first_exciton_nm", "plqy"):
        quantity, changes = batch.samples[-1].quantities[name], table[batch.samples[-1].name][name]
        assert quantity.value is not None
        assert quantity.interval68 is not None
        low, high = quantity.interval68
        assert low == pytest.approx(max(quantity.value - changes.low, 0.0), rel=1e-6, abs=1e-12)
        assert high >= quantity.value
        assert set(quantity.widest) <= set(few)
    rough = batch.samples[-1].quantities["roughness_nm"]
    assert rough.interval68 is None
    assert "no interval" in rough.note
    batch.save(tmp_path / "batch.nc")
    assert Batch.load(tmp_path / "batch.nc").summary() == batch.summary()
    said = batch.summary()["samples"][-1]["quantities"]["first_exciton_nm"]
    assert {"value", "sigma", "sigma_sampling", "interval68", "unit", "method", "note", "envelope"} < set(
        said
    )
    assert said["sigma"] == said["sigma_sampling"]


def test_an_interval_stays_within_what_a_quantity_can_be() -> None:
    wide = intervals.Changes(2.0, 2.0, ())
    assert intervals.stated(Quantity(0.95, None, "fraction", ""), wide).interval68 == (0.0, 1.0)
    assert intervals.stated(Quantity(0.5, None, "1/dot", ""), wide).interval68 == (0.0, 2.5)
    assert intervals.stated(Quantity(-0.01, None, "", ""), wide).interval68 == (-2.01, 1.99)


def test_what_the_model_cannot_be_asked_is_said() -> None:
    found = intervals._part(ONE, np.array([[0.3]]), [(1.0, math.nan)])
    assert found.failed == ("InP.oscillator_factor",)
    assert intervals._joined([found], 1.0)[:2] == (0, 0)


def test_many_directions_that_lower_a_quantity_lower_all_of_it() -> None:
    """Against draws of the sum itself; rises and falls in quadrature, each by itself, gave 0.3 and 0.3."""
    changes = np.array([[-0.1, -0.1]] * 9 + [[0.3, -0.3]])
    z = np.random.default_rng(3).normal(size=(10, 200_000))
    exact = np.quantile(0.3 * z[9] - 0.1 * np.abs(z[:9]).sum(axis=0), (0.158655, 0.841345))
    assert exact[0] < -0.95
    low, high = spread(changes)
    assert low == pytest.approx(-exact[0], rel=0.02)
    assert high == 0  # the value stays within


def test_one_direction_has_its_own_ends() -> None:
    assert spread(np.array([[0.35, -0.2]])) == pytest.approx((0.2, 0.35), rel=1e-5)
    assert spread(np.array([[0.35, 0.0]])) == pytest.approx((0.0, 0.35), rel=1e-5)


def test_what_is_above_zero_falls_by_factors() -> None:
    """Draws of the staged yield go to 0.54, where a sum of falls went to 0.48; rises add."""
    halved = intervals._Part(np.array([[-0.5, 0.5]] * 4), {}, ())
    low, high, _, _ = intervals._joined([halved], 1.0)
    assert low < 0.8
    assert high == pytest.approx(1.0)
    assert intervals._joined([halved], -1.0)[0] == pytest.approx(1.0)


def test_sampling_is_in_the_interval_beside_that_of_the_model() -> None:
    """Both apart, and together in a root of squares on either side, within what the quantity can be."""
    found = Quantity(600.0, 4.0, "nm", "", interval68=(597.0, 612.0))
    assert found.with_sampling == (595.0, pytest.approx(600 + math.hypot(12, 4)))
    said = found.forecast_json()
    assert said["interval68"] == [597.0, 612.0]
    assert said["interval68_with_sampling"][0] == 595.0
    share = Quantity(0.97, 0.05, "fraction", "", interval68=(0.9, 0.98))
    assert share.with_sampling is not None
    assert share.with_sampling[1] == 1.0
    for unknown in (replace(found, sigma=None), replace(found, interval68=None)):
        assert unknown.with_sampling is None
        assert unknown.forecast_json()["interval68_with_sampling"] is None
