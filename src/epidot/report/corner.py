"""What a calibration found, drawn: pairs of parameters, profiles, and what each measured number says."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from epidot.inference.calibration import Calibration
from epidot.report import style
from epidot.report.figures import Figure, Panel

MOST_PAIRS = 21  # of seven parameters
_LEVELS = (1.0, 4.0)  # of the deviance, in the pictures of profiles


def drawn(found: Calibration) -> list[Figure]:
    """Predictions beside the data, profiles, and pairs."""
    out = [predictive(found), profiled(found)]
    return [*out, corner(found)] if len(found.problem.priors) > 1 else out


def predictive(found: Calibration) -> Figure:
    """Every measured number in its standard errors, with the best values' and the posterior's predictions."""
    data = found.problem.data
    rows = np.arange(len(data))[::-1]
    drawing, axis = style.figure(size=(6.6, 0.8 + 0.24 * len(data)))
    best = np.asarray(found.problem.predictions(found.best.u[None])[0])
    scaled = [(best[i] - d.value) / d.sigma for i, d in enumerate(data)]
    axis.axvline(0, color="0.8", lw=1)
    columns: dict[str, Any] = {
        "measured": [d.value for d in data],
        "error": [d.sigma for d in data],
        "best": best,
    }
    if found.posterior.trusted:
        ends = np.array([band(found, i) for i in range(len(data))])
        columns |= {"low": ends[:, 0], "high": ends[:, 2]}
        for i, d in enumerate(data):
            low, high = (ends[i, [0, 2]] - d.value) / d.sigma
            axis.plot(
                [low, high], [rows[i]] * 2, color=style.COLOURS[0], lw=5, alpha=0.35, solid_capstyle="butt"
            )
    for i, d in enumerate(data):
        if d.kind == "=":
            axis.plot([-1, 1], [rows[i]] * 2, color="0.4", lw=1)
        else:
            axis.annotate(
                "",
                (1.2 if d.kind == ">=" else -1.2, rows[i]),
                (0, rows[i]),
                arrowprops={"arrowstyle": "->", "color": "0.4"},
            )
    axis.plot(np.clip(scaled, -6, 6), rows, "o", ms=4, color=style.COLOURS[1])
    axis.set(xlim=(-6.3, 6.3), xlabel="prediction less measurement / standard errors")
    axis.set_yticks(rows, [d.name[:60] for d in data], fontsize=7)
    told = (
        "Every measured number at 0 with its standard error (grey; an arrow where it is a limit), the best "
        "values' prediction (dots) and the middle 68 % of the posterior's (bars)."
    )
    return Figure(drawing, told, columns)


def band(found: Calibration, i: int) -> tuple[float, float, float]:
    """16, 50 and 84 % of the posterior's predictions of a datum."""
    values = found.posterior.predictions[:, i]
    known = np.isfinite(values)
    low, middle, high = found.posterior.quantile(
        np.where(known, values, np.nanmedian(values)), (0.16, 0.5, 0.84)
    )
    return float(low), float(middle), float(high)


def profiled(found: Calibration) -> Figure:
    """The best fit with each parameter held at each value."""
    panels: list[Panel] = []
    columns: dict[str, Any] = {}
    for prior, profile in zip(found.problem.priors, found.profiles, strict=True):
        drawing, axis = style.figure(size=(2.6, 2.0))
        x = prior.value(profile.u)
        order = np.argsort(x)
        axis.plot(x[order], np.minimum(profile.rise[order], 6.0), "o-", ms=3)
        axis.axhline(1.0, color="0.7", lw=0.8, ls="--")
        axis.set(
            ylim=(-0.2, 5),
            xlabel=f"{prior.name}{f' / {prior.unit}' if prior.unit else ''}",
            ylabel="worse by",
        )
        if prior.log:
            axis.set_xscale("log")
        axis.xaxis.label.set_size(7)
        panels.append(Panel("", drawing, (found.parameters[prior.name].shape,)))
        columns |= {prior.name: x[order], f"{prior.name} rise": profile.rise[order]}
    told = (
        "How much worse (−2 ln posterior) the best fit is with a parameter held: "
        "below the dashed line lie 68 %."
    )
    return Figure(None, told, columns, panels=tuple(panels))


def corner(found: Calibration) -> Figure:
    """Draws of the posterior, for every pair of parameters that are not both flat."""
    priors = found.problem.priors
    weights = found.posterior.weights
    panels = []
    for i, j in list(combinations(range(len(priors)), 2))[:MOST_PAIRS]:
        drawing, axis = style.figure(size=(2.4, 2.2))
        x, y = (priors[k].value(found.posterior.u[:, k]) for k in (i, j))
        size = np.clip(2000 * weights, 0, 40)
        axis.scatter(x, y, s=size, alpha=0.4, color=style.COLOURS[0], lw=0)
        best = found.problem.values(found.best.u)
        axis.plot(best[i], best[j], "+", color=style.COLOURS[1], ms=9, mew=1.5)
        axis.set(xlabel=priors[i].name, ylabel=priors[j].name)
        for k, scale in ((i, axis.set_xscale), (j, axis.set_yscale)):
            if priors[k].log:
                scale("log")
        for label in (axis.xaxis.label, axis.yaxis.label):
            label.set_size(7)
        panels.append(Panel("", drawing))
    columns = {p.name: p.value(found.posterior.u[:, k]) for k, p in enumerate(priors)} | {"weight": weights}
    told = (
        "Draws of the posterior, each as large as its weight, for pairs of parameters. Cross: the best fit."
    )
    return Figure(None, told, columns, panels=tuple(panels))
