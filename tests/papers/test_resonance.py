"""What NMR and diffusion NMR read off tubes: of grown dots, described ones and solutions alone."""

from __future__ import annotations

from typing import Any

import pytest

from epidot.errors import InputError
from epidot.instruments.nmr.species import dissolved_species
from epidot.papers.experiments import Experiments
from epidot.papers.paper import paper
from epidot.papers.words import vocabulary

P31 = {"nucleus": "31P", "from_ppm": 44.0, "to_ppm": 56.0}


@pytest.fixture(scope="module")
def ask() -> dict[str, Any]:
    return vocabulary(Experiments(paper("choi2023").dots))


def test_a_tube_of_a_crude_sample_holds_what_is_dissolved(ask: dict[str, Any]) -> None:
    """Before the work-up selenide is there in large excess over the dots, after it none is."""
    wide = {"nucleus": "31P", "from_ppm": 30.0, "to_ppm": 56.0}
    crude = ask["measure.nmr"]("choi2023/inp-se", "30 min", "main_ppm", **wide)
    clean = ask["measure.nmr"]("choi2023/inp-se", "purified", "line_ppm", **wide)
    assert crude == pytest.approx(36.5, abs=0.01)
    assert min(clean) > 47


def test_a_flask_without_dots_shows_its_solution(ask: dict[str, Any]) -> None:
    lines = ask["measure.nmr"]("choi2023/zinc-oleate", "stock", "line_ppm", nucleus="1H", standard_nmol=0.0)
    assert any(abs(at - 5.35) < 0.02 for at in lines)
    assert max(lines) < 9  # no acid proton


def test_the_coupling_of_bound_1_is_hidden_by_noise_not_by_width(ask: dict[str, Any]) -> None:
    """What C054 is told in conflict with."""
    for noise, seen in ((0.002, True), (0.02, False)):
        found = ask["measure.nmr_finds"]("choi2023/nmr-tube", "3 h", "J_P_Se_Hz", noise=noise, **P31)
        assert found is seen


def test_what_is_dissolved_is_called_as_in_the_flask() -> None:
    liquor = {"SePR3": 1e-6, "PR3(OA)2": 2e-6, "toluene": 1.0, "HOA": 0.0}
    assert dissolved_species(liquor) == {"TOPSe": 1e-6, "Int2": 2e-6}


def test_free_ligand_is_found_as_far_as_it_is_there(ask: dict[str, Any]) -> None:
    told = {"free_molar_mass": 282.46, "noise": 0.002}
    dosy = ask["measure.dosy"]
    assert dosy("choi2023/inp-oa-2.4nm", "end", "bound_fraction", free_fraction=0.3, **told) == pytest.approx(
        0.7, abs=0.03
    )


def test_receptivity_of_selenium(ask: dict[str, Any]) -> None:
    """Figures of the IUPAC table: 3.15 relative to 13C, 5.37e-4 relative to 1H."""
    assert ask["nucleus.receptivity"]("77Se", "13C") == pytest.approx(3.15, rel=0.02)
    assert ask["nucleus.receptivity"]("77Se", "1H") == pytest.approx(5.37e-4, rel=0.02)


def test_unknown_settings_and_dots_are_named(ask: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="from_ppm"):
        ask["measure.nmr_tube"]("TOPO:500", "main_ppm", from_pm=44.0)
    with pytest.raises(InputError, match="no such dot is described"):
        ask["measure.nmr_of_dot"]("InP with TOP", "main_ppm", **P31)
