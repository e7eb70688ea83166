"""What the light fitted on literature says to the seed papers' claims, with intervals.

    python benchmarks/light_claims.py            # a table, and how many of them are inside 68 and 95 %

Nothing is fitted here. Linear propagation: the covariance of calibrate_light.py (data/light_fit.yaml), the
widths of the numbers it holds (HELD below), and the scatter of bare InP about the fit, which stands for
shape and for what "diameter" means. Described dots only: no growth, so nothing of the mechanism is in it.

Yields are those of choi2023's samples as the mean field grows them. Every number of traps and rate is moved
one error up and down, those fitted together along the axes of their covariance; rises and falls are summed
in quadrature apart. The surfaces are held: what the mechanism may err by is in the intervals of a run.
Those of yuan2023: yield_claims.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from calibrate_traps import grown

from epidot.documents import data_document
from epidot.dot.layers import Layer, LayeredDot
from epidot.light.literature import Row, answer, rows
from epidot.light.rates import radiative_rate
from epidot.light.states import Options, solve_dot
from epidot.light.traps import components, trap_means, trap_rates
from epidot.runs import numbers
from epidot.runs.widths import Fitted, alone, fits

# Held in the fit: (value, width). Masses and levels as the tables spread, exchange as in the material files.
HELD = {
    "light.vacuum_eV": (5.73, 0.3),
    "InP.m_e": (0.0795, 0.003),
    "ZnSe.m_e": (0.16, 0.015),
    "ZnS.m_e": (0.25, 0.04),
    "exchange_splitting_eV": (0.0125, 0.004),
}
BARE = LayeredDot("InP", 3.3)
ONE = LayeredDot("InP", 3.3, (Layer("ZnS", 0.312),))
YUAN = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.7), Layer("ZnSe0.5S0.5", 1.2), Layer("ZnS", 0.7)))


def asked(
    dot: LayeredDot, quantity: str, against: LayeredDot = BARE
) -> Callable[[Mapping[str, float]], float]:
    """A quantity of literature.yaml, of another dot."""
    row = Row("", dot, quantity, 1.0, 1.0, "", "", "", "", against, None, 0.0, "")
    return lambda p: answer(row, {k: v for k, v in p.items() if k != "exchange_splitting_eV"})


def rate(dot: LayeredDot) -> Callable[[Mapping[str, float]], float]:
    """Radiative rate in 1/ns."""

    def found(p: Mapping[str, float]) -> float:
        choice = {
            "oscillator_factor": p["InP.oscillator_factor"],
            "exchange_splitting_eV": p["exchange_splitting_eV"],
        }
        return radiative_rate(dot, solve_dot(dot, Options(override=p)), choice=choice).k_r

    return found


def outside(p: Mapping[str, float]) -> float:
    """Share of the electron outside the core under one layer of ZnS, %."""
    return 100 * (1 - float(solve_dot(ONE, Options(override=p)).P_e[0]))


def exponent(p: Mapping[str, float]) -> float:
    """Local exponent of E1S - Eg between 2.4 and 3.3 nm."""
    small, large = (solve_dot(LayeredDot("InP", d), Options(override=p)).E_1S_eV - 1.344 for d in (2.4, 3.3))
    return math.log(small / large) / math.log(3.3 / 2.4)


def thick_over_one(p: Mapping[str, float]) -> float:
    """Rate of yuan2023's dots over that of one layer of ZnS."""
    return rate(YUAN)(p) / rate(ONE)(p)


# claim, quantity, paper, unit, how many times bare InP's scatter (eV) belongs to it
CLAIMS: tuple[tuple[str, Callable[[Mapping[str, float]], float], float | str, str, float], ...] = (
    ("C002 InP 2.4 nm, 1S", asked(LayeredDot("InP", 2.4), "1S"), 2.638, "eV", 1.0),
    ("C003 InP 3.3 nm, 1S", asked(BARE, "1S"), 2.138, "eV", 1.0),
    ("C127 exponent", exponent, 1.53, "1", 5.2),
    ("C105 rate under one layer of ZnS", rate(ONE), 0.0224, "1/ns", 0.0),
    ("Y021 rate of thick shells (full fit)", rate(YUAN), 0.036, "1/ns", 0.0),
    ("C105, Y021 thick over one layer", thick_over_one, 1.6, "1", 0.0),
    ("C108 shift by one layer of ZnS", asked(ONE, "shift"), "red", "nm", 0.0),
    (
        "C108 shift by 0.7 nm of ZnS",
        asked(LayeredDot("InP", 3.3, (Layer("ZnS", 0.7),)), "shift"),
        "red",
        "nm",
        0.0,
    ),
    ("C110 electron outside", outside, "> 5", "%", 0.0),
)


# sample, claim, paper, its error, and whether the surface (by the mechanism's constants) was fitted on it, or
# chosen with it in view, or neither; no constant of light was
YIELDS = (
    ("InP-Zn", "C074", 0.01, 0.01, "predicted"),
    ("InP-Se", "C075", 0.0, 0.005, "predicted"),
    ("ZnSe-pristine", "C094", 0.50, 0.05, "surface fitted"),
    ("ZnSe-HF", "C094", 0.70, 0.05, "surface fitted"),
    ("ZnS-staged-1", "C104", 0.973, 0.02, "surface fitted"),
    ("ZnS-conventional", "C111", 0.55, 0.15, "surface fitted"),
)


def of_traps() -> list[Fitted]:
    """The numbers of traps and rates with their errors: those of one fit together, the others each alone."""
    table = numbers.known("choi2023", "H1")
    rate = [name for name in table if name in ("InP.oscillator_factor", "InP.exchange_splitting_eV")]
    own = {name.split(".", 1)[1] for name in rate}  # those of light stand for cores without
    light = [name for name in table if name.startswith("light.") and name.split(".", 1)[1] not in own]
    names = light + rate
    groups = [group for group in (fit.among(names) for fit in fits()) if group.names]
    held = {name for group in groups for name in group.names}
    for name in names:
        width = alone(table[name], name)
        if name not in held and width is not None and width[0] > 0:
            groups.append(Fitted((name,), (width[1],), np.array([[width[0] ** 2]])))
    return groups


def yield_of(dot: LayeredDot) -> tuple[float, float, float, list[str]]:
    """Quantum yield, how far below and above it the interval reaches, and what widens it most."""
    table, levels = numbers.known("choi2023", "H1"), solve_dot(dot)

    def at(moved: Mapping[str, float]) -> float:
        choice = {name.split(".", 1)[1]: value for name, value in moved.items()}
        k_r = radiative_rate(dot, levels, choice=choice).k_r
        return components(k_r, trap_means(dot, choice, levels.density_out_e), trap_rates(choice)).plqy

    value, ways = at({}), []
    for group in of_traps():
        sizes, vectors = np.linalg.eigh(group.covariance)
        for size, axis in zip(np.sqrt(np.maximum(sizes, 0.0)), vectors.T, strict=True):
            ends = []
            for sign in (1, -1):
                moved = {}
                for name, ln, part in zip(group.names, group.ln, sign * size * axis, strict=True):
                    p = table[name]
                    low, high = numbers.limits(name, p)
                    wanted = p.value * math.exp(part) if ln else p.value + part
                    moved[name] = min(max(wanted, low), high)
                ends.append(at(moved) - value)
            ways.append((min(0.0, *ends), max(0.0, *ends), group.names[int(np.abs(axis).argmax())]))
    low, high = (math.sqrt(sum(way[side] ** 2 for way in ways)) for side in (0, 1))
    widest = sorted(ways, key=lambda way: -max(-way[0], way[1]))[:3]
    return value, low, high, [way[2] for way in widest]


def yields() -> None:
    """Print the yields of choi2023 with their intervals."""
    dots, within = grown(), {"predicted": [], "surface fitted": []}
    for sample, claim, paper, error, kind in YIELDS:
        value, low, high, widest = yield_of(dots[sample])
        off = abs(paper - value) / math.hypot(error, high if paper > value else low)
        within[kind].append(off)
        said = f"{claim} {sample:18s} {value:6.3f} ({max(0, value - low):.3f}-{min(1, value + high):.3f})"
        print(f"{said} paper {paper:g} +- {error:g}, {off:.1f} sigma, {kind}; widest: {', '.join(widest)}")
    for kind, found in within.items():
        z = np.array(found)
        print(f"yields {kind}: {np.sum(z < 1)} of {z.size} inside 68 %, {np.sum(z < 1.96)} inside 95 %")


def scatter_eV() -> float:
    """Root mean square of bare InP about the fit."""
    off = [answer(r) - r.value for r in rows() if r.quantity == "1S" and r.dot.core == "InP"]
    return float(np.sqrt(np.mean(np.square(off))))


def main() -> None:
    """Propagate, print."""
    fit = data_document("light_fit.yaml").data
    names = list(fit["parameters"])
    covariance = np.array(fit["covariance"])

    def at(steps: Mapping[str, float]) -> dict[str, float]:
        out = {}
        for name, told in fit["parameters"].items():
            step = told["width"] * (told["step"] + steps.get(name, 0.0))
            out[name] = told["centre"] * math.exp(step) if told["ln"] else told["centre"] + step
        return out | {name: value + width * steps.get(name, 0.0) for name, (value, width) in HELD.items()}

    whole = np.zeros((len(names) + len(HELD),) * 2)
    whole[: len(names), : len(names)] = covariance
    whole[len(names) :, len(names) :] = np.eye(len(HELD))
    every, scatter, within = [*names, *HELD], scatter_eV(), []
    for name, ask, paper, unit, bare in CLAIMS:
        value = ask(at({}))
        slope = np.array([(ask(at({k: 0.1})) - ask(at({k: -0.1}))) / 0.2 for k in every])
        sigma = math.sqrt(slope @ whole @ slope + (bare * scatter) ** 2)
        share = slope * np.sqrt(np.diag(whole))
        widest = [every[i] for i in np.argsort(-np.abs(share))[:3]]
        said = f"{name:38s} {value:9.4g} +- {sigma:7.2g} {unit:5s}"
        if isinstance(paper, float):
            within.append(abs(value - paper) / sigma)
            said += f" paper {paper:g}, {within[-1]:.1f} sigma"
        else:
            said += f" paper {paper}"
        print(said + "; widest: " + ", ".join(widest))
    z = np.array(within)
    print(f"numbers: {np.sum(z < 1)} of {z.size} inside 68 %, {np.sum(z < 1.96)} inside 95 %")
    yields()


if __name__ == "__main__":
    main()
