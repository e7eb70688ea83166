"""All real files in one go: every one by its own technique or by none, within a minute."""

from __future__ import annotations

import time
from pathlib import Path

import epidot

# The folders are named by what is in them.
EXPECTED = {
    "uvvis_pl": {"uvvis", "pl"},
    "recipes": set[str](),
    "dft": set[str](),
    "literature": set[str](),
}


def test_nothing_is_taken_for_what_it_is_not(shared_data: Path) -> None:
    start = time.process_time()
    whole = epidot.measure_folder(shared_data, jobs=2)
    assert len(whole.records) > 150
    for record in whole.of_state("measured", "without a value", "not measured"):
        place = record["file"].split("/")[0]
        assert record["technique"] in EXPECTED.get(place, {place}), record
    assert whole.count("measured") >= 20
    assert time.process_time() - start < 60
