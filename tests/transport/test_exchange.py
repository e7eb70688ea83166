"""Ions between sites and on sites: what is kept, what stands still, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.transport.exchange import Exchange, Mover, effective_interstitial, solve
from epidot.transport.mesh import Mesh

MATERIAL = Exchange(
    Mover(10.0, 0.02),
    Mover(1.0, 0.01),
    Mover(0.5, 0.03),
    1.0,
    dissociative=50.0,
    kick_out=20.0,
    pairs=5.0,
    sinks_I=0.1,
    sinks_V=0.2,
)
SPHERE = Mesh(np.linspace(0, 1, 31), np.zeros(30, dtype=np.int64))


def test_equilibrium_stands_still():
    whole = np.array([0.03, 0.01, 1.0, 0.02])[:, None] * np.ones(30)
    found = solve(MATERIAL, SPHERE, np.array([0.0, 100.0]), start=whole)
    assert found.species[-1] == pytest.approx(whole, rel=1e-9)


def test_ions_are_kept_and_come_to_equilibrium():
    """With both mechanisms, pairs and sinks at once, in a sphere."""
    found = solve(MATERIAL, SPHERE, np.array([0.5, 5.0, 2000.0]))
    assert found.balance < 1e-10
    assert found.species.min() > -1e-9
    assert found.substitutional[-1] == pytest.approx(1.0, rel=1e-4)
    assert found.interstitial[-1] == pytest.approx(0.02, rel=1e-4)


def test_a_sphere_with_many_sinks_follows_the_effective_diffusivity():
    """Uptake of the exact sphere with D_i i°/(i° + s°), to the error of the mesh."""
    from oracle.diffusion import exact

    fast = Exchange(Mover(1.0, 0.05), Mover(0.0, 1e-8), Mover(0.0, 1.0), 1.0, dissociative=1e5, sinks_V=1e7)
    mesh = Mesh(np.linspace(0, 1, 81), np.zeros(80, dtype=np.int64))
    tau = np.array([0.05, 0.1, 0.3])
    found = solve(fast, mesh, tau / effective_interstitial(fast))
    uptake = (found.substitutional + found.interstitial) @ mesh.volumes_nm3 / (1.05 * mesh.volumes_nm3.sum())
    assert uptake == pytest.approx(exact.sphere(tau), rel=2e-3)


def test_impossible_materials_are_refused():
    with pytest.raises(InputError) as refused:
        Exchange(Mover(-1.0, 0.0), Mover(1.0, 1.0), Mover(1.0, 1.0), 0.0, kick_out=-3.0)
    assert len(refused.value.faults) == 4
