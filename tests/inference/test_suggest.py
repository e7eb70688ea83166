"""The next experiment: from real flasks, by gain and cost, in one flask or at one temperature."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.inference import calibration
from epidot.inference import study as studies
from epidot.inference.designs import Design, Flask, Observation
from epidot.inference.problem import Problem
from epidot.inference.suggest import Foretold, foretell, suggest
from epidot.report import calibrate as calibrate_report
from epidot.report import suggest as report
from epidot.report.calibrated import Done
from epidot.runs.sweep.points import Kept
from epidot.runs.workers import Alone

ROOT = Path(__file__).resolve().parents[2]
STUDY = studies.parse(
    "study: 1\nfree: {mechanism.Ea_ex: {low: 60, high: 90}, mechanism.Ea_ox: {low: 110, high: 150}}\n"
    "experiments: {z: {recipe: choi2023/inp-zn}}\n"
    "measured: [{of: z.10 min, quantity: coverage, value: 0, sigma: 1}]\n"
)


def _flask(name: str, cost: float = 1.0, **written: str) -> Flask:
    return Flask(name, written, STUDY.experiments["z"].recipe, cost)


def _foretold() -> Foretold:
    """Two parameters; a flask for each, one that shows their sum, and one that mostly fails."""
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 60))
    first, second = _flask("first", 1e-9, hold="120 °C"), _flask("second", 1e-9, hold="200 °C")
    dear, torn = _flask("dear", 10.0, hold="120 °C"), _flask("torn")
    designs = (
        Design(first, Observation("end", "plqy", 0.3, 0.1)),
        Design(first, Observation("end", "coverage", 0.3, 0.1)),
        Design(second, Observation("end", "plqy", 0.4, 0.1)),
        Design(dear, Observation("end", "plqy", 0.1, 0.1)),
        Design(torn, Observation("end", "plqy", 0.1, 0.1)),
    )
    broken = np.where(np.arange(60) % 2 == 0, np.nan, a)
    shown = np.stack([a, a + 0.1 * rng.standard_normal(60), b, b, broken], axis=1)
    return Foretold(STUDY, designs, shown, np.stack([a, b], axis=1))


def test_the_first_tells_most_for_its_cost_and_the_second_what_the_first_does_not() -> None:
    found = suggest(_foretold(), batch=2)
    assert [s.design.flask.candidate for s in found] == ["first", "second"]
    assert found[0].gained == pytest.approx(0.5 * np.log1p(1 / 0.09), rel=0.25)
    assert found[1].gained <= found[1].alone + 0.05
    assert "mechanism.Ea_ex" in found[0].why
    assert "mechanism.Ea_ox" in found[1].why


def test_one_flask_one_temperature_and_one_parameter() -> None:
    foretold = _foretold()
    flask = suggest(foretold, batch=2, same="flask")
    assert {s.design.flask.candidate for s in flask} == {"first"}
    assert flask[1].cost == pytest.approx(0.1)  # the flask is there already, and would cost nothing again
    assert flask[1].gained < flask[1].alone
    warm = suggest(foretold, batch=3, same="temperature")
    assert {s.design.flask.temperatures for s in warm} == {("120 °C",)}
    about = suggest(foretold, about=["mechanism.Ea_ox"])
    assert about[0].design.flask.candidate == "second"
    with pytest.raises(InputError, match="no such free parameter"):
        suggest(foretold, about=["mechanism.Ea_2"])


def test_what_gives_nothing_for_many_draws_is_no_candidate() -> None:
    foretold = _foretold()
    assert 4 not in foretold.usable
    with pytest.raises(InputError, match="no candidate gives anything"):
        suggest(Foretold(STUDY, foretold.designs[4:], foretold.predictions[:, 4:], foretold.draws))


def test_faults_of_candidates_have_their_lines() -> None:
    text = (
        "study: 1\nfree: {mechanism.Ea_ex: {low: 60, high: 90}}\n"
        "experiments: {z: {recipe: choi2023/inp-zn}}\n"
        "measured: [{of: z.10 min, quantity: coverage, value: 0, sigma: 1}]\n"
        "candidates:\n  one:\n    recipe: choi2023/inp-zn\n"
        "    vary:\n      steps.99.for: [1 h]\n"
        "    observe:\n      - {sample: 11 min, quantity: plqy, sigma: 1}\n"
        "      - {sample: 10 min, quantity: plqyy, sigma: 1}\n      - {sample: 10 min, quantity: plqy}\n"
    )
    with pytest.raises(InputError) as caught:
        studies.parse(text, where="s.yaml")
    assert {f.line for f in caught.value.faults} == {9, 11, 12, 13}
    path = ROOT / "examples" / "studies" / "selenium-on-inp.yaml"
    with pytest.raises(InputError, match="names no candidates"):
        report.load(path)


@pytest.mark.slow
def test_a_folder_of_a_calibration_finds_the_recipes_beside_its_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("studies", "recipes"):
        (tmp_path / name).mkdir()
    recipe = (ROOT / "examples" / "recipes" / "zinc-then-hot.yaml").read_text(encoding="utf-8")
    (tmp_path / "recipes" / "own.yaml").write_text(recipe, encoding="utf-8")
    own = (
        "candidates: {own: {recipe: ../recipes/own.yaml, "
        "observe: [{sample: hot, quantity: oxide_relative, sigma: 0.1}]}}\n"
    )
    file = tmp_path / "studies" / "study.yaml"
    file.write_text(STUDY.text + own, encoding="utf-8")
    study = studies.load(file)
    problem = Problem(study.priors, study.data, lambda v: v[:, :1] / 75 - 1)
    done = Done(study, calibration.calibrate(problem, draws=20), 0, {})
    monkeypatch.setattr(calibrate_report, "_calibrated", lambda *_: done)
    calibrate_report.carry_out(study, tmp_path / "out" / "found")
    asked = report.load(tmp_path / "out" / "found")
    assert [d.flask.candidate for d in asked.study.candidates] == ["own"]
    assert asked.draws.shape[1] == 2


def test_it_proposes_what_a_person_found(tmp_path: Path) -> None:
    """docs/theory/growth-fit.md, next experiments: HF-treated dots with zinc at 120 °C, then 280 °C."""
    asked = report.load(ROOT / "examples" / "studies" / "exchange-or-oxidation.yaml")
    # What is known are the two minima of the fit, each within a kJ/mol or so.
    minima = np.array([[67.6, 130.3], [76.0, 139.5]])
    draws = np.repeat(minima, 12, axis=0) + np.random.default_rng(1).normal(0, 1, (24, 2))
    small = report.Asked(asked.study, draws, asked.known)
    about = ["mechanism.Ea_ex"]
    _, found = report.carry_out(small, about=about, folder=tmp_path / "next", jobs=1)
    assert found[0].design.flask.candidate == "zinc at 120 °C, then 280 °C"
    assert found[0].design.flask.written["steps.warm.hold"] in ("30 min", "2 h")
    assert (tmp_path / "next" / "suggestions.json").is_file()
    assert "<svg" in (tmp_path / "next" / "suggestions.html").read_text(encoding="utf-8")
    # between the two minima themselves: the one with two hours is the clearest
    two = foretell(asked.study, asked.study.candidates, minima, Alone(), Kept(tmp_path / "next" / "points"))
    apart = [abs(a - b) / d.observation.sigma for a, b, d in zip(*two.predictions, two.designs, strict=True)]
    best = two.designs[int(np.argmax(apart))]
    assert best.flask.written == {"steps.warm.hold": "2 h"}
