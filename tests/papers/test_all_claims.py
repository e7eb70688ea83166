"""Every claim of both papers in mean field, each recipe run once; a few on the lattice too."""

from __future__ import annotations

import json

from epidot.papers.claims import by_basis, evaluate, summary
from epidot.papers.fitted import fitted_claims
from epidot.papers.paper import paper, shipped
from epidot.papers.verdict import VERDICTS


def test_all_claims_together() -> None:
    results = evaluate(engine="meanfield")
    assert len(results) == 202
    json.dumps([r.to_json() for r in results], allow_nan=False)
    declared = {c.id: c for key in shipped() for c in paper(key).claims}
    fitted = fitted_claims()
    for r in results:
        check = declared[r.id].check
        assert r.verdict in VERDICTS
        assert r.basis in ("definition", "calibrated", "predicted")
        # What is not built is not answered, nor what only the lattice could know.
        assert (r.verdict == "not yet") == (bool(check.needs) or set(r.refused) == {"meanfield"})
        assert (r.value is None) == (r.verdict == "not yet")
        if fitted.keys() & {r.id, *check.restates} or check.calibrated:
            assert r.basis != "predicted", f"{r.id} was fitted or put in"
        if check.value is not None and not check.follows:
            assert r.verdict == "not as stated"
    counts = summary(results)
    assert sum(counts.values()) == 202
    assert sum(by_basis(results).values()) == 202 - counts["not yet"]
