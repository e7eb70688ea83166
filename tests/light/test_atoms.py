"""Atomistic states of dots as they come: alloys, strain, missing patches; what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from epidot.documents import data_file
from epidot.dot.atoms import of_layers, place
from epidot.dot.layers import Layer, LayeredDot
from epidot.dot.on_sites import on_sites
from epidot.dot.relax import relax
from epidot.errors import Gap, InputError
from epidot.light.states import solve_dot
from epidot.light.states.atoms import AtomOptions, NotSolved, solve, solve_atoms
from epidot.light.states.atoms import parameters as tb
from epidot.light.states.atoms.matrix import model
from epidot.light.states.atoms.sites import lattice
from epidot.matter.materials import crystal, material


def dot(*shells, core="InP", nm=2.4):
    return of_layers(LayeredDot(core, nm, shells), np.random.default_rng(3))


def test_a_layered_dot_lies_near_its_radial_twin():
    atoms = dot(Layer("ZnSe", 0.5), nm=2.4)
    found, radial = solve_atoms(relax(atoms)), solve_dot(LayeredDot("InP", 2.4, (Layer("ZnSe", 0.5),)))
    assert found.gap_eV == pytest.approx(radial.Ee_eV - radial.Eh_eV, abs=0.2)
    # the atoms end at the surface: compared with what the radial electron has inside it
    assert found.inside()[0] == pytest.approx(radial.P_e[0] / radial.P_e[:2].sum(), abs=0.15)
    assert found.crystals.keys() == {"InP", "ZnSe"}
    assert 0.05 < found.K < 1
    assert found.occupation.sum() == pytest.approx(1)


def test_ligands_and_oxide_have_no_part():
    bare = place(on_sites(LayeredDot("InP", 2.4), np.random.default_rng(1)))
    full = LayeredDot("InP", 2.4, oxide=12, ligands={"OA": 20})
    covered = place(on_sites(full, np.random.default_rng(1)))
    assert len(covered) > len(bare)
    assert solve_atoms(covered).gap_eV == pytest.approx(solve_atoms(bare).gap_eV, abs=1e-9)


def test_an_alloy_lies_between_its_ends():
    gaps = [solve_atoms(dot(Layer(m, 0.6))).gap_eV for m in ("ZnSe", "ZnSe0.5S0.5", "ZnS")]
    assert gaps[0] < gaps[1] < gaps[2]


def test_a_mixed_core_lies_between_its_ends():
    gaps = [solve_atoms(dot(core=m)).gap_eV for m in ("InP", "In0.8Ga0.2P")]
    assert gaps[0] < gaps[1]


def test_a_missing_patch_of_the_shell_splits_the_top_hole():
    whole = dot(Layer("ZnSe", 0.5), nm=2.4)
    r = np.linalg.norm(whole.position_nm, axis=1)
    cap = (whole.role == "shell") & (whole.position_nm[:, 2] > 0.5 * r)
    kept = [getattr(whole, f)[~cap] for f in ("species", "position_nm", "layer", "role", "charge")]
    open_ = replace(
        whole, **dict(zip(("species", "position_nm", "layer", "role", "charge"), kept, strict=True))
    )
    closed, patched = (solve_atoms(relax(a)) for a in (whole, open_))
    split = [float(np.ptp(found.holes[:4])) for found in (closed, patched)]
    assert split[1] > split[0] + 1e-3
    z = patched.atoms.position_nm[:, 2]
    assert float(patched.electron @ z) < float(closed.electron @ closed.atoms.position_nm[:, 2])


def test_hydrostatic_strain_moves_the_gap_by_its_potentials():
    atoms = dot()
    rest = relax(atoms)
    pressed = replace(rest, strain=np.full(len(atoms), -0.01))
    m, before, after = crystal("InP"), solve_atoms(rest), solve_atoms(pressed)
    cation = before.atoms.species == "In"
    on_s = before.electron[cation].sum() - before.hole[cation].sum()  # either carrier is partly of both bands
    assert 0.7 < on_s < 1
    rise = after.gap_eV - before.gap_eV
    assert rise == pytest.approx(-0.03 * (m["ac_eV"] - m["av_eV"]) * on_s, rel=0.02)
    assert solve_atoms(pressed, AtomOptions(strained=False)).gap_eV == pytest.approx(
        solve_atoms(atoms).gap_eV
    )


def test_twice_the_same_bits():
    one, two = solve_atoms(dot()), solve_atoms(dot())
    assert np.array_equal(one.holes, two.holes)
    assert np.array_equal(one.electron, two.electron)


def test_every_number_says_what_it_rests_on():
    found = solve_atoms(dot(Layer("ZnS", 0.3)))
    assert {"InP.remote", "ZnS.remote"} <= set(found.rests_on["assumed"])
    assert "atoms.closure" in found.rests_on["fitted"]
    assert "InP.gamma1" in found.rests_on["literature"]


# ------------------------------------------------------------ refused


@pytest.mark.parametrize("remote", [1.0, 12.6])
def test_a_remote_term_beyond_its_bounds_is_refused(remote):
    with pytest.raises(InputError, match=r"remote term of its conduction band must lie between 1\.38 and"):
        tb.hopping(crystal("InP"), remote)


def test_CdSe_of_the_radial_fit_is_refused_with_the_way_out(tmp_path, monkeypatch):
    """Its file serves one model; a file of one's own with the same numbers is taken as it is."""
    with pytest.raises(InputError, match=r"no atomistic states of CdSe.*radial states"):
        tb.hopping(crystal("CdSe"))
    assert solve_atoms(dot(core="CdSe")).gap_eV > 2.3
    mine = tmp_path / "CdSe.yaml"
    mine.write_bytes(data_file("materials").joinpath("CdSe.yaml").read_bytes())
    monkeypatch.setenv("EPIDOT_MATERIALS", str(tmp_path))
    with pytest.raises(InputError, match=r"no atomistic states of CdSe"):
        solve_atoms(dot(core="CdSe"))


def test_what_is_no_crystal_is_refused():
    atoms = dot()
    with pytest.raises(InputError, match="do not lie on one zinc-blende lattice"):
        solve_atoms(replace(atoms, position_nm=atoms.position_nm + 0.02 * np.arange(len(atoms))[:, None]))
    with pytest.raises(InputError, match="need the cations and anions"):
        solve_atoms(replace(atoms, species=np.where(atoms.species == "P", "Xe", atoms.species)))
    with pytest.raises(InputError, match="no two bonded elements"):
        solve_atoms(replace(atoms, species=np.where(atoms.species == "P", "O", atoms.species)))
    with pytest.raises(InputError, match=r"closure must lie in 0 to 2.*\n.*holes"):
        AtomOptions(closure=5.0, holes=2)
    with pytest.raises(InputError, match="this dot has not"):
        solve_atoms(atoms, AtomOptions(remote={"ZnTe": 1.0}))


def test_a_material_without_its_masses_says_so(tmp_path, monkeypatch):
    (tmp_path / "InP.yaml").write_text(
        "formula: InP\nstructure: zinc blende\nparameters:\n"
        "  a_nm: {value: 0.587, unit: nm, status: assumed, source: chosen}\n"
    )
    monkeypatch.setenv("EPIDOT_MATERIALS", str(tmp_path))
    with pytest.raises(Gap, match=r"no Eg_eV.*which the atomistic states need"):
        solve_atoms(dot())


def test_too_large_a_residual_is_refused(monkeypatch):
    with pytest.raises(NotSolved, match=r"residual of 0\.5 eV"):
        solve.insist(np.array([1e-9, 0.5]))
    with pytest.raises(NotSolved, match="residual of nan"):
        solve.insist(np.array([np.nan]))
    monkeypatch.setattr(solve, "TOLERANCE_EV", 1e-20)
    with pytest.raises(NotSolved, match="residual"):
        solve_atoms(dot())


def test_the_dipole_of_an_interface_lifts_every_level_of_the_shell() -> None:
    """CdS on InP: atoms with bonds of CdS alone go up by the file's number, those of InP stay."""
    dot = of_layers(LayeredDot("InP", 2.0, (Layer("CdS", 0.5),)), np.random.default_rng(0))
    where = lattice(dot.species, dot.position_nm, dot.a_nm)
    step = material("CdS").interfaces["InP"]["dipole_eV"].value
    bare, lifted = (model(where, potential=p).H.diagonal() for p in ({}, {"CdS": step}))
    moved = np.unique(np.round(lifted - bare, 9))
    assert moved.min() == pytest.approx(step)
    assert moved.max() == pytest.approx(0)
    found = solve_atoms(dot)
    assert found.parameters["CdS.dipole_eV on InP"].value == step
    assert found.inside()[0] < 0.6  # of type II, as the radial model says; 0.66 without the dipole
