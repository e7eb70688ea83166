"""Claims about growth, oxide and uniformity, answered by both engines side by side.

    python benchmarks/lattice_claims.py [C012 C017 ...] > docs/theory/growth-lattice.txt

The lattice carries every recipe out in 30 independent flasks of a few dots; the error is that of their mean.
Nothing is fitted here.  The constants are those of the mean field's fit (``fit_choi2023.py``), so that what
was calibrated there is checked here, on the lattice.
"""

from __future__ import annotations

import sys
import time

from epidot.papers.claims import evaluate

CLAIMS = {
    "growth": ("C012", "C013", "C017", "C072", "C076", "C078", "C079", "C081", "C082", "C083"),
    "layers": ("C102", "C103"),
    "oxide and crystals": ("C032", "C089", "C091", "C092", "C131", "C132"),
    "uniformity": ("C096", "C107"),
}


def shown(value: object, sigma: object = None) -> str:
    """A number with its error, or several of them."""
    if isinstance(value, list | tuple):
        errors = sigma if isinstance(sigma, list | tuple) else [None] * len(value)
        return ", ".join(shown(v, s) for v, s in zip(value, errors, strict=True))
    if isinstance(value, float) and isinstance(sigma, float) and sigma > 0:
        return f"{value:.4g} ± {sigma:.1g}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def main() -> None:
    """Print one row per claim."""
    began = time.process_time()
    print("| claim | what (unit) | mean field | lattice | verdicts |\n|---|---|---|---|---|")
    for id_ in sys.argv[1:] or [c for ids in CLAIMS.values() for c in ids]:
        for result in evaluate(ids=[id_], engine="both"):
            found = [result.answers.get(name) for name in ("meanfield", "kmc")]
            cells = [shown(a.value, a.sigma) if a else "cannot say" for a in found]
            words = [a.verdict for a in found if a] or [result.verdict]
            if not any(found):
                cells = [shown(result.value), "the same"]
            verdicts = words[0] if len(set(words)) == 1 else " / ".join(words)
            print(f"| {id_} | {result.unit} | {' | '.join(cells)} | {verdicts} |", flush=True)
    print(f"{time.process_time() - began:.0f} s of CPU time", file=sys.stderr)


if __name__ == "__main__":
    main()
