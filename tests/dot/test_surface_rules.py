"""Every field of a dot says how it follows the dot; one that is forgotten is found here."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from epidot.dot import described
from epidot.dot.halides import HalideContent
from epidot.dot.layers import SHAPE, Layer, LayeredDot, Rule, surface_rules
from epidot.dot.mean import mean_dot
from epidot.runs.stored import dot_from_plain, dot_to_plain, members_from_table, members_to_table

EDGES = np.array([0.0, 1.0, 2.2])
# A value of its own for every field: a new field needs one here, a rule, and then follows by itself.
ONE = {
    "ligands": {"OA": 30.0, "OH": 2.0},
    "adatoms": {"Zn": 90.0, "Se": 80.0},
    "sites": 100.0,
    "oxide": 4.0,
    "oxide_memory": 3.0,
    "coverage": 0.8,
    "linked": 0.7,
    "roughness_nm": 0.2,
    "halides": (HalideContent("Br", EDGES, np.array([2.0, 6.0]), 5.0, 1.0),),
    "repaired": 1.5,
    "surface_traps": 0.4,
    "open_anions": 1.3,
    "zinc_capped": 1.2,
    "halide_capped": 0.9,
    "bare_cations": 0.6,
    "outer_sites": 60.0,
    "outer_ligands": 58.0,
    "medium": "hexane",
}
DOT = LayeredDot("InP", 3.0, (Layer("ZnSe", 0.4, 0.5, 0.9),), **ONE)


def test_every_field_has_a_rule_and_a_value_that_is_not_its_default() -> None:
    names = {f.name for f in dataclasses.fields(LayeredDot)} - set(SHAPE)
    assert set(surface_rules()) == names == set(ONE)
    bare = LayeredDot("InP", 3.0)
    for f in dataclasses.fields(LayeredDot):
        if f.name not in SHAPE:
            assert isinstance(f.metadata["rule"], Rule), f"{f.name} has no rule"
            assert getattr(bare, f.name) != ONE[f.name]


def test_a_field_without_a_rule_is_noticed() -> None:
    @dataclasses.dataclass(frozen=True)
    class Longer(LayeredDot):
        forgotten: float = 0.0

    with pytest.raises(KeyError, match="rule"):
        {f.name: f.metadata["rule"] for f in dataclasses.fields(Longer) if f.name not in SHAPE}


def test_scaling_moves_what_goes_with_the_area_and_nothing_else() -> None:
    large = DOT.scaled(6.0)
    for name, rule in surface_rules().items():
        before, after = getattr(DOT, name), getattr(large, name)
        if not rule.area:
            assert after == before or name == "halides"
        elif isinstance(before, dict):
            assert after == {k: pytest.approx(4 * v) for k, v in before.items()}
        else:
            assert after == pytest.approx(4 * before)


def test_the_mean_of_equal_dots_is_that_dot() -> None:
    mean = mean_dot([DOT, DOT, DOT])
    (shell,) = mean.shells
    assert (shell.material, shell.coherency) == ("ZnSe", 0.5)
    assert (shell.thickness_nm, shell.crystalline) == (pytest.approx(0.4), pytest.approx(0.9))
    for name in surface_rules():
        mine, theirs = getattr(mean, name), getattr(DOT, name)
        if name == "halides":
            (a,), (b,) = mine, theirs
            np.testing.assert_allclose(a.amount, b.amount)
            assert (a.element, a.ligand, a.interface) == (b.element, pytest.approx(b.ligand), b.interface)
        else:
            assert mine == pytest.approx(theirs) if not isinstance(theirs, str) else mine == theirs


def test_a_mean_keeps_the_number_of_what_a_share_is_of() -> None:
    small = dataclasses.replace(DOT, sites=20.0, coverage=0.1, halides=())
    mean = mean_dot([DOT, small])
    assert mean.sites * mean.coverage == pytest.approx((100 * 0.8 + 20 * 0.1) / 2)
    (content,) = mean.halides
    assert content.total == pytest.approx(DOT.halides[0].total / 2)


def test_both_stores_bring_every_field_back() -> None:
    names, table = members_to_table([DOT, dataclasses.replace(DOT, roughness_nm=None)])
    back = members_from_table(names, table, "InP", "hexane")
    for found, dot in ((dot_from_plain(dot_to_plain(DOT)), DOT), (back[0], DOT)):
        for name in ("core", "core_diameter_nm", "shells", *surface_rules()):
            mine, theirs = getattr(found, name), getattr(dot, name)
            if name == "halides":
                np.testing.assert_array_equal(mine[0].edges_nm, theirs[0].edges_nm)
                np.testing.assert_array_equal(mine[0].amount, theirs[0].amount)
                assert mine[0].total == theirs[0].total
            else:
                assert mine == theirs, name
    assert back[1].roughness_nm is None


def test_a_described_dot_says_every_field_that_declares_a_key(tmp_path) -> None:
    said = {name: rule.described for name, rule in surface_rules().items() if rule.described}
    lines = "".join(f"  {key}: {ONE[name]}\n" for name, key in said.items())
    path = tmp_path / "DOT.yaml"
    path.write_text("core: {material: InP, diameter: 3 nm}\nsurface:\n" + lines, encoding="utf-8")
    dot = described.read(path).dot
    assert {name: getattr(dot, name) for name in said} == {name: ONE[name] for name in said}
