"""Every number of ``data/`` carries a width: its own, that of a fit, or that of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from epidot.documents import by_rule, data_file, parse, rules
from epidot.runs.widths import fits

OWN = ("sigma", "sigma_ln")


def numbers() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """File, place and entry of every sourced number; those of the papers' folders are claims and recipes."""
    folder = data_file("sources.yaml").parent
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith("papers/"):
            data = parse(path.read_text(encoding="utf-8"), where=name).data
            yield from ((name, ".".join(place), entry) for place, entry in _walk(data, ()))


def _walk(node: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    if isinstance(node, dict):
        if "value" in node and "status" in node:
            yield place, node
        for key, child in node.items():
            yield from _walk(child, (*place, str(key)))
    elif isinstance(node, list):
        for i, child in enumerate(node):
            yield from _walk(child, (*place, str(i)))


NUMBERS = list(numbers())
FITTED = {name.split(".", 1)[1] for fit in fits() for name in fit.names}


def test_no_number_is_without_a_width() -> None:
    assert len(NUMBERS) > 600
    without = [
        f"{file}: {place}"
        for file, place, entry in NUMBERS
        if not any(key in entry for key in OWN)
        and not {"low", "high"} <= entry.keys()  # a range is a width
        and place.split(".")[-1] not in FITTED
        and by_rule(file, place, float(entry["value"])) is None
    ]
    assert without == []


def test_no_rule_is_idle() -> None:
    idle = [
        (rule.within, pattern)
        for rule in rules()
        for pattern in rule.of
        if not any(
            type(rule)(rule.within, (pattern,), "ln", 1.0, "", False).fits(f, p) for f, p, _ in NUMBERS
        )
    ]
    assert idle == []


def test_a_rule_says_why_and_is_no_more_than_a_factor_of_three() -> None:
    for rule in rules():
        assert len(rule.because) > 8
        assert 0 <= rule.size
        assert rule.how == "sigma" or rule.size <= 1.1


@pytest.mark.parametrize(
    ("file", "place", "value", "width"),
    [
        ("materials/InP.yaml", "parameters.gamma1", 5.0, (1.0, False)),
        ("materials/InP.yaml", "parameters.ac_eV", -6.0, (0.9, False)),
        ("nmr.yaml", "width", 1.5, (0.5, True)),
        ("nuclei.yaml", "nuclei.31P.abundance", 100.0, (0.007, False)),
    ],
)
def test_the_first_rule_that_fits_counts(
    file: str, place: str, value: float, width: tuple[float, bool]
) -> None:
    assert by_rule(file, place, value) == pytest.approx(width)


def test_what_no_rule_names_has_no_width() -> None:
    assert by_rule("materials/InP.yaml", "parameters.nonsense", 1.0) is None
