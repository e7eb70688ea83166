"""Dots drawn atom by atom: what is nearer hides what is behind, a quarter is cut out, data are the atoms."""

from __future__ import annotations

import base64
import re
import struct

import numpy as np
import pytest

from epidot.dot.atoms import place
from epidot.dot.composition import anions_in_shell
from epidot.dot.growth_readout import summarise
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.dot.on_sites import on_sites
from epidot.dot.site_map import SiteMap
from epidot.dot.tally import tally
from epidot.matter.materials import crystal
from epidot.report import portrait, style
from epidot.report.spheres import render
from epidot.runs.batch import Sample

DOT = LayeredDot(
    "InP", 2.4, (Layer("ZnSe", 0.3, crystalline=0.5), Layer("ZnS", 0.3)), ligands={"OA": 40, "OH": 5}, oxide=7
)


def test_one_sphere() -> None:
    picture = render(np.zeros((1, 3)), np.array([0.5]), np.array([[1.0, 0, 0]]), 1.0, 200)
    assert picture.shape == (200, 200, 4)
    assert picture[..., 3].mean() == pytest.approx(np.pi * 0.25 / 4, rel=0.01)
    red, green = picture[100, 100, 0], picture[100, 100, 1]
    assert red > 2 * green
    # lit from the upper left
    assert picture[70, 70, 0] > picture[130, 130, 0]


def test_the_nearer_sphere_hides_the_farther() -> None:
    colours = np.array([[1.0, 0, 0], [0, 0, 1.0]])
    for front in (0, 1):
        z = np.array([[0, 0, 0.4 if front == 0 else -0.4], [0, 0, 0.0]])
        middle = render(z, np.array([0.3, 0.3]), colours, 1.0, 100)[50, 50, :3]
        assert np.argmax(middle) == (0 if front == 0 else 2)


def test_the_view_is_a_rotation_and_a_quarter_is_cut_out() -> None:
    x = np.random.default_rng(1).standard_normal((4000, 3))
    seen = portrait.turned(x)
    assert np.allclose(seen @ seen.T, x @ x.T)
    assert portrait.kept(seen).mean() == pytest.approx(0.75, abs=0.03)


def test_a_likeness_keeps_the_counts() -> None:
    dot = on_sites(DOT, np.random.default_rng(2))
    found = tally(SiteMap.of(dot))
    assert found.anions["Se"] == pytest.approx(anions_in_shell(2.4, 0.3, crystal("ZnSe").a_nm), abs=1)
    assert found.oxide == 7
    assert found.ligands == {"OA": 40, "OH": 5}
    assert found.linked == found.shell
    again = summarise(dot)
    assert [s.thickness_nm for s in again.shells] == pytest.approx([0.3, 0.3], abs=0.01)
    assert again.shells[0].crystalline == pytest.approx(0.5, abs=0.15)
    bare = tally(
        SiteMap.of(
            on_sites(LayeredDot("InP", 2.4, ligands={"OA": 72, "OH": 72}, oxide=27), np.random.default_rng(2))
        )
    )
    assert bare.ligands == {"OA": 72, "OH": 72}
    assert bare.oxide == 27


def test_the_dot_of_middle_size_is_that_of_middle_final_diameter() -> None:
    """Unequal supply makes dots of about equal cores differ: the size is that of the dot, not of its core."""
    dots = tuple(
        on_sites(LayeredDot("InP", core, shells), np.random.default_rng(3))
        for core, shells in ((2.4, (Layer("ZnSe", 0.9),)), (2.5, ()), (2.2, (Layer("ZnSe", 0.5),)))
    )
    assert portrait.middle(dots) is dots[2]


def test_portraits_show_the_dot_of_middle_size() -> None:
    dots = tuple(
        on_sites(LayeredDot("InP", d, ligands={"OA": 30}), np.random.default_rng(3)) for d in (3, 2, 2.4)
    )
    mean = LayeredDot("InP", 2.4)
    grown = Sample("end", 1.0, 500.0, Population(mean, np.array([3, 2, 2.4])), {}, {}, dots)
    rng = np.random.default_rng(0)
    assert portrait.likeness(grown, rng) is dots[2]
    assert portrait.likeness(Sample("none", 1.0, 500.0, None, {}), rng) is None
    likeness = portrait.likeness(Sample("mean", 1.0, 500.0, Population(mean, np.array([2.4])), {}), rng)
    assert likeness is not None
    figure = portrait.portraits({"end": dots[2], "mean": likeness}, known=False, pixels=60)
    atoms = place(dots[2])
    assert np.array_equal(figure.data["end: x_nm"], atoms.position_nm[:, 0])
    assert sorted(set(figure.data["end: atomic_number"])) == [8, 15, 49]
    assert "likeness" in figure.caption
    assert style.svg(figure.drawing) == style.svg(
        portrait.portraits({"end": dots[2], "mean": likeness}, known=False, pixels=60).drawing
    )
    assert style.csv(figure.data).startswith("end: x_nm,end: y_nm")


def test_a_page_holds_each_picture_once_as_it_is_and_smooths_it_itself() -> None:
    dot = on_sites(DOT, np.random.default_rng(2))
    shown = portrait.row({"end": dot}, known=True, pixels=60).embedded()
    ((_, svg, _),) = shown["panels"]
    (png,) = re.findall('data:image/png;base64,([^"]*)', svg)
    assert struct.unpack(">II", base64.b64decode(png)[16:24]) == (60, 60)
    assert "pixelated" not in svg


def test_names_of_ligands() -> None:
    called = set(portrait.names(place(on_sites(DOT, np.random.default_rng(2)))).tolist())
    assert called == {"In", "P", "Zn", "Se", "S", "oxide O", "oleate"}


def test_other_materials_keep_their_atoms() -> None:
    """The shell's cation is that of its material, whatever the core."""
    atoms = place(on_sites(LayeredDot("CdSe", 3.0, (Layer("CdS", 0.5),)), np.random.default_rng(0)))
    core = tally(SiteMap.of(on_sites(LayeredDot("CdSe", 3.0), np.random.default_rng(0))))
    assert atoms.counts()["S"] == pytest.approx(anions_in_shell(3.0, 0.5, crystal("CdS").a_nm), abs=1)
    assert atoms.counts()["Cd"] == core.number[0] + atoms.counts()["S"]
