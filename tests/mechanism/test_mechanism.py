"""The mechanism as data: the shipped one, and what a broken one is told."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from epidot import documents
from epidot.documents import references
from epidot.errors import Fault, InputError, NotBuiltYet
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism

BAD = Path(__file__).parents[1] / "bad_inputs" / "mechanisms"
BROKEN = sorted(p for p in BAD.glob("*.yaml") if p.name != "good.yaml")


@pytest.fixture(scope="module")
def choi() -> Mechanism:
    return mechanisms.load("choi2023")


def total(m: Mechanism, side: dict[str, int], what: str) -> dict[str, int]:
    out: dict[str, int] = {}
    for name, n in side.items():
        for key, k in getattr(m.species[name], what).items():
            out[key] = out.get(key, 0) + n * k
    return out


def test_every_reaction_conserves_elements_charge_and_cation_sites(choi: Mechanism) -> None:
    for r in choi.reactions:
        assert total(choi, r.reactants, "elements") == total(choi, r.products, "elements"), r.id
        charge = [sum(n * choi.species[s].charge for s, n in side.items()) for side in r.sides]
        assert charge[0] == charge[1], r.id
        sites = [sum(n * choi.species[s].sites.get("cation", 0) for s, n in side.items()) for side in r.sides]
        assert sites[0] == sites[1], r.id


def test_every_reaction_keeps_octyl_and_oleoyl_whole(choi: Mechanism) -> None:
    # Counted on the declared groups, which the balance of elements alone would not guarantee.
    def groups(side: dict[str, int]) -> tuple[int, int]:
        made_of = [(n, choi.species[s].composition) for s, n in side.items()]
        octyl = sum(n * c.get("R", 0) for n, c in made_of)
        oleoyl = sum(n * (c.get("OA", 0) + c.get("acyl", 0)) for n, c in made_of)
        return octyl, oleoyl

    for r in choi.reactions:
        assert groups(r.reactants) == groups(r.products), r.id


def test_groups_expand_to_real_elements(choi: Mechanism) -> None:
    # Zinc oleate is C36H66O4Zn; trioctylphosphine selenide C24H51PSe; oleic anhydride C36H66O3.
    assert choi.species["Zn(OA)2"].elements == {"Zn": 1, "C": 36, "H": 66, "O": 4}
    assert choi.species["SePR3"].elements == {"Se": 1, "P": 1, "C": 24, "H": 51}
    assert choi.species["Anh"].elements == {"C": 36, "H": 66, "O": 3}


def test_pristine_surface_closes_the_charge(choi: Mechanism) -> None:
    """215 In and 149 P leave 3 (215 - 149) = 198 charges: 99 surface In of charge +2."""
    surface = choi.surface("InP")
    made_of = [(n, choi.species[s].composition) for s, n in surface.per_dot.items()]
    oleate = sum(n * c.get("OA", 0) for n, c in made_of)
    negative = sum(n * (c.get("OA", 0) + 2 * c.get("O", 0) - c.get("H", 0)) for n, c in made_of)
    assert sum(surface.per_dot.values()) == 99
    assert oleate == 72
    assert negative == 3 * (215 - 149)


def test_templates_expand_over_both_chalcogens(choi: Mechanism) -> None:
    ids = {r.id for r in choi.reactions}
    assert {"r1[Se]", "r1[S]", "lk.T[Se,S]", "lk.T[S,Se]"} <= ids
    # unordered: the condensation of Se with S ends is written once
    assert "cd.T[S,Se]" in ids
    assert "cd.T[Se,S]" not in ids


def test_every_number_has_source_and_status(choi: Mechanism) -> None:
    for p in choi.parameters.values():
        assert p.source.startswith(tuple(references().values())), p.name
        assert p.status in ("fitted", "assumed", "literature", "measured")
        if p.status == "fitted":
            assert "C0" in p.note or "C1" in p.note, f"{p.name} does not say which claims it was fitted to"


def test_equilibrium_between_the_intermediates_crosses_near_266_K(choi: Mechanism) -> None:
    assert choi.K("K_12", 25 / 0.094) == pytest.approx(1.0, rel=1e-6)
    assert choi.K("K_12", 233.15) > 1 > choi.K("K_12", 298.15)


def test_hash_changes_with_any_number(choi: Mechanism) -> None:
    assert choi.with_parameters({"Ea_ex": 70.0}).hash != choi.hash
    assert choi.with_parameters({"Ea_ex": choi.parameters["Ea_ex"].value}).hash == choi.hash


def test_unknown_names_are_told_the_nearest(choi: Mechanism) -> None:
    with pytest.raises(InputError, match="Ea_ex"):
        choi.with_parameters({"Ea_exx": 1.0})
    with pytest.raises(InputError, match="choi2023"):
        mechanisms.load("choi2024")
    with pytest.raises(NotBuiltYet, match="CdSe"):
        choi.surface("CdSe")
    with pytest.raises(InputError, match="no such file"):
        mechanisms.load("missing/mechanism.yaml")


def test_a_number_may_be_written_in_place() -> None:
    text = (
        (BAD / "good.yaml")
        .read_text()
        .replace("rate: {A: A, Ea: Ea, orders", "rate: {A: 1e6 /M/s, Ea: 0.5 eV, orders")
    )
    m = mechanisms.parse(text)
    assert m.si("hf.A") == 1e6
    assert m.si("hf.Ea") == pytest.approx(48242.666, rel=1e-6)


def test_sources_are_those_of_epidot_and_the_files_own() -> None:
    text = (BAD / "good.yaml").read_text()
    assert mechanisms.parse(text).parameters["Ea"].source == "made for this test"
    shared = "\n".join(line for line in text.splitlines() if not line.startswith("sources"))
    found = mechanisms.parse(shared.replace("source: here", 'source: "choi2023: Methods"'))
    assert found.parameters["Ea"].source == f"{references()['choi2023']}, Methods"
    with pytest.raises(InputError, match="undeclared source, saw 'here'"):
        mechanisms.parse(shared)


def test_good_mechanism_loads() -> None:
    m = mechanisms.load(BAD / "good.yaml")
    assert len(m.reactions) == 5


@pytest.mark.parametrize("path", BROKEN, ids=lambda p: p.stem)
def test_broken_mechanism_is_told_what_where_and_what_to_do(path: Path) -> None:
    expected = [
        line[10:].rstrip("\n") for line in path.read_text().splitlines() if line.startswith("# expect: ")
    ]
    assert expected
    with pytest.raises(InputError) as caught:
        mechanisms.load(path)
    message = str(caught.value)
    for fragment in expected:
        assert fragment in message
    # every fault names the file and a line in it
    last = len(path.read_text().splitlines())
    for fault in caught.value.faults:
        assert fault.where is not None
        assert fault.where.endswith(path.name)
        assert fault.line is not None
        assert 1 <= fault.line <= last


def test_all_faults_come_in_one_go() -> None:
    with pytest.raises(InputError) as caught:
        mechanisms.load(BAD / "many.yaml")
    assert len(caught.value.faults) == 4


def test_a_fault_names_its_own_line() -> None:
    path = BAD / "unbalanced.yaml"
    lines = path.read_text().splitlines()
    with pytest.raises(InputError) as caught:
        mechanisms.load(path)
    (fault,) = caught.value.faults
    assert fault.line is not None
    assert "id: hf" in lines[fault.line - 1]


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "name: x", "species: 3\nreactions: x", "- a\n- b", "parameters: [1]"]
)
def test_no_traceback_for_something_else_entirely(text: str) -> None:
    with pytest.raises(InputError):
        mechanisms.parse(text)


def places(data: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in nested data."""
    here = [path] if path else []
    if isinstance(data, dict):
        return here + [p for k, v in data.items() for p in places(v, (*path, k))]
    if isinstance(data, list):
        return here + [p for i, v in enumerate(data) for p in places(v, (*path, i))]
    return here


ODD = (None, 0, -1.5, "", "x", "<E>", [], ["x", 3], {}, {"x": 1}, True, float("nan"), "{In}O", {"<E>": 2})


@pytest.mark.parametrize("turn", [0, 5])
def test_any_value_anywhere_is_either_fine_or_an_input_error(turn: int) -> None:
    """Every node of a good file replaced in turn: faults with lines, never another exception."""
    document = documents.read(BAD / "good.yaml")
    for i, path in enumerate(places(document.data)):
        data = copy.deepcopy(document.data)
        parent = data
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = copy.deepcopy(ODD[(i + turn) % len(ODD)])
        faults: tuple[Fault, ...] = ()
        try:
            mechanisms.build(documents.Document(data, "changed.yaml", document.lines))
        except InputError as error:
            faults = error.faults
        assert all(f.where == "changed.yaml" for f in faults), path
