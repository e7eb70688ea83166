"""Grown dots as atoms: exact composition, zinc beside its chalcogenide, files read back by ASE."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from epidot.dot.atoms import place
from epidot.dot.export import GROWN, write_cif, write_extxyz, write_lammps
from epidot.dot.grown import GrownDot
from epidot.dot.layers import Layer, LayeredDot
from epidot.dot.site_map import SiteMap
from epidot.dot.tally import tally
from epidot.files import CannotWrite

_spec = importlib.util.spec_from_file_location("by_hand", Path(__file__).with_name("test_growth_readout.py"))
assert _spec is not None
assert _spec.loader is not None
by_hand = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(by_hand)
A, K = by_hand.A, by_hand.K
BOND = np.sqrt(3) / 4 * A


def some_dot() -> GrownDot:
    """Core, ligands, oxide, exchanged zinc, two shells and loose selenium, all at once."""
    blank = by_hand.blank(2.4, 2.6)
    metal = np.flatnonzero(blank.cation)
    far = metal[np.argsort(-np.linalg.norm(blank.position_nm[metal], axis=1), kind="stable")]
    kinds = blank.kind.copy()
    kinds[far[:40]] = K["{In}(OA)(OH)"]
    kinds[far[40:52]] = K["{In}O"]
    kinds[far[52:90]] = K["{Zn}"]
    up = by_hand.put(
        replace(blank, kind=kinds), "ZnSe(l)", lambda x: by_hand.within(1.75)(x) & (x[:, 2] > -0.3)
    )
    up = by_hand.put(up, "ZnS(x)", lambda x: by_hand.within(1.95)(x) & (x[:, 2] > 0))
    return by_hand.put(up, "Se-1", lambda x: by_hand.within(1.4)(x))


DOT = some_dot()
PLACED = place(DOT)


def test_the_atoms_are_the_composition() -> None:
    found = tally(SiteMap.of(DOT))
    number = {name: int(np.sum(DOT.kind == i)) for name, i in K.items()}
    assert PLACED.counts() == {
        "In": number["core"] + number["{In}(OA)(OH)"] + number["{In}O"],
        "P": number["P"],
        "Zn": found.elements["Zn"],
        "Se": found.anions["Se"],
        "S": found.anions["S"],
        "O": number["{In}O"],
    }
    assert PLACED.counts("ligand") == {"O": 2 * number["{In}(OA)(OH)"], "P": number["Se-1"]}
    assert len(place(DOT, ligands=False)) == sum(PLACED.counts().values())
    formal = 3 * PLACED.counts()["In"] + 2 * found.elements["Zn"] - 3 * number["P"]
    formal += -2 * (found.shell + number["{In}O"]) - 2 * number["{In}(OA)(OH)"] + number["Se-1"]
    assert PLACED.charge.sum() == formal


def test_zinc_sits_beside_its_chalcogenide_where_most_bonds_are() -> None:
    anion = np.isin(PLACED.species, ["P", "Se", "S"]) & (PLACED.role != "ligand")
    ours = (PLACED.role == "shell") & np.isin(PLACED.species, ["Se", "S"])
    on_core = cKDTree(DOT.position_nm[DOT.cation])
    zinc = (PLACED.role == "shell") & (PLACED.species == "Zn")
    implicit = zinc & (on_core.query(PLACED.position_nm)[0] > 1e-6)
    carriers = np.isin(DOT.kind, [K["ZnSe(l)"], K["ZnS(x)"]]).sum()
    assert implicit.sum() == carriers
    shell = cKDTree(PLACED.position_nm[ours])
    assert np.all(shell.query(PLACED.position_nm[implicit])[0] == pytest.approx(BOND))
    # any other choice of as many positions has no more bonds: here against the greedy count of all
    bonds = cKDTree(PLACED.position_nm[anion]).query_ball_point(
        PLACED.position_nm[implicit], BOND * 1.01, return_length=True
    )
    assert bonds.mean() > 2.5
    inorganic = PLACED.role != "ligand"
    nearest = cKDTree(PLACED.position_nm[inorganic]).query(PLACED.position_nm[inorganic], k=2)[0][:, 1]
    assert nearest.min() > 0.15


def test_layers_count_anion_shells() -> None:
    assert set(PLACED.layer[PLACED.role == "core"]) == {0}
    shell = PLACED.role == "shell"
    assert PLACED.layer[shell].min() == 1
    radius = np.linalg.norm(PLACED.position_nm, axis=1)
    means = [radius[shell & (PLACED.layer == n)].mean() for n in range(1, PLACED.layer.max() + 1)]
    assert np.all(np.diff(means) > 0)


def test_a_complete_shell_is_stoichiometric_zinc_blende() -> None:
    dot = by_hand.put(by_hand.blank(2.4, 2.6), "ZnSe(l)", by_hand.within(2.0))
    found = place(dot)
    counts = found.counts()
    assert counts["Zn"] == counts["Se"]
    anion = np.isin(found.species, ["P", "Se"])
    bonds = cKDTree(found.position_nm[~anion]).query_ball_point(
        found.position_nm[anion], BOND * 1.01, return_length=True
    )
    inside = np.linalg.norm(found.position_nm[anion], axis=1) < 1.6
    assert np.all(bonds[inside] == 4)


def test_extxyz_of_grown_dots(tmp_path: Path, rng) -> None:
    from ase.io import read

    path = tmp_path / "dots.extxyz"
    assert write_extxyz({"end": DOT, "layers": LayeredDot("InP", 2.4, (Layer("ZnSe", 0.3),))}, path, rng) == 2
    frame, built = read(path, index=":")
    assert frame.info["name"] == "end"
    assert frame.info["drawn"].startswith(GROWN)
    assert len(frame) == len(PLACED)
    assert set(frame.arrays["role"]) == {"core", "shell", "oxide", "ligand"}
    assert np.array_equal(frame.arrays["layer"], PLACED.layer)
    assert frame.get_charges().sum() == pytest.approx(PLACED.charge.sum())
    assert np.all(frame.arrays["occupancy"] == 1)
    assert set(built.arrays["role"]) == {"core", "shell"}
    assert write_extxyz([DOT] * 3, path, rng, max_dots=2) == 2
    assert write_extxyz([DOT] * 3, path, rng, max_dots=None) == 3


def test_cif_and_lammps_are_read_back(tmp_path: Path, rng) -> None:
    from ase.io import read

    small = by_hand.put(by_hand.blank(1.2, 1.4), "ZnSe(l)", by_hand.within(0.9))  # ASE reads CIF slowly
    write_cif(small, tmp_path / "dot.cif", rng)
    frame = read(tmp_path / "dot.cif")
    assert sorted(frame.get_chemical_symbols()) == sorted(place(small).species.tolist())
    inorganic = place(DOT, ligands=False)
    elements = write_lammps(DOT, tmp_path / "dot.data", rng, ligands=False)
    assert elements == ("In", "O", "P", "S", "Se", "Zn")
    text = (tmp_path / "dot.data").read_text()
    assert f"{len(inorganic)} atoms" in text
    again = read(tmp_path / "dot.data", format="lammps-data", atom_style="charge")
    assert sorted(again.get_chemical_symbols()) == sorted(inorganic.species.tolist())
    assert again.get_initial_charges().sum() == pytest.approx(inorganic.charge.sum())
    wanted = np.sort(np.linalg.norm(inorganic.position_nm[:, None] - inorganic.position_nm[:1], axis=2)[:, 0])
    got = np.linalg.norm(again.positions - again.positions[0], axis=1) / 10
    assert np.sort(got) == pytest.approx(wanted, abs=1e-6)
    with pytest.raises(CannotWrite, match="there is no folder"):
        write_cif(DOT, tmp_path / "no" / "dot.cif", rng)
