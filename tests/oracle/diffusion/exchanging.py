"""The interstitial-substitutional exchange in its two limits."""

from __future__ import annotations

import numpy as np
from scipy.special import erfc

from epidot.transport.exchange import (
    Exchange,
    Mover,
    effective_interstitial,
    solve,
)
from epidot.transport.mesh import Mesh
from epidot.transport.problem import Array
from oracle.diffusion import exact
from oracle.diffusion.case import Case, Curve, orders

IDLE = Mover(0.0, 1e-8)


def effective_vacancy(of: Exchange) -> float:
    """D of a dissociative ion that waits for vacancies: D_V V°/s°, in nm²/s."""
    return of.vacancy.diffusion * of.vacancy.equilibrium / of.substitutional


def kick_out_constant(of: Exchange) -> float:
    """D* of D = D*/(s/s°)² for an ion that waits for self-interstitials to leave: D_I I°/s°, nm²/s."""
    return of.self_interstitial.diffusion * of.self_interstitial.equilibrium / of.substitutional


def case_12() -> Case:
    """Kick-out in a slab without sinks: D = D*/C², power law in time."""
    cells, few = 40, 1e-8
    half = Mesh(0.5 * (1 - (1 - np.linspace(0, 1, cells + 1)) ** 2), np.zeros(cells, dtype=np.int64), "slab")
    part = 0.5 - half.centres_nm  # of the way from the face to the other face
    middle = np.array([0.005, 0.01, 0.02])
    seen = part > 0.25
    errors, slope, profile = [], 0.0, middle
    for supply in (1e3, 1e4, 1e5):
        material = Exchange(Mover(supply, few), Mover(1.0, few), IDLE, 1.0, kick_out=1e10)
        t = (middle / 2) ** 2 / np.pi / kick_out_constant(material)
        run = solve(material, half, t)
        s = run.substitutional
        ratio = s / (middle[:, None] * exact.kick_out(part))
        errors.append(float(np.max(np.abs(ratio[1:, seen] - 1))))
        slope = float(np.log(s[2, 0] / s[1, 0]) / np.log(t[2] / t[1]))
        profile = s[2] / s[2, 0]
    x = np.linspace(0.12, 0.5, 200)
    return Case(
        12,
        "Kick-out without sinks",
        r"D=\frac{D^*}{C^2},\quad C=C_m(t)\,\exp\left[\mathrm{erfinv}(|1-2x/d|)^2\right],"
        r"\quad C_m=\frac{2}{d}\sqrt{\pi D^*t}",
        "profile between 0.25 d and 0.75 d at two times; order 1 in D_II°/D_ii° until the surface's own "
        f"concentration shows; d ln C_m/d ln t = 1/2 within 0.005 (found {slope:.4f})",
        errors[-1] if abs(slope - 0.5) < 0.005 else np.inf,
        5e-3,
        orders(errors[:2], 10.0),
        0.8,
        "x/d",
        "C/C_m",
        (Curve("Seeger's form", x, exact.kick_out(x), part[part > 0.12], profile[part > 0.12]),),
        tuple(
            zip(exact.kick_out(np.array([0.3, 0.4, 0.45])), (1.14739935, 1.03261289, 1.00792664), strict=True)
        ),
    )


def case_13() -> Case:
    """Dissociative exchange with many sinks (interstitials carry) and with none (vacancies must come)."""
    cells = 80
    mesh = Mesh(np.linspace(0, 1, cells + 1), np.zeros(cells, dtype=np.int64), "slab")
    x = 1 - mesh.centres_nm
    line = np.linspace(0, 1, 200)
    part = 0.02  # D t, in units of the slab's depth squared

    def profile(material: Exchange, D: float, between_sites: bool) -> tuple[Array, float]:
        run = solve(material, mesh, np.array([part / D]))
        c = run.substitutional[0]
        if between_sites:
            c = (c + run.interstitial[0]) / (1 + material.interstitial.equilibrium)
        return c, float(np.max(np.abs(c - erfc(x / 2 / np.sqrt(part)))))

    fast = Exchange(Mover(1.0, 0.05), IDLE, Mover(0.0, 1.0), 1.0, dissociative=1e5, sinks_V=1e7)
    carried, first = profile(fast, effective_interstitial(fast), True)
    errors, waited = [first], carried
    gaps = []
    for few in (1e-2, 1e-3):
        slow = Exchange(Mover(1e4 / few, few), IDLE, Mover(1.0, few), 1.0, dissociative=1e7 / few)
        waited, gap = profile(slow, effective_vacancy(slow), False)
        gaps.append(gap)
    errors.append(gaps[-1])
    shape = erfc(line / 2 / np.sqrt(part))
    return Case(
        13,
        "Dissociative exchange: two limits",
        r"D_\mathrm{eff}=\frac{D_iC_i}{C_i+C_s}\;(\mathrm{many\ sinks}),\quad "
        r"D_\mathrm{eff}=\frac{D_VC_V}{C_s}\;(\mathrm{no\ sinks}),\quad "
        r"C=C_0\,\mathrm{erfc}\frac{x}{2\sqrt{D_\mathrm{eff}t}}",
        "both profiles (absolute, of 1); the second limit is approached with order 1 in C_V/C_s",
        max(errors),
        2e-3,
        orders(gaps, 10.0),
        0.9,
        "depth",
        "C/C₀",
        (
            Curve("many sinks", line, shape, x[::3], carried[::3]),
            Curve("no sinks", line, shape, x[1::3], waited[1::3]),
        ),
    )
