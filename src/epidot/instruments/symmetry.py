"""The symmetry law: ``measure(simulate(dots))`` finds the truth within the error it states.

Every instrument draws cases of it (``HEADER.trial``); the tests hold all of them to it, and
:func:`pulls` with :func:`broken` do so for an instrument of one's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.instruments.contract import Instrument, Trial

Array = NDArray[np.float64]

COVERED = (0.60, 0.76)  # share of the truths within one standard error; 0.683 for a normal error
MOST_BIAS = 0.35  # standard errors that the mean (or median) may be off
BEYOND = 0.03  # share of the truths that may lie beyond three standard errors
LEAST = 200  # values of a quantity from which its coverage is judged as it stands
_FEWEST = 40  # values of which anything can be said
_CHANCE = 1e-3  # that few values of an instrument that just keeps the law are called a breach


def random_dots(rng: np.random.Generator) -> Population:
    """200 InP dots with up to two shells, as the papers make them."""
    shells = []
    if rng.random() < 0.6:
        shells.append(Layer("ZnSe", float(rng.uniform(0.3, 1.2))))
        if rng.random() < 0.5:
            shells.append(Layer("ZnS", float(rng.uniform(0.3, 0.7))))
    dot = LayeredDot("InP", float(rng.uniform(2.6, 3.6)), tuple(shells))
    return Population.drawn(dot, 200, float(rng.uniform(0.06, 0.11)), rng)


def pulls(
    device: Instrument,
    draw: Callable[[np.random.Generator], Trial],
    rng: np.random.Generator,
    trials: int = 12,
    seeds: int = 20,
) -> dict[str, Array]:
    """(measured - truth) / sigma by quantity, over ``trials`` cases and ``seeds`` noises of each.

    Of a quantity with one value per step a step is taken at random.  A value that the data do not hold, or
    without an error, counts as infinitely wrong (a step may be missing).
    """
    out: dict[str, list[float]] = {}
    for _ in range(trials):
        trial = draw(rng)
        for _ in range(seeds):
            found = device.measure(device.simulate(trial.dots, trial.setup, rng=rng), **trial.options)
            for name, truth in trial.truths.items():
                if isinstance(truth, (int, float)):
                    value, sigma = found[name].value, found[name].sigma
                    off = (value - truth) / sigma if value is not None and sigma else np.inf
                else:
                    i = int(rng.integers(len(truth)))
                    value, sigma = found.series[name].values[i], found.series[name].sigmas[i]
                    if value is None or not sigma:
                        continue
                    off = (value - truth[i]) / sigma
                out.setdefault(name, []).append(off)
    return {name: np.array(values) for name, values in out.items()}


def broken(found: Mapping[str, Array], few: bool = False) -> list[str]:
    """What breaks the law, in words; empty if nothing does.

    With ``few`` values of each quantity (a law that costs much, tested small) a breach is what the limits
    exclude beyond chance: binomial limits of one quantity, and the mean over all of them, spectrum by
    spectrum.
    """
    from scipy.stats import binom  # a second of work to load; only those who judge need it

    out = []
    for name, off in found.items():
        least = _FEWEST if few else LEAST
        if off.size < least:
            out.append(f"{name}: {off.size} values are too few, {least} are needed")
            continue
        low, high = _shares(off.size) if few else COVERED
        covered = float(np.mean(np.abs(off) < 1))
        if not low <= covered <= high:
            out.append(f"{name}: one standard error covers {covered:.0%} of the truths")
        stated = off[np.isfinite(off)]  # a value withheld is not covered, but biased neither way
        mean = float(np.mean(stated)) if stated.size else np.inf
        # The median of n normal values scatters by 1.25 over the root of n.
        bias = MOST_BIAS + (3.1 * 1.25 / math.sqrt(off.size) if few else 0.0)
        if not max(abs(np.median(off)), abs(mean)) < bias:
            out.append(f"{name}: off by {np.median(off):.2f} (mean {mean:.2f}) standard errors")
        beyond = float(binom.isf(_CHANCE, off.size, BEYOND)) / off.size if few else BEYOND
        share = float(np.mean(~(np.abs(off) < 3)))
        if not (share <= beyond if few else share < beyond):
            out.append(f"{name}: more than {beyond:.0%} of the truths lie beyond three standard errors")
    return [*out, *_together(found)] if few else out


def _shares(n: int) -> tuple[float, float]:
    """Between which shares of ``n`` the covered ones lie if their probability keeps to :data:`COVERED`."""
    from scipy.stats import binom

    low, high = COVERED
    return float(binom.ppf(_CHANCE, n, low)) / n, float(binom.isf(_CHANCE, n, high)) / n


def _together(found: Mapping[str, Array]) -> list[str]:
    """What the quantities break together, where all have the same number of values, one per spectrum."""
    sizes = {off.size for off in found.values()}
    if len(sizes) != 1 or sizes.pop() < _FEWEST or len(found) < 2:
        return []
    each = np.mean(np.abs(np.array(list(found.values()))) < 1, axis=0)  # of the quantities of one spectrum
    covered, error = float(np.mean(each)), float(np.std(each, ddof=1) / math.sqrt(each.size))
    reach = 3.1 * error
    if COVERED[0] - reach <= covered <= COVERED[1] + reach:
        return []
    return [f"all together: one standard error covers {covered:.0%} of the truths (± {error:.0%})"]
