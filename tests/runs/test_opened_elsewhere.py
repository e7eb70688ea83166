"""What a run leaves is opened by the programs it is meant for, and they find what ``summary.json`` says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree

from epidot.dot import export
from epidot.dot.atoms import ANCHOR_NM, place
from epidot.runs.batch import Batch
from epidot.runs.output import write_data
from epidot.runs.run import run

ANCHORED = {"O": ("OA", "OH"), "F": ("F",), "P": ("Int1",)}  # what the last sample of the recipe can carry
TOUCHING_A = 1.9  # no two atoms of such a dot are closer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    write_data(run("choi2023/inp-znse", dots=3, seed=2, engine="kmc"), out)
    return out


@pytest.fixture(scope="module")
def samples(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / "summary.json").read_text(encoding="utf-8"))["samples"])


@pytest.fixture(scope="module")
def open_in_ovito() -> Any:
    """OVITO's own reader; it has wheels for the usual machines only."""
    return pytest.importorskip("ovito.io", reason="no OVITO here", exc_type=ImportError).import_file


class Opened:
    """One frame as another program has read it: elements (n,), positions in Å (n, 3), roles (n,)."""

    def __init__(self, elements: Any, positions: Any, roles: Any = None) -> None:
        self.elements, self.positions = [str(e) for e in elements], np.asarray(positions)
        self.roles = [str(r) for r in ([] if roles is None else roles)]

    @property
    def nearest_A(self) -> float:
        return float(cKDTree(self.positions).query(self.positions, k=2)[0][:, 1].min())

    def count(self, element: str, role: str) -> int:
        return Counter(zip(self.elements, self.roles, strict=True))[element, role]


def of_ovito(data: Any) -> Opened:
    kind = data.particles.particle_types
    named = [kind.type_by_id(int(i)).name for i in kind]
    return Opened(named, data.particles.positions[...], data.particles.get("role"))


def agrees(frames: list[Opened], quantities: dict[str, Any]) -> None:
    """Every dot of the sample is among ``frames``: their means are those of the summary."""

    def mean(element: str, role: str) -> float:
        return float(np.mean([f.count(element, role) for f in frames]))

    def said(name: str) -> float:
        return float(quantities[name]["value"])

    assert mean("Se", "shell") == pytest.approx(said("adatoms_Se_per_dot"))
    assert mean("Zn", "shell") + mean("Zn", "ligand") == pytest.approx(said("adatoms_Zn_per_dot"))
    assert mean("O", "oxide") == pytest.approx(said("oxide_per_dot"))
    for element, ligands in ANCHORED.items():
        wanted = sum(said(f"ligands_{name}_per_dot") for name in ligands)
        assert mean(element, "ligand") == pytest.approx(wanted), element


def test_ovito_opens_the_frames_of_a_run_as_one_trajectory(
    folder: Path, samples: list[dict[str, Any]], open_in_ovito: Any
) -> None:
    pipeline = open_in_ovito(str(folder / "dots.extxyz"))
    data = [pipeline.compute(i) for i in range(pipeline.num_frames)]
    names = [d.attributes["name"] for d in data]
    assert names == [*(s["name"] for s in samples), *(f"{samples[-1]['name']} #{i}" for i in (2, 3))]
    for one, sample in zip(data, samples, strict=False):
        assert one.attributes["time_s"] == sample["time_s"]
        assert one.attributes["temperature_K"] == sample["temperature_K"]
    # One box, and the lattice of the one dot stays where it is while the shell grows.
    assert all(np.array_equal(d.cell[...], data[0].cell[...]) for d in data)
    assert not any(data[0].cell.pbc)
    opened = [of_ovito(d) for d in data]
    assert min(one.nearest_A for one in opened) > TOUCHING_A
    first, second = (
        {
            tuple(x)
            for x, e, r in zip(np.round(o.positions, 3), o.elements, o.roles, strict=True)
            if e == "P" and r == "core"
        }
        for o in opened[:2]
    )
    assert first == second
    assert len(first) > 100
    last = samples[-1]["name"]
    agrees(
        [o for o, n in zip(opened, names, strict=True) if n.split(" #")[0] == last], samples[-1]["quantities"]
    )


def test_ase_opens_them_too(folder: Path, samples: list[dict[str, Any]]) -> None:
    from ase.io import read

    frames = read(folder / "dots.extxyz", index=":")
    last = [f for f in frames if f.info["name"].split(" #")[0] == samples[-1]["name"]]
    assert len(last) == 3
    opened = [Opened(f.symbols, f.positions, f.arrays["role"]) for f in last]
    agrees(opened, samples[-1]["quantities"])
    assert min(one.nearest_A for one in opened) > TOUCHING_A
    assert frames[0].info["time_s"] == samples[0]["time_s"]


@pytest.mark.parametrize("positions", export.POSITIONS)
def test_every_format_holds_the_same_atoms(
    folder: Path, tmp_path: Path, open_in_ovito: Any, positions: Any
) -> None:
    dot = Batch.load(folder / "batch.nc").samples[-1].grown[0]
    rng = np.random.default_rng(0)
    export.write_extxyz({'30 min, "second"': dot}, tmp_path / "dot.extxyz", rng, positions=positions)
    export.write_cif(dot, tmp_path / "dot.cif", rng, positions=positions)
    elements = export.write_lammps(dot, tmp_path / "dot.data", rng, positions=positions)
    found = {
        name: open_in_ovito(str(tmp_path / name)).compute(0) for name in ("dot.extxyz", "dot.cif", "dot.data")
    }
    opened = {name: of_ovito(data) for name, data in found.items()}
    wanted = Counter(place(dot).species.tolist())
    for one in opened.values():
        assert Counter(one.elements) == wanted
        assert one.nearest_A == pytest.approx(opened["dot.extxyz"].nearest_A, abs=1e-4)
    data = found["dot.data"].particles
    assert set(elements) == set(wanted)
    masses = {"In": 114.818, "P": 30.974, "O": 15.999, "Se": 78.971, "Zn": 65.38}
    for element, mass in zip(opened["dot.data"].elements, data["Mass"][...].tolist(), strict=True):
        assert mass == pytest.approx(masses[element], rel=1e-4)
    assert data["Charge"][...].sum() == pytest.approx(place(dot).charge.sum())
    assert ("hydrostatic_strain" in found["dot.extxyz"].particles) == (positions == "relaxed")


def test_what_hangs_on_a_dot_keeps_its_distance() -> None:
    """Also where a dot is crowded: an oxidised core under its whole ligand shell."""
    from epidot.dot.layers import LayeredDot
    from epidot.dot.on_sites import on_sites

    dot = on_sites(LayeredDot("InP", 2.4, oxide=60, ligands={"OA": 70}), np.random.default_rng(3))
    atoms = place(dot)
    tree = cKDTree(atoms.position_nm)
    assert tree.query(atoms.position_nm, k=2)[0][:, 1].min() > 0.1 * TOUCHING_A
    assert (atoms.role == "oxide").sum() == 60
    assert ANCHOR_NM > 0.1 * TOUCHING_A
