"""Yields and decays of yuan2023 with the intervals of a run, by whether they were fitted on.

    python benchmarks/yield_claims.py            # a table, and how many of them are inside 68 and 95 %

Nothing is fitted here. Every claim is a function of the quantities of one shipped recipe's samples; every
direction in which numbers may err (epidot.runs.widths, as in a run) is tried one error up and down on that
recipe as a whole, so that errors that two samples share leave their difference. About two minutes on one
core.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import groupby

import numpy as np

from epidot.runs import intervals
from epidot.runs.order import order_from
from epidot.runs.run import run_flask
from epidot.runs.spread import spread
from epidot.runs.widths import together

Ask = Callable[[intervals.Answer], float]


def of(sample: str, quantity: str) -> Ask:
    """One quantity of one sample."""
    return lambda found: found[sample][quantity]


def gain(found: intervals.Answer) -> float:
    """Yield after less yield before."""
    before = "pristine" if "pristine" in found else "shelled"
    return found["purified"]["plqy"] - found[before]["plqy"]


def ratio(found: intervals.Answer) -> float:
    """Mean lifetime after over that before."""
    return found["purified"]["tau_intensity_ns"] / found["pristine"]["tau_intensity_ns"]


# claim, recipe of yuan2023, what is asked, paper, its error, and whether it was fitted on
CLAIMS: tuple[tuple[str, str, Ask, float, float, str], ...] = (
    ("Y010 yield, thin ZnSe", "inp-znse-znses-zns", of("ZnSe shell", "plqy"), 0.38, 0.02, "fitted"),
    ("Y011 yield, + ZnSeS", "inp-znse-znses-zns", of("ZnSeS shell", "plqy"), 0.53, 0.02, "fitted"),
    ("Y012 yield, pristine", "znbr2-300", of("pristine", "plqy"), 0.73, 0.02, "fitted"),
    ("Y013 yield, ZnBr2 300 °C", "znbr2-300", of("purified", "plqy"), 0.86, 0.02, "fitted"),
    ("Y021 mean lifetime before", "znbr2-300", of("pristine", "tau_intensity_ns"), 47.4, 0.5, "rates fitted"),
    ("Y021 mean lifetime after", "znbr2-300", of("purified", "tau_intensity_ns"), 37.1, 0.5, "rates fitted"),
    ("Y021 after over before", "znbr2-300", ratio, 0.783, 0.013, "rates fitted"),
    ("Y016 gain by OAm-Br", "oam-br-300", gain, 0.13, 0.03, "predicted"),
    ("Y050 CdSe/ZnS oxidised", "cdse-zns-oxidised-oam-br", of("shelled", "plqy"), 0.32, 0.02, "predicted"),
    ("Y050 after OAm-Br", "cdse-zns-oxidised-oam-br", of("purified", "plqy"), 0.42, 0.02, "predicted"),
    ("Y050 gain", "cdse-zns-oxidised-oam-br", gain, 0.10, 0.02, "predicted"),
    (
        "Y051 InP/ZnSeS oxidised",
        "inp-znses-oxidised-oam-br",
        of("shelled", "plqy"),
        0.21,
        0.02,
        "gain fitted",
    ),
    ("Y051 after OAm-Br", "inp-znses-oxidised-oam-br", of("purified", "plqy"), 0.33, 0.02, "gain fitted"),
    ("Y051 gain", "inp-znses-oxidised-oam-br", gain, 0.12, 0.02, "fitted"),
)


def asked(recipe: str, asks: list[Ask]) -> list[tuple[float, float, float, list[str]]]:
    """Of every question the value, how far the interval reaches below and above, and what widens it most."""
    twin = intervals._twin(order_from(f"yuan2023/{recipe}", engine="meanfield"))
    run = run_flask(twin, points=1)
    taken = run.done.taken
    base = intervals._read(twin, taken)
    ways = []
    for group, axes, found in intervals.directions(twin, together(twin, intervals.relevant(twin, run))):
        ends = [(end, way.flask) for way in found for end in (way.up, way.down)]
        answers = intervals._asked(twin, taken, ends)
        for k in range(len(found)):
            name = group.names[int(np.abs(axes[:, k]).argmax())]
            ways.append((name, answers[2 * k : 2 * k + 2]))
    out = []
    for ask in asks:
        value, changes, shares = ask(base), [], {}
        for name, pair in ways:
            up, down = (ask(answer) - value if answer else 0.0 for answer in pair)
            changes.append((up, down))
            shares[name] = shares.get(name, 0.0) + max(abs(up), abs(down)) ** 2
        widest = sorted(shares, key=lambda name: -shares[name])[:3]
        out.append((value, *spread(np.array(changes)), widest))
    return out


def main() -> None:
    """Ask, print, count."""
    within: dict[str, list[float]] = {}
    for recipe, rows in groupby(CLAIMS, key=lambda claim: claim[1]):
        claims = list(rows)
        for claim, (value, low, high, widest) in zip(
            claims, asked(recipe, [claim[2] for claim in claims]), strict=True
        ):
            name, _, _, paper, error, kind = claim
            off = (value - paper) / math.hypot(error, low if paper < value else high)
            within.setdefault(kind, []).append(abs(off))
            said = (
                f"{name:26s} {value:7.3f} ({value - low:.3f}-{value + high:.3f}) paper {paper:g} +- {error:g}"
            )
            print(f"{said}, {off:+.1f} sigma, {kind}; widest: {', '.join(widest)}", flush=True)
    for kind, found in within.items():
        z = np.array(found)
        print(f"{kind}: {np.sum(z < 1)} of {z.size} inside 68 %, {np.sum(z < 1.96)} inside 95 %")


if __name__ == "__main__":
    main()
