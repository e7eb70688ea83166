"""What a run says where it knows too little: yields of bare CdSe, lines of cores without a spread."""

from __future__ import annotations

from pathlib import Path

import pytest

from epidot.report import html
from epidot.runs.batch import Batch
from epidot.runs.order import order_from
from epidot.runs.run import carry_out

SILAR = Path(__file__).parents[2] / "examples" / "recipes" / "cdse-cds-silar.yaml"
RECIPE = """recipe: 1
core: {{material: {core}, diameter: 3.5 nm, amount: 200 nmol{sigma}}}
solvent: {{reagent: ODE, volume: 10 mL}}
steps:
  - hold: 10 min
  - sample: one
"""
YIELDS = ("plqy", "tau_amplitude_ns", "tau_intensity_ns")


def ran(folder: Path, core: str, sigma: str = ", sigma: 6 %") -> Batch:
    recipe = folder / "held.yaml"
    recipe.write_text(RECIPE.format(core=core, sigma=sigma), encoding="utf-8")
    return carry_out(order_from(str(recipe), engine="meanfield", dots=20))


def test_bare_CdSe_has_no_yield_and_the_headline_says_why(tmp_path: Path) -> None:
    """It was stated as 100 % (99 to 100): no traps, since no law counts those of its surface."""
    batch = ran(tmp_path, "CdSe")
    known = batch.samples[0].quantities
    assert [known[name].value for name in YIELDS] == [None] * 3
    assert all(
        "how an open surface of CdSe traps is neither fitted nor given" in known[n].note for n in YIELDS
    )
    assert known["pl_peak_nm"].value
    assert set(batch.samples[0].spectra) == {"nm", "emission", "absorption"}
    assert html.headline(batch).startswith("Yield and decay are withheld")
    batch.save(tmp_path / "batch.nc")
    assert Batch.load(tmp_path / "batch.nc").headlines == batch.headlines


def test_CdSe_under_a_first_layer_with_holes_has_no_yield_and_the_headline_says_why() -> None:
    """It was stated as 100 % after the second cycle of SILAR, whose first layer is 89 % full."""
    batch = carry_out(order_from(str(SILAR), engine="meanfield", dots=1))
    known = {sample.name: sample.quantities["plqy"] for sample in batch.samples}
    withheld = [name for name, plqy in known.items() if plqy.value is None]
    assert withheld == ["cycle 1", "cycle 2", "cycle 3"]
    assert "no closed shell covers the core" in known["cycle 2"].note
    assert batch.headlines[0].startswith("Yield and decay are withheld")
    assert (known["cycle 5"].value or 1) < 0.5


def test_bare_InP_has_a_yield(tmp_path: Path) -> None:
    batch = ran(tmp_path, "InP")
    assert 0 < (batch.samples[0].quantities["plqy"].value or 0) < 0.1
    assert batch.headlines == ()


@pytest.mark.parametrize(("sigma", "told"), [("", True), (", sigma: 0 %", False), (", sigma: 6 %", False)])
def test_cores_without_a_spread_are_remarked(tmp_path: Path, sigma: str, told: bool) -> None:
    said = "no spread of the cores is given: lines are those of dots all alike; give core: sigma"
    assert (said in ran(tmp_path, "InP", sigma).notes) == told
