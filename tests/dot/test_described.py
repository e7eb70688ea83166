"""DOT.yaml: what is read, what is worked out, and every way of getting it wrong."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epidot import documents
from epidot.dot import described
from epidot.dot.composition import anions_in_shell, layer_thickness_nm
from epidot.dot.layers import LayeredDot, Population
from epidot.dot.surface import most_ligands
from epidot.errors import InputError
from epidot.light.decay import dot_decay
from epidot.light.states import solve_dot
from epidot.matter.materials import material

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "dots"

GOOD = """\
core: {material: InP, diameter: 3.3 nm, sigma: 8 %}
layer: half-lattice
shells:
- {material: ZnSe, layers: 2}
- {material: ZnS, layers: 1, layer: d111, coherency: 40 %, crystalline: 0.5}
- {material: ZnSe0.5S0.5, layers: 2, layer: 0.3 nm}
- {material: ZnS, thickness: 3 Å}
ligands: {OA: 90, Cl: 3}
surface: {oxide: 2, oxide_memory: 4, coverage: 90 %, linked: 0.8, sites: 150}
medium: toluene
dots: 60
"""


def test_exchanged_cations_under_open_chalcogenides_are_covered_and_count_as_zinc() -> None:
    """As ``epidot describe`` writes grown dots: 100 % covered, some of it by open anions."""
    text = "core: {material: InP, diameter: 3 nm}\nshells: [{material: ZnSe, thickness: 1 nm}]\n"
    text += "surface: {sites: 180, coverage: 100 %, linked: 90 %, open: 5, zinc: 4}\n"
    dot = read(text).dot
    assert (dot.open_anions, dot.zinc_capped) == (5, 4)
    with pytest.raises(InputError, match="are free of shell and oxide"):
        read(text.replace("zinc: 4", "zinc: 6"))


def read(text: str) -> Population:
    return described.from_document(documents.parse(text, where="DOT.yaml"))


def test_everything() -> None:
    population = read(GOOD)
    dot = population.dot
    assert (dot.core, dot.core_diameter_nm, dot.medium) == ("InP", pytest.approx(3.3), "toluene")
    assert [shell.material for shell in dot.shells] == ["ZnSe", "ZnS", "ZnSe0.5S0.5", "ZnS"]
    assert [shell.thickness_nm for shell in dot.shells] == pytest.approx(
        [2 * layer_thickness_nm("ZnSe", "half-lattice"), layer_thickness_nm("ZnS", "d111"), 0.6, 0.3]
    )
    assert [shell.coherency for shell in dot.shells] == [None, 0.4, None, None]
    assert [shell.crystalline for shell in dot.shells] == [1, 0.5, 1, 1]
    assert dot.ligands == {"OA": 90, "Cl": 3}
    assert (dot.oxide, dot.oxide_memory, dot.coverage, dot.linked, dot.sites) == (2, 4, 0.9, 0.8, 150)
    assert population.core_diameters_nm.shape == (60,)


def test_the_spread_is_exact() -> None:
    d = read(GOOD).core_diameters_nm
    assert np.mean(d) == pytest.approx(3.3, rel=1e-12)
    assert np.std(d) / np.mean(d) == pytest.approx(0.08, rel=1e-12)
    assert np.all(np.diff(d) > 0)
    assert read(GOOD).sigma_rel == pytest.approx(0.08)
    # skewed as a log-normal of that width is: 3 sigma + sigma^3
    many = described.quantiles(3.3, 0.08, 20000)
    assert np.mean(((many - 3.3) / (0.08 * 3.3)) ** 3) == pytest.approx(3 * 0.08 + 0.08**3, rel=0.02)


@given(st.floats(0.8, 30), st.floats(0, 0.5), st.integers(1, 300))
def test_diameters_stay_positive(mean: float, sigma: float, n: int) -> None:
    d = described.quantiles(mean, sigma, n)
    assert d.shape == (n,)
    assert np.all(d > 0)


def test_the_least() -> None:
    population = read("core: {material: CdSe, diameter: 4 nm}")
    dot = population.dot
    assert population.core_diameters_nm.tolist() == [4.0]
    assert dot.shells == ()
    assert (dot.sites, dot.coverage, dot.linked, dot.oxide) == (0, 0, 0, 0)
    assert dot.adatoms == {}
    assert dot.medium == "toluene"


def test_ions_of_the_shells_are_counted_by_eq3() -> None:
    dot = read(
        "core: {material: InP, diameter: 3.3 nm}\n"
        "shells:\n- {material: ZnSe, thickness: 0.65 nm}\n- {material: ZnSe0.5S0.5, thickness: 0.3 nm}\n"
    ).dot
    selenide = anions_in_shell(3.3, 0.65, material("ZnSe")["a_nm"])
    alloy = anions_in_shell(4.6, 0.3, material("ZnSe0.5S0.5")["a_nm"])
    assert dot.adatoms == pytest.approx(
        {"Zn": selenide + alloy, "Se": selenide + alloy / 2, "S": alloy / 2}, rel=1e-12
    )


def test_a_surface_that_is_mentioned_has_sites() -> None:
    """99 cation sites on the 2.4 nm dot of C019 (72 oleates, 27 O), as dense elsewhere."""
    shell = "shells: [{material: ZnS, layers: 1}]\n"
    dot = read("core: {material: InP, diameter: 2.4 nm}\n" + shell + "surface: {oxide: 1}").dot
    assert dot.sites == pytest.approx(99)
    assert (dot.coverage, dot.linked) == (1, 1)
    bare = read("core: {material: InP, diameter: 4.8 nm}\nsurface: {oxide: 1}").dot
    assert bare.sites == pytest.approx(4 * 99)
    assert (bare.coverage, bare.linked) == (0, 0)


BARE = "core: {material: InP, diameter: 2.4 nm}\n"  # 99 sites


def test_what_closes_the_cations_is_said_in_shares_or_numbers() -> None:
    dot = read(BARE + "surface: {oxide: 19, halide: 50 %, zinc: 20, bare: 5 %}").dot
    assert (dot.halide_capped, dot.zinc_capped, dot.bare_cations) == pytest.approx((40, 20, 4))


def test_halide_ligands_close_cations_of_a_bare_core_two_by_two() -> None:
    """A core-surface cation has two charges to close; under a shell the ligands sit elsewhere."""
    some = read(BARE + "ligands: {F: 60, Cl: 20}\nsurface: {oxide: 0}").dot
    assert some.halide_capped == pytest.approx(40)
    assert read(BARE + "ligands: {F: 900}\nsurface: {oxide: 9}").dot.halide_capped == pytest.approx(90)
    shell = "shells: [{material: ZnS, layers: 1}]\n"
    assert read(BARE + shell + "ligands: {F: 60}\nsurface: {oxide: 0}").dot.halide_capped == 0


def test_chalcogenide_that_is_not_linked_is_open_unless_said() -> None:
    surface = "surface: {coverage: 50 %, linked: 80 %}"
    assert read(BARE + surface).dot.open_anions == pytest.approx(99 * 0.5 * 0.2)
    assert read(BARE + surface.replace("}", ", open: 0}")).dot.open_anions == 0


def test_stripping_opens_the_outer_surface_and_rebinding_closes_it() -> None:
    """L16: CdSe goes dark as cadmium carboxylate leaves, and part of the light comes back with it."""
    core = "core: {material: CdSe, diameter: 3.5 nm}\n"

    def dot(surface: str) -> LayeredDot:
        return read(core + f"surface: {{oxide: 0, {surface}}}").dot

    whole, bare = dot("stripped: 0 %"), dot("stripped: 90 %")
    again = dot("stripped: 90 %, rebound: 60 %")
    assert whole.surface_traps == 0
    assert bare.surface_traps == pytest.approx(0.9 * 1.9 * math.pi * 3.5**2)
    assert again.surface_traps == pytest.approx(0.4 * bare.surface_traps)
    light = [dot_decay(d, solve_dot(d)).plqy for d in (bare, again, whole)]
    assert light == sorted(light)
    assert light[0] < 0.05
    assert light[2] == pytest.approx(1)


def test_ligands_that_have_no_place_are_refused() -> None:
    """110 oleates per nm² passed once; 4 is usual.  Small dots leave chains more room than flat walls."""
    area = math.pi * 3.3**2
    core = "core: {material: InP, diameter: 3.3 nm}\n"
    assert read(core + f"ligands: {{OA: {4.5 * area:.0f}}}").dot.ligands["OA"]
    with pytest.raises(InputError, match=r"12 times as many ligands.*110 per nm2.*103 to 154 here"):
        read(core + f"ligands: {{OA: {110 * area:.0f}}}")
    assert most_ligands("OA", 3.3) / area == pytest.approx(8.8)
    assert 6 < most_ligands("OA", 20) / (math.pi * 20**2) < 7
    assert most_ligands("OPR3", 2.4) > 72  # so a dot of choi2023's claims is described
    assert most_ligands("F", 3.3) == math.inf


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda p: p.stem)
def test_examples_read(path: Path) -> None:
    population = described.read(path)
    assert population.core_diameters_nm.size == 200
    assert population.dot.shells


def test_the_examples_are_there() -> None:
    assert {p.stem for p in EXAMPLES.glob("*.yaml")} >= {"inp-zns-one-layer", "yuan-multishell"}
    one = described.read(EXAMPLES / "inp-zns-one-layer.yaml").dot
    assert one.diameter_nm == pytest.approx(3.6)  # C096


C = "core: {material: InP, diameter: 3.3 nm}\n"
BAD = [
    ("", None, "expected a mapping"),
    ("- a\n- b\n", 1, "expected a mapping"),
    ("shells: []\n", 1, r"a dot needs a core; write e\.g\."),
    (
        "core:\n  material: InPP\n  diameter: 3.3 nm\n",
        2,
        "core material: unknown material, saw 'InPP'; nearest valid: InP",
    ),
    ("core:\n  diameter: 3.3 nm\n", 1, "core material is missing"),
    ("core:\n  material: InP\n", 1, "core diameter is missing; write e.g."),
    ("core:\n  material: InP\n  diameter: 3.3\n", 3, "core diameter: cannot read this length.*needs a unit"),
    (
        "core:\n  material: InP\n  diameter: 33 nm\n",
        3,
        r"core diameter: length out of range, saw '33 nm'; use 0\.8 to 30 nm",
    ),
    (
        "core:\n  material: InP\n  diametre: 3.3 nm\n",
        3,
        "unknown key, saw 'diametre'; nearest valid: diameter",
    ),
    ("core:\n  material: InP\n  diameter: [1, 2]\n", 3, "core diameter: expected a length"),
    ("core:\n  material: InP\n  diameter:\n", 3, "core diameter is missing"),
    (
        "core:\n  material: InP\n  diameter: 3.3 nm\n  sigma: 80 %\n",
        4,
        "core sigma: fraction out of range, saw '80 %'; use 0 % to 50 %",
    ),
    (
        "core:\n  material: InP\n  diameter: 3.3 nm\n  sigma: 0.3 nm\n",
        4,
        "core sigma: cannot read this fraction",
    ),
    ("core: InP\n", 1, "expected a mapping"),
    (C + "shels: []\n", 2, "unknown key, saw 'shels'; nearest valid: shells"),
    (C + "shells: ZnS\n", 2, "shells must be a list"),
    (C + "shells:\n- ZnS\n", 3, "expected a mapping"),
    (C + "shells:\n- {}\n", 3, "an empty shell"),
    (C + "shells:\n- {layers: 2}\n", 3, "shell 1: material is missing"),
    (C + "shells:\n- {material: ZnSee, layers: 2}\n", 3, "shell 1: material: unknown material.*ZnSe"),
    (
        C + "shells:\n- {material: In2O3, layers: 2}\n",
        3,
        "shell 1: material: cores and shells are zinc blende; In2O3 is not",
    ),
    (C + "shells:\n- {material: In2O3, layers: 2}\n", 3, "In2O3 is not"),
    (C + "shells:\n- {material: ZnS}\n", 3, "neither thickness nor layers; give exactly one"),
    (C + "shells:\n- material: ZnS\n  layers: 2\n  thickness: 1 nm\n", 3, "both thickness and layers"),
    (C + "shells:\n- {material: ZnS, layers: -2}\n", 3, "shell 1: layers must be a number between 0 and 100"),
    (C + "shells:\n- {material: ZnS, layers: 0}\n", 3, "a shell of no layers; leave the shell out"),
    (C + "shells:\n- {material: ZnS, layers: two}\n", 3, "shell 1: layers must be a number"),
    (C + "shells:\n- {material: ZnS, layers: 90}\n", 3, "this shell is 28 nm thick"),
    (C + "shells:\n- {material: ZnS, thickness: 0.3}\n", 3, "shell 1: thickness: cannot read this length"),
    (
        C + "shells:\n- {material: ZnS, thickness: -1 nm}\n",
        3,
        "shell 1: thickness: a length must be more than zero",
    ),
    (
        C + "shells:\n- {material: ZnS, thickness: 1 nm, layer: d111}\n",
        3,
        "goes with layers, not with a thickness",
    ),
    (
        C + "shells:\n- {material: ZnS, layers: 1, layer: d110}\n",
        3,
        "shell 1: layer: unknown layer convention.*d111",
    ),
    (C + "layer: half lattice\n", 2, "layer: unknown layer convention.*half-lattice"),
    (C + "layer: 0.35\n", 2, "layer: cannot read this length.*needs a unit"),
    (
        C + "shells:\n- {material: ZnS, layers: 1, coherency: 2}\n",
        3,
        "shell 1: coherency: fraction out of range, saw '2'; use 0 to 1",
    ),
    (
        C + "shells:\n- {material: ZnS, layers: 1, crystalline: 200 %}\n",
        3,
        "shell 1: crystalline: fraction out of range",
    ),
    (C + "ligands:\n  OAA: 3\n", 3, "unknown ligand, saw 'OAA'; nearest valid: OA"),
    (C + "ligands:\n  OA: -3\n", 3, "ligands OA must be a number between 0"),
    (C + "ligands: 90\n", 2, "expected a mapping"),
    (C + "surface: {oxid: 3}\n", 2, "unknown key, saw 'oxid'; nearest valid: oxide"),
    (C + "surface:\n  coverage: 120 %\n", 3, "surface coverage: fraction out of range"),
    (C + "surface:\n  oxide: yes\n", 3, "surface oxide must be a number"),
    (C + "surface: {halide: 120 %}\n", 2, "surface halide: fraction out of range"),
    (C + "surface: {halide: 70 %, zinc: 60 %}\n", 2, "zinc, halide and bare are .* free of shell and oxide"),
    (C + "surface: {rebound: 60 %}\n", 2, "rebound is a share of what was stripped"),
    (C + "surface: {open: 500, coverage: 50 %}\n", 2, "more open chalcogenides than"),
    (C + "surface: {striped: 60 %}\n", 2, "unknown key, saw 'striped'; nearest valid: stripped"),
    (C + "medium: tolune\n", 2, "medium: .*toluene"),
    (C + "medium: 1.5\n", 2, "medium: unknown refractive index of this medium, saw '1.5'"),
    (C + "dots: 0\n", 2, "dots must be a whole number between 1 and 100000"),
    (C + "dots: 20.5\n", 2, "dots must be a whole number"),
    (C + "dots: true\n", 2, "dots must be a whole number"),
    (C + C, 2, "duplicate key"),
    (C + "shells: [\n", None, "not valid YAML"),
]


@pytest.mark.parametrize(("text", "line", "message"), BAD)
def test_bad(text: str, line: int | None, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(text)
    fault = caught.value.faults[0]
    assert fault.where == "DOT.yaml"
    if line is not None:
        assert fault.line == line


def test_all_faults_at_once_in_the_order_of_lines() -> None:
    text = (
        "core:\n  material: InPP\n  diameter: 3.3\n"
        "shells:\n- {material: ZnSee, layers: -1, coherency: 7}\n- {thickness: 0.3 nm}\n"
        "ligands: {OAA: 1}\nmedium: tolune\ndots: 0\n"
    )
    with pytest.raises(InputError) as caught:
        read(text)
    lines = [fault.line for fault in caught.value.faults]
    assert lines == [2, 3, 5, 5, 5, 6, 7, 8, 9]


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        described.read(tmp_path / "none.yaml")


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(described.KEYS),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("3 nm"),
            lambda x: (
                st.lists(x, max_size=2)
                | st.dictionaries(
                    st.sampled_from((*described.CORE_KEYS, *described.SHELL_KEYS, *described.SURFACE)),
                    x,
                    max_size=3,
                )
            ),
            max_leaves=6,
        ),
    )
)
def test_anything_gives_a_population_or_faults(data: dict[str, object]) -> None:
    document = documents.Document(data, "DOT.yaml", {(): 1})
    try:
        population = described.from_document(document)
    except InputError as error:
        assert str(error)  # noqa: PT017
    else:
        assert isinstance(population, Population)


def test_halides_by_depth(tmp_path: Path) -> None:
    path = tmp_path / "dot.yaml"
    head = "core: {material: InP, diameter: 3 nm}\nshells: [{material: ZnS, thickness: 1 nm}]\n"
    path.write_text(
        head + "halides:\n  Br: {depths: [0.5 nm, 1 nm], ions: [20, 5], ligand: 10, interface: 2}\n"
    )
    (bromide,) = described.read(path).dot.halides
    assert bromide.element == "Br"
    assert bromide.total == 37
    assert bromide.between(2.0, 2.5) == pytest.approx(20)
    assert bromide.between(0.0, 1.5) == 0
    path.write_text(head + "halides:\n  Br: {depths: [0.5 nm, 0.4 nm], ions: [20, 5]}\n  At: {ions: [1]}\n")
    with pytest.raises(InputError) as caught:
        described.read(path)
    assert "dot.yaml:4: the depths must rise" in str(caught.value)
    assert "At" in str(caught.value)
    path.write_text(head + "halides:\n  Br: {depths: [9 nm], ions: [20]}\n")
    with pytest.raises(InputError, match=r"the dot ends at 2\.5 nm"):
        described.read(path)
