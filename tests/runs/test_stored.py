"""What a batch keeps of dots known one by one: layered members, sites, halides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epidot.dot.grown import GrownDot, SiteSpecies
from epidot.dot.halides import HalideContent
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.runs import stored
from epidot.runs.batch import Batch, Sample

HALIDE = HalideContent("Br", np.array([0.0, 1.0, 2.0]), np.array([3.0, 40.0]), 12.0, 1.5)
MEMBERS = (
    LayeredDot("InP", 3.1, (Layer("ZnSe", 0.6, 0.4, 0.9), Layer("ZnS", 0.2)), {"OA": 50},
               {"Zn": 400, "Se": 380}, 150, 3, 1, 0.9, 0.8, 0.21, repaired=2.0),
    LayeredDot("InP", 3.3, (Layer("ZnS", 0.3),), {"OA": 60, "F": 4}, {"Zn": 100}, halides=(HALIDE,)),
    LayeredDot("InP", 3.5),
)  # fmt: skip


def same(a: LayeredDot, b: LayeredDot) -> bool:
    plain = [stored.dot_to_plain(x) for x in (a, b)]
    return plain[0] == plain[1]


def grown(n: int) -> tuple[GrownDot, ...]:
    rng = np.random.default_rng(8)
    position = rng.random((30, 3))
    kinds = (
        SiteSpecies("vacant", marks=frozenset({"vacant"})),
        SiteSpecies("T", {"Se": 1, "Zn": 1}, {"OA": 1}, -1.0, frozenset({"loose", "first"})),
    )
    cation = rng.random(30) < 0.5
    return tuple(
        GrownDot("InP", 3.0 + i, 0.5869, position + 0.01 * i, cation, rng.integers(0, 2, 30, np.uint8), kinds)
        for i in range(n)
    )


def test_members_through_a_table() -> None:
    names, table = stored.members_to_table(MEMBERS)
    assert table.shape == (3, len(names))
    back = stored.members_from_table(names, table, "InP", "toluene")
    assert all(same(a, b) for a, b in zip(MEMBERS, back, strict=True))


def test_sites_through_arrays() -> None:
    dots = grown(4)
    back = stored.sites_from_arrays(*stored.sites_to_arrays(dots))
    for a, b in zip(dots, back, strict=True):
        assert a.kinds == b.kinds
        assert (a.core, a.core_diameter_nm, a.a_nm) == (b.core, b.core_diameter_nm, b.a_nm)
        assert np.allclose(a.position_nm, b.position_nm, atol=1e-12)
        assert np.array_equal(a.kind, b.kind)
        assert np.array_equal(a.cation, b.cation)
    with pytest.raises(ValueError, match="share no lattice"):
        stored.sites_to_arrays((dots[0], replace(dots[1], position_nm=2 * dots[1].position_nm)))


def test_a_batch_keeps_members_and_sites(tmp_path: Path) -> None:
    mean = replace(MEMBERS[1], roughness_nm=0.2)
    population = Population(mean, np.array([m.core_diameter_nm for m in MEMBERS]), MEMBERS)
    spectra = {"nm": np.arange(5.0), "absorption": np.ones(5)}
    batch = Batch(
        "r", "long text " * 20000, 1, 3, "kmc",
        (
            Sample("grown", 10.0, 500.0, population, {}, spectra, grown(3)),
            Sample("mean", 20.0, 500.0, Population(mean, np.array([3.0, 3.3, 3.5])), {}),
            Sample("none", 30.0, 300.0, None, {}),
        ),
        {"time_s": np.arange(3.0)}, {}, {}, {}, {}, notes=("a long note " * 20000,),
    )  # fmt: skip
    batch.save(tmp_path / "batch.nc")
    back = Batch.load(tmp_path / "batch.nc")
    found = back.sample("grown")
    assert found.population is not None
    assert found.population.members is not None
    assert all(same(a, b) for a, b in zip(found.population.members, MEMBERS, strict=True))
    assert same(found.population.dot, mean)
    assert np.array_equal(found.grown[2].kind, batch.samples[0].grown[2].kind)
    assert set(found.spectra) == {"nm", "absorption"}
    other = back.sample("mean")
    assert other.population is not None
    assert other.population.members is None
    assert other.grown == ()
    assert back.sample("none").population is None
