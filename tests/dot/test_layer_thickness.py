"""Layers that were dosed against diameters by microscopy: the table of growth-fit.md, a third held out."""

from __future__ import annotations

import math

import pytest

from epidot.documents import data_document
from epidot.dot.composition import layer_thickness_nm

ROWS = data_document("shell_thickness.yaml").data["rows"]


def predicted(convention: str) -> dict[str, float]:
    """Diameters of all rows but the first, which sets the core."""
    (first,) = [row for row in ROWS if row["use"] == "core"]
    core = first["diameter_nm"] - 2 * first["layers"] * layer_thickness_nm(first["material"], convention)
    return {
        row["id"]: core + 2 * row["layers"] * layer_thickness_nm(row["material"], convention)
        for row in ROWS
        if row is not first
    }


def misses(convention: str, use: str) -> list[float]:
    found = predicted(convention)
    return [(found[r["id"]] - r["diameter_nm"]) / r["width"] for r in ROWS if r["use"] == use]


def test_half_a_lattice_constant_is_told_from_a_bilayer_without_the_rows_held_out() -> None:
    half, bilayer = (math.sqrt(sum(x * x for x in misses(how, "chosen"))) for how in ("half-lattice", "d111"))
    assert half < 1.0 < 2.0 < bilayer


def test_the_rows_held_out_are_met_by_half_a_lattice_constant() -> None:
    assert len(misses("d111", "held out")) == 2
    assert max(map(abs, misses("half-lattice", "held out"))) < 1.0
    assert max(map(abs, misses("d111", "held out"))) > 2.0


def test_the_numbers_of_the_page() -> None:
    told = {
        "half-lattice": {"S02": 3.39, "S03": 4.09, "S04": 3.38, "S05": 4.23, "S06": 4.63},
        "d111": {"S02": 3.46, "S03": 4.27, "S04": 3.46, "S05": 4.44, "S06": 4.90},
    }
    for convention, of in told.items():
        assert predicted(convention) == pytest.approx(of, abs=0.006)
