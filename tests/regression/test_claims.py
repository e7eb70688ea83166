"""Every claim of both papers gives what it gave (see ``pins.py``): in mean field, and on the lattice."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pins import moved, pinned, read

from epidot.papers.basis import BASES
from epidot.papers.claims import evaluate
from epidot.papers.counts import summary, verdicts_by_basis
from epidot.papers.fitted import fitted_claims
from epidot.papers.paper import paper, shipped
from epidot.papers.verdict import VERDICTS

PINS = read("claims")


def test_all_claims_together() -> None:
    results = evaluate(engine="meanfield")
    assert len(results) == 202
    json.dumps([r.to_json() for r in results], allow_nan=False)
    declared = {c.id: c for key in shipped() for c in paper(key).claims}
    fitted = fitted_claims()
    for r in results:
        check = declared[r.id].check
        assert r.verdict in VERDICTS
        assert r.basis in BASES
        # What is not built is not answered, nor what only the lattice could know.
        assert (r.verdict == "not yet") == bool(check.needs)
        assert r.answered != (bool(check.needs) or set(r.refused) == {"meanfield"})
        if r.refused:
            assert r.verdict == "not decided"
        if fitted.keys() & {r.id, *check.restates} or check.calibrated:
            assert r.basis != "predicted", f"{r.id} was fitted or put in"
        if check.value is not None and not check.follows:
            assert r.verdict == "not as stated"
    counts = summary(results)
    assert sum(counts.values()) == 202
    assert counts["not yet"] == 0
    assert sum(sum(counted.values()) for counted in verdicts_by_basis(results).values()) == sum(
        r.answered for r in results
    )
    before = {name: {key: pin[key] for key in pin if key != "kmc"} for name, pin in PINS.items()}
    assert moved(before, {r.id: pinned(r) for r in results}) == []


@pytest.mark.slow
def test_claims_of_growing_recipes_on_the_lattice() -> None:
    before = {name: pin["kmc"] for name, pin in PINS.items() if "kmc" in pin}
    assert len(before) > 40
    assert moved(before, {r.id: pinned(r) for r in evaluate(ids=before, engine="kmc")}) == []
