"""A reading that an instrument withholds speaks neither for nor against the paper."""

from __future__ import annotations

import pytest

from epidot.papers.experiments import UnknownHere
from epidot.papers.words.instruments import value_of
from epidot.quantities import Quantity


def quantity(note: str) -> Quantity:
    return Quantity(None, None, "fraction", "xps", note)


def test_what_is_withheld_cannot_be_known() -> None:
    with pytest.raises(UnknownHere, match="the instrument keeps it back"):
        value_of(quantity("withheld: one state or two"))


def test_what_is_not_there_is_another_matter() -> None:
    with pytest.raises(ValueError, match="finds no such quantity"):
        value_of(quantity("no line there"))
