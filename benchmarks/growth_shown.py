"""What growth says of recipes outside the two papers: the table of docs/theory/growth-shown.txt.

    python benchmarks/growth_shown.py > docs/theory/growth-shown.txt

A recipe of the kind that Won and others publish (HF, three additions of TOP-Se at 340 °C, then ZnS) sample by
sample, by both engines, with intervals; then the recipes that used to end without a word.  Some minutes on
one core.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

import epidot
from epidot import documents
from epidot.dot import described as read_described
from epidot.dot import description
from epidot.dot.atoms import place
from epidot.dot.grown import GrownDot
from epidot.dot.layers import Population
from epidot.errors import InputError
from epidot.light.optics import Optics
from epidot.quantities import Quantity
from epidot.runs import intervals
from epidot.runs.order import order_from
from epidot.runs.run import carry_out, run_flask
from epidot.transport.treatment import Treatment, treat

HEAD = """\
recipe: 1
core: {{material: {core}, diameter: {nm} nm, amount: 100 nmol, sigma: 6 %}}
solvent: {{reagent: ODE, volume: 10 mL}}
ramp: 10 °C/min
{own}steps:
"""
WON = """\
- heat: 150 °C
- add: {reagent: Zn(OA)2, amount: 3 mmol}
- add: {reagent: HF, amount: 0.1 mmol}
- hold: 10 min
- heat: 340 °C
- add: {reagent: SePR3, amount: 0.09 mmol}
- hold: 20 min
- sample: Se 1
- add: {reagent: SePR3, amount: 0.08 mmol}
- hold: 20 min
- sample: Se 2
- add: {reagent: SePR3, amount: 0.1 mmol}
- hold: 20 min
- sample: Se 3
- add: {reagent: SPR3, amount: 0.12 mmol}
- hold: 40 min
- sample: S
- cool: 25 °C
- wash: {times: 3, with: acetone, redisperse in: toluene}
- sample: washed
"""
CHLORIDE = """\
- add: {reagent: ZnCl2, concentration: 0.2 M, in: {OAm: 2, ODE: 13}, amount: 0.2 mmol}
- hold: 30 min
"""
LIGHT = ("first_exciton_nm", "pl_peak_nm", "pl_fwhm_nm", "plqy")
ZINC = "- heat: 280 °C\n- add: {reagent: Zn(OA)2, amount: 1 mmol}\n"
SULFUR = "- add: {reagent: SPR3, amount: 0.3 mmol}\n"
HOLD = "- hold: 30 min\n"
THIOL = "reagents: {DDT: {formula: C12H26S, density: 0.845 g/mL}}\n"


def recipe(steps: str, core: str = "InP", nm: float = 3.3, own: str = "") -> str:
    """The text of a recipe."""
    return HEAD.format(core=core, nm=nm, own=own) + steps


def buried(dot: GrownDot) -> int:
    """Oleates more than 0.35 nm below the shell's anions near them."""
    chains = np.array([k.ligands.get("OA", 0) for k in dot.kinds])[dot.kind]
    shell = np.array(
        ["deposited" in k.marks or ("first" in k.marks and "vacant" not in k.marks) for k in dot.kinds]
    )
    outer, of = dot.position_nm[shell[dot.kind]], dot.position_nm[chains > 0]
    if not len(outer):
        return 0
    r = np.linalg.norm(outer, axis=1)
    near = cKDTree(outer).query_ball_point(of, 0.7)
    deep = [bool(n) and r[n].max() - np.linalg.norm(x) > 0.35 for n, x in zip(near, of, strict=True)]
    return int(chains[chains > 0][np.array(deep, dtype=bool)].sum())


def row(*cells: object) -> None:
    """One row of a table."""
    print("| " + " | ".join(f"{c:.3g}" if isinstance(c, float) else str(c) for c in cells) + " |", flush=True)


def within(quantity: Quantity) -> str:
    """A number with its interval of 68 %; a yield in per cent."""
    assert quantity.value is not None
    by = 100 if quantity.unit == "fraction" else 1
    low, high = quantity.interval68 or (quantity.value, quantity.value)
    return f"{by * quantity.value:.0f} ({by * low:.0f} to {by * high:.0f})"


def heads(*cells: str) -> None:
    """The first two rows of a table."""
    row(*cells)
    print("|" + "---|" * len(cells))


def won() -> None:
    """The recipe that grows thick shells, by both engines."""
    for engine, dots in (("meanfield", 1), ("kmc", 4)):
        order = order_from(recipe(WON), engine=engine, dots=dots)
        batch = intervals.with_intervals(carry_out(order), order)
        lattice = engine == "kmc"
        print(f"\n{'Lattice' if lattice else 'Mean field'}:\n")
        more = ("buried oleates per dot", "least distance nm") if lattice else ()
        heads(
            "sample",
            "layers",
            "nm",
            "oleates per nm²",
            "charge e",
            *more,
            "1S nm",
            "PL nm",
            "FWHM nm",
            "PLQY %",
        )
        for sample in batch.samples:
            v = {name: q.value for name, q in sample.quantities.items() if q.value is not None}
            cells: list[object] = [sample.name, v["shell_layers"], v["diameter_nm"]]
            cells += [v["ligands_OA_per_nm2"], round(v["charge_per_dot"], 3) + 0.0]
            if lattice:
                found = [place(dot).position_nm for dot in sample.grown]
                least = min(float(cKDTree(x).query(x, k=2)[0][:, 1].min()) for x in found)
                cells += [float(np.mean([buried(dot) for dot in sample.grown])), least]
            row(*cells, *(within(sample.quantities[name]) for name in LIGHT))


def outcome(text: str, ignore: Sequence[str] = ()) -> str:
    """How a recipe ends, in a few words."""
    try:
        batch = epidot.run(text, engine="meanfield", dots=1, ignore=ignore)
    except InputError as error:
        return "stops: " + str(error).split(": ", 2)[-1].split("; take what")[0].splitlines()[0]
    v = {name: q.value for name, q in batch.samples[-1].quantities.items()}
    dot = batch.samples[-1].population
    assert dot is not None
    shells = ", ".join(f"{s.material} {s.thickness_nm:.2f} nm" for s in dot.dot.shells)
    said = f"{batch.headlines[0]} " if batch.headlines else ""
    plqy = v["plqy"]
    told = "not told" if plqy is None else f"{100 * plqy:.0f} %"
    return f"{said}{v['shell_layers']:.2f} layers ({shells or 'no shell'}), PLQY {told}"


def others() -> None:
    """Recipes that ended without a word, with what was said of them then."""
    silent = "as without it, to the digit"
    heads("recipe", "before", "now")
    for name in ("S", "Se", "Cd(OA)2", "OPR3", "H2O"):
        steps = ZINC + SULFUR + f"- add: {{reagent: {name}, amount: 0.3 mmol}}\n" + HOLD
        row(f"InP, Zn(OA)₂, TOP-S and {name}", silent, outcome(recipe(steps)))
    thiol = (
        "- heat: 280 °C\n- add: {reagent: Zn(St)2, amount: 1 mmol}\n- add: {reagent: DDT, amount: 2 mmol}\n"
        + HOLD
    )
    row("zinc stearate and dodecanethiol", "0 layers", outcome(recipe(thiol, own=THIOL)))
    row("the same, insisted on", "0 layers", outcome(recipe(thiol, own=THIOL), ("Zn(St)2", "DDT")))
    silar = "- heat: 290 °C\n"
    for amount in (24, 35, 47):
        silar += f"- add: {{reagent: Cd(OA)2, amount: {amount * 1.05:.0f} umol}}\n- hold: 5 min\n"
        silar += f"- add: {{reagent: SPR3, amount: {amount} umol}}\n- hold: 40 min\n"
    row("CdSe, three cycles of SILAR", "a bare core, status 0", outcome(recipe(silar, "CdSe", 3.0)))
    both = "- add: [{reagent: SePR3, amount: 0.15 mmol}, {reagent: SPR3, amount: 0.15 mmol}]\n"
    fed = "- heat: 320 °C\n- add: {reagent: Zn(OA)2, amount: 2 mmol}\n"
    fed += "- add: {reagent: SePR3, amount: 0.1 mmol}\n"
    fed += HOLD + both + HOLD + SULFUR + HOLD
    row("Se, Se with S, S", "ZnSe under ZnS", outcome(recipe(fed)))
    grown = ZINC + SULFUR + HOLD
    pot = grown + "- cool: 240 °C\n" + CHLORIDE + "- heat: 280 °C\n" + SULFUR + HOLD
    row("ZnS, then ZnCl₂ at 240 °C, then ZnS, in one pot", "refused", outcome(recipe(pot)))
    described()


def described() -> None:
    """The same treatment of a grown dot, and of the dot that `epidot describe` writes down of it."""
    run = run_flask(order_from("choi2023/inp-zns-staged-4", engine="meanfield", dots=1))
    grown = run.taken[-1].dot
    size = np.array([grown.core_diameter_nm])
    text = description.text(Population(grown, size), "grown")
    again = read_described.from_document(documents.parse(text)).dot
    how = Treatment("ZnCl2", 0.4e-3, 513.15, amine_mol=1e-3)
    said = []
    for dot in (grown, again):
        plqy = [100 * Optics(Population(d, size)).plqy for d in (dot, treat(dot, how).purified)]
        said.append(f"{plqy[0]:.1f} to {plqy[1]:.1f} %")
    before = "-0.4 points grown, +9.4 described"
    row("staged ZnS with ZnCl₂ at 240 °C: grown, and described", before, " and ".join(said))


def main() -> None:
    """Print both tables."""
    others()
    won()


if __name__ == "__main__":
    main()
