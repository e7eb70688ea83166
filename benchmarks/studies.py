"""Made-up studies: do intervals hold the truth as often as they say, and is the right model found?

    python benchmarks/studies.py                     both tables
    python benchmarks/studies.py --repeats 5         a look
    python benchmarks/studies.py --flasks            also hypotheses of epidot, on flasks (8 min of one core)
    python benchmarks/studies.py --write             also writes them into docs/calibrate.md

Coverage: rates of two Arrhenius ways at twelve temperatures; the truth is drawn from the prior, the noise is
that of the errors stated. Two more parameters move nothing and must be called flat.
Models: the same studies under one way and two; with ``--flasks`` choi2023 and choi2023@2 with exchange and
oxidation free, choi2023 with and without packing with two barriers of selenium free, and H1, H2, H3 of
``examples/studies/bromide.yaml``.  Their flasks are carried out on a grid over the priors (normal ones: two
standard deviations either way) with cubic splines between, and truth and search are both on that table: it
asks whether data tell hypotheses apart, not whether a table is a flask.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pages
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, spline_filter

from epidot.inference import study as studies
from epidot.inference.calibration import Calibration, calibrate
from epidot.inference.comparison import Rival, compare
from epidot.inference.model import Runs
from epidot.inference.problem import Datum, Model, Prior, Problem
from epidot.inference.study import Study
from epidot.runs.sweep.points import Kept
from epidot.runs.workers import workers

Array = NDArray[np.float64]
PAGE = Path(__file__).resolve().parents[1] / "docs" / "calibrate.md"
BROMIDE = PAGE.parents[1] / "examples" / "studies" / "bromide.yaml"
SEED = 20261130
WRONG = "the other is favoured"
TWO_SIGMA = 2.0
X = 1e3 / (8.314 * np.linspace(300.0, 500.0, 12))
ONE = [Prior("lnA1", "1", 2.0, 10.0), Prior("Ea1", "kJ/mol", 20.0, 45.0)]
TWO = [*ONE, Prior("lnA2", "1", 18.0, 30.0), Prior("Ea2", "kJ/mol", 75.0, 110.0)]
IDLE = [Prior("idle", "1", 0.0, 1.0), Prior("idle, normal", "1", -9.0, 9.0, 0.0, 1.0)]

FLASKS = """\
study: 1
title: Two mechanisms where exchange and oxidation are free
free:
  mechanism.Ea_ex: {low: 62, high: 80}
  mechanism.Ea_ox: {low: 124, high: 142}
experiments:
  cold: {recipe: choi2023/inp-hf-zn-120}
  hot: {recipe: choi2023/inp-hf-zn-280}
  zinc: {recipe: choi2023/inp-zn}
measured:
  - {of: cold.purified, quantity: oxide_relative, value: 0, sigma: 0.05}
  - {of: hot.purified, quantity: oxide_relative, value: 0, sigma: 0.05}
  - {of: zinc.10 min, quantity: oxide_relative, value: 0, sigma: 0.05}
  - {of: zinc.10 min, quantity: In_exchanged_per_dot, value: 0, sigma: 5}
"""

PACKING = """\
study: 1
title: Does the room among the ligands count?
free:
  mechanism.Ea_1_Se: {low: 52, high: 68}
  mechanism.Ea_2: {low: 80, high: 104}
experiments:
  single: {recipe: choi2023/inp-znse}
  double:
    recipe: choi2023/inp-znse
    with: {steps.4.SePR3: 0.32 mmol, steps.4.Zn(OA)2: 0.5 mmol}
  bare: {recipe: choi2023/inp-se}
measured:
  - {of: single.10 min, quantity: adatoms_Se_per_dot, value: 0, sigma: 4}
  - {of: single.30 min, quantity: adatoms_Se_per_dot, value: 0, sigma: 4}
  - {of: double.10 min, quantity: adatoms_Se_per_dot, value: 0, sigma: 4}
  - {of: bare.10 min, quantity: adatoms_Se_per_dot, value: 0, sigma: 4}
  - {of: single.30 min, quantity: linked_fraction, value: 0, sigma: 0.05}
"""


def one_way(v: Array) -> Array:
    """ln of a rate (k, 12)."""
    return v[:, :1] - v[:, 1:2] * X


def two_ways(v: Array) -> Array:
    """ln of the sum of two rates (k, 12)."""
    return np.logaddexp(one_way(v), v[:, 2:3] - v[:, 3:4] * X)


def truth(priors: list[Prior], rng: np.random.Generator) -> Array:
    """One draw of the prior (1, p)."""
    return np.array([[p.value(rng.standard_normal() if p.normal else rng.random()) for p in priors]])


def made_up(mean: Array, sigma: Array, rng: np.random.Generator) -> list[Datum]:
    """Data about their mean (m,)."""
    noise = sigma * rng.standard_normal(mean.size)
    return [
        Datum(f"d{i}", float(m), float(s)) for i, (m, s) in enumerate(zip(mean + noise, sigma, strict=True))
    ]


@dataclass
class Coverage:
    """How often an interval was stated, and how often it held the truth."""

    stated: int = 0
    inside: int = 0
    words: Counter[str] = field(default_factory=Counter)


def coverage(repeats: int) -> tuple[dict[str, Coverage], int]:
    """Of each parameter, and the most points that a study took."""
    rng = np.random.default_rng(SEED)
    priors = [*TWO, *IDLE]
    found = {p.name: Coverage() for p in priors}
    most = 0
    for seed in range(repeats):
        at = truth(priors, rng)
        problem = Problem(priors, made_up(two_ways(at)[0], np.full(X.size, 0.05), rng), two_ways)
        done = calibrate(problem, seed)
        most = max(most, done.calls)
        for value, (name, one) in zip(at[0], done.parameters.items(), strict=True):
            row = found[name]
            row.words[one.shape] += 1
            if one.shape == "bounded":
                row.stated += 1
                row.inside += one.interval[0] <= value <= one.interval[1]
    return found, most


def rival(found: Calibration, title: str) -> Rival:
    """A calibration as another one sees it."""
    rows = tuple((d.value, d.sigma, "equal") for d in found.problem.data)
    draws, misfit = found.posterior, float(np.sum(found.residuals**2))
    return Rival(title, draws.log_evidence, draws.trusted, rows, misfit)


def confusion(
    models: dict[str, tuple[list[Prior], Model]], sigma: Array, repeats: int
) -> dict[str, Counter[str]]:
    """Of each true model: how often it was favoured over all others, another one over it, or neither."""
    rng = np.random.default_rng(SEED + 1)
    table: dict[str, Counter[str]] = {}
    for name, (priors, model) in models.items():
        for seed in range(repeats):
            data = made_up(model(truth(priors, rng))[0], sigma, rng)
            mine, *its = (
                rival(calibrate(Problem(models[n][0], data, models[n][1]), seed), n)
                for n in (name, *(one for one in models if one != name))
            )
            words = {one.word.split(":")[0] for one in compare(mine, its)}
            word = WRONG if WRONG in words else "undecided" if "undecided" in words else "favoured"
            table.setdefault(name, Counter())[word] += 1
    return table


def flasks(kept: Path) -> list[tuple[dict[str, tuple[list[Prior], Model]], Array]]:
    """Hypotheses by splines through their flasks, and the errors of measuring."""
    kept.mkdir(parents=True, exist_ok=True)
    growth, packing, bromide = studies.parse(FLASKS), studies.parse(PACKING), studies.load(BROMIDE)
    both = {name: studies.under(growth, name) for name in ("choi2023", "choi2023@2")}
    names = {"choi2023, packing the rival": "choi2023", "choi2023@packing": "choi2023@packing"}
    packed = {name: studies.under(packing, mechanism) for name, mechanism in names.items()}
    three = {name: studies.under(bromide, hypothesis=name) for name in ("H1", "H2", "H3")}
    return [
        (tabulated(both, 9, kept), _sigmas(growth)),
        (tabulated(packed, 9, kept), _sigmas(packing)),
        (tabulated(three, 6, kept), _sigmas(bromide)),
    ]


def tabulated(those: dict[str, Study], each: int, kept: Path) -> dict[str, tuple[list[Prior], Model]]:
    """Studies whose flasks are carried out at ``each`` values of every free number."""
    out: dict[str, tuple[list[Prior], Model]] = {}
    for name, study in those.items():
        priors = list(study.priors)
        ends = [(-TWO_SIGMA, TWO_SIGMA) if p.normal else (0.0, 1.0) for p in priors]
        axes = [p.value(np.linspace(*end, each)) for p, end in zip(priors, ends, strict=True)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(priors))
        with workers(1, None, len(points)) as helpers:
            found = Runs(study, helpers, Kept(kept))(points)
        if not np.all(np.isfinite(found)):
            raise SystemExit(f"{name}: a flask of the table gave nothing")
        out[name] = (priors, _between(priors, ends, found.reshape(*[each] * len(priors), -1)))
    return out


def _sigmas(study: Study) -> Array:
    return np.array([d.sigma for d in study.data])


def _between(priors: list[Prior], ends: list[tuple[float, float]], table: Array) -> Model:
    filtered = [spline_filter(table[..., i], order=3, mode="nearest") for i in range(table.shape[-1])]

    def model(v: Array) -> Array:
        places = []
        for i, (p, (low, high)) in enumerate(zip(priors, ends, strict=True)):
            scaled = np.log(v[:, i]) if p.log else v[:, i]
            first, last = (float(np.log(p.value(e)) if p.log else p.value(e)) for e in (low, high))
            places.append(np.clip((scaled - first) / (last - first), 0, 1) * (table.shape[i] - 1))
        shared = {"order": 3, "mode": "nearest", "prefilter": False}
        return np.stack([map_coordinates(one, places, **shared) for one in filtered], axis=-1)

    return model


def told(found: dict[str, Coverage], most: int, repeats: int) -> list[str]:
    """The table of coverage."""
    head = f"of {repeats} studies (at most {most:,} points each)"
    rows = [f"| {head} | interval stated | holds the truth | called flat |", "|---|---|---|---|"]
    for name, one in found.items():
        share = f"{one.inside} of {one.stated}, {one.inside / one.stated:.0%}" if one.stated else "–"
        rows.append(f"| `{name}` | {one.stated} | {share} | {one.words['flat']} |")
    stated, inside = (sum(getattr(one, key) for one in found.values()) for key in ("stated", "inside"))
    rows.append(f"| all | {stated} | {inside} of {stated}, {inside / stated:.0%} | |")
    return rows


def told_of_models(tables: list[dict[str, Counter[str]]]) -> list[str]:
    """The table of models."""
    words = ("favoured", "undecided", WRONG)
    rows = ["| the truth is | found | undecided | another one is favoured |", "|---|---|---|---|"]
    for table in tables:
        rows += [f"| {name} | " + " | ".join(str(n[w]) for w in words) + " |" for name, n in table.items()]
    return rows


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--repeats", type=int, default=50)
    options.add_argument("--flasks", action="store_true")
    options.add_argument("--kept", type=Path, default=Path("build") / "studies", help="where flasks are kept")
    options.add_argument("--write", action="store_true")
    asked = options.parse_args()
    rows = told(*coverage(asked.repeats), asked.repeats)
    print("\n".join(rows), flush=True)
    models: dict[str, tuple[list[Prior], Model]] = {"one way": (ONE, one_way), "two ways": (TWO, two_ways)}
    tables = [confusion(models, np.full(X.size, 0.1), max(asked.repeats // 2, 1))]
    if asked.flasks:
        tables += [confusion(*one, max(asked.repeats // 2, 1)) for one in flasks(asked.kept)]
    more = told_of_models(tables)
    print("\n".join(more))
    if asked.write:
        pages.put(PAGE, "coverage", "\n".join(rows))
        pages.put(PAGE, "models", "\n".join(more))


if __name__ == "__main__":
    main()
