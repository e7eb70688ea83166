"""Atoms of grown and layered dots at rest: what moves, what is carried, what each bears."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epidot.dot.atoms import Atoms, of_layers, place
from epidot.dot.bonds import network
from epidot.dot.export import write_extxyz
from epidot.dot.keating import ForceConstants
from epidot.dot.layers import Layer, LayeredDot
from epidot.dot.on_sites import on_sites
from epidot.dot.relax import relax
from epidot.errors import InputError
from epidot.matter.compound import Gap
from epidot.matter.materials import crystal


def layered(*shells: Layer, core: str = "InP", nm: float = 2.4) -> Atoms:
    return of_layers(LayeredDot(core, nm, shells), np.random.default_rng(3))


@pytest.mark.parametrize("core", ["InP", "CdSe", "ZnSe", "GaP"])
def test_a_bare_core_is_at_rest_on_its_own_lattice(core: str) -> None:
    rest = relax(layered(core=core))
    assert rest.energy_eV == pytest.approx(0, abs=1e-9)
    assert rest.core == pytest.approx(0, abs=1e-6)
    assert rest.lattice(0.8) == pytest.approx(0, abs=1e-6)


def test_shells_compress_the_core_and_are_stretched_themselves() -> None:
    one = relax(layered(Layer("ZnSe", 0.7)))
    two = relax(layered(Layer("ZnS", 0.7)))
    assert two.core < one.core < -0.003  # ZnS misfits more than ZnSe
    assert one.layers[0] < 0 < one.layers[1]
    assert two.layers[1] > one.layers[1]
    assert one.core == pytest.approx(one.lattice(0.8), rel=0.1)  # two measures of one lattice


def test_strain_turns_round_where_the_shell_is_larger() -> None:
    assert relax(layered(Layer("CdSe", 0.7))).core > 0.003


def test_alloy_bonds_are_those_of_their_own_elements() -> None:
    atoms = layered(Layer("ZnSe0.5S0.5", 0.7))
    net = network(atoms.species, atoms.position_nm)
    i = np.repeat(np.arange(len(atoms)), 4).reshape(-1, 4)
    once = net.neighbour > i
    ends = np.sort(np.stack([atoms.species[i[once]], atoms.species[net.neighbour[once]]]), axis=0)
    for elements, name in ((("Se", "Zn"), "ZnSe"), (("S", "Zn"), "ZnS"), (("In", "P"), "InP")):
        mine = (ends[0] == elements[0]) & (ends[1] == elements[1])
        assert mine.any()
        assert np.allclose(net.d0[net.bond[once][mine]], ForceConstants.of(crystal(name)).d0_nm)
    strain = [relax(layered(Layer(m, 0.7))).core for m in ("ZnS", "ZnSe0.5S0.5", "ZnSe")]
    assert strain[0] < strain[1] < strain[2]


def test_a_bond_across_the_interface_is_the_mean_of_its_two_sides() -> None:
    atoms = layered(Layer("ZnSe", 1.0), nm=2.6)
    net = network(atoms.species, atoms.position_nm)
    i = np.repeat(np.arange(len(atoms)), 4).reshape(-1, 4)
    once = net.neighbour > i
    ends = np.sort(np.stack([atoms.species[i[once]], atoms.species[net.neighbour[once]]]), axis=0)
    across = (ends[0] == "In") & (ends[1] == "Se")
    mean = (ForceConstants.of(crystal("InP")).d0_nm + ForceConstants.of(crystal("ZnSe")).d0_nm) / 2
    assert across.any()
    assert np.median(net.d0[net.bond[once][across]]) == pytest.approx(mean, rel=1e-12)


def test_a_cap_missing_from_the_shell_takes_strain_off_elastically() -> None:
    whole = layered(Layer("ZnSe", 0.7))
    closed = relax(whole).core
    r = np.linalg.norm(whole.position_nm, axis=1)
    share = []
    for missing in (0.1, 0.25, 0.5):
        cap = (whole.role == "shell") & (whole.position_nm[:, 2] > (1 - 2 * missing) * r)
        kept = Atoms(
            *(getattr(whole, f)[~cap] for f in ("species", "position_nm", "layer", "role", "charge")),
            whole.a_nm,
        )
        share.append(relax(kept).core / closed)
    assert 1 > share[0] > share[1] > share[2] > 0
    assert share[2] < 0.5  # half a shell strains by less than half


def test_ligands_and_oxide_are_carried_and_push_nobody() -> None:
    dot = LayeredDot("InP", 2.4, (Layer("ZnSe", 0.35),), ligands={"OA": 30}, oxide=6)
    dressed = place(on_sites(dot, np.random.default_rng(2)))
    bare = place(on_sites(dot, np.random.default_rng(2)), ligands=False)
    with_them, without = relax(dressed), relax(bare)
    assert with_them.energy_eV == pytest.approx(without.energy_eV, rel=1e-9)
    hung = np.isin(dressed.role, ("oxide", "ligand"))
    assert hung.any()
    assert np.isnan(with_them.strain[hung]).all()
    moved = np.linalg.norm(with_them.atoms.position_nm - dressed.position_nm, axis=1)
    assert 0 < moved[hung].max() < 0.1
    assert np.isfinite(with_them.strain[~hung]).mean() > 0.97


def test_refusals() -> None:
    atoms = layered()
    twice = replace(
        atoms,
        position_nm=np.where(np.arange(len(atoms))[:, None] == 1, atoms.position_nm[0], atoms.position_nm),
    )
    other = np.flatnonzero(atoms.species != atoms.species[0])[0]
    twice.position_nm[other] = twice.position_nm[0] + 0.01
    with pytest.raises(InputError, match="two atoms lie on each other"):
        relax(twice)
    strange = replace(atoms, species=np.where(atoms.species == "In", "Hg", atoms.species))
    with pytest.raises(InputError, match="no two elements of this dot make a crystal"):
        relax(strange)
    bare = crystal("ZnSe")
    gap = replace(bare, parameters={k: v for k, v in bare.parameters.items() if k != "C12_GPa"})
    with pytest.raises(Gap, match="no C12_GPa of ZnSe"):
        ForceConstants.of(gap)


def test_relaxed_atoms_are_written_with_their_strain(tmp_path: Path, rng: np.random.Generator) -> None:
    from ase.io import read

    dot = LayeredDot("InP", 2.0, (Layer("ZnSe", 0.5),))
    write_extxyz(dot, tmp_path / "a.extxyz", rng, positions="relaxed")
    write_extxyz(dot, tmp_path / "b.extxyz", rng)
    at_rest, on_lattice = read(tmp_path / "a.extxyz"), read(tmp_path / "b.extxyz")
    assert "at rest" in at_rest.info["drawn"]
    assert "not relaxed" in on_lattice.info["drawn"]
    core = at_rest.arrays["role"] == "core"
    assert at_rest.arrays["hydrostatic_strain"][core].mean() < -0.001
    assert "hydrostatic_strain" not in on_lattice.arrays
    with pytest.raises(InputError, match="unknown positions"):
        write_extxyz(dot, tmp_path / "c.extxyz", rng, positions="relaxd")  # type: ignore[arg-type]
