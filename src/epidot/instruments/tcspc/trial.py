"""Dots at random, and the averages of their decay.

An ensemble has no two or three exact lifetimes, so the truths are its averages as ``measure`` defines
them: tau_intensity always, tau_amplitude where no light is faster than the instrument.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.instruments.contract import Trial


def trial(rng: np.random.Generator, traps: bool = False) -> Trial:
    """10⁴ to 10⁶ counts at 1 MHz in 512 or 1024 channels."""
    from epidot.instruments.tcspc.simulated import ensemble_terms

    dots = core_shell_dots(rng, traps)
    fractions, taus = ensemble_terms(dots)
    truths = {"tau_intensity_ns": float(fractions @ taus)}
    if not traps:
        truths["tau_amplitude_ns"] = float(1 / np.sum(fractions / taus))
    counts = float(10 ** rng.uniform(4.0, 6.0))
    channels = int(rng.choice([512, 1024]))
    setup = {"counts": counts, "channels": channels, "channel_ns": 1000 / channels}
    return Trial(dots, truths, {**setup, "background": 2e-6 * counts * 4096 / channels})


def core_shell_dots(rng: np.random.Generator, traps: bool) -> Population:
    """100 InP dots in one or two shells; with ``traps`` their surface is not quite whole."""
    shells = [Layer("ZnSe", float(rng.uniform(0.3, 1.0)))]
    if rng.random() < 0.5:
        shells.append(Layer("ZnS", float(rng.uniform(0.3, 0.9))))
    dot = LayeredDot("InP", float(rng.uniform(2.4, 3.6)), tuple(shells))
    if traps:
        dot = replace(
            dot,
            sites=float(rng.uniform(60, 120)),
            coverage=float(rng.uniform(0.96, 1)),
            linked=float(rng.uniform(0.97, 1)),
            oxide=float(rng.uniform(0, 6)),
        )
    return Population.drawn(dot, 100, float(rng.uniform(0.03, 0.11)), rng)
