"""How much an experiment would tell: expected information, from draws and their predictions."""

from __future__ import annotations

import math

import numpy as np

from epidot.inference.problem import Array

NOISE = 32  # made-up outcomes of every draw
_SHUFFLED = 4
_LEAST_WIDTH = 1e-12


def expected(predictions: Array, sigmas: Array, about: Array | None = None, seed: int = 0) -> float:
    """Expected information (nats) of measuring ``predictions`` (k, m) with errors ``sigmas`` (m,).

    The rows are equally probable draws of the parameters.  Of every draw outcomes are made up; what they
    tell is ln p(outcome given the draw) less ln p(outcome), the latter by the mean over all draws: nested
    Monte Carlo that uses every prediction as often as it can.  ``about`` (k, q), the values of some
    parameters, asks for what is told of these alone: p(outcome given them) is then the mean over draws that
    are alike in them (normal kernel, Silverman's width), less what parameters told in any other order would
    seem to tell.  It cannot exceed ln k, and what comes near it is a lower bound; of single parameters it is
    low by a quarter where an experiment is sharp, since the kernel is wider than its answer.
    """
    k = len(predictions)
    rng = np.random.default_rng([seed, 77])
    noise = rng.standard_normal((k, NOISE, predictions.shape[1]))
    scaled = predictions / sigmas
    outcomes = scaled[:, None, :] + noise
    apart = outcomes[:, :, None, :] - scaled[None, None, :, :]
    logs = -0.5 * np.sum(apart**2, axis=-1)  # (k, noise, k): of each outcome under each draw
    marginal = _log_mean(logs, np.zeros((k, k)))
    if about is None:
        return max(float(np.mean(logs[np.arange(k), :, np.arange(k)] - marginal)), 0.0)
    alike = _alike(about)
    chance = []
    for _ in range(_SHUFFLED):
        order = rng.permutation(k)
        chance.append(float(np.mean(_log_mean(logs, alike[np.ix_(order, order)]) - marginal)))
    return max(float(np.mean(_log_mean(logs, alike) - marginal)) - float(np.mean(chance)), 0.0)


def _log_mean(logs: Array, log_weights: Array) -> Array:
    """ln of the weighted mean over the last axis; ``log_weights`` (k, k) are of each draw's outcomes."""
    weighted = logs + log_weights[:, None, :]
    top = np.max(weighted, axis=-1)
    total = np.log(np.sum(np.exp(weighted - top[..., None]), axis=-1)) + top
    norm = np.log(np.sum(np.exp(log_weights), axis=-1))
    return np.asarray(total - norm[:, None])


def _alike(about: Array) -> Array:
    """ln of how alike draws are in some parameters (k, k)."""
    k, q = about.shape
    width = np.std(about, axis=0) * (4 / ((q + 2) * k)) ** (1 / (q + 4))
    z = (about[:, None, :] - about[None, :, :]) / np.maximum(width, _LEAST_WIDTH)
    return np.asarray(-0.5 * np.sum(z**2, axis=-1))


def in_words(nats: float) -> str:
    """Information as what becomes of an interval: by which factor it narrows."""
    return f"{nats / math.log(2):.2f} bits (an interval {math.exp(nats):.1f} times narrower)"
