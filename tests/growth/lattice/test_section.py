"""The lattice section of a mechanism: what the shipped one says, and what a broken one is told."""

from __future__ import annotations

from importlib import resources

import pytest

from epidot.errors import InputError
from epidot.growth.lattice.engine import LatticeEngine
from epidot.mechanism import load as mechanisms
from epidot.mechanism.lattice import Section
from epidot.mechanism.load import parse

TEXT = (resources.files("epidot") / "data" / "mechanisms" / "choi2023.yaml").read_text(encoding="utf-8")


def section() -> Section:
    found = mechanisms.load().lattice
    assert found is not None
    return found


def line_of(part: str, text: str = TEXT) -> int:
    return next(i for i, line in enumerate(text.splitlines(), start=1) if part in line)


def test_every_step_keeps_elements_and_charge() -> None:
    """Counted here from the species, not by the loader."""
    m, s = mechanisms.load(), section()
    assert len(s.steps) > 80
    for step in s.steps:
        change: dict[str, int] = {}
        charge = 0
        for before, after in [step.centre, *([step.partner] if step.partner else [])]:
            for name, sign in ((before, -1), (after, 1)):
                charge += sign * s.kinds[name].charge
                for el, n in s.kinds[name].elements.items():
                    change[el] = change.get(el, 0) + sign * n
        for name, n in step.liquor.items():
            charge += n * m.species[name].charge
            for el, k in m.species[name].elements.items():
                change[el] = change.get(el, 0) + n * k
        assert not any(change.values()), (step.id, change)
        assert charge == 0, step.id


def test_every_reaction_of_a_dot_is_carried_and_takes_its_liquor_from_there() -> None:
    m, s = mechanisms.load(), section()
    carried = {step.of for step in s.steps}
    for reaction in m.reactions:
        if all(m.species[x].phase == "liquor" or x in s.pool for x in reaction.net):
            continue
        stands_for = any(reaction.declared in step.also for step in s.steps)
        assert reaction.id in carried or stands_for, reaction.id
    for step in s.steps:
        if step.of is not None and not step.reverse:
            net = next(r for r in m.reactions if r.id == step.of).net
            assert dict(step.liquor) == {
                x: n for x, n in net.items() if m.species[x].phase == "liquor" or x in s.pool
            }


def test_only_detachment_and_hops_are_the_lattice_s_own() -> None:
    own = {step.declared for step in section().steps if step.of is None}
    assert own == {"off.d", "off.dx", "hop.d", "hop.dx"}
    assert {step.status for step in section().steps if step.of is None} == {"assumed"}


OF_F2 = 'centre: "{In}F2 -> {Zn}OA"}'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- {of: ex.F2, ", "- {of: ex.F3, ", ["a step of an unknown reaction", "'ex.F3'", "ex.F2"]),
        (OF_F2, 'centre: "{In}F2 -> {Zn}OAc"}', ["undeclared species", "{Zn}OAc", "{Zn}OA"]),
        (OF_F2, 'centre: "{In}F2 -> {Zn}F"}', ["does not balance", "F +1"]),
        (OF_F2, 'centre: "{In}F2 -> Se-1"}', ["impossible site", "Se-1 (anion) on a cation"]),
        (
            '  - {of: hf.O, centre: "{In}O -> {In}F2"}\n',
            "",
            ["no step carries this reaction", "hf.O", "liquor_only"],
        ),
        (
            'at: nn, role: share}\n  - {of: i,',
            'at: second, role: share}\n  - {of: i,',
            ["no anion site is a neighbour"],
        ),
        ("{of: lk.OA, ", "{of: lk.OA, liquor: {HF: 1}, ", ["takes rate and liquor from the reaction"]),
        ("structure: zinc_blende", "structure: wurtzite", ["unknown structure", "zinc_blende"]),
        ("{near: 0.5 nm}", "{near: 0.5 s}", ["near"]),
        ("where: {oxide.beside: 0}", "where: {oxide.besides: 0}", ["undeclared count", "oxide.beside"]),
        ("filled: [3, 12], oxide.near", "filled: [12, 3], oxide.near", ["a range of filled"]),
        ("Ea: Ea_off, per", "Ea: Ea_of, per", ["Ea_of", "Ea_off"]),
        ("site: cation, charge: 2", "site: edge, charge: 2", ["unknown site", "cation"]),
        ('of: ["{Zn}", "<E>-1"]', 'of: ["{Zn}", "<E>"]', ["the parts do not make up {Zn}Se-1"]),
        ("role: pair}", "role: held}", ["has 2 reactants on the surface", "pair"]),
    ],
)  # fmt: skip
def test_a_broken_section_is_told_what_and_where(old: str, new: str, said: list[str]) -> None:
    assert old in TEXT
    broken = TEXT.replace(old, new, 1)
    with pytest.raises(InputError) as caught:
        parse(broken, where="mine.yaml")
    text = str(caught.value)
    for part in said:
        assert part in text, text
    assert all(f.line is not None for f in caught.value.faults)


def test_the_line_is_that_of_the_step() -> None:
    broken = TEXT.replace('centre: "{In}F2 -> {Zn}OA"}', 'centre: "{In}F2 -> {Zn}F"}')
    with pytest.raises(InputError) as caught:
        parse(broken)
    assert {f.line for f in caught.value.faults} == {line_of("of: ex.F2,", broken)}


def test_all_faults_come_at_once() -> None:
    broken = TEXT.replace("structure: zinc_blende", "structure: hcp").replace("{of: mt.F, ", "{of: mt.Fl, ")
    broken = broken.replace('"{Zn}OH -> {Zn}OA"', '"{Zn}OH -> {Zn}F"')
    with pytest.raises(InputError) as caught:
        parse(broken)
    assert len(caught.value.faults) >= 4


def test_a_mechanism_without_the_section_cannot_run_on_the_lattice() -> None:
    alone = parse(TEXT[: TEXT.index("\nlattice:\n")].replace("# The same chemistry", "# "), where="mine.yaml")
    assert alone.lattice is None
    with pytest.raises(InputError, match=r"mine.yaml: .*says nothing about the lattice.*--engine meanfield"):
        LatticeEngine(alone)
